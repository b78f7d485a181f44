"""What the demo shop's generator planted is what is published: its truth is known, so its figures can be wrong."""

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests.conftest import Demo

Ask = Callable[[str], list[tuple[object, ...]]]


@pytest.fixture(scope="module")
def truth(repository: Path, demo: Demo) -> dict[str, object]:
    assert demo.published.is_dir()
    content: dict[str, object] = json.loads((repository / "shops" / "demo" / "truth.json").read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="module")
def ask(demo: Demo) -> Ask:
    def query(sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(demo.data / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    return query


@pytest.mark.parametrize(
    ("planted", "sql"),
    [
        ("rows_breaking_contract", "select entity, count(*) from ops.rejected_rows group by entity"),
        (
            "rows_redelivered",
            "select entity, max(rows_redelivered) from ops.run_log where rows_redelivered > 0 and rows_loaded > 0 "
            "group by entity",
        ),
        ("orders_known", "select count(*) from marts.fct_orders"),
        ("orders_valid", "select count(*) from marts.fct_orders where is_valid"),
        (
            "orders_invalid",
            "select invalid_reason, count(*) from marts.fct_orders where not is_valid group by invalid_reason",
        ),
        ("orders_by_channel", "select channel, count(*) from marts.fct_orders group by channel"),
        ("persons", "select count(*) from marts.dim_customers"),
        ("persons_identified", "select count(*) from marts.dim_customers where is_identified"),
        ("persons_wholesale", "select count(*) from marts.dim_customers where is_wholesale"),
        (
            "persons_with_valid_order",
            "select count(*) from marts.dim_customers where is_identified and valid_orders > 0",
        ),
        (
            "persons_with_two_valid_orders",
            "select count(*) from marts.dim_customers where is_identified and valid_orders > 1",
        ),
        (
            "repeat_mature_persons",
            "select window_days, sum(mature_customers) from reporting.repeat_rate_by_cohort where dimension = 'all' "
            "group by window_days",
        ),
        (
            "repeat_repeaters",
            "select window_days, sum(repeaters) from reporting.repeat_rate_by_cohort where dimension = 'all' "
            "group by window_days",
        ),
        (
            "gross_sales_usd_cents",
            "select 100 * sum(gross_sales) from marts.fct_orders where is_valid and currency = 'USD'",
        ),
        (
            "discounts_usd_cents",
            "select 100 * sum(discounts) from marts.fct_orders where is_valid and currency = 'USD'",
        ),
        ("message_events", "select count(*) from marts.fct_touches"),
        ("messages_sent", "select sum(sent) from marts.fct_flow_performance"),
        ("opens", "select count(*) from marts.fct_touches where event_type = 'opened'"),
        ("opens_by_machine", "select count(*) from marts.fct_touches where event_type = 'opened' and not is_human"),
        ("clicks_by_machine", "select count(*) from marts.fct_touches where event_type = 'clicked' and not is_human"),
        ("orders_after_click", "select count(*) from marts.fct_attributed_orders"),
        ("orders_referred", "select sum(referred_orders) from reporting.referrals where dimension = 'all'"),
        ("persons_referred", "select sum(referred_customers) from reporting.referrals where dimension = 'all'"),
        ("refunds_of_unknown_orders", "select count(*) from marts.fct_refunds where is_orphan"),
        ("reviews", "select count(*) from marts.fct_reviews"),
    ],
)
def test_the_published_figure_is_the_planted_one(truth: dict[str, object], ask: Ask, planted: str, sql: str) -> None:
    rows = ask(sql)
    expected = truth[planted]
    if isinstance(expected, dict):
        assert {str(key): int(str(value)) for key, value in rows} == expected
    else:
        assert int(float(str(rows[0][0]))) == expected


def test_the_repeat_rate_lies_where_the_planted_process_puts_it(truth: dict[str, object], ask: Ask) -> None:
    """Three standard errors of a binomial: the process is random, the planted share is its expectation."""
    ((repeaters, mature),) = ask(
        "select sum(repeaters), sum(mature_customers) from reporting.repeat_rate_by_cohort "
        "where dimension = 'all' and window_days = 90"
    )
    share, people = float(str(truth["repeat_90d_planted_share"])), int(str(mature))
    error = (share * (1 - share) / people) ** 0.5
    assert abs(int(str(repeaters)) / people - share) < 3 * error


def test_the_planted_lift_of_every_flow_lies_in_its_interval(truth: dict[str, object], ask: Ask) -> None:
    """Counts are the generator's to the person; the intervals are those that advice goes by."""
    rows = ask(
        "select flow_id, treatment_persons, holdout_persons, treatment_mean * treatment_persons, "
        "holdout_mean * holdout_persons, sequential_low, sequential_high, cuped_sequential_low, cuped_sequential_high "
        "from reporting.flow_lift where metric = 'order_rate' and is_causal"
    )
    found = {str(row[0]): [float(str(value)) for value in row[1:]] for row in rows}
    for place, name in enumerate(("treatment_persons", "holdout_persons", "treatment_ordered", "holdout_ordered")):
        assert {flow: round(values[place]) for flow, values in found.items()} == truth[f"flow_{name}"]
    planted = truth["flow_true_lift"]
    assert isinstance(planted, dict)
    for flow, lift in planted.items():
        low, high, cuped_low, cuped_high = found[flow][4:]
        assert low <= lift <= high, flow
        assert cuped_low <= lift <= cuped_high, flow


def test_ranges_foretold_hold_nine_of_ten_of_what_the_generator_went_on_to_draw(ask: Ask) -> None:
    """The backtest's cut lies a year before the end: what came after it is the planted process, unseen by the fit."""
    ((coverage,),) = ask("select interval_coverage from reporting.prediction_backtest where forecast = 'model'")
    assert isinstance(coverage, float)
    assert 0.85 <= coverage <= 0.95


def test_the_best_buyers_are_known_a_week_after_their_first_order_better_than_by_chance(ask: Ask) -> None:
    """Sources and subscriptions that stay longer were planted; what came about lies around the probability."""
    ((auc_low, told, actual_low, actual_high),) = ask(
        "select auc_low, mean_probability, actual_share_low, actual_share_high from reporting.early_value_backtest "
        "where tenth = 0"
    )
    assert isinstance(auc_low, float)
    assert auc_low > 0.5
    assert isinstance(told, float)
    assert isinstance(actual_low, float)
    assert isinstance(actual_high, float)
    assert actual_low <= told <= actual_high
