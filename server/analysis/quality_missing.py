"""Rules on what is missing or always the same."""

from dataclasses import dataclass
from datetime import datetime
from math import log

from claribi.v1 import insights_pb2
from claribi.v1.data_sources_pb2 import DataColumn, DataTable
from claribi.v1.insights_pb2 import QualityFinding

from server.analysis.inference import Floats
from server.analysis.quality_finding import COLUMN_BATCH, day, finding, within
from server.analysis.quality_stretches import (
    Steps,
    best_stretch,
    grain_of,
    main_time,
    read_steps,
    step_moment,
)
from server.query.engine import Query
from server.query.sql import quote, select

_LEAST_ROWS = 20
"""Below this many rows nothing is constant."""
_LEAST_BURST = 8
_MOSTLY = 0.5
"""Share of rows without a value inside a burst, at least."""
_ELSEWHERE = 0.1
"""Share of rows without a value outside a burst, at most."""
_LARGEST_STRETCH = 0.6
_EVIDENT = 10.0
"""Natural logarithm of how unlikely a burst must be by chance, beyond the number of stretches looked at."""


@dataclass(frozen=True)
class _Burst:
    """A stretch of time without values: from, up to (not including), how many lack in it, as SQL, by which column."""

    start: datetime
    end: datetime
    rows: int
    inside: str
    label: str


def missing_values(query: Query, table: DataTable, now: datetime) -> list[QualityFinding]:
    """Columns with missing values: info, a warning from 20 %; stretches of time that lack nearly all."""
    bursts = _bursts(query, table)
    found = []
    for column in table.columns:
        if column.nulls:
            burst = bursts.get(column.name)
            found.append(_missing(table, column, burst))
            if burst is not None and burst.rows < column.nulls:
                found.append(_burst_finding(table, column, burst))
    return found


def _missing(table: DataTable, column: DataColumn, burst: _Burst | None) -> QualityFinding:
    name = column.name
    if column.nulls == table.rows:
        text = f"{name} is empty in all {table.rows:,} rows. Leave it out or fill it at the source."
    elif burst is not None and burst.rows == column.nulls:
        return _burst_finding(table, column, burst)
    else:
        text = (
            f"{column.nulls:,} of {table.rows:,} rows have no {name}. "
            "Totals leave them out; fill them at the source or say why they are missing."
        )
    code, condition = insights_pb2.QUALITY_CODE_NULLS, f"{quote(name)} is null"
    return finding(code, table, columns=[name], rows=column.nulls, text=text, condition=condition)


def _burst_finding(table: DataTable, column: DataColumn, burst: _Burst) -> QualityFinding:
    text = (
        f"{burst.rows:,} rows from {day(burst.start)} until before {day(burst.end)} by {burst.label} have no "
        f"{column.name}, though it is mostly filled at other times. Fill the gap at the source."
    )
    condition = f"{quote(column.name)} is null and {burst.inside}"
    code = insights_pb2.QUALITY_CODE_NULLS
    return finding(code, table, columns=[column.name], rows=burst.rows, text=text, condition=condition)


def _bursts(query: Query, table: DataTable) -> dict[str, _Burst]:
    """The burst of each column that has one."""
    time = main_time(table)
    asked = [
        column
        for column in table.columns
        if _LEAST_BURST <= column.nulls < table.rows and (time is None or column.name != time.column)
    ]
    grain = grain_of(query, table, time) if time and asked else None
    if time is None or grain is None:
        return {}
    found = {}
    for start in range(0, len(asked), COLUMN_BATCH):
        batch = asked[start : start + COLUMN_BATCH]
        cells = ["count(*)", *(f"count(*) - count({quote(column.name)})" for column in batch)]
        steps = read_steps(query, table, time, grain=grain, cells=cells)
        for place, column in enumerate(batch, start=1):
            stretch = _stretch(steps, place) if steps else None
            if steps and stretch:
                found[column.name] = _burst(query, table, column, steps=steps, stretch=stretch)
    return found


def _stretch(steps: Steps, place: int) -> tuple[int, int] | None:
    """The periods [first, last) in which most rows lack the value, beyond chance; None when there are none."""
    rows, missing = steps.cells[:, 0], steps.cells[:, place]
    first, last, difference = best_stretch(rows, missing / rows)
    if difference <= 0.0:
        return None
    inside, outside = _shares(rows, missing, first, last)
    held, lacking = float(rows[first:last].sum()), float(missing[first:last].sum())
    short = held <= _LARGEST_STRETCH * rows.sum()
    if inside < _MOSTLY or outside > _ELSEWHERE or lacking < _LEAST_BURST or not short:
        return None
    chance = held * _divergence(inside, max(outside, 1 / rows.sum()))
    return (first, last) if chance >= _EVIDENT + 2 * log(len(rows)) else None


def _burst(
    query: Query, table: DataTable, column: DataColumn, *, steps: Steps, stretch: tuple[int, int]
) -> _Burst:
    """The burst from its first moment up to the first after it."""
    first, last = stretch
    count, is_missing = len(steps.starts), f"case when {quote(column.name)} is null then 1.0 else 0.0 end"
    start = step_moment(query, table, steps, value=is_missing, edge=first) if first > 0 else None
    end = step_moment(query, table, steps, value=is_missing, edge=last) if last < count else None
    stretched = within(steps.time.value, start, end)
    where = f"{quote(column.name)} is null and {stretched}"
    answer = query.one(select(["count(*)"], quote(table.name), where=where))
    until = end or steps.end(count - 1)
    return _Burst(
        start or steps.starts[0], until, int(answer[0]) if answer else 0, stretched, steps.time.column
    )


def _shares(rows: Floats, missing: Floats, first: int, last: int) -> tuple[float, float]:
    inside, lacking = float(rows[first:last].sum()), float(missing[first:last].sum())
    return lacking / inside, (float(missing.sum()) - lacking) / (float(rows.sum()) - inside)


def _divergence(share: float, usual: float) -> float:
    """Kullback-Leibler divergence of two shares: times n it bounds the log of the tail probability (Chernoff 1952)."""
    share = min(share, 1 - 1e-9)
    return share * log(share / usual) + (1 - share) * log((1 - share) / (1 - usual))


def constant_columns(query: Query, table: DataTable, now: datetime) -> list[QualityFinding]:
    """Columns with one value in every row of at least 20."""
    return [
        finding(
            insights_pb2.QUALITY_CODE_CONSTANT_COLUMN,
            table,
            columns=[column.name],
            rows=table.rows,
            text=f'{column.name} is "{column.min}" in every row. It explains nothing; leave it out of comparisons.',
            condition=f"{quote(column.name)} is not null",
        )
        for column in table.columns
        if column.distinct == 1 and not column.nulls and table.rows >= _LEAST_ROWS
    ]
