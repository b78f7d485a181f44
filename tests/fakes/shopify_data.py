"""Nodes for the fake Shopify shop, complete as the schema wants them, with little to say for an ordinary order."""

from decimal import Decimal
from typing import Any

from tests.fakes.shopify import Node, gid

CURRENCY = "EUR"
# What one EUR is worth where an order was paid in another currency: a trap for whoever reads the wrong money.
PRESENTMENT_RATE = Decimal("1.25")


def money(amount: str | Decimal | int, presentment: str = CURRENCY) -> Node:
    """An amount in the shop's currency and as the customer saw it."""
    value = Decimal(amount)
    shown = value if presentment == CURRENCY else (value * PRESENTMENT_RATE).quantize(Decimal("0.01"))
    return {
        "shopMoney": {"amount": str(value), "currencyCode": CURRENCY},
        "presentmentMoney": {"amount": str(shown), "currencyCode": presentment},
    }


def _shop_amount(bag: Node) -> Decimal:
    return Decimal(bag["shopMoney"]["amount"])


def allocation(amount: str, code: str | None = None, index: int = 0) -> Node:
    """A discount's part that fell on a line; with a code, or automatic."""
    kind = "DiscountCodeApplication" if code else "AutomaticDiscountApplication"
    return {
        "allocatedAmountSet": money(amount),
        "discountApplication": {"__typename": kind, "index": index, "code": code, "title": "Automatic"},
    }


def line(number: int, price: str, quantity: int = 1, variant: int | None = 1, **fields: Any) -> Node:
    """An order line; `price` is the unit price before discount, as the shop lists it."""
    return {
        "id": gid("LineItem", number),
        "title": f"Product {variant}",
        "name": f"Product {variant}",
        "sku": f"SKU-{variant}" if variant else None,
        "quantity": quantity,
        "currentQuantity": quantity,
        "isGiftCard": False,
        "requiresShipping": True,
        "taxable": True,
        "originalUnitPriceSet": money(price),
        "discountAllocations": [],
        "taxLines": [],
        "sellingPlan": None,
        "variant": {"id": gid("ProductVariant", variant)} if variant else None,
        "product": {"id": gid("Product", variant)} if variant else None,
        **fields,
    }


def tax(amount: str, rate: float) -> Node:
    """A tax on a line."""
    return {"title": "VAT", "rate": rate, "priceSet": money(amount)}


def order(number: int, at: str, lines: list[Node], **fields: Any) -> Node:
    """A paid order of the online store, by a guest unless a customer is given."""
    return {
        "id": gid("Order", number),
        "name": f"#{number}",
        "createdAt": at,
        "processedAt": at,
        "updatedAt": at,
        "cancelledAt": None,
        "test": False,
        "email": None,
        "phone": None,
        "currencyCode": CURRENCY,
        "presentmentCurrencyCode": CURRENCY,
        "taxesIncluded": False,
        "displayFinancialStatus": "PAID",
        "sourceName": "web",
        "attribution": None,
        "app": {"id": gid("App", 580111), "name": "Online Store"},
        "tags": [],
        "customAttributes": [],
        "discountCodes": [],
        "customer": None,
        "shippingAddress": None,
        "customerJourneySummary": None,
        "purchasingEntity": None,
        "totalTaxSet": money("0.00"),
        "shippingLine": None,
        "totalShippingPriceSet": money("0.00"),
        "totalTipReceivedSet": money("0.00"),
        "transactions": [],
        "fulfillments": [],
        "refunds": [],
        "lineItems": lines,
        "returns": [],
        **fields,
    }


def shipping(price: str, taxed: str | None = None) -> Node:
    """The order's shipping line, with the price after discounts."""
    lines = [tax(taxed, 0.2)] if taxed else []
    return {"id": gid("ShippingLine", 1), "title": "Standard", "discountedPriceSet": money(price), "taxLines": lines}


def payment(number: int, amount: str, gateway: str = "shopify_payments", kind: str = "SALE", **fields: Any) -> Node:
    """A payment of an order."""
    return {
        "id": gid("OrderTransaction", number),
        "kind": kind,
        "status": "SUCCESS",
        "gateway": gateway,
        "amountSet": money(amount),
        "test": False,
        **fields,
    }


def refund(number: int, at: str, lines: list[Node], adjustments: list[Node] | None = None, **fields: Any) -> Node:
    """A refund of an order."""
    return {
        "id": gid("Refund", number),
        "createdAt": at,
        "processedAt": at,
        "updatedAt": at,
        "note": None,
        "return": None,
        "refundLineItems": lines,
        "orderAdjustments": adjustments or [],
        "totalRefundedSet": money(
            sum((_shop_amount(item["subtotalSet"]) for item in lines), Decimal(0))
            - sum((_shop_amount(item["amountSet"]) for item in adjustments or []), Decimal(0))
        ),
        "transactions": [],
        **fields,
    }


