"""A small shop told twice: as Shopify's API gives it, and as the files that say the same.

What is worked out by hand stands in the files: tax taken out of prices, discounts counted once, refunds of goods alone.
Twelve orders at Shopify, eleven in the files: one was deleted.
"""

from tests.fakes import shopify_data as data
from tests.fakes.shopify import FakeShopify, Node, gid
from tests.integration.conftest import Rows

ANN, BEN, DORA, EMIL, FORGOTTEN = 501, 502, 504, 505, 506


def fill(shop: FakeShopify) -> None:
    """Everything the shop holds at Shopify."""
    shop.put(*_orders(), *_customers(), *_products(), *_discounts())
    shop.delete(gid("Order", 1012), "2025-05-20T00:00:00Z")


def _customer(number: int) -> Node:
    names = {ANN: "Ann", BEN: "Ben", DORA: "Dora", EMIL: "Emil"}
    return data.customer(number, "2025-01-01T00:00:00Z", None, firstName=names[number], lastName="Example")


def _orders() -> list[Node]:
    towel = data.line(
        11,
        "30.00",
        2,
        1,
        discountAllocations=[data.allocation("6.00", "WELCOME10")],
        taxLines=[data.tax("10.26", 0.19)],
    )
    # 64.26 paid hold 10.26 of tax: 54.00 net. 23.80 listed hold 3.80: 20.00.
    soap = data.line(
        12, "23.80", 3, 2, discountAllocations=[data.allocation("7.14")], taxLines=[data.tax("10.26", 0.19)]
    )
    brush, comb = data.line(16, "10.00", 2, 1), data.line(17, "15.00", 1, 2)
    return [
        data.order(
            1001, "2025-01-10T10:00:00Z", [towel], customer=_customer(ANN), email="ann@example.com",
            phone="+4915112345678", discountCodes=["WELCOME10"], totalTaxSet=data.money("10.26"),
            shippingLine=data.shipping("4.90"),
            shippingAddress={"id": gid("MailingAddress", 1), "countryCodeV2": "DE", "provinceCode": "BE"},
            customerJourneySummary={"firstVisit": {
                "id": gid("CustomerVisit", 1), "source": "Google",
                "utmParameters": {"source": "google", "medium": "cpc", "campaign": None}}},
            returns=[
                data.return_of(
                    81, "2025-01-20T09:00:00Z", [data.returned(811, towel, 1, "size_too_small", "too tight")], "CLOSED",
                    closedAt="2025-01-25T09:00:00Z",
                    exchangeLineItems=[{"id": gid("ExchangeLineItem", 1), "quantity": 1, "variantId": None}],
                ),
                data.return_of(82, "2025-01-21T09:00:00Z", [data.returned(821, towel, 1, "other")], "CANCELED"),
            ],
            fulfillments=[
                data.fulfillment(91, "2025-01-11T08:00:00Z", estimatedDeliveryAt="2025-01-13T12:00:00Z",
                                 deliveredAt="2025-01-15T12:00:00Z", displayStatus="DELIVERED"),
                data.fulfillment(92, "2025-01-11T08:00:00Z", status="CANCELLED", displayStatus="CANCELED"),
            ],
        ),
        data.order(
            1002, "2025-01-12T23:30:00Z", [soap], customer=_customer(BEN), email="Ben@Example.com", taxesIncluded=True,
            totalTaxSet=data.money("11.21"), shippingLine=data.shipping("5.95", "0.95"),
        ),
        data.order(1003, "2025-01-15T10:00:00Z", [data.line(13, "50.00", variant=4, isGiftCard=True)],
                   email="cleo@example.com"),
        data.order(
            1004, "2025-02-20T10:00:00Z",
            [data.line(14, "40.00", 1, 3), data.line(18, "3.00", 1, None, title="Tip", requiresShipping=False)],
            customer=_customer(ANN), email="ann@example.com", totalTipReceivedSet=data.money("3.00"),
            transactions=[
                data.payment(1, "25.00", "gift_card"),
                data.payment(2, "9.00", "gift_card", status="FAILURE"),
                data.payment(3, "18.00", kind="AUTHORIZATION"),
                data.payment(4, "18.00", kind="CAPTURE"),
            ],
        ),
        data.order(
            1005, "2025-02-25T10:00:00Z",
            [data.line(15, "20.00", 1, 1, originalUnitPriceSet=data.money("20.00", "USD"))],
            customer=_customer(DORA), email="dora@marketplace.amazon.de", presentmentCurrencyCode="USD",
            sourceName="amazon-eu", discountCodes=["ANN-10", "SPRING"],
        ),
        data.order(
            1006, "2025-03-05T10:00:00Z", [brush, comb], customer=_customer(BEN), email="ben@example.com",
            displayFinancialStatus="PARTIALLY_REFUNDED", updatedAt="2025-05-02T10:00:00Z",
            returns=[data.return_of(83, "2025-04-28T09:00:00Z", [data.returned(831, brush, 1, "unwanted")])],
            refunds=[data.refund(
                71, "2025-05-02T10:00:00Z", [data.refunded(711, brush, 1, "10.00", "1.90")],
                [data.adjustment(712, "-2.50")], **{"return": {"id": gid("Return", 83)}},
                transactions=[data.payment(5, "12.50", kind="REFUND")],
            )],
        ),
        data.order(1007, "2025-03-06T10:00:00Z", [data.line(19, "10.00")], email="cleo@example.com",
                   cancelledAt="2025-03-07T10:00:00Z", displayFinancialStatus="VOIDED"),
        data.order(1008, "2025-03-07T10:00:00Z", [data.line(20, "10.00")], email="tester@example.com", test=True),
        data.order(1009, "2025-03-08T10:00:00Z", [data.line(21, "30.00")], customer=_customer(ANN),
                   email="ann@example.com", tags=["VIP", "Exchange"],
                   customAttributes=[{"key": "Original Order ID", "value": "1001"}]),
        data.order(1010, "2025-04-10T10:00:00Z", [data.line(22, "25.00", sellingPlan={"name": "Monthly"})],
                   customer=_customer(EMIL), email="emil@example.com"),
        data.order(1011, "2025-05-10T10:00:00Z", [data.line(23, "25.00", sellingPlan={"name": "Monthly"})],
                   customer=_customer(EMIL), email="emil@example.com", sourceName="subscription_contract"),
        data.order(1012, "2025-05-12T10:00:00Z", [data.line(24, "99.00")], email="deleted@example.com"),
    ]  # fmt: skip


