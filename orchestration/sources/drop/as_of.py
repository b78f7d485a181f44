"""The moment every figure of a run is computed for."""

from datetime import datetime

import duckdb

from orchestration.errors import UserError
from orchestration.shop import Shop
from orchestration.sources.drop.moments import moment_in_utc


def resolve_as_of(shop: Shop, connection: duckdb.DuckDBPyConnection, started_at: datetime) -> datetime:
    """The shop's own `as_of`; without one, the start of the run if any source is live, else local midnight after the
    last order that isn't in the future.

    Args:
        started_at: when the run started, naive UTC; what is later counts as the future.

    Returns:
        A naive moment in UTC.
    """
    if shop.as_of_utc is not None:
        return shop.as_of_utc
    if shop.sources:
        return started_at
    connection.execute("set TimeZone = 'UTC'")
    row = connection.execute(
        f"""
        with moments as (select {moment_in_utc("ordered_at", "$zone")} as ordered_at from raw_drop.orders)
        select timezone('UTC', timezone($zone, cast(
            cast(timezone($zone, timezone('UTC', max(ordered_at))) as date) + 1 as timestamp
        )))
        from moments where ordered_at <= $started_at
        """,
        {"zone": shop.timezone, "started_at": started_at},
    ).fetchone()
    if row is None or row[0] is None:
        raise UserError(f"{shop.drop}: every order lies in the future; correct ordered_at or set as_of in shop.yml")
    moment: datetime = row[0]
    return moment
