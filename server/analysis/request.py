"""What an analysis is asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from claribi.v1 import data_sources_pb2 as data_sources
from claribi.v1 import reports_pb2 as reports

from server.analysis.focus import Focus
from server.query.engine import Query

_DAY_LENGTH = len("2026-01-31")


@dataclass(frozen=True)
class Source:
    """A data source with its open snapshot."""

    id: str
    name: str
    hash: str
    schema: data_sources.DataSchema
    quality: data_sources.DataQuality
    query: Query


@dataclass(frozen=True)
class AnalysisRequest:
    """The report to fill (id, name, question, type, period, seed), its sections (all when empty), and its sources.

    `now` is naive UTC: periods that end later are not complete.
    """

    report: reports.Report
    sources: Sequence[Source]
    now: datetime
    sections: Sequence[int] = field(default=())
    limit: int | None = None  # findings kept; by the report's type when None
    level: Callable[[int], float] | None = (
        None  # share of false discoveries allowed, of the number of hypotheses
    )
    focus: Sequence[Focus] = field(default=())  # what to look at first

    def period(self) -> tuple[datetime, datetime] | None:
        """From the first moment to the one after the last; None for all of the data.

        Raises ValueError when an end is not a date or time, or the first lies after the last.
        """
        if not self.report.HasField("period"):
            return None
        asked = self.report.period
        start = read_moment(getattr(asked, "from")) if getattr(asked, "from") else datetime(1, 1, 1)
        if not asked.to:
            return start, datetime(9999, 12, 31)
        # A last day is meant as a whole; a last moment is included by the smallest step.
        step = timedelta(days=1) if len(asked.to) == _DAY_LENGTH else timedelta(microseconds=1)
        end = read_moment(asked.to) + step
        if end <= start:
            raise ValueError("period.from lies after period.to.")
        return start, end


def read_moment(text: str) -> datetime:
    """A date or time in ISO 8601 as naive UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is not None:
        moment = (moment - (moment.utcoffset() or timedelta())).replace(tzinfo=None)
    return moment
