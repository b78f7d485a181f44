"""Both gates with real Great Expectations: every rule fails on a warehouse that breaks only it."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import UserError
from orchestration.quality.gates import Gate, GateResult, GateSettings, run_gate
from orchestration.sources.drop.entities import ENTITIES
from orchestration.sources.drop.loader import create_tables, entity_rules

AS_OF = datetime(2025, 1, 1, tzinfo=UTC).replace(tzinfo=None)
SETTINGS = GateSettings(as_of=AS_OF, timezone="Europe/London")

# Sound rows by entity: column to SQL expression over i, the row's number from 0.
AT = "strftime(timestamp '2024-03-01' + interval 1 hour * i, '%Y-%m-%dT%H:%M:%SZ')"
EMAIL = "'ann' || i || '@example.com'"
ROWS = 10
SOUND: dict[str, dict[str, str]] = {
    "orders": {"order_id": "'o' || i", "ordered_at": AT, "email": EMAIL, "is_test": "'false'"},
    "order_lines": {"order_id": "'o' || i", "line_id": "'1'", "quantity": "'2'", "unit_price": "'10.50'"},
    "refunds": {"refund_id": "'r' || i", "order_id": "'o' || i", "refunded_at": AT, "amount": "'3'"},
    "profiles": {"email": EMAIL, "email_consent": "'subscribed'", "birthday": "'1980-02-29'"},
    "message_events": {
        "event_id": "'e' || i", "occurred_at": AT, "event_type": "'sent'", "channel": "'email'",
        "email": EMAIL,
    },
    "reviews": {"review_id": "'v' || i", "created_at": AT, "rating": "'5'", "body": "'fine'"},
    "survey_responses": {"response_id": "i", "submitted_at": AT, "survey_type": "'nps'", "score": "'10'"},
    "exchange_rates": {
        "date": "'2024-03-01'", "from_currency": "'EUR'", "to_currency": "'GBP'", "rate": "'0.85'",
    },
}  # fmt: skip

MARTS = """
create type money as decimal(18, 4);
create schema marts; create schema reporting;
create table marts.dim_customers as from (values ('p1', 2::bigint, 30::money), ('p2', 1, 5))
    as t (person_id, valid_orders, net_sales);
create table marts.fct_orders as from (values
    ('drop|1', 'p1', true, null, 1, false, 25::money, 3::money, 2::money, 20::money),
    ('drop|2', 'p1', true, null, 2, true, 10, 0, 0, 10),
    ('drop|3', 'p2', true, null, 1, false, 5, 0, 0, 5),
    ('drop|4', 'p2', false, 'test', null, false, 7, 0, 0, 7)
) as t (order_key, person_id, is_valid, invalid_reason, order_sequence, is_repeat,
    gross_sales, discounts, returns, net_sales);
create table marts.fct_order_lines as from (values ('drop|1|1', 'drop|1')) as t (line_key, order_key);
create table marts.fct_refunds as from (values ('drop|r1', 'drop|1')) as t (refund_key, order_key);
create table reporting.headline_figures as from (values
    ('net_sales', 35::double, 'money'), ('repeat_rate_90d', 0.5, 'share'),
    ('lifetime_repeat_share', null, 'share')
) as t (figure, value, unit);
create table reporting.repeat_rate_by_cohort as from (values
    (date '2024-03-01', 30, 'all', 'all', 10::bigint, 8::bigint, 2::bigint, 0.25::double),
    (date '2024-04-01', 30, 'all', 'all', 4, 0, 0, null)
) as t (
    cohort_month, window_days, dimension, dimension_value, customers, mature_customers, repeaters, repeat_rate
);
create table reporting.repeat_rate_by_period as from (values
    (date '2024-03-31', 30, 10::bigint, 2::bigint, 0.2::double))
    as t (period_end, window_days, customers, customers_with_two_or_more, repeat_rate);
