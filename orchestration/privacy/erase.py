"""Erasing a person from everything a shop holds, so that a search of every byte finds nothing of them.

In this order, each step to be repeated without harm by whoever comes after a killed process:

1. Who the person is, is written down (`privacy/pending/`), and tombstones are set.
2. In one transaction the person leaves raw tables, refused rows and `ops`, and every table that models made is dropped.
3. The warehouse is copied into a new file: a database file keeps deleted bytes in its free blocks.
4. Destinations.
5. Backups, published versions, reports of checks, logs, Dagster's history, webhooks.
6. The models are built again, as of the same moment as before.
7. Everything is searched.
"""

import json
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb

from orchestration.builds import begin_build, build_environment, complete_build
from orchestration.destinations.registry import erase_everywhere
from orchestration.errors import UserError
from orchestration.privacy import connected, dropped
from orchestration.privacy.pending import Erasure, PendingErasures
from orchestration.privacy.person import Person, find_person, former_ids, set_erased
from orchestration.privacy.scrub import longer_texts_in, scrub_file, scrub_tables, scrub_version
from orchestration.privacy.search import Proof, search
from orchestration.privacy.tombstones import Tombstones
from orchestration.publish.backup import back_up, restore
from orchestration.shop import REPOSITORY, Shop, ShopPaths
from orchestration.sources.drop.entities import ENTITIES
from orchestration.sources.drop.loader import SCHEMA, create_tables
from orchestration.sources.http import Clock
from orchestration.sql import has_table
from orchestration.warehouse import open_warehouse, rewrite, sql_environment

logger = logging.getLogger(__name__)

Build = Callable[[Shop, ShopPaths, datetime], None]
"""Builds the models of a warehouse that has none, as of a moment."""

# Nobody's data, or not made by models; every other schema is theirs.
_KEPT_SCHEMAS: Final = ("ops", "seeds", "main", "information_schema", "pg_catalog")
_MODELS_IN_OPS: Final = ("identity_merges",)
_LAST_BUILD: Final = "last_build"


@dataclass(frozen=True)
class Erased:
    """How an erasure ended: what it did, what is still to do at destinations, and the search's result."""

    erasure: Erasure
    proof: Proof
    tombstones: int

    @property
    def is_done(self) -> bool:
        """Whether nothing was found and nothing is still to do."""
        return not self.proof.hits and not any(self.erasure.destinations.values())


def erase(
    shop: Shop, paths: ShopPaths, email: str, moment: datetime, *, build: Build | None = None,
    clock: Clock | None = None, progress: Callable[[str], None] = logger.info,
) -> Erased:  # fmt: skip
    """Erase the person an address belongs to. To be called under the shop's lock.

    Args:
        shop: whose data.
        paths: where they lie.
        email: of `normalised_email`.
        moment: now, naive UTC: the day of the tombstones.
        build: builds the models again; None leaves them to the next run.
        clock: of destinations' clients.
        progress: is told each step.
    """
    tombstones = Tombstones(paths.privacy)
    pending = PendingErasures(paths.privacy / "pending", tombstones)
    if paths.warehouse.exists() or paths.backup.exists():
        erasure = erase_from_warehouse(paths, email, moment, tombstones, pending, progress)
    else:
        erasure = pending.of(email) or Erasure(Person(email, frozenset({("email", email)})))
        pending.keep(erasure)
        tombstones.add(erasure.person.identifiers, moment)
    finish_files(shop, paths, erasure, pending, progress, clock)
    if build is not None and erasure.as_of is not None and paths.warehouse.exists():
        progress("building the models again")
        build(shop, paths, datetime.fromisoformat(erasure.as_of))
    progress("searching every file")
    return _proven(paths, erasure, pending, len(tombstones))


