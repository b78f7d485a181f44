"""Time `dbt build` without tests over a generated shop, model by model, against plain SQL on the same raw data."""

import json
import os
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.demo.generate import generate
from orchestration.shop import REPOSITORY, Shop
from orchestration.sources.drop.loader import load_drop
from orchestration.warehouse import open_warehouse, sql_environment
from tests.bench.sampling import watch

_GIGABYTE = 1e9


def prepare(folder: Path, orders: int) -> Shop:
    """Generate a shop of about so many orders and load it, unless that was done before."""
    shop = Shop(folder=folder / "shop", name="bench", timezone="America/New_York", currency="USD")
    shop.folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    generate(shop.folder, orders=orders)
    print(f"generated in {time.monotonic() - started:.1f} s")
    warehouse = folder / "warehouse.duckdb"
    if not warehouse.exists():
        started = time.monotonic()
        with open_warehouse(warehouse) as connection:
            connection.execute("set memory_limit = '8GB'")
            result = load_drop(connection, shop.folder, "bench", datetime(2026, 1, 5), folder / "scratch")  # noqa: DTZ001
        seconds = time.monotonic() - started
        rows = result.total("rows_in")
        print(f"loaded {rows:,} rows in {seconds:.1f} s ({rows / seconds:,.0f} rows/s)")
    return shop


def build(shop: Shop, folder: Path, memory: str, threads: int = 1, select: tuple[str, ...] = ()) -> float:
    """One `dbt build` without tests. Prints a row a model; returns the seconds of all models together."""
    warehouse = folder / "warehouse.duckdb"
    environment = {
        **os.environ,
        **sql_environment(shop, warehouse, datetime(2026, 1, 5, 5)),  # noqa: DTZ001
        "DBT_PROFILES_DIR": str(REPOSITORY),
        "SECOND_ORDER_MEMORY": memory,
    }
    target = folder / "target"
    command = [
        str(Path(sys.executable).parent / "dbt"), "build", "--exclude-resource-type", "test", "unit_test",
        "--threads", str(threads), "--target-path", str(target), "--log-path", str(target), "--quiet",
    ]  # fmt: skip
    if select:
        command += ["--select", *select]
    started = time.time()
    process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True)
    samples = watch(process, warehouse.with_name(warehouse.name + ".tmp"))
    output, _ = process.communicate()
    wall = time.time() - started
    if process.returncode:
        print(output)
        raise SystemExit(process.returncode)
    _print_models(target, warehouse, samples)
    resident, spilled = samples.peak(started, started + wall)
    processor = samples.processor(started, started + wall)
    print(
        f"dbt build: {wall:.1f} s, {processor:.1f} CPU s, peak {resident / _GIGABYTE:.2f} GB, "
        f"spilled {spilled / _GIGABYTE:.2f} GB"
    )
    return wall


def _print_models(target: Path, warehouse: Path, samples: "object") -> None:
    results = json.loads((target / "run_results.json").read_text())["results"]
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        sizes = dict(
            connection.execute(
                "select schema_name || '.' || table_name, estimated_size from duckdb_tables()"
            ).fetchall()
        )
    rows = []
    for result in results:
        timing = {item["name"]: item for item in result["timing"]}.get("execute")
        if timing is None or not timing["started_at"]:
            continue
        start, end = (datetime.fromisoformat(timing[edge]).timestamp() for edge in ("started_at", "completed_at"))
        resident, spilled = samples.peak(start, end)  # type: ignore[attr-defined]
        name = (result.get("relation_name") or result["unique_id"]).replace('"', "")
        short = ".".join(name.split(".")[-2:])
        rows.append((end - start, samples.processor(start, end), short, sizes.get(short), resident, spilled))  # type: ignore[attr-defined]
    print(f"{'seconds':>8} {'CPU s':>8} {'rows':>12} {'peak GB':>8} {'spill GB':>8}  model")
    for seconds, processor, name, size, resident, spilled in sorted(rows, reverse=True):
        print(
            f"{seconds:8.2f} {processor:8.2f} {size if size is not None else '':>12} {resident / _GIGABYTE:8.2f} "
            f"{spilled / _GIGABYTE:8.2f}  {name}"
        )
