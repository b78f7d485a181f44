"""Take one entity's deliveries into its raw table in two passes over each file.

The first pass keeps three small values a row: a hash of its content, a hash of its key, and whether it keeps the
contract. They say which rows were delivered before and which come in several versions. The second pass writes every
other row straight from the file into its table. Memory then doesn't grow with what a row holds, and scanning text
twice costs less than storing it twice (5 million events: 2 s a scan, 6 s a copy).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.privacy.dropped import (
    identifiers,
    is_erased,
    leave_out_malformed,
    without_erased,
)
from orchestration.privacy.tombstones import Tombstones
from orchestration.sources.drop.entities import Entity
from orchestration.sources.drop.reader import Admit, Delivery, Scan, open_delivery
from orchestration.sources.drop.rules import broken_rules, is_sound

SCHEMA = "raw_drop"


@dataclass
class EntityLoad:
    """What one run did with one entity, in rows."""

    entity: str
    rows_in: int = 0
    rows_loaded: int = 0
    rows_rejected: int = 0
    rows_redelivered: int = 0
    rows_of_erased: int = 0
    """Rows of erased persons, which are left out, or taken in as nobody's where they are about a sale."""
    files: int = 0
    files_unchanged: int = 0


@dataclass(frozen=True)
class _Taken:
    """One delivery after its first pass: its scan, how many rows it has, and how many those before it had."""

    delivery: Delivery
    scan: Scan
    rows: int
    offset: int


def load_entity(
    connection: duckdb.DuckDBPyConnection,
    entity: Entity,
    deliveries: Sequence[Delivery],
    shop_folder: Path,
    scratch: Path,
    run_id: str,
    load_id: int,
    load: EntityLoad,
    tombstones: Tombstones | None = None,
) -> None:
    """Store, refuse or drop every row of the deliveries, and count them in `load`.

    Raises:
        UserError: a file can't be read; the transaction around is then to be rolled back.
    """
    connection.execute(
        "create or replace temp table incoming "
        "(file_index integer, row_hash ubigint, key_hash ubigint, is_sound boolean); "
        "create or replace temp table incoming_malformed "
        "(file_index integer, line bigint, reason varchar, original varchar, row_hash ubigint)"
    )
    taken: list[_Taken] = []
    for index, delivery in enumerate(deliveries):
        offset = taken[-1].offset + taken[-1].rows if taken else 0
        scan = _first_pass(connection, entity, delivery, index, shop_folder, scratch, load, tombstones)
        taken.append(_Taken(delivery, scan, _count(connection, "incoming") - offset, offset))
    malformed = _count(connection, "incoming_malformed")
    load.rows_in = _count(connection, "incoming") + malformed
    _find_delivered_before(connection, entity)
    _find_versions(connection, entity)
    for index, file in enumerate(taken):
        _store(connection, entity, file, index, load_id)
        _refuse(connection, entity, file, run_id, load_id)
    _refuse_malformed(connection, entity, taken, run_id, load_id)
    load.rows_rejected = _count(connection, "refused") + _count(connection, "incoming_malformed")
    load.rows_redelivered = _count(connection, "known") + malformed - _count(connection, "incoming_malformed")
    load.rows_loaded = load.rows_in - load.rows_rejected - load.rows_redelivered
    # All of it goes here, not with the connection: the next entity needs the room.
    tables = ["incoming", "incoming_malformed", "malformed", "known", "refused", "versioned"]
    for table in [*tables, *(f"delivered_{index}" for index in range(len(taken)))]:
        connection.execute(f"drop table if exists {table}")


def _first_pass(
    connection: duckdb.DuckDBPyConnection,
    entity: Entity,
    delivery: Delivery,
    index: int,
    shop_folder: Path,
    scratch: Path,
    load: EntityLoad,
    tombstones: Tombstones | None,
) -> Scan:
    def note(scan: Scan) -> None:
        connection.execute(
            f"insert into incoming select {index}, {_row_hash(entity)}, hash({entity.version_key}), "
            f"coalesce({is_sound(entity)}, false) from {scan.relation}"
        )

    def admission(scan: Scan) -> Admit:
        return _without_erased(connection, entity, scan, load, tombstones)

    scan = open_delivery(
        connection, delivery, shop_folder, scratch, f"delivered_{index}", note, admission if tombstones else None
    )
    if tombstones:
        load.rows_of_erased += leave_out_malformed(connection, tombstones)
    nothing = ", ".join("cast(null as varchar)" for _ in entity.column_names)
    connection.execute(
        f"insert into incoming_malformed select {index}, line, reason, original, hash({nothing}, original, reason) "
        "from malformed"
    )
    return scan


def _without_erased(
    connection: duckdb.DuckDBPyConnection, entity: Entity, scan: Scan, load: EntityLoad, tombstones: Tombstones | None
) -> Admit:
    """How rows are read where some may be an erased person's; those of this scan are found before."""
    if not tombstones or not tombstones.find(connection, identifiers(entity, scan.relation)):
        return lambda relation: relation
    load.rows_of_erased += _count(connection, f"{scan.relation} where {is_erased(entity)}")
    emails = [str(row[0]) for row in connection.execute("select value from erased where kind = 'email'").fetchall()]
    return lambda rows: Scan(without_erased(entity, rows.relation, emails), "row_number() over ()", counts_rows=False)


