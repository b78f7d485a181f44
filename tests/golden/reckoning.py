"""The golden shop's aggregates in plain Python, from the orders, persons and refunds that were worked out by hand.

Nothing here reads a warehouse or knows its SQL: each function says again what the definition says, over 40 orders.
Money is Decimal, days are the shop's own. A rate is None where nobody can be judged.
"""

import csv
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

HERE = Path(__file__).parent
FIRST_DAY = date(2024, 3, 1)
"""`history_starts_on`: the first three months' cohorts may hold customers who had bought before."""
LAST_DAY = date(2025, 6, 30)
"""The last local day that was over at `as_of`, midnight before 2025-07-01."""
WINDOWS = (30, 60, 90, 180, 365)
SOURCE = "drop"

Cell = object
Table = dict[tuple[Cell, ...], tuple[Cell, ...]]
"""Grain to figures."""


@dataclass(frozen=True)
class Order:
    """One order as worked out by hand, with what the shop delivered beside it."""

    order_id: str
    person: str
    day: date
    invalid_reason: str
    sequence: int
    product_type: str
    gross: Decimal
    discounts: Decimal
    returns: Decimal
    net: Decimal
    margin: Decimal | None
    gift_cards: Decimal
    tax: Decimal
    shipping: Decimal
    is_discounted: bool
    is_referred: bool
    channel: str
    acquisition_source: str
    market: str
    is_renewal: bool
    is_wholesale: bool

    @property
    def is_valid(self) -> bool:
        return self.invalid_reason == ""

    @property
    def month(self) -> date:
        return self.day.replace(day=1)


@dataclass(frozen=True)
class Refund:
    """One refund as worked out by hand."""

    order_id: str
    day: date
    amount: Decimal
    amount_finance: Decimal
    is_gift_card: bool
    is_orphan: bool


@dataclass(frozen=True)
class Customer:
    """A person in the repeat rates' denominator, with valid orders in sequence."""

    person: str
    orders: tuple[Order, ...]

    @property
    def first(self) -> Order:
        return self.orders[0]

    @property
    def cohort(self) -> date:
        return self.first.month

    @property
    def observed(self) -> int:
        return (LAST_DAY - self.first.day).days

    @property
    def decisions(self) -> list[date]:
        """The first order's day, then every later day with an order that is no renewal."""
        later = {order.day for order in self.orders if not order.is_renewal and order.day > self.first.day}
        return [self.first.day, *sorted(later)]

    @property
    def second_day(self) -> date | None:
        return self.decisions[1] if len(self.decisions) > 1 else None

    @property
    def wait(self) -> int | None:
        """Days from the first to the second decision."""
        return (self.second_day - self.first.day).days if self.second_day else None

    @property
    def traits(self) -> dict[str, str]:
        """What retention is told apart by; `all` for the total."""
        return {
            **order_traits(self.first),
            "first_order_discount": "discounted" if self.first.is_discounted else "full_price",
            "referral": "referred" if self.first.is_referred else "not_referred",
        }


def order_traits(order: Order) -> dict[str, str]:
    """What sales are told apart by."""
    return {
        "all": "all",
        "acquisition_source": order.acquisition_source or "unknown",
        "channel": order.channel,
        "market": order.market or "unknown",
        "product_type": order.product_type or "unknown",
    }


