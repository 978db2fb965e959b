"""Pairs of time columns that are the start and the end of something, and what their rows say."""

from collections.abc import Iterator
from dataclasses import dataclass

from claribi.v1 import data_sources_pb2 as sources
from claribi.v1.data_sources_pb2 import DataColumn, DataTable

from server.analysis.quality_finding import many_rows, time_columns
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
"""Share of rows from which an end lies after its start as a rule."""
_RARE_NEGATIVE = 0.5
_SHORT = 0.2
"""The middle duration, of the time the table spans, at most: that of unrelated moments is longer."""


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
    middles = query.one(select([_middle(start, end) for start, end in asked], many_rows(table))) or ()
    pairs: dict[str, TimePair] = {}
    for (start, end), middle in zip(asked, middles, strict=True):
        both, negative, open_, span = (next(found) for _ in range(4))
        short = middle is not None and bool(span) and middle <= _SHORT * span
        pair = TimePair(start, end, int(both), int(negative), int(open_))
        best = pairs.get(end.name)
        if _is_pair(pair, short, named=bool(named)) and (best is None or pair.negative < best.negative):
            pairs[end.name] = pair  # what ends began once: the start that fits best
    return list(pairs.values())


def _is_pair(pair: TimePair, short: bool, *, named: bool) -> bool:
    """Whether the rows bear out that the two are a start and an end; unrelated moments precede one another by turns."""
    seldom = pair.negative <= (1 - _ALWAYS) * pair.both
    if named:
        return seldom or (short and pair.negative <= _RARE_NEGATIVE * pair.both)
    return seldom and short and pair.both >= _LEAST_ROWS


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
    yield f"count(*) filter ({first} is not null and {last} is not null)"
    yield f"count(*) filter ({before(end, start)})"
    yield f"count(*) filter ({last} is null and {first} is not null)"
    yield f"date_diff('second', min({first}), max({first}))"


def _middle(start: DataColumn, end: DataColumn) -> str:
    """SQL of the usual seconds from the start to the end."""
    first, last = (f"cast({quote(column.name)} as timestamp)" for column in (start, end))
    seconds = f"date_diff('second', {first}, {last})"
    return f"quantile_disc({seconds}, 0.5) filter ({seconds} >= 0)"


def before(end: DataColumn, start: DataColumn) -> str:
    """SQL that holds where the end lies before the start."""
    names = [quote(end.name), quote(start.name)]
    if end.type != start.type and sources.COLUMN_TYPE_DATE in (end.type, start.type):
        # A day has no time of day: compare days.
        names = [f"cast({name} as date)" for name in names]
    return f"{names[0]} < {names[1]}"
