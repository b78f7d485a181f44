"""Models of repeat purchase against what was published of them, and against simulated buyers."""

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from orchestration.foresight.fitting import fit_periods, forecast_periods
from orchestration.foresight.forecast import Forecast, forecast
from orchestration.foresight.purchases import (
    MODELS,
    BgNbd,
    Cells,
    NotConvergedError,
    ParetoNbd,
    PurchaseFit,
    PurchaseModel,
    fit_purchases,
    orders_at_least,
)
from orchestration.foresight.spend import SpendCells, SpendFit, fit_spend

PURCHASES = """
    with purchases as (
        select customer_id, cast(date as date) as day, sum(cast(dollars as decimal(18, 2))) as dollars
        from read_csv('{file}', all_varchar = true)
        group by all
    ),
    firsts as (select customer_id, min(day) as first_day from purchases group by all)
"""
CUT = "date '1997-09-30'"
CASE = Cells(*(np.array([value]) for value in (2.0, 30.43, 38.86, 0.0, 1.0)))


@pytest.fixture(scope="module")
def purchases(shared: Path) -> str:
    """The common part of a query over CDNOW's purchases by customer and day, the $0 ones included, in weeks."""
    return PURCHASES.format(file=shared / "shops" / "cdnow" / "purchases.csv")


@pytest.fixture(scope="module")
def cdnow(purchases: str) -> tuple[Cells, np.ndarray]:
    """Histories to 1997-09-30, and the purchases of the 39 weeks after it: totals per cell."""
    columns = duckdb.sql(
        f"""{purchases},
        histories as (
            select
                count(*) filter (day <= {CUT}) - 1 as frequency,
                max(day) filter (day <= {CUT}) - first_day as recency,
                {CUT} - first_day as age,
                count(*) filter (day > {CUT}) as later
            from purchases join firsts using (customer_id)
            group by customer_id, first_day
        )
        select frequency, recency / 7.0, age / 7.0, 0, count(*), sum(later) from histories group by all order by all
        """
    ).fetchnumpy()
    *cells, later = (np.asarray(column, dtype=np.float64) for column in columns.values())
    return Cells(*cells), later


@pytest.mark.parametrize(
    ("model", "parameters", "log_likelihood"),
    [
        (BgNbd(), (0.243, 4.414, 0.793, 2.426), -9582.4),
        (ParetoNbd(), (0.553, 10.578, 0.606, 11.669), -9595.0),
    ],
    ids=["BG/NBD", "Pareto/NBD"],
)
def test_published_fits_of_cdnow(
    cdnow: tuple[Cells, np.ndarray], model: PurchaseModel, parameters: tuple[float, ...], log_likelihood: float
) -> None:
    fit = fit_purchases(model, cdnow[0])
    assert tuple(np.round(fit.parameters, 3)) == parameters
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=0.1)


def test_published_spend_of_cdnow(purchases: str) -> None:
    columns = duckdb.sql(
        f"""{purchases},
        repeats as (
            select count(*) as purchases, avg(dollars) as mean
            from purchases join firsts using (customer_id)
            where day > first_day and day <= {CUT} group by customer_id
        )
        select purchases, mean, count(*) from repeats where mean > 0 group by all order by all
        """
    ).fetchnumpy()
    fit = fit_spend(SpendCells(*(np.asarray(column, dtype=np.float64) for column in columns.values())))
    assert (round(fit.p, 2), round(fit.q, 2), round(fit.gamma, 2)) == (6.25, 3.74, 15.44)


def test_published_expectation_of_one_cdnow_customer(cdnow: tuple[Cells, np.ndarray]) -> None:
    model = BgNbd()
    fit = fit_purchases(model, cdnow[0])
    assert model.expected_orders(fit.parameters, CASE, 39.0)[0] == pytest.approx(1.226, abs=0.0005)


