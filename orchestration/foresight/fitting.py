"""From counted histories to fits and forecasts: what the dbt models of foresight hand over and take back.

Everything is read as cells that SQL has counted, so that ten times the persons cost no more here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from orchestration.foresight.forecast import Forecast, forecast
from orchestration.foresight.purchases import (
    MODELS,
    Cells,
    Ints,
    NotConvergedError,
    PurchaseFit,
    PurchaseModel,
    fit_purchases,
    orders_at_least,
)
from orchestration.foresight.spend import SpendCells, SpendFit, fit_spend

PERIODS = ("trial", "backtest", "now")
# The period before, by whose holdout a period's model is chosen: what is judged has had no say in it.
_CHOSEN_BY = {"backtest": "trial", "now": "backtest"}
FEWEST_REPEAT_BUYERS = 100
FEWEST_HISTORY_DAYS = 365
# A day stays a day as long as there are no more cells than this; beyond, times are counted together by the week or
# more weeks, each cell standing at its buyers' mean.
_MOST_CELLS = 100_000
_GRAINS = (1, 7, 14, 28)
_HOLDOUT_BLOCK = 1_024
# A mean spend is known to a fifth of a percent, so that equal ones can be counted together.
_SPEND_STEPS = 500

_FITS = pa.schema(
    [
        ("period", pa.string()),
        ("model", pa.string()),
        ("is_chosen", pa.bool_()),
        ("refusal", pa.string()),
        ("customers", pa.int64()),
        ("repeat_customers", pa.int64()),
        ("history_days", pa.int64()),
        ("horizon_days", pa.int64()),
        ("grain_days", pa.int64()),
        ("parameter_names", pa.string()),
        ("parameters", pa.string()),
        ("covariance", pa.string()),
        ("log_likelihood", pa.float64()),
        ("holdout_log_likelihood", pa.float64()),
        ("holdout_error", pa.float64()),
        ("spend_p", pa.float64()),
        ("spend_q", pa.float64()),
        ("spend_gamma", pa.float64()),
        ("spend_refusal", pa.string()),
    ]
)
_FORECASTS = pa.schema(
    [
        ("period", pa.string()),
        ("frequency", pa.int64()),
        ("recency_days", pa.int64()),
        ("age_days", pa.int64()),
        ("trait", pa.float64()),
        *((name, pa.float64()) for name in Forecast.__dataclass_fields__),
    ]
)


def fit_periods(histories: Any) -> pa.Table:
    """One row per period and model: what was fitted, or why not.

    Args:
        histories: relation of `int_foresight__histories`.
    """
    rows: list[dict[str, Any]] = []
    # The last fit of each model.
    found: dict[str, PurchaseFit] = {}
    facts_of = _facts(histories)
    for period in PERIODS:
        facts = facts_of[period]
        counted = _counted(histories, period, facts["grain_days"]) if facts["refusal"] is None else None
        spend, spend_refusal = _fit_money(histories, period)
        for model in MODELS:
            row = {
                "period": period,
                "model": model.name,
                "parameter_names": json.dumps(model.names),
                **facts,
                "spend_p": spend and spend.p,
                "spend_q": spend and spend.q,
                "spend_gamma": spend and spend.gamma,
                "spend_refusal": spend_refusal,
                "is_chosen": False,
            }
            rows.append(row)
            if counted is None:
                continue
            cells, place = counted.of(model)
            likely = [found[name] for name in (model.name, model.simpler) if name in found]
            try:
                fit = fit_purchases(model, cells, likely)
            except NotConvergedError as error:
                row["refusal"] = str(error)
                continue
            found[model.name] = fit
            row["parameters"] = json.dumps(fit.parameters.tolist())
            row["covariance"] = json.dumps(fit.covariance.tolist())
            row["log_likelihood"] = fit.log_likelihood
            if period != "now":
                row |= _holdout(counted.later, cells, place, fit, facts)
    _choose(rows)
    return pa.Table.from_pylist(rows, schema=_FITS)


def forecast_periods(histories: Any, fits: Any) -> pa.Table:
    """One row per period and cell: what the chosen model foretells; no row where none was fitted.

    Args:
        histories: relation of `int_foresight__histories`.
        fits: relation of `int_foresight__fits`.
    """
    chosen = fits.filter("is_chosen").order("period").to_arrow_table().to_pylist()
    tables = [_FORECASTS.empty_table()]
    for row in chosen:
        counted = _counted(histories, row["period"], row["grain_days"])
        spend = None
        # A range of money is for those who are told of it; the backtest judges what is expected.
        if row["period"] == "now" and row["spend_p"] is not None:
            spend = SpendFit(row["spend_p"], row["spend_q"], row["spend_gamma"], 0.0, np.empty((0, 0)), 0)
        fit = _fit_of(row)
        cells, place = counted.of(fit.model)
        foretold = forecast(fit, spend, cells, row["horizon_days"])
        columns = {
            "period": pa.repeat(row["period"], len(place)),
            "frequency": counted.cells.frequency.astype(np.int64),
            "recency_days": counted.recency_days,
            "age_days": counted.age_days,
            "trait": counted.cells.trait,
            **{
                name: pa.array(getattr(foretold, name)[place], from_pandas=True)
                for name in Forecast.__dataclass_fields__
            },
        }
        tables.append(pa.table(columns, schema=_FORECASTS))
    return pa.concat_tables(tables)


@dataclass(frozen=True)
class _Counted:
    """A period's cells, and the times, rounded up to the grain, that SQL finds them again by."""

    cells: Cells
    recency_days: Ints
    age_days: Ints
    later: "_Later"

    def of(self, model: PurchaseModel) -> tuple[Cells, Ints]:
        """The cells that the model tells apart, and the place among them of each of all cells.

        Without a trait those that lie beside one another with the same times are one.
        """
        if len(model.names) > 4:
            return self.cells, np.arange(len(self.age_days))
        keys = (self.cells.frequency, self.cells.recency, self.cells.age)
        place = np.cumsum(np.any([np.diff(key, prepend=-1) != 0 for key in keys], axis=0)) - 1
        return self.cells.joined(place), place


