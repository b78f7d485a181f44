"""What a shop may drop: the entities, their columns and what each column promises.

This is the one place that states the inbound contract. The reader builds its checks from it, the loader its
tables, and the first gate its expectations.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "timestamp", "date", "integer", "decimal", "rate", "boolean"]
# Money and counts are DECIMAL(18, 4) in the warehouse; an exchange rate needs more places (1 VND = 0.000039 USD).
SQL_TYPES: dict[Kind, str] = {
    "text": "varchar",
    "timestamp": "timestamp",
    "date": "date",
    "integer": "bigint",
    "decimal": "decimal(18, 4)",
    "rate": "decimal(28, 12)",
    "boolean": "boolean",
}


@dataclass(frozen=True)
class Column:
    """One delivered column.

    `minimum` and `maximum` are inclusive unless `above_minimum` is set. `allowed` lists the only values taken,
    compared in lower case.
    """

    name: str
    kind: Kind = "text"
    required: bool = False
    allowed: tuple[str, ...] | None = None
    minimum: float | None = None
    maximum: float | None = None
    above_minimum: bool = False


@dataclass(frozen=True)
class Entity:
    """One entity of the contract.

    `key` names the columns that identify a row: together or, with `key_is_first_of`, by the first that is filled.
    `one_of` lists columns of which at least one must hold a value.
    `rules` are conditions over several columns: what a row must satisfy, in words and as SQL that is true or NULL.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    one_of: tuple[str, ...] = ()
    rules: tuple[tuple[str, str], ...] = ()
    mandatory: bool = False
    key_is_first_of: bool = False

    @property
    def version_key(self) -> str:
        """SQL text that versions of one row share, spelled as staging reads it: trimmed, whatever the case."""
        parts = ", ".join(f"lower(trim({name}))" for name in self.key)
        return f"coalesce({parts})" if self.key_is_first_of else f"concat_ws(chr(31), {parts})"

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names in contract order, `updated_at` last."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that every row must fill."""
        return tuple(column.name for column in self.columns if column.required)


def _text(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name) for name in names)


def _key(name: str) -> Column:
    return Column(name, required=True)


def _at(name: str, required: bool = False) -> Column:
    return Column(name, "timestamp", required)


def _number(name: str, required: bool = False, minimum: float | None = None) -> Column:
    return Column(name, "decimal", required, minimum=minimum)


def _entity(
    name: str,
    key: tuple[str, ...],
    *columns: Column | tuple[Column, ...],
    one_of: tuple[str, ...] = (),
    rules: tuple[tuple[str, str], ...] = (),
    mandatory: bool = False,
    key_is_first_of: bool = False,
) -> Entity:
    flat: list[Column] = []
    for column in columns:
        flat.extend(column if isinstance(column, tuple) else (column,))
    return Entity(name, key, (*flat, _at("updated_at")), one_of, rules, mandatory, key_is_first_of)


