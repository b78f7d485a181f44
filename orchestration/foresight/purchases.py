"""How often buyers come back: BG/NBD and Pareto/NBD, fitted by maximum likelihood on counted cells.

A cell is a distinct (frequency, recency, age, trait): repeat purchase days, the last of them and the as-of moment, both
in units of time since the first purchase, and something known from the first day. Every function takes arrays of cells,
all of one length, and costs what the number of cells costs, however many persons stand behind each.

With a trait, a person's rate of purchases is exp(weight × trait) times what it is without: one parameter more.

Sources: Fader, Hardie & Lee (2005), "Counting your customers the easy way", Marketing Science 24(2); Schmittlein,
Morrison & Colombo (1987), Management Science 33(1); Fader & Hardie (2005), "A note on deriving the Pareto/NBD model".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import betaln, expit, gammaln, hyp2f1, psi

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
# A value to make least, and its slope in each direction.
Loss = Callable[[Floats], tuple[float, Floats]]
# A point to search from, and the inverse of a loss's second derivatives there, if something is known of it.
Start = tuple[Floats, Floats | None]

# Gauss-Legendre nodes for the integral over the moment of leaving: with 32 the published likelihood is met to 1e-6, and
# with 16 that of 32 to 1e-10 where beta isn't much less than alpha.
_MANY_NODES, _NODES = np.polynomial.legendre.leggauss(32), np.polynomial.legendre.leggauss(16)
# Chances of counts are shown to three digits: twelve nodes give five.
_FEW_NODES, _FEW_WEIGHTS = np.polynomial.legendre.leggauss(12)
# Beyond so many cells a fit is found on coarser ones, and only its last steps are taken on all.
_MANY_CELLS = 8_000
_COARSE_STEPS = 12
# Cells whose nodes fit into the processor's cache together.
_BLOCK = 1_024
# Standard errors below which a fit's uncertainty no longer shows: averaged over it, one range of orders in 400 is
# another (DECISIONLOG.md).
_CERTAIN = 0.125
_GRADIENT_TOLERANCE = 1e-6
_FLAT = 1e-4
_STEP = 1e-3
# Beyond these a parameter has run away: the data say nothing of it.
_SMALLEST, _GREATEST = 1e-4, 1e6
_TIMES = ("alpha", "beta")
# Below it an exponential is lost to rounding.
_LEAST_LOGARITHM = -600.0


class NotConvergedError(Exception):
    """The likelihood has no inner maximum on these data, so a fit would be a wild guess."""


@dataclass(frozen=True)
class Cells:
    """Counted histories: `count` persons have each (frequency, recency, age, trait).

    Recency is 0 where frequency is. Traits are centred and of the order of 1.
    """

    frequency: Floats
    recency: Floats
    age: Floats
    trait: Floats
    count: Floats

    @cached_property
    def frequencies(self) -> tuple[Floats, Ints]:
        """Each frequency once, and the place of each cell's among them: few, and gamma functions are dear."""
        values, place = np.unique(self.frequency, return_inverse=True)
        return values, place

    def part(self, rows: slice | Ints) -> "Cells":
        """Some of the cells."""
        return Cells(*(getattr(self, field.name)[rows] for field in fields(self)))

    def blocks(self, size: int) -> list["Cells"]:
        """All of them in pieces; no cells are one empty piece."""
        return [self.part(slice(start, start + size)) for start in range(0, max(len(self.age), 1), size)]

    def together(self, *keys: Floats) -> "Cells":
        """Cells whose keys are equal as one that stands at its persons' mean, in the keys' order."""
        packed = np.zeros(len(self.age), dtype=np.int64)
        for key in keys:
            values, place = np.unique(key, return_inverse=True)
            packed = packed * len(values) + place
        _, place = np.unique(packed, return_inverse=True)
        return self.joined(place)

    def joined(self, place: Ints) -> "Cells":
        """One cell a place, at the mean of the persons of all that have it."""
        count: Floats = np.bincount(place, weights=self.count).astype(np.float64)
        frequency, recency, age, trait = (
            np.bincount(place, weights=self.count * values) / count
            for values in (self.frequency, self.recency, self.age, self.trait)
        )
        return Cells(frequency, recency, age, trait, count)


