"""The export can't harm: every promise of `make sync`, against e-mail tools that keep state and the vendors' specs.

Each test runs for every destination there is.
"""

import random
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from orchestration.destinations.registry import erase_everywhere
from orchestration.errors import UserError
from orchestration.warehouse import open_warehouse
from tests.fakes.server import Fault
from tests.integration.sync_shop import TOOLS, SyncShop, crowd, people, sync_shop_with

Open = Callable[..., SyncShop]


@pytest.fixture(params=sorted(TOOLS))
def opened(request: pytest.FixtureRequest, tmp_path: Path, shared: Path) -> Iterator[Open]:
    """Opens a shop that syncs to the destination in question."""
    with ExitStack() as stack:

        def open_shop(**settings: Any) -> SyncShop:
            return stack.enter_context(sync_shop_with(request.param, tmp_path, shared / "specs", **settings))

        yield open_shop


@pytest.fixture
def shop(opened: Open) -> SyncShop:
    """A shop whose first, dry run is behind it."""
    shop = opened()
    shop.publish({"replenishment": people("ann", "ben", product="Assam", days=9), "delay": people("ann", order_id="1")})
    assert shop.sync().is_first
    return shop


def test_the_first_run_is_a_dry_one_that_asks_nothing(opened: Open) -> None:
    shop = opened()
    shop.publish({"replenishment": people("ann", "ben")})

    report = shop.sync()

    assert report.is_dry
    assert report.lines() == [
        f"{shop.tool.name}: plan for version {report.version}",
        "  audience       add  update  remove  unchanged  skipped  rejected",
        "  replenishment    2       0       0          0        0         0",
        "  the first run of a destination is a dry run: nothing was sent; run it again to send",
    ]
    assert shop.calls() == 0
    assert shop.sync(dry_run=True).is_dry
    assert shop.calls() == 0


def test_people_and_their_values_arrive(shop: SyncShop) -> None:
    report = shop.sync()

    assert report.is_well
    assert shop.tool.members("replenishment") == {"ann@example.com", "ben@example.com"}
    assert shop.tool.values("ann@example.com") == {"so_replenishment_product": "Assam", "so_replenishment_days": 9}
    assert shop.results() == [
        ("replenishment", "person-ann", "add", "sent", None),
        ("replenishment", "person-ben", "add", "sent", None),
    ]
    # Service audiences are files only.
    assert shop.tool.members("delay") == set()


def test_the_same_input_twice_makes_no_call(shop: SyncShop) -> None:
    shop.sync()
    calls = shop.calls()

    again = shop.sync()
    shop.publish({"replenishment": people("ann", "ben", product="Assam", days=9)})
    next_day = shop.sync()

    assert shop.calls() == calls
    assert again.results == next_day.results == {"unchanged": 2}


def test_who_leaves_is_taken_out_and_the_values_with_them(shop: SyncShop) -> None:
    shop.tool.add_person("cleo@example.com", "subscribed")
    shop.publish({
        "replenishment": people("ann", "cleo", product="Assam"), "win_back": people("ann", "cleo", code="HELLO")
    })  # fmt: skip
    shop.sync()
    shop.publish({"replenishment": people("ann", product="Assam"), "win_back": people("ann", "cleo", code="HELLO")})

    report = shop.sync()

    assert shop.tool.members("replenishment") == {"ann@example.com"}
    assert shop.tool.members("win_back") == {"ann@example.com", "cleo@example.com"}
    # What others keep there stays.
    assert shop.tool.values("cleo@example.com") == {"favourite": "tea", "so_win_back_code": "HELLO"}
    assert ("replenishment", "person-cleo", "remove", "sent", "not in the audience any more") in shop.results()
    assert report.results == {"sent": 1, "unchanged": 3}


