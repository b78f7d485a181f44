"""The warehouse as one source's load sees it: chunks in the making, what is remembered, and removals."""

import shutil
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.privacy.connected import sweep, without_erased
from orchestration.privacy.person import set_erased
from orchestration.privacy.tombstones import Tombstones
from orchestration.sources.source import Page, Source, State, Stream, Window
from orchestration.sql import quoted

CHUNK_BYTES: Final = 32_000_000
CHUNK_ROWS: Final = 200_000
# While rows come in, what fetches them takes memory as well; removals are followed when that is over.
_MEMORY: Final = "256MB"
_REMOVALS_MEMORY: Final = "512MB"


@dataclass
class StreamLoad:
    """What one run did with one stream, in records: received = new + replaced + stored_before."""

    stream: str
    received: int = 0
    new: int = 0
    replaced: int = 0
    stored_before: int = 0
    removed: int = 0
    window: Window | None = None
    complete: bool = False


@dataclass
class SourceLoad:
    """One run's load of a source; `problem` is the one line that says why it stopped, None if it didn't."""

    source: str
    streams: dict[str, StreamLoad]
    problem: str | None = None
    problem_stream: str | None = None
    warnings: list[str] = field(default_factory=list)

    def total(self, count: str) -> int:
        """Sum of one count, such as `received`, over all streams."""
        return sum(getattr(load, count) for load in self.streams.values())


