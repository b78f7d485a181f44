"""How fast a source's records get into raw: the fake server in this process, its throttle off, the load in another."""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial, reduce
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from orchestration.shop import REPOSITORY, Shop
from orchestration.sources.shopify.queries import ORDERS
from orchestration.warehouse import open_warehouse
from tests.bench.sampling import watch
from tests.fakes import klaviyo, shopify, shopify_data

_STARTED = datetime(2026, 1, 1)  # noqa: DTZ001 - naive UTC, as in the warehouse
_SHARED = Path(os.environ.get("SECOND_ORDER_SHARED") or REPOSITORY.parent / "shared")
_FIRST = datetime(2024, 1, 1, tzinfo=UTC)


@contextmanager
def _klaviyo(rows: int) -> Iterator[tuple[str, dict[str, str]]]:
    """A Klaviyo account with so many events; its address and secrets."""
    fake = klaviyo.FakeKlaviyo(throttle=False)
    fake.keep_log = False
    step = timedelta(days=700) / rows
    fake.add_many_events(
        (
            f"4k{number:010d}",
            _FIRST + number * step,
            b'{"type":"event","id":"4k%010d","attributes":{"timestamp":%d,"event_properties":{'
            b'"Recipient Email Address":"person.%d@example.com","Subject":"Your tea is on its way to you",'
            b'"Campaign Name":"Welcome, e-mail 1","$flow":"Wq8xYz","$message":"Rt5uPk",'
            b'"$_cohort$message_send_cohort":"1704067200:Rt5uPk","Email Domain":"example.com",'
            b'"$event_id":"%d:Rt5uPk:1704067200","$ESP":1},"datetime":"%s","uuid":"b6e1-%d"},'
            b'"relationships":{"profile":{"data":{"type":"profile","id":"01H%d"}},'
            b'"metric":{"data":{"type":"metric","id":"X%d"}}},'
            b'"links":{"self":"https://a.klaviyo.com/api/events/4k%d/"}}'
            % (number, 1704067200 + number, number % 100_000, number,
               (_FIRST + number * step).isoformat().encode(), number, number % 100_000, number % 5, number),
        )
        for number in range(rows)
    )  # fmt: skip
    with fake.running():
        yield fake.url, {"KLAVIYO_API_KEY": klaviyo.KEY}


@contextmanager
def _shopify(rows: int) -> Iterator[tuple[str, dict[str, str]]]:
    """A Shopify shop whose first bulk operation gives so many lines: orders of three lines each."""
    fake = shopify.FakeShopify(_SHARED / "specs" / "shopify" / "admin_2026-10.json.gz", throttle=False)
    fake.keep_log = False
    fake.polls_until_done = 0
    at = "2025-01-01T00:00:00Z"
    lines = [shopify_data.line(70_000_000 + number, "30.00", 2, 1) for number in range(3)]
    fake.put(shopify_data.order(80_000_000, at, lines, email="person@example.com", customer=None))
    with fake.running(), TemporaryDirectory() as folder:
        query = ORDERS.bulk("")
        template = [json.dumps(line, separators=(",", ":")).replace(at, "{at}") for line in fake.bulk_lines(query)]
        file = Path(folder) / "orders.jsonl"
        with file.open("w", encoding="utf-8") as target:
            for number in range(rows // len(template)):
                moment = (_FIRST + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
                own = {"8000000": f"8{number:06d}", "7000000": f"7{number:06d}", "{at}": moment}
                for line in template:
                    target.write(reduce(lambda text, change: text.replace(*change), own.items(), line) + "\n")
        with _files(Path(folder)) as url:
            fake.prepared_files["orders"] = (f"{url}/{file.name}", file.stat().st_size)
            yield fake.url, {"SHOPIFY_ACCESS_TOKEN": shopify.TOKEN}


@contextmanager
def _files(folder: Path) -> Iterator[str]:
    """The folder's files on a free port."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


_SOURCES = {"klaviyo": _klaviyo, "shopify": _shopify}
_SETTINGS: dict[str, dict[str, str]] = {"shopify": {"shop": "fake.myshopify.com"}}


def time_source(name: str, rows: int, folder: Path) -> None:
    """Load so many records of one source into an empty warehouse. Prints rows a second and peak memory."""
    folder.mkdir(parents=True, exist_ok=True)
    warehouse = folder / "warehouse.duckdb"
    warehouse.unlink(missing_ok=True)
    with _SOURCES[name](rows) as (url, secrets):
        started = time.time()
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.sources", name, url, str(folder)],
            cwd=REPOSITORY, env={**os.environ, **secrets}, text=True, stdout=subprocess.PIPE,
        )  # fmt: skip
        samples = watch(process, warehouse.with_name(warehouse.name + ".tmp"))
        output, _ = process.communicate()
        print(output, end="")
        if process.returncode:
            raise SystemExit(process.returncode)
        ended = time.time()
        resident, _ = samples.peak(started, ended)
    print(f"{samples.processor(started, ended):.1f} s of processor with Python's start, peak {resident / 1e9:.2f} GB")


def _load(name: str, url: str, folder: Path) -> None:
    from orchestration.sources.load import load_source
    from orchestration.sources.registry import configured_sources

    shop = Shop(
        folder=folder,
        name="bench",
        timezone="UTC",
        currency="USD",
        sources={name: {"url": url, **_SETTINGS.get(name, {})}},
    )
    (configured,) = configured_sources(shop)
    started = time.monotonic()
    with open_warehouse(folder / "warehouse.duckdb") as connection:
        load = load_source(configured, connection, folder / "dlt", _STARTED, progress=print)
    seconds = time.monotonic() - started
    rows = load.total("new")
    print(load.problem or f"{name}: {rows:,} rows in {seconds:.1f} s ({rows / seconds:,.0f} rows/s)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("source")
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    _load(options.source, options.url, options.folder)