create table reporting.cohort_retention as from (values
    (date '2024-03-01', 0, 'all', 'all', 10::bigint, 10::bigint, 2::bigint))
    as t (cohort_month, months_since, dimension, dimension_value, customers, active, cumulative_repeaters);
create table reporting.sales_by_period as from (values
    (date '2024-03-01', 'new', 'all', 'all', 25::money, 3::money, 2::money, 20::money))
    as t (month, customer_type, dimension, dimension_value, gross_sales, discounts, refunds, net_sales);
create table reporting.reconciliation as from (values
    (1, 'orders delivered', 'drop', date '2024-03-01', 4::bigint, 47::money),
    (2, 'not counted: test', 'drop', date '2024-03-01', -1, -7),
    (9, 'discounts', 'drop', date '2024-03-01', 0, -3),
    (10, 'returns', 'drop', date '2024-03-01', 0, -2),
    (11, 'net sales reported', 'drop', date '2024-03-01', 3, 35),
    (12, 'beside it: refunds of orders never seen', 'drop', date '2024-03-01', 0, -99)
) as t (step_number, step, source, month, orders, amount);
create table reporting.return_reasons as from (values ('drop', 'soap', 'size', 3::bigint))
    as t (source, product_type, reason, returns);
create table reporting.run_info as from (values ('demo', 'GBP', timestamp '2025-01-01', 'v1'))
    as t (shop_name, currency, as_of, version);
"""


def add_load(connection: duckdb.DuckDBPyConnection, entity: str, load_id: int, rows: int) -> None:
    """Store sound rows of one load, and log it as the loader does."""
    values = [SOUND[entity].get(name, "null") for name in ENTITIES[entity].column_names]
    connection.execute(
        f"insert into raw_drop.{entity} select {', '.join(values)}, null, hash(i, {load_id}), {load_id}, "
        f"'drop/{entity}/{load_id}.csv', 0, i + 1, false from range({rows}) as t (i)"
    )
    connection.execute(
        "insert into ops.run_log (run_id, source, entity, rows_in, rows_loaded, rows_rejected, "
        "rows_redelivered) values (?, 'drop', ?, ?, ?, 0, 0)",
        [f"run {load_id}", entity, rows, rows],
    )


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse that passes both gates without a warning."""
    file = tmp_path_factory.mktemp("sound") / "warehouse.duckdb"
    with duckdb.connect(file) as connection:
        create_tables(connection)
        for entity in SOUND:
            add_load(connection, entity, 1, ROWS)
        connection.execute("insert into ops.loads (load_id, run_id, source) values (1, 'run 1', 'drop')")
        connection.execute(MARTS)
    return file


@dataclass
class Judge:
    """Changes a copy of the sound warehouse, then runs a gate over it."""

    sound: Path
    folder: Path

    def __call__(
        self,
        gate: Gate,
        change: str | Callable[[duckdb.DuckDBPyConnection], None] = "",
        settings: GateSettings = SETTINGS,
    ) -> GateResult:
        shutil.copy(self.sound, self.warehouse)
        with duckdb.connect(self.warehouse) as connection:
            if callable(change):
                change(connection)
            elif change:
                connection.execute(change)
        return run_gate(gate, self.warehouse, self.docs, settings)

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def docs(self) -> Path:
        return self.folder / "data_docs"


@pytest.fixture
def judge(sound: Path, tmp_path: Path) -> Judge:
    return Judge(sound, tmp_path)


def broken(result: GateResult) -> list[tuple[str, str | None, str, str]]:
    """Table, column, severity and what was observed of every failed check."""
    return [(check.table, check.column, check.severity, check.observed) for check in result.failed]


@pytest.mark.parametrize("gate", list(Gate))
def test_a_sound_warehouse_passes_without_a_warning(judge: Judge, gate: Gate) -> None:
    result = judge(gate)
    assert result.passed
    assert broken(result) == []
    assert result.lines() == []


