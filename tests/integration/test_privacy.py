"""Who asks to be forgotten is in no byte that is kept, doesn't come back, and takes nobody else's figures along."""

import gzip
import hmac
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.defs.run_state import open_for_loading
from orchestration.errors import UserError
from orchestration.privacy.erase import Erased, erase
from orchestration.privacy.export import export_person
from orchestration.privacy.person import Person, find_person, normalised_email
from orchestration.privacy.search import search
from orchestration.privacy.tombstones import Tombstones
from orchestration.publish.backup import back_up
from orchestration.publish.version import publish
from orchestration.shop import Shop, ShopPaths, load_shop
from orchestration.warehouse import open_warehouse
from tests.conftest import REPOSITORY
from tests.integration.conftest import drop_rows, write_shop
from tests.integration.warehouse import STARTED, Builder, Warehouse

EMAIL, OTHER_EMAIL = "zelda.quux@planted.example", "z.quuxworth@elsewhere.example"
LOOKALIKE = "griselda." + EMAIL
PHONE, ID, NAME = "+49 151 2345-6789", "CUST-ZELDA-77", ("Zelda", "Quuxworth")
TEXTS = (EMAIL, OTHER_EMAIL, "+4915123456789", PHONE, ID, "zelda quuxworth", "quuxworth lane 9")
MOMENT = datetime(2026, 2, 1)  # noqa: DTZ001
# The person's orders: by account with everything, as a guest with the account's phone, as a guest with the address.
ORDERS = ("z1", "z2", "z3")


def entities() -> dict[str, list[dict[str, object]]]:
    """Zelda in every entity that can hold a person, beside Ann and Ben."""
    zelda = {"customer_id": ID, "email": " Zelda.Quux@planted.example"}
    at = "2025-03-01 10:00:00"
    return {
        "orders": [
            {"order_id": "a1", "ordered_at": "2025-01-05", "email": "ann@example.com", "ship_country": "DE"},
            # Hers holds Zelda's, and isn't it.
            {"order_id": "c1", "ordered_at": "2025-01-09", "email": LOOKALIKE, "note": f"write to:{LOOKALIKE}"},
            {"order_id": "a2", "ordered_at": "2025-02-05", "email": "ann@example.com", "discount_codes": "ZELDA10"},
            {"order_id": "b1", "ordered_at": "2025-01-07", "email": "ben@example.com", "ship_country": "FR",
             "note": f"a gift from {EMAIL}"},
            {"order_id": "z1", "ordered_at": "2025-01-06", **zelda, "phone": PHONE, "first_name": NAME[0],
             "last_name": NAME[1], "ship_country": "FR", "ship_region": "IDF", "address": "Quuxworth Lane 9"},
            {"order_id": "z2", "ordered_at": "2025-01-20", "email": OTHER_EMAIL, "phone": "+49 (151) 23456789"},
            {"order_id": "z3", "ordered_at": "2025-04-01", "email": EMAIL},
            {"order_id": "z4", "ordered_at": "no day", "email": EMAIL},
        ],
        "order_lines": [
            {"order_id": order, "line_id": 1, "quantity": 1, "unit_price": "10.25", "note": f"for {order}"}
            for order in ("a1", "a2", "b1", "c1", *ORDERS)
        ],
        "refunds": [{"refund_id": "r1", "order_id": "z1", "refunded_at": at, "amount": 2, "reason": "damaged"}],
        "returns": [{"return_id": "t1", "order_id": "z1", "requested_at": at, "reason_text": "I, Zelda Quuxworth"}],
        "fulfillments": [{"fulfillment_id": "f1", "order_id": "z1", "shipped_at": at}],
        "profiles": [
            {"email": EMAIL, "phone": "", "customer_id": ID, "email_consent": "subscribed", "birthday": "1980-01-01"},
            {"email": "ann@example.com", "phone": "", "customer_id": "A", "email_consent": "subscribed"},
        ],
        "message_events": [
            {"event_id": "m1", "occurred_at": at, "event_type": "sent", "channel": "email", "email": EMAIL},
            {"event_id": "m2", "occurred_at": at, "event_type": "sent", "channel": "email", "email": "ann@example.com"},
            {"event_id": "m3", "occurred_at": at, "event_type": "clicked", "channel": "sms", "customer_id": ID},
        ],
        "reviews": [
            {"review_id": "v1", "created_at": at, "rating": 5, "order_id": "z3", "body": "Mine! Zelda Quuxworth"},
            {"review_id": "v2", "created_at": at, "rating": 4, "email": "ben@example.com",
             "body": f"ask {EMAIL.upper()} about it"},
        ],
        "referrals": [{"referral_code": "zelda10", "referrer_email": EMAIL, "created_at": "2025-01-10"}],
        "survey_responses": [
            {"response_id": "s1", "submitted_at": at, "survey_type": "nps", "score": 9, "customer_id": ID},
            {"response_id": "s2", "submitted_at": at, "survey_type": "nps", "score": 99, "email": EMAIL},
        ],
        "support_tickets": [{"ticket_id": "k1", "created_at": at, "email": OTHER_EMAIL, "topic": "size"}],
        "loyalty_events": [{"event_id": "l1", "occurred_at": at, "event_type": "enrolled", "email": EMAIL}],
        "page_events": [
            {"event_id": "p1", "occurred_at": at, "page_type": "other", "email": "", "url": f"https://x.example/?e={EMAIL}"}
        ],
        "flow_holdouts": [{"experiment_id": "e", "email": EMAIL, "arm": "holdout", "assigned_at": at}],
    }  # fmt: skip


