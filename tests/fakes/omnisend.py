"""An Omnisend that keeps contacts, campaigns and automations: cursors, 400 calls a minute, errors as RFC 9457 problems.

Contacts are held to the vendor's own spec where it is at hand. Campaigns and automations are transcribed from the same
version's specs, which aren't. Nobody can read message events from this API: POST /events takes customers' doings in,
and no operation gives sends, opens or clicks of a person out.
"""

import base64
import math
from datetime import datetime
from typing import Any

from orchestration.sources.http import Clock
from tests.fakes.documented import (
    FLAG,
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

SERVER = "https://api.omnisend.com/api"
VERSION = "2026-03-15"

_PROBLEM = record(type=TEXT, title=TEXT, status=WHOLE, detail=TEXT, instance=TEXT)
_THROTTLED = record(type=TEXT, title=TEXT, status=WHOLE, detail=TEXT, instance=TEXT, retryAfter=WHOLE)
_PAGING = record(
    "cursors hasMore",
    cursors=record(after=nullable(TEXT), before=nullable(TEXT)),
    hasMore=FLAG,
    limit=WHOLE,
)
_LIST_PARAMETERS = [
    parameter("Omnisend-Version", TEXT, "header", required=True),
    parameter("limit", {"type": "integer", "minimum": 1, "maximum": 250}),
    parameter("after", TEXT),
    parameter("before", TEXT),
    parameter("sort", one_of("createdAt", "updatedAt")),
    parameter("direction", one_of("asc", "desc")),
    parameter("updatedAtFrom", {"type": "string", "format": "date-time"}),
    parameter("updatedAtTo", {"type": "string", "format": "date-time"}),
]


def _listed(name: str, shape: Schema) -> Schema:
    return {
        "get": operation(
            _LIST_PARAMETERS,
            on200=record(f"{name} paging", **{name: listing(shape), "paging": _PAGING}),
            on400=_PROBLEM,
            on401=_PROBLEM,
            on410=_PROBLEM,
            on429=_THROTTLED,
            on500=_PROBLEM,
        )
    }


# Transcribed from the campaigns and automations APIs of the same version.
SPEC: Schema = document(
    SERVER,
    {
        "/campaigns": _listed(
            "campaigns",
            record(
                "id",
                id=TEXT,
                brandID=TEXT,
                name=TEXT,
                channel=one_of("email", "sms", "push"),
                type=one_of("regular", "abTest", "booster"),
                status=one_of(
                    *("draft", "scheduled", "started", "sent", "error"),
                    *("canceled", "paused", "onHold", "expired", "stopped"),
                ),
                createdAt=TEXT,
                updatedAt=TEXT,
                startedAt=TEXT,
                endedAt=TEXT,
            ),
        ),
        "/automations": _listed(
            "automations", record("id", id=TEXT, name=TEXT, isEnabled=FLAG, createdAt=TEXT, updatedAt=TEXT)
        ),
    },
    {"key": key("Authorization")},
)

_CONTACTS_UNKNOWN: Schema = document(SERVER, {"/contacts": _listed("contacts", record("id", id=TEXT))})


class Omnisend(Limited):
    """One brand. `contacts_spec` is the vendor's document of contacts; without it they aren't checked."""

    token = "planted-omnisend-key"

    def __init__(self, clock: Clock, contacts_spec: Schema | None = None, *, throttle: bool = True) -> None:
        documents = [contacts_spec or _CONTACTS_UNKNOWN, SPEC]
        super().__init__(clock, Documents(*documents), Sliding(400, 60, clock), throttle=throttle)
        self.contacts: dict[str, dict[str, Any]] = {}
        self.campaigns: dict[str, dict[str, Any]] = {}
        self.automations: dict[str, dict[str, Any]] = {}

    def add_contact(self, record_id: str, updated_at: str, email: str | None, **fields: Any) -> None:
        """Keep a contact, subscribed to nothing unless `email_status` or `sms_status` says so.

        A status is (status, when it changed). `phone` is one number.
        """
        statuses = [
            {"channel": channel, "status": status[0], "statusChangedAt": status[1]}
            for channel in ("email", "sms")
            if (status := fields.pop(f"{channel}_status", None))
        ]
        phone = fields.pop("phone", None)
        named = [("email", email)] * bool(email) + [("phone", phone)] * bool(phone)
        identifiers = [
            {
                "id": value,
                "type": kind,
                "channels": {
                    status["channel"]: {"status": status["status"], "statusChangedAt": status["statusChangedAt"]}
                    for status in statuses
                    if (status["channel"] == "email") == (kind == "email")
                },
            }
            for kind, value in named
        ]
        contact = {
            "id": record_id,
            "status": next((one["status"] for one in statuses if one["channel"] == "email"), "nonSubscribed"),
            "statuses": statuses,
            "identifiers": identifiers,
            "tags": [],
            "createdAt": updated_at,
            "updatedAt": updated_at,
            **fields,
        }
        self.contacts[record_id] = contact | ({"email": email} if email else {}) | ({"phone": [phone]} if phone else {})

    def add_campaign(self, record_id: str, name: str, updated_at: str) -> None:
        """Keep a campaign that was sent."""
        self.campaigns[record_id] = {
            "id": record_id,
            "name": name,
            "channel": "email",
            "type": "regular",
            "status": "sent",
            "createdAt": updated_at,
            "updatedAt": updated_at,
        }

    def add_automation(self, record_id: str, name: str, updated_at: str) -> None:
        """Keep an automation that runs."""
        self.automations[record_id] = {
            "id": record_id,
            "name": name,
            "isEnabled": True,
            "createdAt": updated_at,
            "updatedAt": updated_at,
        }

    def refused(self, request: Request) -> Reply | None:
        """Key and version are looked at before anything else."""
        if header(request, "Authorization") != f"Omnisend-API-Key {self.token}":
            return _problem(401, "Unauthorized", "Authentication is missing or invalid")
        if header(request, "Omnisend-Version") != VERSION:
            return _problem(410, "Gone", "API version has been retired")
        return None

    def throttled(self, seconds: float) -> Reply:
        """How long to wait stands in the body."""
        return _problem(429, "Too many requests", "Rate limit exceeded", retryAfter=math.ceil(seconds))

    @route("GET", "/api/contacts")
    def list_contacts(self, request: Request) -> Reply:
        """A page of contacts."""
        return self._listed(request, "contacts", self.contacts)

    @route("GET", "/api/campaigns")
    def list_campaigns(self, request: Request) -> Reply:
        """A page of campaigns."""
        return self._listed(request, "campaigns", self.campaigns)

    @route("GET", "/api/automations")
    def list_automations(self, request: Request) -> Reply:
        """A page of automations."""
        return self._listed(request, "automations", self.automations)

    def _listed(self, request: Request, name: str, rows: dict[str, dict[str, Any]]) -> Reply:
        if request.one("updatedAtFrom") and request.query.keys() & {"email", "phone", "status", "segmentID", "tag"}:
            return _problem(400, "Bad request", "updatedAtFrom excludes email, phone, status, segmentID and tag")
        sort = request.one("sort") or "createdAt"
        newest_first = (request.one("direction") or "desc") == "desc"
        start = datetime.fromisoformat(request.one("updatedAtFrom") or "1970-01-01T00:00:00Z")
        ordered = sorted(
            (row for row in rows.values() if datetime.fromisoformat(row["updatedAt"]) >= start),
            key=lambda row: (row[sort], row["id"]),
            reverse=newest_first,
        )
        if after := request.one("after"):
            # A cursor names the last row's place: rows that change while someone pages move behind it.
            last = tuple(base64.b64decode(after).decode().split("|", 1))
            places = [(row[sort], row["id"]) for row in ordered]
            behind = [place < last if newest_first else place > last for place in places]
            ordered = [row for row, is_behind in zip(ordered, behind, strict=True) if is_behind]
        limit = int(request.one("limit") or 100)
        page = ordered[:limit]
        more = len(ordered) > limit
        cursor = base64.b64encode(f"{page[-1][sort]}|{page[-1]['id']}".encode()).decode() if more else None
        paging = {"cursors": {"after": cursor, "before": None}, "hasMore": more, "limit": limit}
        return Reply({name: page, "paging": paging})


def _problem(status: int, title: str, detail: str, **more: Any) -> Reply:
    content = {
        "type": "https://problems.omnisend.com/problem",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": "urn:omnisend:request:00000000-0000-0000-0000-000000000001",
        **more,
    }
    return Reply(content, status)
