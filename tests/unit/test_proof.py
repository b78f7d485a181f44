"""Arms compared: against hand-worked and published figures, and over thousands of simulated shops."""

import math
from pathlib import Path

import duckdb
import numpy as np
import pytest

from orchestration.demo import clock
from orchestration.demo.customers import buyers_for, draw_customers, draw_holdouts
from orchestration.demo.generate import STREAMS, generate, place_orders
from orchestration.demo.orders import empty_programme, is_valid
from orchestration.demo.programme import FLOWS
from orchestration.demo.truth import flow_arms
from orchestration.proof.lift import (
    ArmSums,
    Floats,
    adjusted_difference,
    balance,
    has_enough,
    needed_holdout,
    raw_difference,
    sample_ratio_p,
)
from orchestration.proof.tables import lifts

SHOPS = 1_000
LOOKS = 10


def sums_of(outcome: Floats, before: Floats | None = None) -> ArmSums:
    """Sums over the last axis, which holds persons."""
    before = np.zeros_like(outcome) if before is None else before
    persons = np.full(outcome.shape[:-1], float(outcome.shape[-1]))
    return ArmSums(
        persons,
        outcome.sum(-1),
        (outcome**2).sum(-1),
        before.sum(-1),
        (before**2).sum(-1),
        (outcome * before).sum(-1),
    )


def shares(ordered: object, persons: object) -> ArmSums:
    """Arms of which so many ordered."""
    ordered, persons = np.asarray(ordered, dtype=np.float64), np.asarray(persons, dtype=np.float64)
    nothing = np.zeros_like(ordered)
    return ArmSums(persons, ordered, ordered, nothing, nothing, nothing)


def buyers(rng: np.random.Generator, shops: int, persons: int, rate: float) -> tuple[Floats, Floats]:
    """Whether each person orders, and net sales: of a long-tailed order value, nothing of most."""
    ordered = (rng.random((shops, persons)) < rate).astype(np.float64)
    return ordered, ordered * rng.lognormal(3.5, 0.6, (shops, persons))


def customers(rng: np.random.Generator, shops: int, persons: int) -> dict[str, Floats]:
    """Customers of whom some order more readily than others, now as before: 12 % of them on average."""
    rate = rng.beta(0.6, 4.4, (shops, persons))
    worth = rng.lognormal(3.5, 0.6, (shops, persons))
    found = {}
    for when in ("", "_before"):
        found[f"ordered{when}"] = (rng.random((shops, persons)) < rate).astype(np.float64)
        found[f"spent{when}"] = found[f"ordered{when}"] * worth
    return found


