"""Amazon's client against the vendor's own file: one bucket of calls, logins, pages that outlive a process."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration.sources.source import Window
from tests.fakes.amazon import item
from tests.fakes.small_systems import Running, running

NOW = datetime(2026, 1, 1)  # noqa: DTZ001


@pytest.fixture
def system(shared: Path) -> Iterator[Running]:
    """Amazon with 350 orders, one an hour, the last at 31 December 2025, 23:00."""
    with running("amazon", shared / "specs") as found:
        for number in range(350):
            moment = NOW - timedelta(hours=number + 1)
            found.fake.add(f"111-0000000-{number:07}", f"{moment:%Y-%m-%dT%H:%M:%SZ}", [item("1", 1, "9.00")])
        yield found


def test_all_pages_come_by_token_with_the_same_span(system: Running) -> None:
    assert len(system.read("orders")) == 350
    requests = system.fake.requests("/orders")
    assert len(requests) == 4
    assert {(request.one("lastUpdatedAfter"), request.one("lastUpdatedBefore")) for request in requests} == {
        ("2010-01-01T00:00:00Z", "2025-12-31T23:58:00Z")
    }
    assert [request.one("paginationToken") is None for request in requests] == [True, False, False, False]


def test_a_load_that_was_cut_off_goes_on_at_its_page(system: Running) -> None:
    read = system.configured.source.stream("orders").read
    assert read is not None
    state: dict[str, Any] = {}
    pages = read(system.client(), Window(None, NOW), state)
    found = {row for _ in range(2) for row in next(pages).rows["id"].to_pylist()}
    pages.close()
    assert len(found) == 200
    # A day later, by another process: the same span, from its third page on.
    found |= set(system.read("orders", Window(None, NOW + timedelta(days=1)), state))
    assert len(found) == 350
    assert len(system.fake.requests("/orders")) == 4
    assert state == {}


def test_a_page_token_that_ran_out_begins_the_span_again(system: Running) -> None:
    read = system.configured.source.stream("orders").read
    assert read is not None
    state: dict[str, Any] = {}
    next(read(system.client(), Window(None, NOW), state))
    system.fake.lose_page_tokens()
    assert len(system.read("orders", Window(None, NOW), state)) == 350


def test_a_burst_that_somebody_else_used_up_is_waited_for(system: Running) -> None:
    for _ in range(20):
        assert system.fake.wait_of_limit() == 0
    system.client().orders(NOW - timedelta(hours=5), NOW - timedelta(hours=1))
    assert [exchange.status for exchange in system.fake.log if "/orders" in exchange.request.path] == [429, 200]
    assert system.clock.waited == pytest.approx(1 / 0.0056)


def test_an_account_that_is_granted_more_is_read_faster(system: Running) -> None:
    system.fake.bucket.rate = 0.5
    client = system.client()
    for _ in range(60):
        client.orders(NOW - timedelta(hours=5), NOW - timedelta(hours=1))
    assert {exchange.status for exchange in system.fake.log} == {200}
    assert 40 / 0.5 <= system.clock.waited <= 40 / 0.5 / 0.9


def test_an_access_token_is_renewed_before_it_runs_out(system: Running) -> None:
    client = system.client()
    client.orders(NOW - timedelta(hours=5), NOW - timedelta(hours=1))
    system.clock.advance(3400)
    client.orders(NOW - timedelta(hours=5), NOW - timedelta(hours=1))
    assert system.fake.logins == 2


def test_of_the_buyer_nothing_lands_but_the_relay(system: Running) -> None:
    system.fake.add(
        "222-1",
        "2025-12-31T12:00:00Z",
        [item("1", 1, "9.00")],
        buyer={"buyerName": "John Smith", "buyerEmail": "k2@marketplace.amazon.com", "buyerCompanyName": "Smith LLC"},
        recipient={
            "deliveryAddress": {"name": "John Smith", "addressLine1": "1 Main St", "countryCode": "US", "phone": "555"}
        },
    )
    order = Running(system.fake, system.clock, system.with_settings(recipient=True)).read("orders")["222-1"]
    assert order["buyer"] == {"buyerEmail": "k2@marketplace.amazon.com"}
    assert order["recipient"] == {"deliveryAddress": {"countryCode": "US"}}