def test_next_39_weeks_of_cdnow_are_foretold_as_published(cdnow: tuple[Cells, np.ndarray]) -> None:
    cells, later = cdnow
    assert later.sum() == 1882
    fit = fit_purchases(ParetoNbd(), cells)
    foretold = (fit.model.expected_orders(fit.parameters, cells, 39.0) * cells.count).sum()
    assert foretold / 1882 - 1 == pytest.approx(-0.115, abs=0.0005)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_chances_of_counts_sum_to_the_expected_count(model: PurchaseModel) -> None:
    """E(N) = Σ P(N ≥ n): two formulas of each model, derived apart, agree on every cell."""
    random = np.random.default_rng(1)
    age = random.uniform(1, 150, 200)
    frequency = random.integers(0, 12, 200).astype(np.float64)
    recency = np.where(frequency > 0, age * random.random(200), 0.0)
    cells = Cells(frequency, recency, age, random.normal(size=200).round(1), np.ones(200))
    parameters = np.array([0.6, 10.0, 0.8, 3.0, 0.3][: len(model.names)])
    chances = orders_at_least(model, parameters[None, :], cells, 26.0, 1e-9)
    expected = model.expected_orders(parameters, cells, 26.0)
    assert np.abs(chances[:, 1:].sum(axis=1) - expected).max() < 1e-3
    assert (np.diff(chances, axis=1) <= 1e-12).all()


@pytest.mark.parametrize("beta", [1e-12, 1e12, 1e20], ids=str)
@pytest.mark.filterwarnings("error")
def test_no_chance_is_lost_where_numbers_of_very_different_size_meet(beta: float) -> None:
    """A beta beside which a year vanishes in rounding, as an uncertain fit allows it: nobody leaves, all chances hold.

    With s by beta near 0 the count is the negative binomial's, whose mean is (r + x) / (alpha + age) by the horizon.
    """
    cells = Cells(*(np.array(values) for values in ([0.0, 3.0], [0.0, 200.0], [0.0, 400.0], [0.0, 0.0], [1.0, 1.0])))
    parameters = np.array([0.6, 70.0, 1e-9, beta])
    chances = orders_at_least(ParetoNbd(), parameters[None, :], cells, 365.0, 1e-12)
    assert (np.diff(chances, axis=1) <= 0).all()
    assert chances[:, 1:].sum(axis=1) == pytest.approx([0.6 / 70 * 365, 3.6 / 470 * 365], rel=1e-6)


