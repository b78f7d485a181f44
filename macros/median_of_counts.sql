{#
    The exact median of whole numbers from how often each occurs, in bounded memory: one row per group with `median`
    (of an even number, the mean of the middle two) and `items`, how many there are.

    relation: one row per group and value. keys: the group's columns.
#}
{% macro median_of_counts(relation, keys, value, weight) -%}
    select
        {{ keys | join(",\n        ") }},
        cast(max(items) as bigint) as items,
        (
            min(case when 2 * items_so_far >= items then {{ value }} end)
            + min(case when 2 * items_so_far > items then {{ value }} end)
        ) / cast(2 as double) as median
    from (
        select
            {{ keys | join(",\n            ") }},
            {{ value }},
            sum({{ weight }}) over (partition by {{ keys | join(", ") }}) as items,
            sum({{ weight }}) over (
                partition by {{ keys | join(", ") }}
                order by {{ value }}
                rows between unbounded preceding and current row
            ) as items_so_far
        from {{ relation }}
    ) as counts_so_far
    group by
        {{ keys | join(",\n        ") }}
{%- endmacro %}
