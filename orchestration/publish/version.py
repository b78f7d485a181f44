"""Publish a complete version of the reporting tables and swap `current` to it in one step, or not at all."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.files import flush
from orchestration.publish.audience_files import file_entry, write_audience_files
from orchestration.shop import REPOSITORY
from orchestration.sql import quoted

VERSIONS_KEPT = 5
_PUBLISHED_SCHEMAS = ("reporting", "audiences")
_PARTIAL = ".partial-"


@dataclass(frozen=True)
class Version:
    """One published version: its name, folder, and the hash of its data files, which equal input gives again."""

    name: str
    folder: Path
    data_version: str
    files: int
    rows: int


def publish(
    connection: duckdb.DuckDBPyConnection,
    published: Path,
    run_id: str,
    started_at: datetime,
    as_of: datetime,
    last_load: int,
) -> Version:
    """Write every table of the published schemas, then the manifest, then point `current` at them.

    Readers see the version before until the last step, which is one rename; whatever ends the process earlier leaves
    a hidden folder that the next run removes.
    """
    published.mkdir(parents=True, exist_ok=True)
    for leftover in published.glob(f"{_PARTIAL}*"):
        shutil.rmtree(leftover) if leftover.is_dir() and not leftover.is_symlink() else leftover.unlink()
    name = f"{started_at:%Y%m%dT%H%M%SZ}-{run_id[:8]}"
    partial = published / f"{_PARTIAL}{name}"
    partial.mkdir()
    files = [
        entry
        for schema in _PUBLISHED_SCHEMAS
        for table in _tables(connection, schema)
        for entry in _write_table(connection, schema, table, partial)
    ]
    files += write_audience_files(connection, _tables(connection, "audiences"), partial)
    manifest = {
        "version": name,
        "run_id": run_id,
        "data_version": data_version(files),
        "as_of": as_of.isoformat() + "Z",
        "git_revision": git_revision(),
        "last_load": last_load,
        "files": files,
    }
    (partial / "manifest.json").write_text(manifest_text(manifest), encoding="utf-8")
    _flush(partial)
    folder = published / name
    partial.replace(folder)
    _swap(published, name)
    _remove_old(published)
    return Version(
        name, folder, str(manifest["data_version"]), len(files), sum(int(str(entry["rows"])) for entry in files)
    )


def data_version(files: Sequence[Mapping[str, object]]) -> str:
    """What equal data files, given as a manifest's entries, have alike."""
    return hashlib.sha256("".join(str(entry["sha256"]) for entry in files).encode()).hexdigest()[:16]


def manifest_text(manifest: Mapping[str, object]) -> str:
    """A manifest as it stands in its file."""
    return json.dumps(manifest, indent=2) + "\n"


def git_revision() -> str:
    """The revision the figures were made with, or `unknown` outside a checkout."""
    try:
        result = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return result.stdout.strip()


def _tables(connection: duckdb.DuckDBPyConnection, schema: str) -> list[str]:
    rows = connection.execute(
        "select table_name from information_schema.tables where table_schema = ? order by table_name",
        [schema],
    ).fetchall()
    return [str(row[0]) for row in rows]


def _write_table(
    connection: duckdb.DuckDBPyConnection, schema: str, table: str, folder: Path
) -> list[dict[str, object]]:
    (folder / schema).mkdir(exist_ok=True)
    columns = {
        str(row[0]): str(row[1]) for row in connection.execute(f"describe select * from {schema}.{table}").fetchall()
    }
    (rows,) = connection.execute(f"select count(*) from {schema}.{table}").fetchone() or (0,)
    # Ordered by everything, so that equal tables are equal bytes.
    path = folder / schema / f"{table}.parquet"
    connection.execute(
        f"copy (from {schema}.{table} order by all) to {quoted(path)} (format parquet, compression zstd)"
    )
    return [file_entry(path, folder, int(rows), columns)]


def _flush(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        flush(path)


def _swap(published: Path, name: str) -> None:
    link = published / f"{_PARTIAL}current"
    link.symlink_to(name)
    link.replace(published / "current")


def _remove_old(published: Path) -> None:
    current = (published / "current").readlink()
    versions = sorted(path for path in published.iterdir() if path.is_dir() and not path.is_symlink())
    for version in versions[:-VERSIONS_KEPT]:
        if version.name != current.name:
            shutil.rmtree(version)
