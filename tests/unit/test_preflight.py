"""The checks before work starts: each names what is wrong in one line and says what to do."""

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration import preflight
from orchestration.errors import UserError


def program(folder: Path, name: str, says: str, exit_code: int = 0) -> Path:
    """An executable ``name`` in ``folder`` that prints ``says`` whatever it is asked."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\necho '{says}'\nexit {exit_code}\n", encoding="utf-8")
    file.chmod(0o755)
    return file


def tools_without(folder: Path, *missing: str) -> Path:
    """A folder to be the whole PATH: what scripts/install.sh itself calls, and nothing of ``missing``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("sh", "awk", "cat", "cksum", "df", "dirname", "flock", "head", "ln", "mkdir", "rm", "sed"):
        found = shutil.which(name)
        if found and name not in missing:
            (folder / name).symlink_to(found)
    return folder


@pytest.fixture
def bare_copy(repository: Path, tmp_path: Path) -> Path:
    """What scripts/install.sh reads of the repository, in a folder where nothing is installed yet."""
    copy = tmp_path / "copy"
    for name in ("scripts/install.sh", "orchestration/telemetry.settings", "uv.lock", "reports/package-lock.json"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(repository / name, copy / name)
    return copy


def install(copy: Path, path: Path, part: str) -> subprocess.CompletedProcess[str]:
    """Run ``scripts/install.sh <part>`` in ``copy`` with ``path`` as the whole PATH."""
    return subprocess.run(
        [copy / "scripts/install.sh", part],
        env={"PATH": str(path), "HOME": str(copy)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def only_line(answer: subprocess.CompletedProcess[str]) -> str:
    """What was printed: exactly one line, on the error stream, with a non-zero exit."""
    assert answer.returncode == 2
    assert answer.stdout == ""
    lines = answer.stderr.splitlines()
    assert len(lines) == 1, answer.stderr
    return lines[0]


def test_a_user_error_is_one_line_and_never_a_success() -> None:
    error = UserError("orders.csv:\n  row 3: no   order_id", exit_code=3)
    assert str(error) == "orders.csv: row 3: no order_id"
    assert error.exit_code == 3
    assert UserError("anything").exit_code == 2
    with pytest.raises(ValueError, match="non-zero"):
        UserError("anything", exit_code=0)


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 7), (3, 13, 9)])
def test_python_from_3_11_to_3_13_will_do(version: tuple[int, int, int]) -> None:
    preflight.check_python(version)


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 10, 14), (3, 14, 0)])
def test_another_python_is_named(version: tuple[int, int, int]) -> None:
    with pytest.raises(UserError, match=re.escape(".".join(map(str, version)))):
        preflight.check_python(version)


def test_the_running_python_will_do() -> None:
    preflight.check_python()


def test_node_on_path_gives_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "node", "v22.9.1")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert preflight.check_node() == (22, 9, 1)


@pytest.mark.parametrize(
    ("says", "exit_code", "complaint"),
    [
        ("v19.9.9", 0, r"Node\.js 19\.9\.9 .* is too old: install Node\.js 20 or newer"),
        ("nothing of use", 0, r"says 'nothing of use', no version: install Node\.js 20"),
        ("v22.0.0", 1, r"node --version failed .*: install Node\.js 20"),
    ],
)
def test_a_node_that_will_not_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, exit_code: int, complaint: str
) -> None:
    program(tmp_path, "node", says, exit_code)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=complaint):
        preflight.check_node()


def test_no_node_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"^node not found: install Node\.js 20"):
        preflight.check_node()


def test_disk_space_is_that_of_the_disk_a_path_will_lie_on(tmp_path: Path) -> None:
    not_made_yet = tmp_path / "data" / "shop"
    free = preflight.check_disk(not_made_yet, 1)
    assert 1 <= free <= shutil.disk_usage(tmp_path).total
    assert not not_made_yet.exists()
    with pytest.raises(UserError, match=r"^disk full: 1000000\.00 GB are needed in .*/data/shop, "):
        preflight.check_disk(not_made_yet, 10**15)


def test_a_taken_port_is_named_and_free_again_afterwards() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(UserError, match=rf"^port {port} on 127\.0\.0\.1, for the report, is taken: .*--port$"):
            preflight.check_port(port, "the report", "--port")
        with pytest.raises(UserError, match="stop the program that holds it"):
            preflight.check_port(port)
    preflight.check_port(port)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_number_that_is_no_port(port: int) -> None:
    with pytest.raises(UserError, match="a number from 1 to 65535"):
        preflight.check_port(port)


