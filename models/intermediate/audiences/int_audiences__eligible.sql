-- Who a rule would take now, and what the contact policy says to it. A window takes everybody who entered it since the
-- version before, so that a run that didn't happen loses nobody, and takes nobody twice.
{% set keys = [
    "delay", "dissatisfied", "onboarding", "thank_you", "check_in", "review_request", "photo_request",
    "referred_welcome", "replenishment", "price_sensitive", "promotion_buyers", "potential_high_value", "third_order",
    "membership", "advocates", "community", "at_risk", "win_back", "birthday", "vip", "season_ahead", "second_order",
    "completion", "accessories", "tier_a", "tier_b", "tier_c", "sunset",
] %}

with previous_run as (

    -- What was remembered at this very moment is what this run itself finds. Before the first version nothing was
    -- missed.
    select coalesce(max(runs.as_of), {{ as_of() }}) as as_of
    from {{ source('ops_audiences', 'audience_runs') }} as runs
    where runs.as_of < {{ as_of() }}

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

candidates as (

    {% for key in keys %}
        select
            '{{ key }}' as audience,
            taken.person_id,
            taken.opens_at,
            taken.closes_at,
            taken.reason,
            taken.order_key,
            taken.next_product_id,
            taken.due_date
        from {{ ref('int_audiences__' ~ key) }} as taken
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}

),

opened as (

    select
        candidates.*,
        memberships.last_entered_at,
        -- A later window is a new entry: the review request of the next order is another one.
        case
            when candidates.closes_at is null or memberships.open_since >= candidates.opens_at
                then memberships.open_since
        end as member_since,
        row_number() over (
            partition by candidates.audience, candidates.person_id
            order by
                candidates.opens_at desc,
                candidates.order_key desc nulls last,
                candidates.next_product_id desc nulls last,
                candidates.reason desc
        ) as recency_rank
    from candidates
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

shares_in_force as (

    select
        flow_id,
        salt,
        holdout_share,
        case
            when row_number() over (partition by flow_id order by from_at) = 1 then cast('1900-01-01' as timestamp)
            else from_at
        end as from_at,
        lead(from_at) over (partition by flow_id order by from_at) as until_at
    from shares

),

arms as (

    select
        opened.audience,
        opened.person_id,
        bool_or(
            shares_in_force.flow_id = opened.audience
            and flows.holdout_share > 0
            and shares_in_force.holdout_share
            > {{ hash_share("shares_in_force.salt || people.drawn_as") }}
        ) as is_held_out,
        bool_or(
            shares_in_force.flow_id = 'global'
            and flows.holdout_share > 0
            and shares_in_force.holdout_share
            > {{ hash_share("shares_in_force.salt || people.drawn_as") }}
        ) as is_held_out_of_all
    from opened
    inner join {{ ref('int_audiences__people') }} as people
        on opened.person_id = people.person_id
    inner join shares_in_force
        on
            shares_in_force.flow_id in (opened.audience, 'global')
            and people.assigned_at >= shares_in_force.from_at
            and (people.assigned_at < shares_in_force.until_at or shares_in_force.until_at is null)
    inner join {{ ref('int_audiences__flows') }} as flows
        on shares_in_force.flow_id = flows.flow_id
    where opened.recency_rank = 1
    group by
        opened.audience,
        opened.person_id

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
        coalesce(arms.is_held_out, false) as is_held_out,
        coalesce(arms.is_held_out_of_all, false) as is_held_out_of_all,
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
    left join arms
        on
            opened.audience = arms.audience
            and opened.person_id = arms.person_id
    where opened.recency_rank = 1

),

cooled as (

    select
        judged.*,
        not judged.is_service
        and judged.is_message
        and (judged.is_held_out or judged.is_held_out_of_all) as is_in_holdout,
        case
            when judged.refused_for is not null then judged.refused_for
            when
                judged.member_since is null
                and memberships.last_entered_at
                > {{ as_of() }} - catalogue.cool_down_days * interval '1' day
                then 'cool_down'
        end as refused_then
    from judged
    inner join {{ ref('audiences') }} as catalogue
        on judged.audience = catalogue.key
    left join memberships
        on
            judged.audience = memberships.audience
            and judged.person_id = memberships.person_id

),

counted as (

    -- Messages to come: who enters now is written to now, and what is of value goes before promotions.
    select
        *,
        greatest(promotions_30d, promotion_entries_30d) as promotions,
        greatest(value_messages_30d, value_entries_30d)
        + least(
            sum(
                case
                    when
                        is_message
                        and not is_service
                        and not is_in_holdout
                        and member_since is null
                        and refused_then is null
                        and kind = 'value'
                        then 1
                    else 0
                end
            ) over (partition by person_id),
            greatest(max_emails_per_month - greatest(messages_30d, value_entries_30d + promotion_entries_30d), 0)
        ) as value_messages
    from cooled

),

shared as (

    -- At least so many of a person's messages of 30 days are of value, the promotion to come included.
    select
        *,
        case
            when
                refused_then is null
                and kind = 'promotion'
                and member_since is null
                and promotions + 1
                > 0.000001
                + cast(1 - {{ audiences_setting("value_share") }} as double) * (1 + promotions + value_messages)
                then 'value_share'
            else refused_then
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
                and is_message
                and not is_service
                and member_since is null
                and greatest(messages_30d, value_entries_30d + promotion_entries_30d) + coalesce(
                    sum(
                        case
                            when
                                refused_next is null
                                and is_message
                                and not is_service
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
from capped
