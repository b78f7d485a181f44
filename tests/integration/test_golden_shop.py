"""Forty orders, every figure worked out in tests/golden: the warehouse has the same ones."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import pytest

from tests.golden import reckoning
from tests.golden.reckoning import Cell, Table
from tests.integration.warehouse import Row, Warehouse


def as_written(value: object, like: str) -> str:
    """A value as the tables worked out by hand write it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Decimal() | float() if like:
            # Whoever writes 12.00 or 12 means the same amount.
            return like if Decimal(str(value)) == Decimal(like) else str(value)
        case _:
            return str(value)


def compare(written: list[dict[str, str]], rows: list[Row], key: tuple[str, ...], leave: tuple[str, ...] = ()) -> None:
    """Every row and cell of a table worked out by hand is there, and no row beside them."""
    by_key = {tuple(as_written(row[name], "") for name in key): row for row in rows}
    assert len(by_key) == len(rows)
    assert set(by_key) == {tuple(line[name] for name in key) for line in written}
    differences = [
        f"{[line[name] for name in key]} {name}: {text!r} by hand, {found!r} in the warehouse"
        for line in written
        for name, text in line.items()
        if name not in leave and (found := as_written(by_key[tuple(line[part] for part in key)][name], text)) != text
    ]
    assert not differences, "\n".join(differences)


def person_of_order(golden: Warehouse) -> dict[str, object]:
    return {str(order): person for order, person in golden.query("select order_id, person_id from marts.fct_orders")}


def test_each_order_has_the_figures_worked_out(golden: Warehouse) -> None:
    compare(reckoning.read("orders"), golden.rows("select * from marts.fct_orders"), ("order_id",), leave=("person",))


def test_each_refund_has_the_figures_worked_out(golden: Warehouse) -> None:
    compare(reckoning.read("refunds"), golden.rows("select * from marts.fct_refunds"), ("refund_id",))


def test_orders_belong_to_the_persons_who_placed_them(golden: Warehouse) -> None:
    names: dict[object, set[str]] = {}
    for row in reckoning.read("orders"):
        names.setdefault(person_of_order(golden)[row["order_id"]], set()).add(row["person"])
    assert all(len(people) == 1 for people in names.values())
    assert len(names) == len({row["person"] for row in reckoning.read("orders")})


def test_each_person_has_the_figures_worked_out(golden: Warehouse) -> None:
    orders = {row["person"]: row["order_id"] for row in reckoning.read("orders")}
    person_ids = person_of_order(golden)
    rows = golden.rows("select * from marts.dim_customers")
    names = {person_ids[order]: person for person, order in orders.items()}
    (without_orders,) = [row["person_id"] for row in rows if row["person_id"] not in names]
    named: list[Row] = [{**row, "person": {**names, without_orders: "Quinn"}[row["person_id"]]} for row in rows]
    compare(reckoning.read("persons"), named, ("person",))


def test_repeat_rates_are_those_worked_out(golden: Warehouse) -> None:
    rows = golden.rows("select * from reporting.repeat_rate_by_cohort where dimension = 'all'")
    wide: dict[object, Row] = {}
    for row in rows:
        line = wide.setdefault(
            row["cohort_month"],
            {
                "cohort_month": row["cohort_month"],
                "customers": row["customers"],
                "older": row["may_hold_older_customers"],
            },
        )
        line |= {f"in_{row['window_days']}": row["repeaters"], f"of_{row['window_days']}": row["mature_customers"]}
    compare(reckoning.read("repeat_rate_by_cohort"), list(wide.values()), ("cohort_month",))


def test_sales_by_month_are_those_worked_out(golden: Warehouse) -> None:
    compare(
        reckoning.read("sales_by_period"),
        golden.rows("select * from reporting.sales_by_period where dimension = 'all'"),
        ("month", "customer_type"),
    )


def test_reconciliation_steps_are_those_worked_out(golden: Warehouse) -> None:
    compare(
        reckoning.read("reconciliation"),
        golden.rows(
            "select step_number, step, source, sum(orders) as orders, sum(amount) as amount "
            "from reporting.reconciliation group by all"
        ),
        ("step_number", "source"),
    )


def test_return_reasons_are_those_worked_out(golden: Warehouse) -> None:
    compare(
        reckoning.read("return_reasons"),
        golden.rows("select * from reporting.return_reasons"),
        ("source", "product_type", "reason"),
    )


