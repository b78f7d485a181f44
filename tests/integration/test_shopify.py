"""Shopify from its API to the figures."""

import random
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from orchestration.privacy.erase import begin_customer
from orchestration.privacy.person import Person
from orchestration.privacy.search import search
from orchestration.privacy.tombstones import Tombstones
from orchestration.shop import Shop, load_shop
from orchestration.sources.drop.entities import ENTITIES
from orchestration.sources.drop.loader import create_tables
from orchestration.sources.load import load_source
from orchestration.sources.registry import configured_sources
from orchestration.sources.source import Window
from orchestration.sources.store import SourceLoad
from orchestration.warehouse import open_warehouse
from orchestration.webhooks.drain import asked_for, drain
from orchestration.webhooks.queue import Queue
from orchestration.webhooks.shopify import Action, Change
from tests.conftest import REPOSITORY
from tests.fakes import shopify_data as data
from tests.fakes.clock import FakeClock
from tests.fakes.server import Fault, Reply, Request
from tests.fakes.shopify import TOKEN, FakeShopify, gid
from tests.integration.conftest import run_command, small_entities, write_shop
from tests.integration.shopify_shop import ANN, BEN, DORA, EMIL, FORGOTTEN, files, fill
from tests.integration.warehouse import Builder, Warehouse

# When loads are said to have started: naive UTC, the fake's own time too.
STARTED = datetime(2026, 1, 1)  # noqa: DTZ001


@pytest.fixture(scope="session")
def schema_file(shared: Path) -> Path:
    """The vendor's schema."""
    return shared / "specs" / "shopify" / "admin_2026-10.json.gz"


@pytest.fixture
def shopify(schema_file: Path, monkeypatch: pytest.MonkeyPatch) -> FakeShopify:
    """An empty shop, its token in the environment."""
    monkeypatch.setenv("SHOPIFY_ACCESS_TOKEN", TOKEN)
    return FakeShopify(schema_file, FakeClock())


def take(
    fake: FakeShopify, shop: Shop, warehouse: Path, started: datetime = STARTED, tombstones: Tombstones | None = None,
    backfill: Window | None = None,
) -> SourceLoad:  # fmt: skip
    """Load what is new at the fake."""
    settings = {"shopify": {"shop": "fake.myshopify.com", "url": fake.url}}
    (configured,) = configured_sources(shop.model_copy(update={"sources": settings}))
    with open_warehouse(warehouse) as connection:
        load = load_source(
            configured,
            connection,
            warehouse.parent / "pipelines",
            started,
            clock=fake.clock,
            tombstones=tombstones,
            backfill=backfill,
            progress=lambda _: None,
        )
    assert fake.violations == []
    return load


@pytest.fixture(scope="module")
def as_files(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Warehouse]:
    """The small shop, dropped."""
    folder = write_shop(tmp_path_factory.mktemp("shopify"), "small", files(), as_of="2025-06-01T00:00:00")
    return folder, builder.build(folder, "shopify_as_files")


def test_a_shop_at_shopify_gives_the_figures_of_the_same_shop_in_files(
    builder: Builder, as_files: tuple[Path, Warehouse], shopify: FakeShopify, tmp_path: Path
) -> None:
    folder, dropped = as_files
    raw = Warehouse(Path(shutil.copy(dropped.file, tmp_path / "raw.duckdb")))
    with open_warehouse(raw.file) as connection:
        for entity in files():
            connection.execute(f"delete from raw_drop.{entity}")
    fill(shopify)
    with shopify.running():
        load = take(shopify, load_shop(folder), raw.file)
    assert load.problem is None
    built = builder.rerun(folder, "shopify_from_api", raw, "select 1", "")
    for entity in files():
        columns = ", ".join(
            name for name in ENTITIES[entity].column_names if name not in ("updated_at", "financial_status")
        )
        rows = [
            warehouse.rows(f"select {columns} from staging.stg_{source}__{entity} order by all")
            for warehouse, source in ((built, "shopify"), (dropped, "drop"))
        ]
        assert rows[0] == rows[1], entity
    given, expected = built.tables(("reporting",)), dropped.tables(("reporting",))
    assert given.keys() == expected.keys()
    for table, rows in expected.items():
        assert _of_one_source(given[table]) == _of_one_source(rows), table


