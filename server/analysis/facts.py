"""What is read of a table once, so that every hypothesis about it can be tested without asking again."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from claribi.v1.insights_pb2 import QualityFinding
from numpy.typing import NDArray

from server.analysis import periods
from server.analysis.clusters import Clusters
from server.analysis.columns import Dimension, Measure, Plan, TimeColumn, row_count
from server.analysis.inference import Floats, Groups
from server.analysis.once import once
from server.analysis.panels import always_there, followed_things
from server.analysis.scope import Condition, Scope, Statement, aliased, between

CELL_BUDGET = 20_000  # members x periods of one breakdown
SLICE_MEMBERS = 12  # dimensions with at most so many members are also followed through time
LARGEST_NUMBER = 1e90  # beyond it third powers leave the range of a double
HOURLY_SPAN = timedelta(days=5)  # shorter spans are followed by the hour
DAILY_SPAN = timedelta(days=6000)  # longer spans are followed by the month
EARLIEST = datetime(1800, 1, 1)
FUTURE = timedelta(days=366)  # later moments are no record of anything
MOST_PERIODS_FILLED = 0.65  # of the periods of a grain, for the grain to be native to the table
LEAST_BASE_PERIODS = 8
# A first or last day with fewer rows than usual that misses so much of its hours, and so many rows, is only begun.
RAGGED_ROWS, RAGGED_LENGTH, RAGGED_MISSED = 0.7, 0.2, 5.0
_BATCH = 6  # measures in one statement: several are asked side by side
REPORT_PERIODS = 10  # complete periods a grain needs to be the one the report speaks in


@dataclass(frozen=True)
class Overview:
    """One measure over all rows."""

    n: int
    mean: float
    deviation: float
    low: float
    high: float
    skew: float


@dataclass(frozen=True)
class Timeline:
    """Rows and measures by period of the base grain, shape (periods,); empty periods are absent."""

    grain: str
    starts: tuple[datetime, ...]
    rows: Floats
    n: dict[Measure, Floats]
    total: dict[Measure, Floats]
    first: datetime
    last: datetime
    known: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, eq=False)
class Breakdown:
    """Rows and measures by member and period, shape (members, periods); one period when there is no time."""

    dimension: Dimension
    members: tuple[str, ...]
    grain: str | None
    starts: tuple[datetime, ...]
    rows: Floats
    n: dict[Measure, Floats]
    total: dict[Measure, Floats]
    variance: dict[Measure, Floats]
    known: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @once
    def groups(self, measure: Measure) -> Groups:
        """Observations, mean and variance of each member over all periods."""
        n, total = self.n[measure], self.total[measure]
        count = n.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = total.sum(axis=1) / count
            cell_mean = np.where(n > 0, total / n, 0.0)
            inside = np.where(n > 1, self.variance[measure] * (n - 1), 0.0)
            between = n * (cell_mean - mean[:, None]) ** 2
            variance = (inside + np.where(n > 0, between, 0.0)).sum(axis=1) / (count - 1)
        return Groups(count, mean, variance)


@dataclass(frozen=True)
class Facts:
    """Everything read of one table."""

    scope: Scope
    plan: Plan
    rows: int
    measures: tuple[Measure, ...]
    overview: dict[Measure, Overview]
    timeline: Timeline | None = None
    breakdowns: tuple[Breakdown, ...] = ()
    things: Breakdown | None = None  # those that stand in every period of a panel
    averages: tuple[Measure, ...] = ()  # of the summed measures, by row, followed through time too
    cuts: tuple[Breakdown, ...] = ()  # by derived dimensions
    clusters: Clusters = field(default_factory=Clusters)
    report_grain: str | None = None
    now: datetime = field(default=datetime.max)
    findings: tuple[QualityFinding, ...] = ()  # what is wrong with the data
    known: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    @once
    def is_panel(self) -> bool:
        """Whether the same things stand in every period."""
        return self.timeline is not None and bool(always_there(self.timeline.rows))

    def comes_with_age(self, measure: Measure, dimension: Dimension | None = None) -> bool:
        """Whether its course through time, or that of a member, shows how old rows are rather than the matter.

        By its own end a duration is long when little had begun before: after a weekend, and in the last days.
        """
        time, columns = self.plan.time, {*measure.columns, *((dimension.column,) if dimension else ())}
        by_end = measure.is_duration and time is not None and time.column == measure.uses[1]
        return by_end or bool(columns & set(self.plan.unripe))

    def breakdown(self, column: str) -> Breakdown:
        """The breakdown by a column."""
        return next(found for found in self.breakdowns if found.dimension.column == column)


def read_facts(scope: Scope, plan: Plan, now: datetime) -> Facts:
    """Reads a table: one scan for ranges, one for totals, one by time, one for each dimension."""
    plan, rows = _first_look(scope, plan)
    if not rows:
        return Facts(scope, replace(plan, measures=(), dimensions=(), ranked=()), 0, (), {}, now=now)
    measures = tuple(plan.measures)
    overview = _overview(scope, measures)
    measures = tuple(measure for measure in measures if overview[measure].n > 1)
    timeline = _timeline(scope, measures, now)
    grain = _report_grain(timeline, now) if timeline else None
    if timeline and timeline.rows.max(initial=0.0) <= 1.0:
        levels = {measure: replace(measure, aggregation="average", level=True) for measure in measures}
        measures = tuple(levels.values())
        overview = {levels[measure]: overview[measure] for measure in levels}
        timeline = _as_levels(timeline, levels)
    elif timeline:
        counted = row_count(scope.table)
        measures = (*measures, counted)
        timeline.n[counted] = timeline.total[counted] = timeline.rows
    facts = Facts(scope, plan, rows, measures, overview, timeline, report_grain=grain, now=now)
    followed = followed_things(plan, timeline.rows) if timeline else ()
    beside = tuple(dimension for dimension in followed if dimension not in plan.dimensions)
    found = broken_down(facts, (*plan.dimensions, *plan.cuts, *beside))
    things = next((read for read in found if read.dimension in followed), None)
    first, last = len(plan.dimensions), len(plan.dimensions) + len(plan.cuts)
    own, cuts = found[:first], found[first:last]
    facts = replace(facts, breakdowns=_telling(own), cuts=_telling(cuts), things=things)
    return _with_averages(facts)


def _with_averages(facts: Facts) -> Facts:
    """The facts with the mean a row of each summed measure, which moves for reasons of its own."""
    twins = {
        measure: replace(measure, aggregation="average")
        for measure in facts.measures
        if measure.aggregation == "sum" and facts.timeline is not None
    }
    read = [
        facts.overview,
        *(cells for found in facts.breakdowns for cells in (found.n, found.total, found.variance)),
        *(() if facts.things is None else (facts.things.n, facts.things.total)),
    ]
    if facts.timeline is not None:
        read += [facts.timeline.n, facts.timeline.total]
    for known in read:
        for measure, twin in twins.items():
            known[twin] = known[measure]
    return replace(facts, averages=tuple(twins.values()))


def _telling(breakdowns: Sequence[Breakdown]) -> tuple[Breakdown, ...]:
    return tuple(found for found in breakdowns if len(found.members) > 1)


def _as_levels(timeline: Timeline, levels: dict[Measure, Measure]) -> Timeline:
    """A table with one row a period holds levels: adding them over periods would mean nothing."""
    n = {level: timeline.n[measure] for measure, level in levels.items()}
    total = {level: timeline.total[measure] for measure, level in levels.items()}
    return replace(timeline, n=n, total=total)


def _first_look(scope: Scope, plan: Plan) -> tuple[Plan, int]:
    """Rows in scope; measures that hold NaN, infinities or giants are read around them."""
    wild = [
        f"count_if(not coalesce(abs(cast({measure.value} as double)) < {LARGEST_NUMBER}, true))"
        for measure in plan.measures
    ]
    row = scope.fetch(scope.select(["count(*)", *wild]))[0]
    measures = [
        _tame(measure) if count else measure for measure, count in zip(plan.measures, row[1:], strict=False)
    ]
    return replace(plan, measures=tuple(measures)), int(row[0])


def _span(scope: Scope, now: datetime) -> tuple[datetime, datetime] | None:
    """The first and the last moment; None when there is no time or only one moment.

    Moments far outside (1 January 1, 31 December 9999) stand for "unknown" and "never", not for a time.
    """
    if scope.time is None:
        return None
    ends = [f"{name}({scope.time.value})" for name in ("min", "max")]
    first, last = scope.fetch(scope.select(ends, [_real_moments(scope.time, now)]))[0]
    return (_exact(first), _exact(last)) if first is not None and last > first else None


def _real_moments(time: TimeColumn, now: datetime) -> Condition:
    return between(time, EARLIEST, now + FUTURE)


def _exact(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def _tame(measure: Measure) -> Measure:
    guard = f"case when abs(cast({measure.value} as double)) < {LARGEST_NUMBER} then {measure.value} end"
    return replace(measure, value=guard)


def _overview(scope: Scope, measures: Sequence[Measure]) -> dict[Measure, Overview]:
    batches = [measures[start : start + _BATCH] for start in range(0, len(measures), _BATCH)]
    answers = scope.gather([scope.select(aliased(_overview_cells(batch))) for batch in batches])
    found = {}
    for batch, columns in zip(batches, answers, strict=True):
        for index, measure in enumerate(batch):
            n, *rest = (_number(column[0]) for column in columns[6 * index : 6 * index + 6])
            found[measure] = Overview(int(n), *rest)
    return found


def _overview_cells(measures: Sequence[Measure]) -> list[str]:
    names = ("count", "avg", "stddev_samp", "min", "max", "skewness")
    return [f"{name}({measure.value})" for measure in measures for name in names]


def _timeline(scope: Scope, measures: Sequence[Measure], now: datetime) -> Timeline | None:
    time, span = scope.time, _span(scope, now)
    if time is None or span is None:
        return None
    length = span[1] - span[0]
    grain = "hour" if length <= HOURLY_SPAN else "day" if length <= DAILY_SPAN else "month"
    cells = [cell for measure in measures for cell in measure.cells[:2]]
    columns = [f"date_trunc('{grain}', {time.value})", "count(*)", *cells]
    statement = scope.select(aliased(columns), [_real_moments(time, now)], group="1", order="1")
    moments, *numbers = scope.gather([statement])[0]
    starts = periods.Starts.of(np.asarray(moments))
    table = finite_table(numbers)
    n = {measure: table[:, 1 + 2 * i] for i, measure in enumerate(measures)}
    total = {measure: table[:, 2 + 2 * i] for i, measure in enumerate(measures)}
    return Timeline(grain, starts, table[:, 0], n, total, span[0], span[1])


def broken_down(facts: Facts, dimensions: Sequence[Dimension], grain: str = "") -> list[Breakdown]:
    """Each dimension's members and periods, one query each, asked side by side."""
    grains = [grain or _slice_grain(facts, dimension) for dimension in dimensions]
    statements = [
        _cells(facts, dimension, grain) for dimension, grain in zip(dimensions, grains, strict=True)
    ]
    answers = facts.scope.gather(statements)
    return [
        _pivot(dimension, grain, columns=columns, measures=facts.measures)
        for dimension, grain, columns in zip(dimensions, grains, answers, strict=True)
    ]