@dataclass(frozen=True)
class _Later:
    """How many of each cell's persons bought how often after the cut, in the cells' order."""

    cell: Ints
    purchases: Ints
    persons: Ints


def _facts(histories: Any) -> dict[str, dict[str, Any]]:
    """Counts of each period, and why nothing can be said of it, if so.

    Cells are counted by their hashes' sketch, which is a percent or two off and the same however rows lie.
    """
    times = [f"{_rounded('recency_days', grain)}, {_rounded('age_days', grain)}" for grain in _GRAINS[:-1]]
    cells = [f"approx_count_distinct(hash(frequency, {both}, trait))" for both in times]
    counts = histories.query(
        "histories",
        f"""
        select
            period, count(*), sum(case when frequency > 0 then 1 else 0 end),
            max(history_days), max(horizon_days), {", ".join(cells)}
        from histories group by period
        """,
    ).fetchall()
    facts = {period: [0] * (4 + len(cells)) for period in PERIODS} | {row[0]: row[1:] for row in counts}
    return {period: _facts_of(period, *map(int, values)) for period, values in facts.items()}


def _facts_of(
    period: str, customers: int, repeat: int, history_days: int, horizon_days: int, *cells: int
) -> dict[str, Any]:
    refusal = None
    if repeat < FEWEST_REPEAT_BUYERS:
        refusal = f"fewer than {FEWEST_REPEAT_BUYERS} customers have come back"
    elif period == "now" and history_days < FEWEST_HISTORY_DAYS:
        refusal = "less than a year of orders"
    fine_enough = (grain for grain, number in zip(_GRAINS, cells, strict=False) if number <= _MOST_CELLS)
    return {
        "customers": customers,
        "repeat_customers": repeat,
        "history_days": history_days,
        "horizon_days": horizon_days,
        "grain_days": next(fine_enough, _GRAINS[-1]),
        "refusal": refusal,
    }


def _rounded(days: str, grain: int) -> str:
    """SQL for days rounded up to whole grains, in whole numbers: as in `int_foresight__predictions`."""
    return days if grain == 1 else f"({days} + {grain - 1} - ({days} + {grain - 1}) % {grain})"


