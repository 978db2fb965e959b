"""A run of days far from all others, in calm data: where each row is a witness, whatever weeks and months say."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from server.analysis import inference, periods
from server.analysis.calm import calmed, sloping
from server.analysis.facts import Facts, Overview, complete_starts
from server.analysis.inference import Floats
from server.analysis.once import once
from server.analysis.periods import Span
from server.analysis.row_days import WEEK, Days, is_heavy, row_days
from server.analysis.scope import Condition, Scalar, Statement, measured, outside, times, within
from server.analysis.series import Series, same_series
from server.query.sql import select

WIDTHS = (1, 3, 7, 14, 30)  # days of a run
STEEP = 4.0  # standard errors of a slope from which the mean of all days does not say what to expect of one
EDGE = 3  # part of a run by which its ends may be off
LEAST_SPANS = 8  # runs of a width that fit into the time
LEAST_ROWS = 3.0  # behind the mean of a run
SURE_P = 1e-6  # below which a run is far whatever its rows are like
MOST_RANKED = 2_000_000  # rows
NOTHING_P = 0.02  # from which nothing is far
EVIDENT_P = 0.01  # of weekdays that differ


@dataclass(frozen=True)
class FarDays:
    """The run furthest from the rest: when, its value and what the rest lead one to expect; the test.

    The p value is corrected for all runs of all widths.
    """

    span: Span
    value: float
    usual: float
    statistic: float
    p_value: float


@dataclass(frozen=True)
class _Run:
    """The first day of a run, counted from the first of all, its length, and how far it lies from the rest."""

    first: int
    width: int
    statistic: float

    def holds(self, days: Days, *, edge: int = 0) -> NDArray[np.bool_]:
        """Which days lie in it, or as near to it as the edge is wide."""
        return (days.at >= self.first - edge) & (days.at < self.first + self.width + edge)

    def span(self, days: Days) -> Span:
        """When it is."""
        start = periods.shift(days.first, "day", self.first)
        return Span(start, periods.shift(start, "day", self.width), "day")


@once
def far_days(facts: Facts, series: Series) -> FarDays | None:
    """The run of days whose rows differ most from all others; None where these do not scatter as their rows do."""
    days = _prepared(facts, series)
    if days is None:
        return None
    widths = [width for width in WIDTHS if _length(days) >= LEAST_SPANS * width]
    runs = [run for run in (_furthest(days, width) for width in widths) if run is not None]
    if not runs:
        return None
    run = max(runs, key=lambda run: abs(run.statistic))
    looks = max(1.0, sum(_looks(_length(days), width, abs(run.statistic)) for width in widths))
    far = _described(series, days.where(run.holds(days)), days.where(~run.holds(days)), run, looks)
    if looks * inference.normal_two_sided(far.statistic) >= NOTHING_P:
        return far  # what does not stand out from calm data does not from others either
    others = None
    doubtful = far.p_value > SURE_P or is_heavy(days)
    if doubtful and not series.measure.counts_rows and not series.measure.is_share:
        others = _others(facts, series, run.span(days), up=far.statistic > 0.0)
        days = _prepared(facts, series, rows=others.rows)
    # Where exactly a run ends is not known: days beside it need not be calm.
    edge = max(1, run.width // EDGE)
    rest = None if days is None else calmed(_without(days, run.holds(days, edge=edge)), None, course=False)
    if days is None or rest is None or sloping(rest, STEEP):
        return None
    far = _described(series, days.where(run.holds(days)), rest, run, looks, others=others)
    wild = others is not None and is_heavy(rest)
    return replace(far, p_value=max(far.p_value, _rank_p(facts, series, far))) if wild else far


def _without(days: Days, inside: NDArray[np.bool_]) -> Days:
    """The other days; the variance of totals goes with their level."""
    rest = days.where(~inside)
    return rest if days.by_row else replace(rest, variance=days.variance * abs(rest.mean / days.mean))


def _prepared(facts: Facts, series: Series, rows: Overview | None = None) -> Days | None:
    days = row_days(facts, series, rows=rows)
    return days if days is None or series.measure.additive else _without_weekdays(days)


@dataclass(frozen=True)
class _Others:
    """What the rows outside a run are like, and the row of the run that lies furthest the way the run does.

    The run itself makes rows look wilder than they are; and one wild row alone is no run.
    """

    rows: Overview | None
    furthest: float


def _others(facts: Facts, series: Series, span: Span, *, up: bool) -> _Others:
    scope, value = facts.scope, series.measure.value
    names = ("count", "avg", "stddev_samp", "min", "max", "skewness")
    inside = within(scope, span)
    seen = scope.select([f"{value} as v", f"{inside.sql} as inside"], series.where)
    moments = [f"{name}(v) filter (not inside)" for name in names]
    furthest = f"{'max' if up else 'min'}(v) filter (inside)"
    statement = Statement(select([*moments, furthest], seen.nested), (*inside.params, *seen.params))
    n, *found, end = (0.0 if cell is None else float(cell) for cell in scope.fetch(statement)[0])
    known = n > 1 and all(math.isfinite(cell) for cell in found)
    return _Others(Overview(int(n), *found) if known else None, end)


def _described(
    series: Series, inside: Days, rest: Days, run: _Run, looks: float, *, others: _Others | None = None
) -> FarDays:
    """The run beside the rest, with the larger p value of all its rows and of those but the furthest."""
    n, beside = float(inside.n.sum()), float(rest.n.sum())
    known = rest if others is None else replace(rest, above=0.0, below=0.0)
    statistic, tail = known.against(inside.mean - rest.mean, n, beside)
    if others is not None:
        left = max(n - 1.0, 1.0) if rest.by_row else n
        mean = (float(inside.total.sum()) - others.furthest) / left
        without, _ = rest.against(mean - rest.mean, left, beside)
        same = n > 1.0 and without * statistic > 0.0
        tail = max(tail, inference.normal_two_sided(without)) if same else 1.0
    units = n if series.measure.additive else 1.0
    return FarDays(run.span(rest), inside.mean * units, rest.mean * units, statistic, min(1.0, looks * tail))


def _rank_p(facts: Facts, series: Series, far: FarDays) -> float:
    """Mann and Whitney's p value of the rows of a run: with heavy tails two wild rows that meet make no run.

    1 for totals, which their mean and their number tell better then, and for tables too tall to be sorted.
    """
    scope, value = facts.scope, series.measure.value
    if series.measure.additive or scope.time is None or facts.rows > MOST_RANKED:
        return 1.0
    rank = f"rank() over (order by {value}) + (count(*) over (partition by {value}) - 1) / 2.0"
    known = Condition(f"{value} is not null")
    ranked = scope.select([f"{scope.time.value} as moment", f"{rank} as r"], (*series.where, known))
    ends = tuple(end.isoformat(sep=" ") for end in (far.span.start, far.span.end))
    inside = "moment >= cast(? as timestamp) and moment < cast(? as timestamp)"
    each = f"case when {inside} then r end"
    sql = select([f"count({each})", f"avg({each})", "count(*)"], ranked.nested)
    n, mean, rows = scope.fetch(Statement(sql, (*ends, *ends, *ranked.params)))[0]
    if not n or n >= rows:
        return 1.0
    error = math.sqrt((rows - n) * (rows + 1.0) / (12.0 * n))
    statistic = (float(mean) - (rows + 1.0) / 2.0) / error
    return inference.normal_two_sided(statistic) if statistic * far.statistic > 0.0 else 1.0


def _length(days: Days) -> int:
    return int(days.at[-1] - days.at[0]) + 1


def _furthest(days: Days, width: int) -> _Run | None:
    """The run of a width that lies furthest from the rest."""
    n, total = (_sums(days, cell, width) for cell in (days.n, days.total))
    whole, every = float(days.n.sum()), float(days.total.sum())
    known = (n >= (LEAST_ROWS if days.by_row else 1e-9)) & (n < whole)
    if not known.any():
        return None
    n, total, starts = n[known], total[known], np.flatnonzero(known)
    jump = total / n - (every - total) / (whole - n)
    statistic = jump / np.sqrt(days.variance * (1.0 / n + 1.0 / (whole - n)))
    best = int(np.argmax(np.abs(statistic)))
    return _Run(int(starts[best]), width, float(statistic[best]))


def _sums(days: Days, cell: Floats, width: int) -> Floats:
    """The sums over all runs of a width, by their first day since the first of all."""
    dense = np.bincount(days.at.astype(np.int64), weights=cell)
    summed = np.concatenate([[0.0], np.cumsum(dense)])
    sums: Floats = summed[width:] - summed[:-width]
    return sums


def _looks(length: int, width: int, z: float) -> float:
    """How many independent runs a search over all runs of a width is worth, at most one a day.

    Runs that overlap differ by the days at their ends (Siegmund and Yakir 2007, The Statistics of Gene Mapping, 5).
    """
    step = max(z, 1.0) * math.sqrt(2.0 / width)
    half = 0.5 * math.erf(step / math.sqrt(8.0))
    density = math.exp(-(step**2) / 8.0) / math.sqrt(2.0 * math.pi)
    overshoot = (2.0 / step) * half / ((step / 2.0) * (0.5 + half) + density)
    return min(float(length), length / width * z * z * overshoot)


def _without_weekdays(days: Days) -> Days:
    """The days less what their weekday has more than others, where weekdays evidently differ."""
    weekday = (days.first.weekday() + days.at.astype(np.int64)) % WEEK
    n, total = (np.bincount(weekday, weights=cell, minlength=WEEK) for cell in (days.n, days.total))
    away = np.where(n > 0.0, total / np.maximum(n, 1e-300) - days.mean, 0.0)
    if inference.chi_square_tail(float((n * away**2).sum()) / days.variance, WEEK - 1) >= EVIDENT_P:
        return days
    return replace(days, total=days.total - days.n * away[weekday])


def pictured(facts: Facts, series: Series, span: Span) -> Series:
    """The series at the finest grain on which the run of days can be seen."""
    for grain in ("day", "week") if (span.end - span.start).days < WEEK else ("week",):
        finer = same_series(facts, series, grain)
        if finer is not None:
            return finer
    return series


def otherwise(facts: Facts, series: Series, span: Span) -> Scalar:
    """The mean of all rows outside a run of days; of totals, what as many of the other days come to."""
    days = complete_starts(facts.timeline, "day", facts.now) if facts.timeline else (span.start,)
    every = Span(days[0], periods.shift(days[-1], "day", 1), "day")
    rest = measured(
        facts.scope, series.measure, (*series.where, within(facts.scope, every), outside(facts.scope, span))
    )
    width = (span.end - span.start).days
    return times(rest, width / max(len(days) - width, 1)) if series.measure.additive else rest
