"""Omnisend's contacts, campaigns and automations, each as its own raw table.

There is no stream of message events: the API takes customers' events in (POST /events is all of its Events API) and
gives none out by person, and its analytics are sums at ten calls a minute. The one way out that Omnisend documents is
the automation action "send webhook" behind the triggers "opened message", "clicked message" and "marked message as
spam", whose body the shop writes itself: written with the columns of `message_events` and collected as
`drop/message_events/*.jsonl`, it comes in like any dropped file.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pyarrow as pa

from orchestration.sources.landing import without
from orchestration.sources.omnisend.client import OmnisendClient
from orchestration.sources.omnisend.settings import KEY, OmnisendSettings
from orchestration.sources.shape import records
from orchestration.sources.source import Finding, Page, Source, State, Stream, Window

NAME = "omnisend"


def _changed(name: str) -> Callable[[OmnisendClient, Window, State], Iterator[Page]]:
    def read(client: OmnisendClient, window: Window, _state: State) -> Iterator[Page]:
        stream = SOURCE.stream(name)
        for answer in client.pages(name, window.start):
            # Proofs of consent hold IP addresses; what was agreed to, and when, stands in `statuses`.
            yield without(records(NAME, stream, answer.body, at=f"$.{name}"), {"consents": None})

    return read


def _present(client: OmnisendClient) -> Iterator[pa.Table]:
    for answer in client.pages("contacts", None, sort="createdAt"):
        yield records(NAME, CONTACTS, answer.body, at="$.contacts").rows.select(["id"])


def _check(client: OmnisendClient) -> list[Finding]:
    found = []
    for stream in SOURCE.streams:
        listed = next(client.pages(stream.name, None, size=1)).json[stream.name]
        found.append(Finding(stream.endpoint, True, "readable" if listed else "readable, nothing there yet"))
    found.append(
        Finding(
            "message events",
            True,
            "not in Omnisend's API",
            "collect the webhook action of your automations as drop/message_events/*.jsonl",
        )
    )
    return found


CONTACTS = Stream(
    name="contacts",
    endpoint="GET /contacts",
    cursor="$.updatedAt",
    required={"$.updatedAt": "moment", "$.email": "text?", "$.phone": "array?", "$.statuses": "array?"},
    read=_changed("contacts"),
    overlap=timedelta(minutes=10),
    in_order=True,
    present=_present,
)
CAMPAIGNS = Stream(
    name="campaigns",
    endpoint="GET /campaigns",
    cursor="$.updatedAt",
    required={"$.name": "text?"},
    read=_changed("campaigns"),
    in_order=True,
)
AUTOMATIONS = Stream(
    name="automations",
    endpoint="GET /automations",
    cursor="$.updatedAt",
    required={"$.name": "text?"},
    read=_changed("automations"),
    in_order=True,
)

SOURCE = Source(
    name=NAME,
    title="Omnisend",
    settings=OmnisendSettings,
    secrets=(KEY,),
    streams=(CONTACTS, CAMPAIGNS, AUTOMATIONS),
    connect=OmnisendClient,
    check=_check,
)