class TestWorkedByHand:
    def test_means_and_welch(self) -> None:
        """Means 4 and 2; variances 4 and 1 of three persons each: standard error 1.2910, 2.94 degrees of freedom."""
        found = raw_difference(sums_of(np.array([2.0, 4.0, 6.0])), sums_of(np.array([1.0, 2.0, 3.0])))
        assert found.estimate == pytest.approx(2.0)
        assert found.variance == pytest.approx(5 / 3)
        # t of 2.941 degrees of freedom is 3.2164.
        assert found.high - found.estimate == pytest.approx(1.29099 * 3.2164, rel=1e-3)

    def test_newcombe_is_the_published_interval(self) -> None:
        """Newcombe 1998, table II, example (a), method 10: 56 of 70 against 48 of 80."""
        found = raw_difference(shares(56, 70), shares(48, 80), is_share=True)
        assert found.estimate == pytest.approx(0.2)
        assert (float(found.low), float(found.high)) == pytest.approx((0.0524, 0.3339), abs=5e-5)

    def test_newcombe_keeps_an_interval_where_nobody_ordered(self) -> None:
        """Example (h): 0 of 10 against 0 of 10."""
        found = raw_difference(shares(0, 10), shares(0, 10), is_share=True)
        assert (float(found.low), float(found.high)) == pytest.approx((-0.2775, 0.2775), abs=5e-5)

    def test_cuped_takes_away_what_was_there_before(self) -> None:
        """The outcome is the pre-period plus 3 for the treated: nothing is left to chance but the 3."""
        before_t, before_h = np.array([1.0, 5.0, 9.0, 2.0]), np.array([4.0, 0.0, 2.0, 3.0])
        noise_t, noise_h = np.array([0.1, -0.1, 0.1, -0.1]), np.array([-0.1, 0.1, 0.1, -0.1])
        found = adjusted_difference(sums_of(before_t + 3 + noise_t, before_t), sums_of(before_h + noise_h, before_h))
        assert float(found.estimate) == pytest.approx(3, abs=0.1)
        assert float(found.variance_removed) > 0.99

    def test_no_time_before_gives_no_adjusted_figure(self) -> None:
        found = adjusted_difference(sums_of(np.array([0.0, 1.0, 1.0])), sums_of(np.array([0.0, 0.0, 1.0])))
        assert np.isnan([found.estimate, found.low, found.sequential_high, found.variance_removed]).all()

    def test_sample_ratio(self) -> None:
        """χ² of 821 : 179 for 80 : 20 is 21²/800 + 21²/200 = 2.756; of 850 : 150 it is 15.6, which stops."""
        p = sample_ratio_p(*np.array([[821.0, 850.0], [179.0, 150.0], [0.0, 0.0], [0.0, 0.0], [0.2, 0.2]]))
        assert p[0] == pytest.approx(math.erfc(math.sqrt(2.75625 / 2)))
        assert p[1] == pytest.approx(math.erfc(math.sqrt(15.625 / 2)))
        assert p[1] < 0.001 < p[0]

    def test_sample_ratio_without_a_plan_holds_analysed_against_assigned(self) -> None:
        """1,000 and 250 assigned; of the holdout 125 are analysed where 200 were due: χ² = 104.17."""
        p = sample_ratio_p(*np.array([[800.0, 1000.0], [125.0, 250.0], [1000.0] * 2, [250.0] * 2, [np.nan] * 2]))
        assert p[0] < 1e-20
        assert np.isnan(p[1]), "all assigned are analysed, and nobody knows the plan"

    def test_needed_persons(self) -> None:
        """(1.95996 + 0.84162)² × 0.1 × 0.9 × (1 + 1/4) / 0.02² = 2207.4; equal arms need 3532 each."""
        found = needed_holdout(np.array([0.1, 0.1]), np.array([0.02, 0.02]), np.array([4.0, 1.0]))
        assert found.tolist() == [2208, 3532]

    def test_few_persons_or_few_orders_are_too_few(self) -> None:
        treatment = shares([400, 40, 40], [4000, 400, 400])
        holdout = shares([10, 10, 9], [99, 100, 90])
        assert has_enough(treatment, holdout, 90.0).tolist() == [False, True, False]
        assert has_enough(treatment, holdout, 100.0).tolist() == [False, True, False]

    def test_balance_is_in_standard_deviations(self) -> None:
        """Means 3 and 2 with variance 1 each: one deviation apart, t = 1.2247 of four degrees of freedom."""
        nothing = np.zeros(3)
        apart, p = balance(
            sums_of(nothing, np.array([2.0, 3.0, 4.0])),
            sums_of(nothing, np.array([1.0, 2.0, 3.0])),
        )
        assert float(apart) == pytest.approx(1.0)
        assert float(p) == pytest.approx(0.2879, abs=1e-4)


