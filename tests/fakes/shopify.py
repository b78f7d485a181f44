"""A Shopify shop that answers Admin GraphQL over HTTP as the vendor's schema says, and remembers what it is told.

Every query a client sends is parsed and validated against the vendor's schema and executed by graphql-core, so that
every answer has the types the schema promises: an order that lacks a field that can't be null is an error, not a
hole. Connections page by cursor, searches filter and sort, bulk operations run through their states and leave a JSONL
file, and a leaky bucket counts points.

Sources: the schema; shopify.dev on API limits (100 points a second, 2,000 in the bucket, 1,000 a query on the
standard plan), on pagination (25,000 objects deep) and on bulk operations (at most 5 connections, 2 levels of them, no
connection within a list, 5 operations at a time from 2026-01 on).
"""

import base64
import gzip
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    build_client_schema,
    execute,
    get_named_type,
    parse,
    validate,
    value_from_ast_untyped,
)

from orchestration.sources.http import Clock
from tests.fakes.server import Fake, Reply, Request, route

API_VERSION = "2026-10"
TOKEN = "shpat_00000000000000000000000000000000"
ALL_SCOPES = (
    "read_orders",
    "read_all_orders",
    "read_customers",
    "read_products",
    "read_inventory",
    "read_returns",
    "read_fulfillments",
    "read_discounts",
)
MAXIMUM_QUERY_COST = 1_000
MAXIMUM_DEPTH = 25_000
MAXIMUM_PAGE = 250
MAXIMUM_OPERATIONS = 5

Node = dict[str, Any]

# What each top-level list needs, from the schema's own descriptions.
_SCOPES = {
    "orders": "read_orders",
    "ordersCount": "read_orders",
    "customers": "read_customers",
    "customersCount": "read_customers",
    "products": "read_products",
    "productsCount": "read_products",
    "discountNodes": "read_discounts",
    "discountNodesCount": "read_discounts",
}
_KINDS = {
    "orders": "Order",
    "customers": "Customer",
    "products": "Product",
    "discountNodes": "DiscountNode",
    "events": "BasicEvent",
    "bulkOperations": "BulkOperation",
}
_SORT_FIELDS = {
    "UPDATED_AT": "updatedAt",
    "CREATED_AT": "createdAt",
    "PROCESSED_AT": "processedAt",
}


