"""Rows by day as witnesses: of a mean each row, of a number of rows each day by its usual share of a week."""

import math
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from server.analysis import inference, periods
from server.analysis.columns import Dimension, Measure
from server.analysis.facts import Facts, Overview, complete_starts
from server.analysis.inference import Floats
from server.analysis.once import once
from server.analysis.series import Series

LEAST_DAYS = 16
LEAST_ROWS = 200
EVIDENT_P = 0.01  # of weekdays that differ in their number of rows
WEEK = 7
HEAVY_SKEW = 3.0
HEAVY_EXCESS = 2.0  # root variances by which a unit lies further out than its skewness explains


@dataclass(frozen=True)
class Days:
    """A measure by day, arrays of shape (days,): days since `first`, weights, totals; variance and skewness of one.

    The weight of a day is the number of its rows where the measure is a mean, so that a unit is a row. Where it is a
    total, a unit is a usual day, and the weight says how many of these the weekday is worth.
    """

    first: datetime
    at: Floats
    n: Floats
    total: Floats
    variance: float
    skew: float
    # How far a single row lies above and below what such skewness explains, in root variances.
    above: float = 0.0
    below: float = 0.0
    by_row: bool = False  # whether a unit is a row

    def where(self, inside: NDArray[np.bool_]) -> "Days":
        """The days marked."""
        return replace(self, at=self.at[inside], n=self.n[inside], total=self.total[inside])

    def within(self, start: datetime, end: datetime) -> "Days":
        """The days from the start up to, not including, the end."""
        low, high = ((moment - self.first).days for moment in (start, end))
        return self.where((self.at >= low) & (self.at < high))

    def against(self, jump: float, n: float, rest: float) -> tuple[float, float]:
        """The statistic of a difference between the mean of n units and that of the rest, and its p value.

        The p value is that of a sum of skewed amounts, and of what is left without the one row that lies furthest out:
        with heavy tails a single row makes a mean.
        """
        error = math.sqrt(self.variance * (1.0 / n + 1.0 / rest))
        skew = self.skew * self.variance**1.5 * (n**-2.0 - rest**-2.0) / error**3
        fewer, upwards = min(n, rest), (jump > 0.0) == (n <= rest)
        single = (self.above if upwards else self.below) * math.sqrt(self.variance) / fewer / error
        statistic = jump / error
        kept = math.copysign(max(abs(statistic) - single, 0.0), statistic)
        return statistic, inference.skewed_two_sided(kept, skew)

    @property
    def mean(self) -> float:
        """The total of a unit."""
        return float(self.total.sum() / self.n.sum())


def row_days(facts: Facts, series: Series, *, rows: Overview | None = None) -> Days | None:
    """The whole days of a series; None where rows say nothing: levels, few rows, rows that go together.

    `rows` is what single rows are like, where it is known better than from all rows.
    """
    return _described(facts, _Followed(series.measure, series.dimension, series.member), rows)


@dataclass(frozen=True)
class _Followed:
    """A measure of all rows, or of one member, whatever the grain of its series."""

    measure: Measure
    dimension: Dimension | None
    member: str | None


@once
def _described(facts: Facts, series: _Followed, rows: Overview | None) -> Days | None:
    days = _counted(facts, series)
    if days is None:
        return None
    overview = rows or _overview(facts, series)
    found = _of_totals(series, days, overview) if series.measure.additive else _of_means(days, overview)
    return found if found is not None and found.variance > 0.0 else None


