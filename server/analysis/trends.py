"""Tests of a steady rise or fall that a random walk does not pass."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from server.analysis.inference import SMALLEST_P, Floats, t_quantile, t_two_sided
from server.analysis.likelihood import LONGEST, line_gain
from server.analysis.regression import least_squares
from server.analysis.wandering import wandering_t

LEAST_PERIODS = 8
# What is spent of the error allowed on the ways in which a slope may stand out: as a line in noise, as the mean step of
# a walk, as a line whatever the memory.
BY_LINE, BY_DRIFT, BY_GAIN = 0.7, 0.15, 0.15
HOPELESS = 0.2  # p value of a line in noise from which nothing else need be asked

# Lower-tail points of the Dickey-Fuller statistic with constant and trend, no lags, under a random walk:
# 600,000 simulated walks for each length (negated here). Dickey and Fuller 1979, J. Am. Stat. Assoc. 74.
_TAIL_P = (0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001)
_TAIL = {
    8: (3.69, 5.09, 6.71, 8.94, 11.88, 15.9, 21.01),
    10: (3.5, 4.54, 5.59, 6.91, 8.31, 10.43, 12.43),
    12: (3.41, 4.3, 5.13, 6.16, 7.16, 8.31, 9.63),
    16: (3.33, 4.06, 4.72, 5.46, 6.17, 6.97, 7.82),
    20: (3.28, 3.96, 4.54, 5.17, 5.74, 6.36, 7.02),
    24: (3.25, 3.88, 4.42, 5.0, 5.51, 6.1, 6.61),
    30: (3.22, 3.82, 4.31, 4.83, 5.29, 5.76, 6.26),
    36: (3.2, 3.78, 4.25, 4.73, 5.13, 5.57, 6.01),
    48: (3.18, 3.73, 4.16, 4.61, 5.0, 5.38, 5.75),
    60: (3.18, 3.7, 4.12, 4.54, 4.91, 5.32, 5.65),
    80: (3.16, 3.68, 4.08, 4.47, 4.81, 5.17, 5.48),
    104: (3.15, 3.65, 4.05, 4.44, 4.77, 5.1, 5.37),
    160: (3.14, 3.64, 4.01, 4.39, 4.7, 5.02, 5.26),
}


@dataclass(frozen=True)
class Trend:
    """A slope per period with its interval at 95 %, the statistic behind the p value, and the share explained."""

    slope: float
    low: float
    high: float
    statistic: float
    p_value: float
    explained: float


@dataclass(frozen=True)
class Steadiness:
    """The statistic and the standard error of a slope, and the p value of all ways in which it may stand out."""

    statistic: float
    error: float
    p_value: float


def steadiness(values: Floats) -> Steadiness:
    """Tests the slope of a series, shape (n,) with n >= 8, against both noise and a random walk.

    Either the line must stand out from autocorrelated noise (Prais and Winsten 1954) and from a level that wanders
    under noise, while a random walk is ruled out (Dickey and Fuller 1979), or the mean step must stand out from the
    steps of a random walk with drift, or a line must make the series much likelier whatever memory its noise has.
    """
    n = len(values)
    slope, error = _autocorrelated_slope(values)
    line_p = _line_p(values, slope / error if error > 0 else 0.0) / BY_LINE
    steps = np.diff(values)
    spread = float(steps.std(ddof=1))
    drift = float(steps.mean()) / (spread / math.sqrt(n - 1)) if spread > 0 else 0.0
    drift_p = t_two_sided(drift, n - 2) / BY_DRIFT if spread > 0 else 1.0
    gain_p = line_gain(values).p_value / BY_GAIN if n <= LONGEST else 1.0
    by_line = min(line_p, gain_p) <= drift_p
    return Steadiness(
        statistic=slope / error if by_line and error > 0 else drift,
        error=error if by_line else spread / math.sqrt(n - 1),
        p_value=min(1.0, line_p, drift_p, gain_p),
    )


def steady_trend(values: Floats, tested: Steadiness | None = None) -> Trend:
    """The trend of a series, shape (n,) with n >= 8, its test where that is known already.

    The slope told is that of Theil 1950 and Sen 1968.
    """
    tested = tested or steadiness(values)
    half = t_quantile(0.975, len(values) - 2) * tested.error
    told = theil_sen(values)
    return Trend(
        slope=told,
        low=told - half,
        high=told + half,
        statistic=tested.statistic,
        p_value=tested.p_value,
        explained=explained_by_line(values),
    )


def _line_p(values: Floats, statistic: float) -> float:
    """The largest p value of a line in autocorrelated noise, of one about a wandering level, and of a random walk."""
    n = len(values)
    noise_p = t_two_sided(statistic, n - 2)
    if noise_p > HOPELESS:
        return noise_p
    wandering = wandering_t(values, (np.arange(n) / n)[:, None], 0)
    return max(noise_p, t_two_sided(wandering, n - 2), unit_root_p(values))


def theil_sen(values: Floats) -> float:
    """The median of the slopes between all pairs of periods."""
    first, second = _pairs(len(values))
    return float(np.median((values[second] - values[first]) / (second - first)))


@lru_cache(maxsize=8)
def _pairs(n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All pairs of places; the many series of a table are of few lengths."""
    first, second = np.triu_indices(n, 1)
    return first, second


