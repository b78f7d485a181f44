"""The demo shop's true persons: who they are, how they buy and how they react to messages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orchestration.demo import catalogue, clock, programme, texts
from orchestration.demo.columns import NEVER, NONE, Bools, Columns, Floats, Ints, pick

# Roles and home channels: codes are positions in these.
ROLES = ("buyer", "wholesale", "staff", "lead")
BUYER, WHOLESALE, STAFF, LEAD = range(4)
CHANNELS = ("own_store", "amazon", "tiktok_shop", "etsy", "pos")
OWN_STORE, AMAZON, TIKTOK, ETSY, POS = range(5)
CHANNEL_SHARES = (0.845, 0.090, 0.035, 0.030, 0.0)

# Purchase process. After each order, the first included, a customer stays with chance s; who stays orders
# again after 1 + Exp(rate) days. The rate is Gamma(RATE_SHAPE, scale 1 / RATE_SCALE_DAYS) over persons, s is
# Beta(mean of the source × STAY_CONCENTRATION, …): the modified BG/NBD process (Batislam, Denizel and
# Filiztekin, 2007, "Empirical validation and comparison of models for customer base analysis").
RATE_SHAPE = 1.05
RATE_SCALE_DAYS = 98.0
STAY_CONCENTRATION = 2.6
# Orders of all kinds a buyer places in the two years, and those that flows add if everyone gets messages;
# both were counted in shops of 100,000 and a million orders.
ORDERS_PER_BUYER = 2.21
FLOW_ORDERS_PER_BUYER = 0.17
LEADS_PER_BUYER = 0.14
SHOP_PHONE_PERSONS = 12  # more than ten e-mails on one phone: not a person (see the definitions)


@dataclass
class Customers(Columns):
    """One row a true person. Days are local day numbers, instants UTC seconds (NEVER: not at all)."""

    number: Ints  # unique over the whole shop
    role: Ints
    channel: Ints
    source: Ints  # index in texts.SOURCES, NONE on marketplaces
    place: Ints
    first_name: Ints
    last_name: Ints
    birth_day: Ints  # day number, or NEVER
    start_day: Ints
    rate: Floats  # orders a day while a customer
    stay: Floats
    favourite: Ints  # variant bought again and again
    pays_cad: Bools
    # identity
    has_account: Bools
    has_two_ids: Bools
    has_two_emails: Bools
    has_two_spellings: Bools
    has_phone: Bools
    is_phone_linked: Bools
    uses_shop_phone: Bools
    contact_by_id: Bools  # tools know the person by customer_id, not e-mail
    # messages
    subscribes: Bools
    takes_sms: Bools
    unsubscribed_at: Ints
    complains: Bools
    is_bad_address: Bools
    has_mail_proxy: Bools
    has_link_scanner: Bools
    is_in_export: Bools  # in a large shop the e-mail tool's export covers a share of persons only
    engagement: Floats
    # loyalty, referral, subscription
    is_member: Bools
    referrer: Ints  # row of the person who referred this one, or NONE
    self_refers: Bools
    subscription: Ints  # variant, or NONE
    subscription_days: Ints


def buyers_for(orders: int, export_share: float) -> int:
    """How many buyers bring about the given number of orders, if messages reach a share of them."""
    return max(60, round(orders / (ORDERS_PER_BUYER + FLOW_ORDERS_PER_BUYER * export_share)))


def draw_customers(
    rng: np.random.Generator, buyers: int, first_number: int, export_share: float, is_first_chunk: bool
) -> Customers:
    """Draw `buyers` persons who buy, a few wholesalers and staff, and leads who never bought."""
    leads = round(buyers * LEADS_PER_BUYER)
    wholesalers, staff = max(3, round(buyers * 0.0012)), max(2, round(buyers * 0.0004))
    role = np.repeat((BUYER, WHOLESALE, STAFF, LEAD), (buyers, wholesalers, staff, leads)).astype(np.int64)
    n = len(role)
    is_buyer = role == BUYER
    is_regular = is_buyer | (role == LEAD)
    channel = np.where(is_buyer, pick(rng, CHANNEL_SHARES, n), OWN_STORE)
    is_own = channel == OWN_STORE
    start_day = clock.FIRST_DAY + pick(rng, clock.acquisition_weights(), n)
    start_day = np.where(role == STAFF, clock.FIRST_DAY + 20 + rng.integers(0, 40, n), start_day)

    sources = texts.SOURCES
    source = np.where(is_own, pick(rng, [row[1] for row in sources], n), NONE)
    stay_mean = np.where(is_own, np.array([row[2] for row in sources])[source], 0.42)
    stay = rng.beta(stay_mean * STAY_CONCENTRATION, (1 - stay_mean) * STAY_CONCENTRATION)
    rate = rng.gamma(RATE_SHAPE, 1 / RATE_SCALE_DAYS, n)
    stay = np.select([role == WHOLESALE, role == STAFF], [0.97, 1.0], stay)
    rate = np.select([role == WHOLESALE, role == STAFF], [1 / 55, 1 / 150], rate)

    place = pick(rng, [row[2] for row in texts.PLACES], n)
    is_abroad = np.array([row[0] != "US" for row in texts.PLACES])[place]
    place = np.where(~is_own & is_abroad, 0, place)  # the marketplaces sell in the US only
    is_canadian = np.array([row[0] == "CA" for row in texts.PLACES])[place]

    variants = catalogue.variants()
    favourite = pick(rng, variants.weight * variants.is_replenished * 1.0, n)
    subscribable = pick(rng, variants.weight * variants.is_subscribable, n)

    has_account = (is_own & (rng.random(n) < 0.62) & is_regular) | ~is_regular
    special = rng.random(n)  # one identity oddity a person, so that each can be counted by itself
    is_odd = is_buyer & is_own
    has_two_ids = is_odd & has_account & (special < 0.030)
    has_two_emails = is_odd & has_account & (special >= 0.030) & (special < 0.060)
    is_phone_linked = is_odd & ~has_account & (special < 0.040)
    has_two_spellings = is_odd & (special >= 0.060) & (special < 0.100)
    uses_shop_phone = np.zeros(n, dtype=np.bool_)
    if is_first_chunk:
        plain = np.flatnonzero(is_odd & has_account & (special > 0.5))
        uses_shop_phone[plain[:SHOP_PHONE_PERSONS]] = True
    has_phone = is_own & (rng.random(n) < 0.38) & (role != LEAD) & ~uses_shop_phone | is_phone_linked

    subscribes = is_own & is_regular & (rng.random(n) < np.where(role == LEAD, 0.93, 0.70))
    leaves_after = (rng.exponential(1_500, n) * clock.DAY).astype(np.int64)
    unsubscribed_at = (start_day + 2) * clock.DAY + 17 * clock.HOUR + leaves_after
    leaves = subscribes & (unsubscribed_at < clock.as_of_instant())

    is_member = is_buyer & has_account & (rng.random(n) < 0.70)
    subscription_share = np.where(is_buyer & has_account, 0.09, 0.0)
    takes_subscription = rng.random(n) < subscription_share
    birthdays = rng.integers(clock.day_number(clock.FIRST_DATE) - 70 * 365, clock.FIRST_DAY - 19 * 365, n)
    return Customers(
        number=first_number + np.arange(n),
        role=role,
        channel=channel,
        source=source,
        place=place,
        first_name=rng.integers(0, len(texts.FIRST_NAMES), n),
        last_name=rng.integers(0, len(texts.LAST_NAMES), n),
        birth_day=np.where(is_regular & is_own & (rng.random(n) < 0.30), birthdays, NEVER),
        start_day=start_day,
        rate=rate,
        stay=stay,
        favourite=favourite,
        pays_cad=is_own & is_canadian & (rng.random(n) < 0.70) & is_buyer,
        has_account=has_account,
        has_two_ids=has_two_ids,
        has_two_emails=has_two_emails,
        has_two_spellings=has_two_spellings,
        has_phone=has_phone,
        is_phone_linked=is_phone_linked,
        uses_shop_phone=uses_shop_phone,
        contact_by_id=has_account & (rng.random(n) < 0.12) | uses_shop_phone,
        subscribes=subscribes,
        takes_sms=has_phone & subscribes & (rng.random(n) < 0.45),
        unsubscribed_at=np.where(leaves, unsubscribed_at, NEVER),
        complains=leaves & (rng.random(n) < 0.07),
        is_bad_address=is_own & is_buyer & (rng.random(n) < 0.008),
        has_mail_proxy=rng.random(n) < 0.42,
        has_link_scanner=rng.random(n) < 0.009,
        is_in_export=rng.random(n) < export_share,
        engagement=rng.beta(2.0, 2.6, n),
        is_member=is_member,
        referrer=np.where(is_buyer & (source == texts.REFERRAL_SOURCE), _referrers(rng, start_day, is_member), NONE),
        self_refers=is_member & (rng.random(n) < 0.006),
        subscription=np.where(takes_subscription, subscribable, NONE),
        subscription_days=rng.choice((30, 30, 45, 60), n),
    )


def _referrers(rng: np.random.Generator, start_day: Ints, is_member: Bools) -> Ints:
    """For each person a member who started at least two days earlier, or NONE where there is none yet."""
    members = np.flatnonzero(is_member)
    members = members[np.argsort(start_day[members], kind="stable")]
    earlier = np.searchsorted(start_day[members], start_day - 2, side="left")
    chosen = (rng.random(len(start_day)) * earlier).astype(np.int64)
    if len(members) == 0:
        return np.full(len(start_day), NONE)
    return np.where(earlier > 0, members[np.minimum(chosen, len(members) - 1)], NONE)


def repeat_probability(customers: Customers, days: int) -> Floats:
    """Each person's chance, before flows, to order again within `days` of the first order.

    Averaged over the rates: the source's mean chance to stay × (1 − (a / (a + days)) ** r), where r and a are
    the shape and the scale in days of the rates.
    """
    source_mean = np.append(np.array([row[2] for row in texts.SOURCES]), 0.42)[customers.source]
    return np.asarray(source_mean * (1 - (RATE_SCALE_DAYS / (RATE_SCALE_DAYS + days)) ** RATE_SHAPE), dtype=np.float64)


def is_assigned(customers: Customers) -> Bools:
    """Who is drawn into the flows' arms: own-store buyers who subscribed, with an address that works."""
    own_buyer = (customers.role == BUYER) & (customers.channel == OWN_STORE)
    return np.asarray(own_buyer & customers.subscribes & customers.is_in_export & ~customers.is_bad_address)


def draw_holdouts(rng: np.random.Generator, customers: Customers) -> Bools:
    """Arms, (flows, persons): True where the person is held out. Independent of everything else."""
    held_out = rng.random((len(programme.FLOWS), len(customers))) < programme.HOLDOUT_SHARE
    has_experiment = np.array([flow.has_experiment for flow in programme.FLOWS])
    return np.asarray(held_out & has_experiment[:, None] & is_assigned(customers)[None, :])
