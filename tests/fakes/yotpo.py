"""A Yotpo that keeps reviews: a token for app key and secret, page numbers, 5,000 calls a minute, a filter by creation.

No spec is published; paths, token, page size and limit are transcribed from the documented operations, the review's
other fields (`sku`, `email`, `updated_at`, `deleted`) and `since_date` from memory of the same pages.
"""

from typing import Any

from typing_extensions import override

from orchestration.sources.http import Clock
from tests.fakes.documented import (
    FLAG,
    MOMENT,
    NUMBER,
    TEXT,
    WHOLE,
    Documents,
    Schema,
    document,
    listing,
    nullable,
    one_of,
    operation,
    parameter,
    record,
)
from tests.fakes.limits import Limited, Sliding
from tests.fakes.server import Reply, Request, route

SERVER = "https://api.yotpo.com"

_STATUS = record("code message", code=WHOLE, message=TEXT)
_ERROR = record("status", status=_STATUS)
REVIEW = record(
    "id score created_at",
    id=WHOLE,
    title=nullable(TEXT),
    content=nullable(TEXT),
    score={"type": "integer", "minimum": 1, "maximum": 5},
    votes_up=WHOLE,
    votes_down=WHOLE,
    created_at=MOMENT,
    updated_at=MOMENT,
    sentiment=nullable(NUMBER),
    sku=TEXT,
    name=TEXT,
    email=TEXT,
    reviewer_type=TEXT,
    verified_buyer=FLAG,
    deleted=FLAG,
    archived=FLAG,
    user_reference=nullable(TEXT),
    images_data=listing(record()),
)

SPEC: Schema = document(
    SERVER,
    {
        "/oauth/token": {
            "post": operation(
                body=record(
                    "client_id client_secret grant_type",
                    client_id=TEXT,
                    client_secret=TEXT,
                    grant_type=one_of("client_credentials"),
                ),
                on200=record("access_token token_type", access_token=TEXT, token_type=TEXT),
                on401=_ERROR,
            )
        },
        "/v1/apps/{app_key}/reviews": {
            "get": operation(
                [
                    parameter("app_key", TEXT, "path"),
                    parameter("utoken", TEXT, required=True),
                    parameter("count", {"type": "integer", "minimum": 1, "maximum": 100}),
                    parameter("page", {"type": "integer", "minimum": 1}),
                    parameter("since_date", {"type": "string", "format": "date"}),
                    parameter("deleted", FLAG),
                ],
                on200=record("reviews", reviews=listing(REVIEW)),
                on401=_ERROR,
                on429=_ERROR,
            )
        },
    },
)


class Yotpo(Limited):
    """One store's reviews."""

    app_key = "store-app-key"
    secret = "planted-yotpo-secret"

    def __init__(self, clock: Clock, *, throttle: bool = True) -> None:
        super().__init__(clock, Documents(SPEC), Sliding(5000, 60, clock), throttle=throttle)
        self.tokens: set[str] = set()
        self.tokens_given = 0
        self.reviews: dict[int, dict[str, Any]] = {}

    def add(self, record_id: int, created_at: str, score: int = 5, **fields: Any) -> None:
        """Publish a review."""
        self.reviews[record_id] = {
            "id": record_id,
            "title": "A title",
            "content": "A text",
            "score": score,
            "votes_up": 0,
            "votes_down": 0,
            "created_at": created_at,
            "updated_at": created_at,
            "sentiment": 0.5,
            "sku": "5280573096092",
            "name": "A Reviewer",
            "email": f"reviewer{record_id}@example.com",
            "reviewer_type": "verified_buyer",
            "deleted": False,
            "archived": False,
            "user_reference": None,
            **fields,
        }

    def change(self, record_id: int, updated_at: str, **fields: Any) -> None:
        """Change a review; `deleted=True` takes it off the shop."""
        self.reviews[record_id] |= {"updated_at": updated_at, **fields}

    def expire_tokens(self) -> None:
        """Make every token that was given out worthless."""
        self.tokens.clear()

    def is_free(self, request: Request) -> bool:
        """The limit is of the reviews."""
        return request.path == "/oauth/token"

    def refused(self, request: Request) -> Reply | None:
        """Reviews want a token that holds and its own store."""
        if self.is_free(request):
            return None
        if request.one("utoken") not in self.tokens or f"/{self.app_key}/" not in request.path:
            return _error(401, "Access denied, invalid token")
        return None

    @override
    def throttled(self, seconds: float) -> Reply:
        """Nothing says how long to wait."""
        return _error(429, "Too many requests")

    @route("POST", "/oauth/token")
    def give_token(self, request: Request) -> Reply:
        """A new token; the ones before hold on."""
        if (request.json["client_id"], request.json["client_secret"]) != (self.app_key, self.secret):
            return _error(401, "Invalid client credentials")
        self.tokens_given += 1
        token = f"planted-utoken-{self.tokens_given}"
        self.tokens.add(token)
        return Reply({"access_token": token, "token_type": "bearer"})

    @route("GET", "/v1/apps/{app_key}/reviews")
    def listed(self, request: Request) -> Reply:
        """A page of reviews."""
        since = request.one("since_date") or ""
        with_deleted = request.one("deleted") == "true"
        chosen = [
            review
            for review in self.reviews.values()
            if review["created_at"][:10] >= since and (with_deleted or not review["deleted"])
        ]
        chosen.sort(key=lambda review: (review["created_at"], review["id"]), reverse=True)
        page, size = int(request.one("page") or 1), int(request.one("count") or 10)
        return Reply({"reviews": chosen[(page - 1) * size : page * size]})


def _error(status: int, message: str) -> Reply:
    return Reply({"status": {"code": status, "message": message}}, status)