def test_telemetry_settings_are_what_the_shell_reads() -> None:
    read_by_shell = subprocess.run(
        ["sh", "-c", 'set -a; . "$0"; env', preflight.TELEMETRY_FILE],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    settings = preflight.telemetry_settings()
    assert {f"{name}={value}" for name, value in settings.items()} <= set(read_by_shell)
    assert settings["DO_NOT_TRACK"] == "1"
    assert settings["SEND_ANONYMOUS_USAGE_STATS"] == "no"


def test_dagster_and_dbt_hear_that_telemetry_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in preflight.telemetry_settings():
        monkeypatch.setenv(name, "true")
    preflight.disable_telemetry()

    from dagster._core.telemetry_upload import is_running_in_test
    from dbt.cli.flags import Flags
    from dbt.cli.main import cli

    # Dagster's own name for "don't upload".
    assert is_running_in_test()
    context = cli.make_context("dbt", ["parse"])
    assert Flags(context).SEND_ANONYMOUS_USAGE_STATS is False


def test_dagster_takes_the_quiet_settings() -> None:
    from dagster import DagsterInstance, instance_for_test

    with instance_for_test(overrides={k: dict(v) for k, v in preflight.DAGSTER_QUIET.items()}) as instance:
        assert isinstance(instance, DagsterInstance)
        assert instance.telemetry_enabled is False
        assert instance.nux_enabled is False


def test_install_names_a_python_that_is_too_old(bare_copy: Path, tmp_path: Path) -> None:
    path = tools_without(tmp_path / "bin")
    program(path, "python3", "Python 3.10.12")
    complaint = only_line(install(bare_copy, path, "python"))
    assert complaint == (
        "second-order: error: python3 (3.10.12) won't do: "
        "Python 3.11, 3.12 or 3.13 is needed; install one and put it on PATH"
    )


def test_install_names_a_python_that_is_too_new(bare_copy: Path, tmp_path: Path) -> None:
    path = tools_without(tmp_path / "bin")
    program(path, "python3", "Python 3.14.0")
    assert "python3 (3.14.0) won't do" in only_line(install(bare_copy, path, "python"))


def test_install_without_any_python(bare_copy: Path, tmp_path: Path) -> None:
    path = tools_without(tmp_path / "bin")
    assert "no Python found" in only_line(install(bare_copy, path, "python"))


def test_install_names_a_node_that_is_too_old(bare_copy: Path, tmp_path: Path) -> None:
    path = tools_without(tmp_path / "bin")
    program(path, "node", "v18.20.4")
    program(path, "npm", "10.7.0")
    complaint = only_line(install(bare_copy, path, "site"))
    assert complaint == (
        "second-order: error: Node.js 18.20.4 is too old: 20 or newer is needed; install one and put it on PATH"
    )


def test_install_without_node(bare_copy: Path, tmp_path: Path) -> None:
    path = tools_without(tmp_path / "bin")
    assert "node not found" in only_line(install(bare_copy, path, "site"))


def test_install_on_a_full_disk(bare_copy: Path, tmp_path: Path) -> None:
    path = tools_without(tmp_path / "bin", "df")
    (path / "python3").symlink_to(sys.executable)
    program(path, "df", "Filesystem\n/dev/sda1 1000000 990000 10240 99% /")
    complaint = only_line(install(bare_copy, path, "python"))
    assert re.search(
        r"disk full: installing needs 3000 MB free in .*/copy, there are 10 MB; free some space", complaint
    )


def test_an_interrupted_install_starts_from_an_empty_folder(bare_copy: Path, tmp_path: Path) -> None:
    """uv is a stand-in that fails once, then writes a file: what is tested is what surrounds it."""
    path = tools_without(tmp_path / "bin")
    (path / "python3").symlink_to(sys.executable)
    half = bare_copy / ".venv" / "half"
    half.parent.mkdir(parents=True)
    half.touch()

    stand_in = (
        '#!/bin/sh\n[ "$1" != --version ] || { echo "uv 99.0.0"; exit; }\nmkdir -p .venv/bin; echo "$*" >>calls\n'
    )
    (path / "uv").write_text(stand_in + "exit 1\n", encoding="utf-8")
    (path / "uv").chmod(0o755)
    failed = install(bare_copy, path, "python")
    assert failed.returncode == 2
    assert failed.stderr.splitlines()[-1].startswith("second-order: error: installing the Python packages failed")
    assert not (bare_copy / ".tools/python.installed").exists()
    assert half.exists(), "an environment that no install left unfinished is kept"

    (path / "uv").write_text(stand_in + 'ln -s "$(command -v cat)" .venv/bin/python\n', encoding="utf-8")
    assert install(bare_copy, path, "python").returncode == 0
    assert not half.exists()
    assert (bare_copy / ".tools/python.installed").exists()
    assert not (bare_copy / ".tools/python.unfinished").exists()

    nothing_to_do = install(bare_copy, path, "python")
    assert (nothing_to_do.returncode, nothing_to_do.stdout, nothing_to_do.stderr) == (0, "", "")
    calls = (bare_copy / "calls").read_text(encoding="utf-8").splitlines()
    assert len(calls) == 2
    assert all(call.startswith("sync --frozen ") for call in calls)


def test_a_changed_lock_file_installs_again(bare_copy: Path, tmp_path: Path) -> None:
    path = tools_without(tmp_path / "bin")
    program(path, "node", "v20.1.0")
    program(path, "npm", "npm was called")
    (bare_copy / "reports/node_modules").mkdir()
    assert install(bare_copy, path, "site").stdout == "npm was called\n"
    assert install(bare_copy, path, "site").stdout == ""
    with (bare_copy / "reports/package-lock.json").open("a", encoding="utf-8") as lock:
        lock.write("\n")
    assert install(bare_copy, path, "site").stdout == "npm was called\n"
    program(path, "node", "v22.0.0")
    assert install(bare_copy, path, "site").stdout == "npm was called\n", "another major version of Node"
