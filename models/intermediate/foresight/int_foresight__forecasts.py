"""What the chosen model foretells for each cell of buyers."""

from typing import Any

from orchestration.foresight.fitting import forecast_periods


def model(dbt: Any, session: Any) -> Any:  # noqa: ARG001
    dbt.config(materialized="table")
    return forecast_periods(dbt.ref("int_foresight__histories"), dbt.ref("int_foresight__fits"))
