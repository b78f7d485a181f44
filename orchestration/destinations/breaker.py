"""Stops an audience whose size says that something is wrong with it, before anything is sent or taken back."""

from collections.abc import Collection
from typing import Final

import duckdb

from orchestration.destinations.destination import DestinationSettings

VERSIONS: Final = 14


def remember_sizes(connection: duckdb.DuckDBPyConnection, destination: str, sizes: list[tuple[str, str, int]]) -> None:
    """Keep how many persons each audience had in each version, as long as it counts.

    Args:
        sizes: (version, audience, persons).
    """
    known = set(
        connection.execute("select version, audience from sizes where destination = ?", [destination]).fetchall()
    )
    new = [
        [destination, audience, version, persons]
        for version, audience, persons in sizes
        if (version, audience) not in known
    ]
    if new:
        connection.executemany("insert into sizes values (?, ?, ?, ?)", new)
    connection.execute(
        f"""
        delete from sizes where destination = $destination and (audience, version) in (
            select (audience, version) from (
                select audience, version, row_number() over (partition by audience order by version desc) as place
                from sizes where destination = $destination
            ) as placed where place > {VERSIONS + 1}
        )
        """,
        {"destination": destination},
    )


def stopped_audiences(
    connection: duckdb.DuckDBPyConnection,
    destination: str,
    version: str,
    settings: DestinationSettings,
    allowed: Collection[str],
) -> dict[str, str]:
    """Audiences to leave as they are, each with the one line that says why. Wants `wanted` and the sizes so far.

    Small ones are judged by persons alone: a difference up to `size_change_persons` never stops one, so that birthdays
    may go from nine to none.
    """
    rows = connection.execute(
        f"""
        with now as (
            select audience, count(*) as published, count(*) filter (where verdict is null) as eligible
            from wanted group by audience
        ),
        held as (
            select audience, count(*) as held from memberships
            where destination = $destination and status <> 'absent' group by audience
        ),
        earlier as (
            select audience, median(persons) as usual, max(persons) as greatest, count(*) as versions
            from (
                select audience, persons, row_number() over (partition by audience order by version desc) as place
                from sizes where destination = $destination and version < $version
            ) as placed where place <= {VERSIONS}
            group by audience
        )
        select
            audience, coalesce(published, 0), coalesce(eligible, 0), coalesce(held, 0),
            usual, coalesce(greatest, 0), coalesce(versions, 0)
        from now
        full outer join held using (audience)
        left join earlier using (audience)
        order by audience
        """,
        {"destination": destination, "version": version},
    ).fetchall()
    found = {}
    for audience, published, eligible, held, usual, greatest, versions in rows:
        if audience in allowed:
            continue
        why = _why(published, eligible, held, usual, greatest, versions, settings)
        if why is not None:
            found[str(audience)] = f"{audience}: {why}; stopped, ALLOW={audience} lets it go on"
    return found


def allow(connection: duckdb.DuckDBPyConnection, destination: str, version: str, audiences: Collection[str]) -> None:
    """From this version on, these audiences' sizes are what is usual."""
    for audience in audiences:
        connection.execute(
            "delete from sizes where destination = ? and audience = ? and version < ?",
            [destination, audience, version],
        )


def _why(
    published: int,
    eligible: int,
    held: int,
    usual: float | None,
    greatest: int,
    versions: int,
    settings: DestinationSettings,
) -> str | None:
    few, share = settings.size_change_persons, settings.size_change_share
    if published == 0 and max(greatest, held) > few:
        was = f"its last {versions} versions had up to {greatest:,}" if versions else f"{held:,} are there"
        return f"nobody is in it, {was}"
    if usual is not None and abs(published - usual) > max(share * usual, few):
        return (
            f"{published:,} persons are {abs(published - usual) / max(usual, 1):.0%} "
            f"{'more' if published > usual else 'fewer'} than the median of its last {versions} versions, {usual:,.0f}"
        )
    if published - eligible > max(share * published, few):
        return f"{published - eligible:,} of its {published:,} persons may not be written to in the newest data"
    return None
