"""The example shop on Fivetran's tables gives the figures that were worked out by hand."""

import shutil
from decimal import Decimal

import duckdb
import pytest

from tests.conftest import REPOSITORY
from tests.integration.warehouse import Builder, Warehouse

# The columns of Fivetran's tables that the example reads, and a few it doesn't, with one row a line.
TABLES = {
    "shopify/order": """
        (id, created_at, updated_at, customer_id, email, currency, source_name, cancelled_at, test, financial_status,
         taxes_included, total_tax, total_tip_received, shipping_address_country_code, shipping_address_province_code,
         note, _fivetran_deleted)
        (1, '2026-01-05 15:00', '2026-01-06 15:00', 11, 'Ann@example.com', 'USD', 'web', null, false, 'paid',
         false, 4.0, 0, 'US', 'NY', 'ring twice', false)
        (2, '2026-02-05 15:00', '2026-03-01 15:00', 11, 'ann@example.com', 'USD', 'web', null, false, 'refunded',
         true, 20.0, 0, 'US', 'NY', null, false)
        (3, '2026-02-06 15:00', '2026-02-07 15:00', 12, 'ben@example.com', 'USD', 'pos', '2026-02-07 10:00', false,
         'voided', false, 0, 0, 'US', 'NY', null, false)
        (4, '2026-02-08 15:00', '2026-02-08 15:00', 12, 'ben@example.com', 'USD', 'web', null, true, 'paid', false, 0,
         0, 'US', 'NY', null, false)
        (5, '2026-02-09 15:00', '2026-02-09 15:00', 12, 'ben@example.com', 'USD', 'web', null, false, 'paid', false, 0,
         0, 'US', 'NY', null, true)
        (6, '2026-02-10 15:00', '2026-02-10 15:00', 12, 'ben@example.com', 'USD', 'web', null, false, 'paid', false, 0,
         0, 'US', 'NY', null, false)""",
    "shopify/order_line": """
        (id, order_id, "index", quantity, price, variant_id, sku, product_id, title, gift_card, total_discount)
        (101, 1, 1, 2, 25.00, 501, 'MUG', 51, 'Mug', false, 0)
        (201, 2, 1, 1, 120.00, 502, 'POT', 52, 'Pot', false, 0)
        (301, 3, 1, 1, 25.00, 501, 'MUG', 51, 'Mug', false, 0)
        (401, 4, 1, 1, 25.00, 501, 'MUG', 51, 'Mug', false, 0)
        (501, 5, 1, 1, 25.00, 501, 'MUG', 51, 'Mug', false, 0)
        (601, 6, 1, 1, 25.00, 501, 'MUG', 51, 'Mug', false, 0)
        (602, 6, 2, 1, 50.00, 503, null, 53, 'Gift card', true, 0)""",
    "shopify/discount_allocation": """
        (order_line_id, "index", amount)
        (101, 0, 5.00)
        (201, 0, 12.00)""",
    "shopify/tax_line": """
        (order_line_id, "index", price, rate)
        (101, 0, 4.00, 0.0889)
        (201, 0, 18.00, 0.2)""",
    "shopify/order_discount_code": """
        (order_id, "index", code, amount)
        (1, 0, 'WELCOME', 5.00)""",
    "shopify/refund": """
        (id, order_id, created_at, processed_at, note)
        (701, 2, '2026-03-01 12:00', '2026-03-01 12:00', 'too big')
        (702, 6, '2026-03-02 12:00', null, null)""",
    "shopify/order_line_refund": """
        (id, refund_id, order_line_id, quantity, subtotal, total_tax)
        (801, 701, 201, 1, 54.00, 9.00)""",
    "shopify/order_adjustment": """
        (id, order_id, refund_id, amount, tax_amount, kind)
        (901, 6, 702, -3.00, 0, 'refund_discrepancy')
        (902, 6, 702, -4.95, 0, 'shipping_refund')""",
    "shopify/customer": """
        (id, email, phone, first_name, last_name, email_marketing_consent_state,
         email_marketing_consent_consent_updated_at, updated_at)
        (11, 'ann@example.com', '+15550100', 'Ann', 'Lee', 'subscribed', '2026-01-05 15:00', '2026-02-05 15:00')
        (12, 'ben@example.com', null, 'Ben', 'Ode', 'not_subscribed', null, '2026-02-05 15:00')
        (13, null, null, null, null, 'not_subscribed', null, '2026-02-05 15:00')""",
    "shopify/product": """
        (id, title, product_type)
        (51, 'Mug', 'Tableware')
        (52, 'Pot', 'Kitchen')""",
    "shopify/product_variant": """
        (id, product_id, inventory_item_id, price, inventory_quantity, inventory_policy, updated_at)
        (501, 51, 91, 25.00, 3, 'deny', '2026-01-01 00:00')
        (502, 52, 92, 120.00, 0, 'deny', '2026-01-01 00:00')""",
    "shopify/inventory_item": """
        (id, cost)
        (91, 10.00)
        (92, 40.00)""",
    "klaviyo/metric": """
        (id, name)
        ('RCV', 'Received Email')
        ('CLK', 'Clicked Email')
        ('ORD', 'Placed Order')""",
    "klaviyo/person": """
        (id, email, phone_number)
        ('P1', 'ann@example.com', null)""",
    "klaviyo/flow": """
        (id, name)
        ('F1', 'Post-purchase')""",
    "klaviyo/campaign": """
        (id, name)
        ('C1', 'Spring')""",
    "klaviyo/event": """
        (id, metric_id, person_id, datetime, flow_id, flow_message_id, campaign_id, _fivetran_deleted)
        ('E1', 'RCV', 'P1', '2026-02-04 12:00', 'F1', 'M1', null, false)
        ('E2', 'CLK', 'P1', '2026-02-04 13:00', 'F1', 'M1', null, false)
        ('E3', 'ORD', 'P1', '2026-02-05 15:00', null, null, null, false)
        ('E4', 'CLK', 'P1', '2026-02-05 14:00', null, null, 'C1', true)""",
}
MOMENTS = {
    "created_at",
    "updated_at",
    "cancelled_at",
    "processed_at",
    "datetime",
    "email_marketing_consent_consent_updated_at",
}


