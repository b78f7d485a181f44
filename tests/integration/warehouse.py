"""Warehouses for tests of the models: files, loading and dbt in this process, without Dagster, gates or publishing."""

import gc
import logging
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import pytest

from orchestration.builds import begin_build, build_environment, build_flags, complete_build
from orchestration.privacy.tombstones import Tombstones
from orchestration.shop import load_shop
from orchestration.sources.drop.as_of import resolve_as_of
from orchestration.sources.drop.loader import load_drop
from orchestration.warehouse import open_warehouse, sql_environment
from tests.conftest import REPOSITORY

GOLDEN = REPOSITORY / "tests" / "golden"
# When the tests' runs are said to have started: naive UTC, after everything that the small shops hold.
STARTED = datetime(2026, 1, 1)  # noqa: DTZ001
# What people read: compared whole where two builds must agree.
RESULTS = ("marts", "reporting")

Row = dict[str, object]


@dataclass(frozen=True)
class Model:
    """A model as dbt ran it for one shop, with every name and setting filled in."""

    name: str
    schema: str
    is_view: bool
    sql: str | None
    """The SELECT; None of a model that is Python."""
    parents: tuple[str, ...]
    """Names of the models and seeds it reads."""


@dataclass(frozen=True)
class Check:
    """A data test or unit test of dbt's, compiled for one shop: the statement that judges, and what it is about."""

    name: str
    sql: str
    models: tuple[str, ...]
    """Names of the models and seeds a data test reads; the one model of a unit test."""


@dataclass(frozen=True)
class Warehouse:
    """One shop's built warehouse. Each question opens the file anew, since a later build may replace it."""

    file: Path
    models: Mapping[str, Model] = field(default_factory=dict, repr=False, compare=False)
    """The models that the last build ran, by name, each after those it reads."""

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


