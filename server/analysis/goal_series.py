"""A goal's measure asked of its source: the value now, and what it was at the end of each period before."""

import base64
import math
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from claribi.v1.data_sources_pb2 import DataSchema, DataTable
from claribi.v1.goals_pb2 import GoalProgress
from claribi.v1.insights_pb2 import Evidence, EvidenceSource

from server.analysis import formats, periods
from server.job import JobFailed, Progress
from server.query.check import table_of
from server.query.engine import Query, open_snapshot
from server.query.sql import Where, aggregate, quote, select
from server.query.widget import Question, column_of, measure_query, span_where

MEMORY_MB = 512
THREADS = 1  # sums of doubles depend on the order of addition
MOST_POINTS = 60  # of a history, the value now left aside
_GRAINS = ("day", "week", "month", "quarter", "year")
_INT32_MAX = 2**31 - 1


def run(payload: dict[str, Any], progress: Progress) -> bytes:
    """The value of a measure and its history, as a serialized GoalProgress: current_value, history and evidence.

    Payload: a source (`id`, `hash`, `directory`, `schema`), `table`, `measure`, `aggregation` (number of the enum),
    `time_column`, `from` and `to` (ISO dates or null), `label`, `unit`, `now` (ISO 8601). A history needs a time
    column: each point is the measure over all rows up to the end of that day, so the last one is the value now. Raises
    JobFailed when the table or a column is not there any more.
    """
    schema = DataSchema.FromString(base64.b64decode(payload["schema"]))
    table = table_of(schema, payload.get("table") or "")
    if table is None:
        raise JobFailed("data_source_unavailable", "The goal's table is not in the data source any more.")
    for name in (payload.get("measure"), payload.get("time_column")):
        if name and column_of(table, name) is None:
            raise JobFailed("data_source_unavailable", f"The data source has no column '{name}' any more.")
    with open_snapshot(Path(payload["directory"]), memory_mb=MEMORY_MB, threads=THREADS) as query:
        return _Series(payload, table, query).answer().SerializeToString(deterministic=True)


class _Series:
    """One measure of one table."""

    def __init__(self, payload: dict[str, Any], table: DataTable, query: Query) -> None:
        self._payload = payload
        self._table = table
        self._query = query
        self._now = datetime.fromisoformat(payload["now"]).replace(tzinfo=None)

    def answer(self) -> GoalProgress:
        """Value, history and the query of each."""
        told = GoalProgress()
        whole = self._question(self._payload.get("to"))
        row = self._query.one(whole.sql, whole.params)
        value = _number(row[0]) if row else None
        if value is None:
            return told
        told.current_value = value
        told.evidence.append(self._evidence(0, "now", value, whole))
        cuts = self._cuts()
        for cut, found in zip(cuts, self._values(cuts), strict=True):
            if found is None:
                continue
            entry = self._evidence(
                len(told.evidence), f"up to {periods.day_name(cut)}", found, self._question(cut)
            )
            told.evidence.append(entry)
            told.history.add(date=cut.date().isoformat(), value=found, evidence_id=entry.id)
        return told

    def _question(self, last: datetime | str | None) -> Question:
        """The measure over rows up to and including a day."""
        end = last.date().isoformat() if isinstance(last, datetime) else last
        return measure_query(
            self._table,
            self._payload.get("measure") or "",
            int(self._payload.get("aggregation") or 0),
            time_column=self._payload.get("time_column") or "",
            span=(self._payload.get("from"), end),
        )

    def _values(self, cuts: Sequence[datetime]) -> list[float | None]:
        """The measure up to each day, all in one scan."""
        if not cuts:
            return []
        measure = aggregate(int(self._payload.get("aggregation") or 0), self._payload.get("measure") or "")
        wheres = [self._where(cut.date().isoformat()) for cut in cuts]
        columns = [f"{measure} filter (where {' and '.join(where.conditions)})" for where in wheres]
        params = [value for where in wheres for value in where.params]
        row = self._query.one(select(columns, quote(self._table.name)), params)
        return [_number(cell) for cell in row] if row else []

    def _where(self, last: str | None) -> Where:
        return span_where(self._table, self._payload["time_column"], (self._payload.get("from"), last))

    def _cuts(self) -> list[datetime]:
        """The last days of the periods from the first row to the last one, today at the latest; the last day too."""
        name = self._payload.get("time_column")
        if not name:
            return []
        where, time = self._where(self._payload.get("to")), quote(name)
        ends = select(
            [f"cast(min({time}) as timestamp)", f"cast(max({time}) as timestamp)"],
            quote(self._table.name),
            where=" and ".join(where.conditions),
        )
        row = self._query.one(ends, where.params)
        if row is None or row[0] is None:
            return []
        first, last = (_day(moment) for moment in row)
        last = min(last, _day(self._now))
        return list(_period_ends(first, last)) if first < last else []

    def _evidence(self, place: int, when: str, value: float, question: Question) -> Evidence:
        payload = self._payload
        entry = Evidence(
            id=f"e{place + 1}",
            label=f"{payload['label']}, {when}",
            value=value,
            unit=payload["unit"],
            query=question.sql,
            source=EvidenceSource(
                data_source_id=payload["id"],
                snapshot_hash=payload["hash"],
                table=self._table.name,
                rows=min(self._table.rows, _INT32_MAX),
            ),
            display=formats.display(value, payload["unit"]),
        )
        for parameter in question.params:
            if isinstance(parameter, str):
                entry.parameters.add(string_value=parameter)
            else:
                entry.parameters.add(number_value=float(parameter))
        entry.computed_at.FromDatetime(self._now)
        return entry


def _period_ends(first: datetime, last: datetime) -> Iterator[datetime]:
    """The last day of each period of the finest grain that gives few enough, and the very last day."""
    days = (last - first) / timedelta(days=1)
    length = {"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}
    grain = next((grain for grain in _GRAINS if days / length[grain] <= MOST_POINTS), "year")
    start = periods.shift(periods.floor(first, grain), grain, 1)
    while (end := start - timedelta(days=1)) < last:
        yield end
        start = periods.shift(start, grain, 1)
    yield last


def _day(moment: datetime) -> datetime:
    return datetime.combine(date(moment.year, moment.month, moment.day), datetime.min.time())


def _number(value: Any) -> float | None:
    number = None if value is None else float(value)
    return number if number is not None and math.isfinite(number) else None