def test_a_removal_that_fails_is_shown_and_tried_again(shop: SyncShop) -> None:
    shop.sync()
    shop.publish({"replenishment": people("ann", product="Assam", days=9)})
    where = "/relationships/profiles" if shop.tool.name == "klaviyo" else "/contacts/tags"
    shop.tool.fake.fail_next(Fault.SERVER_ERROR, times=8, path=where)

    failed = shop.sync()

    assert failed.failed_removals == 1
    assert not failed.is_well
    assert "  1 people are still in audiences they left; the next run tries again" in failed.lines()
    ((_, _, action, result, reason),) = [row for row in shop.results() if row[1] == "person-ben"]
    assert (action, result) == ("remove", "skipped")
    assert "500: the server fails" in str(reason)
    assert "ben@example.com" in shop.tool.members("replenishment")

    assert shop.sync().is_well
    assert shop.tool.members("replenishment") == {"ann@example.com"}


def test_a_value_that_is_gone_is_cleared(shop: SyncShop) -> None:
    shop.sync()
    shop.publish({"replenishment": {"ann@example.com": {"product": "Darjeeling", "days": None},
                                    "ben@example.com": {"product": "Assam", "days": 9}}})  # fmt: skip

    shop.sync()

    assert shop.tool.values("ann@example.com") == {"so_replenishment_product": "Darjeeling"}
    assert ("replenishment", "person-ann", "update", "sent", None) in shop.results()
    assert shop.counts() == (1, 1, 0, 0)


def test_consent_is_read_again_at_the_moment_of_sending(shop: SyncShop) -> None:
    shop.sync()
    shop.publish(
        {"replenishment": people("ann", "ben", "cleo", "dora", "emil", product="Assam", days=9)},
        {"dora@example.com": "unmarketable"},
    )
    # Loaded after the version was published.
    shop.consent(**{"ben_at_example.com": "unsubscribed", "cleo_at_example.com": "suppressed"})

    shop.sync()

    assert shop.tool.members("replenishment") == {"ann@example.com", "emil@example.com"}
    assert shop.results() == [
        ("replenishment", "person-ann", "keep", "unchanged", None),
        ("replenishment", "person-ben", "remove", "sent", "no consent in the newest data"),
        ("replenishment", "person-cleo", "add", "skipped", "suppressed in the newest data"),
        ("replenishment", "person-dora", "add", "skipped", "not marketable in the newest data"),
        ("replenishment", "person-emil", "add", "sent", None),
    ]
    assert shop.tool.values("cleo@example.com") is None


def test_the_destinations_own_refusals_hold_too(shop: SyncShop) -> None:
    for name, standing in (("ann", "unsubscribed"), ("ben", "suppressed"), ("cleo", "never"), ("dora", "subscribed")):
        shop.tool.add_person(f"{name}@example.com", standing)
    before = shop.tool.standings()
    shop.publish({"replenishment": people("ann", "ben", "cleo", "dora", product="Assam")})

    shop.sync()

    assert shop.tool.members("replenishment") == {"cleo@example.com", "dora@example.com"}
    assert shop.tool.values("ann@example.com") == {"favourite": "tea"}
    assert [row[3] for row in shop.results()] == ["skipped", "skipped", "sent", "sent"]
    assert shop.tool.standings() == before
    # Nobody is asked about again until a week has passed.
    calls = shop.calls()
    assert shop.sync().results == {"skipped": 2, "unchanged": 2}
    assert shop.calls() == calls
    shop.clock.advance(8 * 86_400)
    shop.settings["max_age_hours"] = 1000
    shop.sync()
    assert shop.calls() > calls


def test_no_call_touches_consent(shop: SyncShop) -> None:
    """Everything a sync may do is done once; what was asked for is on the list of what may be, and names no consent."""
    shop.tool.add_person("ann@example.com", "unsubscribed")
    shop.tool.add_person("dora@example.com", "never")
    before = shop.tool.standings()
    shop.tool.fake.refuses["emil@example.com"] = "emil@example.com isn't an address"
    shop.publish({"replenishment": people("ann", "ben", "dora", "emil", product="Assam", days=1)})
    shop.sync()
    shop.publish({"replenishment": people("ann", "dora", product="Assam"), "win_back": people("ben")})
    shop.sync()
    erase_everywhere_of(shop, "dora@example.com")
    shop.tool.settle()

    asked = {(request.method, _pattern(request.path)) for request in shop.tool.fake.requests()}
    assert asked <= shop.tool.writes
    for request in shop.tool.fake.requests():
        if request.method != "GET":
            assert not re.search(rb"subscri|suppress|channels|consent|status", request.body, re.IGNORECASE)
            assert request.body.count(b'"identifiers"') == request.body.count(b'"sendWelcomeMessage":false')
    after = shop.tool.standings()
    assert {email: after[email] for email in before if email in after} == {
        email: before[email] for email in before if email in after
    }


