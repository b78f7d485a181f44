"""Taking a deleted customer out of what the shop's raw tables hold of their orders.

Who asked to be forgotten is erased altogether: `orchestration.privacy`.
"""

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


def remove_order(connection: duckdb.DuckDBPyConnection, order_id: str) -> None:
    """Take out an order that the shop has deleted, and its refunds.

    Args:
        order_id: the number, as the webhook `orders/delete` names it, or the global id.
    """
    order = _global_id("Order", order_id)
    connection.execute(f"delete from {_SCHEMA}.refunds where json_extract_string(payload, '$.order.id') = ?", [order])
    connection.execute(f"delete from {_SCHEMA}.orders where id = ?", [order])


def forget(connection: duckdb.DuckDBPyConnection, stream: str) -> None:
    """After records were removed, whose ids are in the temporary table `removed`: an order's refunds go with it, and
    a customer's orders are redacted.
    """
    if stream == "orders":
        connection.execute(
            f"delete from {_SCHEMA}.refunds "
            "where json_extract_string(payload, '$.order.id') in (select id from removed)"
        )
    if stream != "customers":
        return
    connection.execute(
        f"create or replace temp table redacted as select id from {_SCHEMA}.orders "
        "where json_extract_string(payload, '$.customer.id') in (select id from removed)"
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
    connection.execute("drop table redacted")


def _global_id(kind: str, number: str) -> str:
    return number if number.startswith("gid://") else f"gid://shopify/{kind}/{number}"
