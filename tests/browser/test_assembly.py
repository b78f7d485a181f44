"""Laying figures beside pages, without a browser: whole or not at all, and clear words when tools fail."""

import json
import os
from pathlib import Path

import pytest

from orchestration.errors import UserError
from orchestration.publish.site import (
    assemble_site,
    build_pages,
    build_site,
    packages_are_current,
    read_schemas,
    shell_path,
)
from tests.browser.figures import corner_shop, write_figures


@pytest.fixture
def shell(tmp_path: Path) -> Path:
    folder = tmp_path / "shell"
    (folder / "retention").mkdir(parents=True)
    (folder / "index.html").write_text("home", encoding="utf-8")
    (folder / "retention" / "index.html").write_text("retention", encoding="utf-8")
    return folder


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with the least that makes a page."""
    reports = tmp_path / "repo" / "reports"
    (reports / "pages").mkdir(parents=True)
    (reports / "pages" / "index.md").write_text("# Home", encoding="utf-8")
    (reports / "package-lock.json").write_text('{"packages": {}}', encoding="utf-8")
    return tmp_path / "repo"


def tables_of(site: Path) -> dict[str, Path]:
    """The Parquet file that the site's manifest names for each table."""
    named = json.loads((site / "data" / "manifest.json").read_text(encoding="utf-8"))["renderedFiles"]
    assert list(named) == ["reporting"]
    return {Path(url).stem: site / Path(url).relative_to("static") for url in named["reporting"]}


def test_the_manifest_names_every_published_table(shell: Path, tmp_path: Path) -> None:
    published = write_figures(tmp_path / "one", corner_shop())
    assemble_site(shell, published / "reporting", tmp_path / "site")
    tables = tables_of(tmp_path / "site")
    assert set(tables) == {file.stem for file in (published / "reporting").iterdir()}
    for table, file in tables.items():
        assert file.read_bytes() == (published / "reporting" / f"{table}.parquet").read_bytes()
    assert (tmp_path / "site" / "retention" / "index.html").read_text(encoding="utf-8") == "retention"


def test_new_figures_get_new_addresses_and_leave_nothing_behind(shell: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    assemble_site(shell, write_figures(tmp_path / "one", corner_shop()) / "reporting", site)
    before = {table: file.relative_to(site) for table, file in tables_of(site).items()}
    assemble_site(shell, write_figures(tmp_path / "two", corner_shop(scale=2)) / "reporting", site)
    after = {table: file.relative_to(site) for table, file in tables_of(site).items()}
    same = {table for table in before if before[table] == after[table]}
    assert "headline_figures" not in same
    assert len(list((site / "data").rglob("*.parquet"))) == len(after)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_what_an_interrupted_run_left_is_cleared(shell: Path, tmp_path: Path) -> None:
    (tmp_path / ".site-99999").mkdir()
    assemble_site(shell, write_figures(tmp_path / "one", corner_shop()) / "reporting", tmp_path / "site")
    assert not (tmp_path / ".site-99999").exists()


def test_a_change_to_a_page_asks_for_a_build(repo: Path, tmp_path: Path) -> None:
    schemas = read_schemas(write_figures(tmp_path / "one", corner_shop()) / "reporting")
    before = shell_path(repo, schemas)
    page = repo / "reports" / "pages" / "index.md"
    page.write_text("# Another", encoding="utf-8")
    assert shell_path(repo, schemas) != before
    page.write_text("# Home", encoding="utf-8")
    assert shell_path(repo, schemas) == before


def test_figures_alone_ask_for_no_build(repo: Path, tmp_path: Path) -> None:
    one = read_schemas(write_figures(tmp_path / "one", corner_shop()) / "reporting")
    two = read_schemas(write_figures(tmp_path / "two", {}) / "reporting")
    assert shell_path(repo, one) == shell_path(repo, two)


def test_packages_are_judged_by_what_npm_installed(repo: Path) -> None:
    reports = repo / "reports"
    wanted = {
        "": {},
        "node_modules/a": {"version": "1.0.0"},
        "node_modules/b": {"version": "2.0.0", "optional": True},
    }
    (reports / "package-lock.json").write_text(json.dumps({"packages": wanted}), encoding="utf-8")
    assert not packages_are_current(reports)
    installed = reports / "node_modules" / ".package-lock.json"
    installed.parent.mkdir()
    installed.write_text('{"packages": {"node_modules/a": {"version": "1.0.0"}}}', encoding="utf-8")
    assert packages_are_current(reports)
    installed.write_text('{"packages": {"node_modules/a": {"version": "0.9.0"}}}', encoding="utf-8")
    assert not packages_are_current(reports)


def with_node(folder: Path, monkeypatch: pytest.MonkeyPatch, version: str, npm: str = "exit 0") -> None:
    """Put a `node` of some version and an `npm` first on PATH."""
    folder.mkdir()
    for name, script in [("node", f"echo v{version}"), ("npm", npm)]:
        (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_an_old_node_is_one_clear_line(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_node(tmp_path / "bin", monkeypatch, "16.20.2")
    reporting = write_figures(tmp_path / "one", corner_shop()) / "reporting"
    with pytest.raises(UserError, match=r"^Node 16\.20\.2 is too old: 20 or newer is needed"):
        build_pages(repo, reporting)


def test_no_node_is_one_clear_line(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    reporting = write_figures(tmp_path / "one", corner_shop()) / "reporting"
    with pytest.raises(UserError, match=r"^no working Node\.js with npm found: install Node 20 or newer"):
        build_pages(repo, reporting)


def test_a_failed_install_says_npms_last_words(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_node(
        tmp_path / "bin",
        monkeypatch,
        "20.1.0",
        'test "$1" = --version || { echo "npm error disk full"; exit 7; }',
    )
    published = write_figures(tmp_path / "one", corner_shop())
    with pytest.raises(UserError) as error:
        build_site(published, tmp_path / "site", repo)
    log = repo / "reports" / ".shell" / "build.log"
    assert error.value.message == (
        f"installing the npm packages failed (exit code 7): npm error disk full; the whole log: {log}"
    )
    assert not (tmp_path / "site").exists()


def test_a_version_without_tables_is_one_clear_line(repo: Path, tmp_path: Path) -> None:
    (tmp_path / "one" / "reporting").mkdir(parents=True)
    with pytest.raises(UserError, match="no published tables; run the shop first"):
        build_site(tmp_path / "one", tmp_path / "site", repo)
