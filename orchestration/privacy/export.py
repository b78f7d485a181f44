"""Everything that is held of one person, as one JSON file: what a person may ask for."""

import json
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import duckdb

from orchestration.files import write_through
from orchestration.privacy import connected, dropped
from orchestration.privacy.person import Person, set_erased
from orchestration.privacy.scrub import text_columns
from orchestration.privacy.tombstones import Tombstones
from orchestration.shop import ShopPaths
from orchestration.sources.drop.entities import ENTITIES
from orchestration.sql import has_table, quoted
from orchestration.warehouse import open_warehouse

Rows = list[dict[str, Any]]

_BOOKKEEPING: Final = ("_row_hash", "_load_id", "_file_index", "_has_other_version")
# Derived by models and still of one person; what is between them and raw rows says nothing that they don't.
_DERIVED: Final = ("marts", "audiences", "ops")


def export_person(paths: ShopPaths, person: Person, moment: datetime) -> dict[str, Any]:
    """What is held of a person, by where it is held.

    Returns:
        `person`: what names them; `delivered`: rows of files and records of connected systems as they came;
        `refused`: rows that weren't taken in, with the reasons; `derived`: their rows of marts, audiences and ops;
        `published`: their rows of published audiences, by version; `destinations`: what we remember of having sent;
        `webhooks`: what was asked for; `is_erased`: whether they were erased before. Moments are in UTC.
    """
    export: dict[str, Any] = {
        "exported_at": moment.isoformat() + "Z",
        "person": {
            "emails": person.of_kind("email"), "phones": sorted({*person.of_kind("phone"), *person.phone_texts}),
            "names": person.full_names, "customer_ids": person.of_kind("id:"), "orders": person.of_kind("order:"),
            "person_ids": person.person_ids,
        },
        "is_erased": any(Tombstones(paths.privacy).has("email", email) for email in person.of_kind("email")),
    }  # fmt: skip
    with open_warehouse(paths.warehouse) as connection:
        set_erased(connection, person.identifiers)
        export["delivered"], export["refused"] = _delivered(connection)
        export["derived"] = {
            f"{schema}.{table}": rows
            for schema, table, columns in text_columns(connection, with_views=True)
            if schema in _DERIVED and table != "rejected_rows"
            for rows in [_own_rows(connection, f'"{schema}"."{table}"', [name for name, _ in columns], person)]
            if rows
        }
    export["published"] = _published(paths.published, person)
    export["destinations"] = _databases(paths.sync, person)
    export["webhooks"] = _webhooks(paths.webhooks, person)
    return export


def write_export(file: Path, export: dict[str, Any]) -> None:
    """Write an export, readable by its owner alone."""
    write_through(file, (json.dumps(export, indent=2, ensure_ascii=False, default=str) + "\n").encode())


def _delivered(connection: duckdb.DuckDBPyConnection) -> tuple[dict[str, Rows], Rows]:
    found: dict[str, Rows] = {}
    refused: Rows = []
    for entity in ENTITIES.values():
        left_out = ", ".join(_BOOKKEEPING)
        rows = _rows(
            connection,
            f"select * exclude ({left_out}) from raw_drop.{entity.name} where {dropped.is_erased(entity)} "
            "order by _file, _row_number",
        )
        if rows:
            found[f"raw_drop.{entity.name}"] = rows
        refused += _rows(
            connection,
            "select entity, file, row_number, reasons, original from ops.rejected_rows "
            f"where {dropped.is_refused_of_erased(entity)} order by file, row_number",
        )
    for (source, stream), records in connected.RECORDS.items():
        table = f"raw_{source}.{stream}"
        if has_table(connection, f"raw_{source}", stream):
            matches = connected.is_erased(records)
            rows = _rows(connection, f"select id, updated_at, payload from {table} where {matches} order by id")
            if rows:
                found[table] = [row | {"payload": json.loads(row["payload"])} for row in rows]
    return found, refused


def _own_rows(connection: duckdb.DuckDBPyConnection, relation: str, columns: list[str], person: Person) -> Rows:
    """Rows with a cell that is the person's: id, address, evidence, or one of the orders beside its source."""
    cells = ", ".join(map(quoted, sorted({*person.needles(), *person.cells()})))
    tests = [f'lower(cast("{column}" as varchar)) in ({cells})' for column in columns]
    if {"source", "order_id"} <= set(columns):
        orders = ", ".join(map(quoted, person.of_kind("order:"))) or "null"
        tests.append(f"source || ':' || lower(order_id) in ({orders})")
    return _rows(connection, f"select * from {relation} where {' or '.join(tests)} order by all")


def _published(folder: Path, person: Person) -> dict[str, Rows]:
    found = {}
    for file in sorted(folder.glob("*/audiences/*.parquet")):
        if file.parent.parent.is_symlink():
            continue
        with duckdb.connect() as connection:
            relation = f"read_parquet({quoted(file)})"
            columns = [row[0] for row in _all(connection, f"describe select * from {relation}") if row[1] == "VARCHAR"]
            if columns and (rows := _own_rows(connection, relation, columns, person)):
                found[file.relative_to(folder).as_posix()] = rows
    return found


def _databases(folder: Path, person: Person) -> dict[str, Rows]:
    found = {}
    for file in sorted(folder.glob("*.duckdb")):
        with duckdb.connect(str(file), read_only=True) as connection:
            for schema, table, columns in text_columns(connection):
                rows = _own_rows(connection, f'"{schema}"."{table}"', [name for name, _ in columns], person)
                if rows:
                    found[f"{file.stem}.{table}"] = rows
    return found


def _webhooks(queue: Path, person: Person) -> Rows:
    if not queue.exists():
        return []
    ids = [value for kind in ("id:shopify", "order:shopify") for value in person.of_kind(kind)]
    connection = sqlite3.connect(queue)
    try:
        rows = connection.execute(
            "select topic, object_id, received_at, is_done from changes "
            "where object_id in (select value from json_each(?)) order by place",
            [json.dumps(ids)],
        ).fetchall()
    finally:
        connection.close()
    return [
        {"topic": topic, "object_id": number, "received_at": at, "is_done": bool(done)}
        for topic, number, at, done in rows
    ]


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> Rows:
    result = connection.execute(sql)
    names = [column[0] for column in result.description or []]
    return [
        {name: value for name, value in zip(names, row, strict=True) if value is not None} for row in result.fetchall()
    ]


def _all(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql).fetchall()
