"""A Yotpo Loyalty that tells one customer a call, by e-mail.

No spec is published; path, headers, `points_balance`, `points_earned` and `vip_tier_name` are transcribed from the
documented operation, `with_history`, `with_referral_code` and what they add from memory and public code.
"""

from typing import Any

from typing_extensions import override

from orchestration.sources.http import Clock
from tests.fakes.documented import (
    FLAG,
    MOMENT,
    TEXT,
    WHOLE,
    Documents,
    Schema,
    document,
    key,
    listing,
    nullable,
    operation,
    parameter,
    record,
)
from tests.fakes.limits import Limited, Sliding, header
from tests.fakes.server import Reply, Request, route

SERVER = "https://loyalty.yotpo.com/api/v2"

_ERROR = record(message=TEXT)
SPEC: Schema = document(
    SERVER,
    {
        "/customers": {
            "get": operation(
                [
                    parameter("customer_email", TEXT, required=True),
                    parameter("with_history", FLAG),
                    parameter("with_referral_code", FLAG),
                ],
                on200=record(
                    "email points_balance points_earned",
                    email=TEXT,
                    first_name=nullable(TEXT),
                    last_name=nullable(TEXT),
                    points_balance=WHOLE,
                    points_earned=WHOLE,
                    vip_tier_name=nullable(TEXT),
                    referral_code=record("code", code=TEXT),
                    history_items=listing(record("points created_at", points=WHOLE, action=TEXT, created_at=MOMENT)),
                ),
                on401=_ERROR,
                on404=_ERROR,
                on429=_ERROR,
            )
        }
    },
    {"guid": key("x-guid"), "key": key("x-api-key")},
)


class YotpoLoyalty(Limited):
    """One programme. No limit is published: the fake's is a number of its own."""

    guid = "planted-guid"
    token = "planted-loyalty-key"

    def __init__(self, clock: Clock, *, throttle: bool = True) -> None:
        super().__init__(clock, Documents(SPEC), Sliding(1000, 60, clock), throttle=throttle)
        self.customers: dict[str, dict[str, Any]] = {}

    def add(self, email: str, tier: str | None = None, code: str | None = None) -> None:
        """Keep a member."""
        self.customers[email] = {
            "email": email,
            "first_name": "A",
            "last_name": None,
            "points_balance": 0,
            "points_earned": 0,
            "vip_tier_name": tier,
            "history_items": [],
            **({"referral_code": {"code": code}} if code else {}),
        }

    def book(self, email: str, points: int, at: str, action: str = "Made a Purchase") -> None:
        """Book points in or out."""
        member = self.customers[email]
        member["history_items"] = [
            *member["history_items"],
            {"points": points, "action": action, "created_at": at, "status": "Approved"},
        ]
        member["points_balance"] += points
        member["points_earned"] += max(points, 0)

    def refused(self, request: Request) -> Reply | None:
        """Both headers must be right."""
        if (header(request, "x-guid"), header(request, "x-api-key")) != (self.guid, self.token):
            return Reply({"message": "Unauthorized"}, 401)
        return None

    @override
    def throttled(self, seconds: float) -> Reply:
        """Nothing says how long to wait."""
        return Reply({"message": "Too many requests"}, 429)

    @route("GET", "/api/v2/customers")
    def show(self, request: Request) -> Reply:
        """One member, with what is asked for."""
        found = self.customers.get((request.one("customer_email") or "").lower())
        if found is None:
            return Reply({"message": "Customer not found"}, 404)
        wishes = (("history_items", "with_history"), ("referral_code", "with_referral_code"))
        left_out = {name for name, wish in wishes if request.one(wish) != "true"}
        return Reply({name: value for name, value in found.items() if name not in left_out})
