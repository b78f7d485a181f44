"""Assets of the dbt project: every model an asset, every dbt test a check of it."""

import fcntl
import json
import os
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource, DbtProject, dbt_assets
from packaging import version

from orchestration.audiences.memory import remember_unfinished
from orchestration.builds import begin_build, build_environment, build_flags, complete_build
from orchestration.defs.run_state import WAREHOUSE_POOL, ShopLock, progress, record_checks, run_started_at
from orchestration.errors import UserError
from orchestration.privacy.erase import prepare_models
from orchestration.shop import REPOSITORY, Shop, ShopPaths
from orchestration.sources.drop.as_of import resolve_as_of
from orchestration.warehouse import open_warehouse, sql_environment

_PROJECT_PARTS = ("models", "macros", "seeds", "tests/dbt", "dbt_project.yml", "profiles.yml")
_FAILED = ("fail", "error", "runtime error")
_ROWS_SHOWN = 3


def dbt_project() -> DbtProject:
    """The project, whose manifest is the same for every shop: nothing of a shop is read while dbt parses."""
    return DbtProject(project_dir=REPOSITORY, profiles_dir=REPOSITORY)


class InstalledDbt(DbtCliResource):
    """dbt as it is installed beside this Python, whatever PATH says."""

    @cached_property
    def _cli_version(self) -> version.Version:
        # Read, not asked for: starting dbt to hear its version takes as long as a tenth of a small shop's run.
        return version.parse(metadata.version("dbt-core"))


def dbt_resource(project: DbtProject) -> DbtCliResource:
    """The dbt that builds the models."""
    return InstalledDbt(
        project_dir=str(project.project_dir),
        profiles_dir=str(project.profiles_dir),
        dbt_executable=str(Path(sys.executable).parent / "dbt"),
    )


def prepare_manifest(project: DbtProject) -> None:
    """Parse the project if anything in it is newer than its manifest. Runs of several shops wait for each other here.

    Raises:
        UserError: the project doesn't parse; dbt's own message says where.
    """
    project.manifest_path.parent.mkdir(exist_ok=True)
    with (project.manifest_path.parent / "parse.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _parse_if_changed(project)


def _parse_if_changed(project: DbtProject) -> None:
    if project.manifest_path.exists():
        made = project.manifest_path.stat().st_mtime_ns
        parts = [REPOSITORY / part for part in _PROJECT_PARTS]
        files = [file for part in parts for file in (part.rglob("*") if part.is_dir() else (part,))]
        if all(file.stat().st_mtime_ns <= made for file in files):
            return
    target = project.manifest_path.parent
    parse = dbt_resource(project).cli(["parse"], target_path=target, raise_on_error=False).wait()
    if not parse.is_successful():
        raise UserError(f"the dbt project doesn't parse: {parse.get_error() or 'see its log'}", exit_code=1)


def model_assets(shop: Shop, paths: ShopPaths, project: DbtProject) -> dg.AssetsDefinition:
    """All models, seeds and tests in one dbt invocation.

    The tests' results are kept for the step that publishes; a failed one ends this step with what it found.
    """

    @dbt_assets(manifest=project.manifest_path, project=project, name="dbt_models", pool=WAREHOUSE_POOL)
    def dbt_models(context: dg.AssetExecutionContext, dbt: DbtCliResource, shop_lock: ShopLock) -> Iterator[Any]:
        with open_warehouse(paths.warehouse) as connection:
            as_of = resolve_as_of(shop, connection, run_started_at(context))
            remember_unfinished(connection, paths)
            prepare_models(connection, paths, run_started_at(context))
            start = begin_build(connection, shop, as_of)
        os.environ.update(sql_environment(shop, paths.warehouse, as_of) | build_environment(start))
        progress.info("%s the models as of %s UTC", "updating" if start.built_as_of else "building", as_of)
        # Unit tests judge the code, not the shop's data: CI runs them, and they are a third of the time.
        # Every query of every model in dbt's log takes a tenth of its time.
        quieter = ["--log-level-file", "info"]
        build = ["build", *quieter, "--exclude-resource-type", "unit_test", *build_flags(start)]
        invocation = dbt.cli(build, context=context, target_path=paths.dbt_target, raise_on_error=False)
        yield from invocation.stream()
        results = read_results(invocation.target_path)
        failures = [result for result in results if result["status"] in _FAILED]
        tests = [result for result in results if result["unique_id"].startswith(("test.", "unit_test."))]
        with open_warehouse(paths.warehouse) as connection:
            record_checks(
                connection,
                context.run_id,
                "dbt tests",
                passed=sum(result["status"] == "pass" for result in tests),
                failed=len(failures),
                warned=sum(result["status"] == "warn" for result in tests),
            )
            lines = [describe_failure(connection, result) for result in failures]
        if failures or not invocation.is_successful():
            raise dg.Failure(
                "; ".join(lines) or "dbt ended with an error; its log lies in " + str(invocation.target_path),
                allow_retries=False,
            )
        with open_warehouse(paths.warehouse) as connection:
            complete_build(connection, shop, as_of)
        progress.info(
            "  %d models, %d tests passed",
            sum(r["unique_id"].startswith("model.") for r in results),
            len(tests),
        )

    return dbt_models


def read_results(target: Path) -> list[dict[str, Any]]:
    """One entry per node of the last dbt invocation: unique_id, status, message, failures, compiled_code, …"""
    file = target / "run_results.json"
    if not file.exists():
        return []
    results: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["results"]
    return results


def describe_failure(connection: Any, result: Mapping[str, Any]) -> str:
    """One line for a failed node: its name, what dbt says and, for a test, the first rows it found."""
    name = str(result["unique_id"]).split(".")[2]
    message = " ".join(str(result.get("message") or result["status"]).split())
    sql = result.get("compiled_code")
    if result["status"] != "fail" or not sql or not str(result["unique_id"]).startswith("test."):
        return f"{name}: {message}"
    cursor = connection.execute(f"select * from ({sql}) as found limit {_ROWS_SHOWN}")
    names = [column[0] for column in cursor.description]
    rows = [", ".join(f"{key} {value}" for key, value in zip(names, row, strict=True)) for row in cursor.fetchall()]
    return f"{name}: {result.get('failures')} rows found, such as ({'), ('.join(rows)})"
