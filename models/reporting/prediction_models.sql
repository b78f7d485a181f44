-- The model card: every model of repeat purchase as it was fitted at each cut of the history, how well it did at the
-- cut before, and why it was taken or not.
with fits as (

    select
        *,
        case period when 'now' then 'backtest' when 'backtest' then 'trial' end as tried_in
    from {{ ref('int_foresight__fits') }}

)

select
    fits.period,
    fits.model,
    fits.is_chosen,
    fits.customers,
    fits.repeat_customers,
    cast(fits.history_days as integer) as history_days,
    cast(fits.horizon_days as integer) as horizon_days,
    fits.parameter_names,
    fits.parameters,
    fits.log_likelihood,
    fits.holdout_log_likelihood,
    fits.holdout_error as holdout_mean_absolute_error,
    tried.holdout_log_likelihood as earlier_log_likelihood,
    tried.holdout_error as earlier_mean_absolute_error,
    case
        when fits.refusal is not null then fits.refusal
        when fits.period = 'trial' then 'tried for the backtest'
        when fits.is_chosen and tried.holdout_error is not null then 'least off at the earlier cut'
        when fits.is_chosen then 'greatest likelihood, since none could be tried at an earlier cut'
        when tried.holdout_error is not null then 'more off at the earlier cut'
        else 'not tried at an earlier cut, or less likely'
    end as reason
from fits
left join {{ ref('int_foresight__fits') }} as tried
    on
        fits.tried_in = tried.period
        and fits.model = tried.model
        and tried.refusal is null
