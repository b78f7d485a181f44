"""What a reader sees, in a real browser: figures equal the published ones, and nothing else is ever shown."""

import csv
import io
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from orchestration.publish.site import build_site, pages_are_current, read_schemas, shell_path
from tests.browser import figures
from tests.browser.conftest import PATIENCE, Visit
from tests.browser.figures import Columns, Tables, read

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MakeSite = Callable[[Tables], Path]
StartVisit = Callable[..., Visit]

SIGNS = {"EUR": "€", "GBP": "£", "USD": "$", "BRL": "R$"}
# Every page that is there, the newest too.
PAGES = sorted(
    f"/{page.stem}/".replace("/index/", "/") for page in (Path(__file__).parents[2] / "reports" / "pages").glob("*.md")
)
# The values that a reader must never meet.
BROKEN = re.compile(r"\b(NaN|undefined|null|Infinity|Invalid Date|\[object Object\])\b")


def count(value: float) -> str:
    return f"{rounded(value, '1'):,}"


def share(value: float) -> str:
    return f"{rounded(Decimal(repr(float(value))) * 100, '0.1')}%"


def money(value: float, currency: str, digits: str = "0.01") -> str:
    amount = rounded(value, digits)
    return f"{'-' if amount < 0 else ''}{SIGNS[currency]}{abs(amount):,}"


def rounded(value: float | Decimal, step: str) -> Decimal:
    return Decimal(str(value)).quantize(Decimal(step), ROUND_HALF_UP)


def cells(page: Page, test_id: str) -> list[list[str]]:
    """Every row of a table's body as texts."""
    rows = page.get_by_test_id(test_id).locator("tbody tr")
    return [row.locator("th, td:not(.picture)").all_inner_texts() for row in rows.all()]


def charts(page: Page) -> list[dict[str, Any]]:
    """What each chart of the page draws: its categories, and the values of each series by name."""
    drawn: list[dict[str, Any]] = page.evaluate(
        """() => Object.values(window[Symbol.for('__evidence-chart-window-debug__')] ?? {}).map((chart) => {
            const option = chart.getOption();
            return {
                categories: option.xAxis[0].data,
                series: option.series.map((series) => ({
                    name: series.name,
                    type: series.type,
                    data: series.data.map((point) => (typeof point === 'object' ? point.value : point)),
                })),
            };
        })"""
    )
    return drawn


def check_home(visit: Visit, published: Path) -> None:
    """Scorecard, cards and charts of the week's page against the Parquet files."""
    [(currency,)] = read(published, "select currency from run_info")
    score = read(published, "select figure, unit, value, difference, difference_low from weekly_scorecard")
    for figure, unit, value, difference, low in score:
        digits = "1" if unit == "money" and abs(value) >= 1000 else "0.01"
        shown = share(value) if unit.startswith("share") else money(value, currency, digits)
        assert visit.text(f"score-{figure}", "value") == shown, figure
        if low is not None and low <= 0 <= 2 * difference - low:
            assert "no clear change" in visit.text(f"score-{figure}", "change"), figure
    for figure, value, numerator, denominator, unit in read(
        published,
        "select figure, value, numerator, denominator, unit from headline_figures order by sort_order",
    ):
        shown = {
            "count": lambda value: count(value),
            "money": lambda value: money(value, currency, "1" if abs(value) >= 1000 else "0.01"),
            "share": lambda value: share(value),
        }[unit](value)
        assert visit.text(f"figure-{figure}", "value") == shown, figure
        if unit == "share":
            sample = visit.text(f"figure-{figure}", "sample")
            assert sample.startswith(f"{count(numerator)} of {count(denominator)} "), figure

    drawn = charts(visit.page)
    weeks = read(published, "select distinct strftime(week, '%Y-%m-%d') from sales_by_week order by 1")[-26:]
    if weeks:
        assert drawn[0]["categories"] == [week for (week,) in weeks]
        totals = read(
            published,
            "select strftime(week, '%Y-%m-%d'), sum(net_sales) from sales_by_week group by week order by week",
        )[-26:]
        stacked = [sum(values) for values in zip(*(series["data"] for series in drawn[0]["series"]), strict=True)]
        assert stacked == pytest.approx([float(total) for _, total in totals], abs=1e-6)
    sales = drawn[-1]
    months = read(published, "select distinct strftime(month, '%Y-%m-%d') from sales_by_period order by 1")
    assert sales["categories"] == [month for (month,) in months]
    names = {"Returning customers": "returning", "New customers": "new", "No identity": "unidentified"}
    for series in sales["series"]:
        expected = read(
            published,
            f"""
            select cast(coalesce(sum(net_sales), 0) as double)
            from (select distinct month from sales_by_period) as months
            left join sales_by_period as sales
                on months.month = sales.month and dimension = 'all'
                and customer_type = '{names[series["name"]]}'
            group by months.month
            order by months.month
            """,
        )
        assert series["data"] == pytest.approx([value for (value,) in expected], abs=1e-6), series["name"]


