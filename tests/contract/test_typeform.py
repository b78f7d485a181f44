"""Typeform's client against the vendor's own types: pages by time, forms added later, what the doctor says of forms."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration.sources.source import SourceError, Window
from tests.fakes.small_systems import Running, running

NOW = datetime(2026, 1, 1)  # noqa: DTZ001


@pytest.fixture
def system(shared: Path) -> Iterator[Running]:
    """Typeform with an empty form nps1."""
    with running("typeform", shared / "specs") as found:
        found.fake.forms["nps1"] = []
        yield found


def _score(value: float, ref: str = "recommend") -> dict[str, Any]:
    return {"type": "number", "number": value, "field": {"id": "q1", "type": "opinion_scale", "ref": ref}}


def _add(system: Running, count: int, form: str = "nps1", step: timedelta = timedelta(minutes=1)) -> None:
    for number in range(count):
        moment = NOW - timedelta(days=30) + number * step
        system.fake.add(form, f"r{number}", f"{moment:%Y-%m-%dT%H:%M:%SZ}", [_score(9)], {"order_id": str(number)})


def test_more_than_a_page_comes_by_time_each_once(system: Running) -> None:
    _add(system, 2500)
    assert len(system.read("responses")) == 2500
    requests = system.fake.requests()
    assert [request.one("page_size") for request in requests] == ["1000"] * 3
    # Each page begins with the second in which the one before ended: 1,000, then 1,000 from the 1,000th on, then 502.
    assert [request.one("since") for request in requests] == [None, "2025-12-02T16:39:00Z", "2025-12-03T09:18:00Z"]


def test_the_span_is_half_open(system: Running) -> None:
    for second in (0, 1, 2):
        system.fake.add("nps1", f"r{second}", f"2025-12-01T00:00:0{second}Z")
    start = datetime(2025, 12, 1)  # noqa: DTZ001
    assert sorted(system.read("responses", Window(start, start + timedelta(seconds=2)))) == ["nps1:r0", "nps1:r1"]


def test_a_form_named_later_brings_its_whole_history(system: Running) -> None:
    _add(system, 3)
    state: dict[str, Any] = {}
    assert len(system.read("responses", state=state)) == 3
    system.fake.add("csat1", "old", "2020-05-01T00:00:00Z")
    both = {"forms": {"nps1": {"survey_type": "nps"}, "csat1": {"survey_type": "csat"}}}
    later = Running(system.fake, system.clock, system.with_settings(**both))
    found = later.read("responses", Window(NOW - timedelta(days=1), NOW + timedelta(days=1)), state)
    assert "csat1:old" in found
    assert state == {"nps1": "2025-12-02T00:02:00", "csat1": "2020-05-01T00:00:00"}


def test_a_second_with_a_whole_page_is_an_error_and_no_endless_loop(system: Running) -> None:
    _add(system, 1001, step=timedelta())
    with pytest.raises(SourceError, match=r"typeform: .*form nps1 has 1,000 responses in one second"):
        system.read("responses")


def test_a_network_id_never_lands(system: Running) -> None:
    _add(system, 1)
    response = system.read("responses")["nps1:r0"]
    assert response["metadata"] == {"user_agent": "Mozilla/5.0", "platform": "other"}


def test_deleted_responses_are_not_present(system: Running) -> None:
    _add(system, 1200)
    system.fake.remove("nps1", "r700")
    present = system.configured.source.stream("responses").present
    assert present is not None
    found = {row for ids in present(system.client()) for row in ids["id"].to_pylist()}
    assert found == {f"nps1:r{number}" for number in range(1200) if number != 700}


@pytest.mark.parametrize(
    ("form", "answers", "hidden", "told"),
    [
        ({"survey_type": "nps", "score": "recommend"}, [_score(9)], {"email": "a@example.com"}, None),
        ({"survey_type": "nps", "score": "other"}, [_score(9)], {"email": "a@example.com"}, "answers other"),
        ({"survey_type": "csat", "score": "recommend"}, [_score(9)], {"email": "a@example.com"}, "aren't 1 to 5"),
        ({"survey_type": "nps", "score": "recommend"}, [_score(9)], {"utm": "x"}, "name no order, e-mail or customer"),
    ],
)
def test_the_doctor_says_what_is_wrong_with_a_form(
    system: Running, form: dict[str, str], answers: list[Any], hidden: dict[str, str], told: str | None
) -> None:
    system.fake.add("nps1", "r1", "2025-12-01T00:00:00Z", answers, hidden)
    (finding,) = system.configured.source.check(system.client(forms={"nps1": form}))
    assert finding.ok == (told is None)
    assert told is None or told in finding.found
    assert finding.ok or "sources.typeform.forms.nps1" in finding.advice
