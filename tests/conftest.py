"""What all tests share: real shops' files, the browser, a repeatable hypothesis, no telemetry."""

import fcntl
import os
import shutil
import socket
import subprocess
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from orchestration.errors import UserError
from orchestration.preflight import disable_telemetry
from orchestration.publish.pdf import find_chromium

REPOSITORY = Path(__file__).resolve().parent.parent

# Before any test module imports dagster, dbt or great_expectations.
disable_telemetry()

# The same examples on every run and machine: a failure is a failure, never a matter of luck or of load.
settings.register_profile(
    "repeatable",
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The repository's folder."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder with the real shops (``shared/shops/<name>``), beside the repository or where the variable says.

    Where it is missing, CI fails and everyone else skips.
    """
    folder = Path(os.environ.get("SECOND_ORDER_SHARED") or REPOSITORY.parent / "shared")
    if folder.is_dir():
        return folder.resolve()
    reason = f"{folder} is missing: it holds the real shops' files; SECOND_ORDER_SHARED names another folder"
    if _in_ci():
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Path of the Chromium for browser tests; without it, or without CJK fonts, they fail and never skip."""
    try:
        found = find_chromium()
    except UserError as error:
        pytest.fail(error.message, pytrace=False)
    if shutil.which("fc-list"):
        fonts = subprocess.run(["fc-list", ":lang=ja", "family"], capture_output=True, text=True, check=False)
        if not fonts.stdout.strip():
            pytest.fail("no CJK font: install one, on Debian with apt-get install fonts-noto-cjk", pytrace=False)
    return Path(found)


@dataclass(frozen=True)
class Demo:
    """The demo shop as `make run` left it: what the command printed, and where the shop's data lie."""

    output: str
    data: Path

    @property
    def published(self) -> Path:
        """The version that was published."""
        return (self.data / "published" / "current").resolve()


@pytest.fixture(scope="session")
def demo(repository: Path, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Demo:
    """The README's first command, run once for all workers."""
    base = tmp_path_factory.getbasetemp()
    said = (base if worker_id == "master" else base.parent) / "make_run.txt"
    with said.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            run = subprocess.run(["make", "run"], cwd=repository, capture_output=True, text=True, check=False)
            if run.returncode != 0:
                pytest.fail(f"make run failed: {run.stderr.strip() or run.stdout[-2000:]}", pytrace=False)
            said.write_text(run.stdout, encoding="utf-8")
    return Demo(said.read_text(encoding="utf-8"), repository / "data" / "demo")


@pytest.fixture
def free_ports() -> tuple[int, int]:
    """Two ports of 127.0.0.1 that nobody listens on.

    Below those that the system hands out by itself, so that none of the servers that start meanwhile is given one.
    """
    first = 20_000 + os.getpid() * 7 % 10_000
    one, other = islice(filter(_is_free, range(first, first + 1_000)), 2)
    return one, other


def _is_free(port: int) -> bool:
    with socket.socket() as candidate:
        try:
            candidate.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