def check_trust(visit: Visit, published: Path) -> None:
    """Reconciliation, facts and rejected rows of the page of trust against the Parquet files."""
    [(currency, rejected, passed)] = read(published, "select currency, rows_rejected, checks_passed from run_info")
    assert visit.text("fact-rows-rejected", "value") == count(rejected)
    assert visit.text("fact-checks-passed", "value") == count(passed)
    steps = read(
        published,
        """
        select sum(orders), sum(amount), max(step) = 'net sales reported'
        from reconciliation group by step_number order by step_number
        """,
    )
    assert [row[1:] for row in cells(visit.page, "reconciliation")] == [
        ["" if orders == 0 and not total else count(orders), money(amount, currency)] for orders, amount, total in steps
    ]


def check_repeat_chart(chart: dict[str, Any], published: Path, days: int) -> None:
    expected = read(
        published,
        f"""
        select strftime(cohort_month, '%Y-%m'), repeat_rate from repeat_rate_by_cohort
        where dimension = 'all' and window_days = {days} order by cohort_month
        """,
    )
    bars, rings = chart["series"]
    assert chart["categories"] == [month for month, _ in expected]
    # A month without a watched buyer has no bar, not even one of height 0: it has a ring on the axis.
    assert [None if value == "-" else value for value in bars["data"]] == pytest.approx(
        [rate for _, rate in expected], nan_ok=True
    )
    assert [value == 0 for value in rings["data"]] == [rate is None for _, rate in expected]


def check_retention(visit: Visit, published: Path) -> None:
    """Windows, cohort table, heat map and line of the retention page against the Parquet files."""
    for days, mature, repeaters in read(
        published,
        """
        select window_days, sum(mature_customers), sum(repeaters) from repeat_rate_by_cohort
        where dimension = 'all' group by window_days
        """,
    ):
        if mature:
            assert visit.text(f"window-{days}", "rate") == share(repeaters / mature), days
            assert visit.text(f"window-{days}", "sample") == f"{count(repeaters)} of {count(mature)}", days
        else:
            assert "too early" in visit.text(f"window-{days}"), days

    windows = [days for (days,) in read(published, "select distinct window_days from repeat_rate_by_cohort order by 1")]
    rates = read(
        published,
        """
        select list(repeat_rate order by window_days), max(customers), bool_or(may_hold_older_customers)
        from repeat_rate_by_cohort where dimension = 'all' group by cohort_month order by cohort_month
        """,
    )
    shown = cells(visit.page, "repeat-table")
    assert [row[2:] for row in shown] == [
        ["too early" if rate is None else share(rate) for rate in of_cohort] for of_cohort, _, _ in rates
    ]
    assert [row[1] for row in shown] == [count(customers) for _, customers, _ in rates]
    assert [row[0].endswith("*") for row in shown] == [older for _, _, older in rates]
    unknown = sum(rate is None for of_cohort, _, _ in rates for rate in of_cohort)
    assert visit.page.get_by_test_id("repeat-table").locator("td.early").count() == unknown

    heat = read(
        published,
        """
        select list(active / customers order by months_since), list(is_mature order by months_since)
        from cohort_retention where dimension = 'all' and months_since > 0
        group by cohort_month order by cohort_month
        """,
    )
    # Where no settled month reaches 10 %, whole percents would make most figures alike.
    settled = [value for values, matures in heat for value, mature in zip(values, matures, strict=True) if mature]
    step = "0.1" if max(settled, default=0) < 0.1 else "1"
    expected = [
        str(rounded(Decimal(repr(value)) * 100, step if value else "1")) if value or mature else ""
        for values, matures in heat
        for value, mature in zip(values, matures, strict=True)
    ]
    grid = visit.page.get_by_test_id("cohort-heatmap")
    assert grid.locator("td.cell").all_inner_texts() == expected
    assert grid.locator("td.cell.early").count() == sum(not mature for _, matures in heat for mature in matures)

    repeat, period = cohort_charts(visit.page)
    check_repeat_chart(repeat, published, 90)
    for days in windows:
        lines = [series for series in period["series"] if series["name"] == f"Last {days} days"]
        known = read(
            published,
            f"""
            select strftime(period_end, '%Y-%m-%d'), repeat_rate from repeat_rate_by_period
            where window_days = {days} order by period_end
            """,
        )
        # A line is drawn in two parts, solid and dotted, which share the point where they meet.
        together = {
            end: value
            for line in lines
            for end, value in zip(period["categories"], line["data"], strict=True)
            if value != "-"
        }
        assert together == pytest.approx(dict(known)), days


