"""Cutting a table of people into requests, and writing their rows as a vendor's JSON without a loop over rows."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

import duckdb
import numpy as np
import orjson
import pyarrow as pa

from orchestration.destinations.destination import PROBLEMS
from orchestration.sources.http import Clock

_FIRST_POLL_SECONDS: Final = 1.0
_LONGEST_POLL_SECONDS: Final = 15.0
JOB_MINUTES: Final = 60


def batches(people: pa.Table, rows: int) -> Iterator[pa.Table]:
    """Slices of at most so many rows."""
    for start in range(0, people.num_rows, rows):
        yield people.slice(start, rows)


def rows_as(people: pa.Table, expression: str) -> list[str]:
    """An SQL expression over the columns of `people`, one text a row, in the table's order."""
    with duckdb.connect() as connection:
        connection.register("people", people)
        return [str(row[0]) for row in connection.execute(f"select {expression} from people").fetchall()]


def packed(texts: Sequence[str], rows: int, size: int) -> list[tuple[int, int]]:
    """Where to cut a list of texts so that no part has more rows or UTF-8 bytes (a comma a row included) than may be.

    A text larger than `size` is a part of its own.
    """
    ends = np.cumsum([len(text.encode()) + 1 for text in texts])
    cuts = [0]
    while cuts[-1] < len(texts):
        start = cuts[-1]
        before = int(ends[start - 1]) if start else 0
        fits = int(np.searchsorted(ends, before + size, side="right"))
        cuts.append(max(start + 1, min(start + rows, fits)))
    return list(pairwise(cuts))


def json_list(texts: Sequence[str]) -> orjson.Fragment:
    """Texts that are JSON already, as one JSON array."""
    return orjson.Fragment(f"[{','.join(texts)}]")


def no_problems() -> pa.Table:
    """Nobody was refused."""
    return PROBLEMS.empty_table()


def problems(emails: Sequence[str], reason: str) -> pa.Table:
    """All of these people were refused for one reason."""
    return pa.table({"email": list(emails), "problem": [reason] * len(emails)}, schema=PROBLEMS)


def ended(look: Callable[[], dict[str, Any]], statuses: Sequence[str], clock: Clock) -> dict[str, Any] | None:
    """Look after a job of the vendor's, ever less often, until its `status` is one of those it ends with.

    Returns:
        The job as it has ended; None if it hasn't within an hour.
    """
    deadline = clock.monotonic() + 60 * JOB_MINUTES
    pause = _FIRST_POLL_SECONDS
    while (job := look())["status"] not in statuses:
        if clock.monotonic() >= deadline:
            return None
        clock.sleep(pause)
        pause = min(2 * pause, _LONGEST_POLL_SECONDS)
    return job
