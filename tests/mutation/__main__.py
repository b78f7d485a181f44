"""`python -m tests.mutation`: every mutant with the test that catches it, and those that live."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.integration import test_traps
from tests.integration.warehouse import GOLDEN, Builder
from tests.mutation.mutants import AREAS
from tests.mutation.trial import LEAST_SHARE_CAUGHT, Shops, Verdict, convene


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 0 if enough mutants were caught, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("models", nargs="*", help="try only the mutants of these models")
    models = parser.parse_args(arguments).models
    chosen = {
        area: [mutant for mutant in mutants if not models or mutant.model in models] for area, mutants in AREAS.items()
    }
    names = sorted({mutant.model for mutants in chosen.values() for mutant in mutants})
    verdicts: list[Verdict] = []
    with tempfile.TemporaryDirectory() as folder:
        builder, shops = build(Path(folder))
        with convene(builder, shops, names, Path(folder) / "mutants") as court:
            for area, mutants in chosen.items():
                for mutant in mutants:
                    verdicts.append(court.judge(mutant))
                    sys.stdout.write(f"{len(verdicts):4}  {area:20}  {line(verdicts[-1])}\n")
    alive = [verdict for verdict in verdicts if verdict.caught_by is None]
    sys.stdout.write(f"\n{len(verdicts) - len(alive)} of {len(verdicts)} mutants are caught\n")
    for verdict in alive:
        sys.stdout.write(f"alive: {verdict.mutant.model}: {verdict.mutant.rule}\n")
    return 0 if len(alive) <= (1 - LEAST_SHARE_CAUGHT) * len(verdicts) else 1


def build(folder: Path) -> tuple[Builder, Shops]:
    """The golden shop and the traps' shop, built below a folder."""
    builder = Builder(folder / "builds")
    golden = builder.build(GOLDEN / "shop", "golden")
    traps_shop = test_traps.write(folder / "traps")
    early = builder.build(traps_shop, "early")
    test_traps.write_late(traps_shop)
    return builder, Shops(golden, early, builder.build(traps_shop, "at_once"), traps_shop)


def line(verdict: Verdict) -> str:
    """Model, rule and what catches its mutant."""
    mutant = verdict.mutant
    return f"{mutant.model:33}{mutant.rule:82}{verdict.caught_by or 'ALIVE'}"


if __name__ == "__main__":
    sys.exit(main())
