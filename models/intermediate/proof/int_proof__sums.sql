-- Both arms' sums and squares: all that their comparison needs. Decimals are summed, since sums of floats depend on the
-- rows' order.
{% set metrics = {
    "order_rate": ("ordered", "orders_before"),
    "net_sales": ("net_sales_after", "net_sales_before"),
    "margin": ("margin_after", "margin_before"),
    "discounts": ("discounts_after", "discounts_before"),
} %}

with outcomes as (

    {% for metric, (outcome, before) in metrics.items() %}
        select
            experiment_key,
            arm,
            planned_holdout_share,
            '{{ metric }}' as metric,
            cast({{ outcome }} as decimal(18, 4)) as outcome,
            cast({{ before }} as decimal(18, 4)) as outcome_before,
            -- One order with a cost unknown, and nobody knows the margin; before the trigger it adds nothing.
            {% if metric == "margin" %}
                case when orders_without_margin_after > 0 then 1 else 0 end as is_unknown
            {% else %}
                0 as is_unknown
            {% endif %}
        from {{ ref('int_proof__persons') }}
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}

),

arm_sums as (

    select
        experiment_key,
        metric,
        arm,
        cast(sum(outcome) as double) as total,
        cast(sum(outcome * outcome) as double) as squares,
        cast(sum(outcome_before) as double) as pre_total,
        cast(sum(outcome_before * outcome_before) as double) as pre_squares,
        cast(sum(outcome * outcome_before) as double) as product,
        count(*) as persons,
        sum(cast(planned_holdout_share as decimal(9, 6))) as planned_holdouts,
        count(planned_holdout_share) as planned_persons,
        sum(is_unknown) as unknown_persons
    from outcomes
    group by
        experiment_key,
        metric,
        arm

)

select
    treatment.experiment_key,
    treatment.metric,
    {% for arm in ["treatment", "holdout"] %}
        cast({{ arm }}.persons as double) as {{ arm }}_persons,
        {% for part in ["total", "squares", "pre_total", "pre_squares", "product"] %}
            case
                when treatment.unknown_persons + holdout.unknown_persons = 0 then {{ arm }}.{{ part }}
            end as {{ arm }}_{{ part }},
        {% endfor %}
    {% endfor %}
    cast(experiments.assigned_treatment as double) as assigned_treatment,
    cast(experiments.assigned_holdout as double) as assigned_holdout,
    -- Of arms drawn with one share and then another, what their persons' shares come to.
    case
        when treatment.planned_persons + holdout.planned_persons = treatment.persons + holdout.persons
            then
                cast(treatment.planned_holdouts + holdout.planned_holdouts as double)
                / (treatment.persons + holdout.persons)
    end as planned_holdout_share,
    cast({{ setting("lift_detectable_difference") }} as double) as detectable_difference,
    cast({{ setting("lift_fewest_persons") }} as double) as fewest_persons
from arm_sums as treatment
inner join arm_sums as holdout
    on
        treatment.experiment_key = holdout.experiment_key
        and treatment.metric = holdout.metric
        and holdout.arm = 'holdout'
inner join {{ ref('int_proof__experiments') }} as experiments
    on treatment.experiment_key = experiments.experiment_key
where treatment.arm = 'treatment'
