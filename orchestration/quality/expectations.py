"""Expectations of Second Order, on top of Great Expectations' own.

Importing this module imports Great Expectations, which takes seconds: do it only where a gate runs.

Great Expectations gathers every metric that is a plain aggregate over the same table into one SELECT. All
checks of a table are therefore written as such aggregates: one scan a table, one row of figures back, and no
row of anybody's data ever reaches Python or the Data Docs. (Its stock column expectations run another query
each to list the unexpected values, which is what must not be written down here.)
"""

from typing import Any, ClassVar

import sqlalchemy
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation, render_suite_parameter_string
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.expectations.metrics.metric_provider import metric_partial
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.render.components import (
    LegacyDiagnosticRendererType,
    LegacyRendererType,
    RenderedStringTemplateContent,
)
from great_expectations.render.renderer.renderer import renderer

from orchestration.quality.checks import Check, CheckResult

METRIC = "table.sql_measure"


class SqlMeasure(TableMetricProvider):
    """A SQL scalar over the table, computed in one SELECT with all others of the table."""

    metric_name = METRIC
    value_keys = ("measure",)

    @metric_partial(
        engine=SqlAlchemyExecutionEngine,
        partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
        domain_type=MetricDomainTypes.TABLE,
    )
    def _sqlalchemy(
        cls,  # noqa: N805  (Great Expectations calls its metric functions with the class)
        *,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        **_: Any,
    ) -> tuple[Any, dict[str, Any], dict[str, Any]]:
        return sqlalchemy.literal_column(metric_value_kwargs["measure"]), metric_domain_kwargs, {}


class ExpectMeasureToBeBetween(BatchExpectation):
    """Expect a SQL scalar of a table to lie between two bounds, both allowed; NULL isn't judged and passes.

    With a `column` the Data Docs list it under that column's name.
    """

    column: str | None = None
    measure: str
    rule: str
    counts: str | None = None
    min_value: float | None = None
    max_value: float | None = None

    metric_dependencies: ClassVar[tuple[str, ...]] = (METRIC,)
    success_keys: ClassVar[tuple[str, ...]] = ("measure", "min_value", "max_value")

    def _validate(self, metrics: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
        value = metrics[METRIC]
        success = value is None or (
            (self.min_value is None or value >= self.min_value) and (self.max_value is None or value <= self.max_value)
        )
        return {"success": success, "result": {"observed_value": value}}

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    @render_suite_parameter_string
    def _prescriptive_renderer(
        cls, configuration: Any = None, result: Any = None, runtime_configuration: Any = None, **_: Any
    ) -> list[RenderedStringTemplateContent]:
        del result, runtime_configuration
        return [
            RenderedStringTemplateContent(
                content_block_type="string_template",
                string_template={"template": "$rule", "params": {"rule": configuration.kwargs["rule"]}},
            )
        ]

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.OBSERVED_VALUE)
    def _diagnostic_observed_value_renderer(
        cls, configuration: Any = None, result: Any = None, runtime_configuration: Any = None, **_: Any
    ) -> str:
        del configuration, runtime_configuration
        value = result.result.get("observed_value")
        return in_words(value, result.expectation_config.kwargs.get("counts"))


def in_words(value: Any, counts: str | None) -> str:
    """An observed value for people: `3 rows`, `0.25`, `not judged`."""
    if value is None:
        return "not judged"
    number = f"{value:,.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
    if counts is None:
        return number
    return f"{number} {counts[:-1] if value == 1 and counts.endswith('s') else counts}"


def expectation_of(check: Check, position: int) -> ExpectMeasureToBeBetween:
    """The Great Expectations form of a check; `position` finds its result again."""
    return ExpectMeasureToBeBetween(
        column=check.column,
        measure=check.measure,
        rule=check.rule,
        counts=check.counts,
        min_value=check.minimum,
        max_value=check.maximum,
        severity=FailureSeverity.CRITICAL if check.severity == "error" else FailureSeverity.WARNING,
        meta={"position": position},
    )


def result_of(check: Check, scanned: str, outcome: Any) -> CheckResult:
    """What a check's validation result says. A check that couldn't be computed has failed."""
    computed = "observed_value" in outcome.result
    value = outcome.result.get("observed_value")
    observed = in_words(value, check.counts) if computed else "could not be computed"
    if not outcome.success and computed:
        observed = f"{observed} {check.problem}" if check.counts is not None else f"{check.problem}: {observed}"
    return CheckResult(
        check=check.name,
        table=check.table or scanned,
        column=check.column,
        severity=check.severity,
        passed=bool(outcome.success),
        observed=observed,
        expected=check.expected,
        rows_failed=int(value) if computed and check.counts is not None and value is not None else None,
        problem=check.problem,
        look_at=check.look_at,
    )
