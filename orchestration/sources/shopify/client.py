"""Shopify's Admin GraphQL API: its address and version, errors in answers of status 200, points, pages.

Limits: https://shopify.dev/docs/api/usage/limits. A query takes what it really cost out of a bucket that refills at a
fixed rate, but is refused unless the bucket holds what it could cost at most.
"""

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import orjson

from orchestration.sources.http import Answer, Api, Clock
from orchestration.sources.shopify.queries import ACCESS, BULK_OPERATION, Connection, ObjectQuery, more
from orchestration.sources.shopify.settings import ACCESS_TOKEN, API_VERSION, NAME, ShopifySettings
from orchestration.sources.source import SourceError

logger = logging.getLogger(__name__)

# Members that a follow-up brings of a node whose first page wasn't all.
_MORE_AT_A_TIME: Final = 100
_MOST_A_PAGE: Final = 250
# A query may cost this much on any plan.
_MAXIMUM_COST: Final = 1_000
_TRIES: Final = 8
_MARGIN_SECONDS: Final = 0.01

Variables = dict[str, Any]


class ShopifyClient:
    """One shop's Admin API."""

    def __init__(self, settings: ShopifySettings, secrets: Mapping[str, str], clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        address = (settings.url or f"https://{settings.shop}").rstrip("/")
        self.path = f"/admin/api/{API_VERSION}/graphql.json"
        self.api = Api(
            NAME,
            address,
            {"X-Shopify-Access-Token": secrets[ACCESS_TOKEN.variable]},
            clock,
            access_advice=f"check {ACCESS_TOKEN.variable} and that the app is installed on {settings.shop}",
        )
        # What a query cost at most when it was last sent, by its text: what to wait for before sending it again.
        self._costs: dict[str, float] = {}
        self._page_sizes: dict[str, int] = {}
        self._available = float("inf")
        self.restore_rate = 0.0
        self._seen_at = 0.0
        self.maximum_available = 0.0

    def query(self, text: str, variables: Variables | None = None, endpoint: str = "") -> Answer:
        """One answer without errors, its points waited for.

        Raises:
            SourceError: refused; it names the query and what is missing.
            ApiError: the API can't be reached or fails.
        """
        name = endpoint or f"query {text.split('{')[0].split('(')[0].removeprefix('query').strip()}"
        for attempt in range(1, _TRIES + 1):
            self._await_points(text)
            answer = self.api.request(
                "POST", self.path, json={"query": text, "variables": variables or {}}, endpoint=f"POST {name}"
            )
            body = answer.json
            self._note_cost(text, body)
            errors = body.get("errors")
            if not errors:
                return answer
            first = errors[0] if isinstance(errors, list) else {"message": str(errors)}
            code = (first.get("extensions") or {}).get("code", "")
            if code != "THROTTLED" and first.get("message") != "Throttled":
                raise self._refused(name, first, code)
            if not body.get("extensions", {}).get("cost"):
                self.clock.sleep(float(2**attempt))
        raise SourceError(NAME, f"POST {name}", f"throttled {_TRIES} times running; another app uses up the limit")

    def pages(self, query: ObjectQuery, search: str) -> Iterator[bytes]:
        """Pages of a search in ascending order of change: answers' bodies, nothing of their objects left out."""
        after: str | None = None
        while True:
            answer = self._page(query, after, search)
            found = answer.json["data"][query.root]
            if not found["nodes"]:
                return
            if query.connections:
                self.complete(query.kind, query.connections, found["nodes"])
            yield orjson.dumps(answer.json) if query.connections else answer.body
            if not found["pageInfo"]["hasNextPage"]:
                return
            after = found["pageInfo"]["endCursor"]

    def bodies(self, text: str, root: str, search: str) -> Iterator[Answer]:
        """Pages of a list whose objects have no connections of their own."""
        after: str | None = None
        while True:
            answer = self.query(text, {"first": _MOST_A_PAGE, "after": after, "search": search})
            found = answer.json["data"][root]
            if found["nodes"]:
                yield answer
            if not found["pageInfo"]["hasNextPage"]:
                return
            after = found["pageInfo"]["endCursor"]

    def count(self, query: ObjectQuery, search: str, limit: int) -> int:
        """How many objects a search finds, counted no further than `limit`."""
        answer = self.query(query.count(), {"search": search, "limit": limit})
        return int(answer.json["data"][f"{query.root}Count"]["count"])

    def complete(self, kind: str, connections: tuple[Connection, ...], nodes: list[dict[str, Any]]) -> None:
        """Bring the members that didn't fit into nodes' first pages, and leave of each connection its nodes alone.

        Afterwards a node looks the same whether it came by a page or by a bulk operation.
        """
        for connection in connections:
            for node in nodes:
                held = node.get(connection.name)
                members: list[dict[str, Any]] = held["nodes"] if held else []
                if held is None:
                    field, none = connection.only_if or ("", None)
                    if node.get(field) != none:
                        self._drain(kind, connection, node["id"], members, None, connection.first)
                elif held["pageInfo"]["hasNextPage"]:
                    # Members with connections of their own cost so much that no more than in the first page fit.
                    first = connection.first if connection.within else _MORE_AT_A_TIME
                    self._drain(kind, connection, node["id"], members, held["pageInfo"]["endCursor"], first)
                node[connection.name] = {"nodes": members}
                self.complete(connection.kind, connection.within, members)

    def bulk_operation(self, operation_id: str) -> dict[str, Any] | None:
        """A bulk operation as it stands; None if the shop doesn't know it any more."""
        answer = self.query(BULK_OPERATION, {"id": operation_id})
        operation: dict[str, Any] | None = answer.json["data"]["bulkOperation"]
        return operation

    def access(self) -> dict[str, Any]:
        """The app's scopes and the shop's own settings."""
        answer = self.query(ACCESS)
        data: dict[str, Any] = answer.json["data"]
        return data

    def _drain(
        self, kind: str, connection: Connection, node_id: str, members: list[dict[str, Any]], after: str | None,
        first: int,
    ) -> None:  # fmt: skip
        text = more(kind, connection)
        while True:
            answer = self.query(text, {"id": node_id, "first": first, "after": after})
            node = answer.json["data"]["node"]
            if node is None:  # deleted in the meantime
                return
            found = node[connection.name]
            members.extend(found["nodes"])
            if not found["pageInfo"]["hasNextPage"]:
                return
            after = found["pageInfo"]["endCursor"]

    def _page(self, query: ObjectQuery, after: str | None, search: str) -> Answer:
        """One page, as long as a query may cost: how much an object costs only the API knows."""
        while True:
            first = self._page_sizes.get(query.root, query.first)
            try:
                return self.query(query.page(), {"first": first, "after": after, "search": search})
            except TooCostlyError as error:
                if first == 1:
                    raise
                share = _MAXIMUM_COST / error.cost if error.cost else 0.5
                self._page_sizes[query.root] = max(1, min(first - 1, int(first * share)))
                self._costs.pop(query.page(), None)

    def _await_points(self, text: str) -> None:
        wanted = self._costs.get(text, 0.0)
        if self.restore_rate <= 0:
            return
        available = self._available + (self.clock.monotonic() - self._seen_at) * self.restore_rate
        if available < wanted:
            # A little longer, since the API says whole points.
            self.clock.sleep((wanted - available) / self.restore_rate + _MARGIN_SECONDS)

    def _note_cost(self, text: str, body: Mapping[str, Any]) -> None:
        cost = (body.get("extensions") or {}).get("cost")
        if not cost:
            return
        status = cost["throttleStatus"]
        self._costs[text] = float(cost["requestedQueryCost"])
        self._available = float(status["currentlyAvailable"])
        self.restore_rate = float(status["restoreRate"])
        self.maximum_available = float(status["maximumAvailable"])
        self._seen_at = self.clock.monotonic()

    def _refused(self, name: str, error: Mapping[str, Any], code: str) -> SourceError:
        message = " ".join(str(error.get("message", "")).split())
        extensions = error.get("extensions") or {}
        endpoint = f"POST {name}"
        if code == "MAX_COST_EXCEEDED":
            return TooCostlyError(NAME, endpoint, message, float(extensions.get("cost") or 0))
        if code == "ACCESS_DENIED":
            return SourceError(NAME, endpoint, f"{message} Grant it to the app and install the app again")
        if code in ("undefinedField", "fieldNotFound"):
            place = f"{extensions.get('typeName')}.{extensions.get('fieldName')}"
            return SourceError(
                NAME, endpoint, f"field {place} isn't there any more in API version {API_VERSION}: {message}"
            )
        return SourceError(NAME, endpoint, message or code)


class TooCostlyError(SourceError):
    """A query could cost more points than one query may; `cost` is 0 where the API doesn't say how many."""

    def __init__(self, source: str, endpoint: str, problem: str, cost: float) -> None:
        super().__init__(source, endpoint, problem)
        self.cost = cost


def at_or_after(moment: datetime | None, until: datetime | None = None) -> str:
    """A search for what changed in `[moment, until)`, naive UTC; the API's search knows whole seconds."""
    terms = []
    if moment is not None:
        terms.append(f"updated_at:>='{moment:%Y-%m-%dT%H:%M:%SZ}'")
    if until is not None:
        terms.append(f"updated_at:<'{until:%Y-%m-%dT%H:%M:%SZ}'")
    return " ".join(terms)
