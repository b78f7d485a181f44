"""What holds for every page of the site: both languages, filters, links, downloads, screen readers, no person."""

import csv
import io
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import duckdb
import pytest

from orchestration.publish.pdf import print_page
from orchestration.publish.site import build_site
from tests.browser import figures
from tests.browser.conftest import PATIENCE, Visit
from tests.browser.figures import Tables, read
from tests.browser.test_pages import PAGES, charts, nothing_broken, share

pytestmark = [pytest.mark.browser, pytest.mark.slow]

StartVisit = Callable[..., Visit]
MakeSite = Callable[[Tables], Path]

# What is no language's own: names of the product, of firms and of what a shop must deliver, and codes.
NO_LANGUAGE = re.compile(
    r"Second Order|English|TikTok( Shop)?|Amazon|Etsy|Walmart|Target|Google|Meta|Klaviyo|Omnisend|Shopify|Judge\.me"
    r"|Yotpo|Typeform|Smile\.io|Instagram|ChatGPT|Perplexity|Claude|Gemini|Copilot|WhatsApp"
    r"|BG/NBD|CUPED|AUC|ROC|AI Overviews|Kaplan|Meier|Wilson|Newcombe|Data Docs"
    r"|dbt docs|NPS|CSAT|CSV|ISO 8601|SKU|VIP|Demo|[a-z]+(_[a-z0-9]+)+(\.[a-z_]+)?(\.csv)?|\b[0-9a-f]{12,32}\b"
    r"|[A-Z][a-z]+/[A-Z][A-Za-z_]+|\d{4}-Q\d|orders\.csv|shop\.yml|\bdestinations\b|\bdrop\b|ops\.rejected_rows"
)
# Tables and columns whose words are the project's own, and so in every language.
OURS = {
    "audience_exclusions",
    "audience_sizes",
    "benchmarks",
    "diagnosis",
    "diagnosis_flows",
    "early_value_backtest",
    "flow_class_name",
    "flow_class_name_zh",
    "prediction_backtest",
    "prediction_models",
    "reconciliation",
    "run_info",
}
DICTIONARY = Path(__file__).parents[2] / "reports" / "components" / "text"
# Rules that a serious or critical finding breaks; axe has no setting for "at least serious".
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="session")
def demo_site(published_demo: Path, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo shop's site."""
    site = tmp_path_factory.mktemp("demo") / "site"
    build_site(published_demo, site, repository)
    return site


@pytest.mark.parametrize(("language", "width", "theme"), [("en", 1280, "light"), ("zh", 360, "dark")])
def test_every_page_shows_the_demo_shop_in_both_languages(
    demo_site: Path,
    visit: StartVisit,
    repository: Path,
    published_demo: Path,
    language: str,
    width: int,
    theme: Literal["light", "dark"],
) -> None:
    own = shops_own_words(published_demo)
    axe = (repository / "reports" / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    screenshots = repository / "data" / "screenshots"
    screenshots.mkdir(parents=True, exist_ok=True)
    visitor = visit(demo_site, width)
    visitor.page.emulate_media(color_scheme=theme)
    english: dict[str, list[str]] = {}
    for page in PAGES:
        visitor.open(f"{page}?lang={language}")
        nothing_broken(visitor)
        assert visitor.page.evaluate("document.documentElement.lang") == {"en": "en", "zh": "zh-Hans"}[language]
        name = page.strip("/") or "week"
        visitor.page.screenshot(path=screenshots / f"{name}-{language}-{width}-{theme}.png", full_page=True)
        assert serious_findings(visitor, axe) == [], page
        # Definitions and tables too, which a reader opens.
        visitor.page.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))")
        visitor.page.wait_for_function(
            "[...document.querySelectorAll('details')].every((part) => part.querySelector('summary ~ *'))"
        )
        if language == "zh" and (left := left_in_english(visitor.page.locator("body").inner_text(), own)):
            english[page] = left
    assert english == {}


def serious_findings(visitor: Visit, axe: str) -> list[tuple[str, str]]:
    """What keeps somebody with a screen reader from reading the page: each rule, and the element that breaks it."""
    visitor.page.evaluate(axe)
    found: list[dict[str, Any]] = visitor.page.evaluate("axe.run().then((result) => result.violations)")
    return [
        (finding["id"], node["html"][:160])
        for finding in found
        if finding["impact"] in SERIOUS
        for node in finding["nodes"]
    ]


