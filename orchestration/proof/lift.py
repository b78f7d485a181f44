"""Two arms compared by their sums: differences with intervals, fixed and sequential, and what they rest on.

Every function takes arrays of any one shape, so that one experiment and a thousand simulated ones are the same call.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ALPHA = 0.05
POWER = 0.8
SAMPLE_RATIO_P = 0.001
# Persons by arm, as 1 / (1/treatment + 1/holdout), at which the sequential interval is narrowest: 2,000 and 500.
PLANNED_PAIRS = 400.0
# The smaller arm must expect this many persons who order, and who don't, for its mean to be near normal.
FEWEST_EVENTS = 10.0


@dataclass(frozen=True)
class ArmSums:
    """Sums over the persons of one arm: an outcome, and the same measured before the trigger."""

    persons: Floats
    total: Floats
    squares: Floats
    pre_total: Floats
    pre_squares: Floats
    product: Floats

    @property
    def mean(self) -> Floats:
        """Outcome by person."""
        return self.total / self.persons

    @property
    def pre_mean(self) -> Floats:
        """The same before the trigger."""
        return self.pre_total / self.persons

    @property
    def spread(self) -> Floats:
        """Sum of squared deviations of the outcome."""
        return np.maximum(self.squares - self.total**2 / self.persons, 0.0)

    @property
    def pre_spread(self) -> Floats:
        """Sum of squared deviations of what was before."""
        return np.maximum(self.pre_squares - self.pre_total**2 / self.persons, 0.0)

    @property
    def joint_spread(self) -> Floats:
        """Sum of products of both deviations."""
        return self.product - self.total * self.pre_total / self.persons


@dataclass(frozen=True)
class Difference:
    """Treatment less holdout by person, with a 95 % interval and one that holds at every look; NaN if unknown."""

    estimate: Floats
    low: Floats
    high: Floats
    sequential_low: Floats
    sequential_high: Floats
    variance: Floats


@dataclass(frozen=True)
class Adjusted(Difference):
    """A difference from which was taken what the time before the trigger foretold."""

    correlation: Floats
    """Of the outcome with what was before, within the arms."""
    variance_removed: Floats
    """Share of the raw difference's variance; near correlation squared."""


def raw_difference(treatment: ArmSums, holdout: ArmSums, is_share: Bools | bool = False) -> Difference:
    """The arms' means compared as they are.

    Args:
        treatment: persons the flow was meant for.
        holdout: persons left out of it.
        is_share: where each outcome is 0 or 1: Newcombe's hybrid of two score intervals (method 10; Statistics in
            Medicine 17, 1998), which holds at small shares; elsewhere Welch's t interval.
    """
    with np.errstate(all="ignore"):
        estimate = treatment.mean - holdout.mean
        variance, freedom = _welch(treatment.spread, treatment.persons, holdout.spread, holdout.persons)
        half = stats.t.ppf(1 - ALPHA / 2, freedom) * np.sqrt(variance)
        low_t, high_t = _wilson(treatment)
        low_h, high_h = _wilson(holdout)
        below = np.sqrt((treatment.mean - low_t) ** 2 + (high_h - holdout.mean) ** 2)
        above = np.sqrt((high_t - treatment.mean) ** 2 + (holdout.mean - low_h) ** 2)
        low = np.where(is_share, estimate - below, estimate - half)
        high = np.where(is_share, estimate + above, estimate + half)
        sequential = _sequential_half(variance, _pairs(treatment, holdout))
        return Difference(estimate, low, high, estimate - sequential, estimate + sequential, variance)


def adjusted_difference(treatment: ArmSums, holdout: ArmSums) -> Adjusted:
    """CUPED (Deng, Xu, Kohavi and Walker, WSDM 2013): the difference less what the pre-period explains of it.

    One slope for both arms, from the deviations within them. NaN where nobody differed before the trigger.
    """
    with np.errstate(all="ignore"):
        pre = treatment.pre_spread + holdout.pre_spread
        slope = np.where(pre > 0, (treatment.joint_spread + holdout.joint_spread) / pre, np.nan)
        estimate = treatment.mean - holdout.mean - slope * (treatment.pre_mean - holdout.pre_mean)
        variance, freedom = _welch(
            _left(treatment, slope), treatment.persons, _left(holdout, slope), holdout.persons, lost=1
        )
        raw, _ = _welch(treatment.spread, treatment.persons, holdout.spread, holdout.persons)
        half = stats.t.ppf(1 - ALPHA / 2, freedom) * np.sqrt(variance)
        sequential = _sequential_half(variance, _pairs(treatment, holdout))
        correlation = (treatment.joint_spread + holdout.joint_spread) / np.sqrt(
            pre * (treatment.spread + holdout.spread)
        )
        return Adjusted(
            estimate,
            estimate - half,
            estimate + half,
            estimate - sequential,
            estimate + sequential,
            variance,
            correlation,
            1 - variance / raw,
        )