@lru_cache(maxsize=2)
def load_schema(file: Path) -> GraphQLSchema:
    """The vendor's schema from its introspection result; refused by graphql-core's own checks, hence assumed valid."""
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        introspection = json.load(stream)
    schema = build_client_schema(introspection.get("data", introspection), assume_valid=True)
    for name, pattern in (
        ("DateTime", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
        ("Decimal", r"-?\d+(\.\d+)?"),
        ("Money", r"-?\d+(\.\d+)?"),
        ("UnsignedInt64", r"\d+"),
        ("URL", r"https?://\S+"),
    ):
        scalar = schema.type_map[name]
        assert isinstance(scalar, GraphQLScalarType)
        scalar.serialize = _text_like(name, re.compile(pattern))  # type: ignore[method-assign]
    return schema


def _text_like(name: str, pattern: re.Pattern[str]) -> Callable[[Any], str]:
    def serialize(value: Any) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise GraphQLError(f"{value!r} is no {name}")
        return value

    return serialize


def gid(kind: str, number: int | str) -> str:
    """A global id such as gid://shopify/Order/1001."""
    return f"gid://shopify/{kind}/{number}"


def stamp(moment: datetime) -> str:
    """A moment as the API writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Bucket:
    """A leaky bucket of points; the standard plan's by default."""

    clock: Clock
    restore_rate: float = 100.0
    maximum: float = 2_000.0
    spent: float = 0.0
    refusals: int = 0
    _level: float | None = None
    _at: float = 0.0

    def available(self) -> float:
        """Points in the bucket now."""
        now = self.clock.monotonic()
        if self._level is None:
            self._level = self.maximum
        else:
            self._level = min(self.maximum, self._level + (now - self._at) * self.restore_rate)
        self._at = now
        return self._level

    def take(self, points: float) -> None:
        """Spend points."""
        self._level = self.available() - points
        self.spent += points


class FakeShopify(Fake):
    """The shop. Nodes are in the API's own shape, connections as plain lists."""

    def __init__(self, schema_file: Path, clock: Clock | None = None, *, throttle: bool = True) -> None:
        super().__init__(clock, throttle=throttle)
        self.schema = load_schema(schema_file)
        self.nodes: dict[str, dict[str, Node]] = {kind: {} for kind in _KINDS.values()}
        self.scopes: set[str] = set(ALL_SCOPES)
        self.bucket = Bucket(self.clock)
        if not throttle:
            self.bucket.restore_rate = self.bucket.maximum = 1e12
        #: Names of the operations that were executed, in order.
        self.operations: list[str] = []
        #: (type, field) that the API no longer knows.
        self.removed_fields: set[tuple[str, str]] = set()
        #: How the next bulk operations end: status and error code.
        self.bulk_endings: list[tuple[str, str]] = []
        self.polls_until_done = 2
        #: So many of another app's bulk operations are in the way; each refusal sees one off.
        self.other_operations = 0
        self.maximum_query_cost = MAXIMUM_QUERY_COST
        #: So many times an address of a file has run out.
        self.expired_urls = 0
        #: Address and size of a file that is given out for bulk queries on a list, instead of what the shop holds.
        self.prepared_files: dict[str, tuple[str, int]] = {}
        self._files: dict[str, bytes] = {}
        self._serial = 9_000_000

    def authorised(self, request: Request) -> Reply | None:
        """The API wants the token; the store of files must not get it."""
        token = {name.lower(): value for name, value in request.headers.items()}.get("x-shopify-access-token")
        if request.path.startswith("/bulk/"):
            return Reply({"errors": "the token left the shop's API"}, 400) if token else None
        if token != TOKEN:
            said = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            return Reply({"errors": said}, 401)
        return None

    @route("POST", f"/admin/api/{API_VERSION}/graphql.json")
    def graphql(self, request: Request) -> Reply:
        """One query or mutation."""
        asked = request.json
        answer = self.execute(asked["query"], asked.get("variables") or {})
        return Reply(answer, headers={"X-Shopify-API-Version": API_VERSION})

    @route("GET", "/bulk/{number}.jsonl")
    def file(self, request: Request) -> Reply:
        """A bulk operation's file, whole or from an offset."""
        content = self._files.get(request.parts["number"])
        if content is None or self.expired_urls:
            self.expired_urls = max(0, self.expired_urls - 1)
            return Reply(b"<Error><Code>AccessDenied</Code></Error>", 403, content_type="application/xml")
        start = int(request.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0])
        return Reply(content[start:], 206 if start else 200, content_type="application/jsonl")

    # -- what the shop's people do -----------------------------------------------------------------------------

    def put(self, *nodes: Node) -> None:
        """Add nodes, or replace those with the same id."""
        for node in nodes:
            self.nodes[_kind_of(node["id"])][node["id"]] = node

    def change(self, node_id: str, updated_at: str, **fields: Any) -> Node:
        """Change a node as an edit at a moment does."""
        node = self.nodes[_kind_of(node_id)][node_id]
        node.update(fields, updatedAt=updated_at)
        return node

    def delete(self, node_id: str, at: str) -> None:
        """Delete a node and leave the event that tells of it."""
        kind = _kind_of(node_id)
        del self.nodes[kind][node_id]
        self._serial += 1
        self.put(
            {
                "__typename": "BasicEvent",
                "id": gid("BasicEvent", self._serial),
                "action": "destroy",
                "createdAt": at,
                "subjectId": node_id,
                "subjectType": re.sub(r"(?<!^)(?=[A-Z])", "_", kind).upper(),
                "message": "was deleted",
            }
        )

    # -- GraphQL -----------------------------------------------------------------------------------------------

    def execute(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The body of one GraphQL answer. A query that breaks the schema is a violation of the contract."""
        try:
            document = parse(query)
        except GraphQLError as error:
            self.violations.append(error.message)
            return {"errors": [error.formatted]}
        operation = next(item for item in document.definitions if isinstance(item, OperationDefinitionNode))
        broken = [error.formatted for error in validate(self.schema, document)]
        self.violations += [str(error["message"]) for error in broken]
        if errors := broken + self._removed(document):
            return {"errors": errors}
        requested = cost_of(self.schema, document, variables)
        if requested > self.maximum_query_cost:
            message = f"Query cost is {requested:.0f}, which exceeds the single query max cost limit."
            extensions = {"code": "MAX_COST_EXCEEDED", "cost": requested, "maxCost": self.maximum_query_cost}
            return {"errors": [{"message": message, "extensions": extensions}]}
        if requested > self.bucket.available():
            self.bucket.refusals += 1
            return {
                "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
                "extensions": {"cost": self._cost(requested, None)},
            }
        context: dict[str, Any] = {
            "shop": self,
            "points": 10.0 if operation.operation.value == "mutation" else 0.0,
            "is_bulk": False,
        }
        outcome = execute(
            self.schema, document, Root(), context, variables, field_resolver=_resolve, type_resolver=_type_of
        )
        assert isinstance(outcome, ExecutionResult)
        self.violations += [
            f"answer: {error.message}"
            for error in outcome.errors or ()
            if (error.extensions or {}).get("code") != "ACCESS_DENIED"
        ]
        self.operations.append(operation.name.value if operation.name else "")
        self.bucket.take(float(context["points"]))
        body: dict[str, Any] = dict(outcome.formatted)
        body["extensions"] = {"cost": self._cost(requested, float(context["points"]))}
        return body

    def _cost(self, requested: float, actual: float | None) -> dict[str, Any]:
        return {
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            "throttleStatus": {
                "maximumAvailable": self.bucket.maximum,
                "currentlyAvailable": int(self.bucket.available()),
                "restoreRate": self.bucket.restore_rate,
            },
        }

    def _removed(self, document: DocumentNode) -> list[dict[str, Any]]:
        """Complaints about fields that this shop's API no longer knows."""
        missing = []
        for parent, selected in _fields(self.schema, document):
            if (parent.name, selected.name.value) in self.removed_fields:
                missing.append(
                    {
                        "message": f"Field '{selected.name.value}' doesn't exist on type '{parent.name}'",
                        "extensions": {
                            "code": "undefinedField",
                            "typeName": parent.name,
                            "fieldName": selected.name.value,
                        },
                    }
                )
        return missing

    def find(self, node_id: str) -> Node | None:
        """A node by its id; refunds and returns lie within their orders."""
        kind = _kind_of(node_id)
        if kind in self.nodes:
            return self.nodes[kind].get(node_id)
        for order in self.nodes["Order"].values():
            for item in (*order["refunds"], *order["returns"]):
                if item["id"] == node_id:
                    return {**item, "order": order}
        return None

    def search(self, name: str, arguments: Mapping[str, Any]) -> list[Node]:
        """The nodes of a top-level list that a search matches, in the order asked for."""
        scope = _SCOPES.get(name)
        if scope and scope not in self.scopes:
            raise GraphQLError(
                f"Access denied for {name} field. Required access: `{scope}` access scope.",
                extensions={
                    "code": "ACCESS_DENIED",
                    "documentation": "https://shopify.dev/api/usage/access-scopes",
                    "requiredAccess": f"`{scope}` access scope.",
                },
            )
        kind = _KINDS[name.removesuffix("Count")]
        found = [node for node in self.nodes[kind].values() if _matches(node, arguments.get("query") or "")]
        if kind == "Order" and "read_all_orders" not in self.scopes:
            oldest = stamp(self.clock.now() - timedelta(days=60))
            found = [node for node in found if node["createdAt"] >= oldest]
        column = _SORT_FIELDS.get(arguments.get("sortKey") or "ID")
        found.sort(key=lambda node: ((_value_of(node, column) if column else ""), _number_of(node["id"])))
        return found[::-1] if arguments.get("reverse") else found

    def page(self, nodes: list[Node], arguments: Mapping[str, Any], name: str) -> Node:
        """One page of a list: edges, nodes, pageInfo."""
        start, depth, sort_key = 0, 0, arguments.get("sortKey")
        if after := arguments.get("after"):
            position = json.loads(base64.b64decode(after))
            if position["sort"] != sort_key:
                raise GraphQLError("Invalid cursor for current pagination sort.")
            depth = position["depth"]
            column = _SORT_FIELDS.get(sort_key or "ID")
            if column:
                last = (position["value"], position["number"])
                start = sum((_value_of(node, column), _number_of(node["id"])) <= last for node in nodes)
            else:
                ids = [node.get("id") for node in nodes]
                start = ids.index(position["id"]) + 1 if position["id"] in ids else position["offset"]
        first = arguments.get("first")
        if first is None:
            raise GraphQLError(f"you must provide one of first or last to {name}")
        if first > MAXIMUM_PAGE:
            raise GraphQLError(f"{name}: first is {first}, more than {MAXIMUM_PAGE}")
        chosen = nodes[start : start + first]
        if depth + len(chosen) > MAXIMUM_DEPTH:
            raise GraphQLError(f"{name}: pagination beyond {MAXIMUM_DEPTH} objects isn't allowed")
        cursors = [
            base64.b64encode(
                json.dumps(
                    {
                        "sort": sort_key,
                        "depth": depth + index + 1,
                        "offset": start + index + 1,
                        "id": node.get("id"),
                        "number": _number_of(node.get("id") or "0"),
                        "value": _value_of(node, _SORT_FIELDS.get(sort_key or "ID") or "id"),
                    }
                ).encode()
            ).decode()
            for index, node in enumerate(chosen)
        ]
        return {
            "nodes": chosen,
            "edges": [{"node": node, "cursor": cursor} for node, cursor in zip(chosen, cursors, strict=True)],
            "pageInfo": {
                "hasNextPage": start + len(chosen) < len(nodes),
                "hasPreviousPage": start > 0,
                "startCursor": cursors[0] if cursors else None,
                "endCursor": cursors[-1] if cursors else None,
            },
        }

    # -- bulk operations ---------------------------------------------------------------------------------------

    def start_bulk(self, query: str) -> Node:
        """What bulkOperationRunQuery answers."""
        problem, code = self.bulk_problem(query), "INVALID"
        running = [item for item in self.nodes["BulkOperation"].values() if item["status"] in ("CREATED", "RUNNING")]
        if not problem and len(running) + self.other_operations >= MAXIMUM_OPERATIONS:
            self.other_operations = max(0, self.other_operations - 1)
            # Who waits for a place sees the others end, those that nobody asks after any more too.
            for item in running:
                self.poll_bulk(item)
            code = "OPERATION_IN_PROGRESS"
            problem = "A bulk query operation for this app and shop is already in progress."
        if problem:
            return {"bulkOperation": None, "userErrors": [{"field": ["query"], "message": problem, "code": code}]}
        self._serial += 1
        operation: Node = {
            "id": gid("BulkOperation", self._serial),
            "status": "CREATED",
            "type": "QUERY",
            "query": query,
            "createdAt": stamp(self.clock.now()),
            "completedAt": None,
            "errorCode": None,
            "objectCount": "0",
            "rootObjectCount": "0",
            "fileSize": None,
            "url": None,
            "partialDataUrl": None,
            "_polls": 0,
        }
        self.put(operation)
        return {"bulkOperation": dict(operation), "userErrors": []}

    def bulk_problem(self, query: str) -> str:
        """Why a bulk operation wouldn't take the query; empty if it would."""
        try:
            document = parse(query)
        except GraphQLError as error:
            return f"Invalid bulk query: {error.message}"
        complaints = [error.message for error in validate(self.schema, document)]
        complaints += [item["message"] for item in self._removed(document)]
        if complaints:
            return f"Invalid bulk query: {complaints[0]}"
        operation = next(item for item in document.definitions if isinstance(item, OperationDefinitionNode))
        shape = list(_connections(self.schema, document, operation.selection_set, self.schema.query_type, 0, False))
        if not shape:
            return "Bulk queries must contain at least one connection."
        if len(shape) > 5:
            return "Bulk queries cannot contain more than 5 connections."
        if max(depth for depth, _ in shape) > 2:
            return "Bulk queries cannot contain connections with a nesting depth greater than 2."
        if any(in_list for _, in_list in shape):
            return "Queries that contain a connection field within a list field are not currently supported."
        return ""

    def poll_bulk(self, operation: Node) -> Node:
        """An operation as it stands; each look brings it on."""
        if operation["status"] in ("CREATED", "RUNNING"):
            operation["_polls"] += 1
            operation["status"] = "RUNNING"
            if operation["_polls"] >= self.polls_until_done:
                self._finish_bulk(operation)
        return operation

    def _finish_bulk(self, operation: Node) -> None:
        status, code = self.bulk_endings.pop(0) if self.bulk_endings else ("COMPLETED", "")
        operation["status"], operation["errorCode"] = status, code or None
        if status != "COMPLETED":
            return
        operation["completedAt"] = stamp(self.clock.now())
        prepared = next(
            (file for word, file in self.prepared_files.items() if f"{{ {word} " in operation["query"]), None
        )
        if prepared is not None:
            operation["url"], operation["fileSize"] = prepared[0], str(prepared[1])
            return
        lines = self.bulk_lines(operation["query"])
        content = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines).encode()
        number = str(_number_of(operation["id"]))
        self._files[number] = content
        operation["objectCount"] = str(len(lines))
        operation["rootObjectCount"] = str(sum("__parentId" not in line for line in lines))
        operation["fileSize"] = str(len(content))
        # An operation that found nothing has no file.
        operation["url"] = f"{self.url}/bulk/{number}.jsonl" if lines else None

    def bulk_lines(self, query: str) -> list[Node]:
        """The lines of a bulk query's file: children after their parents, but not next to them."""
        document = parse(query)
        context = {"shop": self, "points": 0.0, "is_bulk": True}
        outcome = execute(self.schema, document, Root(), context, field_resolver=_resolve, type_resolver=_type_of)
        assert isinstance(outcome, ExecutionResult)
        if outcome.errors:
            raise AssertionError(f"the shop's data don't fit the schema: {outcome.errors[0]}")
        roots: list[Node] = []
        children: list[list[Node]] = [[], []]
        for value in (outcome.data or {}).values():
            roots.extend(_flatten(node, children, 0) for node in _members(value))
        shuffle = random.Random(0)
        for level in children:
            shuffle.shuffle(level)
        return [*roots, *children[0], *children[1]]


