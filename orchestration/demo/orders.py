"""Orders of the demo shop: the purchase process, what flows add to it, and what is odd in a real shop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orchestration.demo import catalogue, clock, programme, texts
from orchestration.demo.columns import (
    NEVER,
    NONE,
    Bools,
    Columns,
    Ints,
    group_starts,
    pick,
    rank_in_group,
    timeline_key,
)
from orchestration.demo.customers import (
    AMAZON,
    OWN_STORE,
    POS,
    STAFF,
    WHOLESALE,
    Customers,
    is_assigned,
)

KINDS = (
    "process", "flow", "renewal", "gift_card", "cancelled", "test", "no_value", "voided", "exchange",
    "wholesale", "same_second", "walk_in",
)  # fmt: skip
(
    PROCESS,
    FLOW,
    RENEWAL,
    GIFT_CARD,
    CANCELLED,
    TEST,
    NO_VALUE,
    VOIDED,
    EXCHANGE,
    TRADE,
    SAME_SECOND,
    WALK_IN,
) = range(12)
VALID_KINDS = (PROCESS, FLOW, RENEWAL, TRADE, SAME_SECOND, WALK_IN)

# How ordered_at is written: shop-local without offset, local with offset, UTC.
LOCAL, OFFSET, UTC = range(3)
NO_LINES = -2  # main_variant of an order that has no lines at all


@dataclass
class Orders(Columns):
    """One row an order. Instants are UTC seconds, NEVER where nothing happened."""

    person: Ints  # row in Customers, NONE for a walk-in
    kind: Ints
    flow: Ints  # the flow that truly caused it, or NONE
    instant: Ints
    written_local: Ints  # the wall clock as the file writes it (differs only where that time doesn't exist)
    style: Ints
    channel: Ints
    main_variant: Ints
    is_subscription_first: Bools
    cancelled_at: Ints
    exchange_of: Ints  # row of the order it replaces, or NONE
    shipped_at: Ints
    estimated_at: Ints
    delivered_at: Ints


def local_day(orders: Orders) -> Ints:
    """Shop-local day number of each order."""
    return np.asarray(clock.to_local(orders.instant) // clock.DAY, dtype=np.int64)


def is_known(orders: Orders) -> Bools:
    """Orders not later than the as-of moment."""
    return np.asarray(orders.instant <= clock.as_of_instant())


def is_valid(orders: Orders) -> Bools:
    """Orders that count, by construction."""
    return np.isin(orders.kind, VALID_KINDS)


def base_orders(rng: np.random.Generator, customers: Customers) -> Orders:
    """The purchase process: buyers' first orders and repeats, tests of staff, orders of the trade."""
    person, day = _purchase_days(rng, customers)
    is_repeat = day > customers.start_day[person]
    moved = clock.move_to_usual_days(rng, day, customers.start_day[person])
    day = np.where(is_repeat, moved, day)
    seconds = clock.draw_seconds_of_day(rng, len(day))
    near_midnight = rng.random(len(day)) < 0.015
    seconds = np.where(near_midnight, (rng.integers(-1500, 1500, len(day))) % clock.DAY, seconds)
    role = customers.role[person]
    kind = np.select([role == STAFF, role == WHOLESALE], [TEST, TRADE], PROCESS)
    orders = _with_details(rng, customers, person, day * clock.DAY + seconds, kind)
    _plant_clock_changes(orders)
    first = group_starts_by_person(orders)
    orders.main_variant = np.where(
        first & (customers.subscription[orders.person] != NONE) & (kind == PROCESS),
        customers.subscription[orders.person],
        orders.main_variant,
    )
    orders.is_subscription_first = first & (customers.subscription[orders.person] != NONE) & (kind == PROCESS)
    orders.style = np.where(orders.channel == AMAZON, UTC, orders.style)
    return _exported(orders)


