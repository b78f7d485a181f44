"""An Amazon Selling Partner API that keeps orders: login with a refresh token, searchOrders by its bucket of calls.

Requests and answers are held to the vendor's Swagger file of the orders API, turned into OpenAPI; the login is
transcribed from its documentation.
"""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from typing_extensions import override

from orchestration.sources.http import Clock
from tests.fakes.documented import TEXT, WHOLE, Documents, Schema, document, from_swagger, one_of, operation, record
from tests.fakes.limits import Bucket, Limited, header
from tests.fakes.server import Reply, Request, route

LOGIN_SERVER = "https://api.amazon.com"
ORDERS_PATH = "/orders/2026-01-01/orders"

LOGIN_SPEC: Schema = document(
    LOGIN_SERVER,
    {
        "/auth/o2/token": {
            "post": operation(
                body=record(
                    "grant_type refresh_token client_id client_secret",
                    grant_type=one_of("refresh_token"),
                    refresh_token=TEXT,
                    client_id=TEXT,
                    client_secret=TEXT,
                ),
                content_type="application/x-www-form-urlencoded",
                on200=record(
                    "access_token token_type expires_in", access_token=TEXT, token_type=TEXT, expires_in=WHOLE
                ),
                on401=record(error=TEXT, error_description=TEXT),
            )
        }
    },
)

_ORDERS_UNKNOWN: Schema = document(
    "https://sellingpartnerapi-na.amazon.com", {ORDERS_PATH: {"get": operation(on200=record("orders"))}}
)


