"""Klaviyo's client and its fake keep to the vendor's spec, with every fault the vendor may have in between."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import requests

from orchestration.shop import Shop
from orchestration.sources.doctor import examine
from orchestration.sources.klaviyo.client import LIMITS, Klaviyo
from orchestration.sources.klaviyo.settings import KlaviyoSettings
from orchestration.sources.load import load_source
from orchestration.sources.registry import configured_sources
from orchestration.sources.store import SourceLoad
from tests.fakes.accounts import FIRST, small_klaviyo
from tests.fakes.clock import FakeClock
from tests.fakes.klaviyo import KEY, FakeKlaviyo
from tests.fakes.openapi import OpenApiContract
from tests.fakes.server import Fault

NOW = datetime(2026, 1, 1)  # noqa: DTZ001 - naive UTC, as in the warehouse
_OPERATIONS = ("get_events", "get_metrics", "get_flows", "get_campaigns", "get_profiles", "get_lists")


@pytest.fixture(scope="session")
def contract(shared: Path) -> OpenApiContract:
    """The vendor's spec of what the client may ask."""
    return OpenApiContract(*(shared / "specs" / "klaviyo" / "apis" / f"{name}.json" for name in _OPERATIONS))


@pytest.fixture
def account(contract: OpenApiContract, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeKlaviyo]:
    """A small account whose every exchange is checked."""
    monkeypatch.setenv("KLAVIYO_API_KEY", KEY)
    fake = small_klaviyo(FakeClock(), contract)
    with fake.running():
        yield fake


def load(account: FakeKlaviyo, folder: Path, **settings: object) -> SourceLoad:
    """Load the account into a warehouse in the folder."""
    shop = Shop(
        folder=folder, name="s", timezone="UTC", currency="EUR", sources={"klaviyo": {"url": account.url, **settings}}
    )
    (configured,) = configured_sources(shop)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        return load_source(configured, connection, folder / "dlt", NOW, clock=account.clock)


def test_every_request_and_answer_keeps_to_the_spec(account: FakeKlaviyo, tmp_path: Path) -> None:
    result = load(account, tmp_path)

    assert account.violations == []
    assert result.problem is None
    assert {name: stream.new for name, stream in result.streams.items()} == {
        "metrics": 5, "flows": 2, "flow_actions": 3, "campaigns": 1, "lists": 1, "profiles": 4, "events": 40,
        "attributions": 8,
    }  # fmt: skip


def test_the_spec_catches_what_the_vendor_would_refuse(account: FakeKlaviyo) -> None:
    headers = {"Authorization": f"Klaviyo-API-Key {KEY}", "revision": "2026-07-15"}
    answer = requests.get(f"{account.url}/api/events?page[size]=2000&sort=datetime", headers=headers, timeout=5)

    assert answer.status_code == 400
    assert "2000 is greater than the maximum of 1000" in account.violations[0]


def test_faults_cost_tries_and_change_nothing(account: FakeKlaviyo, tmp_path: Path) -> None:
    for fault in Fault:
        account.fail_next(fault, path="/api/events")
        account.fail_next(fault, path="/api/metrics")

    result = load(account, tmp_path)

    assert account.violations == []
    assert result.problem is None
    assert result.streams["events"].new == 40
    assert len(account.requests("/api/events")) == len(Fault) + 1


def test_a_rate_limit_is_waited_out_as_long_as_the_vendor_says(account: FakeKlaviyo, tmp_path: Path) -> None:
    account.fail_next(Fault.RATE_LIMIT, path="/api/lists")
    clock = account.clock
    assert isinstance(clock, FakeClock)

    load(account, tmp_path)

    # Retry-After said 3 s.
    assert clock.waited == pytest.approx(3.0)


def test_a_cursor_that_expired_is_asked_anew_from_the_last_event(account: FakeKlaviyo, tmp_path: Path) -> None:
    for number in range(2500):
        account.add_event(f"N{number:05d}", "MRECEIVED", "P1", FIRST + timedelta(days=1, seconds=number))
    account.expire_cursors = 2

    result = load(account, tmp_path)

    assert result.problem is None
    assert result.streams["events"].new == 2540
    assert [request.one("page[cursor]") is None for request in account.requests("/api/events")].count(True) == 3


def test_a_failing_server_is_given_up_with_one_line(account: FakeKlaviyo, tmp_path: Path) -> None:
    account.fail_next(Fault.SERVER_ERROR, times=8, path="/api/flows")

    result = load(account, tmp_path)

    assert result.problem == "klaviyo: GET /api/flows: 500: the server fails, 8 times; the next run tries again"
    assert result.streams["metrics"].new == 5
    assert KEY not in result.problem


def test_the_throttle_is_kept_and_used() -> None:
    """Profiles: 75 a second and 750 a minute. 1,600 requests need two full minutes; at most a ninth more is taken."""
    clock = FakeClock()
    fake = small_klaviyo(clock, throttle=True)
    with fake.running():
        client = Klaviyo(KlaviyoSettings(url=fake.url), {"KLAVIYO_API_KEY": KEY}, clock)
        for _ in range(1600):
            next(client.pages("/api/profiles", {"page[size]": "1"}))

    burst, steady = LIMITS["/api/profiles"]
    assert [exchange.status for exchange in fake.log].count(429) == 0
    moments = [exchange.at for exchange in fake.log]
    for start in moments:
        assert sum(start <= moment < start + 1 for moment in moments[:200]) <= burst
    allowed_in = 60 * ((1600 - steady) // steady + 1)
    assert clock.monotonic() <= allowed_in / 0.9


@pytest.mark.parametrize("path", LIMITS)
def test_nine_tenths_of_each_limit_are_used_and_none_is_broken(path: str) -> None:
    """Two full minutes' calls and one more second's take two minutes, at most a ninth more."""
    clock = FakeClock()
    burst, steady = LIMITS[path]
    pace = Klaviyo(KlaviyoSettings(), {"KLAVIYO_API_KEY": KEY}, clock).paces[path]
    began = clock.monotonic()
    moments = []
    for _ in range(2 * steady + burst):
        with pace.turn(clock):
            moments.append(clock.monotonic() - began)
    for seconds, calls in ((1.0, burst), (60.0, steady)):
        assert all(later - sooner >= seconds - 1e-6 for sooner, later in zip(moments, moments[calls:], strict=False))
    assert moments[-1] <= 120 / 0.9


def test_the_doctor_names_the_missing_scope(account: FakeKlaviyo, tmp_path: Path) -> None:
    account.scopes.discard("flows")
    shop = Shop(folder=tmp_path, name="s", timezone="UTC", currency="EUR", sources={"klaviyo": {"url": account.url}})
    (configured,) = configured_sources(shop)

    findings = {finding.what: finding for finding in examine(configured, tmp_path / "none", NOW, account.clock)}

    assert findings["reachable"].ok
    assert findings["clock"].ok
    assert not findings["flows:read"].ok
    assert findings["flows:read"].advice == "give the key in KLAVIYO_API_KEY the scope flows:read"
    assert [name for name, finding in findings.items() if not finding.ok] == ["flows:read", "last load"]


def test_a_wrong_key_says_what_to_check(account: FakeKlaviyo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KLAVIYO_API_KEY", "pk_wrong_wrong_wrong")

    result = load(account, tmp_path)

    assert result.problem == (
        "klaviyo: GET /api/metrics: 401: refused: check KLAVIYO_API_KEY and its scopes (Klaviyo: Settings, API keys)"
    )
