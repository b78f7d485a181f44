{#
    A FROM item: the relation, or in an update its rows whose key, of one column or several, is among the changed ones.
    Of several columns the first should leave out most: one alone is what DuckDB looks for while it reads.
#}
{% macro only_changed(relation, changed, key) -%}
    {%- if not is_update() -%}
        {{ return(relation) }}
    {%- endif -%}
    {%- set key = [key] if key is string else key -%}
    (
        select *
        from {{ relation }} as all_rows
        where
            {%- if key | length > 1 %}
            all_rows.{{ key[0] }} in (select changed.{{ key[0] }} from {{ changed }} as changed)
            and
            {%- endif %}
            exists (
                select 1
                from {{ changed }} as changed
                where
                    {%- for column in key %}
                    {{ "and " if not loop.first }}changed.{{ column }} = all_rows.{{ column }}
                    {%- endfor %}
            )
    )
{%- endmacro %}
