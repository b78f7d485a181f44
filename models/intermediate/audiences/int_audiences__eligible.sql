-- Who a rule would take now, and what the contact policy says to it. A window takes everybody who entered it since the
-- version before, so that a run that didn't happen loses nobody, and takes nobody twice.
{% set decided_columns = [
    "audience", "person_id", "member_since", "opens_at", "closes_at", "reason", "order_key", "next_product_id", "due_date",
    "is_service", "is_message", "is_held_out", "is_held_out_of_all",
] %}
-- Rules about a person, or about the last order, take nobody twice; the others must be asked for the latest window.
{% set once_a_person = [
    "photo_request", "referred_welcome", "price_sensitive", "promotion_buyers", "potential_high_value", "third_order",
    "membership", "community", "at_risk", "win_back", "birthday", "vip", "second_order", "completion", "accessories",
    "tier_a", "tier_b", "tier_c", "sunset",
] %}
{% set takes_once = "'" ~ once_a_person | join("', '") ~ "'" %}

with previous_run as (

    select {{ version_before(look_up=false) }} as as_of

),

entries as (

    select
        history.audience,
        history.entered_at,
        coalesce(former_ids.person_id, history.person_id) as person_id,
        max(history.left_at) as left_at
    from {{ source('ops_audiences', 'audience_history') }} as history
    left join {{ ref('int_audiences__former_ids') }} as former_ids
        on history.person_id = former_ids.former_id
    where coalesce(history.left_at, history.entered_at) < {{ as_of() }}
    group by
        history.audience,
        history.entered_at,
        coalesce(former_ids.person_id, history.person_id)

),

memberships as (

    select
        audience,
        person_id,
        max(entered_at) as last_entered_at,
        max(case when left_at is null then entered_at end) as open_since
    from entries
    group by
        audience,
        person_id

),

entered_of_late as (

    -- Tools that report no sends: who entered was written to.
    select
        entries.person_id,
        sum(case when catalogue.kind = 'value' then 1 else 0 end) as value_entries_30d,
        sum(case when catalogue.kind = 'promotion' then 1 else 0 end) as promotion_entries_30d
    from entries
    inner join {{ ref('audiences') }} as catalogue
        on entries.audience = catalogue.key
    where
        entries.entered_at >= {{ as_of() }} - interval '30' day
        and catalogue.is_message
        and not catalogue.is_service
    group by entries.person_id

),

open_windows as (

    select
        candidates.*,
        memberships.last_entered_at,
        -- A later window is a new entry: the review request of the next order is another one.
        case
            when candidates.closes_at is null or memberships.open_since >= candidates.opens_at
                then memberships.open_since
        end as member_since
    from {{ ref('int_audiences__candidates') }} as candidates
    cross join previous_run
    left join memberships
        on
            candidates.audience = memberships.audience
            and candidates.person_id = memberships.person_id
    where
        candidates.opens_at <= {{ as_of() }}
        and (
            candidates.closes_at is null
            or candidates.closes_at > {{ as_of() }}
            -- Closed since: only whom no version has taken.
            or (
                candidates.closes_at > previous_run.as_of
                and coalesce(memberships.last_entered_at < candidates.opens_at, true)
            )
        )

),

opened as (

    select
        *,
        1 as recency_rank
    from open_windows
    where audience in ({{ takes_once }})
    union all
    select
        *,
        row_number() over (
            partition by audience, person_id
            order by opens_at desc, order_key desc nulls last, next_product_id desc nulls last, reason desc
        ) as recency_rank
    from open_windows
    where audience not in ({{ takes_once }})

),

shares as (

    -- What holds now, and for persons first seen earlier what held then: arms given once stay.
    select
        flows.flow_id,
        flows.salt,
        flows.holdout_share,
        flows.from_at
    from {{ source('ops_audiences', 'holdout_flows') }} as flows
    where flows.from_at < {{ as_of() }}
    union all
    select
        present.flow_id,
        present.salt,
        present.holdout_share,
        {{ as_of() }} as from_at
    from {{ ref('int_audiences__flows') }} as present

),

periods as (

    select
        flow_id,
        salt,
        holdout_share,
        case
            when row_number() over (partition by flow_id order by from_at) = 1 then cast('1900-01-01' as timestamp)
            else from_at
        end as from_at,
        coalesce(
            lead(from_at) over (partition by flow_id order by from_at), cast('9999-01-01' as timestamp)
        ) as until_at
    from shares

),

shares_in_force as (

    -- A share of nothing ends a holdout, whatever was drawn.
    select periods.*
    from periods
    inner join {{ ref('int_audiences__flows') }} as flows
        on periods.flow_id = flows.flow_id
    where flows.holdout_share > 0

),

