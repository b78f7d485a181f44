"""Gate 1's checks of raw tables that were filled from a connected system's API: the keys, and the moments."""

from orchestration.quality.catalog import Catalog
from orchestration.quality.checks import Check, GateSettings, TableChecks, no_rows
from orchestration.sources.registry import SOURCES
from orchestration.sources.source import Stream
from orchestration.sql import quoted


def raw_tables() -> list[str]:
    """`schema.name` of every stream's raw table."""
    return [f"{source.schema}.{stream.name}" for source in SOURCES.values() for stream in source.streams]


def connected_checks(catalog: Catalog, rows: dict[str, int], settings: GateSettings) -> list[TableChecks]:
    """One group of checks for every raw table that has rows; `rows` counts them.

    Fields are judged while loading (`orchestration.sources.shape`), where a wrong one stops its source alone. What is
    left to ask of the stored rows is what loading must keep true.
    """
    return [
        _checks(stream, f"{source.schema}.{stream.name}", settings)
        for source in SOURCES.values()
        for stream in source.streams
        if rows.get(f"{source.schema}.{stream.name}", 0) > 0
        and catalog.has(f"{source.schema}.{stream.name}", "id", "updated_at", "payload")
    ]


def _checks(stream: Stream, table: str, settings: GateSettings) -> TableChecks:
    checks = [
        no_rows("id is filled", "id is null or id = ''", "without an id", column="id"),
        Check(
            "one row a record",
            "count(*) - count(distinct id)",
            "more than one for an id",
            column="id",
            look_at=f"select id from {table} group by id having count(*) > 1",
        ),
    ]
    if stream.cursor is not None:
        early = f"updated_at < timestamp {quoted(settings.earliest)}"
        checks.append(
            no_rows(f"updated_at: not before {settings.earliest}", early, f"before {settings.earliest}",
                    column="updated_at", severity="warn", sample=f"select id from {table} where {early} order by id")
        )  # fmt: skip
    return TableChecks(table, f"select * from {table}", tuple(checks))
