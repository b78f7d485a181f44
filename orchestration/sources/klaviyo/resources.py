"""Klaviyo's streams. Times are asked for as half-open spans, `[start, end)`."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from orchestration.sources.http import Clock
from orchestration.sources.klaviyo.client import CursorExpiredError, Klaviyo
from orchestration.sources.klaviyo.settings import SECRETS, KlaviyoSettings
from orchestration.sources.shape import records
from orchestration.sources.source import Finding, Page, Source, State, Stream, Window

NAME = "klaviyo"
_EVENTS_A_PAGE = 1000
_RECORD = {"$.attributes": "object"}


def _events(client: Klaviyo, window: Window, _state: State) -> Iterator[Page]:
    """Events in order of time, with the attributions that come inside the same answers."""
    start = window.start
    while True:
        conditions = [f"greater-or-equal(datetime,{_moment(start)})"] if start else []
        conditions.append(f"less-than(datetime,{_moment(window.end)})")
        query: dict[str, str | int] = {
            "filter": ",".join(conditions), "sort": "datetime", "page[size]": _EVENTS_A_PAGE,
            "include": "attributions",
        }  # fmt: skip
        try:
            for answer in client.pages("/api/events", query):
                page = records(NAME, EVENTS, answer.body)
                if answer.json.get("included"):
                    yield records(NAME, ATTRIBUTIONS, answer.body, "$.included")
                yield page
                if page.rows.num_rows:
                    start = page.rows["updated_at"][-1].as_py() or start
        except CursorExpiredError:
            continue
        return


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


EVENTS = Stream(
    "events",
    "GET /api/events",
    cursor="$.attributes.datetime",
    required={
        "$.attributes.datetime": "moment",
        "$.attributes.event_properties": "object?",
        "$.relationships.metric.data.id": "text",
        "$.relationships.profile.data.id": "text?",
    },
    fields_at=("$", "$.attributes"),
    read=_events,
    # Opens and bounces are told hours later under their own time.
    overlap=timedelta(days=1),
    in_order=True,
)
ATTRIBUTIONS = Stream("attributions", "GET /api/events", required={"$.relationships": "object"})


def _check(client: Klaviyo) -> list[Finding]:
    findings = []
    for path, params in _PROBES.items():
        next(client.pages(path, params))
        findings.append(Finding(path, True, "readable"))
    return findings


_PROBES: Mapping[str, Mapping[str, str | int]] = {"/api/events": {"page[size]": 1}}


def _connect(settings: KlaviyoSettings, secrets: Mapping[str, str], clock: Clock) -> Klaviyo:
    return Klaviyo(settings, secrets, clock)


SOURCE = Source(
    name=NAME,
    title="Klaviyo",
    settings=KlaviyoSettings,
    secrets=SECRETS,
    streams=(EVENTS, ATTRIBUTIONS),
    connect=_connect,
    check=_check,
)
