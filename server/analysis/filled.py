"""A series in SQL with every period in it: totals of empty periods are zero, averages of them unknown."""

from dataclasses import dataclass

from server.analysis import periods
from server.analysis.columns import Measure
from server.analysis.periods import Span
from server.analysis.scope import Condition, Parameter, Scalar, Scope, Statement, series_sql, within
from server.query.sql import select

PHASES = {
    "hour": "hour(period)",
    "day": "isodow(period) - 1",
    "month": "month(period) - 1",
    "quarter": "quarter(period) - 1",
}


@dataclass(frozen=True)
class FilledSeries:
    """The measure by period of a span, cut by conditions, as a query."""

    scope: Scope
    measure: Measure
    span: Span
    conditions: tuple[Condition, ...] = ()

    @property
    def statement(self) -> Statement:
        """Columns `period`, `i` (0 for the first period), `phase` (place in the calendar's cycle) and `v`."""
        grain, scope = self.span.grain, self.scope
        inner = series_sql(scope, self.measure, grain, (*self.conditions, within(scope, self.span)))
        last = periods.shift(self.span.end, grain, -1)
        value = "coalesce(s.v, 0)" if self.measure.additive else "s.v"
        moments = (
            f"(select unnest(generate_series(cast(? as timestamp), cast(? as timestamp), interval 1 {grain})) "
            "as period) as g"
        )
        joined = select(
            ["g.period", f"{value} as v"],
            f"{moments} left join {inner.nested} as s on cast(s.period as timestamp) = g.period",
        )
        columns = [
            "period",
            "row_number() over (order by period) - 1 as i",
            f"{PHASES.get(grain, '0')} as phase",
            "v",
        ]
        ends: tuple[Parameter, ...] = (self.span.start.isoformat(sep=" "), last.isoformat(sep=" "))
        return Statement(select(columns, f"({joined})"), (*ends, *inner.params))

    def cell(self, expression: str, where: str = "") -> Scalar:
        """One number made of the periods that meet the condition."""
        inner = self.statement
        return Scalar(self.scope, select([expression], inner.nested, where=where), inner.params)

    def from_steps(self, steps: str, expression: str) -> Scalar:
        """One number at the end of common table expressions that start from `filled`."""
        inner = self.statement
        return Scalar(self.scope, f"with filled as ({inner.sql}), {steps} {expression}", inner.params)
