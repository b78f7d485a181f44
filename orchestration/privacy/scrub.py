"""Taking a person's texts out of files and tables of any kind: rows of the person's own go, quotations are blanked."""

import csv
import gzip
import hashlib
import io
import json
import re
import shutil
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import duckdb

from orchestration.errors import UserError
from orchestration.files import swap_in
from orchestration.privacy.person import Person
from orchestration.privacy.texts import blank, blanked, contains_any, holds, longer_texts, pattern_of, row_of
from orchestration.publish.version import data_version, manifest_text
from orchestration.sql import quoted

_SQLITE_MAGIC: Final = b"SQLite format 3\0"
_WAIT_SECONDS: Final = 5.0


def scrub_tables(connection: duckdb.DuckDBPyConnection, person: Person, schemas: Iterable[str] | None = None) -> int:
    """Remove rows that have a cell of the person's alone, and blank the person in all other texts.

    Args:
        connection: to a database, writable.
        person: whom to take out.
        schemas: to look in; all by default.

    Returns:
        How many rows were removed or changed.
    """
    needles = person.needles()
    if not needles:
        return 0
    cells = {text.lower() for text in (*needles, *person.cells())}
    anything, listed = contains_any("row_text", cells), ", ".join(map(quoted, sorted(cells)))
    changed = 0
    wanted = None if schemas is None else set(schemas)
    for schema, table, columns in text_columns(connection):
        if wanted is not None and schema not in wanted:
            continue
        name = f'"{schema}"."{table}"'
        rows = f"(select lower({row_of(column for column, _ in columns)}) as row_text from {name})"
        if not _count(connection, f"select count(*) from {rows} where {anything}"):
            continue
        own = " or ".join(f'lower(cast("{column}" as varchar)) in ({listed})' for column, _ in columns)
        # A raw record is what it was delivered as; whether it goes is decided by whom it belongs to.
        if not schema.startswith("raw_"):
            changed += _count(connection, f"delete from {name} where {own}")
        for column, kind in columns:
            text = f'cast("{column}" as varchar)'
            if kind in ("VARCHAR", "JSON"):
                changed += _count(
                    connection,
                    f'update {name} set "{column}" = cast({blanked(text, needles)} as {kind}) '
                    f"where {holds(text, needles)}",
                )
    return changed


def longer_texts_in(connection: duckdb.DuckDBPyConnection, person: Person) -> tuple[str, ...]:
    """Words of other people in raw tables that hold a text of the person, such as joann@example.com of Joann."""
    found: set[str] = set()
    needles = person.needles()
    if not needles:
        return ()
    pattern = re.compile(pattern_of(needles))
    for schema, table, columns in text_columns(connection):
        if not schema.startswith("raw_"):
            continue
        rows = f'(select lower({row_of(name for name, _ in columns)}) as row_text from "{schema}"."{table}")'
        words = connection.execute(
            f"select distinct unnest(regexp_extract_all(row_text, {quoted(longer_texts(needles))})) from {rows} "
            f"where {contains_any('row_text', needles)}"
        ).fetchall()
        # What holds it by itself is the person's own, such as an address at the end of a sentence.
        found |= {str(word) for (word,) in words if not pattern.search(str(word))}
    return tuple(sorted(found))


def text_columns(
    connection: duckdb.DuckDBPyConnection, *, with_views: bool = False
) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """(schema, table, [(column, type)]) of the columns that may hold text: of all stored tables, and views if asked."""
    views = " union all select database_oid, view_oid, temporary from duckdb_views()" if with_views else ""
    rows = connection.execute(
        f"""
        select columns.schema_name, columns.table_name, columns.column_name, columns.data_type
        from duckdb_columns() as columns
        inner join (select database_oid, table_oid, temporary from duckdb_tables(){views}) as tables
            on columns.table_oid = tables.table_oid and columns.database_oid = tables.database_oid
        where columns.database_name = current_database() and not tables.temporary
            and (columns.data_type like '%VARCHAR%' or columns.data_type like '%JSON%' or columns.data_type = 'BLOB')
        order by columns.schema_name, columns.table_name, columns.column_index
        """
    ).fetchall()
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for schema, table, column, kind in rows:
        found.setdefault((schema, table), []).append((column, kind))
    return [(schema, table, columns) for (schema, table), columns in found.items()]


def _count(connection: duckdb.DuckDBPyConnection, statement: str) -> int:
    row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0


def scrub_file(file: Path, person: Person) -> bool:
    """Take the person out of one file, in one step; whether it was changed.

    Rows of Parquet and CSV files that hold the person go. Databases of SQLite and all other texts keep their rows,
    with the person blanked.
    """
    if not person.needles():
        return False
    match file.suffix:
        case ".parquet":
            return _scrub_parquet(file, person)
        case ".csv":
            return _scrub_csv(file, person)
        case ".gz":
            return _scrub_gzip(file, person)
        case _ if _is_sqlite(file):
            return _scrub_sqlite(file, person)
        case _:
            return _scrub_text(file, person)


def _is_sqlite(file: Path) -> bool:
    with file.open("rb") as handle:
        return handle.read(len(_SQLITE_MAGIC)) == _SQLITE_MAGIC


