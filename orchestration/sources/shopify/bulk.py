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
from orchestration.sources.shopify.queries import BULK_OPERATIONS, START_BULK, ObjectQuery
from orchestration.sources.shopify.settings import NAME
from orchestration.sources.source import SourceError
from orchestration.sql import quoted

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
ROOTS_A_PAGE: Final = 2_500
# Pages are gathered from where their lines lie as long as all of them together look at no more than so many times the
# file. Beyond that, lines are sorted by page first, which costs writing them once more.
_SPREAD: Final = 4
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
        connection = duckdb.connect()
        try:
            # Bounded whatever the file's size: what doesn't fit is spilled beside the file.
            connection.execute(f"set temp_directory = {quoted(folder)}; set memory_limit = '200MB'; set threads = 2")
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
                when found[2] is null then text
                else replace(text, ',"__parentId":"' || found[2] || '"', '')
            end as text
        from (
            select
                -- Trimming looks at every character of a line, so only what doesn't end with its object is trimmed.
                case when suffix(json, '}') then cast(json as varchar) else rtrim(cast(json as varchar)) end as text,
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
    spans = _spans(connection, query)
    ((count,),) = connection.execute("select count(*) from lines").fetchall()
    if sum(last - first + 1 for _, first, last in spans) > _SPREAD * count:
        connection.execute(
            f"create table sorted as select lines.* from lines inner join ({_placed(query)}) as placed "
            "on lines.rowid = placed.line order by placed.page; drop table lines; alter table sorted rename to lines"
        )
        spans = _spans(connection, query)
    # Pages are gathered beside what stores them: both share the processors, and one thread takes a third less of them.
    connection.execute("set threads = 1")
    for page, first, last in spans:
        yield connection.sql(
            _page(query),
            params={
                "place": page * ROOTS_A_PAGE, "next_place": (page + 1) * ROOTS_A_PAGE, "first": first, "last": last,
            },
        ).to_arrow_table()  # fmt: skip


def _placed(query: ObjectQuery) -> str:
    """SQL: the page of each line's object; of lines that belong to an object, to a member, or are one."""
    page = f"places.rowid // {ROOTS_A_PAGE} as page"
    own = (
        f"select lines.rowid as line, {page} from lines inner join places on coalesce(parent_id, lines.id) = places.id"
    )
    if not any(item.within for item in query.connections):
        return own
    return f"""
        {own}
        union all
        select lines.rowid as line, {page}
        from lines
        inner join lines as members on lines.parent_id = members.id
        inner join places on members.parent_id = places.id
    """


def _spans(connection: duckdb.DuckDBPyConnection, query: ObjectQuery) -> list[tuple[int, int, int]]:
    """(page, its first line, its last line), in the order of the pages."""
    return connection.execute(
        f"select page, min(line), max(line) from ({_placed(query)}) group by page order by page"
    ).fetchall()


def _page(query: ObjectQuery) -> str:
    """SQL: a page's objects, whole; parameters place, next_place (half-open), first, last (lines, inclusive)."""
    members = [(item.kind, item.name) for item in query.connections] + list(query.children)
    parts = [item for item in query.connections if item.within]
    inner = [(item.kind, item.name) for part in parts for item in part.within]
    gathered, children, roots, joined = "", "near", "roots.text", ""
    if inner:
        outer = ", ".join(f"'{part.kind}'" for part in parts)
        with_inner = _with_lists("near", "gathered_inner", inner, f"split_part(near.id, '/', 4) in ({outer})")
        gathered += f"""
            gathered_inner as (
                select parent_id, {_lists(inner)}
                from near where split_part(parent_id, '/', 4) in ({outer}) group by parent_id
            ),
            whole as (
                select near.id, near.parent_id, {with_inner} as text
                from near left join gathered_inner on near.id = gathered_inner.parent_id
                where near.parent_id is not null
            ),
        """
        children = "whole"
    if members:
        gathered += f"""
            gathered as (
                select parent_id, {_lists(members)}
                from {children} where parent_id in (select id from mine) group by parent_id
            ),
        """
        roots, joined = _with_lists("roots", "gathered", members), "left join gathered on roots.id = gathered.parent_id"
    return f"""
        with mine as (select id, updated_at from places where rowid >= $place and rowid < $next_place),
        near as (select id, parent_id, text from lines where rowid between $first and $last),
        {gathered}
        roots as (
            select mine.id, mine.updated_at, near.text
            from near inner join mine on near.id = mine.id where near.parent_id is null
        )
        select {roots} as record
        from roots {joined}
        order by roots.updated_at, roots.id
    """


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
