"""Time that passes only when somebody waits for it, so that limits of minutes are tested in milliseconds."""

import threading
from datetime import UTC, datetime, timedelta


class FakeClock:
    """Client and fake server of one test share it. Sleeping moves it; `waited` sums up how long."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._start = start
        self._elapsed = 0.0
        self._lock = threading.Lock()
        self.waited = 0.0

    def now(self) -> datetime:
        """The moment, in UTC."""
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Seconds since the start."""
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        """Let so much time pass."""
        with self._lock:
            self._elapsed += max(0.0, seconds)
            self.waited += max(0.0, seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass that nobody waited for, such as a server's own."""
        with self._lock:
            self._elapsed += seconds
