-- What the rules and the contact policy go by that time itself changes, beside what is known of a person.
select
    known.person_id,
    known.max_emails_per_month,
    known.is_reachable,
    known.is_marketable,
    known.is_suppressed,
    traits.tier,
    -- A person without a valid order yet is a prospect.
    case when known.valid_orders = 0 then 'prospect' else traits.lifecycle_stage end as lifecycle_stage,
    coalesce(traits.is_vip, false) as is_vip,
    coalesce(traits.is_price_sensitive, false) as is_price_sensitive,
    coalesce(traits.is_promotion_buyer, false) as is_promotion_buyer,
    traits.expected_days,
    known.valid_orders,
    known.first_order_at,
    known.first_order_date,
    known.last_order_at,
    known.last_order_date,
    known.last_complaint_at,
    known.last_resolved_at,
    known.last_open_ticket_at,
    known.first_seen_at,
    known.last_engaged_at,
    coalesce(mailings.messages_30d, 0) as messages_30d,
    coalesce(mailings.value_messages_30d, 0) as value_messages_30d,
    coalesce(mailings.promotions_30d, 0) as promotions_30d,
    coalesce(draws.drawn_as, known.person_id) as drawn_as,
    coalesce(draws.assigned_at, {{ as_of() }}) as assigned_at,
    coalesce(draws.is_merged, false) as is_merged,
    -- Silent is who was mailed and gave no sign; who never got anything couldn't.
    coalesce(
        known.is_marketable
        and mailings.messages > 0
        and coalesce(known.last_engaged_at, known.first_seen_at)
        < {{ as_of() }} - interval '{{ audiences_setting("sunset_days") }}' day,
        false
    ) as is_silent,
    coalesce(
        known.last_dissatisfied_at > {{ as_of() }} - interval '{{ audiences_setting("dissatisfied_to_days") }}' day,
        false
    ) as is_dissatisfied
from {{ ref('int_audiences__known') }} as known
left join {{ ref('int_lifetime__traits') }} as traits
    on known.person_id = traits.person_id
left join {{ ref('int_audiences__mailings') }} as mailings
    on {{ hash_number(['known.person_id']) }} = mailings.recipient_number
left join {{ ref('int_audiences__draws') }} as draws
    on known.person_id = draws.person_id
