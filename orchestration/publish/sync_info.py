"""`reporting.sync_outcomes`: what each destination's newest run did, without anybody in it."""

import duckdb

from orchestration.sql import has_table

# A vendor's answer may quote the person it refuses: addresses, numbers and ids are blotted out.
_ADDRESS = r"""[^\s"'<>(),;:]+@[^\s"'<>(),;:]+"""
_NUMBER = r"\+?\d[\d() .-]{4,}\d"
_ID = r"[A-Za-z0-9_-]{16,}"
_COLUMNS = (
    "destination varchar, started_at timestamp, is_dry boolean, is_complete boolean, audience varchar, "
    "action varchar, result varchar, reason varchar, people bigint"
)


def write_sync_info(connection: duckdb.DuckDBPyConnection) -> None:
    """Replace `reporting.sync_outcomes`: one row per destination, audience, action, result and reason.

    Read from `ops.sync_results` and `ops.sync_runs`, which a sync brings up to date after a version is published: so a
    version tells of the runs before it. Without them the table is empty.
    """
    connection.execute(
        f"create schema if not exists reporting; create or replace table reporting.sync_outcomes ({_COLUMNS})"
    )
    if not (has_table(connection, "ops", "sync_results") and has_table(connection, "ops", "sync_runs")):
        return
    connection.execute(
        """
        insert into reporting.sync_outcomes
        with newest as (
            -- Of each destination the newest run that has rows: those of a dry run aren't kept for long.
            select runs.destination, max_by(runs.run_id, (runs.started_at, runs.run_id)) as run_id
            from ops.sync_runs as runs
            where exists (
                select 1 from ops.sync_results as results
                where results.run_id = runs.run_id and results.destination = runs.destination
            )
            group by runs.destination
        )
        select
            results.destination, runs.started_at, runs.is_dry, runs.is_complete,
            results.audience, results.action, results.result,
            regexp_replace(
                regexp_replace(regexp_replace(results.reason, $address, '…', 'g'), $id, '…', 'g'), $number, '…', 'g'
            ) as said,
            count(*) as people
        from ops.sync_results as results
        inner join newest using (run_id, destination)
        inner join ops.sync_runs as runs using (run_id, destination)
        group by all
        """,
        {"address": _ADDRESS, "number": _NUMBER, "id": _ID},
    )
