"""Load what a shop has dropped into `raw_drop`, refusing rows that break the contract, in one transaction.

Rows in = rows loaded + rows rejected + exact re-deliveries dropped, for every entity and run.
"""

import logging
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.errors import UserError
from orchestration.sources.drop.entities import ENTITIES, SQL_TYPES, Column, Entity
from orchestration.sources.drop.moments import moment_is_sound
from orchestration.sources.drop.reader import Delivery, find_deliveries, read_delivery

logger = logging.getLogger(__name__)

SCHEMA = "raw_drop"
_BOOKKEEPING = (
    "_extra varchar, _row_hash ubigint, _load_id bigint, _file varchar, _file_index integer, _row_number bigint, "
    "_has_other_version boolean"
)


@dataclass
class EntityLoad:
    """What one run did with one entity, in rows."""

    entity: str
    rows_in: int = 0
    rows_loaded: int = 0
    rows_rejected: int = 0
    rows_redelivered: int = 0
    files: int = 0
    files_unchanged: int = 0


@dataclass
class LoadResult:
    """One run's loads by entity, and the load's number, which is 0 when nothing new was stored."""

    load_id: int
    entities: dict[str, EntityLoad] = field(default_factory=dict)

    def total(self, count: str) -> int:
        """Sum of one count, such as `rows_in`, over all entities."""
        return sum(getattr(load, count) for load in self.entities.values())


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create every raw and bookkeeping table that isn't there yet, so that an absent entity is an empty table."""
    connection.execute(f"create schema if not exists {SCHEMA}; create schema if not exists ops")
    for entity in ENTITIES.values():
        columns = ", ".join(f"{name} varchar" for name in entity.column_names)
        connection.execute(f"create table if not exists {SCHEMA}.{entity.name} ({columns}, {_BOOKKEEPING})")
    connection.execute(
        """
        create table if not exists ops.rejected_rows (
            run_id varchar, load_id bigint, entity varchar, source varchar, file varchar, row_number bigint,
            reasons varchar[], original varchar, row_hash ubigint
        );
        create table if not exists ops.loaded_files (
            source varchar, file varchar, fingerprint varchar, load_id bigint
        );
        create table if not exists ops.loads (load_id bigint, run_id varchar, source varchar, loaded_at timestamp);
        create table if not exists ops.run_log (
            run_id varchar, started_at timestamp, source varchar, entity varchar, rows_in bigint, rows_loaded bigint,
            rows_rejected bigint, rows_redelivered bigint
        );
        """
    )


def load_drop(
    connection: duckdb.DuckDBPyConnection,
    shop_folder: Path,
    run_id: str,
    started_at: datetime,
    scratch: Path,
    progress: Callable[[str], None] = logger.info,
) -> LoadResult:
    """Take everything new in the shop's drop folder into `raw_drop`, all of it or nothing.

    Files whose size and time of change are those of the last load are passed over; a SELECT is always run.

    Raises:
        UserError: a file can't be read, or there are no orders; the warehouse is then as it was.
    """
    create_tables(connection)
    deliveries = find_deliveries(shop_folder)
    known = dict(
        connection.execute("select file, max_by(fingerprint, load_id) from ops.loaded_files group by file").fetchall()
    )
    (last_load,) = connection.execute("select coalesce(max(load_id), 0) from ops.loads").fetchone() or (0,)
    load_id = int(last_load) + 1
    result = LoadResult(load_id, {name: EntityLoad(name) for name in ENTITIES})
    scratch.mkdir(parents=True, exist_ok=True)
    connection.execute("begin")
    try:
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            for entity in ENTITIES.values():
                own = [delivery for delivery in deliveries if delivery.entity is entity]
                load = result.entities[entity.name]
                load.files = len(own)
                new = [item for item in own if item.fingerprint is None or known.get(item.label) != item.fingerprint]
                load.files_unchanged = len(own) - len(new)
                if new:
                    _load_entity(connection, entity, new, shop_folder, Path(folder), run_id, load)
                    progress(
                        f"{entity.name}: {load.rows_in:,} rows in, {load.rows_loaded:,} loaded, "
                        f"{load.rows_rejected:,} rejected, {load.rows_redelivered:,} delivered before"
                    )
        _require_orders(connection, shop_folder)
        for load in result.entities.values():
            connection.execute(
                "insert into ops.run_log values (?, ?, 'drop', ?, ?, ?, ?, ?)",
                [
                    run_id, started_at, load.entity, load.rows_in, load.rows_loaded, load.rows_rejected,
                    load.rows_redelivered,
                ],
            )  # fmt: skip
        if result.total("rows_loaded") + result.total("rows_rejected") == 0:
            result.load_id = 0
        else:
            connection.execute("insert into ops.loads values (?, ?, 'drop', ?)", [load_id, run_id, started_at])
        _remember_files(connection, deliveries, load_id)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    return result


