"""A shop that publishes audiences and syncs them to a fake e-mail tool, without the models in between.

What is published is written by the publisher itself; the warehouse holds the few tables that syncing reads.
"""

import copy
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol
from unittest import mock
from uuid import UUID

import duckdb
import pyarrow as pa

from orchestration.destinations.state import state_file
from orchestration.destinations.sync import SyncReport, sync_shop
from orchestration.publish.version import publish
from orchestration.shop import Shop, ShopPaths
from orchestration.warehouse import open_warehouse
from tests.fakes.clock import FakeClock
from tests.fakes.klaviyo import KEY, FakeKlaviyo
from tests.fakes.omnisend import Omnisend
from tests.fakes.openapi import OpenApiContract
from tests.fakes.server import Fake

#: Key and whether it is a service audience.
RULES: Final = {"replenishment": False, "win_back": False, "birthday": False, "delay": True}
_KLAVIYO_OPERATIONS: Final = (
    *("get_profiles", "bulk_import_profiles", "get_bulk_import_profiles_job"),
    *("get_errors_for_bulk_import_profiles_job", "get_lists", "create_list"),
    *("add_profiles_to_list", "remove_profiles_from_list", "request_profile_deletion"),
)

#: E-mail → the values of the audience's message.
People = Mapping[str, Mapping[str, object]]


class Tool(Protocol):
    """An e-mail tool as tests see it."""

    name: str
    fake: Any
    secret: tuple[str, str]
    path: str
    writes: frozenset[tuple[str, str]]

    def members(self, audience: str) -> set[str]:
        """E-mails that are in an audience there."""
        ...

    def values(self, email: str) -> dict[str, object] | None:
        """Our values of a person; None if the tool doesn't know the e-mail."""
        ...

    def add_person(self, email: str, standing: str) -> None:
        """Somebody the tool knows already: subscribed, unsubscribed, never or suppressed."""
        ...

    def standings(self) -> dict[str, object]:
        """Everything about consent and suppression of those it knew, by e-mail."""
        ...

    def settle(self) -> None:
        """Let what was taken in take effect."""
        ...


class KlaviyoTool:
    """Klaviyo."""

    name = "klaviyo"
    secret = ("KLAVIYO_SYNC_API_KEY", KEY)
    path = ""
    #: All that may be asked of it.
    writes = frozenset({
        ("GET", "/api/profiles"), ("GET", "/api/lists"), ("POST", "/api/lists"),
        ("POST", "/api/profile-bulk-import-jobs"), ("GET", "/api/profile-bulk-import-jobs/*"),
        ("GET", "/api/profile-bulk-import-jobs/*/import-errors"),
        ("POST", "/api/lists/*/relationships/profiles"), ("DELETE", "/api/lists/*/relationships/profiles"),
        ("POST", "/api/data-privacy-deletion-jobs"),
    })  # fmt: skip

    def __init__(self, clock: Any, specs: Path | None, *, throttle: bool = True) -> None:
        self.fake = FakeKlaviyo(clock, None if specs is None else _klaviyo_contract(specs), throttle=throttle)

    def members(self, audience: str) -> set[str]:
        return self.fake.members_of(f"Second Order: {audience}")

    def values(self, email: str) -> dict[str, object] | None:
        profile = self.fake.profile_of(email)
        return None if profile is None else profile["attributes"]["properties"]

    def add_person(self, email: str, standing: str) -> None:
        consent = {"subscribed": "SUBSCRIBED", "unsubscribed": "UNSUBSCRIBED"}.get(standing, "NEVER_SUBSCRIBED")
        suppression = [{"reason": "USER_SUPPRESSED", "timestamp": "2025-01-05T08:00:00+00:00"}]
        marketing = {
            "can_receive_email_marketing": standing == "subscribed",
            "consent": consent,
            "suppression": suppression if standing == "suppressed" else [],
            "list_suppressions": [],
        }
        self.fake.add_profile(
            f"P{len(self.fake.profiles):05d}",
            datetime(2025, 1, 1),  # noqa: DTZ001
            email=email,
            properties={"favourite": "tea"},
            subscriptions={"email": {"marketing": marketing}},
        )

    def standings(self) -> dict[str, object]:
        return {
            profile["attributes"]["email"]: profile["attributes"].get("subscriptions")
            for profile in self.fake.profiles.values()
        }

    def settle(self) -> None:
        self.fake.members_of("")


