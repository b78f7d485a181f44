"""Yotpo Loyalty's client: one member a call, as many a run as a shop allows, nobody behind an address."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestration.errors import UserError
from tests.fakes.small_systems import Running, running


@pytest.fixture
def system(shared: Path, tmp_path: Path) -> Iterator[Running]:
    """Yotpo Loyalty with five members, and a file that names them and one who isn't."""
    names = [f"m{number}@example.com" for number in range(5)]
    (tmp_path / "members.csv").write_text("\n".join(["email", *names, "nobody@example.com"]), encoding="utf-8")
    with running("yotpo_loyalty", shared / "specs", tmp_path) as found:
        for name in names:
            found.fake.add(name, tier="Gold")
        yield found


def test_each_member_is_asked_for_once(system: Running) -> None:
    found = system.read("customers")
    assert len(system.fake.requests("/customers")) == 6
    assert found["m0@example.com"]["vip_tier_name"] == "Gold"
    assert found["nobody@example.com"] == {"is_unknown": True, "email": "nobody@example.com"}


def test_a_run_goes_on_behind_the_one_before_and_then_from_the_top(system: Running) -> None:
    state: dict[str, Any] = {}
    few = Running(system.fake, system.clock, system.with_settings(calls_a_run=4))
    asked = [sorted(few.read("customers", state=state)) for _ in range(3)]
    assert asked == [
        [f"m{number}@example.com" for number in range(4)],
        ["m4@example.com", "nobody@example.com"],
        [f"m{number}@example.com" for number in range(4)],
    ]


def test_a_missing_file_or_column_is_named(system: Running, tmp_path: Path) -> None:
    (tmp_path / "names.csv").write_text("name\nAnn\n", encoding="utf-8")
    for file, told in (("names.csv", "row 1: no column email"), ("none.csv", "no such file")):
        other = Running(system.fake, system.clock, system.with_settings(members=file))
        with pytest.raises(UserError, match=f"{file}: {told}"):
            other.read("customers")
