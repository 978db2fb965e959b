"""The rule on rows that stand there more than once."""

from collections.abc import Iterable
from datetime import datetime
from math import log

from claribi.v1 import insights_pb2
from claribi.v1.data_sources_pb2 import DataColumn, DataTable
from claribi.v1.insights_pb2 import QualityFinding

from server.analysis.profile import EXACT_DISTINCT
from server.analysis.quality_finding import finding
from server.query.engine import Query
from server.query.sql import quote, select

_CHANCE = 0.01
"""Pairs of equal rows that chance alone would bring: above this they are no finding."""

_HELD = 5_000_000
"""Different values that are held in memory at once; more are counted part by part."""


def duplicate_rows(query: Query, table: DataTable, now: datetime) -> list[QualityFinding]:
    """Rows that stand there again in every column, unless so few values make repeats by chance likely.

    Under independence n rows over k equally likely rows give about n^2 / 2k pairs that agree (the birthday problem).
    """
    if table.rows < 2 or any(_tells_apart(column, table.rows) for column in table.columns):
        return []
    possible = sum(log(_even_values(column, table.rows)) for column in table.columns)
    if possible < 2 * log(table.rows) - log(2 * _CHANCE):
        return []
    count = _count(query, table)
    if not count:
        return []
    text = f"{count:,} of {table.rows:,} rows repeat another row in every column. Remove them, or totals count twice."
    return [finding(insights_pb2.QUALITY_CODE_DUPLICATE_ROWS, table, columns=[], rows=count, text=text)]


def _tells_apart(column: DataColumn, rows: int) -> bool:
    """Whether no two rows have the same value, counted exactly: an estimate would hide a few repeats."""
    return not column.nulls and column.distinct == rows <= EXACT_DISTINCT


def _even_values(column: DataColumn, rows: int) -> float:
    """How many equally likely values would agree as often as these do (the inverse Simpson index), at most."""
    shown = [top.count / rows for top in column.top] + [column.nulls / rows]
    rest, others = max(0.0, 1.0 - sum(shown)), max(1, column.distinct - len(column.top))
    return 1.0 / max(sum(share**2 for share in shown) + rest**2 / others, 1e-18)


def _count(query: Query, table: DataTable) -> int:
    """Rows beyond the first of each kind; whole rows are compared only where the most telling column repeats."""
    if not table.columns:
        return 0
    telling = max(table.columns, key=lambda column: column.distinct)
    parts = -(-max(telling.distinct, 1) // _HELD)
    return sum(
        _count_part(query, table, quote(telling.name), part=part, parts=parts) for part in range(parts)
    )


def _count_part(query: Query, table: DataTable, name: str, *, part: int, parts: int) -> int:
    """The same of the rows whose value in the telling column falls into one part; nothing is one value."""
    source, value = quote(table.name), f"hash({name})"
    mine = f"{value} % {parts} = {part}"
    repeated = f"{select([value], source, where=mine, group=value)} having count(*) > 1"
    if query.one(select(["v"], f"({repeated}) as t(v)", limit=1)) is None:
        return 0
    different = f"count(distinct {row_hash(column.name for column in table.columns)})"
    few = f"{mine} and {value} in ({repeated})"
    answer = query.one(select([f"count(*) - {different}"], source, where=few))
    return int(answer[0]) if answer else 0


def row_hash(columns: Iterable[str]) -> str:
    """SQL that gives equal rows the same number of 64 bits."""
    return "hash(" + ", ".join(quote(column) for column in columns) + ")"
