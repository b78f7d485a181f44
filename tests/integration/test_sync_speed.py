"""How fast a plan is made, and how near a first sync comes to what the vendor's limits allow."""

import re
from pathlib import Path

import pytest

from tests.bench.sync import time_first_sync, time_plan


def test_a_first_sync_takes_what_the_limits_allow(tmp_path: Path) -> None:
    """20,000 profiles at Klaviyo's real limits, in time that passes by waiting only; at most a fifth more."""
    took, fewest = time_first_sync(20_000, tmp_path)

    assert took <= 1.2 * fewest


@pytest.mark.long
def test_a_first_sync_of_a_hundred_thousand_takes_what_the_limits_allow(tmp_path: Path) -> None:
    took, fewest = time_first_sync(100_000, tmp_path)

    assert took <= 1.2 * fewest


@pytest.mark.long
def test_a_million_memberships_are_planned_in_ten_seconds_and_two_gigabytes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Processor time of both cores together with Python's start, since another's load isn't the plan's."""
    time_plan(1_000_000, tmp_path)

    said = capsys.readouterr().out
    assert "1,100,000 memberships planned" in said
    peak = re.search(r"peak ([\d.]+) GB, ([\d.]+) s of processor time", said)
    assert peak is not None
    assert float(peak[1]) <= 2
    assert float(peak[2]) <= 10