def _cells(facts: Facts, dimension: Dimension, grain: str | None) -> Statement:
    conditions = [Condition(f"{dimension.value} is not null")]
    period = "null::timestamp"
    if grain and facts.scope.time:
        conditions.append(_real_moments(facts.scope.time, facts.now))
        period = f"date_trunc('{grain}', {facts.scope.time.value})"
    cells = [cell for measure in facts.measures if not measure.counts_rows for cell in measure.cells]
    columns = aliased([dimension.value, period, "count(*)", *cells])
    return facts.scope.select(columns, conditions, group="1, 2", order="1, 2")


def _slice_grain(facts: Facts, dimension: Dimension) -> str | None:
    if facts.timeline is None:
        return None
    few = dimension.distinct <= SLICE_MEMBERS and not dimension.made
    if few and dimension.distinct * len(facts.timeline.starts) <= CELL_BUDGET:
        return facts.timeline.grain
    return facts.report_grain


def _pivot(
    dimension: Dimension, grain: str | None, *, columns: list[NDArray[Any]], measures: Sequence[Measure]
) -> Breakdown:
    names, numbers = np.asarray(columns[0], dtype=object), finite_table(columns[2:])
    members, rows = np.unique(names.astype(str), return_inverse=True)
    starts: tuple[datetime, ...] = ()
    places = np.zeros(len(names), dtype=np.int64)
    if grain is not None:
        moments, places = np.unique(np.asarray(columns[1], dtype="datetime64[us]"), return_inverse=True)
        starts = periods.Starts.of(moments)
    real = [measure for measure in measures if not measure.counts_rows]
    cells = np.zeros((1 + 3 * len(real), len(members), max(len(starts), 1)))
    if len(names):
        cells[:, rows, places] = numbers.T
    n = {measure: cells[1 + 3 * i] for i, measure in enumerate(real)}
    total = {measure: cells[2 + 3 * i] for i, measure in enumerate(real)}
    variance = {measure: cells[3 + 3 * i] for i, measure in enumerate(real)}
    for counted in (measure for measure in measures if measure.counts_rows):
        n[counted] = total[counted] = cells[0]
        variance[counted] = np.zeros_like(cells[0])
    return Breakdown(dimension, tuple(members.tolist()), grain, starts, cells[0], n, total, variance)


