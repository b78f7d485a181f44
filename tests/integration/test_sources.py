"""Loading from a connected system: what changes is taken once, whatever goes wrong in between."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration.shop import REPOSITORY, Shop
from orchestration.sources.load import load_source
from orchestration.sources.registry import SOURCES, Configured, configured_sources
from orchestration.sources.source import Window
from orchestration.sources.store import SourceLoad
from tests.fakes.accounts import FIRST, consent, small_klaviyo
from tests.fakes.klaviyo import KEY, FakeKlaviyo
from tests.fakes.server import Fault
from tests.integration.conftest import run_command, small_entities, write_shop
from tests.integration.warehouse import Builder

DAY_1 = datetime(2025, 4, 1)  # noqa: DTZ001 - runs' moments are naive UTC
DAY_2 = datetime(2025, 4, 2)  # noqa: DTZ001

pytestmark = pytest.mark.usefixtures("key")


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The secret, where the product reads it."""
    monkeypatch.setenv("KLAVIYO_API_KEY", KEY)


@pytest.fixture
def account() -> Iterator[FakeKlaviyo]:
    """A small account on a free port."""
    fake = small_klaviyo()
    with fake.running():
        yield fake


class Loader:
    """Loads one account into one warehouse, run after run."""

    def __init__(self, account: FakeKlaviyo, folder: Path) -> None:
        self.account = account
        self.folder = folder
        self.said: list[str] = []

    def configured(self, **settings: object) -> Configured:
        """The source as the shop's shop.yml would have it."""
        sources = {"klaviyo": {"url": self.account.url, **settings}}
        return configured_sources(Shop(folder=self.folder, name="s", timezone="UTC", currency="EUR", sources=sources))[
            0
        ]

    def load(self, at: datetime, backfill: Window | None = None, **settings: object) -> SourceLoad:
        """One run's load."""
        with duckdb.connect(str(self.folder / "warehouse.duckdb")) as connection:
            return load_source(
                self.configured(**settings), connection, self.folder / "dlt", at, backfill=backfill,
                progress=self.said.append,
            )  # fmt: skip

    def raw(self) -> dict[str, list[tuple[object, ...]]]:
        """Every raw table's rows, without when they came."""
        with duckdb.connect(str(self.folder / "warehouse.duckdb")) as connection:
            return {
                stream.name: connection.execute(
                    f"select id, updated_at, cast(payload as varchar) from raw_klaviyo.{stream.name} order by all"
                ).fetchall()
                for stream in SOURCES["klaviyo"].streams
            }


@pytest.fixture
def loader(account: FakeKlaviyo, tmp_path: Path) -> Loader:
    """Loads the small account."""
    return Loader(account, tmp_path)


def counts(load: SourceLoad, stream: str = "events") -> tuple[int, int, int, int]:
    """Received, new, replaced and stored before."""
    found = load.streams[stream]
    return found.received, found.new, found.replaced, found.stored_before


def test_a_second_run_takes_what_is_new_and_nothing_twice(loader: Loader) -> None:
    assert counts(loader.load(DAY_1)) == (40, 40, 0, 0)
    first = loader.raw()
    # All 40 events lie within the day that is asked for again.
    assert counts(loader.load(DAY_1)) == (40, 0, 0, 40)
    assert loader.raw() == first

    loader.account.add_event("LATE", "MOPENED", "P1", FIRST + timedelta(minutes=5, seconds=30))
    loader.account.add_event("NEXT", "MCLICKED", "P2", FIRST + timedelta(hours=30))
    assert counts(loader.load(DAY_2)) == (42, 2, 0, 40)
    asked = loader.account.requests("/api/events")[-1].one("filter")
    assert asked == "greater-or-equal(datetime,2025-02-28T09:39:00Z),less-than(datetime,2025-04-02T00:00:00Z)"


def test_records_that_change_at_the_source_replace_theirs(loader: Loader) -> None:
    loader.load(DAY_1)
    loader.account.add_profile(
        "P1", FIRST + timedelta(days=20), email="ann@example.com", subscriptions=consent("UNSUBSCRIBED")
    )

    load = loader.load(DAY_2)

    # P4 is inside the hour's overlap of its own change.
    assert counts(load, "profiles") == (2, 0, 1, 1)
    profiles = {row[0]: json.loads(str(row[2])) for row in loader.raw()["profiles"]}
    assert profiles["P1"]["attributes"]["subscriptions"]["email"]["marketing"]["consent"] == "UNSUBSCRIBED"
    assert len(profiles) == 4


