-- Finance basis: a sale falls on its own day, a refund on the day it was paid, at that day's rate.
{% set dimensions = ["customer_type", "acquisition_source", "channel", "market", "product_type"] %}
{% set measures = ["orders", "gross_sales", "discounts", "refunds", "tax", "shipping"] %}

with orders as (

    select
        order_key,
        order_date,
        channel,
        gross_sales,
        discounts,
        tax,
        shipping,
        case
            when not is_identified then 'unidentified'
            when is_repeat then 'returning'
            else 'new'
        end as customer_type,
        coalesce(acquisition_source, 'unknown') as acquisition_source,
        coalesce(ship_country, 'unknown') as market,
        coalesce(product_type, 'unknown') as product_type
    from {{ ref('fct_orders') }}
    where is_valid

),

movements as (

    select
        order_date as day,
        customer_type,
        acquisition_source,
        channel,
        market,
        product_type,
        1 as orders,
        gross_sales,
        discounts,
        {{ money('0') }} as refunds,
        tax,
        shipping
    from orders
    union all
    select
        refunds.refund_date as day,
        orders.customer_type,
        orders.acquisition_source,
        orders.channel,
        orders.market,
        orders.product_type,
        0 as orders,
        {{ money('0') }} as gross_sales,
        {{ money('0') }} as discounts,
        refunds.amount_finance as refunds,
        {{ money('0') }} as tax,
        {{ money('0') }} as shipping
    from {{ ref('fct_refunds') }} as refunds
    inner join orders
        on refunds.order_key = orders.order_key
    where not refunds.is_gift_card

)

select
    {% for measure in measures %}
        sum({{ measure }}) as {{ measure }},
    {% endfor %}
    day,
    {{ dimensions | join(",\n    ") }}
from movements
group by
    day,
    {{ dimensions | join(",\n    ") }}
