"""Gate 2's checks: may what was built leave the warehouse?

Grains are unique, money adds up to the last digit, shares are shares, counts nest, the reconciliation closes,
what readers rely on is there, and nothing in `reporting` tells of a person.
"""

from collections.abc import Iterable

from orchestration.quality.catalog import Catalog
from orchestration.quality.checks import Check, TableChecks, no_rows
from orchestration.sql import quoted

REQUIRED_TABLES = (
    "marts.dim_customers",
    "marts.fct_orders",
    "marts.fct_order_lines",
    "marts.fct_refunds",
    "reporting.headline_figures",
    "reporting.repeat_rate_by_cohort",
    "reporting.repeat_rate_by_period",
    "reporting.cohort_retention",
    "reporting.sales_by_period",
    "reporting.reconciliation",
    "reporting.return_reasons",
    "reporting.run_info",
)

GRAINS: dict[str, tuple[str, ...]] = {
    "marts.dim_customers": ("person_id",),
    "marts.fct_orders": ("order_key",),
    "marts.fct_order_lines": ("line_key",),
    "marts.fct_refunds": ("refund_key",),
    "marts.fct_attributed_orders": ("order_key",),
    "marts.fct_customer_lifetime": ("person_id",),
    "reporting.headline_figures": ("figure",),
    "reporting.repeat_rate_by_cohort": ("cohort_month", "window_days", "dimension", "dimension_value"),
    "reporting.repeat_rate_by_period": ("period_end", "window_days"),
    "reporting.second_order_curve": ("day", "dimension", "dimension_value"),
    "reporting.cohort_retention": ("cohort_month", "months_since", "dimension", "dimension_value"),
    "reporting.clv_summary": ("dimension", "dimension_value"),
    "reporting.sales_by_period": ("month", "customer_type", "dimension", "dimension_value"),
    "reporting.referrals": ("month", "dimension", "dimension_value"),
    "reporting.reconciliation": ("step_number", "source", "month"),
    "reporting.return_reasons": ("source", "product_type", "reason"),
}
"""One row per …: the columns that identify a row. NULL is a value of its own here, as readers see it."""

PERSONAL_COLUMNS = (
    "person_id", "customer_id", "profile_id", "email", "email_address", "phone", "phone_number", "first_name",
    "last_name", "full_name", "address", "street", "postcode", "birthday",
)  # fmt: skip
"""Names no column of `reporting` may have, nor end on after an underscore."""

_EMAIL = r"[^@\s]+@[^@\s]+\.[^@\s.]+"
_TEXT_TYPES = ("VARCHAR", "JSON", "STRUCT", "MAP", "UNION", "ENUM", "BLOB")


def publication_checks(catalog: Catalog) -> list[TableChecks]:
    """Gate 2: one group of checks for the catalog and one for every table of marts and reporting with rules.

    A required table that is absent fails the catalog's group; a check whose columns are absent fails too.
    """
    groups = [_catalog_checks()]
    for table in (*catalog.tables("marts"), *catalog.tables("reporting")):
        checks = [*_grain(table), *_identities(table), *_no_person(table, catalog)]
        kept = [_or_missing(table, check, needed, catalog) for check, needed in checks]
        if kept:
            groups.append(TableChecks(table, f"select * from {table}", tuple(kept)))
    return groups


Needing = tuple[Check, tuple[str, ...]]
"""A check and the columns it can't be asked without; those of another table as `schema.table.column`."""


def _or_missing(table: str, check: Check, needed: tuple[str, ...], catalog: Catalog) -> Check:
    absent = [name for name in needed if not catalog.has(*(name.rsplit(".", 1) if "." in name else (table, name)))]
    if not absent:
        return check
    return Check(
        check.name,
        str(len(absent)),
        f"missing: {', '.join(absent)}; without it can't be told whether {check.name}",
        counts="columns",
        column=check.column,
        look_at=f"the model of {table}",
    )