class TestTables:
    def test_an_experiment_reads_off_its_order_rate_whether_it_is_large_enough(self) -> None:
        """Margin is unknown; money has no count of orders of its own."""
        connection = duckdb.connect()
        connection.execute(
            """
            create table sums as
            select
                'x' as experiment_key, metric, 400.0 as treatment_persons, total as treatment_total,
                squares as treatment_squares, 0.0 as treatment_pre_total, 0.0 as treatment_pre_squares,
                0.0 as treatment_product, 100.0 as holdout_persons, total / 8 as holdout_total,
                squares / 8 as holdout_squares, 0.0 as holdout_pre_total, 0.0 as holdout_pre_squares,
                0.0 as holdout_product, 400.0 as assigned_treatment, 100.0 as assigned_holdout,
                cast(null as double) as planned_holdout_share, 0.03 as detectable_difference, 100.0 as fewest_persons
            from (values ('order_rate', 80.0, 80.0), ('net_sales', 800.0, 9000.0), ('margin', null, null))
                as rows(metric, total, squares)
            """
        )
        rows = {row["metric"]: row for row in lifts(connection.table("sums")).to_pylist()}
        assert all(row["has_enough_persons"] and not row["is_sample_ratio_broken"] for row in rows.values())
        assert rows["order_rate"]["difference"] == pytest.approx(0.1)
        assert rows["net_sales"]["difference"] == pytest.approx(1.0)
        assert rows["margin"]["difference"] is None
        assert rows["order_rate"]["cuped_difference"] is None
        # (2.8016 / .03)² × r(1 − r) × 1.25, r = 91 / 502
        assert {row["needed_holdout_persons"] for row in rows.values()} == {1618.0}

    def test_no_experiment_gives_no_row(self) -> None:
        connection = duckdb.connect()
        connection.execute("create table sums as select 'x' as experiment_key, 'margin' as metric where false")
        assert lifts(connection.table("sums")).num_rows == 0


class TestSimulation:
    """Arms drawn from one process: what a difference claims must then be luck alone."""

    def test_a_thousand_shops_without_effect(self) -> None:
        """At most 6 % false alarms of 95 % intervals: both metrics, raw and adjusted, 2,000 against 500 persons."""
        rng = np.random.default_rng(20250101)
        treatment, holdout = customers(rng, SHOPS, 2000), customers(rng, SHOPS, 500)
        for metric, is_share in (("ordered", True), ("spent", False)):
            arms = [sums_of(arm[metric], arm[f"{metric}_before"]) for arm in (treatment, holdout)]
            for found in (raw_difference(*arms, is_share=is_share), adjusted_difference(*arms)):
                assert np.mean((found.low > 0) | (found.high < 0)) <= 0.06
                assert np.mean((found.low <= 0) & (found.high >= 0)) >= 0.93

    def test_looking_ten_times_gives_no_more_false_alarms(self) -> None:
        """The sequential interval over ten looks at a growing experiment; the fixed one shows why it is needed."""
        rng = np.random.default_rng(20250102)
        treatment, holdout = customers(rng, SHOPS, 2000), customers(rng, SHOPS, 500)
        alarms = {name: np.zeros(SHOPS, dtype=np.bool_) for name in ("fixed", "raw", "adjusted")}
        for look in range(2, LOOKS + 2):
            seen = [
                sums_of(arm["spent"][:, : size * look], arm["spent_before"][:, : size * look])
                for arm, size in ((treatment, 180), (holdout, 45))
            ]
            raw, adjusted = raw_difference(*seen), adjusted_difference(*seen)
            alarms["fixed"] |= (raw.low > 0) | (raw.high < 0)
            alarms["raw"] |= (raw.sequential_low > 0) | (raw.sequential_high < 0)
            alarms["adjusted"] |= (adjusted.sequential_low > 0) | (adjusted.sequential_high < 0)
        assert alarms["raw"].mean() <= 0.06
        assert alarms["adjusted"].mean() <= 0.06
        assert alarms["fixed"].mean() > 0.10

    def test_ninety_five_percent_intervals_hold_the_planted_effect(self) -> None:
        """Six points more orders, and the money that comes with them."""
        rng = np.random.default_rng(20250103)
        treatment, holdout = buyers(rng, SHOPS, 2000, 0.16), buyers(rng, SHOPS, 500, 0.10)
        value = math.exp(3.5 + 0.6**2 / 2)
        for metric, truth in ((0, 0.06), (1, 0.06 * value)):
            found = raw_difference(sums_of(treatment[metric]), sums_of(holdout[metric]), is_share=metric == 0)
            assert np.mean((found.low <= truth) & (truth <= found.high)) >= 0.93
            assert np.mean((found.sequential_low <= truth) & (truth <= found.sequential_high)) >= 0.99

    @pytest.mark.parametrize("correlation", [0.3, 0.6, 0.9])
    def test_cuped_removes_the_correlation_squared(self, correlation: float) -> None:
        """Variance falls to 1 − ρ², as stated and as it really scatters over shops; the planted effect stays."""
        rng = np.random.default_rng(20250104)
        arms = []
        for persons, effect in ((400, 1.0), (200, 0.0)):
            before = rng.normal(20, 5, (SHOPS, persons))
            noise = rng.normal(0, 5 * math.sqrt(1 - correlation**2), (SHOPS, persons))
            arms.append(sums_of(effect + correlation * before + noise, before))
        raw, cuped = raw_difference(*arms), adjusted_difference(*arms)
        assert np.mean(cuped.variance / raw.variance) == pytest.approx(1 - correlation**2, abs=0.01)
        assert np.var(cuped.estimate) / np.var(raw.estimate) == pytest.approx(1 - correlation**2, rel=0.15)
        assert np.mean(cuped.correlation) == pytest.approx(correlation, abs=0.01)
        assert np.mean((cuped.low <= 1) & (cuped.high >= 1)) >= 0.93
        assert np.mean((cuped.low > 1) | (cuped.high < 1)) <= 0.06


