"""The tests notice when a model says something else: mutants of its compiled SQL are caught."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.integration.warehouse import Builder, Warehouse
from tests.mutation.mutants import AREAS, MUTANTS
from tests.mutation.mutants.mutant import Mutant
from tests.mutation.trial import LEAST_SHARE_CAUGHT, Shops, convene

THIRD = MUTANTS[::3]


@pytest.mark.parametrize(
    "mutants",
    [pytest.param(THIRD, id="a third"), pytest.param(MUTANTS, id="all", marks=pytest.mark.long)],
)
def test_tests_catch_mutants(
    builder: Builder,
    golden: Warehouse,
    early: Warehouse,
    at_once: Warehouse,
    traps_shop: Path,
    tmp_path: Path,
    mutants: Sequence[Mutant],
) -> None:
    models = sorted({mutant.model for mutant in mutants})
    with convene(builder, Shops(golden, early, at_once, traps_shop), models, tmp_path) as court:
        # All of them, whichever are tried: a changed rule is to be changed in its mutants by whoever changes it.
        assert not (broken := court.broken(MUTANTS)), "tests/mutation/mutants is behind the models:\n" + "\n".join(
            broken
        )
        verdicts = [court.judge(mutant) for mutant in mutants]
    alive = [f"{verdict.mutant.model}: {verdict.mutant.rule}" for verdict in verdicts if verdict.caught_by is None]
    assert len(alive) <= (1 - LEAST_SHARE_CAUGHT) * len(verdicts), "no test fails when these rules change:\n" + (
        "\n".join(alive)
    )


def test_each_mutant_is_another_one() -> None:
    assert len({(mutant.model, tuple(mutant.before.split()), mutant.after) for mutant in MUTANTS}) == len(MUTANTS) >= 60


@pytest.mark.parametrize("area", AREAS)
def test_a_third_of_the_mutants_has_some_of_each_area(area: str) -> None:
    assert set(THIRD) & set(AREAS[area])
