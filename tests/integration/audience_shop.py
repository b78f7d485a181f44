"""A shop with somebody just inside and somebody just outside each audience's window, on 1 July 2025 at midnight.

Persons are called `<audience>_in_…` and `<audience>_out_…`; everybody is subscribed unless it says otherwise. In this
shop fewer than thirty came back, so that a rhythm is a third of 365 days.
"""

from datetime import date, timedelta
from pathlib import Path

from tests.integration.conftest import write_shop

Rows = list[dict[str, object]]

TODAY = date(2025, 7, 1)
WIN_BACK_CROWD = 200
SETTINGS = "{holdout_share: 0, audiences: {holdout_shares: {win_back: 0.5}}}"

PRODUCTS: Rows = [
    {"variant_id": "tea", "product_type": "tea", "category_class": "consumable"},
    {"variant_id": "oil", "product_type": "oil", "category_class": "consumable", "supply_days": 40},
    {"variant_id": "pot", "product_type": "pot", "category_class": "durable"},
    {"variant_id": "lid", "product_type": "lid", "category_class": "durable", "accessory_for": "pot"},
    {"variant_id": "mug", "product_type": "mug", "category_class": "apparel"},
    {"variant_id": "saucer", "product_type": "saucer", "category_class": "apparel"},
    {"variant_id": "wreath", "product_type": "wreath", "category_class": "seasonal", "season": "winter"},
]


def email(person: str) -> str:
    """The one address of a person."""
    return f"{person}@example.com"


def ago(days: int) -> str:
    """A local day, so many before 1 July 2025."""
    return str(TODAY - timedelta(days=days))


class AudienceShop:
    """Collects the shop's rows, entity by entity."""

    def __init__(self) -> None:
        self.rows: dict[str, Rows] = {"products": []}
        self.people: dict[str, dict[str, object]] = {}
        for product in PRODUCTS:
            variant = product["variant_id"]
            self.add("products", product_id=variant, product_title=f"The {variant}", in_stock="true", **product)

    def add(self, entity: str, **row: object) -> None:
        """One more row."""
        self.rows.setdefault(entity, []).append(row)

    def person(self, name: str, **profile: object) -> str:
        """Somebody with a profile; subscribed unless told otherwise."""
        self.people.setdefault(name, {"email": email(name), "email_consent": "subscribed"}).update(profile)
        return name

    def order(
        self, name: str, day: str, product: str = "lid", quantity: int = 1, price: int = 10, **more: object
    ) -> str:
        """An order at noon; returns its id. `discount` is taken off its only line."""
        self.person(name)
        number = f"{len(self.rows.get('orders', [])) + 1:05d}"
        discount = more.pop("discount", 0)
        fields = {"email": email(name), "currency": "USD", **more}
        self.add("orders", order_id=number, ordered_at=f"{day} 12:00:00", **fields)
        line = {"variant_id": product, "quantity": quantity, "unit_price": price, "line_discount": discount}
        self.add("order_lines", order_id=number, line_id="1", product_id=product, **line)
        return number

    def delivered(self, name: str, moment: str, **more: object) -> str:
        """An order of 20 days before the delivery, of a product type of the person's own first order."""
        number = self.order(name, str(date.fromisoformat(moment[:10]) - timedelta(days=3)))
        self.add("fulfillments", fulfillment_id=f"f{number}", order_id=number, delivered_at=moment, **more)
        return number

    def promised(self, name: str, day: str, **more: object) -> None:
        """An order on its way."""
        number = self.order(name, ago(35))
        moment = f"{day} 12:00:00"
        self.add("fulfillments", fulfillment_id=f"f{number}", order_id=number, estimated_delivery_at=moment, **more)

    def mailed(self, name: str, purpose: str, times: int = 1, day: str = "2025-06-20", opened: bool = True) -> None:
        """So many e-mails of one purpose, the first opened by a human an hour later."""
        self.person(name)
        for number in range(times):
            key = f"{name}-{purpose}-{day}-{number}"
            event = {"channel": "email", "email": email(name), "purpose": purpose, "message_id": key}
            flow = {"flow_id": "a", "flow_name": "A letter"}
            self.add(
                "message_events", event_id=f"s{key}", occurred_at=f"{day} 08:00:00", event_type="sent", **event, **flow
            )
            if opened and number == 0:
                moment = f"{day} 09:00:00"
                self.add("message_events", event_id=f"o{key}", occurred_at=moment, event_type="opened", **event, **flow)

    def event(self, name: str, event_type: str, day: str) -> None:
        """A click, or a complaint."""
        self.person(name)
        event = {"channel": "email", "email": email(name), "purpose": "value", "message_id": "m"}
        key = f"{event_type}-{name}"
        self.add("message_events", event_id=key, occurred_at=f"{day} 12:00:00", event_type=event_type, **event)

    def review(self, name: str, rating: int, day: str, **more: object) -> None:
        """A review of no order in particular."""
        self.person(name)
        key = f"r{len(self.rows.get('reviews', []))}"
        self.add("reviews", review_id=key, created_at=f"{day} 12:00:00", rating=rating, email=email(name), **more)

    def score(self, name: str, survey: str, score: int, day: str) -> None:
        """An answer to a survey."""
        self.person(name)
        answer = {"survey_type": survey, "score": score, "email": email(name)}
        key = f"a{len(self.rows.get('survey_responses', []))}"
        self.add("survey_responses", response_id=key, submitted_at=f"{day} 12:00:00", **answer)

    def ticket(self, name: str, day: str, resolved_at: str = "") -> None:
        """A question to the shop."""
        self.person(name)
        key = f"t{name}"
        moment = f"{day} 12:00:00"
        self.add("support_tickets", ticket_id=key, created_at=moment, email=email(name), resolved_at=resolved_at)

    def write(self, folder: Path, settings: str = SETTINGS) -> Path:
        """The shop's folder."""
        entities = {**self.rows, "profiles": list(self.people.values())}
        fields = {"timezone": "America/New_York", "currency": "USD", "as_of": "2025-07-01T00:00:00"}
        return write_shop(folder, "audiences", entities, **fields, settings=settings)


