"""dlt's part: merges chunks into a source's raw tables and keeps the state in the same commit."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from orchestration.sources.source import Source, State

# Read when dlt is imported; what it says below errors is about its own inner working.
os.environ.setdefault("RUNTIME__LOG_LEVEL", "ERROR")
# Rows of state and load tables are few; data come as Parquet.
os.environ.setdefault("NORMALIZE__WORKERS", "1")
os.environ.setdefault("LOAD__WORKERS", "1")

import dlt
from dlt.common.pipeline import LoadInfo

_STREAMS: Final = "streams"
_HINTS: Final[Any] = {
    "id": {"data_type": "text", "nullable": False, "primary_key": True},
    "updated_at": {"data_type": "timestamp", "timezone": False, "nullable": True},
    "payload": {"data_type": "json", "nullable": True},
    "_loaded_at": {"data_type": "timestamp", "timezone": False, "nullable": True},
    "_row": {"data_type": "bigint", "nullable": True},
}


def open_pipeline(source: Source, connection: duckdb.DuckDBPyConnection, folder: Path) -> dlt.Pipeline:
    """The source's pipeline, with schema and state as the warehouse has them."""
    pipeline = dlt.pipeline(
        pipeline_name=source.name,
        pipelines_dir=str(folder),
        destination=dlt.destinations.duckdb(connection),
        dataset_name=source.schema,
    )
    pipeline.sync_destination()
    return pipeline


def stored_state(pipeline: dlt.Pipeline, source: Source) -> dict[str, State]:
    """What is remembered, by stream."""
    sources: Mapping[str, Any] = pipeline.state.get("sources", {})
    states: dict[str, State] = dict(sources.get(source.name, {}).get(_STREAMS, {}))
    return states


def merge(
    pipeline: dlt.Pipeline, source: Source, tables: Mapping[str, pa.Table], states: Mapping[str, State] | None
) -> LoadInfo:
    """Store one chunk: rows with a known `id` replace theirs. `states`: what to remember from now on, None: as before.

    `tables` has at most one row an id.
    """

    @dlt.source(name=source.name, max_table_nesting=0)
    def chunk() -> Iterator[Any]:
        for name, rows in tables.items():
            yield dlt.resource(
                [rows],
                name=name,
                columns=_HINTS,
                write_disposition={"disposition": "merge", "strategy": "upsert"},
            )
        yield dlt.resource(remember, name="state")

    def remember() -> Iterator[Any]:
        if states is not None:
            dlt.current.source_state()[_STREAMS] = dict(states)
        yield from ()

    return pipeline.run(chunk(), loader_file_format="parquet")
