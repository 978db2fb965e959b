"""The rows of a table along the calendar: by hour of the day, day of the week, part of the month, month of the year."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np

from server.analysis.columns import Dimension, Measure, TimeColumn
from server.analysis.facts import Facts, Timeline
from server.analysis.inference import Floats
from server.analysis.periods import Moments, as_array, numbered
from server.analysis.row_seasons import LEAST_ROWS, Phased, Places
from server.analysis.scales import rows_to_settle

YEAR_DAYS = 700  # from first to last row, before months are compared
MONTH_DAYS = 150  # before the ends of months are
WEEK_DAYS = 42
LEAST_HOUR_DAYS = 14
EDGE = 7  # days at either end of a month that are looked at
EDGES = (1, 2, 3, 4, 5, 7)  # last or first days compared with the rest of the month
_WIDTHS = {"hour": (1, 2, 3, 4, 6, 8), "day": (1, 2), "month": (1, 2, 3, 6)}
_CYCLE = {"hour": 24, "day": 7, "month": 12}


@dataclass(frozen=True)
class Cycle:
    """One way the calendar repeats, and the grain of the units it is seen in."""

    name: str  # hour, day, month, edge
    grain: str

    def phases(self, starts: tuple[datetime, ...]) -> Places:
        """The place of each moment in the cycle, shape (n,)."""
        return _phases(as_array(starts).astype("datetime64[h]"), self.name)


CYCLES = (Cycle("hour", "hour"), Cycle("day", "day"), Cycle("edge", "day"), Cycle("month", "month"))


def phased(facts: Facts, timeline: Timeline, measure: Measure, cycle: Cycle) -> Phased | None:
    """The rows of a measure along a cycle, in windows of enough of them; None where the table is too short."""
    known = timeline.n[measure] > 0
    moments = as_array(timeline.starts)[known]
    if len(moments) < _CYCLE.get(cycle.name, EDGE):
        return None
    first, last = moments[[0, -1]].astype("datetime64[D]").astype(int)
    least = {"hour": LEAST_HOUR_DAYS, "day": WEEK_DAYS, "edge": MONTH_DAYS, "month": YEAR_DAYS}[cycle.name]
    phase, block, month = (places[known] for places in _placed(timeline.starts, cycle.name))
    n = timeline.n[measure][known]
    if last - first + 1 < least:
        return None
    yearly, total = cycle.name == "month", timeline.total[measure][known]
    drift = _line(moments) if yearly else month
    enough = max(LEAST_ROWS, rows_to_settle(facts, measure))
    return Phased(n, total, phase, block, drift, _windows(cycle.name), slow=yearly, least=enough)


def phased_counts(starts: tuple[datetime, ...], counts: Floats, cycle: Cycle) -> Phased | None:
    """Numbers of rows by hour or day, none left out, against what each month has of them; None where too few."""
    if len(starts) < WEEK_DAYS:
        return None
    phase, block, month = _placed(starts, cycle.name)
    month = month - month.min()
    expected = (np.bincount(month, weights=counts) / np.maximum(np.bincount(month), 1))[month]
    known = expected > 0.0
    n, drift = expected[known], month[known]
    windows = _windows(cycle.name)
    return Phased(n, counts[known], phase[known], block[known], drift, windows, counted=True)


@lru_cache(maxsize=16)
def _placed(starts: tuple[datetime, ...], name: str) -> tuple[Places, Places, Places]:
    """The phase, the block and the month of each moment: the many measures of a table have the same moments."""
    moments = as_array(starts).astype("datetime64[h]")
    return _phases(moments, name), _blocks(moments, name), numbered(moments, "month")


def _phases(moments: Moments, name: str) -> Places:
    days = moments.astype("datetime64[D]")
    if name == "hour":
        found = moments.astype(int) % 24
    elif name == "day":
        found = (days.astype(int) + 3) % 7
    elif name == "month":
        found = days.astype("datetime64[M]").astype(int) % 12
    else:
        month = days.astype("datetime64[M]")
        left = ((month + 1).astype("datetime64[D]") - days).astype(int)
        begun = (days - month.astype("datetime64[D]")).astype(int)
        found = np.where(left <= EDGE, left - 1, np.where(begun < EDGE, EDGE + begun, 2 * EDGE))
    return np.asarray(found, dtype=np.int64)


def _blocks(moments: Moments, name: str) -> Places:
    """One turn of the cycle; of the year, which turns too seldom, its months."""
    return numbered(moments, {"hour": "day", "day": "week"}.get(name, "month"))


def _line(moments: Moments) -> Floats:
    """What drifts beside the months of a year: a level and a line. Within months and shorter cycles months do."""
    at = moments.astype("datetime64[h]").astype(np.float64)
    return np.column_stack([np.ones(len(at)), (at - at.mean()) / max(float(np.ptp(at)), 1.0)])


@lru_cache(maxsize=8)
def _windows(name: str) -> tuple[tuple[int, ...], ...]:
    return tuple(_all_windows(name))


def _all_windows(name: str) -> Iterator[tuple[int, ...]]:
    if name == "edge":
        for width in EDGES:
            yield tuple(range(width))
            yield tuple(range(EDGE, EDGE + width))
        return
    cycle = _CYCLE[name]
    for width in _WIDTHS[name]:
        for first in range(cycle // 2 if 2 * width == cycle else cycle):
            yield tuple((first + step) % cycle for step in range(width))


def names_of(window: tuple[int, ...], cycle: Cycle) -> tuple[str, ...]:
    """What the phases of a window are called, as the dimension's SQL calls them."""
    if cycle.name == "edge":
        side = "first" if window[0] >= EDGE else "last"
        return (f"{side} days" if len(window) > 1 else f"{side} day",)
    return tuple(_name_of(phase, cycle.name) for phase in window)


def _name_of(phase: int, name: str) -> str:
    if name == "hour":
        return f"{phase:02d}:00"
    return calendar.day_name[phase] if name == "day" else calendar.month_name[phase + 1]


def when(window: tuple[int, ...], cycle: Cycle) -> str:
    """When that is, with its preposition: `in January and February`, `from 15:00 to 19:00`, `on Fridays`."""
    names = names_of(window, cycle)
    if cycle.name == "edge":
        return f"{'on' if len(window) == 1 else 'in'} the {names[0]} of the month"
    if cycle.name == "hour":
        return f"from {names[0]} to {(window[-1] + 1) % 24:02d}:00"
    if cycle.name == "day":
        return "on " + " and ".join(f"{name}s" for name in names)
    return f"in {' and '.join(names)}" if len(names) <= 2 else f"from {names[0]} to {names[-1]}"


def dimension_of(time: TimeColumn, window: tuple[int, ...], cycle: Cycle) -> Dimension:
    """The part of the calendar as a category of the rows."""
    value = {
        "hour": f"strftime({time.value}, '%H:00')",
        "day": f"dayname({time.value})",
        "month": f"monthname({time.value})",
    }.get(cycle.name)
    called = {"hour": "hour of the day", "day": "day of the week", "month": "month"}
    if value is not None:
        return Dimension(time.column, value, called[cycle.name], _CYCLE[cycle.name])
    name, place = names_of(window, cycle)[0], f"day({time.value})"
    if window[0] < EDGE:
        place = f"(day(last_day({time.value})) - {place} + 1)"
    value = f"case when {place} <= {len(window)} then '{name}' else 'other days' end"
    return Dimension(time.column, value, "part of the month", 2)
