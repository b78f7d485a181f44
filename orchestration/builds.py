"""Whether dbt may build upon what it built before, or must build anew.

The large tables take in only what has come or changed since the build before. That gives what building anew gives as
long as the code, the settings and the engine are the same, time hasn't gone back, and the build before was complete.
Whatever isn't so, is built anew.
"""

import hashlib
import json
from datetime import datetime

import duckdb

from orchestration.shop import Shop
from orchestration.warehouse import sql_code, sql_settings

_TABLE = "ops.last_build"


def fingerprint(shop: Shop, as_of: datetime) -> str:
    """The same for two builds that may follow each other: equal settings but the moment, code and DuckDB version.

    The numbers that stand for texts (`macros/engine/hash_number.sql`) are equal within one version of DuckDB only.
    """
    settings = {key: value for key, value in sql_settings(shop, as_of).items() if key != "as_of"}
    made_with = json.dumps([settings, duckdb.__version__, sql_code()], sort_keys=True)
    return hashlib.sha256(made_with.encode()).hexdigest()


def begin_build(connection: duckdb.DuckDBPyConnection, shop: Shop, as_of: datetime) -> datetime | None:
    """The as-of moment of the build that this one may build upon; None: everything must be built anew.

    The build before is forgotten here and remembered by `complete_build`, so that one that fails is never built upon.
    """
    connection.execute(
        f"create schema if not exists ops; create table if not exists {_TABLE} (fingerprint varchar, as_of timestamp)"
    )
    row = connection.execute(
        f"select as_of from {_TABLE} where fingerprint = ? and as_of <= ?", [fingerprint(shop, as_of), as_of]
    ).fetchone()
    connection.execute(f"delete from {_TABLE}")
    return row[0] if row else None


def complete_build(connection: duckdb.DuckDBPyConnection, shop: Shop, as_of: datetime) -> None:
    """Remember that every model has been built as of a moment."""
    connection.execute(f"delete from {_TABLE}")
    connection.execute(f"insert into {_TABLE} values (?, ?)", [fingerprint(shop, as_of), as_of])


def build_environment(built_as_of: datetime | None) -> dict[str, str]:
    """What `macros/updates/built_as_of.sql` reads; always set, so that one build's value can't reach the next."""
    return {"SECOND_ORDER_BUILT_AS_OF": built_as_of.isoformat(sep=" ", timespec="microseconds") if built_as_of else ""}


def build_flags(built_as_of: datetime | None) -> list[str]:
    """What to tell `dbt build` besides: tables that are built anew need not be emptied first."""
    return [] if built_as_of else ["--full-refresh"]
