"""The rule on values out of range: what a name forbids, stand-ins for "unknown", values and days far from all."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from claribi.v1 import data_sources_pb2 as sources
from claribi.v1 import insights_pb2
from claribi.v1.data_sources_pb2 import DataColumn, DataTable
from claribi.v1.insights_pb2 import QualityFinding

from server.analysis.quality_far import far_values
from server.analysis.quality_finding import COLUMN_BATCH, NUMBERS, finding, many_rows, moment, time_columns
from server.analysis.roles import name_words, word_set
from server.query.engine import Query
from server.query.sql import quote, select

_RARE = 0.05
"""Values that cannot be are believed to be errors when they are at most this share."""
_COUNTABLE = word_set(
    "quantity qty age count duration weight height distance population price units area size visitors visits clicks "
    "views impressions seats guests headcount employees orders items people passengers pages mileage volume length "
    "width"
)
_PERCENTAGES = word_set("percent percentage pct")
_PARTS = word_set("share fraction probability proportion")
_RELATIVE = word_set(
    "change growth increase diff difference delta variance return yoy mom inflation deflation yield interest margin "
    "net balance adjustment correction"
)
_RATINGS = word_set("rating stars satisfaction")
_LENGTHS = word_set("day days hour hours minute minutes month months week weeks second seconds")
_BOUNDED = {
    "latitude": (-90.0, 90.0),
    "lat": (-90.0, 90.0),
    "longitude": (-180.0, 180.0),
    "lon": (-180.0, 180.0),
}
_BOUNDED |= {"lng": (-180.0, 180.0), "humidity": (0.0, 100.0)}
_OLDEST_AGE = 120.0
_STAND_INS = frozenset(sign * int("9" * digits) for digits in range(3, 9) for sign in (1, -1))
"""Numbers people type for "unknown": 999, -9999..."""
_LEAST_STAND_INS = 2
_FAR = 5.0
"""Spreads (from the 5th to the 95th percentile) between a stand-in and the nearest of the usual values."""
_FAR_DAYS = timedelta(days=1826)
"""Days further than this, and than three times the usual span, from all others are of another age."""
_LEAST_ROWS = 20


@dataclass(frozen=True)
class _Limit:
    """What a column may hold: SQL that is true outside, and the words for it; slips and stand-ins are no values."""

    column: DataColumn
    outside: str
    words: str
    is_grave: bool = False
    is_no_value: bool = False


def out_of_range(query: Query, table: DataTable, now: datetime) -> list[QualityFinding]:
    """Rare values that a name forbids, rare stand-ins for "unknown", single values and days far from all others."""
    limits = list(_limits(query, table, now))
    found = []
    for start in range(0, len(limits), COLUMN_BATCH):
        batch = limits[start : start + COLUMN_BATCH]
        wanted = [f"count(*) filter ({limit.outside})" for limit in batch]
        counts = query.one(select(wanted, quote(table.name))) or ()
        for limit, count in zip(batch, counts, strict=True):
            if count and count <= _RARE * (table.rows - limit.column.nulls):
                found.append(_finding(table, limit, int(count)))
    return found


def _finding(table: DataTable, limit: _Limit, count: int) -> QualityFinding:
    name = limit.column.name
    text = f"{count:,} of {table.rows:,} values of {name} are {limit.words}. Check them at the source."
    code = insights_pb2.QUALITY_CODE_OUT_OF_RANGE
    found = finding(code, table, columns=[name], rows=count, text=text, condition=limit.outside)
    found.left_out = limit.is_no_value
    if limit.is_grave:
        found.severity = insights_pb2.SEVERITY_CRITICAL
    return found


def _limits(query: Query, table: DataTable, now: datetime) -> Iterator[_Limit]:
    numbers = [column for column in table.columns if column.type in NUMBERS and column.HasField("min")]
    usual = _usual(query, table, [column for column in numbers if _asks_for_usual(column)])
    far = far_values(query, table)
    for column in numbers:
        limit = _limit(column, usual.get(column.name))
        if limit is None and column.name in far:
            value = far[column.name]
            limit = _Limit(column, value.outside, value.words, value.is_grave or value.is_slip, value.is_slip)
        if limit is not None:
            yield limit
    yield from _far_days(query, table, now)


def _limit(column: DataColumn, usual: tuple[float, float] | None) -> _Limit | None:
    """What the column's name or a stand-in says its values cannot be."""
    bounds = _bounds(column, usual)
    if bounds is not None:
        return _named(column, *bounds)
    return _stand_in(column, usual) if usual is not None else None


