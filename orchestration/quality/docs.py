"""The Data Docs: Great Expectations' own validation pages, made to open with the network cut.

Its pages load Bootstrap, jQuery, icons, charts and a logo from a dozen outside hosts. Here its renderer and
view stay, and the templates that name those hosts are replaced by the ones in `templates/`, which carry their
own style.

Importing this module imports Great Expectations, which takes seconds.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
from great_expectations.render.view.view import DefaultJinjaPageView
from jinja2 import ChoiceLoader, FileSystemLoader

from orchestration.quality.checks import Gate, GateResult
from orchestration.quality.validation import TableOutcome

TEMPLATES = Path(__file__).with_name("templates")


class GateTablePageRenderer(ValidationResultsPageRenderer):
    """Great Expectations' page of one validation, without its link to a suite's page: a suite is one table's
    checks."""

    @classmethod
    def _render_validation_header(cls, validation_results: Any) -> Any:
        header: Any = super()._render_validation_header(validation_results)  # type: ignore[no-untyped-call]
        del header.subheader.string_template["styling"]["params"]["expectation_suite_name"]
        return header


class OfflinePageView(DefaultJinjaPageView):
    """Great Expectations' page view with our page, which asks nothing of the network."""

    def __init__(self) -> None:
        super().__init__()
        theirs = [] if self.env.loader is None else [self.env.loader]
        self.env.loader = ChoiceLoader([FileSystemLoader(TEMPLATES), *theirs])


def write_docs(docs: Path, result: GateResult, outcomes: Sequence[TableOutcome]) -> Path:
    """Write one gate's pages and the index of both gates; returns the index.

    `<docs>/index.html`, `<docs>/gate_1/<table>.html`, `<docs>/gate_2/…`, and `<docs>/gate_1.json` with every
    check. Gate 1 removes what an earlier run's gate 2 has left, since it judged other data.
    """
    docs.mkdir(parents=True, exist_ok=True)
    stale = list(Gate) if result.gate is Gate.ARRIVAL else [result.gate]
    for gate in stale:
        shutil.rmtree(docs / gate.slug, ignore_errors=True)
        (docs / f"{gate.slug}.json").unlink(missing_ok=True)

    pages = docs / result.gate.slug
    pages.mkdir()
    view = OfflinePageView()
    renderer = GateTablePageRenderer(run_info_at_end=True)
    for outcome in outcomes:
        document = renderer.render(outcome.validation)
        title = f"{outcome.table} · {result.gate.value}"
        page = view.render(  # type: ignore[no-untyped-call]
            document, title=title, gate=result.gate.value, table=outcome.table
        )
        (pages / page_name(outcome.table)).write_text(page, encoding="utf-8")

    summary = _summary(result, outcomes)
    (docs / f"{result.gate.slug}.json").write_text(json.dumps(summary, indent=1, ensure_ascii=False), encoding="utf-8")
    index = docs / "index.html"
    index.write_text(_index(docs, view), encoding="utf-8")
    return index


def page_name(table: str) -> str:
    """File name of a table's page."""
    return f"{table.replace(' ', '_')}.html"


def _summary(result: GateResult, outcomes: Sequence[TableOutcome]) -> dict[str, Any]:
    """What the index shows of a gate, kept beside its pages so that the next gate's index can show it too."""
    tables = [
        {
            "table": outcome.table,
            "page": f"{result.gate.slug}/{page_name(outcome.table)}",
            "checks": len(outcome.results),
            "errors": sum(not check.passed and check.severity == "error" for check in outcome.results),
            "warnings": sum(not check.passed and check.severity == "warn" for check in outcome.results),
        }
        for outcome in outcomes
    ]
    return {
        "gate": result.gate.value,
        "question": result.gate.question,
        "passed": result.passed,
        "tables": tables,
        "errors": result.lines(["error"]),
        "warnings": result.lines(["warn"]),
        "checks": [asdict(check) for check in result.checks],
    }


def _index(docs: Path, view: OfflinePageView) -> str:
    gates = []
    for gate in Gate:
        file = docs / f"{gate.slug}.json"
        gates.append(
            json.loads(file.read_text(encoding="utf-8"))
            if file.is_file()
            else {"gate": gate.value, "question": gate.question, "passed": None}
        )
    return view.env.get_template("gates_index.j2").render(gates=gates)
