"""Who of the new buyers will be in the top fifth: a logistic model of what is known a week after the first order.

It is fitted on counted rows, so that it costs what the number of unlike buyers costs, and given back as an effect for
each value of each trait: SQL adds them up for a person, and the greatest tell why.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Floats = npt.NDArray[np.float64]

PERIODS = ("backtest", "now")
TRAITS = (
    "discount_depth",
    "subscribed",
    "referral",
    "acquisition_source",
    "channel",
    "market",
    "product_type",
    "engagement",
    "second_order",
)
VALUE = "first_order_value"
FEWEST_WATCHED = 750
# Values of a trait that fewer have are taken together.
_FEWEST_ALIKE = 30
_OTHERS = "\0others"
# Of more persons a sample by hash learns and judges (DECISIONLOG.md).
_MOST_PERSONS = 300_000
_FOLDS = 5
# scikit-learn's C, from the weakest on: the loss of persons left out falls to one lowest point and grows from there.
_PENALTIES = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003)

_EFFECTS = pa.schema(
    [
        ("period", pa.string()),
        ("refusal", pa.string()),
        ("trait", pa.string()),
        ("value", pa.string()),
        ("effect", pa.float64()),
        ("intercept", pa.float64()),
        ("learned_from", pa.int64()),
        ("auc", pa.float64()),
        ("auc_low", pa.float64()),
        ("auc_high", pa.float64()),
    ]
)


class _RefusedError(Exception):
    """Nothing can be said, for the reason given."""


@dataclass(frozen=True)
class _Rows:
    """Counted buyers, alike in what is known and in whether they are in the top fifth: so many in each (row, fold)."""

    known: dict[str, npt.NDArray[Any]]
    is_top: Floats
    folds: Floats

    @property
    def count(self) -> Floats:
        """Buyers in each row."""
        counted: Floats = self.folds.sum(axis=1)
        return counted


def fit_early_value(newcomers: Any) -> pa.Table:
    """Effects of each value of each trait on the log odds, for either period; one row with the refusal if there is one.

    The backtest learns from earlier buyers and is judged by later ones: its AUC, the chance that of two of them the one
    in the top fifth was given the greater probability, has a 95 % interval by Hanley and McNeil (1982).

    Args:
        newcomers: relation of `int_foresight__newcomers`.
    """
    rows: list[dict[str, Any]] = []
    refusal: str | None = None
    ((watched,),) = newcomers.filter("part <> 'newcomer'").query("buyers", "select count(*) from buyers").fetchall()
    everybody = _values(newcomers)
    if watched < FEWEST_WATCHED:
        refusal = f"fewer than {FEWEST_WATCHED} customers have been watched for a year"
    for period in PERIODS:
        facts: dict[str, Any] = {"period": period, "refusal": refusal}
        try:
            if refusal is not None:
                raise _RefusedError(refusal)
            learned = _told_apart(_counted(newcomers, period))
            effects, intercept = _fit(learned, everybody)
            facts |= {"intercept": intercept, "learned_from": int(learned.count.sum())}
            if period == "backtest":
                facts |= _judge(effects, intercept, _told_apart(_counted(newcomers, "judged")))
        except _RefusedError as error:
            refusal = str(error)
            rows.append(facts | {"refusal": refusal, "trait": VALUE, "value": ""})
            continue
        rows += [
            facts | {"trait": trait, "value": value, "effect": round(effect, 9)}
            for trait, values in effects.items()
            for value, effect in values.items()
        ]
    return pa.Table.from_pylist(rows, schema=_EFFECTS)


def _values(newcomers: Any) -> dict[str, npt.NDArray[Any]]:
    """What each trait is with anybody, each value once, in order."""
    values = {
        name: newcomers.query("buyers", f"select distinct {name} from buyers order by {name}").fetchnumpy()[name]
        for name in (*TRAITS, "value_step")
    }
    known: dict[str, npt.NDArray[Any]] = {trait: np.asarray(values[trait]).astype(str) for trait in TRAITS}
    known[VALUE] = np.asarray(values["value_step"], dtype=np.float64)
    return known


def _counted(newcomers: Any, part: str) -> _Rows:
    """Buyers counted by what is known of them; of a large shop as many as a sample by hash leaves."""
    who, is_top = {
        "backtest": ("part = 'earlier'", "is_top_in_part"),
        "judged": ("part = 'later'", "is_top_in_part"),
        "now": ("part <> 'newcomer'", "is_top"),
    }[part]
    relation = newcomers.filter(who)
    ((persons,),) = relation.query("buyers", "select count(*) from buyers").fetchall()
    share = max(1, -(-persons // _MOST_PERSONS))
    in_folds = [f"sum(case when hash(person_id) % {_FOLDS} = {fold} then 1 else 0 end)" for fold in range(_FOLDS)]
    columns = relation.query(
        "buyers",
        f"""
        select
            value_step, {", ".join(TRAITS)}, cast({is_top} as integer) as is_top,
            {", ".join(f"{number} as fold_{fold}" for fold, number in enumerate(in_folds))}
        from buyers
        where hash(person_id, 'sample') % {share} = 0
        group by value_step, {", ".join(TRAITS)}, {is_top}
        order by value_step, {", ".join(TRAITS)}, is_top
        """,
    ).fetchnumpy()
    known = {trait: np.asarray(columns[trait]).astype(str) for trait in TRAITS}
    known[VALUE] = np.asarray(columns["value_step"], dtype=np.float64)
    folds = [np.asarray(columns[f"fold_{fold}"], dtype=np.float64) for fold in range(_FOLDS)]
    return _Rows(known, np.asarray(columns["is_top"], dtype=np.float64), np.stack(folds, axis=1))


def _told_apart(rows: _Rows) -> _Rows:
    """The same buyers, of whom some are in the top fifth and some aren't.

    Raises:
        _RefusedError: they are all alike, or there are none.
    """
    if len(np.unique(rows.is_top)) < 2:
        raise _RefusedError("all are worth the same after a year, or came on one day")
    return rows


def _fit(rows: _Rows, everybody: dict[str, npt.NDArray[Any]]) -> tuple[dict[str, dict[str, float]], float]:
    """Effects by trait and value, each trait's weighted mean 0 over the learners, and the intercept."""
    # Imported here, since it takes longer than the fit and isn't needed where there is too little to learn from.
    import sklearn.linear_model  # type: ignore[import-untyped] # noqa: F401
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    # Threads of the linear algebra wait for one another longer than these small matrices take: on a busy machine 30
    # times.
    with threadpool_limits(1):
        return _fit_alone(rows, everybody)


