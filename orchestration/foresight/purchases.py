"""How often buyers come back: BG/NBD and Pareto/NBD, fitted by maximum likelihood on counted cells.

A cell is a distinct (frequency, recency, age, trait): repeat purchase days, the last of them and the as-of moment, both
in units of time since the first purchase, and something known from the first day. Every function takes arrays of cells,
all of one length, and costs what the number of cells costs, however many persons stand behind each.

With a trait, a person's rate of purchases is exp(weight × trait) times what it is without: one parameter more.

Sources: Fader, Hardie & Lee (2005), "Counting your customers the easy way", Marketing Science 24(2); Schmittlein,
Morrison & Colombo (1987), Management Science 33(1); Fader & Hardie (2005), "A note on deriving the Pareto/NBD model".
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import betaln, expit, gammaln, hyp2f1

Floats = npt.NDArray[np.float64]
Loss = Callable[[Floats], float]

# Gauss-Legendre nodes for the integral over the moment of leaving: with 32 the published likelihood is met to 1e-6.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(32)
# Chances of counts are shown to three digits: twelve nodes give five.
_FEW_NODES, _FEW_WEIGHTS = np.polynomial.legendre.leggauss(12)
# From so many cells on, a fit begins where that of coarser cells ended, with its curvature: a third of the work.
_MANY_CELLS = 20_000
_COARSE_STEPS = 30
_GRADIENT_TOLERANCE = 1e-6
_FLAT = 1e-4
_STEP = 1e-4
# Beyond these a parameter has run away: the data say nothing of it.
_SMALLEST, _GREATEST = 1e-4, 1e6
_TIMES = ("alpha", "beta")


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

    def part(self, rows: slice) -> "Cells":
        """Some of the cells."""
        return Cells(*(getattr(self, field.name)[rows] for field in fields(self)))


class PurchaseModel(Protocol):
    """A model of purchases and of leaving. Parameters come in `names`' order and are positive, but for `weight`."""

    @property
    def name(self) -> str:
        """What the model is called."""

    @property
    def names(self) -> tuple[str, ...]:
        """Its parameters; `weight` is the trait's."""

    def log_likelihood(self, parameters: Floats, cells: Cells) -> Floats:
        """The log-likelihood of one person in each cell."""

    def probability_alive(self, parameters: Floats, cells: Cells) -> Floats:
        """That a person of each cell hasn't left yet."""

    def expected_orders(self, parameters: Floats, cells: Cells, horizon: float) -> Floats:
        """Purchases in (age, age + horizon], given the cell."""

    def still_here(self, parameters: Floats, cells: Cells, ahead: Floats) -> Floats:
        """That who is alive now and bought nothing since is alive `ahead` units later; cells by moments."""

    def orders_at_least(self, parameters: Floats, cells: Cells, horizon: float, most: int) -> Floats:
        """The chance of n purchases or more in the horizon, n = 0 … most: (cells, most + 1)."""


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

    def draws(self, number: int, random: np.random.Generator) -> Floats:
        """Parameters as uncertain as the fit leaves them: (number, parameters)."""
        middle = _to_free(self.parameters)
        return _from_free(random.multivariate_normal(middle, self.covariance, size=number))


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

    def log_likelihood(self, parameters: Floats, cells: Cells) -> Floats:
        r, alpha, a, b = _of_cells(parameters, cells)
        x = cells.frequency
        common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        staying = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + cells.age)
        leaving = betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b) - (r + x) * np.log(alpha + cells.recency)
        result: Floats = common + np.where(x > 0, np.logaddexp(staying, leaving), staying)
        return result

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

    def orders_at_least(self, parameters: Floats, cells: Cells, horizon: float, most: int) -> Floats:
        _, _, a, b = _of_cells(parameters, cells)
        x = cells.frequency[:, None]
        n = np.arange(1, most + 1)[None, :]
        # Rate and leaving are independent given the cell: the n-th purchase comes in time, and nobody left before it.
        in_time = gamma_poisson_at_least(*known_rate(parameters, cells), np.full((1, 1), horizon), most)[:, 0]
        not_left = np.exp(betaln(a, b + x + n - 1) - betaln(a, b + x))
        alive = self.probability_alive(parameters, cells)[:, None]
        return np.hstack([np.ones((len(x), 1)), alive * in_time * not_left])