def _counted(histories: Any, period: str, grain: int) -> _Counted:
    """The period's cells in one fixed order. Sums of whole numbers don't depend on the rows' order."""
    recency, age = _rounded("recency_days", grain), _rounded("age_days", grain)
    rows = (
        histories.filter(f"period = '{period}'")
        .query(
            "histories",
            f"""
        select
            frequency, {recency} as recency_key, {age} as age_key, trait, later_purchases,
            sum(recency_days) as recency, sum(age_days) as age, count(*) as persons
        from histories group by all order by frequency, recency_key, age_key, trait, later_purchases
        """,
        )
        .fetchnumpy()
    )
    values = {name: np.asarray(column, dtype=np.float64) for name, column in rows.items()}
    keys = np.stack([values[name] for name in ("frequency", "recency_key", "age_key", "trait")])
    is_next = np.any(np.diff(keys, axis=1, prepend=np.nan) != 0, axis=0)
    first, cell = np.flatnonzero(is_next), np.cumsum(is_next) - 1
    recencies, ages, persons = (
        np.bincount(cell, values[name]).astype(np.float64) for name in ("recency", "age", "persons")
    )
    frequency, recency_key, age_key, trait = keys[:, first]
    return _Counted(
        Cells(frequency, recencies / persons, ages / persons, trait, persons),
        recency_key.astype(np.int64),
        age_key.astype(np.int64),
        _Later(cell, values["later_purchases"].astype(np.int64), values["persons"].astype(np.int64)),
    )


def _holdout(
    after: _Later, cells: Cells, place_of: Ints, fit: PurchaseFit, facts: Mapping[str, Any]
) -> dict[str, float]:
    """How well the fit foretold what the period's customers did after its cut.

    Log-likelihood per customer, and by how many orders a customer's forecast was off on average.
    """
    cell, later, persons = place_of[after.cell], after.purchases, after.persons
    horizon = facts["horizon_days"]
    likelihood, error = 0.0, 0.0
    for start in range(0, len(cells.age), _HOLDOUT_BLOCK):
        block = cells.part(slice(start, start + _HOLDOUT_BLOCK))
        rows = slice(*np.searchsorted(cell, [start, start + _HOLDOUT_BLOCK]))
        place, most = cell[rows] - start, int(later[rows].max()) + 1
        chances = orders_at_least(fit.model, fit.parameters[None, :], block, horizon, 1e-12, most)
        chances = np.hstack([chances, np.zeros((len(chances), 1))])
        seen = np.minimum(later[rows], chances.shape[1] - 2)
        mass = chances[place, seen] - chances[place, seen + 1]
        likelihood += float((np.log(np.maximum(mass, 1e-12)) * persons[rows]).sum())
        expected = fit.model.expected_orders(fit.parameters, block, horizon)
        error += float((np.abs(expected[place] - later[rows]) * persons[rows]).sum())
    customers = float(facts["customers"])
    return {"holdout_log_likelihood": likelihood / customers, "holdout_error": error / customers}


def _fit_money(histories: Any, period: str) -> tuple[SpendFit | None, str | None]:
    columns = (
        histories.filter(f"period = '{period}' and mean_spend > 0")
        .query(
            "histories",
            f"""
        select frequency + 1, cast(round(ln(mean_spend) * {_SPEND_STEPS}) as integer) as step, count(*)
        from histories group by all order by all
        """,
        )
        .fetchnumpy()
    )
    purchases, step, count = (np.asarray(column, dtype=np.float64) for column in columns.values())
    if count[purchases > 1].sum() < FEWEST_REPEAT_BUYERS:
        return None, f"fewer than {FEWEST_REPEAT_BUYERS} customers have come back and paid"
    try:
        return fit_spend(SpendCells(purchases, np.exp(step / _SPEND_STEPS), count)), None
    except NotConvergedError as error:
        return None, str(error)


def _choose(rows: Sequence[dict[str, Any]]) -> None:
    """Mark, in each period, the model whose forecast was least off in the period before.

    Where it couldn't be tried, the one with the greatest likelihood is taken.
    """
    error = {(row["period"], row["model"]): row.get("holdout_error") for row in rows}
    for period, before in _CHOSEN_BY.items():
        fitted = [row for row in rows if row["period"] == period and row["refusal"] is None]
        if fitted:
            errors = [error[before, row["model"]] for row in fitted]
            quality = [
                (tried is not None, -tried if tried is not None else row["log_likelihood"])
                for row, tried in zip(fitted, errors, strict=True)
            ]
            fitted[quality.index(max(quality))]["is_chosen"] = True


def _fit_of(row: Mapping[str, Any]) -> PurchaseFit:
    model = next(model for model in MODELS if model.name == row["model"])
    return PurchaseFit(
        model,
        np.array(json.loads(row["parameters"])),
        row["log_likelihood"],
        np.array(json.loads(row["covariance"])),
        row["customers"],
    )
