"""Read an export of a known kind into the temporary tables that its SQL reads from."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from orchestration.errors import UserError
from orchestration.sources.drop.csv_files import CsvFile, open_csv, peek_header
from orchestration.sources.drop.exports.kinds import ExportKind, export_kinds, recognise
from orchestration.sql import quoted

FORMATS = (".csv", ".tsv", ".txt")
_SHOWN_COLUMNS = 6


def kind_of(path: Path, label: str) -> ExportKind:
    """The kind of the export in a file, by its header.

    Raises:
        UserError: no kind is known by this header, or a column that the kind needs isn't there.
    """
    if path.suffix.lower() not in FORMATS:
        raise UserError(f"{label}: not a format that exports are read in; save it as one of {', '.join(FORMATS)}")
    names = peek_header(path, label, _marks)
    kind = recognise(names)
    if kind is None:
        shown = ", ".join(names[:_SHOWN_COLUMNS]) + (", …" if len(names) > _SHOWN_COLUMNS else "")
        raise UserError(
            f"{label}: no export is known by the header {shown}; known are "
            f"{', '.join(other.title for other in export_kinds())}; anything else needs a SELECT in drop/<entity>.sql"
        )
    missing = kind.missing(names)
    if missing:
        raise UserError(f"{label}: {kind.title} without its column {', '.join(missing)}; export it with every column")
    return kind


def open_export(path: Path, label: str, kind: ExportKind, scratch: Path) -> CsvFile:
    """The file, ready to be scanned."""
    return open_csv(path, label, scratch, _marks, kind.header.encoding, kind.header.quoted)


def prepare_export(connection: duckdb.DuckDBPyConnection, file: CsvFile, kind: ExportKind, scan: str) -> None:
    """Fill the temporary tables `export`, from `scan`, SQL over the file, and `prepared` where the kind has one."""
    own: dict[str, str] = {}
    others: list[str] = []
    for name in file.header:
        identifier = '"' + name.replace('"', '""') + '"'
        canonical = kind.canonical(name)
        if canonical in own:
            raise UserError(f"{file.label}, line 1: two columns named {name}; keep one of them")
        if canonical in kind.columns:
            # Some vendors put a tab behind ids, so that a spreadsheet leaves them as they are.
            own[canonical] = f"nullif(trim({identifier}, chr(9) || ' '), '')"
        elif not kind.is_unused(name):
            others.append(f"{quoted(name)}, {identifier}")
    columns = [f'{own.get(name, "cast(null as varchar)")} as "{name}"' for name in kind.columns]
    other = f"cast(json_object({', '.join(others)}) as varchar)" if others else "cast(null as varchar)"
    cells = ", ".join(f"coalesce(\"{name}\", '')" for name in (*kind.columns, "_other"))
    connection.execute(
        f"create or replace temp table export as select *, md5(concat_ws(chr(31), {cells})) as _digest from "
        f"(select {', '.join(columns)}, {other} as _other, row_number() over () as _row_number from {scan})"
    )
    if kind.prepared is not None:
        connection.execute(f"create or replace temp table prepared as {kind.prepared}")


def _marks(names: Sequence[str]) -> int:
    """How many of the names are marks of one kind, the one with most of them."""
    return max(sum(kind.canonical(name) in kind.columns for name in names) if names else 0 for kind in export_kinds())