def test_moment_and_number_name_one_version_of_a_record(loader: Loader) -> None:
    """Models that are built in steps know by them what has changed, whatever runs when."""

    def places() -> dict[str, tuple[object, ...]]:
        with duckdb.connect(str(loader.folder / "warehouse.duckdb")) as connection:
            found = connection.execute("select id, _loaded_at, _row from raw_klaviyo.profiles").fetchall()
        return {str(row[0]): row[1:] for row in found}

    loader.load(DAY_1)
    first = places()
    for name in ("Ann", "Anna"):
        loader.account.add_profile(
            "P1", FIRST + timedelta(days=20), email="ann@example.com", first_name=name, subscriptions=consent("NO")
        )
        loader.load(DAY_1)

    assert places()["P1"] not in first.values()
    assert {key: value for key, value in places().items() if key != "P1"} == {
        key: value for key, value in first.items() if key != "P1"
    }
    assert len(set(places().values())) == 4


def test_an_event_from_the_future_does_not_hide_what_comes_until_then(loader: Loader) -> None:
    loader.account.add_event("FUTURE", "MOPENED", "P1", datetime(2031, 1, 1))  # noqa: DTZ001
    loader.load(DAY_1)
    loader.account.add_event("NEXT", "MOPENED", "P1", datetime(2025, 4, 1, 10))  # noqa: DTZ001

    loader.load(DAY_2)

    ids = [row[0] for row in loader.raw()["events"]]
    assert "NEXT" in ids
    assert "FUTURE" not in ids


def test_what_is_deleted_at_the_source_goes(loader: Loader) -> None:
    loader.account.add_event("NAMED", "MOPENED", "P1", FIRST, {"Recipient Email Address": "ann@example.com"})
    loader.load(DAY_1)
    del loader.account.profiles["P1"]
    del loader.account.lists["LIST1"]
    loader.account.add_list("LIST2", "VIP")

    # Lists are read whole each time; profiles are asked for once a week.
    loader.load(DAY_2)
    assert [row[0] for row in loader.raw()["lists"]] == ["LIST2"]
    assert len(loader.raw()["profiles"]) == 4

    load = loader.load(DAY_1 + timedelta(days=7))
    raw = loader.raw()
    assert load.streams["profiles"].removed == 1
    assert [row[0] for row in raw["profiles"]] == ["P2", "P3", "P4"]
    assert len(raw["events"]) == 41
    assert "ann@example.com" not in str(raw)


def test_an_empty_answer_does_not_empty_a_table(loader: Loader) -> None:
    loader.load(DAY_1)
    loader.account.lists.clear()

    load = loader.load(DAY_2)

    assert load.warnings == ["klaviyo: GET /api/lists gave no record; the 1 stored ones are kept"]
    assert len(loader.raw()["lists"]) == 1


def test_a_new_field_is_kept_and_told_once(loader: Loader) -> None:
    loader.load(DAY_1)
    loader.account.add_event("NEW", "MOPENED", "P1", FIRST + timedelta(days=2), weight=7)

    load = loader.load(DAY_2)

    assert load.problem is None
    assert load.warnings == [
        "klaviyo: GET /api/events: new field attributes.weight; kept in raw_klaviyo.events, read by no model yet"
    ]
    assert json.loads(str(loader.raw()["events"][-1][2]))["attributes"]["weight"] == 7
    assert loader.load(DAY_2).warnings == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"datetime": None}, "field attributes.datetime: a moment is expected, found null in 1 of 1 records"),
        ({"datetime": "soon"}, "field attributes.datetime: a moment is expected, found text in 1 of 1 records"),
        ({"event_properties": "x"}, "field attributes.event_properties: an object is expected, found text in 1 of 1 "
                                    "records"),
    ],
)  # fmt: skip
def test_a_field_that_is_gone_or_retyped_stops_its_source_alone(
    loader: Loader, change: dict[str, object], problem: str
) -> None:
    loader.load(DAY_1)
    before = loader.raw()
    loader.account.add_event("WRONG", "MOPENED", "P1", FIRST + timedelta(days=3), **change)
    loader.account.add_list("LIST2", "VIP")

    load = loader.load(DAY_2, overlap_hours=0.001)

    assert load.problem == f"klaviyo: GET /api/events: {problem}".replace("1 of 1", "1 of 2")
    assert load.problem_stream == "events"
    # What came before the failure is kept.
    assert len(loader.raw()["lists"]) == 2
    assert loader.raw()["events"] == before["events"]


