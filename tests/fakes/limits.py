"""Limits that aren't fixed windows: sliding ones and buckets, and fakes that have one for all their calls."""

from collections import deque

from orchestration.sources.http import Clock
from tests.fakes.server import Contract, Fake, Reply, Request


class Sliding:
    """At most `calls` in any `seconds`; the answer says how long until the oldest call leaves the window."""

    def __init__(self, calls: int, seconds: float, clock: Clock) -> None:
        self._calls = calls
        self._seconds = seconds
        self._clock = clock
        self._taken: deque[float] = deque()

    def wait(self) -> float:
        """Seconds until the call would be let in; 0 if it was."""
        moment = self._clock.monotonic()
        while self._taken and self._taken[0] <= moment - self._seconds:
            self._taken.popleft()
        if len(self._taken) < self._calls:
            self._taken.append(moment)
            return 0.0
        return self._taken[0] + self._seconds - moment


class Bucket:
    """A bucket of `burst` calls that fills again by `rate` calls a second."""

    def __init__(self, rate: float, burst: int, clock: Clock) -> None:
        self.rate = rate
        self._burst = burst
        self._clock = clock
        self._held = float(burst)
        self._at: float | None = None

    def wait(self) -> float:
        """Seconds until the call would be let in; 0 if it was."""
        moment = self._clock.monotonic()
        if self._at is not None:
            self._held = min(float(self._burst), self._held + (moment - self._at) * self.rate)
        self._at = moment
        # A wait that ended exactly on time must not fail on the last bit of a float.
        if self._held >= 1 - 1e-9:
            self._held -= 1
            return 0.0
        return (1 - self._held) / self.rate


class Limited(Fake):
    """A fake with one limit for the whole account, whose refusals are held to the spec like all answers."""

    def __init__(
        self, clock: Clock | None, contract: Contract | None, limit: Sliding | Bucket, *, throttle: bool
    ) -> None:
        super().__init__(clock, contract, throttle=throttle)
        self._limit = limit

    def refused(self, request: Request) -> Reply | None:  # noqa: ARG002 - for subclasses
        """The refusal if the request doesn't carry what the vendor wants; None if it does."""
        return None

    def is_free(self, request: Request) -> bool:  # noqa: ARG002 - for subclasses
        """Whether the call doesn't count."""
        return False

    def wait_of_limit(self) -> float:
        """Count a call against the limit; seconds until it would have been let in, 0 if it was."""
        return self._limit.wait()

    def authorised(self, request: Request) -> Reply | None:
        """The vendor's refusal, or its answer to a call above the limit."""
        reply = self.refused(request)
        if reply is None and self.throttle and not self.is_free(request):
            wait = self.wait_of_limit()
            reply = self.throttled(wait) if wait else None
        if reply is not None and self.contract and (problem := self.contract.reply_problem(request, reply)):
            self.violations.append(f"answer to {request.method} {request.path}: {problem}")
        return reply


def header(request: Request, name: str) -> str | None:
    """A request's header, whatever the case of its name."""
    return {given.lower(): value for given, value in request.headers.items()}.get(name.lower())
