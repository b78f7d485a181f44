"""Exports as their vendors write them are known by their header and mapped to the contract's entities.

Headers are the vendors' own (`shared/specs/csv_headers`) where there are any; cells are made by hand, and so is what
must come of them.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import UserError
from orchestration.sources.drop.entities import ENTITIES
from orchestration.sources.drop.exports.kinds import export_kinds, recognise, slug
from orchestration.sources.drop.loader import LoadResult, load_drop
from orchestration.warehouse import open_warehouse

STARTED = datetime(2027, 1, 1)  # noqa: DTZ001 - naive UTC, as the loader takes it
Row = Mapping[str, str]
Load = Callable[[Mapping[str, str | bytes]], LoadResult]

AMAZON = (
    "amazon-order-id\tmerchant-order-id\tpurchase-date\tlast-updated-date\torder-status\tfulfillment-channel\t"
    "sales-channel\torder-channel\turl\tship-service-level\tproduct-name\tsku\tasin\titem-status\tquantity\tcurrency\t"
    "item-price\titem-tax\tshipping-price\tshipping-tax\tgift-wrap-price\tgift-wrap-tax\titem-promotion-discount\t"
    "ship-promotion-discount\tship-city\tship-state\tship-postal-code\tship-country\tpromotion-ids"
)
TIKTOK = (
    "Order ID,Order Status,Order Substatus,Cancelation/Return Type,Normal or Pre-order,SKU ID,Seller SKU,Product Name,"
    "Variation,Quantity,Sku Quantity of return,SKU Unit Original Price,SKU Subtotal Before Discount,"
    "SKU Platform Discount,SKU Seller Discount,SKU Subtotal After Discount,Shipping Fee After Discount,"
    "Original Shipping Fee,Shipping Fee Seller Discount,Shipping Fee Platform Discount,Payment platform discount,Taxes,"
    "Order Amount,Order Refund Amount,Created Time,Paid Time,RTS Time,Shipped Time,Delivered Time,Cancelled Time,"
    "Cancel By,Cancel Reason,Fulfillment Type,Warehouse Name,Tracking ID,Delivery Option,Shipping Provider Name,"
    "Buyer Message,Buyer Username,Recipient,Phone #,Country,State,City,Zipcode"
)
YOTPO_LONG = (
    "Appkey,Published,Review Title,Review Content,Review Score,Date,Product ID,Product URL,Product Title,"
    "Product Description,Product Image URL,Display Name,Email,User Type,Comment Content,Comment Public,"
    "Comment Date,Published Image URLs"
)
WALMART = (
    "PO#,Order#,Order Date,Ship By,Delivery Date,Customer Name,Customer Shipping Address,Customer Phone Number,City,"
    "State,Zip,Line#,UPC,Status,Item Description,Qty,SKU,Item Cost,Shipping Cost,Tax"
)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_warehouse(tmp_path / "warehouse.duckdb") as opened:
        yield opened


@pytest.fixture
def load(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> Load:
    """Write files, given as {name in drop/exports: content}, and load the shop."""

    def run(files: Mapping[str, str | bytes]) -> LoadResult:
        for name, text in {
            "orders/a.csv": "order_id,ordered_at\n1,2025-01-01\n",
            "order_lines/a.csv": "order_id,line_id,quantity,unit_price\n1,1,1,9.90\n",
        }.items():
            path = tmp_path / "shop" / "drop" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.write_text(text)
        for name, content in files.items():
            path = tmp_path / "shop" / "drop" / "exports" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return load_drop(connection, tmp_path / "shop", "run", STARTED, tmp_path / "scratch")

    return run


def header_of(shared: Path, name: str) -> list[str]:
    """The vendor's own header."""
    line = (shared / "specs" / "csv_headers" / name).read_text(encoding="utf-8-sig").splitlines()[0]
    return next(csv.reader([line]))