def begin_customer(
    connection: duckdb.DuckDBPyConnection, folder: Path, source: str, customer_id: str, order_ids: Iterable[str],
    moment: datetime,
) -> Erasure:  # fmt: skip
    """Begin the erasure of a connected system's customer, in the middle of a run that will finish it.

    Args:
        connection: to the shop's warehouse, writable.
        folder: of the tombstones.
        source: the system's name.
        customer_id: its number there.
        order_ids: further orders of the person, such as a guest's.
        moment: now, naive UTC.
    """
    tombstones = Tombstones(folder)
    pending = PendingErasures(folder / "pending", tombstones)
    known = {(f"id:{source}", customer_id), *((f"order:{source}", order) for order in order_ids)}
    person = find_person(connection, f"customer {customer_id} of {source}", known)
    return begin_erasure(connection, person, moment, tombstones, pending)


def prepare_models(connection: duckdb.DuckDBPyConnection, paths: ShopPaths, moment: datetime) -> None:
    """Before a run builds the models: whatever erasure has begun is taken further, and nothing is built upon."""
    tombstones = Tombstones(paths.privacy)
    pending = PendingErasures(paths.privacy / "pending", tombstones)
    begun = pending.all()
    for erasure in begun:
        begin_erasure(connection, erasure.person, moment, tombstones, pending)
    if begun:
        drop_models(connection)


def finish_erasures(
    shop: Shop, paths: ShopPaths, progress: Callable[[str], None], clock: Clock | None = None
) -> list[Erased]:
    """After a run has published: finish whatever erasure has begun, and prove it."""
    tombstones = Tombstones(paths.privacy)
    pending = PendingErasures(paths.privacy / "pending", tombstones)
    begun = pending.all()
    for erasure in begun:
        finish_files(shop, paths, erasure, pending, progress, clock)
    if begun:
        rewrite(paths.warehouse)
    return [_proven(paths, erasure, pending, len(tombstones)) for erasure in begun]


def _proven(paths: ShopPaths, erasure: Erasure, pending: PendingErasures, tombstones: int) -> Erased:
    left_out = [pending.folder, *([paths.sync] if any(erasure.destinations.values()) else [])]
    erased = Erased(erasure, search(paths.root, erasure.person, left_out), tombstones)
    if erased.is_done:
        pending.done(erasure)
    return erased


def erase_from_warehouse(
    paths: ShopPaths, email: str, moment: datetime, tombstones: Tombstones, pending: PendingErasures,
    progress: Callable[[str], None],
) -> Erasure:  # fmt: skip
    """Steps 1 to 3: the warehouse then holds nothing of the person, and no models."""
    is_new = not paths.warehouse.exists()
    with open_warehouse(paths.warehouse) as connection:
        create_tables(connection)
        if is_new:
            restore(connection, paths.backup)
        person = find_person(connection, email, {("email", email)})
        erasure = begin_erasure(connection, person, moment, tombstones, pending)
        progress(f"{describe(erasure.person)}: {sum(erasure.removed.values()):,} rows removed, "
                 f"{sum(erasure.blanked.values()):,} left as nobody's")  # fmt: skip
        drop_models(connection)
        connection.execute("checkpoint")
    rewrite(paths.warehouse)
    return erasure


def begin_erasure(
    connection: duckdb.DuckDBPyConnection, person: Person, moment: datetime, tombstones: Tombstones,
    pending: PendingErasures,
) -> Erasure:  # fmt: skip
    """Write down who goes, set the tombstones, and take the person out of what was delivered, in one transaction."""
    before = pending.of(person.name)
    erasure = before or Erasure(person)
    person = replace(person, longer_texts=longer_texts_in(connection, person))
    erasure.person = person.joined(erasure.person)
    erasure.as_of = erasure.as_of or last_build(connection)
    pending.keep(erasure)
    tombstones.add(erasure.person.identifiers, moment)
    connection.execute("begin")
    try:
        sweep(connection, erasure)
        # Before the commit: after it nothing tells any more where the person stood.
        pending.keep(erasure)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    return erasure