class OmnisendTool:
    """Omnisend."""

    name = "omnisend"
    secret = ("OMNISEND_SYNC_API_KEY", Omnisend.token)
    path = "/api"
    writes = frozenset({
        ("GET", "/api/contacts"), ("POST", "/api/contacts"), ("PATCH", "/api/contacts"),
        ("POST", "/api/contacts/tags"), ("DELETE", "/api/contacts/tags"),
        ("POST", "/api/batches"), ("GET", "/api/batches/*"), ("GET", "/api/batches/*/items"),
    })  # fmt: skip

    def __init__(self, clock: Any, specs: Path | None, *, throttle: bool = True) -> None:
        names = [f"omnisend/{name}_2026-03-15.transcribed.json" for name in ("contacts", "batches")]
        documents = [None if specs is None else json.loads((specs / name).read_text()) for name in names]
        self.fake = Omnisend(clock, *documents, throttle=throttle)

    def members(self, audience: str) -> set[str]:
        return self.fake.tagged(f"second-order: {audience}")

    def values(self, email: str) -> dict[str, object] | None:
        contact = self.fake.contact_of(email)
        return None if contact is None else contact.get("customProperties", {})

    def add_person(self, email: str, standing: str) -> None:
        status = {"subscribed": "subscribed", "unsubscribed": "unsubscribed", "suppressed": "unsubscribed"}
        moment = "2025-01-05T08:00:00Z"
        self.fake.add_contact(
            f"c{len(self.fake.contacts):05d}",
            moment,
            email,
            email_status=(status.get(standing, "nonSubscribed"), moment),
            customProperties={"favourite": "tea"},
        )

    def standings(self) -> dict[str, object]:
        return {
            contact["email"]: (contact["status"], contact["statuses"], contact["email"] in self.fake.welcomed)
            for contact in self.fake.contacts.values()
        }

    def settle(self) -> None:
        self.fake.settle()


@cache
def _klaviyo_contract(specs: Path) -> OpenApiContract:
    return OpenApiContract(*(specs / "klaviyo" / "apis" / f"{name}.json" for name in _KLAVIYO_OPERATIONS))


TOOLS: Final[Mapping[str, Any]] = {"klaviyo": KlaviyoTool, "omnisend": OmnisendTool}