def check_lifetime(visit: Visit, published: Path) -> None:
    """Answer, tenths, stages and the predictions' check of the lifetime page against the Parquet files."""
    [(currency, worth)] = read(
        published,
        "select currency, cohort_clv_365d from run_info, clv_summary where dimension = 'all'",
    )
    assert visit.text("answer") == f"A first buyer brings {money(worth, currency)} of net sales within 365 days."
    for tenth, part in read(published, "select tenth, share_of_net_sales from clv_distribution"):
        assert visit.text("tenths", f"tenths-{tenth}", "value") == share(part), tenth
    for group, part in read(
        published,
        """
        select customer_group, share_of_customers from customer_groups
        where customer_grouping = 'lifecycle_stage' and dimension = 'all'
        """,
    ):
        assert visit.text("customer-groups", f"customer-groups-{group}", "value") == share(part), group
    for forecast, predicted in read(
        published, "select forecast, predicted_orders from prediction_backtest where forecast <> 'past spend'"
    ):
        assert visit.text("backtest", f"backtest-{forecast.replace(' ', '-')}", "value") == count(predicted), forecast
    for model, error in read(
        published,
        "select model, earlier_mean_absolute_error from prediction_models where period = 'now'",
    ):
        assert visit.text("model-card", f"model-card-{model}", "value") == str(rounded(error, "0.0001").normalize()), (
            model
        )
    for tenth, orders in read(published, "select tenth, actual_orders / customers from prediction_calibration"):
        assert visit.text("calibration", f"calibration-{tenth}", "value") == str(rounded(orders, "0.01")), tenth


def check_budget(visit: Visit, published: Path) -> None:
    """Spend by month against the Parquet file, and the what-if by its own arithmetic."""
    [split] = charts(visit.page)
    for series, stage in zip(split["series"], ["post_purchase", "acquisition"], strict=True):
        spend = read(
            published,
            f"select spend from budget_split where stage = '{stage}' and month is not null order by month",
        )
        assert series["data"] == pytest.approx([float(value) for (value,) in spend]), stage
    [(currency, horizon, rate, more)] = read(
        published,
        "select currency, horizon_days, repeat_rate, more_net_sales from run_info, what_if where points_more = 15",
    )
    visit.page.get_by_test_id("slider-points").fill("15")
    assert f"within {horizon} days" in visit.text("step-rate")
    assert visit.text("step-target").endswith(share(rate + 0.15))
    assert visit.text("step-net").endswith(money(more, currency))


def cohort_charts(page: Page) -> list[dict[str, Any]]:
    """The retention page's charts by month of first order (YYYY-MM) and by month's end (YYYY-MM-DD)."""
    dated = [chart for chart in charts(page) if re.match(r"\d{4}-\d{2}", str((chart["categories"] or [""])[0]))]
    return sorted(dated, key=lambda chart: len(chart["categories"][0]))


