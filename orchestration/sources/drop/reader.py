"""Find what a shop has dropped and read it into DuckDB as text, one table an entity, exactly as delivered.

Nothing here judges a row; a file that can't be read at all raises before anything changes.
"""

import codecs
import csv
import difflib
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.errors import UserError
from orchestration.sources.drop.entities import ENTITIES, Entity

_FORMATS = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
_DELIMITERS = (",", ";", "\t", "|")
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 1 << 22
# A quoted cell may hold a whole review; DuckDB's default of 2 MB a line stays, its 1,000 cells to sniff don't matter
# because every cell is read as text.
_CSV_OPTIONS = (
    "all_varchar = true, header = true, quote = '\"', escape = '\"', store_rejects = true, auto_detect = false"
)


@dataclass(frozen=True)
class Delivery:
    """One file, or one SELECT, that brings rows of one entity. `label` is its path below the shop's folder."""

    entity: Entity
    path: Path
    label: str
    format: str

    @property
    def fingerprint(self) -> str | None:
        """Changes whenever the file does; None for a SELECT, whose inputs aren't known."""
        if self.format == "sql":
            return None
        stat = self.path.stat()
        return f"{stat.st_size}:{stat.st_mtime_ns}"


def find_deliveries(shop_folder: Path) -> list[Delivery]:
    """List what lies in `<shop>/drop`, entities in contract order, files in name order.

    Raises:
        UserError: no drop folder, a name that is no entity, a format that isn't read, or both ways for one entity.
    """
    drop = shop_folder / "drop"
    if not drop.is_dir():
        raise UserError(f"{drop}: missing; put files into drop/<entity>/ or a SELECT into drop/<entity>.sql")
    found: dict[str, list[Delivery]] = {name: [] for name in ENTITIES}
    for item in sorted(drop.iterdir()):
        if item.name.startswith((".", "_")):
            continue
        name = item.name if item.is_dir() else item.stem
        if name not in ENTITIES or (item.is_file() and item.suffix != ".sql"):
            raise UserError(f"{item}: {_what_belongs_here(item, name)}")
        if found[name]:
            raise UserError(f"{drop}: both {name}/ and {name}.sql; keep one of them")
        files = [item] if item.is_file() else sorted(path for path in item.rglob("*") if path.is_file())
        for path in files:
            if path.name.startswith((".", "_")):
                continue
            if path.suffix == ".sql" and item.is_file():
                kind = "sql"
            elif path.suffix.lower() in _FORMATS:
                kind = _FORMATS[path.suffix.lower()]
            else:
                raise UserError(f"{path}: not a format that is read; use {', '.join(_FORMATS)}")
            label = path.relative_to(shop_folder).as_posix()
            found[name].append(Delivery(ENTITIES[name], path, label, kind))
    return [delivery for deliveries in found.values() for delivery in deliveries]


def _what_belongs_here(item: Path, name: str) -> str:
    close = difflib.get_close_matches(name, ENTITIES, n=1)
    if item.is_file() and name in ENTITIES:
        return f"put files into drop/{name}/"
    if close:
        return f"not an entity; did you mean {close[0]}?"
    return f"not an entity; the entities are {', '.join(ENTITIES)}"


def read_delivery(connection: duckdb.DuckDBPyConnection, delivery: Delivery, shop_folder: Path, scratch: Path) -> None:
    """Read one delivery into the temporary table `delivered`.

    Columns: every contract column as VARCHAR (NULL where empty or absent), `_extra` (JSON text of all other columns
    or NULL), `_row_number` (1-based within the file), `_malformed` (the reason a CSV row could not be split, or NULL;
    such a row has its raw line in `_extra`).

    Raises:
        UserError: the file can't be read; names file and, where known, line.
    """
    try:
        match delivery.format:
            case "sql":
                _read_select(connection, delivery, shop_folder)
            case "parquet":
                _read_relation(connection, delivery, f"read_parquet({_quoted(delivery.path)})")
            case "jsonl":
                _read_json_lines(connection, delivery)
            case _:
                _read_csv(connection, delivery, scratch)
    except duckdb.Error as error:
        raise UserError(f"{delivery.label}: {_first_line(error)}") from error


def _quoted(text: str | Path) -> str:
    return "'" + str(text).replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split("\n\n")[0].split())[:400]


def _canonical(name: str) -> str:
    return name.strip().lstrip("\ufeff").lower().replace(" ", "_").replace("-", "_")


def _projection(delivery: Delivery, columns: dict[str, str]) -> str:
    """SELECT list for contract columns and `_extra`, given {delivered name: SQL text expression}.

    Raises:
        UserError: a needed column is absent or two columns have the same name.
    """
    entity = delivery.entity
    expressions: dict[str, str] = {}
    extras: list[str] = []
    for name, expression in columns.items():
        canonical = _canonical(name)
        if canonical in expressions:
            raise UserError(f"{delivery.label}: two columns named {canonical}; keep one of them")
        if canonical in entity.column_names:
            expressions[canonical] = f"nullif({expression}, '')"
        else:
            extras.append(f"{_quoted(name)}, {expression}")
    missing = [name for name in entity.required if name not in expressions]
    if missing:
        raise UserError(
            f"{delivery.label}: column {', '.join(missing)} is missing; {entity.name} needs "
            f"{', '.join(entity.required)}, found {', '.join(columns)}"
        )
    if entity.one_of and not any(name in expressions for name in entity.one_of):
        raise UserError(f"{delivery.label}: {entity.name} needs a column {' or '.join(entity.one_of)}")
    selected = [f"{expressions.get(name, 'cast(null as varchar)')} as {name}" for name in entity.column_names]
    extra = f"cast(json_object({', '.join(extras)}) as varchar)" if extras else "cast(null as varchar)"
    return ", ".join([*selected, f"{extra} as _extra"])


