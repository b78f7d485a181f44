"""What the demo generator planted, counted from its own ledger and never from the files."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict

from orchestration.demo import clock, customers, identity, messages, orders, programme, texts
from orchestration.demo.aftercare import OUTCOMES, Refunds, Returns, Versions, late
from orchestration.demo.columns import NONE, Bools, Ints, group_starts, timeline_key
from orchestration.demo.customers import BUYER, STAFF, WHOLESALE, Customers
from orchestration.demo.identity import Identity
from orchestration.demo.lines import Lines, Money
from orchestration.demo.messages import Events
from orchestration.demo.orders import Orders, Programme
from orchestration.demo.voice import Reviews

REPEAT_WINDOWS = (30, 60, 90, 180, 365)


class DemoTruth(BaseModel):
    """The demo shop's truth. Counts are of what the as-of moment knows unless the name says otherwise.

    A person is a true person: a connected component of the evidence the files hold. Money is of valid orders,
    in whole cents of the order's own currency. Shares are between 0 and 1.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    generator_version: int
    seed: int
    orders_requested: int
    as_of: str
    files: dict[str, int]  # path below drop/ -> bytes

    # rows of the files
    rows_delivered: dict[str, int]  # entity -> rows in its files, bad rows and re-deliveries included
    rows_breaking_contract: dict[str, int]
    rows_redelivered: dict[str, int]  # rows that repeat an earlier row exactly
    orders_delivered: int  # distinct orders, those after the as-of moment included
    orders_after_as_of: int
    orders_known: int
    orders_changed_later: int  # delivered a second time with a later updated_at
    orders_cancelled_by_later_version: int
    order_lines_gone_in_later_version: int
    order_lines_without_order: int

    # persons
    persons: int
    persons_identified: int
    persons_unidentified: int  # orders without any identity, one person each
    persons_never_ordered: int
    persons_wholesale: int
    persons_staff: int
    persons_with_valid_order: int  # identified
    persons_with_two_valid_orders: int
    persons_guest: int
    persons_with_two_customer_ids_seen: int
    persons_with_two_emails_seen: int  # joined by one customer id
    persons_joined_by_phone_alone: int  # two e-mails, no account
    persons_with_two_spellings_seen: int
    persons_on_one_shared_phone: int  # more than ten e-mails on a phone: stay apart
    persons_by_channel: dict[str, int]

    # orders
    orders_valid: int
    orders_invalid: dict[str, int]  # by the first reason that applies
    orders_unidentified: int
    orders_with_placeholder_email: int
    orders_by_channel: dict[str, int]
    orders_relay_email: int
    orders_wholesale: int
    orders_subscription_first: int
    orders_subscription_renewal: int
    orders_caused_by_flows: int
    orders_in_same_second: int  # second orders of the pairs
    orders_without_lines: int
    orders_with_gift_card_line_and_goods: int
    orders_paid_by_gift_card: int
    orders_in_cad: int
    orders_utc_day_differs: int  # the local day isn't the UTC day
    orders_within_25_minutes_of_midnight: int
    orders_on_clock_change_days: int
    orders_at_local_time_that_does_not_exist: int
    orders_at_local_time_that_happens_twice: int
    orders_with_offset_written: int
    orders_without_offset_written: int

    # money of valid orders in cents
    gross_sales_usd_cents: int
    gross_sales_cad_cents: int
    discounts_usd_cents: int
    discounts_cad_cents: int
    refunds_usd_cents: int
    refunds_cad_cents: int
    gift_card_sales_cents: int  # of all known orders, valid or not

    # repeat purchase
    repeat_90d_process_share: float  # of the purchase process alone
    repeat_90d_planted_share: float  # with the orders that flows caused
    repeat_mature_persons: dict[str, int]  # window in days -> persons
    repeat_repeaters: dict[str, int]
    process_rate_shape: float
    process_rate_scale_days: float
    process_stay_share: float  # mean chance to stay a customer after an order
    process_stay_concentration: float
    late_delivery_effect_on_repeat: float
    review_effect_on_repeat: float

    # flows, by flow_id
    flow_extra_order_share: dict[str, float]  # planted: chance of one extra order of a treated person
    flow_window_days: dict[str, int]
    flow_true_lift: dict[str, float]  # order-rate difference in the window that this implies for these persons
    flow_treatment_persons: dict[str, int]  # triggered and matured
    flow_holdout_persons: dict[str, int]
    flow_treatment_ordered: dict[str, int]
    flow_holdout_ordered: dict[str, int]
    holdout_share: float

    # messages
    message_events: int
    messages_sent: int
    opens: int
    opens_by_machine: int
    opens_by_machine_flagged: int
    clicks: int
    clicks_by_machine: int
    clicks_by_machine_flagged: int
    machine_open_share: float
    bot_click_share: float
    orders_after_click: int  # valid, at most five days after a human click of the same person
    orders_after_click_share: float

    # referral
    orders_referred: int  # valid
    orders_referred_share: float
    orders_self_referred: int
    persons_referred: int  # first valid order
    persons_referred_share: float

    # aftercare
    returns: int
    returns_by_outcome: dict[str, int]
    refunds: int
    refunds_late: int  # at least 140 days after the order
    refunds_exceeding_order: int
    refunds_of_unknown_orders: int
    orders_delivered_late: int  # valid, of those delivered
    orders_delivered_to_customer: int
    reviews: int
    reviews_mean_rating: float
    reviews_mean_rating_late: float
    reviews_mean_rating_on_time: float
    promotion_days: list[str]


