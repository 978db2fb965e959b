"""A slope that the things of a panel share: each of them is a witness."""

from functools import lru_cache

import numpy as np
from scipy import special

from server.analysis import periods
from server.analysis.facts import Facts
from server.analysis.inference import SMALLEST_P, Floats, Surprise
from server.analysis.panels import LEAST_THINGS
from server.analysis.series import Series, period_of_each, season

LEAST_PERIODS = 8
FOLLOWED = 0.8  # share of the things that must stand in every period
# How large shocks that reach all may be, in shares of what the things by themselves add to the error of the mean: those
# that pass, and (as to the slope) those that stay. Each pair of them is a possibility; such as pass are the less likely
# beforehand, so that a short walk is not taken for noise.
_PASSING, _STAYING = (
    each.ravel()
    for each in np.meshgrid([0.0, 4.0, 64.0], np.concatenate([[0.0], 4.0 ** np.arange(14)]), indexing="ij")
)
_BEFOREHAND = np.where(_PASSING > 0.0, 0.25, 1.0)


def shared_slope(facts: Facts, series: Series) -> Surprise | None:
    """The slope of a whole measure by the slopes of the things it is made of; None where it is no panel of many.

    Without the part of the whole per day that repeats with the calendar. The statistic has the sign of the slope.
    """
    values = _by_thing(facts, series)
    if values is None:
        return None
    whole = len(values) if series.measure.additive else 1.0
    return witnessed(values - season(series, series.daily().values) / whole)


def witnessed(values: Floats) -> Surprise | None:
    """Whether things, shape (things, periods), rise or fall together by more than they and what they share wander.

    Their slopes scatter by whatever each does by itself, memory and all, so that their mean has a plain error (Fama and
    MacBeth 1973, "Risk, return, and equilibrium", J. Polit. Econ. 81); where values are positive, about slopes in
    proportion to what each has. Shocks that reach all of them are no scatter, but show in what their mean keeps beside
    its line, beyond what the things leave there by themselves: noise, if they pass, a random walk, if they stay. The p
    value is the mean over noise and walks of any size, each weighted by the likelihood of what is left.
    """
    things, length = values.shape
    time, slow, wanders, slope_wanders = _directions(length)
    slopes, along = values @ time / float(time @ time), values @ slow
    share = values.mean(axis=1) if bool((values > 0.0).all()) else np.ones(things)
    error = float(_error(slopes, share))
    if error <= 0.0:
        return None
    own = _error(along, share)
    passing, staying = _PASSING * float(own.mean()), _STAYING * error / slope_wanders
    spread = np.maximum(own + passing[:, None] + np.multiply.outer(staying, wanders), 1e-300)
    likelihood = -0.5 * (np.log(spread) + along.mean(axis=0) ** 2 / spread).sum(axis=1)
    weights = _BEFOREHAND * np.exp(likelihood - likelihood.max())
    errors = error + passing / float(time @ time) + staying * slope_wanders
    statistics = float(slopes.mean()) / np.sqrt(errors)
    p_values = 2.0 * special.stdtr(things - 1.0, -np.abs(statistics))
    p_value = float(weights @ p_values) / float(weights.sum())
    return Surprise(float(statistics[int(np.argmax(weights))]), max(p_value, SMALLEST_P), things)


def _error(found: Floats, share: Floats) -> Floats:
    """The squared error of the mean of what is found of each thing, (things, ...), as a ratio to their shares.

    Cochran 1977, Sampling Techniques, section 6.4.
    """
    rest = found.T - np.multiply.outer(found.mean(axis=0), share / share.mean())
    error: Floats = (rest**2).sum(axis=-1) / (len(share) - 1.0) / len(share)
    return error


@lru_cache(maxsize=16)
def _directions(length: int) -> tuple[Floats, Floats, Floats, float]:
    """Centred time; what a line leaves of a random walk: directions, shape (periods, periods - 2), their variances.

    And the variance of the slope of a walk with steps of variance 1.
    """
    time = np.arange(length) - (length - 1) / 2
    straight = np.eye(length) - 1.0 / length - np.outer(time, time) / float(time @ time)
    walk = np.minimum.outer(np.arange(1.0, length + 1.0), np.arange(1.0, length + 1.0))
    left: Floats = straight @ walk @ straight
    variances, directions = np.linalg.eigh(left)
    wanders = float(time @ walk @ time) / float(time @ time) ** 2
    return np.asarray(time, np.float64), directions[:, 2:], variances[2:], wanders


def _by_thing(facts: Facts, series: Series) -> Floats | None:
    """The measure of each thing in each period, shape (things, periods), totals per day."""
    things, measure = facts.things, series.measure
    if things is None or series.member is not None or measure not in things.total or measure.counts_rows:
        return None
    places = period_of_each(things.starts, series.starts, series.grain)
    if things.grain != series.grain or len(series.starts) < LEAST_PERIODS:
        return None
    kept = np.flatnonzero(places >= 0)
    if not np.array_equal(places[kept], np.arange(len(series.starts))):
        return None
    n, total = things.n[measure][:, kept], things.total[measure][:, kept]
    present = (n > 0.0).all(axis=1)
    if present.sum() < max(LEAST_THINGS, FOLLOWED * len(n)):
        return None
    if not measure.additive:
        return total[present] / n[present]
    if series.grain in {"month", "quarter", "year"}:
        total = total / np.array([periods.days_in(start, series.grain) for start in series.starts])
    found: Floats = total[present]
    return found
