-- Finance basis: a sale falls on its own week, a refund on the week it was paid, at that day's rate. Weeks begin on
-- Monday (ISO 8601).
{% set measures = ["orders", "gross_sales", "discounts", "refunds", "tax", "shipping"] %}

with weeks as (

    select
        {% for measure in measures %}
            sum({{ measure }}) as {{ measure }},
        {% endfor %}
        cast(date_trunc('week', day) as date) as week,
        customer_type
    from {{ ref('int_orders__movements') }}
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
