"""Judge.me's client: pages, where a load stops, what a weekly pass brings, what never lands."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration.sources.source import Window
from tests.fakes.small_systems import Running, running

NOW = datetime(2026, 1, 1)  # noqa: DTZ001 - what loads go by is naive UTC


@pytest.fixture
def system(shared: Path) -> Iterator[Running]:
    """Judge.me with one review a day for 250 days, the last on 31 December 2025."""
    with running("judgeme", shared / "specs") as found:
        for number in range(250):
            day = NOW - timedelta(days=number + 1)
            found.fake.add(1000 - number, f"{day:%Y-%m-%dT%H:%M:%S}+00:00")
        yield found


def test_all_reviews_come_in_pages_of_a_hundred(system: Running) -> None:
    assert len(system.read("reviews")) == 250
    assert [request.one("page") for request in system.fake.requests()] == ["1", "2", "3"]


def test_an_ip_address_never_lands(system: Running) -> None:
    review = system.read("reviews")["1000"]
    assert review["title"] == "A title"
    assert "ip_address" not in review
    assert "203.0.113.7" not in str(review)


def test_a_load_stops_where_nothing_changed_since_its_start(system: Running) -> None:
    state: dict[str, Any] = {}
    system.read("reviews", state=state)
    system.fake.log.clear()
    found = system.read("reviews", Window(NOW - timedelta(days=31), NOW), state)
    # The first page holds days 1 to 100, and the second has no day of the last 31.
    assert len(system.fake.log) == 2
    assert len(found) == 200


def test_an_old_reviews_edit_comes_with_the_weekly_pass(system: Running) -> None:
    state: dict[str, Any] = {}
    system.read("reviews", state=state)
    system.fake.change(751, "2026-01-02T00:00:00+00:00", rating=1)
    start = NOW - timedelta(days=31)
    assert "751" not in system.read("reviews", Window(start, NOW + timedelta(days=6)), state)
    assert system.read("reviews", Window(start, NOW + timedelta(days=7)), state)["751"]["rating"] == 1
    # The next is due a week after that one.
    assert len(system.read("reviews", Window(start, NOW + timedelta(days=13)), state)) == 200


def test_a_backfill_reads_down_to_its_start_and_asks_for_no_pass(system: Running) -> None:
    found = system.read("reviews", Window(NOW - timedelta(days=120), NOW), {})
    assert len(found) == 250
    assert len(system.read("reviews", Window(NOW - timedelta(days=10), NOW), {})) == 200


def test_a_review_deleted_while_somebody_pages_hides_no_other(system: Running) -> None:
    present = system.configured.source.stream("reviews").present
    assert present is not None
    found: set[str] = set()
    for number, ids in enumerate(present(system.client())):
        found |= set(ids["id"].to_pylist())
        if number == 0:
            system.fake.remove(1000)
    assert {str(1000 - number) for number in range(1, 250)} <= found
    # What had been deleted before is not there.
    assert "1000" not in {row for ids in present(system.client()) for row in ids["id"].to_pylist()}
