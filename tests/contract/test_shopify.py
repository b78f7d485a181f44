"""Shopify's client against a shop that holds it to the vendor's schema and limits."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from graphql import NoDeprecatedCustomRule, parse, validate

from orchestration.errors import UserError
from orchestration.sources.shopify import bulk, queries
from orchestration.sources.shopify.client import ShopifyClient
from orchestration.sources.shopify.resources import SOURCE, check
from orchestration.sources.shopify.settings import ShopifySettings
from orchestration.sources.source import Page, State, Window
from tests.fakes import shopify_data as data
from tests.fakes.clock import FakeClock
from tests.fakes.server import Fault
from tests.fakes.shopify import API_VERSION, TOKEN, FakeShopify, gid, load_schema
from tests.integration.shopify_shop import fill

OBJECTS = (queries.ORDERS, queries.CUSTOMERS, queries.PRODUCTS, queries.DISCOUNTS)
FIRST = Window(None, datetime(2026, 1, 1))  # noqa: DTZ001 - naive UTC, as windows are
LATER = Window(datetime(2025, 1, 1), FIRST.end)  # noqa: DTZ001


@pytest.fixture
def schema_file(shared: Path) -> Path:
    """The vendor's schema."""
    return shared / "specs" / "shopify" / "admin_2026-10.json.gz"


@pytest.fixture
def shop(schema_file: Path) -> Iterator[FakeShopify]:
    """A running shop with a dozen orders; at the end no query and no answer may have broken the schema."""
    fake = FakeShopify(schema_file, FakeClock())
    fill(fake)
    with fake.running():
        yield fake
    assert fake.violations == []


def client_of(shop: FakeShopify, token: str = TOKEN, **settings: Any) -> ShopifyClient:
    return ShopifyClient(
        ShopifySettings(shop="fake.myshopify.com", url=shop.url, **settings),
        {"SHOPIFY_ACCESS_TOKEN": token},
        shop.clock,
    )


def read(client: ShopifyClient, stream: str, window: Window, state: State | None = None) -> list[Page]:
    reader = SOURCE.stream(stream).read
    assert reader is not None
    return list(reader(client, window, {} if state is None else state))


def records(pages: list[Page], stream: str) -> dict[str, Any]:
    """Records by id, decoded."""
    return {
        row["id"]: orjson.loads(row["payload"])
        for page in pages
        if page.stream == stream
        for row in page.rows.to_pylist()
    }


def test_queries_fit_the_schema_and_ask_for_nothing_deprecated(schema_file: Path) -> None:
    schema = load_schema(schema_file)
    returns = queries.ORDERS.connections[1]
    texts = [
        *(text for each in OBJECTS[:3] for text in (each.page(), each.count())),
        queries.DISCOUNTS.count(),
        *(each.bulk("updated_at:>='2025-01-01T00:00:00Z'") for each in OBJECTS),
        *(queries.more("Order", each) for each in queries.ORDERS.connections),
        *(queries.more("Return", each) for each in returns.within),
        *(queries.more("Refund", each) for each in queries.REFUND_CONNECTIONS),
        *(queries.REFUNDS, queries.DELETIONS, queries.START_BULK, queries.BULK_OPERATION, queries.BULK_OPERATIONS),
        *(queries.ACCESS, queries.CUSTOMER_IDS, queries.DISCOUNT_MOMENTS, queries.STILL),
    ]
    for text in texts:
        assert validate(schema, parse(text)) == [], text
        assert validate(schema, parse(text), [NoDeprecatedCustomRule]) == [], text


def test_bulk_queries_keep_to_five_connections_on_two_levels(shop: FakeShopify) -> None:
    assert [shop.bulk_problem(each.bulk("")) for each in OBJECTS] == [""] * 4
    in_a_list = "{ orders { edges { node { id refunds { id refundLineItems { edges { node { id } } } } } } } }"
    too_deep = (
        "{ products { edges { node { id variants { edges { node { id media { edges { node { id "
        "... on MediaImage { metafields { edges { node { id } } } } } } } } } } } } } }"
    )
    assert "within a list" in shop.bulk_problem(in_a_list)
    assert "depth greater than 2" in shop.bulk_problem(too_deep)
    assert "at least one" in shop.bulk_problem("{ shop { name } }")


