"""Klaviyo's streams. Times are asked for as half-open spans, `[start, end)`."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

import duckdb
import pyarrow as pa

from orchestration.sources.http import ApiError, Clock
from orchestration.sources.klaviyo.client import LIMITS, CursorExpiredError, Klaviyo
from orchestration.sources.klaviyo.settings import SECRETS, KlaviyoSettings
from orchestration.sources.shape import records
from orchestration.sources.source import Finding, Page, Source, State, Stream, Window

NAME: Final = "klaviyo"
_EVENTS_A_PAGE: Final = 1000
_PROFILES_A_PAGE: Final = 100
_CHANNELS: Final = ("email", "sms")
_RESOURCE: Final = {"$.attributes": "object"}
_NAMED: Final = {"$.attributes.name": "text?"}
# Keys of an event's properties are the shop's own and many; those around them are Klaviyo's.
_FIELDS: Final = ("$", "$.attributes")


def _events(client: Klaviyo, window: Window, _state: State) -> Iterator[Page]:
    """Events in order of time, with the attributions that come inside the same answers."""
    start = window.start
    while True:
        conditions = [f"greater-or-equal(datetime,{_moment(start)})"] if start else []
        conditions.append(f"less-than(datetime,{_moment(window.end)})")
        query = {
            "filter": ",".join(conditions),
            "sort": "datetime",
            "page[size]": str(_EVENTS_A_PAGE),
            "include": "attributions",
        }
        try:
            for answer in client.pages("/api/events", query):
                page = records(NAME, EVENTS, answer.body)
                if answer.json["included"]:
                    yield records(NAME, ATTRIBUTIONS, answer.body, "$.included")
                yield page
                if page.rows.num_rows:
                    start = page.rows["updated_at"][-1].as_py() or start
        except CursorExpiredError:
            continue
        return


def _profiles(client: Klaviyo, window: Window, _state: State) -> Iterator[Page]:
    """Profiles in order of their last change, with consent and suppressions."""
    start = window.start
    while True:
        # The API has no "greater or equal" here.
        conditions = [f"greater-than(updated,{_moment(start - timedelta(seconds=1))})"] if start else []
        conditions.append(f"less-than(updated,{_moment(window.end)})")
        query = {
            "filter": ",".join(conditions),
            "sort": "updated",
            "page[size]": str(_PROFILES_A_PAGE),
            "additional-fields[profile]": "subscriptions",
        }
        try:
            for answer in client.pages("/api/profiles", query):
                page = records(NAME, PROFILES, answer.body)
                yield page
                if page.rows.num_rows:
                    start = page.rows["updated_at"][-1].as_py() or start
        except CursorExpiredError:
            continue
        return


def _profiles_present(client: Klaviyo) -> Iterator[pa.Table]:
    """Ids of all profiles, since deletions aren't told."""
    query = {"fields[profile]": "id", "sort": "id", "page[size]": str(_PROFILES_A_PAGE)}
    for answer in client.pages("/api/profiles", query):
        yield records(NAME, PROFILE_IDS, answer.body).rows.select(["id"])


def _flows(client: Klaviyo, _window: Window, _state: State) -> Iterator[Page]:
    """All flows; their actions, which name the messages, come inside the same answers."""
    query = {"include": "flow-actions", "fields[flow-action]": "definition,updated", "page[size]": "50"}
    for answer in client.pages("/api/flows", query):
        yield records(NAME, FLOWS, answer.body)
        if answer.json["included"]:
            yield records(NAME, FLOW_ACTIONS, answer.body, "$.included")


def _campaigns(client: Klaviyo, _window: Window, _state: State) -> Iterator[Page]:
    """All campaigns; the API wants one channel a query."""
    for channel in _CHANNELS:
        query = {"filter": f"equals(messages.channel,'{channel}')", "page[size]": "100"}
        for answer in client.pages("/api/campaigns", query):
            yield records(NAME, CAMPAIGNS, answer.body)


def _metrics(client: Klaviyo, _window: Window, _state: State) -> Iterator[Page]:
    for answer in client.pages("/api/metrics", {}):
        yield records(NAME, METRICS, answer.body)


