"""Write the demo shop's files, each in the form its tool would export."""

from __future__ import annotations

import logging
from pathlib import Path

import duckdb

from orchestration.demo.tables import Output
from orchestration.sql import quoted

log = logging.getLogger(__name__)

PREFIX = "tidewren_"  # only files with this prefix are the generator's, and only they are ever removed
_COPY_OPTIONS = {
    "csv": ("csv", "format csv, header"),
    "windows_csv": ("csv", "format csv, header, delimiter ';'"),
    "jsonl": ("jsonl", "format json"),
    "parquet": ("parquet", "format parquet, compression zstd, row_group_size 250000"),
}


def remove_generated(drop: Path) -> None:
    """Remove the files that an earlier run of the generator left in `drop/<entity>/`."""
    for file in sorted(drop.glob(f"*/{PREFIX}*")):
        file.unlink()


def write(connection: duckdb.DuckDBPyConnection, drop: Path, output: Output) -> tuple[str, int, int]:
    """Write one file. Returns its path below `drop`, its rows and its bytes."""
    suffix, options = _COPY_OPTIONS[output.kind]
    file = drop / output.entity / f"{PREFIX}{output.name}.{suffix}"
    file.parent.mkdir(parents=True, exist_ok=True)
    result = connection.execute(f"copy ({output.select}) to {quoted(file)} ({options})").fetchall()
    rows = int(result[0][0])
    if output.kind == "windows_csv":
        _as_windows_export(file)
    log.debug("%s: %d rows", file, rows)
    return file.relative_to(drop).as_posix(), rows, file.stat().st_size


def _as_windows_export(file: Path) -> None:
    """Byte order mark and CRLF, as spreadsheet programs and many help desks export."""
    content = file.read_bytes()
    file.write_bytes(b"\xef\xbb\xbf" + content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
