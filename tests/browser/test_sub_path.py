"""The site works wherever it is put: under another address than the top of a server, without being built anew."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser import figures
from tests.browser.conftest import PATIENCE, Visit
from tests.browser.figures import Tables
from tests.browser.test_pages import PAGES, nothing_broken

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PLACE = "/shops/corner_shop"


@pytest.fixture
def elsewhere(make_site: Callable[[Tables], Path], tmp_path: Path) -> Path:
    """The folder of a server that holds the corner shop's site two folders down, beside others' pages."""
    site = make_site(figures.corner_shop())
    root = tmp_path / "server"
    root.mkdir()
    (root / "index.html").write_text("<!doctype html><title>All shops</title>", encoding="utf-8")
    (root / "shops").mkdir()
    (root / PLACE[1:]).symlink_to(site)
    return root


@contextmanager
def asked_of(visit: Visit) -> Iterator[list[str]]:
    """The paths that are asked of the server meanwhile."""
    paths: list[str] = []

    def asked(request: object) -> None:
        url = urlsplit(request.url)  # type: ignore[attr-defined]
        if url.scheme.startswith("http"):
            paths.append(url.path)

    visit.page.on("request", asked)
    yield paths
    visit.page.remove_listener("request", asked)


def test_every_page_under_another_path(elsewhere: Path, visit: Callable[[Path], Visit]) -> None:
    visitor = visit(elsewhere)
    with asked_of(visitor) as paths:
        for page in PAGES:
            visitor.open(f"{PLACE}{page}")
            nothing_broken(visitor)
    # Nothing is looked for at the top of the server, and what is found is the shop's own.
    assert [path for path in paths if not path.startswith(f"{PLACE}/")] == []
    visitor.open(f"{PLACE}/")
    assert visitor.text("figure-net_sales", "value") == "€21,451"
    assert visitor.text("figure-repeat_rate_90d", "value") == "42.0%"


def test_links_stay_under_the_path(elsewhere: Path, visit: Callable[[Path], Visit]) -> None:
    visitor = visit(elsewhere)
    visitor.open(f"{PLACE}/retention/?period=2024")
    # Inside the open page, and as an address of its own.
    for name, page in [("Lifetime value", "lifetime"), ("Trust", "trust"), ("This week", "")]:
        link = visitor.page.get_by_role("navigation").get_by_role("link", name=name, exact=True)
        href = link.get_attribute("href") or ""
        assert urlsplit(href).path.rstrip("/") == f"{PLACE}/{page}".rstrip("/")
        assert urlsplit(href).query == "period=2024"
        link.click()
        visitor.page.wait_for_url(f"**{PLACE}/{page + '/' if page else ''}?period=2024")
        visitor.page.get_by_test_id("answer").wait_for(timeout=PATIENCE)
    visitor.open(f"{PLACE}/trust/")
    docs = visitor.page.get_by_test_id("panel-docs").get_by_role("link").first
    assert docs.get_attribute("href") == f"{PLACE}/data_docs/index.html"
