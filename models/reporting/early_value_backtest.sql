-- How well a week told who would be in the top fifth: later buyers in ten equal parts by the probability that was
-- learned from earlier ones, against how many of each part were. Part 0 is all of them.
with judged as (

    select
        -- Decimals, since a sum of floats depends on the rows' order.
        cast(probability as decimal(18, 12)) as probability,
        cast(
            1 + floor(
                10 * (row_number() over (order by probability desc, person_id asc) - 1)
                / cast(count(*) over () as double)
            ) as integer
        ) as tenth,
        case when is_top_in_part then 1 else 0 end as in_top
    from {{ ref('int_foresight__early_values') }}
    where period = 'backtest'

),

parts as (

    select
        0 as tenth,
        count(*) as customers,
        sum(in_top) as in_top,
        sum(probability) as probability,
        sum((probability - in_top) * (probability - in_top)) as squared_errors
    from judged
    union all
    select
        tenth,
        count(*) as customers,
        sum(in_top) as in_top,
        sum(probability) as probability,
        sum((probability - in_top) * (probability - in_top)) as squared_errors
    from judged
    group by tenth

),

fits as (

    select
        max(case when period = 'now' then refusal end) as refusal,
        max(case when period = 'backtest' then learned_from end) as learned_from,
        max(auc) as auc,
        max(auc_low) as auc_low,
        max(auc_high) as auc_high
    from {{ ref('int_foresight__early_fits') }}

)

select
    parts.tenth,
    parts.customers,
    cast(parts.in_top as bigint) as in_top_fifth,
    cast(parts.probability as double) / nullif(parts.customers, 0) as mean_probability,
    cast(parts.in_top as double) / nullif(parts.customers, 0) as actual_share,
    {{ wilson_bound('parts.in_top', 'parts.customers', 'low') }} as actual_share_low,
    {{ wilson_bound('parts.in_top', 'parts.customers', 'high') }} as actual_share_high,
    cast(parts.squared_errors as double) / nullif(parts.customers, 0) as brier_score,
    fits.learned_from,
    fits.auc,
    fits.auc_low,
    fits.auc_high,
    fits.refusal
from parts
cross join fits
