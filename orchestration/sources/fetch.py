"""Read a source's streams in a thread, a few pages ahead of what is being stored."""

import copy
import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from orchestration.sources.source import Page, State, Stream, Window

_PAGES_AHEAD: Final = 4
_LOOK_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Fetched:
    """One page of a stream's read, and the stream's own state as it was then."""

    stream: Stream
    page: Page
    state: State


@dataclass(frozen=True)
class Ended:
    """A stream's read is over: complete if there is no error."""

    stream: Stream
    error: BaseException | None
    state: State


def fetch_ahead(client: Any, reads: Sequence[tuple[Stream, Window, State]]) -> Iterator[Fetched | Ended]:
    """Pages of all reads, one read after the other. An error ends them all; it is given, not raised.

    The thread ends when the caller stops listening.
    """
    waiting: queue.Queue[Fetched | Ended | None] = queue.Queue(_PAGES_AHEAD)
    stop = threading.Event()

    def put(item: Fetched | Ended | None) -> None:
        while not stop.is_set():
            try:
                waiting.put(item, timeout=_LOOK_SECONDS)
            except queue.Full:
                continue
            return

    def work() -> None:
        for stream, window, state in reads:
            try:
                for page in stream.read(client, window, state) if stream.read else ():
                    put(Fetched(stream, page, copy.deepcopy(state)))
                    if stop.is_set():
                        return
            except BaseException as error:
                put(Ended(stream, error, {}))
                return
            put(Ended(stream, None, copy.deepcopy(state)))
        put(None)

    thread = threading.Thread(target=work, name="fetch", daemon=True)
    thread.start()
    try:
        while (item := waiting.get()) is not None:
            yield item
            if isinstance(item, Ended) and item.error is not None:
                return
    finally:
        stop.set()
        thread.join()
