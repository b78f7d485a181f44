"""Run the checks of a gate with Great Expectations over a warehouse that is only read, and let go of it.

Importing this module imports Great Expectations, which takes seconds.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import great_expectations as gx
from great_expectations.data_context.types.base import ProgressBarsConfig

from orchestration.quality import dialect
from orchestration.quality.catalog import read_only
from orchestration.quality.checks import Check, CheckResult, TableChecks
from orchestration.quality.expectations import expectation_of, result_of
from orchestration.sql import quoted

logger = logging.getLogger(__name__)

SAMPLE_ROWS = 20


@dataclass(frozen=True)
class TableOutcome:
    """One table's results, and Great Expectations' own form of them for the Data Docs."""

    table: str
    results: tuple[CheckResult, ...]
    validation: Any


def validate(
    tables: Sequence[TableChecks], warehouse: Path, suite_prefix: str, timezone: str = "UTC"
) -> list[TableOutcome]:
    """Answer every check, one scan a table. Times without an offset are read in `timezone` (IANA).

    The file is closed on return, whatever happened: another process may write to it at once.
    """
    with _datasource(warehouse, timezone) as source:
        outcomes = [_validate_table(source, table, suite_prefix) for table in tables]
    return _with_samples(outcomes, tables, warehouse, timezone)


@contextmanager
def _datasource(warehouse: Path, timezone: str) -> Iterator[Any]:
    """Great Expectations' view of the warehouse, in a context that keeps nothing on disk."""
    dialect.register()
    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    source = context.data_sources.add_sql(
        "warehouse", connection_string=dialect.url_of(warehouse, timezone), create_temp_table=False
    )
    try:
        yield source
    finally:
        source.get_execution_engine().close()
        source.get_engine().dispose()


def _validate_table(source: Any, table: TableChecks, suite_prefix: str) -> TableOutcome:
    asset = source.add_query_asset(table.table, query=table.scan)
    batch = asset.add_batch_definition_whole_table("all rows").get_batch()
    suite = gx.ExpectationSuite(
        f"{suite_prefix}: {table.table}",
        expectations=[expectation_of(check, position) for position, check in enumerate(table.checks)],
    )
    validation = batch.validate(suite, result_format="BASIC")
    by_position = {outcome.expectation_config.meta["position"]: outcome for outcome in validation.results}
    results = []
    for position, check in enumerate(table.checks):
        outcome = by_position[position]
        results.append(result_of(check, table.table, outcome))
        _discard_exception(table, check, outcome)
    return TableOutcome(table.table, tuple(results), validation)


def _discard_exception(table: TableChecks, check: Check, outcome: Any) -> None:
    """Log why a check couldn't be computed, and keep it out of the Data Docs: messages quote values."""
    if "observed_value" in outcome.result:
        return
    logger.error("%s, check %s: could not be computed: %s", table.table, check.name, outcome.exception_info)
    outcome.exception_info = {
        "raised_exception": False,
        "exception_message": None,
        "exception_traceback": None,
    }


def _with_samples(
    outcomes: list[TableOutcome], tables: Sequence[TableChecks], warehouse: Path, timezone: str
) -> list[TableOutcome]:
    """Add at most 20 places to look at to every failed check that knows how to find them."""
    if all(result.passed for outcome in outcomes for result in outcome.results):
        return outcomes
    with read_only(warehouse) as connection:
        connection.execute(f"set timezone = {quoted(timezone)}")
        return [
            replace(
                outcome,
                results=tuple(
                    replace(result, samples=_sample(connection, check, result))
                    for result, check in zip(outcome.results, table.checks, strict=True)
                ),
            )
            for outcome, table in zip(outcomes, tables, strict=True)
        ]


def _sample(connection: duckdb.DuckDBPyConnection, check: Check, result: CheckResult) -> tuple[str, ...]:
    if result.passed or check.sample is None or result.rows_failed is None:
        return ()
    places = connection.execute(f"select * from ({check.sample}) limit {SAMPLE_ROWS}").fetchall()
    return tuple(str(place) for (place,) in places)
