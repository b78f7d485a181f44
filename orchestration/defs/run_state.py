"""What the steps of one run tell each other through the warehouse: when it started, and which checks passed."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import dagster as dg
import duckdb

from orchestration.lock import shop_lock
from orchestration.privacy.erase import keep_out
from orchestration.privacy.tombstones import Tombstones
from orchestration.publish.backup import restore
from orchestration.shop import ShopPaths
from orchestration.sources.drop.loader import create_tables
from orchestration.warehouse import open_warehouse, rewrite

# What the person at the keyboard sees while a run works; the command line prints it, Dagster's own runs don't.
progress: Final = logging.getLogger("second_order.progress")

# DuckDB lets one process in, and steps that open the warehouse come one after the other.
WAREHOUSE_POOL: Final = "warehouse"
STAGES: Final = ("gate 1", "dbt tests", "gate 2")


class ShopLock(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Held from a run's first step to its last: one writer a shop, whoever starts the run."""

    file: str
    wait_seconds: float = 0

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["ShopLock"]:
        """Take the lock while the run's steps execute."""
        with shop_lock(Path(self.file), context.run_id or "", self.wait_seconds):
            if context.instance is not None:
                end_dead_runs(context.instance, context.run_id or "")
            yield self


@contextmanager
def open_for_loading(paths: ShopPaths) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse with every raw table; one that is missing is filled from the backups first."""
    is_new = not paths.warehouse.exists()
    with open_warehouse(paths.warehouse) as connection:
        create_tables(connection)
        has_erased = False
        if is_new and restore(connection, paths.backup):
            progress.info("  the warehouse was missing: raw tables restored from %s", paths.backup)
            has_erased = keep_out(connection, Tombstones(paths.privacy))
        if not has_erased:
            yield connection
            return
    # An older copy of the backups was put back, and with it somebody who had been erased since.
    rewrite(paths.warehouse)
    with open_warehouse(paths.warehouse) as connection:
        yield connection


def end_dead_runs(instance: dg.DagsterInstance, run_id: str) -> None:
    """Mark runs whose process is gone as failed and take back the pool slots they died with.

    To be called by the run that holds the shop's lock: no other run can be alive then. Without it a run that was
    killed would keep the warehouse's only slot, and every later run would wait for it.
    """
    storage = instance.event_log_storage
    for key in storage.get_concurrency_keys():
        for slot in storage.get_concurrency_info(key).claimed_slots:
            if slot.run_id != run_id:
                storage.free_concurrency_slots_for_run(slot.run_id)
    for run in instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
        if run.run_id != run_id:
            instance.report_run_failed(run, "its process ended before it did")


def run_started_at(context: dg.OpExecutionContext | dg.AssetExecutionContext) -> datetime:
    """When Dagster made this run: one moment (naive UTC, whole seconds) for all of its steps."""
    record = context.instance.get_run_record_by_id(context.run_id)
    moment = record.create_timestamp if record is not None else datetime.now(UTC)
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)


def record_checks(
    connection: duckdb.DuckDBPyConnection, run_id: str, stage: str, passed: int, failed: int, warned: int
) -> None:
    """Keep how one stage's checks ended, in place of what an earlier try of the same run said."""
    connection.execute(
        "create table if not exists ops.run_checks "
        "(run_id varchar, stage varchar, passed bigint, failed bigint, warned bigint)"
    )
    connection.execute("delete from ops.run_checks where run_id = ? and stage = ?", [run_id, stage])
    connection.execute("insert into ops.run_checks values (?, ?, ?, ?, ?)", [run_id, stage, passed, failed, warned])


def require_all_checks(connection: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """Dagster doesn't stop a Python asset when a dbt test upstream fails; this does.

    Raises:
        dg.Failure: a stage of this run has failed checks or hasn't run.
    """
    rows = connection.execute("select stage, failed from ops.run_checks where run_id = ?", [run_id]).fetchall()
    failed = dict(rows)
    for stage in STAGES:
        if stage not in failed:
            raise dg.Failure(f"not published: {stage} of this run is missing", allow_retries=False)
        if failed[stage]:
            raise dg.Failure(f"not published: {failed[stage]} checks of {stage} failed", allow_retries=False)