def make_shop() -> AudienceShop:
    """Everybody, by audience."""
    shop = AudienceShop()
    _crowd(shop)
    _deliveries(shop)
    _rhythms(shop)
    _relations(shop)
    _moods(shop)
    _policy(shop)
    return shop


def _crowd(shop: AudienceShop) -> None:
    # Not subscribed: they are there for the statistics. Eight took a saucer after a mug, four tea after tea.
    for number in range(8):
        name = shop.person(f"crowd_mug_{number}", email_consent="never")
        shop.order(name, ago(300), "mug")
        shop.order(name, ago(200), "saucer")
    for number in range(4):
        name = shop.person(f"crowd_tea_{number}", email_consent="never")
        shop.order(name, ago(300), "tea")
        shop.order(name, ago(200), "tea")
    # One order a day, so that six on a day are a big promotion.
    for day in range(28, 100):
        shop.order(shop.person(f"crowd_day_{day}", email_consent="never"), ago(day))
    for number in range(WIN_BACK_CROWD):
        shop.order(f"loyal_once_{number}", ago(500))


def _deliveries(shop: AudienceShop) -> None:
    shop.promised("delay_in_first_day", ago(1))
    shop.promised("delay_in_last_day", ago(30))
    shop.promised("delay_out_today", ago(0))
    shop.promised("delay_out_long_ago", ago(31))
    shop.promised("delay_out_arrived", ago(5), delivered_at=f"{ago(4)} 12:00:00")
    for name, moment in {
        "onboarding_in_last_day": f"{ago(3)} 12:00:00",
        "onboarding_out_later": f"{ago(4)} 12:00:00",
        "thank_you_in_first_hour": f"{ago(2)} 23:59:00",
        "thank_you_in_last_hour": f"{ago(2)} 00:01:00",
        "thank_you_out_early": f"{ago(1)} 00:01:00",
        "thank_you_out_late": f"{ago(3)} 23:59:00",
        "check_in_in_first_day": f"{ago(3)} 23:00:00",
        "check_in_in_last_day": f"{ago(7)} 01:00:00",
        "check_in_out_early": f"{ago(2)} 01:00:00",
        "check_in_out_late": f"{ago(8)} 23:00:00",
        "check_in_out_reviewed": f"{ago(5)} 12:00:00",
        "check_in_out_asked": f"{ago(5)} 12:00:00",
        "review_request_in_first_day": f"{ago(7)} 23:00:00",
        "review_request_in_last_day": f"{ago(21)} 01:00:00",
        "review_request_out_early": f"{ago(6)} 01:00:00",
        "review_request_out_late": f"{ago(22)} 23:00:00",
        "review_request_out_returning": f"{ago(10)} 12:00:00",
        "review_request_out_reviewed": f"{ago(10)} 12:00:00",
        "review_request_in_helped": f"{ago(10)} 12:00:00",
    }.items():
        number = shop.delivered(name, moment)
        if name.endswith("returning"):
            shop.add("returns", return_id="x", order_id=number, requested_at=f"{ago(2)} 12:00:00")
        if name.endswith("reviewed"):
            shop.review(name, 5, ago(1), order_id=number)
    shop.ticket("check_in_out_asked", ago(4), resolved_at=f"{ago(3)} 12:00:00")
    shop.ticket("review_request_in_helped", ago(9), resolved_at=f"{ago(8)} 12:00:00")
    # The second order with this product type is no first use.
    shop.order("onboarding_out_second_lid", ago(50))
    shop.delivered("onboarding_out_second_lid", f"{ago(2)} 12:00:00")


