"""What webhooks asked for, on disk until a run has done it.

One SQLite file a shop, written through to the disk before a webhook is answered. It holds ids and no payloads.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from orchestration.webhooks.shopify import Action, Change

# How long an id is remembered after its webhook came: longer than any replay is let in.
_REMEMBERED: Final = timedelta(days=7)
_WAIT_SECONDS: Final = 0.8


@dataclass(frozen=True)
class Pending:
    """One thing to do, with the place in the queue up to which it was asked for."""

    place: int
    change: Change


class Queue:
    """The shop's queue. Safe for several threads and processes: each call opens the file for itself."""

    def __init__(self, file: Path) -> None:
        self.file = file
        # Threads in line are served one after the other; SQLite's own way of waiting is to look now and then.
        self._turn = threading.Lock()
        file.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as connection:
            connection.executescript(
                """
                pragma journal_mode = wal;
                create table if not exists changes (
                    place integer primary key autoincrement, webhook_id text not null unique, topic text not null,
                    action text not null, object_id text not null, order_ids text not null, received_at text not null,
                    is_done integer not null default 0
                );
                create index if not exists pending on changes (is_done, place);
                """
            )

    def keep_open(self) -> sqlite3.Connection:
        """A connection for as long as much is put: without one, each call folds the log into the file as it ends."""
        connection = sqlite3.connect(self.file, check_same_thread=False)
        connection.execute("select 1 from changes limit 1").fetchall()
        return connection

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.file, timeout=_WAIT_SECONDS)
        try:
            # The write-ahead log is on the disk before a commit returns.
            connection.execute("pragma synchronous = full")
            with connection:
                yield connection
        finally:
            connection.close()

    def put(self, webhook_id: str, topic: str, change: Change, now: datetime) -> bool:
        """Keep what a webhook asks for; on return it is on the disk. False for one that came before.

        Raises:
            sqlite3.Error: it couldn't be kept; the webhook is then not to be acknowledged.
        """
        with self._turn, self._open() as connection:
            connection.execute(
                "delete from changes where is_done and received_at < ?", [(now - _REMEMBERED).isoformat()]
            )
            cursor = connection.execute(
                "insert into changes (webhook_id, topic, action, object_id, order_ids, received_at) "
                "values (?, ?, ?, ?, ?, ?) on conflict (webhook_id) do nothing",
                [webhook_id, topic, change.action, change.object_id, json.dumps(change.order_ids), now.isoformat()],
            )
            return cursor.rowcount == 1

    def pending(self) -> list[Pending]:
        """What is to be done, the oldest first, each once however often it was asked for.

        An order that was deleted isn't fetched: its number never comes back.
        """
        with self._open() as connection:
            rows = connection.execute(
                "select max(place), action, object_id, order_ids from changes where not is_done "
                "group by action, object_id, order_ids order by max(place)"
            ).fetchall()
        found = [
            Pending(place, Change(Action(action), object_id, tuple(json.loads(order_ids))))
            for place, action, object_id, order_ids in rows
        ]
        deleted = {item.change.object_id for item in found if item.change.action is Action.DELETE_ORDER}
        return [
            item
            for item in found
            if item.change.action is not Action.FETCH_ORDER or item.change.object_id not in deleted
        ]

    def settle(self, done: Iterable[Pending]) -> None:
        """Take out what a run has done and committed. What was asked for meanwhile stays.

        To be called after the warehouse's commit: whoever dies in between does it again, which changes nothing.
        """
        with self._open() as connection:
            for item in done:
                actions = [item.change.action]
                if item.change.action is Action.DELETE_ORDER:
                    actions.append(Action.FETCH_ORDER)
                for action in actions:
                    connection.execute(
                        "update changes set is_done = 1 where place <= ? and action = ? and object_id = ?",
                        [item.place, action, item.change.object_id],
                    )
