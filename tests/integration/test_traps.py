"""One test for each trap that figures of this kind fall into: what goes in stands above what must come out.

All traps live in one shop, told apart by their orders' acquisition source, and share three builds (fixtures in
conftest.py): the first delivery, a late one upon it, and both at once.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.integration.conftest import drop_rows, write_shop
from tests.integration.warehouse import RESULTS, Builder, Row, Warehouse


@dataclass
class Delivery:
    """What one delivery brings, collected trap by trap."""

    entities: dict[str, list[dict[str, object]]] = field(default_factory=dict)

    def add(self, entity: str, **columns: object) -> None:
        self.entities.setdefault(entity, []).append(columns)

    def order(self, trap: str, order_id: str, at: str, price: float = 30, **columns: object) -> None:
        """An order of one line; no e-mail unless stated, no line without a price."""
        self.add("orders", order_id=order_id, ordered_at=at, acquisition_source=trap, **columns)
        if price:
            self.line(order_id, price)

    def line(self, order_id: str, price: float, line_id: str = "1", quantity: int = 1, **columns: object) -> None:
        self.add("order_lines", order_id=order_id, line_id=line_id, quantity=quantity, unit_price=price, **columns)

    def event(self, event_id: str, at: str, kind: str, email: str, channel: str = "email", **columns: object) -> None:
        self.add(
            "message_events",
            event_id=event_id,
            occurred_at=at,
            event_type=kind,
            email=email,
            channel=channel,
            **columns,
        )


FIRST, LATE = Delivery(), Delivery()
SETTINGS = "{attribution_events: [clicked, opened], sms_lookback_seconds: 86400}"


def write(folder: Path) -> Path:
    """The first delivery's shop. New York: west of Greenwich an evening is the next day in UTC."""
    return write_shop(
        folder,
        "traps",
        FIRST.entities,
        timezone="America/New_York",
        currency="USD",
        as_of="2025-07-01T00:00:00",
        settings=SETTINGS,
    )


def write_late(folder: Path) -> None:
    """Drop the late delivery's files beside the first one's."""
    for entity, rows in LATE.entities.items():
        drop_rows(folder, entity, "late.csv", rows)


def orders_of(warehouse: Warehouse, trap: str) -> dict[str, Row]:
    """The trap's orders by id."""
    rows = warehouse.rows(f"select * from marts.fct_orders where acquisition_source = '{trap}'")
    return {str(row["order_id"]): row for row in rows}


def sequences(warehouse: Warehouse, trap: str) -> dict[str, object]:
    return {order_id: row["order_sequence"] for order_id, row in orders_of(warehouse, trap).items()}


def repeat(warehouse: Warehouse, trap: str, window: int) -> tuple[object, ...]:
    """(customers, mature ones, those who came back, rate) of the trap's cohorts."""
    return warehouse.query(
        f"""
        select sum(customers), sum(mature_customers), sum(repeaters), max(repeat_rate)
        from reporting.repeat_rate_by_cohort
        where dimension = 'acquisition_source' and dimension_value = '{trap}' and window_days = {window}
        """
    )[0]


def finance(warehouse: Warehouse, trap: str) -> dict[object, object]:
    """Net sales by month on the finance basis."""
    return dict(
        warehouse.query(
            f"""
            select month, sum(net_sales) from reporting.sales_by_period
            where dimension = 'acquisition_source' and dimension_value = '{trap}' group by month
            """
        )
    )


def credit(warehouse: Warehouse, order_id: str) -> list[tuple[object, ...]]:
    """(event, what earned it, net sales) of an order's credits."""
    return warehouse.query(
        "select touch_id, attribution_event, net_sales_credited from marts.fct_attributed_orders "
        f"where order_key = 'drop:{order_id}'"
    )


FIRST.order("guests", "guest-1", "2024-05-01 10:00:00", email="one@guests.example")
FIRST.order("guests", "guest-2", "2024-05-02 10:00:00", email="two@guests.example")
FIRST.order("guests", "guest-3", "2024-05-03 10:00:00", email="three@guests.example")


def test_three_guest_orders_with_three_emails_are_three_new_persons(traps: Warehouse) -> None:
    orders = orders_of(traps, "guests")
    assert len({row["person_id"] for row in orders.values()}) == 3
    assert [row["is_repeat"] for row in orders.values()] == [False, False, False]
    assert repeat(traps, "guests", 30) == (3, 3, 0, 0.0)


FIRST.order("spelling", "spelling-1", "2024-05-01 10:00:00", email="Ann@spelling.example")
FIRST.order("spelling", "spelling-2", "2024-05-11 10:00:00", email=" ann@SPELLING.example ")
FIRST.order("spelling", "spelling-3", "2024-05-12 10:00:00", email="an.n@spelling.example")
FIRST.order("spelling", "spelling-4", "2024-05-13 10:00:00", email="ann+tea@spelling.example")


def test_two_spellings_of_one_email_are_one_person(traps: Warehouse) -> None:
    orders = orders_of(traps, "spelling")
    assert orders["spelling-1"]["person_id"] == orders["spelling-2"]["person_id"]
    # Dots and plus-tags are kept: they may be somebody else.
    assert len({row["person_id"] for row in orders.values()}) == 3
    assert sequences(traps, "spelling") == {"spelling-1": 1, "spelling-2": 2, "spelling-3": 1, "spelling-4": 1}


for trap, fields in {
    "cancelled first": {"cancelled_at": "2024-05-01 12:00:00"},
    "test first": {"is_test": "true"},
    "free first": {"order_discount": 30},
    "voided first": {"financial_status": "Voided"},
    "expired first": {"financial_status": "expired"},
    "empty first": {"price": 0},
}.items():
    FIRST.order(trap, f"{trap}-1", "2024-05-01 10:00:00", **{"email": f"{trap[:4]}@first.example"} | fields)
    FIRST.order(trap, f"{trap}-2", "2024-05-02 10:00:00", email=f"{trap[:4]}@first.example")