def native_grain(timeline: Timeline) -> str:
    """The finest grain at which most periods hold rows."""
    for grain in periods.GRAINS[periods.GRAINS.index(timeline.grain) :]:
        filled = len(np.unique(periods.numbered(periods.as_array(timeline.starts), grain)))
        first = periods.floor(timeline.starts[0], grain)
        if filled >= MOST_PERIODS_FILLED * _steps(first, timeline.starts[-1], grain):
            return grain
    return "year"


def _steps(first: datetime, last: datetime, grain: str) -> int:
    if grain in {"month", "quarter", "year"}:
        months = (last.year - first.year) * 12 + last.month - first.month
        return months // {"month": 1, "quarter": 3, "year": 12}[grain] + 1
    return int((last - first) / (periods.shift(first, grain, 1) - first)) + 1


def _report_grain(timeline: Timeline, now: datetime) -> str:
    """The coarsest of the usual grains that still leaves enough complete periods to compare with."""
    native = native_grain(timeline)
    order = periods.GRAINS
    for grain in ("month", "week", "day", "hour"):
        if order.index(grain) <= order.index(native):
            break
        if len(complete_starts(timeline, grain, now)) >= REPORT_PERIODS:
            return grain
    return native


@once
def complete_starts(timeline: Timeline, grain: str, now: datetime) -> tuple[datetime, ...]:
    """The starts of all periods from the first to the last that the data cover wholly."""
    gap = _usual_gap(timeline)
    begun, ended = _ragged(timeline)
    start = periods.floor(begun, grain)
    if begun - start >= gap:
        start = periods.shift(start, grain, 1)
    return periods.until(start, min(ended + gap, now), grain)


