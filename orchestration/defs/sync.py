"""The asset behind publishing: the configured destinations, brought up to the version that was just published."""

import dagster as dg

from orchestration.defs.release import VERSION_KEY
from orchestration.defs.run_state import WAREHOUSE_POOL, ShopLock, progress, require_all_checks
from orchestration.destinations.registry import configured_destinations
from orchestration.destinations.sync import sync_shop
from orchestration.errors import UserError
from orchestration.shop import Shop, ShopPaths
from orchestration.warehouse import open_warehouse

SYNC_KEY = dg.AssetKey(["audiences_sent", "destinations"])


def sync_asset(shop: Shop, paths: ShopPaths) -> dg.AssetsDefinition | None:
    """None for a shop without a destination. A refusal or an outage fails this step alone; what is published stays."""
    if not configured_destinations(shop):
        return None

    @dg.asset(key=SYNC_KEY, deps=[VERSION_KEY], group_name="release", pool=WAREHOUSE_POOL)
    def destinations(context: dg.AssetExecutionContext, shop_lock: ShopLock) -> dg.MaterializeResult[None]:
        """Audiences at Klaviyo and Omnisend as they are in the published version; consent is only read."""
        with open_warehouse(paths.warehouse, read_only=True) as connection:
            require_all_checks(connection, context.run_id)
        try:
            reports = sync_shop(shop, paths, context.run_id)
        except UserError as error:
            raise dg.Failure(error.message, allow_retries=False) from error
        for report in reports:
            for line in report.lines():
                progress.info("  %s", line)
        unwell = [report for report in reports if not report.is_well]
        if unwell:
            said = [unwell[0].problem, *unwell[0].stopped.values()]
            raise dg.Failure(
                f"{unwell[0].destination}: {next(filter(None, said), 'people are still in audiences they left')}",
                allow_retries=False,
            )
        return dg.MaterializeResult(metadata={report.destination: report.results.get("sent", 0) for report in reports})

    return destinations