def deliver(shop: Path, file: str) -> None:
    """Drop everything, with a row that can't be split."""
    for entity, rows in entities().items():
        path = drop_rows(shop, entity, file, rows)
        if entity == "reviews":
            path.write_text(path.read_text() + f"v3,2025-01-01,{EMAIL}\n")


class Held:
    """A shop's data as a run leaves them: warehouse, backup, published version, and what tools write besides."""

    def __init__(self, shop: Shop, folder: Path, built: Warehouse) -> None:
        self.shop = shop
        self.paths = ShopPaths(folder / shop.name)
        self.paths.root.mkdir(parents=True)
        shutil.copy(built.file, self.paths.warehouse)
        with open_warehouse(self.paths.warehouse) as connection:
            connection.execute(
                "create schema if not exists audiences; "
                "create table audiences.audience_thanks as select distinct orders.person_id, told.email, "
                "'thanks, ' || coalesce(told.first_name, 'you') as reason from staging.stg_drop__orders as told "
                "inner join marts.fct_orders as orders on told.order_id = orders.order_id where told.email is not null"
            )
            back_up(connection, self.paths.backup)
            publish(connection, self.paths.published, "0123456789", STARTED, STARTED, 1)
        audiences = self.paths.current / "audiences"
        manifest = json.loads((self.paths.current / "manifest.json").read_text())
        with duckdb.connect() as connection:
            source = f"(from read_parquet('{audiences}/audience_thanks.parquet') order by all)"
            connection.execute(f"copy {source} to '{audiences}/audience_thanks.csv' (header)")
            connection.execute(
                f"copy (select sha256(email) as email_sha256 from {source}) to '{audiences}/hashed.csv' (header)"
            )
        manifest["files"] += [
            {"path": f"audiences/{name}", "rows": 4, "bytes": 0, "sha256": ""}
            for name in ("audience_thanks.csv", "hashed.csv")
        ]
        (self.paths.current / "manifest.json").write_text(json.dumps(manifest))
        for place in (self.paths.logs, self.paths.dagster, self.paths.data_docs, self.paths.dbt_target):
            place.mkdir()
        (self.paths.logs / "latest.log").write_text(f"before\nrow of {EMAIL}\nafter\n")
        (self.paths.logs / "old.log.gz").write_bytes(gzip.compress(f"customer {ID}\n".encode()))
        (self.paths.data_docs / "page.html").write_text(f"<p>{NAME[0]} {NAME[1]}</p>")
        (self.paths.dbt_target / "run_results.json").write_text(json.dumps({"message": EMAIL}))
        with sqlite3.connect(self.paths.dagster / "runs.db") as history:
            history.execute("create table events (event text)")
            history.executemany("insert into events values (?)", [(f"found {OTHER_EMAIL}",), ("nobody",)])

    def query(self, sql: str) -> list[tuple[object, ...]]:
        return Warehouse(self.paths.warehouse).query(sql)

    def erase(self, email: str = EMAIL) -> Erased:
        return erase(self.shop, self.paths, email, MOMENT)