def test_gate_1_asks_every_rule_of_every_delivered_entity(judge: Judge) -> None:
    result = judge(Gate.ARRIVAL)
    asked = {(check.table, check.check) for check in result.checks}
    for entity in SOUND:
        for reason, _ in entity_rules(ENTITIES[entity]):
            assert (f"raw_drop.{entity}", reason) in asked
    assert {f"raw_drop.{name}" for name in ENTITIES} == {table for table, _ in asked}


def first_row(table: str, assignment: str) -> str:
    return f"update raw_drop.{table} set {assignment} where _row_number = 1"


@pytest.mark.parametrize(
    ("table", "assignment", "column", "severity", "observed"),
    [
        ("orders", "order_id = null", "order_id", "error", "1 row without a value"),
        ("orders", "order_id = '  '", "order_id", "error", "1 row without a value"),
        ("orders", "ordered_at = null", "ordered_at", "error", "1 row without a value"),
        (
            "orders",
            "ordered_at = 'yesterday'",
            "ordered_at",
            "error",
            "1 row with a value that is not an ISO 8601 time",
        ),
        ("orders", "is_test = 'perhaps'", "is_test", "error", "1 row with a value that is not true or false"),
        ("orders", "tax = '1,50'", "tax", "error", "1 row with a value that is not a number"),
        (
            "orders",
            "order_type = 'gift'",
            "order_type",
            "error",
            "1 row with a value that isn't one of one_time, subscription_first, subscription_renewal, wholesale",
        ),
        ("orders", "ordered_at = '1970-01-01T00:00:00Z'", "ordered_at", "error", "1 row before 1990-01-01"),
        (
            "orders",
            "ordered_at = '2025-01-01T00:00:01Z'",
            "ordered_at",
            "warn",
            "1 row after 2025-01-01 00:00 UTC, which no figure counts yet",
        ),
        ("order_lines", "quantity = '0'", "quantity", "error", "1 row with a value that isn't above 0"),
        (
            "order_lines",
            "unit_price = '-0.01'",
            "unit_price",
            "error",
            "1 row with a value that isn't 0 or more",
        ),
        (
            "profiles",
            "birthday = '29/02/1980'",
            "birthday",
            "error",
            "1 row with a value that is not an ISO 8601 date",
        ),
        (
            "profiles",
            "max_emails_per_month = 'few'",
            "max_emails_per_month",
            "error",
            "1 row with a value that is not a whole number",
        ),
        ("profiles", "email = null", None, "error", "1 row without email or phone"),
        (
            "message_events",
            "event_type = 'read'",
            "event_type",
            "error",
            "1 row with a value that isn't one of sent, delivered, bounced, opened, clicked, unsubscribed, complained",
        ),
        ("message_events", "occurred_at = '0001-01-01'", "occurred_at", "warn", "1 row before 1990-01-01"),
        ("reviews", "rating = '5.5'", "rating", "error", "1 row with a value that isn't 5 or less"),
        (
            "survey_responses",
            "score = '11'",
            "score",
            "error",
            "1 row against the rule that an nps score is 0 to 10",
        ),
        ("exchange_rates", "rate = '0'", "rate", "error", "1 row with a value that isn't above 0"),
    ],
)
def test_gate_1_finds_one_row_that_breaks_one_rule(
    judge: Judge, table: str, assignment: str, column: str | None, severity: str, observed: str
) -> None:
    result = judge(Gate.ARRIVAL, first_row(table, assignment))
    assert broken(result) == [(f"raw_drop.{table}", column, severity, observed)]
    assert result.passed is (severity == "warn")
    (check,) = result.failed
    assert check.rows_failed == 1
    assert check.samples == (f"drop/{table}/1.csv row 1",)


def test_a_failed_check_makes_one_line_that_says_where_to_look(judge: Judge) -> None:
    result = judge(Gate.ARRIVAL, "update raw_drop.orders set order_id = null where _row_number <= 7")
    assert result.lines() == [
        "gate 1: raw_drop.orders.order_id: 7 rows without a value (expected none); look at "
        + ", ".join(f"drop/orders/1.csv row {row}" for row in range(1, 6))
        + " and others"
    ]


