-- What each flow really brought, beside what attribution gives it. A figure stands only where chance made the arms, the
-- arms are whole, no holdout got the flow and there are persons enough; else the row says what is missing.
{% set contaminated_share = setting("lift_contaminated_share") %}
{% set metrics = ["order_rate", "net_sales", "margin", "discounts"] %}
{% set figures = [
    "treatment_mean", "holdout_mean", "difference", "difference_low", "difference_high", "sequential_low",
    "sequential_high", "cuped_difference", "cuped_low", "cuped_high", "cuped_sequential_low", "cuped_sequential_high",
    "pre_correlation", "variance_removed",
] %}

with metrics as (

    {% for metric in metrics %}
        select '{{ metric }}' as metric
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}

),

persons as (

    select
        experiment_key,
        {% for arm in ["treatment", "holdout"] %}
            sum(case when arm = '{{ arm }}' then 1 else 0 end) as {{ arm }}_persons,
        {% endfor %}
        sum(case when is_contaminated then 1 else 0 end) as contaminated_persons,
        sum(orders_after) as orders,
        sum(orders_without_margin_after) as orders_without_margin,
        sum(case when arm = 'treatment' then attributed_persons else 0 end) as attributed_persons,
        sum(case when arm = 'treatment' then attributed_net_sales else 0 end) as attributed_net_sales,
        min(watched_from) as first_watched_from,
        max(watched_from) as last_watched_from
    from {{ ref('int_proof__persons') }}
    group by experiment_key

),

costs as (

    -- What was spent on the flow while these persons came into it.
    select
        persons.experiment_key,
        sum(spend.amount) as message_cost,
        sum(case when spend.amount is null then 1 else 0 end) as unknown_costs
    from persons
    inner join {{ ref('int_proof__experiments') }} as experiments
        on persons.experiment_key = experiments.experiment_key
    inner join {{ ref('fct_marketing_spend') }} as spend
        on
            experiments.flow_id = spend.flow_id
            and {{ local_date('persons.first_watched_from') }} <= spend.spend_date
            and {{ local_date('persons.last_watched_from') }} >= spend.spend_date
    group by persons.experiment_key

),

flows as (

    -- A tool that gives its flows no ids is known by their names.
    select
        coalesce(flow_id, flow_name) as flow_id,
        max(flow_name) as flow_name,
        max(flow_class) as flow_class,
        bool_or(is_transactional) as is_service,
        sum(attributed_orders) as attributed_orders,
        sum(attributed_net_sales) as attributed_net_sales
    from {{ ref('fct_flow_performance') }}
    where coalesce(flow_id, flow_name) is not null
    group by coalesce(flow_id, flow_name)

),

tested as (

    select
        experiments.experiment_key,
        experiments.experiment_id,
        experiments.flow_id,
        true as is_causal,
        experiments.window_days,
        experiments.is_triggered,
        experiments.assigned_treatment,
        experiments.assigned_holdout,
        experiments.persons_in_two_arms,
        coalesce(persons.treatment_persons, 0) as treatment_persons,
        coalesce(persons.holdout_persons, 0) as holdout_persons,
        coalesce(persons.contaminated_persons, 0) as contaminated_persons,
        cast(persons.contaminated_persons as double) / nullif(persons.holdout_persons, 0) as contaminated_share,
        1 - cast(persons.orders_without_margin as double) / nullif(persons.orders, 0) as margin_known_share,
        coalesce(persons.attributed_persons, 0) as attributed_persons,
        {{ money('coalesce(persons.attributed_net_sales, 0)') }} as attributed_net_sales,
        case
            when coalesce(costs.unknown_costs, 0) = 0 then {{ money('coalesce(costs.message_cost, 0)') }}
        end as message_cost
    from {{ ref('int_proof__experiments') }} as experiments
    left join persons
        on experiments.experiment_key = persons.experiment_key
    left join costs
        on experiments.experiment_key = costs.experiment_key

),

untested as (

    select
        'flow:' || flows.flow_id as experiment_key,
        cast(null as varchar) as experiment_id,
        flows.flow_id,
        false as is_causal,
        cast(null as integer) as window_days,
        cast(null as boolean) as is_triggered,
        cast(null as bigint) as assigned_treatment,
        cast(null as bigint) as assigned_holdout,
        cast(null as bigint) as persons_in_two_arms,
        cast(null as bigint) as treatment_persons,
        cast(null as bigint) as holdout_persons,
        cast(null as bigint) as contaminated_persons,
        cast(null as double) as contaminated_share,
        cast(null as double) as margin_known_share,
        flows.attributed_orders as attributed_persons,
        flows.attributed_net_sales,
        cast(null as decimal(18, 4)) as message_cost
    from flows
    left join {{ ref('int_proof__experiments') }} as experiments
        on flows.flow_id = experiments.flow_id
    where experiments.flow_id is null

),

subjects as (

    select * from tested
    union all
    select * from untested

),

verdicts as (

    -- The first that applies; the order rate decides for all of the experiment's figures.
    select
        subjects.*,
        order_rates.needed_holdout_persons,
        order_rates.sample_ratio_p_value,
        case
            when not subjects.is_causal then 'not_random'
            when order_rates.is_sample_ratio_broken then 'sample_ratio'
            when subjects.contaminated_share > {{ contaminated_share }} then 'contaminated'
            when not coalesce(order_rates.has_enough_persons, false) then 'too_few'
        end as withheld_reason
    from subjects
    left join {{ ref('int_proof__lifts') }} as order_rates
        on
            subjects.experiment_key = order_rates.experiment_key
            and order_rates.metric = 'order_rate'

),

