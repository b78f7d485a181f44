"""What stands against a mutant: the assertions of the tests there are, one by one, over warehouses kept open."""

import inspect
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import duckdb

from tests.integration.warehouse import Check, Warehouse
from tests.mutation.warehouses import UNREADABLE, BrokenMutantError, MutableWarehouse

_REPLACED = re.compile(r"create or replace (?:view|table) staging\.(\w+)")


@dataclass(frozen=True)
class Assertion:
    """One test, to be run over warehouses as they are: raises where it fails."""

    name: str
    run: Callable[[], None]
    changes_inputs: bool = False
    """Whether the warehouses hold something else afterwards, until they are rolled back."""


class BuilderInPlace:
    """Stands where tests ask for a builder to run models again upon a change."""

    def rerun(self, shop_folder: Path, name: str, upon: Warehouse, change: str, select: str) -> Warehouse:
        """The warehouse itself, changed: what is asked of it from now on is built from the change."""
        del shop_folder, name, select
        assert isinstance(upon, MutableWarehouse)
        upon.connection.execute(change)
        for replaced in _REPLACED.findall(change):
            upon.touch(upon.descendants(replaced) - {replaced})
        return upon


def _cases(function: Callable[..., None]) -> Iterator[dict[str, object]]:
    """The arguments that pytest would hand over, by the test's `parametrize` marks."""
    marks = []
    for mark in getattr(function, "pytestmark", []):
        names, values = mark.args
        names = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
        marks.append([dict(zip(names, (value,) if len(names) == 1 else value, strict=True)) for value in values])
    for chosen in itertools.product(*marks):
        yield {name: value for row in chosen for name, value in row.items()}


def assertions_of(module: ModuleType, fixtures: Mapping[str, object], leave: frozenset[str]) -> Iterator[Assertion]:
    """Every test of a module.

    Args:
        module: with functions `test_…`.
        fixtures: what its tests ask for, by name.
        leave: names of tests that compare one build with another, which says nothing of a mutant.
    """
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if not name.startswith("test_") or function.__module__ != module.__name__ or name in leave:
            continue
        for number, case in enumerate(_cases(function)):
            wanted = [parameter for parameter in inspect.signature(function).parameters if parameter not in case]
            arguments = case | {fixture: fixtures[fixture] for fixture in wanted}
            label = f"{name.removeprefix('test_').replace('_', ' ')}{f' ({number + 1})' if case else ''}"
            yield Assertion(label, _bound(function, arguments), "builder" in wanted)


def _bound(function: Callable[..., None], arguments: dict[str, object]) -> Callable[[], None]:
    return lambda: function(**arguments)


def data_test(check: Check, warehouse: MutableWarehouse) -> Assertion:
    """One of dbt's data tests: no row may be wrong."""

    def run() -> None:
        wrong = warehouse.query(check.sql)
        assert not wrong, f"{len(wrong)} wrong rows"

    return Assertion(f"data test {check.name}", run)


def assert_unit_test(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """The rows that a unit test's statement calls actual are those that it calls expected, in any order."""
    rows: dict[str, Counter[str]] = {"actual": Counter(), "expected": Counter()}
    try:
        found = connection.execute(sql).fetchall()
    except UNREADABLE as error:
        raise BrokenMutantError(f"{error}") from error
    for *cells, kind in found:
        rows[kind][repr(cells)] += 1
    assert rows["actual"] == rows["expected"]