def test_a_time_without_offset_is_read_in_the_shops_zone(judge: Judge) -> None:
    """New York is five hours behind London: its 2024-12-31 20:00 is past the run's moment."""
    change = first_row("orders", "ordered_at = '2024-12-31 20:00:00'")
    assert broken(judge(Gate.ARRIVAL, change)) == []
    new_york = GateSettings(as_of=AS_OF, timezone="America/New_York")
    assert [check.severity for check in judge(Gate.ARRIVAL, change, new_york).failed] == ["warn"]


@pytest.mark.parametrize("offset", ["Z", "+00", "+00:00", "+0000", " +0000"])
def test_every_way_to_write_an_offset_is_judged(judge: Judge, offset: str) -> None:
    result = judge(Gate.ARRIVAL, first_row("orders", f"ordered_at = '1970-01-01T00:00:00{offset}'"))
    assert [check.observed for check in result.errors] == ["1 row before 1990-01-01"]


def test_the_earliest_day_is_a_setting(judge: Judge) -> None:
    change = first_row("orders", "ordered_at = '1985-06-01'")
    assert not judge(Gate.ARRIVAL, change).passed
    assert judge(Gate.ARRIVAL, change, GateSettings(earliest=date(1980, 1, 1))).passed


@pytest.mark.parametrize("table", ["orders", "order_lines"])
def test_a_mandatory_entity_may_not_be_empty(judge: Judge, table: str) -> None:
    result = judge(Gate.ARRIVAL, f"delete from raw_drop.{table}; delete from ops.run_log where entity = '{table}'")
    assert broken(result) == [(f"raw_drop.{table}", None, "error", f"{table} in the warehouse: 0")]


def test_an_optional_entity_may_be_empty(judge: Judge) -> None:
    change = "delete from raw_drop.reviews; delete from ops.run_log where entity = 'reviews'"
    assert broken(judge(Gate.ARRIVAL, change)) == []


def test_rows_once_loaded_may_not_be_gone(judge: Judge) -> None:
    result = judge(Gate.ARRIVAL, "delete from raw_drop.refunds where _row_number > 7")
    assert broken(result) == [("raw_drop.refunds", None, "error", "3 rows once loaded and now gone")]


def test_all_rows_of_an_optional_entity_may_not_be_gone(judge: Judge) -> None:
    result = judge(Gate.ARRIVAL, "delete from raw_drop.refunds")
    assert broken(result) == [("raw_drop.refunds", None, "error", "10 rows once loaded and now gone")]


LOAD_FACTOR = "size of the newest load as a multiple of the median load before it"


@pytest.mark.parametrize(
    ("loads", "expected"),
    [
        # The fixture's first load has 10 rows. Medians of the loads before: 100, 100, 100, 55, 10, 200.
        ([100, 100, 1000], []),
        ([100, 100, 1001], [("error", f"{LOAD_FACTOR}: 10.01")]),
        ([100, 100, 10], []),
        ([100, 100, 9], [("warn", f"{LOAD_FACTOR}: 0.09")]),
        ([100, 1100], []),  # two loads before: not judged
        ([10, 10, 99], []),  # no load of 100 rows: not judged
    ],
)
def test_the_newest_load_is_compared_with_the_loads_before(
    judge: Judge, loads: list[int], expected: list[tuple[str, str]]
) -> None:
    def deliver(connection: duckdb.DuckDBPyConnection) -> None:
        for load_id, rows in enumerate(loads, start=2):
            add_load(connection, "refunds", load_id, rows)

    result = judge(Gate.ARRIVAL, deliver)
    assert [(check.severity, check.observed) for check in result.failed] == expected
    assert all(check.table == "raw_drop.refunds" for check in result.failed)


