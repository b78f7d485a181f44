"""A Klaviyo account, revision 2026-07-15: JSON:API, pages linked by expiring cursors, limits by endpoint."""

import base64
import math
import re
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import orjson

from orchestration.sources.http import Clock
from tests.fakes.server import Contract, Fake, Reply, Request, Window, route

KEY: Final = "pk_0123456789abcdef0123456789abcdef01"
REVISION: Final = "2026-07-15"
_MINUTE: Final = 60.0
_DAY: Final = 86_400.0
_CONDITION: Final = re.compile(r"([a-z-]+)\(([\w.]+),([^()]*)\)")


def _limits(burst: int, steady: int) -> tuple[Window, ...]:
    return (Window(burst, 1.0), Window(steady, _MINUTE))


@dataclass(order=True)
class _Event:
    at: str
    id: str
    data: bytes = field(compare=False)
    included: tuple[bytes, ...] = field(compare=False, default=())


@dataclass
class _Job:
    """An import: what it was given, when it will be done, and whom it refused."""

    profiles: list[dict[str, Any]]
    done_at: float
    is_applied: bool = False
    refused: list[tuple[int, dict[str, Any]]] = field(default_factory=list)


class FakeKlaviyo(Fake):
    """Metrics, flows with their messages, campaigns, lists and profiles are plain resource objects, by id."""

    content_type = "application/vnd.api+json"

    def __init__(self, clock: Clock | None = None, contract: Contract | None = None, *, throttle: bool = True) -> None:
        super().__init__(clock, contract, throttle=throttle)
        self.metrics: dict[str, dict[str, Any]] = {}
        self.flows: dict[str, dict[str, Any]] = {}
        self.flow_actions: dict[str, dict[str, Any]] = {}
        self.campaigns: dict[str, dict[str, Any]] = {}
        self.lists: dict[str, dict[str, Any]] = {}
        self.profiles: dict[str, dict[str, Any]] = {}
        self.scopes = {"events", "metrics", "flows", "campaigns", "lists", "profiles", "data-privacy"}
        #: Profiles by list, and every (list, profile) that joined one: what flows on lists are triggered by.
        self.members: dict[str, set[str]] = {}
        self.joined: list[tuple[str, str]] = []
        #: E-mails that an import refuses, with the vendor's words.
        self.refuses: dict[str, str] = {}
        #: How long an import job takes, by the clock; until then nothing of it is to be seen.
        self.job_seconds = 2.0
        self.jobs: dict[str, _Job] = {}
        self._by_email: dict[str, str] = {}
        #: How many of the next requests with a cursor are told that it is no longer known.
        self.expire_cursors = 0
        self._events: list[_Event] = []

    # What tests put in.

    def add_metric(self, metric_id: str, name: str) -> None:
        """A kind of event."""
        self.metrics[metric_id] = self._resource(
            "metric", metric_id, {"name": name, "created": "2024-01-01T00:00:00+00:00",
                                  "updated": "2024-01-01T00:00:00+00:00", "integration": {"name": "Klaviyo"}}
        )  # fmt: skip

    def add_event(
        self,
        event_id: str,
        metric_id: str,
        profile_id: str,
        at: datetime,
        properties: Mapping[str, Any] | None = None,
        attribution: Mapping[str, str] | None = None,
        **attributes: Any,
    ) -> None:
        """One event; `attribution` maps relationships such as "flow" or "flow-message" to ids."""
        moment = at.replace(tzinfo=UTC)
        resource = self._resource(
            "event", event_id,
            {"timestamp": int(moment.timestamp()), "event_properties": dict(properties or {}),
             "datetime": moment.isoformat(), "uuid": f"{event_id}-uuid", **attributes},
            {"metric": ("metric", metric_id), "profile": ("profile", profile_id)},
        )  # fmt: skip
        included: tuple[bytes, ...] = ()
        if attribution is not None:
            attribution_id = f"attr-{event_id}"
            kinds = {"attributed-event": "event", "flow-message-variation": "flow-message"}
            related = {name: (kinds.get(name, name), value) for name, value in attribution.items()}
            found = self._resource("attribution", attribution_id, None, {"event": ("event", event_id), **related})
            resource["relationships"]["attributions"] = {"data": [{"type": "attribution", "id": attribution_id}]}
            included = (orjson.dumps(found),)
        self._events = [event for event in self._events if event.id != event_id] if event_id in self._ids() else (
            self._events
        )  # fmt: skip
        insort(self._events, _Event(_canonical(moment), event_id, orjson.dumps(resource), included))

    def add_many_events(self, events: Iterable[tuple[str, datetime, bytes]]) -> None:
        """Events already written as JSON, by id and moment; for benchmarks."""
        self._events.extend(_Event(_canonical(at.replace(tzinfo=UTC)), event_id, data) for event_id, at, data in events)
        self._events.sort()

    def add_profile(self, profile_id: str, updated: datetime, **attributes: Any) -> None:
        """A profile; `subscriptions` is shown only to those who ask for it."""
        if attributes.get("email"):
            self._by_email[str(attributes["email"]).lower()] = profile_id
        self.profiles[profile_id] = self._resource(
            "profile", profile_id,
            {"email": None, "phone_number": None, "external_id": None, "first_name": None, "last_name": None,
             "created": "2024-01-01T00:00:00+00:00", "updated": updated.replace(tzinfo=UTC).isoformat(),
             "location": {"timezone": None}, "properties": {}, **attributes},
        )  # fmt: skip

    def add_campaign(
        self, campaign_id: str, name: str, messages: Sequence[str], updated: datetime, channel: str = "email"
    ) -> None:
        """A sent campaign with the ids of its messages."""
        moment = updated.replace(tzinfo=UTC).isoformat()
        self.campaigns[campaign_id] = {
            **self._resource(
                "campaign", campaign_id,
                {"name": name, "status": "Sent", "archived": False, "audiences": {"included": [], "excluded": []},
                 "send_options": {"use_smart_sending": True},
                 "send_strategy": {"method": "static", "datetime": moment}, "created_at": moment,
                 "scheduled_at": moment, "updated_at": moment, "send_time": moment},
            ),
            "channel": channel,
        }  # fmt: skip
        self.campaigns[campaign_id]["relationships"] = {
            "campaign-messages": {"data": [{"type": "campaign-message", "id": message} for message in messages]}
        }

    def add_list(self, list_id: str, name: str) -> None:
        """A list of profiles."""
        moment = "2024-01-01T00:00:00+00:00"
        self.lists[list_id] = self._resource(
            "list", list_id, {"name": name, "created": moment, "updated": moment, "opt_in_process": "double_opt_in"}
        )

    def add_flow(self, flow_id: str, name: str, messages: Mapping[str, str], updated: datetime, **message: Any) -> None:
        """A live flow of e-mails: message id → its name; `message` sets more of each, such as transactional."""
        self.flows[flow_id] = self._resource(
            "flow", flow_id,
            {"name": name, "status": "live", "archived": False, "created": "2024-01-01T00:00:00+00:00",
             "updated": updated.replace(tzinfo=UTC).isoformat(), "trigger_type": "Metric"},
        )  # fmt: skip
        actions = []
        for message_id in messages:
            action_id = f"{flow_id}-{message_id}"
            actions.append({"type": "flow-action", "id": action_id})
            moment = "2024-01-01T00:00:00+00:00"
            self.flow_actions[action_id] = self._resource(
                "flow-action", action_id,
                {"created": moment, "updated": moment,
                 "definition": {"id": action_id, "type": "send-email",
                                "data": {"message": {"name": messages[message_id], "id": message_id, **message},
                                         "status": "live"}}},
                {"flow": ("flow", flow_id)},
            )  # fmt: skip
        self.flows[flow_id]["relationships"] = {"flow-actions": {"data": actions}}

    # What clients may ask.

    @route("GET", "/api/events", limits=_limits(350, 3500))
    def get_events(self, request: Request) -> Reply:
        """Events by moment."""
        conditions = _conditions(request)
        first, last = 0, len(self._events)
        for operator, name, value in conditions:
            if name != "datetime":
                return self._bad(f"filter on {name}")
            edge = bisect_left(self._events, _Event(_canonical(_moment(value)), "", b""))
            if operator == "greater-or-equal":
                first = max(first, edge)
            elif operator == "less-than":
                last = min(last, edge)
            else:
                return self._bad(f"operator {operator}")
        if request.one("sort") not in (None, "datetime"):
            return self._bad("sort")
        size = int(request.one("page[size]") or 200)
        offset = self._offset(request)
        if isinstance(offset, Reply):
            return offset
        page = self._events[first + offset : min(first + offset + size, last)]
        included = [data for event in page for data in event.included] if request.one("include") else []
        return Reply(
            b'{"data":[' + b",".join(event.data for event in page)
            + (b'],"included":[' + b",".join(included) if included else b"")
            + b'],"links":' + orjson.dumps(self._links(request, first + offset + size < last, offset + size)) + b"}",
            content_type=self.content_type,
        )  # fmt: skip

    @route("GET", "/api/metrics", limits=_limits(10, 150))
    def get_metrics(self, request: Request) -> Reply:
        """Kinds of events, 200 a page."""
        return self._list(request, list(self.metrics.values()), 200)

    @route("GET", "/api/lists", limits=_limits(75, 750))
    def get_lists(self, request: Request) -> Reply:
        """Lists, 10 a page; by name or id."""
        found = list(self.lists.values())
        for operator, name, value in _conditions(request):
            if operator != "equals" or name not in ("name", "id"):
                return self._bad(f"{operator} on {name}")
            wanted = value.strip("'\"")
            found = [one for one in found if wanted == (one["id"] if name == "id" else one["attributes"]["name"])]
        return self._list(request, found, 10)

    @route("POST", "/api/lists", limits=(*_limits(10, 150), Window(150, _DAY)))
    def create_list(self, request: Request) -> Reply:
        """A new list; Klaviyo doesn't mind a second one of the same name."""
        list_id = f"L{len(self.lists) + 1:05d}"
        self.add_list(list_id, request.json["data"]["attributes"]["name"])
        return Reply({"data": self.lists[list_id]}, 201, content_type=self.content_type)

    @route("POST", "/api/lists/{list_id}/relationships/profiles", limits=_limits(10, 150))
    def add_members(self, request: Request) -> Reply:
        """Up to 1,000 profiles into a list; who is in it stays in it."""
        ids = [one["id"] for one in request.json["data"]]
        refusal = self._refuse_members(request, ids)
        if refusal is None:
            members = self.members.setdefault(request.parts["list_id"], set())
            self.joined.extend((request.parts["list_id"], one) for one in ids if one not in members)
            members.update(ids)
        return refusal or Reply(None, 204, content_type=self.content_type)

    @route("DELETE", "/api/lists/{list_id}/relationships/profiles", limits=_limits(10, 150))
    def remove_members(self, request: Request) -> Reply:
        """Up to 1,000 profiles out of a list."""
        ids = [one["id"] for one in request.json["data"]]
        refusal = self._refuse_members(request, ids)
        if refusal is None:
            self.members.setdefault(request.parts["list_id"], set()).difference_update(ids)
        return refusal or Reply(None, 204, content_type=self.content_type)

    def _refuse_members(self, request: Request, ids: list[str]) -> Reply | None:
        self._settle()
        if request.parts["list_id"] not in self.lists:
            return self._error(404, "not_found", "A list with this id isn't there.")
        if len(ids) > 1000:
            return self._error(400, "invalid", "At most 1000 profiles.")
        strangers = [one for one in ids if one not in self.profiles]
        return self._error(404, "not_found", f"Profile {strangers[0]} isn't there.") if strangers else None

    @route("POST", "/api/profile-bulk-import-jobs", limits=_limits(10, 150))
    def import_profiles(self, request: Request) -> Reply:
        """Start an import of up to 10,000 profiles and 5 MB."""
        profiles = request.json["data"]["attributes"]["profiles"]["data"]
        if len(profiles) > 10_000 or len(request.body) > 5_000_000:
            return self._error(400, "invalid", "At most 10,000 profiles and 5 MB.")
        if len(request.body) > 100_000 and any(len(orjson.dumps(one)) > 100_000 for one in profiles):
            return self._error(400, "invalid", "At most 100 KB a profile.")
        job_id = f"job-{len(self.jobs) + 1}"
        self.jobs[job_id] = _Job(profiles, self.clock.monotonic() + self.job_seconds)
        return Reply({"data": self._job(job_id)}, 202, content_type=self.content_type)

    @route("GET", "/api/profile-bulk-import-jobs/{job_id}", limits=_limits(10, 150))
    def get_import(self, request: Request) -> Reply:
        """How far an import is."""
        self._settle()
        if request.parts["job_id"] not in self.jobs:
            return self.not_found(request)
        return Reply({"data": self._job(request.parts["job_id"])}, content_type=self.content_type)

    @route("GET", "/api/profile-bulk-import-jobs/{job_id}/import-errors", limits=_limits(10, 150))
    def get_import_errors(self, request: Request) -> Reply:
        """Whom an import refused, and why."""
        self._settle()
        errors = [
            {
                "type": "import-error",
                "id": f"{request.parts['job_id']}-{place}",
                "attributes": {
                    "code": "invalid", "title": "Invalid input.",
                    "detail": self.refuses[profile["attributes"]["email"]],
                    "source": {"pointer": f"/data/attributes/profiles/data/{place}/attributes/email"},
                    "original_payload": profile if place % 2 else None,
                },
            }
            for place, profile in self.jobs[request.parts["job_id"]].refused
        ]  # fmt: skip
        return self._list(request, errors, 20)

    @route("POST", "/api/data-privacy-deletion-jobs", limits=_limits(3, 60))
    def delete_profile(self, request: Request) -> Reply:
        """Delete the profiles of one identifier."""
        self.remove_profile(request.json["data"]["attributes"]["profile"]["data"]["attributes"]["email"].lower())
        return Reply(None, 202, content_type=self.content_type)

    def remove_profile(self, email: str) -> None:
        """Delete a profile with its memberships, as people do on Klaviyo's own pages."""
        self._settle()
        gone = self._by_email.pop(email, None)
        if gone is not None:
            del self.profiles[gone]
            for members in self.members.values():
                members.discard(gone)

    def profile_of(self, email: str) -> dict[str, Any] | None:
        """The profile of an e-mail."""
        self._settle()
        return self.profiles.get(self._by_email.get(email.lower(), ""))

    def members_of(self, name: str) -> set[str]:
        """E-mails in the lists of a name."""
        self._settle()
        ids = {one["id"] for one in self.lists.values() if one["attributes"]["name"] == name}
        return {
            str(self.profiles[profile]["attributes"]["email"])
            for list_id in ids
            for profile in self.members.get(list_id, ())
        }

    def _job(self, job_id: str) -> dict[str, Any]:
        job = self.jobs[job_id]
        moment = self.clock.now().isoformat()
        attributes = {
            "status": "complete" if job.is_applied else "processing",
            "created_at": moment,
            "total_count": len(job.profiles),
            "completed_count": len(job.profiles) if job.is_applied else 0,
            "failed_count": len(job.refused),
        }
        return self._resource("profile-bulk-import-job", job_id, attributes)

    def _settle(self) -> None:
        """Let the imports whose time has come take effect. None of it touches consent."""
        for job in self.jobs.values():
            if job.is_applied or job.done_at > self.clock.monotonic():
                continue
            job.is_applied = True
            for place, profile in enumerate(job.profiles):
                email = profile["attributes"]["email"]
                if email in self.refuses:
                    job.refused.append((place, profile))
                    continue
                if email not in self._by_email:
                    self.add_profile(f"01H{len(self.profiles) + 1:023d}", self.clock.now(), email=email)
                attributes = self.profiles[self._by_email[email]]["attributes"]
                attributes["properties"] |= profile["attributes"].get("properties") or {}
                unset = ((profile.get("meta") or {}).get("patch_properties") or {}).get("unset") or []
                for name in [unset] if isinstance(unset, str) else unset:
                    attributes["properties"].pop(name, None)

    @route("GET", "/api/flows", limits=_limits(3, 60))
    def get_flows(self, request: Request) -> Reply:
        """Flows; with include=flow-actions their actions too."""
        return self._list(request, list(self.flows.values()), 50, include=self._actions_of)

    @route("GET", "/api/campaigns", limits=_limits(10, 150))
    def get_campaigns(self, request: Request) -> Reply:
        """Campaigns of the one channel that must be asked for."""
        match _conditions(request):
            case [("equals", "messages.channel", channel)]:
                found = [item for item in self.campaigns.values() if item["channel"] == channel.strip("'")]
                shown = [{name: value for name, value in item.items() if name != "channel"} for item in found]
                return self._list(request, shown, 100)
        return self._bad("a campaign filter without messages.channel")

    @route("GET", "/api/profiles", limits=_limits(75, 750))
    def get_profiles(self, request: Request) -> Reply:
        """Profiles by change, id or e-mails; consent only where it is asked for."""
        self._settle()
        found = list(self.profiles.values())
        for operator, name, value in _conditions(request):
            if (operator, name) == ("any", "email"):
                ids = [self._by_email.get(email.lower()) for email in orjson.loads(value)]
                found = [self.profiles[one] for one in ids if one is not None]
                continue
            if name != "updated" or operator not in ("greater-than", "less-than"):
                return self._bad(f"{operator} on {name}")
            edge, sign = _canonical(_moment(value)), 1 if operator == "greater-than" else -1
            found = [item for item in found if sign * _order(_canonical(_updated(item)), edge) > 0]
        match request.one("sort"):
            case "updated":
                found.sort(key=lambda item: (_canonical(_updated(item)), item["id"]))
            case "id":
                found.sort(key=lambda item: item["id"])
        hidden = () if request.one("additional-fields[profile]") == "subscriptions" else ("subscriptions",)
        only = request.one("fields[profile]")
        shown = [
            {
                **item,
                "attributes": {
                    name: value
                    for name, value in item["attributes"].items()
                    if name not in hidden and (only is None or name in {one.split(".")[0] for one in only.split(",")})
                },
            }
            for item in found
        ]
        return self._list(request, shown, 20)

    def _list(
        self,
        request: Request,
        found: list[dict[str, Any]],
        default_size: int,
        include: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] | None = None,
    ) -> Reply:
        size = int(request.one("page[size]") or default_size)
        offset = self._offset(request)
        if isinstance(offset, Reply):
            return offset
        page = found[offset : offset + size]
        body: dict[str, Any] = {"data": page, "links": self._links(request, offset + size < len(found), offset + size)}
        if include is not None and request.one("include"):
            body["included"] = include(page)
        return Reply(body, content_type=self.content_type)

    def _actions_of(self, flows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            self.flow_actions[action["id"]]
            for flow in flows
            for action in flow["relationships"]["flow-actions"]["data"]
        ]

    # How Klaviyo answers.

    def authorised(self, request: Request) -> Reply | None:
        """401 without the key, 403 without the scope, 400 without the revision."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        if headers.get("authorization") != f"Klaviyo-API-Key {KEY}":
            return self._error(401, "not_authenticated", "Missing or invalid private key.")
        scope = request.path.split("/")[2]
        scope = {
            "flow-actions": "flows", "flow-messages": "flows", "profile-bulk-import-jobs": "profiles",
            "data-privacy-deletion-jobs": "data-privacy",
        }.get(scope, scope)  # fmt: skip
        if scope not in self.scopes:
            return self._error(403, "permission_denied", f"The key lacks the scope {scope}:read.")
        if headers.get("revision") != REVISION:
            return self._error(400, "invalid", "Missing or unknown revision.")
        return None

    def throttled(self, seconds: float) -> Reply:
        """429 with whole seconds in Retry-After."""
        reply = self._error(429, "throttled", "Request was throttled.")
        return Reply(reply.body, 429, {"Retry-After": str(max(1, math.ceil(seconds)))}, self.content_type)

    def not_found(self, request: Request) -> Reply:
        """404."""
        return self._error(404, "not_found", f"{request.path} isn't there.")

    def _ids(self) -> set[str]:
        return {event.id for event in self._events}

    def _error(self, status: int, code: str, detail: str) -> Reply:
        error = {"id": "00000000", "status": status, "code": code, "title": code, "detail": detail, "source": {}}
        return Reply({"errors": [error]}, status, content_type=self.content_type)

    def _bad(self, detail: str) -> Reply:
        return self._error(400, "invalid", f"{detail} isn't supported.")

    def _resource(
        self,
        kind: str,
        resource_id: str,
        attributes: dict[str, Any] | None,
        related: Mapping[str, tuple[str, str]] | None = None,
    ) -> dict[str, Any]:
        relationships = {name: {"data": {"type": kind, "id": value}} for name, (kind, value) in (related or {}).items()}
        return {
            "type": kind,
            "id": resource_id,
            **({"attributes": attributes} if attributes is not None else {}),
            "relationships": relationships,
            "links": {"self": f"https://a.klaviyo.com/api/{kind}s/{resource_id}/"},
        }

    def _offset(self, request: Request) -> int | Reply:
        cursor = request.one("page[cursor]")
        if cursor is None:
            return 0
        if self.expire_cursors:
            self.expire_cursors -= 1
            return self._error(400, "invalid", "Invalid cursor.")
        return int(base64.urlsafe_b64decode(cursor))

    def _links(self, request: Request, more: bool, offset: int) -> dict[str, str]:
        address = f"{self.url}{request.path}"
        links = {"self": address}
        if more:
            cursor = base64.urlsafe_b64encode(str(offset).encode()).decode()
            kept = [(name, value) for name, values in request.query.items() for value in values]
            query = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in kept if name != "page[cursor]")
            links["next"] = f"{address}?{query}&page%5Bcursor%5D={_quoted(cursor)}"
        return links


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _conditions(request: Request) -> list[tuple[str, str, str]]:
    return _CONDITION.findall(request.one("filter") or "")


def _order(left: str, right: str) -> int:
    return (left > right) - (left < right)


def _updated(profile: Mapping[str, Any]) -> datetime:
    return _moment(profile["attributes"]["updated"])


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.strip("'").replace("Z", "+00:00"))


def _canonical(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