class PurchaseModel(Protocol):
    """A model of purchases and of leaving. Parameters come in `names`' order and are positive, but for `weight`."""

    @property
    def name(self) -> str:
        """What the model is called."""

    @property
    def names(self) -> tuple[str, ...]:
        """Its parameters; `weight` is the trait's."""

    @property
    def simpler(self) -> str | None:
        """The model that it is without its last parameter, if there is one."""

    def scores(self, parameters: Floats, cells: Cells) -> tuple[Floats, Floats]:
        """The log-likelihood of one person in each cell, and its slopes by the logarithms of parameters (by `weight`):
        (cells,), (parameters, cells)."""

    def probability_alive(self, parameters: Floats, cells: Cells) -> Floats:
        """That a person of each cell hasn't left yet."""

    def expected_orders(self, parameters: Floats, cells: Cells, horizon: float) -> Floats:
        """Purchases in (age, age + horizon], given the cell."""

    def still_here(self, parameters: Floats, cells: Cells, ahead: Floats) -> Floats:
        """That who is alive now and bought nothing since is alive `ahead` units later; cells by moments."""

    def spans(self, parameters: Floats, cells: Cells, horizon: float) -> tuple[Floats, Floats]:
        """For how long who is alive now may buy within the horizon, and how likely: both (spans, cells)."""

    def unhindered(self, parameters: Floats, cells: Cells, number: int) -> Floats | float:
        """The chance that who was not hindered from purchases ahead before doesn't leave before the `number`-th."""


@dataclass(frozen=True)
class PurchaseFit:
    """A fitted model.

    `covariance` is that of the parameters' logarithms (of `weight` itself), from the likelihood's curvature at its
    maximum.
    """

    model: PurchaseModel
    parameters: Floats
    log_likelihood: float
    covariance: Floats
    persons: int

    def spread(self) -> Floats:
        """Parameters that stand for how uncertain the fit leaves them: (2 × parameters, parameters), or the fit's own.

        The points of the unscented transform (Julier & Uhlmann, 1997): a mean over them is the mean over the fit's
        normal distribution but for terms of the fourth order, with no chance in it.
        """
        if (np.diag(self.covariance) < _CERTAIN**2).all():
            return self.parameters[None, :]
        middle = _to_free(self.parameters)
        steps = np.linalg.cholesky(self.covariance * len(middle)).T
        return _from_free(np.concatenate([middle + steps, middle - steps]))


def _of_cells(parameters: Floats, cells: Cells) -> tuple[float, Floats, float, float]:
    """The four parameters, the second as it is for each cell: a faster buyer's clock of purchases runs faster."""
    first, alpha, third, fourth = (float(value) for value in parameters[:4])
    weight = float(parameters[4]) if len(parameters) > 4 else 0.0
    return first, alpha * np.exp(-weight * cells.trait), third, fourth


def known_rate(parameters: Floats, cells: Cells) -> tuple[Floats, Floats]:
    """Shape and rate of the gamma distribution of a buyer's rate of purchases, if still here."""
    first, alpha, _, _ = _of_cells(parameters, cells)
    return first + cells.frequency, alpha + cells.age