@dataclass
class SyncShop:
    """A shop with one destination, on a clock that tests move."""

    folder: Path
    tool: Any
    clock: FakeClock
    settings: dict[str, object] = field(default_factory=dict)
    versions: int = 0
    runs: int = 0
    loads: int = 0

    @property
    def shop(self) -> Shop:
        """The shop's settings, as its shop.yml would say them."""
        given = {"url": self.tool.fake.url + self.tool.path, **self.settings}
        return Shop(
            folder=self.folder, name="sync", timezone="UTC", currency="EUR", destinations={self.tool.name: given}
        )

    @property
    def paths(self) -> ShopPaths:
        """Where its data lie."""
        return ShopPaths(self.folder / "data")

    @property
    def run_id(self) -> str:
        """The run that published last."""
        return str(UUID(int=self.versions))

    @property
    def rules(self) -> Path:
        """The audiences there are."""
        file = self.folder / "audiences.csv"
        if not file.exists():
            lines = [f"{key},{str(is_service).lower()}" for key, is_service in RULES.items()]
            file.write_text("\n".join(["key,is_service", *lines]) + "\n")
        return file

    def publish(self, audiences: Mapping[str, People], consents: Mapping[str, str] | None = None) -> None:
        """A day later: publish a version. Everybody in it has consented, unless `consents` says otherwise.

        Args:
            consents: e-mail → subscribed, unsubscribed, suppressed or unmarketable.
        """
        self.clock.advance(86_400)
        self.versions += 1
        now = self.clock.now().replace(tzinfo=None, microsecond=0)
        run_id = self.run_id
        emails = sorted({email for people in audiences.values() for email in people})
        with open_warehouse(self.paths.warehouse) as connection:
            connection.execute("drop schema if exists audiences cascade; create schema audiences")
            connection.execute(_TABLES)
            for key, people in audiences.items():
                self._write_audience(connection, key, people, now)
            self._consent(connection, {**dict.fromkeys(emails, "subscribed"), **(consents or {})})
            for stage in ("gate 1", "dbt tests", "gate 2"):
                connection.execute("insert into ops.run_checks values (?, ?, 10, 0, 0)", [run_id, stage])
            as_of = now - timedelta(hours=6)
            version = publish(connection, self.paths.published, run_id, now, as_of, 1)
            connection.execute("insert into ops.published_versions values (?, ?)", [version.name, run_id])

    def consent(self, **consents: str) -> None:
        """What has been loaded since the version was published; e-mails are spelled with _at_ for the @."""
        with open_warehouse(self.paths.warehouse) as connection:
            self._consent(connection, {email.replace("_at_", "@"): said for email, said in consents.items()})

    def sync(self, *, dry_run: bool = False, allowed: tuple[str, ...] = ()) -> SyncReport:
        """One run."""
        self.runs += 1
        with mock.patch.dict(os.environ, dict([self.tool.secret])):
            (report,) = sync_shop(
                self.shop, self.paths, f"sync-{self.runs:04d}",
                dry_run=dry_run, allowed=allowed, clock=self.clock, rules=self.rules,
            )  # fmt: skip
        return report

    def results(self) -> list[tuple[str, str, str, str, str | None]]:
        """(audience, person, action, result, reason) of the last run, from the warehouse."""
        with open_warehouse(self.paths.warehouse, read_only=True) as connection:
            return connection.execute(
                "select audience, person_id, action, result, reason from ops.sync_results "
                "where run_id = (select max(run_id) from ops.sync_runs where not is_dry) order by all"
            ).fetchall()

    def counts(self) -> tuple[int, int, int, int]:
        """(sent, unchanged, rejected, skipped) of the last run."""
        with open_warehouse(self.paths.warehouse, read_only=True) as connection:
            row = connection.execute(
                "select sent, unchanged, rejected, skipped from ops.sync_runs order by run_id desc limit 1"
            ).fetchone()
        assert row is not None
        return row

    def calls(self) -> int:
        """How many requests the tool has had."""
        return len(self.tool.fake.log)

    def end_state(self) -> dict[str, object]:
        """A copy of everything the tool holds of ours."""
        emails = sorted(self.tool.standings())
        held = {
            "members": {key: sorted(self.tool.members(key)) for key in RULES},
            "values": {email: self.tool.values(email) for email in emails},
            "standings": self.tool.standings(),
        }
        return copy.deepcopy(held)

    def state(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the state file."""
        with duckdb.connect(str(state_file(self.paths)), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def _write_audience(self, connection: duckdb.DuckDBPyConnection, key: str, people: People, now: datetime) -> None:
        names = list(dict.fromkeys(name for values in people.values() for name in values))
        columns = ", ".join(f"{name} {_kind(people, name)}" for name in names)
        connection.execute(
            f"create table audiences.{key} (person_id varchar, email varchar, entered_at timestamp, reason varchar"
            f"{', ' + columns if columns else ''})"
        )
        if people:
            rows = pa.Table.from_pylist(
                [
                    {"person_id": person_of(email), "email": email, "entered_at": now, "reason": "because", **values}
                    for email, values in people.items()
                ]
            )
            connection.register("rows", rows)
            connection.execute(f"insert into audiences.{key} by name from rows")
            connection.unregister("rows")

    def _consent(self, connection: duckdb.DuckDBPyConnection, consents: Mapping[str, str]) -> None:
        moment = self.clock.now().replace(tzinfo=None)
        self.loads += 1
        said = pa.table({
            "email": list(consents), "person_id": [person_of(email) for email in consents],
            "said": pa.array(consents.values(), pa.string()),
        })  # fmt: skip
        connection.register("said", said)
        connection.execute(
            """
            insert into intermediate.int_arrivals__profiles
            select
                'drop', email, null, null, case said when 'unsubscribed' then said else 'subscribed' end, $moment,
                case said when 'suppressed' then 'bounced' end, $moment, $load, 1, 1
            from said
            """,
            {"moment": moment, "load": self.loads},
        )
        connection.execute("delete from marts.dim_customers where person_id in (select person_id from said)")
        connection.execute("insert into marts.dim_customers select person_id, said <> 'unmarketable' from said")
        connection.unregister("said")


_TABLES = """
    create schema if not exists ops; create schema if not exists marts;
    create schema if not exists intermediate; create schema if not exists reporting;
    create table if not exists ops.run_checks (
        run_id varchar, stage varchar, passed bigint, failed bigint, warned bigint
    );
    create table if not exists ops.published_versions (version varchar, run_id varchar);
    create or replace table ops.last_build as select true as is_complete, timestamp '2026-01-01' as as_of;
    create or replace table reporting.run_info as select cast(null as varchar) as sources;
    create table if not exists marts.dim_customers (person_id varchar, is_marketable boolean);
    create table if not exists intermediate.int_arrivals__profiles (
        source varchar, email varchar, phone varchar, customer_id varchar, email_consent varchar,
        email_consent_at timestamp, suppression_reason varchar, updated_at timestamp, load_id bigint,
        file_index bigint, row_number bigint
    );
"""


def person_of(email: str) -> str:
    """The person an e-mail belongs to."""
    return f"person-{email.partition('@')[0]}"


def people(*names: str, **values: object) -> dict[str, dict[str, object]]:
    """So many people at example.com, all with the same values."""
    return {f"{name}@example.com": dict(values) for name in names}


def crowd(count: int, start: int = 0, **values: object) -> dict[str, dict[str, object]]:
    """Numbered people."""
    return people(*(f"n{number:05d}" for number in range(start, start + count)), **values)


@contextmanager
def sync_shop_with(
    name: str, folder: Path, specs: Path | None, *, throttle: bool = True, **settings: object
) -> Iterator[SyncShop]:
    """A shop and its e-mail tool; fails at the end if a request or an answer broke the vendor's spec."""
    clock = FakeClock()
    tool = TOOLS[name](clock, specs, throttle=throttle)
    fake: Fake = tool.fake
    with fake.running():
        yield SyncShop(folder, tool, clock, dict(settings))
    assert fake.violations == []


def _kind(people: People, name: str) -> str:
    kinds = {bool: "boolean", int: "bigint", float: "double", datetime: "timestamp", str: "varchar"}
    return next((kinds[type(row[name])] for row in people.values() if row.get(name) is not None), "varchar")