def test_a_refused_person_is_told_with_the_vendors_reason_and_not_asked_for_again(shop: SyncShop) -> None:
    shop.tool.fake.refuses["ben@example.com"] = "ben@example.com isn't an address"

    report = shop.sync()

    assert report.results == {"sent": 1, "rejected": 1}
    ((audience, _, action, result, reason),) = [row for row in shop.results() if row[1] == "person-ben"]
    assert (audience, action, result) == ("replenishment", "add", "rejected")
    # The vendor's words, without the e-mail.
    assert str(reason).endswith("[e-mail] isn't an address")
    assert shop.tool.members("replenishment") == {"ann@example.com"}
    calls = shop.calls()
    assert shop.sync().results == {"unchanged": 1, "rejected": 1}
    assert shop.calls() == calls
    # With other values it is tried again, and what was never there isn't taken back.
    del shop.tool.fake.refuses["ben@example.com"]
    shop.publish({"replenishment": people("ann", "ben", product="Ceylon", days=9)})
    assert shop.sync().results == {"sent": 2}


def test_results_add_up_to_the_plan(shop: SyncShop) -> None:
    shop.sync()
    shop.tool.fake.refuses["n00003@example.com"] = "no"
    shop.tool.add_person("n00004@example.com", "unsubscribed")
    shop.publish({"replenishment": people("ann", product="Assam", days=9) | crowd(10, days=3)},
                 {"n00001@example.com": "unsubscribed"})  # fmt: skip

    report = shop.sync()

    assert report.results == {"sent": 8, "unchanged": 1, "rejected": 1, "skipped": 2}
    assert shop.counts() == (8, 1, 1, 2)
    assert len(shop.results()) == 12
    assert len({(audience, person) for audience, person, *_ in shop.results()}) == 12


def test_one_e_mail_is_one_person(shop: SyncShop) -> None:
    """Two persons with one e-mail, one person with two: one row leaves for each."""
    shop.publish({"replenishment": people("ann", "zoe", days=1), "win_back": people("ann", days=1)})
    with open_warehouse(shop.paths.warehouse) as connection:
        connection.execute("update audiences.win_back set person_id = 'person-zz' where email = 'ann@example.com'")
        connection.execute("update audiences.replenishment set person_id = 'person-ann'")
        connection.execute("insert into marts.dim_customers values ('person-zz', true)")
        republish(shop, connection)

    shop.sync()

    assert shop.tool.members("replenishment") == {"ann@example.com"}
    assert shop.tool.members("win_back") == set()
    assert {row[3:] for row in shop.results() if row[3] == "skipped"} == {
        ("skipped", "the person has another e-mail in this version"),
        ("skipped", "the e-mail is another person's too"),
    }


def test_an_e_mail_that_changed_takes_the_old_one_out(shop: SyncShop) -> None:
    shop.sync()
    shop.publish({"replenishment": people("ann", product="Assam", days=9) | people("benjamin", product="Assam")})

    shop.sync()

    assert shop.tool.members("replenishment") == {"ann@example.com", "benjamin@example.com"}
    assert shop.tool.values("ben@example.com") == {}


