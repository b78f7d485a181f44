"""How long planning takes and how near a first sync comes to what the vendor's limits allow."""

import argparse
import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import duckdb

from orchestration.destinations.klaviyo import LIMITS
from orchestration.destinations.state import SyncState, state_file
from orchestration.destinations.sync import sync_shop
from orchestration.publish.version import publish
from orchestration.shop import REPOSITORY, Shop, ShopPaths
from orchestration.warehouse import open_warehouse
from tests.bench.sampling import watch
from tests.fakes.clock import FakeClock
from tests.fakes.klaviyo import KEY, FakeKlaviyo

_AUDIENCES = 4
_NOW = datetime(2026, 1, 2, tzinfo=UTC)
_MINUTE = 60.0


def time_plan(memberships: int, folder: Path) -> None:
    """Plan and diff of so many memberships in four audiences, of which a tenth has changed, in a process of its own.

    Prints seconds and peak memory.
    """
    _prepare(folder, memberships)
    started = time.time()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.sync", str(folder)], cwd=REPOSITORY, text=True, stdout=subprocess.PIPE
    )
    samples = watch(process, folder / "none")
    output, _ = process.communicate()
    print(output, end="")
    if process.returncode:
        raise SystemExit(process.returncode)
    ended = time.time()
    resident, _ = samples.peak(started, ended)
    print(
        f"peak {resident / 1e9:.2f} GB, {samples.processor(started, ended):.1f} s of processor time with Python's start"
    )


def time_first_sync(profiles: int, folder: Path) -> tuple[float, float]:
    """A first sync of so many new profiles into one audience against a Klaviyo with its real limits.

    Time passes only by waiting, so that what is measured is what the limits cost.

    Returns:
        Seconds it took, and the fewest that the same calls can take within the limits.
    """
    _prepare(folder, profiles, audiences=1, is_held=False)
    clock = FakeClock(_NOW)
    fake = FakeKlaviyo(clock)
    paths, rules = ShopPaths(folder / "data"), folder / "audiences.csv"
    with fake.running(), mock.patch.dict(os.environ, {"KLAVIYO_SYNC_API_KEY": KEY}):
        shop = _shop(folder, fake.url)
        sync_shop(shop, paths, "first", clock=clock, rules=rules)
        before = clock.monotonic()
        (report,) = sync_shop(shop, paths, "second", clock=clock, rules=rules)
        took = clock.monotonic() - before
    assert report.results == {"sent": profiles}, report.lines()
    # Calls to one endpoint can't be done sooner; the endpoints follow upon each other: who is known there must be
    # asked before anything is written, and ids are there once it is.
    done = [exchange.request for exchange in fake.log if exchange.status < 300]
    asked = sum(request.path == "/api/profiles" for request in done)
    added = sum(request.path.endswith("/relationships/profiles") for request in done)
    fewest = _fewest(asked, *LIMITS["GET /api/profiles"]) + _fewest(
        added, *LIMITS["POST /api/lists/{id}/relationships/profiles"]
    )
    jobs = sum(request.method == "POST" and "import" in request.path for request in done)
    fewest += fake.job_seconds
    print(
        f"{profiles:,} profiles: {took:,.0f} s in {jobs} jobs, {asked:,} look-ups and {added:,} list calls; "
        f"the limits allow {fewest:,.0f} s ({took / fewest:.2f} times, {len(fake.log) - len(done)} refused)"
    )
    return took, fewest


def _fewest(calls: int, burst: int, steady: int) -> float:
    """Seconds that so many calls take at least: whole minutes, and the last minute's at so many a second."""
    minutes, rest = divmod(max(calls - 1, 0), steady)
    return minutes * _MINUTE + rest // burst


def _shop(folder: Path, url: str) -> Shop:
    settings = {"url": url, "max_age_hours": 1_000_000}
    return Shop(folder=folder, name="bench", timezone="UTC", currency="USD", destinations={"klaviyo": settings})


