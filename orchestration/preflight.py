"""What has to be true of the machine before work starts, and the tools' telemetry, which is off.

Each check says in one line what is wrong and what to do; nothing here changes a file.
"""

import errno
import logging
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from orchestration.errors import UserError

log = logging.getLogger(__name__)

PYTHON_OLDEST: Final = (3, 11)
PYTHON_TOO_NEW: Final = (3, 14)
NODE_OLDEST: Final = 20
LOOPBACK: Final = "127.0.0.1"

TELEMETRY_FILE: Final = Path(__file__).with_name("telemetry.settings")

DAGSTER_QUIET: Final[Mapping[str, Mapping[str, bool]]] = {
    "telemetry": {"enabled": False},
    "nux": {"enabled": False},
}
"""Belongs into dagster.yaml: no environment variable reaches these. ``DAGSTER_DISABLE_TELEMETRY`` stops the
upload (``dagster._core.telemetry_upload``), but the event log under ``DAGSTER_HOME`` is still written and the
web page still reports from the browser unless ``telemetry.enabled`` is false; ``nux`` is the mailing-list
window."""

_GIGABYTE: Final = 1_000_000_000


def telemetry_settings() -> dict[str, str]:
    """Names and values of ``telemetry.settings``: the one list of switches, shared with ``scripts/install.sh``."""
    lines = (line.strip() for line in TELEMETRY_FILE.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def disable_telemetry() -> None:
    """Switch every tool's telemetry off for this process and all it starts.

    Call it before dagster, dbt or great_expectations are imported: some read the environment only then.
    """
    os.environ.update(telemetry_settings())


def check_python(version: tuple[int, ...] | None = None) -> None:
    """Raise UserError unless the interpreter (or ``version``) is one the locked packages exist for."""
    found = tuple(sys.version_info[:3]) if version is None else version
    if not PYTHON_OLDEST <= found[:2] < PYTHON_TOO_NEW:
        raise UserError(
            f"Python {'.'.join(map(str, found))} won't do: 3.11, 3.12 or 3.13 is needed; "
            "put one on PATH, remove .venv and run the same command again"
        )


def check_node() -> tuple[int, int, int]:
    """Version of the Node.js on PATH.

    Raises:
        UserError: there is none, it doesn't start or it is older than ``NODE_OLDEST``.
    """
    wanted = f"install Node.js {NODE_OLDEST} or newer and put it on PATH"
    node = shutil.which("node")
    if node is None:
        raise UserError(f"node not found: {wanted}")
    try:
        answer = subprocess.run(
            [node, "--version"], capture_output=True, text=True, timeout=20, check=True
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError) as error:
        raise UserError(f"{node} --version failed ({type(error).__name__}): {wanted}") from error
    numbers = re.search(r"(\d+)\.(\d+)\.(\d+)", answer)
    if numbers is None:
        raise UserError(f"{node} --version says {answer!r}, no version: {wanted}")
    major, minor, patch = (int(number) for number in numbers.groups())
    if major < NODE_OLDEST:
        raise UserError(f"Node.js {major}.{minor}.{patch} ({node}) is too old: {wanted}")
    return major, minor, patch


def check_disk(path: Path, needed_bytes: int) -> int:
    """Bytes free for this user on the disk that holds ``path``, which need not exist yet.

    Raises:
        UserError: fewer than ``needed_bytes`` are free.
    """
    existing = next(folder for folder in (path.absolute(), *path.absolute().parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    if free < needed_bytes:
        raise UserError(
            f"disk full: {needed_bytes / _GIGABYTE:.2f} GB are needed in {path}, "
            f"{free / _GIGABYTE:.2f} GB are free; free some space and run the same command again"
        )
    return free


def check_port(port: int, what: str = "this server", option: str | None = None) -> None:
    """Raise UserError unless a server can listen on ``port`` of 127.0.0.1 now.

    Args:
        port: 1 to 65535.
        what: the server that wants it, as the user knows it: ``"the report"``.
        option: the command-line option that names another port: ``"--port"``.
    """
    if not 1 <= port <= 65535:
        raise UserError(f"port {port} for {what}: a port is a number from 1 to 65535")
    instead = f"choose another with {option}" if option else "stop the program that holds it"
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port whose last connection closed a moment ago is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise UserError(f"port {port} on {LOOPBACK}, for {what}, is taken: {instead}") from error
            raise UserError(f"port {port} on {LOOPBACK}, for {what}, can't be used: {error.strerror}") from error