def read(name: str) -> list[dict[str, str]]:
    """One table worked out by hand: `expected/<name>.csv`."""
    with (HERE / "expected" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def delivered_orders() -> dict[str, dict[str, str]]:
    """Each order's latest version, as delivered: files in name order."""
    orders: dict[str, dict[str, str]] = {}
    for path in sorted((HERE / "shop" / "drop" / "orders").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            orders.update({row["order_id"]: row for row in csv.DictReader(file)})
    return orders


def orders() -> list[Order]:
    delivered = delivered_orders()
    return [
        Order(
            order_id=row["order_id"],
            person=row["person"],
            day=date.fromisoformat(row["order_date"]),
            invalid_reason=row["invalid_reason"],
            sequence=int(row["order_sequence"] or 0),
            product_type=row["product_type"],
            gross=Decimal(row["gross_sales"]),
            discounts=Decimal(row["discounts"]),
            returns=Decimal(row["returns"]),
            net=Decimal(row["net_sales"]),
            margin=Decimal(row["gross_margin"]) if row["gross_margin"] else None,
            gift_cards=Decimal(row["gift_card_sales"]),
            tax=Decimal(row["tax"]),
            shipping=Decimal(row["shipping"]),
            is_discounted=row["is_discounted"] == "yes",
            is_referred=row["is_referred"] == "yes",
            channel=delivered[row["order_id"]]["channel"],
            acquisition_source=delivered[row["order_id"]]["acquisition_source"],
            market=delivered[row["order_id"]]["ship_country"],
            is_renewal=delivered[row["order_id"]]["order_type"] == "subscription_renewal",
            is_wholesale=delivered[row["order_id"]]["order_type"] == "wholesale",
        )
        for row in read("orders")
    ]


def refunds() -> list[Refund]:
    return [
        Refund(
            order_id=row["order_id"],
            day=date.fromisoformat(row["refund_date"]),
            amount=Decimal(row["amount"]),
            amount_finance=Decimal(row["amount_finance"]),
            is_gift_card=row["is_gift_card"] == "yes",
            is_orphan=row["is_orphan"] == "yes",
        )
        for row in read("refunds")
    ]


def identified() -> set[str]:
    return {row["person"] for row in read("persons") if row["is_identified"] == "yes"}


def customers() -> list[Customer]:
    """Identified persons with a valid order, without wholesale buyers."""
    wholesale = {order.person for order in orders() if order.is_wholesale}
    of_person: dict[str, list[Order]] = {}
    for order in orders():
        if order.is_valid and order.person in identified() - wholesale:
            of_person.setdefault(order.person, []).append(order)
    return [Customer(person, tuple(sorted(own, key=lambda order: order.sequence))) for person, own in of_person.items()]


def groups() -> dict[tuple[str, str], list[Customer]]:
    """Customers by dimension and value, one dimension at a time."""
    found: dict[tuple[str, str], list[Customer]] = {}
    for customer in customers():
        for pair in customer.traits.items():
            found.setdefault(pair, []).append(customer)
    return found


def number(text: str) -> float:
    """A figure as written by hand: 12, 0.8 or a fraction such as 703.72/30."""
    part, _, whole = text.partition("/")
    return float(part) / float(whole or 1)


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def money(amount: Decimal) -> Decimal:
    """To four places, as stored."""
    return amount.quantize(Decimal("0.0001"), ROUND_HALF_UP)


def months(first: date, last: date) -> Iterator[date]:
    """First days of the months from one day's to another's."""
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = next_month(month)


def next_month(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def months_between(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def repeat_rate_by_cohort() -> Table:
    """(cohort_month, window_days, dimension, value) to (customers, mature, repeaters, rate, may_hold_older)."""
    table: Table = {}
    for (dimension, value), group in groups().items():
        for cohort in {customer.cohort for customer in group}:
            members = [customer for customer in group if customer.cohort == cohort]
            for window in WINDOWS:
                mature = [customer for customer in members if customer.first.day + timedelta(window) <= LAST_DAY]
                back = [customer for customer in mature if customer.wait is not None and customer.wait <= window]
                table[cohort, window, dimension, value] = (
                    len(members), len(mature), len(back), share(len(back), len(mature)),
                    months_between(FIRST_DAY, cohort) < 3,
                )  # fmt: skip
    return table


def repeat_rate_by_period() -> Table:
    """(period_end, window_days) to (customers, with two or more, rate); a renewal is no second order."""
    table: Table = {}
    for month in months(FIRST_DAY, LAST_DAY):
        end = next_month(month) - timedelta(1)
        for window in WINDOWS:
            seen = [
                [order for order in customer.orders if end - timedelta(window) < order.day <= end]
                for customer in customers()
            ]
            once = [own for own in seen if own]
            twice = [own for own in once if any(not order.is_renewal for order in own[1:])]
            table[end, window] = (len(once), len(twice), share(len(twice), len(once)))
    return table


def cohort_retention() -> Table:
    """(cohort_month, months_since, dimension, value) to (customers, active, cumulative_repeaters, net_sales,
    net_sales_per_customer, margin_per_customer, is_mature); up to the month of `as_of`."""
    table: Table = {}
    for (dimension, value), group in groups().items():
        for cohort in {customer.cohort for customer in group}:
            members = [customer for customer in group if customer.cohort == cohort]
            for month in months(cohort, LAST_DAY + timedelta(1)):
                bought = [order for customer in members for order in customer.orders if order.month == month]
                net = sum((order.net for order in bought), Decimal())
                margins = [order.margin for order in bought if order.margin is not None]
                table[cohort, months_between(cohort, month), dimension, value] = (
                    len(members),
                    len({order.person for order in bought}),
                    sum(1 for member in members if member.second_day and member.second_day < next_month(month)),
                    net,
                    money(net / len(members)),
                    money(sum(margins, Decimal()) / len(members)) if len(margins) == len(bought) else None,
                    next_month(month) <= LAST_DAY + timedelta(1),
                )
    return table


def curve(waits: Sequence[tuple[int, bool]]) -> Table:
    """(day,) to (at_risk, events, probability, low, high) by Kaplan and Meier, from day 0 to the last one observed.

    A wait is (days, whether it ended with an order). The interval is Greenwood's at 95 % on the log-log scale.
    """
    table: Table = {}
    survival, variance = 1.0, 0.0
    for day in range(max(days for days, _ in waits) + 1):
        at_risk = sum(1 for days, _ in waits if days >= day)
        events = sum(1 for days, ended in waits if ended and days == day)
        survival *= 1 - events / at_risk
        low = high = None
        if events and at_risk > events:
            variance += events / (at_risk * (at_risk - events))
        if 0 < survival < 1:
            spread = 1.959963984540054 * math.sqrt(variance) / abs(math.log(survival))
            low, high = 1 - survival ** math.exp(-spread), 1 - survival ** math.exp(spread)
        table[(day,)] = (at_risk, events, 1 - survival, low, high)
    return table


def waits(group: Iterable[Customer], decision: int) -> list[tuple[int, bool]]:
    """Waits for the second (`decision` 1) or third (2) order, of those who have made the one before."""
    result = []
    for customer in group:
        days = customer.decisions
        if len(days) > decision:
            result.append(((days[decision] - days[decision - 1]).days, True))
        elif len(days) == decision:
            result.append(((LAST_DAY - days[-1]).days, False))
    return result


def order_curve(decision: int) -> Table:
    """(day, dimension, value) to (at_risk, events, probability, low, high)."""
    return {
        (day, dimension, value): figures
        for (dimension, value), group in groups().items()
        if waits(group, decision)
        for (day,), figures in curve(waits(group, decision)).items()
    }


def median_days(decision: int) -> Table:
    """(dimension, value) to (customers, came back, first day by which half have come back)."""
    table: Table = {}
    for (dimension, value), group in groups().items():
        spans = waits(group, decision)
        if spans:
            half = [day for (day,), figures in curve(spans).items() if float(str(figures[2])) >= 0.5]
            back = sum(1 for _, ended in spans if ended)
            table[dimension, value] = (len(spans), back, min(half, default=None, key=int))
    return table


def sales(period: Callable[[date], date]) -> Table:
    """(period, customer_type, dimension, value) to (orders, gross, discounts, refunds, net, tax, shipping).

    Finance basis: a refund of a valid order falls on its own day, at that day's rate.
    """
    known = identified()
    by_id = {order.order_id: order for order in orders() if order.is_valid}

    def kind(order: Order) -> str:
        if order.person not in known:
            return "unidentified"
        return "new" if order.sequence == 1 else "returning"

    sums: dict[tuple[Cell, ...], list[Decimal]] = {}

    def add(order: Order, day: date, figures: Sequence[Decimal | int]) -> None:
        for pair in order_traits(order).items():
            cells = sums.setdefault((period(day), kind(order), *pair), [Decimal()] * 6)
            cells[:] = [cell + figure for cell, figure in zip(cells, figures, strict=True)]

    for order in by_id.values():
        add(order, order.day, (1, order.gross, order.discounts, 0, order.tax, order.shipping))
    for refund in refunds():
        if refund.order_id in by_id and not refund.is_gift_card:
            add(by_id[refund.order_id], refund.day, (0, 0, 0, refund.amount_finance, 0, 0))
    return {
        grain: (int(count), gross, discounts, refunded, gross - discounts - refunded, tax, shipping)
        for grain, (count, gross, discounts, refunded, tax, shipping) in sums.items()
    }


def sales_by_period() -> Table:
    return sales(lambda day: day.replace(day=1))


def sales_by_week() -> Table:
    """As `sales`, by the week's Monday, over everything."""
    weeks = sales(lambda day: day - timedelta(day.weekday()))
    return {(week, kind): figures for (week, kind, dimension, _), figures in weeks.items() if dimension == "all"}


def returning_share() -> Table:
    """(month, dimension, value) to (new, returning, unidentified net sales, returning share)."""
    parts: dict[tuple[Cell, ...], dict[Cell, Decimal]] = {}
    for (month, kind, *pair), figures in sales_by_period().items():
        parts.setdefault((month, *pair), {})[kind] = Decimal(str(figures[4]))
    table: Table = {}
    for grain, part in parts.items():
        new, returning, nobody = (part.get(kind, Decimal()) for kind in ("new", "returning", "unidentified"))
        known = new + returning
        table[grain] = (new, returning, nobody, float(returning) / float(known) if known > 0 else None)
    return table


REASONS = ("test", "cancelled", "voided", "exchange", "gift_card_only", "no_value")


def reconciliation() -> Table:
    """(step_number, source, month) to (orders, amount); steps 1 to 10 sum to 11."""
    table: Table = {}

    def add(step: int, month: date, count: int, amount: Decimal) -> None:
        before = table.get((step, SOURCE, month), (0, Decimal()))
        table[step, SOURCE, month] = (int(str(before[0])) + count, Decimal(str(before[1])) + amount)

    for order in orders():
        add(1, order.month, 1, order.gross + order.gift_cards)
        if not order.is_valid:
            add(2 + REASONS.index(order.invalid_reason), order.month, -1, -order.gross - order.gift_cards)
            continue
        add(8, order.month, 0, -order.gift_cards)
        add(9, order.month, 0, -order.discounts)
        add(10, order.month, 0, -order.returns)
        add(11, order.month, 1, order.net)
    for refund in refunds():
        if refund.is_orphan:
            add(12, refund.day.replace(day=1), 0, -refund.amount)
    return table


def referrals() -> Table:
    """(month,) to (new customers, referred ones, share, valid orders, referred ones, share)."""
    valid = [order for order in orders() if order.is_valid]
    new = [order for order in valid if order.sequence == 1 and order.person in identified()]
    table: Table = {}
    for month in {order.month for order in valid}:
        first = [order for order in new if order.month == month]
        placed = [order for order in valid if order.month == month]
        came, brought = (sum(order.is_referred for order in group) for group in (first, placed))
        table[(month,)] = (
            len(first), came, share(came, len(first)), len(placed), brought, share(brought, len(placed))
        )  # fmt: skip
    return table


def lifetime_values() -> Table:
    """(dimension, value) to (customers, valid orders, average order value, customers of the last 365 days, orders a
    year, historical value, then for 90, 180 and 365 days: matured customers and their net sales each)."""
    table: Table = {}
    for pair, group in groups().items():
        placed = [order for customer in group for order in customer.orders]
        net = sum((order.net for order in placed), Decimal())
        last_year = [order for order in placed if order.day > LAST_DAY - timedelta(365)]
        buyers = len({order.person for order in last_year})
        figures: list[Cell] = [
            len(group), len(placed), money(net / len(placed)), buyers, share(len(last_year), buyers),
            money(net / len(group)),
        ]  # fmt: skip
        for horizon in (90, 180, 365):
            matured = [customer for customer in group if customer.observed >= horizon]
            spent = sum(
                (
                    order.net
                    for customer in matured
                    for order in customer.orders
                    if (order.day - customer.first.day).days <= horizon
                ),
                Decimal(),
            )
            figures += [len(matured), money(spent / len(matured)) if matured else None]
        table[pair] = tuple(figures)
    return table
