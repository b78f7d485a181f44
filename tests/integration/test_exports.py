"""The same orders give the same marts, whether delivered as Shopify's export or in the contract's own form."""

import csv
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from tests.integration.conftest import write_shop
from tests.integration.warehouse import Builder, Warehouse

MODELS = "+fct_orders +fct_order_lines +fct_refunds +dim_customers"
SETTINGS = {"timezone": "America/New_York", "currency": "USD", "as_of": "2026-07-01T00:00:00"}

MUG, TIN, CARD = (1, "Mug", 10, False), (1, "Tin", 30, False), (1, "Gift card", 20, True)
# (order, e-mail, ordered at, cancelled at, discount code, discount, shipping, tax on top, refunded, lines); a line is
# (quantity, title, price, is a gift card). The discount is off the whole order.
ORDERS = [
    ("1", "ann@example.com", "2026-01-05 10:00:00 -0500", "", "", 0, 5, 2, 0, [(2, "Mug", 10, False)]),
    ("2", "ann@example.com", "2026-02-05 10:00:00 -0500", "", "TEN", 4, 0, 0, 0, [MUG, TIN]),
    ("3", "ben@example.com", "2026-02-06 23:30:00 -0500", "2026-02-07 09:00:00 -0500", "", 0, 0, 0, 0, [TIN]),
    ("4", "cleo@example.com", "2026-03-05 10:00:00 -0500", "", "", 0, 5, 0, 25, [(2, "Tin", 25, False)]),
    ("5", "dora@example.com", "2026-03-06 10:00:00 -0500", "", "", 0, 0, 0, 0, [(1, "Gift card", 50, True)]),
    ("6", "dora@example.com", "2026-04-06 10:00:00 -0400", "", "", 0, 0, 0, 0, [MUG, CARD]),
]  # fmt: skip


def as_export(header: Sequence[str]) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for order, email, at, cancelled, code, discount, shipping, tax, refunded, lines in ORDERS:
        subtotal = sum(quantity * price for quantity, _, price, _ in lines) - discount
        first = {
            "Name": f"#{order}", "Id": order, "Email": email, "Created at": at, "Cancelled at": cancelled,
            "Currency": "USD", "Financial Status": "paid", "Discount Code": code, "Discount Amount": f"{discount}.00",
            "Subtotal": f"{subtotal}.00", "Shipping": f"{shipping}.00", "Taxes": f"{tax}.00",
            "Total": f"{subtotal + shipping + tax}.00", "Refunded Amount": f"{refunded}.00",
        }  # fmt: skip
        for number, (quantity, title, price, is_card) in enumerate(lines):
            line = {
                "Name": f"#{order}", "Lineitem quantity": f"{quantity}", "Lineitem name": title,
                "Lineitem price": f"{price}.00", "Lineitem sku": title.upper(), "Lineitem discount": "0.00",
                "Lineitem taxable": "false" if is_card else "true",
                "Lineitem requires shipping": "false" if is_card else "true",
            }  # fmt: skip
            rows.append(dict.fromkeys(header, "") | line | (first if number == 0 else {}))
    return rows


def as_entities() -> dict[str, list[Mapping[str, object]]]:
    found: dict[str, list[Mapping[str, object]]] = {"orders": [], "order_lines": [], "refunds": []}
    for order, email, at, cancelled, code, discount, shipping, tax, refunded, lines in ORDERS:
        found["orders"].append(
            {"order_id": order, "ordered_at": at, "email": email, "currency": "USD", "discount_codes": code,
             "cancelled_at": cancelled, "financial_status": "paid", "order_discount": discount, "tax": tax,
             "shipping": shipping}
        )  # fmt: skip
        found["order_lines"] += [
            {"order_id": order, "line_id": number, "quantity": quantity, "unit_price": price, "product_title": title,
             "sku": title.upper(), "variant_id": title.upper(), "is_gift_card": is_card}
            for number, (quantity, title, price, is_card) in enumerate(lines, start=1)
        ]  # fmt: skip
        if refunded:
            found["refunds"].append(
                {"refund_id": f"{order}-refunded", "order_id": order, "refunded_at": at, "amount": refunded}
            )
    return found


@pytest.fixture(scope="module")
def built(builder: Builder, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Warehouse, Warehouse]:
    """The export's warehouse, and that of the contract's own form."""
    header = (shared / "specs" / "csv_headers" / "shopify_orders_export.csv").read_text().splitlines()[0].split(",")
    shop = write_shop(tmp_path_factory.mktemp("exported"), "exported", {}, **SETTINGS)
    file = shop / "drop" / "exports" / "orders_export_1.csv"
    file.parent.mkdir(parents=True)
    with file.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, header)
        writer.writeheader()
        writer.writerows(as_export(header))
    own = write_shop(tmp_path_factory.mktemp("own"), "own", as_entities(), **SETTINGS)
    return builder.build(shop, "exported", select=MODELS), builder.build(own, "own", select=MODELS)


def test_an_export_gives_the_marts_that_the_contracts_own_form_gives(built: tuple[Warehouse, Warehouse]) -> None:
    exported, own = (warehouse.tables(("marts",)) for warehouse in built)
    assert {"marts.fct_orders", "marts.fct_order_lines", "marts.fct_refunds", "marts.dim_customers"} <= set(exported)
    assert exported == own


def test_an_exports_figures_are_those_worked_out_by_hand(built: tuple[Warehouse, Warehouse]) -> None:
    """1: 20. 2: 40 − 4. 3: cancelled. 4: 50 − 25. 5: a gift card alone. 6: the mug, without the card."""
    rows = built[0].query(
        "select order_id, invalid_reason, net_sales, order_sequence from marts.fct_orders order by all"
    )
    assert rows == [
        ("1", None, Decimal(20), 1),
        ("2", None, Decimal(36), 2),
        ("3", "cancelled", Decimal(30), None),
        ("4", None, Decimal(25), 1),
        ("5", "gift_card_only", Decimal(0), None),
        ("6", None, Decimal(10), 1),
    ]
