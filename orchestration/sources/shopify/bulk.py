"""Bulk operations: started or found again, waited for, their file fetched and put together again by SQL.

The file has a line per object: `{"id": …}` and, for members of connections, `__parentId`. Parents come before their
children, but children needn't follow theirs. https://shopify.dev/docs/api/usage/bulk-operations/queries
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import duckdb
import pyarrow as pa
import requests

from orchestration.sources.shopify.client import ShopifyClient
from orchestration.sources.shopify.queries import BULK_OPERATIONS, START_BULK, Connection, ObjectQuery
from orchestration.sources.shopify.settings import NAME
from orchestration.sources.source import SourceError

logger = logging.getLogger(__name__)

ENDPOINT: Final = "bulkOperationRunQuery"
# An operation that an earlier run started is used again for so long; what changed since comes by pages anyway.
_REUSABLE_FOR: Final = timedelta(days=1)
_STARTS: Final = 3
_DOWNLOAD_TRIES: Final = 8
_FIRST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 30.0
# Another app's or an earlier run's operations may take hours; after a day it is time to tell somebody.
_LONGEST_TOTAL: Final = 86_400.0
ROOTS_A_PAGE: Final = 5_000
PIECE_BYTES: Final = 1 << 20
_IDS_A_PAGE: Final = 100_000


@dataclass(frozen=True)
class Operation:
    """A bulk operation that completed."""

    id: str
    created_at: str
    url: str | None
    size: int
    objects: int


def completed(
    client: ShopifyClient, query: str, known: str | None = None, not_after: datetime | None = None
) -> Operation:
    """A completed bulk operation of this query: one that was started before, else a new one.

    Args:
        known: id of an operation whose rows have been taken in part.
        not_after: an operation of an earlier run may be used that began before this moment (naive UTC); None: none may.

    Raises:
        SourceError: refused, or failed for the third time.
    """
    operation = _started_before(client, query, known, not_after)
    for _ in range(_STARTS):
        if operation is None:
            operation = _start(client, query)
        operation = _wait(client, operation["id"])
        status = operation["status"]
        if status == "COMPLETED":
            return Operation(
                operation["id"],
                operation["createdAt"],
                operation["url"],
                int(operation["fileSize"] or 0),
                int(operation["objectCount"] or 0),
            )
        code = operation["errorCode"] or "no reason given"
        if code == "ACCESS_DENIED":
            raise SourceError(NAME, ENDPOINT, "ACCESS_DENIED: the app lacks a scope; the doctor names it")
        logger.info("%s: bulk operation %s ended as %s (%s); starting it again", NAME, operation["id"], status, code)
        operation = None
    raise SourceError(NAME, ENDPOINT, f"ended as {status} ({code}) {_STARTS} times; the next run tries again")


def _started_before(
    client: ShopifyClient, query: str, known: str | None, not_after: datetime | None
) -> dict[str, Any] | None:
    """The operation an earlier run began with and couldn't finish; Shopify remembers it for us."""
    if known is not None:
        operation = client.bulk_operation(known)
        if operation is not None and operation["status"] == "COMPLETED" and operation["url"]:
            return operation
    if not_after is None:
        return None
    oldest = _stamp(client.clock.now().replace(tzinfo=None) - _REUSABLE_FOR)
    listed: list[dict[str, Any]] = client.query(BULK_OPERATIONS).json["data"]["bulkOperations"]["nodes"]
    for operation in listed:
        usable = operation["status"] in ("CREATED", "RUNNING") or (
            operation["status"] == "COMPLETED" and operation["url"]
        )
        if usable and operation["query"] == query and oldest <= operation["createdAt"] < _stamp(not_after):
            return operation
    return None


def _start(client: ShopifyClient, query: str) -> dict[str, Any]:
    waited, pause = 0.0, _FIRST_WAIT
    while True:
        answer = client.query(START_BULK, {"query": query}, ENDPOINT)
        started = answer.json["data"]["bulkOperationRunQuery"]
        if not started["userErrors"]:
            operation: dict[str, Any] = started["bulkOperation"]
            return operation
        error = started["userErrors"][0]
        if error["code"] not in ("OPERATION_IN_PROGRESS", "LIMIT_REACHED") or waited >= _LONGEST_TOTAL:
            raise SourceError(NAME, ENDPOINT, f"{error['code']}: {error['message']}")
        logger.info("%s: other bulk operations are running; waiting", NAME)
        client.clock.sleep(pause)
        waited, pause = waited + pause, min(pause * 2, _LONGEST_WAIT)