@pytest.mark.parametrize(
    ("trap", "reason"),
    [
        ("cancelled first", "cancelled"),
        ("test first", "test"),
        ("free first", "no_value"),
        ("voided first", "voided"),
        ("expired first", "voided"),
        ("empty first", "no_value"),
    ],
)
def test_cancelled_test_or_free_first_order_leaves_the_next_one_first(traps: Warehouse, trap: str, reason: str) -> None:
    orders = orders_of(traps, trap)
    assert orders[f"{trap}-1"]["invalid_reason"] == reason
    assert sequences(traps, trap) == {f"{trap}-1": None, f"{trap}-2": 1}
    assert repeat(traps, trap, 30) == (1, 1, 0, 0.0)


# All that can be wrong with an order, and one thing less on each next one.
WRONG = {
    "test": {"is_test": "true"},
    "cancelled": {"cancelled_at": "2024-05-01 12:00:00"},
    "voided": {"financial_status": "voided"},
    "exchange": {"exchange_of_order_id": "other"},
}
for number, reason in enumerate(WRONG):
    left = {name: value for kind in list(WRONG)[number:] for name, value in WRONG[kind].items()}
    FIRST.order("reasons", f"wrong-{reason}", "2024-05-01 10:00:00", 0, email="w@reasons.example", **left)
    FIRST.line(f"wrong-{reason}", 50, is_gift_card="true")


@pytest.mark.parametrize("reason", WRONG)
def test_first_reason_that_applies_is_told(traps: Warehouse, reason: str) -> None:
    assert orders_of(traps, "reasons")[f"wrong-{reason}"]["invalid_reason"] == reason


FIRST.order("later version", "edited", "2024-05-01 10:00:00", email="v@later.example", updated_at="2024-05-01 10:00:00")
LATE.order(
    "later version",
    "edited",
    "2024-05-01 10:00:00",
    99,
    email="v@later.example",
    channel="pos",
    updated_at="2024-05-02 10:00:00",
)
# Made after the as-of moment: not known yet.
LATE.add(
    "orders",
    order_id="edited",
    ordered_at="2024-05-01 10:00:00",
    acquisition_source="later version",
    email="v@later.example",
    is_test="true",
    updated_at="2025-07-02 10:00:00",
)
LATE.order("later version", "tomorrow", "2025-07-01 00:00:01", email="t@later.example")


def test_version_or_order_from_after_as_of_is_not_there(early: Warehouse, traps: Warehouse) -> None:
    def known(warehouse: Warehouse) -> dict[str, tuple[object, ...]]:
        orders = orders_of(warehouse, "later version")
        return {key: (row["is_valid"], row["net_sales"], row["channel"]) for key, row in orders.items()}

    assert known(early) == {"edited": (True, 30, "own_store")}
    assert known(traps) == {"edited": (True, 99, "pos")}


# Equal moments, rows once in the order of their ids as text and once against it. As text 10 comes before 9.
FIRST.order("same second", "9", "2024-05-01 10:00:00", email="nine@second.example")
FIRST.order("same second", "10", "2024-05-01 10:00:00", email="nine@second.example")
FIRST.order("same second", "20", "2024-05-01T14:00:00Z", email="twenty@second.example")
FIRST.order("same second", "19", "2024-05-01 10:00:00", email="twenty@second.example")


def test_two_orders_in_the_same_second_have_one_fixed_sequence(traps: Warehouse) -> None:
    assert sequences(traps, "same second") == {"10": 1, "9": 2, "19": 1, "20": 2}


FIRST.order("same day", "same-day-1", "2024-05-01 00:10:00", email="day@same.example")
FIRST.order("same day", "same-day-2", "2024-05-01 23:50:00", email="day@same.example")


def test_second_order_on_the_same_local_day_is_no_repeat_within_days(traps: Warehouse) -> None:
    assert sequences(traps, "same day") == {"same-day-1": 1, "same-day-2": 2}
    assert repeat(traps, "same day", 365) == (1, 1, 0, 0.0)


# One order told twice: when the payment was authorised and when it was taken.
FIRST.order("capture", "captured", "2024-05-01 10:00:00", 69.99, email="c@capture.example", financial_status="sale")
FIRST.order("capture", "captured", "2024-05-01 10:00:00", 69.99, email="c@capture.example", financial_status="capture")


def test_sale_and_capture_of_one_payment_count_once(traps: Warehouse) -> None:
    assert traps.query(
        "select valid_orders, average_order_value, historical_clv from reporting.clv_summary "
        "where dimension = 'acquisition_source' and dimension_value = 'capture'"
    ) == [(1, Decimal("69.99"), Decimal("69.99"))]


FIRST.order("late refund", "refunded", "2024-02-10 10:00:00", 100, email="r@late.example")
LATE.add("refunds", refund_id="late", order_id="refunded", refunded_at="2024-07-10 10:00:00", amount=40)


def test_refund_five_months_later_falls_on_the_cohort_and_on_its_own_month(early: Warehouse, traps: Warehouse) -> None:
    cohort = (
        "select net_sales from reporting.cohort_retention where dimension = 'acquisition_source' "
        "and dimension_value = 'late refund' and months_since = 0"
    )
    assert early.value(cohort) == 100
    assert finance(early, "late refund") == {date(2024, 2, 1): 100}
    assert traps.value(cohort) == 60
    assert finance(traps, "late refund") == {date(2024, 2, 1): 100, date(2024, 7, 1): -40}