_ALL = (
    _entity(
        "orders",
        ("order_id",),
        _key("order_id"),
        _at("ordered_at", required=True),
        _text("customer_id", "email", "phone", "first_name", "last_name", "currency", "channel"),
        _text("acquisition_source", "discount_codes", "referral_code"),
        _at("cancelled_at"),
        Column("is_test", "boolean"),
        _text("financial_status"),
        _number("order_discount"),
        _number("tax"),
        _number("shipping"),
        _number("tip"),
        _number("gift_card_payment"),
        _text("ship_country", "ship_region", "exchange_of_order_id"),
        Column("order_type", allowed=("one_time", "subscription_first", "subscription_renewal", "wholesale")),
        mandatory=True,
    ),
    _entity(
        "order_lines",
        ("order_id", "line_id"),
        _key("order_id"),
        _key("line_id"),
        Column("quantity", "decimal", required=True, minimum=0, above_minimum=True),
        _number("unit_price", required=True, minimum=0),
        _text("variant_id", "sku", "product_id", "product_title"),
        _number("line_discount"),
        Column("is_gift_card", "boolean"),
        _number("unit_cost"),
        mandatory=True,
    ),
    _entity(
        "refunds",
        ("refund_id",),
        _key("refund_id"),
        _key("order_id"),
        _at("refunded_at", required=True),
        _number("amount", required=True),
        _text("line_id"),
        _number("quantity"),
        _text("reason"),
    ),
    _entity(
        "returns",
        ("return_id",),
        _key("return_id"),
        _key("order_id"),
        _at("requested_at", required=True),
        _text("line_id"),
        _number("quantity"),
        _text("reason", "reason_text"),
        Column("outcome", allowed=("refund", "exchange", "store_credit")),
        _at("closed_at"),
    ),
    _entity(
        "fulfillments",
        ("fulfillment_id",),
        _key("fulfillment_id"),
        _key("order_id"),
        _at("shipped_at"),
        _at("estimated_delivery_at"),
        _at("delivered_at"),
        _text("status"),
    ),
    _entity(
        "products",
        ("variant_id",),
        _key("variant_id"),
        _text("product_id", "product_title", "product_type"),
        Column("category_class", allowed=("consumable", "durable", "apparel", "seasonal", "functional", "gift")),
        _number("supply_days", minimum=0),
        _number("unit_cost"),
        Column("in_stock", "boolean"),
        _number("price", minimum=0),
        _text("url", "image_url", "season", "accessory_for"),
    ),
    _entity(
        "profiles",
        ("customer_id", "email", "phone"),
        _text("email", "phone", "customer_id"),
        Column("email_consent", allowed=("subscribed", "unsubscribed", "never")),
        _at("email_consent_at"),
        Column("sms_consent", allowed=("subscribed", "unsubscribed", "never")),
        _text("suppression_reason", "timezone"),
        Column("birthday", "date"),
        Column("max_emails_per_month", "integer", minimum=0),
        one_of=("email", "phone"),
        key_is_first_of=True,
    ),
    _entity(
        "message_events",
        ("event_id",),
        _key("event_id"),
        _at("occurred_at", required=True),
        Column(
            "event_type",
            required=True,
            allowed=("sent", "delivered", "bounced", "opened", "clicked", "unsubscribed", "complained"),
        ),
        Column("channel", required=True, allowed=("email", "sms")),
        _text("email", "customer_id"),
        Column("purpose", allowed=("value", "promotion", "transactional")),
        _text("flow_id", "flow_name", "message_id", "message_name", "campaign_id", "campaign_name", "link"),
        Column("is_machine", "boolean"),
        one_of=("email", "customer_id"),
    ),
    _entity(
        "reviews",
        ("review_id",),
        _key("review_id"),
        _at("created_at", required=True),
        Column("rating", "decimal", required=True, minimum=1, maximum=5),
        _text("email", "customer_id", "order_id", "product_id", "title", "body"),
        Column("has_media", "boolean"),
        Column("verified", "boolean"),
    ),
    _entity(
        "referrals",
        ("referral_code",),
        _key("referral_code"),
        _text("referrer_email", "referrer_customer_id"),
        _at("created_at"),
        one_of=("referrer_email", "referrer_customer_id"),
    ),
    _entity(
        "survey_responses",
        ("response_id",),
        _key("response_id"),
        _at("submitted_at", required=True),
        Column("survey_type", required=True, allowed=("nps", "csat", "other")),
        Column("score", "decimal"),
        _text("email", "customer_id", "order_id", "comment"),
        rules=(
            ("score: an nps score is 0 to 10", "survey_type <> 'nps' or score between 0 and 10"),
            ("score: a csat score is 1 to 5", "survey_type <> 'csat' or score between 1 and 5"),
        ),
    ),
    _entity(
        "support_tickets",
        ("ticket_id",),
        _key("ticket_id"),
        _at("created_at", required=True),
        _text("email", "customer_id", "order_id"),
        Column("topic", allowed=("where_is_my_order", "how_to_use", "size", "damaged", "other")),
        _at("resolved_at"),
    ),
    _entity(
        "loyalty_events",
        ("event_id",),
        _key("event_id"),
        _at("occurred_at", required=True),
        Column("event_type", required=True, allowed=("enrolled", "earned", "redeemed", "tier_changed")),
        _text("email", "customer_id"),
        _number("points"),
        _text("tier"),
        one_of=("email", "customer_id"),
    ),
    _entity(
        "page_events",
        ("event_id",),
        _key("event_id"),
        _at("occurred_at", required=True),
        Column("page_type", required=True, allowed=("thank_you", "tracking", "product", "other")),
        _text("email", "customer_id", "order_id", "url"),
    ),
    _entity(
        "brand_mentions",
        ("mention_id",),
        _key("mention_id"),
        _at("seen_at", required=True),
        Column(
            "platform",
            required=True,
            allowed=("chatgpt", "perplexity", "ai_overviews", "claude", "social", "other"),
        ),
        Column("sentiment", "decimal", minimum=-1, maximum=1),
        _text("topic", "text"),
    ),
    _entity(
        "marketing_spend",
        ("date", "channel", "stage", "acquisition_source", "flow_id", "currency"),
        Column("date", "date", required=True),
        _key("channel"),
        Column("stage", required=True, allowed=("acquisition", "post_purchase")),
        _number("amount", required=True),
        _text("currency", "acquisition_source", "flow_id"),
    ),
    _entity(
        "exchange_rates",
        ("date", "from_currency", "to_currency"),
        Column("date", "date", required=True),
        _key("from_currency"),
        _key("to_currency"),
        Column("rate", "rate", required=True, minimum=0, above_minimum=True),
    ),
    _entity(
        "flow_holdouts",
        ("experiment_id", "email", "customer_id"),
        _key("experiment_id"),
        _text("flow_id", "email", "customer_id"),
        Column("arm", required=True, allowed=("treatment", "holdout")),
        _at("assigned_at", required=True),
        _at("triggered_at"),
        one_of=("email", "customer_id"),
    ),
)

ENTITIES: dict[str, Entity] = {entity.name: entity for entity in _ALL}
