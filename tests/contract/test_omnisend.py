"""Omnisend's client: the vendor's contacts spec, cursors, the wait that stands in the body, a retired version."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from orchestration.sources.http import ApiError
from orchestration.sources.source import Window
from tests.fakes.small_systems import Running, running


@pytest.fixture
def system(shared: Path) -> Iterator[Running]:
    """Omnisend with 600 contacts, changed one a minute."""
    with running("omnisend", shared / "specs") as found:
        for number in range(600):
            moment = f"2025-06-01T{number // 60:02}:{number % 60:02}:00Z"
            found.fake.add_contact(f"c{number:03}", moment, f"c{number}@example.com")
        yield found


def test_contacts_come_in_pages_of_250_by_cursor(system: Running) -> None:
    assert len(system.read("contacts")) == 600
    requests = system.fake.requests("/contacts")
    assert len(requests) == 3
    assert [request.one("limit") for request in requests] == ["250"] * 3
    assert len({request.one("after") for request in requests}) == 3


def test_only_contacts_changed_since_are_asked_for(system: Running) -> None:
    start, end = datetime(2025, 6, 1, 9, 50), datetime(2026, 1, 1)  # noqa: DTZ001
    assert sorted(system.read("contacts", Window(start, end))) == [f"c{number}" for number in range(590, 600)]


def test_a_429_waits_as_long_as_its_body_says(system: Running) -> None:
    # Somebody else's calls have used the brand's minute up.
    for _ in range(400):
        assert system.fake.wait_of_limit() == 0
    system.clock.advance(23)
    assert len(system.read("contacts")) == 600
    refused = [exchange for exchange in system.fake.log if exchange.status == 429]
    assert len(refused) == 1
    assert system.clock.waited == 37


def test_a_retired_version_is_told(system: Running) -> None:
    client = system.client()
    client.api.headers = {**client.api.headers, "Omnisend-Version": "2025-01-01"}
    with pytest.raises(ApiError, match=r"omnisend: GET /contacts: 410: .*API version has been retired"):
        next(client.pages("contacts", None))


def test_proofs_of_consent_never_land(system: Running) -> None:
    system.fake.add_contact(
        "c999", "2025-07-01T00:00:00Z", "p@example.com", consents=[{"channel": "email", "ip": "203.0.113.7"}]
    )
    assert "203.0.113.7" not in str(system.read("contacts")["c999"])


def test_contacts_that_are_gone_are_not_present(system: Running) -> None:
    present = system.configured.source.stream("contacts").present
    assert present is not None
    del system.fake.contacts["c300"]
    found = [row for ids in present(system.client()) for row in ids["id"].to_pylist()]
    assert sorted(found) == sorted(f"c{number:03}" for number in range(600) if number != 300)


def test_campaigns_and_automations_bring_their_names(system: Running) -> None:
    system.fake.add_campaign("k1", "Spring sale", "2025-03-01T00:00:00Z")
    system.fake.add_automation("a1", "Welcome series", "2025-01-01T00:00:00Z")
    assert system.read("campaigns")["k1"]["name"] == "Spring sale"
    assert system.read("automations")["a1"]["name"] == "Welcome series"
