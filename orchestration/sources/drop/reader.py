"""Find what a shop has dropped and give DuckDB relations over it as text, exactly as delivered.

Nothing here judges a row; a file that can't be read at all raises before anything changes.
"""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.errors import UserError
from orchestration.sources.drop.csv_files import CsvFile, open_csv, undecodable_line
from orchestration.sources.drop.entities import ENTITIES, Entity
from orchestration.sources.drop.exports.kinds import ExportKind
from orchestration.sources.drop.exports.reading import kind_of, open_export, prepare_export
from orchestration.sql import quoted

EXPORTS = "exports"
_FORMATS = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
_BOOKKEEPING = ("_row_number", "_other")


@dataclass(frozen=True)
class Delivery:
    """One file, or one SELECT, that brings rows of one entity. `label` is its path below the shop's folder.

    An export of a known kind brings several entities, by one delivery each.
    """

    entity: Entity
    path: Path
    label: str
    format: str
    kind: ExportKind | None = None

    @property
    def fingerprint(self) -> str | None:
        """Changes whenever the file does, or what maps it; None for a SELECT, whose inputs aren't known."""
        if self.format == "sql":
            return None
        stat = self.path.stat()
        mapped = f":{self.kind.digest}" if self.kind else ""
        return f"{stat.st_size}:{stat.st_mtime_ns}{mapped}"


@dataclass(frozen=True)
class Scan:
    """SQL of a relation over a delivery's rows, in their order, which gives the same rows each time it is read.

    Columns: every contract column as VARCHAR (NULL where empty or absent), `_extra` (JSON text of all other columns
    or NULL) and `_row_number` (1-based within the file). `place` is SQL for a row's place among the relation's rows,
    from 1; an export's rows have another number in their file. `counts_rows` is set where `_row_number` is counted
    while the file is scanned, which only one thread can do.
    """

    relation: str
    place: str = "_row_number"
    counts_rows: bool = True


Admit = Callable[[Scan], Scan]
"""Gives a scan of the rows that may be taken in, of a scan of all rows."""


def _everything(scan: Scan) -> Scan:
    return scan


def find_deliveries(shop_folder: Path, *, needed: bool = True) -> list[Delivery]:
    """List what lies in `<shop>/drop`, entities in contract order, files in name order.

    `needed` is False for a shop that has other sources: it may have no such folder.

    Raises:
        UserError: no drop folder, a name that is no entity, a format that isn't read, both ways for one entity, or an
            export of no known kind.
    """
    drop = shop_folder / "drop"
    if not drop.is_dir():
        if not needed:
            return []
        raise UserError(f"{drop}: missing; put files into drop/<entity>/ or a SELECT into drop/<entity>.sql")
    found: dict[str, list[Delivery]] = {name: [] for name in ENTITIES}
    exports: list[Delivery] = []
    for item in sorted(drop.iterdir()):
        if item.name.startswith((".", "_")):
            continue
        if item.name == EXPORTS and item.is_dir():
            exports = _find_exports(item, shop_folder)
            continue
        name = item.name if item.is_dir() else item.stem
        if name not in ENTITIES or (item.is_file() and item.suffix != ".sql"):
            raise UserError(f"{item}: {_what_belongs_here(item, name)}")
        if found[name]:
            raise UserError(f"{drop}: both {name}/ and {name}.sql; keep one of them")
        for path in [item] if item.is_file() else _files(item):
            if path.suffix == ".sql" and item.is_file():
                kind = "sql"
            elif path.suffix.lower() in _FORMATS:
                kind = _FORMATS[path.suffix.lower()]
            else:
                raise UserError(f"{path}: not a format that is read; use {', '.join(_FORMATS)}")
            found[name].append(Delivery(ENTITIES[name], path, path.relative_to(shop_folder).as_posix(), kind))
    for delivery in exports:
        found[delivery.entity.name].append(delivery)
    return [delivery for deliveries in found.values() for delivery in deliveries]


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith((".", "_"))]


def _find_exports(folder: Path, shop_folder: Path) -> list[Delivery]:
    found = []
    for path in _files(folder):
        label = path.relative_to(shop_folder).as_posix()
        kind = kind_of(path, label)
        found += [Delivery(ENTITIES[name], path, label, "export", kind) for name in kind.selects]
    return found


def _what_belongs_here(item: Path, name: str) -> str:
    close = difflib.get_close_matches(name, (*ENTITIES, EXPORTS), n=1)
    if item.is_file() and name in ENTITIES:
        return f"put files into drop/{name}/"
    if close:
        return f"not an entity; did you mean {close[0]}?"
    return f"not an entity; the entities are {', '.join(ENTITIES)}"


