-- A credit is the net sales of one valid order of the touched person, within the look-back, and the orders' credits are
-- what flow performance sums, no more and no less.
with credits as (

    select
        attributed.order_key,
        attributed.net_sales_credited,
        orders.net_sales,
        orders.is_valid,
        touches.is_human,
        attributed.hours_to_order,
        orders.person_id = attributed.person_id and touches.person_id = attributed.person_id as is_one_person
    from {{ ref('fct_attributed_orders') }} as attributed
    left join {{ ref('fct_orders') }} as orders
        on attributed.order_key = orders.order_key
    left join {{ ref('fct_touches') }} as touches
        on attributed.touch_id = touches.touch_id

),

totals as (

    select
        count(*) as orders,
        coalesce(sum(net_sales_credited), 0) as net_sales
    from credits

),

performance as (

    select
        coalesce(sum(attributed_orders), 0) as orders,
        coalesce(sum(attributed_net_sales), 0) as net_sales
    from {{ ref('fct_flow_performance') }}

),

reported as (

    select
        coalesce(sum(attributed_orders), 0) as orders,
        coalesce(sum(attributed_net_sales), 0) as net_sales
    from {{ ref('flow_performance') }}
    where grain = 'flow_class'

)

select
    order_key as place,
    net_sales_credited,
    net_sales
from credits
where
    net_sales_credited is distinct from net_sales
    or not coalesce(is_valid and is_one_person and is_human, false)
    or hours_to_order < 0
union all
select
    'all credits against flow performance' as place,
    totals.net_sales as net_sales_credited,
    performance.net_sales
from totals
cross join performance
where
    totals.orders <> performance.orders
    or totals.net_sales <> performance.net_sales
union all
select
    'flow performance against its report' as place,
    performance.net_sales as net_sales_credited,
    reported.net_sales
from performance
cross join reported
where
    performance.orders <> reported.orders
    or performance.net_sales <> reported.net_sales
