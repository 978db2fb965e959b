"""Rules on what is missing or always the same."""

from dataclasses import dataclass
from datetime import datetime
from math import log

from claribi.v1 import insights_pb2
from claribi.v1.data_sources_pb2 import DataColumn, DataTable
from claribi.v1.insights_pb2 import QualityFinding

from server.analysis.inference import Floats
from server.analysis.quality_finding import COLUMN_BATCH, day, finding, within
from server.analysis.quality_stretches import Steps, best_stretch, grain_of, main_time, read_steps
from server.query.engine import Query
from server.query.sql import quote

_LEAST_ROWS = 20
"""Below this many rows nothing is constant."""
_LEAST_BURST = 8
_MOSTLY = 0.5
"""Share of rows without a value inside a burst, at least."""
_ELSEWHERE = 0.1
"""Share of rows without a value outside a burst, at most."""
_LARGEST_STRETCH = 0.6
_ALL_OF_THEM = 0.95
"""Share of a column's missing values from which the burst is told as the column's one finding."""
_EVIDENT = 10.0
"""Natural logarithm of how unlikely a burst must be by chance, beyond the number of stretches looked at."""


@dataclass(frozen=True)
class _Burst:
    """A stretch of time without values: from, up to (not including), and how many are missing in it."""

    start: datetime
    end: datetime
    rows: int
    time: str
    label: str


def missing_values(query: Query, table: DataTable, now: datetime) -> list[QualityFinding]:
    """Columns with missing values: info, a warning from 20 %; stretches of time that lack nearly all."""
    bursts = _bursts(query, table)
    found = []
    for column in table.columns:
        if column.nulls:
            burst = bursts.get(column.name)
            found.append(_missing(table, column, burst))
            if burst is not None and burst.rows < _ALL_OF_THEM * column.nulls:
                found.append(_burst_finding(table, column, burst))
    return found


def _missing(table: DataTable, column: DataColumn, burst: _Burst | None) -> QualityFinding:
    name = column.name
    if column.nulls == table.rows:
        text = f"{name} is empty in all {table.rows:,} rows. Leave it out or fill it at the source."
    elif burst is not None and burst.rows >= _ALL_OF_THEM * column.nulls:
        text = (
            f"{column.nulls:,} of {table.rows:,} rows have no {name}, nearly all of them from {day(burst.start)} "
            f"until before {day(burst.end)} by {burst.label}. Something stopped filling it then; fill the gap at "
            "the source."
        )
    else:
        text = (
            f"{column.nulls:,} of {table.rows:,} rows have no {name}. "
            "Totals leave them out; fill them at the source or say why they are missing."
        )
    code, condition = insights_pb2.QUALITY_CODE_NULLS, f"{quote(name)} is null"
    return finding(code, table, columns=[name], rows=column.nulls, text=text, condition=condition)


def _burst_finding(table: DataTable, column: DataColumn, burst: _Burst) -> QualityFinding:
    text = (
        f"{burst.rows:,} rows from {day(burst.start)} until before {day(burst.end)} have no {column.name}, "
        "though it is mostly filled at other times. Fill the gap at the source."
    )
    condition = f"{quote(column.name)} is null and {within(burst.time, burst.start, burst.end)}"
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
            burst = _burst(steps, place) if steps else None
            if burst is not None:
                found[column.name] = burst
    return found


def _burst(steps: Steps, place: int) -> _Burst | None:
    rows, missing = steps.cells[:, 0], steps.cells[:, place]
    first, last, difference = best_stretch(rows, missing / rows)
    if difference <= 0.0:
        return None
    inside, outside = _shares(rows, missing, first, last)
    lacking = float(missing[first:last].sum())
    short = rows[first:last].sum() <= _LARGEST_STRETCH * rows.sum()
    if inside < _MOSTLY or outside > _ELSEWHERE or lacking < _LEAST_BURST or not short:
        return None
    if rows[first:last].sum() * _divergence(inside, max(outside, 1 / rows.sum())) < _EVIDENT + 2 * log(
        len(rows)
    ):
        return None
    usual = max(3 * outside, 1e-9)
    if first > 0 and missing[first - 1] / rows[first - 1] > usual:
        first -= 1  # the burst began within the period before
    if last < len(rows) and missing[last] / rows[last] > usual:
        last += 1
    count = int(missing[first:last].sum())
    return _Burst(steps.starts[first], steps.end(last - 1), count, steps.time.value, steps.time.column)


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
