"""A small HTTP server that takes Shopify's webhooks into the shop's queue."""

import logging
import sqlite3
import threading
import time
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedReader
from socket import socket
from typing import Final, cast

from orchestration.webhooks.queue import Queue
from orchestration.webhooks.shopify import is_signed, is_timely, read_change

logger = logging.getLogger(__name__)

PATH: Final = "/webhooks/shopify"
# Shopify's largest orders have some hundred lines and stay below a megabyte.
LARGEST_BODY: Final = 5_000_000
_LONGEST_ID: Final = 200
_SECONDS_TO_SEND: Final = 5.0
_AT_ONCE: Final = 32


class WebhookServer(ThreadingHTTPServer):
    """Takes webhooks until it is shut down; `server_port` is where it listens.

    Args:
        queue: where they go.
        secret: the app's client secret, which signs them.
        host: 127.0.0.1 unless something else than a tunnel or proxy on this machine is to reach it.
        port: 0 for any that is free.
    """

    daemon_threads = True
    # Shopify sends many at once after a sale; who finds no place in line is turned away or tries again a second later.
    request_queue_size = 128

    def __init__(self, queue: Queue, secret: str, host: str = "127.0.0.1", port: int = 0) -> None:
        self.queue = queue
        self.secret = secret
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        self._kept_open = queue.keep_open()
        super().__init__((host, port), _Handler)

    def server_close(self) -> None:
        """Close what is open; answers under way end first."""
        super().server_close()
        self._kept_open.close()

    def process_request(self, request: socket | tuple[bytes, socket], client_address: object) -> None:
        """Answer in a thread of its own, so many at once and no more."""
        self._places.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: socket | tuple[bytes, socket], client_address: object) -> None:
        """Free the place, however the answer ended."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()


class _Handler(BaseHTTPRequestHandler):
    server: WebhookServer
    timeout = _SECONDS_TO_SEND
    server_version = "webhooks"
    sys_version = ""

    def do_GET(self) -> None:
        """Say that the receiver is there, for whatever watches it."""
        self._answer(HTTPStatus.OK if self.path == "/health" else HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """Take a webhook. Nothing is looked at before its signature holds, and nothing answered before it is kept."""
        if self.path != PATH:
            self._answer(HTTPStatus.NOT_FOUND)
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            self._answer(HTTPStatus.LENGTH_REQUIRED)
            return
        if int(length) > LARGEST_BODY:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        body = self._read(int(length))
        if body is None:
            self._answer(HTTPStatus.REQUEST_TIMEOUT)
            return
        if not is_signed(body, self.headers.get("X-Shopify-Hmac-SHA256", ""), self.server.secret):
            self._answer(HTTPStatus.UNAUTHORIZED)
            return
        self._answer(self._keep(body))

    def _read(self, length: int) -> bytes | None:
        """The body, or None where it didn't come whole and in time, a byte now and then included."""
        body = bytearray()
        until = time.monotonic() + _SECONDS_TO_SEND
        try:
            while len(body) < length and time.monotonic() < until:
                chunk = cast(BufferedReader, self.rfile).read1(length - len(body))
                if not chunk:
                    break
                body += chunk
        except TimeoutError:
            return None
        return bytes(body) if len(body) == length else None

    def _keep(self, body: bytes) -> HTTPStatus:
        now = datetime.now(UTC)
        topic = self.headers.get("X-Shopify-Topic", "")
        webhook_id = self.headers.get("X-Shopify-Webhook-Id", "")
        if not 0 < len(webhook_id) <= _LONGEST_ID or not is_timely(self.headers.get("X-Shopify-Triggered-At", ""), now):
            logger.warning("refused: too old, from the future, or without its id or moment")
            return HTTPStatus.BAD_REQUEST
        try:
            change = read_change(topic, body)
        except ValueError:
            logger.warning("refused: a body that doesn't fit its topic")
            return HTTPStatus.BAD_REQUEST
        if change is None:
            # Acknowledged, or Shopify would send it again and again.
            logger.info("passed over: a topic that changes nothing here")
            return HTTPStatus.OK
        try:
            is_new = self.server.queue.put(webhook_id, topic, change, now)
        except sqlite3.Error:
            logger.exception("the queue couldn't be written; Shopify will send it again")
            return HTTPStatus.SERVICE_UNAVAILABLE
        logger.info("%s %s: %s", topic, change.object_id, "kept" if is_new else "came before")
        return HTTPStatus.OK

    def _answer(self, status: HTTPStatus) -> None:
        # A refused request's body may be unread; its connection can't be used again.
        self.close_connection = True
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Requests of nobody in particular aren't logged; what was kept is."""
