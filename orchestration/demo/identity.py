"""What an order shows of its person: accounts, guests, relay addresses, placeholders and phones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orchestration.demo.columns import NONE, Columns, Ints, rank_in_group, timeline_key
from orchestration.demo.customers import AMAZON, ETSY, OWN_STORE, POS, TIKTOK, Customers
from orchestration.demo.orders import Orders

NO_ID, FIRST_ID, SECOND_ID = range(3)
NO_EMAIL, EMAIL, OTHER_EMAIL, SPELLED, RELAY, PLACEHOLDER, NOT_AN_ADDRESS = range(7)
NO_PHONE, OWN_PHONE, SHOP_PHONE, WITHOUT_PLUS, MARKETPLACE_PHONE = range(5)
PLACEHOLDERS = ("pos@example.com", "noreply@example.com", "none@example.com", "guest@example.com")
NOT_ADDRESSES = ("n/a", "walk-in", "-")


@dataclass
class Identity(Columns):
    """One row an order, in its order: which of the person's ids, e-mails and phones stand on it."""

    customer_id: Ints
    email: Ints
    phone: Ints
    wording: Ints  # which placeholder or non-address


def draw_identity(rng: np.random.Generator, customers: Customers, orders: Orders) -> Identity:
    """All orders of a person stay connected: at least one piece of evidence stands on each of them."""
    n = len(orders)
    person = orders.person
    own = (orders.channel == OWN_STORE) & (person != NONE)
    by_time = np.argsort(timeline_key(person, orders.instant), kind="stable")
    rank = np.empty(n, dtype=np.int64)
    rank[by_time] = rank_in_group(person[by_time])
    odd_turn = rank % 2 == 1

    account = own & customers.has_account[person]
    customer_id = np.where(account, FIRST_ID, NO_ID)
    customer_id = np.where(account & customers.has_two_ids[person] & odd_turn, SECOND_ID, customer_id)

    email = np.where(own | (orders.channel == ETSY), EMAIL, NO_EMAIL)
    email = np.where(np.isin(orders.channel, (AMAZON, TIKTOK)), RELAY, email)
    changes = customers.has_two_emails[person] | customers.is_phone_linked[person]
    email = np.where(own & changes & odd_turn, OTHER_EMAIL, email)
    email = np.where(own & customers.has_two_spellings[person] & odd_turn, SPELLED, email)
    # An account can stand without its e-mail, or with the till's: its id still says who it is.
    plain = account & ~customers.has_two_ids[person] & ~customers.has_two_emails[person]
    chance = rng.random(n)
    email = np.where(plain & (chance < 0.02), NO_EMAIL, email)
    email = np.where(plain & (chance > 0.994), PLACEHOLDER, email)
    walk_in = orders.channel == POS
    email = np.where(walk_in, np.select([chance < 0.5, chance < 0.85], [NO_EMAIL, PLACEHOLDER], NOT_AN_ADDRESS), email)

    gives_phone = own & customers.has_phone[person] & (rng.random(n) < 0.6)
    phone = np.where(gives_phone, np.where(rng.random(n) < 0.85, OWN_PHONE, WITHOUT_PLUS), NO_PHONE)
    phone = np.where(own & customers.is_phone_linked[person], OWN_PHONE, phone)
    phone = np.where(own & customers.uses_shop_phone[person] & (rank == 0), SHOP_PHONE, phone)
    phone = np.where(orders.channel == AMAZON, MARKETPLACE_PHONE, phone)
    return Identity(customer_id, email, phone, rng.integers(0, 12, n))
