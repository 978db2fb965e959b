"""Rules on time: moments that have not come, ends before starts, periods that are not covered wholly."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from claribi.v1 import insights_pb2
from claribi.v1.data_sources_pb2 import DataColumn, DataTable
from claribi.v1.insights_pb2 import QualityFinding

from server.analysis import periods
from server.analysis.quality_finding import finding, main_time_column, moment, time_columns, within
from server.analysis.quality_pairs import read_pairs
from server.analysis.roles import name_words, word_set
from server.query.engine import Query
from server.query.sql import quote, select

_PLANNED = word_set(
    "due plan planned expiry expires expiration target forecast scheduled until end deadline "
    "valid renewal next expected estimated maturity to"
)
_RARE_FUTURE = 0.2
_LEAST_DAYS = 20
"""Different days a table needs before the gap at its end says anything."""
_LEAST_PERIODS = {"month": 3, "week": 5}


def future_dates(query: Query, table: DataTable, now: datetime) -> list[QualityFinding]:
    """Rare moments after `now` in columns that are not plans. A day ahead is allowed for time zones."""
    limit = moment(now.replace(microsecond=0) + timedelta(days=1))
    asked = [
        column
        for column in time_columns(table)
        if column.HasField("max") and not _PLANNED & set(name_words(column.name))
    ]
    if not asked:
        return []
    conditions = [f"{quote(column.name)} > {limit}" for column in asked]
    counts = query.one(select([f"count(*) filter ({c})" for c in conditions], quote(table.name))) or ()
    found = []
    for column, condition, count in zip(asked, conditions, counts, strict=True):
        if not count or count > _RARE_FUTURE * (table.rows - column.nulls):
            continue
        text = (
            f"{count:,} of {table.rows:,} rows have a {column.name} after {now:%Y-%m-%d}, when the data were read "
            f"(the last is {column.max}). Correct them, or name the column as a plan."
        )
        code, names = insights_pb2.QUALITY_CODE_FUTURE_DATES, [column.name]
        found.append(finding(code, table, columns=names, rows=int(count), text=text, condition=condition))
    return found


def negative_durations(query: Query, table: DataTable, now: datetime) -> list[QualityFinding]:
    """Ends before their starts, for pairs of time columns whose names or whose rows say start and end."""
    found = []
    for pair in read_pairs(query, table):
        if not pair.negative:
            continue
        text = (
            f"{pair.negative:,} of {table.rows:,} rows have a {pair.end.name} before their {pair.start.name}. "
            "Durations made of them are negative; correct the dates or leave these rows out."
        )
        code, names = insights_pb2.QUALITY_CODE_NEGATIVE_DURATION, [pair.start.name, pair.end.name]
        found.append(
            finding(code, table, columns=names, rows=pair.negative, text=text, condition=pair.is_negative)
        )
    return found


@dataclass(frozen=True)
class _Days:
    """The days of a table: first, last, the usual largest gap between two, and how many there are."""

    first: date
    last: date
    gap: int
    count: int


def partial_period(query: Query, table: DataTable, now: datetime) -> list[QualityFinding]:
    """A last month (week, where there are few months) that ends earlier than the usual gap between days explains."""
    time = main_time_column(table)
    days = _days(query, table, time, now) if time else None
    if time is None or days is None or days.count < _LEAST_DAYS:
        return []
    first, last = (datetime.combine(day, datetime.min.time()) for day in (days.first, days.last))
    grain = next((g for g in ("month", "week") if _periods(first, last, g) >= _LEAST_PERIODS[g]), None)
    if grain is None:
        return []
    missing = min(_lacking_at_end(last, part) for part in (grain, "month"))
    if missing <= days.gap:
        return []
    condition = within(quote(time.name), periods.floor(last, grain), last + timedelta(days=1))
    answer = query.one(select(["count(*)"], quote(table.name), where=condition))
    rows = int(answer[0]) if answer else 0
    text = (
        f"The last {grain} of {time.name} ends on {days.last:%Y-%m-%d}, {missing} days early: {rows:,} rows. "
        "Compare complete periods only."
    )
    code = insights_pb2.QUALITY_CODE_PARTIAL_PERIOD
    return [finding(code, table, columns=[time.name], rows=rows, text=text, condition=condition)]


def _lacking_at_end(last: datetime, grain: str) -> int:
    """Days from the last day to the end of its period; whole months are no broken weeks."""
    return (periods.shift(periods.floor(last, grain), grain, 1) - last).days - 1


def _periods(first: datetime, last: datetime, grain: str) -> int:
    count, start = 0, periods.floor(first, grain)
    while start <= last and count < max(_LEAST_PERIODS.values()):
        count, start = count + 1, periods.shift(start, grain, 1)
    return count


def _days(query: Query, table: DataTable, time: DataColumn, now: datetime) -> _Days | None:
    """Days up to `now` that are no stand-in for "unknown"."""
    name = quote(time.name)
    real = f"{name} >= timestamp '1800-01-01' and {name} <= {moment(now.replace(microsecond=0))}"
    days = select([f"cast({name} as date) as day"], quote(table.name), where=real, group="1")
    gaps = select(["day", "day - lag(day) over (order by day) as gap"], f"({days})")
    columns = ["min(day)", "max(day)", "coalesce(quantile_disc(gap, 0.99), 0)", "count(*)"]
    answer = query.one(select(columns, f"({gaps})"))
    return _Days(*answer) if answer is not None and answer[0] is not None else None