@pytest.mark.parametrize("beta", [0.51, 1.0, 40.0], ids=str)
def test_few_nodes_give_the_likelihood_of_many(beta: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often and however late somebody bought; alpha is 1, and ages are up to fifty times that."""
    random = np.random.default_rng(17)
    age = random.uniform(0.1, 50, 500)
    frequency = random.integers(0, 60, 500).astype(np.float64)
    cells = Cells(frequency, np.where(frequency > 0, age * random.random(500) ** 0.1, 0), age, age * 0, age * 0 + 1)
    parameters = np.array([0.6, 1.0, 0.7, beta])
    few = ParetoNbd().scores(parameters, cells)
    monkeypatch.setattr("orchestration.foresight.purchases._NODES", np.polynomial.legendre.leggauss(64))
    many = ParetoNbd().scores(parameters, cells)
    assert np.abs(few[0] - many[0]).max() < 1e-9
    assert np.abs(few[1] - many[1]).max() < 1e-7


def test_scores_are_the_likelihood_s_slopes() -> None:
    """Against central differences of the likelihood, for each model."""
    cells = buyers(300, 19)[0]
    cells = Cells(cells.frequency, cells.recency, cells.age, np.linspace(-2, 2, 300), cells.count)
    for model in MODELS:
        middle = np.array([0.6, 70.0, 0.8, 84.0, 0.2][: len(model.names)])
        if isinstance(model, BgNbd):
            middle[3] = 3.0
        _, slopes = model.scores(middle, cells)
        for place in range(len(middle)):
            step = np.zeros(len(middle))
            step[place] = 1e-5
            ahead, behind = (
                np.where(np.arange(len(middle)) < 4, middle * np.exp(sign * step), middle + sign * step)
                for sign in (1, -1)
            )
            by_difference = (model.scores(ahead, cells)[0] - model.scores(behind, cells)[0]) / 2e-5
            assert slopes[place] == pytest.approx(by_difference, abs=1e-6)


def test_a_fit_on_many_cells_is_that_on_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that goes on from coarse cells ends where one on all cells does, far within the standard error."""
    cells, _ = buyers(20_000, 7)
    fits = []
    for many in (10, 1_000_000):
        monkeypatch.setattr("orchestration.foresight.purchases._MANY_CELLS", many)
        fits.append(fit_purchases(ParetoNbd(), cells))
    error = np.sqrt(np.diag(fits[1].covariance))
    assert (np.abs(np.log(fits[0].parameters / fits[1].parameters)) < 0.03 * error).all()


def buyers(number: int, seed: int) -> tuple[Cells, np.ndarray]:
    """Buyers of a known Pareto/NBD process (r 0.6, alpha 70, s 0.6, beta 84 days): histories, next year's orders."""
    random = np.random.default_rng(seed)
    age = random.integers(30, 900, number).astype(np.float64)
    rate, leaving = random.gamma(0.6, 1 / 70, number), random.gamma(0.6, 1 / 84, number)
    life = random.exponential(size=number) / leaving
    frequency = random.poisson(rate * np.minimum(life, age)).astype(np.float64)
    # Given their number, purchases lie evenly over the time before leaving: the last is the greatest of them.
    recency = np.minimum(life, age) * random.random(number) ** (1 / np.maximum(frequency, 1))
    later = random.poisson(rate * np.clip(life - age, 0, 365))
    cells = Cells(frequency, np.where(frequency > 0, recency, 0.0), age, np.zeros(number), np.ones(number))
    return cells, later


def test_known_process_is_found_again_and_its_ranges_hold_nine_of_ten() -> None:
    cells, later = buyers(5_000, 3)
    fit = fit_purchases(ParetoNbd(), cells)
    error = np.sqrt(np.diag(fit.covariance))
    assert (np.abs(np.log(fit.parameters / [0.6, 70, 0.6, 84])) < 3 * error).all()
    spend = SpendFit(6.0, 4.0, 15.0, 0.0, np.empty((0, 0)), 0)
    foretold = forecast(fit, spend, cells, 365)
    # Of who may come back at all: ranges of whole orders hold more than their due where the answer is nearly surely 0.
    open_ones = foretold.orders_high > 0
    held = ((later >= foretold.orders_low) & (later <= foretold.orders_high))[open_ones].mean()
    assert 0.88 <= held <= 0.95
    assert foretold.orders.sum() == pytest.approx(later.sum(), rel=0.08)


def test_ranges_of_a_certain_fit_need_no_average_over_it(monkeypatch: pytest.MonkeyPatch) -> None:
    cells, _ = buyers(60_000, 21)
    fit = fit_purchases(ParetoNbd(), cells)
    assert fit.spread().shape == (1, 4)
    some = cells.part(slice(0, 5_000))
    alone = forecast(fit, None, some, 365)
    monkeypatch.setattr("orchestration.foresight.purchases._CERTAIN", 0.0)
    assert fit.spread().shape == (8, 4)
    averaged = forecast(fit, None, some, 365)
    assert np.abs(alone.orders_high - averaged.orders_high).max() <= 1
    assert (alone.orders_high != averaged.orders_high).mean() <= 1 / 400
    assert (alone.orders_low == averaged.orders_low).all()


def test_what_a_cell_is_foretold_does_not_depend_on_the_others() -> None:
    cells, _ = buyers(2_000, 23)
    fit = PurchaseFit(ParetoNbd(), np.array([0.6, 70.0, 0.6, 84.0]), 0.0, np.eye(4) * 0.04, 2_000)
    spend = SpendFit(6.0, 4.0, 15.0, 0.0, np.empty((0, 0)), 0)
    order = np.random.default_rng(24).permutation(2_000)
    together, apart = forecast(fit, spend, cells, 365), forecast(fit, spend, cells.part(order[:700]), 365)
    for name in Forecast.__dataclass_fields__:
        assert getattr(apart, name) == pytest.approx(getattr(together, name)[order[:700]], rel=1e-12, abs=1e-12), name


def test_values_of_a_known_process_lie_in_their_ranges() -> None:
    """Money is continuous: among buyers who are sure to have some, nine of ten lie between the two points."""
    random = np.random.default_rng(5)
    number = 4_000
    cells = Cells(*(np.full(number, value) for value in (30.0, 800.0, 805.0, 0.0, 1.0)))
    fit = PurchaseFit(ParetoNbd(), np.array([0.6, 70.0, 0.6, 840.0]), 0.0, np.eye(4) * 1e-8, number)
    spend = SpendFit(6.0, 4.0, 15.0, 0.0, np.empty((0, 0)), 0)
    foretold = forecast(fit, spend, cells, 365)
    chances = orders_at_least(fit.model, fit.parameters[None, :], cells.part(slice(0, 1)), 365, 1e-6)[0]
    orders = (random.random(number)[:, None] < chances[None, 1:]).sum(axis=1)
    weight = spend.weight(np.full(number, 31.0), np.full(number, 20.0))
    scale = random.gamma(6.0 * 31 + 4.0, size=number)
    paid = np.where(orders > 0, random.gamma(np.maximum(6.0 * orders, 1e-9)), 0.0) / scale * weight
    held = (paid >= foretold.spend_low * weight) & (paid <= foretold.spend_high * weight)
    assert 0.88 <= held.mean() <= 0.92


def test_one_history_for_all_is_refused() -> None:
    same = Cells(*(np.array([value]) for value in (1.0, 10.0, 10.0, 0.0, 500.0)))
    for model in MODELS:
        with pytest.raises(NotConvergedError):
            fit_purchases(model, same)


def test_spend_without_any_spread_is_refused() -> None:
    with pytest.raises(NotConvergedError):
        fit_spend(SpendCells(np.array([1.0, 2.0]), np.array([20.0, 20.0]), np.array([300.0, 200.0])))


def test_the_model_chosen_on_an_earlier_split_foretells_cdnow_better_than_the_plain_fit(purchases: str) -> None:
    """Chosen without the 39 weeks that it is judged by; the plain fit's errors are 0.7545 and 1.603 (Pareto/NBD)."""
    with duckdb.connect() as connection:
        connection.execute(
            f"""create table histories as {purchases},
            periods as (
                from (values
                    ('trial', date '1997-05-18', date '1997-09-30'), ('backtest', {CUT}, date '1998-06-30')
                ) as periods (period, cut_day, end_day)
            ),
            worth as (
                select customer_id, first_day, ln(1 + dollars) as worth
                from purchases join firsts using (customer_id) where day = first_day
            )
            select
                period, end_day - cut_day as horizon_days, cut_day - date '1997-01-01' as history_days,
                cast(count(*) filter (day <= cut_day) - 1 as integer) as frequency,
                max(day) filter (day <= cut_day) - first_day as recency_days, cut_day - first_day as age_days,
                greatest(-2, least(2, round(2 * (worth - avg(worth) over ()) / stddev_pop(worth) over ()) / 2))
                    as trait,
                cast(sum(dollars) filter (day <= cut_day) as double) / count(*) filter (day <= cut_day) as mean_spend,
                count(*) filter (day > cut_day) as later_purchases
            from purchases join worth using (customer_id) cross join periods
            where first_day <= cut_day and day <= end_day
            group by period, cut_day, end_day, customer_id, first_day, worth
            """
        )
        histories = connection.table("histories")
        fits = fit_periods(histories)
        chosen = [row for row in fits.to_pylist() if row["is_chosen"]]
        connection.register("foretold", forecast_periods(histories, connection.from_arrow(fits)))
        customers, orders, error, squared = connection.execute(
            """
            select
                sum(1), sum(orders) / sum(later_purchases), avg(abs(orders - later_purchases)),
                sqrt(avg(power(orders - later_purchases, 2)))
            from histories join foretold using (period, frequency, recency_days, age_days, trait)
            """
        ).fetchall()[0]
    assert [(row["period"], row["model"]) for row in chosen] == [("backtest", "Pareto/NBD with first order value")]
    assert customers == 2357
    assert error < 0.7545
    assert squared < 1.603
    # No better than the plain fit's -11.5 % here: nothing in the 39 weeks before tells of the Christmas within.
    assert orders - 1 == pytest.approx(-0.116, abs=0.001)


def refused(change: str) -> list[dict[str, object]]:
    """Rows of fits of 1,000 buyers of a known process watched for two years, with some of their columns changed."""
    cells, later = buyers(1_000, 11)
    random = np.random.default_rng(12)
    mean = 15 * random.gamma(6, size=1_000) / random.gamma(4, size=1_000)
    with duckdb.connect() as connection:
        columns = pa.table(
            {
                "period": ["now"] * 1_000,
                "horizon_days": [365] * 1_000,
                "history_days": [730] * 1_000,
                "frequency": cells.frequency.astype(int),
                "recency_days": cells.recency.astype(int),
                "age_days": cells.age.astype(int),
                "trait": cells.trait,
                "mean_spend": mean,
                "later_purchases": later,
            }
        )
        connection.register("buyers", columns)
        connection.execute(f"create table histories as select * replace ({change}) from buyers")
        fits: list[dict[str, object]] = fit_periods(connection.table("histories")).to_pylist()
        return [row for row in fits if row["period"] == "now"]


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ("least(frequency, 0) as frequency, 0 as recency_days", "fewer than 100 customers have come back"),
        ("360 as history_days", "less than a year of orders"),
        ("1 as frequency, 10 as recency_days, 400 as age_days", None),
    ],
    ids=["nobody comes back", "young shop", "all alike"],
)
def test_orders_are_not_foretold_and_the_reason_stands(change: str, refusal: str | None) -> None:
    unknown = {"the likelihood has no inner maximum on these data", "the data don't tell the model's parameters apart"}
    unknown |= {"a parameter of the model grows without end on these data"}
    for row in refused(change):
        assert row["refusal"] == refusal if refusal else row["refusal"] in unknown
        assert (row["is_chosen"], row["parameters"], row["covariance"]) == (False, None, None)