def open_delivery(
    connection: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    shop_folder: Path,
    scratch: Path,
    table: str,
    first_pass: Callable[[Scan], None],
    admission: Callable[[Scan], Admit] | None = None,
) -> Scan:
    """Open one delivery, call `first_pass` once with a relation over all its rows, and return one to read again.

    Files are scanned where they lie. SELECTs and exports are read into the temporary table `table`, because what they
    give may cost much or differ between two readings. Rows of a CSV file that can't be split are in no relation:
    they are put into the temporary table `malformed` (`line`, `reason`, `original` as JSON text), which is empty for
    all other formats. `admission` is shown the rows before anything else is, and says how much of them is taken in.

    Raises:
        UserError: the file can't be read; names file and, where known, line.
    """
    connection.execute(
        "drop table if exists reject_scans; drop table if exists reject_errors; "
        "create or replace temp table malformed (line bigint, reason varchar, original varchar)"
    )
    try:
        match delivery.format:
            case "sql":
                text = delivery.path.read_text(encoding="utf-8")
                text = text.replace("{{ shop }}", str(shop_folder).replace("'", "''"))
                scan = _select(connection, delivery, text, table)
            case "parquet":
                scan = Scan(_projected(connection, delivery, f"read_parquet({quoted(delivery.path)})"))
            case "jsonl":
                scan = Scan(_json_lines(connection, delivery))
            case "export":
                file, scan = _export(connection, delivery, scratch, table)
                _keep_malformed(connection, delivery, file)
            case _:
                file = open_csv(delivery.path, delivery.label, scratch, _known_columns(delivery.entity))
                columns = {name: _identifier(name) for name in file.header}
                projection = _projection(delivery, columns, has_empty_texts=False)
                scan = Scan(_numbered(projection, file.scan()))
                admit = admission(scan) if admission else _everything
                first_pass(admit(Scan(_numbered(projection, file.scan(keep_rejects=True)))))
                _keep_malformed(connection, delivery, file)
                return admit(scan)
        scan = (admission(scan) if admission else _everything)(scan)
        first_pass(scan)
    except duckdb.Error as error:
        raise UserError(f"{delivery.label}: {_first_line(error)}") from error
    return scan


def _known_columns(entity: Entity) -> Callable[[Sequence[str]], int]:
    return lambda names: sum(_canonical(name) in entity.column_names for name in names)


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split("\n\n")[0].split())[:400]


def _canonical(name: str) -> str:
    return name.strip().lstrip("\ufeff").lower().replace(" ", "_").replace("-", "_")


def _projection(delivery: Delivery, columns: dict[str, str], has_empty_texts: bool = True) -> str:
    """SELECT list for contract columns and `_extra`, given {delivered name: SQL text expression}.

    `has_empty_texts` is false where the expressions give NULL for an empty cell already.

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
            expressions[canonical] = f"nullif({expression}, '')" if has_empty_texts else expression
        elif delivery.kind is None or name not in _BOOKKEEPING:
            extras.append(f"{quoted(name)}, {expression}")
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
    if delivery.kind is not None and "_other" in columns:
        # The columns that nobody knows stand beside those that the export's SQL keeps.
        extra = f"cast(json_merge_patch(coalesce({extra}, '{{}}')::json, coalesce(_other, '{{}}')::json) as varchar)"
        extra = f"nullif({extra}, '{{}}')"
    return ", ".join([*selected, f"{extra} as _extra"])


def _numbered(projection: str, relation: str) -> str:
    return f"(select {projection}, row_number() over () as _row_number from {relation})"


def _projected(connection: duckdb.DuckDBPyConnection, delivery: Delivery, relation: str) -> str:
    described = [row[0] for row in connection.execute(f"describe select * from {relation}").fetchall()]
    projection = _projection(delivery, {name: f"cast({_identifier(name)} as varchar)" for name in described})
    if delivery.kind is not None and "_row_number" in described:
        return f"(select {projection}, _row_number from {relation} order by _row_number)"
    return _numbered(projection, relation)


def _select(connection: duckdb.DuckDBPyConnection, delivery: Delivery, text: str, table: str) -> Scan:
    statements = connection.extract_statements(text)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise UserError(f"{delivery.label}: expected one SELECT; other statements aren't run")
    # Rows of a query have no order of their own: the key gives them one, so that the same files read twice agree.
    order = f" order by {', '.join(delivery.entity.key)}" if len(delivery.entity.key) == 1 else ""
    relation = _projected(connection, delivery, f"(from ({text.rstrip().rstrip(';')}\n){order})")
    connection.execute(f"create or replace temp table {table} as from {relation}")
    return Scan(table, counts_rows=False)


def _json_lines(connection: duckdb.DuckDBPyConnection, delivery: Delivery) -> str:
    source = f"read_json_objects({quoted(delivery.path)}, format = 'newline_delimited', maximum_object_size = 67108864)"
    names = connection.execute(
        f"select distinct unnest(json_keys(json)) as name from {source} where json_type(json) = 'OBJECT' order by name"
    ).fetchall()
    columns = {row[0]: f"json_extract_string(json, {quoted(_json_path(row[0]))})" for row in names}
    if not columns:
        raise UserError(f"{delivery.label}: no JSON object found; expected one object a line")
    return _numbered(_projection(delivery, columns), source)


def _json_path(name: str) -> str:
    return '$."' + name.replace('"', '\\"') + '"'


def _export(
    connection: duckdb.DuckDBPyConnection, delivery: Delivery, scratch: Path, table: str
) -> tuple[CsvFile, Scan]:
    assert delivery.kind is not None
    file = open_export(delivery.path, delivery.label, delivery.kind, scratch)
    prepare_export(connection, file, delivery.kind, file.scan(keep_rejects=True))
    relation = f"({delivery.kind.selects[delivery.entity.name]}\n)"
    connection.execute(
        f"create or replace temp table {table} as from {_projected(connection, delivery, relation)}; "
        "drop table export; drop table if exists prepared"
    )
    return file, Scan(table, "row_number() over ()", counts_rows=False)


def _keep_malformed(connection: duckdb.DuckDBPyConnection, delivery: Delivery, file: CsvFile) -> None:
    """List the rows that the scan before couldn't split; those of an export count for its main entity."""
    line = undecodable_line(connection)
    if line is not None:
        raise UserError(f"{file.label}, line {line}: not UTF-8; save the file as UTF-8 or UTF-16 with BOM")
    if delivery.kind is None or delivery.kind.main == delivery.entity.name:
        connection.execute(
            "insert into malformed select line, 'row: ' || lower(any_value(cast(error_type as varchar))), "
            "cast(json_object('line', any_value(csv_line)) as varchar) from reject_errors group by line"
        )
