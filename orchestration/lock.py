"""One writer a shop: a lock that holds across processes and ends with the process that took it."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from orchestration.errors import UserError

_held: set[Path] = set()
_POLL_SECONDS = 0.5


@contextmanager
def shop_lock(file: Path, run_id: str, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the shop's lock. Taken again by the process that already holds it, it does nothing.

    The operating system frees the lock when the process ends, however it ends, so there is no stale lock to clear.

    Raises:
        UserError: another process still holds it after `wait_seconds`; the message names that process.
    """
    file = file.resolve()
    if file in _held:
        yield
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + wait_seconds
    with file.open("a+", encoding="utf-8") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise UserError(_who_holds(file), exit_code=75) from None
                time.sleep(_POLL_SECONDS)
        handle.seek(0)
        handle.truncate()
        since = datetime.now(UTC).isoformat(timespec="seconds")
        handle.write(json.dumps({"pid": os.getpid(), "run_id": run_id, "since": since}))
        handle.flush()
        _held.add(file)
        try:
            yield
        finally:
            _held.discard(file)
            handle.seek(0)
            handle.truncate()


def _who_holds(file: Path) -> str:
    try:
        holder = json.loads(file.read_text(encoding="utf-8"))
        who = f"run {holder['run_id']} (process {holder['pid']}, since {holder['since']})"
    except (ValueError, KeyError, OSError):
        who = "another run"
    return f"{file.parent.name}: {who} is writing this shop; try again when it ends, or wait with ARGS=--wait=600"