def _require_orders(connection: duckdb.DuckDBPyConnection, shop_folder: Path) -> None:
    for entity in ENTITIES.values():
        if not entity.mandatory:
            continue
        rows = connection.execute(f"select count(*) from {SCHEMA}.{entity.name}").fetchone()
        if rows == (0,):
            raise UserError(
                f"{shop_folder / 'drop'}: no valid row of {entity.name}; a shop needs at least orders and order_lines"
            )


def _remember_files(connection: duckdb.DuckDBPyConnection, deliveries: Iterable[Delivery], load_id: int) -> None:
    for delivery in deliveries:
        if delivery.fingerprint is not None:
            connection.execute(
                "insert into ops.loaded_files select 'drop', $file, $fingerprint, $load_id where not exists "
                "(from ops.loaded_files where file = $file and fingerprint = $fingerprint)",
                {"file": delivery.label, "fingerprint": delivery.fingerprint, "load_id": load_id},
            )


def _load_entity(
    connection: duckdb.DuckDBPyConnection,
    entity: Entity,
    deliveries: list[Delivery],
    shop_folder: Path,
    scratch: Path,
    run_id: str,
    load: EntityLoad,
) -> None:
    names = ", ".join(entity.column_names)
    connection.execute("drop table if exists incoming")
    for index, delivery in enumerate(deliveries):
        read_delivery(connection, delivery, shop_folder, scratch)
        # A fresh copy of the row's content, hashed once, decides what is a re-delivery.
        insert = "create temp table incoming as" if index == 0 else "insert into incoming"
        connection.execute(
            f"{insert} select {names}, _extra, hash({names}, _extra, _malformed) as _row_hash, "
            f"cast(? as varchar) as _file, cast(? as integer) as _file_index, _row_number, "
            f"coalesce(_malformed is null and {_sound(entity)}, false) as _is_sound, _malformed from delivered",
            [delivery.label, index],
        )
    load.rows_in = _count(connection, "incoming")
    _drop_redeliveries(connection, entity)
    load.rows_redelivered = load.rows_in - _count(connection, "incoming")
    load_id = "(select coalesce(max(load_id), 0) + 1 from ops.loads)"
    connection.execute(
        f"insert into {SCHEMA}.{entity.name} select {names}, _extra, _row_hash, {load_id}, _file, _file_index, "
        f"_row_number, {_has_other_version(entity)} from incoming where _is_sound"
    )
    originals = ", ".join(f"'{name}', {name}" for name in entity.column_names)
    connection.execute(
        f"""
        insert into ops.rejected_rows
        select
            ?, {load_id}, '{entity.name}', 'drop', _file, _row_number, {_reasons(entity)},
            case
                when _malformed is not null then _extra
                else cast(json_merge_patch(json_object({originals}), coalesce(_extra, '{{}}')::json) as varchar)
            end,
            _row_hash
        from incoming where not _is_sound order by _file_index, _row_number
        """,
        [run_id],
    )
    load.rows_loaded = _count(connection, "incoming where _is_sound")
    load.rows_rejected = _count(connection, "incoming where not _is_sound")


def _has_other_version(entity: Entity) -> str:
    """SQL that is true where another row of the same key is stored or comes with this one.

    Models choose between versions only where there are any: sorting whole tables for the few is what costs.
    """
    key = entity.version_key
    return (
        f"coalesce({key} in (select {key} from {SCHEMA}.{entity.name}), false) or coalesce({key} in "
        f"(select {key} from incoming where _is_sound group by all having count(*) > 1), false)"
    )


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = connection.execute(f"select count(*) from {relation}").fetchone()
    return int(row[0]) if row else 0


