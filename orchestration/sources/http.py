"""One system's HTTP API: paced by the vendor's limits, tried again where that may help, with errors people can read."""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, Final, Protocol

import orjson
import requests
from requests.adapters import HTTPAdapter

from orchestration.errors import UserError
from orchestration.sources.secrets import redact

logger = logging.getLogger(__name__)

TRIES: Final = 8
_FIRST_WAIT_SECONDS: Final = 1.0
_LONGEST_WAIT_SECONDS: Final = 60.0
# A vendor that asks for more is over a daily limit: the run goes on without it and the next one tries again.
_LONGEST_RETRY_AFTER_SECONDS: Final = 600.0
_TIMEOUT_SECONDS: Final = (10.0, 120.0)
_SHOWN_CHARACTERS: Final = 200
_TOO_MANY: Final = 429


class Clock(Protocol):
    """Time as the client sees it; tests bring one that needs no waiting."""

    def now(self) -> datetime:
        """The moment, with zone."""
        ...

    def monotonic(self) -> float:
        """Seconds that only grow."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        """The moment in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some start."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


@dataclass(frozen=True)
class Limit:
    """At most `calls` within any `seconds`."""

    calls: int
    seconds: float


class Pace:
    """Keeps the calls of one endpoint (or of a whole account) within the vendor's limits; safe between threads.

    When a call reaches the vendor isn't known, only when it was sent and answered. It counts until its window has
    passed since the answer, so that calls sent early that arrive late can't come together with the next window's.
    """

    def __init__(self, *limits: Limit) -> None:
        self._limits = limits
        self._answered = deque[float](maxlen=max((limit.calls for limit in limits), default=0))
        self._under_way = 0
        self._turn = threading.Lock()
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, clock: Clock) -> Iterator[None]:
        """Begin when one more call is allowed; the call is made within."""
        with self._turn:
            self._wait(clock)
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= 1
                self._answered.append(clock.monotonic())
                self._changed.notify_all()

    def _wait(self, clock: Clock) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: all(self._under_way < limit.calls for limit in self._limits))
                pause = self._ready() - clock.monotonic()
                if pause <= 0:
                    self._under_way += 1
                    return
            clock.sleep(pause)

    def _ready(self) -> float:
        """When the call that stands in the way in each limit has left its window."""
        ready = float("-inf")
        for limit in self._limits:
            free = limit.calls - self._under_way
            if len(self._answered) >= free:
                ready = max(ready, self._answered[-free] + limit.seconds)
        return ready


class ApiError(UserError):
    """The API refused or failed for good: one line naming source and endpoint, never a secret."""

    def __init__(self, source: str, endpoint: str, problem: str, status: int | None = None, body: bytes = b"") -> None:
        super().__init__(redact(f"{source}: {endpoint}: {problem}"), exit_code=1)
        self.source = source
        self.endpoint = endpoint
        self.status = status
        self.body = body


Decoder = Callable[[bytes], Any]


@dataclass(frozen=True)
class Answer:
    """One complete, decodable answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    decoder: Decoder = orjson.loads

    @cached_property
    def json(self) -> Any:
        """The body, or what the request's decoder makes of it, decoded once."""
        return self.decoder(self.body)


RetryAfter = Callable[[Mapping[str, str], bytes], float | None]


