"""Hand-made published figures: small shops written as the Parquet files that a run publishes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]
Columns = Mapping[str, str]

MONEY = "decimal(18, 4)"
SCHEMAS: Mapping[str, Columns] = {
    "headline_figures": {
        "sort_order": "integer",
        "figure": "varchar",
        "value": "double",
        "numerator": "double",
        "denominator": "double",
        "unit": "varchar",
    },
    "repeat_rate_by_cohort": {
        "cohort_month": "date",
        "window_days": "integer",
        "dimension": "varchar",
        "dimension_value": "varchar",
        "customers": "bigint",
        "mature_customers": "bigint",
        "repeaters": "bigint",
        "repeat_rate": "double",
        "may_hold_older_customers": "boolean",
    },
    "repeat_rate_by_period": {
        "period_end": "date",
        "window_days": "integer",
        "customers": "bigint",
        "customers_with_two_or_more": "bigint",
        "repeat_rate": "double",
    },
    "cohort_retention": {
        "cohort_month": "date",
        "months_since": "integer",
        "dimension": "varchar",
        "dimension_value": "varchar",
        "customers": "bigint",
        "active": "bigint",
        "cumulative_repeaters": "bigint",
        "net_sales": MONEY,
        "net_sales_per_customer": MONEY,
        "margin_per_customer": MONEY,
        "is_mature": "boolean",
    },
    "sales_by_period": {
        "month": "date",
        "customer_type": "varchar",
        "dimension": "varchar",
        "dimension_value": "varchar",
        "orders": "bigint",
        "gross_sales": MONEY,
        "discounts": MONEY,
        "refunds": MONEY,
        "net_sales": MONEY,
        "tax": MONEY,
        "shipping": MONEY,
    },
    "reconciliation": {
        "step_number": "integer",
        "step": "varchar",
        "source": "varchar",
        "month": "date",
        "orders": "bigint",
        "amount": MONEY,
    },
    "run_info": {
        "shop_name": "varchar",
        "currency": "varchar",
        "timezone": "varchar",
        "as_of": "timestamp",
        "version": "varchar",
        "git_revision": "varchar",
        "history_starts_on": "date",
        "checks_passed": "bigint",
        "checks_failed": "bigint",
        "checks_warned": "bigint",
        "rows_rejected": "bigint",
        "unidentified_order_share": "double",
        "freshness": "varchar",
        "rejected_rows": "varchar",
    },
}


def write_figures(published: Path, tables: Tables, schemas: Mapping[str, Columns] = SCHEMAS) -> Path:
    """Write `published/reporting/<table>.parquet` for every table of `schemas`; returns `published`.

    A table that isn't in `tables` is empty, a column that a row leaves out is NULL.
    """
    reporting = published / "reporting"
    reporting.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        for table, columns in schemas.items():
            declared = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
            connection.execute(f'create table "{table}" ({declared})')
            for row in tables.get(table, ()):
                named = {name: value for name, value in row.items() if name in columns}
                names = ", ".join(f'"{name}"' for name in named)
                marks = ", ".join("?" for _ in named)
                connection.execute(f'insert into "{table}" ({names}) values ({marks})', list(named.values()))
            connection.execute(f"""copy "{table}" to '{reporting / table}.parquet' (format parquet)""")
    return published


def read(published: Path, select: str) -> list[tuple[Any, ...]]:
    """Rows of a SELECT over the published tables by their names."""
    with duckdb.connect() as connection:
        for file in (published / "reporting").glob("*.parquet"):
            connection.read_parquet(str(file)).create_view(file.stem)
        return connection.execute(select).fetchall()


def _all(rows: Sequence[Row]) -> list[Row]:
    return [{"dimension": "all", "dimension_value": "all", **row} for row in rows]


def _cohort(month: str, days: int, customers: int, mature: int, repeaters: int, older: bool = False) -> Row:
    return {
        "cohort_month": month,
        "window_days": days,
        "customers": customers,
        "mature_customers": mature,
        "repeaters": repeaters,
        "repeat_rate": repeaters / mature if mature else None,
        "may_hold_older_customers": older,
    }


def _active(
    month: str, since: int, customers: int, active: int, repeaters: int, net: float, mature: bool = True
) -> Row:
    return {
        "cohort_month": month,
        "months_since": since,
        "customers": customers,
        "active": active,
        "cumulative_repeaters": repeaters,
        "net_sales": net,
        "net_sales_per_customer": net / customers,
        "margin_per_customer": None,
        "is_mature": mature,
    }


def _sales(month: str, kind: str, orders: int, gross: float, refunds: float = 0) -> Row:
    return {
        "month": month,
        "customer_type": kind,
        "orders": orders,
        "gross_sales": gross,
        "discounts": 0,
        "refunds": refunds,
        "net_sales": gross - refunds,
        "tax": 0,
        "shipping": 0,
    }


def _headline(orders: int, net: float, customers: int, mature: int, repeaters: int, twice: int) -> list[Row]:
    def figure(order: int, name: str, unit: str, numerator: float, denominator: float | None) -> Row:
        value = numerator if unit != "share" else (numerator / denominator if denominator else None)
        return {
            "sort_order": order,
            "figure": name,
            "value": value,
            "numerator": numerator,
            "denominator": denominator,
            "unit": unit,
        }

    return [
        figure(1, "valid_orders", "count", orders, None),
        figure(2, "net_sales", "money", net, None),
        figure(3, "customers", "count", customers, None),
        figure(4, "repeat_rate_90d", "share", repeaters, mature),
        figure(5, "lifetime_repeat_share", "share", twice, customers),
    ]


def _run(shop: str, currency: str, as_of: str, history_starts_on: str | None, **other: Any) -> Row:
    return {
        "shop_name": shop,
        "currency": currency,
        "timezone": "Europe/Berlin",
        "as_of": as_of,
        "version": "0123456789abcdef",
        "git_revision": "abc1234",
        "history_starts_on": history_starts_on,
        "checks_passed": 12,
        "checks_failed": 0,
        "checks_warned": 0,
        "rows_rejected": 0,
        "unidentified_order_share": 0.0,
        "freshness": "[]",
        "rejected_rows": "[]",
        **other,
    }


def corner_shop(scale: int = 1) -> Tables:
    """Four months of first buyers up to the end of June 2024. `scale` multiplies every count and amount."""
    s = scale
    return {
        "headline_figures": _headline(310 * s, 21_450.5 * s, 200 * s, 150 * s, 63 * s, 80 * s),
        "repeat_rate_by_cohort": [
            *_all(
                [
                    _cohort("2024-01-01", 30, 60 * s, 60 * s, 18 * s, older=True),
                    _cohort("2024-01-01", 90, 60 * s, 60 * s, 30 * s, older=True),
                    _cohort("2024-01-01", 365, 60 * s, 0, 0, older=True),
                    _cohort("2024-03-01", 30, 90 * s, 90 * s, 27 * s),
                    _cohort("2024-03-01", 90, 90 * s, 90 * s, 33 * s),
                    _cohort("2024-03-01", 365, 90 * s, 0, 0),
                    _cohort("2024-06-01", 30, 50 * s, 0, 0),
                    _cohort("2024-06-01", 90, 50 * s, 0, 0),
                    _cohort("2024-06-01", 365, 50 * s, 0, 0),
                ]
            ),
            # A page that forgets to ask for the total would count these twice.
            {
                **_cohort("2024-03-01", 90, 90 * s, 90 * s, 33 * s),
                "dimension": "channel",
                "dimension_value": "web",
            },
        ],
        "repeat_rate_by_period": [
            {
                "period_end": end,
                "window_days": days,
                "customers": customers * s,
                "customers_with_two_or_more": twice * s,
                "repeat_rate": twice / customers,
            }
            for end, days, customers, twice in [
                ("2024-05-31", 90, 120, 40),
                ("2024-06-30", 90, 140, 49),
                ("2024-05-31", 365, 150, 60),
                ("2024-06-30", 365, 200, 80),
            ]
        ],
        "cohort_retention": _all(
            [
                _active("2024-03-01", 0, 90 * s, 90 * s, 2 * s, 4_500 * s),
                _active("2024-03-01", 1, 90 * s, 27 * s, 20 * s, 1_350 * s),
                _active("2024-03-01", 2, 90 * s, 18 * s, 30 * s, 900 * s),
                _active("2024-03-01", 3, 90 * s, 9 * s, 34 * s, 450 * s, mature=False),
            ]
        ),
        "sales_by_period": _all(
            [
                _sales("2024-05-01", "new", 60 * s, 4_000.25 * s, 100 * s),
                _sales("2024-05-01", "returning", 80 * s, 6_000 * s),
                _sales("2024-06-01", "new", 50 * s, 3_550.25 * s),
                _sales("2024-06-01", "returning", 100 * s, 7_000 * s),
                _sales("2024-06-01", "unidentified", 20 * s, 1_000 * s),
            ]
        ),
        "reconciliation": [
            {
                "step_number": number,
                "step": step,
                "source": source,
                "month": "2024-05-01",
                "orders": orders * s,
                "amount": amount * s,
            }
            for number, step, source, orders, amount in [
                (1, "orders delivered", "drop", 300, 20_000),
                (1, "orders delivered", "amazon", 25, 2_050.5),
                (2, "not counted: test", "drop", -15, -450),
                (10, "returns", "drop", 0, -150),
                (11, "net sales reported", "drop", 285, 19_400),
                (11, "net sales reported", "amazon", 25, 2_050.5),
            ]
        ],
        "run_info": [
            _run(
                "corner_shop",
                "EUR",
                "2024-06-30 22:00:00",
                "2024-01-03",
                rows_rejected=7 * s,
                unidentified_order_share=0.0645,
                rejected_rows='[{"entity": "order_lines", "reason": "quantity is 0", "rows": 7}]',
            )
        ],
    }


def shop_without_orders() -> Tables:
    """A run that delivered nothing: the publishing step still says who ran and when."""
    return {
        "headline_figures": _headline(0, 0, 0, 0, 0, 0),
        "run_info": [_run("new_shop", "EUR", "2024-06-30 22:00:00", None, unidentified_order_share=None)],
    }


def shop_without_a_mature_cohort() -> Tables:
    """Opened three weeks ago: customers and sales, nobody watched for 30 days, one second order."""
    return {
        "headline_figures": _headline(41, 2_050, 40, 0, 0, 1),
        "repeat_rate_by_cohort": _all([_cohort("2024-06-01", days, 40, 0, 0) for days in (30, 60, 90)]),
        "cohort_retention": _all([_active("2024-06-01", 0, 40, 40, 1, 2_050, mature=False)]),
        "sales_by_period": _all([_sales("2024-06-01", "new", 40, 2_000), _sales("2024-06-01", "returning", 1, 50)]),
        "run_info": [_run("young_shop", "GBP", "2024-06-22 22:00:00", "2024-06-01")],
    }


def shop_without_repeats() -> Tables:
    """First orders over half a year, and nobody came back."""
    months = [f"2024-0{number}-01" for number in range(1, 5)]
    return {
        "headline_figures": _headline(400, 20_000, 400, 400, 0, 0),
        "repeat_rate_by_cohort": _all([_cohort(month, days, 100, 100, 0) for month in months for days in (30, 90)]),
        "repeat_rate_by_period": [
            {
                "period_end": "2024-04-30",
                "window_days": 90,
                "customers": 300,
                "customers_with_two_or_more": 0,
                "repeat_rate": 0.0,
            }
        ],
        "cohort_retention": _all(
            [_active(month, since, 100, 100 if since == 0 else 0, 0, 0) for month in months for since in (0, 1, 2)]
        ),
        "sales_by_period": _all([_sales(month, "new", 100, 5_000) for month in months]),
        "run_info": [_run("market_stall", "BRL", "2024-09-30 22:00:00", "2024-01-02")],
    }