def test_what_few_shops_have_in_the_shared_shape(builder: Builder, shopify: FakeShopify, tmp_path: Path) -> None:
    """Trade, subscriptions by tag, returns paid in credit, parcels called off, addresses that can't be written to."""
    at = "2025-03-01T10:00:00Z"
    kinds: dict[int, dict[str, Any]] = {
        1: {"purchasingEntity": {"__typename": "PurchasingCompany"}},
        2: {"tags": ["B2B"]},
        3: {"tags": [" Subscription First Order "]},
        4: {"tags": ["appstle_subscription_recurring_order"]},
        5: {"sourceName": "subscription_contract_checkout_one"},
        # Who sells to trade under a subscription still sells to trade.
        6: {"tags": ["wholesale"], "sourceName": "subscription_contract"},
        7: {"tags": ["Replacement"]},
    }
    for number, fields in kinds.items():
        shopify.put(data.order(number, at, [data.line(number, "10.00")], email=f"p{number}@example.com", **fields))
    items = [data.line(80 + number, "10.00") for number in range(6)]
    credit, card = (
        data.payment(number, "10.00", gateway, kind="REFUND")
        for number, gateway in ((1, "shopify_store_credit"), (2, "shopify_payments"))
    )
    paid_by = {0: [credit], 1: [credit, card], 2: [data.payment(3, "10.00", "gift_card", kind="REFUND")]}
    statuses = {3: {"status": "DECLINED"}}
    shopify.put(
        data.order(
            8, at, items, email="p8@example.com",
            returns=[
                data.return_of(
                    number, at, [data.returned(number, item, 1, "unwanted", refundedQuantity=int(number == 4))],
                    **statuses.get(number, {}),
                )
                for number, item in enumerate(items)
            ],
            refunds=[
                data.refund(number, at, [data.refunded(number, items[number], 1, "10.00")],
                            # Of the second refund a fee was kept.
                            [data.adjustment(9, "2.00")] * (number == 1),
                            transactions=paid, note=" as asked " if number == 2 else None,
                            **{"return": {"id": gid("Return", number)}})
                for number, paid in paid_by.items()
            ],
            fulfillments=[
                data.fulfillment(1, at, status="CANCELLED"),
                data.fulfillment(2, at, displayStatus=None),
            ],
        )
    )  # fmt: skip
    invalid = data.customer(2, at, "typo@example", "SUBSCRIBED")
    invalid["defaultEmailAddress"]["validFormat"] = False
    shopify.put(
        data.customer(1, at, "bounced@example.com", "INVALID"),
        invalid,
        data.customer(4, at, None, defaultPhoneNumber=data.phone("+4915100000004", "UNSUBSCRIBED")),
        data.customer(5, at, "five@example.com", defaultPhoneNumber=data.phone("+4915100000005", "REDACTED")),
    )
    folder = write_shop(tmp_path, "few", {}, as_of="2025-06-01T00:00:00")
    with shopify.running():
        (folder / "shop.yml").write_text(
            "name: few\ntimezone: UTC\ncurrency: EUR\nas_of: 2025-06-01T00:00:00\n"
            f"sources:\n  shopify:\n    shop: fake.myshopify.com\n    url: {shopify.url}\n"
        )
        (configured,) = configured_sources(load_shop(folder))
        built = builder.build(
            folder, "shopify_few", select="staging.shopify",
            load=lambda connection: load_source(
                configured, connection, tmp_path / "dlt", STARTED, clock=shopify.clock, progress=lambda _: None
            ),
        )  # fmt: skip
    assert shopify.violations == []
    assert built.query(
        "select order_id, order_type, exchange_of_order_id from staging.stg_shopify__orders order by all"
    ) == [
        ("1", "wholesale", None),
        ("2", "wholesale", None),
        ("3", "subscription_first", None),
        ("4", "subscription_renewal", None),
        ("5", "subscription_first", None),
        ("6", "wholesale", None),
        ("7", None, "unknown"),
        ("8", None, None),
    ]
    assert built.query("select return_id, outcome from staging.stg_shopify__returns order by all") == [
        ("0", "store_credit"), ("1", "refund"), ("2", "store_credit"), ("4", "refund"), ("5", None)
    ]  # fmt: skip
    assert built.query("select refund_id, amount, reason from staging.stg_shopify__refunds order by all") == [
        ("0", Decimal("10.0000"), None),
        ("1", Decimal("10.0000"), None),
        ("2", Decimal("10.0000"), "as asked"),
        ("adjustment-9", Decimal("-2.0000"), "refund_discrepancy"),
    ]
    assert built.query("select fulfillment_id, status from staging.stg_shopify__fulfillments") == [("2", "success")]
    assert built.query(
        "select customer_id, email, email_consent, phone, sms_consent, suppression_reason "
        "from staging.stg_shopify__profiles order by all"
    ) == [
        ("1", "bounced@example.com", "never", None, None, "invalid"),
        ("2", "typo@example", "subscribed", None, None, "invalid"),
        ("4", None, None, "+4915100000004", "unsubscribed", None),
    ]


