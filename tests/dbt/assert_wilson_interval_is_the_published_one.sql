-- Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998), table I,
-- method 3 (score without continuity correction); and no interval without trials.
with examples as (

    select
        published.successes,
        published.trials,
        cast(published.low as decimal(9, 4)) as low,
        cast(published.high as decimal(9, 4)) as high
    from (
        values
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (0, 0, null, null)
    ) as published (successes, trials, low, high)

),

computed as (

    select
        successes,
        trials,
        low,
        high,
        cast({{ wilson_bound('successes', 'trials', 'low') }} as decimal(9, 4)) as computed_low,
        cast({{ wilson_bound('successes', 'trials', 'high') }} as decimal(9, 4)) as computed_high
    from examples

)

select
    successes,
    trials,
    low,
    computed_low,
    high,
    computed_high
from computed
where
    computed_low is distinct from low
    or computed_high is distinct from high