class Root:
    """The root of a query or mutation."""


def _members(connection: Node) -> list[Node]:
    if "nodes" in connection:
        return list(connection["nodes"])
    return [edge["node"] for edge in connection["edges"]]


def _flatten(node: Node, children: list[list[Node]], level: int) -> Node:
    """A node without its connections, whose members go to `children` with their parent's id."""

    def plain(held: Node) -> Node:
        own: Node = {}
        for key, value in held.items():
            if isinstance(value, dict) and ("edges" in value or "nodes" in value):
                for member in _members(value):
                    children[level].append({**_flatten(member, children, level + 1), "__parentId": node["id"]})
            else:
                own[key] = plain(value) if isinstance(value, dict) else value
        return own

    return plain(node)


def _kind_of(node_id: str) -> str:
    kind = node_id.split("/")[3]
    return "DiscountNode" if kind.startswith("Discount") and kind.endswith("Node") else kind


def _number_of(node_id: str) -> int:
    digits = re.sub(r"\D", "", node_id.rsplit("/", 1)[-1])
    return int(digits or 0)


def _value_of(node: Node, name: str) -> Any:
    """A node's field; a discount's lie one level deeper."""
    return node[name] if name in node else node.get("discount", node).get(name)


_TERM = re.compile(r"(\w+):(>=|<=|>|<)?(?:'([^']*)'|\"([^\"]*)\"|(\S+))")
_SEARCH_FIELDS = {
    "updated_at": "updatedAt",
    "created_at": "createdAt",
    "processed_at": "processedAt",
    "action": "action",
    "subject_type": "subjectType",
    "status": "status",
    "operation_type": "type",
}


