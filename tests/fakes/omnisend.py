"""An Omnisend that keeps contacts, campaigns and automations: cursors, 400 calls a minute, errors as RFC 9457 problems.

Contacts are held to the vendor's own spec where it is at hand. Campaigns and automations are transcribed from the same
version's specs, which aren't. Nobody can read message events from this API: POST /events takes customers' doings in,
and no operation gives sends, opens or clicks of a person out.
"""

import base64
import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, field
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


def _with_refusals(spec: Schema) -> Schema:
    """The document of batches leaves out what every operation of the API may answer."""
    whole = copy.deepcopy(spec)
    for item in whole["paths"].values():
        for one in item.values():
            for status, shape in ((401, _PROBLEM), (410, _PROBLEM), (429, _THROTTLED)):
                one["responses"].setdefault(
                    str(status), {"description": str(status), "content": {"application/json": {"schema": shape}}}
                )
    return whole


@dataclass
class _Batch:
    """Contacts to write, and those of them that were refused."""

    items: list[dict[str, Any]]
    done_at: float
    is_applied: bool = False
    errors: list[dict[str, Any]] = field(default_factory=list)


class Omnisend(Limited):
    """One brand.

    `contacts_spec` is the vendor's document of contacts; without it they aren't checked. `batches_spec` is that of
    batches; without it there are none.
    """

    token = "planted-omnisend-key"

    def __init__(
        self,
        clock: Clock,
        contacts_spec: Schema | None = None,
        batches_spec: Schema | None = None,
        *,
        throttle: bool = True,
    ) -> None:
        documents = [contacts_spec or _CONTACTS_UNKNOWN, SPEC]
        if batches_spec is not None:
            documents.append(_with_refusals(batches_spec))
        super().__init__(clock, Documents(*documents), Sliding(400, 60, clock), throttle=throttle)
        self.contacts: dict[str, dict[str, Any]] = {}
        self.campaigns: dict[str, dict[str, Any]] = {}
        self.automations: dict[str, dict[str, Any]] = {}
        self.batches: dict[str, _Batch] = {}
        #: How long a batch takes, by the clock.
        self.batch_seconds = 2.0
        #: E-mails that are refused, with the vendor's words.
        self.refuses: dict[str, str] = {}
        #: Contacts that were sent a welcome message.
        self.welcomed: list[str] = []
        #: Whether null leaves a custom property as it was; nothing says that it doesn't.
        self.keeps_nulls = False
        self._tagging = Sliding(60, 60, clock)
        self._by_email: dict[str, str] = {}

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
        if email:
            self._by_email[email.lower()] = record_id

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
        """A page of contacts, of an e-mail or of a status where that is asked for."""
        self.settle()
        rows = self.contacts
        if email := request.one("email"):
            rows = {key: row for key, row in rows.items() if str(row.get("email", "")).lower() == email.lower()}
        if status := request.one("status"):
            rows = {key: row for key, row in rows.items() if row["status"] == status}
        return self._listed(request, "contacts", rows)

    @route("POST", "/api/contacts")
    def write_contact(self, request: Request) -> Reply:
        """Create or update a contact by its e-mail."""
        return self._upsert(request.json)

    @route("PATCH", "/api/contacts")
    def change_contact(self, request: Request) -> Reply:
        """Update the contact of an e-mail."""
        email = (request.one("email") or "").lower()
        if email not in self._by_email:
            return _problem(404, "Not found", "contact not found")
        return self._upsert({**request.json, "identifiers": [{"type": "email", "id": email}]})

    @route("POST", "/api/contacts/tags")
    def add_tags(self, request: Request) -> Reply:
        """Tags for contacts; who isn't known is passed over."""
        return self._tag(request, lambda tags, new: tags + [tag for tag in new if tag not in tags])

    @route("DELETE", "/api/contacts/tags")
    def remove_tags(self, request: Request) -> Reply:
        """Tags off contacts."""
        return self._tag(request, lambda tags, old: [tag for tag in tags if tag not in old])

    @route("POST", "/api/batches")
    def start_batch(self, request: Request) -> Reply:
        """Up to 100 contacts at once, written a little later."""
        if (request.json["endpoint"], request.json["method"]) != ("contacts", "POST"):
            return _problem(400, "Bad request", "only contacts are written here")
        batch = f"batch-{len(self.batches) + 1}"
        self.batches[batch] = _Batch(request.json["items"], self.clock.monotonic() + self.batch_seconds)
        return Reply({"batchID": batch, "totalCount": len(request.json["items"])}, 201)

    @route("GET", "/api/batches/{batch}")
    def get_batch(self, request: Request) -> Reply:
        """How far a batch is."""
        return self._batch(request)

    @route("GET", "/api/batches/{batch}/items")
    def get_batch_items(self, request: Request) -> Reply:
        """What became of each of a batch's contacts that was refused."""
        return self._batch(request)

    def _batch(self, request: Request) -> Reply:
        self.settle()
        batch = self.batches.get(request.parts["batch"])
        if batch is None:
            return _problem(404, "Not found", "batch not found")
        content = {
            "batchID": request.parts["batch"],
            "endpoint": "contacts",
            "method": "POST",
            "status": "finished" if batch.is_applied else "inProgress",
            "totalCount": len(batch.items),
            "finishedCount": len(batch.items) if batch.is_applied else 0,
            "errorsCount": len(batch.errors),
            "errors": batch.errors,
        }
        return Reply(content)

    def settle(self) -> None:
        """Let the batches whose time has come take effect."""
        for batch in self.batches.values():
            if batch.is_applied or batch.done_at > self.clock.monotonic():
                continue
            batch.is_applied = True
            for place, item in enumerate(batch.items):
                reply = self._upsert(item)
                if reply.status >= 400:
                    batch.errors.append(
                        {"itemID": str(place), "request": item, "response": reply.body, "responseCode": reply.status}
                    )

    def contact_of(self, email: str) -> dict[str, Any] | None:
        """The contact of an e-mail."""
        self.settle()
        return self.contacts.get(self._by_email.get(email.lower(), ""))

    def tagged(self, tag: str) -> set[str]:
        """E-mails of the contacts that bear a tag."""
        self.settle()
        return {str(contact["email"]) for contact in self.contacts.values() if tag in contact["tags"]}

    def _upsert(self, given: dict[str, Any]) -> Reply:
        (identifier,) = [one for one in given["identifiers"] if one["type"] == "email"]
        email = str(identifier["id"]).lower()
        if email in self.refuses:
            error = {"field": "identifiers.0.id", "code": "invalid", "message": self.refuses[email]}
            return _problem(400, "Bad request", "Validation failed", errors=[error])
        is_new = email not in self._by_email
        moment = self.clock.now().isoformat().replace("+00:00", "Z")
        if is_new:
            self.add_contact(f"n{len(self.contacts) + 1:09d}", moment, email, status="nonSubscribed")
            if identifier.get("sendWelcomeMessage", True):
                self.welcomed.append(email)
        contact = self.contacts[self._by_email[email]]
        for channel, said in (identifier.get("channels") or {}).items():
            contact["statuses"] = [{"channel": channel, "status": said["status"], "statusChangedAt": moment}]
            contact["status"] = said["status"]
        properties = contact.setdefault("customProperties", {})
        for name, value in (given.get("customProperties") or {}).items():
            if value is not None:
                properties[name] = value
            elif not self.keeps_nulls:
                properties.pop(name, None)
        contact["tags"] = [*contact["tags"], *(tag for tag in given.get("tags") or [] if tag not in contact["tags"])]
        contact["updatedAt"] = moment
        return Reply(contact, 201 if is_new else 200)

    def _tag(self, request: Request, change: Callable[[list[str], list[str]], list[str]]) -> Reply:
        wait = self._tagging.wait() if self.throttle else 0
        if wait:
            return self.throttled(wait)
        self.settle()
        for email in request.json.get("emails") or []:
            contact = self.contact_of(email)
            if contact is not None:
                contact["tags"] = change(contact["tags"], request.json["tags"])
        return Reply(None, 202)

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
