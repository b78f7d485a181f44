"""From counted histories to fits and forecasts: what the dbt models of foresight hand over and take back.

Everything is read as cells that SQL has counted, so that ten times the persons cost no more here.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from orchestration.foresight.forecast import Forecast, count_chances, forecast
from orchestration.foresight.purchases import (
    MODELS,
    Cells,
    Floats,
    NotConvergedError,
    PurchaseFit,
    fit_purchases,
)
from orchestration.foresight.spend import SpendCells, SpendFit, fit_spend

PERIODS = ("backtest", "now")
FEWEST_REPEAT_BUYERS = 100
FEWEST_HISTORY_DAYS = 365
# Up to so many cells a day stays a day; beyond, times are rounded up to whole weeks.
_MOST_DAY_CELLS = 50_000
_WEEK = 7
_SEED = 20_250_101
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
    for period in PERIODS:
        facts = _facts(histories, period)
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
            if row["refusal"] is not None:
                continue
            try:
                fit = fit_purchases(model, _cells(histories, period, facts["grain_days"]))
            except NotConvergedError as error:
                row["refusal"] = str(error)
                continue
            row["parameters"] = json.dumps(fit.parameters.tolist())
            row["covariance"] = json.dumps(fit.covariance.tolist())
            row["log_likelihood"] = fit.log_likelihood
            if period == "backtest":
                row["holdout_log_likelihood"] = _holdout(histories, fit, facts)
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
        cells = _cells(histories, row["period"], row["grain_days"])
        spend = None
        if row["spend_p"] is not None:
            spend = SpendFit(row["spend_p"], row["spend_q"], row["spend_gamma"], 0.0, np.empty((0, 0)), 0)
        foretold = forecast(_fit_of(row), spend, cells, row["horizon_days"], _SEED)
        columns = {
            "period": [row["period"]] * len(cells.age),
            "frequency": cells.frequency.astype(np.int64),
            "recency_days": cells.recency.astype(np.int64),
            "age_days": cells.age.astype(np.int64),
            "trait": cells.trait,
            **{name: getattr(foretold, name) for name in Forecast.__dataclass_fields__},
        }
        tables.append(pa.table(columns, schema=_FORECASTS))
    return pa.concat_tables(tables)


def _facts(histories: Any, period: str) -> dict[str, Any]:
    """Counts of one period, and why nothing can be said of it, if so."""
    customers, repeat, history_days, horizon_days, day_cells = (
        histories.filter(f"period = '{period}'")
        .query(
            "histories",
            """
        select
            count(*), coalesce(sum(case when frequency > 0 then 1 else 0 end), 0),
            coalesce(max(history_days), 0), coalesce(max(horizon_days), 0),
            count(distinct (frequency, recency_days, age_days, trait))
        from histories
        """,
        )
        .fetchall()[0]
    )
    refusal = None
    if repeat < FEWEST_REPEAT_BUYERS:
        refusal = f"fewer than {FEWEST_REPEAT_BUYERS} customers have come back"
    elif period == "now" and history_days < FEWEST_HISTORY_DAYS:
        refusal = "less than a year of orders"
    return {
        "customers": int(customers),
        "repeat_customers": int(repeat),
        "history_days": int(history_days),
        "horizon_days": int(horizon_days),
        "grain_days": 1 if day_cells <= _MOST_DAY_CELLS else _WEEK,
        "refusal": refusal,
    }


def _counted(histories: Any, period: str, grain: int, more: str = "") -> list[Floats]:
    """Columns of the period's cells, `more` grouped along with them, in one fixed order."""
    columns = (
        histories.filter(f"period = '{period}'")
        .query(
            "histories",
            f"""
        select
            frequency, ceil(recency_days / {grain}) * {grain} as recency, ceil(age_days / {grain}) * {grain} as age,
            trait {more}, count(*) as count
        from histories group by all order by all
        """,
        )
        .fetchnumpy()
    )
    return [np.asarray(column, dtype=np.float64) for column in columns.values()]


def _cells(histories: Any, period: str, grain: int) -> Cells:
    return Cells(*_counted(histories, period, grain))


def _holdout(histories: Any, fit: PurchaseFit, facts: Mapping[str, Any]) -> float:
    """Log-likelihood per customer of what the period's customers did after its cut."""
    frequency, recency, age, trait, later, count = _counted(
        histories, "backtest", facts["grain_days"], ", later_purchases"
    )
    total: float = 0.0
    size = 4_000
    for start in range(0, len(count), size):
        rows = slice(start, start + size)
        cells = Cells(*(column[rows] for column in (frequency, recency, age, trait, count)))
        chances = count_chances(fit, fit.parameters[None, :], cells, facts["horizon_days"])
        chances = np.hstack([chances, np.zeros((len(chances), 1))])
        seen = np.minimum(later[rows], chances.shape[1] - 2).astype(np.int64)
        place = np.arange(len(seen))
        mass = chances[place, seen] - chances[place, seen + 1]
        total += float((np.log(np.maximum(mass, 1e-12)) * cells.count).sum())
    return total / float(facts["customers"])


def _fit_money(histories: Any, period: str) -> tuple[SpendFit | None, str | None]:
    columns = (
        histories.filter(f"period = '{period}' and mean_spend > 0")
        .query(
            "histories",
            f"""
        select frequency + 1, exp(round(ln(mean_spend) * {_SPEND_STEPS}) / {_SPEND_STEPS}), count(*)
        from histories group by all order by all
        """,
        )
        .fetchnumpy()
    )
    purchases, mean, count = (np.asarray(column, dtype=np.float64) for column in columns.values())
    if count[purchases > 1].sum() < FEWEST_REPEAT_BUYERS:
        return None, f"fewer than {FEWEST_REPEAT_BUYERS} customers have come back and paid"
    try:
        return fit_spend(SpendCells(purchases, mean, count)), None
    except NotConvergedError as error:
        return None, str(error)


def _choose(rows: Sequence[dict[str, Any]]) -> None:
    """Mark, in each period, the model that gave the holdout the greatest likelihood (without one: the history)."""
    holdout = {row["model"]: row.get("holdout_log_likelihood") for row in rows if row["period"] == "backtest"}
    for period in PERIODS:
        fitted = [row for row in rows if row["period"] == period and row["refusal"] is None]

        def quality(row: dict[str, Any]) -> tuple[bool, float]:
            judged = holdout.get(row["model"])
            return (judged is not None, float(judged if judged is not None else row["log_likelihood"]))

        if fitted:
            max(fitted, key=quality)["is_chosen"] = True


def _fit_of(row: Mapping[str, Any]) -> PurchaseFit:
    model = next(model for model in MODELS if model.name == row["model"])
    return PurchaseFit(
        model,
        np.array(json.loads(row["parameters"])),
        row["log_likelihood"],
        np.array(json.loads(row["covariance"])),
        row["customers"],
    )
