-- What a new customer cost and when the margin has paid it back. A source's cost is the acquisition spend that names
-- it; spend that names none is in the total only. No spend: no cost is known, which isn't a cost of 0.
with spend as (

    select
        month as cohort_month,
        acquisition_source,
        case when count(amount) = count(*) then sum(amount) end as acquisition_spend
    from {{ ref('fct_marketing_spend') }}
    where
        stage = 'acquisition'
        and acquisition_source is not null
    group by
        month,
        acquisition_source
    union all
    select
        month as cohort_month,
        'all' as acquisition_source,
        case when count(amount) = count(*) then sum(amount) end as acquisition_spend
    from {{ ref('fct_marketing_spend') }}
    where stage = 'acquisition'
    group by month

),

cohorts as (

    select
        cohort_month,
        months_since,
        dimension_value as acquisition_source,
        customers,
        is_mature,
        sum(net_sales) over cohort_so_far as net_sales,
        -- One month with an unknown margin leaves all later sums unknown.
        case
            when count(margin_per_customer) over cohort_so_far = count(*) over cohort_so_far
                then sum(margin_per_customer) over cohort_so_far
        end as margin_per_customer
    from {{ ref('cohort_retention') }}
    where dimension in ('all', 'acquisition_source')
    window cohort_so_far as (
        partition by cohort_month, dimension, dimension_value
        order by months_since
        rows between unbounded preceding and current row
    )

),

costs as (

    -- A month's cost per customer is known when the month is over.
    select
        coalesce(cohorts.acquisition_source, spend.acquisition_source) as acquisition_source,
        coalesce(cohorts.cohort_month, spend.cohort_month) as cohort_month,
        coalesce(cohorts.months_since, 0) as months_since,
        coalesce(cohorts.customers, 0) as customers,
        spend.acquisition_spend,
        case
            when cast(spend.cohort_month + interval 1 month as date) - 1 <= {{ last_full_day() }}
                then spend.acquisition_spend / nullif(cast(cohorts.customers as double), 0)
        end as cac,
        cohorts.net_sales / cohorts.customers as net_sales_per_customer,
        cohorts.margin_per_customer,
        coalesce(
            cohorts.is_mature, cast(spend.cohort_month + interval 1 month as date) - 1 <= {{ last_full_day() }}
        ) as is_mature
    from cohorts
    full outer join spend
        on
            cohorts.cohort_month = spend.cohort_month
            and cohorts.acquisition_source = spend.acquisition_source

)

select
    acquisition_source,
    cohort_month,
    cast(months_since as integer) as months_since,
    cast(customers as bigint) as customers,
    {{ money('acquisition_spend') }} as acquisition_spend,
    {{ money('cac') }} as cac,
    {{ money('net_sales_per_customer') }} as cumulative_net_sales_per_customer,
    {{ money('margin_per_customer') }} as cumulative_margin_per_customer,
    is_mature,
    cast(
        min(case when margin_per_customer >= cac then months_since end) over (
            partition by acquisition_source, cohort_month
        ) as integer
    ) as payback_month
from costs
