"""Syncing as people and Dagster start it, and upon a warehouse that dbt has built."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
import yaml

from orchestration import cli
from orchestration.defs.run_state import ShopLock
from orchestration.defs.sync import sync_asset
from orchestration.destinations import sync
from orchestration.destinations.destination import Erasure
from orchestration.destinations.registry import erase_everywhere
from orchestration.publish.version import publish
from orchestration.shop import Shop, ShopPaths
from orchestration.warehouse import open_warehouse
from tests.fakes.clock import FakeClock
from tests.fakes.server import Fault
from tests.integration.conftest import run_command, small_entities, write_shop
from tests.integration.sync_shop import KlaviyoTool, OmnisendTool, SyncShop, crowd, people, sync_shop_with
from tests.integration.warehouse import Warehouse


@pytest.fixture
def shop(tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SyncShop]:
    """A shop on Klaviyo that has published once; its data are of another day than the machine's."""
    with sync_shop_with("klaviyo", tmp_path, shared / "specs", throttle=False, max_age_hours=1_000_000) as shop:
        shop.tool.fake.job_seconds = 0
        monkeypatch.setenv(*shop.tool.secret)
        monkeypatch.setattr(sync, "RULES", shop.rules)
        shop.publish({"replenishment": people("ann", "ben", product="Assam") | crowd(40)})
        settings = {"url": shop.tool.fake.url, **shop.settings}
        (tmp_path / "shop.yml").write_text(
            yaml.safe_dump(
                {"name": "data", "timezone": "UTC", "currency": "EUR", "destinations": {"klaviyo": settings}}
            )
        )
        yield shop


def command(shop: SyncShop, *options: str) -> int:
    """`make sync` of the shop, whose data lie in the folder named as it is."""
    return cli.main(["sync", str(shop.folder), "--data", str(shop.folder), *options])


