{% set dimensions = retention_dimensions() %}

with customers as (

    select * from {{ ref('int_retention__customers') }}

),

activity as (

    select
        orders.person_id,
        {{ month_of('orders.order_date') }} as month,
        sum(orders.net_sales) as net_sales,
        sum(orders.gross_margin) as gross_margin,
        bool_or(orders.gross_margin is null) as lacks_a_margin
    from {{ ref('fct_orders') }} as orders
    where orders.is_valid
    group by
        orders.person_id,
        {{ month_of('orders.order_date') }}

),

happened as (

    select
        customers.cohort_month,
        {% for dimension in dimensions %}
            customers.{{ dimension }},
        {% endfor %}
        {{ months_between('customers.cohort_month', 'activity.month') }} as months_since,
        count(*) as active,
        sum(case when {{ month_of('customers.second_day') }} = activity.month then 1 else 0 end) as new_repeaters,
        sum(activity.net_sales) as net_sales,
        sum(activity.gross_margin) as gross_margin,
        bool_or(activity.lacks_a_margin) as lacks_a_margin
    from activity
    inner join customers
        on activity.person_id = customers.person_id
    group by
        customers.cohort_month,
        {% for dimension in dimensions %}
            customers.{{ dimension }},
        {% endfor %}
        {{ months_between('customers.cohort_month', 'activity.month') }}

),

by_dimension as (

    select
        cohort_month,
        'all' as dimension,
        'all' as dimension_value,
        months_since,
        active,
        new_repeaters,
        net_sales,
        gross_margin,
        lacks_a_margin
    from happened
    {% for dimension in dimensions %}
        union all
        select
            cohort_month,
            '{{ dimension }}' as dimension,
            {{ dimension }} as dimension_value,
            months_since,
            active,
            new_repeaters,
            net_sales,
            gross_margin,
            lacks_a_margin
        from happened
    {% endfor %}

),

sums as (

    select
        cohort_month,
        dimension,
        dimension_value,
        months_since,
        sum(active) as active,
        sum(new_repeaters) as new_repeaters,
        sum(net_sales) as net_sales,
        sum(gross_margin) as gross_margin,
        bool_or(lacks_a_margin) as lacks_a_margin
    from by_dimension
    group by
        cohort_month,
        dimension,
        dimension_value,
        months_since

),

cohorts as (

    -- Everyone of a cohort is active in its first month.
    select
        cohort_month,
        dimension,
        dimension_value,
        active as customers
    from sums
    where months_since = 0

),

grid as (

    -- Months in which nobody of the cohort bought are rows too.
    select
        cohorts.cohort_month,
        cohorts.dimension,
        cohorts.dimension_value,
        cohorts.customers,
        {{ months_between('cohorts.cohort_month', 'months.month') }} as months_since,
        cast(months.month + interval 1 month as date) <= {{ last_full_day() }} + 1 as is_mature
    from cohorts
    inner join (
        select months.month
        from (
            select
                min(cohort_month) as first_month,
                {{ month_of(local_date(as_of())) }} as last_month
            from cohorts
        ) as bounds
        cross join {{ calendar_months('bounds.first_month', 'bounds.last_month') }} as months
    ) as months
        on cohorts.cohort_month <= months.month

)

select
    grid.cohort_month,
    cast(grid.months_since as integer) as months_since,
    grid.dimension,
    grid.dimension_value,
    cast(grid.customers as bigint) as customers,
    cast(coalesce(sums.active, 0) as bigint) as active,
    cast(
        sum(coalesce(sums.new_repeaters, 0)) over (
            partition by grid.cohort_month, grid.dimension, grid.dimension_value
            order by grid.months_since
        ) as bigint
    ) as cumulative_repeaters,
    {{ money('coalesce(sums.net_sales, 0)') }} as net_sales,
    {{ money('coalesce(sums.net_sales, 0) / grid.customers') }} as net_sales_per_customer,
    case
        when not coalesce(sums.lacks_a_margin, false)
            then {{ money('coalesce(sums.gross_margin, 0) / grid.customers') }}
    end as margin_per_customer,
    grid.is_mature
from grid
left join sums
    on
        grid.cohort_month = sums.cohort_month
        and grid.dimension = sums.dimension
        and grid.dimension_value = sums.dimension_value
        and grid.months_since = sums.months_since
