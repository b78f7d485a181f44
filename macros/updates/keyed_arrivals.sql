{#
    A FROM item: the rows of arrivals with their key, which is the source and an id, as `key`; in an update those whose key
    is among the changed ones.
#}
{% macro keyed_arrivals(arrivals, id, key, changed) -%}
    {%- set keyed -%}
        (
            select
                *,
                source || ':' || {{ id }} as {{ key }}
            from {{ arrivals }}
        )
    {%- endset -%}
    {%- if not is_update() -%}
        {{ return(keyed) }}
    {%- endif -%}
    {%- set rows -%}
        select * from {{ rows_of_keys(keyed, changed, [key]) }} as changed_rows
    {%- endset -%}
    {{ return(work_table(this.identifier ~ "_arrivals", rows)) }}
{%- endmacro %}
