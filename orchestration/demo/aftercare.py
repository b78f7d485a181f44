"""What follows a demo order: returns, refunds, exchanges and later versions of the order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orchestration.demo import catalogue, clock, texts
from orchestration.demo.columns import NEVER, NONE, Bools, Columns, Ints, pick
from orchestration.demo.customers import OWN_STORE, Customers
from orchestration.demo.lines import Lines, Money, exchange_lines
from orchestration.demo.orders import (
    CANCELLED,
    FLOW,
    PROCESS,
    RENEWAL,
    Orders,
    exchanges,
    is_valid,
)

OUTCOMES = ("refund", "exchange", "store_credit")
REFUND_REASONS = ("return", "store_credit", "late_delivery", "correction")
LATE_REFUND_DAYS = 140


@dataclass
class Returns(Columns):
    """One row a return of one line."""

    order: Ints
    line: Ints
    quantity: Ints
    reason: Ints
    outcome: Ints
    requested_at: Ints
    closed_at: Ints  # NEVER while open


@dataclass
class Refunds(Columns):
    """One row a refund; amount in cents of the order's currency."""

    order: Ints  # NONE: of an order never seen
    line: Ints  # NONE: of the order as a whole
    quantity: Ints  # 0: nothing came back
    amount: Ints
    reason: Ints
    instant: Ints


@dataclass
class Versions:
    """Orders delivered twice: as first placed and as changed later."""

    order: Ints
    changed_at: Ints
    loses_line: Bools  # the first version had one line more
    loses_unit: Bools  # the first version had one unit more on its first line


