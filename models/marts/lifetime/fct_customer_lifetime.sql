-- Predictions have their columns and no values yet; null_reason says why there is none.
select
    customers.person_id,
    customers.net_sales as historical_net_sales,
    customers.gross_margin as historical_margin,
    {{ money('customers.net_sales / nullif(customers.valid_orders, 0)') }} as average_order_value,
    {% for estimate, data_type in [
        ("predicted_orders_365d", "double"),
        ("predicted_clv_365d", "decimal(18, 4)"),
        ("expected_next_order_at", "timestamp"),
    ] %}
        {% for end in ["", "_low", "_high"] %}
            cast(null as {{ data_type }}) as {{ estimate }}{{ end }},
        {% endfor %}
    {% endfor %}
    cast(null as double) as probability_alive,
    cast(null as double) as no_order_90d_probability,
    cast(null as double) as high_value_probability,
    cast(null as varchar) as high_value_reasons,
    cast(null as varchar) as model,
    case
        when customers.valid_orders = 0 then 'no valid order'
        when not customers.is_identified then 'not identified'
        when customers.is_wholesale then 'wholesale'
        else 'predictions not computed yet'
    end as null_reason
from {{ ref('dim_customers') }} as customers