def explained_by_line(values: Floats) -> float:
    """The share of the variance a straight line explains, 0 to 1."""
    total = float(((values - values.mean()) ** 2).sum())
    return 1.0 - float((detrended(values) ** 2).sum()) / total if total > 0 else 0.0


def detrended(values: Floats) -> Floats:
    """What is left of a series after its least-squares line."""
    time = np.arange(len(values)) - (len(values) - 1) / 2
    slope = float(values @ time) / float(time @ time)
    rest: Floats = values - values.mean() - slope * time
    return rest


def unit_root_p(values: Floats) -> float:
    """The p value of the hypothesis that the series is a random walk, by the Dickey-Fuller statistic."""
    level, step = detrended(values[:-1]), detrended(np.diff(values))
    spread = float(level @ level)
    if spread <= 0.0:
        return SMALLEST_P
    pull = float(level @ step) / spread
    rest = step - pull * level
    error = math.sqrt(max(float(rest @ rest), 1e-300) / max(len(step) - 3, 1) / spread)
    return _tail_p(-pull / error, len(values))


def _tail_p(statistic: float, n: int) -> float:
    lengths = sorted(_TAIL)
    points = np.array(
        [np.interp(n, lengths, [_TAIL[length][i] for length in lengths]) for i in range(len(_TAIL_P))]
    )
    if statistic <= points[0]:
        return 1.0
    log_p, log_points = np.log(_TAIL_P), np.log(points)
    where = math.log(statistic)
    if where <= log_points[-1]:
        return float(np.exp(np.interp(where, log_points, log_p)))
    # A power law through the last points falls more slowly than the true tail.
    power = (log_p[-1] - log_p[-3]) / (log_points[-1] - log_points[-3])
    return max(float(np.exp(log_p[-1] + power * (where - log_points[-1]))), SMALLEST_P)


def _autocorrelated_slope(values: Floats) -> tuple[float, float]:
    """Slope and its standard error by generalised least squares with first-order autocorrelation."""
    n = len(values)
    rest = detrended(values)
    denominator = float(rest[:-1] @ rest[:-1])
    rho = float(rest[1:] @ rest[:-1]) / denominator if denominator > 0 else 0.0
    rho = min(max((n * rho + 2.0) / (n - 4.0), 0.0), 0.99)
    first = math.sqrt(1.0 - rho * rho)
    time = np.arange(1.0, n + 1.0)
    ones = np.concatenate([[first], np.full(n - 1, 1.0 - rho)])
    line = np.concatenate([[first], time[1:] - rho * time[:-1]])
    target = np.concatenate([[first * values[0]], values[1:] - rho * values[:-1]])
    design = np.column_stack([ones, line])
    fit = least_squares(design, target, constant=False)
    return float(fit.coefficients[1]), float(fit.errors[1])