def refunded(number: int, item: Node, quantity: int, subtotal: str, taxed: str = "0.00") -> Node:
    """A refunded line."""
    return {
        "id": gid("RefundLineItem", number),
        "lineItem": item,
        "quantity": quantity,
        "restockType": "RETURN",
        "subtotalSet": money(subtotal),
        "totalTaxSet": money(taxed),
    }


def adjustment(number: int, amount: str, reason: str = "REFUND_DISCREPANCY") -> Node:
    """The difference between what was calculated and what was refunded; below zero where more was refunded."""
    return {
        "id": gid("OrderAdjustment", number),
        "amountSet": money(amount),
        "taxAmountSet": money("0.00"),
        "reason": reason,
    }


def returned(number: int, item: Node, quantity: int, reason: str, note: str = "", **fields: Any) -> Node:
    """A line of a return."""
    return {
        "__typename": "ReturnLineItem",
        "id": gid("ReturnLineItem", number),
        "quantity": quantity,
        "refundedQuantity": 0,
        "returnReasonDefinition": {"id": gid("ReturnReasonDefinition", 1), "handle": reason, "name": reason},
        "returnReasonNote": "",
        "customerNote": note or None,
        "fulfillmentLineItem": {"id": gid("FulfillmentLineItem", number), "lineItem": item},
        **fields,
    }


def return_of(number: int, at: str, lines: list[Node], status: str = "OPEN", **fields: Any) -> Node:
    """A return of an order."""
    return {
        "id": gid("Return", number),
        "name": f"#{number}-R1",
        "status": status,
        "createdAt": at,
        "closedAt": None,
        "returnLineItems": lines,
        "exchangeLineItems": [],
        **fields,
    }


def fulfillment(number: int, at: str, **fields: Any) -> Node:
    """A parcel of an order."""
    return {
        "id": gid("Fulfillment", number),
        "createdAt": at,
        "updatedAt": at,
        "inTransitAt": None,
        "estimatedDeliveryAt": None,
        "deliveredAt": None,
        "status": "SUCCESS",
        "displayStatus": "FULFILLED",
        **fields,
    }


def customer(number: int, at: str, email: str | None, state: str = "NOT_SUBSCRIBED", **fields: Any) -> Node:
    """A customer with the consent the shop holds."""
    address = email and {
        "emailAddress": email,
        "marketingState": state,
        "marketingOptInLevel": "SINGLE_OPT_IN",
        "marketingUpdatedAt": at if state in ("SUBSCRIBED", "UNSUBSCRIBED") else None,
        "validFormat": True,
    }
    return {
        "id": gid("Customer", number),
        "createdAt": at,
        "updatedAt": at,
        "firstName": "Kim",
        "lastName": "Example",
        "defaultEmailAddress": address,
        "defaultPhoneNumber": None,
        "tags": [],
        "locale": "en",
        "dataSaleOptOut": False,
        **fields,
    }


def phone(number: str, state: str = "NEVER_SUBSCRIBED") -> Node:
    """A customer's phone number with its consent."""
    return {"phoneNumber": number, "smsMarketingConsent": {"__typename": "CustomerSmsMarketingConsent", "state": state}}


def variant(number: int, price: str, cost: str | None = None, **fields: Any) -> Node:
    """A product's variant."""
    return {
        "id": gid("ProductVariant", number),
        "title": "Default Title",
        "sku": f"SKU-{number}",
        "price": price,
        "availableForSale": True,
        "inventoryQuantity": 10,
        "updatedAt": "2025-01-01T00:00:00Z",
        "inventoryItem": {
            "id": gid("InventoryItem", number),
            "tracked": True,
            "unitCost": {"amount": cost, "currencyCode": CURRENCY} if cost else None,
        },
        **fields,
    }


def product(number: int, at: str, variants: list[Node], **fields: Any) -> Node:
    """A product with its variants."""
    return {
        "id": gid("Product", number),
        "title": f"Product {number}",
        "handle": f"product-{number}",
        "productType": "Skin care",
        "status": "ACTIVE",
        "tags": [],
        "isGiftCard": False,
        "onlineStoreUrl": f"https://fake.example/products/product-{number}",
        "featuredMedia": None,
        "createdAt": at,
        "updatedAt": at,
        "variants": variants,
        **fields,
    }


def discount(number: int, at: str, codes: list[str], **fields: Any) -> Node:
    """A discount that is given by code."""
    return {
        "id": gid("DiscountCodeNode", number),
        "discount": {
            "__typename": "DiscountCodeBasic",
            "title": codes[0] if codes else "Automatic",
            "status": "ACTIVE",
            "startsAt": at,
            "endsAt": None,
            "createdAt": at,
            "updatedAt": at,
            "tags": [],
            "codes": [{"id": gid("DiscountRedeemCode", f"{number}{i}"), "code": code} for i, code in enumerate(codes)],
            **fields,
        },
    }