def test_an_order_is_the_same_by_page_and_by_bulk_operation(shop: FakeShopify) -> None:
    # More members than a first page brings of each connection, on each level.
    lines = [data.line(2000 + number, "1.00") for number in range(130)]
    returned = [data.returned(3000 + number, lines[number], 1, "other") for number in range(15)]
    returns = [
        data.return_of(400 + number, "2025-05-01T00:00:00Z", returned if number == 3 else []) for number in range(7)
    ]
    refunded = [data.refunded(5000 + number, lines[number], 1, "1.00") for number in range(12)]
    refund = data.refund(600, "2025-05-02T00:00:00Z", refunded)
    shop.put(data.order(1100, "2025-05-01T00:00:00Z", lines, returns=returns, refunds=[refund]))
    by_bulk = read(client_of(shop), "orders", FIRST)
    by_page = read(client_of(shop), "orders", LATER)
    assert shop.operations.count("bulkOperationRunQuery") == 1
    orders = records(by_bulk, "orders")
    assert len(orders) == 12
    assert orders == records(by_page, "orders")
    big = orders[gid("Order", 1100)]
    assert [line["id"] for line in big["lineItems"]["nodes"]] == [line["id"] for line in lines]
    assert len(big["returns"]["nodes"][3]["returnLineItems"]["nodes"]) == 15
    refunds = records(by_page, "refunds")
    assert refunds == records(by_bulk, "refunds")
    assert len(refunds[gid("Refund", 600)]["refundLineItems"]["nodes"]) == 12


@pytest.mark.parametrize("stream", ["orders", "customers", "products", "discounts"])
def test_pages_come_in_ascending_order_of_change(shop: FakeShopify, stream: str) -> None:
    for window in (FIRST, LATER):
        moments = [
            moment
            for page in read(client_of(shop), stream, window)
            if page.stream == stream
            for moment in page.rows["updated_at"].to_pylist()
        ]
        assert moments == sorted(moments)
        assert len(moments) == len(shop.nodes[{"discounts": "DiscountNode"}.get(stream, stream[:-1].capitalize())])


def test_refunds_come_before_the_orders_that_name_them(shop: FakeShopify) -> None:
    for window in (FIRST, LATER):
        assert [page.stream for page in read(client_of(shop), "orders", window)] == ["refunds", "orders"]


def test_more_changes_than_the_limit_come_by_a_bulk_operation(shop: FakeShopify) -> None:
    few, many = client_of(shop, page_limit=11), client_of(shop, page_limit=10)
    assert len(records(read(few, "orders", LATER), "orders")) == 11
    assert "bulkOperationRunQuery" not in shop.operations
    assert len(records(read(many, "orders", LATER), "orders")) == 11
    assert "bulkOperationRunQuery" in shop.operations


def test_nine_tenths_of_the_points_are_used(shop: FakeShopify) -> None:
    for number in range(1500):
        at = f"2025-06-{1 + number // 60:02}T10:{number % 60:02}:00Z"
        shop.put(data.order(20_000 + number, at, [data.line(30_000 + number, "10.00")]))
    assert isinstance(shop.clock, FakeClock)
    read(client_of(shop), "orders", LATER)
    allowed = shop.bucket.maximum + shop.bucket.restore_rate * shop.clock.waited
    assert shop.clock.waited > 60
    assert shop.bucket.spent >= 0.9 * allowed
    assert shop.bucket.refusals == 0


def test_a_throttled_query_is_sent_again_when_there_are_points(shop: FakeShopify) -> None:
    shop.bucket.take(shop.bucket.maximum)
    assert len(records(read(client_of(shop), "orders", LATER), "orders")) == 11
    assert shop.bucket.refusals > 0


def test_a_page_shrinks_until_its_query_may_be_asked(shop: FakeShopify) -> None:
    shop.maximum_query_cost = 300
    assert len(records(read(client_of(shop), "orders", LATER), "orders")) == 11


@pytest.mark.parametrize(
    "fault", [Fault.SERVER_ERROR, Fault.UNAVAILABLE, Fault.TRUNCATED, Fault.DROPPED, Fault.UNDECODABLE]
)
@pytest.mark.parametrize("window", [FIRST, LATER])
def test_passing_faults_change_nothing(shop: FakeShopify, fault: Fault, window: Window) -> None:
    undisturbed = records(read(client_of(shop), "orders", window), "orders")
    shop.fail_next(fault, times=3)
    assert records(read(client_of(shop), "orders", window), "orders") == undisturbed


def test_a_wrong_token_says_what_to_do_and_not_what_it_was(shop: FakeShopify) -> None:
    with pytest.raises(UserError) as caught:
        read(client_of(shop, token="shpat_wrong_token"), "orders", LATER)
    assert "SHOPIFY_ACCESS_TOKEN" in caught.value.message
    assert "shpat_" not in caught.value.message


def test_a_missing_scope_is_named(shop: FakeShopify) -> None:
    shop.scopes.remove("read_customers")
    with pytest.raises(UserError, match=r"shopify: POST query customersCount: .*`read_customers`"):
        read(client_of(shop), "customers", LATER)
    findings = {finding.what: finding for finding in check(client_of(shop))}
    assert not findings["read_customers"].ok
    assert "grant read_customers" in findings["read_customers"].advice
    assert findings["read_orders"].ok


