{# Records of a stream that hadn't been deleted at the shop by the as-of moment. #}
{% macro shopify_kept(stream) -%}
    select kept.*
    from {{ source("raw_shopify", stream) }} as kept
    where not exists (
        select 1
        from {{ source("raw_shopify", "deletions") }} as deletions
        where
            json_extract_string(deletions.payload, '$.subjectId') = kept.id
            and deletions.updated_at <= {{ as_of() }}
    )
{%- endmacro %}
