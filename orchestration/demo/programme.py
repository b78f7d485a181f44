"""The brand's messages: post-purchase flows with what each truly does, and campaigns. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

HOLDOUT_SHARE = 0.20


@dataclass(frozen=True)
class Message:
    """One message of a flow, sent `offset_hours` after the flow's trigger, with the links in it."""

    message_id: str
    name: str
    offset_hours: int
    channel: str = "email"
    links: tuple[str, ...] = ("/shop", "/account")


@dataclass(frozen=True)
class Flow:
    """One flow.

    `extra_order_share` is its planted effect: the chance that a treated person, after the first trigger,
    places one order within `window_days` that would not exist without the flow. A flow without experiment is
    a service.
    """

    flow_id: str
    name: str
    purpose: str
    messages: tuple[Message, ...]
    click_share: float
    has_experiment: bool = False
    extra_order_share: float = 0.0
    window_days: int = 30

    @property
    def experiment_id(self) -> str:
        """Name of the flow's holdout experiment."""
        return f"holdout-{self.flow_id}"


ORDER_CONFIRMATION = Flow(
    "order-confirmation",
    "Order confirmation",
    "transactional",
    (Message("order-confirmation-1", "Your order is in", 0, links=("/orders/status", "/help")),),
    0.05,
)
SHIPPING_UPDATE = Flow(
    "shipping-update",
    "Shipping update",
    "transactional",
    (
        Message("shipping-update-1", "Your parcel is on its way", 0, links=("/track", "/help")),
        Message("shipping-update-2", "Out for delivery (text)", 0, "sms", ("/track",)),
    ),
    0.10,
)
HOW_TO_USE = Flow(
    "how-to-use",
    "How to use",
    "value",
    (
        Message("how-to-use-1", "How to brew it well", 24, links=("/guides/brewing", "/shop/teaware")),
        Message("how-to-use-2", "A bath night in four steps", 96, links=("/guides/bath-night", "/shop/bath")),
    ),
    0.07,
    True,
    0.04,
    30,
)
CHECK_IN = Flow(
    "check-in",
    "Check-in",
    "value",
    (Message("check-in-1", "How is it going?", 240, links=("/help/chat", "/guides")),),
    0.05,
    True,
    0.02,
    30,
)
CROSS_SELL = Flow(
    "cross-sell",
    "Cross-sell",
    "promotion",
    (
        Message("cross-sell-1", "Goes well with your order", 432, links=("/shop/picks", "/shop/new")),
        Message("cross-sell-2", "Still thinking about it?", 528, links=("/shop/picks", "/shop/best-sellers")),
    ),
    0.06,
    True,
    0.09,
    45,
)
REPLENISHMENT = Flow(
    "replenishment",
    "Replenishment reminder",
    "promotion",
    (
        Message("replenishment-1", "Running low?", 0, links=("/cart/reorder", "/subscribe")),
        Message("replenishment-2", "Running low? (text)", 24, "sms", ("/cart/reorder",)),
    ),
    0.09,
    True,
    0.11,
    30,
)
REVIEW_REQUEST = Flow(
    "review-request",
    "Review request",
    "value",
    (Message("review-request-1", "What do you think of it?", 336, links=("/reviews/write", "/shop")),),
    0.08,
    True,
    0.0,  # asking for a review sells nothing here: a flow whose true lift is zero
    30,
)
POINTS_AND_TIERS = Flow(
    "points-and-tiers",
    "Points & tiers",
    "value",
    (Message("points-and-tiers-1", "Your points are waiting", 48, links=("/rewards", "/shop")),),
    0.05,
    True,
    0.03,
    30,
)
WIN_BACK = Flow(
    "win-back",
    "Win-back",
    "promotion",
    (
        Message("win-back-1", "We saved you a cup", 0, links=("/shop/best-sellers", "/offer")),
        Message("win-back-2", "15% off, for old times' sake", 168, links=("/offer", "/shop")),
        Message("win-back-3", "Last call for your 15% (text)", 240, "sms", ("/offer",)),
    ),
    0.04,
    True,
    0.08,
    30,
)
WIN_BACK_AFTER_DAYS = 120

FLOWS: tuple[Flow, ...] = (
    ORDER_CONFIRMATION,
    SHIPPING_UPDATE,
    HOW_TO_USE,
    CHECK_IN,
    CROSS_SELL,
    REPLENISHMENT,
    REVIEW_REQUEST,
    POINTS_AND_TIERS,
    WIN_BACK,
)


@dataclass(frozen=True)
class Campaign:
    """One newsletter or promotion, sent on a local day at a local hour to a share of the list."""

    campaign_id: str
    name: str
    day: date
    hour: int
    purpose: str
    share: float
    links: tuple[str, ...] = ("/shop/new", "/journal", "/shop/best-sellers")


_LETTERS: tuple[tuple[str, str], ...] = (
    ("New year, slower mornings", "value"),
    ("A tea for every letter you owe", "value"),
    ("First flush has landed", "promotion"),
    ("Spring Blossom Sencha is back", "promotion"),
    ("Five quiet gifts for Mother's Day", "promotion"),
    ("Cold brew season", "promotion"),
    ("What to pack for the cabin", "value"),
    ("Iced tea, three ways", "value"),
    ("Back to the evening bath", "value"),
    ("Pumpkin chai, roasted in small batches", "promotion"),
    ("The Advent calendar is here", "promotion"),
    ("The gift guide", "promotion"),
)
_PROMOTIONS: tuple[tuple[str, str, date], ...] = (
    ("mothers-day", "20% off until tonight: Mother's Day", date(2024, 5, 9)),
    ("summer-sale", "Summer sale, one day: 20% off", date(2024, 7, 18)),
    ("black-friday", "Black Friday: 25% off everything", date(2024, 11, 29)),
    ("cyber-monday", "Cyber Monday: last day of 25%", date(2024, 12, 2)),
    ("mothers-day", "20% off until tonight: Mother's Day", date(2025, 5, 8)),
    ("summer-sale", "Summer sale, one day: 20% off", date(2025, 7, 17)),
    ("black-friday", "Black Friday: 25% off everything", date(2025, 11, 28)),
    ("cyber-monday", "Cyber Monday: last day of 25%", date(2025, 12, 1)),
)


@cache
def campaigns() -> tuple[Campaign, ...]:
    """All campaigns in the order they were sent: a letter a month to most of the list, promotions to all."""
    letters = [
        Campaign(f"letter-{year}-{month:02d}", f"{name}", date(year, month, 9 + month % 5), 10, purpose, 0.90)
        for year in (2024, 2025)
        for month, (name, purpose) in enumerate(_LETTERS, start=1)
    ]
    promotions = [
        Campaign(f"{code}-{day.year}", name, day, 7, "promotion", 1.0, ("/sale", "/sale/tea", "/sale/bath"))
        for code, name, day in _PROMOTIONS
    ]
    return tuple(sorted(letters + promotions, key=lambda campaign: (campaign.day, campaign.campaign_id)))
