"""What is dropped is loaded as it is, refused with reasons, or stops the run: never lost, never half taken."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.errors import UserError
from orchestration.sources.drop.loader import LoadResult, load_drop
from orchestration.warehouse import open_warehouse

STARTED = datetime(2026, 1, 1)  # noqa: DTZ001 - naive UTC, as the loader takes it
LINES = "order_id,line_id,quantity,unit_price\n1,1,1,9.90\n"
REVIEWS = "review_id,created_at,rating,title\n"


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_warehouse(tmp_path / "warehouse.duckdb") as opened:
        yield opened


Load = Callable[..., LoadResult]


@pytest.fixture
def load(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> Load:
    """Write files, given as {path below drop/: text or bytes}, and load the shop."""

    def run(files: dict[str, str | bytes]) -> LoadResult:
        sound: dict[str, str | bytes] = {
            "orders/a.csv": "order_id,ordered_at\n1,2025-01-01\n",
            "order_lines/a.csv": LINES,
        }
        for name, content in {**sound, **files}.items():
            path = tmp_path / "shop" / "drop" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            data = content.encode() if isinstance(content, str) else content
            if not path.exists() or path.read_bytes() != data:
                path.write_bytes(data)
        return load_drop(connection, tmp_path / "shop", "run", STARTED, tmp_path / "scratch")

    return run


def test_the_callers_limits_hold_again(load: Load, connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("set memory_limit = '1GiB'; set threads = 1")
    limits = "select current_setting('memory_limit'), current_setting('threads')"
    before = connection.execute(limits).fetchone()
    load({})
    assert connection.execute(limits).fetchone() == before


PLAIN = 'order_id,ordered_at,email,first_name\n7,2025-03-01 10:00:00,Ann@Example.com,"Ann\nMarie"\n8,2025-03-02,,Zoë\n'


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        PLAIN.replace("order_id,ordered_at,email", "Order ID,ORDERED_AT,eMail").encode(),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "\t").encode(),
        PLAIN.encode("utf-16"),
        b"\xff\xfe" + PLAIN.replace(",", ";").encode("utf-16-le"),
        b"\xfe\xff" + PLAIN.encode("utf-16-be"),
    ],
    ids=["plain", "mixed-case header", "BOM", "semicolons", "tabs", "UTF-16", "UTF-16 LE ;", "UTF-16 BE"],
)
def test_csv_dialects_load_the_same(load: Load, connection: duckdb.DuckDBPyConnection, content: bytes) -> None:
    result = load({"orders/a.csv": content})
    assert result.entities["orders"].rows_loaded == 2
    assert connection.execute(
        "select order_id, ordered_at, email, first_name from raw_drop.orders order by order_id"
    ).fetchall() == [
        ("7", "2025-03-01 10:00:00", "Ann@Example.com", "Ann\nMarie"),
        ("8", "2025-03-02", None, "Zoë"),
    ]


def test_windows_line_ends_load_the_same(load: Load, connection: duckdb.DuckDBPyConnection) -> None:
    load({"orders/a.csv": PLAIN.replace('"Ann\nMarie"', "Ann").replace("\n", "\r\n")})
    assert connection.execute("select first_name from raw_drop.orders order by order_id").fetchall() == [
        ("Ann",),
        ("Zoë",),
    ]


def test_json_lines_and_parquet_load_as_csv_does(
    load: Load, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    connection.execute(
        "copy (select '3' as order_id, timestamptz '2025-03-03 10:00:00+00' as ordered_at, 4.5 as tax) "
        f"to '{tmp_path}/orders.parquet'"
    )
    load(
        {
            "orders/b.jsonl": '{"Order_ID": "2", "ordered_at": "2025-02-02T00:00:00Z", "tax": 1.5, "is_test": false}\n',
            "orders/c.parquet": (tmp_path / "orders.parquet").read_bytes(),
        }
    )
    assert connection.execute(
        "select order_id, ordered_at, tax, is_test from raw_drop.orders order by order_id"
    ).fetchall() == [
        ("1", "2025-01-01", None, None),
        ("2", "2025-02-02T00:00:00Z", "1.5", "false"),
        ("3", "2025-03-03 10:00:00+00", "4.5", None),
    ]


def test_unknown_columns_are_kept(load: Load, connection: duckdb.DuckDBPyConnection) -> None:
    load({"orders/a.csv": "order_id,ordered_at,Gift wrap\n1,2025-01-01,red\n"})
    assert connection.execute("select _extra from raw_drop.orders").fetchall() == [('{"Gift wrap":"red"}',)]


def test_a_bad_row_is_refused_with_every_reason_and_its_original(
    load: Load, connection: duckdb.DuckDBPyConnection
) -> None:
    result = load({"order_lines/b.csv": "order_id,line_id,quantity,unit_price,note\n1,,-2,free,x\n1,9,1,2,y\n"})
    lines = result.entities["order_lines"]
    assert (lines.rows_in, lines.rows_loaded, lines.rows_rejected, lines.rows_redelivered) == (3, 2, 1, 0)
    rejected = connection.execute(
        "select file, row_number, reasons, original->>'quantity', original->>'note' from ops.rejected_rows"
    ).fetchall()
    assert rejected == [
        (
            "drop/order_lines/b.csv",
            1,
            ["line_id: is missing", "quantity: must be above 0", "unit_price: is not a number"],
            "-2",
            "x",
        )
    ]


def test_a_row_with_too_few_cells_is_refused_and_the_rest_loads(
    load: Load, connection: duckdb.DuckDBPyConnection
) -> None:
    result = load({"reviews/a.csv": REVIEWS + "1,2025-01-01,5,Good\n2,2025-01-01\n3,2025-01-02,4,Fine\n"})
    assert (result.entities["reviews"].rows_loaded, result.entities["reviews"].rows_rejected) == (2, 1)
    row = connection.execute("select row_number, original from ops.rejected_rows").fetchone()
    assert row == (3, '{"line":"2,2025-01-01"}')


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,2025-01-01,7,x", "rating: must be 5 or less"),
        ("1,2025-01-01,0,x", "rating: must be 1 or more"),
        ("1,01/02/2025,5,x", "created_at: is not an ISO 8601 time"),
        ("1,2025-02-30,5,x", "created_at: is not an ISO 8601 time"),
        (",2025-01-01,5,x", "review_id: is missing"),
        ("  ,2025-01-01,5,x", "review_id: is missing"),
        ("\u00a0\u3000,2025-01-01,5,x", "review_id: is missing"),
    ],
)
def test_each_broken_rule_names_its_column(
    load: Load, connection: duckdb.DuckDBPyConnection, row: str, reason: str
) -> None:
    load({"reviews/a.csv": REVIEWS + row + "\n"})
    assert connection.execute("select reasons from ops.rejected_rows").fetchall() == [([reason],)]


@pytest.mark.parametrize(
    "moment",
    [
        "2025-01-01",
        "2025-01-01T10:00:00",
        "2025-01-01 10:00:00.123456",
        "2025-01-01T10:00:00Z",
        "2025-01-01T10:00:00+02",
        "2025-01-01T10:00:00+0530",
        "2025-01-01 10:00:00 -0400",
    ],
)
def test_iso_8601_moments_are_taken(load: Load, moment: str) -> None:
    assert load({"reviews/a.csv": f"{REVIEWS}1,{moment},5,x\n"}).entities["reviews"].rows_rejected == 0


def test_the_same_files_twice_load_nothing_new(load: Load, connection: duckdb.DuckDBPyConnection) -> None:
    reviews = {"reviews/a.csv": REVIEWS + "1,2025-01-01,5,Good\n2,2025-01-01,9,Bad\n1,2025-01-01,5,Good\n"}
    first = load(reviews)
    assert first.entities["reviews"].rows_redelivered == 1
    again = load({**reviews, "reviews/copy.csv": reviews["reviews/a.csv"]})
    assert again.load_id == 0
    assert again.entities["reviews"].files_unchanged == 1
    assert again.entities["reviews"].rows_redelivered == 3
    assert connection.execute("select count(*) from raw_drop.reviews").fetchone() == (1,)
    assert connection.execute("select count(*) from ops.rejected_rows").fetchone() == (1,)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"reviews/a.csv": ""}, "drop/reviews/a.csv: empty file"),
        ({"reviews/a.csv": "\n1,2\n"}, "drop/reviews/a.csv, line 1: empty header"),
        ({"reviews/a.csv": REVIEWS.encode() + b"1,2025-01-01,5,Caf\xe9\n"}, "drop/reviews/a.csv, line 2: not UTF-8"),
        ({"reviews/a.csv": "review_id,title\n1,x\n"}, "column created_at, rating is missing"),
        ({"reviews/a.csv": "review_id,Review_ID,created_at,rating\n1,1,2025-01-01,5\n"}, "two columns named review_id"),
        ({"reviews/a.parquet": "no parquet"}, "drop/reviews/a.parquet: "),
        ({"reviews/a.jsonl": '{"review_id": 1\n'}, "drop/reviews/a.jsonl: "),
        ({"reviews/a.xlsx": "PK"}, "not a format that is read"),
        ({"review/a.csv": REVIEWS}, "did you mean reviews?"),
        ({"reviews.sql": "select 1; drop table raw_drop.orders"}, "expected one SELECT"),
        ({"reviews.sql": "select nothing from nowhere"}, "drop/reviews.sql: "),
        ({"orders/a.csv": "order_id,ordered_at\n,\n"}, "no valid row of orders"),
    ],
)
def test_what_cannot_be_read_stops_before_anything_changes(
    load: Load, connection: duckdb.DuckDBPyConnection, files: dict[str, str | bytes], said: str
) -> None:
    with pytest.raises(UserError) as error:
        load(files)
    assert said in error.value.message
    tables = "raw_drop.orders", "raw_drop.order_lines", "ops.rejected_rows", "ops.loads", "ops.loaded_files"
    for table in tables:
        exists = connection.execute(
            "select count(*) from duckdb_tables() where schema_name || '.' || table_name = ?", [table]
        )
        if exists.fetchone() == (1,):
            assert connection.execute(f"select count(*) from {table}").fetchone() == (0,), table


def test_a_select_brings_an_entity_from_any_file(
    load: Load, connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "odd.csv").write_text("nr|stars\n5|3\n")
    load({"reviews.sql": "select nr as review_id, '2025-01-01' as created_at, stars as rating\n"
                         "from read_csv('{{ shop }}/odd.csv', delim = '|') -- odd\n;"})  # fmt: skip
    assert connection.execute("select review_id, rating, _file from raw_drop.reviews").fetchall() == [
        ("5", "3", "drop/reviews.sql")
    ]


@pytest.mark.parametrize("bad_row", [None, 123_456])
def test_rows_of_a_large_file_know_their_place(
    load: Load, connection: duckdb.DuckDBPyConnection, tmp_path: Path, bad_row: int | None
) -> None:
    """Large enough for several threads and row groups, with a row to leave out or without one."""
    rating = f"case when i = {bad_row or 0} then 9 else 5 end"
    connection.execute(
        f"copy (select i as review_id, '2025-01-01' as created_at, {rating} as rating "
        f"from range(1, 300001) as numbers (i)) to '{tmp_path}/large.csv'"
    )
    result = load({"reviews/a.csv": "review_id,created_at,rating\n0,2025-01-01,5\n",
                   "reviews/b.csv": (tmp_path / "large.csv").read_bytes()})  # fmt: skip
    assert result.entities["reviews"].rows_rejected == (bad_row is not None)
    assert (
        connection.execute(
            "select count(*), count_if(cast(review_id as bigint) = _row_number) "
            "from raw_drop.reviews where _file_index = 1"
        ).fetchone()
        == (300_000 - (bad_row is not None),) * 2
    )
    assert connection.execute("select row_number from ops.rejected_rows").fetchall() == (
        [(bad_row,)] if bad_row else []
    )


def test_a_load_leaves_the_connection_as_it_was(load: Load, connection: duckdb.DuckDBPyConnection) -> None:
    settings = (
        "select name, value from duckdb_settings() where name in ('memory_limit', 'threads', 'force_compression', "
        "'checkpoint_threshold', 'auto_checkpoint_skip_wal_threshold') order by name"
    )
    before = connection.execute(settings).fetchall()
    load({})
    assert connection.execute(settings).fetchall() == before
    left = "select table_name from duckdb_tables() where temporary and table_name not like 'reject_%'"
    assert connection.execute(left).fetchall() == []


cell = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)


@settings(max_examples=30)
@given(st.lists(st.tuples(cell, cell, cell, cell), max_size=12))
def test_rows_in_are_loaded_refused_or_known(rows: list[tuple[str, str, str, str]]) -> None:
    """Whatever the cells hold, every row is accounted for once, and delivering all again changes nothing."""
    import csv
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        drop = Path(folder) / "drop"
        for entity, text in (("orders", "order_id,ordered_at\n1,2025-01-01\n"), ("order_lines", LINES)):
            (drop / entity).mkdir(parents=True)
            (drop / entity / "a.csv").write_text(text)
        (drop / "reviews").mkdir()
        with (drop / "reviews" / "a.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(
                [("review_id", "created_at", "rating", "title"), *rows]
            )
        with open_warehouse(Path(folder) / "w.duckdb") as connection:
            first = load_drop(connection, Path(folder), "one", STARTED, Path(folder) / "scratch").entities["reviews"]
            (drop / "reviews" / "a.csv").rename(drop / "reviews" / "b.csv")
            again = load_drop(connection, Path(folder), "two", STARTED, Path(folder) / "scratch").entities["reviews"]
    assert first.rows_in == len(rows)
    assert first.rows_in == first.rows_loaded + first.rows_rejected + first.rows_redelivered
    assert (again.rows_in, again.rows_loaded, again.rows_rejected) == (len(rows), 0, 0)