def nothing_broken(visit: Visit) -> None:
    """No value that should never be shown, no chart without a drawing, no sideways scrolling."""
    body = visit.page.locator("body").inner_text()
    assert not BROKEN.search(body), BROKEN.search(body)
    assert "%%" not in body
    for plot in visit.page.locator(".plot").all():
        plot.locator("svg path").first.wait_for(state="attached", timeout=PATIENCE)
    assert visit.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_every_figure_on_the_page_is_the_published_one(make_site: MakeSite, visit: StartVisit, tmp_path: Path) -> None:
    visitor = visit(make_site(figures.corner_shop()))
    published = tmp_path / "published" / "1"
    visitor.open("/")
    # 63 of 150 watched buyers, 80 of 200 customers.
    assert visitor.text("answer") == (
        "42 of 100 first buyers come back within 90 days; 60 of 100 have not ordered again so far."
    )
    assert visitor.text("figure-net_sales", "value") == "€21,451"
    assert visitor.text("figure-repeat_rate_90d", "value") == "42.0%"
    # 22:00 UTC on 30 June is midnight in Berlin.
    assert visitor.text("as-of") == "as of 1 Jul 2024, 00:00"
    check_home(visitor, published)
    nothing_broken(visitor)

    visitor.page.get_by_role("link", name="Trust", exact=True).click()
    visitor.page.get_by_test_id("reconciliation").wait_for(timeout=PATIENCE)
    assert (
        visitor.text("answer") == "Every order is accounted for: 325 delivered, 310 counted, €21,450.50 of net sales."
    )
    check_trust(visitor, published)
    nothing_broken(visitor)

    visitor.page.get_by_role("link", name="Retention").click()
    visitor.page.get_by_test_id("cohort-heatmap").wait_for(timeout=PATIENCE)
    assert visitor.text("answer") == ("42 of 100 first buyers come back within 90 days; 30 of 100 within 30.")
    assert visitor.text("window-365") == "Within 365 days\ntoo early to say"
    check_retention(visitor, published)
    nothing_broken(visitor)


def test_choosing_another_window_changes_the_chart(make_site: MakeSite, visit: StartVisit, tmp_path: Path) -> None:
    visitor = visit(make_site(figures.corner_shop()))
    visitor.open("/retention/")
    visitor.page.get_by_role("radio", name="30", exact=True).check(force=True)
    visitor.page.get_by_role("heading", name="First buyers who come back within 30 days").wait_for()
    repeat, _ = cohort_charts(visitor.page)
    check_repeat_chart(repeat, tmp_path / "published" / "1", 30)
    # By keyboard: the arrow moves to the next choice, for which nobody has been watched.
    visitor.page.get_by_role("radio", name="90", exact=True).focus()
    visitor.page.keyboard.press("ArrowRight")
    empty = visitor.page.get_by_test_id("panel-repeat-rate-by-cohort").get_by_test_id("empty-state")
    assert "No month of first buyers has been watched for 365 days yet." in empty.inner_text()


def test_each_figure_says_what_it_is(make_site: MakeSite, visit: StartVisit) -> None:
    visitor = visit(make_site(figures.corner_shop()))
    for page, name, sample in [
        ("/", "panel-sales-by-month", "310 orders in 2 months"),
        ("/", "figure-repeat_rate_90d", "63 of 150 watched for 90 days"),
        ("/retention/", "panel-repeat-rate-by-cohort", "63 of 150"),
        ("/trust/", "panel-reconciliation", "325 orders delivered"),
    ]:
        visitor.open(page)
        place = visitor.page.get_by_test_id(name)
        place.get_by_text("How this is measured").click()
        said = place.locator("dl").inner_text()
        assert sample in said, name
        assert "1 Jul 2024, 00:00 (Europe/Berlin)" in said, name


def test_a_download_holds_the_rows_shown(make_site: MakeSite, visit: StartVisit, tmp_path: Path) -> None:
    visitor = visit(make_site(figures.corner_shop()))
    visitor.open("/trust/")
    with visitor.page.expect_download() as waiting:
        visitor.page.get_by_test_id("panel-reconciliation").get_by_role("button").click()
    assert waiting.value.suggested_filename == "corner_shop-reconciliation-2024-06-30.csv"
    content = Path(waiting.value.path()).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    published = read(
        tmp_path / "published" / "1",
        """
        select dense_rank() over (order by step_number), source, strftime(month, '%Y-%m-%d'), orders,
            cast(amount as double)
        from reconciliation order by step_number, source
        """,
    )
    # Steps and sources are called as the page calls them.
    steps = [row[0] for row in cells(visitor.page, "reconciliation")]
    sources = {"drop": "Dropped files", "amazon": "Amazon"}
    assert [(row["step"], row["source"], row["month"], int(row["orders"]), float(row["amount"])) for row in rows] == [
        (steps[number - 1], sources[source], *figures) for number, source, *figures in published
    ]