def sweep(connection: duckdb.DuckDBPyConnection, erasure: Erasure) -> None:
    """Take the person out of raw tables, refused rows and `ops`, and note what was done."""
    set_erased(connection, erasure.person.identifiers)
    swept = dropped.sweep(connection)
    removed, blanked = connected.sweep(connection)
    for total, counts in (
        (erasure.removed, {**swept.removed, **removed}),
        (erasure.blanked, {**swept.blanked, **blanked}),
    ):
        for name, count in counts.items():
            # A second try finds again what stays, and nothing of what went.
            total[name] = max(total.get(name, 0), count)
    for file, rows in swept.places.items():
        erasure.places[file] = sorted({*erasure.places.get(file, ()), *rows})
    erasure.loads = sorted({*erasure.loads, *swept.loads})
    raw = [
        str(row[0])
        for row in connection.execute(
            "select schema_name from duckdb_schemas() where database_name = current_database() "
            "and starts_with(schema_name, 'raw_')"
        ).fetchall()
    ]
    if scrub_tables(connection, erasure.person, [*raw, "ops"]):
        dropped.rehash(connection)


def keep_out(connection: duckdb.DuckDBPyConnection, tombstones: Tombstones) -> bool:
    """Take everybody who was erased out of restored tables once more; whether there was anybody.

    What names them is found by the tombstones, in cells and as addresses that texts of others quote.
    """
    if not tombstones:
        return False
    set_erased(connection, ())
    for entity in ENTITIES.values():
        tombstones.find(connection, dropped.identifiers(entity, f"{SCHEMA}.{entity.name}"))
    tombstones.find(connection, dropped.quoted_in("ops.rejected_rows"))
    found = frozenset((str(kind), str(value)) for kind, value in connection.execute("from erased").fetchall())
    if found:
        sweep(connection, Erasure(Person("everybody erased", found, former_ids(found))))
    return bool(found)


