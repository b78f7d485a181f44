"""Shopify from its API to the figures."""

import shutil
from datetime import datetime
from pathlib import Path

import pytest

from orchestration.shop import Shop, load_shop
from orchestration.sources.drop.entities import ENTITIES
from orchestration.sources.load import load_source
from orchestration.sources.registry import configured_sources
from orchestration.sources.store import SourceLoad
from orchestration.warehouse import open_warehouse
from tests.fakes.clock import FakeClock
from tests.fakes.shopify import TOKEN, FakeShopify
from tests.integration.conftest import write_shop
from tests.integration.shopify_shop import files, fill
from tests.integration.warehouse import Builder, Warehouse

# When loads are said to have started: naive UTC, the fake's own time too.
STARTED = datetime(2026, 1, 1)  # noqa: DTZ001


@pytest.fixture(scope="session")
def schema_file(shared: Path) -> Path:
    """The vendor's schema."""
    return shared / "specs" / "shopify" / "admin_2026-10.json.gz"


@pytest.fixture
def shopify(schema_file: Path, monkeypatch: pytest.MonkeyPatch) -> FakeShopify:
    """An empty shop, its token in the environment."""
    monkeypatch.setenv("SHOPIFY_ACCESS_TOKEN", TOKEN)
    return FakeShopify(schema_file, FakeClock())


def take(fake: FakeShopify, shop: Shop, warehouse: Path, started: datetime = STARTED) -> SourceLoad:
    """Load what is new at the fake."""
    settings = {"shopify": {"shop": "fake.myshopify.com", "url": fake.url}}
    (configured,) = configured_sources(shop.model_copy(update={"sources": settings}))
    with open_warehouse(warehouse) as connection:
        load = load_source(
            configured,
            connection,
            warehouse.parent / "pipelines",
            started,
            clock=fake.clock,
            progress=lambda _: None,
        )
    assert fake.violations == []
    return load


@pytest.fixture(scope="module")
def as_files(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Warehouse]:
    """The small shop, dropped."""
    folder = write_shop(tmp_path_factory.mktemp("shopify"), "small", files(), as_of="2025-06-01T00:00:00")
    return folder, builder.build(folder, "shopify_as_files")


def test_a_shop_at_shopify_gives_the_figures_of_the_same_shop_in_files(
    builder: Builder, as_files: tuple[Path, Warehouse], shopify: FakeShopify, tmp_path: Path
) -> None:
    folder, dropped = as_files
    raw = Warehouse(Path(shutil.copy(dropped.file, tmp_path / "raw.duckdb")))
    with open_warehouse(raw.file) as connection:
        for entity in files():
            connection.execute(f"delete from raw_drop.{entity}")
    fill(shopify)
    with shopify.running():
        load = take(shopify, load_shop(folder), raw.file)
    assert load.problem is None
    built = builder.rerun(folder, "shopify_from_api", raw, "select 1", "")
    for entity in files():
        columns = ", ".join(
            name for name in ENTITIES[entity].column_names if name not in ("updated_at", "financial_status")
        )
        rows = [
            warehouse.rows(f"select {columns} from staging.stg_{source}__{entity} order by all")
            for warehouse, source in ((built, "shopify"), (dropped, "drop"))
        ]
        assert rows[0] == rows[1], entity
    given, expected = built.tables(("reporting",)), dropped.tables(("reporting",))
    assert given.keys() == expected.keys()
    for table, rows in expected.items():
        assert _of_one_source(given[table]) == _of_one_source(rows), table


def _of_one_source(rows: list[dict[str, object]]) -> list[str]:
    return sorted(str(row).replace("'shopify'", "'drop'") for row in rows)
