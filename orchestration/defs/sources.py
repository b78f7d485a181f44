"""Assets of the systems a shop has connected: each loads by itself, and one that fails stops only itself."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
from pydantic import Field

from orchestration.defs.run_state import WAREHOUSE_POOL, ShopLock, open_for_loading, progress, run_started_at
from orchestration.errors import UserError
from orchestration.privacy.tombstones import Tombstones
from orchestration.shop import Shop, ShopPaths
from orchestration.sources.load import load_source
from orchestration.sources.registry import Configured, configured_sources
from orchestration.sources.shopify.resources import SOURCE as SHOPIFY
from orchestration.sources.source import Stream, Window
from orchestration.sources.store import SourceLoad
from orchestration.sources.tables import record_load
from orchestration.webhooks.drain import asked_for, drain

BACKFILL_JOB = "backfill"
_LOADED = "loaded"


def stream_key(configured: Configured, stream: Stream) -> dg.AssetKey:
    """The asset of one stream's raw table."""
    return dg.AssetKey([configured.source.schema, stream.name])


def source_assets(shop: Shop, paths: ShopPaths) -> list[dg.AssetsDefinition]:
    """One multi-asset a configured source, an asset a stream."""
    return [_source_asset(configured, paths) for configured in configured_sources(shop)]


def _source_asset(configured: Configured, paths: ShopPaths) -> dg.AssetsDefinition:
    source = configured.source
    keys = {stream.name: stream_key(configured, stream) for stream in source.streams}

    @dg.multi_asset(
        name=source.schema,
        specs=[
            dg.AssetSpec(
                key, group_name="raw", kinds={"dlt"}, description=f"{name} of {source.title}, each record's newest."
            )
            for name, key in keys.items()
        ],
        check_specs=[dg.AssetCheckSpec(_LOADED, asset=key) for key in keys.values()],
        pool=WAREHOUSE_POOL,
    )
    def load(
        context: dg.AssetExecutionContext, shop_lock: ShopLock
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        result = run_load(configured, paths, context.run_id, run_started_at(context))
        for name, key in keys.items():
            stream = result.streams[name]
            yield dg.MaterializeResult(
                asset_key=key,
                metadata={
                    "rows received": stream.received,
                    "rows new": stream.new,
                    "rows replaced": stream.replaced,
                    "rows stored before": stream.stored_before,
                    "rows removed": stream.removed,
                },
            )
            # Told and not raised: the other sources go on, and the version says which source is stale.
            yield dg.AssetCheckResult(
                asset_key=key,
                check_name=_LOADED,
                passed=result.problem is None,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"problem": result.problem or "", "warnings": "\n".join(result.warnings)},
            )

    return load


def run_load(
    configured: Configured, paths: ShopPaths, run_id: str, started_at: datetime, backfill: Window | None = None
) -> SourceLoad:
    """Load one source, note how it ended and show it. A source that fails is no error of the run."""
    name = configured.source.name
    progress.info("loading %s", configured.source.title)
    # Read before the load: what webhooks ask for while it runs is left to the next one.
    pending = asked_for(paths.webhooks) if name == SHOPIFY.name and backfill is None else []
    with open_for_loading(paths) as connection:
        result = load_source(
            configured, connection, paths.root / "dlt", started_at, backfill=backfill,
            tombstones=Tombstones(paths.privacy),
            progress=lambda line: progress.info("  %s", line),
        )  # fmt: skip
        result.warnings += drain(
            connection, paths.webhooks, pending, is_loaded=result.problem is None, privacy=paths.privacy,
            moment=started_at,
        )  # fmt: skip
        record_load(connection, run_id, started_at, result, datetime.now(UTC).replace(tzinfo=None))
    progress.info(
        "  %s: %s rows received, %s new, %s replaced, %s stored before", name, f"{result.total('received'):,}",
        f"{result.total('new'):,}", f"{result.total('replaced'):,}", f"{result.total('stored_before'):,}",
    )  # fmt: skip
    for warning in result.warnings:
        progress.info("  warning: %s", warning)
    if result.problem is not None:
        progress.info("  stopped: %s", result.problem)
    return result


class BackfillConfig(dg.Config):
    """Which span of which source to take again."""

    source: str = Field(description="as named in shop.yml")
    start: str = Field(description="first day, such as 2025-01-01")
    end: str = Field(description="last day, included")


def backfill_job(shop: Shop, paths: ShopPaths) -> dg.JobDefinition | None:
    """A job for Dagster's launchpad; None for a shop with no source."""
    if not configured_sources(shop):
        return None

    @dg.op(pool=WAREHOUSE_POOL)
    def take_again(context: dg.OpExecutionContext, config: BackfillConfig, shop_lock: ShopLock) -> None:
        try:
            configured, window = backfill_window(shop, config.source, config.start, config.end)
        except UserError as error:
            raise dg.Failure(error.message, allow_retries=False) from error
        result = run_load(configured, paths, context.run_id, run_started_at(context), window)
        context.add_output_metadata({"rows received": result.total("received"), "rows new": result.total("new")})
        if result.problem is not None:
            raise dg.Failure(result.problem, allow_retries=False)

    @dg.job(
        name=BACKFILL_JOB,
        description="Take a span of days of one source again; the next run of the shop uses what it brought.",
        executor_def=dg.in_process_executor,
    )
    def backfill() -> None:
        take_again()

    return backfill


def backfill_window(shop: Shop, source: str, start: str, end: str) -> tuple[Configured, Window]:
    """The named source and the span from the first moment of `start` to the end of the day `end`, in UTC.

    Raises:
        UserError: the shop doesn't have the source, or the days are no days.
    """
    found = {configured.source.name: configured for configured in configured_sources(shop)}
    if source not in found:
        have = ", ".join(found) or "none"
        raise UserError(f"{shop.folder / 'shop.yml'}: no source {source!r}; it has {have}")
    days = []
    for name, text in (("FROM", start), ("TO", end)):
        try:
            days.append(datetime.strptime(text, "%Y-%m-%d"))  # noqa: DTZ007 - naive UTC, as in the warehouse
        except ValueError:
            raise UserError(f"{name}={text}: a day such as 2025-01-31 is expected") from None
    if days[0] > days[1]:
        raise UserError(f"FROM={start} is after TO={end}")
    return found[source], Window(days[0], days[1] + timedelta(days=1))
