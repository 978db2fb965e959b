"""Rules on what comes later: durations that are not over yet, rows that arrived long after their time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log2, sqrt

from claribi.v1 import data_sources_pb2 as sources
from claribi.v1 import insights_pb2
from claribi.v1.data_sources_pb2 import DataColumn, DataTable
from claribi.v1.insights_pb2 import QualityFinding

from server.analysis.quality_finding import finding, many_rows, time_columns
from server.analysis.quality_pairs import TimePair, read_pairs
from server.analysis.roles import name_words, word_set
from server.query.engine import Query
from server.query.sql import quote, select

_LEAST_OPEN = 5
_LEAST_CLOSED = 20
_PARTS = 10
"""Parts of equally many rows, by start, in which the open ones are counted."""
_EVIDENT = 4.0
"""Standard errors by which the open share must grow from the first half of the starts to the last tenth."""
_ARRIVALS = word_set(
    "loaded load ingested ingestion inserted received recorded processed synced imported arrived arrival landed "
    "posted registered entered created extracted written"
)
_EVENTS = word_set(
    "event occurred happened date time measured timestamp day ordered order sold transaction moment"
)
_BINS_A_DOUBLING = 4
_EMPTY_BINS = 8
"""Bins without a row between the usual lags and the late ones: a factor of four."""
_LEAST_LATE = 3
_LEAST_LATE_SHARE = 0.001
_MOST_LATE_SHARE = 0.4
_SECONDS = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}


def right_censored(query: Query, table: DataTable, now: datetime) -> list[QualityFinding]:
    """Starts without an end that crowd among the latest starts: what they began is still going on."""
    if all(column.nulls < _LEAST_OPEN for column in time_columns(table)):
        return []
    found = []
    for pair in read_pairs(query, table):
        if pair.open < _LEAST_OPEN or pair.both < _LEAST_CLOSED or not _crowded(query, table, pair):
            continue
        text = (
            f"{pair.open:,} of {table.rows:,} rows have a {pair.start.name} but no {pair.end.name} yet, most of them "
            "recent. Durations of recent rows run low, since only the quick ones are over; compare older rows."
        )
        code, names = insights_pb2.QUALITY_CODE_RIGHT_CENSORED, [pair.start.name, pair.end.name]
        found.append(finding(code, table, columns=names, rows=pair.open, text=text, condition=pair.is_open))
    return found


def _crowded(query: Query, table: DataTable, pair: TimePair) -> bool:
    """Whether the share of open rows in the last tenth of the starts lies far above that in the first half."""
    start, end = quote(pair.start.name), quote(pair.end.name)
    ends = f"quantile_disc({start}, [0.5, {1 - 1 / _PARTS}])"
    middle, last = (query.one(select([ends], many_rows(table))) or ((None, None),))[0]
    if middle is None or last is None or middle >= last:
        return False
    cells = [
        f"count(*) filter ({start} < ?)",
        f"count(*) filter ({start} < ? and {end} is null)",
        f"count(*) filter ({start} >= ?)",
        f"count(*) filter ({start} >= ? and {end} is null)",
    ]
    early, early_open, late, late_open = (
        query.one(select(cells, quote(table.name)), [middle] * 2 + [last] * 2) or [0] * 4
    )
    if not early or not late:
        return False
    share = (early_open + late_open) / (early + late)
    error = sqrt(share * (1 - share) * (1 / early + 1 / late))
    return bool(error > 0 and late_open / late - early_open / early > _EVIDENT * error)


@dataclass(frozen=True)
class _Arrival:
    """An event and when its row arrived."""

    event: DataColumn
    arrival: DataColumn

    @property
    def lag(self) -> str:
        """SQL of the lag in seconds."""
        event, arrival = (f"cast({quote(c.name)} as timestamp)" for c in (self.event, self.arrival))
        return f"date_diff('second', {event}, {arrival})"

    @property
    def soon(self) -> int:
        """The bin of a lag that is nothing to speak of: an hour, or two days where only days are known."""
        days = sources.COLUMN_TYPE_DATE in (self.event.type, self.arrival.type)
        return int(_BINS_A_DOUBLING * log2(172_800 if days else 3_600))


def late_data(query: Query, table: DataTable, now: datetime) -> list[QualityFinding]:
    """A part of the rows that arrived far later after their event than the rest, with no lag in between."""
    found = []
    for pair in _arrivals(table):
        limit = _late_from(_lags(query, table, pair), pair.soon)
        if limit is None:
            continue
        condition = f"{pair.lag} >= {limit}"
        answer = query.one(select(["count(*)"], quote(table.name), where=condition))
        count = int(answer[0]) if answer else 0
        text = (
            f"{count:,} of {table.rows:,} rows have a {pair.arrival.name} at least {_spoken(limit)} after their "
            f"{pair.event.name}; the others came sooner. Recent periods may still grow."
        )
        code, names = insights_pb2.QUALITY_CODE_LATE_DATA, [pair.event.name, pair.arrival.name]
        found.append(finding(code, table, columns=names, rows=count, text=text, condition=condition))
    return found


def _arrivals(table: DataTable) -> Iterator[_Arrival]:
    named = [(column, set(name_words(column.name))) for column in time_columns(table)]
    arrivals = [column for column, words in named if words & _ARRIVALS]
    events = [column for column, words in named if words & _EVENTS and not words & _ARRIVALS]
    if not events and len(named) == 2 and len(arrivals) == 1:
        events = [column for column, words in named if not words & _ARRIVALS]
    for arrival in arrivals:
        for event in events[:1]:
            yield _Arrival(event, arrival)


def _lags(query: Query, table: DataTable, pair: _Arrival) -> list[tuple[int, int, int, int]]:
    """Lags on a logarithmic scale: bin, rows, least and largest lag in seconds; lags up to zero are bin 0."""
    place = f"cast(floor({_BINS_A_DOUBLING} * log2(greatest({pair.lag}, 1))) as bigint)"
    columns = [place, "count(*)", f"min({pair.lag})", f"max({pair.lag})"]
    rows = query.rows(
        select(columns, quote(table.name), where=f"{pair.lag} is not null", group="1", order="1")
    )
    return [(int(a), int(b), int(c), int(d)) for a, b, c, d in rows]


def _late_from(bins: Sequence[tuple[int, int, int, int]], soon: int) -> int | None:
    """The lag in seconds from which rows are late; None when no gap sets a few lags apart from the rest."""
    rows = sum(count for _, count, _, _ in bins)
    least = max(_LEAST_LATE, _LEAST_LATE_SHARE * rows)
    above = 0
    limit = None
    for lower, upper in zip(bins[-2::-1], bins[:0:-1], strict=True):
        above += upper[1]
        gap = upper[0] - max(lower[0], soon)
        if gap > _EMPTY_BINS and least <= above <= _MOST_LATE_SHARE * rows:
            limit = _round_between(lower[3], upper[2])
    return limit


def _round_between(low: int, high: int) -> int:
    """A whole number of the largest unit between the two lags, nearest to their geometric mean."""
    middle = sqrt(max(low, 1) * high)
    for seconds in _SECONDS.values():
        limit = max(1, round(middle / seconds)) * seconds
        if low < limit <= high:
            return limit
    return high


def _spoken(seconds: int) -> str:
    name, size = next((name, size) for name, size in _SECONDS.items() if seconds % size == 0)
    count = seconds // size
    return f"{count:,} {name if count != 1 else name[:-1]}"
