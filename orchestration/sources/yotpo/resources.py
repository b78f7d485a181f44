"""Yotpo's reviews, as `raw_yotpo.reviews`.

Yotpo filters by creation, and reviews appear or change long after: each load looks back 31 days, and a weekly pass over
all reviews brings edits of older ones. Deleted reviews are delivered with their mark.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pyarrow as pa

from orchestration.sources.numbered_pages import Fetch, all_ids, read_newest
from orchestration.sources.shape import records
from orchestration.sources.source import Finding, Page, Source, State, Stream, Window
from orchestration.sources.yotpo.client import ENDPOINT, PAGE_SIZE, YotpoClient
from orchestration.sources.yotpo.settings import SECRET_KEY, YotpoSettings

NAME = "yotpo"


def _read(client: YotpoClient, window: Window, state: State) -> Iterator[Page]:
    yield from read_newest(_pages(client), PAGE_SIZE, window, state, earliest=client.earliest, is_filtered=True)


def _present(client: YotpoClient) -> Iterator[pa.Table]:
    yield from all_ids(_pages(client), PAGE_SIZE, client.earliest)


def _pages(client: YotpoClient) -> Fetch:
    def fetch(number: int, created_from: datetime | None) -> Page:
        return records(NAME, REVIEWS, client.reviews(number, created_from).body, at="$.reviews")

    return fetch


def _check(client: YotpoClient) -> list[Finding]:
    found = client.reviews(1, size=1).json["reviews"]
    newest = found[0]["created_at"] if found else None
    return [Finding(ENDPOINT, True, f"newest review of {newest}" if newest else "no reviews yet")]


REVIEWS = Stream(
    name="reviews",
    endpoint=ENDPOINT,
    cursor="$.updated_at",
    required={"$.created_at": "moment", "$.score": "number", "$.email": "text?", "$.sku": "text?"},
    read=_read,
    overlap=timedelta(days=31),
    present=_present,
)

SOURCE = Source(
    name=NAME,
    title="Yotpo Reviews",
    settings=YotpoSettings,
    secrets=(SECRET_KEY,),
    streams=(REVIEWS,),
    connect=YotpoClient,
    check=_check,
)