def test_many_refused_rows_of_the_newest_load_warn(judge: Judge) -> None:
    refused = (
        "insert into ops.rejected_rows (load_id, entity, file, row_number) "
        "select {load}, 'orders', 'a.csv', i "
        "from range(2) as t (i)"
    )
    result = judge(Gate.ARRIVAL, refused.format(load=1))
    assert broken(result) == [("raw_drop.orders", None, "warn", "share of the newest load that was refused: 0.1667")]
    assert broken(judge(Gate.ARRIVAL, refused.format(load=0))) == []  # an earlier load's are not judged again


def test_a_raw_table_needs_its_columns(judge: Judge) -> None:
    result = judge(Gate.ARRIVAL, "alter table raw_drop.reviews drop column rating")
    assert broken(result) == [("raw_drop.reviews", None, "error", "1 column missing")]
    assert "look at rating: " in result.lines()[0]


def test_a_raw_table_needs_to_be_there(judge: Judge) -> None:
    result = judge(Gate.ARRIVAL, "drop table raw_drop.brand_mentions")
    columns = len(ENTITIES["brand_mentions"].columns) + 4
    assert broken(result) == [("raw_drop.brand_mentions", None, "error", f"{columns} columns missing")]


REQUIRED = {
    "marts": ["dim_customers", "fct_orders", "fct_order_lines", "fct_refunds"],
    "reporting": [
        "headline_figures", "repeat_rate_by_cohort", "repeat_rate_by_period", "cohort_retention",
        "sales_by_period", "reconciliation", "return_reasons", "run_info",
    ],
}  # fmt: skip


@pytest.mark.parametrize("table", [f"{schema}.{name}" for schema, names in REQUIRED.items() for name in names])
def test_gate_2_needs_every_required_table(judge: Judge, table: str) -> None:
    result = judge(Gate.PUBLICATION, f"drop table {table}")
    assert (table, None, "error", "1 table missing") in broken(result)
    assert {check.table for check in result.failed} <= {table, "marts.dim_customers"}


def again(table: str, *assignments: str) -> str:
    """The first row once more, changed where that keeps other rules whole."""
    change = f" replace ({', '.join(assignments)})" if assignments else ""
    return f"insert into {table} select *{change} from {table} limit 1"


