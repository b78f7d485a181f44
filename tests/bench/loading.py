"""Time the loading of dropped files alone: rows a second into raw, processor seconds and peak memory."""

import json
import subprocess
import sys
import time
from pathlib import Path

import duckdb

from orchestration.shop import REPOSITORY
from tests.bench.sampling import watch

_GIGABYTE = 1e9
_PEOPLE = 500_000


def load(folder: Path, rows: int, file_format: str) -> None:
    """Write a file of `rows` message events (13 columns, about 110 bytes each as CSV), load it, print what it took."""
    shop = folder / f"{rows}-{file_format}"
    _write(shop, rows, file_format)
    warehouse = folder / "loading.duckdb"
    for name in (warehouse, warehouse.with_name(warehouse.name + ".wal")):
        name.unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.loading", str(shop), str(warehouse)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    started = time.time()
    samples = watch(process, warehouse.with_name(warehouse.name + ".tmp"))
    output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(output)
    took = json.loads(output)
    resident, spilled = samples.peak(started, time.time())
    print(
        f"{took['rows']:,} rows of {file_format} in {took['seconds']:.1f} s: {took['rows'] / took['seconds']:,.0f} "
        f"rows/s; {took['processor_seconds']:.1f} s of processor, which two free cores would do at "
        f"{2 * took['rows'] / took['processor_seconds']:,.0f} rows/s; peak {resident / _GIGABYTE:.2f} GB, spilled "
        f"{spilled / _GIGABYTE:.2f} GB"
    )


def _write(shop: Path, rows: int, file_format: str) -> None:
    events = shop / "drop" / "message_events" / f"events.{file_format}"
    if events.exists():
        return
    for entity in ("orders", "order_lines", "message_events"):
        (shop / "drop" / entity).mkdir(parents=True, exist_ok=True)
    (shop / "drop" / "orders" / "one.csv").write_text("order_id,ordered_at\n1,2025-01-01\n")
    (shop / "drop" / "order_lines" / "one.csv").write_text("order_id,line_id,quantity,unit_price\n1,1,1,9.90\n")
    unfinished = events.with_name("_unfinished")
    options = "format csv, header" if file_format == "csv" else "format parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                select
                    'E' || i as event_id,
                    strftime(timestamp '2023-01-01' + to_seconds(i * 7), '%Y-%m-%dT%H:%M:%SZ') as occurred_at,
                    ['sent', 'delivered', 'opened', 'clicked'][1 + i % 4] as event_type,
                    'email' as channel,
                    'person' || (i * 7919 % {_PEOPLE}) || '@example.com' as email,
                    'promotion' as purpose,
                    'F' || (i % 20) as flow_id,
                    'Flow ' || (i % 20) as flow_name,
                    'M' || (i % 90) as message_id,
                    'Message ' || (i % 90) as message_name,
                    '' as campaign_id,
                    '' as link,
                    'false' as is_machine
                from range({rows}) as events (i)
            ) to '{unfinished}' ({options})
            """
        )
    unfinished.rename(events)


def _measured() -> None:
    """What the measured process does: one load, and what it took as JSON."""
    from datetime import datetime

    from orchestration.sources.drop.loader import load_drop
    from orchestration.warehouse import open_warehouse

    shop, warehouse = Path(sys.argv[1]), Path(sys.argv[2])
    started, processor = time.monotonic(), time.process_time()
    with open_warehouse(warehouse) as connection:
        result = load_drop(connection, shop, "bench", datetime(2040, 1, 1), warehouse.parent / "scratch")  # noqa: DTZ001
    print(
        json.dumps(
            {
                "rows": result.total("rows_in"),
                "seconds": time.monotonic() - started,
                "processor_seconds": time.process_time() - processor,
            }
        )
    )


if __name__ == "__main__":
    _measured()