def bare_search(root: Path, *, leave_out: tuple[str, ...] = ()) -> dict[str, set[str]]:
    """Texts of the person by the file that holds them: the test's own eyes, beside those of the erasure."""
    found: dict[str, set[str]] = {}
    for file in sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink()):
        content = file.read_bytes()
        content = gzip.decompress(content) if file.suffix == ".gz" else content
        if file.suffix in (".duckdb", ".parquet"):
            with duckdb.connect() as connection:
                if file.suffix == ".duckdb":
                    connection.execute(f"attach '{file}' as held (read_only); use held")
                    listed = "select schema_name || '.' || table_name from duckdb_tables() where not temporary"
                    tables = [row[0] for row in connection.execute(listed).fetchall()]
                else:
                    tables = [f"read_parquet('{file}')"]
                for table in tables:
                    content += str(connection.execute(f"from {table}").fetchall()).encode()
        content = content.lower().replace(LOOKALIKE.encode(), b"")
        held = {text for text in TEXTS if text.lower().encode() in content}
        if held and not file.relative_to(root).as_posix().startswith(leave_out or ("\0",)):
            found[file.relative_to(root).as_posix()] = held
    return found


@pytest.fixture(scope="module")
def built(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Warehouse]:
    """The shop and its warehouse."""
    shop = write_shop(tmp_path_factory.mktemp("shop"), "planted", {}, as_of="2025-12-01T00:00:00")
    deliver(shop, "first.csv")
    return shop, builder.build(shop, "planted")


@pytest.fixture
def held(built: tuple[Path, Warehouse], tmp_path: Path) -> Held:
    """A copy of its own for each test."""
    return Held(load_shop(built[0]), tmp_path, built[1])


def test_the_person_is_all_that_was_joined(held: Held) -> None:
    with open_warehouse(held.paths.warehouse) as connection:
        person = find_person(connection, EMAIL, {("email", EMAIL)})
    assert person.of_kind("email") == (OTHER_EMAIL, EMAIL)
    assert person.of_kind("phone") == ("+4915123456789",)
    assert person.of_kind("id:") == (f"drop:{ID}",)
    assert person.of_kind("order:") == tuple(f"drop:{order}" for order in ORDERS)
    assert person.full_names == ("zelda quuxworth",)
    (own,) = held.query("select distinct person_id from marts.fct_orders where order_id in ('z1', 'z2', 'z3')")
    assert own[0] in person.person_ids
    # Two addresses, a phone and an id: each was a person before it was joined.
    assert len(person.person_ids) == 4