judged as (

    select
        opened.audience,
        opened.person_id,
        opened.opens_at,
        opened.closes_at,
        opened.reason,
        opened.order_key,
        opened.next_product_id,
        opened.due_date,
        opened.member_since,
        opened.last_entered_at,
        catalogue.cool_down_days,
        catalogue.kind,
        catalogue.is_service,
        catalogue.is_message,
        catalogue.priority,
        people.max_emails_per_month,
        people.messages_30d,
        coalesce(entered_of_late.value_entries_30d, 0) as value_entries_30d,
        coalesce(entered_of_late.promotion_entries_30d, 0) as promotion_entries_30d,
        people.value_messages_30d,
        people.promotions_30d,
        coalesce(
            own_shares.holdout_share > {{ hash_share("own_shares.salt || people.drawn_as") }}, false
        ) as is_held_out,
        coalesce(
            global_shares.holdout_share > {{ hash_share("global_shares.salt || people.drawn_as") }}, false
        ) as is_held_out_of_all,
        case
            when not people.is_reachable then 'not_reachable'
            when catalogue.is_service and people.is_suppressed then 'suppressed'
            when catalogue.is_service then null
            when not people.is_marketable then 'not_marketable'
            when not catalogue.is_message then null
            when people.is_silent then 'sunset'
            when catalogue.kind = 'promotion' and people.is_dissatisfied then 'dissatisfied'
            when
                people.last_complaint_at
                > {{ as_of() }} - interval '{{ audiences_setting("quiet_days_after_complaint") }}' day
                then 'after_complaint'
            when
                people.last_open_ticket_at
                > {{ as_of() }} - interval '{{ audiences_setting("open_ticket_days") }}' day
                then 'open_ticket'
            when
                people.last_resolved_at
                > {{ as_of() }} - interval '{{ audiences_setting("quiet_days_after_ticket") }}' day
                then 'after_ticket'
        end as refused_for
    from opened
    inner join {{ ref('int_audiences__people') }} as people
        on opened.person_id = people.person_id
    inner join {{ ref('audiences') }} as catalogue
        on opened.audience = catalogue.key
    left join entered_of_late
        on opened.person_id = entered_of_late.person_id
    left join shares_in_force as own_shares
        on
            opened.audience = own_shares.flow_id
            and people.assigned_at >= own_shares.from_at
            and people.assigned_at < own_shares.until_at
    left join shares_in_force as global_shares
        on
            global_shares.flow_id = 'global'
            and people.assigned_at >= global_shares.from_at
            and people.assigned_at < global_shares.until_at
    where opened.recency_rank = 1

),

cooled as (

    select
        *,
        is_held_out or is_held_out_of_all as is_in_holdout,
        case
            when refused_for is not null then refused_for
            when
                member_since is null
                and last_entered_at > {{ as_of() }} - cool_down_days * interval '1' day
                then 'cool_down'
        end as refused_then
    from judged

),

contested as (

    -- Only messages that nothing else forbids can be one too many.
    select * from cooled
    where
        is_message
        and not is_service
        and refused_then is null

),

in_question as (

    -- Where a promotion is due, or more than the cap allows, it must be asked which messages go. All others' go.
    select person_id
    from contested
    group by person_id
    having
        bool_or(kind = 'promotion')
        or max(greatest(messages_30d, value_entries_30d + promotion_entries_30d)) + count(*) > min(max_emails_per_month)

),

counted as (

    -- Messages to come: who enters now is written to now, and what is of value goes before promotions. Service and
    -- lists count for nothing here.
    select
        *,
        greatest(promotions_30d, promotion_entries_30d) as promotions,
        greatest(value_messages_30d, value_entries_30d)
        + least(
            sum(
                case
                    when
                        not is_in_holdout
                        and member_since is null
                        and kind = 'value'
                        then 1
                    else 0
                end
            ) over (partition by person_id),
            greatest(max_emails_per_month - greatest(messages_30d, value_entries_30d + promotion_entries_30d), 0)
        ) as value_messages
    from contested
    where person_id in (select in_question.person_id from in_question)

),

shared as (

    -- At least so many of a person's messages of 30 days are of value, the promotion to come included.
    select
        *,
        case
            when
                kind = 'promotion'
                and member_since is null
                and promotions + 1
                > 0.000001
                + cast(1 - {{ audiences_setting("value_share") }} as double) * (1 + promotions + value_messages)
                then 'value_share'
        end as refused_so_far
    from counted

),

one_promotion as (

    -- Whoever is held out of a flow takes nothing from its other messages.
    select
        *,
        case
            when
                refused_so_far is null
                and kind = 'promotion'
                and coalesce(
                    sum(
                        case
                            when refused_so_far is null and kind = 'promotion' and not is_in_holdout then 1
                            else 0
                        end
                    ) over (
                        partition by person_id
                        order by priority, audience
                        rows between unbounded preceding and 1 preceding
                    ), 0
                ) > 0
                then 'other_promotion'
            else refused_so_far
        end as refused_next
    from shared

),

capped as (

    select
        *,
        case
            when
                refused_next is null
                and member_since is null
                and greatest(messages_30d, value_entries_30d + promotion_entries_30d) + coalesce(
                    sum(
                        case
                            when
                                refused_next is null
                                and member_since is null
                                and not is_in_holdout
                                then 1
                            else 0
                        end
                    ) over (
                        partition by person_id
                        order by priority, audience
                        rows between unbounded preceding and 1 preceding
                    ), 0
                ) >= max_emails_per_month
                then 'monthly_cap'
            else refused_next
        end as refused_last
    from one_promotion

),

decided as (

    select
        {{ decided_columns | join(', ') }},
        refused_last
    from capped
    union all
    select
        {{ decided_columns | join(', ') }},
        refused_then as refused_last
    from cooled
    where
        is_service
        or not is_message
        or refused_then is not null
        or person_id not in (select in_question.person_id from in_question)

)

select
    audience,
    person_id,
    coalesce(member_since, {{ as_of() }}) as entered_at,
    member_since is not null as was_member,
    opens_at,
    closes_at,
    reason,
    order_key,
    next_product_id,
    due_date,
    is_service,
    is_message,
    case when is_held_out then 'holdout' else 'treatment' end as arm,
    is_held_out_of_all,
    refused_last is null and is_message and not is_service as is_triggered,
    case
        when refused_last is not null then refused_last
        when is_service then null
        when is_held_out_of_all then 'global_holdout'
        when is_message and is_held_out then 'holdout'
    end as excluded_for
from decided