def left_in_english(text: str, own: set[str]) -> list[str]:
    """Words of three letters or more that are neither a name nor the shop's own."""
    # Whole titles first: a name may stand within one.
    for title in sorted((word for word in own if " " in word), key=len, reverse=True):
        text = text.replace(title, " ")
    text = NO_LANGUAGE.sub(" ", text)
    for word in sorted(own, key=len, reverse=True):
        text = text.replace(word, " ")
    return re.findall(r"[A-Za-z]{3,}", NO_LANGUAGE.sub(" ", text))


def shops_own_words(published: Path) -> set[str]:
    """Texts that the shop or its tools wrote: titles, product types, flows, messages, reasons; and names of sources."""
    words: set[str] = set()
    with duckdb.connect() as connection:
        for file in (published / "reporting").glob("*.parquet"):
            for name, kind, *_ in connection.execute(f"describe select * from '{file}'").fetchall():
                if kind == "VARCHAR" and (file.stem not in OURS and name not in OURS):
                    rows = connection.execute(f"select distinct \"{name}\" from '{file}'").fetchall()
                    words |= {value for (value,) in rows if value and re.search(r"[A-Z ]", value)}
        [(rejected,)] = connection.execute(
            f"select rejected_rows from '{published / 'reporting' / 'run_info.parquet'}'"
        ).fetchall()
    # Reasons name columns and the values a column may hold; who publishes a benchmark has a name of his own.
    words |= set(re.findall(r"[a-z_]{3,}", str(rejected)))
    words |= set(re.findall(r"[A-Za-z]{3,}", (DICTIONARY / "zh" / "benchmark.js").read_text(encoding="utf-8")))
    return {word for word in words if len(word) > 2}


def test_a_filter_narrows_the_figures_and_stays(demo_site: Path, visit: StartVisit, published_demo: Path) -> None:
    visitor = visit(demo_site)
    visitor.open("/retention/")
    before = charts(visitor.page)
    visitor.page.get_by_test_id("filter-dimension").select_option("channel:amazon")
    visitor.page.get_by_text("Channel: Amazon").first.wait_for()
    assert "channel=amazon" in visitor.page.url
    [(mature, repeaters)] = read(
        published_demo,
        """
        select sum(mature_customers), sum(repeaters) from repeat_rate_by_cohort
        where dimension = 'channel' and dimension_value = 'amazon' and window_days = 90
        """,
    )
    assert visitor.text("window-90", "rate") == share(repeaters / mature)
    assert charts(visitor.page) != before
    # What isn't split by it says so.
    assert "not split by channel" in visitor.text("panel-repeat-rate-by-period", "applied")

    # By keyboard: another period; the months drawn are those of the year.
    visitor.page.get_by_test_id("filter-period").focus()
    visitor.page.keyboard.type("2025")
    visitor.page.wait_for_function("location.search.includes('period=2025')")
    months = {
        month for chart in charts(visitor.page) for month in chart["categories"] if re.match(r"\d{4}-", str(month))
    }
    assert {str(month)[:4] for month in months} == {"2025"}

    # A link keeps both, and the address shows another reader the same.
    visitor.page.get_by_role("link", name="Lifetime value").click()
    visitor.page.get_by_test_id("panel-customer-value-by-month").wait_for(timeout=PATIENCE)
    assert "channel=amazon" in visitor.page.url
    assert "period=2025" in visitor.page.url
    address = visitor.page.url.removeprefix(visitor.base)
    other = visit(demo_site)
    other.open(address)
    assert other.page.get_by_test_id("filter-dimension").input_value() == "channel:amazon"
    assert other.text("answer") == visitor.text("answer")

    visitor.page.get_by_test_id("filter-clear").click()
    visitor.page.wait_for_function("!location.search.includes('channel')")
    assert other.text("answer") != visitor.text("answer")


def test_the_language_stays_across_links_and_visits(demo_site: Path, visit: StartVisit) -> None:
    visitor = visit(demo_site)
    visitor.open("/")
    visitor.page.get_by_test_id("language").click()
    assert visitor.page.evaluate("document.documentElement.lang") == "zh-Hans"
    visitor.page.get_by_role("link", name="留存").click()
    visitor.page.get_by_test_id("cohort-heatmap").wait_for(timeout=PATIENCE)
    assert "lang=zh" in visitor.page.url
    assert "首购客户" in visitor.text("answer")
    # Remembered where the address says nothing, overruled where it does.
    visitor.open("/")
    assert visitor.page.evaluate("document.documentElement.lang") == "zh-Hans"
    visitor.open("/?lang=en")
    assert visitor.page.evaluate("document.documentElement.lang") == "en"


