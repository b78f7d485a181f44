"""From an answer's body to rows of a raw table: id, updated_at and the record itself, by SQL over the JSON."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.sources.source import Page, SourceError, Stream
from orchestration.sql import quoted

# What `json_type` says of a value of each kind.
_TYPES: Final = {
    "text": ("VARCHAR",),
    "moment": ("VARCHAR", "BIGINT", "UBIGINT", "DOUBLE"),
    "number": ("BIGINT", "UBIGINT", "HUGEINT", "DOUBLE"),
    "boolean": ("BOOLEAN",),
    "object": ("OBJECT",),
    "array": ("ARRAY",),
}
_WORDS: Final = {
    "VARCHAR": "text", "BIGINT": "a number", "UBIGINT": "a number", "HUGEINT": "a number", "DOUBLE": "a number",
    "BOOLEAN": "true or false", "OBJECT": "an object", "ARRAY": "a list", "NULL": "null",
}  # fmt: skip
_LINES_A_PAGE: Final = 50_000
_local = threading.local()


def records(source: str, stream: Stream, body: bytes, at: str = "$.data", total: int | None = None) -> Page:
    """The records that lie in a JSON body in the list at the JSON path `at`.

    Raises:
        SourceError: a required field is missing or of another kind than promised; it names the field.
    """
    text = _text(body)
    rows = _shape(
        source, stream, "(select unnest(json_extract($body, $at)) as record)", {"at": f"{at}[*]", "body": text}
    )
    if not rows.num_rows:
        # An object, or nothing, has no members either.
        ((found,),) = _connection().execute("select json_type(?, ?)", [text, at]).fetchall()
        if found != "ARRAY":
            raise SourceError(source, stream.endpoint, f"field {_field(at)}: a list is expected, found {_word(found)}")
    return Page(stream.name, rows, total)


def texts_at(body: bytes, paths: Sequence[str]) -> list[str | None] | None:
    """What stands at JSON paths of a body, as text; None in place of the list where the body isn't JSON.

    Costs a tenth of decoding a page of a thousand records into Python's objects.
    """
    try:
        ((found,),) = _connection().execute("select json_extract_string(?, ?)", [_text(body), list(paths)]).fetchall()
    except (duckdb.InvalidInputException, UnicodeDecodeError):
        return None
    texts: list[str | None] = found
    return texts


def shaped(source: str, stream: Stream, records: pa.Table, total: int | None = None) -> Page:
    """The records of a table with the one column `record` (JSON text).

    Raises:
        SourceError: as `records`.
    """
    _connection().register("delivered", records)
    return Page(stream.name, _shape(source, stream, "delivered", {}), total)


def lines(source: str, stream: Stream, file: Path, where: str = "true") -> Iterator[Page]:
    """Pages of the records of a file of JSON lines, read as a stream: memory doesn't grow with the file.

    Args:
        where: DuckDB's SQL over `record` (JSON) that says which lines are the stream's, such as
            "record ->> '$.__typename' = 'LineItem'". Call it once for each stream that the file holds.

    Raises:
        SourceError: as `records`; or the file isn't JSON lines.
    """
    reader = duckdb.connect()
    try:
        reader.execute("set threads = 2; set TimeZone = 'UTC'; set memory_limit = '512MB'")
        found = reader.sql(
            f"select json as record from read_json_objects({quoted(str(file))}, format = 'newline_delimited', "
            f"maximum_object_size = 67108864) as lines(json) where {where}"
        ).to_arrow_reader(_LINES_A_PAGE)
        for batch in found:
            yield shaped(source, stream, pa.table({"record": batch.column(0).cast(pa.string())}))
    except duckdb.InvalidInputException as error:
        raise SourceError(source, stream.endpoint, f"not JSON lines: {str(error).splitlines()[0]}") from None
    finally:
        reader.close()


def _connection() -> duckdb.DuckDBPyConnection:
    """This thread's own in-memory DuckDB."""
    if not hasattr(_local, "connection"):
        _local.connection = duckdb.connect()
        _local.connection.execute("set threads = 1; set TimeZone = 'UTC'; set memory_limit = '512MB'")
    connection: duckdb.DuckDBPyConnection = _local.connection
    return connection


