"""Single values far beyond all others of their column: slips of the keyboard, lost decimal points, another unit."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from claribi.v1.data_sources_pb2 import COLUMN_TYPE_DATE, DataColumn, DataTable

from server.analysis.inference import Floats
from server.analysis.quality_finding import COLUMN_BATCH, main_time_column, measures
from server.query.engine import Query
from server.query.sql import quote, select

_LEAST_ROWS = 40
_FAR_DEVIATIONS = 4.0
"""Standard deviations from the mean that an end must lie beyond to be looked at; one far row of forty lies at 6."""
_TAIL_SHARE = 0.2
_LEAST_TAIL, _MOST_TAIL = 50, 400
"""Values of an end that say how thin it runs out: about a fifth of all, within these bounds."""
_LEAST_EXCESSES = 20
_MOST_VALUES = 5
_MOST_SHARE = 0.01
"""At most so many values, and such a part of the rows, are single values; more of them are a group of their own."""
_SERIES = 0.95
"""Part of the rows that have a day to themselves, from which they are a series, whose outliers are told by day."""
_CHANCE = 3e-4
"""Clean ends in which one value is taken for a far one; as many again, at most, in which several are."""
_TIED = 0.8
_TICKS = 2.0
"""Ticks a far value of a column of ties must lie beyond what is tested; the tails of counts end in steps."""
_SHAPES = np.linspace(-0.1, 1.5, 33)[:, None, None]
"""Shapes of a generalized Pareto distribution: 0 is exponential, from 0.5 on variance is endless.

Below -0.1 it ends within sight, which no end of ours is sure to do: that of a normal distribution seems to at first."""
_SCALES = np.exp(np.linspace(-0.6, 0.6, 31))[None, :, None]
"""Scales tried, as parts of the one with which the median excess is as it is."""
_GRAVE_SHIFT = 0.25
"""Standard deviations of the others by which far values must move the mean to be grave."""


_Moments = tuple[float, float]  # mean and standard deviation


@dataclass(frozen=True)
class FarValues:
    """Values from `bound` outwards: SQL that holds for them, and whether the column's mean hangs on them."""

    outside: str
    words: str
    is_grave: bool


def far_values(query: Query, table: DataTable) -> dict[str, FarValues]:
    """The columns of numbers in which few values lie where the end of the others does not reach, by name.

    An end is judged by itself: the excesses of its values over an inner one follow about a generalized Pareto
    distribution (Pickands 1975), whose shape and scale are left open, so that heavy ends forgive much and thin ones
    little. The chance is that of the gap between the far values and the others, averaged over the shapes and scales
    that the others leave likely (a flat prior, type II censored: the far values count only as such). A series of days
    is left to those who know its seasons.
    """
    time = main_time_column(table)
    alone = time is not None and time.type == COLUMN_TYPE_DATE and time.distinct >= _SERIES * table.rows
    if table.rows < _LEAST_ROWS or alone:
        return {}
    found: dict[str, FarValues] = {}
    for column, moments, high in _candidates(query, table):
        far = _far(query, table, column, moments=moments, high=high)
        if far is not None and column.name not in found:
            found[column.name] = far
    return found


def _candidates(query: Query, table: DataTable) -> list[tuple[DataColumn, _Moments, bool]]:
    """Columns with their moments whose upper (True) or lower end lies beyond many standard deviations."""
    asked = [column for column in measures(table) if column.HasField("min")]
    found = []
    for start in range(0, len(asked), COLUMN_BATCH):
        batch = asked[start : start + COLUMN_BATCH]
        cells = [f"{name}({_finite(column)})" for column in batch for name in ("avg", "stddev_pop")]
        answer = query.one(select(cells, quote(table.name))) or ()
        for column, mean, spread in zip(batch, answer[::2], answer[1::2], strict=True):
            if mean is None or not spread:
                continue
            low, high = float(column.min), float(column.max)
            ends = [(high - mean, True), (mean - low, False)]
            moments = (float(mean), float(spread))
            found += [(column, moments, up) for far, up in ends if far > _FAR_DEVIATIONS * spread]
    return found


def _finite(column: DataColumn) -> str:
    """The value as SQL, where squares of it can still be added up."""
    value = f"cast({quote(column.name)} as double)"
    return f"case when abs({value}) < 1e150 then {value} end"


