"""Run a gate over a warehouse: Great Expectations judges, the Data Docs show it, the result says what to do.

Great Expectations takes seconds to import, so it is imported when the first gate runs and not before.
"""

import logging
import os
from pathlib import Path

from orchestration.quality.arrival import arrival_checks
from orchestration.quality.catalog import read_catalog, rows_of
from orchestration.quality.checks import CheckResult, Gate, GateResult, GateSettings, Severity
from orchestration.quality.connected import connected_checks, raw_tables
from orchestration.quality.publication import publication_checks
from orchestration.sources.drop.loader import SCHEMA

__all__ = ["CheckResult", "Gate", "GateResult", "GateSettings", "Severity", "run_gate"]

logger = logging.getLogger(__name__)


def run_gate(gate: Gate, warehouse: Path, docs: Path, settings: GateSettings | None = None) -> GateResult:
    """Judge a warehouse and write the gate's pages of the Data Docs into the folder `docs`.

    The warehouse is opened for reading only and is closed on return. Gate 1 begins a run's Data Docs anew;
    gate 2 adds to them. A failed gate isn't an exception: the caller decides by `passed` and shows `lines()`.

    Raises:
        UserError: there is no warehouse, or something else holds it open for writing.
    """
    settings = settings or GateSettings()
    catalog = read_catalog(warehouse)
    if gate is Gate.ARRIVAL:
        connected = [table for table in raw_tables() if catalog.has(table)]
        rows = rows_of(warehouse, catalog.tables(SCHEMA) + connected)
        tables = arrival_checks(catalog, rows, settings) + connected_checks(catalog, rows, settings)
    else:
        tables = publication_checks(catalog)

    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    from orchestration.quality.docs import write_docs
    from orchestration.quality.validation import validate

    outcomes = validate(tables, warehouse, gate.value, settings.timezone)
    result = GateResult(gate, tuple(check for outcome in outcomes for check in outcome.results))
    write_docs(docs, result, outcomes)
    logger.info(
        "%s: %d checks, %d failed, %d warnings",
        gate,
        len(result.checks),
        len(result.errors),
        len(result.warnings),
    )
    return result
