"""Raw tables, the only state that can't be rebuilt, kept as Parquet beside the published versions.

Raw tables only grow, so each load is written once, in a folder of its own; a version's manifest names the last one.
"""

import logging
import shutil
from pathlib import Path

import duckdb

from orchestration.audiences.memory import restore_memory
from orchestration.sources.drop.entities import ENTITIES
from orchestration.sources.drop.loader import SCHEMA, create_tables
from orchestration.sql import quoted

logger = logging.getLogger(__name__)

# Bookkeeping that says what is in the raw tables, by load like them.
_OPS_TABLES = ("ops.rejected_rows", "ops.loaded_files", "ops.loads", "ops.run_log")


def _tables() -> list[str]:
    return [f"{SCHEMA}.{name}" for name in ENTITIES] + list(_OPS_TABLES)


def _belongs_to(table: str, load_id: int) -> str:
    if table == "ops.run_log":
        return f"run_id in (select run_id from ops.loads where load_id = {load_id})"
    return f"{'_load_id' if table.startswith(SCHEMA) else 'load_id'} = {load_id}"


def back_up(connection: duckdb.DuckDBPyConnection, folder: Path) -> int:
    """Write every load that isn't backed up yet, each in one step. Returns the number of the last load."""
    folder.mkdir(parents=True, exist_ok=True)
    loads = [int(row[0]) for row in connection.execute("select load_id from ops.loads order by load_id").fetchall()]
    for load_id in loads:
        target = folder / f"{load_id:06d}"
        if target.exists():
            continue
        partial = folder / f".partial-{load_id:06d}"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        for table in _tables():
            connection.execute(
                f"copy (from {table} where {_belongs_to(table, load_id)}) "
                f"to {quoted(partial / f'{table}.parquet')} (format parquet, compression zstd)"
            )
        partial.replace(target)
    return loads[-1] if loads else 0


def restore(connection: duckdb.DuckDBPyConnection, folder: Path) -> int:
    """Fill an empty warehouse from the backups. Returns how many loads were brought back, 0 where there are none."""
    loads = sorted(path for path in folder.glob("[0-9]*") if path.is_dir())
    if not loads:
        return 0
    create_tables(connection)
    connection.execute("begin")
    for load in loads:
        for table in _tables():
            file = load / f"{table}.parquet"
            if file.exists():
                connection.execute(f"insert into {table} by name from read_parquet(?)", [str(file)])
    connection.execute("commit")
    restore_memory(connection, folder)
    logger.info("warehouse missing: %d loads restored from %s", len(loads), folder)
    return len(loads)
