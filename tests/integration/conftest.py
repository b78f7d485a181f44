"""Shops that are really run: by the command line, in a process of their own, into a folder of the test's own."""

import csv
import fcntl
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from orchestration.shop import load_shop
from tests.conftest import REPOSITORY
from tests.integration.warehouse import Builder, Warehouse, builder, golden

__all__ = ["builder", "golden"]

Rows = Sequence[Mapping[str, object]]


@dataclass(frozen=True)
class Run:
    """How one run of the command line ended, and where its data lie."""

    exit_code: int
    output: str
    errors: str
    data: Path

    @property
    def published(self) -> Path:
        return self.data / "published"

    @property
    def manifest(self) -> dict[str, object]:
        content: dict[str, object] = json.loads((self.published / "current" / "manifest.json").read_text())
        return content

    @property
    def version(self) -> str:
        return str(self.manifest["version"])

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """Ask the warehouse."""
        with duckdb.connect(str(self.data / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()


def run_command(shop: Path, data: Path, *options: str, program: Sequence[str] = ("-m", "orchestration")) -> Run:
    """`python -m orchestration run`, without the site, as a user's shell would start it.

    `program` is what Python is to run instead of the command line, with the same arguments.
    """
    name = load_shop(shop).name
    result = subprocess.run(
        [sys.executable, *program, "run", str(shop), "--no-site", "--data", str(data), *options],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    return Run(result.returncode, result.stdout, result.stderr, data / name)


def write_shop(folder: Path, name: str, entities: Mapping[str, Rows], **settings: str) -> Path:
    """Write a shop with one CSV file an entity."""
    (folder / "drop").mkdir(parents=True, exist_ok=True)
    fields = {"name": name, "timezone": "Europe/Berlin", "currency": "EUR", **settings}
    (folder / "shop.yml").write_text("".join(f"{key}: {value}\n" for key, value in fields.items()))
    for entity, rows in entities.items():
        drop_rows(folder, entity, "first.csv", rows)
    return folder


def drop_rows(shop: Path, entity: str, file: str, rows: Rows) -> Path:
    """Put one more CSV file into the shop's drop folder."""
    path = shop / "drop" / entity / file
    path.parent.mkdir(parents=True, exist_ok=True)
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, names)
        writer.writeheader()
        writer.writerows(rows)
    return path


def bytes_of(folder: Path) -> dict[str, str]:
    """Every file below a folder, by its path, with the hash of its bytes."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def small_entities() -> dict[str, list[dict[str, object]]]:
    """Ten orders of six persons in euros: three came back."""
    buyers = ["ann", "ben", "cleo", "ann", "dora", "ben", "emil", "fay", "ann", "cleo"]
    orders: list[dict[str, object]] = [
        {
            "order_id": f"{number}",
            "ordered_at": f"2025-0{1 + number // 3}-1{number % 3} 10:00:00",
            "email": f"{buyer}@example.com",
            "currency": "EUR",
        }
        for number, buyer in enumerate(buyers, start=1)
    ]
    lines: list[dict[str, object]] = [
        {"order_id": order["order_id"], "line_id": "1", "quantity": 2, "unit_price": "10.50"} for order in orders
    ]
    return {"orders": orders, "order_lines": lines}


@pytest.fixture(scope="session")
def shared_run(shared: Path, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Callable[[str], Run]:
    """Run one of the real shops, once for all workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "shared_shops"
    folder.mkdir(exist_ok=True)

    def run(name: str) -> Run:
        said = folder / f"{name}.txt"
        with said.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not said.exists():
                result = run_command(shared / "shops" / name, folder)
                assert result.exit_code == 0, result.errors + result.output
                said.write_text(result.output, encoding="utf-8")
        return Run(0, said.read_text(encoding="utf-8"), "", folder / load_shop(shared / "shops" / name).name)

    return run


@pytest.fixture(scope="session")
def traps_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop of test_traps.py: its first delivery, and once `traps` has been asked for the late one too."""
    # Imported here because that module reads this one; what the shop delivers stands there beside what must come out.
    from tests.integration import test_traps

    return test_traps.write(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="session")
def early(builder: Builder, traps_shop: Path) -> Warehouse:
    """The traps as they were before the late delivery."""
    return builder.build(traps_shop, "traps_early")


@pytest.fixture(scope="session")
def traps(builder: Builder, traps_shop: Path, early: Warehouse) -> Warehouse:
    """The late delivery upon the first."""
    from tests.integration import test_traps

    test_traps.write_late(traps_shop)
    return builder.build(traps_shop, "traps", upon=early)


@pytest.fixture(scope="session")
def at_once(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Both deliveries of the traps, built from nothing."""
    from tests.integration import test_traps

    folder = test_traps.write(tmp_path_factory.mktemp("shop"))
    test_traps.write_late(folder)
    return builder.build(folder, "traps_at_once")