def _drop_redeliveries(connection: duckdb.DuckDBPyConnection, entity: Entity) -> None:
    """Keep the first of equal rows within the delivery, and none that an earlier load stored or refused."""
    connection.execute(
        f"""
        delete from incoming where
            _row_hash in (select _row_hash from {SCHEMA}.{entity.name})
            or _row_hash in (select row_hash from ops.rejected_rows where entity = '{entity.name}')
        """
    )
    connection.execute(
        """
        delete from incoming where rowid in (
            select rowid from (
                select rowid, row_number() over (partition by _row_hash order by _file_index, _row_number) as copy
                from incoming
                where _row_hash in (select _row_hash from incoming group by _row_hash having count(*) > 1)
            ) where copy > 1
        )
        """
    )


def _column_rules(column: Column) -> list[tuple[str, str]]:
    """(reason, SQL that is true or NULL for a sound value) for one column."""
    name = column.name
    rules: list[tuple[str, str]] = []
    if column.required:
        rules.append((f"{name}: is missing", f"trim({name}) <> '' and {name} is not null"))
    value = name
    match column.kind:
        case "text":
            pass
        case "timestamp":
            rules.append((f"{name}: is not an ISO 8601 time", moment_is_sound(name)))
        case kind:
            value = f"try_cast({name} as {SQL_TYPES[kind]})"
            words = {"date": "an ISO 8601 date", "boolean": "true or false", "integer": "a whole number"}
            rules.append((f"{name}: is not {words.get(kind, 'a number')}", f"{value} is not null"))
    if column.allowed is not None:
        listed = ", ".join(f"'{item}'" for item in column.allowed)
        rules.append((f"{name}: must be one of {', '.join(column.allowed)}", f"lower(trim({name})) in ({listed})"))
    if column.minimum is not None and column.above_minimum:
        rules.append((f"{name}: must be above {column.minimum:g}", f"{value} > {column.minimum:g}"))
    elif column.minimum is not None:
        rules.append((f"{name}: must be {column.minimum:g} or more", f"{value} >= {column.minimum:g}"))
    if column.maximum is not None:
        rules.append((f"{name}: must be {column.maximum:g} or less", f"{value} <= {column.maximum:g}"))
    # A rule about a value says nothing of an absent one; only "is missing" does.
    return [(reason, sql if reason.endswith("missing") else f"({name} is null or ({sql}))") for reason, sql in rules]


def entity_rules(entity: Entity) -> list[tuple[str, str]]:
    """(reason, SQL condition) for everything a row of the entity promises; a NULL condition counts as kept."""
    rules = [rule for column in entity.columns for rule in _column_rules(column)]
    if entity.one_of:
        filled = " or ".join(f"coalesce(trim({name}), '') <> ''" for name in entity.one_of)
        rules.append((f"{' or '.join(entity.one_of)}: is missing", filled))
    numeric = {column.name: SQL_TYPES[column.kind] for column in entity.columns if column.kind in ("decimal", "rate")}
    for reason, condition in entity.rules:
        sql = condition
        for name, sql_type in numeric.items():
            sql = sql.replace(name, f"try_cast({name} as {sql_type})")
        rules.append((reason, sql.replace("survey_type", "lower(trim(survey_type))")))
    return rules


def _sound(entity: Entity) -> str:
    return " and ".join(f"coalesce({sql}, true)" if ": is missing" not in reason else f"coalesce({sql}, false)"
                        for reason, sql in entity_rules(entity))  # fmt: skip


def _reasons(entity: Entity) -> str:
    broken = ", ".join(
        f"case when not coalesce({sql}, {'false' if ': is missing' in reason else 'true'}) "
        f"then '{reason.replace(chr(39), chr(39) * 2)}' end"
        for reason, sql in entity_rules(entity)
    )
    return (
        "case when _malformed is not null then [_malformed] "
        f"else list_filter([{broken}], lambda reason: reason is not null) end"
    )
