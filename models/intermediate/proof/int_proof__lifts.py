"""The arms of each experiment compared by their sums."""

from typing import Any

from orchestration.proof.tables import lifts


def model(dbt: Any, session: Any) -> Any:  # noqa: ARG001
    dbt.config(materialized="table")
    return lifts(dbt.ref("int_proof__sums"))
