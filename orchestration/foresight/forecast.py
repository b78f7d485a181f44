"""What each cell of buyers will do: expected orders, when, and the range that holds nine of ten buyers."""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincinv

from orchestration.foresight.purchases import Cells, Floats, PurchaseFit, known_rate, orders_at_least
from orchestration.foresight.spend import SpendFit

YEAR_DAYS = 365
NEAR_DAYS = 90
# The ranges hold 90 % of buyers: 5 % lie below, 5 % above. Where 0 orders are likelier than that nobody lies below, and
# 10 % above: ranges of whole orders would hold too many otherwise.
TAIL = 0.05
# Cells that are worked on together: few enough for the processor's cache.
_BLOCK = 512
_SPEND_SAMPLES = 256
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
    parts = [_forecast_part(fit, points, spend, part, horizon) for part in cells.blocks(_BLOCK)]
    return Forecast(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _forecast_part(
    fit: PurchaseFit, points: Floats, spend: SpendFit | None, cells: Cells, horizon: int
) -> tuple[Floats, ...]:
    alive = fit.model.probability_alive(fit.parameters, cells)
    at_least = orders_at_least(fit.model, points, cells, horizon, TAIL / 10)
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
    spend_low, spend_high = _spend_range(at_least, spend, cells)
    return (
        alive,
        fit.model.expected_orders(fit.parameters, cells, horizon),
        low.astype(np.float64),
        high.astype(np.float64),
        1 - alive * near,
        middle,
        early,
        late,
        spend_low,
        spend_high,
    )


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


def _spend_range(at_least: Floats, spend: SpendFit | None, cells: Cells) -> tuple[Floats, Floats]:
    """The 5 % and 95 % points of the orders' value, as multiples of `SpendFit.weight`; 0 and 90 % as for orders."""
    size = len(cells.age)
    if spend is None:
        return np.full(size, np.nan), np.full(size, np.nan)
    # Counts at evenly spread chances, so that the points hold each count as often as it is likely; what the orders are
    # worth and what the person's mean is likewise, the three spread evenly over a cube.
    place = np.arange(_SPEND_SAMPLES)
    worth, mean = ((place * step + 0.5) % 1 for step in _EVEN)
    # The points below a chance of n orders or more have n at least: where each chance ends, one order less.
    ends = np.ceil(at_least[:, 1:] * _SPEND_SAMPLES - 0.5).astype(np.int64)
    rows = np.arange(size)[:, None] * (_SPEND_SAMPLES + 1)
    ending = np.bincount((rows + ends).ravel(), minlength=size * (_SPEND_SAMPLES + 1)).reshape(size, -1)
    counts = ending[:, :0:-1].cumsum(axis=1)[:, ::-1]
    frequencies, row = np.unique(cells.frequency, return_inverse=True)
    known = gammaincinv(spend.p * (frequencies + 1)[:, None] + spend.q, mean)
    low, middle, high = (round(share * _SPEND_SAMPLES - 0.5) for share in (TAIL, 1 - 2 * TAIL, 1 - TAIL))
    most = np.arange(counts.max() + 1)[:, None]
    paid = np.where(most > 0, gammaincinv(spend.p * np.maximum(most, 1), worth), 0.0)
    counts *= _SPEND_SAMPLES
    counts += place
    values = paid.ravel().take(counts)
    values /= known[row]
    values.partition([low, middle, high], axis=1)
    return values[:, low], np.where(values[:, low] > 0, values[:, high], values[:, middle])
