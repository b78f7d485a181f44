"""Raw tables of all sources, and what is noted of their loads in `ops`."""

from collections.abc import Iterable
from typing import Final

import duckdb

from orchestration.sources.source import Source

# What dlt makes of the columns in `orchestration.sources.pipeline`.
COLUMNS: Final = "id varchar not null, updated_at timestamp, payload json, _loaded_at timestamp"


def create_raw_tables(connection: duckdb.DuckDBPyConnection, sources: Iterable[Source]) -> None:
    """Create every stream's raw table that isn't there yet, so that a source a shop doesn't have is empty tables."""
    connection.execute(
        """
        create schema if not exists ops;
        create table if not exists ops.source_loads (
            run_id varchar, source varchar, stream varchar, status varchar, rows_received bigint, rows_new bigint,
            rows_replaced bigint, rows_removed bigint, window_start timestamp, window_end timestamp, message varchar,
            started_at timestamp, ended_at timestamp
        );
        create table if not exists ops.source_fields (
            source varchar, stream varchar, field varchar, first_seen_at timestamp
        );
        create table if not exists ops.removal_checks (source varchar, stream varchar, checked_at timestamp);
        """
    )
    for source in sources:
        connection.execute(f"create schema if not exists {source.schema}")
        for stream in source.streams:
            connection.execute(f"create table if not exists {source.schema}.{stream.name} ({COLUMNS})")
