"""Who entered and left which audience, whose holdout arms are frozen since when, and who was triggered.

Append only, written once a version is published: the models read what lies before their as-of moment, so that a second
run of one moment finds what the first did. Rows name persons by their hash, and nothing else of them.
"""

import json
import logging
import shutil
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb

from orchestration.shop import ShopPaths
from orchestration.sql import has_table, quoted

logger = logging.getLogger(__name__)

TABLES: Final = {
    "audience_runs": "run_id varchar, version varchar, as_of timestamp",
    "audience_history": "run_id varchar, audience varchar, person_id varchar, entered_at timestamp, left_at timestamp",
    "holdout_persons": "run_id varchar, person_id varchar, assigned_at timestamp",
    "holdout_flows": "run_id varchar, flow_id varchar, salt varchar, holdout_share double, from_at timestamp",
    "holdout_triggers": (
        "run_id varchar, flow_id varchar, person_id varchar, arm varchar, assigned_at timestamp, "
        "triggered_at timestamp, is_merged boolean"
    ),
}
"""Columns of each table in the schema `ops`; `run_id` is the run whose version brought the row."""

_FOLDER: Final = "audiences"


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables that aren't there yet: models read them from the first build on."""
    connection.execute("create schema if not exists ops")
    for name, columns in TABLES.items():
        connection.execute(f"create table if not exists ops.{name} ({columns})")


def remember(connection: duckdb.DuckDBPyConnection, run_id: str, version: str, as_of: datetime) -> None:
    """Append what the published version changed, all of it or nothing; asked again for one run, nothing.

    A version of an earlier moment than one already remembered changes nothing: what came after it is known.
    """
    create_tables(connection)
    row = connection.execute(
        "select count(*) filter (run_id = ?), max(as_of) from ops.audience_runs", [run_id]
    ).fetchone() or (0, None)
    if row[0]:
        return
    if row[1] is not None and row[1] > as_of:
        logger.info("as of %s: audiences of %s are remembered already, nothing added", as_of, row[1])
        return
    connection.execute("begin")
    try:
        for statement in _STATEMENTS:
            connection.execute(statement, {"run": run_id, "at": as_of})
        connection.execute("insert into ops.audience_runs values (?, ?, ?)", [run_id, version, as_of])
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def remember_unfinished(connection: duckdb.DuckDBPyConnection, paths: ShopPaths) -> None:
    """Remember a version whose run ended between publishing it and this; to be called before models are built anew.

    What the run built lies in the warehouse still, unless a later build has begun: then the version is known by its
    file names alone, and whoever entered with it may enter once more.
    """
    manifest_file = paths.current / "manifest.json"
    if not manifest_file.exists():
        return
    manifest = json.loads(manifest_file.read_text(encoding="utf-8"))
    as_of = datetime.fromisoformat(manifest["as_of"]).replace(tzinfo=None)
    create_tables(connection)
    if not has_table(connection, "ops", "last_build"):
        return
    row = connection.execute("select 1 from ops.last_build where is_complete and as_of = ?", [as_of]).fetchone()
    if row and has_table(connection, "intermediate", "int_audiences__members"):
        remember(connection, str(manifest["run_id"]), str(manifest["version"]), as_of)
        back_up_memory(connection, paths.backup)


def back_up_memory(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the rows of every remembered run that aren't in the backups yet, each run in one step."""
    target = folder / _FOLDER
    target.mkdir(parents=True, exist_ok=True)
    runs = connection.execute("select run_id from ops.audience_runs order by rowid").fetchall()
    for number, (run_id,) in enumerate(runs, start=1):
        place = target / f"{number:06d}"
        if place.exists():
            continue
        partial = target / f".partial-{number:06d}"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        for name in TABLES:
            connection.execute(
                f"copy (from ops.{name} where run_id = '{run_id}' order by all) "
                f"to {quoted(partial / f'{name}.parquet')} (format parquet, compression zstd)"
            )
        partial.replace(place)


def restore_memory(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Fill the tables of a warehouse that was missing from the backups."""
    create_tables(connection)
    for place in sorted((folder / _FOLDER).glob("[0-9]*")):
        for name in TABLES:
            file = place / f"{name}.parquet"
            if file.exists():
                connection.execute(f"insert into ops.{name} by name from read_parquet(?)", [str(file)])


_STATEMENTS: Final = (
    """
    insert into ops.audience_history
    select $run, history.audience, history.person_id, history.entered_at, $at
    from (
        select audience, person_id, entered_at from ops.audience_history
        group by audience, person_id, entered_at having max(left_at) is null
    ) as history
    left join (
        select md5(evidence) as former_id, person_id from ops.identity_merges where not is_cut
    ) as former on history.person_id = former.former_id
    left join intermediate.int_audiences__members as members
        on history.audience = members.audience
        and coalesce(former.person_id, history.person_id) = members.person_id
        and history.entered_at = members.entered_at
    where members.person_id is null
    order by all
    """,
    """
    insert into ops.audience_history
    select $run, audience, person_id, entered_at, null
    from intermediate.int_audiences__members
    where entered_at = $at and (audience, person_id, entered_at) not in (
        select (audience, person_id, entered_at) from ops.audience_history where entered_at = $at
    )
    order by all
    """,
    """
    insert into ops.holdout_persons
    select $run, person_id, assigned_at
    from intermediate.int_audiences__people
    where assigned_at = $at and person_id not in (select person_id from ops.holdout_persons)
    order by all
    """,
    """
    insert into ops.holdout_flows
    select $run, present.flow_id, present.salt, present.holdout_share, $at
    from intermediate.int_audiences__flows as present
    left join (
        select flow_id, max_by(salt, from_at) as salt, max_by(holdout_share, from_at) as holdout_share
        from ops.holdout_flows group by flow_id
    ) as last using (flow_id)
    where (present.salt, present.holdout_share) is distinct from (last.salt, last.holdout_share)
    order by all
    """,
    """
    insert into ops.holdout_triggers
    select $run, triggered.flow_id, triggered.person_id, triggered.arm, triggered.assigned_at, $at, triggered.is_merged
    from (
        select eligible.audience as flow_id, eligible.person_id, eligible.arm, people.assigned_at, people.is_merged
        from intermediate.int_audiences__eligible as eligible
        join intermediate.int_audiences__people as people using (person_id)
        join intermediate.int_audiences__flows as flows on eligible.audience = flows.flow_id
        where eligible.is_triggered and not eligible.is_held_out_of_all and flows.holdout_share > 0
        union all
        select distinct 'global', eligible.person_id,
            case when eligible.is_held_out_of_all then 'holdout' else 'treatment' end,
            people.assigned_at, people.is_merged
        from intermediate.int_audiences__eligible as eligible
        join intermediate.int_audiences__people as people using (person_id)
        join intermediate.int_audiences__flows as flows on flows.flow_id = 'global'
        where eligible.is_triggered and flows.holdout_share > 0
    ) as triggered
    anti join ops.holdout_triggers as known
        on triggered.flow_id = known.flow_id and triggered.person_id = known.person_id
    order by all
    """,
)