@dataclass(frozen=True)
class BgNbd:
    """Purchases at a person's own rate; after each one the person may leave with a chance of their own."""

    name: str = "BG/NBD"
    names: tuple[str, ...] = ("r", "alpha", "a", "b")
    simpler: str | None = None

    def scores(self, parameters: Floats, cells: Cells) -> tuple[Floats, Floats]:
        r, alpha, a, b = _of_cells(parameters, cells)
        x, place = cells.frequencies
        before = np.maximum(x, 1) - 1
        of_r, slope_of_r = gammaln(r + x)[place], psi(r + x)[place]
        stayed, left = betaln(a, b + x)[place], np.where(x > 0, betaln(a + 1, b + before), -np.inf)[place]
        of_both, of_b, of_b_before = psi(a + b + x)[place], psi(b + x)[place], psi(b + before)[place]
        x = cells.frequency
        still, then = np.log(alpha + cells.age), np.log(alpha + cells.recency)
        staying = stayed - (r + x) * still
        leaving = left - (r + x) * then
        here = expit(staying - leaving)
        gone = 1 - here
        value = of_r - gammaln(r) + r * np.log(alpha) - betaln(a, b) + np.logaddexp(staying, leaving)
        by_r = r * (slope_of_r - psi(r) + np.log(alpha) - here * still - gone * then)
        by_alpha = r - (r + x) * alpha * (here / (alpha + cells.age) + gone / (alpha + cells.recency))
        by_a = a * (psi(a + b) - of_both + gone / a)
        by_b = b * (psi(a + b) - psi(b) - of_both + here * of_b + gone * of_b_before)
        return value, np.stack([by_r, by_alpha, by_a, by_b])

    def probability_alive(self, parameters: Floats, cells: Cells) -> Floats:
        r, alpha, a, b = _of_cells(parameters, cells)
        x = cells.frequency
        odds = np.log(a) - np.log(b + np.maximum(x, 1) - 1) + (r + x) * (
            np.log(alpha + cells.age) - np.log(alpha + cells.recency)
        )  # fmt: skip
        result: Floats = np.where(x > 0, expit(-odds), 1.0)
        return result

    def expected_orders(self, parameters: Floats, cells: Cells, horizon: float) -> Floats:
        r, alpha, a, b = _of_cells(parameters, cells)
        x, age = cells.frequency, cells.age
        # a = 1 is a removable pole of the formula; a step beside it costs less than the last digit shown.
        a = a if abs(a - 1) > 1e-6 else 1 + 1e-6
        grown = hyp2f1(r + x, b + x, a + b + x - 1, horizon / (alpha + age + horizon))
        unseen = (a + b + x - 1) / (a - 1) * (
            1 - np.exp((r + x) * (np.log(alpha + age) - np.log(alpha + age + horizon))) * grown
        )  # fmt: skip
        result: Floats = self.probability_alive(parameters, cells) * unseen
        return result

    def still_here(self, parameters: Floats, cells: Cells, ahead: Floats) -> Floats:  # noqa: ARG002
        return np.ones((len(cells.age), len(ahead)))

    def spans(self, parameters: Floats, cells: Cells, horizon: float) -> tuple[Floats, Floats]:  # noqa: ARG002
        # Rate and leaving are independent given the cell: the n-th purchase comes in time, and nobody left before it.
        one = np.ones((1, len(cells.age)))
        return horizon * one, one

    def unhindered(self, parameters: Floats, cells: Cells, number: int) -> Floats | float:
        if number == 1:
            return 1.0
        _, _, a, b = _of_cells(parameters, cells)
        stayed = b + cells.frequency + number - 2
        result: Floats = stayed / (a + stayed)
        return result