def retry_after_header(headers: Mapping[str, str], _body: bytes) -> float | None:
    """Seconds named by a Retry-After header, which may hold a number or a date; None where there is none."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


@dataclass
class Api:
    """One system's HTTP API.

    Attributes:
        source: the system's name in errors.
        url: its address without a slash at the end; paths are put behind it.
        headers: sent with every request; they may hold the secret.
        pace: limits of the whole account; a request may bring its endpoint's own beside it.
        retry_after: reads from a 429's headers or body how long to wait; None: the usual backoff.
        access_advice: what to do when a request is refused as unauthorised (401, 403).
    """

    source: str
    url: str
    headers: Mapping[str, str]
    clock: Clock = field(default_factory=SystemClock)
    pace: Pace = field(default_factory=Pace)
    retry_after: RetryAfter = retry_after_header
    access_advice: str = "check the key and its scopes"
    tries: int = TRIES

    def __post_init__(self) -> None:
        self.url = self.url.rstrip("/")
        self._session = requests.Session()
        # One address, several threads; requests' own retries are off, since ours know the vendor.
        adapter = HTTPAdapter(pool_connections=4, pool_maxsize=16, max_retries=0)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        # .netrc could replace the Authorization header.
        self._session.trust_env = False
        self._session.proxies = requests.utils.get_environ_proxies(self.url) if self.url else {}
        self.server_date: datetime | None = None
        self._asked_at = self.clock.now()

    def get(
        self,
        path: str,
        params: Mapping[str, Any] | Sequence[tuple[str, Any]] | None = None,
        *,
        endpoint: str | None = None,
        pace: Pace | None = None,
        decoder: Decoder = orjson.loads,
    ) -> Answer:
        """GET a path below the address, or a whole link the API gave; see `request`."""
        return self.request("GET", path, params=params, endpoint=endpoint, pace=pace, decoder=decoder)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | Sequence[tuple[str, Any]] | None = None,
        json: Any = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        endpoint: str | None = None,
        pace: Pace | None = None,
        decode: bool = True,
        decoder: Decoder = orjson.loads,
        repeatable: bool = True,
        expected: int | None = None,
    ) -> Answer:
        """Send until there is a complete answer.

        429, 5xx, time-outs, lost connections, truncated and undecodable bodies are tried again, at most `tries` times
        in all; a 429 waits as long as the vendor says.

        Args:
            path: begins with "/", or a whole link below the address that the API gave.
            endpoint: how errors name it, such as "GET /api/flows/{id}"; method and path by default.
            pace: the endpoint's own limits.
            decode: whether the body must be JSON.
            decoder: what makes `Answer.json` of the body; raises ValueError where it isn't JSON.
            repeatable: whether sending it twice does no more than once; if not, only a 429 is tried again.
            expected: the one status of success, where there is no body to tell a proxy's page by.

        Raises:
            ApiError: refused (4xx), or still failing after the last try.
        """
        name = endpoint or f"{method} {path.split('?')[0].removeprefix(self.url)}"
        url = self._below(path, name)
        body = None if json is None else orjson.dumps(json)
        sent = {**self.headers, **({"Content-Type": "application/json"} if body is not None else {}), **(headers or {})}
        problem, status = "", None
        for attempt in range(1, self.tries + 1):
            wait = self._backoff(attempt)
            try:
                with self.pace.turn(self.clock), (pace or Pace()).turn(self.clock):
                    response = self._session.request(
                        method, url, params=params, data=body if body is not None else data, headers=sent,
                        timeout=_TIMEOUT_SECONDS, allow_redirects=False,
                    )  # fmt: skip
            except requests.RequestException as error:
                # The exception's own text may hold the address with a key in it.
                problem, status = _connection_problem(error), None
            else:
                self._note_date(response)
                status = response.status_code
                if status < 300:
                    answer = Answer(status, response.headers, response.content, decoder)
                    if expected is not None and status != expected:
                        problem = f"{status} instead of {expected}"
                    elif not decode or _decodes(answer):
                        return answer
                    else:
                        problem = f"its answer isn't complete JSON ({len(answer.body):,} bytes)"
                elif status == _TOO_MANY:
                    asked = self.retry_after(response.headers, response.content)
                    problem = "429: too many requests"
                    if asked is not None and asked > _LONGEST_RETRY_AFTER_SECONDS:
                        raise ApiError(
                            self.source, name, f"429: its limit is used up for {asked:,.0f} s; run again after that",
                            status,
                        ) from None  # fmt: skip
                    wait = wait if asked is None else asked
                elif status >= 500:
                    problem = f"{status}: the server fails"
                else:
                    raise ApiError(self.source, name, self._refusal(response), status, response.content) from None
            if not repeatable and status != _TOO_MANY:
                raise ApiError(self.source, name, problem, status) from None
            if attempt < self.tries:
                logger.info("%s: %s: %s; try %d of %d in %.1f s", self.source, name, problem, attempt + 1, self.tries,
                            wait)  # fmt: skip
                self.clock.sleep(wait)
        raise ApiError(self.source, name, f"{problem}, {self.tries} times; the next run tries again", status) from None

    def clock_skew(self) -> float | None:
        """Seconds this machine is ahead of the server, by the last answer's Date; None before any answer."""
        if self.server_date is None:
            return None
        return float((self._asked_at - self.server_date).total_seconds())

    def close(self) -> None:
        """Close its connections."""
        self._session.close()

    def _below(self, path: str, endpoint: str) -> str:
        """The whole address. A link that leads to another host isn't followed: it would be sent the key."""
        if path.startswith("/"):
            return self.url + path
        if path == self.url or path.startswith((self.url + "/", self.url + "?")):
            return path
        raise ApiError(self.source, endpoint, f"it links to another address than {self.url}; not followed")

    def _backoff(self, attempt: int) -> float:
        wait = min(_FIRST_WAIT_SECONDS * 2.0 ** (attempt - 1), _LONGEST_WAIT_SECONDS)
        # Spread out, so that several clients don't come back in one moment. Not a matter of security.
        return wait * (0.75 + random.random() / 2)

    def _note_date(self, response: requests.Response) -> None:
        try:
            self.server_date = parsedate_to_datetime(response.headers.get("Date", ""))
        except (TypeError, ValueError):
            return
        self._asked_at = self.clock.now()

    def _refusal(self, response: requests.Response) -> str:
        said = " ".join(response.text[: 4 * _SHOWN_CHARACTERS].split())[:_SHOWN_CHARACTERS]
        if response.status_code in (401, 403):
            return f"{response.status_code}: refused: {self.access_advice}"
        return f"{response.status_code}: {said}" if said else f"{response.status_code}"


def _decodes(answer: Answer) -> bool:
    try:
        return answer.json is not None
    except ValueError:
        return False


def _connection_problem(error: requests.RequestException) -> str:
    if isinstance(error, requests.ConnectTimeout | requests.ReadTimeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError):
        return "its answer broke off"
    if isinstance(error, requests.ConnectionError):
        return "can't be reached"
    return f"the request failed ({type(error).__name__})"
