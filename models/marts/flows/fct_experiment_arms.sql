{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    unique_key='recipient_id',
    on_schema_change='fail',
    meta={'changed': 'int_proof__restated'}
) }}
{% set address = ['source', 'customer_id', 'email'] %}
{% set recipients = only_changed(ref('int_proof__recipients'), ref('int_proof__restated'), 'recipient_id') %}
{% set arrivals = ref('int_arrivals__flow_holdouts') %}
{% if is_update() %}
    {% set addresses %}
        select recipients.address_number from {{ recipients }} as recipients
    {% endset %}
    {% set arrivals = work_table(
        "changed_holdouts",
        "select * from " ~ arrivals ~ " as arrivals where " ~ hash_number(address) ~ " in (" ~ addresses ~ ")"
    ) %}
{% endif %}
-- An arm is frozen once given: of several assignments of one person the earliest holds, and a second arm is flagged.
with versions as (

    {{ latest_version(arrivals, ['experiment_id', 'email', 'customer_id']) }}

),

assignments as (

    select
        versions.source,
        versions.experiment_id,
        versions.flow_id,
        recipients.person_id,
        recipients.recipient_id,
        versions.arm,
        versions.assigned_at,
        case when versions.triggered_at <= {{ as_of() }} then versions.triggered_at end as triggered_at
    from versions
    inner join {{ recipients }} as recipients
        on
            versions.source = recipients.source
            and versions.customer_id is not distinct from recipients.customer_id
            and versions.email is not distinct from recipients.email
    where versions.assigned_at <= {{ as_of() }}

),

own_assignments as (

    -- Our own arms are frozen before anybody is eligible and told here once triggered; persons joined since are one.
    select
        'second_order' as source,
        reached.flow_id as experiment_id,
        case when reached.flow_id <> 'global' then reached.flow_id end as flow_id,
        coalesce(joined.person_id, reached.person_id) as person_id,
        coalesce(joined.person_id, reached.person_id) as recipient_id,
        reached.arm,
        reached.assigned_at,
        reached.triggered_at
    from {{ source('ops_audiences', 'holdout_triggers') }} as reached
    left join {{ ref('identity_merges') }} as joined
        on
            reached.person_id = {{ hash_text("joined.evidence") }}
            and not joined.is_cut
    -- What was remembered at this very moment is what this run itself finds.
    where reached.triggered_at < {{ as_of() }}

),

all_assignments as (

    select * from assignments
    union all
    select * from own_assignments

),

ranked as (

    select
        *,
        row_number() over (
            partition by source, experiment_id, recipient_id
            order by assigned_at, arm, triggered_at nulls last, flow_id nulls last
        ) as assignment_rank,
        min(triggered_at) over (partition by source, experiment_id, recipient_id) as first_triggered_at,
        min(arm) over (partition by source, experiment_id, recipient_id)
        <> max(arm) over (partition by source, experiment_id, recipient_id) as has_two_arms
    from all_assignments

)

select
    source,
    experiment_id,
    flow_id,
    person_id,
    recipient_id,
    arm,
    assigned_at,
    first_triggered_at as triggered_at,
    has_two_arms,
    source || ':' || experiment_id || ':' || recipient_id as assignment_key
from ranked
where assignment_rank = 1