@dataclass(frozen=True)
class ParetoNbd:
    """Purchases at a person's own rate until the person leaves, at a rate of their own."""

    name: str = "Pareto/NBD"
    names: tuple[str, ...] = ("r", "alpha", "s", "beta")
    simpler: str | None = None

    def _integrals(self, parameters: Floats, cells: Cells) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats]:
        """Logarithms of the two ways to a cell, without their common factor: still here, and left in between. And over
        the moment of leaving: its logarithm since alpha and since beta before the first purchase, the former's
        exponential, and the chance of each moment, all (nodes, cells)."""
        r, alpha, s, beta = _of_cells(parameters, cells)
        x, recency, age = cells.frequency, cells.recency, cells.age
        staying = -(r + x) * np.log(alpha + age) - s * np.log(beta + age)
        nodes, weights = (part[:, None] for part in (_NODES if (2 * beta > alpha).all() else _MANY_NODES))
        # The moment of leaving runs from the last purchase to now, on a logarithmic scale, where the integrand is
        # near to exponential however many purchases there were.
        low, high = np.log(alpha + recency), np.log(alpha + age)
        half = (high - low) / 2
        at = half * (nodes + 1)
        at += low
        since_alpha = np.exp(at)
        since_beta = np.log(since_alpha + (beta - alpha))
        chance = -(r + x - 1) * at
        chance -= (s + 1) * since_beta
        peak = chance.max(axis=0)
        chance -= peak
        np.exp(chance, out=chance)
        chance *= weights
        area = chance.sum(axis=0)
        with np.errstate(divide="ignore"):
            leaving = np.log(s) + peak + np.log(area * half)
        chance /= area
        return staying, leaving, at, since_beta, since_alpha, chance

    def _means(self, parameters: Floats, cells: Cells) -> tuple[Floats, ...]:
        """Both logarithms, and means over the moment of leaving: its two logarithms, and the inverse of either time."""
        _, alpha, _, beta = _of_cells(parameters, cells)
        staying, leaving, at, since_beta, since_alpha, chance = self._integrals(parameters, cells)
        logarithms = [np.einsum("nc,nc->c", chance, times) for times in (at, since_beta)]
        by_alpha = (chance / since_alpha).sum(axis=0)
        since_alpha += beta - alpha
        by_beta = (chance / since_alpha).sum(axis=0)
        return staying, leaving, *logarithms, by_alpha, by_beta

    def scores(self, parameters: Floats, cells: Cells) -> tuple[Floats, Floats]:
        parts = zip(*(self._means(parameters, part) for part in cells.blocks(_BLOCK)), strict=True)
        staying, leaving, left_alpha, left_beta, by_left_alpha, by_left_beta = (np.concatenate(part) for part in parts)
        r, alpha, s, beta = _of_cells(parameters, cells)
        x, place = cells.frequencies
        of_r, slope_of_r = gammaln(r + x)[place], psi(r + x)[place]
        x, age = cells.frequency, cells.age
        here = expit(staying - leaving)
        gone = 1 - here
        value = of_r - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + np.logaddexp(staying, leaving)
        by_r = r * (slope_of_r - psi(r) + np.log(alpha) - here * np.log(alpha + age) - gone * left_alpha)
        by_s = s * (np.log(beta) - here * np.log(beta + age) - gone * left_beta) + gone
        by_alpha = r - (r + x) * alpha * (here / (alpha + age) + gone * by_left_alpha)
        by_beta = s - beta * (here * s / (beta + age) + gone * (s + 1) * by_left_beta)
        slopes = [by_r, by_alpha, by_s, by_beta]
        if len(parameters) > 4:
            slopes.append(-cells.trait * by_alpha)
        return value, np.stack(slopes)

    def probability_alive(self, parameters: Floats, cells: Cells) -> Floats:
        parts = zip(*(self._integrals(parameters, part)[:2] for part in cells.blocks(_BLOCK)), strict=True)
        staying, leaving = (np.concatenate(part) for part in parts)
        result: Floats = expit(staying - leaving)
        return result

    def expected_orders(self, parameters: Floats, cells: Cells, horizon: float) -> Floats:
        r, alpha, s, beta = _of_cells(parameters, cells)
        x, age = cells.frequency, cells.age
        s = s if abs(s - 1) > 1e-6 else 1 + 1e-6
        rate = (r + x) / (alpha + age)
        span = (beta + age) / (s - 1) * -np.expm1((1 - s) * np.log1p(horizon / (beta + age)))
        result: Floats = self.probability_alive(parameters, cells) * rate * span
        return result

    def still_here(self, parameters: Floats, cells: Cells, ahead: Floats) -> Floats:
        _, _, s, beta = _of_cells(parameters, cells)
        result: Floats = np.exp(-s * np.log1p(ahead[None, :] / (beta + cells.age[:, None])))
        return result

    def spans(self, parameters: Floats, cells: Cells, horizon: float) -> tuple[Floats, Floats]:
        _, _, s, beta = _of_cells(parameters, cells)
        # Somebody alive stays for the whole horizon, or leaves within it at a moment that is integrated over, on a
        # logarithmic scale of the time since beta before the first purchase.
        now = (beta + cells.age)[None, :]
        far = np.log1p(horizon / now)
        at = far / 2 * (_FEW_NODES[:, None] + 1)
        weights = np.vstack([s * np.exp(-s * at) * far / 2 * _FEW_WEIGHTS[:, None], np.exp(-s * far)])
        return np.vstack([now * np.expm1(at), np.full_like(now, horizon)]), weights

    def unhindered(self, parameters: Floats, cells: Cells, number: int) -> Floats | float:  # noqa: ARG002
        return 1.0


