"""Where a goal is heading: a straight line with autocorrelated deviations, and the uncertainty of a value to come.

What is checked in is mostly a running total or a level that remembers where it was, so deviations from a line are
not independent, and ordinary least squares claims far too much. Here a deviation keeps a share of itself from day to
day (an Ornstein-Uhlenbeck process, which knows uneven gaps): none is independent noise, all of it a random walk with
drift. How much is not known, so it is averaged over: every memory of a grid counts by how well it explains the values
once line and scale are integrated out (Zellner and Tiao 1964, "Bayesian analysis of the regression model with
autocorrelated errors", J. Am. Stat. Assoc. 59; the restricted likelihood of Harville 1974, Biometrika 61). Given a
memory, a value to come follows Student's t around the best linear unbiased prediction (Goldberger 1962, J. Am. Stat.
Assoc. 57). `python -m tests.quality.goal_forecasts` prints how often the interval holds what comes.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from server.work.student import student_cdf, student_quantile

# Below this many days with a value, a line has at most one degree of freedom left: nothing honest can be said.
LEAST_DAYS = 4
# The latest days with a value that are looked at: what lies further back says little of where it is heading.
MOST_DAYS = 400
LEVEL = 0.8
ROUNDING = 1e-12
# The share of a deviation that is left after a typical gap between values; 1 is a random walk.
MEMORIES = (0.0, 0.25, 0.5, 0.75, 0.9, 1.0)
# Before looking: totals and levels mostly walk, and a short walk looks like many other things (chosen by simulation,
# so that the interval of a walk holds as often as it says).
PRIOR = (1.0, 0.6, 0.5, 0.5, 0.4, 14.0)
# A trend must stand out under every memory that explains at least this share.
LIKELY_WEIGHT = 0.1
LEAST_WEIGHT = 1e-4  # memories that explain less than this share are left out
_PRECISION = 1e-9  # of a probability, and of the width between the ends of all memories


@dataclass(frozen=True)
class Path:
    """The line given one memory; `keep` is the share of a deviation left after a day, `scale` that of the deviations.

    `middle` is the day the line is centred on; `level`, `slope` its value there and change a day; `cov` their
    covariance over the squared scale (level and slope, packed), `rest` the last deviation from the line.
    """

    weight: float
    keep: float
    middle: float
    level: float
    slope: float
    cov: tuple[float, float, float]
    scale: float
    last: float
    rest: float

    def at(self, day: float) -> float:
        """The value expected on a day: the line, and what is left of the last deviation."""
        left = float(self.keep ** max(day - self.last, 0.0))
        return self.level + self.slope * (day - self.middle) + left * self.rest

    def deviation(self, day: float) -> float:
        """Standard deviation of a value on a day, the line's own uncertainty included."""
        ahead = max(day - self.last, 0.0)
        if self.keep == 1.0:
            return self.scale * math.sqrt(ahead + ahead**2 * self.cov[2])
        left = self.keep**ahead
        one, along = 1 - left, (day - self.middle) - left * (self.last - self.middle)
        of_line = one * one * self.cov[0] + 2 * one * along * self.cov[1] + along * along * self.cov[2]
        return self.scale * math.sqrt(max(1 - left * left + of_line, 0.0))

    def slope_deviation(self) -> float:
        """Standard deviation of the slope."""
        return self.scale * math.sqrt(self.cov[2])


