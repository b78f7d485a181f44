"""Whether dbt may build upon what it built before, or must build anew.

The large tables take in only what has come or changed since the build before. That gives what building anew gives as
long as the code, the settings and the engine are the same, time hasn't gone back, and the build before was complete.
Whatever isn't so, is built anew.
"""

import hashlib
import json
from datetime import datetime
from typing import NamedTuple

import duckdb

from orchestration.audiences.memory import create_tables
from orchestration.shop import Shop
from orchestration.warehouse import sql_code, sql_settings

_TABLE = "ops.last_build"


class Build(NamedTuple):
    """What a build may start from."""

    built_as_of: datetime | None
    """The as-of moment of the build before, where tables may be taken further from there."""
    built_load: int | None
    """The greatest number of a load that the build before has seen, where tables may be taken further from there."""
    is_same: bool
    """Whether what is in the warehouse was built with the same settings and code, be it complete or not.

    Never so with connected systems: what was redacted there must not live on in a table that is kept.
    """


def fingerprint(shop: Shop, as_of: datetime) -> str:
    """The same for two builds that may follow each other: equal settings but the moment, code and DuckDB version.

    The numbers that stand for texts (`macros/engine/hash_number.sql`) are equal within one version of DuckDB only.
    """
    settings = {key: value for key, value in sql_settings(shop, as_of).items() if key != "as_of"}
    made_with = json.dumps([settings, duckdb.__version__, sql_code()], sort_keys=True)
    return hashlib.sha256(made_with.encode()).hexdigest()


def begin_build(connection: duckdb.DuckDBPyConnection, shop: Shop, as_of: datetime) -> Build:
    """What this build may start from.

    The build before counts as incomplete from here on, until `complete_build`: one that fails is never built upon. Rows
    of connected systems are replaced and removed where they stand, so that nothing tells which have changed.
    """
    create_tables(connection)
    connection.execute(
        f"create schema if not exists ops; "
        f"create table if not exists {_TABLE} (fingerprint varchar, as_of timestamp, is_complete boolean); "
        f"alter table {_TABLE} add column if not exists load_id bigint"
    )
    made_with = fingerprint(shop, as_of)
    row = connection.execute(
        f"select is_complete and as_of <= ? and load_id is not null, as_of, load_id from {_TABLE} "
        "where fingerprint = ?",
        [as_of, made_with],
    ).fetchone()
    may_follow = row is not None and bool(row[0]) and not shop.sources
    _remember(connection, made_with, as_of, is_complete=False)
    moment, load_id = row[1:] if row is not None and may_follow else (None, None)
    return Build(moment, load_id, row is not None and not shop.sources)


def complete_build(connection: duckdb.DuckDBPyConnection, shop: Shop, as_of: datetime) -> None:
    """Remember that every model has been built as of a moment."""
    _remember(connection, fingerprint(shop, as_of), as_of, is_complete=True)


def build_environment(build: Build | None) -> dict[str, str]:
    """What `macros/updates` reads; always set, so that one build's values can't reach the next."""
    moment, load_id = (build.built_as_of, build.built_load) if build else (None, None)
    return {
        "SECOND_ORDER_BUILT_AS_OF": moment.isoformat(sep=" ", timespec="microseconds") if moment else "",
        "SECOND_ORDER_BUILT_LOAD": "" if load_id is None else str(load_id),
    }


def build_flags(build: Build) -> list[str]:
    """What to tell `dbt build` besides. Tables of other code need not be emptied before they are filled again."""
    return [] if build.is_same else ["--full-refresh"]


def _remember(connection: duckdb.DuckDBPyConnection, made_with: str, as_of: datetime, is_complete: bool) -> None:
    connection.execute(f"delete from {_TABLE}")
    connection.execute(
        f"insert into {_TABLE} select ?, ?, ?, coalesce(max(load_id), 0) from ops.loads",
        [made_with, as_of, is_complete],
    )
