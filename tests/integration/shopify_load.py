"""One load from a fake Shopify in a process of its own, in small chunks: something to kill.

python -m tests.integration.shopify_load <url> <warehouse> <clock, ISO 8601>
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from orchestration.shop import Shop
from orchestration.sources import load as loading
from orchestration.sources import store
from orchestration.sources.registry import configured_sources
from orchestration.sources.shopify import bulk
from orchestration.warehouse import open_warehouse
from tests.fakes.clock import FakeClock


def main(url: str, warehouse: str, moment: str) -> None:
    """Load what is new; a line in the log for each chunk."""
    store.CHUNK_ROWS = 15  # type: ignore[misc]
    bulk.ROOTS_A_PAGE = 10  # type: ignore[misc]
    started = datetime.fromisoformat(moment)
    file = Path(warehouse)
    settings = {"shopify": {"shop": "fake.myshopify.com", "url": url, "page_limit": 25}}
    shop = Shop(folder=file.parent, name="killed", timezone="UTC", currency="EUR", sources=settings)
    (configured,) = configured_sources(shop)
    clock = FakeClock(started.replace(tzinfo=UTC))
    with open_warehouse(file) as connection:
        load = loading.load_source(configured, connection, file.parent / "pipelines", started, clock=clock)
    if load.problem:
        raise SystemExit(load.problem)


if __name__ == "__main__":
    main(*sys.argv[1:])
