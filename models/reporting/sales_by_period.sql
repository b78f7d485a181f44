-- Finance basis: a sale falls on its own month, a refund on the month it was paid, at that day's rate.
{% set dimensions = ["acquisition_source", "channel", "market", "product_type"] %}
{% set measures = ["orders", "gross_sales", "discounts", "refunds", "tax", "shipping"] %}

with counted as (

    select
        {% for measure in measures %}
            sum({{ measure }}) as {{ measure }},
        {% endfor %}
        {{ month_of('day') }} as month,
        customer_type,
        {{ dimensions | join(",\n        ") }}
    from {{ ref('int_orders__movements') }}
    group by
        {{ month_of('day') }},
        customer_type,
        {{ dimensions | join(",\n        ") }}

),

by_dimension as (

    select
        month,
        customer_type,
        'all' as dimension,
        'all' as dimension_value,
        {{ measures | join(",\n        ") }}
    from counted
    {% for dimension in dimensions %}
        union all
        select
            month,
            customer_type,
            '{{ dimension }}' as dimension,
            {{ dimension }} as dimension_value,
            {{ measures | join(",\n            ") }}
        from counted
    {% endfor %}

)

select
    month,
    customer_type,
    dimension,
    dimension_value,
    cast(sum(orders) as bigint) as orders,
    {{ money('sum(gross_sales)') }} as gross_sales,
    {{ money('sum(discounts)') }} as discounts,
    {{ money('sum(refunds)') }} as refunds,
    {{ money('sum(gross_sales) - sum(discounts) - sum(refunds)') }} as net_sales,
    {{ money('sum(tax)') }} as tax,
    {{ money('sum(shipping)') }} as shipping
from by_dimension
group by
    month,
    customer_type,
    dimension,
    dimension_value
