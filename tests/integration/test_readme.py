"""Every command of the README works as it stands there."""

import os
import re
import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import Demo

README = re.compile(r"^```(?P<kind>\w*) ?(?P<file>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
# `make test` is what runs this test.
COMMANDS = ["make run", "make up", "make run SHOP=shops/my-shop", "make help", "make test"]


def blocks(repository: Path) -> list[tuple[str, str, str]]:
    """(language, file, text) of each fenced block."""
    text = (repository / "README.md").read_text(encoding="utf-8")
    return [(match["kind"], match["file"], match["text"]) for match in README.finditer(text)]


def test_no_command_of_the_readme_goes_untested(repository: Path) -> None:
    assert [text.strip() for kind, _, text in blocks(repository) if kind == "sh"] == COMMANDS


def test_the_first_command_ends_as_the_readme_says(repository: Path, demo: Demo) -> None:
    promised = next(text for kind, _, text in blocks(repository) if not kind and text.startswith("Rows:"))
    assert len(promised.splitlines()) == 6
    assert [line for line in promised.splitlines()[1:] if line not in demo.output] == []
    assert "Published: " in demo.output
    assert "Report:    data/demo/site/index.html" in demo.output
    assert "Open it:   make up SHOP=shops/demo" in demo.output


def listening_on(port: int) -> set[str]:
    """Addresses, as the kernel writes them, on which somebody listens on the port: 0100007F is 127.0.0.1."""
    sockets = [
        line.split() for table in ("tcp", "tcp6") for line in Path(f"/proc/net/{table}").read_text().splitlines()
    ]
    return {s[1].split(":")[0] for s in sockets if s[3] == "0A" and s[1].endswith(f":{port:04X}")}


@pytest.mark.usefixtures("demo")
def test_up_serves_the_report_and_dagster_on_this_machine_only(repository: Path, free_ports: tuple[int, int]) -> None:
    dagster, report = free_ports
    environment = {**os.environ, "DAGSTER_PORT": str(dagster), "REPORT_PORT": str(report)}
    process = subprocess.Popen(
        ["make", "up"], cwd=repository, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(3)]
        assert said[0] == f"Report:  http://127.0.0.1:{report}\n"
        assert said[2] == f"Dagster: http://127.0.0.1:{dagster}\n"
        with urllib.request.urlopen(f"http://127.0.0.1:{report}/") as answer:
            assert b"<title>" in answer.read()
        with urllib.request.urlopen(f"http://127.0.0.1:{dagster}/server_info") as answer:
            assert b"dagster_webserver_version" in answer.read()
        assert listening_on(dagster) == listening_on(report) == {"0100007F"}
    finally:
        os.killpg(process.pid, 2)
        process.wait(timeout=60)


@pytest.mark.usefixtures("demo")
def test_a_shop_of_ones_own_as_the_readme_writes_it(repository: Path, tmp_path: Path) -> None:
    shop = tmp_path / "shops" / "my-shop"
    for _, file, text in blocks(repository):
        if file:
            path = tmp_path / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    result = subprocess.run(
        ["make", "run", f"SHOP={shop}", f"ARGS=--data {tmp_path / 'data'}"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    # 2 × 12.50 + 30.00 − 3.00 + 12.50
    assert "Rows: 6 in = 6 loaded + 0 rejected + 0 delivered before" in result.stdout
    assert re.search(r"Valid orders +3\n", result.stdout)
    assert re.search(r"Net sales +64\.50 EUR\n", result.stdout)
    assert re.search(r"Ever ordered twice or more +50\.00% \(1 of 2\)", result.stdout)


def test_help_lists_every_target(repository: Path) -> None:
    listed = subprocess.run(["make", "help"], cwd=repository, capture_output=True, text=True, check=True).stdout
    for target in ("run", "up", "test", "lint", "clean", "demo", "bench"):
        assert f"make {target} " in listed


def test_the_readme_links_only_to_files_that_are_there(repository: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", (repository / "README.md").read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (repository / link).exists()] == []