FIRST.order("over-refund", "over", "2024-05-01 10:00:00", 20, email="o@over.example")
FIRST.order("over-refund", "beside", "2024-05-02 10:00:00", 20, email="b@over.example")
LATE.add("refunds", refund_id="over", order_id="over", refunded_at="2024-05-05 10:00:00", amount=25)
LATE.add("refunds", refund_id="orphan", order_id="never-seen", refunded_at="2024-05-06 10:00:00", amount=7)


def test_refund_larger_than_its_order_or_of_no_order_moves_nothing_else(early: Warehouse, traps: Warehouse) -> None:
    orders = orders_of(traps, "over-refund")
    assert [orders[key]["net_sales"] for key in ("over", "beside")] == [-5, 20]
    assert [orders[key]["is_refunded_beyond_value"] for key in ("over", "beside")] == [True, False]
    assert traps.query(
        "select refund_id, is_orphan, exceeds_order from marts.fct_refunds "
        "where refund_id in ('over', 'orphan') order by all"
    ) == [("orphan", True, False), ("over", False, True)]
    assert finance(traps, "over-refund") == {date(2024, 5, 1): 15}
    beside = "select sum(amount) from reporting.reconciliation where step_number = 12"
    assert (early.value(beside), traps.value(beside)) == (None, -7)
    # All that the late delivery took from sales: these 25 and the 40 of another trap.
    returns = "select sum(amount) from reporting.reconciliation where step_number = 10"
    assert Decimal(str(traps.value(returns))) - Decimal(str(early.value(returns))) == -65


FIRST.order("gift card", "card-sold", "2024-05-01 10:00:00", 0, email="g@card.example")
FIRST.line("card-sold", 50, is_gift_card="true")
FIRST.order("gift card", "card-spent", "2024-05-20 10:00:00", 45, email="g@card.example", gift_card_payment=45)


def test_gift_card_is_no_revenue_when_sold_and_revenue_in_full_when_spent(traps: Warehouse) -> None:
    orders = orders_of(traps, "gift card")
    assert orders["card-sold"]["invalid_reason"] == "gift_card_only"
    assert orders["card-sold"]["net_sales"] == 0
    assert orders["card-spent"]["net_sales"] == 45
    assert orders["card-spent"]["order_sequence"] == 1
    assert finance(traps, "gift card") == {date(2024, 5, 1): 45}


FIRST.order("exchange", "bought", "2024-05-01 10:00:00", email="e@exchange.example")
FIRST.order("exchange", "free", "2024-05-08 10:00:00", 0, email="e@exchange.example", exchange_of_order_id="bought")
FIRST.line("free", 0)
FIRST.order("exchange", "swapped", "2024-05-09 10:00:00", email="e@exchange.example", exchange_of_order_id="bought")


def test_exchange_or_replacement_is_no_repeat(traps: Warehouse) -> None:
    orders = orders_of(traps, "exchange")
    assert [orders[key]["invalid_reason"] for key in ("bought", "free", "swapped")] == [None, "exchange", "exchange"]
    assert repeat(traps, "exchange", 30) == (1, 1, 0, 0.0)
    assert finance(traps, "exchange") == {date(2024, 5, 1): 30}


# Delivered in two versions, so that versions have to be told from sources.
for moment in ("2024-05-01 10:00:00", "2024-05-02 10:00:00"):
    FIRST.add(
        "orders",
        order_id="twin",
        ordered_at="2024-05-01 10:00:00",
        acquisition_source="two sources",
        email="east@sources.example",
        customer_id="7",
        updated_at=moment,
    )
FIRST.line("twin", 30)


def test_two_sources_with_the_same_order_id_are_two_orders(
    builder: Builder, traps_shop: Path, traps: Warehouse
) -> None:
    # A second source beside the dropped files: its order and its customer happen to have the same ids.
    second = """
        create table staging.both as from staging.stg_drop__orders;
        insert into staging.both
            select * replace ('elsewhere' as source, 'west@sources.example' as email)
            from staging.both where order_id = 'twin';
        create or replace view staging.stg_drop__orders as from staging.both;
        create table staging.both_lines as from staging.stg_drop__order_lines;
        insert into staging.both_lines
            select * replace ('elsewhere' as source, 70 as unit_price) from staging.both_lines where order_id = 'twin';
        create or replace view staging.stg_drop__order_lines as from staging.both_lines;
    """
    models = "+fct_orders,path:models/intermediate fct_orders"
    both = builder.rerun(traps_shop, "traps_two_sources", traps, second, models)
    rows = both.rows("select * from marts.fct_orders where order_id = 'twin' order by order_key")
    assert [(row["order_key"], row["net_sales"], row["order_sequence"]) for row in rows] == [
        ("drop:twin", 30, 1),
        ("elsewhere:twin", 70, 1),
    ]
    assert rows[0]["person_id"] != rows[1]["person_id"]


NIGHTS = {
    # As delivered: (the same in UTC, the shop's day).
    "2024-05-31 23:30:00": ("2024-06-01 03:30:00", "2024-05-31"),
    # The night in which the clocks go back: 01:30 happens twice and is the later one.
    "2024-11-02 23:30:00": ("2024-11-03 03:30:00", "2024-11-02"),
    "2024-11-03 01:30:00": ("2024-11-03 06:30:00", "2024-11-03"),
    "2024-11-03T01:30:00-04:00": ("2024-11-03 05:30:00", "2024-11-03"),
    "2024-11-03 23:30:00": ("2024-11-04 04:30:00", "2024-11-03"),
    # The night in which they go forward: 02:30 doesn't happen and is an hour later.
    "2025-03-08 23:30:00": ("2025-03-09 04:30:00", "2025-03-08"),
    "2025-03-09 02:30:00": ("2025-03-09 07:30:00", "2025-03-09"),
    "2025-03-09 23:30:00": ("2025-03-10 03:30:00", "2025-03-09"),
}
for moment in NIGHTS:
    FIRST.order("midnight", f"night {moment}", moment, email=f"{moment[:19].replace(' ', '-')}@night.example")
