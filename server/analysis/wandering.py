"""Regression on a course through time whose level may wander by itself: a random walk seen through noise."""

import math
from functools import lru_cache

import numpy as np

from server.analysis.inference import Floats

# How far the level wanders over the whole series, in standard deviations of the noise.
_WANDERS = (0.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
NEAR = 0.5  # twice the log likelihood by which a calmer level may fit worse and still be taken


@lru_cache(maxsize=16)
def _whiteners(n: int) -> tuple[tuple[Floats, float], ...]:
    """For each wander what makes the errors independent, shape (n, n), and the log determinant of their covariance."""
    walk = np.minimum.outer(np.arange(n), np.arange(n)) + 1.0
    found = []
    for wander in _WANDERS:
        root = np.linalg.cholesky(np.eye(n) + (wander / n) ** 2 * walk)
        found.append((np.linalg.inv(root), 2.0 * float(np.log(np.diag(root)).sum())))
    return tuple(found)


def wandering_t(values: Floats, design: Floats, column: int) -> float:
    """The t statistic of a column of the design, shape (n, k), for values, shape (n,), about a wandering level.

    The local level model (Harvey 1989, Forecasting, Structural Time Series Models and the Kalman Filter, section 2.3),
    how far the level wanders by restricted maximum likelihood (Patterson and Thompson 1971, Biometrika 58); of those
    that fit about as well the calmest, for white noise wanders a little in half of all samples.
    """
    n, k = design.shape
    fits: list[tuple[float, float]] = []
    for white, determinant in _whiteners(n):
        columns, target = white @ design, white @ values
        inverse = np.linalg.pinv(columns.T @ columns, hermitian=True)
        coefficients = inverse @ (columns.T @ target)
        rest = float(((target - columns @ coefficients) ** 2).sum())
        if rest <= 0.0:
            return math.copysign(math.inf, float(coefficients[column]))
        likelihood = -0.5 * (determinant - float(np.linalg.slogdet(inverse)[1]) + (n - k) * math.log(rest))
        error = math.sqrt(float(inverse[column, column]) * rest / (n - k))
        fits.append((likelihood, float(coefficients[column]) / error))
    best = max(likelihood for likelihood, _ in fits)
    return next(statistic for likelihood, statistic in fits if 2.0 * (best - likelihood) <= NEAR)