def _prepare(folder: Path, memberships: int, audiences: int = _AUDIENCES, is_held: bool = True) -> None:
    """Publish the audiences, and let the state hold most of them already."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = ShopPaths(folder / "data")
    shutil.rmtree(paths.root, ignore_errors=True)
    each = memberships // audiences
    keys = [f"audience_{number}" for number in range(audiences)]
    (folder / "audiences.csv").write_text("key,is_service\n" + "".join(f"{key},false\n" for key in keys))
    with open_warehouse(paths.warehouse) as connection:
        connection.execute(
            "create schema ops; create schema marts; create schema intermediate; create schema reporting; "
            "create schema audiences"
        )
        for number, key in enumerate(keys):
            connection.execute(
                f"""
                create table audiences.{key} as
                select
                    'person-' || person as person_id, 'person.' || person || '@example.com' as email,
                    timestamp '2026-01-01' as entered_at, 'due' as reason,
                    'First' || person % 1000 as first_name, 'Assam ' || person % 50 as product,
                    date '2026-01-01' + cast(person % 30 as integer) as runs_out_on, person % 7 as orders
                from range({number * each // 2}, {number * each // 2 + each}) as persons (person)
                """
            )
        union = " union ".join(f"select person_id, email from audiences.{key}" for key in keys)
        connection.execute(
            f"""
            create table marts.dim_customers as select distinct person_id, true as is_marketable from ({union});
            create table intermediate.int_arrivals__profiles as
            select
                'drop' as source, email, cast(null as varchar) as phone, person_id as customer_id,
                'subscribed' as email_consent, timestamp '2025-01-01' as email_consent_at,
                cast(null as varchar) as suppression_reason, timestamp '2025-01-01' as updated_at, 1 as load_id,
                1 as file_index, row_number() over () as row_number
            from ({union});
            create table ops.run_checks as
            select 'run-1' as run_id, stage, 1 as passed, 0 as failed, 0 as warned
            from (values ('gate 1'), ('dbt tests'), ('gate 2')) as stages (stage);
            create table ops.last_build as select true as is_complete;
            create table reporting.run_info as select cast(null as varchar) as sources;
            """
        )
        now = _NOW.replace(tzinfo=None)
        version = publish(connection, paths.published, "run-1", now, now - timedelta(hours=1), 1)
        connection.execute(
            "create table ops.published_versions as select ? as version, 'run-1' as run_id", [version.name]
        )
    if not is_held:
        return
    with SyncState.open(state_file(paths)) as state:
        for number, key in enumerate(keys):
            # A tenth isn't there yet, a tenth has other values, a tenth is to leave.
            state.connection.execute(
                f"""
                insert into memberships
                select
                    'klaviyo', '{key}', 'person.' || person || '@example.com', 'person-' || person, 'held',
                    ['so_{key}_first_name', 'so_{key}_product', 'so_{key}_runs_out_on', 'so_{key}_orders'],
                    case when person % 10 = 0 then 'other' else md5(concat_ws(',',
                        '"so_{key}_first_name":"First' || person % 1000 || '"',
                        '"so_{key}_orders":' || person % 7,
                        '"so_{key}_product":"Assam ' || person % 50 || '"',
                        '"so_{key}_runs_out_on":"' || (date '2026-01-01' + cast(person % 30 as integer)) || '"'
                    )) end,
                    null, null, null, null
                from range({number * each // 2 + each // 10}, {number * each // 2 + each + each // 10}) as p (person)
                """
            )


def _plan(folder: Path) -> None:
    started = time.monotonic()
    (report,) = sync_shop(
        _shop(folder, "http://127.0.0.1:9"), ShopPaths(folder / "data"), "plan", dry_run=True, clock=FakeClock(_NOW),
        rules=folder / "audiences.csv",
    )  # fmt: skip
    seconds = time.monotonic() - started
    counts = list(report.plan.values())
    rows = sum(of.add + of.update + of.remove + of.keep + of.skipped + of.rejected for of in counts)
    print("\n".join(report.lines()))
    print(f"{rows:,} memberships planned in {seconds:.1f} s (DuckDB {duckdb.__version__})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    _plan(parser.parse_args().folder)
