"""What charts draw as whole series: one query gives all its rows, and each point is one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any

from claribi.v1 import insights_pb2

from server.analysis.filled import FilledSeries
from server.analysis.periods import Span
from server.analysis.scope import Scope, Statement
from server.analysis.series import Series
from server.query.sql import select

LINE_POINTS = 200


@dataclass(frozen=True)
class Drawn:
    """A series in the ledger."""

    evidence_id: str
    rows: tuple[insights_pb2.EvidenceRow, ...]

    def point(self, row: int) -> insights_pb2.Point:
        """The point that shows a row, bound to it."""
        shown = self.rows[row]
        point = insights_pb2.Point(x=shown.x, evidence_id=self.evidence_id, evidence_row=row)
        for name in ("low", "high"):
            if shown.HasField(name):
                setattr(point, name, getattr(shown, name))
        if shown.HasField("value"):
            point.y = shown.value
        return point

    @property
    def points(self) -> list[insights_pb2.Point]:
        """A point for each row."""
        return [self.point(row) for row in range(len(self.rows))]


def read_rows(found: Sequence[Sequence[Any]]) -> tuple[insights_pb2.EvidenceRow, ...]:
    """Rows of the columns place, value and (where there are four) the ends of its interval.

    A place is text, or a number written so that it reads back as the same double. Raises TypeError or ValueError for
    cells that are no numbers, IndexError for a row of one column.
    """
    return tuple(_row(cells) for cells in found)


def _row(cells: Sequence[Any]) -> insights_pb2.EvidenceRow:
    place = cells[0] if isinstance(cells[0], str) else repr(float(cells[0]))
    row = insights_pb2.EvidenceRow(x=place)
    for name, cell in (("value", cells[1]), *zip(("low", "high"), cells[2:4], strict=False)):
        if cell is not None and isfinite(float(cell)):
            setattr(row, name, float(cell))
    return row


def moment(start: datetime, grain: str) -> str:
    """A period's place on a time axis, ISO 8601."""
    return start.isoformat() if grain == "hour" else start.date().isoformat()


def course(scope: Scope, series: Series) -> Statement:
    """The last periods of a series, as many as a chart shows, as a query of place and value."""
    first = series.starts[-LINE_POINTS:][0]
    filled = FilledSeries(scope, series.measure, Span(first, series.span.end, series.grain), series.where)
    form = "%Y-%m-%dT%H:%M:%S" if series.grain == "hour" else "%Y-%m-%d"
    inner = filled.statement
    columns = [f"strftime(period, '{form}') as place", "v"]
    return Statement(select(columns, inner.nested, order="period"), inner.params)
