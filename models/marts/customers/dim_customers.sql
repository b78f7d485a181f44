with persons as (

    select
        person_id,
        bool_or(is_identified) as is_identified
    from {{ ref('int_identity__record_persons') }}
    group by person_id

),

order_totals as (

    select
        person_id,
        bool_or(order_type = 'wholesale') as is_wholesale,
        min(case when is_valid then ordered_at end) as first_order_at,
        max(case when is_valid then ordered_at end) as last_order_at,
        sum(case when is_valid then 1 else 0 end) as valid_orders,
        sum(case when is_valid then net_sales else 0 end) as net_sales,
        sum(case when is_valid then gross_margin else 0 end) as gross_margin,
        bool_or(is_valid and gross_margin is null) as lacks_a_margin
    from {{ ref('fct_orders') }}
    group by person_id

),

first_orders as (

    select * from {{ ref('fct_orders') }}
    where order_sequence = 1

),

mail as (

    select * from {{ ref('int_identity__mail') }}

)

select
    persons.person_id,
    persons.is_identified,
    coalesce(order_totals.is_wholesale, false) as is_wholesale,
    order_totals.first_order_at,
    order_totals.last_order_at,
    cast(coalesce(order_totals.valid_orders, 0) as bigint) as valid_orders,
    {{ money('coalesce(order_totals.net_sales, 0)') }} as net_sales,
    case
        when not coalesce(order_totals.lacks_a_margin, false)
            then {{ money('coalesce(order_totals.gross_margin, 0)') }}
    end as gross_margin,
    first_orders.acquisition_source,
    first_orders.channel as first_channel,
    first_orders.product_type as first_product_type,
    first_orders.ship_country as first_ship_country,
    coalesce(first_orders.is_discounted, false) as is_first_order_discounted,
    coalesce(first_orders.is_referred, false) as is_referred,
    coalesce(mail.is_reachable, false) as is_reachable,
    coalesce(mail.is_marketable, false) as is_marketable,
    traits.rfm_segment,
    traits.lifecycle_stage,
    traits.tier
from persons
left join order_totals
    on persons.person_id = order_totals.person_id
left join first_orders
    on persons.person_id = first_orders.person_id
left join mail
    on persons.person_id = mail.person_id
left join {{ ref('int_lifetime__traits') }} as traits
    on persons.person_id = traits.person_id
