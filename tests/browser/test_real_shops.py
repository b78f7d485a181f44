"""Shops without e-mails, costs or names, run unchanged: every page in both languages, and what isn't known is said."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.publish.site import build_site
from tests.browser.conftest import Visit
from tests.browser.figures import read
from tests.browser.test_pages import PAGES, count, nothing_broken
from tests.integration.conftest import Run, shared_run

__all__ = ["shared_run"]

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# What a shop of orders alone can't know, by page: who is told what to connect or to put into the drop folder.
TO_CONNECT = {
    "/flows/": "Klaviyo",
    "/experiments/": "holdout",
    "/referral/": "drop",
    "/budget/": "marketing_spend",
}


@pytest.mark.parametrize(
    "shop",
    ["cdnow", pytest.param("olist", marks=pytest.mark.long), pytest.param("online_retail", marks=pytest.mark.long)],
)
def test_every_page_of_a_shop_that_knows_little(
    shop: str, shared_run: Callable[[str], Run], visit: Callable[[Path], Visit], repository: Path, tmp_path: Path
) -> None:
    published = (shared_run(shop).published / "current").resolve()
    build_site(published, tmp_path / "site", repository)
    visitor = visit(tmp_path / "site")
    screenshots = repository / "data" / "screenshots"
    screenshots.mkdir(parents=True, exist_ok=True)
    silent = []
    for language in ("en", "zh"):
        for page in PAGES:
            visitor.open(f"{page}?lang={language}")
            nothing_broken(visitor)
            # Each panel shows a figure or says in a sentence why there is none.
            for panel in visitor.page.locator("section[data-testid^=panel-]").all():
                empty = panel.get_by_test_id("empty-state")
                if empty.count():
                    if len(empty.inner_text().strip()) < (20 if language == "en" else 8):
                        silent.append((page, language, panel.get_attribute("data-testid")))
                elif not panel.locator(".plot, table, ul, ol, dl, svg, input, p").count():
                    silent.append((page, language, panel.get_attribute("data-testid")))
            name = page.strip("/") or "week"
            visitor.page.screenshot(path=screenshots / f"{shop}-{name}-{language}.png", full_page=True)
    assert silent == []
    for page, named in TO_CONNECT.items():
        visitor.open(f"{page}?lang=en")
        assert re.search(named, visitor.page.locator("main").inner_text(), re.IGNORECASE), page
    [(customers,)] = read(published, "select value from headline_figures where figure = 'customers'")
    visitor.open("/?lang=en")
    assert visitor.text("figure-customers", "value") == count(customers)