def group_starts_by_person(orders: Orders) -> Bools:
    """True on each person's first order."""
    by_time = np.argsort(timeline_key(orders.person, orders.instant), kind="stable")
    first = np.zeros(len(orders), dtype=np.bool_)
    first[by_time[group_starts(orders.person[by_time])]] = True
    return first


def _purchase_days(rng: np.random.Generator, customers: Customers) -> tuple[Ints, Ints]:
    """(person, local day) of all orders of the process; one pass an order number over all still there."""
    person = np.flatnonzero(customers.role <= STAFF)
    elapsed = np.zeros(len(person))
    persons, days = [person], [customers.start_day[person]]
    while len(person):
        stays = rng.random(len(person)) < customers.stay[person]
        person, elapsed = person[stays], elapsed[stays]
        # A whole day is added so that no repeat falls on the first order's own day: the chance to come back
        # within N days is then exactly that of the process.
        elapsed = elapsed + 1.0 + rng.exponential(1.0, len(person)) / np.maximum(customers.rate[person], 1e-9)
        inside = customers.start_day[person] + elapsed < clock.AS_OF_DAY + 1
        person, elapsed = person[inside], elapsed[inside]
        persons.append(person)
        days.append(customers.start_day[person] + elapsed.astype(np.int64))
    return np.concatenate(persons), np.concatenate(days)


def _with_details(
    rng: np.random.Generator, customers: Customers, person: Ints, written_local: Ints, kind: Ints
) -> Orders:
    """Orders with channel, main product and delivery drawn for the given persons, local times and kinds."""
    n = len(person)
    instant = clock.to_instant(written_local)
    is_known_person = person != NONE
    channel = np.where(is_known_person, customers.channel[person], POS)
    is_first = is_known_person & (written_local // clock.DAY == customers.start_day[person]) & (kind == PROCESS)
    variant = draw_variants(rng, clock.month_of(written_local), is_first)
    again = is_known_person & ~is_first & (rng.random(n) < 0.42)
    variant = np.where(again, customers.favourite[person], variant)

    handling = rng.gamma(3.0, 9.0, n) + 3
    december = (clock.month_of(written_local) == 11).astype(np.float64)
    abroad = np.array([row[0] != "US" for row in texts.PLACES])[customers.place[person]] & is_known_person
    transit = rng.gamma(5.0, 13.0 + 5.0 * december) * np.where(abroad, 2.1, 1.0) + 12
    stuck = rng.random(n) < 0.035 + 0.05 * december
    transit = transit + np.where(stuck, rng.gamma(3.0, 48.0, n), 0.0)
    shipped = instant + (handling * clock.HOUR).astype(np.int64)
    promised = np.where(abroad, 10, 5) * clock.DAY
    delivered = shipped + (transit * clock.HOUR).astype(np.int64)
    is_lost = rng.random(n) < 0.004
    ships = np.isin(kind, (PROCESS, FLOW, RENEWAL, NO_VALUE, EXCHANGE, TRADE, SAME_SECOND))
    return Orders(
        person=person,
        kind=kind.astype(np.int64),
        flow=np.full(n, NONE),
        instant=instant,
        written_local=written_local,
        style=pick(rng, (0.38, 0.62), n),
        channel=channel,
        main_variant=variant,
        is_subscription_first=np.zeros(n, dtype=np.bool_),
        cancelled_at=np.full(n, NEVER),
        exchange_of=np.full(n, NONE),
        shipped_at=np.where(ships, shipped, NEVER),
        estimated_at=np.where(ships, shipped + promised, NEVER),
        delivered_at=np.where(ships & ~is_lost, delivered, NEVER),
    )


def draw_variants(rng: np.random.Generator, month: Ints, is_first: Bools) -> Ints:
    """A variant for each row, by what sells in that month to new and to returning customers."""
    variants = catalogue.variants()
    tables = np.stack([variants.weight * variants.month_factor, variants.first_weight * variants.month_factor])
    shares = tables.reshape(24, variants.count)
    cumulative = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)
    cumulative[:, -1] = 1.0
    row = is_first.astype(np.int64) * 12 + month
    # One search over all 24 tables laid end to end: table k covers (k, k + 1].
    found = np.searchsorted((cumulative + np.arange(24)[:, None]).ravel(), row + rng.random(len(row)), side="right")
    return np.minimum(found - row * variants.count, variants.count - 1).astype(np.int64)