# 30 calendar days, and an hour less than 30 times 24: the clocks went forward between them.
FIRST.order("midnight", "thirty-1", "2025-02-08 10:00:00", email="thirty@night.example")
FIRST.order("midnight", "thirty-2", "2025-03-10 23:50:00", email="thirty@night.example")


@pytest.mark.parametrize("moment", NIGHTS)
def test_order_late_at_night_is_of_the_local_day(traps: Warehouse, moment: str) -> None:
    order = orders_of(traps, "midnight")[f"night {moment}"]
    assert (str(order["ordered_at"]), str(order["order_date"])) == NIGHTS[moment]


def test_windows_count_calendar_days_over_a_change_of_clocks(traps: Warehouse) -> None:
    person = orders_of(traps, "midnight")["thirty-1"]["person_id"]
    assert (
        traps.value(f"select days_to_second from intermediate.int_retention__customers where person_id = '{person}'")
        == 30
    )


FIRST.order("young cohort", "young-1", "2025-06-10 10:00:00", email="y@young.example")
FIRST.order("young cohort", "young-2", "2025-06-20 10:00:00", email="y@young.example")


def test_cohort_younger_than_its_window_has_no_rate(traps: Warehouse) -> None:
    assert repeat(traps, "young cohort", 30) == (1, 0, 0, None)


# At the as-of moment the day before is over, and its own day has just begun.
FIRST.order("last day", "last", "2025-06-30 23:30:00", email="last@day.example")
FIRST.order("last day", "back-1", "2025-06-20 10:00:00", email="back@day.example")
FIRST.order("last day", "back-2", "2025-06-30 10:00:00", email="back@day.example")
FIRST.order("last day", "today", "2025-07-01 00:00:00", email="today@day.example")


def test_curve_ends_with_the_last_day_that_was_over(traps: Warehouse) -> None:
    curve = (
        "select day, at_risk, events from reporting.second_order_curve "
        "where dimension = 'acquisition_source' and dimension_value = 'last day' and day in (0, 10) order by day"
    )
    assert traps.query(curve) == [(0, 2, 0), (10, 1, 1)]


def test_headline_rate_is_that_of_all_cohorts(traps: Warehouse) -> None:
    # Cohorts too young for the window, some of whose customers are back already, are in neither.
    rate = "select numerator, denominator from reporting.headline_figures where figure = 'repeat_rate_90d'"
    cohorts = (
        "select sum(repeaters), sum(mature_customers) from reporting.repeat_rate_by_cohort "
        "where dimension = 'all' and window_days = 90"
    )
    assert traps.query(rate) == traps.query(cohorts)


# The only orders of April 2024, the second one on its last day.
FIRST.order("month end", "april-1", "2024-04-10 10:00:00", email="april@end.example")
FIRST.order("month end", "april-2", "2024-04-30 23:30:00", email="april@end.example")


def test_customer_who_orders_on_a_months_last_day_is_counted_once(traps: Warehouse) -> None:
    assert traps.query(
        "select customers, customers_with_two_or_more from reporting.repeat_rate_by_period "
        "where period_end = '2024-04-30' and window_days = 30"
    ) == [(1, 1)]


def test_cohorts_of_the_first_three_months_may_hold_older_customers(traps: Warehouse) -> None:
    # No start of the history is told: it is the first order's day, in February.
    assert traps.query(
        "select cohort_month, may_hold_older_customers from reporting.repeat_rate_by_cohort "
        "where dimension = 'all' and window_days = 30 and cohort_month <= '2024-05-01' order by all"
    ) == [(date(2024, 2, 1), True), (date(2024, 4, 1), True), (date(2024, 5, 1), False)]


FIRST.order("equal lines", "two types", "2024-05-01 10:00:00", 0, email="two@lines.example")
for product_type in ("tea", "bath", "soap"):
    FIRST.add("products", variant_id=f"V-{product_type}", product_type=product_type)
FIRST.line("two types", 20, "1", variant_id="V-tea")
FIRST.line("two types", 20, "2", variant_id="V-bath")
FIRST.line("two types", 19, "3", variant_id="V-soap")


def test_of_equally_valuable_lines_the_first_type_in_the_alphabet_counts(traps: Warehouse) -> None:
    assert orders_of(traps, "equal lines")["two types"]["product_type"] == "bath"


# (quantity, cost, refunded quantities): nothing of it is left with the customer.
ALL_BACK = {"in two parts": (3, 10, [1, 2]), "more than bought": (1, 10, [2]), "at a cost unknown": (1, None, [1])}
for order_id, (quantity, cost, refunded) in ALL_BACK.items():
    FIRST.order("all back", order_id, "2024-05-01 10:00:00", 0, email="all@back.example")
    FIRST.line(order_id, 30, quantity=quantity, unit_cost=cost)
    for number, back in enumerate(refunded):
        FIRST.add(
            "refunds",
            refund_id=f"{order_id} {number}",
            order_id=order_id,
            line_id="1",
            refunded_at="2024-05-10 10:00:00",
            quantity=back,
            amount=30 * quantity / len(refunded),
        )


@pytest.mark.parametrize("order_id", ALL_BACK)
def test_goods_that_all_came_back_cost_nothing(traps: Warehouse, order_id: str) -> None:
    order = orders_of(traps, "all back")[order_id]
    assert (order["net_sales"], order["gross_margin"]) == (0, 0)


