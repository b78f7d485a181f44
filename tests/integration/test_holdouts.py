"""Holdouts of a flow and of everything, whose draws stay when shares change; and a cool-down, with nothing else."""

import hashlib
import math
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from orchestration.audiences.memory import remember
from orchestration.publish.version import publish
from orchestration.warehouse import open_warehouse
from tests.integration.audience_shop import AudienceShop, ago, email
from tests.integration.conftest import drop_rows
from tests.integration.warehouse import Builder, Warehouse

FIRST, SECOND = datetime(2025, 7, 1, 4), datetime(2025, 7, 4, 4)  # noqa: DTZ001
AWAY, LATE, NEW = 240, 60, 20
GLOBAL_SHARE, FLOW_SHARE = 0.25, 0.5
# Nobody of everything, and everybody of the flow: shares reach neither.
LATER_SHARES = "0.000001", "0.999999"
SETTINGS = "{{holdout_share: 0, audiences: {{global_holdout_share: {}, holdout_shares: {{win_back: {}}}}}}}"


def share_of(flow: str, person_id: str) -> float:
    """Where a person stands between 0 and 1: a hash of flow, salt and person."""
    return int(hashlib.md5(f"{flow}:1:{person_id}".encode()).hexdigest()[:8], 16) / 2**32  # noqa: S324


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A quarter of all is held out of everything, half of those away for long of their flow."""
    shop = AudienceShop()
    for number in range(AWAY):
        shop.order(f"away_{number}", ago(500))
    for number in range(LATE):
        shop.promised(f"late_{number}", ago(3))
    for name in ("cooling", "rested"):
        # Before 4 July a day and a half ago: a thank-you is due then, as it was for an order two weeks before.
        shop.delivered(name, "2025-07-02 12:00:00")
    return shop.write(tmp_path_factory.mktemp("holdouts"), SETTINGS.format(GLOBAL_SHARE, FLOW_SHARE))


@pytest.fixture(scope="module")
def first(builder: Builder, folder: Path) -> Warehouse:
    """The first version, remembered; besides, two persons have had their thanks, one of them a second less long ago."""
    built = builder.build(folder, "holdouts_first")
    entered = {"rested": SECOND - timedelta(days=14), "cooling": SECOND - timedelta(days=14) + timedelta(seconds=1)}
    with open_warehouse(built.file) as connection:
        remember(connection, "run-1", "version-1", FIRST)
        for name, moment in entered.items():
            connection.execute(
                "insert into ops.audience_history select 'run-0', 'thank_you', person_id, ?, null "
                "from intermediate.int_audiences__known where email = ? union all "
                "select 'run-0', 'thank_you', person_id, ?, ? from intermediate.int_audiences__known where email = ?",
                [moment, email(name), moment, moment + timedelta(days=2), email(name)],
            )
    return built


@pytest.fixture(scope="module")
def second(builder: Builder, folder: Path, first: Warehouse) -> Warehouse:
    """Three days later: from now on the whole flow is held out, and nobody more of everything; some are new."""
    settings = (folder / "shop.yml").read_text().replace("2025-07-01", "2025-07-04")
    before, after = (SETTINGS.format(*shares) for shares in ((GLOBAL_SHARE, FLOW_SHARE), LATER_SHARES))
    assert before in settings
    (folder / "shop.yml").write_text(settings.replace(before, after))
    people = [f"new_{number}" for number in range(NEW)]
    orders = [
        {"order_id": name, "ordered_at": f"{ago(500)} 12:00:00", "email": email(name), "currency": "USD"}
        for name in people
    ]
    drop_rows(folder, "orders", "second.csv", orders)
    lines = {"line_id": 1, "variant_id": "lid", "product_id": "lid", "quantity": 1, "unit_price": 10}
    drop_rows(folder, "order_lines", "second.csv", [{"order_id": name, **lines} for name in people])
    drop_rows(
        folder, "profiles", "second.csv", [{"email": email(name), "email_consent": "subscribed"} for name in people]
    )
    return builder.build(folder, "holdouts_second", upon=first)


def arms(warehouse: Warehouse, audience: str = "win_back") -> dict[str, tuple[str, bool]]:
    """By person: the arm of a flow, and whether held out of everything."""
    sql = "select person_id, arm, is_held_out_of_all from intermediate.int_audiences__eligible where audience = "
    return {str(person): (str(arm), bool(out)) for person, arm, out in warehouse.query(f"{sql} '{audience}'")}


def test_an_arm_is_the_hash_of_flow_salt_and_person(first: Warehouse) -> None:
    found = arms(first)
    assert len(found) == AWAY
    assert found == {
        person: (
            "holdout" if share_of("win_back", person) < FLOW_SHARE else "treatment",
            share_of("global", person) < GLOBAL_SHARE,
        )
        for person in found
    }


def test_the_draw_of_all_says_nothing_of_a_flows(first: Warehouse) -> None:
    both = sum(arm == "holdout" and is_out for arm, is_out in arms(first).values())
    expected = GLOBAL_SHARE * FLOW_SHARE
    # Within the 99.9 % interval of the binomial distribution.
    assert abs(both - AWAY * expected) < 3.29 * math.sqrt(AWAY * expected * (1 - expected))


def test_whoever_is_held_out_of_all_is_in_service_files_alone(first: Warehouse, tmp_path: Path) -> None:
    drawn = {
        str(person)
        for (person,) in first.query("select person_id from intermediate.int_audiences__people")
        if share_of("global", str(person)) < GLOBAL_SHARE
    }
    with open_warehouse(first.file) as connection:
        folder = publish(connection, tmp_path, "0123456789", FIRST, FIRST, 1).folder / "audiences"
        members = {
            file.stem: {
                str(row[0]) for row in connection.execute(f"select person_id from read_parquet('{file}')").fetchall()
            }
            for file in folder.glob("*.parquet")
        }
    assert len(members) == 28
    assert len(members["delay"]) == LATE
    assert members["delay"] & drawn
    assert {audience for audience, people in members.items() if people & drawn} == {"delay"}
    held_out = sum(is_out for _, is_out in arms(first).values())
    assert first.query(
        "select reason, people from reporting.audience_exclusions where audience = 'win_back' order by 1"
    ) == [
        ("global_holdout", held_out),
        ("holdout", sum(arm == "holdout" and not is_out for arm, is_out in arms(first).values())),
    ]


def test_both_draws_are_logged_each_for_its_own(first: Warehouse) -> None:
    logged = dict(
        first.query("select flow_id || ' ' || arm, count(distinct person_id) from ops.holdout_triggers group by all")
    )
    out = {person for person, (_, is_out) in arms(first).items() if is_out}
    treated = [arm for arm, is_out in arms(first).values() if not is_out]
    # Who is held out of everything says nothing of what a flow brings.
    assert logged["win_back holdout"] == treated.count("holdout")
    assert logged["win_back treatment"] == treated.count("treatment")
    assert set(logged) == {"win_back holdout", "win_back treatment", "global holdout", "global treatment"}
    away = "select distinct person_id from ops.holdout_triggers where flow_id = 'global' and arm = 'holdout'"
    assert out <= {str(person) for (person,) in first.query(away)}


def test_a_changed_share_is_for_persons_who_come_later(first: Warehouse, second: Warehouse) -> None:
    before, after = arms(first), arms(second)
    assert {person: arm for person, arm in after.items() if person in before} == before
    assert [after[person] for person in after if person not in before] == [("holdout", False)] * NEW
    # Who was held out stays out of the files, and who wasn't stays in them.
    kept = {str(person) for (person,) in second.query("select person_id from audiences.win_back")}
    assert kept == {person for person, arm in before.items() if arm == ("treatment", False)}


def test_a_share_of_nothing_ends_a_holdout_and_one_again_finds_the_arms_as_they_were(
    builder: Builder, folder: Path, second: Warehouse, tmp_path: Path
) -> None:
    settings = (folder / "shop.yml").read_text()
    ended = tmp_path / "shop.yml"
    ended.write_text(settings.replace(SETTINGS.format(*LATER_SHARES), SETTINGS.format(0, 0)))
    select = "int_audiences__flows int_audiences__eligible int_audiences__members"
    warehouse = builder.rerun(tmp_path, "holdouts_ended", second, "select 1", select)
    assert set(arms(warehouse).values()) == {("treatment", False)}
    assert warehouse.value("select count(*) from audiences.win_back") == AWAY + NEW
    again = builder.rerun(folder, "holdouts_again", warehouse, "select 1", select)
    assert arms(again) == arms(second)


def test_a_cool_down_ends_when_its_days_are_over(second: Warehouse) -> None:
    found = second.query(
        "select people.email, eligible.excluded_for from intermediate.int_audiences__eligible as eligible "
        "join intermediate.int_audiences__known as people using (person_id) "
        "where audience = 'thank_you' order by 1"
    )
    assert found == [(email("cooling"), "cool_down"), (email("rested"), None)]
