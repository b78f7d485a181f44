"""A page of the built report as a PDF to send by mail, printed by headless Chromium from this machine alone.

Chromium is spoken to over its debugging pipe (https://chromedevtools.github.io/devtools-protocol/), which needs no
port and no package: a page is printed once it shows the shop's own figures, however long the browser takes.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from orchestration.errors import UserError
from orchestration.publish.serve import serving

# The same as in scripts/install.sh.
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# A4 with margins, in inches. The page is laid out this many pixels wide, so that charts fill the paper.
PAPER = {"paperWidth": 8.27, "paperHeight": 11.69, "marginTop": 0.4, "marginBottom": 0.4}
MARGIN = 0.4
SCALE = 0.7
LAYOUT_PIXELS = round((PAPER["paperWidth"] - 2 * MARGIN) * 96 / SCALE)
PATIENCE_SECONDS = 90.0
# The browser reads at descriptor 3 and writes at 4, whichever numbers the pipes have here. Shells can't say it for
# numbers above 9.
WIRED = """
import fcntl, os, sys
read, write = (fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3])
os.dup2(read, 3)
os.dup2(write, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
# The answer stands there and every chart is drawn.
READY = """
Boolean(document.querySelector('[data-testid=answer]')) && !document.querySelector('.so-waiting')
    && [...document.querySelectorAll('.plot')].every((plot) => plot.querySelector('svg path'))
"""


def find_chromium() -> str:
    """The program's path: what SECOND_ORDER_CHROMIUM names, or what this machine has.

    Raises:
        UserError: there is none.
    """
    named = os.environ.get("SECOND_ORDER_CHROMIUM")
    names = (named,) if named else NAMES
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        raise UserError(f"no Chromium found ({', '.join(names)}): install it, on Debian with apt-get install chromium")
    return program


def print_page(site: Path, target: Path, language: str = "en", page: str = "/") -> None:
    """Print one page of `site` to `target`, as a reader sees it who opens it in `language` (en or zh).

    Raises:
        UserError: no site, no Chromium, or the page didn't show its figures in time.
    """
    with serving(site) as base, _chromium() as browser:
        session = browser.open_page()
        metrics = {"width": LAYOUT_PIXELS, "height": 1200, "deviceScaleFactor": 1, "mobile": False}
        browser.ask("Emulation.setDeviceMetricsOverride", metrics, session)
        light = [{"name": "prefers-color-scheme", "value": "light"}]
        browser.ask("Emulation.setEmulatedMedia", {"features": light}, session)
        browser.ask("Page.navigate", {"url": f"{base}{page}?lang={language}"}, session)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not browser.ask("Runtime.evaluate", {"expression": READY}, session)["result"].get("value"):
            if time.monotonic() > deadline:
                raise UserError(f"{site}: {page} showed no figures within {PATIENCE_SECONDS:.0f} s; run the shop again")
            time.sleep(0.1)
        options = {**PAPER, "marginLeft": MARGIN, "marginRight": MARGIN, "scale": SCALE, "printBackground": True}
        printed = browser.ask("Page.printToPDF", options, session)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}-{os.getpid()}")
    unfinished.write_bytes(base64.b64decode(printed["data"]))
    unfinished.replace(target)


class _Browser:
    """Chromium at the other end of a pipe: one JSON message a NUL byte, asked and answered in turn."""

    def __init__(self, to_browser: BinaryIO, from_browser: BinaryIO) -> None:
        self._to, self._from = to_browser, from_browser
        self._asked = 0
        self._rest = b""

    def ask(self, method: str, parameters: Mapping[str, Any], session: str | None = None) -> dict[str, Any]:
        """The result of one command; what the browser tells of its own accord is passed over."""
        self._asked += 1
        message: dict[str, Any] = {"id": self._asked, "method": method, "params": dict(parameters)}
        if session:
            message["sessionId"] = session
        self._to.write(json.dumps(message).encode() + b"\0")
        self._to.flush()
        while True:
            answer = self._next()
            if answer.get("id") != self._asked:
                continue
            if "error" in answer:
                raise UserError(f"Chromium refused {method}: {answer['error'].get('message')}")
            result: dict[str, Any] = answer["result"]
            return result

    def open_page(self) -> str:
        """The session of a new empty page."""
        target = self.ask("Target.createTarget", {"url": "about:blank"})["targetId"]
        attached = self.ask("Target.attachToTarget", {"targetId": target, "flatten": True})
        return str(attached["sessionId"])

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            read = os.read(self._from.fileno(), 1 << 16)
            if not read:
                raise UserError("Chromium ended before the page was printed")
            self._rest += read
        message, self._rest = self._rest.split(b"\0", 1)
        answer: dict[str, Any] = json.loads(message)
        return answer


@contextmanager
def _chromium() -> Iterator[_Browser]:
    program = find_chromium()
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()
    with tempfile.TemporaryDirectory(prefix="second-order-pdf-", ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [
                sys.executable,
                "-ISc",
                WIRED,
                str(to_read),
                str(from_write),
                program,
                *FLAGS,
                "--remote-debugging-pipe",
                f"--user-data-dir={profile}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(to_read, from_write),
        )
        os.close(to_read)
        os.close(from_write)
        with os.fdopen(to_write, "wb") as to_browser, os.fdopen(from_read, "rb") as from_browser:
            browser = _Browser(to_browser, from_browser)
            try:
                yield browser
            finally:
                with suppress(UserError, OSError):
                    browser.ask("Browser.close", {})
                with suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=10)
                process.kill()
                process.wait()
