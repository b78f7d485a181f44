"""What no destination may do, read from the code, and the small parts of the sync by hand-worked figures."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.destinations.batches import packed, rows_as
from orchestration.destinations.breaker import remember_sizes, stopped_audiences
from orchestration.destinations.consent import read_consent
from orchestration.destinations.destination import DestinationSettings
from orchestration.destinations.plan import read_audiences
from orchestration.destinations.published import Audience
from orchestration.destinations.registry import configured_destinations
from orchestration.errors import UserError
from orchestration.shop import load_shop
from tests.conftest import REPOSITORY

# Addresses, of any vendor, that change who may be written to; and what in a request would.
_FORBIDDEN = re.compile(
    r"subscription-bulk|suppression-bulk|/subscri|/unsubscri|/suppress|/unsuppress|/consent|historical_import"
    r"|\"channels\"|'channels'|statusChangedAt|sendWelcomeMessage\W+true",
    re.IGNORECASE,
)


def test_no_call_that_changes_consent_exists_in_the_code() -> None:
    """In no module but the demo's, which writes files and calls nobody."""
    found = [
        f"{file.relative_to(REPOSITORY)}:{line}: {text}"
        for file in sorted((REPOSITORY / "orchestration").rglob("*.py"))
        if "demo" not in file.parts
        for line, text in _texts(file)
        if _FORBIDDEN.search(text)
    ]
    assert found == []


def test_only_destinations_write_to_anybody() -> None:
    """Sources read: their one POST is a query or a login. What writes lies in one folder."""
    writing = re.compile(r"\"(PUT|PATCH|DELETE)\"")
    found = {
        str(file.relative_to(REPOSITORY).parent)
        for file in (REPOSITORY / "orchestration").rglob("*.py")
        if writing.search(file.read_text(encoding="utf-8"))
    }
    assert found == {"orchestration/destinations"}


def test_every_address_that_destinations_ask_is_known() -> None:
    """A new one must be put on this list by hand, with its effect on consent looked up first."""
    asked = {
        text
        for file in (REPOSITORY / "orchestration" / "destinations").glob("*.py")
        for _, text in _texts(file)
        if re.fullmatch(r"((GET|POST|PUT|PATCH|DELETE) )?/[a-z-]+(/[\w{}/-]*)?", text)
    }
    assert asked == {
        "GET /api/profiles", "/api/profiles",
        "POST /api/profile-bulk-import-jobs", "/api/profile-bulk-import-jobs", "/api/profile-bulk-import-jobs/",
        "GET /api/profile-bulk-import-jobs/{id}", "GET /api/profile-bulk-import-jobs/{id}/import-errors",
        "/import-errors",
        "GET /api/lists", "POST /api/lists", "/api/lists", "/api/lists/",
        "POST /api/lists/{id}/relationships/profiles", "DELETE /api/lists/{id}/relationships/profiles",
        "/relationships/profiles",
        "POST /api/data-privacy-deletion-jobs", "/api/data-privacy-deletion-jobs",
        "/contacts", "GET /contacts", "PATCH /contacts", "/contacts/tags",
        "/batches", "/batches/", "/items", "GET /batches/{batchID}", "GET /batches/{batchID}/items",
    }  # fmt: skip


def _texts(file: Path) -> Iterator[tuple[int, str]]:
    """Every text in the code, without its docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
            yield node.lineno, node.value


@given(
    st.lists(st.text(alphabet="aé", max_size=30), max_size=60),
    st.integers(min_value=1, max_value=10),
    st.integers(min_value=1, max_value=80),
)
def test_packed_parts_hold_everything_once_and_no_more_than_they_may(texts: list[str], rows: int, size: int) -> None:
    parts = packed(texts, rows, size)

    assert [text for start, end in parts for text in texts[start:end]] == texts
    for start, end in parts:
        assert 1 <= end - start <= rows
        assert sum(len(text.encode()) + 1 for text in texts[start:end]) <= size or end - start == 1


def test_rows_keep_their_order() -> None:
    people = pa.table({"email": [f"{number}@example.com" for number in range(5_000)]})
    assert rows_as(people, "to_json(email)") == [f'"{number}@example.com"' for number in range(5_000)]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """The state's tables and an attached warehouse, in memory."""
    from orchestration.destinations.state import _TABLES

    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as warehouse")
        connection.execute(
            "create schema warehouse.intermediate; create schema warehouse.marts; "
            "create table warehouse.marts.dim_customers (person_id varchar, is_marketable boolean); "
            "create table warehouse.intermediate.int_arrivals__profiles (source varchar, email varchar, phone varchar, "
            "customer_id varchar, email_consent varchar, email_consent_at timestamp, suppression_reason varchar, "
            "updated_at timestamp, load_id bigint, file_index bigint, row_number bigint)"
        )
        connection.execute(_TABLES)
        yield connection


