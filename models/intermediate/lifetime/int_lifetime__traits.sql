-- What a customer is like, for audiences and reports. Only those in lifetime's denominators are sorted: identified, no
-- wholesale order, a valid order.
{% set measures = {
    "recency": "days_ago",
    "frequency": "valid_orders",
    "monetary": "net_sales",
} %}

with customers as (

    select
        *,
        greatest({{ days_between('last_day', last_full_day()) }}, 0) as days_ago,
        {{ days_between('first_day', last_full_day()) }} as first_days_ago
    from {{ ref('int_lifetime__customers') }}
    where is_counted

),

{% for name, column in measures.items() %}

    {{ name }}_counts as (

        select
            {{ column }},
            count(*) as customers
        from customers
        group by {{ column }}

    ),

    {{ name }}_quintiles as (

        -- A quintile says that so many fifths are strictly worse: ties share it, and a fifth may stay empty.
        select
            {{ column }},
            cast(
                1 + floor(
                    5 * (
                        sum(customers) over (order by {{ column }}{{ " desc" if name == "recency" }}) - customers
                    ) / cast(sum(customers) over () as double)
                ) as integer
            ) as quintile
        from {{ name }}_counts

    ),

{% endfor %}

first_order_counts as (

    select
        first_order_net_sales as amount,
        count(*) as customers
    from customers
    where first_days_ago between 0 and 364
    group by first_order_net_sales

),

year_counts as (

    select
        net_sales_last_year as amount,
        count(*) as customers
    from customers
    where orders_last_year > 0
    group by net_sales_last_year

),

first_order_ranks as (

    select
        amount,
        sum(customers) over (order by amount desc) - customers as customers_above,
        sum(customers) over () as customers
    from first_order_counts

),

year_ranks as (

    select
        amount,
        sum(customers) over (order by amount desc) - customers as customers_above,
        sum(customers) over () as customers
    from year_counts

),

thresholds as (

    -- In the top fifth: fewer than a fifth are strictly above.
    select
        (
            select min(first_order_ranks.amount) from first_order_ranks
            where 5 * first_order_ranks.customers_above < first_order_ranks.customers
        ) as top_fifth_first_order,
        (
            select min(year_ranks.amount) from year_ranks
            where 20 * year_ranks.customers_above < year_ranks.customers
        ) as top_twentieth_year

),

paces as (

    -- The product's rhythm weighs as much as one gap of the person's own.
    select
        customers.person_id,
        (rhythms.rhythm_days + customers.days_of_gaps) / (1 + customers.gaps) as expected_days
    from customers
    inner join {{ ref('int_lifetime__rhythms') }} as rhythms
        on coalesce(customers.first_product_type, 'unknown') = rhythms.first_product_type

),

sorted as (

    select
        customers.person_id,
        recency_quintiles.quintile as recency_quintile,
        frequency_quintiles.quintile as frequency_quintile,
        monetary_quintiles.quintile as monetary_quintile,
        paces.expected_days,
        customers.is_price_sensitive,
        customers.is_promotion_buyer,
        case
            when customers.days_ago > 3 * paces.expected_days then 'lapsed'
            when customers.days_ago > 2 * paces.expected_days then 'at_risk'
            when customers.days_ago > paces.expected_days then 'due'
            when customers.order_days = 1 then 'new'
            else 'active'
        end as lifecycle_stage,
        case
            when
                customers.first_days_ago between 0 and 364
                and customers.first_order_net_sales >= thresholds.top_fifth_first_order
                and (
                    engagement.nps_score >= 9
                    or engagement.rating >= 4
                    or engagement.last_click_at >= {{ as_of() }} - interval '90' day
                )
                then 'A'
            when customers.is_first_order_discounted and engagement.person_id is null then 'C'
            else 'B'
        end as tier,
        coalesce(
            customers.valid_orders >= 2
            and customers.orders_last_year > 0
            and customers.net_sales_last_year >= thresholds.top_twentieth_year,
            false
        ) as is_vip
    from customers
    cross join thresholds
    inner join paces
        on customers.person_id = paces.person_id
    inner join recency_quintiles
        on customers.days_ago = recency_quintiles.days_ago
    inner join frequency_quintiles
        on customers.valid_orders = frequency_quintiles.valid_orders
    inner join monetary_quintiles
        on customers.net_sales = monetary_quintiles.net_sales
    left join {{ ref('int_lifetime__engagement') }} as engagement
        on customers.person_id = engagement.person_id

)

select
    sorted.person_id,
    sorted.recency_quintile,
    sorted.frequency_quintile,
    sorted.monetary_quintile,
    segments.segment as rfm_segment,
    sorted.expected_days,
    sorted.tier,
    sorted.lifecycle_stage,
    sorted.is_vip,
    sorted.is_price_sensitive,
    sorted.is_promotion_buyer
from sorted
left join {{ ref('rfm_segments') }} as segments
    on
        sorted.recency_quintile = segments.recency_quintile
        and sorted.frequency_quintile = segments.frequency_quintile