FIRST.order("margin", "one of two", "2024-06-01 10:00:00", 0, email="m@margin.example")
FIRST.line("one of two", 30, "1", unit_cost=10)
FIRST.line("one of two", 30, "2")
FIRST.order("margin", "cost known", "2024-05-01 10:00:00", 0, email="m@margin.example")
FIRST.line("cost known", 30, unit_cost=10)
FIRST.order("margin", "cost unknown", "2024-05-02 10:00:00", email="m@margin.example")


def test_one_unknown_cost_leaves_the_months_margin_unknown(traps: Warehouse) -> None:
    assert {key: row["gross_margin"] for key, row in orders_of(traps, "margin").items()} == {
        "cost known": 20,
        "cost unknown": None,
        "one of two": None,
    }
    assert traps.query(
        "select net_sales_per_customer, margin_per_customer from reporting.cohort_retention "
        "where dimension = 'acquisition_source' and dimension_value = 'margin' and months_since = 0"
    ) == [(60, None)]


FIRST.order("renewal", "subscribed", "2024-05-01 10:00:00", email="s@renew.example", order_type="subscription_first")
FIRST.order("renewal", "renewed", "2024-05-31 10:00:00", email="s@renew.example", order_type="subscription_renewal")


def test_subscription_renewal_is_sales_and_no_second_order(traps: Warehouse) -> None:
    assert sequences(traps, "renewal") == {"subscribed": 1, "renewed": 2}
    assert sum(Decimal(str(amount)) for amount in finance(traps, "renewal").values()) == 60
    assert repeat(traps, "renewal", 365) == (1, 1, 0, 0.0)
    curve = (
        "select sum(events) from reporting.second_order_curve "
        "where dimension = 'acquisition_source' and dimension_value = 'renewal'"
    )
    assert traps.value(curve) == 0


FIRST.order("wholesale", "retail", "2024-05-01 10:00:00", email="w@trade.example")
FIRST.order("wholesale", "trade", "2024-05-09 10:00:00", 500, email="w@trade.example", order_type="wholesale")


def test_wholesale_buyer_is_sales_and_in_no_repeat_denominator(traps: Warehouse) -> None:
    assert finance(traps, "wholesale") == {date(2024, 5, 1): 530}
    assert repeat(traps, "wholesale", 30) == (None, None, None, None)


RELAY = "b7@marketplace.amazon.com"
FIRST.order("relay", "relay-1", "2024-05-01 10:00:00", email=RELAY, channel="amazon", phone="+12125550199")
FIRST.order("relay", "relay-2", "2024-05-09 10:00:00", email=RELAY, channel="amazon", phone="+12125550199")
FIRST.order("relay", "not relay", "2024-05-10 10:00:00", email="home@relay.example", phone="+1 212 555 0199")
FIRST.add("profiles", email=RELAY, email_consent="subscribed")


def test_marketplace_relay_email_is_revenue_and_repeat_and_in_no_audience(traps: Warehouse) -> None:
    orders = orders_of(traps, "relay")
    # The marketplace's phone number says nothing of the buyer.
    assert sequences(traps, "relay") == {"relay-1": 1, "relay-2": 2, "not relay": 1}
    assert repeat(traps, "relay", 30) == (2, 2, 1, 0.5)
    assert traps.query(
        "select net_sales, is_reachable, is_marketable from marts.dim_customers "
        f"where person_id = '{orders['relay-1']['person_id']}'"
    ) == [(60, False, False)]


FIRST.order("nobody", "nobody-1", "2024-05-01 10:00:00", email="noreply@shop.example")
FIRST.order("nobody", "nobody-2", "2024-05-02 10:00:00", email="noreply@shop.example")
FIRST.order("nobody", "nobody-3", "2024-05-03 10:00:00")
FIRST.order("nobody", "nobody-4", "2024-05-04 10:00:00", email="not an address")
FIRST.order("nobody", "nobody-5", "2024-05-05 10:00:00", email="till@counter")
FIRST.order("nobody", "nobody-6", "2024-05-06 10:00:00", email="till@counter")
FIRST.add("profiles", email="guest@shop.example", email_consent="subscribed")


def test_order_of_nobody_counts_as_sales_and_in_no_rate(traps: Warehouse) -> None:
    orders = orders_of(traps, "nobody")
    assert len({row["person_id"] for row in orders.values()}) == 6
    assert {row["is_identified"] for row in orders.values()} == {False}
    assert finance(traps, "nobody") == {date(2024, 5, 1): 180}
    assert repeat(traps, "nobody", 30) == (None, None, None, None)
    # And a profile of nobody is no person.
    assert traps.query("select count(*) from marts.dim_customers where not is_identified and valid_orders = 0") == [
        (0,)
    ]


FIRST.order("phones", "phone-1", "2024-05-01 10:00:00", phone="+1 (212) 555-0123")
FIRST.order("phones", "phone-2", "2024-05-02 10:00:00", phone="+12125550123")
FIRST.order("phones", "phone-3", "2024-05-03 10:00:00", phone="+1 212 555 0123 ext. 5")
FIRST.order("phones", "phone-4", "2024-05-04 10:00:00", phone="212 555 0123")


def test_phone_joins_only_as_a_whole_international_number(traps: Warehouse) -> None:
    orders = orders_of(traps, "phones")
    assert sequences(traps, "phones") == {"phone-1": 1, "phone-2": 2, "phone-3": 1, "phone-4": 1}
    assert [orders[f"phone-{number}"]["is_identified"] for number in range(1, 5)] == [True, True, False, False]


