"""What a gate asks of a table, as plain data: the question, its SQL and the words for its failure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

Severity = Literal["error", "warn"]
_PLACES_IN_A_LINE = 5


class Gate(StrEnum):
    """The gates in the order a run passes them; the value is the name people read."""

    ARRIVAL = "gate 1"
    PUBLICATION = "gate 2"

    @property
    def slug(self) -> str:
        """Name for files and folders."""
        return self.value.replace(" ", "_")

    @property
    def question(self) -> str:
        """What the gate decides."""
        match self:
            case Gate.ARRIVAL:
                return "Is this what the source promises?"
            case Gate.PUBLICATION:
                return "May this be published?"


@dataclass(frozen=True)
class GateSettings:
    """What a shop or a run may tune.

    Attributes:
        as_of: the run's moment, naive UTC; rows after it are ignored by every figure, so they only warn.
            None: not judged.
        timezone: IANA zone of delivered times without an offset.
        earliest: no order may be older than this day. Real histories reach back before 2000 (the CDNOW panel
            is of 1997), no online shop before 1990, and the mistakes this is for land at 1970-01-01 or in the
            year 1.
        load_factor: an entity's newest load may have at most this many times the median of its earlier loads.
            A load that is smaller than the median by this factor warns only: a file of corrections is one.
        earlier_loads: how many earlier loads it takes to judge the newest one.
        smallest_load: an entity none of whose loads has as many rows isn't judged: one refund on most days
            and eleven on another are no accident.
        rejected_share: warn when more than this share of an entity's newest load was refused.
        needs_orders: whether the dropped files must hold orders; not where another system brings them.
    """

    as_of: datetime | None = None
    timezone: str = "UTC"
    earliest: date = date(1990, 1, 1)
    load_factor: float = 10.0
    earlier_loads: int = 3
    smallest_load: int = 100
    rejected_share: float = 0.1
    needs_orders: bool = True


@dataclass(frozen=True)
class Check:
    """One expectation of one table.

    Attributes:
        name: unique within its table.
        measure: SQL scalar over the table's one scan: an aggregate, or a subquery for what one scan can't
            tell. No `%`, which SQLAlchemy would double.
        minimum, maximum: bounds of the measure, both allowed; a NULL measure isn't judged and passes.
        counts: what the measure counts, in the plural ("rows"), or None for a figure such as a ratio.
        problem: what is wrong with what was counted, after "3 rows …", or what the figure is.
        expected: in words.
        column: the column that is judged, if it is one.
        severity: an error stops the run; a warning is shown.
        sample: SELECT of one text column that tells at most 20 places to look at; never a person's data.
        look_at: where to look, in words or SQL, when there is no sample.
        table: the table that is judged, where it isn't the one that is scanned.
    """

    name: str
    measure: str
    problem: str
    expected: str = "none"
    minimum: float | None = None
    maximum: float | None = 0
    counts: str | None = "rows"
    column: str | None = None
    severity: Severity = "error"
    sample: str | None = None
    look_at: str | None = None
    table: str | None = None

    @property
    def rule(self) -> str:
        """The expectation as a sentence for the Data Docs."""
        warns = " (warning only)" if self.severity == "warn" else ""
        if self.counts is not None and self.maximum == 0:
            return f"No {self.counts} {self.problem}{warns}"
        return f"{self.problem[:1].upper()}{self.problem[1:]}: expected {self.expected}{warns}"


@dataclass(frozen=True)
class TableChecks:
    """All checks that one scan of one table answers. `scan` is a SELECT without colons or `%`."""

    table: str
    scan: str
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class CheckResult:
    """How one check ended.

    `rows_failed` counts what broke the rule, and is None where the check is of a figure. `samples` holds at
    most 20 places to look at. Neither ever holds a person's data.
    """

    check: str
    table: str
    column: str | None
    severity: Severity
    passed: bool
    observed: str
    expected: str
    rows_failed: int | None
    problem: str
    samples: tuple[str, ...] = ()
    look_at: str | None = None

    def line(self, gate: Gate) -> str:
        """One line that says where, what, what was expected and where to look."""
        subject = self.table if self.column is None else f"{self.table}.{self.column}"
        where = ", ".join(self.samples[:_PLACES_IN_A_LINE]) or self.look_at
        if len(self.samples) > _PLACES_IN_A_LINE:
            where = f"{where} and others"
        hint = f"; look at {where}" if where else ""
        return f"{gate.value}: {subject}: {self.observed} (expected {self.expected}){hint}"


@dataclass(frozen=True)
class GateResult:
    """How a gate ended: it passes unless a check of severity "error" failed."""

    gate: Gate
    checks: tuple[CheckResult, ...]

    @property
    def passed(self) -> bool:
        """False if anything that blocks has failed."""
        return not self.errors

    @property
    def errors(self) -> tuple[CheckResult, ...]:
        """Failed checks that stop the run."""
        return self._failed("error")

    @property
    def warnings(self) -> tuple[CheckResult, ...]:
        """Failed checks that are only shown."""
        return self._failed("warn")

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """Every failed check, those that stop the run first."""
        return self.errors + self.warnings

    def lines(self, severities: Sequence[Severity] = ("error", "warn")) -> list[str]:
        """One line per failed check, those that stop the run first."""
        return [check.line(self.gate) for check in self.failed if check.severity in severities]

    def _failed(self, severity: Severity) -> tuple[CheckResult, ...]:
        return tuple(check for check in self.checks if not check.passed and check.severity == severity)


def no_rows(
    name: str,
    failing: str,
    problem: str,
    *,
    column: str | None = None,
    severity: Severity = "error",
    sample: str | None = None,
    look_at: str | None = None,
    table: str | None = None,
    counts: str = "rows",
) -> Check:
    """A check that no row of the scan satisfies `failing` (SQL predicate; NULL counts as not satisfied)."""
    return Check(
        name,
        f"count_if({failing})",
        problem,
        counts=counts,
        column=column,
        severity=severity,
        sample=sample,
        look_at=look_at,
        table=table,
    )