def _matches(node: Node, query: str) -> bool:
    """Shopify's search, as far as it is used here: terms that must all hold, `field:value` or `field:>=value`."""
    left = _TERM.sub("", query).replace(" AND ", " ").strip()
    if left not in ("", "AND"):
        raise GraphQLError(f"this search isn't understood here: {query}")
    for name, operator, *values in _TERM.findall(query):
        wanted = next(filter(None, values), "")
        if name == "id":
            number, bound = _number_of(node["id"]), int(wanted)
            actual, wanted_value = f"{number:020d}", f"{bound:020d}"
        else:
            actual, wanted_value = str(_value_of(node, _SEARCH_FIELDS[name])), wanted
        if name.endswith("_at"):
            wanted_value = stamp(datetime.fromisoformat(wanted))
        holds = {
            "": actual.lower() == wanted_value.lower(),
            ">=": actual >= wanted_value,
            "<=": actual <= wanted_value,
            ">": actual > wanted_value,
            "<": actual < wanted_value,
        }[operator]
        if not holds:
            return False
    return True


def _is_connection(kind: GraphQLOutputType) -> bool:
    return get_named_type(kind).name.endswith("Connection")


def _is_entity(kind: GraphQLOutputType) -> bool:
    named = get_named_type(kind)
    if isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
        return named.name == "Node" or any(interface.name == "Node" for interface in named.interfaces)
    return False


