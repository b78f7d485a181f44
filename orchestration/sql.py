"""Small pieces of SQL that every part of the program writes."""

import duckdb


def quoted(text: object) -> str:
    """A text, or what is written as one, as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"


def has_table(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    """Whether the warehouse has a table or view of this name."""
    found = connection.execute(
        "select 1 from information_schema.tables where table_schema = ? and table_name = ?", [schema, table]
    ).fetchall()
    return bool(found)