@pytest.fixture
def small(tmp_path: Path) -> Shop:
    """A shop without files."""
    return Shop(folder=tmp_path, name="small", timezone="UTC", currency="EUR")


def raw(warehouse: Path, table: str) -> dict[str, Any]:
    """A raw table's payloads by id, decoded."""
    with open_warehouse(warehouse, read_only=True) as connection:
        rows = connection.execute(f"select id, payload from raw_shopify.{table}").fetchall()
    return {row[0]: orjson.loads(row[1]) for row in rows}


def counts(load: SourceLoad, stream: str) -> tuple[int, int, int]:
    """New, replaced and known records."""
    found = load.streams[stream]
    return found.new, found.replaced, found.stored_before


def test_a_second_load_takes_what_changed_and_nothing_twice(shopify: FakeShopify, small: Shop, tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    fill(shopify)
    with shopify.running():
        first = take(shopify, small, warehouse)
        assert counts(first, "orders") == (11, 0, 0)
        assert counts(first, "refunds") == (1, 0, 0)
        assert counts(first, "deletions") == (1, 0, 0)
        # The last order's moment less fifteen minutes: that order is asked for again and is known.
        again = take(shopify, small, warehouse, STARTED + timedelta(hours=1))
        assert counts(again, "orders") == (0, 0, 1)
        assert counts(again, "customers") == (0, 0, 5)

        # An order of January is edited in December: other lines, and a refund.
        kept = data.line(990, "7.00")
        refund = data.refund(990, "2025-12-31T10:00:00Z", [data.refunded(991, kept, 1, "7.00")])
        shopify.change(gid("Order", 1001), "2025-12-31T10:00:00Z", lineItems=[kept], refunds=[refund])
        later = take(shopify, small, warehouse, STARTED + timedelta(hours=2))
    assert counts(later, "orders") == (0, 1, 1)
    assert counts(later, "refunds") == (1, 0, 0)
    edited = raw(warehouse, "orders")[gid("Order", 1001)]
    assert [line["id"] for line in edited["lineItems"]["nodes"]] == [kept["id"]]
    assert len(raw(warehouse, "orders")) == 11
    assert set(raw(warehouse, "refunds")) == {gid("Refund", 71), gid("Refund", 990)}


@pytest.mark.parametrize("sees_all", [True, False])
def test_a_backfill_follows_deletions_that_nothing_tells_of(
    sees_all: bool, shopify: FakeShopify, small: Shop, tmp_path: Path
) -> None:
    """Of a span's orders that the shop no longer gives, one is deleted and one only changed since."""
    warehouse = tmp_path / "warehouse.duckdb"
    fill(shopify)
    with shopify.running():
        take(shopify, small, warehouse)
        before = raw(warehouse, "orders")
        if not sees_all:
            shopify.scopes.discard("read_all_orders")
        refunded = next(order for order in before if before[order]["refunds"])
        others = [order for order in before if order != refunded]
        del shopify.nodes["Order"][refunded]
        shopify.change(others[0], "2026-01-02T00:00:00Z", tags=["since"])
        whole = Window(datetime(2024, 1, 1), datetime(2026, 1, 1))  # noqa: DTZ001
        load = take(shopify, small, warehouse, STARTED + timedelta(days=3), backfill=whole)
    assert load.problem is None
    assert load.streams["orders"].removed == sees_all
    assert set(raw(warehouse, "orders")) == (set(others) if sees_all else set(before))
    # A refund goes with its order.
    assert len(raw(warehouse, "refunds")) == (0 if sees_all else 1)
    # The change after the span is the next load's.
    assert raw(warehouse, "orders")[others[0]]["tags"] == before[others[0]]["tags"]


def test_a_deleted_order_and_customer_leave_the_figures(
    builder: Builder, as_files: tuple[Path, Warehouse], shopify: FakeShopify, tmp_path: Path
) -> None:
    folder, dropped = as_files
    file = Path(shutil.copy(dropped.file, tmp_path / "deleted.duckdb"))
    fill(shopify)
    with shopify.running():
        take(shopify, load_shop(folder), file)
        shopify.delete(gid("Order", 1006), "2025-05-25T00:00:00Z")
        shopify.delete(gid("Customer", ANN), "2025-05-25T00:00:00Z")
        # After the as-of moment it hasn't happened yet.
        shopify.delete(gid("Order", 1001), "2025-07-01T00:00:00Z")
        take(shopify, load_shop(folder), file, STARTED + timedelta(days=1))
    built = builder.rerun(folder, "shopify_deleted", Warehouse(file), "select 1", "staging.shopify")
    orders = {row[0] for row in built.query("select order_id from staging.stg_shopify__orders")}
    assert "1001" in orders
    assert not orders & {"1006", "1012"}
    assert built.value("select count(*) from staging.stg_shopify__order_lines where order_id = '1006'") == 0
    assert built.value("select count(*) from staging.stg_shopify__refunds") == 0
    assert built.query("select customer_id from staging.stg_shopify__profiles order by all") == [
        (str(BEN),), (str(DORA),), (str(EMIL),)
    ]  # fmt: skip


def test_a_forgotten_customer_is_in_no_raw_table(shopify: FakeShopify, small: Shop, tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    fill(shopify)
    # One server throughout: the addresses of its files hold its port.
    with shopify.running():
        take(shopify, small, warehouse)
        _forget_ann(shopify, small, warehouse)


def _forget_ann(shopify: FakeShopify, small: Shop, warehouse: Path) -> None:
    before = raw(warehouse, "orders")
    with open_warehouse(warehouse) as connection:
        create_tables(connection)
        begun = begin_customer(connection, warehouse.parent / "privacy", "shopify", str(ANN), ["1003"], STARTED)
        assert begun.blanked == {"raw_shopify.orders": 5}
        assert begun.removed == {"raw_shopify.customers": 1}
        assert ("email", "ann@example.com") in begun.person.identifiers
        nobody = begin_customer(connection, warehouse.parent / "privacy", "shopify", "1", [], STARTED)
        assert (nobody.blanked, nobody.removed) == ({}, {})
        tables = connection.execute(
            "select string_agg(cast(payload as varchar), '') from (select payload from raw_shopify.orders union all "
            "select payload from raw_shopify.customers union all select payload from raw_shopify.refunds)"
        ).fetchall()[0][0]
    for word in ("ann@example.com", "Ann", "+4915112345678", "too tight"):
        assert word not in tables
    after = raw(warehouse, "orders")
    assert after.keys() == before.keys()
    order, was = after[gid("Order", 1001)], before[gid("Order", 1001)]
    assert "customer" not in order
    assert order["shippingAddress"] == {"countryCodeV2": "DE"}
    assert {key: order[key] for key in ("lineItems", "totalTaxSet", "processedAt", "discountCodes")} == {
        key: was[key] for key in ("lineItems", "totalTaxSet", "processedAt", "discountCodes")
    }
    assert "email" not in after[gid("Order", 1003)]
    assert after[gid("Order", 1002)] == before[gid("Order", 1002)]

    # Nobody comes back: not with the overlap of the next load, not with a new account, not into a new warehouse.
    shopify.put(data.customer(900, "2026-01-01T00:00:00Z", "ann@example.com"))
    tombstones = Tombstones(warehouse.parent / "privacy")
    anew = warehouse.parent / "anew" / "warehouse.duckdb"
    assert take(shopify, small, warehouse, STARTED + timedelta(days=1), tombstones).problem is None
    assert take(shopify, small, anew, STARTED + timedelta(days=2), tombstones).problem is None
    assert raw(anew, "orders") == raw(warehouse, "orders") == after
    assert (
        raw(anew, "customers").keys()
        == raw(warehouse, "customers").keys()
        == {gid("Customer", number) for number in (BEN, DORA, EMIL, FORGOTTEN)}
    )
    assert Tombstones(warehouse.parent / "privacy").has("id:shopify", "900")


def test_webhooks_are_done_once_and_changed_orders_wait_for_a_load(
    shopify: FakeShopify, small: Shop, tmp_path: Path
) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    fill(shopify)
    with shopify.running():
        take(shopify, small, warehouse)
    queue = Queue(tmp_path / "queue.sqlite")
    wanted = [
        Change(Action.DELETE_ORDER, "1002"),
        Change(Action.REDACT_CUSTOMER, str(ANN), ("1003",)),
        Change(Action.DATA_REQUEST, str(BEN)),
        Change(Action.FETCH_ORDER, "1004"),
    ]
    for number, change in enumerate(wanted):
        queue.put(f"w{number}", "any", change, STARTED.replace(tzinfo=UTC))
    before = raw(warehouse, "orders")
    pending = asked_for(queue.file)
    queue.put("late", "any", Change(Action.DELETE_ORDER, "1005"), STARTED.replace(tzinfo=UTC))
    with open_warehouse(warehouse) as connection:
        create_tables(connection)
        # The load failed: what was deleted or is to be forgotten needs no answer from Shopify, a changed order does.
        notes = drain(connection, queue.file, pending, False, tmp_path / "privacy", STARTED)
    assert notes == [f"customer {BEN} asks what is held of them: answer within 30 days"]
    after = raw(warehouse, "orders")
    assert before.keys() - after.keys() == {gid("Order", 1002)}
    assert "email" not in after[gid("Order", 1003)]
    assert [item.change for item in asked_for(queue.file)] == [wanted[3], Change(Action.DELETE_ORDER, "1005")]
    with open_warehouse(warehouse) as connection:
        assert drain(connection, queue.file, asked_for(queue.file), True, tmp_path / "privacy", STARTED) == []
    assert asked_for(queue.file) == []
    assert after.keys() - raw(warehouse, "orders").keys() == {gid("Order", 1005)}


def test_a_required_field_that_changes_its_type_stops_the_source_and_is_named(
    shopify: FakeShopify, small: Shop, tmp_path: Path
) -> None:
    fill(shopify)
    shopify.removed_fields.add(("Order", "totalTaxSet"))
    with shopify.running():
        load = take(shopify, small, tmp_path / "warehouse.duckdb")
    assert load.problem is not None
    assert load.problem.startswith("shopify: ")
    assert "totalTaxSet" in load.problem


@pytest.mark.slow
@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.long)])
def test_killed_at_any_moment_and_run_again_gives_what_one_load_gives(
    kills: int, schema_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SHOPIFY_ACCESS_TOKEN", TOKEN)
    fake = Mortal(schema_file, FakeClock(STARTED.replace(tzinfo=UTC)), throttle=False)
    fill(fake)
    for number in range(60):
        at = f"2025-05-{1 + number // 4:02}T11:{number % 60:02}:00Z"
        item = data.line(5000 + number, "10.00")
        refunds = [data.refund(5000 + number, at, [data.refunded(5000 + number, item, 1, "10.00")])] * (number % 3 == 0)
        fake.put(data.order(2000 + number, at, [item], refunds=refunds, customer=None, email=f"p{number}@example.com"))
    with fake.running():
        fake.child = start(fake.url, tmp_path / "whole.duckdb")
        assert fake.child.wait() == 0
        requests = len(fake.log)
        lives = random.Random(7)
        for number in range(kills):
            warehouse = tmp_path / f"killed_{number}.duckdb"
            fake.dies_at = len(fake.log) + lives.randint(2, requests - 1)
            fake.child = start(fake.url, warehouse)
            assert fake.child.wait() == -signal.SIGKILL
            fake.dies_at = None
            fake.child = start(fake.url, warehouse)
            assert fake.child.wait() == 0
            for table in ("orders", "refunds", "customers", "products", "discounts", "deletions"):
                assert raw(warehouse, table) == raw(tmp_path / "whole.duckdb", table), (number, table)
    assert fake.violations == []


class Mortal(FakeShopify):
    """Kills its client at a request."""

    child: subprocess.Popen[bytes]
    dies_at: int | None = None

    def answer(self, request: Request) -> tuple[Reply, Fault | None]:
        """The reply, if the client lives to see it."""
        if self.dies_at is not None and len(self.log) >= self.dies_at:
            self.child.kill()
        return super().answer(request)


def start(url: str, warehouse: Path) -> subprocess.Popen[bytes]:
    """A load in a process of its own."""
    command = [sys.executable, "-m", "tests.integration.shopify_load", url, str(warehouse), STARTED.isoformat()]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL)


