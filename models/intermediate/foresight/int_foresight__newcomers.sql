-- What was known of each buyer a week after the first order, and whether the year after it made the buyer one of the
-- top fifth. Nothing of that week knows what came later: the first order counts without its returns.
{% set week_days = 7 %}
{% set year_days = 365 %}

with firsts as (

    select
        person_id,
        ordered_at,
        is_referred,
        channel,
        order_date as first_day,
        gross_sales - discounts as first_order_value,
        discounts / nullif(gross_sales, 0) as discount_share,
        order_type <> 'one_time' as is_subscription,
        coalesce(acquisition_source, 'unknown') as acquisition_source,
        coalesce(ship_country, 'unknown') as market,
        coalesce(product_type, 'unknown') as product_type
    from {{ ref('fct_orders') }}
    where order_sequence = 1

),

customers as (

    select
        firsts.*,
        lifetime.net_sales_first_{{ year_days }}d as year_net_sales,
        {{ days_between('firsts.first_day', last_full_day()) }} >= {{ year_days }} as is_watched
    from firsts
    inner join {{ ref('int_lifetime__customers') }} as lifetime
        on firsts.person_id = lifetime.person_id
    where
        lifetime.is_counted
        and {{ days_between('firsts.first_day', last_full_day()) }} >= {{ week_days }}

),

touches as (

    -- The week is a value here, not a way to join: joined by time alone, each touch would meet all buyers of its week.
    select
        customers.person_id,
        max(
            case
                when
                    touches.occurred_at between
                    customers.ordered_at - interval '{{ week_days }}' day
                    and customers.ordered_at + interval '{{ week_days }}' day
                    then case when touches.event_type = 'clicked' then 2 else 1 end
                else 0
            end
        ) as engagement
    from customers
    inner join {{ ref('fct_touches') }} as touches
        on customers.person_id = touches.person_id
    where
        touches.is_human
        and touches.event_type in ('opened', 'clicked')
    group by customers.person_id

),

second_orders as (

    select distinct customers.person_id
    from customers
    inner join {{ ref('fct_orders') }} as orders
        on customers.person_id = orders.person_id
    where
        orders.is_valid
        and orders.order_date > customers.first_day
        and {{ days_between('customers.first_day', 'orders.order_date') }} <= {{ week_days }}

),

-- The backtest learns from the first two thirds of those watched for a year, and is judged by the last.
arrivals as (

    select
        first_day,
        3 * sum(count(*)) over (order by first_day asc) <= 2 * sum(count(*)) over () as is_early
    from customers
    where is_watched
    group by first_day

),

known as (

    select
        customers.*,
        case
            when not customers.is_watched then 'newcomer'
            when arrivals.is_early then 'earlier'
            else 'later'
        end as part,
        coalesce(touches.engagement, 0) as engagement,
        case when second_orders.person_id is not null then 1 else 0 end as second_order
    from customers
    left join arrivals
        on
            customers.first_day = arrivals.first_day
            and customers.is_watched
    left join touches
        on customers.person_id = touches.person_id
    left join second_orders
        on customers.person_id = second_orders.person_id

),

ranked as (

    select
        *,
        rank() over (partition by is_watched order by year_net_sales desc) - 1 as number_above,
        count(*) over (partition by is_watched) as customers,
        rank() over (partition by part order by year_net_sales desc) - 1 as number_above_in_part,
        count(*) over (partition by part) as customers_in_part
    from known

)

select
    person_id,
    first_day,
    part,
    first_order_value,
    -- Steps of a tenth of the logarithm, so that like buyers can be counted together.
    cast(round(10 * ln(1 + cast(greatest(first_order_value, 0) as double))) as integer) as value_step,
    case
        when discount_share >= {{ setting("price_sensitive_share") }} then 'deep'
        when discount_share > 0 then 'some'
        else 'none'
    end as discount_depth,
    case when is_subscription then 'yes' else 'no' end as subscribed,
    case when is_referred then 'yes' else 'no' end as referral,
    acquisition_source,
    channel,
    market,
    product_type,
    case engagement when 2 then 'clicked' when 1 then 'opened' else 'none' end as engagement,
    case when second_order = 1 then 'yes' else 'no' end as second_order,
    -- In the top fifth: fewer than a fifth are strictly above.
    case when part <> 'newcomer' then 5 * number_above < customers end as is_top,
    case when part <> 'newcomer' then 5 * number_above_in_part < customers_in_part end as is_top_in_part
from ranked