def _scrub_parquet(file: Path, person: Person) -> bool:
    needles, cells = person.needles(), {*person.needles(), *person.cells()}
    with duckdb.connect() as connection:
        relation = f"read_parquet({quoted(file)})"
        columns = [
            str(row[0])
            for row in connection.execute(f"describe select * from {relation}").fetchall()
            if "VARCHAR" in str(row[1]) or "JSON" in str(row[1])
        ]
        texts = [f'cast("{column}" as varchar)' for column in columns]
        listed = ", ".join(map(quoted, sorted(cells)))
        held = " or ".join(f"{holds(text, needles)} or lower({text}) in ({listed})" for text in texts)
        if not held or not _count(connection, f"select count(*) from {relation} where {held}"):
            return False
        partial = file.with_name(f".partial-{file.name}")
        connection.execute(
            f"copy (select * from {relation} where not coalesce({held}, false)) to {quoted(partial)} "
            "(format parquet, compression zstd)"
        )
    swap_in(partial, file)
    return True


def _scrub_csv(file: Path, person: Person) -> bool:
    """Records are copied as they are spelled; a quoted line break doesn't end one."""
    pattern = _pattern(person)
    text = file.read_bytes().decode("utf-8", errors="surrogateescape")
    if not pattern.search(text):
        return False
    records: list[str] = []
    is_open = False
    for line in io.StringIO(text, newline=""):
        if is_open:
            records[-1] += line
        else:
            records.append(line)
        is_open ^= line.count('"') % 2 == 1
    kept = [record for place, record in enumerate(records) if place == 0 or not pattern.search(record)]
    _replace(file, "".join(kept).encode("utf-8", errors="surrogateescape"))
    return True


def _scrub_gzip(file: Path, person: Person) -> bool:
    text = gzip.decompress(file.read_bytes()).decode("utf-8", errors="surrogateescape")
    left = blank(_pattern(person), text)
    if left != text:
        _replace(file, gzip.compress(left.encode("utf-8", errors="surrogateescape"), mtime=0))
    return left != text


def _scrub_text(file: Path, person: Person) -> bool:
    text = file.read_bytes().decode("utf-8", errors="surrogateescape")
    left = blank(_pattern(person), text)
    if left != text:
        _replace(file, left.encode("utf-8", errors="surrogateescape"))
    return left != text


def _scrub_sqlite(file: Path, person: Person) -> bool:
    pattern = _pattern(person)
    changed = 0
    connection = sqlite3.connect(file, timeout=_WAIT_SECONDS, isolation_level=None)
    try:
        # What is deleted is overwritten, and the log of changes beside the file goes.
        connection.execute("pragma secure_delete = on")
        connection.create_function("blanked", 1, lambda text: blank(pattern, text), deterministic=True)
        connection.create_function("holds", 1, lambda text: pattern.search(text) is not None, deterministic=True)
        tables = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (table,) in tables:
            for _, column, *_ in connection.execute(f'pragma table_info("{table}")').fetchall():
                changed += connection.execute(
                    f'update "{table}" set "{column}" = blanked("{column}") '
                    f'where typeof("{column}") = \'text\' and holds("{column}")'
                ).rowcount
        if changed:
            connection.execute("vacuum")
        connection.execute("pragma wal_checkpoint(truncate)")
    except sqlite3.OperationalError as error:
        raise UserError(f"{file}: {error}; stop what has it open ('make up', 'make webhooks') and try again") from error
    finally:
        connection.close()
    return changed > 0


def _pattern(person: Person) -> re.Pattern[str]:
    return re.compile(pattern_of(person.needles()), re.IGNORECASE)


def _replace(file: Path, content: bytes) -> None:
    partial = file.with_name(f".partial-{file.name}")
    partial.write_bytes(content)
    shutil.copymode(file, partial)
    swap_in(partial, file)


def scrub_version(folder: Path, person: Person) -> bool:
    """Take the person out of one published version, whose manifest then states its files as they are."""
    # Reports hold nobody; were somebody found there, the search would say so.
    for file in sorted(path for path in (folder / "audiences").rglob("*") if path.is_file()):
        scrub_file(file, person)
    manifest_file = folder / "manifest.json"
    if not manifest_file.exists():
        return False
    manifest = json.loads(manifest_file.read_text(encoding="utf-8"))
    changed = False
    for entry in manifest["files"]:
        file = folder / entry["path"]
        content = file.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if digest == entry["sha256"]:
            continue
        changed = True
        entry |= {"rows": _rows(file, content, entry["rows"]), "bytes": len(content), "sha256": digest}
    if changed:
        manifest["data_version"] = data_version(manifest["files"])
        _replace(manifest_file, manifest_text(manifest).encode())
    return changed


def _rows(file: Path, content: bytes, before: int) -> int:
    match file.suffix:
        case ".parquet":
            with duckdb.connect() as connection:
                return _count(connection, f"select count(*) from read_parquet({quoted(file)})")
        case ".csv":
            return sum(1 for _ in csv.reader(io.StringIO(content.decode("utf-8"), newline=""))) - 1
        case _:
            return before
