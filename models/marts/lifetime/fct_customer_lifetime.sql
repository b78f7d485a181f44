-- Predictions are the chosen model's over the 365 days after the last full day; null_reason says why there is none.
-- A view: all of it is kept elsewhere, person by person, and those who ask for it ask for few persons or columns.
{{ config(materialized='view') }}

with predictions as (

    select *
    from {{ ref('int_foresight__predictions') }}
    where period = 'now'

),

-- One row: why nothing can be foretold for this shop, or no money.
refusals as (

    select
        case when max(case when is_chosen then 1 else 0 end) = 0 then min(refusal) end as refusal,
        min(spend_refusal) as spend_refusal
    from {{ ref('int_foresight__fits') }}
    where period = 'now'

)

select
    customers.person_id,
    customers.net_sales as historical_net_sales,
    customers.gross_margin as historical_margin,
    {{ money('customers.net_sales / nullif(customers.valid_orders, 0)') }} as average_order_value,
    predictions.orders as predicted_orders_365d,
    predictions.orders_low as predicted_orders_365d_low,
    predictions.orders_high as predicted_orders_365d_high,
    {{ money('predictions.net_sales') }} as predicted_clv_365d,
    {{ money('predictions.net_sales_low') }} as predicted_clv_365d_low,
    {{ money('predictions.net_sales_high') }} as predicted_clv_365d_high,
    {% for end in ["", "_low", "_high"] %}
        cast(
            predictions.cut_day + cast(round(predictions.next_order{{ end }}) as integer) as timestamp
        ) as expected_next_order_at{{ end }},
    {% endfor %}
    predictions.probability_alive,
    predictions.no_order_90d_probability,
    early_values.probability as high_value_probability,
    early_values.reasons as high_value_reasons,
    predictions.model,
    case
        when customers.valid_orders = 0 then 'no valid order'
        when not customers.is_identified then 'not identified'
        when customers.is_wholesale then 'wholesale'
        when refusals.refusal is not null then refusals.refusal
        when predictions.person_id is null then 'first order not a day old'
        when refusals.spend_refusal is not null then refusals.spend_refusal
        when predictions.net_sales is null then 'nothing paid yet'
    end as null_reason
from {{ ref('int_lifetime__persons') }} as customers
cross join refusals
left join predictions
    on customers.person_id = predictions.person_id
left join {{ ref('int_foresight__early_values') }} as early_values
    on
        customers.person_id = early_values.person_id
        and early_values.period = 'now'
