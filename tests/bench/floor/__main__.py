"""The floor: `python -m tests.bench.floor <warehouse> <target> <folder> <memory>` prints what it took, as JSON."""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

_HERE = Path(__file__).parent
# What updates, and nothing else, needs; and what is part of another statement here.
_NOT_NEEDED = {
    "int_audiences__changed", "int_flows__changed", "int_flows__restated", "int_identity__build",
    "int_identity__changed_mail",
    "int_identity__changed_persons", "int_identity__changes", "int_identity__components", "int_identity__delivered",
    "int_identity__edges", "int_identity__evidence_sets", "int_identity__moved", "int_identity__nodes",
    "int_identity__resolved", "int_identity__touched", "int_lifetime__changed", "int_orders__arrived",
    "int_orders__changed", "int_orders__restated", "int_orders__versions", "int_voice__changed",
}  # fmt: skip
# Made by a loop of statements.
_LOOPED = {"identity_merges"}


class Model(NamedTuple):
    """A model of dbt's build."""

    schema: str
    name: str
    kind: str
    """`view` or `table`."""
    sql: str
    is_taken: bool
    """Whether it is read from dbt's build, for it is made by Python or by a loop of statements."""


def taken(target: Path) -> set[str]:
    """Relations, by schema and name, which the floor reads from dbt's build: Python's and those of loops."""
    return {relation for relation, model in _models(target).items() if model.is_taken}


def main() -> None:
    """Build every table, compare each one that people read with dbt's, print what it took."""
    built, target, folder, memory = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
    folder.mkdir(parents=True, exist_ok=True)
    # The models' SQL names their database, which is called after the file.
    file = folder / built.name
    file.unlink(missing_ok=True)
    connection = duckdb.connect(str(file))
    connection.execute(f"set TimeZone = 'UTC'; set memory_limit = '{memory}'; attach '{built}' as built (read_only)")
    _see_what_is_given(connection, target)
    models = _models(target)
    statements = _statements(json.loads((target / "settings.json").read_text()))
    timings = {}
    for relation, model in models.items():
        for step, run in _steps(connection, relation, model, statements):
            started, before = time.monotonic(), _processor()
            run()
            timings[step] = (time.monotonic() - started, _processor() - before)
    untimed = taken(target)
    print(
        json.dumps(
            {
                "tables": timings,
                "seconds": sum(timings[step][0] for step in timings if step not in untimed),
                "processor": sum(timings[step][1] for step in timings if step not in untimed),
                "differing": _differing(connection, models),
            }
        )
    )


def _see_what_is_given(connection: duckdb.DuckDBPyConnection, target: Path) -> None:
    """Views on what isn't a model: seeds, raw tables, and what is remembered from run to run."""
    sources = _manifest(target)["sources"].values()
    rows = connection.execute(
        "select table_schema, table_name from information_schema.tables where table_catalog = 'built' "
        "and (table_schema like 'raw_%' or table_schema = 'seeds' "
        "or list_contains($sources, table_schema || '.' || table_name))",
        {"sources": [f"{source['schema']}.{source['identifier']}" for source in sources]},
    ).fetchall()
    for schema, name in rows:
        connection.execute(f"create schema if not exists {schema}")
        connection.execute(f"create view {schema}.{name} as from built.{schema}.{name}")


