-- In every window and by every dimension the cohorts hold each customer once.
with totals as (

    select
        window_days,
        dimension,
        sum(customers) as customers
    from {{ ref('repeat_rate_by_cohort') }}
    group by
        window_days,
        dimension

)

select
    totals.window_days,
    totals.dimension,
    totals.customers
from totals
where
    totals.customers <> (select count(*) from {{ ref('int_retention__customers') }})
