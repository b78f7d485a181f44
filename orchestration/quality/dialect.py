"""`duckdb+readonly://`: SQLAlchemy over a DuckDB file that Great Expectations only reads.

SQLAlchemy begins a transaction before the first statement and rolls it back when the connection returns to
its pool. Great Expectations returns the connection before it fetches the rows, and duckdb-engine shares one
DuckDB cursor per connection: the rollback discards the result, and every figure comes back empty. A reader
needs no transaction, so none is begun or ended here.
"""

import atexit
from pathlib import Path
from typing import Any

import duckdb_engine
from duckdb_engine import Dialect
from sqlalchemy.dialects import registry
from sqlalchemy.engine import URL


class ReadOnlyDialect(Dialect):
    """duckdb-engine's dialect, for reading only and without transactions."""

    driver = "readonly"
    supports_statement_cache = False

    def connect(self, *arguments: Any, **settings: Any) -> Any:
        """Open the file for reading, whatever else was asked for."""
        return super().connect(*arguments, **{**settings, "read_only": True})

    def do_begin(self, connection: Any) -> None:
        """Nothing: every statement is a SELECT of its own."""

    def do_commit(self, connection: Any) -> None:
        """Nothing: there is no change to keep."""

    def do_rollback(self, connection: Any) -> None:
        """Nothing: rolling back would discard rows that are still to be fetched."""


def register() -> None:
    """Make the dialect known to SQLAlchemy; safe to repeat."""
    registry.register("duckdb.readonly", __name__, ReadOnlyDialect.__name__)
    atexit.unregister(_let_go_of_duckdb)
    atexit.register(_let_go_of_duckdb)


def _let_go_of_duckdb() -> None:
    """Spare the user a page of "nanobind: leaked …" at exit.

    Great Expectations keeps SQLAlchemy alive to the very end, SQLAlchemy a compile hook of duckdb-engine, and
    the hook its module and so DuckDB's types; DuckDB's bindings report whatever outlives them.
    """
    vars(duckdb_engine).clear()


def url_of(warehouse: Path, timezone: str) -> str:
    """SQLAlchemy's URL of a DuckDB file whose sessions read times without an offset in `timezone` (IANA)."""
    url = URL.create("duckdb+readonly", database=str(warehouse.resolve()), query={"timezone": timezone})
    return url.render_as_string()
