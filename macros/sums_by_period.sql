{#
    The sums of a relation's measures for each of its `keys`, once for each month and once for all months together as
    period 'all', without a month.

    keys, measures: columns of the relation besides `month`, the first day of a month.
#}
{% macro sums_by_period(relation, keys, measures) -%}
    select
        {% for measure in measures -%}
            sum({{ measure }}) as {{ measure }},
        {% endfor -%}
        {% for key in keys -%}
            {{ key }},
        {% endfor -%}
        period,
        month
    from (
        {{ rows_by_period(relation, keys + measures) }}
    ) as spread_by_period
    group by
        {% for key in keys -%}
            {{ key }},
        {% endfor -%}
        period,
        month
{%- endmacro %}
