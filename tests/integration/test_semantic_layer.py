"""The metrics of the semantic layer: MetricFlow answers each with the figures of the reports."""

import csv
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import yaml
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

from tests.conftest import REPOSITORY
from tests.integration.conftest import write_shop
from tests.integration.semantic_reports import MONTH, REPORTS, TOTALS, Report
from tests.integration.warehouse import Builder, Warehouse

# By the values of the groups, a figure for each metric.
Figures = dict[tuple[object, ...], dict[str, float | None]]


class Renderer:
    """What MetricFlow's engine has to know of the engine it writes SQL for."""

    sql_engine_type = SqlEngine.DUCKDB
    sql_plan_renderer = DuckDbSqlPlanRenderer()


@dataclass(frozen=True)
class SemanticLayer:
    """MetricFlow over a warehouse, in this process."""

    engine: MetricFlowEngine
    connection: duckdb.DuckDBPyConnection

    def ask(self, metrics: list[str], by: tuple[str, ...] = (), where: str | None = None) -> Figures:
        """What `mf query` would answer."""
        request = MetricFlowQueryRequest.create(
            metric_names=metrics, group_by_names=list(by) or None, where_constraints=[where] if where else None
        )
        sql = self.engine.explain(request).sql_statement.without_descriptions.sql
        # MetricFlow has an order of its own for what it groups by.
        return self.figures(f"select {', '.join((*by, *metrics))} from ({sql})", len(by))

    def figures(self, sql: str, groups: int) -> Figures:
        """Rows by their first columns, the groups."""
        result = self.connection.execute(sql)
        names = [column[0] for column in result.description or []][groups:]
        rows = result.fetchall()
        figures: Figures = {}
        for row in rows:
            key = tuple(map(as_reported, row[:groups]))
            assert key not in figures
            figures[key] = {
                name: None if value is None else float(value) for name, value in zip(names, row[groups:], strict=True)
            }
        return figures


def as_reported(group: object) -> object:
    """The value of a group as reports write it: days, and 'unknown' for a record that is nobody's."""
    return "unknown" if group is None else group.date() if isinstance(group, datetime) else group


def plain_entities() -> dict[str, list[dict[str, object]]]:
    """Orders and lines alone, over 2½ years: a shop that can tell churn, and nothing of referrals and tickets.

    Buyers 0 to 5 order every 40 + 30 × n days from day 11 × n on; 6 to 11 once, on day 200, 300, … 700.
    """
    days = [
        (buyer, date(2023, 1, 1) + timedelta(days=day))
        for buyer in range(12)
        for day in (range(11 * buyer, 900, 40 + 30 * buyer) if buyer < 6 else (100 * buyer - 400,))
    ]
    orders: list[dict[str, object]] = [
        {
            "order_id": f"{buyer}-{day}",
            "ordered_at": f"{day}T12:00:00",
            "email": f"buyer{buyer}@example.com",
            "channel": ("own_store", "amazon")[buyer % 2],
        }
        for buyer, day in days
    ]
    lines: list[dict[str, object]] = [
        {"order_id": order["order_id"], "line_id": "1", "quantity": 1 + number % 3, "unit_price": "12.50"}
        for number, order in enumerate(orders)
    ]
    return {"orders": orders, "order_lines": lines}


