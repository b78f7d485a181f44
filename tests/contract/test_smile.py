"""Smile.io's client: cursors, only what changed, one list without pages, the states of tiers that were seen."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from orchestration.sources.source import Window
from tests.fakes.small_systems import Running, running


@pytest.fixture
def system(shared: Path) -> Iterator[Running]:
    """Smile.io with 600 customers, changed one a minute."""
    with running("smile", shared / "specs") as found:
        found.fake.add_tier(1, "Gold", 100)
        for number in range(600):
            moment = f"2025-06-01T{number // 60:02}:{number % 60:02}:00.000Z"
            found.fake.add_customer(number + 1, f"c{number}@example.com", moment, tier=1)
        yield found


def test_customers_come_in_pages_of_250_with_their_tiers(system: Running) -> None:
    found = system.read("customers")
    assert len(found) == 600
    assert found["1"]["vip_status"] == {"vip_tier_id": 1, "progress_value": 0}
    requests = system.fake.requests("/customers")
    assert [request.one("limit") for request in requests] == ["250"] * 3


def test_only_what_changed_since_is_asked_for(system: Running) -> None:
    start, end = datetime(2025, 6, 1, 9, 58), datetime(2026, 1, 1)  # noqa: DTZ001
    assert sorted(system.read("customers", Window(start, end))) == ["599", "600"]


def test_a_tier_that_was_seen_holds_nothing_of_the_person(system: Running) -> None:
    read = system.configured.source.stream("customers").read
    assert read is not None
    window = Window(datetime(2025, 6, 1, 9, 59), datetime(2026, 1, 1))  # noqa: DTZ001
    (tiers,) = [page for page in read(system.client(), window, {}) if page.stream == "customer_tiers"]
    assert tiers.rows["id"].to_pylist() == ["600:2025-06-01T09:59:00.000Z"]
    assert tiers.rows["payload"].to_pylist() == [
        '{"customer_id":600,"vip_tier_id":1,"updated_at":"2025-06-01T09:59:00.000Z"}'
    ]
