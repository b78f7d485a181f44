{#
    The sums of a relation's measures for each of its `keys`, once for the total ('all', 'all') and once for each value
    of each dimension, one dimension at a time.

    keys, measures, dimensions: columns of the relation.
#}
{% macro sums_by_dimension(relation, keys, measures, dimensions) -%}
    select
        {% for measure in measures -%}
            sum({{ measure }}) as {{ measure }},
        {% endfor -%}
        {% for key in keys -%}
            {{ key }},
        {% endfor -%}
        dimension,
        dimension_value
    from (
        {{ rows_by_dimension(relation, keys + measures, dimensions) }}
    ) as spread_by_dimension
    group by
        {% for key in keys -%}
            {{ key }},
        {% endfor -%}
        dimension,
        dimension_value
{%- endmacro %}