def _manifest(target: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((target / "manifest.json").read_text())
    return manifest


def _models(target: Path) -> dict[str, Model]:
    """Models in the order in which dbt ran them, by their relation."""
    nodes = _manifest(target)["nodes"]
    models = {}
    for result in json.loads((target / "run_results.json").read_text())["results"]:
        if result["unique_id"].startswith("model."):
            node = nodes[result["unique_id"]]
            models[f"{node['schema']}.{node['alias']}"] = Model(
                schema=node["schema"],
                name=node["alias"],
                kind="view" if node["config"]["materialized"] == "view" else "table",
                sql=result["compiled_code"] or "",
                is_taken=node["language"] != "sql" or node["alias"] in _LOOPED,
            )
    return models


def _statements(settings: dict[str, str]) -> dict[str, str]:
    """The statements written by hand, by the table they make."""
    text = "".join((_HERE / name).read_text() for name in ("orders.sql", "persons.sql"))
    text = text.format(
        as_of=f"timestamp '{settings['as_of']}'", zone=f"'{settings['timezone']}'", currency=f"'{settings['currency']}'"
    )
    blocks = (block.split("\n", 1) for block in text.split("-- floor: ")[1:])
    return {name.strip(): sql.strip().rstrip(";") for name, sql in blocks}


def _steps(
    connection: duckdb.DuckDBPyConnection, relation: str, model: Model, statements: dict[str, str]
) -> list[tuple[str, Callable[[], object]]]:
    connection.execute(f"create schema if not exists {model.schema}")
    if model.name in _NOT_NEEDED:
        return []
    if model.is_taken:
        return [(relation, lambda: connection.execute(f"create view {relation} as from built.{relation}"))]
    if relation == "intermediate.int_identity__persons":
        return [
            ("nodes", lambda: connection.execute(statements["nodes"])),
            ("pairs", lambda: connection.execute(statements["pairs"])),
            ("roots", lambda: _join_persons(connection)),
            (relation, lambda: connection.execute(statements[relation])),
        ]
    if relation in statements:
        return [(relation, lambda: connection.execute(statements[relation]))]
    return [(relation, lambda: connection.execute(f"create {model.kind} {relation} as {model.sql}"))]


def _join_persons(connection: duckdb.DuckDBPyConnection) -> None:
    """`roots` (node, root): each node that isn't the smallest of its component, and which is."""
    rounds = 0
    while connection.execute("select count(*) from pairs").fetchone() != (0,):
        rounds += 1
        connection.execute(
            f"create temp table hooks_{rounds} as select large as node, min(small) as root from pairs group by large"
        )
        while connection.execute(
            f"select count(*) from hooks_{rounds} as hooks semi join hooks_{rounds} as ends on hooks.root = ends.node"
        ).fetchone() != (0,):
            connection.execute(
                f"create or replace temp table hooks_{rounds} as select hooks.node, coalesce(ends.root, hooks.root) "
                f"as root from hooks_{rounds} as hooks left join hooks_{rounds} as ends on hooks.root = ends.node"
            )
        connection.execute(
            f"create or replace temp table pairs as select distinct "
            f"least(coalesce(smalls.root, small), larges.root) as small, "
            f"greatest(coalesce(smalls.root, small), larges.root) as large "
            f"from pairs inner join hooks_{rounds} as larges on large = larges.node "
            f"left join hooks_{rounds} as smalls on small = smalls.node "
            f"where coalesce(smalls.root, small) <> larges.root"
        )
    connection.execute("create temp table roots (node bigint, root bigint)")
    for number in range(rounds, 0, -1):
        connection.execute(
            f"create or replace temp table roots as select hooks.node, coalesce(roots.root, hooks.root) as root "
            f"from hooks_{number} as hooks left join roots on hooks.root = roots.node union all from roots"
        )


def _processor() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _differing(connection: duckdb.DuckDBPyConnection, models: dict[str, Model]) -> list[str]:
    """Tables that people read whose rows, by count and by sum of hashes, aren't those of dbt's build."""
    differing = []
    for relation, model in models.items():
        if model.schema not in ("marts", "reporting") or model.kind == "view":
            continue
        columns = ", ".join(str(row[0]) for row in connection.execute(f"describe built.{relation}").fetchall())
        one, other = (
            connection.execute(
                f"select count(*), sum(cast(hash({columns}) as hugeint)) from {place}{relation}"
            ).fetchone()
            for place in ("", "built.")
        )
        if one != other:
            differing.append(relation)
    return differing


if __name__ == "__main__":
    main()