def _row_hash(entity: Entity) -> str:
    """SQL for a row's content as one number; equal for equal rows, whatever the file or its format."""
    return f"hash({', '.join(entity.column_names)}, _extra, cast(null as varchar))"


def _find_delivered_before(connection: duckdb.DuckDBPyConnection, entity: Entity) -> None:
    """List in `known` the places of rows that an earlier load stored or refused, and all but the first of equal rows.

    A row's place is its number among all rows of `incoming`, which come back in the order they were put in. Equal rows
    have equal keys, so that one count of keys finds the few rows that may be equal or versions of each other.
    """
    earlier = (
        f"(select _row_hash from {SCHEMA}.{entity.name} "
        f"union all select row_hash from ops.rejected_rows where entity = '{entity.name}')"
    )
    connection.execute(
        f"""
        create or replace temp table crowded as select key_hash from incoming group by key_hash having count(*) > 1;
        create or replace temp table known as
        with placed as (
            select row_number() over () as place, row_hash, key_hash from incoming
        ),
        copies as (
            select place, row_number() over (partition by row_hash order by place) as copy
            from placed where key_hash in (from crowded)
        )
        select place from placed where row_hash in {earlier}
        union
        select place from copies where copy > 1;
        delete from incoming_malformed where row_hash in (
            select row_hash from ops.rejected_rows where entity = '{entity.name}'
        ) or rowid not in (
            select arg_min(rowid, (file_index, line)) from incoming_malformed group by row_hash
        )
        """
    )


def _find_versions(connection: duckdb.DuckDBPyConnection, entity: Entity) -> None:
    """List in `refused` the places of rows to refuse, and in `versioned` the keys of which there are several rows.

    Models choose between versions only where there are any: sorting whole tables for the few is what costs.
    """
    connection.execute(
        f"""
        create or replace temp table refused as
        select place from (select row_number() over () as place, is_sound from incoming)
        where not is_sound and place not in (from known);
        create or replace temp table versioned as
        with placed as (
            select row_number() over () as place, key_hash, is_sound from incoming
        )
        select key_hash from placed
        where is_sound and key_hash in (from crowded) and place not in (from known)
        group by key_hash having count(*) > 1
        union
        select key_hash from incoming
        where is_sound and key_hash in (select hash({entity.version_key}) from {SCHEMA}.{entity.name});
        drop table crowded
        """
    )


def _store(connection: duckdb.DuckDBPyConnection, entity: Entity, file: _Taken, index: int, load_id: int) -> None:
    left_out = f"(select place - {file.offset} from known union all select place - {file.offset} from refused)"
    of_file = f"place > {file.offset} and place <= {file.offset + file.rows}"
    left_out_rows = _count(connection, f"known where {of_file}") + _count(connection, f"refused where {of_file}")
    if left_out_rows == file.rows:
        return
    several = f"hash({entity.version_key}) in (from versioned)" if _count(connection, "versioned") else "false"
    relation = file.scan.relation
    if left_out_rows:
        relation = f"(select *, {file.scan.place} as _place from {relation}) where _place not in {left_out}"
    # A file that is stored whole is scanned by all threads, and its rows are numbered where they lie.
    numbers_later = file.scan.counts_rows and not left_out_rows
    names = ", ".join(entity.column_names)
    table = f"{SCHEMA}.{entity.name}"
    connection.execute(
        f"insert into {table} select {names}, _extra, {_row_hash(entity)}, {load_id}, ?, {index}, "
        f"{0 if numbers_later else '_row_number'}, {several} from {relation}",
        [file.delivery.label],
    )
    if numbers_later:
        stored = f"_load_id = {load_id} and _file_index = {index}"
        connection.execute(
            f"update {table} set _row_number = rowid + 1 - (select min(rowid) from {table} where {stored}) "
            f"where {stored}"
        )


def _refuse(connection: duckdb.DuckDBPyConnection, entity: Entity, file: _Taken, run_id: str, load_id: int) -> None:
    """Keep the refused rows of one file, with every reason and their whole original."""
    places = f"refused where place > {file.offset} and place <= {file.offset + file.rows}"
    if not _count(connection, places):
        return
    originals = ", ".join(f"'{name}', {name}" for name in entity.column_names)
    connection.execute(
        f"""
        insert into ops.rejected_rows
        select
            ?, {load_id}, '{entity.name}', 'drop', ?, _row_number, {broken_rules(entity)},
            cast(json_merge_patch(json_object({originals}), coalesce(_extra, '{{}}')::json) as varchar),
            {_row_hash(entity)}
        from (select *, {file.scan.place} as _place from {file.scan.relation})
        where _place in (select place - {file.offset} from {places})
        order by _place
        """,
        [run_id, file.delivery.label],
    )


def _refuse_malformed(
    connection: duckdb.DuckDBPyConnection, entity: Entity, taken: Sequence[_Taken], run_id: str, load_id: int
) -> None:
    for index, file in enumerate(taken):
        connection.execute(
            f"insert into ops.rejected_rows select ?, {load_id}, '{entity.name}', 'drop', ?, line, [reason], original, "
            f"row_hash from incoming_malformed where file_index = {index} order by line",
            [run_id, file.delivery.label],
        )


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = connection.execute(f"select count(*) from {relation}").fetchone()
    return int(row[0]) if row else 0
