"""Two arms that somebody else drew, from their files to the report."""

from collections.abc import Iterator, Mapping

import pytest

from orchestration.proof.tables import lifts
from tests.integration.conftest import write_shop
from tests.integration.warehouse import Row, Warehouse
from tests.mutation.warehouses import open_with_files_of

# experiment: flow, moment of the trigger, then by arm: persons, of them triggered, of them ordering within the window.
EXPERIMENTS: dict[str, tuple[str, Mapping[str, tuple[int, int, int]]]] = {
    # No flow, no triggers: half of all buyers held out of everything.
    "all-marketing": ("", {"treatment": (300, 0, 90), "holdout": (300, 0, 60)}),
    "reached": ("welcome", {"treatment": (300, 300, 60), "holdout": (300, 300, 60)}),
    "lost": ("care", {"treatment": (400, 400, 80), "holdout": (400, 300, 60)}),
    "new": ("refill", {"treatment": (80, 80, 30), "holdout": (20, 20, 2)}),
}
CONTAMINATED = 4


@pytest.fixture(scope="module")
def lifted(golden: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], Row]]:
    """Rows of flow_lift by experiment and metric."""
    rows: dict[str, list[Row]] = {"orders": [], "order_lines": [], "flow_holdouts": [], "message_events": []}

    def order(email: str, day: str, price: str) -> None:
        number = str(len(rows["orders"]))
        rows["orders"].append({"order_id": number, "ordered_at": f"{day} 12:00:00", "email": email})
        rows["order_lines"].append({"order_id": number, "line_id": "1", "quantity": 1, "unit_price": price})

    def message(email: str, event_type: str, flow: str, moment: str) -> None:
        rows["message_events"].append(
            {
                "event_id": str(len(rows["message_events"])),
                "occurred_at": moment,
                "event_type": event_type,
                "channel": "email",
                "email": email,
                "flow_id": flow,
                "flow_name": flow,
                "message_id": f"{flow}-1",
                "link": "/shop",
            }
        )

    for experiment, (flow, arms) in EXPERIMENTS.items():
        for arm, (persons, triggered, ordering) in arms.items():
            for person in range(persons):
                email = f"{experiment}-{arm}-{person}@example.com"
                rows["flow_holdouts"].append(
                    {
                        "experiment_id": experiment,
                        "flow_id": flow,
                        "email": email,
                        "arm": arm,
                        "assigned_at": "2025-03-01 00:00:00",
                        "triggered_at": "2025-03-10 00:00:00" if person < triggered else "",
                    }
                )
                # Bought before, on the window's last day, and too late to count.
                order(email, "2025-02-01", "10.00")
                if person < ordering:
                    order(email, "2025-03-25", "40.00")
                order(email, "2025-05-20", "500.00")
                if experiment == "reached" and arm == "treatment":
                    message(email, "sent", flow, "2025-03-10 09:00:00")
                    if person < 20:
                        message(email, "clicked", flow, "2025-03-25 11:00:00")
    for person in range(CONTAMINATED):
        message(f"reached-holdout-{person}@example.com", "sent", "welcome", "2025-03-11 09:00:00")
    message("somebody@example.com", "sent", "untested", "2025-03-11 09:00:00")
    scratch = tmp_path_factory.mktemp("experiments")
    with open_with_files_of(write_shop(scratch / "shop", "arms", rows), golden, scratch) as warehouse:
        # Compared where the model does: it is in Python, which nobody but dbt runs by itself.
        warehouse.query("select count(*) from intermediate.int_proof__sums")
        compared = lifts(warehouse.connection.table("intermediate.int_proof__sums"))
        warehouse.connection.register("compared", compared)
        warehouse.connection.execute("create or replace table intermediate.int_proof__lifts as from compared")
        yield {
            (str(row["experiment_id"] or row["flow_id"]), str(row["metric"])): row
            for row in warehouse.rows("select * from reporting.flow_lift")
        }


def test_arms_without_flow_or_triggers_are_compared_from_their_assignment(
    lifted: dict[tuple[str, str], Row],
) -> None:
    """90 of 300 against 60 of 300: 10 points, Newcombe 3.1 to 16.8; 12 against 8 a head."""
    orders, sales = lifted["all-marketing", "order_rate"], lifted["all-marketing", "net_sales"]
    assert (orders["is_causal"], orders["watched_from"], orders["withheld_reason"]) == (True, "assignment", None)
    assert (orders["treatment_persons"], orders["holdout_persons"]) == (300, 300)
    assert float(str(orders["difference"])) == pytest.approx(0.1)
    assert float(str(orders["difference_low"])) == pytest.approx(0.0305, abs=2e-3)
    assert float(str(orders["difference_high"])) == pytest.approx(0.1680, abs=2e-3)
    assert float(str(sales["difference"])) == pytest.approx(4.0)
    assert float(str(sales["incremental"])) == pytest.approx(1200.0)
    # Everybody had bought for 10 before: nothing to adjust by. No product has a cost: nothing to earn.
    assert orders["cuped_difference"] is None
    assert lifted["all-marketing", "margin"]["difference"] is None
    assert orders["profit"] is None


def test_a_holdout_that_got_the_flow_gives_no_figure(lifted: dict[tuple[str, str], Row]) -> None:
    row = lifted["reached", "order_rate"]
    assert (row["contaminated_persons"], row["withheld_reason"], row["advice"]) == (
        CONTAMINATED,
        "contaminated",
        "repair",
    )
    assert (row["difference"], row["incremental"]) == (None, None)
    assert row["attributed"] == 20
    assert lifted["reached", "net_sales"]["attributed"] == 800


def test_a_holdout_that_loses_people_gives_no_figure(lifted: dict[tuple[str, str], Row]) -> None:
    """300 of 400 are watched in one arm, all in the other: χ² = 114."""
    row = lifted["lost", "order_rate"]
    assert (row["withheld_reason"], row["difference"]) == ("sample_ratio", None)
    assert float(str(row["sample_ratio_p_value"])) < 1e-20


def test_too_few_are_told_how_many_they_need(lifted: dict[tuple[str, str], Row]) -> None:
    """33 of 102 order with one each added: (2.8016 / .03)² × .3235 × .6765 × (1 + 20 / 80) = 2385.8."""
    row = lifted["new", "order_rate"]
    assert (row["withheld_reason"], row["advice"], row["difference"]) == ("too_few", "wait", None)
    assert (row["needed_holdout_persons"], row["needed_treatment_persons"]) == (2386, 9544)


def test_a_flow_without_holdout_makes_no_causal_claim(lifted: dict[tuple[str, str], Row]) -> None:
    row = lifted["untested", "order_rate"]
    assert (row["is_causal"], row["withheld_reason"], row["advice"]) == (False, "not_random", None)
    assert (row["attributed"], row["incremental"]) == (0, None)
