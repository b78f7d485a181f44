"""Audiences as CSV: what any tool can import by hand or fetch, and hashed for ad platforms."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import duckdb

from orchestration.sql import has_table, quoted

FOLDER: Final = "audiences"

# A cell that starts with one of these is a formula to spreadsheets, the full-width ones to those set to East Asian
# languages; a leading apostrophe makes it text. https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA: Final = r"^[=+@\-\t\r\n＝＋－＠]"  # noqa: RUF001


def write_audience_files(
    connection: duckdb.DuckDBPyConnection, audiences: Iterable[str], folder: Path
) -> list[dict[str, object]]:
    """Write `audiences/<audience>.csv` and, unless it is about service, `audiences/hashed/<audience>.csv`.

    A hashed file has one column, `email`: the SHA-256 of the address in lower case without blanks around it, as 64
    hexadecimal digits, which Meta's custom audiences and Google's customer match take. Moments are ISO 8601 in UTC.

    Returns:
        One manifest entry per file.
    """
    service = _service_audiences(connection)
    entries = []
    for audience in audiences:
        table = f"audiences.{_quoted(audience)}"
        columns = {str(row[0]): str(row[1]) for row in connection.execute(f"describe from {table}").fetchall()}
        listed = ", ".join(f"{_cell(name, kind)} as {_quoted(name)}" for name, kind in columns.items())
        entries.append(_write(connection, f"select {listed} from (from {table} order by all)", folder, audience))
        if audience not in service:
            hashed = f"select distinct sha256(lower(trim(email))) as email from {table} order by email"
            entries.append(_write(connection, hashed, folder, f"hashed/{audience}"))
    return entries


def file_entry(path: Path, folder: Path, rows: int, columns: Mapping[str, str]) -> dict[str, object]:
    """What the manifest says of a written file."""
    content = path.read_bytes()
    return {
        "path": path.relative_to(folder).as_posix(),
        "rows": rows,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "schema": dict(columns),
    }


def _service_audiences(connection: duckdb.DuckDBPyConnection) -> set[str]:
    if not has_table(connection, "seeds", "audiences"):
        return set()
    return {str(row[0]) for row in connection.execute("select key from seeds.audiences where is_service").fetchall()}


def _write(connection: duckdb.DuckDBPyConnection, query: str, folder: Path, name: str) -> dict[str, object]:
    path = folder / FOLDER / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    (rows,) = connection.execute(f"copy ({query}) to {quoted(path)} (format csv, header)").fetchone() or (0,)
    columns = {str(row[0]): str(row[1]) for row in connection.execute(f"describe {query}").fetchall()}
    return file_entry(path, folder, int(rows), columns)


def _cell(name: str, kind: str) -> str:
    column = _quoted(name)
    if kind == "VARCHAR":
        return f"case when regexp_matches({column}, '{_FORMULA}') then chr(39) || {column} else {column} end"
    if kind == "TIMESTAMP":
        return f"strftime({column}, '%Y-%m-%dT%H:%M:%SZ')"
    return column


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
