"""Loads of a dropped file and of a small system, killed at random moments: the next run gives what one load gives.

Klaviyo's are in `test_sources`, Shopify's in `test_shopify`.
"""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.sources.drop.entities import ENTITIES
from orchestration.sources.registry import SOURCES
from tests.conftest import REPOSITORY
from tests.fakes.small_systems import running
from tests.integration.small_load import CHUNK_ROWS

STARTED = datetime(2026, 1, 1)  # noqa: DTZ001 - naive UTC, as loads take it
_EVENTS = 150_000
_REVIEWS = 400

KILLS = pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.long)])


def _load(warehouse: Path, source: str, given: str, dies_after: float | None = None) -> tuple[bool, float]:
    """One load, killed so many seconds after it begins, or left to end: whether it died, and the seconds it took."""
    command = [sys.executable, "-m", "tests.integration.small_load", str(warehouse), STARTED.isoformat(), source, given]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
        began = time.monotonic()
        try:
            process.wait(dies_after)
        except subprocess.TimeoutExpired:
            process.kill()
        code = process.wait()
    assert code in (0, -signal.SIGKILL)
    return code != 0, time.monotonic() - began


def _kill_and_compare(folder: Path, source: str, given: str, kills: int, tables: dict[str, str]) -> None:
    """Loads that die, each into what the one before left; then one that doesn't. Its tables are the clean load's.

    Args:
        tables: columns to compare by table.
    """
    _, seconds = _load(folder / "clean.duckdb", source, given)
    moments = random.Random(20)
    died, went_through = 0, False
    for _ in range(kills):
        if went_through:
            # It left nothing to kill: the next one begins anew.
            for left in folder.glob("killed.duckdb*"):
                left.unlink()
        was_killed, _ = _load(folder / "killed.duckdb", source, given, moments.uniform(0, seconds))
        died, went_through = died + was_killed, not was_killed
    _load(folder / "killed.duckdb", source, given)
    assert died >= kills / 2
    with duckdb.connect() as connection:
        connection.execute(f"attach '{folder}/clean.duckdb' as clean; attach '{folder}/killed.duckdb' as killed")
        for table, columns in tables.items():
            one, other = (f"select {columns} from {name}.{table}" for name in ("clean", "killed"))
            for first, second in ((one, other), (other, one)):
                assert connection.execute(f"{first} except all {second} limit 3").fetchall() == [], table


@pytest.mark.slow
@KILLS
def test_a_dropped_file_is_taken_whole_or_not_at_all(kills: int, tmp_path: Path) -> None:
    drop = tmp_path / "shop" / "drop"
    for entity in ("orders", "order_lines", "message_events"):
        (drop / entity).mkdir(parents=True)
    (drop / "orders" / "a.csv").write_text("order_id,ordered_at\n1,2025-01-01\n")
    (drop / "order_lines" / "a.csv").write_text("order_id,line_id,quantity,unit_price\n1,1,1,9.90\n")
    with duckdb.connect() as connection:
        # One row in a hundred is refused, one is delivered twice, one comes in two versions.
        connection.execute(
            f"""
            copy (
                select
                    'E' || case when i % 100 < 4 then i - i % 2 else i end as event_id,
                    timestamp '2025-01-01' + to_seconds(case when i % 100 < 2 then i - i % 2 else i end) as occurred_at,
                    case when i % 100 = 50 then 'burnt' else 'opened' end as event_type, 'email' as channel,
                    'a@example.com' as email
                from range({_EVENTS}) as events (i)
            ) to '{drop}/message_events/a.csv' (header)
            """
        )
    tables = dict.fromkeys((f"raw_drop.{entity}" for entity in ENTITIES), "*")
    tables |= {"ops.rejected_rows": "*", "ops.loads": "*", "ops.loaded_files": "*"}
    _kill_and_compare(tmp_path, "drop", str(tmp_path / "shop"), kills, tables)
    with duckdb.connect(str(tmp_path / "killed.duckdb")) as connection:
        rows = connection.execute("select rows_in, rows_rejected, rows_redelivered from ops.run_log "
                                  "where entity = 'message_events' and rows_in > 0").fetchall()  # fmt: skip
    assert rows == [(_EVENTS, _EVENTS // 100, _EVENTS // 100)]


_FILL: dict[str, Callable[[object, int, str], None]] = {
    "judgeme": lambda fake, number, at: fake.add(number, at, rating=1 + number % 5),  # type: ignore[attr-defined]
    "omnisend": lambda fake, number, at: fake.add_contact(  # type: ignore[attr-defined]
        f"c{number}", at, f"c{number}@example.com", firstName="A"
    ),
}


@pytest.mark.slow
@KILLS
@pytest.mark.parametrize("name", ["judgeme", pytest.param("omnisend", marks=pytest.mark.long)])
def test_a_small_system_is_loaded_once_however_often_it_dies(
    name: str, kills: int, shared: Path, tmp_path: Path
) -> None:
    with running(name, shared / "specs", tmp_path, throttle=False) as system:
        for number in range(_REVIEWS):
            at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
            _FILL[name](system.fake, number + 1, f"{at:%Y-%m-%dT%H:%M:%SZ}")
        settings = json.dumps(system.configured.settings.model_dump(mode="json", exclude_none=True))
        streams = [f"raw_{name}.{stream.name}" for stream in SOURCES[name].streams]
        _kill_and_compare(
            tmp_path, name, settings, kills, dict.fromkeys(streams, "id, updated_at, payload, _loaded_at")
        )
    with duckdb.connect(str(tmp_path / "killed.duckdb")) as connection:
        main = "reviews" if name == "judgeme" else "contacts"
        found = connection.execute(f"select count(*), count(distinct id), count(distinct _row) from raw_{name}.{main}")
        assert found.fetchall() == [(_REVIEWS, _REVIEWS, _REVIEWS)]
    assert _REVIEWS >= 10 * CHUNK_ROWS
