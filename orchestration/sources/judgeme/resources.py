"""Judge.me's reviews, as `raw_judgeme.reviews`.

Loads go back 31 days behind the last change they know; edits of older reviews and deletions come with a weekly pass
over all of them. A reviewer's IP address is left out before anything is stored.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pyarrow as pa

from orchestration.sources.judgeme.client import ENDPOINT, PAGE_SIZE, JudgemeClient
from orchestration.sources.judgeme.settings import TOKEN, JudgemeSettings
from orchestration.sources.landing import without
from orchestration.sources.numbered_pages import Fetch, all_ids, read_newest
from orchestration.sources.shape import records
from orchestration.sources.source import Finding, Page, Source, State, Stream, Window

NAME = "judgeme"


def _read(client: JudgemeClient, window: Window, state: State) -> Iterator[Page]:
    yield from read_newest(_pages(client), PAGE_SIZE, window, state, earliest=client.earliest, is_filtered=False)


def _present(client: JudgemeClient) -> Iterator[pa.Table]:
    yield from all_ids(_pages(client), PAGE_SIZE, client.earliest)


def _pages(client: JudgemeClient) -> Fetch:
    def fetch(number: int, _created_from: datetime | None) -> Page:
        page = records(NAME, REVIEWS, client.reviews(number).body, at="$.reviews")
        return without(page, {"ip_address": None})

    return fetch


def _check(client: JudgemeClient) -> list[Finding]:
    found = client.reviews(1, size=1).json["reviews"]
    newest = found[0]["created_at"] if found else None
    return [Finding(ENDPOINT, True, f"newest review of {newest}" if newest else "no reviews yet")]


REVIEWS = Stream(
    name="reviews",
    endpoint=ENDPOINT,
    cursor="$.updated_at",
    required={
        "$.created_at": "moment",
        "$.updated_at": "moment",
        "$.rating": "number",
        "$.reviewer": "object",
        "$.reviewer.email": "text?",
        "$.verified": "text?",
    },
    fields_at=("$", "$.reviewer"),
    read=_read,
    overlap=timedelta(days=31),
    present=_present,
)

SOURCE = Source(
    name=NAME,
    title="Judge.me",
    settings=JudgemeSettings,
    secrets=(TOKEN,),
    streams=(REVIEWS,),
    connect=JudgemeClient,
    check=_check,
)