def _customers() -> list[Node]:
    at = "2025-01-01T00:00:00Z"
    return [
        data.customer(ANN, at, "ann@example.com", "SUBSCRIBED",
                      defaultPhoneNumber=data.phone("+4915112345678", "SUBSCRIBED")),
        data.customer(BEN, at, "ben@example.com", "UNSUBSCRIBED"),
        data.customer(DORA, at, "dora@marketplace.amazon.de", "NOT_SUBSCRIBED"),
        data.customer(EMIL, at, "emil@example.com", "PENDING"),
        data.customer(FORGOTTEN, at, None, firstName=None, lastName=None),
    ]  # fmt: skip


def _products() -> list[Node]:
    at = "2025-01-01T00:00:00Z"
    return [
        data.product(1, at, [data.variant(1, "30.00", "12.00")]),
        data.product(2, at, [data.variant(2, "23.80", "8.00")], productType="Soap"),
        data.product(3, at, [data.variant(3, "40.00", "20.00", availableForSale=False)]),
        data.product(4, at, [data.variant(4, "50.00")], productType="Gift cards", isGiftCard=True),
    ]


def _discounts() -> list[Node]:
    at = "2025-01-01T00:00:00Z"
    return [
        data.discount(1, at, ["WELCOME10"]),
        data.discount(2, at, ["ANN-10", "BEN-10"], title="Referral programme"),
    ]