def _wait(client: ShopifyClient, operation_id: str) -> dict[str, Any]:
    pause, objects = _FIRST_WAIT, ""
    while True:
        operation = client.bulk_operation(operation_id)
        if operation is None:
            raise SourceError(NAME, ENDPOINT, f"{operation_id} is unknown to the shop")
        if operation["status"] not in ("CREATED", "RUNNING", "CANCELING"):
            return operation
        if operation["objectCount"] != objects:
            objects = operation["objectCount"]
            logger.info("%s: bulk operation %s: %s objects so far", NAME, operation_id, objects)
        client.clock.sleep(pause)
        pause = min(pause * 2, _LONGEST_WAIT)


@contextmanager
def file_of(client: ShopifyClient, operation: Operation) -> Iterator[Path | None]:
    """The operation's file on this disk for as long as the context lasts; None if it found nothing.

    A download that breaks off goes on where it stopped; an address that has run out is asked for anew.
    """
    if operation.url is None:
        yield None
        return
    with TemporaryDirectory(prefix="second-order-shopify-") as folder:
        file = Path(folder) / "result.jsonl"
        _download(client, operation, file)
        yield file


def _download(client: ShopifyClient, operation: Operation, file: Path) -> None:
    url, problem = operation.url, ""
    for attempt in range(1, _DOWNLOAD_TRIES + 1):
        have = file.stat().st_size if file.exists() else 0
        headers = {"Range": f"bytes={have}-", "Accept-Encoding": "identity"} if have else {}
        try:
            # The file lies elsewhere: no token goes there.
            with requests.get(str(url), headers=headers, stream=True, timeout=(10, 120)) as response:
                if response.status_code in (200, 206):
                    mode = "ab" if response.status_code == 206 else "wb"
                    with file.open(mode) as target:
                        for piece in response.iter_content(PIECE_BYTES):
                            target.write(piece)
                    if not operation.size or file.stat().st_size == operation.size:
                        return
                    problem = f"{file.stat().st_size:,} of {operation.size:,} bytes"
                else:
                    problem = f"status {response.status_code}"
                    again = client.bulk_operation(operation.id)
                    url = (again or {}).get("url") or url
        except requests.RequestException as error:
            problem = f"the download broke off ({type(error).__name__})"
        client.clock.sleep(min(_FIRST_WAIT * 2 ** (attempt - 1), _LONGEST_WAIT))
    raise SourceError(NAME, "bulk operation's file", f"{problem}, {_DOWNLOAD_TRIES} times; the next run tries again")


def objects_of(
    file: Path, query: ObjectQuery, since: datetime | None = None, until: datetime | None = None
) -> Iterator[pa.Table]:
    """The file's objects, whole, in ascending order of change: tables with one column `record` (text).

    Args:
        since, until: leave out what was changed before or after (naive UTC).
    """
    with TemporaryDirectory(prefix="second-order-shopify-", dir=file.parent) as folder:
        connection = duckdb.connect(str(Path(folder) / "lines.duckdb"))
        try:
            yield from _objects(connection, file, query, since, until)
        finally:
            connection.close()


def ids_of(file: Path) -> Iterator[pa.Table]:
    """The ids of a file's objects: tables with one column `id`."""
    connection = duckdb.connect()
    try:
        connection.execute("set memory_limit = '400MB'; set threads = 1")
        found = connection.sql(f"select json ->> '$.id' as id from read_ndjson_objects('{file}')")
        for batch in found.to_arrow_reader(_IDS_A_PAGE):
            yield pa.table({"id": batch.column(0)})
    finally:
        connection.close()