PHONES = {"account": "+12125550131", "account and e-mail": "+12125550132", "e-mail": "+12125550133"}
FIRST.order("phone", "account", "2024-05-01 10:00:00", customer_id="P-1", phone=PHONES["account"])
FIRST.order(
    "phone",
    "account and e-mail",
    "2024-05-01 10:00:00",
    customer_id="P-2",
    email="two@phone.example",
    phone=PHONES["account and e-mail"],
)
FIRST.order("phone", "e-mail", "2024-05-01 10:00:00", email="three@phone.example", phone=PHONES["e-mail"])
for name, number in PHONES.items():
    FIRST.order("phone", f"{name} again", "2024-05-02 10:00:00", phone=number)


@pytest.mark.parametrize("name", PHONES)
def test_phone_joins_whatever_stands_beside_it(traps: Warehouse, name: str) -> None:
    orders = orders_of(traps, "phone")
    assert orders[f"{name} again"]["person_id"] == orders[name]["person_id"]
    assert len({row["person_id"] for row in orders.values()}) == len(PHONES)


FIRST.order("evidence", "evidence-1", "2024-05-01 10:00:00", email="e@evidence.example", customer_id="E-1")
FIRST.order("evidence", "evidence-2", "2024-05-02 10:00:00", email="e@evidence.example", customer_id="E-1")


def test_evidence_of_one_moment_is_named_by_its_id(traps: Warehouse) -> None:
    (person,) = {row["person_id"] for row in orders_of(traps, "evidence").values()}
    assert traps.value("select md5('id:drop:E-1')") == person


def test_evidence_of_one_record_was_never_separate(traps: Warehouse) -> None:
    assert traps.query(
        "select evidence, joined_by, joined_at::varchar, was_separate from ops.identity_merges "
        "where evidence in ('id:drop:E-1', 'email:e@evidence.example')"
    ) == [("email:e@evidence.example", "drop:evidence-1", "2024-05-01 14:00:00", False)]


# What an address has consented to, by all profiles that have it: (consent, when, why nothing may be sent).
CONSENTS = {
    "given": [("subscribed", "2024-05-01", None)],
    "given tomorrow": [("subscribed", "2025-07-02", None)],
    "taken back": [("subscribed", "2024-05-01", None), ("unsubscribed", "2024-06-01", None)],
    "given again": [("unsubscribed", "2024-05-01", None), ("subscribed", "2024-06-01", None)],
    "suppressed once": [("subscribed", "2024-05-01", "bounced"), ("subscribed", "2024-06-01", None)],
    "never": [],
}
for name, profiles in CONSENTS.items():
    address = f"{name.replace(' ', '-')}@consent.example"
    FIRST.order("consent", name, "2024-05-01 10:00:00", email=address)
    for number, (consent, at, reason) in enumerate(profiles):
        FIRST.add(
            "profiles",
            customer_id=f"{name} {number}",
            email=address,
            email_consent=consent,
            email_consent_at=f"{at} 12:00:00",
            suppression_reason=reason,
        )


@pytest.mark.parametrize(
    ("name", "marketable"),
    [
        ("given", True),
        ("given tomorrow", False),
        ("taken back", False),
        ("given again", True),
        ("suppressed once", False),
        ("never", False),
    ],
)
def test_latest_consent_of_an_address_holds_and_one_suppression_is_enough(
    traps: Warehouse, name: str, marketable: bool
) -> None:
    person = orders_of(traps, "consent")[name]["person_id"]
    assert traps.query(f"select is_reachable, is_marketable from marts.dim_customers where person_id = '{person}'") == [
        (True, marketable)
    ]


# Eleven addresses under one account: a shop's counter, not a person.
for number in range(11):
    FIRST.order(
        "counter",
        f"counter-{number}",
        f"2024-05-{number + 1:02} 10:00:00",
        email=f"c{number}@counter.example",
        customer_id="counter",
    )
FIRST.order("counter", "counter-guest", "2024-05-20 10:00:00", email="c0@counter.example")
# Ten are still taken for one.
for number in range(10):
    FIRST.order(
        "many",
        f"many-{number}",
        f"2024-05-{number + 1:02} 10:00:00",
        email=f"m{number}@many.example",
        customer_id="many",
    )
FIRST.order("many", "many-guest", "2024-05-20 10:00:00", email="m0@many.example")


def test_more_than_ten_emails_joined_together_are_no_person(traps: Warehouse) -> None:
    orders = orders_of(traps, "counter")
    account = {orders[f"counter-{number}"]["person_id"] for number in range(11)}
    assert len(account) == 1
    assert orders["counter-guest"]["person_id"] not in account
    assert len({row["person_id"] for row in orders_of(traps, "many").values()}) == 1


def test_what_is_no_person_is_logged(traps: Warehouse) -> None:
    assert traps.query(
        "select count(*), bool_and(is_cut) from ops.identity_merges where evidence like '%counter%'"
    ) == [(12, True)]


FIRST.order(
    "no rate",
    "franc",
    "2024-05-01 10:00:00",
    email="f@rate.example",
    currency="CHF",
    cancelled_at="2024-05-01 11:00:00",
)
FIRST.order("no rate", "dollar", "2024-05-02 10:00:00", 0, email="f@rate.example")
FIRST.line("dollar", 30, unit_cost=10)


def test_invalid_order_without_a_rate_has_no_amounts(traps: Warehouse) -> None:
    order = orders_of(traps, "no rate")["franc"]
    assert (order["invalid_reason"], order["exchange_rate"]) == ("cancelled", None)
    assert [order[name] for name in ("gross_sales", "discounts", "returns", "net_sales", "tax")] == [None] * 5
    # And takes nothing from what is known of its person.
    assert traps.query(
        f"select net_sales, gross_margin from marts.dim_customers where person_id = '{order['person_id']}'"
    ) == [(30, 20)]