def _fit_alone(rows: _Rows, everybody: dict[str, npt.NDArray[Any]]) -> tuple[dict[str, dict[str, float]], float]:
    kinds = {trait: _kinds(rows.known[trait], rows.count) for trait in TRAITS}
    design, middle = _design(rows, kinds)
    penalty, out_of_fold = _best_penalty(design, rows)
    weights, intercept = _logistic(_learner(), design, rows.is_top, rows.count, penalty)
    # Penalised odds are drawn together: a line through those of persons left out sets them right (Platt, 1999). A row
    # has an own one in each fold.
    is_top = np.repeat(rows.is_top, _FOLDS)
    slope, shift = _logistic(_learner(), out_of_fold.reshape(-1, 1), is_top, rows.folds.ravel(), 1e6)
    if not slope[0] > 0:
        raise _RefusedError("nothing known in the first week tells who will be in the top fifth")
    weights, intercept = weights * slope[0], intercept * slope[0] + shift
    effects: dict[str, dict[str, float]] = {}
    persons = rows.count.sum()
    steps = np.unique(everybody[VALUE])
    effects[VALUE] = {str(int(step)): float(weights[0] * (step - middle) / 10) for step in steps}
    place = 1
    for trait, values in kinds.items():
        own = dict(zip(values, weights[place : place + len(values)].tolist(), strict=True))
        place += len(values)
        taken = {value: value if value in own else _OTHERS for value in np.unique(everybody[trait]).tolist()}
        mean = (
            sum(
                own.get(value, own.get(_OTHERS, 0.0)) * rows.count[rows.known[trait] == value].sum()
                for value in np.unique(rows.known[trait]).tolist()
            )
            / persons
        )
        effects[trait] = {value: float(own.get(kind, mean) - mean) for value, kind in taken.items()}
        intercept += mean
    return effects, float(intercept)


