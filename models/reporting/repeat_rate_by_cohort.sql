{% set dimensions = retention_dimensions() %}

with counted as (

    select
        customers.cohort_month,
        windows.window_days,
        {% for dimension in dimensions %}
            customers.{{ dimension }},
        {% endfor %}
        count(*) as customers,
        sum(case when customers.days_observed >= windows.window_days then 1 else 0 end) as mature_customers,
        sum(
            case
                when
                    customers.days_observed >= windows.window_days
                    and customers.days_to_second <= windows.window_days
                    then 1
                else 0
            end
        ) as repeaters
    from {{ ref('int_retention__customers') }} as customers
    cross join {{ window_rows(setting('repeat_windows')) }} as windows
    group by
        {% for dimension in dimensions %}
            customers.{{ dimension }},
        {% endfor %}
        customers.cohort_month,
        windows.window_days

),

by_dimension as (

    select
        cohort_month,
        window_days,
        'all' as dimension,
        'all' as dimension_value,
        customers,
        mature_customers,
        repeaters
    from counted
    {% for dimension in dimensions %}
        union all
        select
            cohort_month,
            window_days,
            '{{ dimension }}' as dimension,
            {{ dimension }} as dimension_value,
            customers,
            mature_customers,
            repeaters
        from counted
    {% endfor %}

),

totals as (

    select
        cohort_month,
        window_days,
        dimension,
        dimension_value,
        sum(customers) as customers,
        sum(mature_customers) as mature_customers,
        sum(repeaters) as repeaters
    from by_dimension
    group by
        cohort_month,
        window_days,
        dimension,
        dimension_value

)

select
    totals.cohort_month,
    cast(totals.window_days as integer) as window_days,
    totals.dimension,
    totals.dimension_value,
    cast(totals.customers as bigint) as customers,
    cast(totals.mature_customers as bigint) as mature_customers,
    cast(totals.repeaters as bigint) as repeaters,
    cast(totals.repeaters as double) / nullif(totals.mature_customers, 0) as repeat_rate,
    totals.cohort_month < history.first_settled_cohort as may_hold_older_customers
from totals
cross join {{ ref('int_retention__history') }} as history
