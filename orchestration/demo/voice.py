"""What the demo shop's customers say: reviews, surveys, tickets; and their points."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from orchestration.demo import catalogue, clock, texts
from orchestration.demo.aftercare import late
from orchestration.demo.columns import NEVER, NONE, Bools, Columns, Ints, group_starts, pick, timeline_key
from orchestration.demo.customers import ETSY, LEAD, OWN_STORE, Customers
from orchestration.demo.lines import POINTS, Money
from orchestration.demo.orders import FLOW, PROCESS, RENEWAL, SAME_SECOND, Orders, is_valid

TIERS = ("Leaf", "Blossom", "Grove")
TIER_POINTS = (0, 150, 450)
ON_TIME_RATINGS = (0.025, 0.03, 0.075, 0.21, 0.66)
LATE_RATINGS = (0.24, 0.20, 0.20, 0.19, 0.17)


@dataclass
class Reviews(Columns):
    """One row a review; the texts are indices in `sentences()` and `titles()`."""

    order: Ints
    person: Ints
    variant: Ints
    instant: Ints
    rating: Ints
    language: Ints
    title: Ints
    first_sentence: Ints
    second_sentence: Ints
    has_media: Bools
    names_order: Bools
    identity: Ints  # 0 e-mail, 1 customer_id, 2 neither


@dataclass
class Surveys(Columns):
    """One row an answer."""

    person: Ints
    order: Ints
    survey_type: Ints  # 0 nps, 1 csat, 2 other
    instant: Ints
    score: Ints  # NONE without one
    comment: Ints
    identity: Ints


@dataclass
class Tickets(Columns):
    """One row a support ticket."""

    person: Ints
    order: Ints
    topic: Ints
    instant: Ints
    resolved_at: Ints
    identity: Ints


@dataclass
class Loyalty(Columns):
    """One row a loyalty event."""

    person: Ints
    instant: Ints
    event_type: Ints  # 0 enrolled, 1 earned, 2 redeemed, 3 tier_changed
    points: Ints
    tier: Ints


@dataclass
class Pages(Columns):
    """One row a page seen by someone known."""

    person: Ints
    order: Ints  # NONE for product pages
    page_type: Ints  # 0 thank_you, 1 tracking, 2 product
    variant: Ints
    instant: Ints


@cache
def sentences() -> tuple[list[str], Ints, Ints]:
    """All sentences in one list, and where each (theme, sentiment, language) begins and how many it has."""
    flat: list[str] = []
    shape = (len(texts.THEMES), 2, len(texts.LANGUAGES))
    start, count = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for theme, theme_name in enumerate(texts.THEMES):
        for side, sentiment in enumerate((-1, 1)):
            for language, (code, _) in enumerate(texts.LANGUAGES):
                found = texts.SENTENCES[theme_name, sentiment, code]
                start[theme, side, language], count[theme, side, language] = len(flat), len(found)
                flat += found
    return flat, start, count


@cache
def titles() -> tuple[list[str], Ints, Ints]:
    """All review titles in one list, and where each (language, sentiment + 1) begins and how many it has."""
    flat: list[str] = []
    shape = (len(texts.LANGUAGES), 3)
    start, count = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for language, (code, _) in enumerate(texts.LANGUAGES):
        for side, sentiment in enumerate((-1, 0, 1)):
            found = texts.TITLES[code, sentiment]
            start[language, side], count[language, side] = len(flat), len(found)
            flat += found
    return flat, start, count


def _identity(rng: np.random.Generator, customers: Customers, person: Ints, unknown_share: float) -> Ints:
    """How a person is named: by e-mail, by customer id, or not at all."""
    by_id = customers.contact_by_id[person] | (customers.has_account[person] & (rng.random(len(person)) < 0.15))
    return np.where(rng.random(len(person)) < unknown_share, 2, by_id.astype(np.int64))


def _delivered(orders: Orders) -> Bools:
    """Goods orders that have reached a known person."""
    reaches = np.isin(orders.kind, (PROCESS, FLOW, RENEWAL, SAME_SECOND)) & (orders.person != NONE)
    return np.asarray(reaches & (orders.delivered_at > 0))


def draw_reviews(rng: np.random.Generator, customers: Customers, orders: Orders) -> Reviews:
    """Reviews of the order's main product; a late parcel costs stars, and the words follow the stars."""
    share = np.select(
        [orders.kind == RENEWAL, orders.channel == OWN_STORE, orders.channel == ETSY],
        [0.05, 0.335, 0.22],
        0.0,
    )
    chosen = _delivered(orders) & (rng.random(len(orders)) < share)
    row = np.flatnonzero(chosen)
    instant = orders.delivered_at[row] + ((rng.gamma(2.2, 6.0, len(row)) + 2) * clock.DAY).astype(np.int64)
    row, instant = row[instant < clock.as_of_instant()], instant[instant < clock.as_of_instant()]
    n = len(row)
    is_late = late(orders)[row]
    rating = np.where(is_late, pick(rng, LATE_RATINGS, n), pick(rng, ON_TIME_RATINGS, n)) + 1
    language = pick(rng, [share for _, share in texts.LANGUAGES], n)
    variants = catalogue.variants()
    variant = orders.main_variant[row]
    weights = np.array([texts.THEME_WEIGHTS[catalogue.PRODUCTS[product].product_type] for product in variants.product])
    cumulative = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    themes = [(rng.random(n)[:, None] > cumulative[variant]).sum(axis=1) for _ in range(2)]
    complains_of_delivery = is_late & (rating <= 3) & (rng.random(n) < 0.75)
    themes[0] = np.where(complains_of_delivery, 0, themes[0])
    praise = [rating >= 4, (rating >= 4) | ((rating == 3) & (rng.random(n) < 0.6))]
    # Praise of the delivery of a late parcel would be odd: such reviews speak of quality.
    themes = [np.where(is_late & good & (theme == 0), 1, theme) for theme, good in zip(themes, praise, strict=True)]
    _, start, count = sentences()
    drawn = []
    for theme, good in zip(themes, praise, strict=True):
        cell = (theme, good.astype(np.int64), language)
        drawn.append(start[cell] + (rng.random(n) * count[cell]).astype(np.int64))
    _, title_start, title_count = titles()
    cell2 = (language, np.select([rating >= 4, rating == 3], [2, 1], 0))
    title = title_start[cell2] + (rng.random(n) * title_count[cell2]).astype(np.int64)
    says_nothing = rng.random(n) < 0.13
    says_little = (rng.random(n) < 0.45) | (themes[0] == themes[1])
    return Reviews(
        order=row,
        person=orders.person[row],
        variant=variant,
        instant=instant,
        rating=rating,
        language=language,
        title=np.where(says_nothing & (rng.random(n) < 0.5), NONE, title),
        first_sentence=np.where(says_nothing, NONE, drawn[0]),
        second_sentence=np.where(says_nothing | says_little, NONE, drawn[1]),
        has_media=rng.random(n) < 0.16,
        names_order=rng.random(n) < 0.82,
        identity=_identity(rng, customers, orders.person[row], 0.03),
    )