def test_a_backfill_takes_a_span_again_and_leaves_the_state(loader: Loader) -> None:
    loader.load(DAY_1, start="2025-03-02")
    assert loader.raw()["events"] == []

    span = Window(datetime(2025, 3, 1), datetime(2025, 3, 2))  # noqa: DTZ001
    load = loader.load(DAY_2, backfill=span)

    assert counts(load) == (40, 40, 0, 0)
    assert load.streams["lists"].received == 0
    loader.load(DAY_2, start="2025-03-02")
    assert loader.account.requests("/api/events")[-1].one("filter") == (
        "greater-or-equal(datetime,2025-03-02T00:00:00Z),less-than(datetime,2025-04-02T00:00:00Z)"
    )


def test_a_backfill_follows_profiles_that_are_gone(loader: Loader) -> None:
    loader.account.add_event("NAMED", "MOPENED", "P1", FIRST, {"Recipient Email Address": "ann@example.com"})
    loader.load(DAY_1)
    del loader.account.profiles["P1"]
    span = Window(datetime(2025, 2, 1), datetime(2025, 2, 2))  # noqa: DTZ001
    assert loader.load(DAY_2, backfill=span).streams["profiles"].removed == 1
    raw = loader.raw()
    assert [row[0] for row in raw["profiles"]] == ["P2", "P3", "P4"]
    assert len(raw["events"]) == 41
    assert "ann@example.com" not in str(raw)


def test_pages_that_overlap_bring_each_record_once(loader: Loader) -> None:
    """A profile that changes while it is read comes again on a later page; the newer version stays."""
    with duckdb.connect() as connection:
        from orchestration.sources.store import Store, StreamLoad
        from orchestration.sources.tables import create_raw_tables

        source = SOURCES["klaviyo"]
        create_raw_tables(connection, (source,))
        load = SourceLoad("klaviyo", {stream.name: StreamLoad(stream.name) for stream in source.streams})
        store = Store(source, connection, loader.folder / "dlt", load, DAY_1, keeps_state=True)
        import pyarrow as pa

        from orchestration.sources.source import Page

        moments = [datetime(2025, 1, day) for day in (2, 3, 1)]  # noqa: DTZ001
        rows = pa.table(
            {"id": ["A", "A", "A"], "updated_at": pa.array(moments, pa.timestamp("us")), "payload": ["2", "3", "1"]}
        )
        store.add(source.stream("profiles"), Page("profiles", rows), {})
        store.flush()
        assert connection.execute("select id, payload from raw_klaviyo.profiles").fetchall() == [("A", "3")]
        assert counts(load, "profiles") == (3, 1, 0, 2)
        # An older version that comes later changes nothing.
        store.add(source.stream("profiles"), Page("profiles", rows.slice(2)), {})
        store.flush()
        assert connection.execute("select id, payload from raw_klaviyo.profiles").fetchall() == [("A", "3")]
        store.close()


_KILLED = """
import sys
from datetime import datetime
from pathlib import Path
import duckdb
from orchestration.shop import Shop
from orchestration.sources import store
from orchestration.sources.load import load_source
from orchestration.sources.registry import configured_sources
store.CHUNK_ROWS = 2000
folder, url = Path(sys.argv[1]), sys.argv[2]
shop = Shop(folder=folder, name="s", timezone="UTC", currency="EUR", sources={"klaviyo": {"url": url}})
with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
    load = load_source(configured_sources(shop)[0], connection, folder / "dlt", datetime(2025, 4, 1))
sys.exit(load.problem)
"""


@pytest.mark.slow
@pytest.mark.parametrize("kills", [5, pytest.param(20, marks=pytest.mark.long)])
def test_killed_at_random_moments_and_run_again_is_one_clean_load(tmp_path: Path, kills: int) -> None:
    fake = small_klaviyo(events=0, throttle=False)
    fake.add_many_events(
        (f"K{number:06d}", FIRST + timedelta(seconds=number), json.dumps({
            "type": "event", "id": f"K{number:06d}",
            "attributes": {"datetime": (FIRST + timedelta(seconds=number)).isoformat(), "event_properties": {}},
            "relationships": {"metric": {"data": {"id": "MOPENED"}}, "profile": {"data": {"id": "P1"}}},
        }).encode())
        for number in range(30_000)
    )  # fmt: skip
    moments = random.Random(20)
    died_by_signal = 0
    with fake.running():
        (tmp_path / "killed").mkdir()
        (tmp_path / "clean").mkdir()
        command = [sys.executable, "-c", _KILLED, str(tmp_path / "killed"), fake.url]
        for _ in range(kills):
            first = len(fake.log)
            process = subprocess.Popen(command, cwd=REPOSITORY, env=os.environ)
            # From the first request on, so that start-up doesn't take all the kills.
            while len(fake.log) == first and process.poll() is None:
                try:
                    process.wait(0.02)
                except subprocess.TimeoutExpired:
                    continue
            try:
                process.wait(moments.uniform(0, 4))
            except subprocess.TimeoutExpired:
                process.kill()
            died_by_signal += process.wait() < 0
        subprocess.run(command, cwd=REPOSITORY, check=True)
        clean = Loader(fake, tmp_path / "clean")
        clean.load(DAY_1)
    assert died_by_signal >= 1
    assert Loader(fake, tmp_path / "killed").raw() == clean.raw()
    assert len(clean.raw()["events"]) == 30_000


