"""Single values far beyond all others of their column: slips of the keyboard, lost decimal points, another unit."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from claribi.v1.data_sources_pb2 import COLUMN_TYPE_DATE, DataColumn, DataTable

from server.analysis.far_tails import far_end, length_of_end
from server.analysis.inference import Floats
from server.analysis.quality_finding import COLUMN_BATCH, main_time_column, measures
from server.query.engine import Query
from server.query.sql import quote, select

_LEAST_ROWS = 40
_FAR_DEVIATIONS = 4.0
"""Standard deviations from the mean that an end must lie beyond to be looked at; one far row of forty lies at 6."""
_SERIES = 0.95
"""Part of the rows that have a day to themselves, from which they are a series, whose outliers are told by day."""
_CHANCE = 3e-4
"""Clean ends in which one value is taken for a far one; as many again, at most, in which several are."""
_GRAVE_SHIFT = 0.25
"""Standard deviations of the others by which far values must move the mean to be grave."""
_SLIP = 100.0
"""Times as far from the mean as the next value, from which a far one is a slip, and no giant: two decimal places."""

_Moments = tuple[float, float]  # mean and standard deviation


@dataclass(frozen=True)
class FarValues:
    """SQL that holds for them, the words for it, whether the column's mean hangs on them, whether they are slips."""

    outside: str
    words: str
    is_grave: bool
    is_slip: bool


def far_values(query: Query, table: DataTable) -> dict[str, FarValues]:
    """The columns of numbers in which few values lie where the end of the others does not reach, by name.

    An end is judged by itself, whatever its shape (see `far_end`). A series of days is left to those who know its
    seasons.
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
    size = length_of_end(rows)
    pick = "max" if high else "min"
    answer = query.one(select([f"{pick}({_finite(column)}, {size + 1})"], quote(table.name)))
    tail = np.asarray(answer[0] if answer and answer[0] else [], dtype=np.float64)
    count = how_many_far(tail if high else -tail, rows)
    if not count:
        return None
    bound = float(tail[count - 1])
    outside = f"{_finite(column)} {'>=' if high else '<='} {bound!r}"
    words = f"{'above' if high else 'below'} {float(tail[count]):,.6g}, far from all others"
    usual = _without(moments, tail[:count], rows)
    is_grave = abs(moments[0] - usual[0]) > _GRAVE_SHIFT * usual[1]
    return FarValues(
        outside, words, is_grave, abs(bound - usual[0]) >= _SLIP * abs(float(tail[count]) - usual[0])
    )


def _without(moments: _Moments, far: Floats, rows: int) -> _Moments:
    """The moments of the others."""
    mean, spread = moments
    others = rows - len(far)
    usual = (mean * rows - float(far.sum())) / others
    squares = (spread**2 + mean**2) * rows - float((far**2).sum())
    return usual, math.sqrt(max(squares / others - usual**2, 0.0))


def how_many_far(tail: Sequence[float] | Floats, rows: int) -> int:
    """How many of the largest values of a column lie where the end of the others does not reach; 0 is usual.

    `tail` holds the largest values of `rows`, descending; the last of them is where the end begins.
    """
    count, chance = far_end(tail, rows)
    return count if chance < _CHANCE else 0
