"""The rule on units that change: a stretch of time in which a measure is 10, 60, 100 or 1000 times what it was."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from claribi.v1 import insights_pb2
from claribi.v1.data_sources_pb2 import DataColumn, DataTable
from claribi.v1.insights_pb2 import QualityFinding

from server.analysis.inference import Floats
from server.analysis.quality_finding import COLUMN_BATCH, day, finding, measures, within
from server.analysis.quality_stretches import (
    Steps,
    best_stretch,
    grain_of,
    main_time,
    read_steps,
    step_moment,
)
from server.analysis.trends import theil_sen
from server.query.engine import Query
from server.query.sql import quote, select

_LEAST_ROWS = 24
_LEAST_PERIODS = 6
_MEDIAN = 1.57
"""How many times larger the variance of a median is than that of a mean (normal values)."""
_FACTORS = (10.0, 60.0, 100.0, 1000.0)
_NEAR = 5
"""Periods on each side of an edge whose means are compared."""
_TOLERANCE = 0.04
"""Decimal logarithm by which the factor may be off beyond chance: 10 %."""
_MOST_TOLERANCE = {10.0: 0.12, 60.0: 0.1, 100.0: 0.12, 1000.0: 0.3}
"""The same at most, however large chance: the larger the factor, the less else looks like it."""
_EVIDENT = 7.0
"""Standard errors the step must be large by; two edges bear one another out."""
_LEAST_INSIDE = 8
_SURE = 15.0
"""Standard errors a step must be large by when there are fewer rows than that inside the stretch."""
_CALM = 0.5
"""Part of the step that all other steps of the measure stay below."""
_LEAST_SLOPE = 3
"""Periods above which a side has a slope to speak of."""
_MOST_CLIMB = 0.4
"""Part of the step that a side may rise or fall by over its periods."""
_SPREAD_RATIO = 6.0
"""How many times larger the variance of the logarithm may be on one side: another unit leaves it as it is."""
_LEAST_VARIANCE = 0.003
_MIXED = 10.0
"""How many times the middle variance of all periods one may have before it is taken for a mixture of units."""
_SHORTER = 0.55
"""Part of the rows from which, of two stretches, the other is taken for the one with the wrong unit."""
_MOST_STRETCHES = 3


@dataclass(frozen=True)
class _Jump:
    """Periods [first, last) in which the measure is `factor` times the rest."""

    first: int
    last: int
    factor: float


def unit_jumps(query: Query, table: DataTable, now: datetime) -> list[QualityFinding]:
    """Measures that are for a while, or from some moment on, a unit's factor larger or smaller, in all their rows.

    The means of the decimal logarithm by period are compared, so the sides may overlap; what grows gradually, or
    jumps about, is no change of unit.
    """
    time = main_time(table)
    asked = measures(table)
    grain = grain_of(query, table, time) if time and asked and table.rows >= _LEAST_ROWS else None
    if time is None or grain is None:
        return []
    found = []
    for start in range(0, len(asked), COLUMN_BATCH):
        batch = asked[start : start + COLUMN_BATCH]
        cells = [f"{name}({_log(column)})" for column in batch for name in ("count", "avg", "var_samp")]
        steps = read_steps(query, table, time, grain=grain, cells=cells)
        for place, column in enumerate(batch):
            jumps = _jumps(steps, place) if steps else []
            if steps and jumps:
                found.append(_finding(query, table, column, steps=steps, jumps=jumps))
    return found


def _log(column: DataColumn) -> str:
    name = f"abs(cast({quote(column.name)} as double))"
    return f"case when {name} > 0 and {name} < 1e90 then log10({name}) end"


@dataclass
class _Levels:
    """Rows, mean logarithm and variance of the logarithm by period, each of shape (periods,)."""

    rows: Floats
    level: Floats
    inside: Floats

    def variance(self, first: int = 0, last: int | None = None) -> float:
        """The variance of rows within the periods [first, last); periods that hold both units do not count."""
        freedom, inside = np.maximum(self.rows[first:last] - 1, 0.0), self.inside[first:last]
        middle = float(np.median(inside[freedom > 0])) if freedom.any() else 0.0
        freedom = np.where(inside <= _MIXED * max(middle, _LEAST_VARIANCE), freedom, 0.0)
        return float((inside * freedom).sum() / max(freedom.sum(), 1.0))

    def is_scaled(self, first: int, last: int) -> bool:
        """Whether rows spread about as widely, in proportion, inside [first, last) as outside."""
        rest = _Levels(
            *(np.delete(part, slice(first, last)) for part in (self.rows, self.level, self.inside))
        )
        narrow, wide = sorted((self.variance(first, last), rest.variance()))
        return wide <= _SPREAD_RATIO * max(narrow, _LEAST_VARIANCE)


def _jumps(steps: Steps, place: int) -> list[_Jump]:
    """The stretches of one measure, largest first; periods without a value are passed over."""
    cells = steps.cells[:, 3 * place : 3 * place + 3]
    known = np.flatnonzero(cells[:, 0] > 0)
    levels = _Levels(*cells[known].T.copy())
    rows, level = levels.rows, levels.level
    if len(known) < _LEAST_PERIODS or rows.sum() < _LEAST_ROWS:
        return []
    found: list[_Jump] = []
    while len(found) < _MOST_STRETCHES and (jump := _jump(levels)) is not None:
        level[jump.first : jump.last] -= math.log10(jump.factor)
        found.append(jump)
    if found and not _is_calm(level, min(abs(math.log10(jump.factor)) for jump in found)):
        return []
    ends = [*known, len(steps.starts)]
    return [_Jump(int(ends[jump.first]), int(ends[jump.last]), jump.factor) for jump in found]


def _jump(levels: _Levels) -> _Jump | None:
    rows, level, count = levels.rows, levels.level, len(levels.level)
    first, last, _ = best_stretch(rows, level)
    first, last = (_edge(level, edge) if 0 < edge < count else edge for edge in (first, last))
    if first >= last or (first == 0 and last == count):
        return None
    if (first == 0 or last == count) and rows[first:last].sum() > _SHORTER * rows.sum():
        first, last = (last, count) if first == 0 else (0, first)
    edges = [edge for edge in (first, last) if 0 < edge < count]
    steps = [_step(levels, edge, (first, last)) for edge in edges]
    factor = _factor(sum(step for step, _ in steps) / len(steps))
    if (
        factor is None
        or not levels.is_scaled(first, last)
        or not all(_is_level(level, edge, (first, last)) for edge in edges)
    ):
        return None
    least = (_SURE if rows[first:last].sum() < _LEAST_INSIDE else _EVIDENT) / math.sqrt(len(edges))
    return _Jump(first, last, factor) if all(_fits(*step, factor, least) for step in steps) else None


def _edge(level: Floats, edge: int) -> int:
    """The place near the edge where the level moves most in one step."""
    near = range(max(1, edge - 2), min(len(level), edge + 3))
    return max(near, key=lambda place: (abs(level[place] - level[place - 1]), -abs(place - edge)))


def _sides(count: int, edge: int, stretch: tuple[int, int]) -> tuple[int, int]:
    """Where the periods compared at an edge begin and end."""
    begins = edge == stretch[0]
    low = max(edge - _NEAR, 0 if begins else stretch[0])
    return low, min(edge + _NEAR, stretch[1] if begins else count)


def _is_level(level: Floats, edge: int, stretch: tuple[int, int]) -> bool:
    """Whether neither side of the edge climbs much by itself: what grows steadily makes no step."""
    low, high = _sides(len(level), edge, stretch)
    sides = [side for side in (level[low:edge], level[edge:high]) if len(side) > _LEAST_SLOPE]
    size = abs(float(np.median(level[edge:high]) - np.median(level[low:edge])))
    allowed = _MOST_CLIMB * size + 2 * _noise(level) * math.sqrt(_MEDIAN)
    return all(abs(theil_sen(side)) * len(side) <= allowed for side in sides)


def _step(levels: _Levels, edge: int, stretch: tuple[int, int]) -> tuple[float, float]:
    """How much the level inside the stretch lies above the level outside, near one edge; and its standard error."""
    low, high = _sides(len(levels.level), edge, stretch)
    step = float(np.median(levels.level[edge:high]) - np.median(levels.level[low:edge]))
    periods_error = _noise(levels.level) * math.sqrt(_MEDIAN * (1 / (edge - low) + 1 / (high - edge)))
    counts = (levels.rows[low:edge].sum(), levels.rows[edge:high].sum())
    rows_error = math.sqrt(_MEDIAN * levels.variance() * sum(1 / count for count in counts))
    return step if edge == stretch[0] else -step, max(periods_error, rows_error)


def _factor(step: float) -> float | None:
    near = min(_FACTORS, key=lambda factor: abs(math.log10(factor) - abs(step)))
    if abs(math.log10(near) - abs(step)) > _MOST_TOLERANCE[near]:
        return None
    return near if step > 0 else 1.0 / near


def _fits(step: float, error: float, factor: float, least: float) -> bool:
    """Whether a step is the factor's, and at least so many standard errors large."""
    most = next(most for known, most in _MOST_TOLERANCE.items() if known in (factor, round(1 / factor)))
    tolerance = min(_TOLERANCE + 3 * error, most * _EVIDENT / min(least, _EVIDENT))
    return abs(step - math.log10(factor)) <= tolerance and abs(step) >= least * error


