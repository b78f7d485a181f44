"""What holds for every small system alike: address, faults on the way, a wrong key, the doctor.

Each fake checks every request and answer against its vendor's spec or documented shapes; `running` fails if one broke
it.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from orchestration.sources.http import ApiError
from orchestration.sources.registry import SOURCES
from orchestration.sources.source import SourceError
from tests.fakes.amazon import Amazon, item
from tests.fakes.clock import FakeClock
from tests.fakes.server import Fault
from tests.fakes.small_systems import ACCOUNTS, Running, running


def _omnisend(fake: Any) -> None:
    fake.add_contact("c1", "2025-01-01T00:00:00Z", "ann@example.com")
    fake.add_campaign("k1", "Spring", "2025-01-01T00:00:00Z")
    fake.add_automation("a1", "Welcome", "2025-01-01T00:00:00Z")


def _smile(fake: Any) -> None:
    fake.add_tier(1, "Gold", 100)
    fake.add_customer(5, "ann@example.com", "2025-01-01T00:00:00.000Z", tier=1)
    fake.add_points(9, 5, 100, "2025-01-02T00:00:00.000Z")


def _typeform(fake: Any) -> None:
    fake.add("nps1", "r1", "2025-01-01T00:00:00Z", hidden={"order_id": "1001"})


# What puts one record in each list, and what reading the named stream must give.
FILLED: dict[str, tuple[str, Callable[[Any], None], set[str]]] = {
    "judgeme": ("reviews", lambda fake: fake.add(7, "2025-01-01T00:00:00+00:00"), {"7"}),
    "omnisend": ("contacts", _omnisend, {"c1"}),
    "typeform": ("responses", _typeform, {"nps1:r1"}),
    "yotpo": ("reviews", lambda fake: fake.add(7, "2025-01-01T00:00:00Z"), {"7"}),
    "amazon": ("orders", lambda fake: fake.add("111-1", "2025-01-01T00:00:00Z", [item("1", 1, "9.00")]), {"111-1"}),
    "smile": ("customers", _smile, {"5"}),
    "yotpo_loyalty": ("customers", lambda fake: fake.add("ann@example.com"), {"ann@example.com"}),
}


# What makes each system's next answer one that its spec doesn't allow.
SPOILED: dict[str, Callable[[Any], Any]] = {
    "judgeme": lambda fake: fake.reviews[7].update(verified="maybe"),
    "omnisend": lambda fake: fake.contacts["c1"].update(status="gone"),
    "typeform": lambda fake: fake.forms["nps1"][0].update(answers=[{"type": "stars", "number": 5}]),
    "yotpo": lambda fake: fake.reviews[7].update(score=6),
    "amazon": lambda fake: fake.orders["111-1"].pop("salesChannel"),
    "smile": lambda fake: fake.customers[5].update(state="gone"),
    "yotpo_loyalty": lambda fake: fake.customers["ann@example.com"].update(points_balance="many"),
}


@pytest.fixture
def specs(shared: Path) -> Path:
    """The vendors' own specs."""
    return shared / "specs"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A shop's folder with the members to ask Yotpo Loyalty about."""
    (tmp_path / "members.csv").write_text("Email,Name\nAnn@example.com,Ann\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", ACCOUNTS)
def test_the_address_is_the_vendors(name: str, folder: Path) -> None:
    source = SOURCES[name]
    settings = source.settings.model_validate(ACCOUNTS[name].settings, context={"folder": folder})
    client = source.connect(settings, ACCOUNTS[name].secrets, FakeClock())
    assert client.api.url == ACCOUNTS[name].server


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("name", ACCOUNTS)
def test_a_fault_on_the_way_changes_nothing_of_what_is_read(name: str, fault: Fault, specs: Path, folder: Path) -> None:
    stream, fill, expected = FILLED[name]
    with running(name, specs, folder) as system:
        fill(system.fake)
        system.fake.fail_next(fault, times=2)
        assert set(system.read(stream)) == expected


@pytest.mark.parametrize("name", ACCOUNTS)
def test_a_wrong_key_is_one_line_without_the_key(name: str, specs: Path, folder: Path) -> None:
    stream, fill, _ = FILLED[name]
    with running(name, specs, folder) as system:
        fill(system.fake)
        _change_locks(system)
        with pytest.raises(ApiError) as refused:
            system.read(stream)
    assert refused.value.message.startswith(f"{name}: ")
    assert "refused: check" in refused.value.message
    assert "\n" not in refused.value.message
    assert not [secret for secret in ACCOUNTS[name].secrets.values() if secret in refused.value.message]