def test_a_download_holds_what_was_chosen(demo_site: Path, visit: StartVisit, published_demo: Path) -> None:
    visitor = visit(demo_site)
    visitor.open("/retention/?market=GB&period=2025")
    with visitor.page.expect_download() as waiting:
        visitor.page.get_by_test_id("panel-cohort-retention").get_by_role("button", name="Download").click()
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_bytes().decode("utf-8-sig"))))
    assert [(row["cohort"], int(row["months_since"]), int(row["active"])) for row in rows] == read(
        published_demo,
        """
        select strftime(cohort_month, '%Y-%m'), months_since, active from cohort_retention
        where dimension = 'market' and dimension_value = 'GB' and year(cohort_month) = 2025
        order by cohort_month, months_since
        """,
    )


def test_nothing_chosen_is_said(make_site: MakeSite, visit: StartVisit) -> None:
    visitor = visit(make_site(figures.corner_shop()))
    visitor.open("/retention/?channel=nowhere")
    assert visitor.text("answer") == "There is nothing in what you chose."
    nothing_broken(visitor)


def test_no_person_is_in_any_byte_of_the_site(demo_site: Path, repository: Path) -> None:
    persons = persons_of_the_demo(repository)
    assert len(persons) > 5000
    found = set()
    for folder, _, names in os.walk(demo_site):
        for name in names:
            file = Path(folder) / name
            # WASM, fonts and pictures are the tool's own and hold no text of the shop.
            if file.suffix in (".wasm", ".woff", ".woff2", ".png", ".ico"):
                continue
            text = decoded(file) if file.suffix == ".parquet" else file.read_text(encoding="utf-8", errors="replace")
            words = set(re.findall(r"[\w.+-]+@[\w.-]+|[\w-]{6,}", text))
            words |= {re.sub(r"\D", "", number) for number in re.findall(r"\+?\d[\d() .-]{8,}\d", text)}
            if file.suffix == ".parquet":
                words |= set(re.findall(r"(?=\b([A-Z][\w'-]+ [A-Z][\w'-]+)\b)", text))
            found |= words & persons
    assert found == set()


def decoded(file: Path) -> str:
    with duckdb.connect() as connection:
        return "\n".join(
            str(value)
            for name, kind, *_ in connection.execute(f"describe select * from '{file}'").fetchall()
            if kind == "VARCHAR"
            for (value,) in connection.execute(f"select distinct \"{name}\" from '{file}'").fetchall()
        )


def persons_of_the_demo(repository: Path) -> set[str]:
    """E-mails, phones (their digits), customer numbers and full names of everybody in the demo shop's files."""
    persons: set[str] = set()
    drop = repository / "shops" / "demo" / "drop"
    with duckdb.connect() as connection:
        for entity, columns in [
            ("orders", "email, customer_id, regexp_replace(phone, '\\D', '', 'g'), first_name || ' ' || last_name"),
            ("profiles", "email, customer_id, regexp_replace(phone, '\\D', '', 'g')"),
        ]:
            rows = connection.execute(
                f"select distinct unnest([{columns}]) from read_csv(?, all_varchar = true, union_by_name = true)",
                [str(drop / entity / "*")],
            ).fetchall()
            persons |= {value.strip() for (value,) in rows if value and len(value.strip()) >= 6}
    return persons


def test_the_new_page_of_the_guide_asks_for_what_there_is(repository: Path, published_demo: Path) -> None:
    guide = (repository / "CONTRIBUTING.md").read_text(encoding="utf-8")
    [page] = re.findall(r"^````md\n(.*?)^````$", guide, re.DOTALL | re.MULTILINE)
    assert len(page.splitlines()) < 20
    [select] = re.findall(r"^```sql \w+\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    # Evidence calls the folder of tables `reporting`.
    assert read(published_demo, select.replace("reporting.", "")) != []
    components = repository / "reports" / "components"
    for name, written in re.findall(r"<([A-Z]\w+) ([^>]*(?:=>[^>]*)*)>", page):
        declared = (components / f"{name}.svelte").read_text(encoding="utf-8")
        for given in re.findall(r"(?<![\w.:])([a-z]+)=(?=[{\"])", written):
            assert f"export let {given}" in declared, (name, given)


@pytest.mark.usefixtures("chromium")
def test_the_scorecard_is_printed_on_a4(demo_site: Path, tmp_path: Path) -> None:
    target = tmp_path / "scorecard.pdf"
    print_page(demo_site, target, "zh")
    content = target.read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")
    # A4 in points; the title and language are those that a reader of the file is told.
    assert set(re.findall(rb"/MediaBox \[0 0 (\d+)\.\d+ (\d+)", content)) == {(b"595", b"841")}
    assert b"/Lang (zh-Hans)" in content
    assert "本周".encode("utf-16-be").hex().upper().encode() in content
