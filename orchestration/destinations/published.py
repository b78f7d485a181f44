"""What may be sent: the audiences of the published version, if it is whole, newest, checked and fresh."""

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any, Final

import duckdb

from orchestration.errors import UserError
from orchestration.shop import REPOSITORY, ShopPaths

RULES: Final = REPOSITORY / "seeds" / "audiences.csv"
_TRUE: Final = ("true", "t", "1", "yes")
_STAGES: Final = 3


@dataclass(frozen=True)
class Audience:
    """One published audience: its file, and the values its message needs with their types in DuckDB."""

    key: str
    file: Path
    persons: int
    values: Mapping[str, str]


@dataclass(frozen=True)
class Published:
    """The published version. `as_of` is naive UTC; `audiences` are those that may be sent."""

    version: str
    run_id: str
    as_of: datetime
    audiences: Mapping[str, Audience]
    unknown: tuple[str, ...]
    """Published audiences that the rules don't list: they are never sent."""


def read_published(paths: ShopPaths, rules: Path = RULES) -> Published:
    """Read the manifest of `published/current` and see that each audience's file is what it says.

    Raises:
        UserError: nothing is published, or a file isn't the published one.
    """
    manifest_file = paths.current / "manifest.json"
    if not manifest_file.is_file():
        raise UserError(f"{paths.current}: nothing is published yet; run the shop first", exit_code=1)
    manifest = json.loads(manifest_file.read_text(encoding="utf-8"))
    kinds = service_by_key(rules)
    found, unknown = {}, []
    for key, entry in _audiences_in(manifest):
        if key not in kinds:
            unknown.append(key)
            continue
        if kinds[key]:
            continue
        file = paths.current.resolve() / str(entry["path"])
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != entry["sha256"]:
            raise UserError(f"{file}: not the file that was published; run the shop again", exit_code=1)
        values = {
            str(column): str(kind)
            for column, kind in entry["schema"].items()
            if column not in ("person_id", "email", "entered_at", "reason")
        }
        found[key] = Audience(key, file, int(entry["rows"]), values)
    as_of = datetime.fromisoformat(str(manifest["as_of"]).replace("Z", "+00:00")).replace(tzinfo=None)
    return Published(str(manifest["version"]), str(manifest["run_id"]), as_of, found, tuple(sorted(unknown)))


def service_by_key(rules: Path = RULES) -> dict[str, bool]:
    """Whether each audience is a service one, whose people are told by the shop itself and not by an e-mail tool."""
    if not rules.is_file():
        raise UserError(f"{rules}: missing; it says which audiences may be sent", exit_code=1)
    with rules.open(encoding="utf-8", newline="") as handle:
        return {row["key"]: row["is_service"].strip().lower() in _TRUE for row in csv.DictReader(handle)}


def sizes_of_versions(paths: ShopPaths) -> list[tuple[str, str, int]]:
    """(version, audience, persons) of every version that is still there."""
    sizes = []
    for manifest_file in sorted(paths.published.glob("[0-9]*/manifest.json")):
        manifest = json.loads(manifest_file.read_text(encoding="utf-8"))
        sizes += [(str(manifest["version"]), key, int(entry["rows"])) for key, entry in _audiences_in(manifest)]
    return sizes


def _audiences_in(manifest: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each audience's key, and the manifest's entry of its file."""
    for entry in manifest["files"]:
        path = PurePosixPath(entry["path"])
        if path.parent == PurePosixPath("audiences") and path.suffix == ".parquet":
            yield path.stem, entry


def require_newest(connection: duckdb.DuckDBPyConnection, published: Published) -> None:
    """See that nothing newer than the published version was tried, and that all of its checks passed.

    Args:
        connection: with the shop's warehouse attached as `warehouse`.

    Raises:
        UserError: one line that says what stands against sending.
    """
    newest = _value(connection, "select max(version) from warehouse.ops.published_versions")
    if newest != published.version:
        raise UserError(
            f"nothing is sent: version {published.version} is published, the newest is {newest}; run the shop again",
            exit_code=1,
        )
    last_run = _value(connection, "select run_id from warehouse.ops.run_checks order by rowid desc limit 1")
    is_built = _value(connection, "select bool_and(is_complete) from warehouse.ops.last_build")
    if last_run != published.run_id or is_built is False:
        raise UserError(
            f"nothing is sent: a run after version {published.version} hasn't published; see why, then run the shop",
            exit_code=1,
        )
    stages, failed = connection.execute(
        "select count(distinct stage), coalesce(sum(failed), 0) from warehouse.ops.run_checks where run_id = ?",
        [published.run_id],
    ).fetchone() or (0, 0)
    if stages < _STAGES or failed:
        raise UserError(
            f"nothing is sent: {failed} checks failed in the run of version {published.version}"
            if failed
            else f"nothing is sent: the run of version {published.version} lacks some of its checks",
            exit_code=1,
        )


def require_fresh(
    connection: duckdb.DuckDBPyConnection, published: Published, now: datetime, max_age_hours: float, setting: str
) -> None:
    """See that the data, and those of each connected source, are no older than the setting allows.

    Args:
        now: naive UTC.
        setting: how shop.yml names the limit.

    Raises:
        UserError: they are older.
    """
    oldest = now - timedelta(hours=max_age_hours)
    limit = f"{setting} allows {max_age_hours:g}"
    if published.as_of < oldest:
        hours = (now - published.as_of).total_seconds() / 3600
        raise UserError(
            f"nothing is sent: the data are as of {published.as_of:%Y-%m-%d %H:%M} UTC, {hours:,.0f} h old; {limit}",
            exit_code=1,
        )
    sources = _value(connection, "select sources from warehouse.reporting.run_info")
    for source in json.loads(str(sources)) if sources else []:
        until = source.get("complete_until")
        moment = datetime.fromisoformat(str(until)) if until else None
        if source.get("is_stale") and (moment is None or moment < oldest):
            since = f"since {moment:%Y-%m-%d %H:%M} UTC" if moment else "so far"
            raise UserError(
                f"nothing is sent: {source['source']} hasn't been loaded wholly {since}; {limit} hours", exit_code=1
            )


def _value(connection: duckdb.DuckDBPyConnection, sql: str) -> object:
    row = connection.execute(sql).fetchone()
    return row[0] if row else None