def balance(treatment: ArmSums, holdout: ArmSums) -> tuple[Floats, Floats]:
    """How far the arms were apart before the trigger: in standard deviations, and the p-value of that."""
    with np.errstate(all="ignore"):
        gap = treatment.pre_mean - holdout.pre_mean
        spread = treatment.pre_spread / (treatment.persons - 1) + holdout.pre_spread / (holdout.persons - 1)
        variance, freedom = _welch(treatment.pre_spread, treatment.persons, holdout.pre_spread, holdout.persons)
        known = spread > 0
        p = 2 * stats.t.sf(np.abs(gap) / np.sqrt(variance), freedom)
        return np.where(known, gap / np.sqrt(spread / 2), np.nan), np.where(known, p, np.nan)


def sample_ratio_p(
    treatment: Floats, holdout: Floats, assigned_treatment: Floats, assigned_holdout: Floats, holdout_share: Floats
) -> Floats:
    """Chance of arms at least as uneven as these (χ², one degree of freedom).

    Where the planned share is known (else NaN) the analysed persons are held against it; where it isn't, the persons
    analysed and not analysed of both arms against each other. NaN if neither says anything.
    """
    with np.errstate(all="ignore"):
        persons = treatment + holdout
        planned = (holdout - holdout_share * persons) ** 2 / (persons * holdout_share * (1 - holdout_share))
        left_treatment, left_holdout = assigned_treatment - treatment, assigned_holdout - holdout
        assigned = assigned_treatment + assigned_holdout
        table = (
            assigned
            * (treatment * left_holdout - holdout * left_treatment) ** 2
            / (persons * (left_treatment + left_holdout) * assigned_treatment * assigned_holdout)
        )
        found: Floats = stats.chi2.sf(np.where(np.isnan(holdout_share), table, planned), 1)
        return found


def needed_holdout(rate: Floats, detectable: Floats, ratio: Floats) -> Floats:
    """Persons the holdout needs to find a difference of the order rate with 80 % power at 95 %, rounded up.

    Args:
        rate: share that orders without the flow.
        detectable: difference to be found, as a share.
        ratio: treated persons by person left out.
    """
    z = stats.norm.ppf(1 - ALPHA / 2) + stats.norm.ppf(POWER)
    with np.errstate(all="ignore"):
        needed: Floats = np.ceil(z**2 * rate * (1 - rate) * (1 + 1 / ratio) / detectable**2)
        return needed


def has_enough(treatment: ArmSums, holdout: ArmSums, fewest_persons: Floats | float) -> Bools:
    """Whether both arms are large enough for their intervals; `total` counts the persons who ordered."""
    with np.errstate(all="ignore"):
        smaller = np.minimum(treatment.persons, holdout.persons)
        rate = (treatment.total + holdout.total) / (treatment.persons + holdout.persons)
        enough: Bools = (smaller >= fewest_persons) & (smaller * np.minimum(rate, 1 - rate) >= FEWEST_EVENTS)
        return enough


def _pairs(treatment: ArmSums, holdout: ArmSums) -> Floats:
    return treatment.persons * holdout.persons / (treatment.persons + holdout.persons)


def _left(arm: ArmSums, slope: Floats) -> Floats:
    """Sum of squares that the slope doesn't explain."""
    return np.maximum(arm.spread - 2 * slope * arm.joint_spread + slope**2 * arm.pre_spread, 0.0)


def _welch(
    spread: Floats, persons: Floats, other_spread: Floats, other_persons: Floats, lost: int = 0
) -> tuple[Floats, Floats]:
    """Variance of the difference of two means, and Welch and Satterthwaite's degrees of freedom."""
    one = spread / (persons - 1) / persons
    other = other_spread / (other_persons - 1) / other_persons
    variance = one + other
    freedom = variance**2 / (one**2 / (persons - 1) + other**2 / (other_persons - 1)) - lost
    return np.where(variance > 0, variance, np.nan), freedom


def _wilson(arm: ArmSums) -> tuple[Floats, Floats]:
    """Wilson's 95 % score interval of a share."""
    z = stats.norm.ppf(1 - ALPHA / 2)
    share, persons = arm.mean, arm.persons
    centre = share + z**2 / (2 * persons)
    half = z * np.sqrt(share * (1 - share) / persons + z**2 / (4 * persons**2))
    scale = 1 + z**2 / persons
    return (centre - half) / scale, (centre + half) / scale


def _sequential_half(variance: Floats, pairs: Floats) -> Floats:
    """Half the width of an interval that holds at all looks together.

    Robbins' normal mixture as an asymptotic confidence sequence: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas,
    "Time-uniform central limit theory and asymptotic confidence sequences", Annals of Statistics 52, 2024.
    """
    log = -2 * np.log(ALPHA)
    mixed = pairs * (log + np.log(log + 1)) / PLANNED_PAIRS
    half: Floats = np.sqrt(variance * (mixed + 1) / mixed * (np.log(mixed + 1) + log))
    return half