def test_orders_beyond_sixty_days_need_a_scope_that_the_doctor_asks_for(shop: FakeShopify) -> None:
    shop.scopes.remove("read_all_orders")
    assert records(read(client_of(shop), "orders", FIRST), "orders") == {}
    assert [finding.what for finding in check(client_of(shop)) if not finding.ok] == ["read_all_orders"]


@pytest.mark.parametrize("window", [FIRST, LATER])
def test_a_field_that_is_gone_is_named(shop: FakeShopify, window: Window) -> None:
    shop.removed_fields.add(("Order", "processedAt"))
    with pytest.raises(UserError, match=r"processedAt.* doesn't exist on type 'Order'"):
        read(client_of(shop), "orders", window)


def test_a_failed_operation_is_started_again(shop: FakeShopify) -> None:
    shop.bulk_endings = [("FAILED", "TIMEOUT"), ("EXPIRED", "")]
    assert len(records(read(client_of(shop), "orders", FIRST), "orders")) == 11
    assert shop.operations.count("bulkOperationRunQuery") == 3


def test_an_operation_that_always_fails_says_so(shop: FakeShopify) -> None:
    shop.bulk_endings = [("FAILED", "INTERNAL_SERVER_ERROR")] * 3
    with pytest.raises(UserError, match=r"FAILED \(INTERNAL_SERVER_ERROR\) 3 times"):
        read(client_of(shop), "orders", FIRST)


def test_other_operations_are_waited_for(shop: FakeShopify) -> None:
    shop.other_operations = 7
    assert len(records(read(client_of(shop), "orders", FIRST), "orders")) == 11
    assert shop.operations.count("bulkOperationRunQuery") == 4


def test_a_download_that_breaks_off_goes_on_where_it_stopped(
    shop: FakeShopify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "PIECE_BYTES", 1000)
    shop.fail_next(Fault.TRUNCATED, path="/bulk/")
    assert len(records(read(client_of(shop), "orders", FIRST), "orders")) == 11
    first, second = shop.requests("/bulk/")
    assert "Range" not in first.headers
    assert second.headers["Range"].startswith("bytes=")
    assert all("X-Shopify-Access-Token" not in request.headers for request in (first, second))


def test_an_address_that_has_run_out_is_asked_for_again(shop: FakeShopify) -> None:
    shop.expired_urls = 2
    assert len(records(read(client_of(shop), "orders", FIRST), "orders")) == 11


def test_a_process_that_died_waiting_finds_its_operation_again(shop: FakeShopify) -> None:
    assert isinstance(shop.clock, FakeClock)
    client = client_of(shop)
    bulk.completed(client, queries.ORDERS.bulk(""))
    shop.clock.advance(3600)
    # Came after the operation had begun: it isn't in its file.
    at = "2026-01-01T00:30:00Z"
    shop.put(data.order(1200, at, [data.line(2100, "10.00")]))
    pages = read(client_of(shop), "orders", Window(None, shop.clock.now().replace(tzinfo=None)))
    assert shop.operations.count("bulkOperationRunQuery") == 1
    assert len(records(pages, "orders")) == 12


def test_an_operation_taken_in_part_is_taken_up_again(shop: FakeShopify, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "ROOTS_A_PAGE", 4)
    state: State = {}
    reader = SOURCE.stream("orders").read
    assert reader is not None
    pages = reader(client_of(shop), FIRST, state)
    first = next(page for page in pages if page.stream == "orders")
    seen = first.rows["updated_at"][-1].as_py()
    kept = orjson.loads(orjson.dumps(state))
    assert kept["operation"]["id"]
    rest = read(client_of(shop), "orders", Window(seen, FIRST.end), kept)
    assert shop.operations.count("bulkOperationRunQuery") == 1
    taken = records([first], "orders") | records(rest, "orders")
    assert len(taken) == 11
    assert "operation" not in kept


def test_discounts_are_read_again_only_if_one_changed(shop: FakeShopify) -> None:
    state: State = {}
    assert len(records(read(client_of(shop), "discounts", LATER, state), "discounts")) == 2
    assert read(client_of(shop), "discounts", LATER, state) == []
    changed = data.discount(2, "2025-07-01T00:00:00Z", ["ANN-10", "NEW-10"], title="Referral programme")
    shop.put(changed)
    again = records(read(client_of(shop), "discounts", LATER, state), "discounts")
    assert [code["code"] for code in again[changed["id"]]["codes"]["nodes"]] == ["ANN-10", "NEW-10"]


def test_an_empty_shop_has_no_file(schema_file: Path) -> None:
    fake = FakeShopify(schema_file, FakeClock())
    with fake.running():
        for stream in ("orders", "customers", "products", "discounts", "deletions"):
            assert read(client_of(fake), stream, FIRST) == []


def test_the_version_is_the_one_of_the_schema(shop: FakeShopify) -> None:
    client_of(shop).access()
    assert shop.requests()[-1].path == f"/admin/api/{API_VERSION}/graphql.json"