def first_and_next_days(orders_: Orders, rows: Ints) -> tuple[Ints, Ints, Ints]:
    """(person, first local day, first later local day with an order that isn't a renewal).

    The later day is 0 for persons without one.
    """
    day = orders.local_day(orders_)[rows]
    person = orders_.person[rows]
    order = np.lexsort((day, person))
    person, day, kind = person[order], day[order], orders_.kind[rows][order]
    starts = group_starts(person)
    group = np.cumsum(starts) - 1
    first_day = day[starts]
    later = (day > first_day[group]) & (kind != orders.RENEWAL)
    next_day = np.full(len(first_day), np.iinfo(np.int64).max)
    np.minimum.at(next_day, group[later], day[later])
    return person[starts], first_day, np.where(next_day == np.iinfo(np.int64).max, 0, next_day)


class Ledger:
    """Adds up the truth over the chunks a shop is generated in."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.groups: dict[str, Counter[str]] = {}
        self.sums: defaultdict[str, float] = defaultdict(float)

    def _group(self, name: str, key: str, amount: int) -> None:
        self.groups.setdefault(name, Counter())[key] += amount

    def add(
        self,
        people: Customers,
        orders_: Orders,
        lines_: Lines,
        money: Money,
        shown: Identity,
        versions: Versions,
        returns: Returns,
        refunds: Refunds,
        reviews: Reviews,
        events: Events,
        plan: Programme,
    ) -> None:
        """Count one chunk."""
        known = orders.is_known(orders_)
        valid = orders.is_valid(orders_) & known
        self._persons(people, orders_, shown, known, valid)
        self._orders(orders_, lines_, money, shown, known, valid)
        self._versions(orders_, versions)
        self._money(orders_, money, refunds, valid)
        self._repeat(people, orders_, valid)
        self._flows(orders_, plan, valid)
        self._messages(orders_, events)
        self._referral(orders_, money, valid)
        self._aftercare(orders_, money, returns, refunds, reviews, valid)

    def _persons(self, people: Customers, orders_: Orders, shown: Identity, known: Bools, valid: Bools) -> None:
        counts, n = self.counts, len(people)
        walk_ins = int(np.sum(known & (orders_.person == NONE)))
        counts["persons_identified"] += n
        counts["persons_unidentified"] += walk_ins
        counts["persons"] += n + walk_ins
        is_seen = known & (orders_.person != NONE)
        ordered = np.bincount(orders_.person[is_seen], minlength=n)
        counts["persons_never_ordered"] += int(np.sum(ordered == 0))
        counts["persons_wholesale"] += int(np.sum(people.role == WHOLESALE))
        counts["persons_staff"] += int(np.sum(people.role == STAFF))
        with_valid = np.bincount(orders_.person[valid & (orders_.person != NONE)], minlength=n)
        counts["persons_with_valid_order"] += int(np.sum(with_valid > 0))
        counts["persons_with_two_valid_orders"] += int(np.sum(with_valid > 1))
        guest = (people.role == BUYER) & (people.channel == customers.OWN_STORE) & ~people.has_account
        counts["persons_guest"] += int(guest.sum())
        for code, name in enumerate(customers.CHANNELS[:-1]):
            self._group("persons_by_channel", name, int(np.sum((people.channel == code) & (ordered > 0))))

        def shows(column: Ints, value: int) -> Bools:
            return np.asarray(np.bincount(orders_.person[is_seen & (column == value)], minlength=n) > 0)

        second_id = shows(shown.customer_id, identity.SECOND_ID) & shows(shown.customer_id, identity.FIRST_ID)
        two_emails = shows(shown.email, identity.OTHER_EMAIL)
        counts["persons_with_two_customer_ids_seen"] += int(second_id.sum())
        counts["persons_with_two_emails_seen"] += int(np.sum(two_emails & people.has_two_emails))
        counts["persons_joined_by_phone_alone"] += int(np.sum(two_emails & people.is_phone_linked))
        counts["persons_with_two_spellings_seen"] += int(shows(shown.email, identity.SPELLED).sum())
        counts["persons_on_one_shared_phone"] += int(np.sum(people.uses_shop_phone))

    def _orders(
        self,
        orders_: Orders,
        lines_: Lines,
        money: Money,
        shown: Identity,
        known: Bools,
        valid: Bools,
    ) -> None:
        counts = self.counts
        local = clock.to_local(orders_.instant)
        has_lines = np.bincount(lines_.order, minlength=len(orders_)) > 0
        twice = clock.to_local(orders_.instant + 3600) == local
        twice |= clock.to_local(orders_.instant - 3600) == local
        change_days = np.array([clock.day_number(day) for day in clock.dst_change_days()])
        flags = {
            "orders_known": known,
            "orders_valid": valid,
            "orders_unidentified": known & (orders_.person == NONE),
            "orders_with_placeholder_email": known & (shown.email == identity.PLACEHOLDER),
            "orders_relay_email": known & (shown.email == identity.RELAY),
            "orders_wholesale": known & (orders_.kind == orders.TRADE),
            "orders_subscription_first": known & orders_.is_subscription_first,
            "orders_subscription_renewal": known & (orders_.kind == orders.RENEWAL),
            "orders_caused_by_flows": known & (orders_.flow != NONE),
            "orders_in_same_second": known & (orders_.kind == orders.SAME_SECOND),
            "orders_without_lines": known & ~has_lines,
            "orders_with_gift_card_line_and_goods": known & (money.gift_card_sales > 0) & (money.gross > 0),
            "orders_paid_by_gift_card": known & (money.gift_card_payment > 0),
            "orders_in_cad": known & money.is_cad,
            "orders_utc_day_differs": known & (local // clock.DAY != orders_.instant // clock.DAY),
            "orders_within_25_minutes_of_midnight": known & ((local + 1500) % clock.DAY < 3000),
            "orders_on_clock_change_days": known & np.isin(local // clock.DAY, change_days),
            "orders_at_local_time_that_does_not_exist": known & (local != orders_.written_local),
            "orders_at_local_time_that_happens_twice": known & twice,
            "orders_with_offset_written": known & (orders_.style != orders.LOCAL),
            "orders_without_offset_written": known & (orders_.style == orders.LOCAL),
            "orders_delivered": np.ones(len(orders_), dtype=np.bool_),
            "orders_after_as_of": ~known,
        }
        for name, flag in flags.items():
            counts[name] += int(flag.sum())
        reasons = {
            "test": orders.TEST,
            "cancelled": orders.CANCELLED,
            "voided": orders.VOIDED,
            "exchange": orders.EXCHANGE,
            "gift_card_only": orders.GIFT_CARD,
            "no_value": orders.NO_VALUE,
        }
        for reason, kind in reasons.items():
            self._group("orders_invalid", reason, int(np.sum(known & (orders_.kind == kind))))
        for code, name in enumerate(customers.CHANNELS):
            self._group("orders_by_channel", name, int(np.sum(known & (orders_.channel == code))))
        counts["gift_card_sales_cents"] += int(money.gift_card_sales[known].sum())

    def _versions(self, orders_: Orders, versions: Versions) -> None:
        is_cancelled = orders_.kind[versions.order] == orders.CANCELLED
        self.counts["orders_changed_later"] += len(versions.order)
        self.counts["orders_cancelled_by_later_version"] += int(is_cancelled.sum())
        self.counts["order_lines_gone_in_later_version"] += int(versions.loses_line.sum())

    def _money(self, orders_: Orders, money: Money, refunds: Refunds, valid: Bools) -> None:
        refunded = np.bincount(
            refunds.order[refunds.order != NONE],
            weights=refunds.amount[refunds.order != NONE],
            minlength=len(orders_),
        ).astype(np.int64)
        for currency, chosen in (("usd", valid & ~money.is_cad), ("cad", valid & money.is_cad)):
            self.counts[f"gross_sales_{currency}_cents"] += int(money.gross[chosen].sum())
            self.counts[f"discounts_{currency}_cents"] += int(money.discounts[chosen].sum())
            self.counts[f"refunds_{currency}_cents"] += int(refunded[chosen].sum())

    def _repeat(self, people: Customers, orders_: Orders, valid: Bools) -> None:
        rows = np.flatnonzero(valid & (orders_.person != NONE))
        rows = rows[people.role[orders_.person[rows]] != WHOLESALE]
        person, first, following = first_and_next_days(orders_, rows)
        last_day = clock.AS_OF_DAY - 1
        for days in REPEAT_WINDOWS:
            mature = first + days <= last_day
            self._group("repeat_mature_persons", str(days), int(mature.sum()))
            came_back = mature & (following > 0) & (following - first <= days)
            self._group("repeat_repeaters", str(days), int(came_back.sum()))
        mature = first + 90 <= last_day
        by_process = customers.repeat_probability(people, 90)[person]
        caused = np.flatnonzero(valid & (orders_.flow != NONE))
        first_of = np.zeros(len(people), dtype=np.int64)
        first_of[person] = first
        gap = orders.local_day(orders_)[caused] - first_of[orders_.person[caused]]
        within = np.zeros(len(people), dtype=np.bool_)
        within[orders_.person[caused][(gap > 0) & (gap <= 90)]] = True
        self.sums["repeat_90d_process_share"] += float(by_process[mature].sum())
        planted = 1 - (1 - by_process) * ~within[person]
        self.sums["repeat_90d_planted_share"] += float(planted[mature].sum())

    def _flows(self, orders_: Orders, plan: Programme, valid: Bools) -> None:
        for flow, arms in flow_arms(orders_, plan, valid).items():
            self.sums[f"without_other_order:{flow}"] += float(arms.without_other_order)
            self._group("flow_treatment_persons", flow, arms.treatment_persons)
            self._group("flow_holdout_persons", flow, arms.holdout_persons)
            self._group("flow_treatment_ordered", flow, arms.treatment_ordered)
            self._group("flow_holdout_ordered", flow, arms.holdout_ordered)

    def _messages(self, orders_: Orders, events: Events) -> None:
        known = events.instant <= clock.as_of_instant()
        flagged = events.flag == 1
        opened = known & (events.event_type == messages.OPENED)
        clicked = known & (events.event_type == messages.CLICKED)
        counts = self.counts
        counts["message_events"] += int(known.sum())
        counts["messages_sent"] += int(np.sum(known & (events.event_type == messages.SENT)))
        counts["opens"] += int(opened.sum())
        counts["opens_by_machine"] += int(np.sum(opened & events.is_machine))
        counts["opens_by_machine_flagged"] += int(np.sum(opened & flagged))
        counts["clicks"] += int(clicked.sum())
        counts["clicks_by_machine"] += int(np.sum(clicked & events.is_machine))
        counts["clicks_by_machine_flagged"] += int(np.sum(clicked & flagged))
        counts["orders_after_click"] += int(messages.credited_orders(orders_, events).sum())

    def _referral(self, orders_: Orders, money: Money, valid: Bools) -> None:
        has_code = valid & (money.referral != NONE)
        own_code = has_code & (money.referral == orders_.person)
        referred = has_code & ~own_code
        self.counts["orders_referred"] += int(referred.sum())
        self.counts["orders_self_referred"] += int(own_code.sum())
        rows = np.flatnonzero(valid & (orders_.person != NONE))
        rows = rows[np.argsort(timeline_key(orders_.person[rows], orders_.instant[rows]), kind="stable")]
        first = rows[group_starts(orders_.person[rows])]
        self.counts["persons_referred"] += int(referred[first].sum())

    def _aftercare(
        self,
        orders_: Orders,
        money: Money,
        returns: Returns,
        refunds: Refunds,
        reviews: Reviews,
        valid: Bools,
    ) -> None:
        counts = self.counts
        counts["returns"] += len(returns)
        for code, name in enumerate(OUTCOMES):
            self._group("returns_by_outcome", name, int(np.sum(returns.outcome == code)))
        counts["refunds"] += len(refunds)
        seen = refunds.take(refunds.order != NONE)
        wait = seen.instant - orders_.instant[seen.order]
        counts["refunds_late"] += int(np.sum(wait >= 140 * clock.DAY))
        refunded = np.bincount(seen.order, weights=seen.amount, minlength=len(orders_))
        counts["refunds_exceeding_order"] += int(np.sum(refunded > np.maximum(money.value, 0)))
        counts["refunds_of_unknown_orders"] += int(np.sum(refunds.order == NONE))
        arrived = valid & (orders_.delivered_at > 0) & (orders_.delivered_at <= clock.as_of_instant())
        was_late = late(orders_)
        counts["orders_delivered_to_customer"] += int(arrived.sum())
        counts["orders_delivered_late"] += int(np.sum(arrived & was_late))
        counts["reviews"] += len(reviews)
        rated_late = was_late[reviews.order]
        counts["reviews_late"] += int(rated_late.sum())
        counts["stars_late"] += int(reviews.rating[rated_late].sum())
        counts["stars_on_time"] += int(reviews.rating[~rated_late].sum())

    def settle(
        self,
        *,
        generator_version: int,
        seed: int,
        orders_requested: int,
        files: dict[str, int],
        rows_delivered: dict[str, int],
        rows_breaking_contract: dict[str, int],
        rows_redelivered: dict[str, int],
        order_lines_without_order: int,
    ) -> DemoTruth:
        """The finished truth."""
        counts = dict(self.counts)
        reviews_late, stars_late = counts.pop("reviews_late"), counts.pop("stars_late")
        stars_on_time = counts.pop("stars_on_time")
        mature = self.groups["repeat_mature_persons"]["90"]
        experiments = [flow for flow in programme.FLOWS if flow.has_experiment]
        lift = {
            flow.flow_id: flow.extra_order_share
            * self.sums[f"without_other_order:{flow.flow_id}"]
            / max(
                1,
                self.groups["flow_treatment_persons"][flow.flow_id] + self.groups["flow_holdout_persons"][flow.flow_id],
            )
            for flow in experiments
        }
        stay_shares = [row[1] * row[2] for row in texts.SOURCES]
        return DemoTruth(
            generator_version=generator_version,
            seed=seed,
            orders_requested=orders_requested,
            as_of=f"{clock.AS_OF_DATE.isoformat()}T00:00:00",
            files=files,
            rows_delivered=rows_delivered,
            rows_breaking_contract=rows_breaking_contract,
            rows_redelivered=rows_redelivered,
            order_lines_without_order=order_lines_without_order,
            **counts,
            **{name: dict(group) for name, group in self.groups.items()},
            repeat_90d_process_share=_share(self.sums["repeat_90d_process_share"], mature),
            repeat_90d_planted_share=_share(self.sums["repeat_90d_planted_share"], mature),
            process_rate_shape=customers.RATE_SHAPE,
            process_rate_scale_days=customers.RATE_SCALE_DAYS,
            process_stay_share=round(sum(stay_shares), 6),
            process_stay_concentration=customers.STAY_CONCENTRATION,
            late_delivery_effect_on_repeat=0.0,
            review_effect_on_repeat=0.0,
            flow_extra_order_share={flow.flow_id: flow.extra_order_share for flow in experiments},
            flow_window_days={flow.flow_id: flow.window_days for flow in experiments},
            flow_true_lift={key: round(value, 6) for key, value in lift.items()},
            holdout_share=programme.HOLDOUT_SHARE,
            machine_open_share=_share(counts["opens_by_machine"], counts["opens"]),
            bot_click_share=_share(counts["clicks_by_machine"], counts["clicks"]),
            orders_after_click_share=_share(counts["orders_after_click"], counts["orders_valid"]),
            orders_referred_share=_share(counts["orders_referred"], counts["orders_valid"]),
            persons_referred_share=_share(counts["persons_referred"], counts["persons_with_valid_order"]),
            reviews_mean_rating=_share(stars_late + stars_on_time, counts["reviews"]),
            reviews_mean_rating_late=_share(stars_late, reviews_late),
            reviews_mean_rating_on_time=_share(stars_on_time, counts["reviews"] - reviews_late),
            promotion_days=[row[0].isoformat() for row in clock.PROMOTIONS],
        )


def _share(part: float, whole: float) -> float:
    """Part of a whole, to six digits; 0 of nothing."""
    return round(part / whole, 6) if whole else 0.0


@dataclass(frozen=True)
class FlowArms:
    """Persons of one flow whose window is over, and how many of them ordered in it."""

    treatment_persons: int
    holdout_persons: int
    treatment_ordered: int
    holdout_ordered: int
    without_other_order: int
    """Persons of both arms without an order in the window but what this flow caused."""


def flow_arms(orders_: Orders, plan: Programme, valid: Bools) -> dict[str, FlowArms]:
    """What each flow's experiment counts, by flow."""
    rows = np.flatnonzero(valid & (orders_.person != NONE))
    found = {}
    for index, flow in enumerate(programme.FLOWS):
        if not flow.has_experiment:
            continue
        window = flow.window_days * clock.DAY
        trigger = plan.triggered_at[index]
        person = np.flatnonzero((trigger > 0) & (trigger + window <= clock.as_of_instant()))
        others = rows[orders_.flow[rows] != index]
        by_any = _orders_within(orders_, rows, person, trigger[person], window)
        by_others = _orders_within(orders_, others, person, trigger[person], window)
        held_out = plan.held_out[index][person]
        counts = (~held_out, held_out, by_any & ~held_out, by_any & held_out, ~by_others)
        found[flow.flow_id] = FlowArms(*(int(np.sum(count)) for count in counts))
    return found


def _orders_within(orders_: Orders, rows: Ints, person: Ints, start: Ints, window: int) -> Bools:
    """For each person whether one of the rows lies after the start, at most `window` seconds later."""
    keys = np.sort(timeline_key(orders_.person[rows], orders_.instant[rows]))
    begin = np.searchsorted(keys, timeline_key(person, start), side="right")
    end = np.searchsorted(keys, timeline_key(person, start + window), side="right")
    return np.asarray(end > begin)
