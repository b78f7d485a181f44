{#
    The rows of a relation once under their month and once under period 'all' (without a month), to be summed by the
    caller over `period`: for figures of which the months' values don't add up.

    columns: what is carried along besides `month`, the first day of a month.
#}
{% macro rows_by_period(relation, columns) -%}
    select
        substr(cast(month as varchar), 1, 7) as period,
        month,
        {{ columns | join(",\n        ") }}
    from {{ relation }}
    union all
    select
        'all' as period,
        cast(null as date) as month,
        {{ columns | join(",\n        ") }}
    from {{ relation }}
{%- endmacro %}
