{{ config(pre_hook="{{ keep_before() }}") }}
-- Up to which day histories are told: the last full day, to predict from; one in the past, to see how well that would
-- have gone; and one further back, by which the model was to be chosen on that day.
{% set most_holdout_days = 365 %}

with bounds as (

    select
        min(first_day) as first_day,
        {{ last_full_day() }} as last_day,
        {{ days_between('min(first_day)', last_full_day()) }} as history_days
    from {{ ref('int_lifetime__customers') }}
    where is_counted

),

holdouts as (

    select
        *,
        cast(floor(least({{ most_holdout_days }}, history_days / 2)) as integer) as holdout_days
    from bounds

),

trials as (

    select
        *,
        cast(floor(least({{ most_holdout_days }}, (history_days - holdout_days) / 2)) as integer) as trial_days
    from holdouts

)

select
    'now' as period,
    365 as horizon_days,
    first_day as history_day,
    last_day as cut_day,
    last_day as end_day
from trials
union all
select
    'backtest' as period,
    holdout_days as horizon_days,
    first_day as history_day,
    last_day - holdout_days as cut_day,
    last_day as end_day
from trials
union all
select
    'trial' as period,
    trial_days as horizon_days,
    first_day as history_day,
    last_day - holdout_days - trial_days as cut_day,
    last_day - holdout_days as end_day
from trials
