"""Warehouses for tests of the models: files, loading and dbt in this process, without Dagster, gates or publishing."""

import gc
import logging
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from unittest import mock

import duckdb
import pytest

from orchestration.shop import load_shop
from orchestration.sources.drop.as_of import resolve_as_of
from orchestration.sources.drop.loader import load_drop
from orchestration.sources.registry import SOURCES
from orchestration.sources.tables import create_raw_tables
from orchestration.warehouse import open_warehouse, sql_environment
from tests.conftest import REPOSITORY

GOLDEN = REPOSITORY / "tests" / "golden"
# When the tests' runs are said to have started: naive UTC, after everything that the small shops hold.
STARTED = datetime(2026, 1, 1)  # noqa: DTZ001
# What people read: compared whole where two builds must agree.
RESULTS = ("marts", "reporting")

Row = dict[str, object]


@dataclass(frozen=True)
class Warehouse:
    """One shop's built warehouse. Each question opens the file anew, since a later build may replace it."""

    file: Path

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """All rows of one SELECT."""
        with open_warehouse(self.file, read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def rows(self, sql: str) -> list[Row]:
        """All rows of one SELECT, by column name."""
        with open_warehouse(self.file, read_only=True) as connection:
            result = connection.execute(sql)
            names = [column[0] for column in result.description or []]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def value(self, sql: str) -> object:
        """The one value of a SELECT that gives one row of one column."""
        ((value,),) = self.query(sql)
        return value

    def tables(self, schemas: tuple[str, ...] = RESULTS) -> dict[str, list[Row]]:
        """Every table and view of the schemas, `schema.name`, with its rows in an order of their own."""
        listed = (
            "select table_schema || '.' || table_name from information_schema.tables "
            f"where table_schema in {schemas} order by all"
        )
        return {str(name): self.rows(f"select * from {name} order by all") for (name,) in self.query(listed)}


class Builder:
    """Builds one warehouse after the other with dbt in this process.

    dbt is parsed once: it keeps what it parsed for as long as the warehouse's path stays the same, so every warehouse
    is built at one path and moved away when it is done.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._place = folder / "build" / "warehouse.duckdb"
        self._seeded = folder / "seeded.duckdb"

    def build(
        self,
        shop_folder: Path,
        name: str,
        upon: Warehouse | None = None,
        select: str = "",
        load: Callable[[duckdb.DuckDBPyConnection], object] | None = None,
    ) -> Warehouse:
        """Load what the shop has dropped and run every model on it.

        Args:
            shop_folder: with shop.yml and drop/.
            name: of the new warehouse's file, told apart from all others.
            upon: an earlier warehouse of the same shop, whose copy takes what is new; else an empty one does.
            select: dbt's own words for the models to run; all by default.
            load: fills raw tables of connected systems.

        Raises:
            AssertionError: a model failed; the message is dbt's.
        """
        shop = load_shop(shop_folder)
        self._place.parent.mkdir(parents=True, exist_ok=True)
        if upon is None and not self._seeded.exists():
            with open_warehouse(self._place) as connection:
                connection.execute("create schema if not exists raw_drop")
                create_raw_tables(connection, SOURCES.values())
            self._dbt("seed", {"SECOND_ORDER_WAREHOUSE": str(self._place)})
            shutil.move(self._place, self._seeded)
        shutil.copy(upon.file if upon else self._seeded, self._place)
        with open_warehouse(self._place) as connection:
            load_drop(connection, shop.folder, name, STARTED, self._folder / "scratch", needs_orders=not shop.sources)
            if load is not None:
                load(connection)
            as_of = resolve_as_of(shop, connection, STARTED)
        self._dbt("run", sql_environment(shop, self._place, as_of), select)
        return Warehouse(Path(shutil.move(self._place, self._folder / f"{name}.duckdb")))

    def rerun(self, shop_folder: Path, name: str, upon: Warehouse, change: str, select: str) -> Warehouse:
        """A copy of a warehouse, changed by SQL, with the selected models run again on it."""
        shop = load_shop(shop_folder)
        shutil.copy(upon.file, self._place)
        with open_warehouse(self._place) as connection:
            connection.execute(change)
            as_of = resolve_as_of(shop, connection, STARTED)
        self._dbt("run", sql_environment(shop, self._place, as_of), select)
        return Warehouse(Path(shutil.move(self._place, self._folder / f"{name}.duckdb")))

    def parse(self) -> Path:
        """The folder with what dbt writes when it has parsed the project: both of its manifests."""
        self._dbt("parse", {"SECOND_ORDER_WAREHOUSE": str(self._place)}, write=True)
        return self._folder / "target"

    def _dbt(self, command: str, environment: dict[str, str], select: str = "", write: bool = False) -> None:
        # Imported here because it takes a second that only these tests should pay.
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        arguments = [
            *("--quiet", "--log-level-file", "none", "--no-version-check"),
            "--write-json" if write else "--no-write-json",
            *(command, "--project-dir", str(REPOSITORY), "--profiles-dir", str(REPOSITORY)),
            *("--target-path", str(self._folder / "target"), "--log-path", str(self._folder / "log")),
            *(("--select", *select.split()) if select else ()),
        ]
        handlers = logging.getLogger().handlers[:]
        with mock.patch.dict(os.environ, environment):
            outcome = dbtRunner().invoke(arguments)
        logging.getLogger().handlers[:] = handlers
        # dbt keeps the file open for a next command; closed, all changes are in the file itself.
        DuckDBConnectionManager.close_all_connections()
        gc.collect()
        assert not self._place.with_name(self._place.name + ".wal").exists(), "dbt still has the warehouse open"
        failed = [
            f"{result.node.name}: {result.message}"
            for result in getattr(outcome.result, "results", [])
            if str(result.status) not in ("success", "pass")
        ]
        assert outcome.success, "\n".join(failed) or str(outcome.exception)


@pytest.fixture(scope="session")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """The session's one dbt."""
    return Builder(tmp_path_factory.mktemp("warehouses"))


@pytest.fixture(scope="session")
def golden(builder: Builder) -> Warehouse:
    """The golden shop, built once a session."""
    return builder.build(GOLDEN / "shop", "golden")
