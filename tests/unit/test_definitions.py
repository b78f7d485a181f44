"""How the graph of a shop is wired: what runs by itself, what stops what, and that one process does it all."""

from pathlib import Path

import dagster as dg
import duckdb
import pytest

from orchestration.definitions import JOB, build_definitions, drop_state
from orchestration.defs.run_state import STAGES, end_dead_runs, record_checks, require_all_checks
from orchestration.shop import load_shop, paths_of


@pytest.fixture(scope="module")
def shop_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "shop.yml").write_text("name: wired\ntimezone: Asia/Tokyo\ncurrency: JPY\n")
    (folder / "drop" / "orders").mkdir(parents=True)
    (folder / "drop" / "orders" / "a.csv").write_text("order_id,ordered_at\n1,2025-01-01\n")
    return folder


@pytest.fixture(scope="module")
def definitions(shop_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    shop = load_shop(shop_folder)
    return build_definitions(shop, paths_of(shop, tmp_path_factory.mktemp("data")))


def test_every_raw_table_feeds_a_model_and_every_reported_table_is_behind_the_gate(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    raw = {key for key in graph.executable_asset_keys if key.path[0] == "raw_drop"}
    assert len(raw) == 18
    assert [key for key in raw if not graph.get(key).child_keys] == []
    leaving = {key for key in graph.executable_asset_keys if key.path[0] in ("marts", "reporting")}
    assert leaving <= graph.get(dg.AssetKey(["quality", "gate_2"])).parent_keys
    assert graph.get(dg.AssetKey(["report", "site"])).parent_keys == {dg.AssetKey(["published", "version"])}


def test_one_process_runs_the_shop_each_morning_in_its_own_zone(definitions: dg.Definitions) -> None:
    assert definitions.resolve_job_def(JOB).executor_def is dg.in_process_executor
    schedule = definitions.resolve_schedule_def("daily")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 6 * * *", "Asia/Tokyo")


def test_every_step_that_opens_the_warehouse_waits_in_one_pool(definitions: dg.Definitions) -> None:
    steps = definitions.resolve_job_def(JOB).graph.node_defs
    pools = {step.name: step.pool for step in steps if isinstance(step, dg.OpDefinition)}
    assert {name for name, pool in pools.items() if pool != "warehouse"} == {"report__site"}


def test_new_and_changed_files_start_a_run_and_nothing_else_does(
    definitions: dg.Definitions, shop_folder: Path
) -> None:
    sensor = definitions.resolve_sensor_def("dropped_files")

    def look(cursor: str | None) -> dg.SensorResult | dg.SkipReason:
        with dg.DagsterInstance.ephemeral() as instance, dg.build_sensor_context(instance, cursor) as context:
            result = sensor(context)
        assert isinstance(result, dg.SensorResult | dg.SkipReason)
        return result

    first = look(None)
    assert isinstance(first, dg.SensorResult)
    assert not first.run_requests
    assert isinstance(look(first.cursor), dg.SkipReason)
    (shop_folder / "drop" / "orders" / "b.csv").write_text("order_id,ordered_at\n2,2025-01-02\n")
    second = look(first.cursor)
    assert isinstance(second, dg.SensorResult)
    assert [request.run_key for request in second.run_requests or []] == [drop_state(shop_folder)]
    assert isinstance(look(second.cursor), dg.SkipReason)


@pytest.mark.parametrize("stage", STAGES)
def test_nothing_is_published_unless_every_stage_passed(stage: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema ops")
        for name in STAGES:
            if name != stage:
                record_checks(connection, "run", name, passed=3, failed=0, warned=1)
        record_checks(connection, "an earlier run", stage, passed=3, failed=0, warned=0)
        with pytest.raises(dg.Failure, match=f"{stage} of this run is missing"):
            require_all_checks(connection, "run")
        record_checks(connection, "run", stage, passed=2, failed=1, warned=0)
        with pytest.raises(dg.Failure, match=f"1 checks of {stage} failed"):
            require_all_checks(connection, "run")
        record_checks(connection, "run", stage, passed=3, failed=0, warned=0)
        require_all_checks(connection, "run")


def test_a_dead_run_is_marked_failed_and_gives_its_slot_back(tmp_path: Path) -> None:
    with dg.instance_for_test(temp_dir=str(tmp_path)) as instance:
        storage = instance.event_log_storage
        storage.set_concurrency_slots("warehouse", 1)
        dead = instance.create_run_for_job(dg.GraphDefinition("empty").to_job(), status=dg.DagsterRunStatus.STARTED)
        assert storage.claim_concurrency_slot("warehouse", dead.run_id, "raw_drop").is_claimed
        assert not storage.claim_concurrency_slot("warehouse", "alive", "raw_drop").is_claimed
        end_dead_runs(instance, "alive")
        assert storage.claim_concurrency_slot("warehouse", "alive", "raw_drop").is_claimed
        ended = instance.get_run_by_id(dead.run_id)
        assert ended is not None
        assert ended.status is dg.DagsterRunStatus.FAILURE
