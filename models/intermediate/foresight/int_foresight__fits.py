"""The models of repeat purchase fitted to both periods; the one that foretold the past best is chosen."""

from typing import Any

from orchestration.foresight.fitting import fit_periods


def model(dbt: Any, session: Any) -> Any:  # noqa: ARG001
    dbt.config(materialized="table")
    return fit_periods(dbt.ref("int_foresight__histories"))
