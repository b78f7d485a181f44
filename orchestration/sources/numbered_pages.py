"""Lists of reviews that have page numbers and no filter by change: what is read each time, and what only now and then.

Every load takes what was created within the stream's overlap: by the vendor's filter by creation, or, where there is
none, from the newest page down to one on which nothing was changed within it. Changes of older reviews are found by a
whole pass, which every load is whose last one was `WHOLE_PASS_EVERY` ago.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from orchestration.sources.source import Page, State, Window

WHOLE_PASS_EVERY: Final = timedelta(days=7)

# The page of a number, from 1, of reviews created at the moment or later (None: all), if the vendor can filter by it.
Fetch = Callable[[int, datetime | None], Page]


def read_newest(
    fetch: Fetch, size: int, window: Window, state: State, *, earliest: datetime | None, is_filtered: bool
) -> Iterator[Page]:
    """Pages from the first on, to the last one or to one that has nothing changed since the window's start.

    A whole pass begins at `earliest`, or at the first record. When it was is kept in the state with its last page.

    Args:
        size: records of a full page; a smaller one is the last.
        is_filtered: whether the vendor filters by creation; if not, the newest come first.
    """
    last_pass = state.get("whole_pass_at")
    whole = window.start is None or (
        last_pass is not None and window.end - datetime.fromisoformat(last_pass) >= WHOLE_PASS_EVERY
    )
    start = earliest if whole else window.start
    number = 1
    while True:
        page = fetch(number, start)
        newest = pc.max(page.rows["updated_at"]).as_py() if page.rows.num_rows else None
        is_old = not is_filtered and start is not None and newest is not None and newest < start
        last = is_old or page.rows.num_rows < size
        if last and (whole or last_pass is None):
            state["whole_pass_at"] = window.end.isoformat()
        yield page
        if last:
            return
        number += 1


def all_ids(fetch: Fetch, size: int, earliest: datetime | None) -> Iterator[pa.Table]:
    """The ids of every page, twice over.

    Where a record is deleted while somebody pages, the ones behind it move up, and one slips from the next page to the
    one that was read. It can't slip twice unless another is deleted just then.
    """
    for _ in range(2):
        number = 1
        while True:
            page = fetch(number, earliest)
            yield page.rows.select(["id"])
            if page.rows.num_rows < size:
                break
            number += 1