@once
def _counted(facts: Facts, series: _Followed) -> Days | None:
    """The days with what they hold, whatever single rows are like."""
    timeline, measure = facts.timeline, series.measure
    if timeline is None or measure.level or timeline.grain == "month" or _clustered(facts, measure):
        return None
    if facts.is_panel:
        return None  # the same things every time: they differ from one another more than from day to day
    cells = _cells(facts, series)
    whole = complete_starts(timeline, "day", facts.now)
    if cells is None or len(whole) < LEAST_DAYS:
        return None
    moments, n, total = cells
    first, after = (np.datetime64(moment, "us") for moment in (whole[0], periods.shift(whole[-1], "day", 1)))
    inside = (moments >= first) & (moments < after)
    place = ((moments - first) // np.timedelta64(1, "D")).astype(np.int64)[inside]
    n, total = (np.bincount(place, cell[inside], len(whole)).astype(np.float64) for cell in (n, total))
    if float(n.sum()) < LEAST_ROWS:
        return None
    return Days(whole[0], np.arange(len(whole), dtype=np.float64), n, total, 0.0, 0.0)


def _clustered(facts: Facts, measure: Measure) -> bool:
    return not measure.counts_rows and any(
        known == measure or known.column == measure.column for _, known in facts.clusters.correlation
    )


def _cells(facts: Facts, series: _Followed) -> tuple[NDArray[Any], Floats, Floats] | None:
    """Moments, observations and totals of the whole, or of a member that is followed by the day."""
    measure, timeline = series.measure, facts.timeline
    if timeline is None or measure not in timeline.n:
        return None
    if series.dimension is None:
        return periods.as_array(timeline.starts), timeline.n[measure], timeline.total[measure]
    breakdown = next((found for found in facts.breakdowns if found.dimension == series.dimension), None)
    if breakdown is None or breakdown.grain not in ("hour", "day") or series.member is None:
        return None
    member = breakdown.members.index(series.member)
    return periods.as_array(breakdown.starts), breakdown.n[measure][member], breakdown.total[measure][member]


def _overview(facts: Facts, series: _Followed) -> Overview | None:
    """What single rows are like; their spread is the member's own where the series is one's. None for counts."""
    known = facts.overview.get(series.measure)
    breakdown = next((found for found in facts.breakdowns if found.dimension == series.dimension), None)
    if known is None or breakdown is None or series.member is None or series.measure.aggregation == "ratio":
        return known
    own = float(breakdown.groups(series.measure).variance[breakdown.members.index(series.member)])
    return replace(known, deviation=math.sqrt(own) if math.isfinite(own) else 0.0)


def _of_means(days: Days, rows: Overview | None) -> Days | None:
    if rows is None or rows.deviation <= 0.0:
        return None
    known = days.n > 0
    above, below = (
        _unexplained(abs(end - rows.mean) / rows.deviation, way * rows.skew, rows.n)
        for end, way in ((rows.high, 1.0), (rows.low, -1.0))
    )
    kept = days.where(known)
    variance = rows.deviation**2
    return replace(kept, variance=variance, skew=rows.skew, above=above, below=below, by_row=True)


def _of_totals(series: _Followed, days: Days, rows: Overview | None) -> Days | None:
    """Days as exposures: quasi-Poisson in the number of rows, compound Poisson in their sum.

    What arrives at random has the variance of its mean, times what the days scatter more than that; a sum of rows the
    second moment of a row for each (McCullagh and Nelder 1989, Generalized Linear Models, section 6.2).
    """
    weights = _weekdays(days.n, (days.first.weekday() + days.at.astype(np.int64)) % WEEK)
    open_ = weights > 0.0
    n, counts, at, total = weights[open_], days.n[open_], days.at[open_], days.total[open_]
    rate = float(counts.sum() / n.sum())
    # Between one day and the next, so that what moves slowly does not count.
    moves = np.diff(counts - rate * n)
    dispersion = max(1.0, float((moves**2 / (n[1:] + n[:-1])).mean()) / rate)
    if rows is None or series.measure.counts_rows:
        return Days(days.first, at, n, counts, rate * dispersion, math.sqrt(dispersion / rate))
    spread, mean = rows.deviation**2, float(total.sum() / counts.sum())
    variance = rate * (spread + dispersion * mean**2)
    skew = rate * (rows.skew * spread**1.5 + 3.0 * mean * spread + mean**3) / variance**1.5
    above, below = (
        _unexplained(max(end, 0.0) / math.sqrt(variance), way * skew, len(n))
        for end, way in ((rows.high, 1.0), (-rows.low, -1.0))
    )
    return Days(days.first, at, n, total, variance, skew, above, below)


def is_heavy(days: Days) -> bool:
    """Whether single units lie so far out that means of a few of them are not trusted."""
    return abs(days.skew) > HEAVY_SKEW or max(days.above, days.below) > HEAVY_EXCESS


def _unexplained(distance: float, skew: float, n: int) -> float:
    """How much further out the furthest of n values lies than the gamma distribution of their skewness has it."""
    return max(0.0, distance - inference.skewed_quantile(1.0 - 1.0 / (n + 1.0), skew))


def _weekdays(rows: Floats, weekday: NDArray[np.int64]) -> Floats:
    """How many usual days each day is worth by its weekday, where weekdays evidently differ; 1 where not."""
    sums = np.bincount(weekday, weights=rows, minlength=WEEK)
    lengths = np.bincount(weekday, minlength=WEEK).astype(np.float64)
    rate = float(rows.sum() / len(rows))
    expected = rate * lengths
    between = float(((sums - expected) ** 2 / np.maximum(expected, 1e-300)).sum())
    means = sums / np.maximum(lengths, 1.0)
    inside = float(((rows - means[weekday]) ** 2).sum()) / rate / max(len(rows) - WEEK, 1)
    if len(rows) < 3 * WEEK or inference.chi_square_tail(between / max(inside, 1.0), WEEK - 1) >= EVIDENT_P:
        return np.ones(len(rows))
    weights: Floats = means[weekday] / rate
    return weights
