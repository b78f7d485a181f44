"""Flows, products, voice, referral, experiments, audiences and diagnosis show what was published of the demo shop."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestration.publish.site import build_site
from tests.browser.conftest import PATIENCE, Visit
from tests.browser.figures import read
from tests.browser.test_pages import cells, charts, count, money, rounded, share

pytestmark = [pytest.mark.browser, pytest.mark.slow]

StartVisit = Callable[..., Visit]


@pytest.fixture(scope="module")
def topic_site(published_demo: Path, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo shop's site."""
    site = tmp_path_factory.mktemp("topics") / "site"
    build_site(published_demo, site, repository)
    return site


@pytest.fixture
def opened(topic_site: Path, visit: StartVisit) -> Callable[[str], Visit]:
    """Open a page of the demo shop."""

    def start(address: str) -> Visit:
        visitor = visit(topic_site)
        visitor.open(address)
        return visitor

    return start


def whole(value: float) -> str:
    """A sum of money as cards write it."""
    return money(value, "USD", "1" if abs(value) >= 1000 else "0.01")


def tenths(value: float) -> str:
    return f"{rounded(value, '0.1'):,}"


def drawn(visitor: Visit, name: str) -> list[Any]:
    """The values of the one series of that name on the page; a gap is None."""
    [series] = [one for chart in charts(visitor.page) for one in chart["series"] if one["name"] == name]
    return [None if value == "-" else value for value in series["data"]]


def test_flows(opened: Callable[[str], Visit], published_demo: Path) -> None:
    visitor = opened("/flows/")
    classes = read(
        published_demo,
        """
        select flow_class, any_value(flow_class_name), sum(delivered), sum(clicked_human), sum(ordered),
            sum(attributed_net_sales)
        from flow_performance where grain = 'flow_class' and is_post_purchase group by flow_class
        """,
    )
    assert len(classes) == 7
    for flow_class, name, delivered, clicked, ordered, net in classes:
        row = ("flow-classes", f"class-{flow_class}")
        assert visitor.text(*row, "delivered") == count(delivered), flow_class
        assert visitor.text(*row, "click-rate") == share(clicked / delivered), flow_class
        assert visitor.text(*row, "order-rate") == share(ordered / delivered), flow_class
        assert visitor.text(*row, "attributed") == whole(net), flow_class
        assert sum(drawn(visitor, name)) == pytest.approx(float(net)), flow_class
    total, clicks = sum(row[2] for row in classes), sum(row[3] for row in classes)
    assert f"people click {count(1000 * clicks / total)} and" in visitor.text("answer")

    # A year alone: the months of that year, and only what was sent in them.
    visitor = opened("/flows/?period=2025")
    [(delivered,)] = read(
        published_demo,
        "select sum(delivered) from flow_performance "
        "where grain = 'flow_class' and flow_class = 'voice' and year(month) = 2025",
    )
    assert visitor.text("flow-classes", "class-voice", "delivered") == count(delivered)


def test_products(opened: Callable[[str], Visit], published_demo: Path) -> None:
    visitor = opened("/products/")
    for product_type, mature, repeaters in read(
        published_demo,
        """
        select dimension_value, sum(mature_customers), sum(repeaters) from repeat_rate_by_cohort
        where dimension = 'product_type' and window_days = 90 group by dimension_value
        """,
    ):
        row = ("first-product", f"first-product-{product_type}")
        assert visitor.text(*row, "value") == share(repeaters / mature), product_type
        assert visitor.text(*row, "sample") == f"{count(repeaters)} of {count(mature)}", product_type
    for product_type, quarter in read(
        published_demo,
        """
        select dimension_value, quarter_days from time_between_orders
        where transition = 'second_order' and dimension = 'product_type' and quarter_days is not null
        """,
    ):
        assert visitor.text("pace", f"pace-{product_type}", "value") == f"{quarter} days", product_type
    pairs = read(
        published_demo,
        """
        select product_title, next_product_title, lift, next_orders from next_products
        where recommended_rank is not null
        order by recommended_rank = 1 desc, next_orders desc, product_title, recommended_rank
        """,
    )
    table = visitor.page.get_by_test_id("panel-next-products").locator("tbody").first.locator("tr")
    shown = [row.locator("th, td").all_inner_texts() for row in table.all()]
    assert [(row[0], row[1], row[2], row[5]) for row in shown] == [
        (product, following, tenths(lift), count(orders)) for product, following, lift, orders in pairs
    ]
    returns = read(published_demo, "select sum(returns) from return_reasons group by product_type")
    sizes = [row[1] for row in cells(visitor.page, "return-reasons")]
    assert sizes[0] == count(sum(value for (value,) in returns))
    assert sorted(sizes[1:]) == sorted(count(value) for (value,) in returns)


