"""Opening a shop's warehouse, and the settings its SQL reads."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.files import flush
from orchestration.shop import REPOSITORY, Shop
from orchestration.sql import quoted


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


def rewrite(file: Path) -> None:
    """Copy a database into a new file in its place, so that nothing deleted is left in its free blocks."""
    remove_unfinished(file)
    partial = _partial(file)
    with duckdb.connect() as connection:
        connection.execute(f"attach {quoted(file)} as before; attach {quoted(partial)} as after")
        connection.execute("copy from database before to after; checkpoint after; detach after; detach before")
    partial.replace(file)
    # Changes that the file before hadn't taken in yet were read with it.
    Path(f"{file}.wal").unlink(missing_ok=True)
    flush(file.parent)


def remove_unfinished(file: Path) -> None:
    """Remove what a `rewrite` that was killed left beside a database."""
    for leftover in (_partial(file), Path(f"{_partial(file)}.wal")):
        leftover.unlink(missing_ok=True)


def _partial(file: Path) -> Path:
    return file.with_name(f".partial-{file.name}")


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