def _kinds(values: npt.NDArray[Any], count: Floats) -> list[str]:
    """The values that enough buyers have, and one for all others if there are any."""
    names, place = np.unique(values, return_inverse=True)
    buyers = np.bincount(place, weights=count)
    common = [str(name) for name, number in zip(names, buyers, strict=True) if number >= _FEWEST_ALIKE]
    return common + ([_OTHERS] if len(common) < len(names) else [])


def _design(rows: _Rows, kinds: dict[str, list[str]]) -> tuple[Floats, float]:
    """One column for the first order's worth, in logarithms around the middle, and one for each value of each trait."""
    known = rows.known
    # A row stands as often as folds have buyers of it.
    middle = float(np.median(np.repeat(known[VALUE], (rows.folds > 0).sum(axis=1))))
    columns: list[npt.NDArray[Any]] = [(known[VALUE] - middle) / 10]
    for trait, values in kinds.items():
        named = [value for value in values if value != _OTHERS]
        columns += [known[trait] == value if value != _OTHERS else ~np.isin(known[trait], named) for value in values]
    return np.stack(columns, axis=1).astype(np.float64), middle


def _learner() -> Any:
    """A model that goes on from its last fit."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(solver="newton-cholesky", tol=1e-8, max_iter=200, warm_start=True)


def _logistic(learner: Any, design: Floats, is_top: Floats, count: Floats, penalty: float) -> tuple[Floats, float]:
    from sklearn.exceptions import ConvergenceWarning  # type: ignore[import-untyped]

    if len(np.unique(is_top[count > 0])) < 2:
        raise _RefusedError("too few are in the top fifth to leave some out")
    learner.set_params(C=penalty)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            learner.fit(design, is_top, sample_weight=count)
        except ConvergenceWarning as error:
            raise _RefusedError("the fit of who will be in the top fifth doesn't converge") from error
    return np.asarray(learner.coef_[0], dtype=np.float64), float(learner.intercept_[0])


def _best_penalty(design: Floats, rows: _Rows) -> tuple[float, Floats]:
    """The penalty with the greatest likelihood of persons left out, and their log odds by it: (row, fold)."""
    learners = [_learner() for _ in range(_FOLDS)]
    best, least, out_of_fold = _PENALTIES[0], np.inf, np.empty_like(rows.folds)
    for penalty in _PENALTIES:
        odds = np.empty_like(rows.folds)
        for fold, learner in enumerate(learners):
            left = rows.count - rows.folds[:, fold]
            weights, intercept = _logistic(learner, design, rows.is_top, left, penalty)
            odds[:, fold] = design @ weights + intercept
        loss = float(((np.logaddexp(0, odds) - odds * rows.is_top[:, None]) * rows.folds).sum())
        if loss > least:
            break
        best, least, out_of_fold = penalty, loss, odds
    return best, out_of_fold


def _judge(effects: dict[str, dict[str, float]], intercept: float, rows: _Rows) -> dict[str, float]:
    """How well later buyers are told apart.

    Raises:
        _RefusedError: no better than by chance.
    """
    odds = np.full(len(rows.count), intercept)
    for trait, values in effects.items():
        keys: Sequence[str] = [str(int(v)) for v in rows.known[trait]] if trait == VALUE else rows.known[trait].tolist()
        odds += np.array([values[key] for key in keys])
    auc = area_under_curve(odds, rows.is_top, rows.count)
    tops, others = (rows.is_top * rows.count).sum(), ((1 - rows.is_top) * rows.count).sum()
    error = np.sqrt(
        (auc * (1 - auc) + (tops - 1) * (auc / (2 - auc) - auc**2) + (others - 1) * (2 * auc**2 / (1 + auc) - auc**2))
        / (tops * others)
    )
    if auc - 1.96 * error <= 0.5:
        raise _RefusedError("nothing known in the first week tells who will be in the top fifth")
    return {"auc": auc, "auc_low": auc - 1.96 * error, "auc_high": min(auc + 1.96 * error, 1.0)}


def area_under_curve(score: Floats, is_top: Floats, count: Floats) -> float:
    """The chance that of one person at the top and one other the first has the greater score; equal ones count half."""
    _, place = np.unique(score, return_inverse=True)
    tops = np.bincount(place, weights=is_top * count)
    others = np.bincount(place, weights=(1 - is_top) * count)
    below = np.cumsum(others) - others
    return float((tops * (below + others / 2)).sum() / (tops.sum() * others.sum()))