@pytest.mark.parametrize("size", [69, 131, 0])
def test_an_audience_of_an_unusual_size_is_stopped(opened: Open, size: int) -> None:
    """The median of the versions before is 100: 69 and 131 are more than 30 % off, 70 and 130 aren't."""
    shop = opened()
    for count in (100, 90, 110):
        shop.publish({"replenishment": crowd(count), "birthday": crowd(9)})
    shop.sync()
    shop.sync()
    before = shop.tool.members("replenishment")
    shop.publish({"replenishment": crowd(size, start=50), "birthday": crowd(0)})

    report = shop.sync()

    assert list(report.stopped) == ["replenishment"]
    (line,) = report.stopped.values()
    said = {
        69: "69 persons are 31% fewer than the median of its last 3 versions, 100",
        131: "131 persons are 31% more than the median of its last 3 versions, 100",
        0: "nobody is in it, its last 3 versions had up to 110",
    }
    assert line == f"replenishment: {said[size]}; stopped, ALLOW=replenishment lets it go on"
    assert not report.is_well
    assert shop.tool.members("replenishment") == before
    # Small ones go by persons: nine birthdays, then none.
    assert shop.tool.members("birthday") == set()

    allowed = shop.sync(allowed=("replenishment",))

    assert allowed.is_well
    assert shop.tool.members("replenishment") == set(crowd(size, start=50))
    # What was allowed is the new usual.
    shop.publish({"replenishment": crowd(size, start=50), "birthday": crowd(0)})
    assert shop.sync().is_well


@pytest.mark.parametrize("size", [70, 130])
def test_an_audience_within_the_bounds_goes_on(opened: Open, size: int) -> None:
    shop = opened()
    shop.publish({"replenishment": crowd(100)})
    shop.sync()
    shop.publish({"replenishment": crowd(size)})

    assert shop.sync().is_well
    assert len(shop.tool.members("replenishment")) == size


def test_an_audience_that_isnt_published_any_more_is_stopped(opened: Open) -> None:
    shop = opened()
    shop.publish({"replenishment": crowd(40), "win_back": crowd(3)})
    shop.sync()
    shop.sync()
    shop.publish({"birthday": {}})

    assert list(shop.sync().stopped) == ["replenishment"]
    assert len(shop.tool.members("replenishment")) == 40
    # Three people are too few to be worth a stop.
    assert shop.tool.members("win_back") == set()

    assert shop.sync(allowed=("replenishment",)).is_well
    assert shop.tool.members("replenishment") == set()


def test_a_loss_of_consent_by_many_stops_instead_of_emptying(opened: Open) -> None:
    shop = opened()
    shop.publish({"replenishment": crowd(100)})
    shop.sync()
    shop.sync()
    shop.consent(**{f"n{number:05d}_at_example.com": "suppressed" for number in range(40)})

    report = shop.sync()

    (line,) = report.stopped.values()
    assert "40 of its 100 persons may not be written to in the newest data" in line
    assert len(shop.tool.members("replenishment")) == 100


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("insert into ops.published_versions values ('99990101T000000Z-later', 'later')", "the newest is 9999"),
        ("insert into ops.run_checks values ('later', 'gate 1', 1, 0, 0)", "a run after version .* hasn't published"),
        ("update ops.last_build set is_complete = false", "a run after version .* hasn't published"),
        ("update ops.run_checks set failed = 2 where stage = 'gate 2'", "2 checks failed in the run of version"),
        ("delete from ops.run_checks where stage = 'dbt tests'", "lacks some of its checks"),
        (
            """update reporting.run_info set sources = '[{"source": "klaviyo", "is_stale": true,
            "complete_until": "2025-12-20 00:00:00", "problem": "down"}]'""",
            "klaviyo hasn't been loaded wholly since 2025-12-20 00:00 UTC; "
            "destinations.[a-z]*.max_age_hours allows 36 hours",
        ),
    ],
)
def test_nothing_is_sent_when_something_stands_against_it(shop: SyncShop, change: str, said: str) -> None:
    with open_warehouse(shop.paths.warehouse) as connection:
        connection.execute(change)

    with pytest.raises(UserError, match=rf"nothing is sent: .*{said}"):
        shop.sync()

    assert shop.calls() == 0


def test_stale_data_arent_sent(shop: SyncShop) -> None:
    # As of six hours before the version; 36 hours are allowed.
    shop.clock.advance(31 * 3600)

    with pytest.raises(UserError, match=r"nothing is sent: the data are as of .* UTC, 37 h old; .* allows 36"):
        shop.sync()

    assert shop.calls() == 0


