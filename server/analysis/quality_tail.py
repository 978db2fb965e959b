"""The rule on a thin end: the last days hold far fewer rows than days do, as if the rest had not come yet."""

import math
from datetime import datetime

import numpy as np
from claribi.v1 import insights_pb2
from claribi.v1.data_sources_pb2 import DataTable
from claribi.v1.insights_pb2 import QualityFinding

from server.analysis.inference import Floats
from server.analysis.quality_finding import finding, main_time_column, moment
from server.query.engine import Query
from server.query.sql import quote, select

_MOST_DAYS = 7
"""Days at the end that may be thin together."""
_BEFORE = 56
"""Days before them that say what is usual."""
_LEAST_ROWS = 5.0
"""Rows a usual day has, at least."""
_THIN = 0.5
"""Part of the usual rows below which days are thin."""
_EACH = 0.75
"""Part of the usual rows below which each of the thin days lies."""
_LOWEST = 0.4
"""Part of the usual rows that as many days in a row never fell below before."""
_BELOW_LOWEST = 0.65
"""How far the thin days lie below the thinnest as many days before."""
_EVIDENT = 4.5
"""Standard deviations of a count between the thin days and the usual ones: the root of Poisson's deviance, since few
rows where many are expected are far less likely than a normal has it."""


def thin_end(query: Query, table: DataTable, now: datetime) -> list[QualityFinding]:
    """Late data seen from the rows: the last days together have less than half the usual number of rows.

    Days are compared with the middle of the same weekdays before, so that a weekend is no lack.
    """
    time = main_time_column(table)
    if time is None:
        return []
    name = quote(time.name)
    real = f"{name} <= {moment(now.replace(microsecond=0))}"
    columns = [f"cast({name} as date)", "count(*)"]
    limit = _BEFORE + _MOST_DAYS
    days = query.rows(select(columns, quote(table.name), where=real, group="1", order="1 desc", limit=limit))
    if len(days) < limit or (days[0][0] - days[-1][0]).days != limit - 1:
        return []
    counts = np.array([row[1] for row in reversed(days)], dtype=np.float64)
    thin = _thin_days(counts)
    if not thin:
        return []
    first = days[thin - 1][0]
    rows = int(counts[-thin:].sum())
    text = (
        f"From {first:%Y-%m-%d} on {time.name} has {rows:,} rows, less than half of what such days have. "
        "Rows may still be on their way; leave these days out until they are in."
    )
    condition = f"{name} >= {moment(datetime.combine(first, datetime.min.time()))} and {real}"
    code = insights_pb2.QUALITY_CODE_LATE_DATA
    return [finding(code, table, columns=[time.name], rows=rows, text=text, condition=condition)]


def _thin_days(counts: Floats) -> int:
    """How many days at the end are thin, shape (days,); 0 when none are."""
    weekday = np.arange(len(counts)) % 7
    before = counts[:_BEFORE]
    usual = np.array([np.median(before[weekday[:_BEFORE] == day]) for day in weekday])
    if usual.min() < _LEAST_ROWS:
        return 0
    thin = 0
    for days in range(1, _MOST_DAYS + 1):
        held, expected = counts[-days:].sum(), usual[-days:].sum()
        each = (counts[-days:] < _EACH * usual[-days:]).all()
        if each and held < _THIN * expected and _short(held, expected) > _EVIDENT:
            thin = days
    if not thin:
        return 0
    window = np.ones(thin)
    lowest = (np.convolve(before, window, "valid") / np.convolve(usual[:_BEFORE], window, "valid")).min()
    unheard = counts[-thin:].sum() / usual[-thin:].sum() <= _BELOW_LOWEST * lowest
    return thin if lowest >= _LOWEST and unheard else 0


def _short(held: float, expected: float) -> float:
    """How far a count lies below the expected one, in standard deviations; 0 above it."""
    if held >= expected:
        return 0.0
    told = held * math.log(held / expected) if held else 0.0
    return math.sqrt(2.0 * (told + expected - held))
