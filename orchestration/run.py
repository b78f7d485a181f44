"""Run one shop from its files to a published version and a report, in this process."""

import json
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml

from orchestration.errors import UserError
from orchestration.preflight import DAGSTER_QUIET
from orchestration.shop import Shop, ShopPaths
from orchestration.warehouse import open_warehouse

if TYPE_CHECKING:
    from dagster import ExecuteInProcessResult

LOG_NAME: Final = "latest.log"


@dataclass(frozen=True)
class RunSummary:
    """What a finished run tells: rows by fate, the headline figures in their order, the version and the report."""

    rows_in: int
    rows_loaded: int
    rows_rejected: int
    rows_redelivered: int
    headlines: list[tuple[str, float | None, float | None, float | None, str]]
    version: str
    site_index: Path
    currency: str


def prepare_dagster_home(paths: ShopPaths) -> None:
    """Dagster keeps its runs in the shop's own folder and reports to nobody."""
    paths.dagster.mkdir(parents=True, exist_ok=True)
    config = {**DAGSTER_QUIET, "concurrency": {"pools": {"default_limit": 1}}}
    (paths.dagster / "dagster.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(paths.dagster)


def run_shop(shop: Shop, paths: ShopPaths, wait_seconds: float = 0, with_site: bool = True) -> RunSummary:
    """Materialise the whole graph.

    Raises:
        UserError: a step failed; the message is the step's own. `current` is then as it was.
    """
    prepare_dagster_home(paths)
    paths.logs.mkdir(parents=True, exist_ok=True)
    # Imported here: it takes seconds, and a wrong argument should be answered at once.
    import dagster as dg

    from orchestration.definitions import JOB, build_definitions
    from orchestration.defs.release import SITE_KEY
    from orchestration.lock import shop_lock

    _spare_the_disk()
    with shop_lock(paths.lock, "from the command line", wait_seconds), _tool_output(paths.logs / LOG_NAME):
        job = build_definitions(shop, paths).resolve_job_def(JOB)
        selection = None if with_site else sorted(set(job.asset_layer.executable_asset_keys) - {SITE_KEY})
        with dg.DagsterInstance.get() as instance:
            result = job.execute_in_process(instance=instance, raise_on_error=False, asset_selection=selection)
    if not result.success:
        raise UserError(_failure(result, paths), exit_code=1)
    return summarise(paths, result.run_id)


def _spare_the_disk() -> None:
    """Dagster notes thousands of events a run in SQLite files: their order must last, not each by itself.

    Their write-ahead log keeps them whole whatever ends the machine; the last moments of a run may be missing then.
    """
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    @event.listens_for(Engine, "connect")
    def connected(connection: object, _: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("pragma synchronous = normal")


def _failure(result: "ExecuteInProcessResult", paths: ShopPaths) -> str:
    """What the first step that failed says: a step's own words as they stand, any other error with the log's place."""
    for event in result.get_step_failure_events():
        data = event.step_failure_data
        if data.user_failure_data is not None and data.user_failure_data.description:
            return data.user_failure_data.description
        error = data.error
        while error is not None and error.cause is not None:
            error = error.cause
        if error is not None:
            return f"{event.step_key}: {error.message.strip()}; the log is {paths.logs / LOG_NAME}"
    return f"the run failed; its log is {paths.logs / LOG_NAME}"


@contextmanager
def _tool_output(file: Path) -> Iterator[None]:
    """Send what the tools print to the run's log; the terminal keeps our own lines."""
    with file.open("w", encoding="utf-8") as log:
        handler = logging.StreamHandler(log)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        root = logging.getLogger()
        root.addHandler(handler)
        try:
            with redirect_stdout(log):
                yield
        finally:
            root.removeHandler(handler)


def summarise(paths: ShopPaths, run_id: str) -> RunSummary:
    """Read the run's figures back from what was published."""
    manifest = json.loads((paths.current / "manifest.json").read_text(encoding="utf-8"))
    with open_warehouse(paths.warehouse, read_only=True) as connection:
        rows = connection.execute(
            "select coalesce(sum(rows_in), 0), coalesce(sum(rows_loaded), 0), coalesce(sum(rows_rejected), 0), "
            "coalesce(sum(rows_redelivered), 0) from ops.run_log where run_id = ?",
            [run_id],
        ).fetchone() or (0, 0, 0, 0)
        headlines = connection.execute(
            "select figure, value, numerator, denominator, unit from read_parquet(?) order by sort_order",
            [str(paths.current / "reporting" / "headline_figures.parquet")],
        ).fetchall()
        (currency,) = connection.execute("select currency from reporting.run_info").fetchone() or ("",)
    rows_in, rows_loaded, rows_rejected, rows_redelivered = (int(count) for count in rows)
    return RunSummary(
        rows_in=rows_in,
        rows_loaded=rows_loaded,
        rows_rejected=rows_rejected,
        rows_redelivered=rows_redelivered,
        headlines=headlines,
        version=manifest["version"],
        site_index=paths.site / "index.html",
        currency=currency,
    )