def _rhythms(shop: AudienceShop) -> None:
    for name, product, days in (
        ("second_order_in_fast_first_day", "tea", 7),
        ("second_order_in_fast_last_day", "tea", 15),
        ("second_order_out_fast_early", "tea", 6),
        ("second_order_out_fast_late", "tea", 16),
        ("second_order_in_lasting_first_day", "pot", 30),
        ("second_order_in_lasting_last_day", "pot", 60),
        ("second_order_out_lasting_early", "pot", 29),
        ("second_order_out_lasting_late", "pot", 61),
        ("replenishment_in_first_day", "oil", 26),  # runs out 14 days from now
        ("replenishment_in_last_day", "oil", 33),
        ("replenishment_out_early", "oil", 25),
        ("replenishment_out_late", "oil", 34),
        ("completion_in_first_day", "mug", 14),
        ("completion_in_last_day", "mug", 30),
        ("completion_out_early", "mug", 13),
        ("completion_out_late", "mug", 31),
        ("accessories_in_first_day", "pot", 90),
        ("accessories_in_last_day", "pot", 180),
        ("accessories_out_early", "pot", 89),
        ("accessories_out_late", "pot", 181),
        ("season_ahead_in_first_day", "wreath", 320),  # comes again in 45 days
        ("season_ahead_in_last_day", "wreath", 350),
        ("season_ahead_out_early", "wreath", 319),
        ("season_ahead_out_late", "wreath", 351),
        ("at_risk_in", "mug", 245),  # 244 days before the last full day
        ("at_risk_out", "mug", 244),
        ("win_back_in", "mug", 367),
        ("win_back_out", "mug", 366),
    ):
        shop.order(name, ago(days), product)
        # Four of value let one promotion follow.
        shop.mailed(name, "value", 4)
    shop.order("second_order_out_came_back", ago(40), "tea")
    shop.order("second_order_out_came_back", ago(10), "tea")
    shop.order("third_order_in", ago(60), "tea")
    shop.order("third_order_in", ago(7), "tea")
    shop.order("third_order_out_early", ago(60), "tea")
    shop.order("third_order_out_early", ago(6), "tea")
    shop.order("replenishment_in_two", ago(66), "oil", quantity=2)
    shop.order("replenishment_out_two", ago(65), "oil", quantity=2)


def _relations(shop: AudienceShop) -> None:
    for name, days in (("membership_in", 30), ("membership_out_late", 31), ("membership_out_member", 20)):
        shop.order(name, ago(90))
        shop.order(name, ago(days))
    moment = f"{ago(50)} 12:00:00"
    member = email("membership_out_member")
    shop.add("loyalty_events", event_id="l", occurred_at=moment, event_type="enrolled", email=member)
    shop.order("membership_out_once", ago(10))
    for name, orders in (("vip_in", 2), ("vip_out_once", 1)):
        for number in range(orders):
            shop.order(name, ago(20 + number), price=9000)
        shop.mailed(name, "value", 4)
    for name in ("potential_high_value_in", "potential_high_value_out_silent"):
        shop.order(name, ago(10), price=8000)
    shop.score("potential_high_value_in", "nps", 9, ago(3))
    for name, days in (("referred_welcome_in", 14), ("referred_welcome_out", 15)):
        shop.order(name, ago(days), referral_code="FRIEND")
    shop.add(
        "referrals", referral_code="FRIEND", referrer_email=email("advocates_in_nps"), created_at=f"{ago(99)} 12:00:00"
    )
    for name, days in (("community_in", 30), ("community_out", 31)):
        shop.order(name, ago(95))
        shop.order(name, ago(70))
        shop.event(name, "clicked", ago(days))
    for days, word in ((30, "in_first_day"), (60, "in_last_day"), (29, "out_early"), (61, "out_late")):
        shop.order(f"promotion_buyers_{word}", ago(days), discount="1.5")
        for number in range(6):
            shop.order(shop.person(f"crowd_promo_{word}_{number}", email_consent="never"), ago(days), discount="1.5")
    for days, word in ((14, "in_first_day"), (45, "in_last_day"), (13, "out_early"), (46, "out_late")):
        shop.order(f"price_sensitive_{word}", ago(days), discount=2)
    shop.order("price_sensitive_out_nearly", ago(20), discount="1.99")
    for word, birthday in (("in_today", "1990-07-01"), ("in_a_week", "1985-07-08"), ("out_eight_days", "1985-07-09")):
        shop.person(f"birthday_{word}", birthday=birthday)
    shop.person("birthday_out_yesterday", birthday="1990-06-30")


