"""Referral and loyalty: who brought whom, and who is a member."""

from tests.mutation.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        "int_referral__codes",
        "a code's case says nothing",
        "lower(referral_code) as referral_code",
        "referral_code",
    ),
    Mutant(
        "int_referral__codes",
        "of two records of one code the older one's owner holds",
        "order by listed.created_at nulls last",
        "order by listed.created_at desc nulls last",
    ),
    Mutant(
        "int_referral__codes",
        "a code has one owner",
        "where owner_rank = 1",
        "",
    ),
    Mutant(
        "int_referral__codes",
        "a code's owner is found by e-mail too",
        "coalesce(listed_by_id.person_id, listed_by_reference.person_id, listed_by_email.person_id) as person_id",
        "coalesce(listed_by_id.person_id, listed_by_reference.person_id) as person_id",
    ),
    Mutant(
        "int_referral__uses",
        "a code used by its owner is the owner's own",
        "coalesce(codes.person_id = record_persons.person_id, false) as is_own",
        "false as is_own",
    ),
    Mutant(
        "int_referral__uses",
        "a discount code counts only if it is listed",
        "where used.is_referral_code or codes.referral_code is not null",
        "",
    ),
    Mutant(
        "int_referral__uses",
        "a referral code counts, listed or not",
        "where used.is_referral_code or codes.referral_code is not null",
        "where codes.referral_code is not null",
    ),
    Mutant(
        "int_referral__uses",
        "somebody else's code comes before the buyer's own",
        "order by is_own asc, is_referral_code desc",
        "order by is_own desc, is_referral_code desc",
    ),
    Mutant(
        "int_referral__uses",
        "the referral code comes before a discount code",
        "is_own asc, is_referral_code desc",
        "is_own asc, is_referral_code asc",
    ),
    Mutant(
        "int_referral__uses",
        "an order is brought by one code",
        "where use_rank = 1",
        "",
    ),
    Mutant(
        "int_referral__orders",
        "an order with the buyer's own code isn't referred",
        "where not is_own",
        "",
    ),
    Mutant(
        "fct_referrals",
        "only valid orders are brought",
        "where orders.is_valid",
        "",
    ),
    Mutant(
        "fct_referrals",
        "referral revenue is a person's first referred order",
        "not is_own and person_use = 1",
        "not is_own",
    ),
    Mutant(
        "fct_referrals",
        "the first referred order is the earliest",
        "order by orders.order_sequence",
        "order by orders.order_sequence desc",
    ),
    Mutant(
        "fct_referrals",
        "a new customer is one whose first order was referred",
        "is_identified and order_sequence = 1",
        "is_identified",
    ),
    Mutant(
        "fct_referrals",
        "a code that isn't listed is a row too",
        "full outer join brought",
        "left join brought",
    ),
    Mutant(
        "referrals",
        "buyers nobody knows are no new customers",
        "where is_identified and valid_orders > 0",
        "where valid_orders > 0",
    ),
    Mutant(
        "int_voice__order_counts",
        "orders that count are valid ones",
        "where orders.is_valid",
        "",
    ),
    Mutant(
        "referrals",
        "a shop without codes has no rate of nought",
        "count(*) > 0 as is_known",
        "count(*) >= 0 as is_known",
    ),
    Mutant(
        "referral_comparison",
        "orders of whoever isn't mature are left out",
        "and purchases.days_observed >= windows.window_days",
        "",
    ),
    Mutant(
        "referral_comparison",
        "the window's last day is in it",
        "customers.days_to_second <= windows.window_days",
        "customers.days_to_second < windows.window_days",
    ),
    Mutant(
        "referral_programme",
        "an owner of two codes is one owner",
        "person_id is not null and code_position = 1",
        "person_id is not null",
    ),
    Mutant(
        "fct_loyalty",
        "redeemed points count without their sign",
        "abs(versions.points)",
        "versions.points",
    ),
    Mutant(
        "loyalty",
        "a member is one from the first event on",
        "min(month) as joined_month",
        "min(case when event_type = 'enrolled' then month end) as joined_month",
    ),
    Mutant(
        "loyalty",
        "who enrols twice is enrolled once",
        "from members where enrolled_month is not null",
        "from (select person_id, month as enrolled_month from events where event_type = 'enrolled') as members",
    ),
    Mutant(
        "loyalty_tiers",
        "the month's last tier counts",
        "max_by(tier, case when tier is not null",
        "min_by(tier, case when tier is not null",
    ),
    Mutant(
        "loyalty_tiers",
        "an event without a tier leaves the member's as it was",
        "where tier is not null or month_before is null",
        "",
    ),
    Mutant(
        "loyalty_tiers",
        "who stays in a tier makes no move",
        "where tier_before is null or tier_before <> tier",
        "",
    ),
)