figures as (

    select
        verdicts.*,
        metrics.metric,
        {% for figure in figures %}
            case when verdicts.withheld_reason is null then lifts.{{ figure }} end as {{ figure }},
        {% endfor %}
        lifts.pre_standardised_difference,
        lifts.pre_p_value
    from verdicts
    cross join metrics
    left join {{ ref('int_proof__lifts') }} as lifts
        on
            verdicts.experiment_key = lifts.experiment_key
            and metrics.metric = lifts.metric

),

best as (

    -- Which of the two is taken doesn't depend on what they say: the adjusted one wherever there is one.
    select
        *,
        coalesce(cuped_difference, difference) as best_difference,
        coalesce(cuped_low, difference_low) as best_low,
        coalesce(cuped_high, difference_high) as best_high,
        coalesce(cuped_sequential_low, sequential_low) as sure_low,
        coalesce(cuped_sequential_high, sequential_high) as sure_high,
        case
            when metric = 'order_rate' then cast(attributed_persons as double)
            when metric = 'net_sales' then cast(attributed_net_sales as double)
        end as attributed
    from figures

),

profits as (

    -- Margin is what is left after discounts, returns and products; the flow's own cost is still to be paid from it.
    select
        orders.experiment_key,
        orders.sure_low as order_rate_low,
        orders.sure_high as order_rate_high,
        margins.best_difference * margins.treatment_persons - margins.message_cost as profit,
        margins.best_low * margins.treatment_persons - margins.message_cost as profit_low,
        margins.best_high * margins.treatment_persons - margins.message_cost as profit_high,
        margins.sure_low * margins.treatment_persons - margins.message_cost as sure_profit_low,
        margins.sure_high * margins.treatment_persons - margins.message_cost as sure_profit_high
    from best as orders
    inner join best as margins
        on
            orders.experiment_key = margins.experiment_key
            and margins.metric = 'margin'
    where orders.metric = 'order_rate'

),

advised as (

    select
        best.*,
        profits.profit,
        profits.profit_low,
        profits.profit_high,
        case
            when coalesce(flows.is_service, false) and not best.is_causal then 'service'
            when best.withheld_reason is not null then best.withheld_reason
            when profits.sure_profit_high < 0 then 'surely_loses'
            when profits.order_rate_high < 0 then 'surely_fewer_orders'
            when profits.order_rate_low > 0 and profits.profit <= 0 then 'more_orders_without_profit'
            when profits.sure_profit_low > 0 then 'surely_profitable'
            when profits.order_rate_low > 0 then 'surely_more_orders'
            when
                best.holdout_persons >= best.needed_holdout_persons
                and profits.order_rate_high < {{ setting("lift_detectable_difference") }}
                then 'too_little_to_matter'
            else 'undecided'
        end as advice_reason,
        flows.flow_name,
        flows.flow_class,
        coalesce(flows.is_service, false) as is_service
    from best
    left join profits
        on best.experiment_key = profits.experiment_key
    left join flows
        on best.flow_id = flows.flow_id

)

select
    experiment_key,
    metric,
    experiment_id,
    flow_id,
    flow_name,
    flow_class,
    is_service,
    is_causal,
    cast(window_days as integer) as window_days,
    case when is_triggered then 'trigger' when not is_triggered then 'assignment' end as watched_from,
    cast(assigned_treatment as bigint) as assigned_treatment,
    cast(assigned_holdout as bigint) as assigned_holdout,
    cast(treatment_persons as bigint) as treatment_persons,
    cast(holdout_persons as bigint) as holdout_persons,
    cast(needed_holdout_persons as bigint) as needed_holdout_persons,
    cast(
        ceil(needed_holdout_persons * assigned_treatment / nullif(assigned_holdout, 0)) as bigint
    ) as needed_treatment_persons,
    case
        when is_causal then cast({{ setting("lift_detectable_difference") }} as double)
    end as detectable_difference,
    sample_ratio_p_value,
    cast(persons_in_two_arms as bigint) as persons_in_two_arms,
    cast(contaminated_persons as bigint) as contaminated_persons,
    contaminated_share,
    withheld_reason,
    {% for figure in figures %}
        {{ figure }},
    {% endfor %}
    pre_standardised_difference,
    pre_p_value,
    margin_known_share,
    cast(attributed as double) as attributed,
    best_difference * treatment_persons as incremental,
    best_low * treatment_persons as incremental_low,
    best_high * treatment_persons as incremental_high,
    case
        when best_difference > 0 then attributed / (best_difference * treatment_persons)
    end as attributed_by_incremental,
    message_cost,
    profit,
    profit_low,
    profit_high,
    case
        when advice_reason in ('surely_profitable', 'surely_more_orders') then 'keep'
        when advice_reason in ('more_orders_without_profit', 'too_little_to_matter')
            then 'change'
        when advice_reason in ('surely_loses', 'surely_fewer_orders') then 'stop'
        when advice_reason in ('too_few', 'undecided') then 'wait'
        when advice_reason in ('contaminated', 'sample_ratio') then 'repair'
    end as advice,
    advice_reason
from advised