@pytest.fixture(scope="module")
def built(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The example with tiny tables beside it."""
    shop = tmp_path_factory.mktemp("fivetran")
    shutil.copytree(REPOSITORY / "shops" / "fivetran" / "drop", shop / "drop")
    text = (REPOSITORY / "shops" / "fivetran" / "shop.yml").read_text()
    (shop / "shop.yml").write_text(text + "as_of: 2026-07-01T00:00:00\n")
    with duckdb.connect() as connection:
        for table, content in TABLES.items():
            header, *rows = (part.strip().strip("()") for part in content.strip().split("\n        ("))
            path = shop / "tables" / f"{table}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            columns = ", ".join(
                f"cast({name} as timestamp) as {name}" if name in MOMENTS else name
                for name in (part.strip() for part in header.split(","))
            )
            values = ", ".join(f"({row})" for row in rows)
            connection.execute(f"copy (select {columns} from (values {values}) as rows ({header})) to '{path}'")
    return builder.build(shop, "fivetran", select="+fct_orders +fct_refunds +fct_attributed_orders +dim_customers")


def test_orders(built: Warehouse) -> None:
    """1: 2 × 25 − 5 = 45. 2: with 20 % tax in it, 120 / 1.2 − 12 / 1.2 = 90, less (54 − 9) refunded.

    3 is cancelled, 4 a test, 5 deleted, 6: 25 less 3 refunded beside goods; the gift card is no sale.
    """
    rows = built.query(
        "select order_id, invalid_reason, channel, gross_sales, discounts, returns, net_sales, order_sequence "
        "from marts.fct_orders order by order_id"
    )
    assert rows == [
        ("1", None, "own_store", Decimal(50), Decimal(5), Decimal(0), Decimal(45), 1),
        ("2", None, "own_store", Decimal(100), Decimal(10), Decimal(45), Decimal(45), 2),
        ("3", "cancelled", "pos", Decimal(25), Decimal(0), Decimal(0), Decimal(25), None),
        ("4", "test", "own_store", Decimal(25), Decimal(0), Decimal(0), Decimal(25), None),
        ("6", None, "own_store", Decimal(25), Decimal(0), Decimal(3), Decimal(22), 1),
    ]


def test_margin_knows_the_cost_of_the_variant(built: Warehouse) -> None:
    """1: 45 − 2 × 10. 2: the pot came back, so nothing of its cost stays: 45. 6: 22 − 10."""
    assert built.query(
        "select order_id, gross_margin from marts.fct_orders where invalid_reason is null order by order_id"
    ) == [("1", Decimal(25)), ("2", Decimal(45)), ("6", Decimal(12))]


def test_customers_and_their_consent(built: Warehouse) -> None:
    assert built.query("select valid_orders, net_sales, is_marketable from marts.dim_customers order by net_sales") == [
        (1, Decimal(22), False),
        (2, Decimal(90), True),
    ]


def test_klaviyos_click_takes_the_credit_for_the_order_after_it(built: Warehouse) -> None:
    """A click at 13:00 on the day before, 26 hours earlier; the later one was deleted."""
    assert built.query(
        "select order_key, flow_id, message_id, hours_to_order, net_sales_credited from marts.fct_attributed_orders"
    ) == [("drop:2", "F1", "M1", 26, Decimal(45))]
