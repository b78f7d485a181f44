{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='person_id',
    meta={'changed': 'int_foresight__restated'}
) }}
-- What a period's cut leaves of each buyer's purchases, and what came after it. A purchase is a local day with a valid
-- order: orders of one day are one decision.
with order_days as (

    select
        orders.person_id,
        customers.first_day,
        orders.order_date,
        sum(coalesce(orders.net_sales, 0)) as net_sales
    from {{ only_changed(ref('fct_orders'), ref('int_foresight__restated'), 'person_id') }} as orders
    inner join {{ ref('int_lifetime__customers') }} as customers
        on orders.person_id = customers.person_id
    where
        orders.is_valid
        and customers.is_counted
        and orders.order_date <= {{ last_full_day() }}
    group by
        orders.person_id,
        customers.first_day,
        orders.order_date

),

purchases as (

    select
        periods.period,
        order_days.person_id,
        order_days.first_day,
        sum(case when order_days.order_date <= periods.cut_day then 1 else 0 end) as purchases,
        max(case when order_days.order_date <= periods.cut_day then order_days.order_date end) as last_day,
        sum(case when order_days.order_date <= periods.cut_day then order_days.net_sales else 0 end) as net_sales,
        sum(case when order_days.order_date = order_days.first_day then order_days.net_sales else 0 end)
            as first_day_net_sales,
        sum(case when order_days.order_date > periods.cut_day then 1 else 0 end) as later_purchases,
        sum(case when order_days.order_date > periods.cut_day then order_days.net_sales else 0 end)
            as later_net_sales
    from order_days
    cross join {{ ref('int_foresight__periods') }} as periods
    where
        order_days.first_day <= periods.cut_day
        and order_days.order_date <= periods.end_day
    group by
        periods.period,
        order_days.person_id,
        order_days.first_day

)

select
    period,
    person_id,
    first_day,
    last_day,
    cast(purchases as integer) as purchases,
    net_sales,
    cast(later_purchases as integer) as later_purchases,
    {{ money('later_net_sales') }} as later_net_sales,
    -- Sums of decimals don't depend on the rows' order, sums of floats do.
    cast(round(ln(1 + greatest(first_day_net_sales, 0)), 3) as decimal(9, 3)) as first_value
from purchases
