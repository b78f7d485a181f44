"""Opening a shop's warehouse, and the settings its SQL reads."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.shop import REPOSITORY, Shop


@contextmanager
def open_warehouse(file: Path, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that reads and writes every moment in UTC, closed at the end so that the next step may open it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(str(file), read_only=read_only)
    try:
        connection.execute("set TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


def sql_settings(shop: Shop, as_of: datetime) -> dict[str, object]:
    """What `macros/setting.sql` hands to the models: the shop's own values over the project's defaults."""
    return {
        "shop_name": shop.name,
        "timezone": shop.timezone,
        "currency": shop.currency,
        "as_of": as_of.isoformat(sep=" ", timespec="microseconds"),
        "history_starts_on": shop.history_starts_on.isoformat() if shop.history_starts_on else None,
        **shop.settings.model_dump(mode="json"),
    }


def sql_environment(shop: Shop, warehouse: Path, as_of: datetime) -> dict[str, str]:
    """The environment dbt runs in."""
    return {
        "SECOND_ORDER_WAREHOUSE": str(warehouse),
        "SECOND_ORDER_SETTINGS": json.dumps(sql_settings(shop, as_of), sort_keys=True),
        "SECOND_ORDER_CODE": sql_code(),
    }


def sql_code() -> str:
    """A hash of the dbt project's models, macros and seeds: what is kept from build to build holds for one code."""
    folders = [REPOSITORY / part for part in ("models", "macros", "seeds")]
    files = [REPOSITORY / "dbt_project.yml", *(file for folder in folders for file in folder.rglob("*"))]
    digest = hashlib.sha256()
    for file in sorted(file for file in files if file.suffix in (".sql", ".yml", ".csv")):
        digest.update(str(file.relative_to(REPOSITORY)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()