class Store:
    """Rows wait here until there is a chunk of them."""

    def __init__(
        self, source: Source, connection: duckdb.DuckDBPyConnection, pipelines: Path, load: SourceLoad,
        started_at: datetime, *, keeps_state: bool, tombstones: Tombstones | None = None,
    ) -> None:  # fmt: skip
        # dlt takes a second to import, which only a shop with sources should pay.
        from orchestration.sources.pipeline import open_pipeline, stored_state

        self._source = source
        self._connection = connection
        self._load = load
        self._started_at = started_at
        self._keeps_state = keeps_state
        self._tombstones = tombstones
        self._new_accounts: set[tuple[str, str]] = set()
        self._folder = pipelines / source.name
        # What a dead process left there is older than the warehouse, which knows everything that was stored.
        shutil.rmtree(self._folder, ignore_errors=True)
        self._pipeline = open_pipeline(source, connection, self._folder)
        self._states = stored_state(self._pipeline, source)
        self._saved = repr(self._states)
        self._chunk: dict[str, list[pa.Table]] = {}
        self._rows = 0
        self._bytes = 0
        self._cursors: dict[str, datetime] = {}
        self._fields = {
            (str(row[0]), str(row[1]))
            for row in connection.execute(
                "select stream, field from ops.source_fields where source = ?", [source.name]
            ).fetchall()
        }
        self._streams_before = {stream for stream, _ in self._fields}
        connection.execute("create or replace temp table seen (stream varchar, id varchar)")
        self._unmerged = False
        # Left to itself DuckDB keeps what it wrote in memory until most of the machine's is full.
        connection.execute(f"set memory_limit = '{_MEMORY}'")

    def close(self) -> None:
        """Remove dlt's working files and its copy of the last chunk."""
        if self._tombstones is not None and self._new_accounts:
            self._tombstones.add(self._new_accounts, self._started_at)
            set_erased(self._connection, self._new_accounts)
            sweep(self._connection)
        staging = f"{self._source.schema}_staging"
        if self._unmerged:
            # A checkpoint that finds nothing changed merges nothing either.
            self._connection.execute(f"create schema if not exists {staging}")
        self._connection.execute(f"drop schema if exists {staging} cascade")
        self._connection.execute(
            "drop table if exists seen; drop table if exists removed; "
            "drop table if exists newest; drop table if exists known; drop table if exists unchanged"
        )
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._unmerged:
            # Left to the next one who opens the warehouse, this would take as much memory as there is.
            self._connection.execute("reset max_vacuum_tasks; checkpoint")

    def state_of(self, stream: str) -> State:
        """What is remembered of a stream: `cursor`, the last moment seen, and `own`, what the stream itself keeps."""
        return self._states.get(stream, {})

    def add(self, stream: Stream, page: Page, state: State) -> None:
        """Take a page of the stream's read; the page may be of another stream of the source."""
        self._chunk.setdefault(page.stream, []).append(page.rows)
        self._rows += page.rows.num_rows
        self._bytes += page.rows.nbytes
        if page.stream == stream.name and stream.cursor is not None:
            newest = pc.max(page.rows["updated_at"]).as_py()
        else:
            newest = None
        if newest is not None:
            # A record dated in the future must not make the next load pass over what comes until then.
            newest = min(newest, self._started_at)
            self._cursors[stream.name] = max(newest, self._cursors.get(stream.name, newest))
        self._remember(stream, state, advance=stream.in_order)

    def end(self, stream: Stream, state: State) -> None:
        """The stream's read is complete."""
        self._load.streams[stream.name].complete = True
        self._remember(stream, state, advance=True)

    def is_full(self) -> bool:
        """Whether it is time to flush."""
        return self._rows >= CHUNK_ROWS or self._bytes >= CHUNK_BYTES

    def cursor(self, stream: Stream) -> datetime | None:
        """The last moment of the stream that this load has seen."""
        return self._cursors.get(stream.name)

    def flush(self) -> None:
        """Store what has come, with the state that belongs to it."""
        from orchestration.sources.pipeline import merge

        tables, replacing = self._chunk_to_store()
        has_news = self._keeps_state and repr(self._states) != self._saved
        if tables or has_news:
            merge(self._pipeline, self._source, tables, replacing, self._states if self._keeps_state else None)
            self._saved = repr(self._states)
        if self.is_full():
            self._write_out()
        self._rows, self._bytes = 0, 0

    def _chunk_to_store(self) -> tuple[dict[str, pa.Table], set[str]]:
        """Rows to store by table, and the tables in which some of them replace others; the chunk is empty then."""
        tables, replacing = {}, set()
        for name in list(self._chunk):
            before = self._load.streams[name].replaced
            rows = self._rows_to_store(name, pa.concat_tables(self._chunk.pop(name)))
            if rows.num_rows:
                tables[name] = rows
            if self._load.streams[name].replaced > before:
                replacing.add(name)
        return tables, replacing

    def _write_out(self) -> None:
        """Move a full chunk from the log, which lies in memory too, into the database's own blocks.

        dlt has DuckDB do so at 1 GB. Each chunk stays a row group of its own until the load is over: merged each time,
        a table's last 122,880 rows would be written anew with every chunk.
        """
        self._connection.execute("set max_vacuum_tasks = 0; checkpoint")
        self._unmerged = True

    def not_given(self, stream: Stream, span: Window) -> list[str]:
        """Ids of the stream's stored records that were last changed in the span and that its read didn't give."""
        return [str(row[0]) for row in self._query(f"select id {self._absent(stream, span)} order by id")]

    def remove_absent(self, stream: Stream, span: Window | None = None) -> None:
        """Remove the stream's stored records, or those of a span, that its complete read didn't give."""
        table = f"{self._source.schema}.{stream.name}"
        self._connection.execute(f"set memory_limit = '{_REMOVALS_MEMORY}'")
        ((seen,),) = self._query("select count(*) from seen where stream = ?", [stream.name])
        ((stored,),) = self._query(f"select count(*) from {table}")
        # Of a span everything may be deleted, and each record was asked for by itself.
        if not seen and stored and span is None:
            self._load.warnings.append(
                f"{self._source.name}: {stream.endpoint} gave no record; the {stored:,} stored ones are kept"
            )
            return
        self._connection.execute(f"create or replace temp table removed as select id {self._absent(stream, span)}")
        ((count,),) = self._query("select count(*) from removed")
        if count:
            self._connection.execute(f"delete from {table} where id in (select id from removed)")
            if self._source.forget is not None:
                self._source.forget(self._connection, stream.name)
        self._load.streams[stream.name].removed += count

    def _absent(self, stream: Stream, span: Window | None) -> str:
        given = f"(select id from seen where stream = '{stream.name}')"
        absent = f"from {self._source.schema}.{stream.name} where id not in {given}"
        if span is None:
            return absent
        start = "" if span.start is None else f" and updated_at >= timestamp '{span.start.isoformat(sep=' ')}'"
        return f"{absent}{start} and updated_at < timestamp '{span.end.isoformat(sep=' ')}'"

    def note_present(self, stream: Stream, ids: pa.Table) -> None:
        """Ids (one column, `id`) that the source still has."""
        self._connection.register("delivered", ids)
        self._connection.execute(f"insert into seen select '{stream.name}', id from delivered")
        self._connection.unregister("delivered")

    def is_check_due(self, stream: Stream) -> bool:
        """Whether it is time to ask which records still exist. After the first load it isn't: they all do."""
        ((last,),) = self._query(
            "select max(checked_at) from ops.removal_checks where source = ? and stream = ?",
            [self._source.name, stream.name],
        )
        if last is None:
            self.note_check(stream)
            return False
        return bool(self._started_at - last >= stream.present_every)

    def note_check(self, stream: Stream) -> None:
        """The stream's removals are followed up to this run."""
        self._connection.execute(
            "insert into ops.removal_checks values (?, ?, ?)", [self._source.name, stream.name, self._started_at]
        )

    def _remember(self, stream: Stream, state: State, *, advance: bool) -> None:
        own = {"own": state} if state else {}
        cursor = self._cursors.get(stream.name)
        before = self.state_of(stream.name).get("cursor")
        newest = max(filter(None, (before, cursor.isoformat() if cursor and advance else None)), default=None)
        self._states[stream.name] = {**({"cursor": newest} if newest else {}), **own}

    def _rows_to_store(self, name: str, rows: pa.Table) -> pa.Table:
        """The newest version of each record, without those that are stored already; counts what became of each."""
        connection, table = self._connection, f"{self._source.schema}.{name}"
        if self._tombstones:
            rows, accounts = without_erased(connection, self._tombstones, self._source.name, name, rows)
            self._new_accounts |= accounts
        stream = self._source.stream(name)
        numbered = rows.append_column("_n", pa.array(range(rows.num_rows), pa.int64()))
        connection.register("delivered", numbered)
        try:
            if stream.snapshot or (stream.still is not None and not self._keeps_state):
                connection.execute(f"insert into seen select '{name}', id from delivered")
            self._note_fields(stream)
            # Whole records are heavy: which to store is found by id, moment and number alone, and a record's text is
            # only looked at where the same id is stored already.
            connection.execute(
                f"""
                create or replace temp table newest as
                select id, max_by(_n, (coalesce(updated_at, timestamp '0001-01-01'), _n)) as _n
                from delivered group by id;
                create or replace temp table known as
                select newest._n, stored.rowid as place
                from {table} as stored inner join newest on stored.id = newest.id;
                create or replace temp table unchanged (_n bigint)
                """
            )
            ((newest, known),) = self._query("select (select count(*) from newest), (select count(*) from known)")
            if known:
                connection.execute(
                    f"""
                    insert into unchanged
                    with stored as (
                        select rowid as place, updated_at, payload
                        from {table} where rowid in (select place from known)
                    )
                    select known._n
                    from known
                    inner join stored on known.place = stored.place
                    inner join delivered on known._n = delivered._n
                    where cast(stored.payload as varchar) = delivered.payload
                        or stored.updated_at > delivered.updated_at
                    """
                )
            ((unchanged,),) = self._query("select count(*) from unchanged")
            first = self._next_row(name)
            load = self._load.streams[name]
            load.received += rows.num_rows
            load.new += newest - known
            load.replaced += known - unchanged
            load.stored_before += rows.num_rows - newest + unchanged
            if newest == rows.num_rows and not unchanged:
                loaded_at = pa.repeat(pa.scalar(self._started_at, pa.timestamp("us")), rows.num_rows)
                stored = numbered.drop_columns("_n").append_column("_loaded_at", loaded_at)
                return stored.append_column("_row", pc.add(numbered["_n"], first))
            return connection.sql(
                "select id, updated_at, payload, "
                f"timestamp '{self._started_at.isoformat(sep=' ')}' as _loaded_at, {first} + _n as _row from delivered "
                "where _n in (select _n from newest) and _n not in (select _n from unchanged)"
            ).to_arrow_table()
        finally:
            connection.unregister("delivered")

    def _next_row(self, name: str) -> int:
        """A number from which rows of this load may be counted: moment and number never name two versions."""
        ((last,),) = self._query(
            f"select coalesce(max(_row), -1) from {self._source.schema}.{name} where _loaded_at = ?",
            [self._started_at],
        )
        return int(last) + 1

    def _note_fields(self, stream: Stream) -> None:
        """Keep the names of fields; one that comes up in a stream that was read before is told as new."""
        # Asked for as one list, a record is parsed once; lists of keys are few, which spares most of the sorting out.
        paths = ", ".join(quoted(path) for path in stream.fields_at)
        found = self._query(
            f"with kinds as (select distinct json_keys(payload, [{paths}]) as keys from delivered) "
            "select distinct place, unnest(keys[place]) from kinds, range(1, 1 + ?) as places (place) order by all",
            [len(stream.fields_at)],
        )
        for path, key in ((stream.fields_at[place - 1], key) for place, key in found):
            name = f"{path}.{key}".removeprefix("$.")
            if (stream.name, name) in self._fields:
                continue
            self._fields.add((stream.name, name))
            self._connection.execute(
                "insert into ops.source_fields values (?, ?, ?, ?)",
                [self._source.name, stream.name, name, self._started_at],
            )
            if stream.name in self._streams_before:
                self._load.warnings.append(
                    f"{self._source.name}: {stream.endpoint}: new field {name}; kept in {self._source.schema}."
                    f"{stream.name}, read by no model yet"
                )

    def _query(self, sql: str, parameters: list[object] | None = None) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, parameters).fetchall()