def test_planted_lifts_lie_in_their_intervals(tmp_path: Path) -> None:
    """The demo's process with five times its persons: every flow's planted lift is within its 95 % interval."""
    truth = generate(tmp_path / "shop", 60_000, 1)
    flows = sorted(truth.flow_true_lift)
    found = raw_difference(
        shares(
            [truth.flow_treatment_ordered[flow] for flow in flows],
            [truth.flow_treatment_persons[flow] for flow in flows],
        ),
        shares(
            [truth.flow_holdout_ordered[flow] for flow in flows], [truth.flow_holdout_persons[flow] for flow in flows]
        ),
        is_share=True,
    )
    planted = np.array([truth.flow_true_lift[flow] for flow in flows])
    outside = [
        flow
        for flow, low, lift, high in zip(flows, found.low, planted, found.high, strict=True)
        if not low <= lift <= high
    ]
    assert outside == []


def test_fixed_intervals_hold_the_demos_planted_lifts_as_often_as_they_say() -> None:
    """The demo's process at its own size, drawn 40 times: 95 % intervals of 280 lifts, off by nothing on average."""
    distances, held = [], []
    size = buyers_for(12_000, 1.0)
    for seed in range(40):
        rng = {name: np.random.default_rng([seed, 0, place]) for place, name in enumerate(STREAMS)}
        people = draw_customers(rng["people"], size, 0, 1.0, True)
        plan = empty_programme(draw_holdouts(rng["arms"], people))
        placed = place_orders(rng, people, plan, True)
        counted = flow_arms(placed, plan, is_valid(placed) & (placed.instant <= clock.as_of_instant()))
        arms = [counted[flow.flow_id] for flow in FLOWS if flow.has_experiment]
        found = raw_difference(
            shares([arm.treatment_ordered for arm in arms], [arm.treatment_persons for arm in arms]),
            shares([arm.holdout_ordered for arm in arms], [arm.holdout_persons for arm in arms]),
            is_share=True,
        )
        chance = np.array([flow.extra_order_share for flow in FLOWS if flow.has_experiment])
        planted = chance * [arm.without_other_order / (arm.treatment_persons + arm.holdout_persons) for arm in arms]
        distances.append((found.estimate - planted) / np.sqrt(found.variance))
        held.append((found.low <= planted) & (planted <= found.high))
    assert np.mean(held) >= 0.93
    # 280 distances in standard errors: their mean's own error is 0.06, their spread's 0.042.
    assert abs(np.mean(distances)) < 0.18
    assert np.std(distances) == pytest.approx(1, abs=0.13)
