"""A Smile.io that keeps customers, points transactions and VIP tiers: cursors, newest id first, ten calls a second.

The shapes and limits are transcribed from the vendor's documented REST API. There is no list of referrals.
"""

import base64
from datetime import datetime
from typing import Any

from typing_extensions import override

from orchestration.sources.http import Clock
from tests.fakes.documented import (
    MOMENT,
    NUMBER,
    TEXT,
    WHOLE,
    Documents,
    Schema,
    document,
    key,
    listing,
    nullable,
    one_of,
    operation,
    parameter,
    record,
)
from tests.fakes.limits import Limited, Sliding, header
from tests.fakes.server import Reply, Request, route

SERVER = "https://api.smile.io/v1"

_METADATA = record("next_cursor", next_cursor=nullable(TEXT), previous_cursor=nullable(TEXT))
_ERROR = record("error", error=record("message", message=TEXT))
_PAGED = [
    parameter("updated_at_min", {"type": "string", "format": "date-time"}),
    parameter("limit", {"type": "integer", "minimum": 1, "maximum": 250}),
    parameter("cursor", TEXT),
]
CUSTOMER = record(
    "id email state points_balance created_at updated_at",
    id=WHOLE,
    first_name=nullable(TEXT),
    last_name=nullable(TEXT),
    email=TEXT,
    state=one_of("candidate", "member", "disabled"),
    date_of_birth=nullable(TEXT),
    points_balance=WHOLE,
    referral_url=TEXT,
    vip_tier_id=nullable(WHOLE),
    vip_status=record(vip_tier_id=nullable(WHOLE), progress_value=nullable(NUMBER)),
    created_at=MOMENT,
    updated_at=MOMENT,
)
TRANSACTION = record(
    "id customer_id points_change created_at updated_at",
    id=WHOLE,
    customer_id=WHOLE,
    points_change=WHOLE,
    description=TEXT,
    internal_note=nullable(TEXT),
    created_at=MOMENT,
    updated_at=MOMENT,
)
TIER = record("id name", id=WHOLE, name=TEXT, image_url=TEXT, milestone=NUMBER)

SPEC: Schema = document(
    SERVER,
    {
        "/customers": {
            "get": operation(
                [*_PAGED, parameter("include", one_of("vip_status")), parameter("email", TEXT)],
                on200=record("customers metadata", customers=listing(CUSTOMER), metadata=_METADATA),
                on401=_ERROR,
                on429=_ERROR,
            )
        },
        "/points_transactions": {
            "get": operation(
                [*_PAGED, parameter("customer_id", WHOLE)],
                on200=record(
                    "points_transactions metadata", points_transactions=listing(TRANSACTION), metadata=_METADATA
                ),
                on401=_ERROR,
                on429=_ERROR,
            )
        },
        "/vip_tiers": {
            "get": operation(on200=record("vip_tiers", vip_tiers=listing(TIER)), on401=_ERROR, on429=_ERROR)
        },
    },
    {"token": key("Authorization")},
)


class Smile(Limited):
    """One programme."""

    token = "planted-smile-token"

    def __init__(self, clock: Clock, *, throttle: bool = True) -> None:
        super().__init__(clock, Documents(SPEC), Sliding(10, 1, clock), throttle=throttle)
        self.customers: dict[int, dict[str, Any]] = {}
        self.points_transactions: dict[int, dict[str, Any]] = {}
        self.vip_tiers: dict[int, dict[str, Any]] = {}

    def add_customer(self, record_id: int, email: str, created_at: str, tier: int | None = None, **fields: Any) -> None:
        """Keep a customer, a member unless `state` says otherwise."""
        self.customers[record_id] = {
            "id": record_id,
            "first_name": "A",
            "last_name": None,
            "email": email,
            "state": "member",
            "date_of_birth": None,
            "points_balance": 0,
            "referral_url": f"http://i.refs.cc/code{record_id}",
            "vip_tier_id": tier,
            "vip_status": {"vip_tier_id": tier, "progress_value": 0},
            "created_at": created_at,
            "updated_at": created_at,
            **fields,
        }

    def change_customer(self, record_id: int, updated_at: str, tier: int | None = None, **fields: Any) -> None:
        """Change a customer; the tier is always said anew."""
        self.customers[record_id] |= {
            "updated_at": updated_at,
            "vip_tier_id": tier,
            "vip_status": {"vip_tier_id": tier, "progress_value": 0},
            **fields,
        }

    def add_points(self, record_id: int, customer: int, points: int, at: str) -> None:
        """Book points in or out."""
        self.points_transactions[record_id] = {
            "id": record_id,
            "customer_id": customer,
            "points_change": points,
            "description": "Points",
            "internal_note": None,
            "created_at": at,
            "updated_at": at,
        }

    def add_tier(self, record_id: int, name: str, milestone: float) -> None:
        """Keep a VIP tier."""
        self.vip_tiers[record_id] = {"id": record_id, "name": name, "image_url": "", "milestone": milestone}

    def refused(self, request: Request) -> Reply | None:
        """The token must be known."""
        if header(request, "Authorization") != f"Bearer {self.token}":
            return Reply({"error": {"message": "Invalid authentication token"}}, 401)
        return None

    @override
    def throttled(self, seconds: float) -> Reply:
        """Nothing says how long to wait: a second, say the documents."""
        return Reply({"error": {"message": "Too many requests"}}, 429)

    @route("GET", "/v1/vip_tiers")
    def list_tiers(self, _request: Request) -> Reply:
        """All tiers."""
        return Reply({"vip_tiers": sorted(self.vip_tiers.values(), key=lambda tier: tier["milestone"])})

    @route("GET", "/v1/customers")
    def list_customers(self, request: Request) -> Reply:
        """A page of customers, with their tier's state if asked for."""
        left_out = set() if request.one("include") == "vip_status" else {"vip_status"}
        rows = [{name: value for name, value in row.items() if name not in left_out} for row in self.customers.values()]
        return self._listed(request, "customers", rows)

    @route("GET", "/v1/points_transactions")
    def list_transactions(self, request: Request) -> Reply:
        """A page of transactions."""
        return self._listed(request, "points_transactions", list(self.points_transactions.values()))

    def _listed(self, request: Request, name: str, rows: list[dict[str, Any]]) -> Reply:
        since = datetime.fromisoformat(request.one("updated_at_min") or "1970-01-01T00:00:00Z")
        changed = (row for row in rows if datetime.fromisoformat(row["updated_at"]) >= since)
        chosen = sorted(changed, key=lambda row: row["id"], reverse=True)
        if cursor := request.one("cursor"):
            chosen = [row for row in chosen if row["id"] < int(base64.b64decode(cursor))]
        limit = int(request.one("limit") or 50)
        page = chosen[:limit]
        following = base64.b64encode(str(page[-1]["id"]).encode()).decode() if len(chosen) > limit else None
        return Reply({name: page, "metadata": {"next_cursor": following, "previous_cursor": ""}})
