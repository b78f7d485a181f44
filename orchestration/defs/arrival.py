"""Assets of what arrives: raw tables from the drop folder, and the gate that judges them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import dagster as dg

from orchestration.defs.run_state import (
    WAREHOUSE_POOL,
    ShopLock,
    open_for_loading,
    progress,
    record_checks,
    run_started_at,
)
from orchestration.errors import UserError
from orchestration.privacy.tombstones import Tombstones
from orchestration.quality.gates import Gate, GateResult, GateSettings, run_gate
from orchestration.shop import Shop, ShopPaths
from orchestration.sources.drop.as_of import resolve_as_of
from orchestration.sources.drop.entities import ENTITIES
from orchestration.sources.drop.loader import SCHEMA, load_drop
from orchestration.warehouse import open_warehouse


def raw_key(entity: str) -> dg.AssetKey:
    """The asset of one dropped entity's raw table."""
    return dg.AssetKey([SCHEMA, entity])


def fail(error: UserError) -> dg.Failure:
    """The user's error as the end of a step: its message is shown as it stands, and trying again won't help."""
    return dg.Failure(error.message, allow_retries=False, metadata={"exit_code": error.exit_code})


def gate_settings(shop: Shop, warehouse: Path, context: dg.OpExecutionContext) -> GateSettings:
    """The gates' settings for this run of the shop."""
    with open_warehouse(warehouse, read_only=True) as connection:
        as_of = resolve_as_of(shop, connection, run_started_at(context))
    return GateSettings(
        as_of=as_of, timezone=shop.timezone, needs_orders=not shop.sources, **shop.settings.gate.model_dump()
    )


def run_recorded_gate(gate: Gate, shop: Shop, paths: ShopPaths, context: dg.OpExecutionContext) -> GateResult:
    """Run a gate, keep how its checks ended for the step that publishes, and show what failed."""
    result = run_gate(gate, paths.warehouse, paths.data_docs, gate_settings(shop, paths.warehouse, context))
    passed = sum(check.passed for check in result.checks)
    with open_warehouse(paths.warehouse) as connection:
        record_checks(connection, context.run_id, gate.value, passed, len(result.errors), len(result.warnings))
    progress.info(
        "%s: %d checks, %d failed, %d warnings", gate.value, len(result.checks), len(result.errors),
        len(result.warnings),
    )  # fmt: skip
    for check in (*result.errors, *result.warnings):
        progress.info("  %s", check.line(gate))
    return result


def arrival_assets(
    shop: Shop, paths: ShopPaths, connected: Sequence[dg.AssetKey]
) -> tuple[dg.AssetsDefinition, dg.AssetChecksDefinition]:
    """The raw tables of dropped files, and gate 1 as blocking checks on them and on those of connected systems."""

    @dg.multi_asset(
        name="raw_drop",
        specs=[
            dg.AssetSpec(raw_key(name), group_name="raw", description=f"{name} as dropped, append only.")
            for name in ENTITIES
        ],
        pool=WAREHOUSE_POOL,
    )
    def raw_drop(context: dg.AssetExecutionContext, shop_lock: ShopLock) -> Iterator[dg.MaterializeResult[None]]:
        progress.info("taking in %s", shop.drop)
        try:
            with open_for_loading(paths) as connection:
                result = load_drop(
                    connection, shop.folder, context.run_id, run_started_at(context), paths.root / "scratch",
                    lambda line: progress.info("  %s", line), needs_orders=not shop.sources,
                    tombstones=Tombstones(paths.privacy),
                )  # fmt: skip
        except UserError as error:
            raise fail(error) from error
        for name, load in result.entities.items():
            yield dg.MaterializeResult(
                asset_key=raw_key(name),
                metadata={
                    "rows in": load.rows_in,
                    "rows loaded": load.rows_loaded,
                    "rows rejected": load.rows_rejected,
                    "rows delivered before": load.rows_redelivered,
                },
            )

    judged = [*(raw_key(name) for name in ENTITIES), *connected]

    @dg.multi_asset_check(
        name="gate_1",
        specs=[dg.AssetCheckSpec("gate_1", asset=key, blocking=True) for key in judged],
        pool=WAREHOUSE_POOL,
    )
    def gate_1(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        op_context = context.op_execution_context
        result = run_recorded_gate(Gate.ARRIVAL, shop, paths, op_context)
        for key in judged:
            own = [check for check in result.checks if check.table == ".".join(key.path)]
            broken = [check.line(Gate.ARRIVAL) for check in own if not check.passed]
            yield dg.AssetCheckResult(
                asset_key=key,
                check_name="gate_1",
                passed=not any(check.severity == "error" and not check.passed for check in own),
                metadata={"checks": len(own), "broken": "\n".join(broken)},
            )
        if result.errors:
            raise dg.Failure("; ".join(check.line(Gate.ARRIVAL) for check in result.errors), allow_retries=False)

    return raw_drop, gate_1
