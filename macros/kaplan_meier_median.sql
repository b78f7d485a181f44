{#
    Kaplan and Meier's median of waits from how often each length occurs: one row per group with `median` (the first
    length by which half have ended; NULL if fewer ever do) and `ended`, how many did.

    relation: one row per group and length, with how many waits of it ended and how many were still open. keys: the
    group's columns.
#}
{% macro kaplan_meier_median(relation, keys, length, ended, still_open) -%}
    select
        {{ keys | join(",\n        ") }},
        cast(sum(ended) as bigint) as ended,
        -- A sum of logarithms may miss a half by its last digits.
        min(case when ended > 0 and survival <= 0.5 + 1e-9 then length_of_wait end) as median
    from (
        select
            {{ keys | join(",\n            ") }},
            length_of_wait,
            ended,
            case
                when ended = at_risk then 0
                else exp(
                    coalesce(
                        sum(case when ended < at_risk then ln(1 - cast(ended as double) / at_risk) end) over (
                            partition by {{ keys | join(", ") }}
                            order by length_of_wait
                            rows between unbounded preceding and current row
                        ),
                        0
                    )
                )
            end as survival
        from (
            select
                {{ keys | join(",\n                ") }},
                {{ length }} as length_of_wait,
                {{ ended }} as ended,
                sum({{ ended }} + {{ still_open }}) over (
                    partition by {{ keys | join(", ") }}
                    order by {{ length }} desc
                    rows between unbounded preceding and current row
                ) as at_risk
            from {{ relation }}
        ) as risks
    ) as curve
    group by
        {{ keys | join(",\n        ") }}
{%- endmacro %}
