"""What the doctor finds of each connected system: reachable, scopes, clock, limits, last load, and what to do."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from orchestration.errors import UserError
from orchestration.sources.http import Api, Clock
from orchestration.sources.registry import Configured
from orchestration.sources.source import Finding
from orchestration.sql import has_table
from orchestration.warehouse import open_warehouse

# Signed requests and windows of time go wrong beyond this; the Date header itself is good to a second.
_CLOCK_SECONDS: Final = 30.0
_STALE_HOURS: Final = 36.0


def examine(configured: Configured, warehouse: Path, now: datetime, clock: Clock | None = None) -> list[Finding]:
    """Ask one system for as little as tells whether a load would work.

    Args:
        warehouse: the shop's, which may not exist yet.
        now: naive UTC.
    """
    findings = []
    try:
        client = configured.connect(clock)
    except UserError as error:
        return [Finding("secrets", False, "missing", error.message)]
    try:
        findings.extend(configured.source.check(client))
        findings.insert(0, Finding("reachable", True, _address(client)))
    except UserError as error:
        findings.append(Finding("reachable", False, error.message, "put that right and ask the doctor again"))
    findings.extend(_clock(client))
    findings.append(_last_load(configured.source.name, warehouse, now))
    return findings


def table(rows: Sequence[tuple[str, Finding]]) -> list[str]:
    """Lines of a table: source, what was looked at, how it is, what to do."""
    cells = [("source", "", "what", "found", "what to do")] + [
        (source, "ok" if finding.ok else "!!", finding.what, finding.found, finding.advice) for source, finding in rows
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    return ["  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]).rstrip()
            for row in cells]  # fmt: skip


def _address(client: Any) -> str:
    api = getattr(client, "api", None)
    return api.url if isinstance(api, Api) else "answers"


def _clock(client: Any) -> list[Finding]:
    api = getattr(client, "api", None)
    skew = api.clock_skew() if isinstance(api, Api) else None
    if skew is None:
        return []
    found = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the server's" if abs(skew) >= 1 else "agrees"
    is_good = abs(skew) <= _CLOCK_SECONDS
    return [Finding("clock", is_good, found, "" if is_good else "set this machine's clock, for example with NTP")]


def _last_load(source: str, warehouse: Path, now: datetime) -> Finding:
    rows: list[tuple[Any, ...]] = []
    if warehouse.exists():
        with open_warehouse(warehouse, read_only=True) as connection:
            if has_table(connection, "ops", "source_loads"):
                rows = connection.execute(
                    "select started_at, bool_and(status = 'complete'), sum(rows), max(message) from ops.source_loads "
                    "where source = ? group by run_id, started_at order by started_at desc limit 1",
                    [source],
                ).fetchall()
    if not rows:
        return Finding("last load", False, "never loaded", "make run")
    started_at, is_complete, received, message = rows[0]
    hours = (now - started_at).total_seconds() / 3600
    found = f"{started_at:%Y-%m-%d %H:%M} UTC, {received:,} rows"
    if not is_complete:
        return Finding("last load", False, found, str(message))
    return Finding("last load", hours <= _STALE_HOURS, found, "" if hours <= _STALE_HOURS else "make run")
