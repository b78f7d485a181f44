"""The shop's report site: pages built once, figures laid beside them.

Building the pages takes about a minute and 3 GB, so it happens only when their code or the columns of the
published tables change. They are built over a shop without a single figure: nothing that a reader sees comes
from the build, the browser reads every figure from the Parquet files that `assemble_site` lays beside the
pages. New figures therefore cost no page build and are never preceded by old ones.
"""

import ctypes
import errno
import fcntl
import hashlib
import json
import logging
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.errors import UserError

LOGGER = logging.getLogger(__name__)

# A table's columns in order, each with its name and type as DuckDB writes it.
Columns = tuple[tuple[str, str], ...]
Schemas = Mapping[str, Columns]

SOURCE = "reporting"
NODE_OLDEST = 20
# What of reports/ decides how a page looks and what it asks for.
PAGE_CODE = (
    "package.json",
    "package-lock.json",
    "evidence.config.yaml",
    "svelte.config.js",
    "app.css",
    "pages",
    "components",
    "partials",
    "queries",
    "sources",
    "static",
)
SHELLS_KEPT = 3
INSTALL_SECONDS = 900
BUILD_SECONDS = 1200
# Raised by hand when this module changes what it makes of a build.
SHELL_FORMAT = 2
# Where the built code names the path that the site is served under, and what it is to say instead: the folder three
# above a piece of code, whichever that is for a reader.
BASE_AT_BUILD = '{deployment:{basePath:""}}'
BASE_FOR_READER = '{deployment:{basePath:new URL("../../..",import.meta.url).pathname.slice(0,-1)}}'


@dataclass(frozen=True)
class SiteResult:
    """What `build_site` did: whether pages had to be built, wall time in seconds, and the page to open."""

    pages_built: bool
    seconds: float
    index: Path


def build_site(published: Path, site: Path, repo: Path) -> SiteResult:
    """Bring `site` to the figures of `published`, a version folder that holds `reporting/*.parquet`.

    Pages are built first if their code or the tables' columns changed; otherwise this takes under 2 s.

    Raises:
        UserError: no published tables, Node missing or too old, npm or the page build failed.
    """
    started = time.monotonic()
    reporting = published / SOURCE
    schemas = read_schemas(reporting)
    shell = shell_path(repo, schemas)
    pages_built = False
    if not pages_are_current(repo, schemas):
        shell = build_pages(repo, reporting)
        pages_built = True
    assemble_site(shell, reporting, site)
    return SiteResult(pages_built, time.monotonic() - started, site / "index.html")


def read_schemas(reporting: Path) -> dict[str, Columns]:
    """The columns of every published table, by table name.

    Raises:
        UserError: the folder holds no Parquet file, or one that can't be read.
    """
    schemas: dict[str, Columns] = {}
    with duckdb.connect() as connection:
        for file in sorted(reporting.glob("*.parquet")):
            try:
                rows = connection.execute("describe select * from read_parquet(?)", [str(file)]).fetchall()
            except duckdb.Error as error:
                raise UserError(f"{file}: not readable as Parquet: {error}; publish the shop again") from error
            schemas[file.stem] = tuple((str(row[0]), str(row[1])) for row in rows)
    if not schemas:
        raise UserError(f"{reporting}: no published tables; run the shop first")
    return schemas