@pytest.mark.parametrize(
    ("change", "table", "column", "observed"),
    [
        (
            again("marts.dim_customers", "0 as valid_orders", "0 as net_sales"),
            "marts.dim_customers",
            None,
            "1 value of person_id on several rows",
        ),
        (
            "update marts.dim_customers set person_id = null where person_id = 'p2'",
            "marts.dim_customers",
            "person_id",
            "1 row without person_id",
        ),
        (
            "update marts.dim_customers set valid_orders = 2 where person_id = 'p2'",
            "marts.dim_customers",
            "valid_orders",
            "sum of customers' valid_orders less that of the valid orders: 1",
        ),
        (
            "update marts.dim_customers set net_sales = net_sales - 0.0001 where person_id = 'p2'",
            "marts.dim_customers",
            "net_sales",
            "sum of customers' net_sales less that of the valid orders: -0.0001",
        ),
        (
            again("marts.fct_orders", "false as is_valid", "'test' as invalid_reason"),
            "marts.fct_orders",
            None,
            "1 value of order_key on several rows",
        ),
        (
            "update marts.fct_orders set gross_sales = gross_sales + 0.0001 where order_key = 'drop|1'",
            "marts.fct_orders",
            None,
            "1 row where gross − discounts − returns isn't net sales",
        ),
        (
            "update marts.fct_orders set net_sales = null where not is_valid",
            "marts.fct_orders",
            None,
            "1 row where gross − discounts − returns isn't net sales",
        ),
        (
            "insert into marts.fct_orders values ('drop|5', 'p2', true, null, 2, true, null, null, null, "
            "null); update marts.dim_customers set valid_orders = 2 where person_id = 'p2'",
            "marts.fct_orders",
            "net_sales",
            "1 row of a valid order without amounts",
        ),
        (
            "update marts.fct_orders set invalid_reason = null where not is_valid",
            "marts.fct_orders",
            "invalid_reason",
            "1 row of an order valid despite a reason against it, or invalid without one",
        ),
        (
            "update marts.fct_orders set is_repeat = false where order_key = 'drop|2'",
            "marts.fct_orders",
            "is_repeat",
            "1 row of a valid order where is_repeat and the sequence disagree",
        ),
        (
            again("marts.fct_order_lines"),
            "marts.fct_order_lines",
            None,
            "1 value of line_key on several rows",
        ),
        (again("marts.fct_refunds"), "marts.fct_refunds", None, "1 value of refund_key on several rows"),
        (
            "update reporting.headline_figures set value = 1.0001 where unit = 'share'",
            "reporting.headline_figures",
            "value",
            "2 rows with a share that isn't between 0 and 1",
        ),
        (
            again("reporting.headline_figures"),
            "reporting.headline_figures",
            None,
            "1 value of figure on several rows",
        ),
        (
            "update reporting.repeat_rate_by_cohort set repeat_rate = -0.1 where repeaters = 2",
            "reporting.repeat_rate_by_cohort",
            "repeat_rate",
            "1 row with a repeat_rate that isn't between 0 and 1",
        ),
        (
            "update reporting.repeat_rate_by_cohort set repeat_rate = 0 where mature_customers = 0",
            "reporting.repeat_rate_by_cohort",
            "repeat_rate",
            "1 row where the rate is NULL and members are mature, or the other way round",
        ),
        (
            "update reporting.repeat_rate_by_cohort set repeaters = 9 where repeaters = 2",
            "reporting.repeat_rate_by_cohort",
            None,
            "1 row where not 0 ≤ repeaters ≤ mature customers ≤ customers",
        ),
        (
            "update reporting.repeat_rate_by_cohort set mature_customers = 11 where repeaters = 2",
            "reporting.repeat_rate_by_cohort",
            None,
            "1 row where not 0 ≤ repeaters ≤ mature customers ≤ customers",
        ),
        (
            "update reporting.repeat_rate_by_cohort set customers = null where repeaters = 2",
            "reporting.repeat_rate_by_cohort",
            None,
            "1 row where not 0 ≤ repeaters ≤ mature customers ≤ customers",
        ),
        (
            "update reporting.repeat_rate_by_period set repeat_rate = 2",
            "reporting.repeat_rate_by_period",
            "repeat_rate",
            "1 row with a repeat_rate that isn't between 0 and 1",
        ),
        (
            "update reporting.repeat_rate_by_period set customers_with_two_or_more = 11",
            "reporting.repeat_rate_by_period",
            None,
            "1 row where not 0 ≤ customers with two or more ≤ customers",
        ),
        (
            "update reporting.cohort_retention set active = 11",
            "reporting.cohort_retention",
            None,
            "1 row where not 0 ≤ active, repeaters ≤ customers",
        ),
        (
            again("reporting.cohort_retention"),
            "reporting.cohort_retention",
            None,
            "1 value of cohort_month, months_since, dimension, dimension_value on several rows",
        ),
        (
            "update reporting.sales_by_period set refunds = 2.0001",
            "reporting.sales_by_period",
            None,
            "1 row where gross − discounts − refunds isn't net sales",
        ),
        (
            "update reporting.reconciliation set amount = 35.0001 where step_number = 11",
            "reporting.reconciliation",
            "amount",
            "1 month of a source whose steps' amount and what is reported differ",
        ),
        (
            "update reporting.reconciliation set orders = 5 where step_number = 1",
            "reporting.reconciliation",
            "orders",
            "1 month of a source whose steps' orders and what is reported differ",
        ),
        (
            "update reporting.reconciliation set step = 'the end' where step_number = 11",
            "reporting.reconciliation",
            "step",
            "1 step 'net sales reported' missing",
        ),
        (
            "insert into reporting.run_info from reporting.run_info",
            "reporting.run_info",
            None,
            "rows of the run: 2",
        ),
        ("delete from reporting.run_info", "reporting.run_info", None, "rows of the run: 0"),
        (
            "update reporting.run_info set as_of = null",
            "reporting.run_info",
            None,
            "1 row without as_of, version or currency",
        ),
        (
            "alter table reporting.return_reasons add column customer_id bigint",
            "reporting",
            None,
            "1 column named after a person's data",
        ),
        (
            "alter table reporting.return_reasons add column referrer_email bigint",
            "reporting",
            None,
            "1 column named after a person's data",
        ),
        (
            "update reporting.return_reasons set reason = 'ask ann@example.com why'",
            "reporting.return_reasons",
            "reason",
            "1 row with an e-mail address in it",
        ),
        (
            """alter table reporting.return_reasons add column "by whom" varchar[] """
            "default ['x', 'ann@example.com']",
            "reporting.return_reasons",
            "by whom",
            "1 row with an e-mail address in it",
        ),
        (
            "alter table reporting.sales_by_period drop column refunds",
            "reporting.sales_by_period",
            None,
            "1 column missing: refunds; without it can't be told whether gross − discounts − refunds = net",
        ),
    ],
)
def test_gate_2_finds_what_breaks_one_rule(
    judge: Judge, change: str, table: str, column: str | None, observed: str
) -> None:
    result = judge(Gate.PUBLICATION, change)
    assert not result.passed
    assert broken(result) == [(table, column, "error", observed)]


