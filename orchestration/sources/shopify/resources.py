"""The streams of a Shopify shop, and what the doctor looks at.

Every stream asks for the half-open span `[start, end)` of `updatedAt`. Few changes come by pages, many (and a first
load's everything) by a bulk operation.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.sources.shape import records, shaped
from orchestration.sources.shopify import bulk, queries
from orchestration.sources.shopify.client import ShopifyClient, at_or_after
from orchestration.sources.shopify.queries import ObjectQuery
from orchestration.sources.shopify.redaction import forget
from orchestration.sources.shopify.settings import ACCESS_TOKEN, API_VERSION, NAME, ShopifySettings
from orchestration.sources.source import Finding, Page, Source, State, Stream, Window

# Shopify's search index follows its data by seconds, on busy days by minutes.
_OVERLAP: Final = timedelta(minutes=15)
_SCOPES: Final = {
    "read_orders": "orders, refunds, fulfilments",
    "read_all_orders": "orders older than 60 days",
    "read_returns": "returns",
    "read_customers": "customers and their consent",
    "read_products": "products",
    "read_inventory": "unit costs",
    "read_discounts": "discount codes",
}
# How many of the last changed discounts are known by their moment; beyond them one is only read once more than needed.
_MOMENTS_KEPT: Final = 250
# Without these some figures are poorer; without the others there are none.
_OPTIONAL_SCOPES: Final = frozenset({"read_returns", "read_inventory", "read_discounts"})


def _read_orders(client: ShopifyClient, window: Window, state: State) -> Iterator[Page]:
    """Orders, each page after the refunds its orders name: a load cut off between the two asks for both again."""
    for page in _read(client, ORDERS, queries.ORDERS, window, state):
        yield from _refunds_of(client, page)
        yield page


def _refunds_of(client: ShopifyClient, orders: Page) -> Iterator[Page]:
    ids = _refund_ids(orders.rows["payload"])
    for start in range(0, len(ids), queries.REFUNDS_AT_A_TIME):
        answer = client.query(queries.REFUNDS, {"ids": ids[start : start + queries.REFUNDS_AT_A_TIME]})
        # What was deleted in the meantime is null.
        nodes = [node for node in answer.json["data"]["nodes"] if node]
        client.complete("Refund", queries.REFUND_CONNECTIONS, nodes)
        yield records(NAME, REFUNDS, orjson.dumps({"data": nodes}))


def _refund_ids(payloads: pa.ChunkedArray) -> list[str]:
    """Ids of the refunds that orders name."""
    # Few orders have any: only those are decoded.
    refunded = payloads.filter(pc.match_substring_regex(payloads, r'"refunds":\s*\[\s*\{'))
    return [item["id"] for payload in refunded.to_pylist() for item in orjson.loads(payload)["refunds"]]


def _read(
    client: ShopifyClient, stream: Stream, query: ObjectQuery, window: Window, state: State, *, only_bulk: bool = False
) -> Iterator[Page]:
    """Pages of what changed in the window, in ascending order of change."""
    search = at_or_after(window.start)
    if "operation" not in state and window.start is not None:
        limit = client.settings.page_limit
        found = client.count(query, at_or_after(window.start, window.end), limit + 1)
        if not found:
            return
        if found <= limit and not only_bulk:
            yield from _read_pages(client, stream, query, at_or_after(window.start, window.end), found)
            return
    known = state.get("operation")
    text = query.bulk(search if known is None else known["search"])
    operation = bulk.completed(client, text, known and known["id"], None if only_bulk else window.end)
    # An operation reads for hours. What changed while an old one ran may be missing in it although later changes are
    # there, so that only what it holds of the time before it began counts, and the rest comes by pages.
    began = datetime.fromisoformat(operation.created_at).astimezone(UTC).replace(tzinfo=None)
    until = began if began < window.end else None
    state["operation"] = {"id": operation.id, "search": search if known is None else known["search"]}
    with bulk.file_of(client, operation) as file:
        if file is not None:
            yield from _read_file(stream, query, file, window, until, state)
    state.pop("operation", None)
    if until is not None and not only_bulk:
        yield from _read_pages(client, stream, query, at_or_after(until - _OVERLAP, window.end), None)


def _read_file(
    stream: Stream, query: ObjectQuery, file: Any, window: Window, until: datetime | None, state: State
) -> Iterator[Page]:
    """A bulk operation's objects. With the last of them the operation is done with, and the state says so."""
    last: Page | None = None
    for table in bulk.objects_of(file, query, window.start, until):
        if last is not None:
            yield last
        last = shaped(NAME, stream, table)
    if last is not None:
        state.pop("operation", None)
        yield last


def _read_pages(
    client: ShopifyClient, stream: Stream, query: ObjectQuery, search: str, total: int | None
) -> Iterator[Page]:
    for body in client.pages(query, search):
        yield records(NAME, stream, body, f"$.data.{query.root}.nodes", total)


def _read_customers(client: ShopifyClient, window: Window, state: State) -> Iterator[Page]:
    return _read(client, CUSTOMERS, queries.CUSTOMERS, window, state)


def _read_products(client: ShopifyClient, window: Window, state: State) -> Iterator[Page]:
    return _read(client, PRODUCTS, queries.PRODUCTS, window, state)


def _read_discounts(client: ShopifyClient, window: Window, state: State) -> Iterator[Page]:
    """Discounts with their codes, if any changed that wasn't taken already."""
    if window.start is not None:
        search = at_or_after(window.start)
        moments = {
            node["id"]: node["discount"].get("updatedAt")
            for answer in client.bodies(queries.DISCOUNT_MOMENTS, "discountNodes", search)
            for node in answer.json["data"]["discountNodes"]["nodes"]
        }
        taken = state.get("taken", {})
        if all(taken.get(discount) == moment for discount, moment in moments.items()):
            return
        state["taken"] = dict(list(moments.items())[-_MOMENTS_KEPT:])
    yield from _read(client, DISCOUNTS, queries.DISCOUNTS, window, state, only_bulk=True)