def test_a_file_that_was_changed_after_publishing_isnt_sent(shop: SyncShop) -> None:
    file = shop.paths.current / "audiences" / "replenishment.parquet"
    file.write_bytes(file.read_bytes() + b" ")

    with pytest.raises(UserError, match=r"replenishment\.parquet: not the file that was published"):
        shop.sync()


def test_faults_of_the_vendor_cost_tries_and_change_nothing(shop: SyncShop) -> None:
    for fault in Fault:
        shop.tool.fake.fail_next(fault)

    assert shop.sync().results == {"sent": 2}
    assert shop.tool.members("replenishment") == {"ann@example.com", "ben@example.com"}


def test_a_429_is_waited_out_as_long_as_the_vendor_says(shop: SyncShop) -> None:
    shop.tool.fake.job_seconds = shop.tool.fake.batch_seconds = 0
    shop.tool.fake.fail_next(Fault.RATE_LIMIT, method="POST")

    shop.sync()

    # Three seconds, in a header or in the body.
    assert shop.clock.waited == 3.0


def test_what_was_done_but_not_answered_is_done_once(shop: SyncShop) -> None:
    """As after a time-out: whether a call arrived isn't known. All may be repeated but the making of a list."""
    for path, method in (("/api", "POST"), ("/lists", "POST"), ("/tags", "POST"), ("/relationships", "POST")):
        shop.tool.fake.fail_next(Fault.DROPPED, path=path, method=method)

    assert shop.sync().is_well

    assert shop.tool.members("replenishment") == {"ann@example.com", "ben@example.com"}
    if shop.tool.name == "klaviyo":
        assert len(shop.tool.fake.lists) == 1
        assert len(shop.tool.fake.joined) == 2


def test_an_outage_is_told_and_made_up_for(shop: SyncShop) -> None:
    shop.tool.fake.fail_next(Fault.UNAVAILABLE, times=8, method="POST")

    report = shop.sync()

    assert "503: the server fails, 8 times; the next run tries again" in str(report.problem)
    assert not report.is_well
    assert report.results == {"skipped": 2}
    assert shop.sync().results == {"sent": 2}


def test_a_wrong_key_is_told_and_nothing_noted_as_sent(shop: SyncShop) -> None:
    shop.tool.secret = (shop.tool.secret[0], "wrong-wrong-wrong")

    report = shop.sync()

    assert f"401: refused: check {shop.tool.secret[0]} and its" in str(report.problem)
    assert "wrong-wrong" not in str(report.problem)
    assert report.results == {"skipped": 2}


def test_random_days_end_where_they_should(shop: SyncShop) -> None:
    """Ten random days of comings, goings, withdrawals and faults: what is there is what is published and consented."""
    chance = random.Random(20260105)
    names = [f"r{number}" for number in range(12)]
    blocked = set(names[:2])
    for name in blocked:
        shop.tool.add_person(f"{name}@example.com", "unsubscribed")
    consents = {}
    for _ in range(10):
        audiences = {
            key: {
                f"{name}@example.com": {"days": chance.choice([None, 1, 2]), "code": chance.choice([None, "A"])}
                for name in chance.sample(names, chance.randrange(12))
            }
            for key in ("replenishment", "win_back", "birthday")
        }
        consents |= {
            f"{name}@example.com": chance.choice(["subscribed", "unsubscribed", "suppressed", "unmarketable"])
            for name in chance.sample(names, 4)
        }
        everybody = {email for people_of in audiences.values() for email in people_of}
        shop.publish(audiences, {email: consents.get(email, "subscribed") for email in everybody | set(consents)})
        for fault in chance.sample(list(Fault), 2):
            shop.tool.fake.fail_next(fault, path=chance.choice(["profiles", "lists", "contacts", "batches"]))

        assert shop.sync().is_well

        allowed = {f"{name}@example.com" for name in names if name not in blocked} & {
            email for email in everybody if consents.get(email, "subscribed") == "subscribed"
        }
        for key, people_of in audiences.items():
            assert shop.tool.members(key) == set(people_of) & allowed
        for name in names:
            email = f"{name}@example.com"
            expected = {
                f"so_{key}_{column}": value
                for key, people_of in audiences.items()
                if email in allowed
                for column, value in people_of.get(email, {}).items()
                if value is not None
            }
            held = shop.tool.values(email) or {}
            assert {column: value for column, value in held.items() if column != "favourite"} == expected
        calls = shop.calls()
        shop.sync()
        assert shop.calls() == calls