def test_credited_orders_are_those_worked_out(golden: Warehouse) -> None:
    compare(
        reckoning.read("attributed_orders"),
        golden.rows(
            "select split_part(order_key, ':', 2) as order_id, split_part(touch_id, ':', 2) as event_id, "
            "* exclude (order_key, touch_id) from marts.fct_attributed_orders"
        ),
        ("order_id",),
    )


def test_flow_figures_are_those_worked_out(golden: Warehouse) -> None:
    compare(
        reckoning.read("flow_performance"),
        golden.rows("select * from marts.fct_flow_performance"),
        ("send_date", "flow_id", "campaign_id"),
    )


def test_parcels_are_late_or_not_as_worked_out(golden: Warehouse) -> None:
    compare(reckoning.read("fulfillments"), golden.rows("select * from marts.fct_fulfillments"), ("fulfillment_id",))


def test_quintiles_are_those_worked_out(golden: Warehouse) -> None:
    # No two customers share all three, so each row is one of them.
    key = ("recency_quintile", "frequency_quintile", "monetary_quintile")
    compare(
        reckoning.read("rfm"),
        golden.rows("select * from reporting.rfm where dimension = 'all'"),
        key,
        leave=("person",),
    )


def test_customer_groups_are_those_worked_out(golden: Warehouse) -> None:
    compare(
        reckoning.read("customer_groups"),
        golden.rows(
            "select * from reporting.customer_groups where dimension = 'all' and customer_grouping <> 'lifecycle_stage'"
        ),
        ("customer_grouping", "customer_group"),
    )


def test_acquisition_costs_are_those_worked_out(golden: Warehouse) -> None:
    compare(
        reckoning.read("acquisition_payback"),
        golden.rows(
            "select * from reporting.acquisition_payback where acquisition_spend is not null and months_since = 0"
        ),
        ("acquisition_source", "cohort_month"),
    )


@pytest.mark.parametrize("line", reckoning.read("figures"), ids=lambda line: f"{line['table']} {line['column']}")
def test_single_figures_are_those_worked_out(golden: Warehouse, line: dict[str, str]) -> None:
    value = golden.value(f"select {line['column']} from {line['table']} where {line['rows']}")
    if line["value"] == "":
        assert value is None
    else:
        # Money is stored to four places.
        assert float(str(value)) == pytest.approx(reckoning.number(line["value"]), abs=5.1e-5, rel=0)


def table_of(rows: list[Row], grain: int) -> Table:
    """Rows by their first `grain` columns, numbers as figures are compared."""
    table: Table = {}
    for row in rows:
        cells = tuple(row.values())
        assert cells[:grain] not in table
        table[cells[:grain]] = cells[grain:]
    return table


def same(figure: Cell, found: Cell) -> bool:
    if isinstance(figure, float) and isinstance(found, float):
        # Both round every step, and not the same steps.
        return figure == pytest.approx(found, rel=1e-9, abs=1e-11)
    return figure == found