def _asks_for_usual(column: DataColumn) -> bool:
    words = set(name_words(column.name))
    extreme = {float(column.min), float(column.max)} & _STAND_INS
    return bool(extreme) or bool(words & (_PARTS | _RATINGS | _PERCENTAGES) and float(column.max) > 1.0)


def _usual(query: Query, table: DataTable, columns: list[DataColumn]) -> dict[str, tuple[float, float]]:
    """The 5th and the 95th percentile of each column."""
    found: dict[str, tuple[float, float]] = {}
    for start in range(0, len(columns), COLUMN_BATCH):
        batch = columns[start : start + COLUMN_BATCH]
        wanted = [f"quantile_disc({quote(column.name)}, [0.05, 0.95])" for column in batch]
        answer = query.one(select(wanted, many_rows(table))) or ()
        found |= {c.name: (float(q[0]), float(q[1])) for c, q in zip(batch, answer, strict=True) if q}
    return found


def _bounds(column: DataColumn, usual: tuple[float, float] | None) -> tuple[float, float | None] | None:
    """What the name allows, asked only where the profile shows a value outside."""
    low, high, words = float(column.min), float(column.max), set(name_words(column.name))
    bounds = _allowed(words, column, usual)
    if bounds is None or words & _RELATIVE:
        return None
    outside = low < bounds[0] or (bounds[1] is not None and high > bounds[1])
    return bounds if outside else None


def _allowed(
    words: set[str], column: DataColumn, usual: tuple[float, float] | None
) -> tuple[float, float | None] | None:
    for word, bounds in _BOUNDED.items():
        if word in words:
            return bounds
    if column.role != sources.COLUMN_ROLE_MEASURE:
        return None
    if "age" in words and not words & _LENGTHS:
        return 0.0, _OLDEST_AGE
    if words & (_PERCENTAGES | _PARTS):
        fractions = usual is not None and usual[1] <= 1.0
        return (0.0, 1.0) if fractions else (0.0, 100.0) if words & _PERCENTAGES else None
    if words & _RATINGS and usual is not None and usual[0] >= 0:
        return 0.0, next((top for top in (5.0, 10.0, 100.0) if usual[1] <= top), None)
    return (0.0, None) if words & _COUNTABLE else None


def _named(column: DataColumn, low: float, high: float | None) -> _Limit:
    name = quote(column.name)
    if high is None:
        return _Limit(column, f"{name} < {low:g}", f"below {low:g}")
    return _Limit(
        column, f"({name} < {low:g} or {name} > {high:g})", f"outside the range from {low:g} to {high:g}"
    )


def _stand_in(column: DataColumn, usual: tuple[float, float]) -> _Limit | None:
    spread = max(usual[1] - usual[0], 1e-12)
    for text, gap in ((column.min, usual[0] - float(column.min)), (column.max, float(column.max) - usual[1])):
        value = float(text)
        often = next((top.count for top in column.top if top.value == text), _LEAST_STAND_INS)
        if value in _STAND_INS and gap > _FAR * spread and often >= _LEAST_STAND_INS:
            words = f'exactly {value:,.0f}, far from all others: perhaps it stands for "unknown"'
            return _Limit(column, f"{quote(column.name)} = {value:.0f}", words, is_no_value=True)
    return None


def _far_days(query: Query, table: DataTable, now: datetime) -> Iterator[_Limit]:
    """Days before or after all that is usual; what lies after `now` is told as a date in the future."""
    asked = [column for column in time_columns(table) if table.rows >= _LEAST_ROWS]
    if not asked:
        return
    moments = [f"cast({quote(column.name)} as timestamp)" for column in asked]
    ends = [f"quantile_disc({at}, [0.05, 0.95])" for at in moments]
    spans = query.one(select(ends, many_rows(table))) or ()
    for column, at, span in zip(asked, moments, spans, strict=True):
        if not span:
            continue
        room = max(3 * (span[1] - span[0]), _FAR_DAYS)
        # Years 1 and 9999 leave no room for the sum.
        first = span[0] - room if span[0].year > 1 + room.days / 365 else datetime(1, 1, 1)
        if column.min[:10] < f"{first.year:04d}{first:-%m-%d}":
            outside = f"{at} < {moment(first)}"
            words = f"before {first.year:04d}, far from all others (the first is {column.min})"
            yield _Limit(column, outside, words)