def test_limits_and_sizes_are_kept(opened: Open) -> None:
    """1,200 people into two audiences, with the vendor's real limits: nothing is refused and nothing is too large."""
    shop = opened()
    shop.publish({"replenishment": crowd(1_200, note="x" * 40), "win_back": crowd(1_200)})
    shop.sync()

    assert shop.sync().results == {"sent": 2_400}

    assert 429 not in [exchange.status for exchange in shop.tool.fake.log]
    assert len(shop.tool.members("win_back")) == 1_200


def test_the_warehouse_may_be_thrown_away(shop: SyncShop) -> None:
    shop.sync()
    calls = shop.calls()
    shop.paths.warehouse.unlink()
    shop.publish({"replenishment": people("ann", "ben", product="Assam", days=9)})

    assert shop.sync().results == {"unchanged": 2}

    assert shop.calls() == calls
    with open_warehouse(shop.paths.warehouse, read_only=True) as connection:
        runs = connection.execute("select run_id, result, count(*) from ops.sync_results group by all order by all")
        assert runs.fetchall() == [("sync-0002", "sent", 2), ("sync-0003", "unchanged", 2)]


def test_an_erased_person_leaves_the_destination_and_the_state(shop: SyncShop) -> None:
    shop.sync()

    (erased,) = erase_everywhere_of(shop, "Ben@example.com")

    assert erased.problem is None
    assert erased.erasure is not None
    assert erased.erasure.done
    assert shop.tool.members("replenishment") == {"ann@example.com"}
    assert not shop.tool.values("ben@example.com")
    files = [file for file in (shop.paths.sync).rglob("*") if file.is_file()]
    assert files
    assert not any(b"ben@example.com" in file.read_bytes() for file in files)
    # What was done for the others is still known.
    shop.publish({"replenishment": people("ann", product="Assam", days=9)})
    assert shop.sync().results == {"unchanged": 1}


def test_an_erasure_that_fails_forgets_nothing(shop: SyncShop) -> None:
    shop.sync()
    shop.tool.fake.fail_next(Fault.SERVER_ERROR, times=8)

    (failed,) = erase_everywhere_of(shop, "ben@example.com")

    assert failed.erasure is None
    assert "500: the server fails" in str(failed.problem)
    assert shop.state("select count(*) from memberships where email = 'ben@example.com'") == [(1,)]
    (erased,) = erase_everywhere_of(shop, "ben@example.com")
    assert erased.problem is None


def erase_everywhere_of(shop: SyncShop, email: str) -> list[Any]:
    """Erase somebody at the shop's destination."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(*shop.tool.secret)
        return erase_everywhere(shop.shop, shop.paths, email, shop.clock)


def republish(shop: SyncShop, connection: Any) -> None:
    """Publish the warehouse's audiences as they are now, in place of the newest version."""
    from datetime import timedelta

    from orchestration.publish.version import publish

    shop.versions += 1
    shop.clock.advance(60)
    now = shop.clock.now().replace(tzinfo=None, microsecond=0)
    run_id = shop.run_id
    for stage in ("gate 1", "dbt tests", "gate 2"):
        connection.execute("insert into ops.run_checks values (?, ?, 10, 0, 0)", [run_id, stage])
    version = publish(connection, shop.paths.published, run_id, now, now - timedelta(hours=6), 1)
    connection.execute("insert into ops.published_versions values (?, ?)", [version.name, run_id])


def _pattern(path: str) -> str:
    return re.sub(r"(?<=/lists/)[^/]+|(?<=import-jobs/)[^/]+|(?<=batches/)[^/]+", "*", path)