def _objects(
    connection: duckdb.DuckDBPyConnection, file: Path, query: ObjectQuery, since: datetime | None,
    until: datetime | None,
) -> Iterator[pa.Table]:  # fmt: skip
    # Bounded whatever the file's size: what doesn't fit is spilled beside the file. It lives for minutes: compressing
    # it would cost more than writing it.
    connection.execute("set memory_limit = '400MB'; set threads = 2; set force_compression = 'uncompressed'")
    # Asked for as one list, a line is parsed once. Its place says what it belongs to: without that key it is what a
    # page holds.
    connection.execute(
        """
        create table lines as
        select
            found[1] as id,
            found[2] as parent_id,
            coalesce(found[3], found[4], '') as updated_at,
            case
                when found[2] is null then rtrim(text)
                else replace(rtrim(text), ',"__parentId":"' || found[2] || '"', '')
            end as text
        from (
            select
                cast(json as varchar) as text,
                json_extract_string(
                    json, ['$.id', '$.__parentId', '$.updatedAt', '$.discount.updatedAt']
                ) as found
            from read_ndjson_objects(?)
        )
        """,
        [str(file)],
    )
    # Sorting spills to disk, numbering in a window doesn't: the place in a sorted table is the number.
    connection.execute(
        """
        create table places as
        select id, updated_at
        from lines
        where parent_id is null and (updated_at = '' or updated_at between ? and ?)
        order by updated_at, id
        """,
        [_stamp(since) if since else "", _stamp(until) if until else "~"],
    )
    connection.execute(
        f"""
        create table roots as
        select places.id, places.updated_at, lines.text, places.rowid // {ROOTS_A_PAGE} as page
        from places inner join lines on places.id = lines.id
        where lines.parent_id is null
        order by page
        """
    )
    members = [(item.kind, item.name) for item in query.connections] + list(query.children)
    parts = [item for item in query.connections if item.within]
    if members:
        _gather_children(connection, parts)
    ((pages,),) = connection.execute("select coalesce(max(page) + 1, 0) from roots").fetchall()
    for page in range(pages):
        if members:
            yield connection.sql(
                f"""
                with gathered as (
                    select parent_id, {_lists(members)} from children where page = {page} group by parent_id
                )
                select {_with_lists("roots", "gathered", members)} as record
                from roots left join gathered on roots.id = gathered.parent_id
                where roots.page = {page}
                order by roots.updated_at, roots.id
                """
            ).to_arrow_table()
        else:
            yield connection.sql(
                f"select text as record from roots where page = {page} order by updated_at, id"
            ).to_arrow_table()


def _gather_children(connection: duckdb.DuckDBPyConnection, parts: list[Connection]) -> None:
    """The objects' direct members, each with its own members in it, in the order of the objects' pages."""
    inner = [(item.kind, item.name) for part in parts for item in part.within]
    text, joined = "lines.text", ""
    if inner:
        outer = ", ".join(f"'{part.kind}'" for part in parts)
        connection.execute(
            f"""
            create table gathered_inner as
            select parent_id, {_lists(inner)}
            from lines
            where split_part(parent_id, '/', 4) in ({outer})
            group by parent_id
            """
        )
        text = _with_lists("lines", "gathered_inner", inner, f"split_part(lines.id, '/', 4) in ({outer})")
        joined = "left join gathered_inner on lines.id = gathered_inner.parent_id"
    connection.execute(
        f"""
        create table children as
        select lines.id, lines.parent_id, {text} as text, roots.page
        from lines
        inner join roots on lines.parent_id = roots.id
        {joined}
        order by roots.page
        """
    )


def _lists(members: list[tuple[str, str]]) -> str:
    """SQL: for each kind of member the text of its list, in the order of their ids' numbers."""
    return ", ".join(
        f"string_agg(text, ',' order by length(id), id) filter (split_part(id, '/', 4) = '{kind}') as \"{name}\""
        for kind, name in members
    )


def _with_lists(owner: str, lists: str, members: list[tuple[str, str]], only: str = "true") -> str:
    """SQL: the owner's text with its members in it, as the API's pages have them."""
    added = " || ".join(
        f"""',"{name}":{{"nodes":[' || coalesce({lists}."{name}", '') || ']}}'""" for _, name in members
    )
    return (
        f"case when {only} then left({owner}.text, length({owner}.text) - 1) || {added} || '}}' else {owner}.text end"
    )


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