def differing_tables(one: Warehouse, other: Warehouse, besides: tuple[str, ...] = ()) -> dict[str, int]:
    """How many rows of each table that people read are in one of two warehouses alone; tables that agree are left out.

    `besides` are tables that are compared too, with their schemas.

    Raises:
        AssertionError: the warehouses don't hold the same tables.
    """
    with open_warehouse(one.file, read_only=True) as connection:
        connection.execute(f"attach '{other.file}' as other (read_only)")
        listed = "select table_schema || '.' || table_name from information_schema.tables where table_schema in {} "
        here, there = (
            [
                str(name)
                for (name,) in connection.execute(f"{listed.format(RESULTS)} and {side} order by all").fetchall()
            ]
            for side in ("table_catalog <> 'other'", "table_catalog = 'other'")
        )
        assert here == there
        assert len(here) > 40
        differing = {}
        for table in (*here, *besides):
            alone = "(from {0} except all from {1}) union all (from {1} except all from {0})"
            rows = connection.execute(f"select count(*) from ({alone.format(table, f'other.{table}')})").fetchone()
            assert rows is not None
            if rows[0]:
                differing[table] = int(rows[0])
    return differing


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
        tombstones: Tombstones | None = None,
    ) -> Warehouse:
        """Load what the shop has dropped and run every model on it.

        Args:
            shop_folder: with shop.yml and drop/.
            name: of the new warehouse's file, told apart from all others.
            upon: an earlier warehouse of the same shop, whose copy takes what is new; else an empty one does.
            select: dbt's own words for the models to run; all by default.
            load: fills raw tables of connected systems.
            tombstones: whom to keep out.

        Raises:
            AssertionError: a model failed; the message is dbt's.
        """
        shop = load_shop(shop_folder)
        self._place.parent.mkdir(parents=True, exist_ok=True)
        if upon is None and not self._seeded.exists():
            with open_warehouse(self._place) as connection:
                connection.execute("create schema if not exists raw_drop")
            self._dbt("seed", {"SECOND_ORDER_WAREHOUSE": str(self._place)})
            shutil.move(self._place, self._seeded)
        shutil.copy(upon.file if upon else self._seeded, self._place)
        with open_warehouse(self._place) as connection:
            load_drop(
                connection, shop.folder, name, STARTED, self._folder / "scratch", needs_orders=not shop.sources,
                tombstones=tombstones,
            )  # fmt: skip
            if load is not None:
                load(connection)
            as_of = resolve_as_of(shop, connection, STARTED)
            start = begin_build(connection, shop, as_of)
        environment = sql_environment(shop, self._place, as_of) | build_environment(start)
        results = self._dbt("run", environment, select, *build_flags(start))
        if not select:
            with open_warehouse(self._place) as connection:
                complete_build(connection, shop, as_of)
        models = {model.name: model for model in map(_model, results)}
        return Warehouse(Path(shutil.move(self._place, self._folder / f"{name}.duckdb")), models)

    def rebuild(self, shop_folder: Path, name: str, upon: Warehouse) -> Warehouse:
        """A warehouse with the same raw rows, in which everything else is built from nothing."""
        shop = load_shop(shop_folder)
        shutil.copy(upon.file, self._place)
        with open_warehouse(self._place) as connection:
            for schema in ("staging", "intermediate", "marts", "reporting"):
                connection.execute(f"drop schema {schema} cascade")
            as_of = resolve_as_of(shop, connection, STARTED)
        environment = sql_environment(shop, self._place, as_of) | build_environment(None)
        self._dbt("run", environment, "", "--full-refresh")
        return Warehouse(Path(shutil.move(self._place, self._folder / f"{name}.duckdb")))

    def rerun(self, shop_folder: Path, name: str, upon: Warehouse, change: str, select: str) -> Warehouse:
        """A copy of a warehouse, changed by SQL, with the selected models run again on it."""
        shop = load_shop(shop_folder)
        shutil.copy(upon.file, self._place)
        with open_warehouse(self._place) as connection:
            connection.execute(change)
            as_of = resolve_as_of(shop, connection, STARTED)
        self._dbt("run", sql_environment(shop, self._place, as_of) | build_environment(None), select)
        return Warehouse(Path(shutil.move(self._place, self._folder / f"{name}.duckdb")))

    def parse(self) -> Path:
        """The folder with what dbt writes when it has parsed the project: both of its manifests."""
        self._dbt("parse", {"SECOND_ORDER_WAREHOUSE": str(self._place)}, write=True)
        return self._folder / "target"

    def data_tests(self, shop_folder: Path, built: Warehouse) -> list[Check]:
        """dbt's data tests as they judge this shop: each gives the rows that are wrong. Nothing is run."""
        results = self._judge("compile", shop_folder, built, "test_type:data")
        return [Check(result.node.name, result.node.compiled_code, _names(result.node)) for result in results]

    def unit_tests(self, shop_folder: Path, built: Warehouse, models: Iterable[str]) -> list[Check]:
        """dbt's unit tests of the models, which pass: each gives its rows, actual and expected, told apart last."""
        select = " ".join(f"{model},test_type:unit" for model in models)
        return [
            # The statement stands nowhere but in the file that dbt writes before it runs it.
            Check(result.node.name, Path(result.node.build_path).read_text(encoding="utf-8"), (_tested(result.node),))
            for result in self._judge("test", shop_folder, built, select)
        ]

    def _judge(self, command: str, shop_folder: Path, built: Warehouse, select: str) -> list[Any]:
        shop = load_shop(shop_folder)
        shutil.copy(built.file, self._place)
        with open_warehouse(self._place) as connection:
            as_of = resolve_as_of(shop, connection, STARTED)
        results = self._dbt(command, sql_environment(shop, self._place, as_of), select)
        self._place.unlink()
        return results

    def _dbt(
        self, command: str, environment: dict[str, str], select: str = "", *flags: str, write: bool = False
    ) -> list[Any]:
        # Imported here because it takes a second that only these tests should pay.
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        arguments = [
            *("--quiet", "--log-level-file", "none", "--no-version-check"),
            "--write-json" if write else "--no-write-json",
            *(command, "--project-dir", str(REPOSITORY), "--profiles-dir", str(REPOSITORY)),
            *("--target-path", str(self._folder / "target"), "--log-path", str(self._folder / "log")),
            *flags,
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
        results = getattr(outcome.result, "results", [])
        failed = [
            f"{result.node.name}: {result.message}"
            for result in results
            if str(result.status) not in ("success", "pass")
        ]
        assert outcome.success, "\n".join(failed) or str(outcome.exception)
        return list(results)


def _names(node: Any) -> tuple[str, ...]:
    return tuple(unique_id.rsplit(".", 1)[-1] for unique_id in node.depends_on_nodes)


def _tested(node: Any) -> str:
    return str(node.tested_node_unique_id).rsplit(".", 1)[-1]


def _model(result: Any) -> Model:
    node = result.node
    sql = node.compiled_code if node.language == "sql" else None
    return Model(node.name, node.schema, node.config.materialized == "view", sql, _names(node))


@pytest.fixture(scope="session")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """The session's one dbt."""
    return Builder(tmp_path_factory.mktemp("warehouses"))


@pytest.fixture(scope="session")
def golden(builder: Builder) -> Warehouse:
    """The golden shop, built once a session."""
    return builder.build(GOLDEN / "shop", "golden")