for day, currency, rate in [("2024-05-03", "USD", 1.1), ("2024-05-09", "GBP", 0.85)]:
    FIRST.add("exchange_rates", date=day, from_currency="EUR", to_currency=currency, rate=rate)
FIRST.order("rates", "seven days old", "2024-05-10 10:00:00", 10, email="seven@rate.example", currency="EUR")
FIRST.order("rates", "in dollars", "2024-05-10 11:00:00", 10, email="dollar@rate.example")
FIRST.order(
    "rates",
    "eight days old",
    "2024-05-11 10:00:00",
    10,
    email="eight@rate.example",
    currency="EUR",
    cancelled_at="2024-05-11 11:00:00",
)


def test_rate_into_the_shops_currency_holds_for_seven_days(traps: Warehouse) -> None:
    orders = orders_of(traps, "rates")
    assert {key: (row["exchange_rate"], row["gross_sales"]) for key, row in orders.items()} == {
        "seven days old": (Decimal("1.1"), 11),
        "in dollars": (1, 10),
        "eight days old": (None, None),
    }


# Two guests until an order of an account with both addresses arrives.
FIRST.order("merge", "merge-1", "2024-05-01 10:00:00", email="old@merge.example")
FIRST.order("merge", "merge-2", "2024-05-20 10:00:00", email="new@merge.example", customer_id="M-1")
LATE.order("merge", "merge-3", "2024-08-01 10:00:00", email="old@merge.example", customer_id="M-1")


def test_persons_merged_later_restate_history_and_leave_totals(early: Warehouse, traps: Warehouse) -> None:
    before, after = orders_of(early, "merge"), orders_of(traps, "merge")
    assert before["merge-1"]["person_id"] != before["merge-2"]["person_id"]
    assert sequences(early, "merge") == {"merge-1": 1, "merge-2": 1}
    assert repeat(early, "merge", 30) == (2, 2, 0, 0.0)
    # The older person's id survives, and the second order was a repeat all along.
    assert {row["person_id"] for row in after.values()} == {before["merge-1"]["person_id"]}
    assert sequences(traps, "merge") == {"merge-1": 1, "merge-2": 2, "merge-3": 3}
    assert repeat(traps, "merge", 30) == (1, 1, 1, 1.0)
    earlier = "select sum(net_sales) from marts.fct_orders where order_id in ('merge-1', 'merge-2')"
    assert early.value(earlier) == traps.value(earlier) == 60


def test_persons_merged_later_are_logged(early: Warehouse, traps: Warehouse) -> None:
    person = orders_of(early, "merge")["merge-1"]["person_id"]
    log = f"from ops.identity_merges where person_id = '{person}' order by evidence"
    assert early.query(f"select evidence {log}") == []
    # The account's own address came with it, by the order that joined the account.
    assert traps.query(f"select evidence, joined_by, joined_at::varchar, was_separate {log}") == [
        ("email:new@merge.example", "drop:merge-3", "2024-08-01 14:00:00", True),
        ("id:drop:M-1", "drop:merge-3", "2024-08-01 14:00:00", True),
    ]


FIRST.order("look-back", "outside", "2024-05-10 12:00:00", email="outside@click.example")
FIRST.event("click-outside", "2024-05-05 11:01:00", "clicked", "outside@click.example", flow_id="F")
FIRST.order("look-back", "inside", "2024-05-10 12:00:00", email="inside@click.example")
FIRST.event("click-inside", "2024-05-05 12:00:00", "clicked", "inside@click.example", flow_id="F")
FIRST.order("look-back", "just outside", "2024-05-10 12:00:00", email="just@click.example")
FIRST.event("click-just", "2024-05-05 11:59:59", "clicked", "just@click.example", flow_id="F")


def test_click_120_hours_59_minutes_before_the_order_is_outside_five_days(traps: Warehouse) -> None:
    assert credit(traps, "outside") == []
    assert credit(traps, "just outside") == []
    # Five days are 432,000 seconds, the last one included.
    assert credit(traps, "inside") == [("drop:click-inside", "clicked", 30)]


FIRST.order("sms", "by text", "2024-05-10 12:00:00", email="text@sms.example")
FIRST.event("click-sms", "2024-05-09 06:00:00", "CLICKED", "text@sms.example", channel="Sms", flow_id="F")
FIRST.order("sms", "by text in time", "2024-05-10 12:00:00", email="time@sms.example")
FIRST.event("click-sms-in-time", "2024-05-09 12:00:00", "Clicked", "time@sms.example", channel="SMS", flow_id="F")


# Two clicks in one second: for the text message's, the greater id, it is too long ago.
FIRST.order("sms", "two days ago", "2024-05-10 12:00:00", email="ago@sms.example")
FIRST.event("ago-1", "2024-05-08 12:00:00", "clicked", "ago@sms.example", flow_id="F")
FIRST.event("ago-2", "2024-05-08 12:00:00", "clicked", "ago@sms.example", channel="sms", flow_id="F")


def test_clicked_sms_in_any_case_follows_the_sms_rule(traps: Warehouse) -> None:
    # This shop's look-back is a day for text messages and five for e-mail.
    assert credit(traps, "by text") == []
    assert credit(traps, "by text in time") == [("drop:click-sms-in-time", "clicked", 30)]
    assert credit(traps, "two days ago") == [("drop:ago-1", "clicked", 30)]


FIRST.order("after", "before the click", "2024-05-10 12:00:00", email="a@after.example")
FIRST.event("click-after", "2024-05-10 12:00:01", "clicked", "a@after.example", flow_id="F")


def test_touch_after_the_order_takes_no_credit(traps: Warehouse) -> None:
    assert credit(traps, "before the click") == []


