"""However late and in whatever pieces data arrive, the figures end the same as if all had come at once."""

from pathlib import Path

import pytest

from orchestration.demo.generate import generate
from orchestration.sources.drop.entities import ENTITIES
from orchestration.warehouse import open_warehouse
from tests.conftest import REPOSITORY
from tests.integration.warehouse import Builder, Warehouse, differing_tables

# Enough of everything the generator plants (changed orders, late refunds, several ids of one person), quickly built.
ORDERS = 2_000


def deliver_slice(full: Warehouse, shop: Path, number: int, slices: int) -> None:
    """Drop one of the random slices that together hold every row, each row once."""
    with open_warehouse(full.file, read_only=True) as connection:
        for entity in ENTITIES.values():
            folder = shop / "drop" / entity.name
            folder.mkdir(parents=True, exist_ok=True)
            connection.execute(
                f"copy (select {', '.join(entity.column_names)} from raw_drop.{entity.name} "
                f"where hash(_row_hash, 'slice') % {slices} = {number}) to '{folder}/slice_{number:03d}.parquet'"
            )


@pytest.mark.parametrize("slices", [5, pytest.param(30, marks=pytest.mark.long)])
def test_random_slices_end_as_one_delivery_does(builder: Builder, tmp_path: Path, slices: int) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    settings = (REPOSITORY / "shops" / "demo" / "shop.yml").read_text(encoding="utf-8")
    (whole / "shop.yml").write_text(settings, encoding="utf-8")
    generate(whole, orders=ORDERS)
    full = builder.build(whole, f"whole_{slices}")

    sliced = tmp_path / "sliced"
    sliced.mkdir()
    (sliced / "shop.yml").write_text(settings, encoding="utf-8")
    warehouse = None
    for number in range(slices):
        deliver_slice(full, sliced, number, slices)
        # Only the last delivery's figures are compared; those before need not be built to be loaded.
        select = "" if number == slices - 1 else "stg_drop__orders"
        warehouse = builder.build(sliced, f"slice_{slices}_{number}", upon=warehouse, select=select)
    assert warehouse is not None
    assert warehouse.value("select count(*) from ops.loads") == slices

    assert differing_tables(warehouse, full) == {}
