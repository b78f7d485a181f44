"""Mutants before the tests: which test fails on each, or that none does."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.integration import test_golden_shop, test_traps
from tests.integration.warehouse import GOLDEN, Builder, Check, Warehouse
from tests.mutation.checks import Assertion, BuilderInPlace, assert_unit_test, assertions_of, data_test
from tests.mutation.mutants import Mutant
from tests.mutation.text import Compiled, NotFoundError
from tests.mutation.warehouses import BrokenMutantError, MutableWarehouse, open_for_mutants

_log = logging.getLogger(__name__)
# What the tests have to notice.
LEAST_SHARE_CAUGHT = 0.95
# It holds two builds against each other, and a mutant would be in both.
_LEAVE = frozenset({"test_late_delivery_ends_where_one_whole_delivery_does"})


@dataclass(frozen=True)
class Shops:
    """The shops that mutants are tried on, built, and where their files lie."""

    golden: Warehouse
    early: Warehouse
    """The traps' shop before its late delivery."""
    traps: Warehouse
    """The traps' shop with everything, built from nothing."""
    traps_folder: Path


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant."""

    mutant: Mutant
    caught_by: str | None
    """The first test that failed, or None: the mutant lives."""


@dataclass(frozen=True)
class Court:
    """Warehouses kept open, and all tests over them."""

    warehouses: tuple[MutableWarehouse, ...]
    assertions: tuple[tuple[Assertion, frozenset[str]], ...]
    """Each with the models that it depends on."""
    unit_tests: tuple[Check, ...]

    def broken(self, mutants: Sequence[Mutant]) -> list[str]:
        """What is wrong with mutants whose model or text isn't there any more: one line each."""
        wrong = []
        for mutant in mutants:
            try:
                self._changed(mutant)
            except BrokenMutantError as error:
                wrong.append(f"{error}")
        return wrong

    def judge(self, mutant: Mutant) -> Verdict:
        """Try one mutant: its model's unit tests first, then the tests that need the fewest models built again first.

        Raises:
            BrokenMutantError: its text isn't in the model, or its SQL can't be read.
        """
        changed = self._changed(mutant)
        for check in self.unit_tests:
            if check.models == (mutant.model,) and not self._passes_unit_test(check, mutant):
                return Verdict(mutant, f"unit test {check.name.replace('_', ' ')}")
        with ExitStack() as stack:
            for warehouse, sql in zip(self.warehouses, changed, strict=True):
                stack.enter_context(warehouse.mutated({mutant.model: sql}))
            for assertion in self._in_order(mutant.model):
                if not _passes(assertion):
                    return Verdict(mutant, assertion.name)
        return Verdict(mutant, None)

    def _changed(self, mutant: Mutant) -> list[str]:
        """The mutated model's SQL for each warehouse."""
        try:
            return [
                Compiled.read(warehouse.models[mutant.model].sql or "").changed(mutant.before, mutant.after)
                for warehouse in self.warehouses
            ]
        except KeyError as error:
            raise BrokenMutantError(f"{mutant.model} ({mutant.rule}): there is no such model") from error
        except NotFoundError as error:
            raise BrokenMutantError(f"{mutant.model} ({mutant.rule}): {error}") from error

    def _in_order(self, model: str) -> list[Assertion]:
        stale, kept = self.warehouses[0].descendants(model), self.warehouses[0].kept
        concerned = [
            (assertion, len(stale & models))
            for assertion, models in self.assertions
            # What hangs on a model that isn't built again would be caught for that, and not for the mutant.
            if stale & models and not stale & models & kept
        ]
        return [assertion for assertion, _ in sorted(concerned, key=lambda pair: (pair[0].changes_inputs, pair[1]))]

    def _passes_unit_test(self, check: Check, mutant: Mutant) -> bool:
        try:
            sql = Compiled.read(check.sql).changed(mutant.before, mutant.after)
        except NotFoundError:
            # The test has another value for a setting that stands in the text.
            return True
        connection = self.warehouses[0].connection
        return _passes(Assertion(check.name, lambda: assert_unit_test(connection, sql)))


def _passes(assertion: Assertion) -> bool:
    try:
        assertion.run()
    except BrokenMutantError:
        raise
    except Exception as failure:
        # A test fails by whatever stops it, an answer without the row it looks for included.
        _log.debug("%s: %s", assertion.name, failure)
        return False
    return True


@contextmanager
def convene(builder: Builder, shops: Shops, models: Sequence[str], scratch: Path) -> Iterator[Court]:
    """Open the shops, collect every test over them and see that each passes on what is built here without a mutant.

    Args:
        builder: which built the shops.
        models: names of those that will be mutated; dbt compiles the unit tests of these.
        scratch: folder for copies of the warehouses.

    Raises:
        AssertionError: a test fails as it is.
    """
    unit_tests = builder.unit_tests(GOLDEN / "shop", shops.golden, models)
    golden_data_tests = builder.data_tests(GOLDEN / "shop", shops.golden)
    traps_data_tests = builder.data_tests(shops.traps_folder, shops.traps)
    with (
        open_for_mutants(shops.golden, scratch / "golden" / "warehouse.duckdb") as golden,
        open_for_mutants(shops.early, scratch / "early" / "warehouse.duckdb") as early,
        open_for_mutants(shops.traps, scratch / "traps" / "warehouse.duckdb") as traps,
    ):
        fixtures = {
            "golden": golden,
            "early": early,
            "traps": traps,
            "at_once": traps,
            "builder": BuilderInPlace(),
            "traps_shop": shops.traps_folder,
        }
        assertions = [
            *assertions_of(test_golden_shop, fixtures, _LEAVE),
            *assertions_of(test_traps, fixtures, _LEAVE),
            *(data_test(check, golden) for check in golden_data_tests),
            *(data_test(check, traps) for check in traps_data_tests),
        ]
        for check in unit_tests:
            assert_unit_test(golden.connection, check.sql)
        warehouses = (golden, early, traps)
        yield Court(warehouses, tuple(_with_models(assertions, warehouses)), tuple(unit_tests))


def _with_models(
    assertions: Sequence[Assertion], warehouses: Sequence[MutableWarehouse]
) -> Iterator[tuple[Assertion, frozenset[str]]]:
    """Run the tests over models that were all built again, and see what each reads and what that is built from."""
    with ExitStack() as stack:
        for warehouse in warehouses:
            stack.enter_context(warehouse.mutated({}))
            warehouse.touch(warehouse.models)
        for assertion in sorted(assertions, key=lambda each: each.changes_inputs):
            for warehouse in warehouses:
                warehouse.asked.clear()
            assertion.run()
            yield (
                assertion,
                frozenset(
                    ancestor
                    for warehouse in warehouses
                    for name in warehouse.asked
                    for ancestor in warehouse.ancestors[name]
                ),
            )