@pytest.mark.parametrize(
    ("reckon", "grain", "sql"),
    [
        (
            reckoning.repeat_rate_by_cohort, 4,
            "select cohort_month, window_days, dimension, dimension_value, customers, mature_customers, repeaters, "
            "repeat_rate, may_hold_older_customers from reporting.repeat_rate_by_cohort",
        ),
        (
            reckoning.repeat_rate_by_period, 2,
            "select period_end, window_days, customers, customers_with_two_or_more, repeat_rate "
            "from reporting.repeat_rate_by_period",
        ),
        (
            reckoning.cohort_retention, 4,
            "select cohort_month, months_since, dimension, dimension_value, customers, active, cumulative_repeaters, "
            "net_sales, net_sales_per_customer, margin_per_customer, is_mature from reporting.cohort_retention",
        ),
        (
            lambda: reckoning.order_curve(1), 3,
            "select day, dimension, dimension_value, at_risk, events, probability, low, high "
            "from reporting.second_order_curve",
        ),
        (
            lambda: reckoning.order_curve(2), 3,
            "select day, dimension, dimension_value, at_risk, events, probability, low, high "
            "from reporting.third_order_curve",
        ),
        (
            lambda: reckoning.median_days(1), 2,
            "select dimension, dimension_value, customers, came_back, median_days "
            "from reporting.time_between_orders where transition = 'second_order'",
        ),
        (
            lambda: reckoning.median_days(2), 2,
            "select dimension, dimension_value, customers, came_back, median_days "
            "from reporting.time_between_orders where transition = 'third_order'",
        ),
        (
            reckoning.sales_by_period, 4,
            "select month, customer_type, dimension, dimension_value, orders, gross_sales, discounts, refunds, "
            "net_sales, tax, shipping from reporting.sales_by_period",
        ),
        (
            reckoning.sales_by_week, 2,
            "select week, customer_type, orders, gross_sales, discounts, refunds, net_sales, tax, shipping "
            "from reporting.sales_by_week",
        ),
        (
            reckoning.returning_share, 3,
            "select month, dimension, dimension_value, new_net_sales, returning_net_sales, unidentified_net_sales, "
            "returning_share from reporting.repeat_sales_share",
        ),
        (
            reckoning.reconciliation, 3,
            "select step_number, source, month, orders, amount from reporting.reconciliation",
        ),
        (
            reckoning.referrals, 1,
            "select month, new_customers, referred_customers, referral_rate_customers, valid_orders, referred_orders, "
            "referral_rate_orders from reporting.referrals where dimension = 'all'",
        ),
        (
            reckoning.lifetime_values, 2,
            "select dimension, dimension_value, customers, valid_orders, average_order_value, customers_last_year, "
            "orders_per_year, historical_clv, customers_matured_90d, cohort_clv_90d, customers_matured_180d, "
            "cohort_clv_180d, customers_matured_365d, cohort_clv_365d from reporting.clv_summary",
        ),
    ],
    ids=[
        "repeat rate by cohort", "repeat rate by period", "cohort retention", "second-order curve",
        "third-order curve", "days to the second order", "days to the third order", "sales by month", "sales by week",
        "returning share", "reconciliation", "referrals", "lifetime values",
    ],
)  # fmt: skip
def test_every_row_of_a_report_is_reckoned_again(
    golden: Warehouse, reckon: Callable[[], Table], grain: int, sql: str
) -> None:
    expected, found = reckon(), table_of(golden.rows(sql), grain)
    assert set(found) == set(expected)
    differences = [
        f"{cells}: {figures} reckoned, {found[cells]} in the warehouse"
        for cells, figures in expected.items()
        if not all(same(figure, other) for figure, other in zip(figures, found[cells], strict=True))
    ]
    assert not differences, "\n".join(differences)


def test_what_lies_after_as_of_is_not_there(golden: Warehouse) -> None:
    as_of = datetime(2025, 7, 1, 4)  # noqa: DTZ001 - midnight in New York, naive UTC
    assert golden.value("select count(*) from raw_drop.orders where order_id = '1041'") == 1
    assert golden.query("select max(ordered_at) < ?::timestamp from marts.fct_orders".replace("?", f"'{as_of}'")) == [
        (True,)
    ]
    assert golden.value("select count(*) from marts.fct_orders where order_id = '1041'") == 0
    assert golden.value("select count(*) from marts.fct_refunds where refund_id = 'R7'") == 0
    assert golden.value("select count(*) from marts.fct_returns where return_id = 'T6'") == 0
    # Cancelled two days later: at the as-of moment it counts.
    assert golden.query("select is_valid, order_date from marts.fct_orders where order_id = '1039'") == [
        (True, date(2025, 6, 5))
    ]


def test_headline_figures_are_the_totals_of_the_tables(golden: Warehouse) -> None:
    orders = [order for order in reckoning.orders() if order.is_valid]
    waits = [(customer.observed, customer.wait) for customer in reckoning.customers()]
    mature = [wait for observed, wait in waits if observed >= 90]
    assert dict(golden.query("select figure, (numerator, denominator) from reporting.headline_figures")) == {
        "valid_orders": (len(orders), None),
        "net_sales": (float(sum(order.net for order in orders)), None),
        "customers": (len(waits), None),
        "repeat_rate_90d": (sum(1 for wait in mature if wait is not None and wait <= 90), len(mature)),
        "lifetime_repeat_share": (
            sum(1 for customer in reckoning.customers() if len(customer.orders) > 1),
            len(waits),
        ),
    }
