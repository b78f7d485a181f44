"""Looking for a person in everything that lies in a shop's data folder: the proof that an erasure is one."""

import gzip
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from orchestration.privacy.person import Person
from orchestration.privacy.scrub import text_columns
from orchestration.privacy.texts import contains_any, holds, row_of
from orchestration.sql import quoted

_CHUNK: Final = 16_000_000


@dataclass(frozen=True)
class Hit:
    """Where something of the person stands: a file, or a table or column of one, and what it is."""

    place: str
    what: str
    count: int


@dataclass(frozen=True)
class Proof:
    """What was searched and what was found."""

    files: int
    bytes: int
    tables: int
    needles: int
    hits: list[Hit]


def search(root: Path, person: Person, leave_out: Iterable[Path] = ()) -> Proof:
    """Search every byte of every file below `root` as it lies on the disk, and what compression hides.

    Tables of DuckDB and columns of Parquet are read as text, SQLite's rows and gzip are unpacked.

    Args:
        root: the shop's data folder.
        person: whom to look for.
        leave_out: folders that aren't searched.
    """
    left_out = tuple(leave_out)
    files = [
        path
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.is_symlink() and not any(path.is_relative_to(folder) for folder in left_out)
    ]
    hits: list[Hit] = []
    tables = 0
    for file in files:
        place = file.relative_to(root).as_posix()
        hits += [Hit(place, what, count) for what, count in _in_bytes(_chunks(file), person).items()]
        match file.suffix:
            case ".duckdb":
                found, searched = _in_duckdb(file, person)
                tables += searched
            case ".parquet":
                found, searched = _in_parquet(file, person), 1
                tables += searched
            case ".gz":
                found = [Hit("unpacked", *hit) for hit in _in_bytes([_unpacked(file)], person).items()]
            case ".db" | ".sqlite":
                found = [Hit("rows", *hit) for hit in _in_bytes(_sqlite_blobs(file), person).items()]
            case _:
                found = []
        hits += [Hit(f"{place}: {hit.place}", hit.what, hit.count) for hit in found]
    return Proof(len(files), sum(file.stat().st_size for file in files), tables, len(person.needles()), hits)


def _chunks(file: Path) -> Iterator[bytes]:
    """A file's bytes in pieces that overlap by more than any needle is long."""
    overlap = b""
    with file.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            yield overlap + chunk
            overlap = chunk[-1000:]


def _in_bytes(chunks: Iterable[bytes], person: Person) -> Counter[str]:
    """How often each kind of text stands in bytes, other people's longer ones left out.

    In a database's file texts stand side by side with nothing between them, so that their ends can't be looked for.
    """
    others = sorted((text.encode() for text in person.longer_texts), key=len, reverse=True)
    spelled = {
        spelling: what
        for needle, what in person.needles().items()
        for spelling in (needle.encode(), needle.encode("utf-16-le"), needle.encode("utf-16-be"))
    }
    found: Counter[str] = Counter()
    for chunk in chunks:
        lower = chunk.lower()
        for other in others:
            lower = lower.replace(other, b"\0")
        for spelling, what in spelled.items():
            if spelling in lower:
                found[what] += lower.count(spelling)
    return found


def _in_duckdb(file: Path, person: Person) -> tuple[list[Hit], int]:
    with duckdb.connect(str(file), read_only=True) as connection:
        tables = text_columns(connection)
        hits = [
            Hit(f"{schema}.{table}", what, count)
            for schema, table, columns in tables
            for what, count in _in_relation(
                connection, f'"{schema}"."{table}"', [column for column, _ in columns], person
            ).items()
        ]
    return hits, len(tables)


def _in_parquet(file: Path, person: Person) -> list[Hit]:
    with duckdb.connect() as connection:
        relation = f"read_parquet({quoted(file)})"
        columns = [
            str(row[0])
            for row in connection.execute(f"describe select * from {relation}").fetchall()
            if any(kind in str(row[1]) for kind in ("VARCHAR", "JSON", "BLOB"))
        ]
        found = _in_relation(connection, relation, columns, person)
    return [Hit("rows", what, count) for what, count in found.items()]


def _in_relation(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: list[str], person: Person
) -> dict[str, int]:
    """Rows of a relation that hold the person, by what of them they hold."""
    if not columns:
        return {}
    texts = [f'cast("{column}" as varchar)' for column in columns]
    # An id of any length, where a column says whose it is.
    owners = [f'trim("{name}")' for name in columns if "raw_drop" in relation and name.endswith("customer_id")]
    ids = [value for kind, value in sorted(person.identifiers) if kind == "id:drop"] if owners else []
    # Most relations hold nothing, which one look at whole rows tells at once.
    anything = contains_any("row_text", {text.lower() for text in (*person.needles(), *person.cells(), *ids)})
    rows = f"(select lower({row_of(columns)}) as row_text from {relation})"
    if not connection.execute(f"select 1 from {rows} where {anything} limit 1").fetchall():
        return {}
    tests: dict[str, list[str]] = {}
    for needle, what in person.needles().items():
        tests.setdefault(what, []).extend(holds(text, [needle]) for text in texts)
    for cell, what in person.cells().items():
        tests.setdefault(what, []).extend(f"lower({text}) = {quoted(cell.lower())}" for text in texts)
    for value in ids:
        tests.setdefault("customer id", []).extend(f"{owner} = {quoted(value)}" for owner in owners)
    counts = ", ".join(f"count(*) filter (where {' or '.join(held)})" for held in tests.values())
    row = connection.execute(f"select {counts} from {relation}").fetchone() or ()
    return {what: int(count) for what, count in zip(tests, row, strict=True) if count}


def _unpacked(file: Path) -> bytes:
    try:
        return gzip.decompress(file.read_bytes())
    except (OSError, EOFError, zlib.error):
        return b""


def _sqlite_blobs(file: Path) -> Iterator[bytes]:
    """What SQLite's rows hold as packed bytes; plain texts are found in the file as they are."""
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        for (table,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
            for row in connection.execute(f'select * from "{table}"'):
                for value in row:
                    if isinstance(value, bytes):
                        try:
                            yield zlib.decompress(value)
                        except zlib.error:
                            continue
    except sqlite3.DatabaseError:
        return
    finally:
        connection.close()
