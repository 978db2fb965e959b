"""Where a goal is heading: a straight line through its check-ins, with the uncertainty of a new value on it.

Ordinary least squares with the prediction interval of a single new observation (Draper and Smith, Applied
Regression Analysis, 3rd edition, section 1.4); Student's t by the incomplete beta function (DLMF 8.17).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

# Below this many days with a value, a line has at most one degree of freedom left: nothing honest can be said.
LEAST_DAYS = 4
LEVEL = 0.8
ROUNDING = 1e-12
_MAX_TERMS = 300
_EPSILON = 1e-15
_TINY = 1e-300


@dataclass(frozen=True)
class Line:
    """A fitted line: value = level + slope * (day - middle), `n` days with a value, residual scale `sigma`."""

    n: int
    first: date
    last: date
    middle: float
    level: float
    slope: float
    spread: float
    sigma: float

    @property
    def freedom(self) -> int:
        """Degrees of freedom of the residuals."""
        return self.n - 2

    def at(self, day: date) -> float:
        """The value of the line on a day."""
        return self.level + self.slope * (day.toordinal() - self.middle)

    def deviation(self, day: date) -> float:
        """Standard deviation of a single new value on a day, the line's own uncertainty included."""
        distance = day.toordinal() - self.middle
        return self.sigma * math.sqrt(1 + 1 / self.n + distance**2 / self.spread)

    def slope_p_value(self) -> float:
        """Two-sided p value of the slope against none."""
        if self.sigma == 0:
            return 0.0 if self.slope else 1.0
        statistic = abs(self.slope) / (self.sigma / math.sqrt(self.spread))
        return 2 * (1 - student_cdf(statistic, self.freedom))


@dataclass(frozen=True)
class Outlook:
    """The expected value on a day, and the ends of the interval that holds it with probability LEVEL."""

    value: float
    low: float
    high: float


def fit_line(points: Sequence[tuple[date, float]]) -> Line | None:
    """The least-squares line through values by day; of several on one day the last counts.

    None with fewer than LEAST_DAYS different days, or when the numbers are too large to square.
    """
    by_day = dict(points)
    if len(by_day) < LEAST_DAYS:
        return None
    try:
        line = _least_squares(by_day)
    except OverflowError:
        return None
    return line if math.isfinite(line.level + line.slope + line.sigma) else None


def _least_squares(by_day: Mapping[date, float]) -> Line:
    n, values = len(by_day), list(by_day.values())
    days = [day.toordinal() for day in by_day]
    middle, level = math.fsum(days) / n, math.fsum(values) / n
    spread = math.fsum((day - middle) ** 2 for day in days)
    pairs = list(zip(days, values, strict=True))
    slope = math.fsum((day - middle) * (value - level) for day, value in pairs) / spread
    squares = math.fsum((value - level - slope * (day - middle)) ** 2 for day, value in pairs)
    sigma = math.sqrt(squares / (n - 2))
    # Residuals as small as the rounding of the values themselves are none.
    if sigma <= ROUNDING * max(abs(value) for value in values):
        sigma = 0.0
    return Line(n, min(by_day), max(by_day), middle, level, slope, spread, sigma)


def outlook(line: Line, day: date) -> Outlook:
    """The line on a day, with the LEVEL prediction interval."""
    value = line.at(day)
    half = student_quantile((1 + LEVEL) / 2, line.freedom) * line.deviation(day)
    return Outlook(value, value - half, value + half)


def probability_below(line: Line, day: date, bound: float) -> float:
    """Probability that a new value on a day is at most `bound`."""
    deviation = line.deviation(day)
    distance = bound - line.at(day)
    if deviation == 0:
        return 1.0 if distance >= 0 else 0.0
    return student_cdf(distance / deviation, line.freedom)


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
