-- The chosen model's forecast for each person in either period, put back together from the forecasts of cells.
-- A view: each reader takes one period of it, and few of its columns.
{{ config(materialized='view') }}

with placed as (

    -- In their cells first: forecasts have the rest of a cell's key in common with many that are not theirs.
    select
        histories.*,
        fits.model,
        fits.spend_p,
        fits.spend_q,
        fits.spend_gamma,
        histories.recency_days + fits.grain_days - 1
        - (histories.recency_days + fits.grain_days - 1) % fits.grain_days as recency_cell,
        histories.age_days + fits.grain_days - 1
        - (histories.age_days + fits.grain_days - 1) % fits.grain_days as age_cell
    from {{ ref('int_foresight__histories') }} as histories
    inner join {{ ref('int_foresight__fits') }} as fits
        on
            histories.period = fits.period
            and fits.is_chosen

)

select
    histories.period,
    histories.person_id,
    histories.cut_day,
    histories.model,
    forecasts.probability_alive,
    forecasts.orders,
    forecasts.orders_low,
    forecasts.orders_high,
    forecasts.no_order_near as no_order_90d_probability,
    forecasts.next_order,
    forecasts.next_order_low,
    forecasts.next_order_high,
    histories.frequency,
    histories.net_sales as net_sales_before,
    histories.age_days,
    histories.horizon_days,
    histories.later_purchases,
    histories.later_net_sales,
    -- Spend is foretold for who has spent: a purchase's expected value, and what the money known weighs in it.
    case
        when histories.mean_spend > 0 and histories.spend_p * (histories.frequency + 1) + histories.spend_q > 1
            then
                forecasts.orders
                * histories.spend_p
                * (histories.spend_gamma + cast(histories.net_sales as double))
                / (histories.spend_p * (histories.frequency + 1) + histories.spend_q - 1)
    end as net_sales,
    case
        when histories.mean_spend > 0
            then forecasts.spend_low * (histories.spend_gamma + cast(histories.net_sales as double))
    end as net_sales_low,
    case
        when histories.mean_spend > 0
            then forecasts.spend_high * (histories.spend_gamma + cast(histories.net_sales as double))
    end as net_sales_high
from placed as histories
inner join {{ ref('int_foresight__forecasts') }} as forecasts
    on
        histories.period = forecasts.period
        and histories.frequency = forecasts.frequency
        and histories.recency_cell = forecasts.recency_days
        and histories.age_cell = forecasts.age_days
        and histories.trait = forecasts.trait