@pytest.mark.parametrize(
    ("rows", "is_subscribed", "is_suppressed"),
    [
        # The newest version of a profile holds: here the withdrawal that was loaded last.
        ([("drop", "c1", "subscribed", "2025-01-01", None, 1), ("drop", "c1", "unsubscribed", "2025-02-01", None, 2)],
         False, False),
        # Between two systems the later consent holds.
        ([("klaviyo", "k", "unsubscribed", "2025-01-01", None, 1), ("omni", "s", "subscribed", "2025-03-01", None, 1)],
         True, False),
        # Of one moment, the one that says no.
        ([("klaviyo", "k", "unsubscribed", "2025-01-01", None, 1), ("omni", "s", "subscribed", "2025-01-01", None, 1)],
         False, False),
        # A date beats none.
        ([("klaviyo", "k1", "subscribed", None, None, 1), ("shopify", "s1", "unsubscribed", "2024-01-01", None, 1)],
         False, False),
        # One suppression anywhere is enough.
        ([("klaviyo", "k", "subscribed", "2025-03-01", None, 1), ("x", "d", "subscribed", "2025-01-01", "bounced", 1)],
         True, True),
        ([("drop", "c1", None, None, None, 1)], False, False),
    ],
)  # fmt: skip
def test_consent_of_an_address(
    connection: duckdb.DuckDBPyConnection,
    rows: list[tuple[str, str, str | None, str | None, str | None, int]],
    is_subscribed: bool,
    is_suppressed: bool,
) -> None:
    for source, customer, consent, at, suppression, load in rows:
        connection.execute(
            "insert into warehouse.intermediate.int_arrivals__profiles "
            "values (?, 'ann@example.com', null, ?, ?, ?, ?, null, ?, 1, 1)",
            [source, customer, consent, at, suppression, load],
        )

    read_consent(connection)

    assert connection.execute("select email, is_subscribed, is_suppressed from consent").fetchall() == [
        ("ann@example.com", is_subscribed, is_suppressed)
    ]


def test_values_are_written_as_json_that_says_what_they_are(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = tmp_path / "replenishment.parquet"
    connection.execute(
        f"""
        copy (
            select
                'p1' as person_id, ' Ann@Example.com' as email, timestamp '2026-01-01' as entered_at, 'x' as reason,
                'Tea "5 o''clock" é' as product, 12.50::decimal(9, 2) as price, 3::bigint as days, true as is_vip,
                date '2026-02-03' as runs_out_on, timestamp '2026-02-03 04:05:06' as ordered_at, 'nan'::double as share,
                cast(null as varchar) as code
        ) to '{file}' (format parquet)
        """
    )
    kinds = {
        "product": "VARCHAR", "price": "DECIMAL(9,2)", "days": "BIGINT", "is_vip": "BOOLEAN", "runs_out_on": "DATE",
        "ordered_at": "TIMESTAMP", "share": "DOUBLE", "code": "VARCHAR",
    }  # fmt: skip
    read_consent(connection)
    read_audiences(connection, [Audience("replenishment", file, 1, kinds)], "so_")

    ((email, properties, names),) = connection.execute(
        "select email, '{' || properties || '}', property_names from wanted"
    ).fetchall()
    assert email == "ann@example.com"
    import orjson

    assert orjson.loads(properties) == {
        "so_replenishment_product": 'Tea "5 o\'clock" é',
        "so_replenishment_price": 12.5,
        "so_replenishment_days": 3,
        "so_replenishment_is_vip": True,
        "so_replenishment_runs_out_on": "2026-02-03",
        "so_replenishment_ordered_at": "2026-02-03T04:05:06Z",
    }
    assert sorted(names) == sorted(orjson.loads(properties))


def test_the_median_is_of_the_last_fourteen_versions(connection: duckdb.DuckDBPyConnection) -> None:
    """Twenty versions grew from 10 to 200 by tens. The last fourteen, 70 to 200, have a median of 135."""
    for number in range(1, 21):
        remember_sizes(connection, "klaviyo", [(f"v{number:02d}", "replenishment", 10 * number)])
    settings = DestinationSettings(size_change_persons=0)

    for persons, is_stopped in ((94, True), (95, False), (175, False), (176, True)):
        connection.execute(
            "create or replace temp table wanted as select 'replenishment' as audience, null as verdict from range(?)",
            [persons],
        )
        stopped = stopped_audiences(connection, "klaviyo", "v21", settings, ())
        assert bool(stopped) is is_stopped, persons


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("mailchimp: {}", "destinations.mailchimp: no such destination; there are klaviyo, omnisend"),
        ("klaviyo: {url: nowhere}", "destinations.klaviyo.url: String should match pattern"),
        ("klaviyo: {api_key: pk_secret}", "destinations.klaviyo.api_key: Extra inputs are not permitted"),
        ("omnisend: {size_change_share: 2}", "destinations.omnisend.size_change_share: Input should be less than"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "shop.yml").write_text(f"name: a\ntimezone: UTC\ncurrency: EUR\ndestinations:\n  {content}\n")

    with pytest.raises(UserError) as raised:
        configured_destinations(load_shop(tmp_path))

    assert said in raised.value.message
    assert "pk_secret" not in raised.value.message


def test_no_destination_is_on_unless_the_shop_names_it(tmp_path: Path) -> None:
    (tmp_path / "shop.yml").write_text("name: a\ntimezone: UTC\ncurrency: EUR\ndestinations:\n")
    assert configured_destinations(load_shop(tmp_path)) == []