def test_an_erased_person_is_in_no_byte(held: Held) -> None:
    before = bare_search(held.paths.root)
    assert {"warehouse.duckdb", "logs/latest.log", "logs/old.log.gz", "dagster/runs.db"} < before.keys()
    erased = held.erase()
    assert bare_search(held.paths.root) == {}
    assert erased.proof.hits == []
    assert erased.is_done
    assert not list((held.paths.privacy / "pending").glob("*"))
    # What stays is told as a sale of nobody.
    assert held.query(
        "select order_id, customer_id, email, phone, first_name, last_name, ship_country, ship_region, _extra "
        "from raw_drop.orders where order_id like 'z%' order by order_id"
    ) == [(order, *[None] * 5, "FR" if order == "z1" else None, None, None) for order in ORDERS]
    assert held.query("select referral_code, referrer_email from raw_drop.referrals") == [("zelda10", None)]
    assert held.query(
        "select order_id, email, _extra ->> 'note' from raw_drop.orders where order_id in ('b1', 'c1') order by all"
    ) == [
        ("b1", "ben@example.com", "a gift from [erased]"),
        ("c1", LOOKALIKE, f"write to:{LOOKALIKE}"),
    ]
    assert held.query("select refund_id, reason from raw_drop.refunds") == [("r1", "damaged")]
    assert held.query("select count(*) from raw_drop.order_lines") == [(7,)]
    for entity in ("loyalty_events", "page_events", "support_tickets", "survey_responses", "flow_holdouts"):
        left = 1 if entity == "page_events" else 0
        assert held.query(f"select count(*) from raw_drop.{entity}") == [(left,)], entity
    assert held.query("select count(*) from ops.rejected_rows") == [(0,)]
    # The owner is told where the files still hold the person.
    assert erased.erasure.places["drop/orders/first.csv"] == [5, 6, 7, 8]
    assert erased.erasure.places["drop/reviews/first.csv"] == [1, 4]


def test_the_search_finds_each_place(held: Held) -> None:
    with open_warehouse(held.paths.warehouse) as connection:
        person = find_person(connection, EMAIL, {("email", EMAIL)})
    places = {hit.place for hit in search(held.paths.root, person).hits}
    load, version = "backup/000001", f"published/{held.paths.current.readlink()}/audiences"
    assert places >= {
        "warehouse.duckdb: raw_drop.orders", "warehouse.duckdb: ops.rejected_rows",
        "warehouse.duckdb: intermediate.int_identity__persons", f"{load}/raw_drop.orders.parquet: rows",
        f"{version}/audience_thanks.parquet: rows", f"{version}/audience_thanks.csv", f"{version}/hashed.csv",
        "logs/latest.log", "logs/old.log.gz: unpacked", "dagster/runs.db", "data_docs/page.html",
    }  # fmt: skip


def test_published_versions_stay_whole(held: Held) -> None:
    reporting = {path.name: path.read_bytes() for path in (held.paths.current / "reporting").iterdir()}
    held.erase()
    manifest = json.loads((held.paths.current / "manifest.json").read_text())
    rows = {entry["path"]: entry["rows"] for entry in manifest["files"]}
    assert rows["audiences/audience_thanks.parquet"] == rows["audiences/audience_thanks.csv"] == 3
    assert rows["audiences/hashed.csv"] == 3
    for entry in manifest["files"]:
        assert (held.paths.current / entry["path"]).stat().st_size == entry["bytes"] or "reporting" in entry["path"]
    assert {path.name: path.read_bytes() for path in (held.paths.current / "reporting").iterdir()} == reporting


def figures(warehouse: Warehouse) -> Mapping[str, object]:
    """What must not change: sales, and everything of the others."""
    others = "select person_id from marts.fct_orders where not starts_with(order_id, 'z')"
    return {
        "orders": warehouse.query("select order_key, net_sales, is_valid from marts.fct_orders order by all"),
        "net sales": warehouse.value("select sum(net_sales) from marts.fct_orders"),
        # Segments are left out: they rank people against each other.
        "customers": warehouse.query(
            "select person_id, first_order_at, last_order_at, valid_orders, net_sales, is_referred, is_marketable "
            f"from marts.dim_customers where person_id in ({others}) order by all"
        ),
        "referred": warehouse.query("select order_id, is_referred from marts.fct_orders order by all"),
        "reviews": warehouse.query("select review_key, rating from marts.fct_reviews where review_key like '%v2%'"),
    }  # fmt: skip


