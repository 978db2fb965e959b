"""Pairs of time columns that are the start and the end of something, and what their rows say."""

from collections.abc import Iterator
from dataclasses import dataclass

from claribi.v1 import data_sources_pb2 as sources
from claribi.v1.data_sources_pb2 import DataColumn, DataTable

from server.analysis.quality_finding import time_columns
from server.analysis.roles import name_words, word_set
from server.query.engine import Query
from server.query.sql import quote, select

_STARTS = word_set(
    "start started begin began open opened created ordered order from checkin pickup departure "
    "departed hired admitted received submitted reported issued"
)
_ENDS = word_set(
    "end ended finish finished close closed completed resolved shipped delivered to checkout "
    "dropoff arrival arrived left discharged returned cancelled until paid"
)
_NEVER_PAIR = word_set("birth born updated modified loaded ingested inserted imported synced")
_MOST_COLUMNS = 8
"""Time columns among which nameless pairs are looked for."""
_LEAST_ROWS = 50
_ALWAYS = 0.9
"""Share of rows in which a nameless end must lie after its start."""
_SHORT = 0.2
"""The middle duration of a nameless pair, of the time the table spans, at most."""


@dataclass(frozen=True)
class TimePair:
    """A start and an end; rows with both, rows whose end lies before, rows without an end."""

    start: DataColumn
    end: DataColumn
    both: int
    negative: int
    open: int

    @property
    def is_negative(self) -> str:
        """SQL that holds where the end lies before the start."""
        return before(self.end, self.start)

    @property
    def is_open(self) -> str:
        """SQL that holds where something began and has not ended."""
        return f"{quote(self.end.name)} is null and {quote(self.start.name)} is not null"


def read_pairs(query: Query, table: DataTable) -> list[TimePair]:
    """The pairs whose names say start and end; without any such, those whose rows do."""
    columns = time_columns(table)
    named = _named(columns)
    asked = named or _nameless(columns)
    if not asked or not table.rows:
        return []
    wanted = [cell for start, end in asked for cell in _cells(start, end)]
    found = iter(query.one(select(wanted, quote(table.name))) or ())
    pairs = []
    for start, end in asked:
        both, negative, open_, middle, span = (next(found) for _ in range(5))
        short = middle is not None and span and 0 <= middle <= _SHORT * span
        always = both >= _LEAST_ROWS and negative <= (1 - _ALWAYS) * both
        if named or (short and always):
            pairs.append(TimePair(start, end, int(both), int(negative), int(open_)))
    return pairs


def _named(columns: list[DataColumn]) -> list[tuple[DataColumn, DataColumn]]:
    named = [(column, set(name_words(column.name))) for column in columns]
    usable = [(column, words) for column, words in named if not words & _NEVER_PAIR]
    return [
        (start, end)
        for start, first in usable
        for end, second in usable
        if start.name != end.name and first & _STARTS and not first & _ENDS and second & _ENDS
    ]


def _nameless(columns: list[DataColumn]) -> list[tuple[DataColumn, DataColumn]]:
    usable = [column for column in columns if not set(name_words(column.name)) & _NEVER_PAIR]
    if not 2 <= len(usable) <= _MOST_COLUMNS:
        return []
    return [(start, end) for start in usable for end in usable if start.name != end.name]


def _cells(start: DataColumn, end: DataColumn) -> Iterator[str]:
    first, last = (f"cast({quote(column.name)} as timestamp)" for column in (start, end))
    seconds = f"date_diff('second', {first}, {last})"
    yield f"count(*) filter ({first} is not null and {last} is not null)"
    yield f"count(*) filter ({before(end, start)})"
    yield f"count(*) filter ({last} is null and {first} is not null)"
    yield f"approx_quantile({seconds}, 0.5)"
    yield f"date_diff('second', min({first}), max({first}))"


def before(end: DataColumn, start: DataColumn) -> str:
    """SQL that holds where the end lies before the start."""
    names = [quote(end.name), quote(start.name)]
    if end.type != start.type and sources.COLUMN_TYPE_DATE in (end.type, start.type):
        # A day has no time of day: compare days.
        names = [f"cast({name} as date)" for name in names]
    return f"{names[0]} < {names[1]}"