@dataclass(frozen=True)
class ParetoNbd:
    """Purchases at a person's own rate until the person leaves, at a rate of their own."""

    name: str = "Pareto/NBD"
    names: tuple[str, ...] = ("r", "alpha", "s", "beta")

    def _terms(self, parameters: Floats, cells: Cells) -> tuple[Floats, Floats]:
        """Logarithms of the two ways to a cell, without their common factor: still here, and left in between."""
        r, alpha, s, beta = _of_cells(parameters, cells)
        x, recency, age = cells.frequency, cells.recency, cells.age
        staying = -(r + x) * np.log(alpha + age) - s * np.log(beta + age)
        # The moment of leaving runs from the last purchase to now, on a logarithmic scale, where the integrand is
        # near to exponential however many purchases there were.
        low, high = np.log(alpha + recency), np.log(alpha + age)
        half = (high - low) / 2
        at = low[:, None] + half[:, None] * (_NODES[None, :] + 1)
        integrand = -(r + x[:, None] - 1) * at - (s + 1) * np.log(np.exp(at) + (beta - alpha)[:, None])
        peak = integrand.max(axis=1)
        area = (np.exp(integrand - peak[:, None]) * _WEIGHTS).sum(axis=1) * half
        with np.errstate(divide="ignore"):
            leaving = np.log(s) + peak + np.log(area)
        return staying, leaving

    def log_likelihood(self, parameters: Floats, cells: Cells) -> Floats:
        r, alpha, s, beta = _of_cells(parameters, cells)
        x = cells.frequency
        staying, leaving = self._terms(parameters, cells)
        common = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
        result: Floats = common + np.logaddexp(staying, leaving)
        return result

    def probability_alive(self, parameters: Floats, cells: Cells) -> Floats:
        staying, leaving = self._terms(parameters, cells)
        result: Floats = expit(staying - leaving)
        return result

    def expected_orders(self, parameters: Floats, cells: Cells, horizon: float) -> Floats:
        r, alpha, s, beta = _of_cells(parameters, cells)
        x, age = cells.frequency, cells.age
        s = s if abs(s - 1) > 1e-6 else 1 + 1e-6
        rate = (r + x) / (alpha + age)
        span = (beta + age) / (s - 1) * (1 - np.exp((s - 1) * (np.log(beta + age) - np.log(beta + age + horizon))))
        result: Floats = self.probability_alive(parameters, cells) * rate * span
        return result

    def still_here(self, parameters: Floats, cells: Cells, ahead: Floats) -> Floats:
        _, _, s, beta = _of_cells(parameters, cells)
        now = np.log(beta + cells.age)[:, None]
        result: Floats = np.exp(s * (now - np.log(beta + cells.age[:, None] + ahead[None, :])))
        return result

    def orders_at_least(self, parameters: Floats, cells: Cells, horizon: float, most: int) -> Floats:
        _, _, s, beta = _of_cells(parameters, cells)
        alive = self.probability_alive(parameters, cells)[:, None]
        # Somebody alive stays for the whole horizon, or leaves within it at a moment that is integrated over.
        low, high = np.log(beta + cells.age), np.log(beta + cells.age + horizon)
        half = ((high - low) / 2)[:, None]
        at = low[:, None] + half * (_FEW_NODES[None, :] + 1)
        density = s * np.exp(s * (low[:, None] - at)) * half * _FEW_WEIGHTS[None, :]
        stays = np.exp(s * (low - high))[:, None]
        spans = np.hstack([np.exp(at) - np.exp(low)[:, None], np.full((len(low), 1), horizon)])
        weights = np.hstack([density, stays])
        chances = gamma_poisson_at_least(*known_rate(parameters, cells), spans, most)
        return np.hstack([np.ones((len(low), 1)), alive * (chances * weights[:, :, None]).sum(axis=1)])


def gamma_poisson_at_least(shape: Floats, rate: Floats, spans: Floats, most: int) -> Floats:
    """P(n purchases or more within a span), n = 1 … most, for gamma-distributed rates: (cells, spans, most).

    Args:
        shape, rate: of each cell's gamma distribution.
        spans: (cells or 1, spans).
    """
    n = np.arange(most)[None, :]
    # Logarithms of the negative binomial's masses at n = 0 … most - 1, by the ratio of neighbours.
    ratio = np.log(shape[:, None] + n) - np.log(n + 1)
    leading = np.concatenate([np.zeros((len(shape), 1)), np.cumsum(ratio[:, :-1], axis=1)], axis=1)
    none = shape[:, None] * (np.log(rate[:, None]) - np.log(rate[:, None] + spans))
    each = np.log(spans) - np.log(rate[:, None] + spans)
    masses = np.exp(leading[:, None, :] + none[:, :, None] + each[:, :, None] * n[:, None, :])
    chances: Floats = np.clip(1 - np.cumsum(masses, axis=2), 0.0, 1.0)
    return chances


MODELS: tuple[PurchaseModel, ...] = (
    BgNbd(),
    ParetoNbd(),
    ParetoNbd("Pareto/NBD with first order value", ("r", "alpha", "s", "beta", "weight")),
)