def files() -> dict[str, Rows]:
    """The same shop as dropped files."""
    orders: list[dict[str, object]] = [
        {"order_id": 1001, "ordered_at": "2025-01-10T10:00:00Z", "customer_id": ANN, "email": "ann@example.com",
         "phone": "+4915112345678", "acquisition_source": "google", "discount_codes": "WELCOME10", "tax": "10.26",
         "shipping": "4.90", "ship_country": "DE", "ship_region": "BE"},
        {"order_id": 1002, "ordered_at": "2025-01-12T23:30:00Z", "customer_id": BEN, "email": "ben@example.com",
         "tax": "11.21", "shipping": "5.00"},
        {"order_id": 1003, "ordered_at": "2025-01-15T10:00:00Z", "email": "cleo@example.com"},
        {"order_id": 1004, "ordered_at": "2025-02-20T10:00:00Z", "customer_id": ANN, "email": "ann@example.com",
         "tip": "3.00", "gift_card_payment": "25.00"},
        {"order_id": 1005, "ordered_at": "2025-02-25T10:00:00Z", "customer_id": DORA,
         "email": "dora@marketplace.amazon.de", "channel": "amazon", "discount_codes": "ANN-10;SPRING",
         "referral_code": "ANN-10"},
        {"order_id": 1006, "ordered_at": "2025-03-05T10:00:00Z", "customer_id": BEN, "email": "ben@example.com"},
        {"order_id": 1007, "ordered_at": "2025-03-06T10:00:00Z", "email": "cleo@example.com",
         "cancelled_at": "2025-03-07T10:00:00Z"},
        {"order_id": 1008, "ordered_at": "2025-03-07T10:00:00Z", "email": "tester@example.com", "is_test": "true"},
        {"order_id": 1009, "ordered_at": "2025-03-08T10:00:00Z", "customer_id": ANN, "email": "ann@example.com",
         "exchange_of_order_id": "1001"},
        {"order_id": 1010, "ordered_at": "2025-04-10T10:00:00Z", "customer_id": EMIL, "email": "emil@example.com",
         "order_type": "subscription_first"},
        {"order_id": 1011, "ordered_at": "2025-05-10T10:00:00Z", "customer_id": EMIL, "email": "emil@example.com",
         "order_type": "subscription_renewal"},
    ]  # fmt: skip
    first = {ANN: "Ann", BEN: "Ben", DORA: "Dora", EMIL: "Emil"}
    for row in orders:
        row["currency"] = "EUR"
        for column, value in (("tax", "0"), ("tip", "0"), ("order_discount", "0"), ("is_test", "false")):
            row.setdefault(column, value)
        if "customer_id" in row:
            row |= {"first_name": first[int(str(row["customer_id"]))], "last_name": "Example"}
    lines = [
        # order, line, quantity, net unit price, variant, net discount
        (1001, 11, 2, "30.00", 1, "6.00"),
        (1002, 12, 3, "20.00", 2, "6.00"),
        (1003, 13, 1, "50.00", 4, "0"),
        (1004, 14, 1, "40.00", 3, "0"),
        (1005, 15, 1, "20.00", 1, "0"),
        (1006, 16, 2, "10.00", 1, "0"),
        (1006, 17, 1, "15.00", 2, "0"),
        (1007, 19, 1, "10.00", 1, "0"),
        (1008, 20, 1, "10.00", 1, "0"),
        (1009, 21, 1, "30.00", 1, "0"),
        (1010, 22, 1, "25.00", 1, "0"),
        (1011, 23, 1, "25.00", 1, "0"),
    ]
    return {
        "orders": orders,
        "order_lines": [
            {"order_id": order, "line_id": line, "quantity": quantity, "unit_price": price, "variant_id": variant,
             "sku": f"SKU-{variant}", "product_id": variant, "product_title": f"Product {variant}",
             "line_discount": discount, "is_gift_card": str(variant == 4).lower()}
            for order, line, quantity, price, variant, discount in lines
        ],
        "refunds": [
            {"refund_id": "711", "order_id": 1006, "refunded_at": "2025-05-02T10:00:00Z", "amount": "10.00",
             "line_id": 16, "quantity": 1},
            {"refund_id": "adjustment-712", "order_id": 1006, "refunded_at": "2025-05-02T10:00:00Z", "amount": "2.50",
             "reason": "refund_discrepancy"},
        ],
        "returns": [
            {"return_id": 811, "order_id": 1001, "requested_at": "2025-01-20T09:00:00Z", "line_id": 11, "quantity": 1,
             "reason": "size_too_small", "reason_text": "too tight", "outcome": "exchange",
             "closed_at": "2025-01-25T09:00:00Z"},
            {"return_id": 831, "order_id": 1006, "requested_at": "2025-04-28T09:00:00Z", "line_id": 16, "quantity": 1,
             "reason": "unwanted", "outcome": "refund"},
        ],
        "fulfillments": [
            {"fulfillment_id": 91, "order_id": 1001, "shipped_at": "2025-01-11T08:00:00Z",
             "estimated_delivery_at": "2025-01-13T12:00:00Z", "delivered_at": "2025-01-15T12:00:00Z",
             "status": "delivered"},
        ],
        "products": [
            {"variant_id": number, "product_id": number, "product_title": f"Product {number}", "product_type": kind,
             "unit_cost": cost, "in_stock": in_stock, "price": price,
             "url": f"https://fake.example/products/product-{number}"}
            for number, kind, cost, in_stock, price in (
                (1, "Skin care", "12.00", "true", "30.00"),
                (2, "Soap", "8.00", "true", "23.80"),
                (3, "Skin care", "20.00", "false", "40.00"),
                (4, "Gift cards", None, "true", "50.00"),
            )
        ],
        "profiles": [
            {"email": "ann@example.com", "phone": "+4915112345678", "customer_id": ANN, "email_consent": "subscribed",
             "email_consent_at": "2025-01-01T00:00:00Z", "sms_consent": "subscribed"},
            {"email": "ben@example.com", "customer_id": BEN, "email_consent": "unsubscribed",
             "email_consent_at": "2025-01-01T00:00:00Z"},
            {"email": "dora@marketplace.amazon.de", "customer_id": DORA, "email_consent": "never"},
            {"email": "emil@example.com", "customer_id": EMIL, "email_consent": "never"},
        ],
    }  # fmt: skip