def last_build(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The moment the models are built as of, ISO text; None where they aren't."""
    if not has_table(connection, "ops", _LAST_BUILD):
        return None
    row = connection.execute(f"select max(as_of) from ops.{_LAST_BUILD}").fetchone()
    return row[0].isoformat() if row and row[0] else None


def drop_models(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop every table that models made: they are built from raw tables again, which hold the person no more."""
    schemas = connection.execute(
        "select schema_name from duckdb_schemas() where database_name = current_database() and not internal "
        f"and schema_name not in {_KEPT_SCHEMAS} and not starts_with(schema_name, 'raw_')"
    ).fetchall()
    for (schema,) in schemas:
        connection.execute(f'drop schema "{schema}" cascade')
    for table in _MODELS_IN_OPS:
        connection.execute(f"drop table if exists ops.{table}")
    if last_build(connection) is not None:
        connection.execute(f"delete from ops.{_LAST_BUILD}")


def finish_files(
    shop: Shop, paths: ShopPaths, erasure: Erasure, pending: PendingErasures, progress: Callable[[str], None],
    clock: Clock | None = None,
) -> None:  # fmt: skip
    """Steps 4 and 5: destinations, which are told by what we remember of them, then everything beside the warehouse."""
    _destinations(shop, paths, erasure, progress, clock)
    pending.keep(erasure)
    _backups(paths, erasure)
    for version in sorted(path for path in paths.published.glob("*") if path.is_dir() and not path.is_symlink()):
        if scrub_version(version, erasure.person):
            progress(f"published version {version.name}: files written anew")
    _webhooks(paths.webhooks, erasure.person)
    for folder in ("dlt", "scratch"):
        shutil.rmtree(paths.root / folder, ignore_errors=True)
    # dbt reads some of these back, so that nothing may be changed in them: it makes them anew.
    if paths.dbt_target.exists() and search(paths.dbt_target, erasure.person).hits:
        shutil.rmtree(paths.dbt_target)
    own = [paths.warehouse, paths.published, paths.backup, paths.privacy]
    if any(erasure.destinations.values()):
        own.append(paths.sync)
    for file in sorted(path for path in paths.root.rglob("*") if path.is_file() and not path.is_symlink()):
        if any(file == place or file.is_relative_to(place) for place in own):
            continue
        if file.suffix == ".duckdb":
            scrub_database(file, erasure.person)
        elif file.exists() and scrub_file(file, erasure.person):
            progress(f"{file.relative_to(paths.root)}: written anew")


def _destinations(
    shop: Shop, paths: ShopPaths, erasure: Erasure, progress: Callable[[str], None], clock: Clock | None
) -> None:
    if not shop.destinations:
        return
    erasure.destinations = {}
    for email in erasure.person.of_kind("email"):
        for erased in erase_everywhere(shop, paths, email, clock):
            # One address that failed is enough to come back.
            erasure.destinations[erased.destination] = erased.problem or erasure.destinations.get(
                erased.destination, ""
            )
            for left in erased.erasure.left if erased.erasure else ():
                if left not in erasure.by_hand:
                    erasure.by_hand.append(left)
    for name, problem in erasure.destinations.items():
        progress(f"{name}: {problem or 'erased'}")


def scrub_database(file: Path, person: Person) -> None:
    """Take the person out of a DuckDB file that isn't the warehouse."""
    with duckdb.connect(str(file)) as connection:
        changed = scrub_tables(connection, person)
    if changed:
        rewrite(file)


def _backups(paths: ShopPaths, erasure: Erasure) -> None:
    """Write the loads that held the person anew from the warehouse, and take the person out of what else is there."""
    if not paths.backup.exists():
        return
    for leftover in [*paths.backup.glob(".old-*"), *paths.backup.glob(".partial-*")]:
        shutil.rmtree(leftover)
    loads = [folder for folder in sorted(paths.backup.glob("[0-9]*")) if folder.is_dir()]
    if paths.warehouse.exists():
        for folder in loads:
            if int(folder.name) in erasure.loads or search(folder, erasure.person).hits:
                folder.replace(folder.with_name(f".old-{folder.name}"))
        with open_warehouse(paths.warehouse, read_only=True) as connection:
            back_up(connection, paths.backup)
        for old in paths.backup.glob(".old-*"):
            shutil.rmtree(old)
    for file in sorted(path for path in paths.backup.rglob("*") if path.is_file()):
        if not any(file.is_relative_to(folder) for folder in loads):
            scrub_file(file, erasure.person)


def _webhooks(queue: Path, person: Person) -> None:
    """Ids of the person's account and orders at Shopify leave the webhooks' queue."""
    if not queue.exists():
        return
    ids = [value for kind in ("id:shopify", "order:shopify") for value in person.of_kind(kind)]
    connection = sqlite3.connect(queue, timeout=5)
    try:
        connection.execute("pragma secure_delete = on")
        with connection:
            connection.execute(
                "delete from changes where (is_done or action in ('redact_customer', 'data_request')) "
                "and object_id in (select value from json_each(?))",
                [json.dumps(ids)],
            )
        connection.execute("vacuum")
        connection.execute("pragma wal_checkpoint(truncate)")
    finally:
        connection.close()


def describe(person: Person) -> str:
    """A line that says who goes, by how much is known of them."""
    parts = [
        (len(person.of_kind("email")), "e-mail address", "e-mail addresses"),
        (len(person.of_kind("phone")), "phone number", "phone numbers"),
        (len(person.of_kind("id:")), "customer id", "customer ids"),
        (len(person.of_kind("order:")), "order", "orders"),
    ]
    return ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in parts if count)


def build_models(shop: Shop, paths: ShopPaths, as_of: datetime) -> None:
    """Run dbt over the warehouse, without its tests: the next run judges what it publishes.

    Raises:
        UserError: a model failed; the person is erased all the same.
    """
    with open_warehouse(paths.warehouse) as connection:
        start = begin_build(connection, shop, as_of)
    environment = {**os.environ, **sql_environment(shop, paths.warehouse, as_of), **build_environment(start)}
    dbt = str(Path(sys.executable).parent / "dbt")
    paths.logs.mkdir(parents=True, exist_ok=True)
    result = subprocess.run(
        [
            dbt, "build", "--exclude-resource-type", "unit_test", "test", "--full-refresh", "--quiet",
            "--target-path", str(paths.dbt_target), "--log-path", str(paths.logs),
            "--project-dir", str(REPOSITORY), "--profiles-dir", str(REPOSITORY),
        ],
        cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if result.returncode:
        said = " ".join(result.stdout.split())[-400:]
        raise UserError(f"erased, but the models couldn't be built again; the next run will: {said}", exit_code=1)
    with open_warehouse(paths.warehouse) as connection:
        complete_build(connection, shop, as_of)