def draw_tickets(rng: np.random.Generator, customers: Customers, orders: Orders) -> Tickets:
    """Tickets on own-store orders: mostly about parcels that don't come."""
    is_late = late(orders)
    share = np.where(is_late | (orders.delivered_at == NEVER), 0.24, 0.045)
    own = is_valid(orders) & (orders.channel == OWN_STORE) & (orders.person != NONE) & (orders.shipped_at > 0)
    row = np.flatnonzero(own & (rng.random(len(orders)) < share))
    topic = np.where(
        is_late[row],
        pick(rng, (0.86, 0.02, 0.02, 0.04, 0.06), len(row)),
        pick(rng, (20, 32, 14, 16, 18), len(row)),
    )
    waiting = topic == 0
    delivered = np.maximum(orders.delivered_at[row], orders.shipped_at[row] + 6 * clock.DAY)
    span = np.maximum(delivered - orders.shipped_at[row], 1)
    instant = np.where(
        waiting,
        orders.shipped_at[row] + (span * rng.uniform(0.55, 1.0, len(row))).astype(np.int64),
        delivered + rng.integers(2 * clock.HOUR, 9 * clock.DAY, len(row)),
    )
    resolved = instant + (rng.gamma(1.6, 14.0, len(row)) * clock.HOUR).astype(np.int64) + 600
    keep = instant < clock.as_of_instant()
    row, topic, instant, resolved = row[keep], topic[keep], instant[keep], resolved[keep]
    person = orders.person[row]
    return Tickets(
        person=person,
        order=row,
        topic=topic,
        instant=instant,
        resolved_at=np.where((resolved < clock.as_of_instant()) & (rng.random(len(row)) < 0.985), resolved, NEVER),
        identity=_identity(rng, customers, person, 0.0),
    )


