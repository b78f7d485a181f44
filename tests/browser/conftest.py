"""Built pages, a real browser, and shops to open in it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, Route, sync_playwright

from orchestration.publish.pdf import FLAGS
from orchestration.publish.serve import serving
from orchestration.publish.site import build_site, read_schemas
from tests.browser.figures import Columns, Tables, write_figures
from tests.conftest import Demo

# DuckDB and the page's code start cold for each visit, on two cores that other tests may share.
PATIENCE = 60_000


@dataclass
class Visit:
    """A page under watch: everything that went wrong in it, and every host it asked."""

    page: Page
    base: str
    problems: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> None:
        """Open a page and wait until it shows the shop's figures."""
        self.page.goto(f"{self.base}{path}")
        self.page.get_by_test_id("answer").wait_for(timeout=PATIENCE)

    def text(self, *test_ids: str) -> str:
        """The visible text of the element that the nested test ids lead to."""
        place = self.page.get_by_test_id(test_ids[0])
        for test_id in test_ids[1:]:
            place = place.get_by_test_id(test_id)
        return place.inner_text().strip()


@pytest.fixture(scope="session")
def published_demo(demo: Demo) -> Path:
    """The version that a run of the demo shop published last."""
    return demo.published


@pytest.fixture(scope="session")
def schemas(published_demo: Path) -> dict[str, Columns]:
    """Columns of the published tables, so that hand-made figures and the demo share one page build."""
    return {table: dict(columns) for table, columns in read_schemas(published_demo / "reporting").items()}


@pytest.fixture(scope="session")
def browser(chromium: Path) -> Iterator[Browser]:
    """One Chromium for all tests; each visit gets a profile of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def make_site(tmp_path: Path, repository: Path, schemas: dict[str, Columns]) -> Callable[[Tables], Path]:
    """Publish hand-made figures and assemble their site; a second call swaps the figures of the same site."""
    site = tmp_path / "site"
    versions = iter(range(1, 100))

    def make(tables: Tables) -> Path:
        published = write_figures(tmp_path / "published" / str(next(versions)), tables, schemas)
        build_site(published, site, repository)
        return site

    return make


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[[Path], Visit]]:
    """Serve a site and give a page that may ask nothing but that server. Every problem fails the test."""
    visits: list[Visit] = []
    servers = []

    def start(site: Path, width: int = 1280) -> Visit:
        server = serving(site)
        base = server.__enter__()
        servers.append(server)
        context = browser.new_context(viewport={"width": width, "height": 900}, accept_downloads=True)
        visit = Visit(context.new_page(), base)
        visits.append(visit)

        def outside(route: Route) -> None:
            if route.request.url.startswith((f"{base}/", "blob:", "data:")):
                route.continue_()
            else:
                visit.problems.append(f"asked an outside host: {route.request.url}")
                route.abort()

        def said(message: ConsoleMessage) -> None:
            if message.type == "error":
                visit.problems.append(f"console: {message.text}")

        def failed(request: Request) -> None:
            # A download leaves its blob address behind, which isn't a request to a server; what still loads when the
            # next page is opened or the browser closed is given up by the browser itself.
            if not request.url.startswith("blob:") and request.failure != "net::ERR_ABORTED":
                visit.problems.append(f"request failed: {request.url}")

        def answered(response: Response) -> None:
            if response.status >= 400:
                visit.problems.append(f"{response.status}: {response.url}")

        context.route("**/*", outside)
        visit.page.on("console", said)
        visit.page.on("pageerror", lambda error: visit.problems.append(f"page error: {error}"))
        visit.page.on("requestfailed", failed)
        visit.page.on("response", answered)
        return visit

    yield start
    for visit in visits:
        visit.page.context.close()
    for server in servers:
        server.__exit__(None, None, None)
    assert [problem for visit in visits for problem in visit.problems] == []
