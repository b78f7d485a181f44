"""A load keeps no chunk once it is stored: neither in Python, nor in DuckDB's log, which lies in memory too."""

import gc
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from orchestration.sources import store
from orchestration.sources.judgeme.resources import REVIEWS, SOURCE
from orchestration.sources.source import Page
from orchestration.sources.store import SourceLoad, Store, StreamLoad
from orchestration.sources.tables import create_raw_tables
from orchestration.warehouse import open_warehouse

_STARTED = datetime(2026, 1, 1)  # noqa: DTZ001 - naive UTC, as loads take it
_ROWS = 1_000
_TEXT = 2_000
_CHUNKS = 6


def _page(chunk: int) -> Page:
    """A page of some 2 MB, in memory that Arrow counts."""
    ids = [f"{chunk}-{row}" for row in range(_ROWS)]
    moments = pa.array([_STARTED] * _ROWS, pa.timestamp("us"))
    return Page(
        REVIEWS.name,
        pa.table({"id": ids, "updated_at": moments, "payload": [f'{{"id":"{one:x<{_TEXT}}"}}' for one in ids]}),
    )


def test_memory_does_not_grow_with_the_chunks_of_a_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "CHUNK_ROWS", _ROWS)
    load = SourceLoad(SOURCE.name, {REVIEWS.name: StreamLoad(REVIEWS.name)})
    log = tmp_path / "warehouse.duckdb.wal"
    groups = f"select count(distinct row_group_id) from pragma_storage_info('{SOURCE.schema}.{REVIEWS.name}')"
    with open_warehouse(tmp_path / "warehouse.duckdb") as connection:
        create_raw_tables(connection, (SOURCE,))
        loaded = Store(SOURCE, connection, tmp_path / "dlt", load, _STARTED, keeps_state=True)
        before = pa.total_allocated_bytes()
        # Python's search for cycles comes when it comes: nothing may wait for it.
        gc.disable()
        try:
            for chunk in range(_CHUNKS):
                loaded.add(REVIEWS, _page(chunk), {})
                loaded.flush()
                assert pa.total_allocated_bytes() - before < _ROWS * _TEXT / 2
                assert not log.exists() or log.stat().st_size < _ROWS * _TEXT / 2
        finally:
            gc.enable()
        assert connection.execute(groups).fetchall() == [(_CHUNKS,)]
        loaded.close()
        # Merged under the load's own limit, not by whoever opens the warehouse next.
        assert connection.execute(groups).fetchall() == [(1,)]
        stored = f"select count(*), count(distinct id) from {SOURCE.schema}.{REVIEWS.name}"
        assert connection.execute(stored).fetchall() == [(_CHUNKS * _ROWS, _CHUNKS * _ROWS)]
