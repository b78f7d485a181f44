"""Time the resolution of persons: evidence that stands together in pairs, to components.

Half of the persons are known by one piece of evidence; the rest by chains of up to a hundred, whose links come in any
order; a few chains are ten thousand long, the worst case for algorithms that pass a label on one link a round.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from orchestration.shop import REPOSITORY
from orchestration.warehouse import open_warehouse
from tests.bench.sampling import watch


def resolve(folder: Path, persons: int, memory: str) -> None:
    """Make evidence for so many persons, build int_identity__persons over it, and print seconds, rounds and memory."""
    folder.mkdir(parents=True, exist_ok=True)
    warehouse = folder / "identity.duckdb"
    warehouse.unlink(missing_ok=True)
    with open_warehouse(warehouse) as connection:
        connection.execute("select setseed(0.42)")
        connection.execute(
            f"""
            create schema intermediate;
            create table sizes as
            select
                person,
                case
                    when person % 500000 = 0 then 10000
                    when person % 1000 = 0 then 100
                    when person % 2 = 0 then 1
                    else 2 + person % 5
                end as size
            from range({persons}) as persons(person);
            create table chains as
            select person, unnest(range(size)) as link, hash(person, unnest(range(size))) as shuffle from sizes;
            create table intermediate.int_identity__nodes as
            select
                'id:' || person || ':' || link as evidence,
                1 as kind_rank,
                timestamp '2024-01-01' + to_seconds(cast(shuffle % 60000000 as bigint)) as seen_at,
                row_number() over (order by shuffle) as node
            from chains;
            create table intermediate.int_identity__edges as
            with numbered as (
                select
                    chains.person,
                    chains.link,
                    nodes.node
                from chains
                inner join intermediate.int_identity__nodes as nodes
                    on 'id:' || chains.person || ':' || chains.link = nodes.evidence
            )
            select links.node as left_node, followers.node as right_node
            from numbered as links
            inner join numbered as followers
                on links.person = followers.person and links.link + 1 = followers.link;
            """
        )
        (nodes,) = connection.execute("select count(*) from intermediate.int_identity__nodes").fetchone() or (0,)
        (edges,) = connection.execute("select count(*) from intermediate.int_identity__edges").fetchone() or (0,)
        connection.execute("drop table chains; drop table sizes")
    environment = {
        **os.environ,
        "SECOND_ORDER_WAREHOUSE": str(warehouse),
        "SECOND_ORDER_MEMORY": memory,
        "DBT_PROFILES_DIR": str(REPOSITORY),
    }
    command = [
        str(Path(sys.executable).parent / "dbt"), "run", "--select", "int_identity__persons", "--quiet",
        "--target-path", str(folder / "target"), "--log-path", str(folder / "target"),
    ]  # fmt: skip
    started = time.time()
    process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True)
    samples = watch(process, warehouse.with_name(warehouse.name + ".tmp"))
    output, _ = process.communicate()
    if process.returncode:
        print(output)
        raise SystemExit(process.returncode)
    result = json.loads((folder / "target" / "run_results.json").read_text())["results"][0]
    resident, spilled = samples.peak(started, time.time())
    with open_warehouse(warehouse, read_only=True) as connection:
        query = "select count(distinct person_id) from intermediate.int_identity__persons"
        (found,) = connection.execute(query).fetchone() or (0,)
    print(
        f"{nodes:,} pieces of evidence, {edges:,} edges: {found:,} of {persons:,} persons "
        f"in {result['execution_time']:.1f} s, peak {resident / 1e9:.2f} GB, spilled {spilled / 1e9:.2f} GB"
    )