def _text(body: bytes) -> str:
    return body.decode("utf-8")


def _shape(source: str, stream: Stream, relation: str, parameters: dict[str, str]) -> pa.Table:
    connection = _connection()
    keys = (stream.key,) if isinstance(stream.key, str) else stream.key
    promised = {**dict.fromkeys(keys, "id"), **stream.required}
    if stream.cursor is not None:
        promised.setdefault(stream.cursor, "moment?")
    paths = list(promised)
    # Asked for as one list, a record is parsed once for all its fields.
    listed = ", ".join(quoted(path) for path in paths)
    moment = "cast(null as timestamp)" if stream.cursor is None else _moment(paths.index(stream.cursor) + 1)
    found = (
        f"(select *, {moment} as updated_at from (select cast(record as varchar) as payload, "
        f"json_type(record, [{listed}]) as types, json_extract_string(record, [{listed}]) as texts from {relation}))"
    )
    # Moments are slow to read: the cursor's is read once.
    conditions = [
        _is_wrong(place, kind).replace(moment, "updated_at") for place, kind in enumerate(promised.values(), start=1)
    ]
    key = " || ':' || ".join(f"texts[{paths.index(path) + 1}]" for path in keys)
    rows = connection.sql(
        f"select {key} as id, updated_at, payload, {' or '.join(conditions)} as is_wrong from {found}",
        params=parameters,
    ).to_arrow_table()
    if pc.any(rows["is_wrong"]).as_py():
        raise _broken_promise(connection, source, stream, promised, conditions, found, parameters)
    return rows.drop_columns("is_wrong")


def _moment(place: int) -> str:
    """SQL for the moment in UTC of the field at this place; text is ISO 8601, a number seconds since 1970."""
    return (
        f"timezone('UTC', case when types[{place}] = 'VARCHAR' then try_cast(texts[{place}] as timestamptz) "
        f"else to_timestamp(try_cast(texts[{place}] as double)) end)"
    )


def _broken_promise(
    connection: duckdb.DuckDBPyConnection, source: str, stream: Stream, promised: dict[str, str],
    conditions: Sequence[str], relation: str, parameters: dict[str, str],
) -> SourceError:  # fmt: skip
    """The first field that isn't what the stream promises."""
    counted = ", ".join(f"count_if({condition})" for condition in conditions)
    # All of a result is fetched each time: a connection with an unfinished one takes no other work.
    ((records_in, *counts),) = connection.execute(f"select count(*), {counted} from {relation}", parameters).fetchall()
    place = next(place for place, count in enumerate(counts, start=1) if count)
    path, kind = list(promised.items())[place - 1]
    ((found,),) = connection.execute(
        f"select types[{place}] from {relation} where {conditions[place - 1]} limit 1", parameters
    ).fetchall()
    return SourceError(
        source,
        stream.endpoint,
        f"field {_field(path)}: {_expected(kind)} is expected, found {_word(found)} "
        f"in {counts[place - 1]:,} of {records_in:,} records",
    )


def _is_wrong(place: int, kind: str) -> str:
    found = f"types[{place}]"
    if kind == "id":
        return f"coalesce({found} not in ('VARCHAR', 'BIGINT', 'UBIGINT'), true)"
    base = kind.removesuffix("?")
    optional = base != kind
    allowed = ", ".join(quoted(name) for name in (*_TYPES[base], *(("NULL",) if optional else ())))
    wrong = f"coalesce({found} not in ({allowed}), {'false' if optional else 'true'})"
    if base == "moment":
        wrong = f"({wrong} or ({_moment(place)} is null and coalesce({found}, 'NULL') <> 'NULL'))"
    return wrong


def _expected(kind: str) -> str:
    base = kind.removesuffix("?")
    words = {"id": "an id", "moment": "a moment", "number": "a number", "boolean": "true or false",
             "object": "an object", "array": "a list"}  # fmt: skip
    return words.get(base, base)


def _word(json_type: str | None) -> str:
    return "nothing" if json_type is None else _WORDS.get(json_type, json_type)


def _field(path: str) -> str:
    return path.removeprefix("$.") if path != "$" else "the whole body"
