"""What speaks for a new buyer, and against: learned from those whose first year is over."""

from typing import Any

from orchestration.foresight.early_value import fit_early_value


def model(dbt: Any, session: Any) -> Any:  # noqa: ARG001
    dbt.config(materialized="table")
    return fit_early_value(dbt.ref("int_foresight__newcomers"))