def _type_of(value: Any, info: GraphQLResolveInfo, abstract: Any) -> str:
    if isinstance(value, dict):
        if "__typename" in value:
            return str(value["__typename"])
        kind = _kind_of(value["id"])
        if kind in info.schema.type_map:
            return kind
    raise GraphQLError(f"no __typename on a {abstract.name}")


def _resolve(parent: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
    """Every field of the schema: from the root, the shop's lists; elsewhere what the node holds under that name."""
    shop: FakeShopify = info.context["shop"]
    value = _root_field(shop, info, arguments) if isinstance(parent, Root) else _held(parent, info)
    if _is_connection(info.return_type):
        if isinstance(value, list):
            if info.context["is_bulk"]:
                value = {"nodes": value, "edges": [{"node": node} for node in value]}
            else:
                value = shop.page(value, arguments, info.field_name)
        info.context["points"] += 2
    elif _is_entity(info.return_type) and value is not None:
        if isinstance(value, list):
            value = value[: arguments["first"]] if arguments.get("first") else value
            info.context["points"] += len(value)
        else:
            info.context["points"] += 1
    return value


def _held(parent: Node, info: GraphQLResolveInfo) -> Any:
    if not isinstance(parent, dict):
        return getattr(parent, info.field_name)
    if info.parent_type.name == "Order" and info.field_name == "returnStatus":
        return "IN_PROGRESS" if parent["returns"] else "NO_RETURN"
    if info.field_name not in parent and isinstance(info.return_type, GraphQLNonNull):
        raise GraphQLError(f"the shop's data lack {info.parent_type.name}.{info.field_name}")
    return parent.get(info.field_name)


def _root_field(shop: FakeShopify, info: GraphQLResolveInfo, arguments: Mapping[str, Any]) -> Any:
    name = info.field_name
    match name:
        case "shop":
            return {
                "id": gid("Shop", 1),
                "name": "Fake shop",
                "currencyCode": "EUR",
                "ianaTimezone": "Europe/Berlin",
                "myshopifyDomain": "fake.myshopify.com",
                "taxesIncluded": False,
            }
        case "currentAppInstallation":
            scopes = [{"handle": scope, "description": scope} for scope in sorted(shop.scopes)]
            return {"id": gid("AppInstallation", 1), "accessScopes": scopes}
        case "bulkOperationRunQuery":
            return shop.start_bulk(arguments["query"])
        case "bulkOperation":
            operation = shop.nodes["BulkOperation"].get(arguments["id"])
            return operation and shop.poll_bulk(operation)
        case "node":
            return shop.find(arguments["id"])
        case "nodes":
            return [shop.find(item) for item in arguments["ids"]]
        case _ if name.endswith("Count"):
            found = len(shop.search(name, arguments))
            limit = arguments.get("limit") or found
            return {"count": min(found, limit), "precision": "EXACT" if found <= limit else "AT_LEAST"}
        case _:
            return shop.search(name, arguments)


def _selected(
    schema: GraphQLSchema, document: DocumentNode, selection: SelectionSetNode, parent: Any
) -> Iterator[tuple[Any, FieldNode]]:
    """Fields of a selection with the type they are chosen on, fragments opened."""
    fragments = {item.name.value: item for item in document.definitions if isinstance(item, FragmentDefinitionNode)}
    for item in selection.selections:
        if isinstance(item, FieldNode):
            yield parent, item
        elif isinstance(item, InlineFragmentNode):
            on = schema.type_map[item.type_condition.name.value] if item.type_condition else parent
            yield from _selected(schema, document, item.selection_set, on)
        elif isinstance(item, FragmentSpreadNode):
            fragment = fragments[item.name.value]
            on = schema.type_map[fragment.type_condition.name.value]
            yield from _selected(schema, document, fragment.selection_set, on)


def _type_of_field(parent: Any, name: str) -> GraphQLOutputType | None:
    if isinstance(parent, GraphQLUnionType) or name.startswith("__"):
        return None
    kind: GraphQLOutputType = parent.fields[name].type
    return kind


def _fields(schema: GraphQLSchema, document: DocumentNode) -> Iterator[tuple[Any, FieldNode]]:
    """Every field a document asks for, with the type it belongs to."""

    def walk(selection: SelectionSetNode, parent: Any) -> Iterator[tuple[Any, FieldNode]]:
        for owner, item in _selected(schema, document, selection, parent):
            yield owner, item
            kind = _type_of_field(owner, item.name.value)
            if kind is not None and item.selection_set:
                yield from walk(item.selection_set, get_named_type(kind))

    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            is_query = definition.operation.value == "query"
            yield from walk(definition.selection_set, schema.query_type if is_query else schema.mutation_type)


def _connections(
    schema: GraphQLSchema, document: DocumentNode, selection: SelectionSetNode, parent: Any, depth: int, in_list: bool
) -> Iterator[tuple[int, bool]]:
    """For each connection of a bulk query how deep it lies below the first one, and whether within a list."""
    for owner, item in _selected(schema, document, selection, parent):
        kind = _type_of_field(owner, item.name.value)
        if kind is None or not item.selection_set:
            continue
        below, list_below = depth, in_list
        if _is_connection(kind):
            yield depth, in_list
            below = depth + 1
        elif item.name.value not in ("nodes", "edges"):
            bare = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
            list_below = in_list or isinstance(bare, GraphQLList)
        yield from _connections(schema, document, item.selection_set, get_named_type(kind), below, list_below)


def cost_of(schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> float:
    """Points a query may cost at most.

    An entity is a point, a connection two and `first` times what one of its members costs, a mutation ten; plain
    values and objects without an identity cost nothing (shopify.dev, "Rate limits: cost calculation").
    """

    def cost(selection: SelectionSetNode, parent: Any) -> float:
        total, members = 0.0, 0.0
        for owner, item in _selected(schema, document, selection, parent):
            kind = _type_of_field(owner, item.name.value)
            if kind is None or not item.selection_set:
                continue
            inner = cost(item.selection_set, get_named_type(kind))
            if _is_connection(kind):
                total += 2 + _argument(item, "first", variables, 1) * inner
            elif item.name.value in ("nodes", "edges", "node") and get_named_type(owner).name.endswith(
                ("Connection", "Edge")
            ):
                members = max(members, inner + (0 if item.name.value == "edges" else 1))
            elif _is_entity(kind):
                count = len(variables.get("ids") or [0]) if item.name.value == "nodes" else 1
                total += count * (1 + inner)
            else:
                total += inner
        return total + members

    operation = next(item for item in document.definitions if isinstance(item, OperationDefinitionNode))
    if operation.operation.value == "mutation":
        return 10.0
    return cost(operation.selection_set, schema.query_type)


def _argument(item: FieldNode, name: str, variables: Mapping[str, Any], default: int) -> int:
    for argument in item.arguments:
        if argument.name.value == name:
            return int(value_from_ast_untyped(argument.value, dict(variables)))
    return default
