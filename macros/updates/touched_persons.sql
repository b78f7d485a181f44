{# Persons, as they were and as they are, of whom something of a message isn't as it was at the build before. #}
{% macro touched_persons() -%}
    select touched.person_id
    from (
        select
            recipient_number,
            person_id
        from {{ ref('int_flows__recipients') }}
        union all
        select
            recipient_number,
            person_id
        from {{ sibling('int_flows__recipients_before') }}
    ) as touched
    where
        touched.person_id is not null
        and touched.recipient_number in (
            select restated.recipient_number from {{ ref('int_flows__restated') }} as restated
        )
{%- endmacro %}