def test_new_figures_cost_no_page_build_and_nothing_old_is_shown(
    make_site: MakeSite, visit: StartVisit, repository: Path, tmp_path: Path
) -> None:
    site = make_site(figures.corner_shop())
    visitor = visit(site)
    visitor.open("/")
    assert visitor.text("figure-customers", "value") == "200"

    # From the first byte on: the page itself holds no figure, neither of the build nor of an earlier run.
    published = write_second(tmp_path, read_schemas(tmp_path / "published" / "1" / "reporting"))
    result = build_site(published, site, repository)
    assert not result.pages_built
    assert result.seconds < 10
    for page in PAGES:
        html = (site / page.strip("/") / "index.html").read_text(encoding="utf-8")
        body = re.sub(r"<(script|style)\b.*?</\1>", "", html[html.index("<body") :], flags=re.S)
        words = re.sub(r"<[^>]+>", " ", body)
        assert not re.search(r"\d", words), words

    seen: list[str] = []
    visitor.page.expose_function("seen", lambda text: seen.append(text))
    visitor.page.add_init_script(
        """new MutationObserver(() => window.seen(document.body?.innerText ?? ''))
            .observe(document, { childList: true, subtree: true, characterData: true });"""
    )
    visitor.page.reload()
    visitor.page.get_by_test_id("answer").wait_for(timeout=PATIENCE)
    assert visitor.text("figure-customers", "value") == "600"
    assert visitor.text("figure-net_sales", "value") == "€64,352"
    check_home(visitor, published)
    assert any("600" in text for text in seen)
    old = ["\n200\n", "21,451", "No valid orders"]
    assert [text for text in seen if any(figure in text for figure in old)] == []


def write_second(folder: Path, schemas: dict[str, Any]) -> Path:
    columns: dict[str, Columns] = {table: dict(named) for table, named in schemas.items()}
    return figures.write_figures(folder / "published" / "second", figures.corner_shop(scale=3), columns)


@pytest.mark.parametrize(
    ("shop", "width", "pages", "home", "retention"),
    [
        pytest.param(
            figures.shop_without_orders,
            1280,
            ["/", "/retention/"],
            "No valid orders have arrived yet.",
            "No first orders yet, so nobody can have come back.",
            id="without orders",
        ),
        pytest.param(
            figures.shop_without_a_mature_cohort,
            360,
            PAGES,
            "It is too early to say how many first buyers come back within 90 days: "
            "none of them has been watched that long.",
            "It is too early to say who comes back: no first buyer has been watched for 30 days.",
            id="without a mature cohort",
        ),
        pytest.param(
            figures.shop_without_repeats,
            360,
            ["/", "/retention/"],
            "None of 400 first buyers came back within 90 days.",
            "None of 400 first buyers came back within 90 days.",
            id="without repeats",
        ),
        pytest.param(
            dict,
            1280,
            PAGES,
            "No valid orders have arrived yet.",
            "No first orders yet, so nobody can have come back.",
            id="without even a run",
        ),
    ],
)
def test_a_shop_with_little_shows_what_is_missing(
    make_site: MakeSite,
    visit: StartVisit,
    shop: Callable[[], Tables],
    width: int,
    pages: list[str],
    home: str,
    retention: str,
) -> None:
    visitor = visit(make_site(shop()), width)
    answers = {"/": home, "/retention/": retention}
    for page in pages:
        visitor.open(page)
        assert visitor.text("answer") == answers.get(page, visitor.text("answer"))
        nothing_broken(visitor)
        for panel in visitor.page.locator("section[data-testid^=panel-]").all():
            shows = panel.locator(".plot svg path, [data-testid=empty-state], table, ul, ol, dl")
            assert shows.count() > 0, panel.get_attribute("data-testid")


def test_the_demo_shop(published_demo: Path, visit: StartVisit, repository: Path, tmp_path: Path) -> None:
    build_site(published_demo, tmp_path / "site", repository)
    visitor = visit(tmp_path / "site")
    visitor.open("/")
    check_home(visitor, published_demo)
    nothing_broken(visitor)
    visitor.open("/retention/")
    check_retention(visitor, published_demo)
    nothing_broken(visitor)
    visitor.open("/trust/")
    check_trust(visitor, published_demo)
    nothing_broken(visitor)
    visitor.open("/lifetime/")
    check_lifetime(visitor, published_demo)
    visitor.open("/budget/")
    check_budget(visitor, published_demo)


def test_pages_are_built_anew_when_a_column_changes(make_site: MakeSite, repository: Path, tmp_path: Path) -> None:
    make_site(figures.corner_shop())
    schemas = read_schemas(tmp_path / "published" / "1" / "reporting")
    assert pages_are_current(repository, schemas)
    changed = {**schemas, "run_info": (*schemas["run_info"], ("a_new_column", "BIGINT"))}
    assert shell_path(repository, changed) != shell_path(repository, schemas)
    assert not pages_are_current(repository, changed)
