"""A Judge.me that keeps reviews: page numbers, newest first, no filter by time, a token in the query.

No spec is published; the shapes are transcribed from the documented review list and a real answer of it. Judge.me says
that it throttles by shop and not how much: the fake's limit is a number of its own.
"""

from typing import Any

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
    one_of,
    operation,
    parameter,
    record,
)
from tests.fakes.limits import Limited, Sliding
from tests.fakes.server import Reply, Request, route

SERVER = "https://judge.me/api/v1"

REVIEW = record(
    "id rating created_at updated_at reviewer",
    id=WHOLE,
    title=nullable(TEXT),
    body=nullable(TEXT),
    rating={"type": "integer", "minimum": 1, "maximum": 5},
    product_external_id=nullable(WHOLE),
    reviewer=record(
        "id email",
        id=WHOLE,
        external_id=nullable(WHOLE),
        email=TEXT,
        name=nullable(TEXT),
        phone=nullable(TEXT),
        accepts_marketing=FLAG,
        unsubscribed_at=nullable(MOMENT),
        tags=nullable(listing(TEXT)),
    ),
    source=TEXT,
    curated=TEXT,
    hidden=FLAG,
    published=FLAG,
    verified=one_of("buyer", "email", "nothing"),
    featured=FLAG,
    created_at=MOMENT,
    updated_at=MOMENT,
    pictures=listing(record(urls=record(), hidden=FLAG)),
    ip_address=nullable(TEXT),
)

SPEC: Schema = document(
    SERVER,
    {
        "/reviews": {
            "get": operation(
                [
                    parameter("shop_domain", TEXT, required=True),
                    parameter("api_token", TEXT, required=True),
                    parameter("page", {"type": "integer", "minimum": 1}),
                    parameter("per_page", {"type": "integer", "minimum": 1, "maximum": 100}),
                    parameter("product_id", WHOLE),
                    parameter("rating", {"type": "integer", "minimum": 1, "maximum": 5}),
                ],
                on200=record(
                    "current_page per_page reviews", current_page=WHOLE, per_page=WHOLE, reviews=listing(REVIEW)
                ),
                on401=record(error=TEXT),
                on429=record(error=TEXT),
            )
        }
    },
    {"token": key("api_token", "query")},
)


class Judgeme(Limited):
    """One shop's reviews."""

    domain = "shop.myshopify.com"
    token = "planted-judgeme-token"

    def __init__(self, clock: Clock, *, throttle: bool = True) -> None:
        super().__init__(clock, Documents(SPEC), Sliding(300, 60, clock), throttle=throttle)
        self.reviews: dict[int, dict[str, Any]] = {}

    def add(self, record_id: int, created_at: str, rating: int = 5, **fields: Any) -> None:
        """Publish a review. `reviewer` is taken as its fields that differ from a plain one."""
        reviewer = {
            "id": record_id + 1_000_000,
            "external_id": None,
            "email": f"reviewer{record_id}@example.com",
            "name": "A Reviewer",
            "phone": None,
            "accepts_marketing": True,
            "unsubscribed_at": None,
            "tags": None,
            **fields.pop("reviewer", {}),
        }
        self.reviews[record_id] = {
            "id": record_id,
            "title": "A title",
            "body": "A text",
            "rating": rating,
            "product_external_id": 5280573096092,
            "reviewer": reviewer,
            "source": "web",
            "curated": "ok",
            "hidden": False,
            "published": True,
            "verified": "buyer",
            "featured": False,
            "created_at": created_at,
            "updated_at": created_at,
            "pictures": [],
            "ip_address": "203.0.113.7",
            **fields,
        }

    def change(self, record_id: int, updated_at: str, **fields: Any) -> None:
        """Change a review where it stands: its place in the list is by its creation."""
        self.reviews[record_id] |= {"updated_at": updated_at, **fields}

    def remove(self, record_id: int) -> None:
        """Delete a review; nothing tells that it was there."""
        del self.reviews[record_id]

    def refused(self, request: Request) -> Reply | None:
        """Domain and token must belong together."""
        if (request.one("shop_domain"), request.one("api_token")) != (self.domain, self.token):
            return Reply({"error": "Failed to authenticate: invalid shop_domain or api_token"}, 401)
        return None

    def throttled(self, seconds: float) -> Reply:
        """Too many requests."""
        return Reply({"error": "Too many requests"}, 429, {"Retry-After": str(int(seconds) + 1)})

    @route("GET", "/api/v1/reviews")
    def listed(self, request: Request) -> Reply:
        """A page of reviews."""
        page = int(request.one("page") or 1)
        size = int(request.one("per_page") or 10)
        ordered = sorted(self.reviews.values(), key=lambda review: (review["created_at"], review["id"]), reverse=True)
        found = ordered[(page - 1) * size : page * size]
        return Reply({"current_page": page, "per_page": size, "reviews": found})
