"""A built warehouse in which one model is another: what depends on it is built again when a test asks for it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import duckdb

from orchestration.sources.drop.loader import load_drop
from orchestration.warehouse import open_warehouse
from tests.integration.warehouse import STARTED, Model, Row, Warehouse

_TABLE = re.compile(r'\b(?:staging|intermediate|marts|reporting|audiences|ops)"?\."?(\w+)')
# dbt finds the components in many statements and leaves them in a temporary table of this name.
_COMPONENTS = re.compile(r"\bcomponent_labels_\d+\b")
# Its rows come from a loop of statements, as many as the data ask for, of which compiling leaves the last one.
_IN_MANY_STATEMENTS = frozenset({"identity_merges"})
_FIND_COMPONENTS = """
    create or replace temp table {name} as
    with recursive ways as (
        select left_node as node, right_node as other from intermediate.int_identity__edges
        union
        select right_node as node, left_node as other from intermediate.int_identity__edges
    ),
    reached as (
        select node, node as root from ways
        union
        select ways.other as node, reached.root from reached inner join ways on reached.node = ways.node
    )
    select node, min(root) as root from reached group by node having min(root) < node
"""


# What the engine says of SQL that it can't read.
UNREADABLE = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)


class BrokenMutantError(Exception):
    """A mutant whose text isn't there, or that the engine can't read: nothing can be learned from it."""


@dataclass(frozen=True)
class MutableWarehouse(Warehouse):
    """One warehouse, open for as long as mutants are tried on it. Every change is rolled back."""

    connection: duckdb.DuckDBPyConnection = field(kw_only=True)
    asked: set[str] = field(default_factory=set, kw_only=True)
    """Names of the models that statements read; whoever wants to know empties it first."""
    stale: set[str] = field(default_factory=set, kw_only=True)
    """Names of the models that still have to be built again."""
    changes: dict[str, str] = field(default_factory=dict, kw_only=True)
    """The mutated model's SQL, by its name."""

    @cached_property
    def ancestors(self) -> Mapping[str, frozenset[str]]:
        """All models that a model reads, itself included."""
        found: dict[str, frozenset[str]] = {}
        # Each model stands after those it reads.
        for model in self.models.values():
            parents = (found[parent] for parent in model.parents if parent in found)
            found[model.name] = frozenset({model.name}).union(*parents)
        return found

    @property
    def kept(self) -> frozenset[str]:
        """Names of the models that stay as they were built, since they are more than one SELECT: Python, or a loop."""
        return _IN_MANY_STATEMENTS.union(model.name for model in self.models.values() if model.sql is None)

    def descendants(self, name: str) -> set[str]:
        """All models that read a model, itself included."""
        return {other for other, ancestors in self.ancestors.items() if name in ancestors}

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """All rows of one SELECT, over models built anew where that is due."""
        self._bring(sql)
        return self.connection.execute(sql).fetchall()

    def rows(self, sql: str) -> list[Row]:
        """All rows of one SELECT by column name, over models built anew where that is due."""
        self._bring(sql)
        result = self.connection.execute(sql)
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    @contextmanager
    def mutated(self, changes: Mapping[str, str]) -> Iterator[None]:
        """Models with other SQL, by their names, until the end of the block."""
        self.connection.execute("begin")
        self.changes.update(changes)
        self.touch(changes)
        try:
            yield
        finally:
            self.changes.clear()
            self.stale.clear()
            self.connection.execute("rollback")

    def touch(self, names: Iterable[str]) -> None:
        """Have models, and all that read them, built again."""
        for name in names:
            self.stale.update(self.descendants(name))

    def _bring(self, sql: str) -> None:
        named = {name for name in _TABLE.findall(sql) if name in self.models}
        self.asked.update(named)
        if not self.stale:
            return
        due = self.stale.intersection(ancestor for name in named for ancestor in self.ancestors[name])
        for model in self.models.values():
            if model.name in due:
                self._build(model)
                self.stale.discard(model.name)

    def _build(self, model: Model) -> None:
        sql = self.changes.get(model.name, model.sql)
        if sql is None or model.name in self.kept:
            return
        components = _COMPONENTS.search(sql)
        if components:
            self.connection.execute(_FIND_COMPONENTS.format(name=components[0]))
        kind = "view" if model.is_view else "table"
        try:
            self.connection.execute(f"create or replace {kind} {model.schema}.{model.name} as {sql}")
        except UNREADABLE as error:
            raise BrokenMutantError(f"{model.name} can't be built: {error}") from error


@contextmanager
def open_for_mutants(built: Warehouse, copy: Path) -> Iterator[MutableWarehouse]:
    """A copy of a built warehouse to try mutants on.

    Args:
        built: with the models of its build.
        copy: the file to make; compiled SQL calls the database by its name, `warehouse`.
    """
    copy.parent.mkdir(parents=True)
    copy.write_bytes(built.file.read_bytes())
    with open_warehouse(copy) as connection:
        # Tables of a few rows: a second thread only costs.
        connection.execute("set threads = 1")
        yield MutableWarehouse(copy, built.models, connection=connection)


@contextmanager
def open_with_files_of(shop: Path, built: Warehouse, scratch: Path) -> Iterator[MutableWarehouse]:
    """Another small shop in a copy of a built warehouse: what dbt compiled for that one, run on this one's files.

    Two seconds a shop instead of ten. The as-of moment, time zone and settings are the built shop's, and models in
    Python stay as they were built.

    Args:
        shop: folder with drop/; its shop.yml isn't read.
        built: with the models of its build.
        scratch: an empty folder.
    """
    with open_for_mutants(built, scratch / "copy" / "warehouse.duckdb") as warehouse:
        connection = warehouse.connection
        held = "select table_name from information_schema.tables where table_schema = 'raw_drop'"
        for (table,) in connection.execute(held).fetchall():
            connection.execute(f"delete from raw_drop.{table}")
        load_drop(connection, shop, "another", STARTED, scratch / "loading")
        warehouse.touch(warehouse.models)
        yield warehouse