def _read_relation(connection: duckdb.DuckDBPyConnection, delivery: Delivery, relation: str, order: str = "") -> None:
    described = connection.execute(f"describe select * from {relation}").fetchall()
    columns = {row[0]: f"cast({_identifier(row[0])} as varchar)" for row in described}
    connection.execute(
        f"create or replace temp table delivered as select {_projection(delivery, columns)}, "
        f"row_number() over () as _row_number, cast(null as varchar) as _malformed from (from {relation}{order})"
    )


def _read_select(connection: duckdb.DuckDBPyConnection, delivery: Delivery, shop_folder: Path) -> None:
    text = delivery.path.read_text(encoding="utf-8").replace("{{ shop }}", str(shop_folder).replace("'", "''"))
    statements = connection.extract_statements(text)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise UserError(f"{delivery.label}: expected one SELECT; other statements aren't run")
    # Rows of a query have no order of their own: the key gives them one, so that the same files read twice agree.
    order = f" order by {', '.join(delivery.entity.key)}" if len(delivery.entity.key) == 1 else ""
    _read_relation(connection, delivery, f"({text.rstrip().rstrip(';')}\n)", order)


def _read_json_lines(connection: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
    source = (
        f"read_json_objects({_quoted(delivery.path)}, format = 'newline_delimited', maximum_object_size = 67108864)"
    )
    names = connection.execute(
        f"select distinct unnest(json_keys(json)) as name from {source} where json_type(json) = 'OBJECT' order by name"
    ).fetchall()
    columns = {row[0]: f"json_extract_string(json, {_quoted(_json_path(row[0]))})" for row in names}
    if not columns:
        raise UserError(f"{delivery.label}: no JSON object found; expected one object a line")
    connection.execute(
        f"create or replace temp table delivered as select {_projection(delivery, columns)}, "
        f"row_number() over () as _row_number, cast(null as varchar) as _malformed from {source}"
    )


def _json_path(name: str) -> str:
    return '$."' + name.replace('"', '\\"') + '"'


def _read_csv(connection: duckdb.DuckDBPyConnection, delivery: Delivery, scratch: Path) -> None:
    path = _as_utf8(delivery, scratch)
    header, delimiter = _header(delivery, path)
    connection.execute("drop table if exists reject_scans; drop table if exists reject_errors")
    types = "{" + ", ".join(f"{_quoted(name)}: 'varchar'" for name in header) + "}"
    source = f"read_csv({_quoted(path)}, delim = {_quoted(delimiter)}, columns = {types}, {_CSV_OPTIONS})"
    projection = _projection(delivery, {name: _identifier(name) for name in header})
    connection.execute(
        f"create or replace temp table delivered as select {projection}, row_number() over () as _row_number, "
        f"cast(null as varchar) as _malformed from {source}"
    )
    undecodable = connection.execute(
        "select line from reject_errors where cast(error_type as varchar) = 'INVALID ENCODING' order by line limit 1"
    ).fetchone()
    if undecodable:
        raise UserError(
            f"{delivery.label}, line {undecodable[0]}: not UTF-8; save the file as UTF-8 or UTF-16 with BOM"
        )
    nothing = ", ".join("cast(null as varchar)" for _ in delivery.entity.column_names)
    connection.execute(
        f"insert into delivered select {nothing}, cast(json_object('line', any_value(csv_line)) as varchar), line, "
        f"'row: ' || lower(any_value(cast(error_type as varchar))) from reject_errors group by line"
    )


def _as_utf8(delivery: Delivery, scratch: Path) -> Path:
    """The file itself if it is UTF-8, else a copy of it in UTF-8 below `scratch`."""
    with delivery.path.open("rb") as file:
        start = file.read(4)
    if not start:
        raise UserError(f"{delivery.label}: empty file; a CSV file needs a header line")
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if start.startswith(mark)), None)
    if encoding is None and b"\x00" in start:
        encoding = "utf-16-le" if start[1:2] == b"\x00" else "utf-16-be"
    if encoding is None:
        return delivery.path
    target = scratch / f"{delivery.entity.name}-utf8.csv"
    line = 1
    try:
        with (
            delivery.path.open("r", encoding=encoding, newline="") as source,
            target.open("w", encoding="utf-8", newline="") as copy,
        ):
            while chunk := source.read(_CHUNK):
                line += chunk.count("\n")
                copy.write(chunk)
    except UnicodeError as error:
        raise UserError(f"{delivery.label}, after line {line}: not {encoding}: {error}") from error
    return target


def _header(delivery: Delivery, path: Path) -> tuple[list[str], str]:
    """The header's names as written, and the delimiter that yields the most names of the contract."""
    try:
        with path.open("rb") as file:
            first = file.readline(1 << 20).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{delivery.label}, line 1: not UTF-8: save the file as UTF-8 or UTF-16 with BOM") from error
    if not first.strip():
        raise UserError(f"{delivery.label}, line 1: empty header; the first line must name the columns")
    best: tuple[int, int, list[str], str] | None = None
    for delimiter in _DELIMITERS:
        names = next(csv.reader([first], delimiter=delimiter), [])
        known = sum(_canonical(name) in delivery.entity.column_names for name in names)
        if best is None or (known, len(names)) > best[:2]:
            best = (known, len(names), names, delimiter)
    assert best is not None
    names = [name.lstrip("\ufeff").strip() or f"column_{position}" for position, name in enumerate(best[2], start=1)]
    repeated = sorted(
        {_canonical(name) for name in names if [_canonical(other) for other in names].count(_canonical(name)) > 1}
    )
    if repeated:
        raise UserError(f"{delivery.label}, line 1: two columns named {', '.join(repeated)}; keep one of them")
    return names, best[3]