def orders_at_least(
    model: PurchaseModel, points: Floats, cells: Cells, horizon: float, tail: float, most: int = 2_000
) -> Floats:
    """The chance of n purchases or more in the horizon, averaged over parameters: (cells, as many n as matter + 1).

    Args:
        points: (points, parameters), each as likely as another.
        tail: columns end where no cell's chance is greater, or at `most` purchases.
    """
    alive = np.stack([model.probability_alive(point, cells) for point in points])
    rates = [known_rate(point, cells) for point in points]
    shape, rate = (np.stack(parts)[:, None, :] for parts in zip(*rates, strict=True))
    spans, weights = (
        np.stack(parts) for parts in zip(*(model.spans(point, cells, horizon) for point in points), strict=True)
    )
    # The negative binomial's mass at n = 0, then at each n from the one before; by its logarithm where no purchase is
    # so unlikely that it would be lost. A span that is lost in rounding against the time so far brings no purchase.
    log_mass = -shape * np.log1p(spans / rate)
    ratio = spans / (rate + spans)
    is_lost = log_mass.min(initial=0.0) < _LEAST_LOGARITHM
    mass = weights * np.exp(log_mass)
    if is_lost:
        with np.errstate(divide="ignore"):
            log_ratio = np.log(ratio)
    bought = (weights * -np.expm1(log_mass)).sum(axis=1)
    chances = [np.ones(len(cells.age))]
    for number in range(1, most + 1):
        for point, chance in zip(points, alive, strict=True):
            chance *= model.unhindered(point, cells, number)
        chances.append((alive * np.clip(bought, 0.0, 1.0)).mean(axis=0))
        if chances[-1].max(initial=0.0) < tail:
            break
        more = (shape + number - 1) / number
        if is_lost:
            log_mass += log_ratio + np.log(more)
            mass = weights * np.exp(log_mass)
        else:
            mass *= ratio
            mass *= more
        bought -= mass.sum(axis=1)
    result: Floats = np.stack(chances, axis=1)
    return result


MODELS: tuple[PurchaseModel, ...] = (
    BgNbd(),
    ParetoNbd(),
    ParetoNbd("Pareto/NBD with first order value", ("r", "alpha", "s", "beta", "weight"), "Pareto/NBD"),
)


def _from_free(free: Floats) -> Floats:
    """Parameters from what the optimiser moves freely: their logarithms, but for the trait's weight."""
    parameters: Floats = np.concatenate([np.exp(free[..., :4]), free[..., 4:]], axis=-1)
    return parameters


def _to_free(parameters: Floats) -> Floats:
    return np.concatenate([np.log(parameters[:4]), parameters[4:]])


