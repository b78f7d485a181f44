"""Time the resolution of persons: orders on which evidence stands together in pairs, to persons.

Half of the persons are known by one piece of evidence; the rest by chains of up to a hundred, whose links come in any
order; a few chains are ten thousand long, the worst case for algorithms that pass a label on one link a round.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import duckdb

from orchestration.shop import REPOSITORY
from orchestration.warehouse import open_warehouse
from tests.bench.sampling import watch

# From the evidence that stands on records to persons, and what is read of them.
RESOLVING = (
    "int_identity__build", "int_identity__changes", "int_identity__records", "int_identity__touched",
    "int_identity__evidence_sets", "int_identity__nodes", "int_identity__edges", "int_identity__components",
    "int_identity__persons", "int_identity__record_persons", "int_identity__changed_persons", "identity_merges",
    "int_identity__resolved",
)  # fmt: skip
_CHAINS = """
create or replace table sizes as
select
    person,
    case
        when person % 500000 = 0 then 10000
        when person % 1000 = 0 then 100
        when person % 2 = 0 then 1
        else 2 + person % 5
    end as size
from range({persons}) as persons(person);
create or replace table intermediate.int_identity__delivered as
with links as (
    select person, size, unnest(range(greatest(size - 1, 1))) as link from sizes
)
select
    'bench:' || person || ':' || link as record_key,
    'order' as record_kind,
    'bench' as source,
    timestamp '2024-01-01' + to_seconds(cast(hash(person, link) % 60000000 as bigint)) as seen_at,
    -- A chain alternates: an account, its address, another account with it, the next address.
    case when size > 1 or person % 4 = 0 then person || '.' || (link + 1) // 2 end as customer_id,
    case when size > 1 or person % 4 = 2 then 'p' || person || '.' || link // 2 || '@bench.example' end as email,
    cast(null as varchar) as phone,
    cast(null as varchar) as channel,
    1 as load_id,
    0 as file_index,
    row_number() over (order by hash(person, link, 'place')) as row_number
from links;
drop table sizes;
"""
# A day: an order for each of these persons with an address of its own, which every third shares with another person.
_DAY = """
insert into intermediate.int_identity__delivered
select
    'bench:day:' || person,
    'order',
    'bench',
    timestamp '2026-01-01',
    person || '.0',
    case when person % 3 = 0 then 'p' || (person + 2) || '.0' else 'day' || person end || '@bench.example',
    null,
    null,
    2,
    0,
    person
from range(1, {persons}, 299) as persons(person)
"""


def resolve(folder: Path, persons: int, memory: str) -> None:
    """Deliver evidence of so many persons and then a day's more; print seconds and memory of each resolution."""
    folder.mkdir(parents=True, exist_ok=True)
    warehouse = folder / "identity.duckdb"
    warehouse.unlink(missing_ok=True)
    with open_warehouse(warehouse) as connection:
        connection.execute("create schema intermediate")
        connection.execute(_CHAINS.format(persons=persons))
    _dbt(folder, warehouse, memory, "seed", "placeholder_emails", "marketplace_channels")
    for name in ("whole", "a day"):
        if name == "a day":
            with open_warehouse(warehouse) as connection:
                connection.execute(_DAY.format(persons=persons))
        print(f"{name}: {_dbt(folder, warehouse, memory, 'run', *RESOLVING)}")
        with open_warehouse(warehouse, read_only=True) as connection:
            print(f"    {_sizes(connection)}")


def _dbt(folder: Path, warehouse: Path, memory: str, command: str, *selected: str) -> str:
    """Run dbt; what it took: seconds by the clock and of the processors, and the most memory."""
    environment = {
        **os.environ,
        "SECOND_ORDER_WAREHOUSE": str(warehouse),
        "SECOND_ORDER_MEMORY": memory,
        "DBT_PROFILES_DIR": str(REPOSITORY),
        # Chains are what is timed: none is cut.
        "SECOND_ORDER_SETTINGS": json.dumps({"max_emails_per_person": 10_000}),
    }
    arguments = [
        str(Path(sys.executable).parent / "dbt"), command, "--select", *selected, "--quiet",
        "--target-path", str(folder / "target"), "--log-path", str(folder / "target"),
    ]  # fmt: skip
    used = os.times()
    started = time.time()
    process = subprocess.Popen(arguments, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True)
    samples = watch(process, warehouse.with_name(warehouse.name + ".tmp"))
    output, _ = process.communicate()
    ended, used_after = time.time(), os.times()
    if process.returncode:
        print(output)
        raise SystemExit(process.returncode)
    resident, spilled = samples.peak(started, ended)
    processors = used_after.children_user + used_after.children_system - used.children_user - used.children_system
    models = json.loads((folder / "target" / "run_results.json").read_text())["results"]
    by_model = ", ".join(
        f"{model['unique_id'].split('.')[2].removeprefix('int_identity__')} {model['execution_time']:.1f}"
        for model in models
    )
    return (
        f"{sum(model['execution_time'] for model in models):.1f} s in the models, {ended - started:.1f} s in all, "
        f"{processors:.1f} s of processors, peak {resident / 1e9:.2f} GB, spilled {spilled / 1e9:.2f} GB ({by_model})"
    )


def _sizes(connection: duckdb.DuckDBPyConnection) -> str:
    found = connection.execute(
        """
        select
            (select count(*) from intermediate.int_identity__records),
            (select count(*) from intermediate.int_identity__persons),
            (select count(distinct person_id) from intermediate.int_identity__persons),
            (select count(*) from intermediate.int_identity__nodes),
            (select count(*) from intermediate.int_identity__edges)
        """
    ).fetchone()
    assert found is not None
    records, evidence, persons, nodes, edges = found
    return (
        f"{records:,} records, {evidence:,} pieces of evidence, {persons:,} persons; "
        f"resolved {nodes:,} pieces with {edges:,} edges"
    )
