{# A FROM item: the relation, or in an update its rows whose key is among the changed ones. #}
{% macro only_changed(relation, changed, key) -%}
    {%- if not is_update() -%}
        {{ return(relation) }}
    {%- endif -%}
    (
        select *
        from {{ relation }} as all_rows
        where exists (
            select 1
            from {{ changed }} as changed
            where changed.{{ key }} = all_rows.{{ key }}
        )
    )
{%- endmacro %}