def fit_purchases(model: PurchaseModel, cells: Cells, likely: Sequence[PurchaseFit] = ()) -> PurchaseFit:
    """Maximum likelihood over all persons of the cells.

    Args:
        likely: fits to search from first, such as another split's or a simpler model's of the same buyers.

    Raises:
        NotConvergedError: the optimiser found no inner maximum, or the curvature there isn't that of one.
    """
    persons = float(cells.count.sum())
    # In units of the mean age every shop's parameters are of the same order, so the same starts serve all.
    unit = float((cells.age * cells.count).sum() / persons)
    if unit <= 0:
        raise NotConvergedError("nobody has been a customer for any time yet")
    scaled = replace(cells, recency=cells.recency / unit, age=cells.age / unit)
    # alpha (and beta of Pareto/NBD) carry the unit of time.
    units = np.array([unit if name in _TIMES else 1.0 for name in model.names])

    def loss_over(these: Cells) -> Loss:
        def loss(free: Floats) -> tuple[float, Floats]:
            with np.errstate(all="ignore"):
                values, slopes = model.scores(_from_free(free), these)
                value = -(values * these.count).sum() / persons
                # No matrix product: the linear algebra's threads would spin, and round by their number.
                slope = -np.einsum("pc,c->p", slopes, these.count) / persons
            if np.isfinite(value) and np.isfinite(slope).all():
                return float(value), slope
            return 1e10, np.zeros_like(free)

        return loss

    weights = np.zeros(len(model.names) - 4)
    starts = [_start(fit, units) for fit in likely]
    starts += [(np.append(np.log(four), weights), None) for four in ([0.5, 0.5, 0.7, 1.5], [1.0, 0.3, 0.5, 0.5])]
    few = _coarse(scaled)
    bounds = np.log(_SMALLEST), np.log(_GREATEST)
    free, lowest = lowest_point(loss_over(few), starts, *bounds)
    covariance = curvature_covariance(loss_over(few), free, persons)
    if few is not scaled:
        free, lowest = lowest_point(loss_over(scaled), [(free, covariance * persons)], *bounds)
    parameters = _from_free(free)
    if (parameters[:4] < _SMALLEST).any() or (parameters[:4] > _GREATEST).any():
        raise NotConvergedError("a parameter of the model grows without end on these data")
    # The likelihood of purchases in time, not in time in units of the mean age.
    log_likelihood = -lowest * persons - float((cells.frequency * cells.count).sum() * np.log(unit))
    return PurchaseFit(model, parameters * units, log_likelihood, covariance, round(persons))


def _start(fit: PurchaseFit, units: Floats) -> Start:
    """Another fit's place, and its curvature; what it knows nothing of is 0."""
    known = len(fit.parameters)
    inverse = np.eye(len(units))
    inverse[:known, :known] = fit.covariance * fit.persons
    return _to_free(np.append(fit.parameters, np.zeros(len(units) - known)) / units), inverse


def _coarse(cells: Cells) -> Cells:
    """Cells that are nearly alike taken together, where there are more than `_MANY_CELLS`."""
    if len(cells.count) <= _MANY_CELLS:
        return cells
    # Up to six purchases each counts; beyond, steps of an eighth.
    x = cells.frequency
    frequency = np.where(x <= 6, x, 6 + np.ceil(8 * np.log(np.maximum(x, 6) / 6)))
    steps = (np.ceil(times * _COARSE_STEPS) for times in (cells.recency, cells.age))
    return cells.together(frequency, np.round(cells.trait), *steps)


def lowest_point(loss: Loss, starts: Sequence[Start], least: float, most: float) -> tuple[Floats, float]:
    """Where quasi-Newton steps come to rest, from the first start that they do from, and the loss there.

    Args:
        least: a search that goes below it, or above `most`, has run away.

    Raises:
        NotConvergedError: from none of them.
    """

    def stop_if_lost(intermediate_result: Any) -> None:
        if (intermediate_result.x < least).any() or (intermediate_result.x > most).any():
            raise StopIteration

    for start, inverse in starts:
        options = {"gtol": _GRADIENT_TOLERANCE, "hess_inv0": inverse}
        result = minimize(loss, start, jac=True, method="BFGS", callback=stop_if_lost, options=options)
        # BFGS calls it a failure when rounding stops it at a point that is already flat.
        if result.success or np.abs(result.jac).max() < _FLAT:
            return result.x, float(result.fun)
    raise NotConvergedError("the likelihood has no inner maximum on these data")


def curvature_covariance(loss: Loss, free: Floats, persons: float) -> Floats:
    """The inverse of the summed loss's second derivatives, by central differences of its slopes.

    Raises:
        NotConvergedError: the point is no minimum in some direction.
    """
    steps = np.eye(len(free)) * _STEP
    slopes = np.array([loss(free + step)[1] - loss(free - step)[1] for step in steps]) / (2 * _STEP)
    hessian = (slopes + slopes.T) / 2 * persons
    try:
        inverse = np.linalg.inv(hessian).astype(np.float64)
        covariance: Floats = (inverse + inverse.T) / 2
        np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError as error:
        raise NotConvergedError("the data don't tell the model's parameters apart") from error
    return covariance
