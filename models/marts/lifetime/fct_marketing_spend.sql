-- A day's spend is known when the day is over.
{% set key = ["spend_date", "channel", "stage", "acquisition_source", "flow_id", "currency"] %}

with delivered as (

    select
        source,
        date as spend_date,
        channel,
        stage,
        acquisition_source,
        flow_id,
        amount,
        updated_at,
        load_id,
        file_index,
        row_number,
        coalesce(currency, '{{ setting("currency") }}') as currency,
        -- Whether loading saw another version says nothing here: no currency and the shop's own are one key.
        cast(null as boolean) as has_other_version
    from {{ ref('int_arrivals__marketing_spend') }}
    where date <= {{ last_full_day() }}

),

spend as (

    {{ latest_version('delivered', key) }}

),

rated as (

    select
        spend.*,
        rates.exchange_rate
    from spend
    left join {{ ref('int_orders__rates') }} as rates
        on
            spend.currency = rates.currency
            and spend.spend_date = rates.rate_date

)

select
    source
    || ':' || cast(spend_date as varchar)
    || ':' || channel
    || ':' || stage
    || ':' || coalesce(acquisition_source, '')
    || ':' || coalesce(flow_id, '')
    || ':' || currency as spend_key,
    source,
    spend_date,
    {{ month_of('spend_date') }} as month,
    channel,
    stage,
    acquisition_source,
    flow_id,
    currency,
    amount as amount_spend_currency,
    exchange_rate,
    {{ money('amount * exchange_rate') }} as amount
from rated
