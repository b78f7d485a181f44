"""Yotpo's client: a token that runs out, 31 days back by creation, deleted reviews with their mark."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration.sources.secrets import redact
from orchestration.sources.source import Window
from tests.fakes.small_systems import Running, running

NOW = datetime(2026, 1, 1)  # noqa: DTZ001


@pytest.fixture
def system(shared: Path) -> Iterator[Running]:
    """Yotpo with one review a day for 250 days, the last on 31 December 2025."""
    with running("yotpo", shared / "specs") as found:
        for number in range(250):
            day = NOW - timedelta(days=number + 1)
            found.fake.add(1000 - number, f"{day:%Y-%m-%dT%H:%M:%SZ}")
        yield found


def test_a_load_looks_31_days_back_by_creation(system: Running) -> None:
    state: dict[str, Any] = {}
    assert len(system.read("reviews", state=state)) == 250
    system.fake.log.clear()
    overlap = system.configured.source.stream("reviews").overlap
    found = system.read("reviews", Window(NOW - timedelta(days=1) - overlap, NOW + timedelta(days=1)), state)
    assert [request.one("since_date") for request in system.fake.requests("/reviews")] == ["2025-11-30"]
    assert len(found) == 32


def test_a_token_that_ran_out_is_renewed(system: Running) -> None:
    client = system.client()
    client.reviews(1)
    system.fake.expire_tokens()
    assert len(client.reviews(1).json["reviews"]) == 100
    assert system.fake.tokens_given == 2


def test_a_token_is_a_secret_too(system: Running) -> None:
    system.read("reviews")
    assert redact("?utoken=planted-utoken-1&page=2") == "?utoken=[secret]&page=2"


def test_a_deleted_review_comes_with_its_mark(system: Running) -> None:
    system.fake.change(990, "2026-01-01T00:00:00Z", deleted=True)
    assert system.read("reviews")["990"]["deleted"] is True
