"""A widget's question: checked against the schema, and written as SQL. No engine is needed for either."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from claribi.v1 import dashboards_pb2, insights_pb2
from claribi.v1 import data_sources_pb2 as sources
from claribi.v1.dashboards_pb2 import Filter, WidgetQuery
from claribi.v1.data_sources_pb2 import DataColumn, DataTable

from server.query.sql import Where, add_filter, aggregate, literal, quote, select, truncate
from server.query.values import text_of

DEFAULT_LIMIT = 50
NONE_LABEL = "(none)"
"""Stands for missing values along an axis."""
_GRAIN_SPANS = (
    (timedelta(days=2), insights_pb2.GRAIN_HOUR),
    (timedelta(days=62), insights_pb2.GRAIN_DAY),
    (timedelta(weeks=26), insights_pb2.GRAIN_WEEK),
    (timedelta(days=6 * 366), insights_pb2.GRAIN_MONTH),
    (timedelta(days=20 * 366), insights_pb2.GRAIN_QUARTER),
)
_AGGREGATION_WORDS = {
    insights_pb2.AGGREGATION_SUM: "sum",
    insights_pb2.AGGREGATION_AVERAGE: "average",
    insights_pb2.AGGREGATION_COUNT: "count",
    insights_pb2.AGGREGATION_MIN: "min",
    insights_pb2.AGGREGATION_MAX: "max",
    insights_pb2.AGGREGATION_MEDIAN: "median",
    insights_pb2.AGGREGATION_DISTINCT_COUNT: "distinct_count",
}
_PLACEHOLDER = re.compile(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'|(\?)')


@dataclass(frozen=True)
class Question:
    """SQL with its parameters: rows of x, series, value and the number of points in all."""

    sql: str
    params: tuple[Any, ...]
    columns: tuple[str, ...]
    unit: str

    @property
    def text(self) -> str:
        """The statement with its values written in, for people; what runs has parameters."""
        values = iter(self.params)

        def written(match: re.Match[str]) -> str:
            return _written(next(values)) if match.group(1) else match.group(0)

        return _PLACEHOLDER.sub(written, self.sql)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, int | float) else literal(str(value))


def column_of(table: DataTable, name: str) -> DataColumn | None:
    """The column of that exact name."""
    return next((column for column in table.columns if column.name == name), None)


def widget_query(
    query: WidgetQuery,
    table: DataTable,
    dashboard_filters: Iterable[Filter] = (),
    *,
    type_: int = dashboards_pb2.WIDGET_TYPE_UNSPECIFIED,
) -> Question:
    """The SQL of a checked question (`server.query.check.check_query` gave no problem).

    Filters of the dashboard hold where the table has their column. Raises ValueError for a value of such a
    filter that is not of the column's type.
    """
    where = _where(query, table, dashboard_filters)
    if type_ == dashboards_pb2.WIDGET_TYPE_SCATTER:
        return _scatter(query, table, where)
    x = column_of(table, query.x) if query.x else None
    timed = x is not None and x.role == sources.COLUMN_ROLE_TIME
    axis = _axis(query, x)
    if x is not None and timed:
        where.add(f"{quote(x.name)} is not null")
    series = quote(query.series) if query.series else "null"
    value = aggregate(query.aggregation, query.measure)
    keys = [str(place) for place, name in ((1, query.x), (2, query.series)) if name]
    columns = [f"{axis} as x", f"{series} as series", f"{value} as value"]
    inner = select(columns, quote(table.name), where=" and ".join(where.conditions), group=", ".join(keys))
    return Question(
        _ordered(inner, query, timed),
        tuple(where.params),
        _headings(query, _heading(query)),
        _unit(query),
    )


def _where(query: WidgetQuery, table: DataTable, dashboard_filters: Iterable[Filter]) -> Where:
    where = Where()
    for item in (*query.filters, *dashboard_filters):
        column = column_of(table, item.column)
        if column is not None:
            add_filter(where, column.name, column.type, operator=item.operator, values=item.values)
    return where


def _axis(query: WidgetQuery, x: DataColumn | None) -> str:
    if x is None:
        return "null"
    if x.role == sources.COLUMN_ROLE_TIME:
        grain = query.grain or default_grain(x)
        start = truncate(grain, x.name)
        # With the time of day on every point, midnight too; this text sorts like the time.
        return f"strftime({start}, '%Y-%m-%dT%H:%M:%S')" if grain == insights_pb2.GRAIN_HOUR else start
    return quote(x.name)


def default_grain(column: DataColumn) -> insights_pb2.Grain:
    """The grain that gives a time column some dozens of points, from its span."""
    low, high = _moment(column.min), _moment(column.max)
    if low is None or high is None:
        return insights_pb2.GRAIN_MONTH
    span = high - low
    grain = next((grain for limit, grain in _GRAIN_SPANS if span <= limit), insights_pb2.GRAIN_YEAR)
    daily = column.type == sources.COLUMN_TYPE_DATE and grain == insights_pb2.GRAIN_HOUR
    return insights_pb2.GRAIN_DAY if daily else grain


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _ordered(inner: str, query: WidgetQuery, timed: bool) -> str:
    columns = ["x", "series", "value", "count(*) over () as total"]
    limit = query.limit if query.HasField("limit") else DEFAULT_LIMIT
    if timed and not query.sort:
        # The newest periods, told forwards.
        newest = select(columns, f"({inner})", order="x desc, series", limit=limit)
        return select(["*"], f"({newest})", order="x, series")
    orders = {
        "value": "value asc nulls last, x, series",
        "x": "x asc nulls last, series",
        "-x": "x desc nulls last, series",
    }
    order = orders.get(query.sort, "value desc nulls last, x, series")
    return select(columns, f"({inner})", order=order, limit=limit)


def _scatter(query: WidgetQuery, table: DataTable, where: Where) -> Question:
    """Rows as they are; beyond the limit a choice that looks random and is always the same."""
    x, y = quote(query.x), quote(query.measure)
    where.add(f"{x} is not null and {y} is not null")
    series = quote(query.series) if query.series else "null"
    columns = [f"{x} as x", f"{series} as series", f"{y} as value", "count(*) over () as total"]
    limit = query.limit if query.HasField("limit") else DEFAULT_LIMIT
    conditions = " and ".join(where.conditions)
    picked = select(
        columns, quote(table.name), where=conditions, order="hash(x, value), x, value", limit=limit
    )
    sql = select(["*"], f"({picked})", order="x, value, series")
    return Question(sql, tuple(where.params), _headings(query, query.measure), _unit(query))


def _headings(query: WidgetQuery, value: str) -> tuple[str, ...]:
    return tuple(name for name in (query.x, query.series, value) if name)


def _heading(query: WidgetQuery) -> str:
    if not query.measure:
        return "count"
    word = _AGGREGATION_WORDS[query.aggregation or insights_pb2.AGGREGATION_SUM]
    return f"{word}({query.measure})"


def _unit(query: WidgetQuery) -> str:
    counts = {insights_pb2.AGGREGATION_COUNT, insights_pb2.AGGREGATION_DISTINCT_COUNT}
    if not query.measure:
        return "rows"
    if query.aggregation in counts:
        return ""
    words = re.split(r"[^A-Za-z%]+", query.measure)
    known = {"usd": "USD", "eur": "EUR", "gbp": "GBP", "chf": "CHF", "pct": "%", "percent": "%", "%": "%"}
    return next((known[word.lower()] for word in words if word.lower() in known), "")


def measure_query(
    table: DataTable,
    measure: str,
    aggregation: int,
    *,
    time_column: str = "",
    span: Sequence[str | None] = (),
) -> Question:
    """One number over a table; `span` is the first and last ISO date that count, either may be None."""
    where = span_where(table, time_column, span)
    query = WidgetQuery(measure=measure, aggregation=aggregation)  # type: ignore[arg-type]
    value = aggregate(aggregation, measure)
    sql = select([f"{value} as value"], quote(table.name), where=" and ".join(where.conditions))
    return Question(sql, tuple(where.params), (_heading(query),), _unit(query))


def span_where(table: DataTable, time_column: str, span: Sequence[str | None]) -> Where:
    """Rows from the first to the last ISO date, both inside; either may be None."""
    where = Where()
    column = column_of(table, time_column)
    if column is not None:
        for operator, bound in zip(
            (dashboards_pb2.FILTER_OPERATOR_GTE, dashboards_pb2.FILTER_OPERATOR_LTE), span, strict=False
        ):
            if bound:
                add_filter(where, column.name, column.type, operator=operator, values=[bound])
    return where


def axis_text(value: Any) -> str:
    """A value along an axis, or of a series, as text."""
    return NONE_LABEL if value is None else text_of(value)