def test_the_same_files_bring_nobody_back(
    held: Held, built: tuple[Path, Warehouse], builder: Builder, tmp_path: Path
) -> None:
    shop, before = built
    erased = held.erase()
    tombstones = Tombstones(held.paths.privacy)
    again = Path(shutil.copytree(shop, tmp_path / "again"))
    deliver(again, "second.csv")
    (again / "drop" / "orders" / "first.csv").touch()
    upon = builder.build(again, "planted_again", upon=Warehouse(held.paths.warehouse), tombstones=tombstones)
    assert upon.query("select entity, rows_loaded, rows_rejected from ops.run_log where run_id = 'planted_again' "
                      "and rows_loaded + rows_rejected > 0") == []  # fmt: skip
    assert _only(upon, erased.erasure.person)
    assert figures(upon) == figures(before)
    assert upon.query("select is_identified, count(*) from marts.dim_customers group by all order by all") == [
        (False, 3), (True, 3)
    ]  # fmt: skip
    # Without a warehouse, and without a backup, the files alone.
    bare = builder.build(again, "planted_bare", tombstones=tombstones)
    assert figures(bare) == figures(before)
    assert _only(bare, erased.erasure.person)
    assert bare.value("select count(*) from marts.fct_orders where is_valid") == 7


def _only(warehouse: Warehouse, person: Person) -> bool:
    """Whether the warehouse's own file, moved where it is alone, holds nothing of the person."""
    alone = warehouse.file.parent / f"alone_{warehouse.file.stem}"
    alone.mkdir()
    shutil.copy(warehouse.file, alone)
    return search(alone, person).hits == []