@pytest.fixture(scope="module")
def project(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dbt project in a folder of the test's own, parsed: `mf` reads and writes there."""
    folder = tmp_path_factory.mktemp("project")
    for part in ("dbt_project.yml", "profiles.yml", "models", "macros", "seeds", "tests"):
        (folder / part).symlink_to(REPOSITORY / part)
    (folder / "target").symlink_to(builder.parse())
    return folder


@pytest.fixture(scope="module")
def engine(project: Path) -> MetricFlowEngine:
    manifest = parse_manifest_from_dbt_generated_manifest((project / "target" / "semantic_manifest.json").read_text())
    return MetricFlowEngine(SemanticManifestLookup(manifest), Renderer())


@pytest.fixture(scope="module")
def warehouses(builder: Builder, golden: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Warehouses of the golden shop and the plain one under the name that every shop's has: it is part of the SQL."""
    folder = write_shop(tmp_path_factory.mktemp("plain"), "plain", plain_entities(), as_of="2025-06-30T00:00:00")
    return {
        shop: Path(shutil.copy(built.file, tmp_path_factory.mktemp(shop) / "warehouse.duckdb"))
        for shop, built in (("golden", golden), ("plain", builder.build(folder, "plain")))
    }


@pytest.fixture(scope="module")
def layers(engine: MetricFlowEngine, warehouses: dict[str, Path]) -> Iterator[dict[str, SemanticLayer]]:
    """The semantic layer of either shop."""
    connections = {shop: duckdb.connect(str(file), read_only=True) for shop, file in warehouses.items()}
    yield {shop: SemanticLayer(engine, connection) for shop, connection in connections.items()}
    for connection in connections.values():
        connection.close()


def differences(report: Report, asked: Figures, reported: Figures) -> list[str]:
    """Where MetricFlow and a report disagree; a row that one of them leaves out has nothing or 0 in the other."""
    found = []
    for key in {**reported, **asked}:
        for metric in next(iter({**asked, **reported}.values())):
            pair = [figures[key][metric] if key in figures else None for figures in (asked, reported)]
            if key not in asked or key not in reported:
                same = not any(pair)
            elif pair[0] is None or pair[1] is None:
                same = pair[0] is pair[1]
            else:
                same = math.isclose(*pair, rel_tol=1e-12, abs_tol=report.within)
            if not same:
                found.append(f"{key} {metric}: {pair[0]} asked, {pair[1]} reported")
    return found


def columns_of(layer: SemanticLayer, report: Report) -> list[str]:
    """The metrics that a report holds."""
    described = layer.figures(f"select column_name, 0 from (describe {report.sql})", 1)
    return [str(name) for (name,) in described][len(report.by) :]


# The plain shop has one line of products in one market: it is asked for the totals.
@pytest.mark.parametrize(
    ("name", "shop"),
    [(name, "golden") for name in REPORTS] + [(name, "plain") for name in TOTALS],
)
def test_metrics_are_what_the_report_holds(layers: dict[str, SemanticLayer], name: str, shop: str) -> None:
    report, layer = REPORTS[name], layers[shop]
    asked = layer.ask(columns_of(layer, report), report.by, report.where)
    found = differences(report, asked, layer.figures(report.sql, len(report.by)))
    assert not found, "\n".join(found)


def test_every_metric_has_a_figure_in_some_report(engine: MetricFlowEngine, layers: dict[str, SemanticLayer]) -> None:
    known = {
        metric
        for layer in layers.values()
        for report in TOTALS.values()
        for figures in layer.figures(report.sql, len(report.by)).values()
        for metric, figure in figures.items()
        if figure is not None
    }
    assert known == {metric.name for metric in engine.list_metrics(include_dimensions=False)}


def test_every_metric_written_down_is_defined_and_says_what_it_is(engine: MetricFlowEngine) -> None:
    # dbt 1.11 reads the newer way to write metrics without a word, and defines none.
    files = (REPOSITORY / "models" / "semantic").glob("*.yml")
    written = [
        metric for file in files for metric in yaml.safe_load(file.read_text(encoding="utf-8")).get("metrics", [])
    ]
    assert len(written) > 100
    defined = {metric.name: metric for metric in engine.list_metrics(include_dimensions=False)}
    assert set(defined) == {metric["name"] for metric in written}
    labels = [metric.label for metric in defined.values()]
    assert len(set(labels)) == len(labels)
    assert all(label and not label[0].islower() for label in labels)
    assert all(metric.description and metric.description.endswith(".") for metric in defined.values())


def test_metrics_of_the_golden_shop_are_those_worked_out(layers: dict[str, SemanticLayer]) -> None:
    # Each follows by hand: see tests/golden/README.md.
    worked_out = {
        "valid_orders": 34,
        "net_sales": 1539.72,
        "returns": 37.18,
        "refunds": 13.5 + 10.5 + 12.72,
        "customers": 15,
        "repeat_rate_30d": 4 / 14,
        "repeat_rate_60d": 6 / 13,
        "repeat_rate_90d": 7 / 13,
        "repeat_rate_180d": 8 / 10,
        "repeat_rate_365d": 3 / 5,
        "historical_clv": 703.72 / 15,
        "orders_per_year": 21 / 11,
        "lifespan_years": None,
        "simple_clv": None,
        "gross_margin": None,
        "reviews": 3,
        "average_rating": 11 / 3,
        "reviewed_share": 3 / 4,
        "nps": 40,
        "csat": 2 / 3,
        "tickets_per_100_orders": 200 / 34,
        "post_purchase_spend_share": 9 / 58,
    }
    asked = layers["golden"].ask(list(worked_out))[()]
    assert asked == {name: figure if figure is None else pytest.approx(figure) for name, figure in worked_out.items()}


def test_a_cohort_too_young_for_its_window_has_no_rate(layers: dict[str, SemanticLayer]) -> None:
    # Pat's first order is 30 days old and Oli's 25: see tests/golden/README.md.
    asked = layers["golden"].ask(["customers", "repeat_rate_30d", "repeat_rate_60d"], (MONTH,))
    assert asked[(date(2025, 5, 1),)] == {"customers": 1, "repeat_rate_30d": 0, "repeat_rate_60d": None}
    assert asked[(date(2025, 6, 1),)] == {"customers": 1, "repeat_rate_30d": None, "repeat_rate_60d": None}


def test_what_a_shop_never_delivered_is_not_nought(layers: dict[str, SemanticLayer]) -> None:
    silent = ["referral_rate_orders", "wismo_per_100_orders", "reviewed_share", "nps", "open_rate", "marketing_spend"]
    asked = layers["plain"].ask(["valid_orders", *silent], (MONTH,))
    months = {str(order["ordered_at"])[:7] for order in plain_entities()["orders"]}
    assert {f"{month:%Y-%m}" for (month,) in asked} == months
    assert all(figures["valid_orders"] for figures in asked.values())
    assert {figures[name] for figures in asked.values() for name in silent} == {None}


def test_the_time_spine_holds_every_day_that_a_metric_falls_on(
    engine: MetricFlowEngine, layers: dict[str, SemanticLayer]
) -> None:
    layer = layers["golden"]
    days = [day for (day,) in layer.figures("select date_day from semantic.metricflow_time_spine order by all", 1)]
    assert days == [days[0] + timedelta(days=number) for number in range(len(days))]
    metrics = [metric.name for metric in engine.list_metrics(include_dimensions=False)]
    asked = {day for (day,) in layer.ask(metrics, ("metric_time__day",))}
    assert asked <= set(days)
    assert {days[0], days[-1]} <= asked


@pytest.fixture
def golden_file(warehouses: dict[str, Path], tmp_path: Path) -> Path:
    """A copy that only one process has open."""
    return Path(shutil.copy(warehouses["golden"], tmp_path))


def mf(project: Path, warehouse: Path, *arguments: str) -> str:
    """What `mf` prints, run in the project as a user's shell would."""
    result = subprocess.run(
        [str(Path(sys.executable).parent / "mf"), *arguments],
        cwd=project,
        env={
            **os.environ,
            "SECOND_ORDER_WAREHOUSE": str(warehouse),
            # Nobody listens there: mf asks PyPI for a newer version of itself, and takes no answer for a no.
            "HTTPS_PROXY": "http://127.0.0.1:9",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_mf_finds_no_fault_in_the_definitions(project: Path, golden_file: Path) -> None:
    told = mf(project, golden_file, "validate-configs", "--show-all")
    # The manifest's own validation, and semantic models, dimensions, entities, measures and metrics in the warehouse.
    assert told.count("(ERRORS: 0, FUTURE_ERRORS: 0, WARNINGS: 0)") == 6


def test_mf_answers_as_contributing_says(
    project: Path, golden_file: Path, layers: dict[str, SemanticLayer], tmp_path: Path
) -> None:
    text = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    program, *arguments = next(line for line in text.splitlines() if line.startswith(".venv/bin/mf query")).split()
    assert program == ".venv/bin/mf"
    mf(project, golden_file, *arguments, "--csv", str(tmp_path / "answer.csv"))
    with (tmp_path / "answer.csv").open(newline="", encoding="utf-8") as file:
        answer = list(csv.DictReader(file))
    options = dict(zip(arguments[1::2], arguments[2::2], strict=True))
    metrics, by = (options[name].split(",") for name in ("--metrics", "--group-by"))
    assert {
        tuple(as_reported(datetime.fromisoformat(row[group])) for group in by): {
            metric: float(row[metric]) if row[metric] else None for metric in metrics
        }
        for row in answer
    } == layers["golden"].ask(metrics, tuple(by))