class Amazon(Limited):
    """One seller's orders. `swagger` is the vendor's file of the orders API; without it requests aren't checked."""

    client = ("planted-lwa-client", "planted-lwa-secret")
    refresh_token = "planted-refresh-token"

    def __init__(self, clock: Clock, swagger: Schema | None = None, *, throttle: bool = True) -> None:
        orders = from_swagger(swagger) if swagger else _ORDERS_UNKNOWN
        self.bucket = Bucket(0.0056, 20, clock)
        super().__init__(clock, Documents(orders, LOGIN_SPEC), self.bucket, throttle=throttle)
        self.orders: dict[str, dict[str, Any]] = {}
        self.logins = 0
        self.lost_tokens = 0
        self.opened_until = 0.0

    def add(self, record_id: str, created: str, items: list[dict[str, Any]], **fields: Any) -> None:
        """Take an order. `items` are made by `item`."""
        self.orders[record_id] = {
            "orderId": record_id,
            "createdTime": created,
            "lastUpdatedTime": created,
            "salesChannel": {
                "channelName": "AMAZON",
                "marketplaceId": "ATVPDKIKX0DER",
                "marketplaceName": "Amazon.com",
            },
            "buyer": {"buyerName": "A Buyer", "buyerEmail": f"{record_id[-7:]}@marketplace.amazon.com"},
            "fulfillment": {"fulfillmentStatus": "SHIPPED", "fulfilledBy": "MERCHANT"},
            "orderItems": items,
            **fields,
        }

    def change(self, record_id: str, updated: str, **fields: Any) -> None:
        """Change an order."""
        self.orders[record_id] |= {"lastUpdatedTime": updated, **fields}

    def lose_page_tokens(self) -> None:
        """Make the page tokens given out so far worthless."""
        self.lost_tokens += 1

    def is_free(self, request: Request) -> bool:
        """The limit is of the orders."""
        return request.path != ORDERS_PATH

    def refused(self, request: Request) -> Reply | None:
        """Orders want an access token that still holds."""
        known = header(request, "x-amz-access-token") == f"planted-access-{self.logins}"
        if self.is_free(request) or (known and self.clock.monotonic() < self.opened_until):
            return None
        return _error(403, "Unauthorized", "Access to requested resource is denied. The access token is expired.")

    @override
    def throttled(self, seconds: float) -> Reply:
        """No Retry-After: the rate stands in the documentation, and in a header of what is let through."""
        return _error(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")

    @route("POST", "/auth/o2/token")
    def log_in(self, request: Request) -> Reply:
        """An access token for an hour."""
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if (form["client_id"], form["client_secret"], form["refresh_token"]) != (*self.client, self.refresh_token):
            return Reply({"error": "invalid_client", "error_description": "Client authentication failed"}, 401)
        self.logins += 1
        self.opened_until = self.clock.monotonic() + 3600
        return Reply({"access_token": f"planted-access-{self.logins}", "token_type": "bearer", "expires_in": 3600})

    @route("GET", ORDERS_PATH)
    def search_orders(self, request: Request) -> Reply:
        """A page of orders."""
        created, updated = request.one("createdAfter"), request.one("lastUpdatedAfter")
        start, end_name, field = (
            (created, "createdBefore", "createdTime") if created else (updated, "lastUpdatedBefore", "lastUpdatedTime")
        )
        if start is None or (created and request.query.keys() & {"lastUpdatedAfter", "lastUpdatedBefore"}):
            return _error(400, "InvalidInput", "Provide exactly one of createdAfter and lastUpdatedAfter.")
        end = request.one(end_name) or self.clock.now().isoformat()
        if _moment(end) > self.clock.now() - timedelta(minutes=2) and request.one(end_name):
            return _error(400, "InvalidInput", f"{end_name} must be at least two minutes before the request.")
        size = int(request.one("maxResultsPerPage") or 100)
        if not 1 <= size <= 100:
            return _error(400, "InvalidInput", "maxResultsPerPage must be between 1 and 100.")
        at, lost = 0, self.lost_tokens
        if token := request.one("paginationToken"):
            at, lost = (int(part) for part in base64.b64decode(token).decode().split("|"))
        if lost != self.lost_tokens:
            return _error(400, "InvalidInput", "paginationToken is invalid or has expired.")
        chosen = [order for order in self.orders.values() if _moment(start) <= _moment(order[field]) <= _moment(end)]
        # In no order that is promised: the later half first.
        chosen.sort(key=lambda order: (order[field], order["orderId"]))
        chosen = chosen[len(chosen) // 2 :] + chosen[: len(chosen) // 2]
        included = (request.one("includedData") or "").split(",")
        content: dict[str, Any] = {"orders": [_shown(order, included) for order in chosen[at : at + size]]}
        if at + size < len(chosen):
            content["pagination"] = {"nextToken": base64.b64encode(f"{at + size}|{lost}".encode()).decode()}
        return Reply(content, headers={"x-amzn-RateLimit-Limit": str(self.bucket.rate)})


def item(
    record_id: str,
    quantity: int,
    subtotal: str,
    tax: str = "0.00",
    discount: str | None = None,
    currency: str = "USD",
    unit_price: str | None = None,
    **product: str,
) -> dict[str, Any]:
    """One line: what the seller receives for it, in parts. `product` holds asin, sellerSku and title."""
    parts = [("ITEM", subtotal), ("TAX", tax), *([("DISCOUNT", discount)] if discount else [])]
    return {
        "orderItemId": record_id,
        "quantityOrdered": quantity,
        "product": product | ({"price": {"unitPrice": money(unit_price, currency)}} if unit_price else {}),
        "proceeds": {"breakdowns": [{"type": kind, "subtotal": money(amount, currency)} for kind, amount in parts]},
    }


def money(amount: str, currency: str = "USD") -> dict[str, str]:
    """An amount with its currency."""
    return {"amount": amount, "currencyCode": currency}


def _shown(order: dict[str, Any], included: list[str]) -> dict[str, Any]:
    left_out = {"buyer": "BUYER", "proceeds": "PROCEEDS", "recipient": "RECIPIENT", "fulfillment": "FULFILLMENT"}
    shown = {name: value for name, value in order.items() if left_out.get(name, "") in ("", *included)}
    if "PROCEEDS" not in included:
        shown["orderItems"] = [
            {name: value for name, value in line.items() if name != "proceeds"} for line in order["orderItems"]
        ]
    return shown


def _error(status: int, code: str, message: str) -> Reply:
    return Reply({"errors": [{"code": code, "message": message, "details": ""}]}, status)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