def _from_free(free: Floats) -> Floats:
    """Parameters from what the optimiser moves freely: their logarithms, but for the trait's weight."""
    parameters: Floats = np.concatenate([np.exp(free[..., :4]), free[..., 4:]], axis=-1)
    return parameters


def _to_free(parameters: Floats) -> Floats:
    return np.concatenate([np.log(parameters[:4]), parameters[4:]])


def fit_purchases(model: PurchaseModel, cells: Cells) -> PurchaseFit:
    """Maximum likelihood over all persons of the cells.

    Raises:
        NotConvergedError: the optimiser found no inner maximum, or the curvature there isn't that of one.
    """
    persons = float(cells.count.sum())
    # In units of the mean age every shop's parameters are of the same order, so the same starts serve all.
    unit = float((cells.age * cells.count).sum() / persons)
    if unit <= 0:
        raise NotConvergedError("nobody has been a customer for any time yet")
    scaled = replace(cells, recency=cells.recency / unit, age=cells.age / unit)

    def loss_over(these: Cells) -> Loss:
        def loss(free: Floats) -> float:
            value = -(model.log_likelihood(_from_free(free), these) * these.count).sum() / persons
            return float(value) if np.isfinite(value) else 1e10

        return loss

    loss = loss_over(scaled)
    weights = np.zeros(len(model.names) - 4)
    starts = [np.append(np.log(four), weights) for four in ([0.5, 0.5, 0.7, 1.5], [1.0, 0.3, 0.5, 0.5])]
    curvature = None
    if len(cells.count) > _MANY_CELLS:
        start, curvature = lowest_point(loss_over(_coarse(scaled)), starts)
        starts = [start]
    free, _ = lowest_point(loss, starts, curvature)
    parameters = _from_free(free)
    if (parameters[:4] < _SMALLEST).any() or (parameters[:4] > _GREATEST).any():
        raise NotConvergedError("a parameter of the model grows without end on these data")
    covariance = curvature_covariance(loss, free, persons)
    # alpha (and beta of Pareto/NBD) carry the unit of time.
    parameters = parameters * np.array([unit if name in _TIMES else 1.0 for name in model.names])
    log_likelihood = float((model.log_likelihood(parameters, cells) * cells.count).sum())
    return PurchaseFit(model, parameters, log_likelihood, covariance, round(persons))


def _coarse(cells: Cells) -> Cells:
    """Cells whose times fall into the same of `_COARSE_STEPS` steps a mean age, as one at their persons' mean."""
    steps = (np.ceil(times * _COARSE_STEPS) for times in (cells.recency, cells.age))
    _, place = np.unique(np.stack([cells.frequency, cells.trait, *steps]), axis=1, return_inverse=True)
    count: Floats = np.bincount(place.ravel(), weights=cells.count).astype(np.float64)
    frequency, recency, age, trait = (
        np.bincount(place.ravel(), weights=cells.count * values) / count
        for values in (cells.frequency, cells.recency, cells.age, cells.trait)
    )
    return Cells(frequency, recency, age, trait, count)


def lowest_point(loss: Loss, starts: list[Floats], curvature: Floats | None = None) -> tuple[Floats, Floats]:
    """Where quasi-Newton steps come to rest, from the first start that they do from, and the inverse curvature there.

    Raises:
        NotConvergedError: from none of them.
    """
    for start in starts:
        options = {"gtol": _GRADIENT_TOLERANCE, "hess_inv0": curvature}
        result = minimize(loss, start, method="BFGS", options=options)
        # BFGS calls it a failure when rounding stops it at a point that is already flat.
        if result.success or np.abs(result.jac).max() < _FLAT:
            return result.x, (result.hess_inv + result.hess_inv.T) / 2
    raise NotConvergedError("the likelihood has no inner maximum on these data")


def curvature_covariance(loss: Loss, logs: Floats, persons: float) -> Floats:
    """The inverse of the summed loss's second derivatives, by central differences.

    Raises:
        NotConvergedError: the point is no minimum in some direction.
    """
    size = len(logs)
    steps = np.eye(size) * _STEP**0.5
    hessian = np.empty((size, size))
    for row in range(size):
        for column in range(row, size):
            one, two = steps[row], steps[column]
            second = (loss(logs + one + two) - loss(logs + one - two)
                      - loss(logs - one + two) + loss(logs - one - two)) / (4 * _STEP)  # fmt: skip
            hessian[row, column] = hessian[column, row] = second * persons
    try:
        covariance: Floats = np.linalg.inv(hessian).astype(np.float64)
        np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError as error:
        raise NotConvergedError("the data don't tell the model's parameters apart") from error
    return covariance