def _catalog_checks() -> TableChecks:
    """Required tables, and names in `reporting` that belong to a person."""
    checks = [
        Check(
            f"{table} is there",
            f"1 - least(1, count_if(table_schema || '.' || table_name = '{table}'))",
            "missing",
            counts="tables",
            table=table,
            look_at=f"the model of {table}: it wasn't built",
        )
        for table in REQUIRED_TABLES
    ]
    listed = ", ".join(quoted(name) for name in PERSONAL_COLUMNS)
    personal = (
        f"table_schema = 'reporting' and (lower(column_name) in ({listed}) "
        f"or regexp_matches(lower(column_name), '_({'|'.join(PERSONAL_COLUMNS)})$'))"
    )
    checks.append(
        no_rows(
            "no column of reporting is named after a person's data",
            personal,
            "named after a person's data",
            counts="columns",
            sample="select table_schema || '.' || table_name || '.' || column_name "
            f"from information_schema.columns where {personal} order by all",
            table="reporting",
        )
    )
    scan = "select * from information_schema.columns where table_schema in ('marts', 'reporting')"
    return TableChecks("published tables", scan, tuple(checks))


def _grain(table: str) -> Iterable[Needing]:
    key = GRAINS.get(table)
    if key is None:
        return
    columns = ", ".join(key)
    repeated = f"select {columns} from {table} group by {columns} having count(*) > 1"
    yield (
        Check(
            f"one row per {', '.join(key)}",
            f"(select count(*) from ({repeated}))",
            f"of {columns} on several rows",
            counts="values",
            look_at=repeated,
        ),
        key,
    )
    if table.startswith("marts."):
        yield (
            no_rows("the key is there", f"{key[0]} is null", f"without {key[0]}", column=key[0]),
            (key[0],),
        )


def _rule(table: str, name: str, failing: str, problem: str, *needed: str, column: str | None = None) -> Needing:
    look_at = f"select * from {table} where {failing}"
    return no_rows(name, failing, problem, column=column, look_at=look_at), needed


def _not_nested(*counts: str) -> str:
    """SQL that is true unless each count lies between 0 and the next one; a missing count isn't nested."""
    pairs = " and ".join(f"{small} <= {large}" for small, large in zip(("0", *counts), counts, strict=False))
    return f"not coalesce({pairs}, false)"


def _share(table: str, column: str, *also: str) -> Needing:
    """A share is between 0 and 1, or NULL where it has no denominator."""
    return _rule(
        table,
        f"{column} is a share or NULL",
        f"not ({column} between 0 and 1)",
        f"with a {column} that isn't between 0 and 1",
        column,
        *also,
        column=column,
    )


def _identities(table: str) -> Iterable[Needing]:
    match table:
        case "marts.fct_orders":
            yield from _order_identities(table)
        case "marts.dim_customers":
            yield from _customer_identities(table)
        case "reporting.headline_figures":
            yield _rule(
                table,
                "a share is between 0 and 1 or NULL",
                "unit = 'share' and not (value between 0 and 1)",
                "with a share that isn't between 0 and 1",
                "unit", "value",
                column="value",
            )  # fmt: skip
        case "reporting.repeat_rate_by_cohort":
            yield _share(table, "repeat_rate")
            yield _rule(
                table,
                "repeaters ≤ mature customers ≤ customers",
                _not_nested("repeaters", "mature_customers", "customers"),
                "where not 0 ≤ repeaters ≤ mature customers ≤ customers",
                "repeaters", "mature_customers", "customers",
            )  # fmt: skip
            yield _rule(
                table,
                "the rate is NULL exactly where no member is mature",
                "(mature_customers = 0) <> (repeat_rate is null)",
                "where the rate is NULL and members are mature, or the other way round",
                "mature_customers", "repeat_rate",
                column="repeat_rate",
            )  # fmt: skip
        case "reporting.repeat_rate_by_period":
            yield _share(table, "repeat_rate")
            yield _rule(
                table,
                "customers with two or more ≤ customers",
                _not_nested("customers_with_two_or_more", "customers"),
                "where not 0 ≤ customers with two or more ≤ customers",
                "customers_with_two_or_more", "customers",
            )  # fmt: skip
        case "reporting.cohort_retention":
            yield _rule(
                table,
                "active and repeaters ≤ customers",
                f"{_not_nested('active', 'customers')} or {_not_nested('cumulative_repeaters', 'customers')}",
                "where not 0 ≤ active, repeaters ≤ customers",
                "active", "cumulative_repeaters", "customers",
            )  # fmt: skip
        case "reporting.sales_by_period":
            yield _rule(
                table,
                "gross − discounts − refunds = net",
                "gross_sales - discounts - refunds is distinct from net_sales",
                "where gross − discounts − refunds isn't net sales",
                "gross_sales", "discounts", "refunds", "net_sales",
            )  # fmt: skip
        case "reporting.reconciliation":
            yield from _reconciliation(table)
        case "reporting.run_info":
            yield (
                Check(
                    "has one row",
                    "count(*)",
                    "rows of the run",
                    expected="exactly 1",
                    minimum=1,
                    maximum=1,
                    counts=None,
                ),
                (),
            )
            yield _rule(
                table,
                "says what and when",
                "as_of is null or version is null or currency is null",
                "without as_of, version or currency",
                "as_of", "version", "currency",
            )  # fmt: skip
        case _:
            return