def late(orders: Orders) -> Bools:
    """Delivered on a later local day than promised."""
    delivered = clock.to_local(orders.delivered_at) // clock.DAY
    return np.asarray((orders.delivered_at > 0) & (delivered > clock.to_local(orders.estimated_at) // clock.DAY))


def draw_returns(rng: np.random.Generator, orders: Orders, lines: Lines) -> Returns:
    """Units sent back within four weeks of delivery, by the product's share."""
    variants = catalogue.variants()
    line_orders = orders.take(lines.order)
    returnable = np.isin(line_orders.kind, (PROCESS, FLOW, RENEWAL)) & (line_orders.delivered_at > 0)
    share = variants.return_share[lines.variant] * np.where(late(line_orders), 1.8, 1.0)
    chosen = returnable & ~variants.is_gift_card[lines.variant] & (rng.random(len(lines)) < share)
    row = np.flatnonzero(chosen)
    requested = line_orders.delivered_at[row] + (rng.uniform(0.5, 27, len(row)) * clock.DAY).astype(np.int64)
    seen = requested < clock.as_of_instant()
    row, requested = row[seen], requested[seen]
    product_type = np.array(
        [
            {"Loungewear": 0, "Teaware": 1, "Skin Care": 2}.get(catalogue.PRODUCTS[product].product_type, 3)
            for product in variants.product
        ]
    )[lines.variant[row]]
    # Columns: too small, too large, not as described, damaged, wrong item, changed mind, skin, taste, late
    weights = np.array(
        [
            (40, 20, 14, 3, 4, 17, 0, 0, 2),
            (0, 0, 16, 46, 7, 24, 0, 0, 7),
            (0, 0, 12, 8, 8, 16, 46, 6, 4),
            (0, 0, 10, 22, 14, 14, 2, 30, 8),
        ],
        dtype=np.float64,
    )
    cumulative = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    reason = (rng.random(len(row))[:, None] > cumulative[product_type]).sum(axis=1)
    closed = requested + (rng.uniform(2, 14, len(row)) * clock.DAY).astype(np.int64)
    is_size = reason <= 1
    outcome = np.where(is_size & (rng.random(len(row)) < 0.55), 1, pick(rng, (0.80, 0.08, 0.12), len(row)))
    return Returns(
        order=lines.order[row],
        line=row,
        quantity=np.where(rng.random(len(row)) < 0.85, lines.quantity[row], 1),
        reason=np.minimum(reason, len(texts.RETURN_REASONS) - 1).astype(np.int64),
        outcome=outcome,
        requested_at=requested,
        closed_at=np.where(closed < clock.as_of_instant(), closed, NEVER),
    )


def draw_refunds(
    rng: np.random.Generator,
    orders: Orders,
    lines: Lines,
    money: Money,
    returns: Returns,
    is_first_chunk: bool,
) -> Refunds:
    """Refunds of returns (a few of them months later), small ones for late parcels, and mistakes."""
    now = clock.as_of_instant()
    sent_back = returns.take((returns.outcome != 1) & (returns.closed_at != NEVER))
    row = sent_back.line
    paid = lines.unit_price[row] * lines.quantity[row] - lines.line_discount[row]
    before = np.maximum(money.value[sent_back.order] + money.order_discount[sent_back.order], 1)
    # The order's own discount is shared out, so that what comes back is never more than what was paid.
    paid = paid * sent_back.quantity // lines.quantity[row] * money.value[sent_back.order] // before
    waits = np.where(rng.random(len(row)) < 0.06, rng.uniform(LATE_REFUND_DAYS, 200, len(row)), 0.0)
    instant = sent_back.closed_at + (waits * clock.DAY).astype(np.int64)
    instant = np.where(instant < now, instant, sent_back.closed_at)
    parts = [
        Refunds(sent_back.order, row, sent_back.quantity, paid, (sent_back.outcome == 2).astype(np.int64), instant)
    ]

    whole = np.ones(len(orders), dtype=np.bool_)
    whole[returns.order] = False
    own = whole & is_valid(orders) & (orders.channel == OWN_STORE) & (orders.person != NONE)
    sorry = np.flatnonzero(
        own & late(orders) & (orders.delivered_at < now - 5 * clock.DAY) & (rng.random(len(orders)) < 0.12)
    )
    parts.append(
        _of_orders(sorry, np.minimum(500, money.value[sorry] // 2), 2, orders.delivered_at[sorry] + 2 * clock.DAY)
    )
    if is_first_chunk:
        whole[sorry] = False
        old = np.flatnonzero(own & whole & (orders.kind == PROCESS) & (orders.instant < now - 60 * clock.DAY))
        too_much = old[len(old) // 3 : len(old) // 3 + 2]
        parts.append(_of_orders(too_much, money.gross[too_much] * 3 // 2, 3, orders.instant[too_much] + 30 * clock.DAY))
        unseen = np.full(3, NONE)
        at = clock.FIRST_DAY * clock.DAY + np.array((9, 16, 31)) * clock.DAY
        parts.append(_of_orders(unseen, np.array((3200, 1400, 5800)), 0, at))
    return Refunds.stack(parts)


def _of_orders(order: Ints, amount: Ints, reason: int, instant: Ints) -> Refunds:
    """Refunds of whole orders: no line, nothing brought back."""
    n = len(order)
    return Refunds(order, np.full(n, NONE), np.zeros(n, dtype=np.int64), amount, np.full(n, reason), instant)


def add_exchanges(
    rng: np.random.Generator,
    customers: Customers,
    orders: Orders,
    lines: Lines,
    money: Money,
    returns: Returns,
) -> tuple[Orders, Lines, Money]:
    """All orders, lines and money, with the replacement orders of returns that were exchanged behind them."""
    swapped = returns.take((returns.outcome == 1) & (returns.closed_at != NEVER))
    added = exchanges(rng, customers, orders, swapped.order, lines.variant[swapped.line], swapped.closed_at)
    new_lines, new_money = exchange_lines(
        added, lines.variant[swapped.line], swapped.quantity, money.is_cad[swapped.order]
    )
    new_lines.order = new_lines.order + len(orders)
    return Orders.stack([orders, added]), Lines.stack([lines, new_lines]), Money.stack([money, new_money])


def draw_versions(rng: np.random.Generator, orders: Orders, lines: Lines) -> Versions:
    """Which orders were delivered again: some lost a line or a unit, most cancellations came later."""
    now = clock.as_of_instant()
    eligible = (orders.instant < now - 3 * clock.DAY) & (orders.channel == OWN_STORE)
    edited = eligible & np.isin(orders.kind, (PROCESS, FLOW)) & (rng.random(len(orders)) < 0.03)
    has_lines = np.bincount(lines.order, minlength=len(orders)) > 0
    edited &= has_lines
    cancelled = (orders.kind == CANCELLED) & (orders.channel == OWN_STORE) & (rng.random(len(orders)) < 0.6)
    order = np.flatnonzero(edited | cancelled)
    by_line = rng.random(len(order)) < 0.5
    is_edit = edited[order]
    wait = rng.integers(clock.HOUR, 40 * clock.HOUR, len(order))
    return Versions(
        order=order,
        changed_at=np.where(is_edit, orders.instant[order] + wait, orders.cancelled_at[order]),
        loses_line=is_edit & by_line,
        loses_unit=is_edit & ~by_line,
    )
