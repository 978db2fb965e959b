"""Regression on a course through time whose level may wander by itself: a random walk seen through noise."""

import math

import numpy as np

from server.analysis.inference import Floats

# How far the level wanders over the whole series, in standard deviations of the noise.
_WANDERS = np.array([0.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0])
NEAR = 0.5  # twice the log likelihood by which a calmer level may fit worse and still be taken


def wandering_t(values: Floats, courses: Floats, column: int) -> float:
    """The t statistic of a column of the courses, shape (n, k), for values, shape (n,), about a wandering level.

    The local level model (Harvey 1989, Forecasting, Structural Time Series Models and the Kalman Filter, section 2.3).
    How far the level wanders is found by restricted maximum likelihood (Patterson and Thompson 1971, Biometrika 58),
    which is the likelihood of the differences; of the levels that fit about as well the calmest is taken, since white
    noise seems to wander a little in half of all samples.
    """
    from scipy.fft import dst

    n, k = courses.shape
    # The sine transform makes the differences independent whatever the level does: their covariance is tridiagonal.
    steps = dst(np.diff(np.column_stack([values, courses]), axis=0), type=1, norm="ortho", axis=0)
    noise = 2.0 - 2.0 * np.cos(np.pi * np.arange(1, n) / n)
    variance = noise + (_WANDERS[:, None] / n) ** 2
    products = steps.T @ (steps / variance[:, :, None])
    inverse = np.linalg.pinv(products[:, 1:, 1:], hermitian=True)
    coefficients = (inverse @ products[:, 1:, :1])[:, :, 0]
    rest = products[:, 0, 0] - (coefficients * products[:, 1:, 0]).sum(axis=1)
    exact = np.flatnonzero(rest <= 1e-12 * products[:, 0, 0])
    if len(exact):
        return math.copysign(math.inf, float(coefficients[exact[0], column]))
    determinant = np.log(variance).sum(axis=1) - np.linalg.slogdet(inverse)[1]
    likelihood = -0.5 * (determinant + (n - 1 - k) * np.log(rest))
    error = np.sqrt(np.maximum(inverse[:, column, column], 0.0) * rest / (n - 1 - k))
    calmest = int(np.argmax(2.0 * (likelihood.max() - likelihood) <= NEAR))
    return float(coefficients[calmest, column] / error[calmest]) if error[calmest] > 0.0 else 0.0