def _moods(shop: AudienceShop) -> None:
    shop.review("photo_request_in", 4, ago(10))
    shop.review("photo_request_out_shown", 5, ago(10), has_media="true")
    shop.review("photo_request_out_three", 3, ago(10))
    shop.review("photo_request_out_late", 5, ago(15))
    shop.score("advocates_in_nps", "nps", 9, ago(16))
    shop.score("advocates_out_eight", "nps", 8, ago(16))
    shop.score("advocates_out_late", "nps", 10, ago(31))
    shop.review("advocates_in_stars", 5, ago(2))
    for days in (80, 50, 20):
        shop.order("advocates_in_orders", ago(days))
    shop.score("dissatisfied_in_csat", "csat", 2, ago(5))
    shop.score("dissatisfied_out_csat", "csat", 3, ago(5))
    shop.review("dissatisfied_in_rating", 2, ago(5))
    shop.review("dissatisfied_out_rating_late", 2, ago(91))
    number = shop.order("dissatisfied_in_return", ago(70))
    shop.add(
        "returns", return_id="y", order_id=number, requested_at=f"{ago(60)} 12:00:00", closed_at=f"{ago(50)} 12:00:00"
    )
    for name, days in (("sunset_in", 181), ("sunset_out", 179)):
        shop.order(name, ago(days))
        shop.mailed(name, "value", opened=False)
    shop.order("tier_a_in", ago(12), price=8500)
    shop.score("tier_a_in", "nps", 10, ago(2))
    shop.order("tier_c_in", ago(12), discount=3)
    shop.order("tier_b_in", ago(12))
    # Opens at six in the evening in Tokyo, thirty times: five in the morning of the shop.
    shop.person("tier_b_in_evening", timezone="Asia/Tokyo")
    shop.order("tier_b_in_evening", ago(12))
    mail = {"channel": "email", "email": email("tier_b_in_evening"), "purpose": "value", "message_id": "evening"}
    shop.add("message_events", event_id="evening", occurred_at=f"{ago(40)} 03:00:00", event_type="sent", **mail)
    for number in range(30):
        moment = f"{ago(31 - number)} 05:{number:02d}:00"
        shop.add("message_events", event_id=f"evening{number}", occurred_at=moment, event_type="opened", **mail)


def _policy(shop: AudienceShop) -> None:
    # Each would be in accessories or review_request if the policy let them.
    for name in ("told_apart", "dissatisfied_buyer", "three_of_value", "two_offers"):
        shop.order(name, ago(350), "wreath")
        shop.order(name, ago(100), "pot")
    shop.mailed("told_apart", "value", 4)
    shop.mailed("dissatisfied_buyer", "value", 4)
    shop.score("dissatisfied_buyer", "csat", 1, ago(4))
    shop.mailed("three_of_value", "value", 3)
    shop.mailed("two_offers", "value", 4)
    for name in ("capped", "own_cap", "not_asked", "complained", "asking", "answered", "never", "relay", "suppressed"):
        shop.delivered(name, f"{ago(10)} 12:00:00")
    shop.mailed("capped", "value", 8)
    shop.person("own_cap", max_emails_per_month=2)
    shop.mailed("own_cap", "value", 2)
    shop.person("not_asked", max_emails_per_month=0)
    shop.event("complained", "complained", ago(29))
    shop.ticket("asking", ago(25))
    shop.rows["support_tickets"][-1]["created_at"] = f"{ago(25)} 12:00:00"
    shop.ticket("answered", ago(20), resolved_at=f"{ago(6)} 12:00:00")
    shop.person("never", email_consent="unsubscribed")
    shop.person("suppressed", suppression_reason="hard_bounce")
    shop.promised("late_never", ago(3))
    shop.person("late_never", email_consent="never")
    shop.promised("late_suppressed", ago(3))
    shop.person("late_suppressed", suppression_reason="hard_bounce")
    relay = "someone@marketplace.amazon.com"
    shop.people["relay"]["email"] = relay
    for order in shop.rows["orders"]:
        if order["email"] == email("relay"):
            order["email"] = relay