def test_the_reconciliation_says_which_month_is_off_by_how_much(judge: Judge) -> None:
    result = judge(Gate.PUBLICATION, "update reporting.reconciliation set amount = 34 where step_number = 11")
    assert result.lines()[0].endswith("; look at drop 2024-03 off by 1.0000")


def test_amounts_of_an_invalid_order_without_a_rate_may_be_missing(judge: Judge) -> None:
    change = (
        "update marts.fct_orders set gross_sales = null, discounts = null, returns = null, net_sales = null "
        "where not is_valid"
    )
    assert broken(judge(Gate.PUBLICATION, change)) == []


def test_a_column_about_people_as_a_whole_is_no_persons_data(judge: Judge) -> None:
    change = "alter table reporting.return_reasons add column email_orders bigint default 3"
    assert broken(judge(Gate.PUBLICATION, change)) == []


def pages(docs: Path) -> dict[str, str]:
    return {
        file.relative_to(docs).as_posix(): file.read_text(encoding="utf-8")
        for file in docs.rglob("*")
        if file.is_file()
    }


def test_the_docs_show_both_gates_and_name_no_person_and_no_host(judge: Judge) -> None:
    leak = "update reporting.return_reasons set reason = 'ask ann3@example.com why'"
    judge(Gate.ARRIVAL, first_row("orders", "tax = 'ann3@example.com', order_id = null, first_name = 'Ann'"))
    judge(Gate.PUBLICATION, leak)
    docs = pages(judge.docs)
    index = docs["index.html"]
    assert "gate 1: raw_drop.orders.order_id: 1 row without a value" in index
    assert "gate 2: reporting.return_reasons.reason: 1 row with an e-mail address in it" in index
    links = re.findall(r'href="(gate_[^"]+)"', index)
    assert set(links) <= docs.keys()
    assert {"gate_1/raw_drop.orders.html", "gate_2/reporting.return_reasons.html"} <= set(links)
    assert "No rows without a value" in docs["gate_1/raw_drop.orders.html"]
    for name, text in docs.items():
        assert "@example.com" not in text, name
        assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//|url\(\s*["']?(?:https?:)?//""", text), name
        assert '<link rel="stylesheet"' not in text, name


def test_gate_1_begins_the_docs_anew(judge: Judge) -> None:
    judge(Gate.PUBLICATION)
    assert any(name.startswith("gate_2/") for name in pages(judge.docs))
    judge(Gate.ARRIVAL)
    docs = pages(judge.docs)
    assert not any(name.startswith("gate_2") for name in docs)
    assert "not reached" in docs["index.html"]


