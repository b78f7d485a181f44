"""Audiences: whose window is open, what the contact policy says, and who is held out."""

from tests.mutation.mutants.mutant import Mutant

_MODEL = "int_audiences__eligible"

MUTANTS = tuple(
    Mutant(_MODEL, rule, before, after)
    for rule, before, after in (
        (
            "a window that isn't open yet takes nobody",
            "candidates.opens_at <= as_of() and (",
            "(",
        ),
        (
            "a window that opened and closed between two versions is caught up with",
            "or ( candidates.closes_at > previous_run.as_of "
            "and coalesce(memberships.last_entered_at < candidates.opens_at, true) )",
            "",
        ),
        (
            "a window that had closed by the version before is over",
            "candidates.closes_at > previous_run.as_of",
            "candidates.closes_at >= previous_run.as_of",
        ),
        (
            "whom a version has taken isn't caught up with",
            "and coalesce(memberships.last_entered_at < candidates.opens_at, true)",
            "",
        ),
        (
            "who is in by an earlier window enters anew",
            "memberships.open_since >= candidates.opens_at",
            "memberships.open_since is not null",
        ),
        (
            "a version of this very moment isn't the one before",
            "where runs.as_of < as_of()",
            "where runs.as_of <= as_of()",
        ),
        (
            "who entered at this very moment enters now",
            "where coalesce(history.left_at, history.entered_at) < as_of()",
            "where coalesce(history.left_at, history.entered_at) <= as_of()",
        ),
        (
            "what a person did under an earlier id is the person's",
            "on history.person_id = former_ids.former_id",
            "on history.person_id = former_ids.person_id",
        ),
        (
            "of two windows the one that opened last counts",
            "order by opens_at desc, order_key",
            "order by opens_at asc, order_key",
        ),
        (
            "nobody without an address is in",
            "when not people.is_reachable then 'not_reachable'",
            "when false then 'not_reachable'",
        ),
        (
            "service writes to no suppressed address",
            "when catalogue.is_service and people.is_suppressed then 'suppressed'",
            "",
        ),
        (
            "service asks for no consent",
            "when catalogue.is_service then null when not people.is_marketable",
            "when not people.is_marketable",
        ),
        (
            "marketing asks for consent",
            "when not people.is_marketable then 'not_marketable'",
            "",
        ),
        (
            "a list keeps who is silent",
            "when not catalogue.is_message then null",
            "",
        ),
        (
            "who never opens hears nothing more",
            "when people.is_silent then 'sunset'",
            "",
        ),
        (
            "who is dissatisfied still hears what is of value",
            "when catalogue.kind = 'promotion' and people.is_dissatisfied",
            "when people.is_dissatisfied",
        ),
        (
            "the quiet after a complaint ends with its last second",
            "people.last_complaint_at > as_of()",
            "people.last_complaint_at >= as_of()",
        ),
        (
            "an open ticket counts only so long",
            "people.last_open_ticket_at > as_of()",
            "people.last_open_ticket_at >= as_of()",
        ),
        (
            "the quiet after an answer ends with its last second",
            "people.last_resolved_at > as_of()",
            "people.last_resolved_at >= as_of()",
        ),
        (
            "a cool-down ends with its last second",
            "and last_entered_at > as_of() - cool_down_days",
            "and last_entered_at >= as_of() - cool_down_days",
        ),
        (
            "who is in already isn't cooled down",
            "when member_since is null and last_entered_at >",
            "when last_entered_at >",
        ),
        (
            "an entry of thirty days ago counts",
            "entries.entered_at >= as_of() - interval '30' day",
            "entries.entered_at > as_of() - interval '30' day",
        ),
        (
            "promotions to come aren't of value",
            "and kind = 'value' then 1",
            "and member_since is null then 1",
        ),
        (
            "the promotion to come is one of the twenty in a hundred",
            "and promotions + 1 > 0.000001",
            "and promotions > 0.000001",
        ),
        (
            "a promotion that somebody is in goes on, whatever came besides",
            "and member_since is null and promotions + 1 >",
            "and promotions + 1 >",
        ),
        (
            "one promotion at a time",
            "rows between unbounded preceding and 1 preceding ), 0 ) > 0",
            "rows between unbounded preceding and 1 preceding ), 0 ) > 1",
        ),
        (
            "the promotion of higher priority goes",
            "order by priority, audience rows between unbounded preceding and 1 preceding ), 0 ) > 0",
            "order by priority desc, audience rows between unbounded preceding and 1 preceding ), 0 ) > 0",
        ),
        (
            "whoever is held out of a promotion may take another",
            "when refused_so_far is null and kind = 'promotion' and not is_in_holdout then 1",
            "when refused_so_far is null and kind = 'promotion' then 1",
        ),
        (
            "whoever has more due than the cap allows isn't written to unasked",
            "+ count(*) > min(max_emails_per_month)",
            "+ count(*) > min(max_emails_per_month) + 1",
        ),
        (
            "nor is whoever may take a promotion",
            "having bool_or(kind = 'promotion') or",
            "having",
        ),
        (
            "the last message that the cap allows goes",
            ">= max_emails_per_month then 'monthly_cap'",
            "> max_emails_per_month then 'monthly_cap'",
        ),
        (
            "entries count where no tool reports what was sent",
            "and greatest(messages_30d, value_entries_30d + promotion_entries_30d) + coalesce(",
            "and messages_30d + coalesce(",
        ),
        (
            "who is in already needs no place under the cap",
            "when refused_next is null and member_since is null and greatest(",
            "when refused_next is null and greatest(",
        ),
        (
            "a share of nothing ends a holdout for those who were drawn too",
            "where flows.holdout_share > 0",
            "",
        ),
        (
            "a person falls under the share of one time alone",
            "and people.assigned_at < own_shares.until_at",
            "and people.assigned_at <= own_shares.until_at",
        ),
        (
            "who was seen before there was any share falls under the first",
            "then cast('1900-01-01' as timestamp) else from_at",
            "then from_at else from_at",
        ),
        (
            "two persons who are one have the arm of the one first seen",
            "own_shares.salt || people.drawn_as",
            "own_shares.salt || people.person_id",
        ),
        (
            "of everything too",
            "global_shares.salt || people.drawn_as",
            "global_shares.salt || people.person_id",
        ),
        (
            "a list is nothing that could trigger",
            "refused_last is null and is_message and not is_service as is_triggered",
            "refused_last is null and not is_service as is_triggered",
        ),
        (
            "service is held out of nothing",
            "when is_service then null when is_held_out_of_all",
            "when is_held_out_of_all",
        ),
        (
            "the global holdout is out of all marketing",
            "when is_held_out_of_all then 'global_holdout'",
            "",
        ),
        (
            "a flow's holdout is out of its audience",
            "when is_message and is_held_out then 'holdout'",
            "",
        ),
    )
)
