"""Order lines and money of the demo shop. Amounts are whole cents of the order's currency."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orchestration.demo import catalogue, clock, programme, texts
from orchestration.demo.columns import NONE, Bools, Columns, Ints, rank_in_group
from orchestration.demo.customers import OWN_STORE, Customers
from orchestration.demo.orders import (
    EXCHANGE,
    FLOW,
    GIFT_CARD,
    NO_LINES,
    NO_VALUE,
    PROCESS,
    RENEWAL,
    TRADE,
    WALK_IN,
    Orders,
    group_starts_by_person,
    local_day,
)

CAD_PER_USD = 1.36
FREE_SHIPPING_FROM = 6_000
CODES = (
    "WELCOME10", "MUMSDAY20", "SUMMER20", "BLACKFRIDAY25", "CYBERTEA25", "RESTOCK10", "COMEBACK15", "TRADE40",
    "WITHLOVE100", "POINTS5", "SWAP", "SUBSCRIBE15",
)  # fmt: skip
WELCOME, MUMSDAY, SUMMER, BLACK, CYBER, RESTOCK, COMEBACK, TRADE_CODE, SEEDING, POINTS, SWAP, SUBSCRIBE = range(12)


@dataclass
class Lines(Columns):
    """One row an order line."""

    order: Ints  # row in Orders
    number: Ints  # 1, 2 … within the order
    variant: Ints
    quantity: Ints
    unit_price: Ints
    line_discount: Ints
    has_cost: Bools  # the file gives the unit cost itself; else the product's counts


@dataclass
class Money(Columns):
    """One row an order, in its order."""

    is_cad: Bools
    code: Ints  # index in CODES, or NONE
    second_code: Ints
    referral: Ints  # row of the person whose referral code is used, or NONE
    referral_as_discount: Bools  # the code stands among the discount codes, in small letters
    gross: Ints
    discounts: Ints  # of the lines and of the order
    order_discount: Ints
    gift_card_sales: Ints
    gift_card_payment: Ints
    tax: Ints
    shipping: Ints
    tip: Ints

    @property
    def value(self) -> Ints:
        """Gross less discounts."""
        return self.gross - self.discounts


def price_orders(rng: np.random.Generator, customers: Customers, orders: Orders) -> tuple[Lines, Money]:
    """Draw lines, prices, discounts, tax and shipping of all orders (without exchanges)."""
    n = len(orders)
    variants = catalogue.variants()
    is_person = orders.person != NONE
    is_cad = is_person & customers.pays_cad[orders.person] & (orders.channel == OWN_STORE)
    is_first = group_starts_by_person(orders) & is_person & (orders.kind == PROCESS)
    percent, code, second_code, referral, as_discount = _discounts(rng, customers, orders, is_first)
    lines = _draw_lines(rng, orders)
    lines.unit_price = _unit_prices(orders, lines.order, lines.variant, is_cad)
    value = lines.unit_price * lines.quantity
    is_card = variants.is_gift_card[lines.variant]
    # Gift cards are never discounted.
    lines.line_discount = np.where(is_card, 0, (value * percent[lines.order] + 50) // 100)

    gross = _sum(lines.order, np.where(is_card, 0, value), n)
    cards = _sum(lines.order, np.where(is_card, value, 0), n)
    in_lines = _sum(lines.order, lines.line_discount, n)
    wanted = np.where(referral != NONE, 1000, 0) + np.where(second_code == POINTS, 500, 0)
    order_discount = np.where(wanted > 0, np.clip(wanted, 0, np.maximum(gross - in_lines - 300, 0)), 0)
    net = gross - in_lines - order_discount

    country = np.array([row[0] for row in texts.PLACES])[customers.place[orders.person]]
    in_us = (country == "US") & is_person
    state_tax = np.array([(0, 625, 700, 887, 600)[index % 5] for index in range(len(texts.PLACES))])
    tax_points = np.where(in_us, state_tax[customers.place[orders.person]], np.where(is_cad, 1300, 0))
    is_free = np.isin(orders.kind, (GIFT_CARD, WALK_IN, EXCHANGE, NO_VALUE)) | (net >= FREE_SHIPPING_FROM)
    gift_pay = (orders.channel == OWN_STORE) & (rng.random(n) < 0.014) & (orders.kind <= FLOW) & (net > 0)
    tips = (orders.channel == OWN_STORE) & (rng.random(n) < 0.02) & (net > 2000)
    money = Money(
        is_cad=is_cad,
        code=code,
        second_code=second_code,
        referral=referral,
        referral_as_discount=as_discount,
        gross=gross,
        discounts=in_lines + order_discount,
        order_discount=order_discount,
        gift_card_sales=cards,
        gift_card_payment=np.where(gift_pay, np.minimum(net, rng.choice((2500, 5000), n)), 0),
        tax=np.where(orders.kind == GIFT_CARD, 0, net * tax_points // 10_000),
        shipping=np.where(is_free, 0, np.where(in_us | ~is_person, 595, 1495)),
        tip=np.where(tips, 200, 0),
    )
    return lines, money


def exchange_lines(orders: Orders, variant: Ints, quantity: Ints, is_cad: Bools) -> tuple[Lines, Money]:
    """Lines of exchange orders: the returned goods again, fully discounted."""
    n = len(orders)
    order = np.arange(n)
    price = _unit_prices(orders, order, variant, is_cad)
    zero = np.zeros(n, dtype=np.int64)
    gross = price * quantity
    lines = Lines(order, np.ones(n, dtype=np.int64), variant, quantity, price, gross, np.ones(n, dtype=np.bool_))
    none = np.full(n, NONE)
    return lines, Money(
        is_cad,
        np.full(n, SWAP),
        none,
        none,
        np.zeros(n, dtype=np.bool_),
        gross,
        gross,
        zero,
        zero,
        zero,
        zero,
        zero,
        zero,
    )


def _draw_lines(rng: np.random.Generator, orders: Orders) -> Lines:
    """Which variants and how many; at most one line of each variant an order."""
    n = len(orders)
    variants = catalogue.variants()
    month = clock.month_of(orders.written_local)
    gift_season = np.isin(month, (10, 11))
    extra = np.minimum(rng.poisson(np.where(gift_season, 0.85, 0.55)), 5)
    alone = np.isin(orders.kind, (RENEWAL, GIFT_CARD, NO_VALUE, EXCHANGE))
    extra = np.select([alone, orders.kind == TRADE], [0, 2 + extra], extra)
    extra = np.where(orders.main_variant == NO_LINES, -1, extra)
    order = np.repeat(np.arange(n), extra + 1)
    number = rank_in_group(order) + 1
    table = variants.weight * variants.month_factor
    cumulative = np.cumsum(table / table.sum(axis=1, keepdims=True), axis=1)
    cumulative[:, -1] = 1.0
    line_month = month[order]
    flat = (cumulative + np.arange(12)[:, None]).ravel()
    drawn = np.searchsorted(flat, line_month + rng.random(len(order)), side="right") - line_month * variants.count
    variant = np.where(number == 1, orders.main_variant[order], np.minimum(drawn, variants.count - 1))
    # Some customers add a gift card to their basket: sold beside the goods, and never revenue.
    adds_card = (number > 1) & (orders.kind[order] == PROCESS) & (rng.random(len(order)) < 0.006)
    variant = np.where(adds_card, np.flatnonzero(variants.is_gift_card)[0], variant)

    key = order * variants.count + variant
    _, kept = np.unique(key, return_index=True)
    kept = np.sort(kept)
    order, variant = order[kept], variant[kept]
    size = len(order)
    quantity = 1 + (variants.is_bulk[variant] & (rng.random(size) < 0.17)).astype(np.int64)
    quantity += (rng.random(size) < 0.03).astype(np.int64)
    quantity = np.where(orders.kind[order] == TRADE, rng.choice((6, 12, 12, 24, 36), size), quantity)
    single = variants.is_gift_card[variant] | np.isin(orders.kind[order], (RENEWAL, NO_VALUE))
    quantity = np.where(single, 1, quantity)
    zero = np.zeros(size, dtype=np.int64)
    return Lines(order, rank_in_group(order) + 1, variant, quantity, zero, zero, rng.random(size) < 0.86)


def _unit_prices(orders: Orders, order: Ints, variant: Ints, is_cad: Bools) -> Ints:
    """Unit prices in the order's currency: the list of the day; Canadian prices end in 0 or 50 cents."""
    variants = catalogue.variants()
    rise = int(np.datetime64(catalogue.PRICE_RISE_DAY).astype(np.int64))
    is_old = (orders.written_local // clock.DAY < rise)[order] & ~variants.is_gift_card[variant]
    list_price = variants.price[variant]
    # Rounded to half dollars, as a shop's price list is.
    price = np.where(is_old, np.round(list_price * catalogue.PRICE_BEFORE_RISE / 50) * 50, list_price)
    price = np.where(is_cad[order], np.round(price * CAD_PER_USD / 50) * 50, price)
    return price.astype(np.int64)


def _discounts(
    rng: np.random.Generator, customers: Customers, orders: Orders, is_first: Bools
) -> tuple[Ints, Ints, Ints, Ints, Bools]:
    """(percent off the lines, code, second code, referrer's row, code written as a discount code)."""
    n = len(orders)
    day = local_day(orders)
    is_person = orders.person != NONE
    own = (orders.channel == OWN_STORE) & is_person
    is_goods = np.isin(orders.kind, (PROCESS, FLOW))
    code, percent = np.full(n, NONE), np.zeros(n, dtype=np.int64)

    source = customers.source[orders.person]
    welcome_share = np.array([0.30, 0.20, 0.16, 0.30, 0.0, 0.45, 0.12, 0.55, 0.0])[source]
    welcome = own & is_goods & is_first & (rng.random(n) < welcome_share)
    code[welcome], percent[welcome] = WELCOME, 10
    restock = own & (orders.flow == programme.FLOWS.index(programme.REPLENISHMENT)) & (rng.random(n) < 0.35)
    code[restock], percent[restock] = RESTOCK, 10
    back = own & (orders.flow == programme.FLOWS.index(programme.WIN_BACK)) & (rng.random(n) < 0.80)
    code[back], percent[back] = COMEBACK, 15

    referral = np.where(is_first & own, customers.referrer[orders.person], NONE)
    uses_own = own & (orders.kind == PROCESS) & customers.self_refers[orders.person] & (rng.random(n) < 0.5)
    referral = np.where(uses_own, orders.person, referral)
    has_referral = referral != NONE
    code[has_referral], percent[has_referral] = NONE, 0

    used = rng.random(n)
    for date, name, share, off, _ in clock.PROMOTIONS:
        # Everyone sees the sale, on marketplaces and at the stall too: there as a price cut without a code.
        on_day = (
            (day == clock.day_number(date)) & (used < share) & (is_goods | (orders.kind == WALK_IN)) & ~has_referral
        )
        percent[on_day] = off
        code[on_day] = np.where(orders.channel[on_day] == OWN_STORE, CODES.index(name), NONE)

    percent[orders.kind == RENEWAL], code[orders.kind == RENEWAL] = 15, SUBSCRIBE
    first_box = orders.is_subscription_first & (percent < 15) & ~has_referral
    percent[first_box], code[first_box] = 15, SUBSCRIBE
    percent[orders.kind == TRADE], code[orders.kind == TRADE] = 40, TRADE_CODE
    percent[orders.kind == NO_VALUE], code[orders.kind == NO_VALUE] = 100, SEEDING
    member = own & customers.is_member[orders.person] & ~is_first & is_goods
    second_code = np.where(member & (rng.random(n) < 0.07), POINTS, NONE)
    return percent, code, second_code, referral, has_referral & (rng.random(n) < 0.30)


def _sum(group: Ints, values: Ints, groups: int) -> Ints:
    """Sum of whole numbers by group (floats hold cents exactly up to 2**53)."""
    return np.bincount(group, weights=values, minlength=groups).astype(np.int64)