def test_the_command_prints_the_plan_then_sends(shop: SyncShop, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(shop) == 0
    assert "the first run of a destination is a dry run: nothing was sent" in capsys.readouterr().out
    # As make hands it on when nothing is allowed.
    assert command(shop, "--allow", "") == 0
    assert "42 sent, 0 unchanged, 0 rejected, 0 skipped" in capsys.readouterr().out
    assert len(shop.tool.members("replenishment")) == 42


def test_a_stopped_audience_ends_the_command_with_an_error(shop: SyncShop, capsys: pytest.CaptureFixture[str]) -> None:
    command(shop)
    command(shop)
    shop.publish({"replenishment": {}})
    capsys.readouterr()

    assert command(shop) == 1
    said = capsys.readouterr()
    assert "replenishment: nobody is in it, its last 1 versions had up to 42; stopped, ALLOW=replenishment" in said.out
    assert said.err == "error: klaviyo: not everything was sent; see above\n"
    assert len(shop.tool.members("replenishment")) == 42

    assert command(shop, "--allow", "replenishment, ") == 0
    assert shop.tool.members("replenishment") == set()
    assert command(shop, "--allow", "typo") == 2
    assert "ALLOW=typo: no such audience" in capsys.readouterr().err


def test_the_command_needs_a_destination_and_its_key(
    shop: SyncShop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command(shop)
    monkeypatch.delenv(shop.tool.secret[0])
    assert command(shop) == 1
    assert "KLAVIYO_SYNC_API_KEY isn't set" in capsys.readouterr().out
    (shop.folder / "shop.yml").write_text("name: data\ntimezone: UTC\ncurrency: EUR\n")
    assert command(shop) == 2
    assert "no destination; name one under 'destinations'" in capsys.readouterr().err


def test_an_outage_of_one_destination_stops_no_other(
    shop: SyncShop, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = OmnisendTool(shop.clock, shared / "specs", throttle=False)
    other.fake.batch_seconds = 0
    monkeypatch.setenv(*other.secret)
    with other.fake.running():
        both = shop.shop.model_copy(
            update={"destinations": {**shop.shop.destinations, "omnisend": {"url": other.fake.url + other.path}}}
        )
        sync.sync_shop(both, shop.paths, "first", clock=shop.clock)
        shop.tool.fake.fail_next(Fault.UNAVAILABLE, times=8)

        klaviyo, omnisend = sync.sync_shop(both, shop.paths, "second", clock=shop.clock)

        assert "503: the server fails" in str(klaviyo.problem)
        assert omnisend.is_well
        assert len(other.members("replenishment")) == 42
        assert shop.tool.members("replenishment") == set()
        # Not named any more, Omnisend can't be asked to erase; what was sent there is told.
        erased = {
            one.destination: one for one in erase_everywhere(shop.shop, shop.paths, "ann@example.com", shop.clock)
        }
    assert erased["omnisend"].erasure == Erasure(
        (), ("remove the person at omnisend by hand: it was sent there and isn't configured any more",)
    )
    assert shop.state("select count(*) from memberships where email = 'ann@example.com'") == [(0,)]
    assert other.fake.violations == []


def materialise(shop: SyncShop) -> dg.ExecuteInProcessResult:
    """The asset behind publishing, in the run that published."""
    asset = sync_asset(shop.shop, shop.paths)
    assert asset is not None
    job = dg.Definitions(
        assets=[asset], resources={"shop_lock": ShopLock(file=str(shop.paths.lock))}
    ).resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        return job.execute_in_process(instance=instance, run_id=shop.run_id, raise_on_error=False)


def test_the_asset_sends_what_its_own_run_published(shop: SyncShop) -> None:
    assert materialise(shop).success
    assert shop.calls() == 0
    assert materialise(shop).success
    assert len(shop.tool.members("replenishment")) == 42


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("update ops.run_checks set failed = 1 where stage = 'dbt tests'", "1 checks of dbt tests failed"),
        ("delete from ops.run_checks where stage = 'gate 2'", "gate 2 of this run is missing"),
        ("insert into ops.published_versions values ('99990101T000000Z-later', 'later')", "the newest is 9999"),
    ],
)
def test_the_asset_sends_nothing_after_a_failed_check(shop: SyncShop, change: str, said: str) -> None:
    assert materialise(shop).success
    with open_warehouse(shop.paths.warehouse) as connection:
        connection.execute(change)

    result = materialise(shop)

    assert not result.success
    (failure,) = result.get_step_failure_events()
    assert said in str(failure.step_failure_data.user_failure_data.description)  # type: ignore[union-attr]
    assert shop.calls() == 0


def test_a_shop_without_a_destination_has_no_such_asset(tmp_path: Path) -> None:
    shop = Shop(folder=tmp_path, name="a", timezone="UTC", currency="EUR")
    assert sync_asset(shop, ShopPaths(tmp_path / "data")) is None


def test_consent_is_read_from_the_warehouse_that_dbt_built(golden: Warehouse, shop: SyncShop) -> None:
    """Everybody of the golden shop is published; those arrive whom the built warehouse lets be written to."""
    shop.sync()
    shutil.copy(golden.file, shop.paths.warehouse)
    shop.clock.advance(86_400)
    now = shop.clock.now().replace(tzinfo=None)
    with open_warehouse(shop.paths.warehouse) as connection:
        # The views in it name the catalogue that dbt built them in.
        expected = {
            str(email)
            for (email,) in connection.execute(
                """
                select profiles.email
                from intermediate.int_identity__profiles as profiles
                inner join intermediate.int_identity__persons as persons
                    on persons.evidence = 'email:' || profiles.email and persons.kind_rank = 2
                inner join marts.dim_customers as customers using (person_id)
                where profiles.email_consent = 'subscribed' and profiles.suppression_reason is null
                    and customers.is_marketable
                """
            ).fetchall()
        }
        connection.execute(
            """
            drop schema if exists audiences cascade;
            create schema audiences;
            create table audiences.replenishment as
            select person_id, substr(evidence, 7) as email, timestamp '2025-01-01' as entered_at, 'x' as reason
            from intermediate.int_identity__persons where kind_rank = 2
            qualify row_number() over (partition by person_id order by evidence) = 1;
            create schema if not exists ops; create schema if not exists reporting;
            create or replace table ops.run_checks (
                run_id varchar, stage varchar, passed bigint, failed bigint, warned bigint
            );
            create or replace table reporting.run_info as select cast(null as varchar) as sources;
            """
        )
        (everybody,) = connection.execute("select count(*) from audiences.replenishment").fetchone() or (0,)
        for stage in ("gate 1", "dbt tests", "gate 2"):
            connection.execute("insert into ops.run_checks values ('run-0002', ?, 1, 0, 0)", [stage])
        version = publish(connection, shop.paths.published, "run-0002", now, now - timedelta(hours=1), 1)
        connection.execute(
            "create or replace table ops.published_versions as select ? as version, 'run-0002' as run_id",
            [version.name],
        )

    report = shop.sync(allowed=("replenishment",))

    assert 0 < len(expected) < everybody
    assert shop.tool.members("replenishment") == expected
    assert report.results == {"sent": len(expected), "skipped": everybody - len(expected)}


@pytest.mark.long
def test_a_whole_run_plans_and_the_next_one_sends_what_it_published(
    tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = KlaviyoTool(FakeClock(), shared / "specs", throttle=False)
    tool.fake.job_seconds = 0
    monkeypatch.setenv(*tool.secret)
    entities = small_entities()
    emails = sorted({str(order["email"]) for order in entities["orders"]})
    entities["profiles"] = [{"email": email, "email_consent": "subscribed"} for email in emails]
    with tool.fake.running():
        shop = write_shop(tmp_path / "shop", "sent", entities, as_of="2025-12-01T00:00:00")
        with (shop / "shop.yml").open("a") as file:
            file.write("settings: {holdout_share: 0}\n")
            file.write(f"destinations: {{klaviyo: {{url: '{tool.fake.url}', max_age_hours: 1000000}}}}\n")
        run = run_command(shop, tmp_path / "data")
        assert run.exit_code == 0, run.errors + run.output
        assert "the first run of a destination is a dry run: nothing was sent" in run.output
        assert tool.fake.log == []
        run = run_command(shop, tmp_path / "data")
        assert run.exit_code == 0, run.errors + run.output
        published = {
            file.stem: {str(email) for (email,) in run.query(f"select email from read_parquet('{file}')")}
            for file in (run.data / "published" / "current" / "audiences").glob("*.parquet")
        }
        service = {"delay", "dissatisfied"}
        sent = {audience: tool.members(audience) for audience in published}
    assert len(published) == 28
    assert set().union(*published.values()) == set(emails)
    assert sent == {audience: set() if audience in service else people for audience, people in published.items()}