def _ragged(timeline: Timeline) -> tuple[datetime, datetime]:
    """The first and the last moment, past a first and before a last base period that are only begun.

    Such a period misses much of its length and holds far fewer rows than usual.
    """
    first, last = timeline.first, timeline.last
    whole_days = first == timeline.starts[0] and last == timeline.starts[-1]
    if len(timeline.rows) < LEAST_BASE_PERIODS or timeline.grain == "month" or whole_days:
        return first, last
    usual = RAGGED_ROWS * float(np.median(timeline.rows))
    next_start = periods.shift(timeline.starts[0], timeline.grain, 1)
    last_start = timeline.starts[-1]
    length = next_start - timeline.starts[0]
    # Where rows are few, none may come for hours by chance.
    missed = max(RAGGED_LENGTH, RAGGED_MISSED / float(np.median(timeline.rows))) * length
    if timeline.rows[0] < usual and first - timeline.starts[0] > missed:
        first = next_start
    if timeline.rows[-1] < usual and length - (last - last_start) > missed:
        last = last_start - _usual_gap(timeline)
    return first, last


def _usual_gap(timeline: Timeline) -> timedelta:
    """The step between moments that nine in ten steps do not exceed, and at least one of the base grain."""
    base = periods.shift(timeline.starts[0], timeline.grain, 1) - timeline.starts[0]
    steps = np.sort(np.diff(periods.as_array(timeline.starts)))
    usual: timedelta = steps[int(0.9 * (len(steps) - 1))].item() if len(steps) else base
    return max(base, usual)


def finite_table(columns: Sequence[NDArray[Any]]) -> Floats:
    """The columns side by side, shape (rows, columns), with 0 for NULL and for what is not finite."""
    table = np.column_stack([np.ma.filled(column, 0).astype(np.float64) for column in columns])
    finite: Floats = np.where(np.isfinite(table), table, 0.0)
    return finite


def _number(cell: Any) -> float:
    value = 0.0 if cell is None or np.ma.is_masked(cell) else float(cell)
    return value if np.isfinite(value) else 0.0
