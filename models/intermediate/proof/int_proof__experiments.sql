{{ config(pre_hook="{{ keep_before() }}") }}
-- What an experiment compares, and from which moment on. Where only one arm has triggers (a tool that notes them when
-- it sends) both are watched from their assignment: the triggered of one arm can't be held against all of the other.
{% set windows = setting("lift_flow_windows") %}
{% set shares = setting("lift_holdout_shares") %}
{% set flow_ids = setting("lift_flow_ids") %}
{% set names = ["key", "name_en", "name_zh", "'Second Order: ' || key"] %}

with audience_names as (

    {% for name in names %}
        select
            key as audience,
            translate(lower({{ name }}), '-_', '  ') as plain_name
        from {{ ref('audiences') }}
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}

),

tool_flows as (

    -- Our own arms go by the audience: the tool's flow is the one that is named like it.
    select
        audience_names.audience,
        min(messages.flow_id) as flow_id
    from {{ ref('int_flows__messages') }} as messages
    inner join audience_names
        on translate(lower(messages.flow_name), '-_', '  ') = audience_names.plain_name
    where messages.flow_id is not null
    group by audience_names.audience

),

arms as (

    -- Arms drawn before the flow was built in a tool have a name of their own for it.
    select
        assigned.source,
        assigned.experiment_id,
        assigned.arm,
        assigned.triggered_at,
        assigned.has_two_arms,
        {% if flow_ids %}
            case
                {% for flow in flow_ids %}
                    when assigned.flow_id = '{{ flow | replace("'", "''") }}'
                        then '{{ (flow_ids[flow] or "") | replace("'", "''") }}'
                {% endfor %}
                else coalesce(tool_flows.flow_id, assigned.flow_id)
            end as flow_id
        {% else %}
            coalesce(tool_flows.flow_id, assigned.flow_id) as flow_id
        {% endif %}
    from {{ ref('fct_experiment_arms') }} as assigned
    left join tool_flows
        on
            assigned.source = 'second_order'
            and assigned.flow_id = tool_flows.audience

),

experiments as (

    select
        source,
        experiment_id,
        source || ':' || experiment_id as experiment_key,
        max(flow_id) as flow_id,
        sum(case when arm = 'treatment' then 1 else 0 end) as assigned_treatment,
        sum(case when arm = 'holdout' then 1 else 0 end) as assigned_holdout,
        sum(case when has_two_arms then 1 else 0 end) as persons_in_two_arms,
        max(case when arm = 'treatment' then triggered_at end) is not null
        and max(case when arm = 'holdout' then triggered_at end) is not null as is_triggered
    from arms
    group by
        source,
        experiment_id

)

select
    experiment_key,
    source,
    experiment_id,
    flow_id,
    cast(assigned_treatment as bigint) as assigned_treatment,
    cast(assigned_holdout as bigint) as assigned_holdout,
    cast(persons_in_two_arms as bigint) as persons_in_two_arms,
    is_triggered,
    {% if windows %}
        case
            {% for flow in windows %}
                when flow_id = '{{ flow | replace("'", "''") }}' then {{ windows[flow] or 0 }}
            {% endfor %}
            else {{ setting("lift_window_days") }}
        end as window_days,
    {% else %}
        {{ setting("lift_window_days") }} as window_days,
    {% endif %}
    {% if shares %}
        case
            {% for experiment in shares %}
                when experiment_id = '{{ experiment | replace("'", "''") }}'
                    then cast({{ shares[experiment] or 0 }} as double)
            {% endfor %}
        end as planned_holdout_share
    {% else %}
        cast(null as double) as planned_holdout_share
    {% endif %}
from experiments