def written(header: Sequence[str], rows: Sequence[Row], delimiter: str = ",") -> str:
    """A file with these columns; cells that a row doesn't name are empty."""
    assert {name for row in rows for name in row} <= set(header)
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="", delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def asked(connection: duckdb.DuckDBPyConnection, entity: str, columns: str) -> list[tuple[object, ...]]:
    """What an export brought of an entity."""
    return connection.execute(
        f"select {columns} from raw_drop.{entity} where _file like 'drop/exports/%' order by _file, _row_number"
    ).fetchall()


def refused(connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return connection.execute("select entity, row_number, reasons from ops.rejected_rows order by all").fetchall()


def shopify_order(name: str, **cells: str) -> dict[str, str]:
    """The first row of an order of one mug at 10.00 without tax or shipping, unless `cells` say otherwise."""
    usual = {
        "Name": name, "Email": "ann@example.com", "Financial Status": "paid", "Currency": "USD", "Subtotal": "10.00",
        "Shipping": "0.00", "Taxes": "0.00", "Total": "10.00", "Discount Amount": "0.00",
        "Created at": "2026-09-03 10:14:00 -0400", "Lineitem quantity": "1", "Lineitem name": "Mug",
        "Lineitem price": "10.00", "Lineitem discount": "0.00", "Lineitem taxable": "true",
        "Lineitem requires shipping": "true", "Refunded Amount": "0.00", "Id": "'" + name.removeprefix("#") + "00",
    }  # fmt: skip
    return {**usual, **{key.replace("_", " "): value for key, value in cells.items()}}


def shopify_line(name: str, quantity: str, title: str, price: str, **cells: str) -> dict[str, str]:
    """A further row of an order: nothing of the order stands on it but its name."""
    usual = {
        "Name": name, "Lineitem quantity": quantity, "Lineitem name": title, "Lineitem price": price,
        "Lineitem discount": "0.00", "Lineitem taxable": "true", "Lineitem requires shipping": "true",
    }  # fmt: skip
    return {**usual, **{key.replace("_", " "): value for key, value in cells.items()}}


def test_shopify_orders_of_several_lines(shared: Path, load: Load, connection: duckdb.DuckDBPyConnection) -> None:
    header = header_of(shared, "shopify_orders_export.csv")
    assert len(header) == 79
    rows = [
        # Tax on top: 2 × 12.50 + 30.00 − 5.50 off the order = 49.50, + 4.95 shipping + 3.96 tax + 2.00 tip = 60.41.
        shopify_order(
            "#1001", Lineitem_name="Rye tin", Lineitem_price="12.50", Lineitem_quantity="2", Lineitem_sku="RYE",
            Subtotal="49.50", Shipping="4.95", Taxes="3.96", Total="60.41", Discount_Code="WELCOME10",
            Discount_Amount="5.50", Phone="'+15550100", Billing_Name="Ann Mary Lee", Shipping_Country="US",
            Shipping_Province="NY", Fulfilled_at="2026-09-05 08:00:00 -0400", Fulfillment_Status="fulfilled",
            Source="web",
        ),
        shopify_line("#1001", "1", "Proofing basket, \"large\"\nround", "30.00"),
        shopify_order("#1002", Email="ben@example.com", Source="tiktok", Tags="vip, Subscription Recurring Order"),
    ]  # fmt: skip
    result = load({"orders_export_1.csv": written(header, rows)})
    assert result.entities["orders"].rows_rejected == 0
    assert asked(
        connection,
        "orders",
        "order_id, ordered_at, email, phone, first_name, last_name, currency, channel, discount_codes, is_test, "
        "order_discount, tax, shipping, tip, ship_country, ship_region, order_type, _row_number",
    ) == [
        ("100100", "2026-09-03 10:14:00 -0400", "ann@example.com", "+15550100", "Ann", "Mary Lee", "USD", None,
         "WELCOME10", "false", "5.5000", "3.9600", "4.9500", "2.0000", "US", "NY", None, 1),
        ("100200", "2026-09-03 10:14:00 -0400", "ben@example.com", None, None, None, "USD", "tiktok_shop", None,
         "false", "0.0000", "0.0000", "0.0000", "0.0000", None, None, "subscription_renewal", 3),
    ]  # fmt: skip
    assert asked(
        connection, "order_lines", "order_id, line_id, quantity, unit_price, sku, variant_id, _row_number"
    ) == [
        ("100100", "1", "2", "12.5000", "RYE", "RYE", 1),
        ("100100", "2", "1", "30.0000", None, 'Proofing basket, "large"\nround', 2),
        ("100200", "1", "1", "10.0000", None, "Mug", 3),
    ]
    assert asked(connection, "fulfillments", "order_id, shipped_at, status") == [
        ("100100", "2026-09-05 08:00:00 -0400", "fulfilled")
    ]
    assert asked(connection, "refunds", "*") == []


def test_tax_that_prices_include_is_taken_out(shared: Path, load: Load, connection: duckdb.DuckDBPyConnection) -> None:
    """20 % VAT in everything: 120.00 of goods, half of them untaxed, and 12.00 shipping hold 10.00 + 2.00 of tax."""
    rows = [
        shopify_order(
            "#1", Lineitem_price="30.00", Lineitem_quantity="2", Subtotal="120.00", Shipping="12.00", Taxes="12.00",
            Total="132.00",
        ),
        shopify_line("#1", "1", "Book", "60.00", Lineitem_taxable="false"),
    ]  # fmt: skip
    load({"orders.csv": written(header_of(shared, "shopify_orders_export.csv"), rows)})
    # 60.00 / 1.2 = 50.00, by line 25.00; 12.00 / 1.2 = 10.00.
    assert asked(connection, "order_lines", "unit_price") == [("25.0000",), ("60.0000",)]
    assert asked(connection, "orders", "tax, shipping, tip, order_discount") == [
        ("12.0000", "10.0000", "0.0000", "0.0000")
    ]


@pytest.mark.parametrize(
    ("cells", "columns", "expected"),
    [
        ({"Cancelled_at": "2026-09-04 09:00:00 -0400"}, "cancelled_at", "2026-09-04 09:00:00 -0400"),
        ({"Financial_Status": "voided"}, "financial_status", "voided"),
        ({"Payment_Method": "(for testing) Bogus Gateway"}, "is_test", "true"),
        ({"Payment_Method": "Shopify Payments"}, "is_test", "false"),
        ({"Payment_Method": "gift_card"}, "gift_card_payment", "10.0000"),
        ({"Currency": "JPY"}, "currency", "JPY"),
        ({"Tags": "Wholesale, net30"}, "order_type", "wholesale"),
        # 10.00 off shipping is no discount on goods.
        ({"Discount_Amount": "10.00", "Discount_Code": "FREESHIP"}, "order_discount", "0.0000"),
        # The line's own discount isn't the order's once more.
        (
            {"Lineitem_discount": "2.00", "Discount_Amount": "2.00", "Subtotal": "8.00", "Total": "8.00"},
            "order_discount",
            "0.0000",
        ),
    ],
)
def test_what_happened_to_a_shopify_order(
    shared: Path,
    load: Load,
    connection: duckdb.DuckDBPyConnection,
    cells: dict[str, str],
    columns: str,
    expected: str,
) -> None:
    header = header_of(shared, "shopify_orders_export.csv")
    load({"orders.csv": written(header, [shopify_order("#1", **cells)])})
    assert asked(connection, "orders", columns) == [(expected,)]


@pytest.mark.parametrize(
    ("refunded", "amount"),
    [
        ("132.00", "100.0000"),  # everything
        ("60.00", "50.0000"),  # one of two mugs with its tax
        ("120.00", "100.0000"),  # the goods and their tax, shipping kept
    ],
)
def test_a_refund_is_goods_with_their_tax_first(
    shared: Path, load: Load, connection: duckdb.DuckDBPyConnection, refunded: str, amount: str
) -> None:
    """100.00 of goods + 20.00 tax + 12.00 shipping."""
    order = shopify_order(
        "#1", Lineitem_price="50.00", Lineitem_quantity="2", Subtotal="100.00", Shipping="12.00", Taxes="20.00",
        Total="132.00", Refunded_Amount=refunded, Financial_Status="partially_refunded",
        Paid_at="2026-09-03 10:15:00 -0400", Fulfilled_at="2026-09-06 08:00:00 -0400",
    )  # fmt: skip
    load({"orders.csv": written(header_of(shared, "shopify_orders_export.csv"), [order])})
    assert asked(connection, "refunds", "refund_id, order_id, refunded_at, amount, line_id") == [
        ("100-refunded", "100", "2026-09-06 08:00:00 -0400", amount, None)
    ]


@pytest.mark.parametrize(
    ("title", "is_gift_card"),
    [("Gift Card - $50", "true"), ("Geschenkgutschein 50 €", "true"), ("Gift wrap", "false"), ("E-book", "false")],
)
def test_gift_cards_are_known_by_name_among_what_neither_ships_nor_is_taxed(
    shared: Path, load: Load, connection: duckdb.DuckDBPyConnection, title: str, is_gift_card: str
) -> None:
    order = shopify_order("#1", Lineitem_name=title, Lineitem_taxable="false", Lineitem_requires_shipping="false")
    load({"orders.csv": written(header_of(shared, "shopify_orders_export.csv"), [order])})
    assert asked(connection, "order_lines", "is_gift_card") == [(is_gift_card,)]


def test_a_mug_named_after_a_gift_card_is_none(shared: Path, load: Load, connection: duckdb.DuckDBPyConnection) -> None:
    order = shopify_order("#1", Lineitem_name="Gift card holder")
    load({"orders.csv": written(header_of(shared, "shopify_orders_export.csv"), [order])})
    assert asked(connection, "order_lines", "is_gift_card") == [("false",)]


def test_older_and_newer_spellings_of_shopifys_columns(load: Load, connection: duckdb.DuckDBPyConnection) -> None:
    """What is optional may be missing, "Canceled at" is "Cancelled at", and what nobody knows is kept."""
    header = ["Name", "Email", "Financial Status", "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price",
              "Canceled at", "Gift message"]  # fmt: skip
    rows = [
        {**dict.fromkeys(header, ""), "Name": "#7", "Email": "a@b.example", "Financial Status": "paid",
         "Created at": "2026-01-02 03:04:05 +0000", "Lineitem quantity": "1", "Lineitem name": "Mug",
         "Lineitem price": "4.00", "Canceled at": "2026-01-03 00:00:00 +0000", "Gift message": "Hi"}
    ]  # fmt: skip
    load({"old.csv": written(header, rows, delimiter=";")})
    assert asked(
        connection,
        "orders",
        "order_id, cancelled_at, order_discount, json_extract_string(_extra, '$.\"Gift message\"')",
    ) == [("#7", "2026-01-03 00:00:00 +0000", "0.0000", "Hi")]
    assert asked(connection, "order_lines", "order_id, unit_price") == [("#7", "4.0000")]


def test_addresses_and_notes_are_not_kept(shared: Path, load: Load, connection: duckdb.DuckDBPyConnection) -> None:
    cells = {"Billing_Street": "SECRET", "Notes": "SECRET", "Shipping_Phone": "SECRET", "Device_ID": "SECRET",
             "Billing_Phone": "SECRET", "Note_Attributes": "SECRET"}  # fmt: skip
    load({"orders.csv": written(header_of(shared, "shopify_orders_export.csv"), [shopify_order("#1", **cells)])})
    for entity in ENTITIES:
        assert "SECRET" not in str(connection.execute(f"from raw_drop.{entity}").fetchall())


def test_every_column_of_a_vendors_header_is_used_or_left_out_on_purpose(shared: Path) -> None:
    """So that what lands in a row's extra columns is what is new, never somebody's address."""
    for kind in export_kinds():
        file = shared / "specs" / "csv_headers" / f"{kind.name}_export.csv"
        if file.exists():
            names = header_of(shared, file.name)
            assert [
                name for name in names if kind.canonical(name) not in kind.columns and not kind.is_unused(name)
            ] == []


def test_an_order_exported_again_replaces_all_its_lines(
    shared: Path, load: Load, connection: duckdb.DuckDBPyConnection
) -> None:
    """An unchanged order is a re-delivery; a changed one comes whole, its unchanged lines too."""
    header = header_of(shared, "shopify_orders_export.csv")
    same = [shopify_order("#1"), shopify_line("#1", "1", "Spoon", "3.00")]
    before = [shopify_order("#2"), shopify_line("#2", "1", "Spoon", "3.00"), shopify_line("#2", "1", "Fork", "3.00")]
    after = [shopify_order("#2", Refunded_Amount="3.00"), shopify_line("#2", "1", "Spoon", "3.00")]
    load({"first.csv": written(header, [*same, *before])})
    again = load({"second.csv": written(header, [*after, *same])})
    assert (again.entities["orders"].rows_in, again.entities["orders"].rows_redelivered) == (2, 1)
    assert (again.entities["order_lines"].rows_in, again.entities["order_lines"].rows_redelivered) == (4, 2)
    assert again.entities["orders"].files_unchanged == 2
    assert connection.execute(
        "select line_id, product_title from raw_drop.order_lines where _file = 'drop/exports/second.csv' order by all"
    ).fetchall() == [("1", "Mug"), ("2", "Spoon")]


def test_shopify_customers(shared: Path, load: Load, connection: duckdb.DuckDBPyConnection) -> None:
    header = header_of(shared, "shopify_customers_export.csv")
    assert len(header) == 20
    rows = [
        {"Customer ID": "'7210448301122", "Email": "Ann@Example.com", "Accepts Email Marketing": "yes",
         "Phone": "'+15550100", "Accepts SMS Marketing": "no", "Total Spent": "12.00", "Total Orders": "1"},
        {"Customer ID": "'7210448301123", "First Name": "Nobody", "Accepts Email Marketing": "no"},
    ]  # fmt: skip
    load({"customers_export.csv": written(header, rows)})
    assert asked(connection, "profiles", "customer_id, email, phone, email_consent, sms_consent") == [
        ("7210448301122", "Ann@Example.com", "+15550100", "subscribed", "never")
    ]
    assert refused(connection) == [("profiles", 2, ["email or phone: is missing"])]


def test_judgeme_reviews(shared: Path, load: Load, connection: duckdb.DuckDBPyConnection) -> None:
    header = header_of(shared, "judgeme_reviews_export.csv")
    review = {"title": "Good", "body": "Warm", "rating": "5", "review_date": "2026-05-01 10:00:00 UTC", "curated": "ok",
              "reviewer_email": "ann@example.com", "product_id": "77", "product_handle": "mug"}  # fmt: skip
    rows = [
        review,
        {**review, "body": "Said at the same moment", "picture_urls": "https://cdn.example/1.jpg"},
        {**review, "curated": "spam", "body": "Buy pills", "reviewer_email": "x@spam.example"},
        {**review, "rating": "6", "reviewer_email": "ben@example.com"},
    ]
    load({"judgeme.csv": written(header, rows)})
    assert asked(connection, "reviews", "created_at, rating, email, product_id, title, body, has_media") == [
        ("2026-05-01 10:00:00Z", "5", "ann@example.com", "77", "Good", "Warm", "false"),
        ("2026-05-01 10:00:00Z", "5", "ann@example.com", "77", "Good", "Said at the same moment", "true"),
    ]
    assert refused(connection) == [("reviews", 4, ["rating: must be 5 or less"])]
    ids = asked(connection, "reviews", "review_id")
    assert len(set(ids)) == 2
    # Another export in another order, without the newest column, gives the same ids.
    shorter = [name for name in header if name != "metaobject_handle"]
    load({"later.csv": written(shorter, rows[1::-1])})
    assert set(asked(connection, "reviews", "review_id")) == set(ids)


def test_loox_reviews(shared: Path, load: Load, connection: duckdb.DuckDBPyConnection) -> None:
    row = {"id": "L1", "status": "Active", "rating": "4", "email": "ann@example.com", "review": "Fine",
           "date": "2026-05-01T10:00:00.000Z", "productId": "77", "img": "https://cdn.example/1.jpg",
           "verified_purchase": "true"}  # fmt: skip
    load({"loox.csv": written(header_of(shared, "loox_reviews_export.csv"), [row])})
    assert asked(connection, "reviews", "review_id, created_at, rating, body, product_id, has_media, verified") == [
        ("L1", "2026-05-01T10:00:00.000Z", "4", "Fine", "77", "true", "true")
    ]


def test_both_variants_of_yotpos_export_give_the_same_review(
    shared: Path, load: Load, connection: duckdb.DuckDBPyConnection
) -> None:
    short = header_of(shared, "yotpo_reviews_export.csv")
    long = YOTPO_LONG.split(",")
    row = {"Review Title": "Good", "Review Content": "Warm; and round", "Review Score": "5", "Date": "2026-05-01",
           "Product ID": "77", "Email": "ann@example.com"}  # fmt: skip
    load({"short.csv": written(short, [{**row, "Verified Purchase": "true"}])})
    load({"long.csv": written(long, [{**row, "Published Image URLs": "https://cdn.example/1.jpg"}], delimiter=";")})
    rows = connection.execute(
        "select _file, review_id, created_at, rating, title, body, verified, has_media "
        "from raw_drop.reviews order by _file"
    ).fetchall()
    assert [row[2:] for row in rows] == [
        ("2026-05-01", "5", "Good", "Warm; and round", None, "true"),
        ("2026-05-01", "5", "Good", "Warm; and round", "true", None),
    ]
    assert rows[0][1] == rows[1][1]


def amazon_item(order: str, **cells: str) -> dict[str, str]:
    """One shipped item at 20.00 on Amazon.com."""
    usual = {
        "amazon-order-id": order, "purchase-date": "2026-03-01T10:00:00+00:00", "sku": "MUG",
        "last-updated-date": "2026-03-02T10:00:00+00:00", "order-status": "Shipped", "sales-channel": "Amazon.com",
        "product-name": 'Mug, 12" tall', "asin": "B000", "quantity": "2", "currency": "USD", "item-price": "20.00",
        "item-tax": "1.60", "shipping-price": "5.00", "shipping-tax": "0.40", "ship-state": "NY", "ship-country": "US",
    }  # fmt: skip
    return {**usual, **{key.replace("_", "-"): value for key, value in cells.items()}}


def amazon_file(rows: Sequence[Row]) -> str:
    """Tab-separated, nothing quoted."""
    header = AMAZON.split("\t")
    return "\r\n".join([AMAZON, *("\t".join(row.get(name, "") for name in header) for row in rows)]) + "\r\n"


def test_amazon_orders(load: Load, connection: duckdb.DuckDBPyConnection) -> None:
    rows = [
        amazon_item("1-1", item_promotion_discount="3.00"),
        amazon_item("1-1", sku="TIN", quantity="1", item_price="9.00", item_tax="0.72", shipping_price=""),
        # Germany: 23.80 holds 3.80 of VAT, 5.95 shipping holds 0.95.
        amazon_item("2-2", sales_channel="Amazon.de", currency="EUR", item_price="23.80", item_tax="3.80",
                    shipping_price="5.95", shipping_tax="0.95", product_name="Große Tasse", ship_country="DE"),
        amazon_item("3-3", order_status="Cancelled", quantity="0", item_price=""),
        amazon_item("4-4", order_status="Pending", item_price="", item_tax=""),
        amazon_item("5-5", sales_channel="Non-Amazon"),
    ]  # fmt: skip
    result = load({"report.txt": amazon_file(rows).encode("cp1252")})
    assert (result.entities["orders"].rows_rejected, result.entities["order_lines"].rows_rejected) == (0, 0)
    assert asked(
        connection, "orders", "order_id, channel, currency, financial_status, cancelled_at, tax, shipping, email"
    ) == [
        ("1-1", "amazon", "USD", "shipped", None, "3.1200", "5.0000", None),
        ("2-2", "amazon", "EUR", "shipped", None, "4.7500", "5.0000", None),
        ("3-3", "amazon", "USD", "cancelled", "2026-03-02T10:00:00+00:00", "2.0000", "5.0000", None),
        ("4-4", "amazon", "USD", "pending", None, "0.4000", "5.0000", None),
    ]
    assert asked(
        connection, "order_lines", "order_id, line_id, quantity, unit_price, line_discount, product_title"
    ) == [
        ("1-1", "MUG", "2", "10.0000", "3.0000", 'Mug, 12" tall'),
        ("1-1", "TIN", "1", "9.0000", "0.0000", 'Mug, 12" tall'),
        ("2-2", "MUG", "2", "10.0000", "0.0000", "Große Tasse"),
    ]


def test_tiktok_shop_orders(load: Load, connection: duckdb.DuckDBPyConnection) -> None:
    explained = {"Order ID": "Platform unique order ID.", "Order Status": "Current order status."}
    first = {
        "Order ID": "576461413038785752\t", "Order Status": "Completed", "SKU ID": "1729\t", "Seller SKU": "MUG",
        "Product Name": "Mug", "Variation": "Blue", "Quantity": "2", "SKU Unit Original Price": "10.00",
        "SKU Platform Discount": "1.00", "SKU Seller Discount": "4.00", "Shipping Fee After Discount": "3.00",
        "Taxes": "1.60", "Order Amount": "19.60", "Order Refund Amount": "8.80",
        "Created Time": "06/10/2026 01:02:03 PM\t", "Shipped Time": "06/11/2026 09:00:00 AM\t",
        "Buyer Username": "ann.buys", "Country": "United States", "State": "NY",
    }  # fmt: skip
    second = {**first, "Order ID": "576461413038785753", "Order Status": "Canceled", "Order Refund Amount": "",
              "Created Time": "25/06/2026 13:02:03", "Cancelled Time": "26/06/2026 10:00:00", "Shipped Time": "",
              "Buyer Username": "b***n"}  # fmt: skip
    load({"tiktok.csv": "\ufeff" + written(TIKTOK.split(","), [explained, first, second])})
    assert asked(
        connection, "orders", "order_id, ordered_at, customer_id, channel, cancelled_at, tax, shipping, ship_region"
    ) == [
        ("576461413038785752", "2026-06-10 13:02:03", "tiktok_shop:ann.buys", "tiktok_shop", None, "1.6000", "3.0000",
         "NY"),
        ("576461413038785753", "2026-06-25 13:02:03", None, "tiktok_shop", "2026-06-26 10:00:00", "1.6000", "3.0000",
         "NY"),
    ]  # fmt: skip
    assert asked(connection, "order_lines", "line_id, quantity, unit_price, line_discount, product_title")[0] == (
        "1729", "2", "10.0000", "4.0000", "Mug - Blue"
    )  # fmt: skip
    # 16.00 of goods with 1.60 tax: half of it refunded.
    assert asked(connection, "refunds", "refunded_at, amount") == [("2026-06-11 09:00:00", "8.0000")]
    assert refused(connection) == []


def test_walmart_orders(load: Load, connection: duckdb.DuckDBPyConnection) -> None:
    line = {"PO#": "1170", "Order#": "2000", "Order Date": "2026-02-03", "Line#": "1", "Status": "Shipped", "Qty": "2",
            "Item Description": "Mug", "SKU": "MUG", "Item Cost": "10.00", "Shipping Cost": "5.00", "Tax": "1.60",
            "State": "NY", "Customer Name": "Ann Lee", "Customer Phone Number": "555"}  # fmt: skip
    rows = [
        line,
        {**line, "PO#": "1171", "SKU": "TIN", "Item Cost": "$4.00", "Qty": "1", "Shipping Cost": "", "Tax": "0.32"},
        {**line, "Line#": "2", "Status": "Cancelled", "SKU": "POT"},
        {**line, "PO#": "1172", "Order#": "2001", "Order Date": "02/04/2026", "Status": "Cancelled"},
    ]
    load({"walmart.csv": written(WALMART.split(","), rows)})
    assert asked(connection, "orders", "order_id, ordered_at, channel, cancelled_at, customer_id, email, phone") == [
        ("2000", "2026-02-03", "walmart", None, None, None, None),
        ("2001", "2026-02-04", "walmart", "2026-02-04", None, None, None),
    ]
    assert asked(connection, "order_lines", "order_id, line_id, quantity, unit_price, sku") == [
        ("2000", "1170-1", "2", "10.0000", "MUG"),
        ("2000", "1171-1", "1", "4.0000", "TIN"),
        ("2001", "1172-1", "2", "10.0000", "MUG"),
    ]


def test_a_bad_cell_is_refused_with_the_row_of_the_file(
    shared: Path, load: Load, connection: duckdb.DuckDBPyConnection
) -> None:
    header = header_of(shared, "shopify_orders_export.csv")
    rows = [
        shopify_order("#1"),
        shopify_line("#1", "0", "Nothing", "3.00"),
        shopify_order("#2", **{"Created at": "03.09.2026", "Lineitem_price": "ten"}),
    ]
    result = load({"orders.csv": written(header, rows) + "#3,too few cells\r\n"})
    assert refused(connection) == [
        ("order_lines", 2, ["quantity: must be above 0"]),
        ("order_lines", 3, ["unit_price: is not a number"]),
        ("orders", 3, ["ordered_at: is not an ISO 8601 time"]),
        ("orders", 5, ["row: missing columns"]),
    ]
    for load_of in result.entities.values():
        assert load_of.rows_in == load_of.rows_loaded + load_of.rows_rejected + load_of.rows_redelivered


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (
            {"what.csv": "a,b,c,d,e,f,g\n1,2,3,4,5,6,7\n"},
            "drop/exports/what.csv: no export is known by the header a, b, c, d, e, f, …; known are Amazon's all "
            "orders report, Judge.me's review export, Loox's review export, Shopify's customer export, Shopify's "
            "order export, TikTok Shop's order export, Walmart's order report, Yotpo's review export; anything else "
            "needs a SELECT in drop/<entity>.sql",
        ),
        (
            {"o.csv": "Name,Financial Status,Lineitem quantity,Lineitem price\n#1,paid,1,2\n"},
            "drop/exports/o.csv: Shopify's order export without its column Created at, Lineitem name; export it with "
            "every column",
        ),
        ({"o.xlsx": "PK"}, "drop/exports/o.xlsx: not a format that exports are read in; save it as one of .csv"),
        ({"o.csv": ""}, "drop/exports/o.csv: empty file"),
        (
            {"y.csv": b"Review Title,Review Content,Review Score,Date\nCaf\xe9,x,5,2026-01-01\n"},
            "drop/exports/y.csv, line 2: not UTF-8",
        ),
    ],
)
def test_what_is_no_known_export_stops_before_anything_changes(
    load: Load, connection: duckdb.DuckDBPyConnection, file: dict[str, str | bytes], said: str
) -> None:
    with pytest.raises(UserError) as error:
        load(file)
    assert said in error.value.message
    assert connection.execute("select count(*) from raw_drop.orders").fetchone() == (0,)


def test_no_header_is_taken_for_two_kinds(shared: Path) -> None:
    headers = {
        "amazon_orders": AMAZON.split("\t"),
        "tiktok_shop_orders": TIKTOK.split(","),
        "walmart_orders": WALMART.split(","),
        **{
            name: header_of(shared, f"{name}_export.csv")
            for name in ("shopify_orders", "shopify_customers", "judgeme_reviews", "loox_reviews", "yotpo_reviews")
        },
    }
    assert set(headers) == {kind.name for kind in export_kinds()}
    for name, header in headers.items():
        assert [kind.name for kind in export_kinds() if kind.recognises(header)] == [name]
        known = recognise(header)
        assert known is not None
        assert known.missing(header) == []


def test_every_select_belongs_to_an_entity_and_its_columns_have_one_name() -> None:
    folder = Path(__file__).parents[2] / "orchestration" / "sources" / "drop" / "exports"
    for kind in export_kinds():
        files = {file.stem for file in (folder / kind.name).glob("*.sql")} - {"prepared"}
        assert files == set(kind.selects)
        header = kind.header
        spelled = [slug(name) for name in (*header.recognised_by, *header.needed, *header.optional, *header.unused)]
        assert sorted(spelled) == sorted({*spelled})
