-- Whose outcomes are counted anew: those whose arms, orders or messages have changed, those whose time has ended since
-- the build before, and everybody of an experiment that isn't compared as it was.
{% set moment_before = built_as_of() %}
{% set compared_by = ["source", "experiment_id", "flow_id", "is_triggered", "window_days", "planned_holdout_share"] %}
-- depends_on: {{ ref('int_proof__restated') }}, {{ ref('int_orders__restated') }}
-- depends_on: {{ ref('fct_experiment_arms') }}, {{ ref('int_proof__experiments') }}
-- depends_on: {{ ref('int_flows__restated') }}, {{ ref('int_flows__recipients') }}

{% if moment_before is none %}

    select cast(null as varchar) as recipient_id
    where false

{% else %}

    with changed_experiments as (

        {{ rows_that_differ(
            ref('int_proof__experiments'), sibling('int_proof__experiments_before'), compared_by
        ) }}

    ),

    ended as (

        select arms.recipient_id
        from {{ ref('fct_experiment_arms') }} as arms
        inner join {{ ref('int_proof__experiments') }} as experiments
            on
                arms.source = experiments.source
                and arms.experiment_id = experiments.experiment_id
        where
            (
                arms.assigned_at + experiments.window_days * interval '1' day > {{ moment_before }}
                and arms.assigned_at + experiments.window_days * interval '1' day <= {{ as_of() }}
            )
            or (
                arms.triggered_at + experiments.window_days * interval '1' day > {{ moment_before }}
                and arms.triggered_at + experiments.window_days * interval '1' day <= {{ as_of() }}
            )

    )

    select recipient_id
    from {{ ref('int_proof__restated') }}
    union
    select person_id as recipient_id
    from {{ ref('int_orders__restated') }}
    union
    -- A message tells of a holdout's being reached, or of whom an order is credited to.
    select outcomes.recipient_id
    from {{ sibling('int_proof__persons') }} as outcomes
    where
        (outcomes.arm = 'holdout' or outcomes.orders_after > 0)
        and outcomes.recipient_id in ({{ touched_persons() }})
    union
    select recipient_id
    from ended
    union
    select arms.recipient_id
    from {{ ref('fct_experiment_arms') }} as arms
    inner join changed_experiments
        on
            arms.source = changed_experiments.source
            and arms.experiment_id = changed_experiments.experiment_id

{% endif %}
