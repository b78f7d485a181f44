"""What a report costs: its page build, the first page in a cold browser, the pages after it, and the bytes they take.

    python -m tests.bench shops/demo --pages

The shop must have been run. Bars: 150 s and 4 GB for the build, 3 s for the first page, 1 s for a later one, 15 MB of
figures for a shop of any size.
"""

import os
import shutil
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, Response, sync_playwright

from orchestration.publish.pdf import FLAGS, READY, find_chromium
from orchestration.publish.serve import serving
from orchestration.publish.site import assemble_site, build_pages
from orchestration.shop import REPOSITORY, load_shop

COLD_STARTS = 3
PATIENCE = 120_000


def time_pages(shop: Path, build: bool = True) -> None:
    """Print what a shop's report costs. `build`: the pages are built anew too, in a copy of `reports/`."""
    reporting = (REPOSITORY / "data" / load_shop(shop).name / "published" / "current" / "reporting").resolve()
    print(f"load at the start: {_load()} on {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory(prefix="pages-", dir=REPOSITORY / "data") as folder:
        repo = REPOSITORY
        if build:
            repo = Path(folder) / "repo"
            _copy_reports(repo / "reports")
        with _most_memory() as most:
            started = time.monotonic()
            shell = build_pages(repo, reporting)
            seconds = time.monotonic() - started
        if build:
            print(f"page build: {seconds:.0f} s, {most[0] / 2**30:.2f} GB at most (load {_load()})")
        site = Path(folder) / "site"
        started = time.monotonic()
        assemble_site(shell, reporting, site)
        print(f"laying figures beside the pages: {time.monotonic() - started:.2f} s")
        figures = [file.stat().st_size for file in (site / "data").rglob("*.parquet")]
        print(f"figures published: {sum(figures) / 1e6:.2f} MB in {len(figures)} tables")
        _visit(site)
    print(f"load at the end: {_load()}")


def _visit(site: Path) -> None:
    first, inside, opened = [], [], []
    sent: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    with serving(site) as base, sync_playwright() as playwright:
        for start in range(COLD_STARTS):
            # A new process with a new profile: nothing is cached or compiled.
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=[*FLAGS])
            page = browser.new_page()
            if start:
                first.append(_open(page, f"{base}/"))
                browser.close()
                continue

            def answered(answer: Response) -> None:
                _count(answer, sent, asked)

            page.on("response", answered)
            first.append(_open(page, f"{base}/"))
            links = page.get_by_role("navigation").get_by_role("link")
            for number in range(1, links.count()):
                began = time.monotonic()
                links.nth(number).click()
                _wait(page)
                inside.append(time.monotonic() - began)
            page.remove_listener("response", answered)
            addresses = sorted({link.get_attribute("href") or "/" for link in links.all()})
            opened += [_open(page, f"{base}{address}") for address in addresses]
            browser.close()
    _say("first page, cold browser", first)
    _say("a later page by its link", inside)
    _say("a page by its address, same browser", opened)
    for kind in sorted(sent, key=lambda kind: -sent[kind]):
        print(f"  sent to one reader of all pages: {kind:8} {sent[kind] / 1e6:7.2f} MB in {asked[kind]} answers")


def _open(page: Page, address: str) -> float:
    began = time.monotonic()
    page.goto(address, wait_until="commit")
    _wait(page)
    return time.monotonic() - began


def _wait(page: Page) -> None:
    """Usable: the address's own answer is there, every panel too, and every chart is drawn."""
    page.wait_for_function(
        f"() => document.querySelector('nav [aria-current]')?.pathname === location.pathname && ({READY})",
        timeout=PATIENCE,
        polling=20,
    )


def _count(answer: Response, sent: Counter[str], asked: Counter[str]) -> None:
    kind = Path(urlsplit(answer.url).path).suffix.lstrip(".") or "html"
    sent[kind] += int(answer.headers.get("content-length", 0)) if answer.request.method == "GET" else 0
    asked[kind] += 1


def _say(what: str, seconds: list[float]) -> None:
    print(f"{what}: median {statistics.median(seconds):.2f} s, longest {max(seconds):.2f} s of {len(seconds)}")


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}"


def _copy_reports(target: Path) -> None:
    source = REPOSITORY / "reports"
    made = shutil.ignore_patterns(".shell", ".evidence", "build", "node_modules")
    shutil.copytree(source, target, ignore=made)
    shutil.copytree(source / "node_modules", target / "node_modules", symlinks=True, copy_function=os.link)


@contextmanager
def _most_memory() -> Iterator[list[float]]:
    """The most bytes that this process's children and theirs held at once, looked at five times a second."""
    most, done = [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.2):
            most[0] = max(most[0], sum(_held(child) for child in _children(os.getpid())))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield most
    finally:
        done.set()
        thread.join()


def _children(process: int) -> Iterator[int]:
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            found = [int(child) for child in task.read_text().split()]
        except OSError:
            continue
        for child in found:
            yield child
            yield from _children(child)


def _held(process: int) -> int:
    """Resident bytes; what it shares with others is shared out among them."""
    try:
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:")), 0)
