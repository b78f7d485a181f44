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
        orders.order_sequence > 1
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

-- Equal net sales are counted before they are ranked: there are far fewer of them than buyers.
worths as (

    select
        part,
        year_net_sales,
        count(*) as customers
    from known
    where part <> 'newcomer'
    group by
        part,
        year_net_sales

),

ranked as (

    select
        part,
        year_net_sales,
        sum(customers) over (order by year_net_sales desc)
        - sum(customers) over (partition by year_net_sales) as number_above,
        sum(customers) over () as customers,
        sum(customers) over (partition by part order by year_net_sales desc) - customers as number_above_in_part,
        sum(customers) over (partition by part) as customers_in_part
    from worths

),

-- In the top fifth: fewer than a fifth are strictly above.
top_fifths as (

    select
        part,
        min(min(case when 5 * number_above < customers then year_net_sales end)) over () as bound,
        min(case when 5 * number_above_in_part < customers_in_part then year_net_sales end) as bound_in_part
    from ranked
    group by part

)

select
    known.person_id,
    known.first_day,
    known.part,
    known.first_order_value,
    -- Steps of a tenth of the logarithm, so that like buyers can be counted together.
    cast(round(10 * ln(1 + cast(greatest(known.first_order_value, 0) as double))) as integer) as value_step,
    case
        when known.discount_share >= {{ setting("price_sensitive_share") }} then 'deep'
        when known.discount_share > 0 then 'some'
        else 'none'
    end as discount_depth,
    case when known.is_subscription then 'yes' else 'no' end as subscribed,
    case when known.is_referred then 'yes' else 'no' end as referral,
    known.acquisition_source,
    known.channel,
    known.market,
    known.product_type,
    case known.engagement when 2 then 'clicked' when 1 then 'opened' else 'none' end as engagement,
    case when known.second_order = 1 then 'yes' else 'no' end as second_order,
    known.year_net_sales >= top_fifths.bound as is_top,
    known.year_net_sales >= top_fifths.bound_in_part as is_top_in_part
from known
left join top_fifths
    on known.part = top_fifths.part
