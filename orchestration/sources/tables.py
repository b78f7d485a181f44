"""Raw tables of all sources, and what is noted of their loads in `ops`."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import duckdb

from orchestration.sources.source import Source
from orchestration.sources.store import SourceLoad

# What dlt makes of the columns in `orchestration.sources.pipeline`.
COLUMNS: Final = "id varchar not null, updated_at timestamp, payload json, _loaded_at timestamp, _row bigint"


def create_raw_tables(connection: duckdb.DuckDBPyConnection, sources: Iterable[Source]) -> None:
    """Create every stream's raw table that isn't there yet, so that a source a shop doesn't have is empty tables."""
    connection.execute(
        """
        create schema if not exists ops;
        create table if not exists ops.source_loads (
            run_id varchar, source varchar, stream varchar, status varchar, rows bigint, rows_new bigint,
            rows_replaced bigint, rows_removed bigint, window_start timestamp, window_end timestamp, message varchar,
            started_at timestamp, ended_at timestamp
        );
        create table if not exists ops.source_fields (
            source varchar, stream varchar, field varchar, first_seen_at timestamp
        );
        create table if not exists ops.run_log (
            run_id varchar, started_at timestamp, source varchar, entity varchar, rows_in bigint, rows_loaded bigint,
            rows_rejected bigint, rows_redelivered bigint
        );
        create table if not exists ops.removal_checks (source varchar, stream varchar, checked_at timestamp);
        """
    )
    for source in sources:
        connection.execute(f"create schema if not exists {source.schema}")
        for stream in source.streams:
            connection.execute(f"create table if not exists {source.schema}.{stream.name} ({COLUMNS})")


def record_load(
    connection: duckdb.DuckDBPyConnection, run_id: str, started_at: datetime, load: SourceLoad, ended_at: datetime
) -> None:
    """Note how a run's load of one source ended: `ops.source_loads` by stream, and its rows in `ops.run_log`.

    Status is `complete`, `failed` (the stream that stopped its source) or `stopped` (those that came after it).
    """
    for stream in load.streams.values():
        failed = load.problem is not None and load.problem_stream in (None, stream.stream)
        is_whole = stream.complete or (load.problem is None)
        status = "failed" if failed else "complete" if is_whole else "stopped"
        window = stream.window
        connection.execute(
            "insert into ops.source_loads values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                run_id, load.source, stream.stream, status, stream.received, stream.new, stream.replaced,
                stream.removed, window.start if window else None, window.end if window else None,
                load.problem if failed else None, started_at, ended_at,
            ],
        )  # fmt: skip
        connection.execute(
            "insert into ops.run_log values (?, ?, ?, ?, ?, ?, 0, ?)",
            [
                run_id, started_at, load.source, stream.stream, stream.received, stream.new + stream.replaced,
                stream.stored_before,
            ],
        )  # fmt: skip
