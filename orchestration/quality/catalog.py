"""What tables the warehouse holds, read before a gate decides what it can ask."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.errors import UserError


@dataclass(frozen=True)
class Catalog:
    """Tables and views by `schema.name`: their columns with SQL types, and the row counts of a few."""

    columns: dict[str, dict[str, str]]

    def has(self, table: str, *columns: str) -> bool:
        """Whether the table is there with all these columns."""
        return table in self.columns and all(column in self.columns[table] for column in columns)

    def tables(self, schema: str) -> list[str]:
        """`schema.name` of every table of a schema, in name order."""
        return sorted(name for name in self.columns if name.startswith(f"{schema}."))


def read_only(warehouse: Path) -> duckdb.DuckDBPyConnection:
    """Open the warehouse for reading.

    Raises:
        UserError: there is no warehouse, or another process or an open connection of this one holds it.
    """
    if not warehouse.is_file():
        raise UserError(f"{warehouse}: no warehouse there; load the shop before its gates run")
    try:
        return duckdb.connect(warehouse, read_only=True)
    except duckdb.Error as error:
        raise UserError(f"{warehouse}: can't be opened for reading: {str(error).splitlines()[0]}") from error


def read_catalog(warehouse: Path) -> Catalog:
    """Read the names and types of all tables and views.

    Raises:
        UserError: as `read_only`.
    """
    with read_only(warehouse) as connection:
        rows = connection.execute(
            """
            select table_schema || '.' || table_name, column_name, data_type
            from information_schema.columns
            where table_catalog = current_database()
            order by table_schema, table_name, ordinal_position
            """
        ).fetchall()
    columns: dict[str, dict[str, str]] = {}
    for table, column, data_type in rows:
        columns.setdefault(table, {})[column] = data_type
    return Catalog(columns)


def rows_of(warehouse: Path, tables: list[str]) -> dict[str, int]:
    """Row counts by table; DuckDB answers them from its metadata."""
    if not tables:
        return {}
    counts = " union all ".join(f"select '{table}', count(*) from {table}" for table in tables)
    with read_only(warehouse) as connection:
        return dict(connection.execute(counts).fetchall())
