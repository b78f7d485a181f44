"""Smile.io's customers, points transactions and VIP tiers, each as its own raw table.

The API says which tier a customer is in now, not since when: `customer_tiers` keeps each state a load has seen, by
customer and the moment of the customer's change, with nothing of the person in it.
"""

from collections.abc import Iterator

import pyarrow as pa

from orchestration.sources.landing import only
from orchestration.sources.shape import records
from orchestration.sources.smile.client import SmileClient
from orchestration.sources.smile.settings import TOKEN, SmileSettings
from orchestration.sources.source import Finding, Page, Source, State, Stream, Window

NAME = "smile"


def _read_customers(client: SmileClient, window: Window, _state: State) -> Iterator[Page]:
    for answer in client.pages("customers", window.start):
        yield records(NAME, CUSTOMERS, answer.body, at="$.customers")
        seen = records(NAME, CUSTOMER_TIERS, answer.body, at="$.customers")
        yield only(
            seen,
            {"customer_id": "$.id", "vip_tier_id": "$.vip_status.vip_tier_id", "updated_at": "$.updated_at"},
        )


def _present_customers(client: SmileClient) -> Iterator[pa.Table]:
    for answer in client.pages("customers", None):
        yield records(NAME, CUSTOMERS, answer.body, at="$.customers").rows.select(["id"])


def _read_transactions(client: SmileClient, window: Window, _state: State) -> Iterator[Page]:
    for answer in client.pages("points_transactions", window.start):
        yield records(NAME, POINTS_TRANSACTIONS, answer.body, at="$.points_transactions")


def _read_tiers(client: SmileClient, _window: Window, _state: State) -> Iterator[Page]:
    yield records(NAME, VIP_TIERS, client.tiers().body, at="$.vip_tiers")


def _check(client: SmileClient) -> list[Finding]:
    found = []
    for name in ("customers", "points_transactions"):
        listed = next(client.pages(name, None, size=1)).json[name]
        found.append(Finding(f"GET /{name}", True, "readable" if listed else "readable, nothing there yet"))
    tiers = client.tiers().json["vip_tiers"]
    found.append(Finding("GET /vip_tiers", True, f"{len(tiers)} tiers"))
    return found


VIP_TIERS = Stream(
    name="vip_tiers",
    endpoint="GET /vip_tiers",
    required={"$.name": "text"},
    read=_read_tiers,
    snapshot=True,
)
CUSTOMERS = Stream(
    name="customers",
    endpoint="GET /customers",
    cursor="$.updated_at",
    required={
        "$.created_at": "moment",
        "$.updated_at": "moment",
        "$.email": "text?",
        "$.state": "text",
        "$.referral_url": "text?",
    },
    read=_read_customers,
    present=_present_customers,
)
CUSTOMER_TIERS = Stream(
    name="customer_tiers",
    endpoint="GET /customers",
    key=("$.id", "$.updated_at"),
    cursor="$.updated_at",
    required={"$.vip_status": "object?"},
)
POINTS_TRANSACTIONS = Stream(
    name="points_transactions",
    endpoint="GET /points_transactions",
    cursor="$.updated_at",
    required={"$.customer_id": "number", "$.points_change": "number", "$.created_at": "moment"},
    read=_read_transactions,
)

SOURCE = Source(
    name=NAME,
    title="Smile.io",
    settings=SmileSettings,
    secrets=(TOKEN,),
    streams=(VIP_TIERS, CUSTOMERS, CUSTOMER_TIERS, POINTS_TRANSACTIONS),
    connect=SmileClient,
    check=_check,
)
