"""Measures through time: one value for each complete period."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from server.analysis import periods
from server.analysis.columns import Dimension, Measure
from server.analysis.facts import Breakdown, Facts, complete_starts
from server.analysis.inference import Floats
from server.analysis.once import once
from server.analysis.periods import Span
from server.analysis.ripeness import is_new
from server.analysis.scope import Condition, equals
from server.analysis.trends import detrended

GAP_LIMIT = 0.2  # share of periods without a value above which a series of averages is not followed
SEASON_P = 0.01
SEASON_CYCLES = 2


@dataclass(frozen=True, eq=False)
class Series:
    """A measure by complete period of one grain, shape (periods,), overall or for one member."""

    measure: Measure
    grain: str
    starts: tuple[datetime, ...]
    values: Floats
    dimension: Dimension | None = None
    member: str | None = None
    rows: Floats | None = None  # behind each mean, shape (periods,); None for totals
    thin: bool = False  # of periods with few rows, which jump about too wildly to be read one by one

    @property
    def last_rows(self) -> float:
        """Rows behind the last mean."""
        return 0.0 if self.rows is None else float(self.rows[-1])

    @property
    def span(self) -> Span:
        """From the first to the last period."""
        return Span(self.starts[0], periods.shift(self.starts[-1], self.grain, 1), self.grain)

    @property
    def where(self) -> tuple[Condition, ...]:
        """The condition that cuts the table to the member."""
        if self.dimension is None or self.member is None:
            return ()
        return (equals(self.dimension, self.member),)

    def daily(self) -> "Series":
        """Totals per day, so that a month is not larger for being longer; averages stay."""
        if not self.measure.additive or self.grain not in {"month", "quarter", "year"}:
            return self
        return replace(self, values=self.values / _lengths(self.starts, self.grain))


@lru_cache(maxsize=64)
def _lengths(starts: tuple[datetime, ...], grain: str) -> Floats:
    """Days of each period."""
    return np.array([periods.days_in(start, grain) for start in starts])


@once
def overall_series(facts: Facts, measure: Measure, grain: str) -> Series | None:
    """The measure over all rows; None when it has gaps, comes with age, or the table has no time."""
    timeline = facts.timeline
    if timeline is None or facts.comes_with_age(measure):
        return None
    starts = complete_starts(timeline, grain, facts.now)
    return _series(
        measure,
        grain,
        starts,
        bins=period_of_each(timeline.starts, starts, grain),
        n=timeline.n[measure],
        total=timeline.total[measure],
    )


@once
def member_series(
    facts: Facts, breakdown: Breakdown, measure: Measure, *, member: int, grain: str
) -> Series | None:
    """The measure for one member; None when it has gaps or the breakdown is coarser than the grain."""
    timeline = facts.timeline
    order = periods.GRAINS
    if timeline is None or breakdown.grain is None or order.index(breakdown.grain) > order.index(grain):
        return None
    if breakdown.grain == "week" and grain != "week":
        return None
    if facts.comes_with_age(measure, breakdown.dimension) or is_new(breakdown, member):
        return None
    starts = complete_starts(timeline, grain, facts.now)
    found = _series(
        measure,
        grain,
        starts,
        bins=period_of_each(breakdown.starts, starts, grain),
        n=breakdown.n[measure][member],
        total=breakdown.total[measure][member],
    )
    if found is None:
        return None
    return replace(found, dimension=breakdown.dimension, member=breakdown.members[member])


def same_series(facts: Facts, series: Series, grain: str) -> Series | None:
    """The same measure of the same member at another grain; None where it has gaps there."""
    if grain == series.grain:
        return series
    if series.dimension is None or series.member is None:
        return overall_series(facts, series.measure, grain)
    breakdown = facts.breakdown(series.dimension.column)
    member = breakdown.members.index(series.member)
    return member_series(facts, breakdown, series.measure, member=member, grain=grain)


@lru_cache(maxsize=64)
def period_of_each(
    moments: tuple[datetime, ...], starts: tuple[datetime, ...], grain: str
) -> NDArray[np.int64]:
    """For each moment the index of its period, -1 outside."""
    if not moments or not starts:
        return np.full(len(moments), -1, dtype=np.int64)
    end = np.datetime64(periods.shift(starts[-1], grain, 1), "us")
    edges = np.append(periods.as_array(starts), end)
    places = np.searchsorted(edges, periods.as_array(moments), side="right") - 1
    return np.where(places < len(starts), places, -1)


def _series(
    measure: Measure,
    grain: str,
    starts: tuple[datetime, ...],
    *,
    bins: NDArray[np.int64],
    n: Floats,
    total: Floats,
) -> Series | None:
    if len(starts) < 2:
        return None
    inside = bins >= 0
    sums = np.bincount(bins[inside], weights=total[inside], minlength=len(starts))
    if measure.additive:
        return Series(measure, grain, starts, sums.astype(np.float64))
    counts = np.bincount(bins[inside], weights=n[inside], minlength=len(starts))
    filled = np.flatnonzero(counts > 0)
    if len(filled) < 2:
        return None
    # What is not known yet, or was not yet, is no gap between known values.
    inner = slice(int(filled[0]), int(filled[-1]) + 1)
    starts, sums, counts = starts[inner], sums[inner], counts[inner]
    known = counts > 0
    if known.mean() < 1.0 - GAP_LIMIT:
        return None
    index = np.arange(len(starts))
    means = sums[known] / counts[known]
    return Series(
        measure, grain, starts, np.interp(index, index[known], means), rows=counts.astype(np.float64)
    )


def phases(series: Series) -> NDArray[np.int64]:
    """The place of each period in its cycle: hour of the day, day of the week, month or quarter of the year."""
    return _phases(series.starts, series.grain)


@lru_cache(maxsize=64)
def _phases(starts: tuple[datetime, ...], grain: str) -> NDArray[np.int64]:
    return np.array([_phase(start, grain) for start in starts], dtype=np.int64)


def _phase(start: datetime, grain: str) -> int:
    if grain in {"hour", "day"}:
        return start.hour if grain == "hour" else start.weekday()
    if grain == "quarter":
        return (start.month - 1) // 3
    return 0 if grain == "year" else start.month - 1


def season(series: Series, values: Floats) -> Floats:
    """The part of the values, shape (periods,), that repeats with the calendar; zeros when none is evident.

    Phase means of the detrended values, told apart from chance by the F test of one-way analysis of variance.
    """
    flat = np.zeros(len(values))
    cycle = periods.CYCLES[series.grain]
    if cycle < 2 or len(values) < SEASON_CYCLES * cycle:
        return flat
    phase = phases(series)
    flattened = detrended(values)
    local = flattened - _local_level(flattened, cycle)
    sums = np.bincount(phase, weights=local)
    counts = np.bincount(phase)
    means = (sums / np.maximum(counts, 1))[phase]
    between, inside = float((means**2).sum()), float(((local - means) ** 2).sum())
    used = int((counts > 0).sum())
    if inside <= 0.0 or len(values) <= used + 1:
        return flat
    from scipy import special

    statistic = (between / (used - 1)) / (inside / (len(values) - used))
    return means if float(special.fdtrc(used - 1, len(values) - used, statistic)) < SEASON_P else flat


def _local_level(values: Floats, cycle: int) -> Floats:
    """A centred moving average over one cycle, so that trend and walk are not taken for season."""
    width = cycle + 1 if cycle % 2 == 0 else cycle
    half = width // 2
    weights = np.ones(width)
    if cycle % 2 == 0:
        weights[0] = weights[-1] = 0.5
    weights /= weights.sum()
    smooth = np.convolve(values, weights, mode="valid")
    level: Floats = np.concatenate([np.full(half, smooth[0]), smooth, np.full(half, smooth[-1])])
    return level
