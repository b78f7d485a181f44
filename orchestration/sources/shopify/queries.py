"""The GraphQL texts: what is asked of each object, once for pages and once for bulk operations.

A bulk operation takes at most five connections, two levels of them, and none within a list. That is why a refund's
lines aren't part of its order: they come by the refund's id.
"""

from dataclasses import dataclass
from typing import Final

_MONEY: Final = "{ shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }"

_ORDER: Final = f"""
id name createdAt processedAt updatedAt cancelledAt test email phone currencyCode presentmentCurrencyCode
taxesIncluded displayFinancialStatus returnStatus sourceName attribution {{ handle displayName }} app {{ id name }}
tags customAttributes {{ key value }} discountCodes
customer {{ id firstName lastName }} shippingAddress {{ countryCodeV2 provinceCode }}
customerJourneySummary {{ firstVisit {{ source utmParameters {{ source medium campaign }} }} }}
purchasingEntity {{ __typename }}
totalTaxSet {_MONEY} totalTipReceivedSet {_MONEY}
shippingLine {{ discountedPriceSet {_MONEY} taxLines {{ priceSet {_MONEY} }} }}
transactions(first: 100) {{ id kind status gateway amountSet {_MONEY} }}
fulfillments(first: 100) {{
  id createdAt updatedAt inTransitAt estimatedDeliveryAt deliveredAt status displayStatus
}}
refunds(first: 100) {{ id updatedAt }}
"""
_LINE: Final = f"""
id title sku quantity currentQuantity isGiftCard requiresShipping originalUnitPriceSet {_MONEY}
discountAllocations {{
  allocatedAmountSet {_MONEY} discountApplication {{ index ... on DiscountCodeApplication {{ code }} }}
}}
taxLines {{ rate priceSet {_MONEY} }} sellingPlan {{ name }} variant {{ id }} product {{ id }}
"""
_RETURN: Final = "id name status createdAt closedAt"
_RETURN_LINE: Final = """
id quantity refundedQuantity returnReasonDefinition { handle name } returnReasonNote customerNote
... on ReturnLineItem { fulfillmentLineItem { lineItem { id } } }
"""
_EXCHANGE_LINE: Final = "id quantity variantId"
_REFUND: Final = f"""
id createdAt processedAt updatedAt note totalRefundedSet {_MONEY} order {{ id taxesIncluded }} return {{ id }}
"""
_REFUND_LINE: Final = f"id quantity restockType lineItem {{ id }} subtotalSet {_MONEY} totalTaxSet {_MONEY}"
_ADJUSTMENT: Final = f"id reason amountSet {_MONEY} taxAmountSet {_MONEY}"
_TRANSACTION: Final = f"id kind status gateway amountSet {_MONEY}"
_CUSTOMER: Final = """
id createdAt updatedAt firstName lastName locale tags dataSaleOptOut
defaultEmailAddress { emailAddress marketingState marketingOptInLevel marketingUpdatedAt validFormat }
defaultPhoneNumber { phoneNumber smsMarketingConsent { state } }
"""
_PRODUCT: Final = """
id title handle productType status tags isGiftCard onlineStoreUrl createdAt updatedAt
featuredMedia { id preview { image { url } } }
"""
_VARIANT: Final = """
id title sku price availableForSale inventoryQuantity updatedAt
inventoryItem { tracked unitCost { amount currencyCode } }
"""
# A discount's codes hang on its kind; four kinds and the list itself are the five connections that are allowed.
_DISCOUNT_KINDS: Final = ("Basic", "Bxgy", "FreeShipping", "App")
_DISCOUNT_FIELDS: Final = " ".join(
    f"... on DiscountCode{kind} {{ title status startsAt endsAt updatedAt tags "
    "codes { edges { node { id code } } } }"
    for kind in _DISCOUNT_KINDS
)
_DISCOUNT: Final = f"id discount {{ __typename {_DISCOUNT_FIELDS} }}"


@dataclass(frozen=True)
class Connection:
    """A connection of a node: its fields, how many members a page brings at first, and the connections within.

    `kind` is its members' type as their ids have it. `only_if`: a field of the parent and the value that says there
    are no members, so that pages needn't ask.
    """

    name: str
    kind: str
    fields: str
    first: int
    within: tuple["Connection", ...] = ()
    only_if: tuple[str, str] | None = None


@dataclass(frozen=True)
class ObjectQuery:
    """How objects of one kind are asked for: their top-level list, fields, connections and objects in a first page.

    `children` names members that lie deeper than in a connection of the object's own, by kind: a bulk operation's
    file hands them over under the object's id.
    """

    root: str
    kind: str
    fields: str
    connections: tuple[Connection, ...]
    first: int = 100
    children: tuple[tuple[str, str], ...] = ()

    def bulk(self, search: str) -> str:
        """The text of a bulk operation."""
        inner = " ".join(_bulk_connection(item) for item in self.connections)
        arguments = f'(query: "{search}")' if search else ""
        return _tidy(f"{{ {self.root}{arguments} {{ edges {{ node {{ {self.fields} {inner} }} }} }} }}")

    def page(self) -> str:
        """The text of one page; variables first, after, search."""
        inner = " ".join(_page_connection(item) for item in self.connections if item.only_if is None)
        return _tidy(
            f"query {self.root}($first: Int!, $after: String, $search: String) {{ {self.root}("
            f"first: $first, after: $after, query: $search, sortKey: UPDATED_AT) {{ "
            f"nodes {{ {self.fields} {inner} }} pageInfo {{ hasNextPage endCursor }} }} }}"
        )

    def count(self) -> str:
        """The text that counts what a search finds, up to $limit."""
        name = f"{self.root}Count"
        return f"query {name}($search: String, $limit: Int) {{ {name}(query: $search, limit: $limit) {{ count }} }}"


