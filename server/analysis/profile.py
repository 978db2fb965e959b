"""What a table holds: types, roles and statistics of its columns, in two passes over the data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from claribi.v1 import data_sources_pb2
from claribi.v1.data_sources_pb2 import DataColumn, DataTable, TopValue

from server.analysis.roles import RoleFacts, role_of
from server.query.engine import Query
from server.query.sql import quote, select
from server.query.values import text_of

EXACT_DISTINCT = 10_000
"""Up to here different values are counted exactly."""
_COUNTED = 12_000
"""Estimates up to here are counted exactly, since the estimate may be a few percent high."""
TOP_VALUES = 10
_TEXT_CHARACTERS = 200
"""Values are shown up to this length."""
_BATCH = 60
"""Columns in one statement: more would make statements of megabytes."""
_TYPES = {
    "BIGINT": data_sources_pb2.COLUMN_TYPE_INTEGER,
    "DOUBLE": data_sources_pb2.COLUMN_TYPE_NUMBER,
    "BOOLEAN": data_sources_pb2.COLUMN_TYPE_BOOLEAN,
    "DATE": data_sources_pb2.COLUMN_TYPE_DATE,
    "TIMESTAMP": data_sources_pb2.COLUMN_TYPE_TIMESTAMP,
}


@dataclass
class _Column:
    """A column while it is being looked at."""

    name: str
    type: data_sources_pb2.ColumnType
    values: int = 0
    distinct: int = 0
    low: Any = None
    high: Any = None
    length: float = 0.0
    spaced: float = 0.0
    top: list[tuple[str, int]] = field(default_factory=list)


def profile_table(query: Query, table: str) -> DataTable:
    """The profile of one table.

    Different values are exact up to EXACT_DISTINCT, else estimated (HyperLogLog); the most frequent values
    are given where the count is exact. Minimum and maximum of text are by code point.
    """
    columns = _columns(query, table)
    rows = 0
    for batch in _batches(columns):
        rows = _scan(query, table, batch)
    few = [column for column in columns if 0 < column.distinct <= _COUNTED]
    for batch in _batches(few):
        _count_values(query, table, batch)
    return DataTable(name=table, rows=rows, columns=[_described(column, rows) for column in columns])


def _batches(columns: Sequence[_Column]) -> Iterator[Sequence[_Column]]:
    for start in range(0, len(columns), _BATCH):
        yield columns[start : start + _BATCH]


def _columns(query: Query, table: str) -> list[_Column]:
    sql = select(
        ["column_name", "data_type"],
        "duckdb_columns()",
        where="table_name = ? and schema_name = 'main'",
        order="column_index",
    )
    return [_Column(name, _type(type_)) for name, type_ in query.rows(sql, [table])]


def _type(duckdb_type: str) -> data_sources_pb2.ColumnType:
    """Snapshots of our own have the types of the table above; others that numbers come in are known too."""
    if duckdb_type.startswith("DECIMAL") or duckdb_type == "FLOAT":
        return data_sources_pb2.COLUMN_TYPE_NUMBER
    if duckdb_type.removeprefix("U") in {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}:
        return data_sources_pb2.COLUMN_TYPE_INTEGER
    return _TYPES.get(duckdb_type, data_sources_pb2.COLUMN_TYPE_TEXT)


def _scan(query: Query, table: str, batch: Sequence[_Column]) -> int:
    wanted = ["count(*)"]
    for column in batch:
        wanted += _statistics(column)
    found = iter(query.one(select(wanted, quote(table))) or ())
    rows = int(next(found))
    for column in batch:
        column.values, column.distinct = int(next(found)), int(next(found))
        column.low, column.high = next(found), next(found)
        column.length, column.spaced = float(next(found) or 0), float(next(found) or 0)
    return rows


def _statistics(column: _Column) -> list[str]:
    name = quote(column.name)
    counts = [f"count({name})", f"approx_count_distinct({name})", f"min({name})", f"max({name})"]
    if column.type == data_sources_pb2.COLUMN_TYPE_TEXT:
        text = f"cast({name} as varchar)"
        return [*counts, f"avg(length({text}))", f"avg(cast(contains(trim({text}), ' ') as int))"]
    return [*counts, "null", "null"]


def _count_values(query: Query, table: str, batch: Sequence[_Column]) -> None:
    """One statement: the most frequent values of each column, and how many different ones it has."""
    pieces = []
    for position, column in enumerate(batch):
        name = quote(column.name)
        shown = [f"{position} as c", f"{name}::varchar as v", "count(*) as n", "count(*) over () as d"]
        piece = select(
            shown, quote(table), where=f"{name} is not null", group=name, order="3 desc, 2", limit=TOP_VALUES
        )
        pieces.append(f"({piece})")
    for column in batch:
        column.top = []
    for position, value, count, distinct in query.rows(" union all ".join(pieces)):
        batch[position].distinct = int(distinct)
        batch[position].top.append((str(value), int(count)))


def _described(column: _Column, rows: int) -> DataColumn:
    nulls = rows - column.values
    # An estimate may exceed what there is to count.
    distinct = min(column.distinct, column.values)
    described = DataColumn(
        name=column.name,
        type=column.type,
        nullable=nulls > 0,
        distinct=distinct,
        nulls=nulls,
        role=role_of(
            RoleFacts(
                name=column.name,
                type=column.type,
                values=column.values,
                distinct=distinct,
                low=column.low,
                high=column.high,
                length=column.length,
                spaced=column.spaced,
            )
        ),
    )
    if column.low is not None:
        described.min, described.max = _shown(column.low), _shown(column.high)
    if distinct <= EXACT_DISTINCT:
        described.top.extend(TopValue(value=_tidy(value, column), count=count) for value, count in column.top)
    return described


def _shown(value: Any) -> str:
    return text_of(value)[:_TEXT_CHARACTERS]


def _tidy(value: str, column: _Column) -> str:
    if column.type == data_sources_pb2.COLUMN_TYPE_NUMBER:
        return text_of(float(value))
    if column.type == data_sources_pb2.COLUMN_TYPE_TIMESTAMP:
        return value.removesuffix(" 00:00:00").replace(" ", "T")
    return value[:_TEXT_CHARACTERS]
