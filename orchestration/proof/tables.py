"""From the arms' sums to their comparison: what the dbt model of lifts hands over and takes back."""

from typing import Any

import numpy as np
import pyarrow as pa

from orchestration.proof.lift import (
    SAMPLE_RATIO_P,
    ArmSums,
    Floats,
    adjusted_difference,
    balance,
    has_enough,
    needed_holdout,
    raw_difference,
    sample_ratio_p,
)

_SUMS = ("persons", "total", "squares", "pre_total", "pre_squares", "product")
_RESULTS = (
    "treatment_mean",
    "holdout_mean",
    "difference",
    "difference_low",
    "difference_high",
    "sequential_low",
    "sequential_high",
    "cuped_difference",
    "cuped_low",
    "cuped_high",
    "cuped_sequential_low",
    "cuped_sequential_high",
    "pre_correlation",
    "variance_removed",
    "pre_standardised_difference",
    "pre_p_value",
    "sample_ratio_p_value",
    "needed_holdout_persons",
)
_LIFTS = pa.schema(
    [
        ("experiment_key", pa.string()),
        ("metric", pa.string()),
        ("has_enough_persons", pa.bool_()),
        ("is_sample_ratio_broken", pa.bool_()),
        *((name, pa.float64()) for name in _RESULTS),
    ]
)
_ORDER_RATE = "order_rate"


def lifts(sums: Any) -> pa.Table:
    """One row per experiment and metric: how the arms differ, whatever else speaks against believing it.

    Args:
        sums: relation of `int_proof__sums`.
    """
    table = sums.order("experiment_key, metric").to_arrow_table()
    if not table.num_rows:
        return _LIFTS.empty_table()

    def column(name: str) -> Floats:
        values = table.column(name).to_numpy(zero_copy_only=False)
        return np.asarray(values, dtype=np.float64)

    treatment, holdout = (ArmSums(*(column(f"{arm}_{name}") for name in _SUMS)) for arm in ("treatment", "holdout"))
    keys = table.column("experiment_key").to_numpy(zero_copy_only=False)
    metrics = table.column("metric").to_numpy(zero_copy_only=False)
    is_share = metrics == _ORDER_RATE

    # What decides about the whole experiment is read off its order rate.
    place = {key: row for row, key in enumerate(keys) if is_share[row]}
    rows = np.array([place[key] for key in keys])
    orders_t, orders_h = (
        ArmSums(*(getattr(arm, name)[rows] for name in ArmSums.__dataclass_fields__)) for arm in (treatment, holdout)
    )
    # One order and one none are added, so that a small arm without any doesn't ask for nobody.
    rate = (orders_t.total + orders_h.total + 1) / (orders_t.persons + orders_h.persons + 2)
    ratio = column("assigned_treatment") / column("assigned_holdout")
    p = sample_ratio_p(
        treatment.persons,
        holdout.persons,
        column("assigned_treatment"),
        column("assigned_holdout"),
        column("planned_holdout_share"),
    )
    raw = raw_difference(treatment, holdout, is_share)
    cuped = adjusted_difference(treatment, holdout)
    apart, apart_p = balance(treatment, holdout)
    with np.errstate(all="ignore"):
        results = (
            treatment.mean,
            holdout.mean,
            *(raw.estimate, raw.low, raw.high, raw.sequential_low, raw.sequential_high),
            *(cuped.estimate, cuped.low, cuped.high, cuped.sequential_low, cuped.sequential_high),
            *(cuped.correlation, cuped.variance_removed, apart, apart_p, p),
            needed_holdout(rate, column("detectable_difference"), ratio),
        )
    columns: dict[str, Any] = {
        "experiment_key": table.column("experiment_key"),
        "metric": table.column("metric"),
        "has_enough_persons": has_enough(orders_t, orders_h, column("fewest_persons")),
        "is_sample_ratio_broken": np.nan_to_num(p, nan=1.0) < SAMPLE_RATIO_P,
        **{
            name: pa.array(np.where(np.isfinite(values), values, np.nan), from_pandas=True)
            for name, values in zip(_RESULTS, results, strict=True)
        },
    }
    return pa.table(columns, schema=_LIFTS)