@dataclass(frozen=True)
class Outlook:
    """The expected value on a day, and the ends of the interval that holds it with probability LEVEL."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Course:
    """How values move: the lines of every memory that may be, over `n` days with a value from `first` to `last`."""

    n: int
    first: date
    last: date
    paths: tuple[Path, ...]

    @property
    def freedom(self) -> int:
        """Degrees of freedom of the deviations."""
        return self.n - 2

    @property
    def slope(self) -> float:
        """Change a day."""
        return math.fsum(path.weight * path.slope for path in self.paths)

    @property
    def certain(self) -> bool:
        """Whether the values lie on a line exactly."""
        return all(path.scale == 0 for path in self.paths)

    def outlook(self, day: date) -> Outlook:
        """The value to be expected on a day, with the LEVEL prediction interval."""
        at = day.toordinal()
        value = math.fsum(path.weight * path.at(at) for path in self.paths)
        tail = (1 - LEVEL) / 2
        return Outlook(value, self._quantile(at, tail), self._quantile(at, 1 - tail))

    def probability_below(self, day: date, bound: float) -> float:
        """Probability that the value on a day is at most `bound`."""
        return self._below(day.toordinal(), bound)

    def slope_statistic(self) -> float:
        """The slope over its standard deviation, the smallest under any memory that is likely; 0 without either."""
        ratios = [path.slope / path.slope_deviation() for path in self._likely() if path.scale]
        return min(ratios, key=abs, default=0.0)

    def slope_p_value(self) -> float:
        """Two-sided p value of the slope against none, the largest under any memory that is likely."""
        if self.certain:
            return 0.0 if self.slope else 1.0
        return max(
            2 * student_cdf(-abs(path.slope) / path.slope_deviation(), self.freedom)
            for path in self._likely()
        )

    def _likely(self) -> list[Path]:
        most = max(path.weight for path in self.paths)
        return [path for path in self.paths if path.weight >= min(LIKELY_WEIGHT, most)]

    def slope_interval(self) -> tuple[float, float]:
        """The interval that holds the change a day with probability LEVEL, the widest of any memory that is likely."""
        path = max(self._likely(), key=lambda path: path.slope_deviation())
        half = student_quantile((1 + LEVEL) / 2, self.freedom) * path.slope_deviation()
        return path.slope - half, path.slope + half

    def _below(self, day: int, bound: float) -> float:
        return math.fsum(path.weight * _path_below(path, day, bound, self.freedom) for path in self.paths)

    def _quantile(self, day: int, probability: float) -> float:
        """The value below which a value of that day lies with a probability; between the ends of all memories.

        By the Illinois variant of the false position (Dowell and Jarratt 1971, BIT 11).
        """
        quantile = student_quantile(probability, self.freedom)
        ends = [path.at(day) + quantile * path.deviation(day) for path in self.paths]
        low, high = min(ends), max(ends)
        precise = _PRECISION * (high - low)
        under, over = (self._below(day, end) - probability for end in (low, high))
        while high - low > precise and under < 0.0 < over:
            middle = low + (high - low) * under / (under - over)
            found = self._below(day, middle) - probability
            if abs(found) <= _PRECISION:
                return middle
            if found < 0.0:
                low, under, over = middle, found, over / 2
            else:
                high, over, under = middle, found, under / 2
        return low if abs(under) <= abs(over) else high


def fit_course(points: Sequence[tuple[date, float]]) -> Course | None:
    """How values by day move; of several on one day the last counts.

    None with fewer than LEAST_DAYS different days, or when the numbers are too large to square.
    """
    by_day = dict(sorted(dict(points).items())[-MOST_DAYS:])
    if len(by_day) < LEAST_DAYS:
        return None
    try:
        paths = _paths(by_day)
    except OverflowError:
        return None
    finite = all(math.isfinite(path.level + path.slope + path.scale) for path in paths)
    return Course(len(by_day), min(by_day), max(by_day), paths) if finite else None


def _paths(by_day: Mapping[date, float]) -> tuple[Path, ...]:
    days, values = [float(day.toordinal()) for day in by_day], list(by_day.values())
    gaps = sorted(later - earlier for earlier, later in pairwise(days))
    typical = gaps[len(gaps) // 2]
    found = [
        _path(days, values, keep=memory ** (1 / typical), prior=prior)
        for memory, prior in zip(MEMORIES, PRIOR, strict=True)
    ]
    certain = [path for path, _ in found if path.scale == 0]
    if certain:
        return (_weighted(certain[0], 1.0),)
    best = max(evidence for _, evidence in found)
    weights = [math.exp(evidence - best) for _, evidence in found]
    total = math.fsum(weights)
    kept = [(path, w / total) for (path, _), w in zip(found, weights, strict=True)]
    kept = [(path, weight) for path, weight in kept if weight >= LEAST_WEIGHT]
    share = math.fsum(weight for _, weight in kept)
    return tuple(_weighted(path, weight / share) for path, weight in kept)


def _weighted(path: Path, weight: float) -> Path:
    return Path(
        weight, path.keep, path.middle, path.level, path.slope, path.cov, path.scale, path.last, path.rest
    )


def _path(days: list[float], values: list[float], *, keep: float, prior: float) -> tuple[Path, float]:
    """The line given a memory, and the logarithm of how well that memory explains the values."""
    n, middle = len(days), math.fsum(days) / len(days)
    rows, log_spread = _whitened(days, values, keep=keep, middle=middle)
    one = math.fsum(a * a for a, _, _ in rows)
    both = math.fsum(a * b for a, b, _ in rows)
    along = math.fsum(b * b for _, b, _ in rows)
    y_one, y_along = math.fsum(a * y for a, _, y in rows), math.fsum(b * y for _, b, y in rows)
    if keep == 1.0:
        # Differences know no level: the line starts from the last value.
        slope, determinant = y_along / along, along
        level = values[-1] - slope * (days[-1] - middle)
        cov = (0.0, 0.0, 1 / along)
    else:
        determinant = one * along - both * both
        slope = (one * y_along - both * y_one) / determinant
        level = (along * y_one - both * y_along) / determinant
        cov = (along / determinant, -both / determinant, one / determinant)
    squares = math.fsum((y - a * level * (keep != 1.0) - b * slope) ** 2 for a, b, y in rows)
    scale = math.sqrt(squares / (n - 2))
    # Deviations as small as the rounding of the values themselves are none.
    if scale <= ROUNDING * max(abs(value) for value in values):
        return Path(1.0, keep, middle, level, slope, cov, 0.0, days[-1], 0.0), math.inf
    evidence = math.log(prior) - log_spread - math.log(determinant) / 2 - (n - 2) * math.log(scale)
    rest = values[-1] - level - slope * (days[-1] - middle)
    return Path(1.0, keep, middle, level, slope, cov, scale, days[-1], rest), evidence


def _whitened(
    days: list[float], values: list[float], *, keep: float, middle: float
) -> tuple[list[tuple[float, float, float]], float]:
    """Level, day and value of each observation made independent and of one scale; and the logarithm of all scales.

    Of a random walk only the differences are, over the square root of their gaps.
    """
    rows, log_spread = [], 0.0
    if keep != 1.0:
        rows.append((1.0, days[0] - middle, values[0]))
    for place in range(1, len(days)):
        gap = days[place] - days[place - 1]
        left = keep**gap
        spread = math.sqrt(gap if keep == 1.0 else 1 - left * left)
        log_spread += math.log(spread)
        rows.append(
            (
                (1 - left) / spread,
                ((days[place] - middle) - left * (days[place - 1] - middle)) / spread,
                (values[place] - left * values[place - 1]) / spread,
            )
        )
    return rows, log_spread


def _path_below(path: Path, day: int, bound: float, freedom: int) -> float:
    deviation, distance = path.deviation(day), bound - path.at(day)
    if deviation == 0:
        return 1.0 if distance >= 0 else 0.0
    return student_cdf(distance / deviation, freedom)