def _lists(client: Klaviyo, _window: Window, _state: State) -> Iterator[Page]:
    for answer in client.pages("/api/lists", {"page[size]": "10"}):
        yield records(NAME, LISTS, answer.body)


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


METRICS = Stream("metrics", "GET /api/metrics", _RESOURCE | _NAMED, read=_metrics, snapshot=True, fields_at=_FIELDS)
FLOWS = Stream("flows", "GET /api/flows", _RESOURCE | _NAMED, read=_flows, snapshot=True, fields_at=_FIELDS)
FLOW_ACTIONS = Stream("flow_actions", "GET /api/flows", _RESOURCE, snapshot=True, fields_at=_FIELDS)
CAMPAIGNS = Stream(
    "campaigns", "GET /api/campaigns", _RESOURCE | _NAMED, read=_campaigns, snapshot=True, fields_at=_FIELDS
)
LISTS = Stream("lists", "GET /api/lists", _RESOURCE | _NAMED, read=_lists, snapshot=True, fields_at=_FIELDS)
PROFILES = Stream(
    "profiles",
    "GET /api/profiles",
    {
        **_RESOURCE,
        "$.attributes.email": "text?",
        "$.attributes.phone_number": "text?",
        "$.attributes.updated": "moment?",
        "$.attributes.subscriptions": "object",
    },
    cursor="$.attributes.updated",
    fields_at=_FIELDS,
    read=_profiles,
    in_order=True,
    present=_profiles_present,
)
PROFILE_IDS = Stream("profiles", "GET /api/profiles")
EVENTS = Stream(
    "events",
    "GET /api/events",
    {
        **_RESOURCE,
        "$.attributes.datetime": "moment",
        "$.attributes.event_properties": "object?",
        "$.relationships.metric.data.id": "text",
        "$.relationships.profile.data.id": "text?",
    },
    cursor="$.attributes.datetime",
    fields_at=_FIELDS,
    read=_events,
    # Opens and bounces are told hours later under their own time.
    overlap=timedelta(days=1),
    in_order=True,
)
ATTRIBUTIONS = Stream("attributions", "GET /api/events", {"$.relationships": "object"})


def _forget(connection: duckdb.DuckDBPyConnection, stream: str) -> None:
    """Events of deleted profiles keep what was sent and when, and lose what may name the person."""
    if stream == PROFILES.name:
        connection.execute(
            """
            update raw_klaviyo.events
            set payload = json_merge_patch(payload, '{"attributes": {"event_properties": {
                "Recipient Email Address": null, "To Number": null, "From Number": null, "$extra": null}}}')
            where json_extract_string(payload, '$.relationships.profile.data.id') in (select id from removed)
            """
        )


_SCOPES: Final[Mapping[str, Mapping[str, str]]] = {
    "/api/events": {"page[size]": "1"},
    "/api/profiles": {"page[size]": "1"},
    "/api/flows": {"page[size]": "1"},
    "/api/campaigns": {"filter": "equals(messages.channel,'email')", "page[size]": "1"},
    "/api/metrics": {},
    "/api/lists": {"page[size]": "1"},
}


def _check(client: Klaviyo) -> list[Finding]:
    """Ask each endpoint for one record: a key may lack any of the scopes."""
    findings = []
    for path, query in _SCOPES.items():
        burst, steady = LIMITS[path]
        scope = f"{path.rsplit('/', 1)[-1]}:read"
        try:
            next(client.pages(path, query))
        except ApiError as error:
            if error.status not in (401, 403):
                raise
            advice = f"give the key in {SECRETS[0].variable} the scope {scope}"
            findings.append(Finding(scope, False, f"refused ({error.status})", advice))
        else:
            findings.append(Finding(scope, True, f"readable, {burst}/s and {steady}/min allowed"))
    return findings


def _connect(settings: KlaviyoSettings, secrets: Mapping[str, str], clock: Clock) -> Klaviyo:
    return Klaviyo(settings, secrets, clock)


SOURCE = Source(
    name=NAME,
    title="Klaviyo",
    settings=KlaviyoSettings,
    secrets=SECRETS,
    streams=(METRICS, FLOWS, FLOW_ACTIONS, CAMPAIGNS, LISTS, PROFILES, EVENTS, ATTRIBUTIONS),
    connect=_connect,
    check=_check,
    forget=_forget,
)
