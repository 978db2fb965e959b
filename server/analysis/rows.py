"""A bounded, deterministic sample of a table's rows, for statistics that aggregates cannot give."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.analysis.columns import Dimension, Measure
from server.analysis.facts import Facts
from server.analysis.inference import Floats
from server.analysis.scope import Condition, aliased

SAMPLE_ROWS = 12_000  # enough for the smallest correlation that matters to stand ten errors clear of zero
PANEL_FILLED = 0.3  # of unit-periods with a row, from which units are taken to be followed through time
LEAST_PANEL_PERIODS = 8

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class RowSample:
    """Rows drawn by a hash of what stands in them: values, shape (rows, measures), NaN where missing.

    `period` numbers the periods of the base grain in order; `groups` numbers the members of each dimension; `unit` is
    the dimension whose members have at most one row a period each; `condition` repeats the draw in SQL.
    """

    measures: tuple[Measure, ...]
    values: Floats
    period: Codes | None
    groups: dict[str, Codes]
    unit: str | None
    condition: Condition | None

    @property
    def sampled(self) -> bool:
        """Whether these are not all rows."""
        return self.condition is not None


def read_rows(facts: Facts, measures: Sequence[Measure]) -> RowSample:
    """The sample, in one query; of a table where units are followed through time, whole units are drawn."""
    scope, timeline = facts.scope, facts.timeline
    dimensions = grouping(facts)
    unit = _unit(facts, dimensions)
    condition = _draw(facts, measures, unit)
    period = "null::double"
    if timeline is not None and scope.time is not None:
        period = f"epoch(date_trunc('{timeline.grain}', {scope.time.value}))"
    columns = [
        period,
        *(f"cast({measure.value} as double)" for measure in measures),
        *(f"cast(hash({dimension.value}) >> 12 as bigint)" for dimension in dimensions),
    ]
    statement = scope.select(aliased(columns), [condition] if condition else [])
    marks, *cells = scope.gather([statement])[0]
    width = len(measures)
    numbers = [np.ma.filled(np.ma.asarray(column, dtype=np.float64), np.nan) for column in cells[:width]]
    table = np.column_stack(numbers) if numbers else np.zeros((len(marks), 0))
    values = np.where(np.isfinite(table), table, np.nan)
    moments = None
    if timeline is not None:
        moments = _codes(np.nan_to_num(np.ma.filled(np.ma.asarray(marks, dtype=np.float64), 0.0)))
    groups = {d.column: _codes(np.asarray(cells[width + i])) for i, d in enumerate(dimensions)}
    if unit is not None and (moments is None or _crowded(groups[unit.column], moments)):
        unit = None
    return RowSample(tuple(measures), values, moments, groups, unit.column if unit else None, condition)


def grouping(facts: Facts) -> list[Dimension]:
    """Every column that puts rows into groups: dimensions, the entity, and those with many members."""
    entity = [facts.plan.entity] if facts.plan.entity else []
    found = {d.column: d for d in (*facts.plan.dimensions, *entity, *facts.plan.ranked)}
    return list(found.values())


def _unit(facts: Facts, dimensions: Sequence[Dimension]) -> Dimension | None:
    """The dimension whose members seem to have one row a period."""
    timeline = facts.timeline
    if (
        timeline is None
        or len(timeline.starts) < LEAST_PANEL_PERIODS
        or timeline.rows.max(initial=0.0) <= 1.0
    ):
        return None  # one row a period is one series, whatever its rows are labelled
    periods = len(timeline.starts)
    filled = [(facts.rows / (d.distinct * periods), d) for d in dimensions if d.distinct > 1]
    likely = [(share, d) for share, d in filled if PANEL_FILLED <= share <= 1.0]
    return max(likely, key=lambda pair: pair[0])[1] if likely else None


def _crowded(unit: Codes, period: Codes) -> bool:
    """Whether some unit has two rows in a period."""
    pairs = unit * (int(period.max(initial=0)) + 1) + period
    return len(np.unique(pairs)) < len(pairs)


def _draw(facts: Facts, measures: Sequence[Measure], unit: Dimension | None) -> Condition | None:
    """One row (or unit) in so many; None when all rows are few enough."""
    every = -(-facts.rows // SAMPLE_ROWS)
    if unit is not None and every > 1:
        return Condition(f"hash({unit.value}) % {every} = 0")
    return next(iter(drawn(facts, measures, SAMPLE_ROWS)), None)


def drawn(facts: Facts, measures: Sequence[Measure], rows: int) -> list[Condition]:
    """The condition that leaves about so many rows, drawn by a hash of what stands in them; none when all are few."""
    every = -(-facts.rows // rows)
    if every <= 1:
        return []
    parts = [measure.value for measure in measures[:4]]
    if facts.scope.time is not None:
        parts.append(facts.scope.time.value)
    return [Condition(f"hash({', '.join(parts)}) % {every} = 0")]


def _codes(values: "NDArray[np.float64] | NDArray[np.int64]") -> Codes:
    """Numbers from 0 for the different values, in their order."""
    return np.unique(values, return_inverse=True)[1].astype(np.int64)
