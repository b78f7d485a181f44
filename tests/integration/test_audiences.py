"""Who is in which audience: a shop worked out by hand, the contact policy, holdouts, and what is remembered."""

import math
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import pytest

from orchestration.audiences.memory import back_up_memory, remember, restore_memory
from orchestration.publish.version import publish
from orchestration.warehouse import open_warehouse
from tests.integration.audience_shop import WIN_BACK_CROWD, AudienceShop, ago, email, make_shop
from tests.integration.warehouse import Builder, Warehouse

AS_OF = datetime(2025, 7, 1, 4)  # noqa: DTZ001
LATER = datetime(2025, 7, 4, 4)  # noqa: DTZ001
# Frozen before everybody else, under the id of the person who will be joined to an older one.
JOINED, OLDER = "loyal_once_150", "loyal_once_20"


@pytest.fixture(scope="module")
def shop() -> AudienceShop:
    return make_shop()


@pytest.fixture(scope="module")
def folder(shop: AudienceShop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shop.write(tmp_path_factory.mktemp("audiences"))


@pytest.fixture(scope="module")
def first(builder: Builder, folder: Path) -> Warehouse:
    """The first version, remembered."""
    built = builder.build(folder, "audiences_first")
    with open_warehouse(built.file) as connection:
        remember(connection, "run-1", "version-1", AS_OF)
        connection.execute(
            "update ops.holdout_persons set assigned_at = timestamp '2025-06-01' "
            "where person_id = (select person_id from intermediate.int_audiences__known where email = ?)",
            [email(JOINED)],
        )
    return built


@pytest.fixture(scope="module")
def second(builder: Builder, folder: Path, first: Warehouse) -> Warehouse:
    """Three days later, two runs missed; one order has joined two persons."""
    settings = (folder / "shop.yml").read_text().replace("2025-07-01", "2025-07-04")
    (folder / "shop.yml").write_text(settings)
    columns = "order_id,ordered_at,email,phone,currency"
    rows = [f"j{n},{ago(500 - n)} 12:00:00,{email(name)},+4915112345678,USD" for n, name in enumerate((OLDER, JOINED))]
    (folder / "drop" / "orders" / "second.csv").write_text("\n".join([columns, *rows]) + "\n")
    return builder.build(folder, "audiences_second", upon=first)


def names(warehouse: Warehouse, sql: str) -> dict[str, set[str]]:
    """Local parts of e-mails by the first column of `sql`, whose second is a person."""
    found = defaultdict(set)
    query = (
        f"select asked.key, people.email from ({sql}) as asked(key, person_id) "
        "join intermediate.int_audiences__known as people using (person_id)"
    )
    for key, address in warehouse.query(query):
        found[str(key)].add(str(address).split("@")[0])
    return found


def test_the_rules_take_whom_the_table_says(shop: AudienceShop, first: Warehouse) -> None:
    taken = names(first, "select audience, person_id from intermediate.int_audiences__eligible")
    audiences = [str(row[0]) for row in first.query("select key from seeds.audiences")]
    expected, found = {}, {}
    for audience in audiences:
        inside = {name for name in shop.people if name.startswith(f"{audience}_in")}
        outside = {name for name in shop.people if name.startswith(f"{audience}_out")}
        assert inside, audience
        expected[audience] = inside
        found[audience] = taken[audience] & (inside | outside)
    assert found == expected


def test_whom_the_policy_leaves_out_and_why(first: Warehouse) -> None:
    reasons = names(
        first,
        "select audience || ' ' || coalesce(excluded_for, 'in'), person_id from intermediate.int_audiences__eligible",
    )
    told = {
        name: {key.split(" ")[1] for key, people in reasons.items() if name in people and key.startswith(audience)}
        for name, audience in {
            "told_apart": "vip",
            "two_offers": "accessories",
            "three_of_value": "accessories",
            "dissatisfied_buyer": "accessories",
            "capped": "review_request",
            "own_cap": "review_request",
            "not_asked": "review_request",
            "complained": "review_request",
            "asking": "review_request",
            "answered": "review_request",
            "never": "review_request",
            "suppressed": "review_request",
            "late_never": "delay",
            "late_suppressed": "delay",
        }.items()
    }
    assert told == {
        "told_apart": {"in"},
        "two_offers": {"other_promotion"},
        "three_of_value": {"value_share"},
        "dissatisfied_buyer": {"dissatisfied"},
        "capped": {"monthly_cap"},
        "own_cap": {"monthly_cap"},
        "not_asked": {"monthly_cap"},
        "complained": {"after_complaint"},
        "asking": {"open_ticket"},
        "answered": {"after_ticket"},
        "never": {"not_marketable"},
        "suppressed": {"not_marketable"},
        "late_never": {"in"},
        "late_suppressed": {"suppressed"},
    }
    assert first.query(
        "select excluded_for, count(*) from intermediate.int_audiences__eligible as eligible "
        "join intermediate.int_audiences__people as people using (person_id) "
        "where not people.is_reachable and audience = 'review_request' group by all"
    ) == [("not_reachable", 1)]


@pytest.mark.parametrize(("version", "as_of"), [("first", AS_OF), ("second", LATER)])
def test_nobody_hears_what_the_policy_forbids(version: str, as_of: datetime, request: pytest.FixtureRequest) -> None:
    warehouse: Warehouse = request.getfixturevalue(version)
    forbidden = """
        select audience, email from intermediate.int_audiences__members as members
        join seeds.audiences as catalogue on catalogue.key = audience
        join intermediate.int_audiences__known using (person_id, email)
        join intermediate.int_audiences__people as people using (person_id)
        where not people.is_reachable
            or not is_service and not people.is_marketable
            or is_service and people.is_suppressed
            or kind = 'promotion' and people.is_dissatisfied
            or is_message and not is_service and (
                people.is_silent
                or people.messages_30d > people.max_emails_per_month
                or people.last_complaint_at > timestamp '{as_of}' - interval 30 day
            )
    """
    assert warehouse.query(forbidden.format(as_of=as_of)) == []
    promotions = """
        select person_id, count(*) from intermediate.int_audiences__members
        join seeds.audiences as catalogue on catalogue.key = audience
        where kind = 'promotion' group by person_id having count(*) > 1
    """
    assert warehouse.query(promotions) == []
    assert (
        warehouse.query(
            "select audience, email from intermediate.int_audiences__members group by all having count(*) > 1"
        )
        == []
    )


def test_the_reports_account_for_everybody(first: Warehouse) -> None:
    sizes = "select audience, eligible - members from reporting.audience_sizes where is_latest order by audience"
    left_out = (
        "select key, coalesce(sum(people), 0) from seeds.audiences "
        "left join reporting.audience_exclusions on key = audience group by key order by key"
    )
    assert first.query(sizes) == first.query(left_out)
    # What no message goes by is a list, whatever the seed calls its kind.
    assert first.query(
        "select audience from reporting.audience_sizes where is_latest and kind = 'list' order by 1"
    ) == [
        ("sunset",),
        ("tier_a",),
        ("tier_b",),
        ("tier_c",),
    ]


def test_holdout_arms_are_drawn_by_chance_and_left_out_of_their_flow_alone(first: Warehouse) -> None:
    arms = dict(first.query("select arm, count(*) from ops.holdout_triggers where flow_id = 'win_back' group by arm"))
    drawn = sum(int(str(count)) for count in arms.values())
    assert drawn == WIN_BACK_CROWD + 1
    # Half of them, within the 99.9 % interval of the binomial distribution.
    assert abs(int(str(arms["holdout"])) - drawn / 2) < 3.29 * math.sqrt(drawn / 4)
    assert first.value("select count(*) from ops.holdout_triggers where flow_id <> 'win_back'") == 0
    held_out = "select person_id from ops.holdout_triggers where arm = 'holdout'"
    assert first.value(f"select count(*) from audiences.win_back where person_id in ({held_out})") == 0
    # They are in the lists that are theirs otherwise.
    assert first.value(f"select count(*) from audiences.tier_b where person_id in ({held_out})") == arms["holdout"]
    assert first.query(
        "select reason, people from reporting.audience_exclusions where audience = 'win_back' and reason = 'holdout'"
    ) == [("holdout", arms["holdout"])]


def test_everybody_has_an_arm_before_anything_is_due(first: Warehouse) -> None:
    assert first.value("select count(*) from ops.holdout_persons") == first.value(
        "select count(*) from marts.dim_customers where is_identified"
    )


def test_a_missed_run_loses_nobody_and_nobody_is_taken_twice(first: Warehouse, second: Warehouse) -> None:
    # Delivered two days before the first run: their day of thanks is over at the second, and they had theirs.
    before = names(first, "select 'thank_you', person_id from audiences.thank_you")["thank_you"]
    after = names(second, "select 'thank_you', person_id from audiences.thank_you")["thank_you"]
    assert {"thank_you_in_first_hour", "thank_you_in_last_hour"} <= before
    assert not before & after
    # Delivered a day before the first run: their window opened and closed between the two.
    assert "thank_you_out_early" in after
    # Still in its window: one entry, at the first run.
    query = "select entered_at from audiences.review_request where email = 'review_request_in_first_day@example.com'"
    assert second.query(query) == [(AS_OF,)]
    moved = second.rows("select * from reporting.audience_sizes where audience = 'thank_you' order by as_of")
    assert [(row["as_of"], row["members"], row["entered"], row["has_left"]) for row in moved] == [
        (AS_OF, len(before), len(before), 0),
        (LATER, len(after), len(after), len(before)),
    ]


def test_arms_stay_and_the_older_one_wins_when_persons_are_joined(first: Warehouse, second: Warehouse) -> None:
    arms = (
        "select email, arm from intermediate.int_audiences__eligible "
        "join intermediate.int_audiences__known using (person_id) where audience = 'win_back'"
    )
    before, after = dict(first.query(arms)), dict(second.query(arms))
    both = {email(JOINED), email(OLDER)}
    # Joined, they are one person with one address, an arm that was given first, and a flag.
    (kept,) = both & set(after)
    assert after[kept] == before[email(JOINED)]
    assert {address: arm for address, arm in after.items() if address not in both and address in before} == {
        address: arm for address, arm in before.items() if address not in both and address in after
    }
    assert len(after) >= WIN_BACK_CROWD - 1
    assert second.query(
        "select email from intermediate.int_audiences__known "
        "join intermediate.int_audiences__people using (person_id) where is_merged"
    ) == [(kept,)]
    told = dict(second.query("select experiment_id, count(*) from marts.fct_experiment_arms group by all"))
    assert told == {"win_back": WIN_BACK_CROWD}
    assert second.value("select count(*) from marts.fct_experiment_arms where has_two_arms") == int(
        before[email(JOINED)] != before[email(OLDER)]
    )


def test_asked_again_nothing_is_remembered_and_what_is_comes_back_from_the_backup(
    first: Warehouse, tmp_path: Path
) -> None:
    tables = ("audience_runs", "audience_history", "holdout_persons", "holdout_flows", "holdout_triggers")
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes(first.file.read_bytes())
    with open_warehouse(copy) as connection:
        kept = {table: connection.execute(f"from ops.{table} order by all").fetchall() for table in tables}
        remember(connection, "run-1", "version-1", AS_OF)
        remember(connection, "run-0", "version-0", datetime(2025, 6, 1))  # noqa: DTZ001
        assert kept == {table: connection.execute(f"from ops.{table} order by all").fetchall() for table in tables}
        back_up_memory(connection, tmp_path / "backup")
    with open_warehouse(tmp_path / "new.duckdb") as connection:
        restore_memory(connection, tmp_path / "backup")
        assert kept == {table: connection.execute(f"from ops.{table} order by all").fetchall() for table in tables}


def test_the_hour_to_send_is_on_the_persons_clock(first: Warehouse) -> None:
    found = first.query(
        "select timezone, send_hour_local, send_at from audiences.tier_b "
        "where email in ('tier_b_in@example.com', 'tier_b_in_evening@example.com') order by timezone"
    )
    # It is one in the afternoon in Tokyo, midnight in New York.
    assert found == [
        ("America/New_York", 10, datetime(2025, 7, 1, 14)),  # noqa: DTZ001
        ("Asia/Tokyo", 18, datetime(2025, 7, 1, 9)),  # noqa: DTZ001
    ]


def test_files_hold_the_audience_and_hashes_for_marketing_alone(first: Warehouse, tmp_path: Path) -> None:
    with open_warehouse(first.file) as connection:
        version = publish(connection, tmp_path, "0123456789", AS_OF, AS_OF, 1)
    folder = version.folder / "audiences"
    audiences = {path.stem for path in folder.glob("*.parquet")}
    assert len(audiences) == 28
    assert {path.stem for path in folder.glob("*.csv")} == audiences
    assert {path.stem for path in (folder / "hashed").glob("*.csv")} == audiences - {"delay", "dissatisfied"}
