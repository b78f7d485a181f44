{{ config(pre_hook="{{ keep_before() }}") }}
-- The rate of a day is the latest one on or before it, no older than the setting allows.
with wanted as (

    select
        order_date as rate_date,
        currency
    from {{ ref('int_orders__current') }}
    union
    select
        refunds.refund_date,
        orders.currency
    from {{ ref('int_orders__current_refunds') }} as refunds
    inner join {{ ref('int_orders__current') }} as orders
        on refunds.order_key = orders.order_key
    union
    select
        date as rate_date,
        coalesce(currency, '{{ setting("currency") }}') as currency
    from {{ ref('int_arrivals__marketing_spend') }}

),

rates as (

    {{ latest_version(ref('int_arrivals__exchange_rates'), ['date', 'from_currency', 'to_currency']) }}

),

candidates as (

    select
        wanted.rate_date,
        wanted.currency,
        max(rates.date) as used_date
    from wanted
    inner join rates
        on
            wanted.currency = rates.from_currency
            and rates.to_currency = '{{ setting("currency") }}'
            and wanted.rate_date >= rates.date
            and {{ days_between('rates.date', 'wanted.rate_date') }} <= {{ setting("exchange_rate_max_age_days") }}
    where wanted.currency <> '{{ setting("currency") }}'
    group by
        wanted.rate_date,
        wanted.currency

)

select
    candidates.rate_date,
    candidates.currency,
    min(rates.rate) as exchange_rate
from candidates
inner join rates
    on
        candidates.used_date = rates.date
        and candidates.currency = rates.from_currency
        and rates.to_currency = '{{ setting("currency") }}'
group by
    candidates.rate_date,
    candidates.currency
union all
select
    rate_date,
    currency,
    cast(1 as decimal(28, 12)) as exchange_rate
from wanted
where currency = '{{ setting("currency") }}'
