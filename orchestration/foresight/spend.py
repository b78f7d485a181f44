"""What a purchase is worth: the Gamma-Gamma model of mean spend, fitted by maximum likelihood on counted cells.

Source: Fader & Hardie (2013), "The Gamma-Gamma model of monetary value"; a person's purchases are gamma-distributed
around the person's own mean, which doesn't depend on how often the person buys.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, psi

from orchestration.foresight.purchases import Floats, NotConvergedError, curvature_covariance, lowest_point

_GREATEST = 1e4


@dataclass(frozen=True)
class SpendCells:
    """Counted spending: `count` persons made `purchases` (1 or more) with `mean` (above 0) on average."""

    purchases: Floats
    mean: Floats
    count: Floats


@dataclass(frozen=True)
class SpendFit:
    """p, q and gamma (in money), and the covariance of their logarithms."""

    p: float
    q: float
    gamma: float
    log_likelihood: float
    covariance: Floats
    persons: int

    def weight(self, purchases: Floats, mean: Floats) -> Floats:
        """gamma plus all that was spent: what a person's future spend is proportional to."""
        return self.gamma + purchases * mean

    def expected(self, purchases: Floats, mean: Floats) -> Floats:
        """The mean value of a future purchase, given past ones; infinite where too little is known to have a mean."""
        left = self.p * purchases + self.q - 1
        return np.where(left > 0, self.p * self.weight(purchases, mean) / np.where(left > 0, left, 1), np.inf)


def fit_spend(cells: SpendCells) -> SpendFit:
    """Maximum likelihood over all persons of the cells.

    Raises:
        NotConvergedError: the optimiser found no inner maximum.
    """
    persons = float(cells.count.sum())
    unit = float((cells.mean * cells.count).sum() / persons)
    x, mean = cells.purchases, cells.mean / unit

    def loss(logs: Floats) -> tuple[float, Floats]:
        p, q, gamma = np.exp(logs)
        spent = gamma + x * mean
        each = (
            gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(gamma)
            + (p * x - 1) * np.log(mean) + p * x * np.log(x) - (p * x + q) * np.log(spent)
        )  # fmt: skip
        slopes = np.stack([
            p * x * (psi(p * x + q) - psi(p * x) + np.log(mean) + np.log(x) - np.log(spent)),
            q * (psi(p * x + q) - psi(q) + np.log(gamma) - np.log(spent)),
            q - (p * x + q) * gamma / spent,
        ])  # fmt: skip
        value, slope = -(each * cells.count).sum() / persons, -np.einsum("pc,c->p", slopes, cells.count) / persons
        return (float(value), slope) if np.isfinite(value) and np.isfinite(slope).all() else (1e10, np.zeros(3))

    starts = [(np.log(start), None) for start in ([3.0, 3.0, 0.7], [1.0, 8.0, 5.0], [20.0, 3.0, 0.1])]
    logs, lowest = lowest_point(loss, starts, -np.log(_GREATEST), np.log(_GREATEST))
    p, q, gamma = (float(value) for value in np.exp(logs))
    if max(p, q, gamma) > _GREATEST or min(p, q, gamma) < 1 / _GREATEST:
        raise NotConvergedError("purchases' values don't tell the spend model's parameters apart")
    covariance = curvature_covariance(loss, logs, persons)
    # The likelihood of money, not of money in units of its mean.
    log_likelihood = -lowest * persons - persons * float(np.log(unit))
    return SpendFit(p, q, gamma * unit, log_likelihood, covariance, round(persons))