def test_voice(opened: Callable[[str], Visit], published_demo: Path) -> None:
    visitor = opened("/voice/")
    [(rating, reviewed, late, on_time)] = read(
        published_demo,
        """
        select mean_rating, reviewed_share, mean_rating_late, mean_rating_on_time from review_summary
        where period = 'all' and dimension = 'all'
        """,
    )
    [(nps,)] = read(
        published_demo, "select nps from surveys where period = 'all' and dimension = 'all' and survey_type = 'nps'"
    )
    assert visitor.text("answer").startswith(
        f"Late parcels are rated {tenths(late)} stars, punctual ones {tenths(on_time)};"
    )
    assert visitor.text("figure-rating", "value") == tenths(rating)
    assert visitor.text("figure-reviewed", "value") == share(reviewed)
    assert visitor.text("figure-nps", "value") == count(nps)
    for topic, per_100 in read(
        published_demo,
        "select topic, tickets_per_100_orders from tickets "
        "where period = 'all' and dimension = 'all' and topic <> 'all'",
    ):
        assert visitor.text("topics", f"topics-{topic}", "value") == tenths(per_100), topic
    for theme, reviews, with_text in read(
        published_demo,
        """
        select theme, sum(reviews), sum(reviews_with_text) from review_themes
        where dimension = 'all' and rating_band = 'low' group by theme
        """,
    ):
        assert visitor.text("themes", f"themes-{theme}", "value") == share(reviews / with_text), theme
    ratings = read(
        published_demo,
        "select mean_rating_late from review_summary where period <> 'all' and dimension = 'all' order by month",
    )
    assert drawn(visitor, "Came late") == pytest.approx([value for (value,) in ratings])

    # One channel: its own reviews.
    visitor = opened("/voice/?channel=own_store")
    [(rating,)] = read(
        published_demo,
        "select mean_rating from review_summary where period = 'all' and dimension_value = 'own_store'",
    )
    assert visitor.text("figure-rating", "value") == tenths(rating)


def test_referral_and_loyalty(opened: Callable[[str], Visit], published_demo: Path) -> None:
    visitor = opened("/referral/")
    year = """
        from referrals where dimension = 'all'
            and month >= date_trunc('month', (select as_of from run_info)) - interval 12 month
            and month < date_trunc('month', (select as_of from run_info))
    """
    [(referred, new, orders, all_orders)] = read(
        published_demo,
        f"select sum(referred_customers), sum(new_customers), sum(referred_orders), sum(valid_orders) {year}",
    )
    assert visitor.text("figure-referral-rate", "value") == share(referred / new)
    assert visitor.text("figure-referred-orders", "value") == share(orders / all_orders)
    assert visitor.text("answer").startswith(
        f"{count(100 * referred / new)} of 100 new customers of the last 12 months"
    )
    for kind, rate in read(
        published_demo, "select referral, repeat_rate from referral_comparison where window_days = 90"
    ):
        assert visitor.text("referral", f"referral-{kind}", "value") == share(rate), kind
    for tier in read(published_demo, "select distinct tier from loyalty_tiers where dimension = 'all'"):
        members = read(
            published_demo,
            f"select members from loyalty_tiers where dimension = 'all' and tier = '{tier[0]}' order by month",
        )
        assert [value for value in drawn(visitor, tier[0]) if value] == [value for (value,) in members if value], tier
    [(earned, redeemed)] = read(
        published_demo, "select sum(points_earned), sum(points_redeemed) from loyalty where dimension = 'all'"
    )
    assert visitor.text("figure-redeemed", "value") == share(float(redeemed) / float(earned))


