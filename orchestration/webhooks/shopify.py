"""Shopify's webhooks: whether one is Shopify's, and what it asks for.

A webhook's payload has another shape than what the source loads, so nothing of it is taken over but ids: what changed
is fetched again by the source, what was deleted or is to be forgotten is applied.

Source: shopify.dev, "Deliver webhooks through HTTPS" and "Privacy law compliance".
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

# Shopify tries a delivery again for four hours, under its first moment; clocks may differ by minutes.
OLDEST: Final = timedelta(hours=24)
NEWEST: Final = timedelta(minutes=5)


class Action(StrEnum):
    """What a webhook asks for."""

    FETCH_ORDER = "fetch_order"
    DELETE_ORDER = "delete_order"
    REDACT_CUSTOMER = "redact_customer"
    REDACT_SHOP = "redact_shop"
    DATA_REQUEST = "data_request"


@dataclass(frozen=True)
class Change:
    """One thing to do: `object_id` is the number of an order, customer or shop, `order_ids` those to redact with it."""

    action: Action
    object_id: str
    order_ids: tuple[str, ...] = ()


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Whether `signature` is the base64 of the HMAC-SHA256 of the raw body under the app's client secret."""
    try:
        given = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(given, hmac.new(secret.encode(), body, hashlib.sha256).digest())


def is_timely(triggered_at: str, now: datetime) -> bool:
    """Whether the moment a webhook was triggered at lies near enough to `now`, which is aware."""
    try:
        moment = datetime.fromisoformat(triggered_at)
    except ValueError:
        return False
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return now - OLDEST <= moment <= now + NEWEST


def read_change(topic: str, body: bytes) -> Change | None:
    """What a webhook asks for, or None for a topic that changes nothing here.

    Raises:
        ValueError: the body isn't JSON, or lacks the id that its topic promises.
    """
    reader = _TOPICS.get(topic)
    if reader is None:
        return None
    payload = json.loads(body)
    if not isinstance(payload, dict):
        raise ValueError("not an object")
    try:
        return reader(payload)
    except (KeyError, TypeError) as error:
        raise ValueError(f"{topic} without {error}") from error


def _number(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str) or not str(value).isdigit():
        raise ValueError("an id that is no number")
    return str(value)


def _order(action: Action, key: str) -> Callable[[Mapping[str, Any]], Change]:
    return lambda payload: Change(action, _number(payload[key]))


def _redact_customer(payload: Mapping[str, Any]) -> Change:
    orders = tuple(_number(order) for order in payload.get("orders_to_redact") or ())
    return Change(Action.REDACT_CUSTOMER, _number(payload["customer"]["id"]), orders)


def _data_request(payload: Mapping[str, Any]) -> Change:
    orders = tuple(_number(order) for order in payload.get("orders_requested") or ())
    return Change(Action.DATA_REQUEST, _number(payload["customer"]["id"]), orders)


_TOPICS: Final[Mapping[str, Callable[[Mapping[str, Any]], Change]]] = {
    "orders/create": _order(Action.FETCH_ORDER, "id"),
    "orders/updated": _order(Action.FETCH_ORDER, "id"),
    "orders/delete": _order(Action.DELETE_ORDER, "id"),
    "refunds/create": _order(Action.FETCH_ORDER, "order_id"),
    "fulfillments/create": _order(Action.FETCH_ORDER, "order_id"),
    "fulfillments/update": _order(Action.FETCH_ORDER, "order_id"),
    "customers/redact": _redact_customer,
    "customers/data_request": _data_request,
    "shop/redact": lambda payload: Change(Action.REDACT_SHOP, _number(payload["shop_id"])),
}
TOPICS: Final = tuple(_TOPICS)
