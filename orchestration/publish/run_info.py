"""`reporting.run_info`: what a reader of the report must know about the run that made it."""

import duckdb

from orchestration.publish.version import git_revision
from orchestration.shop import Shop
from orchestration.sources.drop.entities import ENTITIES
from orchestration.sources.drop.loader import SCHEMA
from orchestration.sources.registry import SOURCES
from orchestration.sources.source import Source, Stream


def write_run_info(connection: duckdb.DuckDBPyConnection, shop: Shop, run_id: str, as_of: object) -> None:
    """Replace the one row of `reporting.run_info`.

    Written here and not by dbt, because it counts dbt's own tests. `version` stands for what the figures were computed
    from (raw rows, as-of moment, settings and code): the same input gives the same version, and the same bytes. The
    run's own name is in the manifest.
    """
    fingerprints = ", ".join(
        [
            *(f"(select coalesce(bit_xor(_row_hash), 0) from {SCHEMA}.{name})" for name in ENTITIES),
            *(_fingerprint(source, stream) for source in SOURCES.values() for stream in source.streams),
        ]
    )
    tables = [("drop", name, f"{SCHEMA}.{name}") for name in ENTITIES] + [
        (source.name, stream.name, f"{source.schema}.{stream.name}")
        for source in SOURCES.values()
        for stream in source.streams
    ]
    delivered = " union all ".join(
        f"select '{source}' as source, '{name}' as entity, count(*) as rows from {table}"
        for source, name, table in tables
    )
    revision = git_revision()
    connection.execute(
        f"""
        create schema if not exists reporting;
        create or replace table reporting.run_info as
        with checks as (
            select
                coalesce(sum(passed), 0) as passed,
                coalesce(sum(failed), 0) as failed,
                coalesce(sum(warned), 0) as warned
            from ops.run_checks where run_id = $run_id
        ),
        rejected as (
            select entity, reason, count(*) as rows
            from (select entity, unnest(reasons) as reason from ops.rejected_rows)
            group by entity, reason
        ),
        delivered as ({delivered}),
        connected as (
            -- Every run tries every source; one whose last try wasn't complete is stale since the last that was.
            select
                source,
                max_by(is_complete, started_at) is not true as is_stale,
                max(started_at) filter (is_complete) as complete_until,
                max_by(coalesce(message, ''), started_at) as problem
            from (
                select source, run_id, started_at, bool_and(status = 'complete') as is_complete, max(message) as message
                from ops.source_loads where list_contains($connected, source) and run_id not like 'backfill-%'
                group by source, run_id, started_at
            )
            group by source
        ),
        orders as (
            select
                count(*) filter (where is_valid) as valid_orders,
                count(*) filter (where is_valid and not is_identified) as unidentified_orders,
                max(ordered_at) as last_order_at
            from marts.fct_orders
        )
        select
            cast($shop as varchar) as shop_name,
            cast($currency as varchar) as currency,
            cast($timezone as varchar) as timezone,
            cast($as_of as timestamp) as as_of,
            md5(concat_ws('|', $settings, $revision, cast($as_of as varchar), {fingerprints})) as version,
            cast($revision as varchar) as git_revision,
            (select min(history_starts_on) from intermediate.int_retention__history) as history_starts_on,
            cast(checks.passed as bigint) as checks_passed,
            cast(checks.failed as bigint) as checks_failed,
            cast(checks.warned as bigint) as checks_warned,
            (select count(*) from ops.rejected_rows) as rows_rejected,
            orders.unidentified_orders / nullif(cast(orders.valid_orders as double), 0) as unidentified_order_share,
            cast((
                select to_json(list(
                    json_object('source', source, 'entity', entity, 'rows', rows)
                    order by source <> 'drop', source, entity
                )) from delivered where rows > 0
            ) as varchar) as freshness,
            cast((
                select to_json(list(json_object(
                    'source', source, 'is_stale', is_stale, 'complete_until', complete_until, 'problem', problem
                ) order by source)) from connected
            ) as varchar) as sources,
            cast((
                select to_json(list(
                    json_object('entity', entity, 'reason', reason, 'rows', rows) order by entity, reason
                )) from rejected
            ) as varchar) as rejected_rows,
            orders.last_order_at
        from checks cross join orders
        """,
        {
            "run_id": run_id,
            "shop": shop.name,
            "currency": shop.currency,
            "timezone": shop.timezone,
            "as_of": as_of,
            "settings": shop.settings.model_dump_json(),
            "revision": revision,
            "connected": list(shop.sources),
        },
    )


def _fingerprint(source: Source, stream: Stream) -> str:
    """SQL for what stands for a raw table's content. A record that has a moment of change is known by it."""
    content = "payload" if stream.cursor is None else "updated_at"
    return f"(select coalesce(bit_xor(hash(id, {content})), 0) from {source.schema}.{stream.name})"
