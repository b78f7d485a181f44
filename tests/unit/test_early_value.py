"""Who will be in the top fifth: against a known process, a published statistic, and where nothing can be told."""

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from scipy.special import expit
from scipy.stats import mannwhitneyu

from orchestration.foresight.early_value import area_under_curve, fit_early_value

TRUE_SOURCES = {"ads": -0.6, "friends": 0.9, "search": 0.0}


def newcomers(number: int, seed: int, source_weight: float = 1.0, value_weight: float = 1.5) -> pa.Table:
    """Buyers whose log odds are known; the first half earlier, a quarter later, a quarter new."""
    random = np.random.default_rng(seed)
    source = random.choice(list(TRUE_SOURCES), number)
    step = np.round(random.normal(37, 5, number)).astype(np.int64)
    odds = -1.5 + source_weight * np.array([TRUE_SOURCES[name] for name in source]) + value_weight * (step - 37) / 10
    is_top = random.random(number) < expit(odds)
    part = np.select(
        [np.arange(number) < number / 2, np.arange(number) < number * 3 / 4], ["earlier", "later"], "newcomer"
    )
    same = {
        name: ["no"] * number
        for name in ("discount_depth", "subscribed", "referral", "channel", "market", "product_type", "engagement")
    }
    return pa.table(
        {
            "person_id": [f"{row:08x}" for row in range(number)],
            "part": part,
            "value_step": step,
            "acquisition_source": source,
            "second_order": ["no"] * number,
            **same,
            "is_top": pa.array(is_top, mask=part == "newcomer"),
            "is_top_in_part": pa.array(is_top, mask=part == "newcomer"),
        }
    )


def all_alike(buyers: pa.Table) -> pa.Table:
    """With all of them in the top fifth, as where everybody's net sales are the same."""
    for name in ("is_top", "is_top_in_part"):
        buyers = buyers.set_column(buyers.column_names.index(name), name, pa.array([True] * len(buyers)))
    return buyers


def on_one_day(buyers: pa.Table) -> pa.Table:
    """With nobody earlier than anybody else: nothing to learn from for the backtest."""
    part = pa.array(["newcomer" if part == "newcomer" else "later" for part in buyers["part"].to_pylist()])
    return buyers.set_column(buyers.column_names.index("part"), "part", part)


def fitted(buyers: pa.Table) -> list[dict[str, object]]:
    with duckdb.connect() as connection:
        rows: list[dict[str, object]] = fit_early_value(connection.from_arrow(buyers)).to_pylist()
        return rows


def test_a_known_process_is_found_again() -> None:
    rows = fitted(newcomers(40_000, 1))
    assert {row["refusal"] for row in rows} == {None}
    effect = {(row["trait"], row["value"]): row["effect"] for row in rows if row["period"] == "now"}
    by_source = {name: effect["acquisition_source", name] for name in TRUE_SOURCES}
    # Standard errors are about 0.03; effects are around their own mean.
    assert by_source["friends"] - by_source["search"] == pytest.approx(0.9, abs=0.1)
    assert by_source["ads"] - by_source["search"] == pytest.approx(-0.6, abs=0.1)
    assert effect["first_order_value", "47"] - effect["first_order_value", "37"] == pytest.approx(1.5, abs=0.1)
    assert all(effect[trait, "no"] == pytest.approx(0, abs=1e-9) for trait in ("referral", "market", "second_order"))


def test_a_sample_by_hash_learns_what_all_teach_but_for_its_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of 45,000 who were watched: effects differ by less than three standard errors of the difference.

    With a fifth of n at the top, the difference of two thirds' effects has one of √(6 / (n × 0.16)), the fourth part of
    n twice that; of a part and the whole the variances subtract.
    """
    buyers = newcomers(60_000, 8)
    whole = fitted(buyers)
    monkeypatch.setattr("orchestration.foresight.early_value._MOST_PERSONS", 45_000 // 4)
    sample = fitted(buyers)
    learned = [next(row["learned_from"] for row in rows if row["period"] == "now") for rows in (whole, sample)]
    assert learned[0] == 45_000
    assert learned[1] == pytest.approx(45_000 / 4, rel=0.03)
    effects = [
        {(row["trait"], row["value"]): row["effect"] for row in rows if row["period"] == "now"}
        for rows in (whole, sample)
    ]
    error = np.sqrt(6 / (learned[1] * 0.16) - 6 / (learned[0] * 0.16))
    for one, other in (("friends", "search"), ("ads", "search")):
        contrast, sampled = (
            effect["acquisition_source", one] - effect["acquisition_source", other] for effect in effects
        )
        assert abs(contrast - sampled) < 3 * error


def test_mean_probability_is_the_share_that_came_about() -> None:
    buyers = newcomers(20_000, 2)
    effects = {(row["trait"], row["value"]): row for row in fitted(buyers) if row["period"] == "now"}
    odds = np.full(len(buyers), effects["referral", "no"]["intercept"], dtype=np.float64)
    for trait, column in [("first_order_value", "value_step"), ("acquisition_source", "acquisition_source")]:
        odds += np.array([effects[trait, str(value)]["effect"] for value in buyers[column].to_pylist()])
    learned = np.array(buyers["part"].to_pylist()) != "newcomer"
    is_top = np.array(buyers["is_top"].to_pylist())[learned].astype(bool)
    assert expit(odds[learned]).mean() == pytest.approx(is_top.mean(), abs=1e-4)
    for low, high in ((-9, -2), (-2, -1), (-1, 0), (0, 9)):
        inside = (odds[learned] > low) & (odds[learned] <= high)
        share, told = is_top[inside].mean(), expit(odds[learned][inside]).mean()
        assert abs(share - told) < 4 * np.sqrt(told * (1 - told) / inside.sum())


def test_area_under_the_curve_is_mann_and_whitney_s_statistic() -> None:
    random = np.random.default_rng(3)
    score, is_top = random.integers(0, 9, 300).astype(float), (random.random(300) < 0.3).astype(float)
    statistic = mannwhitneyu(score[is_top == 1], score[is_top == 0]).statistic
    expected = statistic / (is_top.sum() * (1 - is_top).sum())
    assert area_under_curve(score, is_top, np.ones(300)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("buyers", "reason"),
    [
        (newcomers(900, 4), "fewer than 750 customers have been watched for a year"),
        (newcomers(4_000, 5, 0.0, 0.0), "nothing known in the first week tells who will be in the top fifth"),
        (all_alike(newcomers(4_000, 6)), "all are worth the same after a year, or came on one day"),
        (on_one_day(newcomers(4_000, 6)), "all are worth the same after a year, or came on one day"),
    ],
    ids=["too few", "chance", "all alike", "one day"],
)
def test_nothing_is_told_where_nothing_is_known(buyers: pa.Table, reason: str) -> None:
    rows = fitted(buyers)
    assert [(row["period"], row["refusal"], row["effect"]) for row in rows] == [
        ("backtest", reason, None),
        ("now", reason, None),
    ]