def test_secrets_are_nowhere(loader: Loader, caplog: pytest.LogCaptureFixture) -> None:
    loader.account.fail_next(Fault.DROPPED, path="/api/metrics")
    loader.account.add_event("WRONG", "MOPENED", "P1", FIRST + timedelta(days=3), event_properties=KEY)
    with caplog.at_level("DEBUG"):
        load = loader.load(DAY_1)

    assert load.problem is not None
    kept = b"".join(file.read_bytes() for file in loader.folder.rglob("*") if file.is_file())
    told = " ".join([caplog.text, load.problem, *load.warnings, *loader.said])
    assert KEY not in told
    assert KEY.encode() not in kept


def test_a_secret_comes_from_the_shops_env_file(loader: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KLAVIYO_API_KEY")
    assert loader.load(DAY_1).problem == (
        "klaviyo: KLAVIYO_API_KEY isn't set: put the private API key with the scopes events:read, profiles:read, "
        "flows:read, campaigns:read, metrics:read and lists:read (Klaviyo: Settings, API keys) into the environment or "
        "into a .env file"
    )
    (loader.folder / ".env").write_text(f"# Klaviyo\nexport KLAVIYO_API_KEY='{KEY}'\n")
    assert loader.load(DAY_1).problem is None


def test_klaviyos_records_in_the_shared_shape(account: FakeKlaviyo, builder: Builder, tmp_path: Path) -> None:
    """The model's columns worked out by hand from what the account holds."""
    at = FIRST + timedelta(days=1)
    account.add_metric("MBOUNCED", "Bounced Email")
    account.add_metric("MSPAM", "Marked Email as Spam")
    account.add_metric("MUNSUB", "Unsubscribed from Email Marketing")
    account.add_event("OPEN", "MOPENED", "P1", at, {"$flow": "FLOW1", "$message": "MSG2", "machine_open": True})
    account.add_event("CLICK", "MCLICKED", "P2", at, {
        "$message": "CMSG1", "Campaign Name": "Spring news", "URL": "https://example.com/tea", "Bot Click": False,
    })  # fmt: skip
    account.add_event("CONFIRM", "MRECEIVED", "P3", at, {"$flow": "FLOW2", "$message": "MSG3"})
    account.add_event("OLD", "MBOUNCED", "P1", at, {"$message": "CAMP1", "Campaign Name": "Spring news"})
    # Texts: what came from the customer is no message of the shop's, and who leaves a list keeps their consent.
    later = at + timedelta(minutes=1)
    for number, name in enumerate(
        ("Received SMS", "Failed to Deliver SMS", "Clicked SMS", "Unsubscribed from SMS Marketing", "Sent SMS",
         "Unsubscribed from List")
    ):  # fmt: skip
        account.add_metric(f"MTEXT{number}", name)
        account.add_event(f"TEXT{number}", f"MTEXT{number}", "P1", later, {})
    account.add_event("TEXTX", "MOPENED", "P1", later, {"Apple Privacy Open": "true"})
    account.add_event("SPAM", "MSPAM", "P1", at, {"Recipient Email Address": " Ann@Example.com "})
    account.add_profile(
        "P5", FIRST, email="dora@example.com", subscriptions=consent("SUBSCRIBED", "SUBSCRIBED", "HARD_BOUNCE")
    )
    (tmp_path / "shop.yml").write_text(
        f"name: k\ntimezone: UTC\ncurrency: EUR\nsources:\n  klaviyo:\n    url: {account.url}\n"
    )
    loader = Loader(account, tmp_path)
    warehouse = builder.build(
        tmp_path,
        "klaviyo",
        select="+int_arrivals__message_events +int_arrivals__profiles",
        load=lambda connection: load_source(loader.configured(), connection, tmp_path / "dlt", DAY_1),
    )
    columns = (
        "event_id, event_type, channel, email, customer_id, purpose, flow_id, flow_name, message_id, message_name, "
        "campaign_id, campaign_name, link, is_machine"
    )
    assert warehouse.query(
        f"select {columns} from intermediate.int_arrivals__message_events "
        f"where occurred_at = timestamp '{at.replace(tzinfo=None)}' order by event_id"
    ) == [
        ("CLICK", "clicked", "email", None, "P2", None, None, None, "CMSG1", "Spring news", "CAMP1", "Spring news",
         "https://example.com/tea", False),
        ("CONFIRM", "delivered", "email", None, "P3", "transactional", "FLOW2", "Order confirmation", "MSG3",
         "Your order", None, None, None, None),
        ("OLD", "bounced", "email", None, "P1", None, None, None, "CAMP1", "Spring news", "CAMP1", "Spring news",
         None, None),
        ("OPEN", "opened", "email", None, "P1", None, "FLOW1", "Welcome", "MSG2", "Welcome, e-mail 2", None, None,
         None, True),
        ("SPAM", "complained", "email", "ann@example.com", "P1", None, None, None, None, None, None, None, None, None),
    ]  # fmt: skip
    # A fifth of the 40 others are orders, which Klaviyo only repeats.
    assert warehouse.value("select count(*) from intermediate.int_arrivals__message_events") == 32 + 5 + 5
    assert warehouse.query(
        "select event_id, event_type, channel, is_machine from intermediate.int_arrivals__message_events "
        f"where occurred_at = timestamp '{later.replace(tzinfo=None)}' order by event_id"
    ) == [
        ("TEXT0", "delivered", "sms", None),
        ("TEXT1", "bounced", "sms", None),
        ("TEXT2", "clicked", "sms", None),
        ("TEXT3", "unsubscribed", "sms", None),
        ("TEXTX", "opened", "email", True),
    ]
    assert warehouse.query(
        "select customer_id, email, phone, email_consent, email_consent_at, sms_consent, suppression_reason "
        "from intermediate.int_arrivals__profiles where customer_id in ('P2', 'P4', 'P5') order by customer_id"
    ) == [
        ("P2", "ben@example.com", None, "unsubscribed", datetime(2025, 1, 5, 8), "never", None),  # noqa: DTZ001
        ("P4", None, "+4915112345678", "unsubscribed", datetime(2025, 1, 5, 8), "never", None),  # noqa: DTZ001
        ("P5", "dora@example.com", None, "subscribed", datetime(2025, 1, 5, 8), "subscribed", "hard_bounce"),  # noqa: DTZ001
    ]


@pytest.mark.slow
def test_a_source_that_fails_leaves_the_version_to_the_others(account: FakeKlaviyo, tmp_path: Path) -> None:
    """A whole run: dropped orders and Klaviyo; then Klaviyo breaks its promise, and the shop publishes without it."""
    shop = write_shop(tmp_path / "shop", "connected", small_entities())
    with (shop / "shop.yml").open("a") as file:
        file.write(f"sources:\n  klaviyo:\n    url: {account.url}\n")
    first = run_command(shop, tmp_path / "data")
    assert first.exit_code == 0, first.errors
    version = first.version
    # 10 orders and 10 lines; 64 records of Klaviyo.
    assert "Rows: 84 in = 84 loaded + 0 rejected + 0 delivered before" in first.output
    assert first.query("select count(*) from marts.fct_touches where source = 'klaviyo'") == [(32,)]

    account.add_event("WRONG", "MOPENED", "P1", FIRST + timedelta(minutes=7), event_properties="gone")
    second = run_command(shop, tmp_path / "data")

    assert second.exit_code == 0, second.errors
    problem = "klaviyo: GET /api/events: field attributes.event_properties: an object is expected, found text"
    assert problem in second.output
    assert second.version != version
    (told,) = second.query("select sources from reporting.run_info")
    (klaviyo,) = json.loads(str(told[0]))
    ((first_run,),) = second.query("select min(started_at) from ops.source_loads")
    assert klaviyo["is_stale"] is True
    assert klaviyo["problem"].startswith(problem)
    assert klaviyo["complete_until"] == str(first_run)
    # Dagster's event log, run config, logs, published files and the warehouse: the key is in none of them.
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert KEY.encode() not in path.read_bytes(), path
