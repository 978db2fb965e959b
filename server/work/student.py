"""Student's t distribution by the incomplete beta function (DLMF 8.17), for processes that do not import scipy."""

import math
from functools import cache

_MAX_TERMS = 300
_EPSILON = 1e-15
_TINY = 1e-300


def student_cdf(t: float, freedom: float) -> float:
    """Distribution function of Student's t (DLMF 8.17.2); absolute error below 1e-12.

    From the middle for small t and from the tail for large t, where the other one would cancel digits away.
    """
    square = t * t
    if square < freedom:
        half = _incomplete_beta(square / (freedom + square), 0.5, freedom / 2) / 2
        return 0.5 - half if t < 0 else 0.5 + half
    tail = _incomplete_beta(freedom / (freedom + square), freedom / 2, 0.5) / 2
    return tail if t < 0 else 1 - tail


@cache
def student_quantile(probability: float, freedom: float) -> float:
    """The value below which Student's t lies with a probability in (0, 1), by bisection to the last digits."""
    if probability < 0.5:
        return -student_quantile(1 - probability, freedom)
    low, high = 0.0, 1.0
    while student_cdf(high, freedom) < probability:
        low, high = high, high * 2
    for _ in range(100):
        middle = (low + high) / 2
        if student_cdf(middle, freedom) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function; the fraction converges fast on this side of its mean."""
    if x <= 0 or x >= 1:
        return min(max(x, 0.0), 1.0)
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(1 - x, b, a)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(log_front) * _beta_fraction(x, a, b) / a


def _beta_fraction(x: float, a: float, b: float) -> float:
    """The continued fraction DLMF 8.17.22, from its front by the modified Lentz method (Thompson and Barnett 1986)."""
    upper, lower = 1.0, 1 / _nonzero(1 - (a + b) * x / (a + 1))
    result = lower
    for m in range(1, _MAX_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            lower = 1 / _nonzero(1 + term * lower)
            upper = _nonzero(1 + term / upper)
            result *= upper * lower
        if abs(upper * lower - 1) < _EPSILON:
            break
    return result


def _nonzero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