def _noise(level: Floats) -> float:
    """The standard deviation of a period's level around its neighbours, from the middle of the absolute steps."""
    return float(1.4826 * np.median(np.abs(np.diff(level))) / math.sqrt(2.0))


def _is_calm(level: Floats, size: float) -> bool:
    """Whether the measure, with its stretches brought to one unit, makes no other step of about the size."""
    near = min(_NEAR, len(level) // 3)
    windows = np.lib.stride_tricks.sliding_window_view(level, near)
    middle = np.median(windows, axis=1)
    return bool(np.abs(middle[near:] - middle[:-near]).max(initial=0.0) <= _CALM * size)


def _finding(
    query: Query, table: DataTable, column: DataColumn, *, steps: Steps, jumps: Sequence[_Jump]
) -> QualityFinding:
    spans = [_span(query, table, column, steps=steps, jump=jump) for jump in jumps]
    spans.sort(key=lambda span: span[0] or datetime.min)
    time, name = steps.time.value, quote(column.name)
    inside = [within(time, start, end) for start, end in spans]
    either = f"({' or '.join(f'({part})' for part in inside)})" if len(inside) > 1 else inside[0]
    condition = f"{either} and {name} is not null"
    answer = query.one(select(["count(*)"], quote(table.name), where=condition))
    rows = int(answer[0]) if answer else 0
    factor = jumps[0].factor
    times = f"{factor:g} times" if factor > 1 else f"one part in {1 / factor:g} of"
    text = (
        f"{_when(spans)}, {column.name} is about {times} what it is otherwise, in {rows:,} rows: "
        "perhaps another unit. Bring both stretches to one unit."
    )
    code = insights_pb2.QUALITY_CODE_UNIT_JUMP
    return finding(code, table, columns=[column.name], rows=rows, text=text, condition=condition)


_Span = tuple[datetime | None, datetime | None]


def _when(spans: Sequence[_Span]) -> str:
    start, end = spans[0]
    if start is None:
        text = f"Before {day(end)}" if end else "Always"
    else:
        text = f"From {day(start)} until before {day(end)}" if end else f"From {day(start)} on"
    return text + (" and in other stretches" if len(spans) > 1 else "")


def _span(query: Query, table: DataTable, column: DataColumn, *, steps: Steps, jump: _Jump) -> _Span:
    """The stretch from its first moment up to (not including) the first moment after it."""
    count = len(steps.starts)
    start = step_moment(query, table, steps, value=_log(column), edge=jump.first) if jump.first > 0 else None
    end = step_moment(query, table, steps, value=_log(column), edge=jump.last) if jump.last < count else None
    return start, end
