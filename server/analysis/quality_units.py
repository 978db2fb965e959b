"""The rule on units that change: a stretch of time in which a measure is 10, 60, 100 or 1000 times what it was."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from claribi.v1 import insights_pb2
from claribi.v1.data_sources_pb2 import DataColumn, DataTable
from claribi.v1.insights_pb2 import QualityFinding

from server.analysis import periods
from server.analysis.inference import Floats
from server.analysis.quality_finding import COLUMN_BATCH, day, finding, measures, moment, within
from server.analysis.quality_stretches import Steps, best_stretch, grain_of, main_time, read_steps
from server.query.engine import Query
from server.query.sql import quote, select

_LEAST_ROWS = 24
_FACTORS = (10.0, 60.0, 100.0, 1000.0)
_NEAR = 5
"""Periods on each side of an edge whose means are compared."""
_TOLERANCE = 0.04
"""Decimal logarithm by which the factor may be off beyond chance: 10 %."""
_MOST_TOLERANCE = 0.12
_EVIDENT = 7.0
"""Standard errors the step must be large by."""
_CALM = 0.5
"""Part of the step that all other steps of the measure stay below."""
_SHORTER = 0.55
"""Part of the rows from which, of two stretches, the other is taken for the one with the wrong unit."""
_MOST_STRETCHES = 3
_WINDOW_ROWS = 20_000
_LIKELY = 3.0
"""Natural logarithm of the likelihood by which a rounder moment may be less likely than the likeliest."""


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
        cells = [cell for column in batch for cell in (f"count({_log(column)})", f"avg({_log(column)})")]
        steps = read_steps(query, table, time, grain=grain, cells=cells)
        for place, column in enumerate(batch):
            jumps = _jumps(steps, place) if steps else []
            if steps and jumps:
                found.append(_finding(query, table, column, steps=steps, jumps=jumps))
    return found


def _log(column: DataColumn) -> str:
    name = f"abs(cast({quote(column.name)} as double))"
    return f"case when {name} > 0 and {name} < 1e90 then log10({name}) end"


def _jumps(steps: Steps, place: int) -> list[_Jump]:
    """The stretches of one measure, largest first; periods without a value are passed over."""
    known = np.flatnonzero(steps.cells[:, 2 * place] > 0)
    rows, level = steps.cells[known, 2 * place], steps.cells[known, 2 * place + 1].copy()
    if len(known) < 6 or rows.sum() < _LEAST_ROWS:
        return []
    found: list[_Jump] = []
    for _ in range(_MOST_STRETCHES):
        jump = _jump(rows, level)
        if jump is None:
            break
        level[jump.first : jump.last] -= math.log10(jump.factor)
        found.append(jump)
    if found and not _is_calm(level, min(abs(math.log10(jump.factor)) for jump in found)):
        return []
    ends = [*known, len(steps.starts)]
    return [_Jump(int(ends[jump.first]), int(ends[jump.last]), jump.factor) for jump in found]


def _jump(rows: Floats, level: Floats) -> _Jump | None:
    first, last, difference = best_stretch(rows, level)
    count = len(level)
    if last - first == 0 or (first == 0 and last == count):
        return None
    edges = [_edge(level, edge, abs(difference)) for edge in (first, last) if 0 < edge < count]
    first, last = (edges[0] if first > 0 else 0), (edges[-1] if last < count else count)
    if first >= last:
        return None
    inside = rows[first:last].sum()
    if (first == 0 or last == count) and inside > _SHORTER * rows.sum():
        first, last = (last, count) if first == 0 else (0, first)
    steps = [_step(level, first, (first, last), 1.0)] if first > 0 else []
    steps += [_step(level, last, (first, last), -1.0)] if last < count else []
    factor = _factor(float(np.mean(steps)))
    if factor is None or any(not _fits(step, level, factor) for step in steps):
        return None
    return _Jump(first, last, factor)


def _edge(level: Floats, edge: int, size: float) -> int:
    """The place near the edge where the level moves most in one step."""
    near = range(max(1, edge - 2), min(len(level), edge + 3))
    return max(near, key=lambda place: (abs(level[place] - level[place - 1]), -abs(place - edge)))


def _step(level: Floats, edge: int, stretch: tuple[int, int], sign: float) -> float:
    """How much the level inside the stretch lies above the level outside, near one edge."""
    first, last = stretch
    low = max(edge - _NEAR, first if sign < 0 else 0)
    high = min(edge + _NEAR, last if sign > 0 else len(level))
    return float(sign * (np.median(level[edge:high]) - np.median(level[low:edge])))


def _factor(step: float) -> float | None:
    near = min(_FACTORS, key=lambda factor: abs(math.log10(factor) - abs(step)))
    if abs(math.log10(near) - abs(step)) > _MOST_TOLERANCE:
        return None
    return near if step > 0 else 1.0 / near


def _fits(step: float, level: Floats, factor: float) -> bool:
    error = _noise(level) * math.sqrt(2 * 1.57 / _NEAR)
    tolerance = min(_TOLERANCE + 3 * error, _MOST_TOLERANCE)
    return abs(step - math.log10(factor)) <= tolerance and abs(step) >= _EVIDENT * error


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
    start = _moment(query, table, column, steps=steps, edge=jump.first) if jump.first > 0 else None
    end = _moment(query, table, column, steps=steps, edge=jump.last) if jump.last < count else None
    return start, end


def _moment(query: Query, table: DataTable, column: DataColumn, *, steps: Steps, edge: int) -> datetime:
    """The moment of the step: the roundest among those about as likely as the likeliest."""
    low, high = steps.starts[max(0, edge - 2)], steps.end(min(edge + 1, len(steps.starts) - 1))
    at = f"{steps.time.value} >= {moment(low)} and {steps.time.value} < {moment(high)}"
    statement = select(
        [f"{steps.time.value} as moment", f"{_log(column)} as v"],
        quote(table.name),
        where=at,
        limit=_WINDOW_ROWS + 1,
    )
    rows = query.rows(select(["moment", "v"], f"({statement})", where="v is not null", order="moment, v"))
    if not 2 <= len(rows) <= _WINDOW_ROWS:
        return steps.starts[edge]
    return _likeliest(rows, steps.starts[edge])


def _likeliest(rows: Sequence[tuple[datetime, float]], around: datetime) -> datetime:
    """Two normal levels of one spread, the split by maximum likelihood (Hinkley 1970, Biometrika 57)."""
    value = np.array([row[1] for row in rows])
    splits = [place for place in range(1, len(rows)) if rows[place][0] != rows[place - 1][0]]
    if not splits:
        return around
    sums = np.concatenate([[0.0], np.cumsum(value)])
    left = np.array(splits)
    explained = sums[left] ** 2 / left + (sums[-1] - sums[left]) ** 2 / (len(value) - left)
    total = float((value**2).sum())
    rest = np.maximum(total - explained, 1e-12 * max(total, 1e-12))
    likelihood = -0.5 * len(value) * np.log(rest / rest.min())
    close = [place for place, chance in zip(splits, likelihood, strict=True) if chance >= -_LIKELY]
    options = [_roundest(rows[place - 1][0], rows[place][0]) for place in close]
    return max(options, key=lambda option: option[0])[1]


def _roundest(after: datetime, until: datetime) -> tuple[int, datetime]:
    """The roundest moment later than `after` and not later than `until`, with how round it is."""
    until = until.replace(tzinfo=None)
    for rank, grain in enumerate(("year", "quarter", "month", "week", "day", "hour")):
        start = periods.floor(until, grain)
        if start > after.replace(tzinfo=None):
            return -rank, start
    return -6, until
