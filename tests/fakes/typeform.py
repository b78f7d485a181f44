"""A Typeform that keeps responses: since and until (both inclusive), before and after tokens, at most 1,000 a page.

Answers are held to the vendor's TypeScript types where they are at hand. The request's parameters are transcribed from
the documentation, and so are two calls a second and the refusal of tokens together with times or an order.
"""

from datetime import UTC, datetime
from typing import Any

from typing_extensions import override

from orchestration.sources.http import Clock
from tests.fakes.documented import (
    TEXT,
    WHOLE,
    Documents,
    Schema,
    TypeScript,
    document,
    key,
    listing,
    operation,
    parameter,
    record,
)
from tests.fakes.limits import Limited, Sliding, header
from tests.fakes.server import Reply, Request, route

SERVER = "https://api.typeform.com"

_ERROR = record("code description", code=TEXT, description=TEXT)


def spec(types: str | None) -> Schema:
    """The one operation that is used. `types` is the text of the vendor's `.d.ts`; without it items are any object."""
    item = TypeScript(types).schema("Response") if types else record("response_id token submitted_at")
    return document(
        SERVER,
        {
            "/forms/{form_id}/responses": {
                "get": operation(
                    [
                        parameter("form_id", TEXT, "path"),
                        parameter("page_size", {"type": "integer", "minimum": 1, "maximum": 1000}),
                        parameter("since", TEXT),
                        parameter("until", TEXT),
                        parameter("before", TEXT),
                        parameter("after", TEXT),
                        parameter("sort", {"type": "string", "enum": ["submitted_at,asc", "submitted_at,desc"]}),
                    ],
                    on200=record(
                        "total_items page_count items", total_items=WHOLE, page_count=WHOLE, items=listing(item)
                    ),
                    on400=_ERROR,
                    on401=_ERROR,
                    on404=_ERROR,
                    on429=_ERROR,
                )
            }
        },
        {"token": key("Authorization")},
    )


class Typeform(Limited):
    """One account's forms. `types` is the text of the vendor's TypeScript types."""

    token = "planted-typeform-token"

    def __init__(self, clock: Clock, types: str | None = None, *, throttle: bool = True) -> None:
        super().__init__(clock, Documents(spec(types)), Sliding(2, 1, clock), throttle=throttle)
        self.forms: dict[str, list[dict[str, Any]]] = {}

    def add(
        self,
        form: str,
        record_id: str,
        submitted_at: str,
        answers: list[dict[str, Any]] | None = None,
        hidden: dict[str, str] | None = None,
        **fields: Any,
    ) -> None:
        """Take a response in, as the last one processed."""
        self.forms.setdefault(form, []).append(
            {
                "response_id": record_id,
                "token": record_id,
                "landed_at": submitted_at,
                "submitted_at": submitted_at,
                "metadata": {"user_agent": "Mozilla/5.0", "platform": "other", "network_id": "planted-network-id"},
                "hidden": hidden or {},
                "answers": answers or [],
                "calculated": {"score": 0},
                **fields,
            }
        )

    def remove(self, form: str, record_id: str) -> None:
        """Delete a response."""
        self.forms[form] = [row for row in self.forms[form] if row["response_id"] != record_id]

    def refused(self, request: Request) -> Reply | None:
        """The token must be known."""
        if header(request, "Authorization") != f"Bearer {self.token}":
            return Reply({"code": "AUTHENTICATION_FAILED", "description": "Authentication credentials not found"}, 401)
        return None

    @override
    def throttled(self, seconds: float) -> Reply:
        """Nothing says how long to wait."""
        return Reply({"code": "TOO_MANY_REQUESTS", "description": "Rate limit reached"}, 429)

    @route("GET", "/forms/{form}/responses")
    def responses(self, request: Request) -> Reply:
        """A page of one form's responses."""
        form = request.parts["form"]
        if form not in self.forms:
            return Reply({"code": "FORM_NOT_FOUND", "description": "Non existing form with uid"}, 404)
        tokens = request.query.keys() & {"before", "after"}
        if (tokens and request.query.keys() & {"since", "until", "sort"}) or len(tokens) > 1:
            told = "before and after exclude each other, sort, since and until"
            return Reply({"code": "VALIDATION_ERROR", "description": told}, 400)
        size = int(request.one("page_size") or 25)
        rows = self.forms[form]
        place = {row["token"]: number for number, row in enumerate(rows)}
        if after := request.one("after"):
            chosen = [row for row in rows if place[row["token"]] > place[after]]
        elif before := request.one("before"):
            chosen = [row for row in rows if place[row["token"]] < place[before]][::-1]
        else:
            since, until = _moment(request.one("since") or "0"), _moment(request.one("until") or "4102444800")
            chosen = [row for row in rows if since <= _moment(row["submitted_at"]) <= until]
            newest_first = (request.one("sort") or "submitted_at,desc").endswith("desc")
            chosen.sort(key=lambda row: (row["submitted_at"], row["token"]), reverse=newest_first)
        pages = -(-len(chosen) // size)
        return Reply({"total_items": len(chosen), "page_count": pages, "items": chosen[:size]})


def _moment(text: str) -> datetime:
    if text.isdigit():
        return datetime.fromtimestamp(int(text), UTC)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
