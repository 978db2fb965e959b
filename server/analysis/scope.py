"""The rows an analysis may look at, and the one-cell queries asked of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from server.analysis.columns import Dimension, Measure, TimeColumn
from server.analysis.periods import Span
from server.query.sql import quote

Parameter = str | float | int


class Queries(Protocol):
    """What runs SQL on a snapshot."""

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of the answer."""
        ...


@dataclass(frozen=True)
class Condition:
    """A predicate with the values of its parameters, in order."""

    sql: str
    params: tuple[Parameter, ...] = ()


@dataclass
class QueryCount:
    """How many queries were run."""

    run: int = 0


@dataclass(frozen=True)
class Scope:
    """One table of one snapshot, cut to the report's period."""

    source_id: str
    snapshot_hash: str
    query: Queries
    table: str
    rows: int
    time: TimeColumn | None = None
    period: tuple[datetime, datetime] | None = None  # from, to (exclusive)
    count: QueryCount = field(default_factory=QueryCount)

    def fetch(self, sql: str, params: Sequence[Parameter] = ()) -> list[tuple[Any, ...]]:
        """Runs a query on the snapshot."""
        self.count.run += 1
        return self.query.rows(sql, list(params))

    def base(self) -> tuple[Condition, ...]:
        """The conditions every query of this scope carries."""
        if self.time is None or self.period is None:
            return ()
        return (between(self.time, *self.period),)

    def source(self, conditions: Sequence[Condition] = ()) -> Condition:
        """The FROM clause, with its WHERE when anything is left out."""
        every = (*self.base(), *conditions)
        sql = f"FROM {quote(self.table)}"
        if every:
            sql += " WHERE " + " AND ".join(condition.sql for condition in every)
        return Condition(sql, tuple(value for condition in every for value in condition.params))


@dataclass(frozen=True)
class Scalar:
    """A query of one cell."""

    scope: Scope
    sql: str
    params: tuple[Parameter, ...] = ()

    def run(self) -> float | None:
        """The cell as a number; None for NULL and for what is not finite."""
        found = self.scope.fetch(self.sql, self.params)
        cell = found[0][0] if found else None
        value = None if cell is None else float(cell)
        return value if value is not None and abs(value) != float("inf") and value == value else None


def between(time: TimeColumn, start: datetime, end: datetime) -> Condition:
    """Moments from the start up to, not including, the end."""
    sql = f"{time.value} >= CAST(? AS TIMESTAMP) AND {time.value} < CAST(? AS TIMESTAMP)"
    return Condition(sql, (start.isoformat(sep=" "), end.isoformat(sep=" ")))


def within(scope: Scope, span: Span) -> Condition:
    """Rows of the span; the scope must have a time column."""
    if scope.time is None:
        raise ValueError(f"Table {scope.table!r} has no time column to cut by.")
    return between(scope.time, span.start, span.end)


def equals(dimension: Dimension, member: str) -> Condition:
    """Rows of one member."""
    return Condition(f"{dimension.value} = ?", (member,))


def differs(dimension: Dimension, member: str) -> Condition:
    """Rows of all other members."""
    return Condition(f"{dimension.value} <> ?", (member,))


def aggregate(scope: Scope, expression: str, conditions: Sequence[Condition] = ()) -> Scalar:
    """`SELECT expression FROM table WHERE conditions`."""
    source = scope.source(conditions)
    return Scalar(scope, f"SELECT {expression} {source.sql}", source.params)


def measured(scope: Scope, measure: Measure, conditions: Sequence[Condition] = ()) -> Scalar:
    """The measure over the rows that meet the conditions."""
    return aggregate(scope, measure.total, conditions)


def percent_change(later: Scalar, earlier: Scalar) -> Scalar:
    """How much the later number lies above the earlier, in percent; NULL from a base of zero."""
    return _combined(later, earlier, "100.0 * (a.v - b.v) / nullif(abs(b.v), 0)")


def difference(left: Scalar, right: Scalar) -> Scalar:
    """Left minus right."""
    return _combined(left, right, "a.v - b.v")


def percent_of(part: Scalar, whole: Scalar) -> Scalar:
    """The part as a percentage of the whole."""
    return _combined(part, whole, "100.0 * a.v / nullif(b.v, 0)")


def ratio(left: Scalar, right: Scalar) -> Scalar:
    """Left divided by right."""
    return _combined(left, right, "a.v / nullif(b.v, 0)")


def _combined(left: Scalar, right: Scalar, formula: str) -> Scalar:
    sql = f"SELECT {formula} FROM ({_named(left)}) AS a, ({_named(right)}) AS b"
    return Scalar(left.scope, sql, (*left.params, *right.params))


def _named(scalar: Scalar) -> str:
    return f"SELECT ({scalar.sql}) AS v"


def series_sql(scope: Scope, measure: Measure, grain: str, conditions: Sequence[Condition] = ()) -> Condition:
    """The measure by period, as a query of the columns `period` and `v`, in order of time."""
    if scope.time is None:
        raise ValueError(f"Table {scope.table!r} has no time column to group by.")
    source = scope.source(conditions)
    sql = f"SELECT date_trunc('{grain}', {scope.time.value}) AS period, {measure.total} AS v {source.sql} GROUP BY 1"
    return Condition(sql, source.params)