def draw_surveys(rng: np.random.Generator, customers: Customers, orders: Orders, tickets: Tickets) -> Surveys:
    """NPS three weeks after the first parcel, CSAT after tickets, and a question on the thank-you page."""
    now = clock.as_of_instant()
    real = np.flatnonzero(_delivered(orders) & (orders.channel == OWN_STORE))
    real = real[np.argsort(timeline_key(orders.person[real], orders.instant[real]), kind="stable")]
    first = real[group_starts(orders.person[real])]

    asked = first[(rng.random(len(first)) < 0.19) & (orders.delivered_at[first] < now - 22 * clock.DAY)]
    is_late = late(orders)[asked]
    happy = pick(rng, (1, 0.5, 0.5, 1, 1, 3, 4, 9, 17, 21, 42), len(asked))
    unhappy = pick(rng, (8, 4, 6, 9, 9, 14, 14, 14, 12, 6, 4), len(asked))
    score = np.where(is_late, unhappy, happy)
    nps_at = orders.delivered_at[asked] + 21 * clock.DAY + rng.integers(0, clock.DAY, len(asked))
    parts = [
        _answers(
            rng,
            customers,
            orders.person[asked],
            asked,
            0,
            nps_at,
            score,
            np.select([score >= 9, score >= 7], [1, 0], -1),
        )
    ]

    answered = np.flatnonzero((tickets.resolved_at != NEVER) & (rng.random(len(tickets)) < 0.32))
    fast = tickets.resolved_at[answered] - tickets.instant[answered] < clock.DAY
    stars = (
        np.where(fast, pick(rng, (3, 4, 8, 25, 60), len(answered)), pick(rng, (18, 17, 22, 25, 18), len(answered))) + 1
    )
    csat_at = np.minimum(tickets.resolved_at[answered] + 7200, now - 60)
    parts.append(
        _answers(
            rng,
            customers,
            tickets.person[answered],
            tickets.order[answered],
            1,
            csat_at,
            stars,
            np.select([stars >= 4, stars == 3], [1, 0], -1),
        )
    )
    told = first[rng.random(len(first)) < 0.06]
    nothing = np.full(len(told), NONE)
    parts.append(
        _answers(rng, customers, orders.person[told], told, 2, orders.instant[told] + 90, nothing, nothing + 1)
    )
    return Surveys.stack(parts)


def _answers(
    rng: np.random.Generator,
    customers: Customers,
    person: Ints,
    order: Ints,
    survey_type: int,
    instant: Ints,
    score: Ints,
    mood: Ints,
) -> Surveys:
    """Answers, a third of them with a comment that fits the mood (-1, 0, 1)."""
    n = len(person)
    start = np.array([0, *np.cumsum([len(texts.COMMENTS[key]) for key in (-1, 0)])])
    count = np.array([len(texts.COMMENTS[key]) for key in (-1, 0, 1)])
    comment = start[mood + 1] + (rng.random(n) * count[mood + 1]).astype(np.int64)
    return Surveys(
        person=person,
        order=order,
        survey_type=np.full(n, survey_type),
        instant=instant,
        score=score,
        comment=np.where((rng.random(n) < 0.34) & (survey_type < 2), comment, NONE),
        identity=_identity(rng, customers, person, 0.0),
    )


def comments() -> list[str]:
    """Survey comments from unhappy to happy, as the indices of `Surveys.comment` mean them."""
    return [text for key in (-1, 0, 1) for text in texts.COMMENTS[key]]