def _far(
    query: Query, table: DataTable, column: DataColumn, *, moments: _Moments, high: bool
) -> FarValues | None:
    rows = table.rows - column.nulls
    size = int(min(_MOST_TAIL, max(_LEAST_TAIL, _TAIL_SHARE * rows), rows // 2))
    pick = "max" if high else "min"
    answer = query.one(select([f"{pick}({_finite(column)}, {size + 1})"], quote(table.name)))
    tail = np.asarray(answer[0] if answer and answer[0] else [], dtype=np.float64)
    count = how_many_far(tail if high else -tail, rows)
    if not count:
        return None
    bound = float(tail[count - 1])
    outside = f"{_finite(column)} {'>=' if high else '<='} {bound!r}"
    words = f"{'above' if high else 'below'} {float(tail[count]):,.6g}, far from all others"
    return FarValues(outside, words, _is_grave(moments, tail[:count], rows))


def _is_grave(moments: _Moments, far: Floats, rows: int) -> bool:
    """Whether the mean of all lies far from the mean of the others."""
    mean, spread = moments
    others = rows - len(far)
    usual = (mean * rows - float(far.sum())) / others
    squares = (spread**2 + mean**2) * rows - float((far**2).sum())
    return abs(mean - usual) > _GRAVE_SHIFT * math.sqrt(max(squares / others - usual**2, 0.0))


def how_many_far(tail: Sequence[float] | Floats, rows: int) -> int:
    """How many of the largest values of a column lie where the end of the others does not reach; 0 is usual.

    `tail` holds the largest values of `rows`, descending; the last of them is where the end begins.
    """
    values = np.asarray(tail, dtype=np.float64)
    if len(values) <= _LEAST_EXCESSES:
        return 0
    steps = np.diff(np.unique(values))
    tick = float(steps.min()) if len(steps) and len(steps) + 1 < _TIED * len(values) else 0.0
    start = float(values[-1])
    most = max(1, min(_MOST_VALUES, int(_MOST_SHARE * rows)))
    shares = [1.0] + [1 / (_MOST_VALUES - 1)] * (most - 1)
    chances = [_chance(values[:-1] - start, count, tick) / shares[count - 1] for count in range(1, most + 1)]
    best = int(np.argmin(chances))
    return best + 1 if chances[best] < _CHANCE else 0


def _chance(excesses: Floats, count: int, tick: float) -> float:
    """The chance that the `count` largest excesses all lie as far beyond the others as they do."""
    others = _spread(excesses[count:], tick)
    others = others[others > 0]
    nearest = float(excesses[count - 1]) - _TICKS * tick
    if len(others) < _LEAST_EXCESSES or nearest <= others[0]:
        return 1.0
    middle = float(np.median(others))
    scales = _SCALES * middle * _shape_at_median()
    survival = _log_survival(others / scales)
    edge = survival[:, :, 0]
    likely = ((1 + _SHAPES) * survival).sum(axis=2) - len(others) * np.log(scales[:, :, 0]) + count * edge
    weights = np.exp(likely - likely.max())
    gap = _log_survival(nearest / scales)[:, :, 0]
    known = np.isfinite(edge)
    beyond = np.exp(count * (np.where(known, gap, -np.inf) - np.where(known, edge, 0.0)))
    return float((weights * beyond).sum() / weights.sum())


def _shape_at_median() -> Floats:
    """The scale of each shape whose median excess is 1, of shape (shapes, 1, 1)."""
    bent = np.where(_SHAPES == 0, 1.0, _SHAPES)
    return np.where(np.abs(_SHAPES) < 1e-9, 1 / np.log(2.0), bent / (2.0**bent - 1))


def _log_survival(excesses: Floats) -> Floats:
    """The logarithm of the chance of a larger excess, in scales: shape (shapes, scales, excesses)."""
    straight = np.abs(_SHAPES) < 1e-9
    bent = np.where(straight, 1.0, _SHAPES)
    inside = 1 + bent * excesses
    with np.errstate(divide="ignore", invalid="ignore"):
        curved = np.where(inside > 0, -np.log(np.maximum(inside, 1e-300)) / bent, -np.inf)
    return np.where(straight, -excesses, curved)


def _spread(values: Floats, tick: float) -> Floats:
    """Values with their ties spread evenly over a tick, descending."""
    if not tick:
        return values
    _, first, times = np.unique(-values, return_index=True, return_counts=True)
    place = np.arange(len(values)) - np.repeat(first, times)
    spread: Floats = values + tick * (0.5 - (place + 0.5) / np.repeat(times, times))
    return spread
