"""One load of a dropped folder, or of a system from its fake in small chunks, in a process of its own: to be killed.

python -m tests.integration.small_load <warehouse> <clock, ISO 8601> drop <shop's folder>
python -m tests.integration.small_load <warehouse> <clock, ISO 8601> <system> <its settings as JSON>

Says "begins" when nothing but the load is left to do.
"""

import importlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from orchestration.shop import Shop
from orchestration.sources import store
from orchestration.sources.drop.loader import load_drop
from orchestration.sources.load import load_source
from orchestration.sources.registry import configured_sources
from orchestration.warehouse import open_warehouse
from tests.fakes.clock import FakeClock

CHUNK_ROWS = 40


def main(warehouse: str, moment: str, source: str, given: str) -> None:
    """Load what is new."""
    if source != "drop":
        # dlt takes a second to import, which is no part of the load.
        importlib.import_module("orchestration.sources.pipeline")
    started, file = datetime.fromisoformat(moment), Path(warehouse)
    sys.stdout.write("begins\n")
    sys.stdout.flush()
    if source == "drop":
        with open_warehouse(file) as connection:
            load_drop(connection, Path(given), "run", started, file.parent / "scratch")
        return
    store.CHUNK_ROWS = CHUNK_ROWS  # type: ignore[misc]
    shop = Shop(folder=file.parent, name="s", timezone="UTC", currency="EUR", sources={source: json.loads(given)})
    (configured,) = configured_sources(shop)
    with open_warehouse(file) as connection:
        load = load_source(
            configured,
            connection,
            file.parent / f"dlt-{file.stem}",
            started,
            clock=FakeClock(started.replace(tzinfo=UTC)),
        )
    sys.exit(load.problem)


if __name__ == "__main__":
    main(*sys.argv[1:])
