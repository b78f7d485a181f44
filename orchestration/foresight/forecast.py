"""What each cell of buyers will do: expected orders, when, and the range that holds nine of ten buyers."""

from dataclasses import dataclass

import numpy as np

from orchestration.foresight.purchases import Cells, Floats, PurchaseFit, known_rate
from orchestration.foresight.spend import SpendFit

YEAR_DAYS = 365
NEAR_DAYS = 90
# The ranges hold 90 % of buyers: 5 % lie below, 5 % above.
TAIL = 0.05
_MOST_ORDERS = 2_000
_CHUNK_NUMBERS = 4_000_000
_DRAW_BUDGET = 1_000_000
_DRAWS = (4, 100)
_SPEND_SAMPLES = 200
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


def forecast(fit: PurchaseFit, spend: SpendFit | None, cells: Cells, horizon: int, seed: int) -> Forecast:
    """Predict every cell; its times, and the fit's, are in days.

    The ranges hold the buyer's own chance and the fit's: counts follow their exact distribution, averaged over
    parameters drawn from the likelihood's curvature; values are sampled on top of them.
    """
    random = np.random.default_rng(seed)
    number = int(np.clip(_DRAW_BUDGET // max(len(cells.age), 1), *_DRAWS))
    draws = fit.draws(number, random)
    parts = [_forecast_part(fit, draws, spend, part, horizon, random) for part in _parts(cells)]
    return Forecast(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _parts(cells: Cells) -> list[Cells]:
    """The cells in pieces whose chances fit into memory together."""
    size = max(1, _CHUNK_NUMBERS // (13 * 64))
    return [cells.part(slice(start, start + size)) for start in range(0, len(cells.age), size)]


def _forecast_part(
    fit: PurchaseFit, draws: Floats, spend: SpendFit | None, cells: Cells, horizon: int, random: np.random.Generator
) -> tuple[Floats, ...]:
    alive = fit.model.probability_alive(fit.parameters, cells)
    at_least = count_chances(fit, draws, cells, horizon)
    low = (at_least[:, 1:] >= 1 - TAIL).sum(axis=1)
    high = (at_least[:, 1:] > TAIL).sum(axis=1)
    days, by_then = next_order_chances(fit, cells, horizon)
    within = by_then[:, -1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = by_then / within
    middle, early, late = (_first_day(days, share, part) for part in (0.5, TAIL, 1 - TAIL))
    after = min(int(np.searchsorted(days, NEAR_DAYS)), len(days) - 1)
    part = min((NEAR_DAYS - days[after - 1]) / (days[after] - days[after - 1]), 1.0)
    near = by_then[:, after - 1] + part * (by_then[:, after] - by_then[:, after - 1])
    spend_low, spend_high = _spend_range(at_least, spend, cells, random)
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


def count_chances(fit: PurchaseFit, draws: Floats, cells: Cells, horizon: float) -> Floats:
    """P(n orders or more in the horizon), n = 0 …, averaged over the draws: as far as any cell's tail matters."""
    most = 16
    while True:
        chances = np.mean([fit.model.orders_at_least(draw, cells, horizon, most) for draw in draws], axis=0)
        if most >= _MOST_ORDERS or chances[:, -1].max() < TAIL / 10:
            result: Floats = chances
            return result
        most *= 2


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


def _spend_range(
    at_least: Floats, spend: SpendFit | None, cells: Cells, random: np.random.Generator
) -> tuple[Floats, Floats]:
    """The 5 % and 95 % points of the orders' value, as multiples of `SpendFit.weight`."""
    size = len(cells.age)
    if spend is None:
        return np.full(size, np.nan), np.full(size, np.nan)
    # Counts at evenly spread chances, so that the samples hold each count as often as it is likely.
    chance = (np.arange(_SPEND_SAMPLES) + 0.5) / _SPEND_SAMPLES
    counts = (at_least[:, 1:, None] > chance[None, None, :]).sum(axis=1)
    shape = spend.p * counts
    paid = np.where(counts > 0, random.gamma(np.where(counts > 0, shape, 1.0)), 0.0)
    known = random.gamma(np.broadcast_to(spend.p * (cells.frequency + 1)[:, None] + spend.q, paid.shape))
    low, high = np.quantile(paid / known, [TAIL, 1 - TAIL], axis=1)
    return low, high