def _order_identities(table: str) -> Iterable[Needing]:
    yield _rule(
        table,
        "gross − discounts − returns = net",
        # An order in a currency without a rate has no amounts at all: valid ones are caught by the next rule.
        "gross_sales - discounts - returns is distinct from net_sales",
        "where gross − discounts − returns isn't net sales",
        "gross_sales", "discounts", "returns", "net_sales",
    )  # fmt: skip
    yield _rule(
        table,
        "a valid order has its amounts",
        "is_valid and (net_sales is null or gross_sales is null)",
        "of a valid order without amounts",
        "is_valid", "net_sales", "gross_sales",
        column="net_sales",
    )  # fmt: skip
    yield _rule(
        table,
        "an order is valid exactly if it has no reason not to be",
        "is_valid is distinct from (invalid_reason is null)",
        "of an order valid despite a reason against it, or invalid without one",
        "is_valid", "invalid_reason",
        column="invalid_reason",
    )  # fmt: skip
    yield _rule(
        table,
        "a repeat is a second order or a later one",
        "is_valid and is_repeat is distinct from (order_sequence > 1)",
        "of a valid order where is_repeat and the sequence disagree",
        "is_valid", "is_repeat", "order_sequence",
        column="is_repeat",
    )  # fmt: skip


def _customer_identities(table: str) -> Iterable[Needing]:
    orders = "marts.fct_orders"
    for column, expected in (
        ("valid_orders", f"(select count(*) from {orders} where is_valid)"),
        ("net_sales", f"(select coalesce(sum(net_sales), 0) from {orders} where is_valid)"),
    ):
        yield (
            Check(
                f"customers' {column} sum to the orders'",
                f"coalesce(sum({column}), 0) - {expected}",
                f"sum of customers' {column} less that of the valid orders",
                expected="0",
                minimum=0,
                counts=None,
                column=column,
                look_at=f"{orders} by person_id against {table}",
            ),
            (column, f"{orders}.is_valid", f"{orders}.net_sales"),
        )


def _reconciliation(table: str) -> Iterable[Needing]:
    """From what was delivered to what is reported: the steps before sum to "net sales reported".

    Steps after it are what was delivered beside the orders, and are in no sum.
    """
    reported = f"(select min(step_number) from {table} where step = 'net sales reported')"
    for figure in ("amount", "orders"):
        sums = (
            f"select source, month, coalesce(sum({figure}) filter (where step_number < {reported}), 0) "
            f"- coalesce(sum({figure}) filter (where step_number = {reported}), 0) as difference "
            f"from {table} group by source, month"
        )
        place = "concat_ws(' ', source, substr(cast(month as varchar), 1, 7), 'off by', difference)"
        yield (
            Check(
                f"the steps' {figure} sum to the net sales reported",
                f"(select count(*) from ({sums}) where difference <> 0)",
                f"of a source whose steps' {figure} and what is reported differ",
                counts="months",
                column=figure,
                sample=f"select {place} from ({sums}) where difference <> 0 order by source, month",
            ),
            ("step_number", "step", "source", "month", figure),
        )
    yield (
        Check(
            "net sales are reported",
            "least(1, count(*)) - least(1, count_if(step = 'net sales reported'))",
            "'net sales reported' missing",
            counts="steps",
            column="step",
            look_at=f"the model of {table}",
        ),
        ("step",),
    )


def _no_person(table: str, catalog: Catalog) -> Iterable[Needing]:
    """No text of `reporting` holds an e-mail address."""
    if not table.startswith("reporting."):
        return
    for column, data_type in catalog.columns[table].items():
        if data_type.startswith(_TEXT_TYPES) or data_type.endswith("]"):
            failing = f'regexp_matches(cast("{column}" as varchar), {quoted(_EMAIL)})'
            yield (
                no_rows(
                    f"{column} holds no e-mail address",
                    failing,
                    "with an e-mail address in it",
                    column=column,
                    look_at=f"the model of {table}",
                ),
                (),
            )