def _plant_clock_changes(orders: Orders) -> None:
    """Move up to six own-store orders of each clock-change day into the hour skipped or repeated."""
    for date in clock.dst_change_days():
        day = clock.day_number(date)
        rows = np.flatnonzero(
            (orders.written_local // clock.DAY == day) & (orders.channel == OWN_STORE) & (orders.kind == PROCESS)
        )[:6]
        turn = np.arange(len(rows)) % 3
        minutes = np.arange(len(rows)) * 7 * 60
        spring = date.month == 3
        # Turns: without offset; with the offset before the change; with the offset after it.
        hours = np.array((2, 1, 3) if spring else (1, 1, 1))[turn] * clock.HOUR
        local = day * clock.DAY + hours + minutes
        offset = np.array((0, -5, -4) if spring else (0, -4, -5))[turn] * clock.HOUR
        orders.written_local[rows] = local
        orders.style[rows] = np.where(turn == 0, LOCAL, OFFSET)
        orders.instant[rows] = np.where(turn == 0, clock.to_instant(local), local - offset)


def _exported(orders: Orders) -> Orders:
    """The orders that were there when the files were exported."""
    return orders.take(orders.instant < clock.exported_instant())


@dataclass
class Programme:
    """What flows do to persons: (flows, persons) instants, NEVER where nothing happens."""

    held_out: Bools
    triggered_at: Ints
    caused_message: Ints  # position of the flow's message that caused an order, or NONE
    caused_click_at: Ints
    caused_order_at: Ints


def empty_programme(held_out: Bools) -> Programme:
    """A programme in which nothing has been triggered yet."""
    shape = held_out.shape
    return Programme(
        held_out=held_out,
        triggered_at=np.full(shape, NEVER),
        caused_message=np.full(shape, NONE),
        caused_click_at=np.full(shape, NEVER),
        caused_order_at=np.full(shape, NEVER),
    )


def trigger_after_first_order(customers: Customers, orders: Orders, plan: Programme) -> None:
    """Set the first trigger of every flow that starts from the first order or its delivery."""
    first = np.flatnonzero(group_starts_by_person(orders))
    by_person = np.full(len(customers), NONE)
    by_person[orders.person[first]] = first
    has_order = by_person != NONE
    ordered = np.where(has_order, orders.instant[by_person], NEVER)
    delivered = np.where(has_order, orders.delivered_at[by_person], NEVER)
    variant = orders.main_variant[by_person]
    supply = catalogue.variants().supply_days[variant] * 9 // 10 * clock.DAY
    moments = {
        programme.HOW_TO_USE: delivered,
        programme.CHECK_IN: delivered,
        programme.CROSS_SELL: delivered,
        programme.REPLENISHMENT: np.where(supply > 0, ordered + supply, NEVER),
        programme.REVIEW_REQUEST: delivered,
        programme.POINTS_AND_TIERS: np.where(customers.is_member, ordered, NEVER),
    }
    for flow, moment in moments.items():
        _trigger(customers, plan, flow, np.where(has_order, moment, NEVER))


def trigger_win_back(customers: Customers, orders: Orders, plan: Programme) -> None:
    """Set the win-back's trigger: the first time a person has been away for the flow's number of days."""
    wait = programme.WIN_BACK_AFTER_DAYS * clock.DAY
    rows = np.flatnonzero(is_valid(orders) & (orders.person != NONE))
    rows = rows[np.argsort(timeline_key(orders.person[rows], orders.instant[rows]), kind="stable")]
    person, instant = orders.person[rows], orders.instant[rows]
    following = np.append(instant[1:], clock.exported_instant())
    following[np.append(group_starts(person)[1:], True)] = clock.exported_instant()
    away = following - instant >= wait
    person, instant = person[away], instant[away]
    first = group_starts(person)
    moment = np.full(len(customers), NEVER)
    moment[person[first]] = instant[first] + wait
    # Marketing goes out in the morning.
    moment = np.where(moment > 0, moment - moment % clock.DAY + clock.DAY + 14 * clock.HOUR, NEVER)
    _trigger(customers, plan, programme.WIN_BACK, moment)


def _trigger(customers: Customers, plan: Programme, flow: programme.Flow, moment: Ints) -> None:
    """Keep the moments at which a person may be in the flow, the same rule in both arms."""
    stays_subscribed = (customers.unsubscribed_at == NEVER) | (
        customers.unsubscribed_at > moment + flow.window_days * clock.DAY
    )
    happens = (moment > 0) & (moment < clock.as_of_instant()) & stays_subscribed & is_assigned(customers)
    plan.triggered_at[programme.FLOWS.index(flow)] = np.where(happens, moment, NEVER)


def draw_caused_orders(
    rng: np.random.Generator, customers: Customers, plan: Programme, flows: tuple[programme.Flow, ...]
) -> Orders:
    """Orders that exist only because of a flow: of the treated, by the flow's chance, after a click."""
    parts = []
    for flow in flows:
        index = programme.FLOWS.index(flow)
        n = len(customers)
        lucky = rng.random(n) < flow.extra_order_share
        mails = [position for position, message in enumerate(flow.messages) if message.channel == "email"]
        message = np.array(mails)[rng.integers(0, len(mails), n)]
        offset = np.array([row.offset_hours for row in flow.messages])[message] * clock.HOUR
        click_wait = np.minimum(rng.exponential(9 * clock.HOUR, n), 4 * clock.DAY) + 90
        order_wait = np.minimum(rng.exponential(11 * clock.HOUR, n), 4.5 * clock.DAY) + 150
        trigger = plan.triggered_at[index]
        clicked = trigger + offset + click_wait.astype(np.int64)
        ordered = clicked + order_wait.astype(np.int64)
        caused = (trigger > 0) & ~plan.held_out[index] & lucky & (ordered < clock.exported_instant())
        plan.caused_message[index] = np.where(caused, message, NONE)
        plan.caused_click_at[index] = np.where(caused, clicked, NEVER)
        plan.caused_order_at[index] = np.where(caused, ordered, NEVER)
        person = np.flatnonzero(caused)
        part = _with_details(rng, customers, person, clock.to_local(ordered[person]), np.full(len(person), FLOW))
        part.instant = ordered[person]  # exact, also in the hour that happens twice
        part.style = np.full(len(person), OFFSET)
        part.flow = np.full(len(person), index)
        parts.append(part)
    return Orders.stack(parts)


def renewals(rng: np.random.Generator, customers: Customers, orders: Orders) -> Orders:
    """Subscription renewals: every 30, 45 or 60 days after the first, until cancelled."""
    first = orders.take(orders.is_subscription_first)
    count = np.minimum(rng.geometric(0.20, len(first)) - 1, 23)
    source = np.repeat(np.arange(len(first)), count)
    step = rank_in_group(source) + 1
    person = first.person[source]
    local = first.written_local[source] + step * customers.subscription_days[person] * clock.DAY
    local = (
        local - local % clock.DAY + 6 * clock.HOUR + rng.integers(0, 1800, len(local))
    )  # billed early in the morning
    keep = local < clock.AS_OF_DAY * clock.DAY
    person, local = person[keep], local[keep]
    result = _with_details(rng, customers, person, local, np.full(len(person), RENEWAL))
    result.main_variant = customers.subscription[person]
    return result


def odd_orders(rng: np.random.Generator, customers: Customers, orders: Orders, is_first_chunk: bool) -> Orders:
    """Gift cards, cancelled, voided, free, double-clicked and walk-in orders, beside the process."""
    base = np.flatnonzero((orders.kind == PROCESS) & is_known(orders) & (orders.channel != POS))
    own = base[orders.channel[base] == OWN_STORE]
    parts = [
        _beside(rng, customers, orders, _sample(rng, own, 0.009, 2), GIFT_CARD, -20.0, 20.0),
        # Half of those who cancel order again within two days: the cancelled order is then the earlier one.
        _beside(rng, customers, orders, _sample(rng, base, 0.024, 8), CANCELLED, -2.0, 0.0),
        _beside(rng, customers, orders, _sample(rng, own, 0.006, 4), CANCELLED, 5.0, 40.0),
        _beside(rng, customers, orders, _sample(rng, own, 0.005, 4), VOIDED, -0.3, 0.0),
        _beside(rng, customers, orders, _sample(rng, own, 0.006, 4), NO_VALUE, -12.0, 30.0),
        _beside(rng, customers, orders, _sample(rng, own, 0.0006, 4), SAME_SECOND, 0.0, 0.0),
    ]
    cancelled = [part for part in parts if len(part) and part.kind[0] == CANCELLED]
    for part in cancelled:
        part.cancelled_at = part.instant + rng.integers(600, 30 * clock.HOUR, len(part))
        # What is cancelled later than the as-of moment isn't cancelled yet: keep such orders out of the demo.
        part.cancelled_at = np.minimum(part.cancelled_at, clock.as_of_instant() - 60)
    parts[0].main_variant = np.flatnonzero(catalogue.variants().is_gift_card)[pick(rng, (0.3, 0.5, 0.2), len(parts[0]))]
    if is_first_chunk:
        parts[4].main_variant[:2] = NO_LINES
    walk_ins = max(4, round(len(base) * 0.028))
    days = clock.FIRST_DAY + pick(rng, clock.acquisition_weights(), walk_ins)
    days = days - (days + 3) % 7 + np.where(rng.random(walk_ins) < 0.7, 5, 6)  # the market stall, on weekends
    days = np.clip(days, clock.FIRST_DAY, clock.AS_OF_DAY - 1)
    local = days * clock.DAY + rng.integers(9 * clock.HOUR, 16 * clock.HOUR, walk_ins)
    stall = _with_details(rng, customers, np.full(walk_ins, NONE), local, np.full(walk_ins, WALK_IN))
    stall.style = np.full(walk_ins, LOCAL)
    return Orders.stack([*parts, stall])


def _sample(rng: np.random.Generator, rows: Ints, share: float, least: int) -> Ints:
    """A random share of rows, but at least a few, in order."""
    size = min(len(rows), max(least, round(len(rows) * share)))
    return np.sort(rng.choice(rows, size=size, replace=False))


def _beside(
    rng: np.random.Generator,
    customers: Customers,
    orders: Orders,
    rows: Ints,
    kind: int,
    from_days: float,
    to_days: float,
) -> Orders:
    """Orders of a kind by the same persons, so many days away from the given ones, in the history."""
    shift = (rng.uniform(from_days, to_days, len(rows)) * clock.DAY).astype(np.int64)
    instant = orders.instant[rows] + shift
    inside = (instant >= clock.FIRST_DAY * clock.DAY + 5 * clock.HOUR) & (
        instant < clock.as_of_instant() - 2 * clock.HOUR
    )
    instant, person = instant[inside], orders.person[rows][inside]
    result = _with_details(rng, customers, person, clock.to_local(instant), np.full(len(person), kind))
    result.instant = instant
    result.style = np.where(result.channel == AMAZON, UTC, OFFSET)
    return result


def exchanges(
    rng: np.random.Generator, customers: Customers, orders: Orders, rows: Ints, variant: Ints, at: Ints
) -> Orders:
    """The orders, worth nothing, that replace a returned unit of `orders[rows]` at given instants."""
    result = _with_details(rng, customers, orders.person[rows], clock.to_local(at), np.full(len(rows), EXCHANGE))
    result.instant = at
    result.style = np.full(len(rows), OFFSET)
    result.main_variant = variant
    result.exchange_of = rows
    return result
