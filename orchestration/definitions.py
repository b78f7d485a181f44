"""The whole graph of one shop for Dagster, and the policy that holds for all of it.

`SECOND_ORDER_SHOP` names the shop's folder (default `shops/demo`), `SECOND_ORDER_DATA` where runs' data lie (`data`).
"""

import hashlib
import logging
import os
from pathlib import Path

import dagster as dg

from orchestration.defs.arrival import arrival_assets
from orchestration.defs.models import dbt_project, dbt_resource, model_assets, prepare_manifest
from orchestration.defs.release import release_assets
from orchestration.defs.run_state import ShopLock
from orchestration.defs.sources import backfill_job, source_assets
from orchestration.defs.sync import sync_asset
from orchestration.shop import REPOSITORY, Shop, ShopPaths, load_shop, paths_of
from orchestration.sources.drop.reader import find_deliveries
from orchestration.webhooks.drain import asked_for

JOB = "run_shop"
_DAILY_AT = "0 6 * * *"
_LEAVING_SCHEMAS = ("marts", "reporting", "audiences")
_SENSOR_SECONDS = 60


@dg.logger
def quiet_logger(context: dg.InitLoggerContext) -> logging.Logger:
    """Dagster's own lines go where the process's log goes; its event log has them all anyway."""
    logger = logging.getLogger("second_order.dagster")
    logger.setLevel(logging.INFO)
    return logger


def build_definitions(shop: Shop, paths: ShopPaths) -> dg.Definitions:
    """Everything Dagster knows of one shop."""
    project = dbt_project()
    prepare_manifest(project)
    sources = source_assets(shop, paths)
    raw_drop, gate_1 = arrival_assets(shop, paths, sorted(key for asset in sources for key in asset.keys))
    models = model_assets(shop, paths, project)
    leaving = sorted(key for key in models.keys if key.path[0] in _LEAVING_SCHEMAS)
    release = release_assets(shop, paths, leaving)
    # One process for the whole run: DuckDB lets one process in, and importing the tools costs seconds a process.
    job = dg.define_asset_job(
        JOB,
        description="From what the shop has dropped to a published version and its report.",
        selection=dg.AssetSelection.all(),
        executor_def=dg.in_process_executor,
        config={"loggers": {"console": {}}},
    )

    @dg.sensor(job=job, minimum_interval_seconds=_SENSOR_SECONDS, name="dropped_files")
    def dropped_files(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        """Runs the shop when a file in its drop folder is new or has changed."""
        state = drop_state(shop.folder)
        if context.cursor is None or context.cursor == state:
            return dg.SensorResult(cursor=state) if context.cursor is None else dg.SkipReason("nothing new in drop/")
        return dg.SensorResult(run_requests=[dg.RunRequest(run_key=state)], cursor=state)

    @dg.sensor(job=job, minimum_interval_seconds=_SENSOR_SECONDS, name="webhooks")
    def webhooks(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        """Runs the shop when webhooks have asked for something that no run was started for."""
        pending = asked_for(paths.webhooks)
        if not pending or context.cursor == str(pending[-1].place):
            return dg.SkipReason("nothing was asked for")
        context.update_cursor(str(pending[-1].place))
        return dg.RunRequest(run_key=f"webhooks-{pending[-1].place}")

    return dg.Definitions(
        assets=[raw_drop, *sources, models, *release, *filter(None, [sync_asset(shop, paths)])],
        asset_checks=[gate_1],
        jobs=[job, *filter(None, [backfill_job(shop, paths)])],
        schedules=[
            dg.ScheduleDefinition(name="daily", job=job, cron_schedule=_DAILY_AT, execution_timezone=shop.timezone)
        ],
        sensors=[dropped_files, webhooks],
        resources={"dbt": dbt_resource(project), "shop_lock": ShopLock(file=str(paths.lock))},
        loggers={"console": quiet_logger},
        executor=dg.in_process_executor,
    )


def drop_state(shop_folder: Path) -> str:
    """Changes whenever a file in the drop folder does, SELECTs' own text included."""
    parts = []
    for delivery in find_deliveries(shop_folder, needed=False):
        stat = delivery.path.stat()
        parts.append(f"{delivery.label}:{stat.st_size}:{stat.st_mtime_ns}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


@dg.definitions
def definitions() -> dg.Definitions:
    """What `dagster` loads."""
    shop = load_shop(REPOSITORY / os.environ.get("SECOND_ORDER_SHOP", "shops/demo"))
    data = os.environ.get("SECOND_ORDER_DATA")
    return build_definitions(shop, paths_of(shop, Path(data) if data else None))