def _of_one_source(rows: list[dict[str, object]]) -> list[str]:
    return sorted(str(row).replace("'shopify'", "'drop'") for row in rows)


@pytest.mark.long
def test_a_redaction_leaves_nothing_in_any_byte(
    schema_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A whole run, with a redaction that a webhook asked for: afterwards nothing in the data folder knows her."""
    monkeypatch.setenv("SHOPIFY_ACCESS_TOKEN", TOKEN)
    fake = FakeShopify(schema_file, FakeClock(), throttle=False)
    fill(fake)
    shop = write_shop(tmp_path / "shop", "connected", small_entities(), as_of="2025-12-01T00:00:00")
    queue = Queue(tmp_path / "data" / "connected" / "webhooks" / "queue.sqlite")
    queue.put("w1", "customers/redact", Change(Action.REDACT_CUSTOMER, str(ANN), ("1003",)), datetime.now(UTC))
    with fake.running():
        with (shop / "shop.yml").open("a") as file:
            file.write(f"sources:\n  shopify:\n    shop: fake.myshopify.com\n    url: {fake.url}\n")
        run = run_command(shop, tmp_path / "data")
    assert run.exit_code == 0, run.errors + run.output
    assert "nothing found" in run.output
    ann = Person(
        "", frozenset({("email", "ann@example.com"), ("phone", "+4915112345678")}), full_names=("ann example",)
    )
    assert search(run.data, ann).hits == []
    ben = Person("", frozenset({("email", "ben@example.com")}))
    assert {"warehouse.duckdb: raw_shopify.orders", "warehouse.duckdb: raw_drop.orders"} < {
        hit.place for hit in search(run.data, ben).hits
    }
    # Her orders are sales still: three of the dropped ones, and all at Shopify.
    assert run.query("select count(*) from raw_drop.orders") == [(10,)]
    assert run.query("select count(*) from marts.fct_orders where source = 'shopify'") == [(11,)]
    assert asked_for(queue.file) == []
