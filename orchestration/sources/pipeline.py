"""dlt's part: merges chunks into a source's raw tables and keeps the state in the same commit."""

import os
from collections.abc import Iterator, Mapping, Set
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
_REPLACE: Final[Any] = {"disposition": "merge", "strategy": "upsert"}


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
    pipeline: dlt.Pipeline,
    source: Source,
    tables: dict[str, pa.Table],
    replacing: Set[str],
    states: Mapping[str, State] | None,
) -> LoadInfo:
    """Store one chunk.

    Args:
        tables: rows by table, at most one row an id. They are taken out of it: dlt leaves its callers' frames, with
            all that those hold, to Python's search for cycles, which is ten chunks and more away.
        replacing: the tables in which some of these ids are stored already; the new rows replace theirs. Into the
            others rows are only added, which costs half.
        states: what to remember from now on; None: as before.
    """

    @dlt.source(name=source.name, max_table_nesting=0)
    def chunk() -> Iterator[Any]:
        for name in list(tables):
            yield dlt.resource(
                taken,
                name=name,
                columns=_HINTS,
                write_disposition=_REPLACE if name in replacing else "append",
            )(name)
        yield dlt.resource(remember, name="state")

    def taken(name: str) -> Iterator[pa.Table]:
        yield tables.pop(name)

    def remember() -> Iterator[Any]:
        if states is not None:
            dlt.current.source_state()[_STREAMS] = dict(states)
        yield from ()

    return pipeline.run(chunk(), loader_file_format="parquet")
