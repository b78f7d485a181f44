"""Readers see a whole version or the one before: whatever fails, `current` stays and the next run succeeds."""

from pathlib import Path

import pytest

from orchestration.lock import shop_lock
from tests.integration.conftest import Run, bytes_of, drop_rows, run_command, small_entities, write_shop

# Starts the command line with a publisher that dies by SIGKILL just before its n-th file is written.
KILLED_WHILE_WRITING = """
import os, signal, sys
from orchestration.publish import version
written = 0
original = version._write_table
def dying(*arguments):
    global written
    written += 1
    if written == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*arguments)
version._write_table = dying
from orchestration.cli import main
sys.exit(main())
"""
# The same, just before the one step that makes the version visible.
KILLED_BEFORE_SWAP = """
import os, signal, sys
from orchestration.publish import version
version._swap = lambda *arguments: os.kill(os.getpid(), signal.SIGKILL)
from orchestration.cli import main
sys.exit(main())
"""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Run]:
    """A small shop, run once: its folder, where data lie, and the run."""
    shop = write_shop(tmp_path_factory.mktemp("shop"), "small", small_entities(), as_of="2025-12-01T00:00:00")
    data = tmp_path_factory.mktemp("data")
    run = run_command(shop, data)
    assert run.exit_code == 0, run.errors
    return shop, data, run


def test_a_failed_dbt_test_leaves_the_published_version(published: tuple[Path, Path, Run]) -> None:
    shop, data, first = published
    before = bytes_of(first.published)
    # An order in francs without a rate: the figures can't be trusted until the rate is delivered.
    drop_rows(
        shop,
        "orders",
        "francs.csv",
        [
            {
                "order_id": "chf",
                "ordered_at": "2025-05-05 09:00:00",
                "email": "gus@example.com",
                "currency": "CHF",
            }
        ],
    )
    drop_rows(
        shop,
        "order_lines",
        "francs.csv",
        [{"order_id": "chf", "line_id": "1", "quantity": 1, "unit_price": 30}],
    )
    failed = run_command(shop, data)
    assert failed.exit_code == 1
    assert "2025-05-05" in failed.errors
    assert "CHF" in failed.errors
    assert len(failed.errors.strip().splitlines()) == 1
    assert bytes_of(first.published) == before

    drop_rows(
        shop,
        "exchange_rates",
        "may.csv",
        [{"date": "2025-05-01", "from_currency": "CHF", "to_currency": "EUR", "rate": "1.05"}],
    )
    mended = run_command(shop, data)
    assert mended.exit_code == 0, mended.errors
    assert mended.query("select net_sales from marts.fct_orders where order_id = 'chf'")[0][0] == pytest.approx(31.5)


def test_a_failed_gate_leaves_the_published_version(published: tuple[Path, Path, Run]) -> None:
    shop, data, first = published
    version, before = first.version, bytes_of(first.published)
    wrong = {
        "order_id": "old",
        "ordered_at": "1970-01-01 00:00:00",
        "email": "ida@example.com",
        "currency": "EUR",
    }
    drop_rows(shop, "orders", "old.csv", [wrong])
    failed = run_command(shop, data)
    assert failed.exit_code == 1
    assert "gate 1: raw_drop.orders.ordered_at: 1 row" in failed.errors
    assert bytes_of(first.published) == before

    corrected = {**wrong, "ordered_at": "2025-06-01 00:00:00", "updated_at": "2025-06-02 00:00:00"}
    drop_rows(shop, "orders", "old_corrected.csv", [corrected])
    mended = run_command(shop, data)
    assert mended.exit_code == 0, mended.errors
    assert mended.version != version


@pytest.mark.parametrize(
    "program", [KILLED_WHILE_WRITING, KILLED_BEFORE_SWAP], ids=["while writing", "before the swap"]
)
def test_a_killed_publisher_leaves_the_published_version(published: tuple[Path, Path, Run], program: str) -> None:
    shop, data, _ = published
    current = Run(0, "", "", data / "small")
    version, before = current.version, bytes_of(current.published / "current")
    killed = run_command(shop, data, program=("-c", program))
    assert killed.exit_code == -9
    assert current.version == version
    assert bytes_of(current.published / "current") == before

    after = run_command(shop, data)
    assert after.exit_code == 0, after.errors
    assert after.version != version
    assert bytes_of(after.published / "current" / "reporting") == bytes_of(current.published / version / "reporting")
    assert not list(after.published.glob(".partial-*"))


def test_a_lost_warehouse_comes_back_from_the_backup(published: tuple[Path, Path, Run]) -> None:
    shop, data, _ = published
    current = Run(0, "", "", data / "small")
    before = bytes_of(current.published / "current" / "reporting")
    rejected = current.query("select count(*) from ops.rejected_rows")
    (data / "small" / "warehouse.duckdb").unlink()
    run = run_command(shop, data)
    assert run.exit_code == 0, run.errors
    assert "restored" in run.output
    assert bytes_of(run.published / "current" / "reporting") == before
    assert run.query("select count(*) from ops.rejected_rows") == rejected


def test_a_second_writer_is_told_who_holds_the_shop(published: tuple[Path, Path, Run]) -> None:
    shop, data, _ = published
    with shop_lock(data / "small" / "lock.json", "the test's own run"):
        run = run_command(shop, data)
    assert run.exit_code == 75
    assert "the test's own run" in run.errors
    assert len(run.errors.strip().splitlines()) == 1


def test_only_the_last_five_versions_are_kept(published: tuple[Path, Path, Run]) -> None:
    _, data, _ = published
    versions = [path for path in (data / "small" / "published").iterdir() if path.is_dir() and not path.is_symlink()]
    assert len(versions) == 5
