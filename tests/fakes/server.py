"""What all fake servers share: HTTP on a free port of 127.0.0.1, limits, faults on demand, a log, the vendor's spec.

A fake is a subclass of `Fake` whose handlers are marked with `@route`:

    class FakeShopify(Fake):
        @route("POST", "/admin/api/2026-10/graphql.json", limits=(Window(2, 1.0),))
        def graphql(self, request: Request) -> Reply: ...

    with FakeShopify(clock=clock).running() as fake:
        client = Api("shopify", fake.url, ..., clock=clock)
        fake.fail_next(Fault.RATE_LIMIT, path="/admin")
        ...
    assert fake.violations == []

State lives in the fake's own attributes: tests change it between two loads. `fake.log` holds every exchange, faults
included. A `contract` checks each request and answer against the vendor's spec; what breaks it goes to `violations`,
and a request that breaks it is answered with 400, as the vendor would.
"""

import json
import math
import re
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import format_datetime
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import orjson

from orchestration.sources.http import Clock, SystemClock

# What a 429 on purpose asks a client to wait.
_ON_PURPOSE_SECONDS = 3.0


class Fault(Enum):
    """What goes wrong with one answer."""

    RATE_LIMIT = "429 with the vendor's way to say how long to wait"
    SERVER_ERROR = "500"
    UNAVAILABLE = "503"
    TRUNCATED = "the body ends before its announced length"
    UNDECODABLE = "a complete body that isn't JSON, as a proxy's error page"
    DROPPED = "the connection is closed without an answer"


@dataclass(frozen=True)
class Request:
    """One request as the server got it."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    parts: Mapping[str, str] = field(default_factory=dict)

    def one(self, name: str, default: str | None = None) -> str | None:
        """The query parameter's first value."""
        return self.query.get(name, [default])[0]  # type: ignore[list-item]

    @property
    def json(self) -> Any:
        """The body decoded."""
        return orjson.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """One answer: `body` is bytes as they are, anything else is written as JSON."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    @property
    def data(self) -> bytes:
        """The body's bytes."""
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)


@dataclass(frozen=True)
class Window:
    """At most `calls` in each fixed window of `seconds`, as vendors count."""

    calls: int
    seconds: float


@dataclass(frozen=True)
class Exchange:
    """One request, what was answered, and when by the fake's clock."""

    request: Request
    status: int
    at: float
    fault: Fault | None = None


class Contract(Protocol):
    """Checks exchanges against the vendor's spec."""

    def request_problem(self, request: Request) -> str | None:
        """What is wrong with the request."""
        ...

    def reply_problem(self, request: Request, reply: Reply) -> str | None:
        """What is wrong with the answer."""
        ...


Handler = Callable[[Any, Request], Reply]


def route(method: str, path: str, limits: Sequence[Window] = ()) -> Callable[[Handler], Handler]:
    """Mark a handler. `{name}` in the path matches up to the next slash and is found in `request.parts`."""

    def mark(handler: Handler) -> Handler:
        handler.route = (method, re.compile(_pattern(path)), tuple(limits))  # type: ignore[attr-defined]
        return handler

    return mark


def _pattern(path: str) -> str:
    parts = re.split(r"\{(\w+)\}", path)
    return "".join(re.escape(part) if index % 2 == 0 else f"(?P<{part}>[^/]+)" for index, part in enumerate(parts))


