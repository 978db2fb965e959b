"""Calendar periods: where they start, where the next one starts, what people call them."""

import calendar
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Self, SupportsIndex, overload

import numpy as np
from claribi.v1 import insights_pb2
from numpy.typing import NDArray

from server.analysis.formats import NO_BREAK

GRAINS = ("hour", "day", "week", "month", "quarter", "year")
GRAIN_VALUES = {
    "hour": insights_pb2.GRAIN_HOUR,
    "day": insights_pb2.GRAIN_DAY,
    "week": insights_pb2.GRAIN_WEEK,
    "month": insights_pb2.GRAIN_MONTH,
    "quarter": insights_pb2.GRAIN_QUARTER,
    "year": insights_pb2.GRAIN_YEAR,
}
# Periods after which the calendar repeats: hours of a day, days of a week, months or quarters of a year.
CYCLES = {"hour": 24, "day": 7, "week": 52, "month": 12, "quarter": 4, "year": 1}
_MONTHS = tuple(calendar.month_name)[1:]
_MONTH_STEP = {"month": 1, "quarter": 3, "year": 12}
_STEP = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


Moments = NDArray[np.datetime64]


class Starts(tuple[datetime, ...]):
    """Starts of periods in order, known as an array of microseconds too: turning datetimes into one is slow."""

    array: Moments
    _hash: int

    @classmethod
    def of(cls, array: Moments) -> Self:
        """The moments of an array."""
        moments = array.astype("datetime64[us]")
        found = cls(moments.tolist())
        found.array = moments
        return found

    def __hash__(self) -> int:
        if not hasattr(self, "_hash"):
            self._hash = super().__hash__()
        return self._hash

    @overload
    def __getitem__(self, key: SupportsIndex) -> datetime: ...
    @overload
    def __getitem__(self, key: slice) -> "Starts": ...
    def __getitem__(self, key: SupportsIndex | slice) -> "datetime | Starts":
        found = super().__getitem__(key)
        if isinstance(found, datetime):
            return found
        cut = Starts(found)
        cut.array = self.array[key]
        return cut


def as_array(moments: tuple[datetime, ...]) -> Moments:
    """Moments as an array of microseconds."""
    return moments.array if isinstance(moments, Starts) else _turned(moments)


@lru_cache(maxsize=64)
def _turned(moments: tuple[datetime, ...]) -> Moments:
    return np.array(moments, dtype="datetime64[us]")


def until(first: datetime, end: datetime, grain: str) -> Starts:
    """The starts of all whole periods in a row, from the first to the end."""
    if grain in _STEP:
        count = max((end - first) // _STEP[grain], 0)
        return Starts.of(np.datetime64(first, "us") + np.arange(count) * np.timedelta64(_STEP[grain], "us"))
    starts = []
    while (after := shift(first, grain, 1)) <= end:
        starts.append(first)
        first = after
    return Starts.of(np.array(starts, dtype="datetime64[us]"))


def floor(moment: datetime, grain: str) -> datetime:
    """The start of the period the moment lies in."""
    if grain == "hour":
        return moment.replace(minute=0, second=0, microsecond=0)
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if grain == "day":
        return day
    if grain == "week":
        return day - timedelta(days=day.weekday())
    step = _MONTH_STEP[grain]
    return day.replace(day=1, month=(day.month - 1) // step * step + 1)


def numbered(moments: Moments, grain: str) -> NDArray[np.int64]:
    """The number of the period each moment lies in, counted from 1970."""
    if grain == "hour":
        return moments.astype("datetime64[h]").astype(np.int64)
    days = moments.astype("datetime64[D]")
    if grain in _MONTH_STEP:
        return days.astype("datetime64[M]").astype(np.int64) // _MONTH_STEP[grain]
    # The first day of 1970 is a Thursday.
    return days.astype(np.int64) if grain == "day" else (days.astype(np.int64) + 3) // 7


def shift(start: datetime, grain: str, periods: int) -> datetime:
    """The start of the period so many periods later (earlier when negative)."""
    if grain in _STEP:
        return start + _STEP[grain] * periods
    months = start.year * 12 + start.month - 1 + _MONTH_STEP[grain] * periods
    return start.replace(year=months // 12, month=months % 12 + 1)


def days_in(start: datetime, grain: str) -> float:
    """Length of the period in days."""
    return (shift(start, grain, 1) - start) / timedelta(days=1)


def period_name(start: datetime, grain: str) -> str:
    """What people call the period: `Q2 2026`, `March 2026`, `the week of 4 May 2026`."""
    if grain == "year":
        return f"{start.year}"
    if grain == "quarter":
        return f"Q{(start.month + 2) // 3}{NO_BREAK}{start.year}"
    if grain == "month":
        return f"{_MONTHS[start.month - 1]}{NO_BREAK}{start.year}"
    day = day_name(start)
    if grain == "week":
        return f"the week of {day}"
    return day if grain == "day" else f"{day}, {start:%H}:00"


def day_name(moment: datetime) -> str:
    """A day as people write it: `4 May 2026`."""
    return f"{moment.day}{NO_BREAK}{_MONTHS[moment.month - 1]}{NO_BREAK}{moment.year}"


@dataclass(frozen=True)
class Span:
    """Periods of one grain from the start of the first to the end of the last (exclusive)."""

    start: datetime
    end: datetime
    grain: str

    @property
    def name(self) -> str:
        """The one period's name, or the first and the last."""
        last = shift(self.end, self.grain, -1)
        if last <= self.start:
            return period_name(self.start, self.grain)
        return f"{period_name(self.start, self.grain)} to {period_name(last, self.grain)}"

    @property
    def preposition(self) -> str:
        """What the name is said after: `on` a day, `in` a month, `from` one to another."""
        if shift(self.start, self.grain, 1) < self.end:
            return "from"
        return "on" if self.grain in {"day", "hour"} else "in"

    @property
    def last_moment(self) -> str:
        """The last day (or hour) inside, ISO 8601."""
        if self.grain == "hour":
            return (self.end - timedelta(hours=1)).isoformat()
        return (self.end - timedelta(days=1)).date().isoformat()

    @property
    def first_moment(self) -> str:
        """The first day (or hour) inside, ISO 8601."""
        return self.start.isoformat() if self.grain == "hour" else self.start.date().isoformat()


def one_period(start: datetime, grain: str) -> Span:
    """The span of a single period."""
    return Span(start, shift(start, grain, 1), grain)