def test_the_summary_holds_every_check(judge: Judge) -> None:
    result = judge(Gate.ARRIVAL, first_row("orders", "order_id = null"))
    summary = json.loads((judge.docs / "gate_1.json").read_text(encoding="utf-8"))
    assert summary["passed"] is False
    assert len(summary["checks"]) == len(result.checks) == sum(table["checks"] for table in summary["tables"])


def test_a_check_that_cannot_be_computed_has_failed_and_tells_no_values(judge: Judge) -> None:
    """Text in a figure's column: DuckDB's message quotes the value, which the docs may not hold."""
    change = (
        "alter table reporting.sales_by_period alter refunds type varchar; "
        "update reporting.sales_by_period set refunds = 'ann@example.com'"
    )
    result = judge(Gate.PUBLICATION, change)
    assert not result.passed
    assert {check.observed for check in result.errors if check.table == "reporting.sales_by_period"} >= {
        "could not be computed"
    }
    assert not any("ann@example.com" in text for text in pages(judge.docs).values())


@pytest.mark.parametrize("gate", list(Gate))
def test_the_warehouse_opens_for_writing_right_after(judge: Judge, gate: Gate) -> None:
    judge(gate, first_row("orders", "order_id = null"))
    write = "import duckdb, sys; duckdb.connect(sys.argv[1]).execute('create table main.written as select 1')"
    subprocess.run([sys.executable, "-c", write, str(judge.warehouse)], check=True, timeout=60)
    with duckdb.connect(judge.warehouse) as connection:
        assert connection.execute("from main.written").fetchall() == [(1,)]


def test_the_gates_change_nothing_but_the_docs(judge: Judge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    judge(Gate.ARRIVAL)
    before = judge.warehouse.read_bytes()
    run_gate(Gate.ARRIVAL, judge.warehouse, judge.docs, SETTINGS)
    run_gate(Gate.PUBLICATION, judge.warehouse, judge.docs, SETTINGS)
    assert judge.warehouse.read_bytes() == before
    assert list(elsewhere.iterdir()) == []
    assert {file.name for file in tmp_path.iterdir()} == {"elsewhere", "warehouse.duckdb", "data_docs"}


def test_a_path_may_hold_any_characters(sound: Path, tmp_path: Path) -> None:
    folder = tmp_path / "böse # 100% & $HOME ?x=1"
    folder.mkdir()
    shutil.copy(sound, folder / "warehouse.duckdb")
    assert run_gate(Gate.ARRIVAL, folder / "warehouse.duckdb", folder / "docs", SETTINGS).passed


def test_a_missing_warehouse_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.duckdb: no warehouse there"):
        run_gate(Gate.ARRIVAL, tmp_path / "nowhere.duckdb", tmp_path / "docs")


def test_a_warehouse_held_for_writing_is_said_in_one_line(sound: Path, tmp_path: Path) -> None:
    warehouse = shutil.copy(sound, tmp_path / "warehouse.duckdb")
    with duckdb.connect(warehouse), pytest.raises(UserError, match="can't be opened for reading"):
        run_gate(Gate.ARRIVAL, warehouse, tmp_path / "docs")


def test_great_expectations_is_imported_only_when_a_gate_runs_and_exits_quietly(judge: Judge) -> None:
    judge(Gate.PUBLICATION)
    script = (
        "import sys; from pathlib import Path; from orchestration.quality.gates import Gate, run_gate; "
        "assert 'great_expectations' not in sys.modules; "
        "assert run_gate(Gate.PUBLICATION, Path(sys.argv[1]), Path(sys.argv[2])).passed; "
        "assert 'great_expectations' in sys.modules"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", script, str(judge.warehouse), str(judge.docs)],
        capture_output=True, text=True, timeout=120, env=environment, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
