"""Stretches of time in which a column is unlike the rest of the table: the periods, and the search for one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from claribi.v1.data_sources_pb2 import DataTable

from server.analysis import periods
from server.analysis.columns import TimeColumn, plan_table
from server.analysis.inference import Floats
from server.analysis.quality_finding import MANY_ROWS, many_rows, within
from server.query.engine import Query
from server.query.sql import quote, select

MOST_PERIODS = 420
ROWS_A_PERIOD = 4
"""Rows a period holds on the average, so that its mean says something."""
LEAST_PERIODS = 4
_WINDOW_ROWS = 20_000
"""Rows around a step that are looked at one by one."""
_ROUND = {"month": 1.5, "week": 0.5, "day": 0.0, "hour": -2.0}
"""How much likelier, in natural logarithms, people make a change at the start of these than at any other moment."""


@dataclass(frozen=True)
class Steps:
    """Cells by period of the main time column, shape (periods, cells); empty periods are absent."""

    time: TimeColumn
    grain: str
    starts: tuple[datetime, ...]
    cells: Floats

    def end(self, place: int) -> datetime:
        """Where the period ends."""
        return periods.shift(self.starts[place], self.grain, 1)


def main_time(table: DataTable) -> TimeColumn | None:
    """The column a row's moment is read from."""
    return plan_table(table, lambda name: False).time


def grain_of(query: Query, table: DataTable, time: TimeColumn) -> str | None:
    """The finest grain with enough rows a period and not too many periods; None for too few rows or moments."""
    real = f"{time.value} between timestamp '1800-01-01' and timestamp '2200-01-01'"
    ends = [f"quantile_disc({time.value}, 0.001)", f"quantile_disc({time.value}, 0.999)", "count(*)"]
    answer = query.one(select(ends, many_rows(table), where=real))
    if answer is None or answer[0] is None or answer[0] >= answer[1]:
        return None
    span, rows = answer[1] - answer[0], int(answer[2] * max(1.0, table.rows / MANY_ROWS))
    lengths = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
    for grain, length in lengths.items():
        count = span / length + 1
        if count <= MOST_PERIODS and rows >= ROWS_A_PERIOD * count:
            return grain
    return "month" if span >= timedelta(days=31 * (LEAST_PERIODS + 1)) else None


def read_steps(
    query: Query, table: DataTable, time: TimeColumn, *, grain: str, cells: Sequence[str]
) -> Steps | None:
    """The cells by period; None when there are too few periods, or far too many."""
    columns = [f"date_trunc('{grain}', {time.value})", *cells]
    real = f"{time.value} between timestamp '1800-01-01' and timestamp '2200-01-01'"
    rows = query.rows(select(columns, quote(table.name), where=real, group="1", order="1"))
    if not LEAST_PERIODS <= len(rows) <= 4 * MOST_PERIODS:
        return None
    starts = tuple(
        datetime(row[0].year, row[0].month, row[0].day, getattr(row[0], "hour", 0)) for row in rows
    )
    numbers = np.array([row[1:] for row in rows], dtype=np.float64)
    return Steps(time, grain, starts, np.where(np.isfinite(numbers), numbers, 0.0))


def best_stretch(weight: Floats, value: Floats) -> tuple[int, int, float]:
    """The stretch [i, j) whose mean differs most from the rest, in weighted standard units, and the difference.

    Circular binary segmentation: Olshen, Venkatraman, Lucito and Wigler 2004, Biostatistics 5.
    `weight` and `value` have shape (periods,).
    """
    count = len(value)
    rows = np.concatenate([[0.0], np.cumsum(weight)])
    sums = np.concatenate([[0.0], np.cumsum(weight * value)])
    first, last = np.triu_indices(count + 1, 1)
    inside = rows[last] - rows[first]
    outside = rows[-1] - inside
    known = (inside > 0) & (outside > 0)
    first, last, inside, outside = first[known], last[known], inside[known], outside[known]
    if not len(first):
        return 0, 0, 0.0
    part = sums[last] - sums[first]
    difference = part / inside - (sums[-1] - part) / outside
    place = int(np.argmax(np.abs(difference) * np.sqrt(inside * outside)))
    return int(first[place]), int(last[place]), float(difference[place])


def step_moment(query: Query, table: DataTable, steps: Steps, *, value: str, edge: int) -> datetime:
    """The moment a value (SQL) steps from one level to another, near the start of a period.

    The likeliest moment, with a preference for the first of a month and midnight: people change things then.
    """
    low, high = steps.starts[max(0, edge - 2)], steps.end(min(edge + 1, len(steps.starts) - 1))
    where = within(steps.time.value, low, high)
    columns = [f"{steps.time.value} as moment", f"{value} as v"]
    statement = select(columns, quote(table.name), where=where, limit=_WINDOW_ROWS + 1)
    rows = query.rows(select(["moment", "v"], f"({statement})", where="v is not null", order="moment, v"))
    if not 2 <= len(rows) <= _WINDOW_ROWS:
        return steps.starts[edge]
    return _likeliest(rows) or steps.starts[edge]


def _likeliest(rows: Sequence[tuple[datetime, float]]) -> datetime | None:
    """Two normal levels of one spread, the split by maximum likelihood (Hinkley 1970, Biometrika 57)."""
    value = np.array([row[1] for row in rows], dtype=np.float64)
    splits = [place for place in range(1, len(rows)) if rows[place][0] != rows[place - 1][0]]
    if not splits:
        return None
    sums = np.concatenate([[0.0], np.cumsum(value)])
    left = np.array(splits)
    explained = sums[left] ** 2 / left + (sums[-1] - sums[left]) ** 2 / (len(value) - left)
    total = float((value**2).sum())
    rest = np.maximum(total - explained, 1e-12 * max(total, 1e-12))
    likelihood = -0.5 * len(value) * np.log(rest / rest.min())
    options = [_roundest(rows[place - 1][0], rows[place][0]) for place in splits]
    chances = [float(chance) + bonus for chance, (bonus, _) in zip(likelihood, options, strict=True)]
    return options[int(np.argmax(chances))][1]


def _roundest(after: datetime, until: datetime) -> tuple[float, datetime]:
    """The roundest moment later than `after` and not later than `until`, with its bonus in log likelihood."""
    until = until.replace(tzinfo=None)
    for grain, bonus in _ROUND.items():
        start = periods.floor(until, grain)
        if start > after.replace(tzinfo=None):
            return bonus, start
    return -3.0, until
