"""Taking a person out of what the shop's raw tables hold: deleted customers, and those who asked to be forgotten."""

from collections.abc import Sequence
from typing import Final

import duckdb

_SCHEMA: Final = "raw_shopify"
# Of an order stay its goods, money, dates and country: sales were made, whoever made them. What is null here is
# removed. The customer's number stays: it joins the orders of nobody in particular.
PERSONAL: Final = (
    '{"email": null, "phone": null, "customAttributes": [], "shippingAddress": {"provinceCode": null}, '
    '"customer": {"firstName": null, "lastName": null}}'
)
# What people wrote with their returns.
NOTES: Final = r'"(customerNote|returnReasonNote)":\s*"(?:[^"\\]|\\.)*"'


def redact_customer(
    connection: duckdb.DuckDBPyConnection, customer_id: str, order_ids: Sequence[str] = ()
) -> tuple[int, int]:
    """Forget a customer: the record itself, and everything personal on the customer's orders.

    Args:
        connection: to the shop's warehouse, writable.
        customer_id: the number, as the webhook `customers/redact` names it, or the global id.
        order_ids: numbers or global ids of further orders to redact, such as a guest's.

    Returns:
        Customers and orders that were changed; both 0 for somebody unknown here.
    """
    connection.execute(
        "create or replace temp table forgotten as select ? as id", [_global_id("Customer", customer_id)]
    )
    customers = connection.execute(
        f"delete from {_SCHEMA}.customers where id in (select id from forgotten) returning id"
    ).fetchall()
    return len(customers), _redact_orders(connection, [_global_id("Order", number) for number in order_ids])


def remove_order(connection: duckdb.DuckDBPyConnection, order_id: str) -> None:
    """Take out an order that the shop has deleted, and its refunds.

    Args:
        order_id: the number, as the webhook `orders/delete` names it, or the global id.
    """
    order = _global_id("Order", order_id)
    connection.execute(f"delete from {_SCHEMA}.refunds where json_extract_string(payload, '$.order.id') = ?", [order])
    connection.execute(f"delete from {_SCHEMA}.orders where id = ?", [order])


def forget(connection: duckdb.DuckDBPyConnection, stream: str) -> None:
    """After customers were removed, whose ids are in the temporary table `removed`: redact their orders."""
    if stream == "customers":
        connection.execute("create or replace temp table forgotten as select id from removed")
        _redact_orders(connection, [])


def _redact_orders(connection: duckdb.DuckDBPyConnection, order_ids: Sequence[str]) -> int:
    """Redact the orders of the customers in `forgotten`, and those with the ids; how many."""
    connection.execute(
        f"""
        create or replace temp table redacted as
        select id from {_SCHEMA}.orders
        where json_extract_string(payload, '$.customer.id') in (select id from forgotten) or list_contains(?, id)
        """,
        [list(order_ids)],
    )
    connection.execute(
        f"""
        update {_SCHEMA}.orders
        set payload = json_merge_patch(
            cast(regexp_replace(cast(payload as varchar), ?, '"\\1":""', 'g') as json), '{PERSONAL}'
        )
        where id in (select id from redacted)
        """,
        [NOTES],
    )
    connection.execute(
        f"""
        update {_SCHEMA}.refunds
        set payload = json_merge_patch(payload, '{{"note": null}}')
        where json_extract_string(payload, '$.order.id') in (select id from redacted)
        """
    )
    ((count,),) = connection.execute("select count(*) from redacted").fetchall()
    connection.execute("drop table forgotten; drop table redacted")
    return int(count)


def _global_id(kind: str, number: str) -> str:
    return number if number.startswith("gid://") else f"gid://shopify/{kind}/{number}"