def _read_deletions(client: ShopifyClient, window: Window, state: State) -> Iterator[Page]:  # noqa: ARG001
    """Events that tell of something deleted. Shopify keeps them for a year."""
    search = "action:destroy"
    if window.start is not None:
        search += f" created_at:>='{window.start:%Y-%m-%dT%H:%M:%SZ}'"
    for answer in client.bodies(queries.DELETIONS, "events", search):
        yield records(NAME, DELETIONS, answer.body, "$.data.events.nodes")


def _present_customers(client: ShopifyClient) -> Iterator[pa.Table]:
    """Every customer there still is: who was deleted or forgotten more than a year ago left no event."""
    operation = bulk.completed(client, queries.CUSTOMER_IDS)
    with bulk.file_of(client, operation) as file:
        if file is not None:
            yield from bulk.ids_of(file)


def _still(client: ShopifyClient, ids: Sequence[str]) -> Iterator[pa.Table]:
    """Those of the objects that weren't deleted."""
    for start in range(0, len(ids), queries.STILL_AT_A_TIME):
        answer = client.query(queries.STILL, {"ids": list(ids[start : start + queries.STILL_AT_A_TIME])})
        found = [node["id"] for node in answer.json["data"]["nodes"] if node]
        yield pa.table({"id": pa.array(found, pa.string())})


def _still_orders(client: ShopifyClient, ids: Sequence[str]) -> Iterator[pa.Table]:
    """As `_still`. An app that sees 60 days alone is told of no older order: for it all of them still are."""
    if "read_all_orders" in _granted(client.access()):
        yield from _still(client, ids)
    else:
        yield pa.table({"id": pa.array(ids, pa.string())})


ORDERS: Final = Stream(
    "orders",
    "query orders",
    cursor="$.updatedAt",
    required={
        "$.updatedAt": "moment",
        "$.processedAt": "moment",
        "$.cancelledAt": "moment?",
        "$.currencyCode": "text",
        "$.test": "boolean",
        "$.taxesIncluded": "boolean",
        "$.lineItems.nodes": "array",
        "$.refunds": "array",
        "$.transactions": "array",
        "$.fulfillments": "array",
        "$.customer": "object?",
    },
    read=_read_orders,
    still=_still_orders,
    overlap=_OVERLAP,
    in_order=True,
)
REFUNDS: Final = Stream(
    "refunds",
    "query refunds",
    cursor="$.updatedAt",
    required={
        "$.processedAt": "moment",
        "$.order.id": "text",
        "$.refundLineItems.nodes": "array",
        "$.orderAdjustments.nodes": "array",
    },
)
CUSTOMERS: Final = Stream(
    "customers",
    "query customers",
    cursor="$.updatedAt",
    required={"$.updatedAt": "moment", "$.defaultEmailAddress": "object?", "$.defaultPhoneNumber": "object?"},
    read=_read_customers,
    present=_present_customers,
    still=_still,
    overlap=_OVERLAP,
    in_order=True,
)
PRODUCTS: Final = Stream(
    "products",
    "query products",
    cursor="$.updatedAt",
    required={"$.updatedAt": "moment", "$.title": "text", "$.variants.nodes": "array"},
    read=_read_products,
    still=_still,
    overlap=_OVERLAP,
    in_order=True,
)
DISCOUNTS: Final = Stream(
    "discounts",
    "query discountNodes",
    cursor="$.discount.updatedAt",
    required={"$.discount": "object"},
    read=_read_discounts,
    still=_still,
    overlap=_OVERLAP,
    in_order=True,
)
DELETIONS: Final = Stream(
    "deletions",
    "query events",
    cursor="$.createdAt",
    required={"$.createdAt": "moment", "$.subjectId": "text"},
    read=_read_deletions,
    overlap=timedelta(days=1),
    in_order=True,
)


def _granted(access: Mapping[str, Any]) -> set[str]:
    granted = {str(item["handle"]) for item in access["currentAppInstallation"]["accessScopes"]}
    # A scope to write holds the one to read.
    return granted | {f"read_{scope.removeprefix('write_')}" for scope in granted if scope.startswith("write_")}


def check(client: ShopifyClient) -> list[Finding]:
    """Whether the shop answers, and which scopes the app has."""
    access = client.access()
    shop = access["shop"]
    granted = _granted(access)
    findings = [
        Finding("shop", True, f"{shop['name']} ({shop['myshopifyDomain']}), {shop['currencyCode']}, API {API_VERSION}")
    ]
    for scope, what in _SCOPES.items():
        ok = scope in granted
        advice = "" if ok else f"grant {scope} to the app (Settings, Apps, Develop apps, Configuration), install again"
        found = "granted" if ok else ("missing, optional: " if scope in _OPTIONAL_SCOPES else "missing: ") + what
        findings.append(Finding(scope, ok, found, advice))
    findings.append(
        Finding("points", True, f"{client.maximum_available:,.0f} at most, {client.restore_rate:,.0f} more a second")
    )
    return findings


SOURCE: Final = Source(
    NAME,
    "Shopify",
    ShopifySettings,
    (ACCESS_TOKEN,),
    (ORDERS, REFUNDS, CUSTOMERS, PRODUCTS, DISCOUNTS, DELETIONS),
    ShopifyClient,
    check,
    forget,
)
