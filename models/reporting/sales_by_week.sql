-- Finance basis: a sale falls on its own week, a refund on the week it was paid, at that day's rate. Weeks begin on
-- Monday (ISO 8601).
{% set measures = ["orders", "gross_sales", "discounts", "refunds", "tax", "shipping"] %}

with orders as (

    select
        order_key,
        order_date,
        gross_sales,
        discounts,
        tax,
        shipping,
        case
            when not is_identified then 'unidentified'
            when is_repeat then 'returning'
            else 'new'
        end as customer_type
    from {{ ref('fct_orders') }}
    where is_valid

),

movements as (

    select
        order_date as day,
        customer_type,
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

),

weeks as (

    select
        {% for measure in measures %}
            sum({{ measure }}) as {{ measure }},
        {% endfor %}
        cast(date_trunc('week', day) as date) as week,
        customer_type
    from movements
    group by
        cast(date_trunc('week', day) as date),
        customer_type

)

select
    week,
    customer_type,
    cast(orders as bigint) as orders,
    {{ money('gross_sales') }} as gross_sales,
    {{ money('discounts') }} as discounts,
    {{ money('refunds') }} as refunds,
    {{ money('gross_sales - discounts - refunds') }} as net_sales,
    {{ money('tax') }} as tax,
    {{ money('shipping') }} as shipping,
    week + 6 <= {{ last_full_day() }} as is_complete
from weeks
