-- The denominator of repeat rates and lifetime: identified persons with a valid order, wholesale buyers left out.
{{ config(materialized='view') }}

select
    person_id,
    first_day,
    {{ month_of('first_day') }} as cohort_month,
    second_day,
    {{ days_between('first_day', 'second_day') }} as days_to_second,
    {{ days_between('first_day', last_full_day()) }} as days_observed,
    cast(valid_orders as bigint) as valid_orders,
    net_sales,
    orders_last_year,
    bought_year_before,
    {% for horizon in [90, 180, 365] %}
        net_sales_first_{{ horizon }}d,
    {% endfor %}
    coalesce(acquisition_source, 'unknown') as acquisition_source,
    first_channel as channel,
    coalesce(first_ship_country, 'unknown') as market,
    coalesce(first_product_type, 'unknown') as product_type,
    case when is_first_order_discounted then 'discounted' else 'full_price' end as first_order_discount,
    case when is_referred then 'referred' else 'not_referred' end as referral
from {{ ref('int_lifetime__customers') }}
where is_counted