def shell_path(repo: Path, schemas: Schemas) -> Path:
    """Where the pages for this code and these columns lie once they are built."""
    reports = repo / "reports"
    digest = hashlib.sha256(json.dumps([SHELL_FORMAT, sorted(schemas.items())]).encode())
    for name in PAGE_CODE:
        for file in _files_of(reports / name):
            digest.update(f"\0{file.relative_to(reports).as_posix()}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return reports / ".shell" / digest.hexdigest()[:16]


def pages_are_current(repo: Path, schemas: Schemas) -> bool:
    """Whether pages built from this very code for these very columns are there."""
    return (shell_path(repo, schemas) / "index.html").is_file()


def build_pages(repo: Path, reporting: Path, log: Path | None = None) -> Path:
    """Build the pages for the columns of the Parquet files in `reporting`; returns the folder they lie in.

    npm packages are installed first where they differ from package-lock.json. Everything the tools say goes
    to `log` (default: `reports/.shell/build.log`). A second caller waits and takes what the first built.

    Raises:
        UserError: Node missing or too old, npm or the page build failed; names the log.
    """
    reports = repo / "reports"
    schemas = read_schemas(reporting)
    shell = shell_path(repo, schemas)
    shell.parent.mkdir(parents=True, exist_ok=True)
    log = log or shell.parent / "build.log"
    with _one_at_a_time(shell.parent / "lock") as held:
        if pages_are_current(repo, schemas):
            return shell
        _check_node()
        with log.open("w", encoding="utf-8") as output:
            output.write("")
        if not packages_are_current(reports):
            LOGGER.info("installing the report's npm packages (about a minute)")
            command = ["npm", "ci", "--no-audit", "--no-fund"]
            _run(command, reports, log, held, INSTALL_SECONDS, "installing the npm packages")
        LOGGER.info("building the report's pages (about a minute; only when their code changed)")
        _lay_empty_tables(reporting, reports / ".evidence" / "template" / "static" / "data")
        # The build never cleans its own output.
        build = reports / "build"
        for leftover in (build, reports / ".evidence" / "template" / "build"):
            shutil.rmtree(leftover, ignore_errors=True)
        command = ["node", "node_modules/@evidence-dev/evidence/cli.js", "build:strict"]
        _run(command, reports, log, held, BUILD_SECONDS, "building the report's pages")
        _check_pages(reports, build, log)
        if shell_path(repo, schemas) != shell:
            raise UserError("the report's pages were edited while they were being built: run it again")
        _strip(build)
        _serve_anywhere(build)
        shutil.rmtree(shell, ignore_errors=True)
        build.rename(shell)
        _forget_old_shells(shell)
    return shell


def packages_are_current(reports: Path) -> bool:
    """Whether `node_modules` holds exactly what package-lock.json names.

    npm writes what it installed into a hidden lock file as its last step, so an interrupted install never
    looks complete, whoever started it.
    """
    try:
        wanted = _locked(reports / "package-lock.json")
        found = _locked(reports / "node_modules" / ".package-lock.json")
    except (OSError, ValueError, KeyError):
        return False
    # Optional packages are those of other platforms, which npm leaves out.
    return all(
        name in found and found[name].get("version") == package.get("version")
        for name, package in wanted.items()
        if name and not package.get("optional")
    )


def assemble_site(shell: Path, reporting: Path, site: Path) -> None:
    """Lay pages and figures together at `site`, in one step: readers see the whole old site or the whole new.

    A table's path holds a hash of its content, so no cache on the way can serve an old one.
    """
    site.parent.mkdir(parents=True, exist_ok=True)
    for leftover in site.parent.glob(f".{site.name}-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh = site.parent / f".{site.name}-{os.getpid()}"
    shutil.copytree(shell, fresh, copy_function=_link_or_copy)
    data = fresh / "data"
    shutil.rmtree(data, ignore_errors=True)
    urls = []
    for file in sorted(reporting.glob("*.parquet")):
        content = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
        target = data / SOURCE / file.stem / content / file.name
        target.parent.mkdir(parents=True)
        _link_or_copy(file, target)
        urls.append(f"static/{target.relative_to(fresh).as_posix()}")
    (data / "manifest.json").write_text(json.dumps({"renderedFiles": {SOURCE: urls}}), encoding="utf-8")
    _swap(fresh, site)


def _locked(lock: Path) -> dict[str, dict[str, object]]:
    packages: dict[str, dict[str, object]] = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    return packages


def _files_of(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from sorted(file for file in path.rglob("*") if file.is_file())


def _check_node() -> None:
    try:
        answer = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True, timeout=60)
        subprocess.run(["npm", "--version"], capture_output=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        raise UserError(
            f"no working Node.js with npm found: install Node {NODE_OLDEST} or newer and put it on PATH"
        ) from error
    version = answer.stdout.strip().removeprefix("v")
    if not version.split(".")[0].isdigit() or int(version.split(".")[0]) < NODE_OLDEST:
        raise UserError(f"Node {version} is too old: {NODE_OLDEST} or newer is needed; install one and put it on PATH")


def _run(command: list[str], folder: Path, log: Path, held: int, seconds: int, doing: str) -> None:
    """Run `command`, its output appended to `log`; none of its processes outlives this call.

    Should this process be killed all the same, its orphans keep `held` open, and so the lock, until they end.
    """
    environment = {
        **os.environ,
        "SEND_ANONYMOUS_USAGE_STATS": "no",
        "DO_NOT_TRACK": "1",
        "VITE_TELEMETRY_DISABLED": "1",
        "NO_COLOR": "1",
        "npm_config_update_notifier": "false",
    }
    with log.open("a", encoding="utf-8") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(held,),
        )
        try:
            code = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise UserError(f"{doing} took more than {seconds} s and was stopped; its log: {log}") from error
        finally:
            _end_group(process)
    if code != 0:
        raise UserError(f"{doing} failed (exit code {code}): {_last_lines(log)}; the whole log: {log}")


def _end_group(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _last_lines(log: Path, count: int = 4) -> str:
    """The last lines that say something: not the traces and blank lines that Node ends with."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", log.read_text(encoding="utf-8", errors="replace"))
    noise = re.compile(r"^(at |Node\.js v|npm warn|\(Use `node|\^|throw |Emitted )|^[\s^{}]*$")
    lines = [line.strip() for line in text.splitlines() if not noise.search(line.strip())]
    return " | ".join(lines[-count:]) or "it said nothing"


def _lay_empty_tables(reporting: Path, data: Path) -> None:
    shutil.rmtree(data, ignore_errors=True)
    urls = []
    with duckdb.connect() as connection:
        for file in sorted(reporting.glob("*.parquet")):
            target = data / SOURCE / file.stem / file.name
            target.parent.mkdir(parents=True)
            connection.read_parquet(str(file)).limit(0).write_parquet(str(target))
            urls.append(f"static/data/{SOURCE}/{file.stem}/{file.name}")
    (data / "manifest.json").write_text(json.dumps({"renderedFiles": {SOURCE: urls}}), encoding="utf-8")


def _check_pages(reports: Path, build: Path, log: Path) -> None:
    pages = reports / "pages"
    for page in sorted(pages.rglob("*.md")):
        if "[" in str(page):
            continue
        name = page.relative_to(pages).with_suffix("")
        html = build / (name.parent if name.name == "index" else name) / "index.html"
        if not html.is_file():
            made = html.relative_to(build)
            raise UserError(f"building the report's pages made no {made} for {page}; its log: {log}")


def _strip(build: Path) -> None:
    """Take out of a build what would show the build's own (empty) data, and the tool's own pages."""
    for folder in ("data", "explore", "settings", "api/prerendered_queries"):
        shutil.rmtree(build / folder, ignore_errors=True)
    # An empty list rather than no file: the page then asks its tables, and no request fails.
    for queries in (build / "api").rglob("all-queries.json"):
        queries.write_text("{}", encoding="utf-8")


def _serve_anywhere(build: Path) -> None:
    """Let the pages be served under any path: SvelteKit's own addresses are relative, Evidence's follow here.

    Raises:
        UserError: the code doesn't name its base as expected, which a newer Evidence might do.
    """
    code = build / "_app" / "immutable"
    named = 0
    for file in (*code.glob("chunks/*.js"), *code.glob("nodes/*.js"), *code.glob("entry/*.js")):
        text = file.read_text(encoding="utf-8")
        if BASE_AT_BUILD in text:
            named += 1
            file.write_text(text.replace(BASE_AT_BUILD, BASE_FOR_READER), encoding="utf-8")
    if not named:
        raise UserError(
            f"the report's code holds no {BASE_AT_BUILD}, so its pages would work under no path but /: "
            "build with the Evidence that package-lock.json names"
        )
    manifest = build / "manifest.webmanifest"
    if manifest.is_file():
        manifest.write_text(manifest.read_text(encoding="utf-8").replace('"src":"/', '"src":"'), encoding="utf-8")


def _forget_old_shells(newest: Path) -> None:
    shells = [folder for folder in newest.parent.iterdir() if folder.is_dir() and folder != newest]
    shells.sort(key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in shells[SHELLS_KEPT - 1 :]:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _one_at_a_time(lock: Path) -> Iterator[int]:
    with lock.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            LOGGER.info("another run is building the report's pages; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle.fileno()


def _link_or_copy(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _swap(fresh: Path, site: Path) -> None:
    if site.is_symlink() or site.is_file():
        site.unlink()
    if not site.exists():
        fresh.rename(site)
        return
    if _exchange(fresh, site):
        shutil.rmtree(fresh)
        return
    old = fresh.with_name(f"{fresh.name}-old")
    site.rename(old)
    fresh.rename(site)
    shutil.rmtree(old)


def _exchange(one: Path, other: Path) -> bool:
    """Linux can swap two folders in one step; whether it did. Elsewhere two renames have to do."""
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    if renameat2(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0:
        return True
    failure = ctypes.get_errno()
    if failure in (errno.EINVAL, errno.ENOSYS):
        return False
    raise OSError(failure, os.strerror(failure), str(other))
