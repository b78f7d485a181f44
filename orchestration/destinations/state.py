"""What each destination holds, as last confirmed, in a file of its own: `data/<shop>/sync/state.duckdb`.

It lies apart from the warehouse, which may be thrown away at any time: what was sent can't be rebuilt from what came
in. It is DuckDB because the plan compares a million rows of it with what is published. Before anything is sent, what
is about to be sent is noted as unsure; so a run that was killed leaves nothing behind that the next one wouldn't
either send again or take back.

Values that were sent aren't kept, only their names and a hash. E-mails are, since destinations know people by them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb

from orchestration.shop import ShopPaths
from orchestration.sql import quoted
from orchestration.warehouse import remove_unfinished

# Rows of so many runs are kept; the sums of every run stay.
_RUNS_KEPT: Final = 14
_MEMORY: Final = "1500MB"
_TABLES: Final = """
    create table if not exists memberships (
        destination varchar, audience varchar, email varchar, person_id varchar,
        -- held: confirmed; unsure: sent, maybe; absent: not there
        status varchar,
        -- names that may be set there, and the hash of the values that are
        property_names varchar[], property_hash varchar,
        -- what was last refused for these values, and when
        refused_hash varchar, refused_as varchar, refused_reason varchar, refused_at timestamp
    );
    create table if not exists profiles (destination varchar, email varchar, vendor_id varchar);
    create table if not exists containers (destination varchar, audience varchar, container varchar);
    create table if not exists sizes (
        destination varchar, audience varchar, version varchar, persons bigint
    );
    create table if not exists runs (
        run_id varchar, destination varchar, started_at timestamp, ended_at timestamp, version varchar,
        is_dry boolean, is_complete boolean, problem varchar,
        sent bigint, unchanged bigint, rejected bigint, skipped bigint
    );
    create table if not exists results (
        run_id varchar, destination varchar, audience varchar, person_id varchar, action varchar, result varchar,
        reason varchar, noted_at timestamp
    );
"""


def state_file(paths: ShopPaths) -> Path:
    """Where a shop's state lies."""
    return paths.sync / "state.duckdb"


@dataclass(frozen=True)
class SyncState:
    """The open state file. The plan's temporary tables live in the same connection."""

    connection: duckdb.DuckDBPyConnection
    file: Path

    @staticmethod
    @contextmanager
    def open(file: Path) -> Iterator["SyncState"]:
        """Open or create the file; closed at the end."""
        file.parent.mkdir(parents=True, exist_ok=True)
        remove_unfinished(file)
        connection = duckdb.connect(str(file), config={"memory_limit": _MEMORY})
        try:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute("set preserve_insertion_order = false")
            connection.execute(_TABLES)
            yield SyncState(connection, file)
        finally:
            connection.close()

    def was_run(self, destination: str) -> bool:
        """Whether a run of this destination has come to its end before, be it a dry one."""
        row = self.connection.execute(
            "select count(*) from runs where destination = ? and is_complete", [destination]
        ).fetchone()
        return bool(row and row[0])

    def begin_run(self, run_id: str, destination: str, started_at: datetime, version: str, is_dry: bool) -> None:
        """Note a run before it does anything. What an earlier one left without a result gets one."""
        self.connection.execute(
            "update results set result = 'skipped', reason = 'the run was stopped before it noted how this ended; "
            "the next run sees to it' where result is null and destination = ?",
            [destination],
        )
        self.connection.execute(
            "insert into runs values (?, ?, ?, null, ?, ?, false, null, 0, 0, 0, 0)",
            [run_id, destination, started_at, version, is_dry],
        )

    def end_run(self, run_id: str, destination: str, ended_at: datetime, problem: str | None) -> None:
        """Note how a run ended, and drop the rows of those long past."""
        self.connection.execute(
            """
            update runs set
                ended_at = $ended_at, is_complete = $problem is null, problem = $problem,
                sent = counted.sent, unchanged = counted.unchanged, rejected = counted.rejected,
                skipped = counted.skipped
            from (
                select
                    count(*) filter (where result = 'sent') as sent,
                    count(*) filter (where result = 'unchanged') as unchanged,
                    count(*) filter (where result = 'rejected') as rejected,
                    count(*) filter (where result = 'skipped') as skipped
                from results where run_id = $run_id and destination = $destination
            ) as counted
            where runs.run_id = $run_id and runs.destination = $destination
            """,
            {"run_id": run_id, "destination": destination, "ended_at": ended_at, "problem": problem},
        )
        self.connection.execute(
            f"""
            delete from results where destination = ? and run_id not in (
                select run_id from runs where destination = ? and not is_dry
                order by started_at desc, run_id desc limit {_RUNS_KEPT}
            )
            """,
            [destination, destination],
        )

    def audiences(self) -> set[str]:
        """Audiences that a destination may hold people of."""
        rows = self.connection.execute("select distinct audience from memberships").fetchall()
        return {str(row[0]) for row in rows}

    def held_of(self, destination: str, email: str) -> tuple[list[str], list[str]]:
        """Containers that may hold a person, and names of the values that may be set there."""
        containers = self.connection.execute(
            "select distinct containers.container from memberships inner join containers using (destination, audience) "
            "where destination = ? and email = ? order by all",
            [destination, email],
        ).fetchall()
        names = self.connection.execute(
            "select distinct unnest(property_names) from memberships where destination = ? and email = ? order by all",
            [destination, email],
        ).fetchall()
        return [str(row[0]) for row in containers], [str(row[0]) for row in names]

    def destinations_of(self, email: str) -> set[str]:
        """Destinations that an e-mail has been sent to."""
        rows = self.connection.execute(
            "select destination from memberships where email = $email union select destination from profiles "
            "where email = $email",
            {"email": email},
        ).fetchall()
        return {str(row[0]) for row in rows}

    def forget(self, destination: str, email: str) -> None:
        """Remove everything that names a person; rows of results go on saying what was done for a person id."""
        for table in ("memberships", "profiles"):
            self.connection.execute(f"delete from {table} where destination = ? and email = ?", [destination, email])


def copy_results(state: SyncState, warehouse: Path) -> None:
    """Bring `ops.sync_results` and `ops.sync_runs` of the warehouse up to date with the state."""
    connection = state.connection
    connection.execute(f"attach {quoted(warehouse)} as warehouse")
    try:
        connection.execute(
            """
            create schema if not exists warehouse.ops;
            create table if not exists warehouse.ops.sync_results as from results limit 0;
            create or replace table warehouse.ops.sync_runs as from runs order by all;
            -- Results of a run that was stopped were put right since they were copied.
            delete from warehouse.ops.sync_results
            where result is null or run_id not in (select run_id from results);
            insert into warehouse.ops.sync_results
            from results
            where (run_id, destination) not in (select (run_id, destination) from warehouse.ops.sync_results);
            """
        )
    finally:
        connection.execute("detach warehouse")
