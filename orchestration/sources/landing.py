"""What is done to pages before they land: leaving out what nobody here may keep, and ids that say where they belong."""

import json
import threading
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.sources.source import Page

_local: Final = threading.local()


def without(page: Page, left_out: dict[str, Any]) -> Page:
    """The page with fields taken out of every record, so that they are never stored.

    Args:
        left_out: the fields as an object in which each is None, such as {"metadata": {"network_id": None}}
            (a JSON merge patch, RFC 7396).
    """
    return _payload(page, "cast(json_merge_patch(cast(payload as json), cast($1 as json)) as varchar)", left_out)


def only(page: Page, kept: dict[str, Any]) -> Page:
    """The page with nothing of every record but what stands at the JSON paths `kept`, by their new names."""
    fields = ", ".join(f"'{name}', json_extract(cast(payload as json), '{path}')" for name, path in kept.items())
    return _payload(page, f"cast(json_object({fields}) as varchar)")


def under(page: Page, owner: str) -> Page:
    """The page with each id written `owner:id`, where ids are unique only within their owner."""
    ids = pc.binary_join_element_wise(owner, page.rows["id"].cast(pa.string()), ":")
    return Page(page.stream, page.rows.set_column(0, "id", ids), page.total)


def _payload(page: Page, expression: str, *parameters: Any) -> Page:
    if not hasattr(_local, "connection"):
        _local.connection = duckdb.connect()
        _local.connection.execute("set threads = 1")
    connection: duckdb.DuckDBPyConnection = _local.connection
    connection.register("page_rows", page.rows)
    rows = connection.sql(
        f"select id, updated_at, {expression} as payload from page_rows",
        params=[json.dumps(parameter) for parameter in parameters],
    ).to_arrow_table()
    connection.unregister("page_rows")
    return Page(page.stream, rows, page.total)
