{#
    The rows of a relation once for the total ('all', 'all') and once for each dimension, one dimension at a time, to be
    summed by the caller over `dimension` and `dimension_value`.

    columns: what is carried along, keys and measures. dimensions: columns of the relation.
#}
{% macro rows_by_dimension(relation, columns, dimensions) -%}
    select
        'all' as dimension,
        'all' as dimension_value,
        {{ columns | join(",\n        ") }}
    from {{ relation }}
    {%- for dimension in dimensions %}
        union all
        select
            '{{ dimension }}' as dimension,
            {{ dimension }} as dimension_value,
            {{ columns | join(",\n            ") }}
        from {{ relation }}
    {%- endfor %}
{%- endmacro %}
