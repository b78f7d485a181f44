-- A day's spend is known when the day is over. Its rate is the latest one on or before the day, no older than for
-- orders.
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

rate_versions as (

    {{ latest_version(ref('int_arrivals__exchange_rates'), ['date', 'from_currency', 'to_currency']) }}

),

rates as (

    select
        date as spend_date,
        from_currency as currency,
        min(rate) as exchange_rate
    from rate_versions
    where to_currency = '{{ setting("currency") }}'
    group by
        date,
        from_currency

),

dated as (

    {{ last_before('spend', 'rates', ['currency'], 'spend_date') }}

),

rated as (

    select
        dated.*,
        case
            when dated.currency = '{{ setting("currency") }}' then cast(1 as decimal(28, 12))
            else rates.exchange_rate
        end as exchange_rate
    from dated
    left join rates
        on
            dated.currency = rates.currency
            and dated.spend_date_before = rates.spend_date
            and {{ days_between('dated.spend_date_before', 'dated.spend_date') }}
            <= {{ setting("exchange_rate_max_age_days") }}

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
