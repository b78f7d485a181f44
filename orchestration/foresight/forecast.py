"""What each cell of buyers will do: expected orders, when, and the range that holds nine of ten buyers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincinv

from orchestration.foresight.purchases import Cells, Floats, Ints, PurchaseFit, known_rate, orders_at_least
from orchestration.foresight.spend import SpendFit

YEAR_DAYS = 365
NEAR_DAYS = 90
# The ranges hold 90 % of buyers: 5 % lie below, 5 % above. Where 0 orders are likelier than that nobody lies below, and
# 10 % above: ranges of whole orders would hold too many otherwise.
TAIL = 0.05
# Cells that are worked on together: few enough for the processor's cache.
_BLOCK = 512
_SPEND_SAMPLES = 256
# Chances below it are none of these points.
_LEAST_CHANCE = 0.5 / _SPEND_SAMPLES
# Roberts's sequence in two dimensions: the plastic number's inverse and its square fill a square evenly.
_EVEN = (0.7548776662466927, 0.5698402909980532)
_GRID_DAYS = 5


@dataclass(frozen=True)
class Forecast:
    """One value a cell. Times are days after the as-of moment, on condition of an order within the horizon.

    The value of a person's orders lies between `spend_low` and `spend_high` times `SpendFit.weight`; both are NaN
    where no spend was fitted.
    """

    probability_alive: Floats
    orders: Floats
    orders_low: Floats
    orders_high: Floats
    no_order_near: Floats
    next_order: Floats
    next_order_low: Floats
    next_order_high: Floats
    spend_low: Floats
    spend_high: Floats


def forecast(fit: PurchaseFit, spend: SpendFit | None, cells: Cells, horizon: int) -> Forecast:
    """Predict every cell; its times, and the fit's, are in days.

    The ranges hold the buyer's own chance and the fit's: counts follow their exact distribution, averaged over
    parameters that stand for the likelihood's curvature; values are read off evenly spread points on top of them.
    """
    points = fit.spread()
    orders = fit.model.expected_orders(fit.parameters, cells, horizon)
    # Cells that will order alike are worked on together, since a block takes what its busiest buyers take.
    order = np.argsort(orders, kind="stable")
    blocks = cells.part(order).blocks(_BLOCK)
    counts = [orders_at_least(fit.model, points, block, horizon, _LEAST_CHANCE) for block in blocks]
    parts = [_forecast_part(fit, block, part, horizon) for block, part in zip(blocks, counts, strict=True)]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    columns += _spend_range(counts, spend, cells.part(order))
    columns.insert(1, orders[order])
    back = np.argsort(order)
    return Forecast(*(column[back] for column in columns))


def _forecast_part(fit: PurchaseFit, cells: Cells, at_least: Floats, horizon: int) -> tuple[Floats, ...]:
    """All but the expected orders and their value."""
    alive = fit.model.probability_alive(fit.parameters, cells)
    low = (at_least[:, 1:] >= 1 - TAIL).sum(axis=1)
    high = (at_least[:, 1:] > np.where(low > 0, TAIL, 2 * TAIL)[:, None]).sum(axis=1)
    days, by_then = next_order_chances(fit, cells, horizon)
    within = by_then[:, -1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = by_then / within
    middle, early, late = (_first_day(days, share, part) for part in (0.5, TAIL, 1 - TAIL))
    after = min(int(np.searchsorted(days, NEAR_DAYS)), len(days) - 1)
    part = min((NEAR_DAYS - days[after - 1]) / (days[after] - days[after - 1]), 1.0)
    near = by_then[:, after - 1] + part * (by_then[:, after] - by_then[:, after - 1])
    return alive, low.astype(np.float64), high.astype(np.float64), 1 - alive * near, middle, early, late


def next_order_chances(fit: PurchaseFit, cells: Cells, horizon: int) -> tuple[Floats, Floats]:
    """Days ahead, and P(next order by then) of somebody alive: (days,), (cells, days)."""
    days = np.linspace(0, horizon, 1 + -(-horizon // _GRID_DAYS))
    shape, rate = (part[:, None] for part in known_rate(fit.parameters, cells))
    # Gamma-distributed rates make the wait a Lomax one, cut short by leaving.
    density = shape / rate * np.exp((shape + 1) * (np.log(rate) - np.log(rate + days[None, :])))
    density *= fit.model.still_here(fit.parameters, cells, days)
    area = np.concatenate(
        [np.zeros((len(cells.age), 1)), np.cumsum((density[:, 1:] + density[:, :-1]) / 2 * days[1], axis=1)], axis=1
    )
    return days, np.minimum(area, 1.0)


def _first_day(days: Floats, share: Floats, part: float) -> Floats:
    """The day on which the share reaches the part, between two grid days by a straight line."""
    after = np.clip((share < part).sum(axis=1), 1, len(days) - 1)
    rows = np.arange(len(share))
    below, above = share[rows, after - 1], share[rows, after]
    with np.errstate(invalid="ignore", divide="ignore"):
        result: Floats = days[after - 1] + (part - below) / (above - below) * (days[after] - days[after - 1])
    return result


def _spend_range(counts: Sequence[Floats], spend: SpendFit | None, cells: Cells) -> list[Floats]:
    """The 5 % and 95 % points of the orders' value, as multiples of `SpendFit.weight`; 0 and 90 % as for orders.

    Args:
        counts: the chance of n orders or more, block by block of the cells.
    """
    if spend is None:
        return [np.full(len(cells.age), np.nan)] * 2
    # Counts at evenly spread chances, so that the points hold each count as often as it is likely; what the orders are
    # worth and what the person's mean is likewise, the three spread evenly over a cube.
    worth, mean = ((np.arange(_SPEND_SAMPLES) * step + 0.5) % 1 for step in _EVEN)
    frequencies, row = cells.frequencies
    known = gammaincinv(spend.p * (frequencies + 1)[:, None] + spend.q, mean)
    most = np.arange(1, max(at_least.shape[1] for at_least in counts))[:, None]
    paid = np.concatenate([np.zeros((1, _SPEND_SAMPLES)), gammaincinv(spend.p * most, worth)])
    rows = np.split(row, np.cumsum([len(at_least) for at_least in counts[:-1]]))
    parts = [_spend_range_part(at_least, paid, known, part) for at_least, part in zip(counts, rows, strict=True)]
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


def _spend_range_part(at_least: Floats, paid: Floats, known: Floats, row: Ints) -> tuple[Floats, Floats]:
    """Of some cells, from what each count of orders is worth, and what is known by each row, at every point."""
    size = len(row)
    # The points below a chance of n orders or more have n at least: where each chance ends, one order less. Nobody of
    # these cells has an order from the last end on.
    ends = np.ceil(at_least[:, 1:] * _SPEND_SAMPLES - 0.5).astype(np.int64)
    width = max(int(ends.max(initial=0)), 1)
    ending = np.bincount((np.arange(size)[:, None] * (width + 1) + ends).ravel(), minlength=size * (width + 1))
    number = ending.reshape(size, -1)[:, :0:-1].cumsum(axis=1)[:, ::-1]
    number *= _SPEND_SAMPLES
    number += np.arange(width)
    values = paid.ravel().take(number)
    values /= known[row, :width]
    # Points that are left out are worth nothing, and so come before all others.
    places = [round(share * _SPEND_SAMPLES - 0.5) - _SPEND_SAMPLES + width for share in (TAIL, 1 - 2 * TAIL, 1 - TAIL)]
    values.partition([max(place, 0) for place in places], axis=1)
    low, middle, high = (values[:, place] if place >= 0 else np.zeros(size) for place in places)
    return low, np.where(low > 0, high, middle)
