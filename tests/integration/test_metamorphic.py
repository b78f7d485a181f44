"""The golden shop told otherwise is the golden shop: what must change nothing changes nothing, in any table."""

import csv
import json
import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from orchestration.shop import load_shop
from orchestration.sources.drop.entities import ENTITIES
from tests.integration.warehouse import GOLDEN, Builder, Row, Warehouse

UTC = ZoneInfo("UTC")
SEED = 20240305
Files = dict[str, list[dict[str, str]]]
"""Rows by file, as a path below drop/."""


def golden_files() -> Files:
    """What the golden shop delivers."""
    files: Files = {}
    for path in sorted((GOLDEN / "shop" / "drop").rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            files[path.relative_to(GOLDEN / "shop" / "drop").as_posix()] = list(csv.DictReader(file))
    return files


def write(folder: Path, files: Files, **fields: str) -> Path:
    """A shop like the golden one with other files, and other fields in its shop.yml."""
    for name, rows in files.items():
        path = folder / "drop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".jsonl":
            path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
            continue
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter=";" if "semicolons" in name else ",")
            writer.writeheader()
            writer.writerows(rows)
    shop = load_shop(GOLDEN / "shop")
    known = {
        "name": shop.name,
        "timezone": shop.timezone,
        "currency": shop.currency,
        "as_of": f"{shop.as_of:%Y-%m-%dT%H:%M:%S}",
        "history_starts_on": f"{shop.history_starts_on}",
    }
    (folder / "shop.yml").write_text("".join(f"{key}: {value}\n" for key, value in (known | fields).items()))
    return folder


def each_cell(files: Files, change: Callable[[str, str], str]) -> Files:
    """Files with every filled cell changed, given its column."""
    return {
        name: [{column: change(column, cell) if cell else cell for column, cell in row.items()} for row in rows]
        for name, rows in files.items()
    }


def in_utc(files: Files, zone: str) -> Files:
    """The same instants, all written in UTC. What has no offset is the shop's; the later one of two, as promised."""
    moments = {column.name for entity in ENTITIES.values() for column in entity.columns if column.kind == "timestamp"}

    def change(column: str, cell: str) -> str:
        if column not in moments:
            return cell
        moment = datetime.fromisoformat(cell)
        if moment.tzinfo is None:
            readings = (moment.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1))
            moment = max(readings)
        return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"

    return each_cell(files, change)


def assert_same(found: dict[str, list[Row]], expected: dict[str, list[Row]]) -> None:
    """Every table has the same rows; says which differ, and one row that is in one of them alone."""
    assert {"marts.fct_orders", "reporting.repeat_rate_by_cohort"} < set(expected)
    assert set(found) == set(expected)
    for name, rows in expected.items():
        if found[name] != rows:
            alone = [row for row in rows if row not in found[name]] + [row for row in found[name] if row not in rows]
            pytest.fail(f"{name}: {len(rows)} rows became {len(found[name])}; in one of them alone: {alone[:2]}")


