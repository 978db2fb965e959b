"""Means that move through calm data: where rows scatter as independent rows do, each row is a witness."""

import math
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from server.analysis import periods
from server.analysis.facts import Facts, complete_starts
from server.analysis.inference import Floats, normal_two_sided
from server.analysis.series import Series

LEAST_ROWS = 200
LEAST_BLOCKS, MOST_BLOCKS = 8, 40  # stretches of time in which the rest is checked for calm
TRIMMED = 0.12  # share of the rows at either end within which no step is looked for
TRIALS = 22.0  # independent steps that the search over all moments is worth (as in `breaks`)
BETTER = (
    6.0  # by how much the square of its z must exceed the other's, for a step or a line to be told rather
)
STRETCHED = 0.15  # relative excess of the spread between days that independent rows may show


@dataclass(frozen=True)
class _Days:
    """A measure by day: days since the first, observations, totals, each of shape (days,); the variance of a row."""

    first: datetime
    at: Floats
    n: Floats
    total: Floats
    variance: float


@dataclass(frozen=True)
class Moved:
    """A mean that moves: the statistic (standard normal), its p value, and for a step where and by how much."""

    statistic: float
    p_value: float
    moment: datetime
    jump: float


def calm_slope(facts: Facts, series: Series) -> Moved | None:
    """A straight course of the mean of rows; None where rows hang together, or where a step fits better."""
    days = _days(facts, series)
    if days is None:
        return None
    line, step = _line(days), _step(days)
    if step.statistic**2 > line.statistic**2 + BETTER or not _is_calm(days, _along_line(days)):
        return None
    return line


def calm_step(facts: Facts, series: Series) -> Moved | None:
    """A step of the mean of rows; None where rows hang together, or where a line fits as well."""
    days = _days(facts, series)
    if days is None:
        return None
    line, step = _line(days), _step(days)
    if step.statistic**2 < line.statistic**2 + BETTER or not _is_calm(days, _along_step(days, step)):
        return None
    return step


def _days(facts: Facts, series: Series) -> _Days | None:
    timeline, measure = facts.timeline, series.measure
    untold = measure.additive or measure.level or series.dimension is not None
    if timeline is None or untold or timeline.grain == "month" or measure not in timeline.n:
        return None
    if any(
        clustered == measure or clustered.column == measure.column
        for _, clustered in facts.clusters.correlation
    ):
        return None
    whole = complete_starts(timeline, "day", facts.now)
    if len(whole) < LEAST_BLOCKS * 2:
        return None
    first, after = (np.datetime64(moment, "us") for moment in (whole[0], periods.shift(whole[-1], "day", 1)))
    moments = periods.as_array(timeline.starts)
    inside = (moments >= first) & (moments < after)
    place = (moments - first) // np.timedelta64(1, "D")
    cells = (timeline.n[measure][inside], timeline.total[measure][inside])
    n, total = (np.bincount(place[inside], cell, len(whole)).astype(np.float64) for cell in cells)
    known = n > 0
    variance = facts.overview[measure].deviation ** 2
    if float(n.sum()) < LEAST_ROWS or variance <= 0.0 or not known.any():
        return None
    return _Days(whole[0], np.flatnonzero(known).astype(np.float64), n[known], total[known], variance)


def _line(days: _Days) -> Moved:
    centre = float((days.n * days.at).sum() / days.n.sum())
    spread = float((days.n * (days.at - centre) ** 2).sum())
    slope = float(((days.at - centre) * days.total).sum()) / spread if spread > 0 else 0.0
    statistic = slope / math.sqrt(days.variance / spread) if spread > 0 else 0.0
    return Moved(statistic, normal_two_sided(statistic), days.first, slope)


def _step(days: _Days) -> Moved:
    """The largest difference between the rows after and before a day (the likelihood ratio of Quandt 1960)."""
    before, total = np.cumsum(days.n)[:-1], np.cumsum(days.total)[:-1]
    n, whole = float(days.n.sum()), float(days.total.sum())
    inside = (before >= TRIMMED * n) & (before <= (1.0 - TRIMMED) * n)
    if not inside.any():
        return Moved(0.0, 1.0, days.first, 0.0)
    after = n - before
    jump = (whole - total) / np.maximum(after, 1.0) - total / before
    statistic = np.where(
        inside, jump / np.sqrt(days.variance * (1.0 / before + 1.0 / np.maximum(after, 1.0))), 0.0
    )
    best = int(np.argmax(np.abs(statistic)))
    moment = periods.shift(days.first, "day", int(days.at[best + 1]))
    p_value = min(1.0, TRIALS * normal_two_sided(float(statistic[best])))
    return Moved(float(statistic[best]), p_value, moment, float(jump[best]))


def _along_line(days: _Days) -> Floats:
    n = float(days.n.sum())
    centre, mean = float((days.n * days.at).sum()) / n, float(days.total.sum()) / n
    expected: Floats = mean + _line(days).jump * (days.at - centre)
    return expected


def _along_step(days: _Days, step: Moved) -> Floats:
    later = days.at >= (step.moment - days.first).days
    means = [float(days.total[side].sum() / days.n[side].sum()) for side in (~later, later)]
    return np.where(later, means[1], means[0])


def _is_calm(days: _Days, expected: Floats) -> bool:
    """Whether what is left scatters as independent rows do: between days, between stretches, and without memory."""
    excess = days.total - days.n * expected
    by_day = float((excess**2 / days.n).sum()) / days.variance
    d = len(days.n)
    if by_day > d * (1.0 + STRETCHED) + 3.0 * math.sqrt(2.0 * d):
        return False
    blocks = min(MOST_BLOCKS, d // 2)
    edges = np.linspace(0, d, blocks + 1).astype(int)[:-1]
    z = np.add.reduceat(excess, edges) / np.sqrt(days.variance * np.add.reduceat(days.n, edges))
    spread = float((z**2).sum())
    if blocks < LEAST_BLOCKS or spread > blocks + 2.0 * math.sqrt(2.0 * blocks):
        return False
    return float(z[1:] @ z[:-1]) <= 2.0 / math.sqrt(blocks) * spread
