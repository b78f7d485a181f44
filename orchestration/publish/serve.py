"""A static file server for the built site, for this machine only.

The browser reads Parquet files piece by piece, so the server answers Range requests, which Python's own
doesn't.
"""

import errno
import logging
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

from orchestration.errors import UserError

LOGGER = logging.getLogger(__name__)

ADDRESS = "127.0.0.1"
BYTE_RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")
# Code whose name holds a hash of its content, wherever a site lies; everything else may change under its name.
IMMUTABLE = "/_app/immutable/"
# Folders beside the site that the report links to. They are for this machine and no part of the site.
BESIDE = ("data_docs", "dbt_docs")

MIME_TYPES = {
    **SimpleHTTPRequestHandler.extensions_map,
    ".arrow": "application/vnd.apache.arrow.stream",
    ".css": "text/css",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".parquet": "application/vnd.apache.parquet",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}


class SiteHandler(SimpleHTTPRequestHandler):
    """Serves one folder; `directory` says which."""

    protocol_version = "HTTP/1.1"
    # Head and body are sent apart: the body would wait for the browser to confirm the head, 40 ms with every file.
    disable_nagle_algorithm = True
    server_version = "second-order"
    sys_version = ""
    extensions_map = MIME_TYPES

    def send_head(self) -> Any:
        """Status and headers; the file to send, cut to the range that was asked for, or None."""
        # A name that merely points here (DNS rebinding) must not read a shop's figures.
        host = (self.headers.get("Host") or "").rsplit(":", 1)[0]
        if host not in (ADDRESS, "localhost"):
            self.send_error(HTTPStatus.FORBIDDEN, "Only this machine may ask")
            return None
        asked = BYTE_RANGE.match(self.headers.get("Range") or "")
        path = Path(self.translate_path(self.path))
        if asked is None or not any(asked.groups()) or not path.is_file():
            return super().send_head()
        with path.open("rb") as file:
            size = path.stat().st_size
            start, end = _bounds(asked.group(1), asked.group(2), size)
            if start >= size or start > end:
                self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
                self.send_header("Content-Range", f"bytes */{size}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return None
            file.seek(start)
            content = file.read(end - start + 1) if self.command == "GET" else b""
        self.send_response(HTTPStatus.PARTIAL_CONTENT)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Range", f"bytes {start}-{end}/{size}")
        self.send_header("Content-Length", str(end - start + 1))
        self.end_headers()
        return BytesIO(content)

    def translate_path(self, path: str) -> str:
        """The file of an address: of the site, or of the documentation beside it."""
        file = super().translate_path(path)
        # Judged once it is free of "..", so that nothing else beside the site can be reached.
        inside = os.path.relpath(file, self.directory)
        if inside.split(os.sep, 1)[0] not in BESIDE:
            return file
        return str(Path(self.directory).resolve().parent / inside)

    def end_headers(self) -> None:
        """Adds what every answer carries."""
        path = getattr(self, "path", "").split("?", 1)[0]
        lasting = IMMUTABLE in path
        self.send_header("Cache-Control", "public, max-age=31536000, immutable" if lasting else "no-store")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def list_directory(self, path: Any) -> None:  # noqa: ARG002
        """A folder without a page is not found; its content is nobody's business."""
        self.send_error(HTTPStatus.NOT_FOUND, "File not found")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Requests go to the log, not to the terminal."""
        LOGGER.debug(format, *args)


def serve(site: Path, port: int) -> None:
    """Serve `site` at http://127.0.0.1:`port`/ until interrupted.

    Raises:
        UserError: there is no site, or the port is taken or not allowed.
    """
    with _server(site, port) as server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            LOGGER.info("stopped serving %s", site)


@contextmanager
def serving(site: Path, port: int = 0) -> Iterator[str]:
    """Serve `site` from a thread for as long as the block runs; gives the address, without a last slash.

    Port 0 takes a free one.
    """
    with _server(site, port) as server:
        # Looks often whether it should stop: a test that serves a site shouldn't wait for it.
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://{ADDRESS}:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def _server(site: Path, port: int) -> ThreadingHTTPServer:
    if not (site / "index.html").is_file():
        raise UserError(f"{site}: no report there; run the shop first")
    try:
        server = ThreadingHTTPServer((ADDRESS, port), partial(SiteHandler, directory=str(site)))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UserError(f"port {port} on {ADDRESS} is taken: stop what uses it or choose another port") from error
        if error.errno == errno.EACCES:
            raise UserError(f"port {port} on {ADDRESS} is not allowed: choose one above 1023") from error
        raise
    except OverflowError as error:
        raise UserError(f"port {port} does not exist: choose one from 1024 to 65535") from error
    server.daemon_threads = True
    return server


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """First and last byte of a Range header's two numbers; either may be left out (RFC 9110, 14.1.2)."""
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1