def loyalty_events(customers: Customers, orders: Orders, money: Money) -> Loyalty:
    """Points of the members: one a dollar, 500 cents off for 100 points, tiers by what was earned so far."""
    earning = np.flatnonzero(
        is_valid(orders) & (orders.person != NONE) & (orders.channel == OWN_STORE) & customers.is_member[orders.person]
    )
    earning = earning[orders.instant[earning] < clock.as_of_instant() - clock.DAY]
    earning = earning[np.argsort(timeline_key(orders.person[earning], orders.instant[earning]), kind="stable")]
    person, instant = orders.person[earning], orders.instant[earning]
    first = group_starts(person)
    points = money.value[earning] // 100
    running = np.cumsum(points)
    so_far = running - np.repeat(running[first] - points[first], np.diff(np.append(np.flatnonzero(first), len(person))))
    tier = np.searchsorted(np.array(TIER_POINTS), so_far, side="right") - 1
    before = np.where(first, 0, np.concatenate(([0], tier[:-1])) if len(tier) else tier)
    spent = money.second_code[earning] == POINTS
    parts = [
        _loyalty(
            person[first],
            instant[first] + 30,
            0,
            np.full(int(first.sum()), NONE),
            np.zeros(int(first.sum()), np.int64),
        ),
        _loyalty(person, instant + 3600, 1, points, tier),
        _loyalty(person[spent], instant[spent] - 5, 2, np.full(int(spent.sum()), 100), before[spent]),
        _loyalty(
            person[tier > before],
            instant[tier > before] + 3605,
            3,
            np.full(int((tier > before).sum()), NONE),
            tier[tier > before],
        ),
    ]
    events = Loyalty.stack(parts)
    return events.take(np.lexsort((events.event_type, events.person, events.instant)))


def _loyalty(person: Ints, instant: Ints, event_type: int, points: Ints, tier: Ints) -> Loyalty:
    """Events of one type."""
    return Loyalty(person, instant, np.full(len(person), event_type), points, tier)


def draw_pages(rng: np.random.Generator, customers: Customers, orders: Orders) -> Pages:
    """Thank-you, tracking and product pages around own-store orders."""
    now = clock.as_of_instant()
    own = np.flatnonzero(
        is_valid(orders)
        & (orders.channel == OWN_STORE)
        & (orders.person != NONE)
        & (customers.role[orders.person] != LEAD)
    )
    placed = own[orders.kind[own] != RENEWAL]
    thanked = _pages(orders, placed, 0, orders.instant[placed] + 4)
    parcels = own[orders.shipped_at[own] > 0]
    looks = np.repeat(parcels, rng.poisson(1.5, len(parcels)))
    end = np.where(
        orders.delivered_at[looks] > 0, orders.delivered_at[looks], orders.shipped_at[looks] + 20 * clock.DAY
    )
    tracked_at = orders.shipped_at[looks] + ((end - orders.shipped_at[looks]) * rng.random(len(looks))).astype(np.int64)
    tracked = _pages(orders, looks, 1, tracked_at)
    visits = np.repeat(placed, rng.poisson(1.3, len(placed)))
    viewed = _pages(
        orders,
        visits,
        2,
        orders.instant[visits] - (rng.exponential(0.6, len(visits)) * clock.DAY).astype(np.int64) - 60,
    )
    month = clock.month_of(clock.to_local(viewed.instant))
    table = catalogue.variants().weight
    viewed.variant = np.where(rng.random(len(viewed)) < 0.5, viewed.variant, pick(rng, table, len(month)))
    viewed.order = np.full(len(viewed), NONE)
    pages = Pages.stack([thanked, tracked, viewed])
    pages = pages.take(pages.instant < now)
    return pages.take(np.lexsort((pages.page_type, pages.person, pages.instant)))


def _pages(orders: Orders, row: Ints, page_type: int, instant: Ints) -> Pages:
    """Pages of one type, one for each given order row."""
    return Pages(
        orders.person[row],
        row,
        np.full(len(row), page_type),
        np.maximum(orders.main_variant[row], 0),
        instant,
    )