def test_shuffled_rows_change_nothing(builder: Builder, golden: Warehouse, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    files = {name: chance.sample(rows, len(rows)) for name, rows in golden_files().items()}
    assert files != golden_files()
    assert_same(builder.build(write(tmp_path, files), "shuffled").tables(), golden.tables())


def test_split_files_change_nothing(builder: Builder, golden: Warehouse, tmp_path: Path) -> None:
    # Three files of three kinds for each.
    files = {
        f"{name.removesuffix('.csv')}_{part}{ending}": rows[part::3]
        for name, rows in golden_files().items()
        for part, ending in enumerate([".csv", ".jsonl", "_semicolons.csv"])
        if rows[part::3]
    }
    assert_same(builder.build(write(tmp_path, files), "split").tables(), golden.tables())


RENAMED = (
    "order_id", "line_id", "customer_id", "refund_id", "return_id", "event_id", "variant_id", "product_id",
    "exchange_of_order_id",
)  # fmt: skip


def test_renamed_ids_change_nothing_but_names(builder: Builder, golden: Warehouse, tmp_path: Path) -> None:
    files = each_cell(golden_files(), lambda column, cell: f"renamed-{cell}" if column in RENAMED else cell)
    renamed = builder.build(write(tmp_path, files), "renamed")
    persons = "select order_key, person_id from marts.fct_orders"
    named = {str(key).replace("renamed-", ""): str(person) for key, person in renamed.query(persons)}
    # A person is called by a hash of the earliest evidence, which may be a renamed id.
    back = {named[str(key)]: str(person) for key, person in golden.query(persons)}
    assert len(set(back.values())) == len(back)

    def original(cell: object) -> object:
        return back.get(cell, cell.replace("renamed-", "")) if isinstance(cell, str) else cell

    tables = {
        name: [{column: original(cell) for column, cell in row.items()} for row in rows]
        for name, rows in renamed.tables().items()
    }
    by_text = {name: (sorted(tables[name], key=str), sorted(rows, key=str)) for name, rows in golden.tables().items()}
    assert_same(
        {name: rows for name, (rows, _) in by_text.items()}, {name: rows for name, (_, rows) in by_text.items()}
    )


def test_delivering_everything_twice_changes_nothing(builder: Builder, golden: Warehouse, tmp_path: Path) -> None:
    # Twice in one delivery, and that upon what is already there.
    files = {
        f"{Path(name).parent}/{copy}_{Path(name).name}": rows
        for name, rows in golden_files().items()
        for copy in ("again", "once_more")
    }
    assert_same(builder.build(write(tmp_path, files), "twice", upon=golden).tables(), golden.tables())


def test_same_instants_in_another_notation_change_nothing(builder: Builder, golden: Warehouse, tmp_path: Path) -> None:
    shop = load_shop(GOLDEN / "shop")
    folder = write(tmp_path, in_utc(golden_files(), shop.timezone), as_of="2025-07-01T06:00:00+02:00")
    assert load_shop(folder).as_of_utc == shop.as_of_utc
    assert_same(builder.build(folder, "notation").tables(), golden.tables())


@pytest.fixture(scope="module")
def tokyo(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The same instants, in a shop 13 or 14 hours ahead."""
    folder = write(
        tmp_path_factory.mktemp("tokyo"),
        in_utc(golden_files(), load_shop(GOLDEN / "shop").timezone),
        timezone="Asia/Tokyo",
        as_of="2025-07-01T04:00:00Z",
    )
    return builder.build(folder, "tokyo")


# What a day means, and what is told from days.
LOCAL = {
    "marts.fct_orders": {"order_date"},
    "marts.fct_refunds": {"refund_date"},
    "marts.fct_returns": {"requested_date"},
    "marts.dim_customers": {"lifecycle_stage", "rfm_segment", "tier"},
    "marts.fct_order_lines": set(),
    "marts.fct_touches": set(),
    "marts.fct_attributed_orders": set(),
}


@pytest.mark.parametrize("table", LOCAL)
def test_another_zone_changes_only_what_a_day_means(golden: Warehouse, tokyo: Warehouse, table: str) -> None:
    sql = f"select {'* exclude (' + ', '.join(LOCAL[table]) + ')' if LOCAL[table] else '*'} from {table} order by all"
    assert tokyo.rows(sql) == golden.rows(sql)


def test_another_zone_moves_each_order_to_that_zones_day(golden: Warehouse, tokyo: Warehouse) -> None:
    moments = dict(golden.query("select order_key, ordered_at from marts.fct_orders"))
    days = dict(tokyo.query("select order_key, order_date from marts.fct_orders"))
    for order, moment in moments.items():
        assert isinstance(moment, datetime)
        assert days[order] == moment.replace(tzinfo=UTC).astimezone(ZoneInfo("Asia/Tokyo")).date()
    assert days != dict(golden.query("select order_key, order_date from marts.fct_orders"))


@pytest.mark.parametrize(
    "total",
    [
        "select step_number, sum(orders), sum(amount) from reporting.reconciliation group by all order by all",
        "select customer_type, sum(orders), sum(gross_sales), sum(discounts), sum(refunds), sum(net_sales), sum(tax) "
        "from reporting.sales_by_period where dimension = 'all' group by all order by all",
        "select sum(new_customers), sum(referred_customers), sum(valid_orders), sum(referred_orders) "
        "from reporting.referrals where dimension = 'all'",
        "select sum(customers) from reporting.cohort_retention where dimension = 'all' and months_since = 0",
        "select * from reporting.return_reasons order by all",
        "select flow_id, sum(sent), sum(delivered), sum(opened_human), sum(clicked_human), sum(ordered), "
        "sum(attributed_net_sales) from marts.fct_flow_performance group by all order by all",
    ],
    ids=["reconciliation", "sales", "referrals", "customers", "return reasons", "flows"],
)
def test_another_zone_leaves_totals(golden: Warehouse, tokyo: Warehouse, total: str) -> None:
    assert tokyo.query(total) == golden.query(total)
