{#
    The addresses and ids that arrivals name, to find whose they are: all of them, or in an update those that have come
    since the build before and those of the model's own that name somebody else now.
#}
{% macro addresses_to_find(arrivals) -%}
    {%- set moved -%}
        select moved.named_by from {{ ref('int_identity__moved') }} as moved where moved.kind = 'evidence'
    {%- endset -%}
    {#- Asked for in every build, so that dbt knows what is read before it runs. #}
    {%- set anew = resolved_anew() -%}
    {%- if not is_update() -%}
    select distinct
        source,
        customer_id,
        email
    from {{ arrivals }}
    {%- else -%}
    select
        source,
        customer_id,
        email
    from {{ arrivals }}
    where {{ has_arrived() }}
    union
    select
        source,
        customer_id,
        email
    from {{ this }}
    where
        'id:' || source || ':' || customer_id in ({{ moved }})
        or 'email:' || email in ({{ moved }})
        or {{ anew }}
    {%- endif -%}
{%- endmacro %}
