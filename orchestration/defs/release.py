"""Assets of what leaves: the gate before it, the published version and the report."""

from collections.abc import Iterator

import dagster as dg

from orchestration.audiences.memory import back_up_memory, remember
from orchestration.defs.arrival import fail, run_recorded_gate
from orchestration.defs.run_state import WAREHOUSE_POOL, ShopLock, progress, require_all_checks, run_started_at
from orchestration.errors import UserError
from orchestration.privacy.command import outcome
from orchestration.privacy.erase import finish_erasures
from orchestration.publish.backup import back_up
from orchestration.publish.run_info import write_run_info
from orchestration.publish.site import build_site
from orchestration.publish.sync_info import write_sync_info
from orchestration.publish.version import publish
from orchestration.quality.gates import Gate
from orchestration.shop import REPOSITORY, Shop, ShopPaths
from orchestration.sources.drop.as_of import resolve_as_of
from orchestration.warehouse import open_warehouse

CHECKED_KEY = dg.AssetKey(["quality", "gate_2"])
VERSION_KEY = dg.AssetKey(["published", "version"])
SITE_KEY = dg.AssetKey(["report", "site"])


def release_assets(
    shop: Shop, paths: ShopPaths, leaving: list[dg.AssetKey]
) -> tuple[dg.AssetsDefinition, dg.AssetsDefinition, dg.AssetsDefinition]:
    """Gate 2 over everything that leaves (`leaving`: the assets of marts, reporting and audiences), then the rest."""

    @dg.asset(key=CHECKED_KEY, deps=leaving, group_name="release", pool=WAREHOUSE_POOL)
    def gate_2(context: dg.AssetExecutionContext, shop_lock: ShopLock) -> dg.MaterializeResult[None]:
        """May this be published? Great Expectations over marts and reporting."""
        with open_warehouse(paths.warehouse) as connection:
            started_at = run_started_at(context)
            write_run_info(connection, shop, context.run_id, resolve_as_of(shop, connection, started_at))
            write_sync_info(connection)
        result = run_recorded_gate(Gate.PUBLICATION, shop, paths, context.op_execution_context)
        if result.errors:
            raise dg.Failure("; ".join(check.line(result.gate) for check in result.errors), allow_retries=False)
        return dg.MaterializeResult(metadata={"checks": len(result.checks), "warnings": len(result.warnings)})

    @dg.asset(key=VERSION_KEY, deps=[CHECKED_KEY], group_name="release", pool=WAREHOUSE_POOL)
    def published_version(context: dg.AssetExecutionContext, shop_lock: ShopLock) -> dg.MaterializeResult[None]:
        """A complete version of the reporting tables and audiences; `current` points at it."""
        started_at = run_started_at(context)
        with open_warehouse(paths.warehouse) as connection:
            require_all_checks(connection, context.run_id)
            as_of = resolve_as_of(shop, connection, started_at)
            write_run_info(connection, shop, context.run_id, as_of)
            last_load = back_up(connection, paths.backup)
            version = publish(connection, paths.published, context.run_id, started_at, as_of, last_load)
            connection.execute(
                "create table if not exists ops.published_versions (version varchar, run_id varchar, "
                "published_at timestamp, as_of timestamp, data_version varchar, files bigint, rows bigint)"
            )
            connection.execute(
                "insert into ops.published_versions values (?, ?, ?, ?, ?, ?, ?)",
                [
                    version.name,
                    context.run_id,
                    started_at,
                    as_of,
                    version.data_version,
                    version.files,
                    version.rows,
                ],
            )
            remember(connection, context.run_id, version.name, as_of)
            back_up_memory(connection, paths.backup)
        progress.info("published version %s (%d files)", version.name, version.files)
        for erased in finish_erasures(shop, paths, lambda line: progress.info("  %s", line)):
            progress.info("  %s", "\n  ".join(outcome(erased)))
        return dg.MaterializeResult(metadata={"version": version.name, "data version": version.data_version})

    @dg.asset(key=SITE_KEY, deps=[VERSION_KEY], group_name="release")
    def report_site(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        """The report over the published version; its pages are built only when their code has changed."""
        progress.info("putting the report together")
        try:
            result = build_site(paths.current.resolve(), paths.site, REPOSITORY)
        except UserError as error:
            raise fail(error) from error
        yield dg.MaterializeResult(
            metadata={
                "index": str(result.index),
                "pages built": result.pages_built,
                "seconds": result.seconds,
            }
        )

    return gate_2, published_version, report_site
