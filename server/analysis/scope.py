"""The rows an analysis may look at, and the one-cell queries asked of them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from numpy.typing import NDArray

from server.analysis.columns import Dimension, Measure, TimeColumn
from server.analysis.joins import Join, joined
from server.analysis.periods import Span
from server.query.sql import drawn, select

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Parameter = str | float | int
LOOKED_AT = 200_000  # rows that are enough to choose how to look at a table


class Queries(Protocol):
    """What runs SQL on a snapshot."""

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of the answer."""
        ...

    def gather(self, questions: Sequence[tuple[str, Sequence[Any]]]) -> list[list[NDArray[Any]]]:
        """The columns of several questions, asked side by side."""
        ...

    def side_by_side(self, function: Callable[[Item], Answer], items: Sequence[Item]) -> list[Answer]:
        """The answers of a function that asks questions, in the order of the items."""
        ...


@dataclass(frozen=True)
class Condition:
    """A predicate with the values of its parameters, in order."""

    sql: str
    params: tuple[Parameter, ...] = ()


@dataclass(frozen=True)
class Statement:
    """A SELECT with the values of its parameters, in order."""

    sql: str
    params: tuple[Parameter, ...] = ()

    @property
    def nested(self) -> str:
        """The statement as something to select from."""
        return f"({self.sql})"

    def limited(self, rows: int) -> "Statement":
        """The statement cut to its first rows."""
        return Statement(f"{self.sql} limit {rows:d}", self.params)


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
    joins: tuple[Join, ...] = ()  # the tables whose columns may be spoken of as `table.column`

    def fetch(self, statement: Statement) -> list[tuple[Any, ...]]:
        """Runs a query on the snapshot."""
        self.count.run += 1
        return self.query.rows(statement.sql, list(statement.params))

    def gather(self, statements: Sequence[Statement]) -> list[list[NDArray[Any]]]:
        """The columns of several queries on the snapshot, asked side by side; NULL is NaN among numbers."""
        self.count.run += len(statements)
        return self.query.gather([(statement.sql, list(statement.params)) for statement in statements])

    def look(self, cells: Sequence[str]) -> tuple[Any, ...]:
        """One row of aggregates that choose how to look at a table and are never told; tall tables are sampled."""
        return self.fetch(self.select(cells, source=self.drawn(cells, LOOKED_AT)))[0]

    def drawn(self, cells: Sequence[str], most: int) -> str:
        """The source of a statement of these cells: about `most` rows, each as likely as the others, or the table."""
        return drawn(joined(self.table, self.joins, cells), self.rows, most)

    def base(self) -> tuple[Condition, ...]:
        """The conditions every query of this scope carries."""
        if self.time is None or self.period is None:
            return ()
        return (between(self.time, *self.period),)

    def select(
        self,
        columns: Sequence[str],
        conditions: Sequence[Condition] = (),
        *,
        group: str = "",
        order: str = "",
        source: str = "",
    ) -> Statement:
        """A SELECT over the rows in scope that meet the conditions; of the table when no other source is given."""
        every = (*self.base(), *conditions)
        where = " and ".join(condition.sql for condition in every)
        source = source or joined(self.table, self.joins, [*columns, where, group, order])
        sql = select(columns, source, where=where, group=group, order=order)
        return Statement(sql, tuple(value for condition in every for value in condition.params))


@dataclass(frozen=True)
class Scalar:
    """A query of one cell."""

    scope: Scope
    sql: str
    params: tuple[Parameter, ...] = ()

    def run(self) -> float | None:
        """The cell as a number; None for NULL and for what is not finite."""
        found = self.scope.fetch(Statement(self.sql, self.params))
        cell = found[0][0] if found else None
        value = None if cell is None else float(cell)
        return value if value is not None and math.isfinite(value) else None


def between(time: TimeColumn, start: datetime, end: datetime) -> Condition:
    """Moments from the start up to, not including, the end."""
    sql = f"{time.value} >= cast(? as timestamp) and {time.value} < cast(? as timestamp)"
    return Condition(sql, (start.isoformat(sep=" "), end.isoformat(sep=" ")))


def aliased(columns: Sequence[str]) -> list[str]:
    """The columns under names of their own: c0, c1 and so on."""
    return [f"{column} as c{place}" for place, column in enumerate(columns)]


def within(scope: Scope, span: Span) -> Condition:
    """Rows of the span; the scope must have a time column."""
    if scope.time is None:
        raise ValueError(f"Table {scope.table!r} has no time column to cut by.")
    return between(scope.time, span.start, span.end)


def outside(scope: Scope, span: Span) -> Condition:
    """Rows before or after the span."""
    inside = within(scope, span)
    return Condition(f"not ({inside.sql})", inside.params)


def equals(dimension: Dimension, member: str) -> Condition:
    """Rows of one member."""
    return Condition(f"{dimension.value} = ?", (member,))


def differs(dimension: Dimension, member: str) -> Condition:
    """Rows of all other members."""
    return Condition(f"{dimension.value} <> ?", (member,))


def scalar(scope: Scope, statement: Statement) -> Scalar:
    """A statement of one cell."""
    return Scalar(scope, statement.sql, statement.params)


def aggregate(scope: Scope, expression: str, conditions: Sequence[Condition] = ()) -> Scalar:
    """The expression over the rows that meet the conditions."""
    return scalar(scope, scope.select([expression], conditions))


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


def times(number: Scalar, factor: float) -> Scalar:
    """The number so many times."""
    sql = select([f"{factor:.17g} * a.v"], f"(select ({number.sql}) as v) as a")
    return Scalar(number.scope, sql, number.params)


def ratio(left: Scalar, right: Scalar) -> Scalar:
    """Left divided by right."""
    return _combined(left, right, "a.v / nullif(b.v, 0)")


def _combined(left: Scalar, right: Scalar, formula: str) -> Scalar:
    pair = f"(select ({left.sql}) as v) as a, (select ({right.sql}) as v) as b"
    return Scalar(left.scope, select([formula], pair), (*left.params, *right.params))


def series_sql(scope: Scope, measure: Measure, grain: str, conditions: Sequence[Condition] = ()) -> Statement:
    """The measure by period, as a query of the columns `period` and `v`."""
    if scope.time is None:
        raise ValueError(f"Table {scope.table!r} has no time column to group by.")
    period = f"date_trunc('{grain}', {scope.time.value}) as period"
    return scope.select([period, f"{measure.total} as v"], conditions, group="1")
