"""What a source is: one outside system whose records land in `raw_<name>`, and how to write one.

A source is a package `orchestration/sources/<system>/` of three small files:

`settings.py`
    a pydantic model of what `shop.yml` says under `sources.<system>` (subclass of `SourceSettings`), and the `Secret`s
    it needs: names of environment variables, never values.
`client.py`
    one class that knows the vendor's API: its address, headers, limits and paging. It talks through
    `orchestration.sources.http.Api`, which paces, retries and turns failures into one line for the user.
`resources.py`
    the streams, and `SOURCE = Source(...)`, which `orchestration/sources/registry.py` lists.

A `Stream` is one raw table: `id`, `updated_at`, `payload` (the record as delivered, as JSON), and `_loaded_at` and
`_row`, which together name a version of a record: they change when, and only when, it is stored anew. Its
`read(client, window, state)` is a generator of `Page`s. A page is made by `orchestration.sources.shape.records` from a
response's body (`records(stream, body, at="$.data")`) or by `lines` from a file of JSON lines; both check the stream's
`required` fields and take the key and the moment out of each record, without a Python loop over rows. One read may
yield pages of several streams of the source (`Page.stream`): children that come inside their parents' answer.

The framework (`orchestration.sources.load`) does the rest. It fetches ahead in a thread; drops records that are stored
already; merges the others by `id`, the greater `updated_at` winning; saves the state with each chunk of rows in one
commit; counts; creates empty tables for sources a shop doesn't have; and stops one source only when it fails.

`window` is half-open, `[start, end)`: `start` is None on the first load without a limit, else the last moment seen less
the stream's `overlap`; `end` is when the run began. With `in_order=True` pages come in ascending order of `updated_at`,
so a load that was cut off goes on where it stopped; otherwise it begins again at the same window.

`state` is a dict of the stream's own (JSON values, no secret) that is saved as it is when a page is yielded and handed
in by the next run: a bulk job's id, a page token. A backfill hands in an empty one and saves nothing.

Staging reads `raw_<name>.<stream>`: `models/staging/<name>/stg_<name>__<entity>.sql` gives the columns of the shared
shape and ends with `{{ api_provenance('alias') }}`; `models/intermediate/arrivals/int_arrivals__<entity>.sql` lists it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

import duckdb
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from orchestration.errors import UserError
from orchestration.sources.http import Clock

FieldKind = Literal["text", "number", "boolean", "object", "array", "moment"]
State = dict[str, Any]


class SourceSettings(BaseModel):
    """What every source may be told in `shop.yml`.

    `url` replaces the vendor's address (a proxy, a test's fake server). `start` is the first day the first load goes
    back to; left out, it takes everything. `overlap_hours` replaces the streams' own overlap.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str | None = Field(default=None, pattern=r"^https?://[^\s@]+$")
    start: date | None = None
    overlap_hours: Annotated[float, Field(ge=0)] | None = None


@dataclass(frozen=True)
class Secret:
    """One environment variable that holds a secret, and in words what it is and where to get it."""

    variable: str
    what: str


@dataclass(frozen=True)
class Window:
    """The half-open span `[start, end)` that a load asks for, naive UTC. No `start`: from the beginning."""

    start: datetime | None
    end: datetime


@dataclass(frozen=True)
class Page:
    """Some records of one stream.

    `rows` has the columns id (text), updated_at (timestamp, NULL where there is none) and payload (text).
    `total` is how many records the whole read will give, where the vendor says so.
    """

    stream: str
    rows: pa.Table
    total: int | None = None


@dataclass(frozen=True)
class Stream:
    """One raw table and how it is filled.

    Attributes:
        name: of the table in `raw_<source>`.
        endpoint: as errors and the doctor name it: "GET /api/events".
        key: JSON path of the record's id, or several, joined by ":" to one.
        cursor: JSON path of the moment the record was last changed (ISO 8601, or seconds since 1970); None where the
            vendor gives none.
        required: JSON path → what must be there, such as {"$.attributes.datetime": "moment"}; a kind that ends in "?"
            may be null or absent, but nothing else.
        fields_at: JSON paths of objects whose unknown keys are reported once, when they first appear.
        read: generator of pages; None for a stream that only comes inside another's pages.
        overlap: how far before the last moment seen the next load begins again, for records that came late.
        in_order: whether pages come in ascending order of the cursor.
        snapshot: whether every read gives all records there are: those it no longer gives are removed.
        present: generator of Arrow tables with one column `id`: every record that still exists at the source. Asked
            every `present_every`, and by each backfill of a stream without `still`; others are removed. For streams
            read by change whose deletions aren't told.
        still: the same of given ids. A backfill asks it of the stored records of its span that it wasn't given, which
            are either deleted or changed since the span, and removes the deleted ones.
    """

    name: str
    endpoint: str
    required: Mapping[str, str] = field(default_factory=dict)
    key: str | tuple[str, ...] = "$.id"
    cursor: str | None = None
    fields_at: tuple[str, ...] = ("$",)
    read: Callable[[Any, Window, State], Iterator[Page]] | None = None
    overlap: timedelta = timedelta(hours=1)
    in_order: bool = False
    snapshot: bool = False
    present: Callable[[Any], Iterator[pa.Table]] | None = None
    present_every: timedelta = timedelta(days=7)
    still: Callable[[Any, Sequence[str]], Iterator[pa.Table]] | None = None


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's table: what was looked at, how it is, and what to do (empty: nothing)."""

    what: str
    ok: bool
    found: str
    advice: str = ""


@dataclass(frozen=True)
class Source:
    """One outside system.

    Attributes:
        name: in lower case; of the package, the schema `raw_<name>`, the staging folder and the assets.
        title: as people write it.
        settings: model of `sources.<name>` in shop.yml.
        secrets: environment variables it needs.
        streams: in the order they are read.
        connect: client from settings, secret values by variable, and the clock.
        check: what the doctor should know: access to each endpoint, scopes, limits. May raise UserError.
        forget: called with the warehouse and a stream's name after records of it were removed, whose ids are in the
            temporary table `removed (id)`: takes what other streams hold of those persons out of the payloads.
    """

    name: str
    title: str
    settings: type[SourceSettings]
    secrets: tuple[Secret, ...]
    streams: tuple[Stream, ...]
    connect: Callable[[Any, Mapping[str, str], Clock], Any]
    check: Callable[[Any], list[Finding]]
    forget: Callable[[duckdb.DuckDBPyConnection, str], None] | None = None

    @property
    def schema(self) -> str:
        """Schema of its raw tables."""
        return f"raw_{self.name}"

    def stream(self, name: str) -> Stream:
        """The stream of that name; KeyError if there is none."""
        return next(stream for stream in self.streams if stream.name == name)


class SourceError(UserError):
    """A source can't go on: one line naming source, endpoint and, where it is known, the field."""

    def __init__(self, source: str, endpoint: str, problem: str) -> None:
        super().__init__(f"{source}: {endpoint}: {problem}", exit_code=1)
        self.source = source
        self.endpoint = endpoint
        self.problem = problem
