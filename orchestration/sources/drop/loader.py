"""Load what a shop has dropped into `raw_drop`, refusing rows that break the contract, in one transaction.

Rows in = rows loaded + rows rejected + exact re-deliveries dropped, for every entity and run.
"""

import logging
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.errors import UserError
from orchestration.privacy.tombstones import Tombstones
from orchestration.sources.drop.entities import ENTITIES
from orchestration.sources.drop.incoming import SCHEMA, EntityLoad, load_entity
from orchestration.sources.drop.reader import Delivery, find_deliveries
from orchestration.sources.drop.rules import entity_rules
from orchestration.sources.registry import SOURCES
from orchestration.sources.tables import create_raw_tables

__all__ = ["SCHEMA", "EntityLoad", "LoadResult", "create_tables", "entity_rules", "load_drop"]

logger = logging.getLogger(__name__)

# A load of any size keeps to this: what sorting and counting need beyond it goes to disk. DuckDB asks for some 125 MB
# a thread.
_MEMORY = "600MB"
_THREADS = 4
_BOOKKEEPING = (
    "_extra varchar, _row_hash ubigint, _load_id bigint, _file varchar, _file_index integer, _row_number bigint, "
    "_has_other_version boolean"
)


@dataclass
class LoadResult:
    """One run's loads by entity, and the load's number, which is 0 when nothing new was stored."""

    load_id: int
    entities: dict[str, EntityLoad] = field(default_factory=dict)

    def total(self, count: str) -> int:
        """Sum of one count, such as `rows_in`, over all entities."""
        return sum(getattr(load, count) for load in self.entities.values())


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create every raw and bookkeeping table that isn't there yet, so that what a shop doesn't have is empty tables.

    Those of the other sources as well: the models are the same for every shop.
    """
    create_raw_tables(connection, SOURCES.values())
    connection.execute(f"create schema if not exists {SCHEMA}; create schema if not exists ops")
    for entity in ENTITIES.values():
        columns = ", ".join(f"{name} varchar" for name in entity.column_names)
        connection.execute(f"create table if not exists {SCHEMA}.{entity.name} ({columns}, {_BOOKKEEPING})")
    connection.execute(
        """
        create table if not exists ops.rejected_rows (
            run_id varchar, load_id bigint, entity varchar, source varchar, file varchar, row_number bigint,
            reasons varchar[], original varchar, row_hash ubigint
        );
        create table if not exists ops.loaded_files (
            source varchar, file varchar, fingerprint varchar, load_id bigint
        );
        create table if not exists ops.loads (load_id bigint, run_id varchar, source varchar, loaded_at timestamp);
        create table if not exists ops.run_log (
            run_id varchar, started_at timestamp, source varchar, entity varchar, rows_in bigint, rows_loaded bigint,
            rows_rejected bigint, rows_redelivered bigint
        );
        """
    )


def load_drop(
    connection: duckdb.DuckDBPyConnection,
    shop_folder: Path,
    run_id: str,
    started_at: datetime,
    scratch: Path,
    progress: Callable[[str], None] = logger.info,
    needs_orders: bool = True,
    tombstones: Tombstones | None = None,
) -> LoadResult:
    """Take everything new in the shop's drop folder into `raw_drop`, all of it or nothing.

    Files whose size and time of change are those of the last load are passed over; a SELECT is always run.
    `needs_orders` is False for a shop whose orders may come from elsewhere. What `tombstones` keep out never lands.

    Raises:
        UserError: a file can't be read, or there are no orders; the warehouse is then as it was.
    """
    create_tables(connection)
    deliveries = find_deliveries(shop_folder, needed=needs_orders)
    fingerprints = connection.execute(
        "select file, max_by(fingerprint, load_id) from ops.loaded_files where source = 'drop' group by file"
    )
    known = dict(fingerprints.fetchall())
    (last_load,) = connection.execute("select coalesce(max(load_id), 0) from ops.loads").fetchone() or (0,)
    load_id = int(last_load) + 1
    connection.execute("drop table if exists temp.erased")
    result = LoadResult(load_id, {name: EntityLoad(name) for name in ENTITIES})
    scratch.mkdir(parents=True, exist_ok=True)
    with _bounded(connection), _transaction(connection), tempfile.TemporaryDirectory(dir=scratch) as folder:
        for entity in ENTITIES.values():
            own = [delivery for delivery in deliveries if delivery.entity is entity]
            load = result.entities[entity.name]
            load.files = len(own)
            new = [item for item in own if item.fingerprint is None or known.get(item.label) != item.fingerprint]
            load.files_unchanged = len(own) - len(new)
            if new:
                load_entity(connection, entity, new, shop_folder, Path(folder), run_id, load_id, load, tombstones)
                progress(
                    f"{entity.name}: {load.rows_in:,} rows in, {load.rows_loaded:,} loaded, "
                    f"{load.rows_rejected:,} rejected, {load.rows_redelivered:,} delivered before"
                    + (f"; {load.rows_of_erased:,} of erased persons" if load.rows_of_erased else "")
                )
        if needs_orders:
            _require_orders(connection, shop_folder)
        for load in result.entities.values():
            connection.execute(
                "insert into ops.run_log values (?, ?, 'drop', ?, ?, ?, ?, ?)",
                [
                    run_id, started_at, load.entity, load.rows_in, load.rows_loaded, load.rows_rejected,
                    load.rows_redelivered,
                ],
            )  # fmt: skip
        if result.total("rows_loaded") + result.total("rows_rejected") == 0:
            result.load_id = 0
        else:
            connection.execute("insert into ops.loads values (?, ?, 'drop', ?)", [load_id, run_id, started_at])
        _remember_files(connection, deliveries, load_id)
    return result


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.execute("begin")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


@contextmanager
def _bounded(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Keep DuckDB to the memory that a load may take; at the end what the caller had set holds again."""
    threads = min(os.cpu_count() or 1, _THREADS)
    settings = "select current_setting('memory_limit'), current_setting('threads')"
    before = connection.execute(settings).fetchone()
    assert before is not None
    # The way that texts are stored in the end whatever they hold: to try the others on each column costs a fifteenth.
    # Committed by a checkpoint, rows that were numbered after they were written needn't all go through the log as well.
    connection.execute(
        f"set memory_limit = '{_MEMORY}'; set threads = {threads}; set force_compression = 'dict_fsst'; "
        "set checkpoint_threshold = '1KB'; set auto_checkpoint_skip_wal_threshold = 0"
    )
    try:
        yield
    finally:
        # The engine's own limit first: DuckDB tells a limit rounded, and setting it again would lower it a little.
        connection.execute(
            "reset memory_limit; reset threads; reset force_compression; reset checkpoint_threshold; "
            "reset auto_checkpoint_skip_wal_threshold"
        )
        if connection.execute(settings).fetchone() != before:
            connection.execute(f"set memory_limit = '{before[0]}'; set threads = {before[1]}")


def _require_orders(connection: duckdb.DuckDBPyConnection, shop_folder: Path) -> None:
    for entity in ENTITIES.values():
        if not entity.mandatory:
            continue
        rows = connection.execute(f"select count(*) from {SCHEMA}.{entity.name}").fetchone()
        if rows == (0,):
            raise UserError(
                f"{shop_folder / 'drop'}: no valid row of {entity.name}; a shop needs at least orders and order_lines"
            )


def _remember_files(connection: duckdb.DuckDBPyConnection, deliveries: Iterable[Delivery], load_id: int) -> None:
    for delivery in deliveries:
        if delivery.fingerprint is not None:
            connection.execute(
                "insert into ops.loaded_files select 'drop', $file, $fingerprint, $load_id where not exists "
                "(from ops.loaded_files where file = $file and fingerprint = $fingerprint)",
                {"file": delivery.label, "fingerprint": delivery.fingerprint, "load_id": load_id},
            )
