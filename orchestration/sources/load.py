"""Load one source's streams into the shop's warehouse: in chunks, each with its state in one commit.

A chunk is rows of any streams, as many as fit (`orchestration.sources.store`). dlt merges it by `id` and keeps the
state with it in `raw_<source>._dlt_pipeline_state`. The warehouse is the only place that remembers, so a process that
is killed loses the chunk it was working on and nothing else.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb

from orchestration.errors import UserError
from orchestration.privacy.tombstones import Tombstones
from orchestration.sources.fetch import Ended, Fetched, fetch_ahead
from orchestration.sources.http import Clock
from orchestration.sources.registry import Configured
from orchestration.sources.secrets import redact
from orchestration.sources.source import Page, Source, State, Stream, Window
from orchestration.sources.store import SourceLoad, Store, StreamLoad
from orchestration.sources.tables import create_raw_tables

logger = logging.getLogger(__name__)

_PROGRESS_SECONDS: Final = 2.0
_SHOWN_CHARACTERS: Final = 200


def load_source(
    configured: Configured,
    connection: duckdb.DuckDBPyConnection,
    pipelines: Path,
    started_at: datetime,
    *,
    backfill: Window | None = None,
    clock: Clock | None = None,
    tombstones: Tombstones | None = None,
    progress: Callable[[str], None] = logger.info,
) -> SourceLoad:
    """Take what is new at one source into its raw tables.

    Args:
        connection: to the shop's warehouse, writable; dlt works over it too.
        pipelines: folder for dlt's working files; nothing in it needs to last.
        started_at: of the run, naive UTC: what changes at the source after it is left to the next run.
        tombstones: whom to keep out.
        backfill: take this span instead of what is new, and leave the state as it is.

    Returns:
        What was loaded; a source that fails says so in `problem` and keeps what it loaded until then.
    """
    source = configured.source
    load = SourceLoad(source.name, {stream.name: StreamLoad(stream.name) for stream in source.streams})
    create_raw_tables(connection, (source,))
    try:
        client = configured.connect(clock)
    except UserError as error:
        load.problem = error.message
        return load
    store = Store(source, connection, pipelines, load, started_at, keeps_state=backfill is None, tombstones=tombstones)
    try:
        _take(configured, client, store, load, started_at, backfill, progress)
    finally:
        store.close()
    return load


def _take(
    configured: Configured,
    client: Any,
    store: Store,
    load: SourceLoad,
    started_at: datetime,
    backfill: Window | None,
    progress: Callable[[str], None],
) -> None:
    """Read every stream, storing a chunk whenever one is full, and what is left at the end or before a failure."""
    source = configured.source
    reads: list[tuple[Stream, Window, State]] = []
    for stream in source.streams:
        # A snapshot has no span of time to go back to.
        if stream.read is None or (backfill is not None and stream.snapshot):
            continue
        state = store.state_of(stream.name)
        window = backfill or _window(configured, stream, state, started_at)
        load.streams[stream.name].window = window
        reads.append((stream, window, {} if backfill is not None else dict(state.get("own", {}))))
    shown = _Progress(source, load, progress)
    for item in fetch_ahead(client, reads):
        match item:
            case Fetched(stream, page, state):
                store.add(stream, page, state)
                if store.is_full():
                    store.flush()
                shown.tell(stream, page, store.cursor(stream))
            case Ended(stream, None, state):
                store.end(stream, state)
            case Ended(stream, error, _) if error is not None:
                load.problem_stream = stream.name
                load.problem = _one_line(source, stream, error)
    store.flush()
    if load.problem is None:
        _follow_removals(source, client, store, load, backfill)


def _follow_removals(source: Source, client: Any, store: Store, load: SourceLoad, backfill: Window | None) -> None:
    """Remove what the source no longer has, after every stream was read to its end."""
    for stream in source.streams:
        if stream.snapshot:
            if backfill is None:
                store.remove_absent(stream)
            continue
        try:
            if backfill is not None and stream.still is not None:
                for ids in stream.still(client, store.not_given(stream, backfill)):
                    store.note_present(stream, ids)
                store.remove_absent(stream, backfill)
            elif stream.present is not None and (backfill is not None or store.is_check_due(stream)):
                for ids in stream.present(client):
                    store.note_present(stream, ids)
                store.remove_absent(stream)
                store.note_check(stream)
        except Exception as error:
            load.problem_stream, load.problem = stream.name, _one_line(source, stream, error)
            return


def _window(configured: Configured, stream: Stream, state: State, started_at: datetime) -> Window:
    settings = configured.settings
    start = None if settings.start is None else datetime.combine(settings.start, datetime.min.time())
    if (seen := state.get("cursor")) is not None and not stream.snapshot:
        hours = settings.overlap_hours
        again = datetime.fromisoformat(seen) - (stream.overlap if hours is None else timedelta(hours=hours))
        start = again if start is None else max(start, again)
    return Window(start, started_at)


def _one_line(source: Source, stream: Stream, error: BaseException) -> str:
    if isinstance(error, UserError):
        return redact(error.message)
    logger.error("%s: %s failed", source.name, stream.name, exc_info=error)
    said = " ".join(str(error).split())[:_SHOWN_CHARACTERS]
    return redact(f"{source.name}: {stream.endpoint}: {type(error).__name__}: {said}")


class _Progress:
    """Says every few seconds how far a load is: rows, rate, and the time left where it can be known."""

    def __init__(self, source: Source, load: SourceLoad, say: Callable[[str], None]) -> None:
        self._source = source
        self._load = load
        self._say = say
        self._last = self._began = time.monotonic()
        self._stream: str | None = None
        self._stream_began = self._began
        self._first: datetime | None = None
        self._received = 0

    def tell(self, stream: Stream, page: Page, cursor: datetime | None) -> None:
        """A page has come."""
        now = time.monotonic()
        if stream.name != self._stream:
            self._stream, self._stream_began, self._received, self._first = stream.name, now, 0, cursor
        self._received += page.rows.num_rows
        if now - self._last < _PROGRESS_SECONDS:
            return
        self._last = now
        seconds = max(now - self._stream_began, 1e-3)
        share = self._share(stream, page, cursor)
        left = f", {_clock_time(seconds * (1 - share) / share)} left" if share else ""
        self._say(
            f"{self._source.name}: {stream.name}: {self._received:,} rows, {self._received / seconds:,.0f} rows/s{left}"
        )

    def _share(self, stream: Stream, page: Page, cursor: datetime | None) -> float | None:
        """How much of the stream has come, 0 to 1; None if nobody knows."""
        if page.total:
            return min(1.0, self._received / page.total)
        window = self._load.streams[stream.name].window
        if not stream.in_order or window is None or cursor is None:
            return None
        first = window.start or self._first
        if first is None or window.end <= first:
            return None
        return min(1.0, max(0.0, (cursor - first) / (window.end - first))) or None


def _clock_time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