FIRST.order("two tools", "claimed", "2024-05-10 12:00:00", email="t@tools.example")
FIRST.event("click-mail", "2024-05-10 09:00:00", "clicked", "t@tools.example", flow_id="mail tool")
FIRST.event("click-text", "2024-05-10 10:00:00", "clicked", "t@tools.example", channel="sms", flow_id="text tool")
FIRST.order("two tools", "tied", "2024-05-10 12:00:00", email="tie@tools.example")
FIRST.event("tie-9", "2024-05-10 09:00:00", "clicked", "tie@tools.example", flow_id="mail tool")
FIRST.event("tie-10", "2024-05-10 09:00:00", "clicked", "tie@tools.example", channel="sms", flow_id="text tool")


def test_two_tools_that_claim_one_order_share_one_credit(traps: Warehouse) -> None:
    assert credit(traps, "claimed") == [("drop:click-text", "clicked", 30)]
    # A tie goes to the greatest event id as text.
    assert credit(traps, "tied") == [("drop:tie-9", "clicked", 30)]
    claimed = "select sum(attributed_net_sales) from marts.fct_flow_performance where flow_id like '% tool'"
    assert traps.value(claimed) == 60


FIRST.order("late click", "re-attributed", "2024-05-10 12:00:00", email="l@late.example")
FIRST.event("click-known", "2024-05-08 12:00:00", "clicked", "l@late.example", flow_id="known")
LATE.event("click-late", "2024-05-10 11:00:00", "clicked", "l@late.example", flow_id="late")


def test_late_click_is_credited_as_if_it_had_been_there(early: Warehouse, traps: Warehouse, at_once: Warehouse) -> None:
    assert credit(early, "re-attributed") == [("drop:click-known", "clicked", 30)]
    assert credit(traps, "re-attributed") == [("drop:click-late", "clicked", 30)]
    # A flow has a row for each day: without a send, the click stands on its own and the order on its own.
    earned = (
        "select flow_id, sum(attributed_net_sales) from marts.fct_flow_performance "
        "where flow_id in ('known', 'late') group by flow_id"
    )
    assert dict(early.query(earned)) == {"known": 30}
    assert dict(traps.query(earned)) == {"known": 0, "late": 30}
    assert credit(at_once, "re-attributed") == credit(traps, "re-attributed")


def test_late_delivery_ends_where_one_whole_delivery_does(traps: Warehouse, at_once: Warehouse) -> None:
    late, whole = traps.tables((*RESULTS, "ops")), at_once.tables((*RESULTS, "ops"))
    for tables in (late, whole):
        # How it was loaded differs, what was loaded doesn't.
        for name in ("loads", "loaded_files", "run_log", "last_build"):
            del tables[f"ops.{name}"]
    assert set(late) == set(whole)
    assert [name for name in late if late[name] != whole[name]] == []


MACHINE = "m@machine.example"
FIRST.order("machine", "opened by a machine", "2024-05-10 12:00:00", email=MACHINE)
FIRST.event("machine-delivered", "2024-05-10 09:00:00", "delivered", MACHINE, flow_id="F", message_id="M")
FIRST.event("machine-open", "2024-05-10 09:00:02", "opened", MACHINE, flow_id="F", message_id="M")
FIRST.event("machine-said", "2024-05-10 10:00:00", "opened", MACHINE, flow_id="F", message_id="M", is_machine="true")
FIRST.event("machine-link-1", "2024-05-10 09:00:09", "clicked", MACHINE, flow_id="F", message_id="M", link="/a")
FIRST.event("machine-link-2", "2024-05-10 09:00:10", "clicked", MACHINE, flow_id="F", message_id="M", link="/b")
FIRST.order("machine", "opened by a person", "2024-05-10 12:00:00", email="p@machine.example")
FIRST.event("person-delivered", "2024-05-10 09:00:00", "delivered", "p@machine.example", flow_id="F", message_id="M")
FIRST.event("person-open", "2024-05-10 09:00:03", "opened", "p@machine.example", flow_id="F", message_id="M")


def test_machine_open_before_the_order_takes_no_credit(traps: Warehouse) -> None:
    # This shop lets opens take credit too, under their own name.
    assert credit(traps, "opened by a machine") == []
    assert credit(traps, "opened by a person") == [("drop:person-open", "opened", 30)]


FIRST.add("referrals", referral_code="GIVE10", referrer_email="owner@refer.example")
FIRST.order("referral", "owner", "2024-05-01 10:00:00", email="owner@refer.example")
FIRST.order("referral", "owner-again", "2024-05-02 10:00:00", email="OWNER@refer.example", discount_codes="give10")
FIRST.order("referral", "friend", "2024-05-03 10:00:00", email="friend@refer.example", discount_codes="WELCOME;Give10")
FIRST.order("referral", "friend-again", "2024-05-20 10:00:00", email="friend@refer.example")


def test_code_used_by_its_owner_is_no_referral(traps: Warehouse) -> None:
    orders = orders_of(traps, "referral")
    assert {order_id for order_id, row in orders.items() if row["is_referred"]} == {"friend"}
    assert traps.query(
        "select sum(referred_customers), sum(new_customers), sum(referred_orders), sum(valid_orders) "
        "from reporting.referrals where dimension = 'acquisition_source' and dimension_value = 'referral'"
    ) == [(1, 2, 1, 4)]


def test_orders_sum_to_persons_and_to_the_reconciliation(traps: Warehouse) -> None:
    orders = traps.value("select sum(net_sales) from marts.fct_orders where is_valid")
    assert orders == traps.value("select sum(net_sales) from marts.dim_customers")
    assert orders == traps.value("select sum(amount) from reporting.reconciliation where step_number = 11")
    assert orders == traps.value("select sum(amount) from reporting.reconciliation where step_number <= 10")