def test_fits_and_forecasts_are_the_same_however_rows_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last bit, by the week, whatever the order of rows and the number of threads."""
    monkeypatch.setattr("orchestration.foresight.fitting._MOST_CELLS", 800)
    cells, later = buyers(3_000, 25)
    columns = {
        "period": np.repeat(["trial", "backtest", "now"], 1_000),
        "horizon_days": np.full(3_000, 365),
        "history_days": np.full(3_000, 900),
        "frequency": cells.frequency.astype(int),
        "recency_days": np.ceil(cells.recency).astype(int),
        "age_days": cells.age.astype(int),
        "trait": np.arange(3_000) % 3 - 1.0,
        "mean_spend": 15 * np.random.default_rng(26).gamma(6, size=3_000),
        "later_purchases": later,
    }
    made = []
    for order, threads in ((np.arange(3_000), 1), (np.random.default_rng(27).permutation(3_000), 3)):
        with duckdb.connect() as connection:
            connection.execute(f"set threads = {threads}")
            connection.register("buyers", pa.table({name: column[order] for name, column in columns.items()}))
            connection.execute("create table histories as from buyers")
            fits = fit_periods(connection.table("histories"))
            made.append((fits, forecast_periods(connection.table("histories"), connection.from_arrow(fits))))
    assert made[0][0].equals(made[1][0])
    assert made[0][1].equals(made[1][1])
    assert {row["grain_days"] for row in made[0][0].to_pylist() if row["is_chosen"]} == {7}


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ("0.0 as mean_spend", "fewer than 100 customers have come back and paid"),
        ("cast(null as double) as mean_spend", "fewer than 100 customers have come back and paid"),
        ("-mean_spend as mean_spend", "fewer than 100 customers have come back and paid"),
        ("20.0 as mean_spend", "the likelihood has no inner maximum on these data"),
    ],
    ids=["free", "unknown", "more returned than paid", "one price"],
)
def test_orders_are_foretold_without_money_and_the_reason_stands(change: str, refusal: str) -> None:
    rows = refused(change)
    assert [row["spend_refusal"] for row in rows] == [refusal] * len(rows)
    assert [row["spend_p"] for row in rows] == [None] * len(rows)
    assert sum(bool(row["is_chosen"]) for row in rows) == 1


def test_one_buyer_for_a_business_moves_what_others_are_foretold_by_little() -> None:
    """Unmarked, with a thousand times the mean: the spend of everybody else changes by less than a twentieth."""
    random = np.random.default_rng(13)
    purchases = random.integers(1, 6, 2_000).astype(np.float64)
    mean = 15 * random.gamma(6 * purchases) / purchases / random.gamma(4, size=2_000)
    without = fit_spend(SpendCells(purchases, mean, np.ones(2_000)))
    mean[0] = 1_000 * mean.mean()
    with_it = fit_spend(SpendCells(purchases, mean, np.ones(2_000)))
    usual = np.quantile(mean, [0.1, 0.5, 0.9])
    assert with_it.expected(np.full(3, 2.0), usual) == pytest.approx(without.expected(np.full(3, 2.0), usual), rel=0.05)