def more(parent_kind: str, connection: Connection) -> str:
    """The text that brings further members of one node's connection; variables id, first, after."""
    inner = " ".join(_page_connection(item) for item in connection.within)
    return _tidy(
        f"query {connection.name}($id: ID!, $first: Int!, $after: String) {{ node(id: $id) {{ ... on {parent_kind} {{ "
        f"{connection.name}(first: $first, after: $after) {{ nodes {{ {connection.fields} {inner} }} "
        f"pageInfo {{ hasNextPage endCursor }} }} }} }} }}"
    )


def _bulk_connection(connection: Connection) -> str:
    inner = " ".join(_bulk_connection(item) for item in connection.within)
    return f"{connection.name} {{ edges {{ node {{ {connection.fields} {inner} }} }} }}"


def _page_connection(connection: Connection) -> str:
    inner = " ".join(_page_connection(item) for item in connection.within)
    return (
        f"{connection.name}(first: {connection.first}) {{ nodes {{ {connection.fields} {inner} }} "
        f"pageInfo {{ hasNextPage endCursor }} }}"
    )


def _tidy(text: str) -> str:
    return " ".join(text.split())


ORDERS: Final = ObjectQuery(
    "orders",
    "Order",
    _ORDER,
    (
        Connection("lineItems", "LineItem", _LINE, 10),
        Connection(
            "returns",
            "Return",
            _RETURN,
            5,
            (
                Connection("returnLineItems", "ReturnLineItem", _RETURN_LINE, 10),
                Connection("exchangeLineItems", "ExchangeLineItem", _EXCHANGE_LINE, 10),
            ),
            only_if=("returnStatus", "NO_RETURN"),
        ),
    ),
    first=20,
)
CUSTOMERS: Final = ObjectQuery("customers", "Customer", _CUSTOMER, (), first=250)
PRODUCTS: Final = ObjectQuery(
    "products", "Product", _PRODUCT, (Connection("variants", "ProductVariant", _VARIANT, 10),), first=25
)
DISCOUNTS: Final = ObjectQuery(
    "discountNodes", "DiscountCodeNode", _DISCOUNT, (), children=(("DiscountRedeemCode", "codes"),)
)

# Which discounts changed when: their codes, of which there may be millions, come by a bulk operation only.
_MOMENTS: Final = " ".join(f"... on DiscountCode{kind} {{ updatedAt }}" for kind in _DISCOUNT_KINDS)
DISCOUNT_MOMENTS: Final = _tidy(
    f"""
    query discountMoments($first: Int!, $after: String, $search: String) {{
      discountNodes(first: $first, after: $after, query: $search, sortKey: UPDATED_AT) {{
        nodes {{ id discount {{ {_MOMENTS} }} }} pageInfo {{ hasNextPage endCursor }}
      }}
    }}
    """
)
# Whom the shop still has.
CUSTOMER_IDS: Final = "{ customers { edges { node { id } } } }"

# Which of some objects the shop still has; the others are null.
STILL: Final = "query still($ids: [ID!]!) { nodes(ids: $ids) { id } }"
STILL_AT_A_TIME: Final = 250

# Refunds have no list of their own: they are asked for by id, this many at a time.
REFUNDS_AT_A_TIME: Final = 25
REFUND_CONNECTIONS: Final = (
    Connection("refundLineItems", "RefundLineItem", _REFUND_LINE, 10),
    Connection("orderAdjustments", "OrderAdjustment", _ADJUSTMENT, 2),
    Connection("transactions", "OrderTransaction", _TRANSACTION, 2),
)
REFUNDS: Final = _tidy(
    f"query refunds($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Refund {{ {_REFUND} "
    f"{' '.join(_page_connection(item) for item in REFUND_CONNECTIONS)} }} }} }}"
)
# The oldest event is a year old: whoever pauses for longer loads anew.
DELETIONS: Final = _tidy(
    """
    query events($first: Int!, $after: String, $search: String) {
      events(first: $first, after: $after, query: $search, sortKey: CREATED_AT) {
        nodes { id action createdAt ... on BasicEvent { subjectId subjectType } } pageInfo { hasNextPage endCursor }
      }
    }
    """
)
START_BULK: Final = _tidy(
    """
    mutation bulkOperationRunQuery($query: String!) {
      bulkOperationRunQuery(query: $query, groupObjects: false) {
        bulkOperation { id status } userErrors { code field message }
      }
    }
    """
)
_OPERATION: Final = "id status query errorCode objectCount createdAt fileSize url"
BULK_OPERATION: Final = f"query bulkOperation($id: ID!) {{ bulkOperation(id: $id) {{ {_OPERATION} }} }}"
BULK_OPERATIONS: Final = (
    "query bulkOperations { bulkOperations(first: 25, sortKey: CREATED_AT, reverse: true, "
    f'query: "operation_type:query") {{ nodes {{ {_OPERATION} }} }} }}'
)
ACCESS: Final = (
    "query access { currentAppInstallation { accessScopes { handle } } "
    "shop { name currencyCode ianaTimezone myshopifyDomain } }"
)