# Erases, and dies by SIGKILL where the named step would begin.
KILLED_AT = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from orchestration.privacy import erase as erasing
from orchestration.shop import ShopPaths, load_shop
shop, root, email, step = sys.argv[1:]
setattr(erasing, step, lambda *arguments, **named: os.kill(os.getpid(), signal.SIGKILL))
erasing.erase(load_shop(Path(shop)), ShopPaths(Path(root)), email, datetime(2026, 2, 1))
"""
STEPS = ("sweep", "drop_models", "rewrite", "finish_files", "back_up", "scrub_version", "_proven")


@pytest.mark.long
def test_killed_at_any_step_and_run_again_gives_what_one_erasure_gives(
    held: Held, built: tuple[Path, Warehouse], tmp_path: Path
) -> None:
    whole = Held(held.shop, tmp_path / "whole", built[1])
    # One key, so that the tombstones can be compared.
    for one in (held, whole):
        one.paths.privacy.mkdir()
        (one.paths.privacy / "key").write_text("ab" * 32)
    expected = whole.erase()
    for step in STEPS:
        arguments = [str(held.shop.folder), str(held.paths.root), EMAIL, step]
        killed = subprocess.run([sys.executable, "-c", KILLED_AT, *arguments], cwd=REPOSITORY, check=False)
        assert killed.returncode == -signal.SIGKILL, step
        assert len(list((held.paths.privacy / "pending").iterdir())) == 1, step
    erased = held.erase()
    assert erased.is_done
    assert bare_search(held.paths.root) == {}
    assert erased.erasure == expected.erasure
    assert (held.paths.privacy / "tombstones.jsonl").read_text() == (
        whole.paths.privacy / "tombstones.jsonl"
    ).read_text()
    tables = [row[0] for row in held.query("select schema_name || '.' || table_name from duckdb_tables() order by all")]
    assert "raw_drop.orders" in tables
    for table in tables:
        assert held.query(f"from {table} order by all") == whole.query(f"from {table} order by all"), table
    for file in (path for path in whole.paths.root.rglob("*.parquet") if not path.is_symlink()):
        other = held.paths.root / file.relative_to(whole.paths.root)
        with duckdb.connect() as connection:
            rows = [
                connection.execute(f"from read_parquet('{path}') order by all").fetchall() for path in (file, other)
            ]
        assert rows[0] == rows[1], file


def test_an_old_backup_brings_nobody_back(held: Held, tmp_path: Path) -> None:
    kept = Path(shutil.copytree(held.paths.backup, tmp_path / "kept"))
    erased = held.erase()
    shutil.rmtree(held.paths.backup)
    shutil.copytree(kept, held.paths.backup)
    held.paths.warehouse.unlink()
    with open_for_loading(held.paths) as connection:
        assert connection.execute("select count(*) from raw_drop.orders").fetchone() == (7,)
    hits = {hit.place.split("/")[0] for hit in search(held.paths.root, erased.erasure.person).hits}
    # The restored warehouse is clean; the copy of the backup, which somebody put there, is erased by the same command.
    assert hits == {"backup"}
    assert held.erase().is_done
    assert bare_search(held.paths.root) == {}


def test_tombstones_are_keyed_hashes(tmp_path: Path) -> None:
    tombstones = Tombstones(tmp_path)
    assert not tombstones
    assert tombstones.add([("email", EMAIL), ("order:drop", "z1")], MOMENT) == 2
    assert tombstones.add([("email", EMAIL)], MOMENT) == 0
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    key = bytes.fromhex((tmp_path / "key").read_text())
    lines = [json.loads(line) for line in (tmp_path / "tombstones.jsonl").read_text().splitlines()]
    expected = {hmac.new(key, text, "sha256").hexdigest() for text in (f"email:{EMAIL}".encode(), b"order:drop:z1")}
    assert {line["hash"] for line in lines} == expected
    # DuckDB's own hashing finds what Python's has written.
    with duckdb.connect() as connection:
        offered = (
            f"(from (values ('email', '{EMAIL}'), ('email', 'ann@example.com'), ('order:drop', 'z1')) t (kind, value))"
        )
        assert Tombstones(tmp_path).find(connection, offered) == 2
        assert connection.execute("from erased order by all").fetchall() == [("email", EMAIL), ("order:drop", "z1")]


@pytest.mark.parametrize(
    "email", ["nobody", "guest@example.com", "noreply@shop.example", "a b@c.de", "@x.de", "a@b@c.de"]
)
def test_nobody_in_particular_is_not_erased(email: str) -> None:
    with pytest.raises(UserError):
        normalised_email(email)


def test_everything_held_of_a_person_is_in_the_export(held: Held) -> None:
    with open_warehouse(held.paths.warehouse) as connection:
        person = find_person(connection, EMAIL, {("email", EMAIL)})
    export = export_person(held.paths, person, MOMENT)
    delivered = {table: len(rows) for table, rows in export["delivered"].items()}
    assert delivered == {
        "raw_drop.orders": 3, "raw_drop.order_lines": 3, "raw_drop.refunds": 1, "raw_drop.returns": 1,
        "raw_drop.fulfillments": 1, "raw_drop.profiles": 1, "raw_drop.message_events": 2, "raw_drop.reviews": 1,
        "raw_drop.referrals": 1, "raw_drop.survey_responses": 1, "raw_drop.support_tickets": 1,
        "raw_drop.loyalty_events": 1, "raw_drop.flow_holdouts": 1,
    }  # fmt: skip
    assert {row["entity"] for row in export["refused"]} == {"orders", "survey_responses", "reviews"}
    assert [row["order_id"] for row in export["derived"]["marts.fct_orders"]] == list(ORDERS)
    # What is a view is held of them as well.
    assert export["derived"]["marts.dim_customers"][0]["valid_orders"] == 3
    assert export["derived"]["marts.fct_customer_lifetime"][0]["historical_net_sales"] > 0
    assert len(export["derived"]["marts.fct_order_lines"]) == 3
    assert len(export["derived"]["marts.fct_experiment_arms"]) == 1
    (rows,) = (rows for file, rows in export["published"].items() if file.endswith("/audience_thanks.parquet"))
    assert {row["email"].strip().lower() for row in rows} == {EMAIL, OTHER_EMAIL}
    text = json.dumps(export, default=str)
    assert "ann@example.com" not in text
    assert "ben@example.com" not in text
    assert export["is_erased"] is False
