"""Rules on time: moments that have not come, ends before starts, periods that are not over."""

from datetime import datetime

from claribi.v1 import data_sources_pb2 as sources
from claribi.v1 import insights_pb2
from claribi.v1.data_sources_pb2 import DataColumn, DataTable
from claribi.v1.insights_pb2 import QualityFinding

from server.analysis.quality_values import finding
from server.analysis.roles import name_words, word_set
from server.query.engine import Query
from server.query.sql import quote, select

_PLANNED = word_set(
    "due plan planned expiry expires expiration target forecast scheduled until end deadline "
    "valid renewal next expected estimated maturity to"
)
_STARTS = word_set(
    "start started begin began open opened created ordered order from checkin pickup departure "
    "departed hired admitted received submitted reported issued"
)
_ENDS = word_set(
    "end ended finish finished close closed completed resolved shipped delivered to checkout "
    "dropoff arrival arrived left discharged returned cancelled until paid"
)
_NEVER_PAIR = word_set("birth born updated modified")
_RARE_FUTURE = 0.2
_RARE_NEGATIVE = 0.5
_LEAST_DAYS = 20
"""Different days a table needs before the gap at its end says anything."""
_LEAST_MONTHS = 3


def _time_columns(table: DataTable) -> list[DataColumn]:
    return [column for column in table.columns if column.role == sources.COLUMN_ROLE_TIME]


def future_dates(query: Query, table: DataTable, now: datetime) -> list[QualityFinding]:
    """Rare moments after `now` in columns that are not plans. A day ahead is allowed for time zones."""
    asked = [
        column
        for column in _time_columns(table)
        if column.HasField("max") and not _PLANNED & set(name_words(column.name))
    ]
    if not asked:
        return []
    limit = "cast(? as timestamp) + interval 1 day"
    wanted = [f"count(*) filter ({quote(column.name)} > {limit})" for column in asked]
    counts = query.one(select(wanted, quote(table.name)), [now.isoformat(sep=" ")] * len(asked)) or ()
    found = []
    for column, count in zip(asked, counts, strict=True):
        if not count or count > _RARE_FUTURE * table.rows:
            continue
        text = (
            f"{count:,} of {table.rows:,} rows have a {column.name} after {now:%Y-%m-%d}, when the data were read "
            f"(the last is {column.max}). Correct them, or name the column as a plan."
        )
        code, severity = insights_pb2.QUALITY_CODE_FUTURE_DATES, insights_pb2.SEVERITY_WARNING
        found.append(finding(code, severity, table, columns=[column.name], rows=int(count), text=text))
    return found


def negative_durations(query: Query, table: DataTable, now: datetime) -> list[QualityFinding]:
    """Ends before their starts, for pairs of time columns whose names say start and end."""
    pairs = _pairs(_time_columns(table))
    if not pairs:
        return []
    wanted = [f"count(*) filter ({_before(end, start)})" for start, end in pairs]
    counts = query.one(select(wanted, quote(table.name))) or ()
    found = []
    for (start, end), count in zip(pairs, counts, strict=True):
        # More than half: then the two are no start and end at all.
        if not count or count > _RARE_NEGATIVE * table.rows:
            continue
        text = (
            f"{count:,} of {table.rows:,} rows have a {end.name} before their {start.name}. "
            "Durations made of them are negative; correct the dates or leave these rows out."
        )
        code, severity = insights_pb2.QUALITY_CODE_NEGATIVE_DURATION, insights_pb2.SEVERITY_CRITICAL
        names = [start.name, end.name]
        found.append(finding(code, severity, table, columns=names, rows=int(count), text=text))
    return found


def _pairs(columns: list[DataColumn]) -> list[tuple[DataColumn, DataColumn]]:
    named = [(column, set(name_words(column.name))) for column in columns]
    usable = [(column, words) for column, words in named if not words & _NEVER_PAIR]
    return [
        (start, end)
        for start, first in usable
        for end, second in usable
        if start.name != end.name and first & _STARTS and not first & _ENDS and second & _ENDS
    ]


def _before(end: DataColumn, start: DataColumn) -> str:
    names = [quote(end.name), quote(start.name)]
    if end.type != start.type:
        # A day has no time of day: compare days.
        names = [f"cast({name} as date)" for name in names]
    return f"{names[0]} < {names[1]}"


def partial_period(query: Query, table: DataTable, now: datetime) -> list[QualityFinding]:
    """A last month that ends earlier than the usual gap between days explains, in the first time column."""
    times = _time_columns(table)
    if not times or not times[0].HasField("max"):
        return []
    time = times[0]
    answer = query.one(_last_month(table, time), [now.isoformat(sep=" ")])
    if answer is None or answer[0] is None:
        return []
    last, month_end, months, days, gap, rows = answer
    missing = (month_end - last).days
    if months < _LEAST_MONTHS or days < _LEAST_DAYS or missing <= gap:
        return []
    text = (
        f"The last month of {time.name} ends on {last:%Y-%m-%d}, {missing} days early: {rows:,} rows. "
        "Compare complete months only."
    )
    code, severity = insights_pb2.QUALITY_CODE_PARTIAL_PERIOD, insights_pb2.SEVERITY_INFO
    return [finding(code, severity, table, columns=[time.name], rows=int(rows), text=text)]


def _last_month(table: DataTable, time: DataColumn) -> str:
    """Last day, end of its month, months, days, the largest usual gap between days, rows of the last month."""
    name = quote(time.name)
    days = select(
        [f"cast({name} as date) as day", "count(*) as n"],
        quote(table.name),
        where=f"{name} <= cast(? as timestamp)",
        group="1",
    )
    gaps = select(["day", "n", "day - lag(day) over (order by day) as gap"], "days")
    columns = [
        "max(day)",
        "last_day(max(day))",
        "count(distinct date_trunc('month', day))",
        "count(*)",
        "coalesce(quantile_disc(gap, 0.99), 0)",
        "sum(n) filter (date_trunc('month', day) = (select date_trunc('month', max(day)) from days))",
    ]
    return f"with days as ({days}) " + select(columns, f"({gaps})")