class Fake:
    """One fake system. Subclasses override `authorised`, `throttled` and the class attributes as the vendor does."""

    #: Limits of the whole account, beside the routes' own.
    limits: tuple[Window, ...] = ()
    content_type = "application/json"

    def __init__(self, clock: Clock | None = None, contract: Contract | None = None, *, throttle: bool = True) -> None:
        self.clock = clock or SystemClock()
        self.contract = contract
        self.throttle = throttle
        self.log: list[Exchange] = []
        self.keep_log = True
        self.violations: list[str] = []
        self.url = ""
        self._faults: deque[tuple[Fault, str, str]] = deque()
        self._used: dict[tuple[str, float], tuple[int, int]] = {}
        self._lock = threading.RLock()
        self._routes = [
            (*handler.route, handler)
            for handler in (getattr(type(self), name) for name in dir(type(self)))
            if hasattr(handler, "route")
        ]

    # What a vendor does its own way.

    def authorised(self, request: Request) -> Reply | None:  # noqa: ARG002
        """The refusal if the request doesn't carry the key; None if it does."""
        return None

    def throttled(self, seconds: float) -> Reply:
        """The answer to a request above a limit; it may be sent again after `seconds`."""
        return Reply({"error": "too many requests"}, 429, {"Retry-After": str(max(1, math.ceil(seconds)))})

    def not_found(self, request: Request) -> Reply:
        """The answer where nothing is."""
        return Reply({"error": f"no {request.method} {request.path}"}, 404)

    # What tests do.

    def fail_next(self, fault: Fault, times: int = 1, path: str = "", method: str = "") -> None:
        """Let the next requests whose path contains `path`, of one method if it is given, fail."""
        with self._lock:
            self._faults.extend([(fault, path, method)] * times)

    def requests(self, path: str = "") -> list[Request]:
        """Requests so far whose path contains `path`, in order, those that failed on purpose included."""
        return [exchange.request for exchange in self.log if path in exchange.request.path]

    @contextmanager
    def running(self) -> Iterator["Fake"]:
        """Serve on a free port until the end of the block."""
        server = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    # How a request is answered.

    def answer(self, request: Request) -> tuple[Reply, Fault | None]:
        """The reply, and the fault to send it with."""
        with self._lock:
            for method, pattern, limits, handler in self._routes:
                match = pattern.fullmatch(request.path)
                if match and method == request.method:
                    parts = {name: unquote(value) for name, value in match.groupdict().items()}
                    found = Request(**{**vars(request), "parts": parts})
                    return self._answer(found, f"{method} {pattern.pattern}", limits, handler)
            return self.not_found(request), None

    def _answer(
        self, request: Request, name: str, limits: Sequence[Window], handler: Handler
    ) -> tuple[Reply, Fault | None]:
        fault = self._next_fault(request)
        refusal = self.authorised(request)
        if refusal is not None:
            return refusal, None
        wait = self._over_limit(name, (*limits, *self.limits)) if self.throttle else None
        if fault is Fault.RATE_LIMIT or wait is not None:
            return self.throttled(_ON_PURPOSE_SECONDS if wait is None else wait), fault
        if fault in (Fault.SERVER_ERROR, Fault.UNAVAILABLE):
            return Reply({"error": "on purpose"}, 500 if fault is Fault.SERVER_ERROR else 503), fault
        if fault is Fault.UNDECODABLE:
            return Reply(b"<html>gateway</html>", content_type="text/html"), fault
        if self.contract is not None and (problem := self.contract.request_problem(request)):
            self.violations.append(f"request {request.method} {request.path}: {problem}")
            return Reply({"error": problem}, 400), None
        reply = handler(self, request)
        if self.contract is not None and (problem := self.contract.reply_problem(request, reply)):
            self.violations.append(f"answer to {request.method} {request.path}: {problem}")
        return reply, fault

    def _next_fault(self, request: Request) -> Fault | None:
        for index, (fault, path, method) in enumerate(self._faults):
            if path in request.path and method in ("", request.method):
                del self._faults[index]
                return fault
        return None

    def _over_limit(self, name: str, limits: Sequence[Window]) -> float | None:
        """Count the request; seconds until the window that is full ends, None if it fits into all."""
        now = self.clock.monotonic()
        for limit in limits:
            window = int(now // limit.seconds)
            started, used = self._used.get((name, limit.seconds), (window, 0))
            if started == window and used >= limit.calls:
                return (window + 1) * limit.seconds - now
        for limit in limits:
            window = int(now // limit.seconds)
            started, used = self._used.get((name, limit.seconds), (window, 0))
            self._used[name, limit.seconds] = (window, used + 1 if started == window else 1)
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle of an answer is nothing to report."""


def _handler(fake: Fake) -> type[BaseHTTPRequestHandler]:
    class OneRequest(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Small packets at once: with Nagle's algorithm each answer on a kept connection takes 40 ms.
        disable_nagle_algorithm = True

        def handle_one(self) -> None:
            url = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            request = Request(
                self.command,
                url.path,
                parse_qs(url.query, keep_blank_values=True),
                dict(self.headers.items()),
                self.rfile.read(length),
            )
            reply, fault = fake.answer(request)
            if fake.keep_log:
                fake.log.append(Exchange(request, reply.status, fake.clock.monotonic(), fault))
            data = reply.data
            if fault is Fault.DROPPED:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response_only(reply.status)
            self.send_header("Date", format_datetime(fake.clock.now(), usegmt=True))
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(data)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if fault is Fault.TRUNCATED:
                self.wfile.write(data[: len(data) // 2])
                self.close_connection = True
                return
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one  # noqa: N815 - the server's own names

        def log_message(self, *args: Any) -> None:
            """The fake keeps its own log."""

    return OneRequest


def json_body(text: str | bytes) -> Any:
    """JSON decoded; a helper for handlers that got a form or text."""
    return json.loads(text)
