"""Pieces of SQL: quoted identifiers, aggregations, calendar grains, filters. Values are always parameters."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from claribi.v1 import dashboards_pb2, insights_pb2
from claribi.v1.data_sources_pb2 import COLUMN_TYPE_BOOLEAN, COLUMN_TYPE_DATE, COLUMN_TYPE_TIMESTAMP

from server.query.values import parse

_AGGREGATIONS = {
    insights_pb2.AGGREGATION_SUM: "sum({})",
    insights_pb2.AGGREGATION_AVERAGE: "avg({})",
    insights_pb2.AGGREGATION_COUNT: "count({})",
    insights_pb2.AGGREGATION_MIN: "min({})",
    insights_pb2.AGGREGATION_MAX: "max({})",
    insights_pb2.AGGREGATION_MEDIAN: "median({})",
    insights_pb2.AGGREGATION_DISTINCT_COUNT: "count(distinct {})",
}
_GRAINS = {
    insights_pb2.GRAIN_HOUR: "hour",
    insights_pb2.GRAIN_DAY: "day",
    insights_pb2.GRAIN_WEEK: "week",
    insights_pb2.GRAIN_MONTH: "month",
    insights_pb2.GRAIN_QUARTER: "quarter",
    insights_pb2.GRAIN_YEAR: "year",
}
_COMPARISONS = {
    dashboards_pb2.FILTER_OPERATOR_GTE: ">=",
    dashboards_pb2.FILTER_OPERATOR_LTE: "<=",
}
_CASTS = {COLUMN_TYPE_BOOLEAN: "boolean", COLUMN_TYPE_DATE: "date", COLUMN_TYPE_TIMESTAMP: "timestamp"}
_DATE_LENGTH = len("2026-01-31")


def quote(name: str) -> str:
    """An identifier, quoted: any name is safe."""
    if "\0" in name:
        raise ValueError("A name cannot hold NUL.")
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text constant, quoted; for file names in statements that take no parameters."""
    if "\0" in text:
        raise ValueError("A text cannot hold NUL.")
    return "'" + text.replace("'", "''") + "'"


def drawn(source: str, rows: int, most: int) -> str:
    """The source of `rows` rows, or of a taller one about `most` rows, each as likely as the others.

    For what many rows say as well as all: a quantile of all must hold all values in memory.
    """
    if rows <= most:
        return source
    # Row by row: drawing so many at once would hold all columns of the table in memory.
    return f"(from {source} tablesample bernoulli({100.0 * most / rows:.6f}%) repeatable (1))"


def select(
    columns: Iterable[str],
    source: str,
    *,
    where: str = "",
    group: str = "",
    order: str = "",
    limit: int | None = None,
) -> str:
    """A SELECT statement from pieces of SQL; `source` is a quoted table or a subquery in parentheses."""
    parts = ["select", ", ".join(columns), "from", source]
    for word, piece in (("where", where), ("group by", group), ("order by", order)):
        if piece:
            parts += [word, piece]
    if limit is not None:
        parts += ["limit", str(int(limit))]
    return " ".join(parts)


def aggregate(aggregation: int, column: str) -> str:
    """An aggregation of a column by name; rows are counted when the column is empty."""
    if not column:
        return "count(*)"
    chosen = aggregation or insights_pb2.AGGREGATION_SUM
    return _AGGREGATIONS[chosen].format(quote(column))  # type: ignore[index]


def truncate(grain: int, column: str) -> str:
    """The start of the calendar period (Monday for weeks) a time column falls into."""
    return f"date_trunc('{_GRAINS[grain]}', {quote(column)})"  # type: ignore[index]


@dataclass
class Where:
    """Conditions joined by AND, with the values of their parameters in order."""

    conditions: list[str] = field(default_factory=list)
    params: list[Any] = field(default_factory=list)

    def add(self, condition: str, params: Iterable[Any] = ()) -> None:
        """One more condition."""
        self.conditions.append(condition)
        self.params.extend(params)

    @property
    def sql(self) -> str:
        """The clause with a leading space, or nothing."""
        return " where " + " and ".join(self.conditions) if self.conditions else ""


def add_filter(where: Where, column: str, type_: int, *, operator: int, values: Sequence[str]) -> None:
    """Adds one filter; values are text and compared in the column's own type (dates include their whole day).

    Raises ValueError when a value is not of the column's type.
    """
    parsed = [parse(text, type_) for text in values]
    name, cast = quote(column), f"cast(? as {_CASTS[type_]})" if type_ in _CASTS else "?"  # type: ignore[index]
    if operator in _COMPARISONS:
        where.add(*_comparison(name, cast, type_, operator=operator, value=parsed[0]))
        return
    marks = ", ".join([cast] * len(parsed))
    if operator == dashboards_pb2.FILTER_OPERATOR_NOT_IN:
        where.add(f"({name} not in ({marks}) or {name} is null)", parsed)
    else:
        where.add(f"{name} in ({marks})", parsed)


def _comparison(name: str, cast: str, type_: int, *, operator: int, value: Any) -> tuple[str, list[Any]]:
    whole_day = isinstance(value, str) and len(value) == _DATE_LENGTH and type_ == COLUMN_TYPE_TIMESTAMP
    if whole_day and operator == dashboards_pb2.FILTER_OPERATOR_LTE:
        return f"{name} < {cast} + interval 1 day", [value]
    return f"{name} {_COMPARISONS[operator]} {cast}", [value]  # type: ignore[index]