def _change_locks(system: Running) -> None:
    fake = system.fake
    if isinstance(fake, Amazon):
        fake.refresh_token = "another-refresh-token"
    elif hasattr(fake, "secret"):
        fake.secret = "another-secret"
    else:
        fake.token = "another-token"


@pytest.mark.parametrize("name", ACCOUNTS)
def test_the_doctor_finds_every_endpoint_readable(name: str, specs: Path, folder: Path) -> None:
    _, fill, _ = FILLED[name]
    with running(name, specs, folder) as system:
        fill(system.fake)
        findings = system.configured.source.check(system.client())
    assert findings
    assert [finding for finding in findings if not finding.ok] == []


# Calls, and the seconds that they must take at the vendor's limit.
@pytest.mark.parametrize(
    ("name", "calls", "least_seconds"),
    [
        ("omnisend", 2_000, 4 * 60),
        ("typeform", 41, 20),
        ("yotpo", 20_000, 3 * 60),
        ("amazon", 100, 80 / 0.0056),
        ("smile", 101, 10),
    ],
)
def test_the_clients_pace_is_the_vendors_limit(
    name: str, calls: int, least_seconds: float, specs: Path, folder: Path
) -> None:
    with running(name, specs, folder) as system:
        pace = system.client().api.pace
        for _ in range(calls):
            with pace.turn(system.clock):
                assert system.fake.wait_of_limit() == 0
    assert least_seconds * (1 - 1e-6) <= system.clock.monotonic() <= least_seconds / 0.9


@pytest.mark.parametrize(
    ("name", "path", "told"),
    [
        ("judgeme", "/api/v1/reviews?shop_domain={domain}&api_token={token}&rating=9", "rating"),
        ("omnisend", "/api/contacts?limit=500", "limit"),
        ("omnisend", "/api/contacts?status=gone", "status"),
        ("omnisend", "/api/events", "no GET"),
        ("typeform", "/forms/nps1/responses?page_size=2000", "page_size"),
        ("yotpo", "/v1/apps/{app_key}/reviews?utoken=t&count=101", "count"),
        (
            "amazon",
            "/orders/2026-01-01/orders?lastUpdatedAfter=2025-01-01T00:00:00Z&includedData=ADDRESS",
            "includedData",
        ),
        ("smile", "/v1/customers?limit=251", "limit"),
        ("yotpo_loyalty", "/api/v2/customers", "customer_email"),
    ],
)
def test_a_fake_refuses_what_the_vendor_would(name: str, path: str, told: str, specs: Path, folder: Path) -> None:
    """The specs are really asked: each of these breaks one of their rules."""
    with running(name, specs, folder) as system:
        fake = system.fake
        if name == "yotpo":
            fake.tokens.add("t")
        if name == "amazon":
            fake.logins, fake.opened_until = 1, 60.0
        headers = {
            "omnisend": {"Authorization": f"Omnisend-API-Key {ACCOUNTS['omnisend'].secrets['OMNISEND_API_KEY']}",
                         "Omnisend-Version": "2026-03-15"},
            "amazon": {"x-amz-access-token": "planted-access-1"},
            "yotpo_loyalty": {"x-guid": getattr(fake, "guid", ""), "x-api-key": getattr(fake, "token", "")},
        }.get(name, {"Authorization": f"Bearer {getattr(fake, 'token', '')}"})  # fmt: skip
        filled = path.format(**{key: getattr(fake, key, "") for key in ("domain", "token", "app_key")})
        answer = requests.get(fake.url + filled, headers=headers, timeout=10)
        assert answer.status_code in (400, 404)
        assert told in (" ".join(fake.violations) or answer.text)
        fake.violations.clear()


def test_an_answer_that_breaks_the_spec_is_noted(specs: Path, folder: Path) -> None:
    for name, spoil in SPOILED.items():
        stream, fill, _ = FILLED[name]
        with running(name, specs, folder) as system:
            fill(system.fake)
            spoil(system.fake)
            with contextlib.suppress(ApiError, SourceError):
                system.read(stream)
            assert any("answer to" in violation for violation in system.fake.violations), name
            system.fake.violations.clear()
