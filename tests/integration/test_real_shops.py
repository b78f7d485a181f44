"""Three real shops, run unchanged, end on figures that were worked out apart from this project."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from tests.integration.conftest import Run, bytes_of, run_command

RunShop = Callable[[str], Run]


def windows(run: Run) -> dict[int, tuple[int, int]]:
    """Mature customers and repeaters of all cohorts, by window."""
    rows = run.query(
        "select window_days, sum(mature_customers)::int, sum(repeaters)::int from reporting.repeat_rate_by_cohort "
        "where dimension = 'all' group by window_days"
    )
    return {int(str(row[0])): (int(str(row[1])), int(str(row[2]))) for row in rows}


def test_online_retail_orders_and_money(shared_run: RunShop) -> None:
    run = shared_run("online_retail")
    assert "563,973 in = 562,635 loaded + 1,338 rejected + 0 delivered before" in run.output
    assert run.query("select entity, reasons, count(*) from ops.rejected_rows group by all order by 3") == [
        ("order_lines", ["unit_price: must be 0 or more"], 2),
        ("order_lines", ["quantity: must be above 0"], 1336),
    ]
    assert run.query(
        "select count(*), count(*) filter (where is_valid), count(*) filter (where is_valid and not is_identified), "
        "round(sum(gross_sales) filter (where is_valid), 2), round(sum(net_sales) filter (where is_valid), 2) "
        "from marts.fct_orders"
    ) == [(22_064, 19_960, 1_428, Decimal("10666684.54"), Decimal("10179576.43"))]
    assert run.query(
        "select count(*), sum(amount), count(*) filter (where is_orphan), sum(amount) filter (where is_orphan) "
        "from marts.fct_refunds"
    ) == [(9_288, Decimal("896812.4900"), 1_689, Decimal("409704.3800"))]
    steps = {
        step: (orders, amount)
        for step, orders, amount in run.query(
            "select step, sum(orders)::int, round(sum(amount), 2) from reporting.reconciliation group by step"
        )
    }
    assert steps["orders delivered"] == (22_064, Decimal("10666684.54"))
    assert steps["net sales reported"] == (19_960, Decimal("10179576.43"))
    assert steps["beside it: refunds of orders never seen"] == (0, Decimal("-409704.38"))


def test_online_retail_retention(shared_run: RunShop) -> None:
    run = shared_run("online_retail")
    assert run.query(
        "select count(*), count(*) filter (where valid_orders >= 2) from marts.dim_customers "
        "where is_identified and valid_orders > 0"
    ) == [(4_338, 2_845)]
    assert windows(run) == {
        30: (4_086, 778),
        60: (3_741, 1_314),
        90: (3_370, 1_533),
        180: (2_821, 1_853),
        365: (573, 500),
    }
    assert "65.58% (2,845 of 4,338)" in run.output


def test_cdnow(shared_run: RunShop) -> None:
    run = shared_run("cdnow")
    assert run.query("select count(*) from marts.fct_orders where is_valid") == [(6_911,)]
    assert run.query(
        "select count(*), count(*) filter (where valid_orders >= 2) from marts.dim_customers where valid_orders > 0"
    ) == [(2_349, 1_152)]
    assert windows(run)[90] == (2_349, 687)


def test_olist(shared_run: RunShop) -> None:
    run = shared_run("olist")
    assert run.query("select count(*), sum(gross_sales) from marts.fct_orders where is_valid") == [
        (3_960, Decimal("547666.7500"))
    ]
    ratings = run.query(
        "select round(avg(rating), 2)::double, "
        "round(avg(rating) filter (where is_late), 2)::double, "
        "round(avg(rating) filter (where not is_late), 2)::double "
        "from marts.fct_reviews left join marts.fct_fulfillments using (order_key)"
    )
    assert ratings == [(4.08, 2.15, 4.29)]


def test_a_second_run_with_nothing_new_publishes_the_same_bytes(shared_run: RunShop, shared: Path) -> None:
    first = shared_run("cdnow")
    first_version = first.version
    first_files = bytes_of(first.published / "current" / "reporting")
    second = run_command(shared / "shops" / "cdnow", first.data.parent)
    assert second.exit_code == 0, second.errors
    assert "13,838 in = 0 loaded + 0 rejected + 13,838 delivered before" in second.output
    assert bytes_of(second.published / "current" / "reporting") == first_files
    assert second.version != first_version