def test_experiments(opened: Callable[[str], Visit], published_demo: Path) -> None:
    visitor = opened("/experiments/")
    tested = read(
        published_demo,
        """
        select experiment_key, coalesce(cuped_difference, difference), coalesce(cuped_sequential_low, sequential_low),
            advice, treatment_persons, holdout_persons
        from flow_lift where metric = 'order_rate' and is_causal and withheld_reason is null
        """,
    )
    assert len(tested) > 1
    for key, difference, _, advice, treated, held in tested:
        sign = "+" if difference > 0 else ""
        assert visitor.text("lift", f"lift-{key}", "value") == f"{sign}{tenths(difference * 100)} points", key
        assert (
            visitor.text("lift", f"lift-{key}", "sample") == f"{count(treated)} got it, {count(held)} were left out"
        ), key
        verdict = {"keep": "Keep", "change": "Change", "stop": "Stop", "wait": "Wait", "repair": "Repair the test"}
        assert visitor.text("advice", f"advice-{key}").startswith(verdict[advice]), key
    sure = sum(low > 0 for _, _, low, *_ in tested)
    assert visitor.text("answer") == f"Of {len(tested)} tested flows, {sure} surely bring more orders."
    for key, attributed, incremental in read(
        published_demo,
        """
        select experiment_key, attributed, incremental from flow_lift
        where metric = 'net_sales' and is_causal and incremental is not null
        """,
    ):
        assert visitor.text("beside", f"beside-{key}", "credited") == whole(attributed), key
        assert visitor.text("beside", f"beside-{key}", "caused") == whole(incremental), key
    visitor.page.get_by_role("radio", name="Net sales a person").check(force=True)
    [(key, difference)] = read(
        published_demo,
        """
        select experiment_key, coalesce(cuped_difference, difference) from flow_lift
        where metric = 'net_sales' and is_causal and withheld_reason is null order by difference desc limit 1
        """,
    )
    visitor.page.get_by_text(f"+{money(difference, 'USD')}").first.wait_for(timeout=PATIENCE)
    assert visitor.text("lift", f"lift-{key}", "value") == f"+{money(difference, 'USD')}"


def test_diagnosis(opened: Callable[[str], Visit], published_demo: Path) -> None:
    visitor = opened("/diagnosis/")
    answers = {"yes": "Yes", "no": "No", "unknown": "Not known yet"}
    for question, answer in read(published_demo, "select distinct question, question_answer from diagnosis"):
        assert visitor.text("questions", f"question-{question}", "answer-of") == answers[answer], question
    for signal, hits, cases, part in read(
        published_demo,
        "select signal_key, hits, sample_size, share_of_cases from diagnosis where answer <> 'unknown'",
    ):
        said = visitor.text("questions", f"signal-{signal}")
        assert said.startswith(f"{share(part)} of "), signal
        assert f"{count(hits)} of {count(cases)}; 95 % interval" in said, signal
    for flow_class, people, reachable, lift, price, stake in read(
        published_demo,
        """
        select flow_class, people_a_year, reachable_share, lift, net_sales_per_order, net_sales_at_stake
        from diagnosis_flows where net_sales_at_stake > 0
        """,
    ):
        row = ("stakes", f"stake-{flow_class}")
        assert visitor.text(*row, "stake") == whole(stake), flow_class
        factors = [count(people), share(reachable), share(lift), money(price, "USD")]
        assert " ".join(visitor.text(*row, "arithmetic").split()) == " × ".join(factors), flow_class
        # What is shown multiplies to what is said to be at stake.
        assert people * reachable * lift * float(price) == pytest.approx(stake, rel=1e-6), flow_class


def test_audiences(opened: Callable[[str], Visit], published_demo: Path) -> None:
    visitor = opened("/audiences/")
    for audience, members in read(
        published_demo,
        "select audience, members from audience_sizes where is_latest and eligible > 0 and kind <> 'list'",
    ):
        assert visitor.text("audience", f"audience-{audience}", "value") == count(members), audience
    [(filled, all_of_them, eligible)] = read(
        published_demo,
        """
        select count(*) filter (where members > 0 and kind <> 'list'), count(*) filter (where kind <> 'list'),
            sum(eligible)
        from audience_sizes where is_latest
        """,
    )
    assert visitor.text("answer") == f"{filled} of {all_of_them} audiences have people to write to now."
    [(left_out,)] = read(published_demo, "select sum(people) from audience_exclusions")
    total = cells(visitor.page, "exclusions")[0]
    assert total[1] == count(eligible)
    assert sum(int(cell.replace(",", "")) for cell in total[2:] if cell) == left_out
