"""Rules on values: missing, constant, repeated, impossible, spelt in several ways, in two units."""

from datetime import datetime
from itertools import pairwise
from math import log

from claribi.v1 import data_sources_pb2 as sources
from claribi.v1 import insights_pb2
from claribi.v1.data_sources_pb2 import DataColumn, DataTable
from claribi.v1.insights_pb2 import QualityFinding

from server.analysis.roles import name_words, word_set
from server.query.engine import Query
from server.query.sql import quote, select

_LEAST_ROWS = 20
"""Below this many rows nothing is constant or rare."""
_MANY_MISSING = 0.2
_RARE = 0.05
"""Values that cannot be are believed to be errors when they are at most this share."""
_CHANCE = 0.01
"""Duplicate rows that chance alone would bring: above this they are no finding."""
_MOST_CATEGORIES = 10_000
_COUNTABLE = word_set("quantity qty age count duration weight height distance population price units")
_PERCENTAGES = word_set("percent percentage pct")
_RELATIVE = word_set(
    "change growth increase diff delta variance return yoy mom inflation deflation yield interest margin"
)
_OLDEST_AGE = 120
_NUMBERS = (sources.COLUMN_TYPE_INTEGER, sources.COLUMN_TYPE_NUMBER)
_FACTORS = (10.0, 100.0, 1000.0)
_FACTOR_TOLERANCE = 0.2
_LEAST_PER_MONTH = 10


def finding(
    code: insights_pb2.QualityCode,
    severity: insights_pb2.Severity,
    table: DataTable,
    *,
    columns: list[str],
    rows: int,
    text: str,
) -> QualityFinding:
    """A finding as a message."""
    return QualityFinding(
        code=code, severity=severity, table=table.name, columns=columns, rows_affected=rows, description=text
    )


def missing_values(query: Query, table: DataTable, now: datetime) -> list[QualityFinding]:
    """Columns with missing values: info, a warning from 20 %."""
    found = []
    for column in table.columns:
        if not column.nulls:
            continue
        share = column.nulls / table.rows
        severity = insights_pb2.SEVERITY_WARNING if share >= _MANY_MISSING else insights_pb2.SEVERITY_INFO
        if column.nulls == table.rows:
            text = (
                f"{column.name} is empty in all {table.rows:,} rows. Leave it out or fill it at the source."
            )
        else:
            text = (
                f"{column.nulls:,} of {table.rows:,} rows have no {column.name}. "
                "Totals leave them out; fill them at the source or say why they are missing."
            )
        code = insights_pb2.QUALITY_CODE_NULLS
        found.append(finding(code, severity, table, columns=[column.name], rows=column.nulls, text=text))
    return found


def constant_columns(query: Query, table: DataTable, now: datetime) -> list[QualityFinding]:
    """Columns with one value in every row of at least 20."""
    return [
        finding(
            insights_pb2.QUALITY_CODE_CONSTANT_COLUMN,
            insights_pb2.SEVERITY_INFO,
            table,
            columns=[column.name],
            rows=table.rows,
            text=f'{column.name} is "{column.min}" in every row. It explains nothing; leave it out of comparisons.',
        )
        for column in table.columns
        if column.distinct == 1 and not column.nulls and table.rows >= _LEAST_ROWS
    ]


def duplicate_rows(query: Query, table: DataTable, now: datetime) -> list[QualityFinding]:
    """Rows that stand there again in every column, unless so few values make repeats by chance likely.

    Under independence n rows over k possible rows give about n^2 / 2k pairs that agree (the birthday problem).
    """
    if table.rows < 2 or any(not column.nulls and column.distinct == table.rows for column in table.columns):
        return []
    possible = sum(log(max(1, column.distinct)) for column in table.columns)
    if possible < 2 * log(table.rows) - log(2 * _CHANCE):
        return []
    row = "hash(" + ", ".join(quote(column.name) for column in table.columns) + ")"
    answer = query.one(select([f"count(*) - count(distinct {row})"], quote(table.name)))
    count = int(answer[0]) if answer else 0
    if not count:
        return []
    text = f"{count:,} of {table.rows:,} rows repeat another row in every column. Remove them, or totals count twice."
    code, severity = insights_pb2.QUALITY_CODE_DUPLICATE_ROWS, insights_pb2.SEVERITY_WARNING
    return [finding(code, severity, table, columns=[], rows=count, text=text)]


def inconsistent_categories(query: Query, table: DataTable, now: datetime) -> list[QualityFinding]:
    """Categories that differ in case or blanks only; the rows of the rarer spellings are counted."""
    found = []
    for column in table.columns:
        dimension = column.role == sources.COLUMN_ROLE_DIMENSION and column.type == sources.COLUMN_TYPE_TEXT
        if not dimension or not 2 <= column.distinct <= _MOST_CATEGORIES:
            continue
        rows, categories, example = _spellings(query, table, column)
        if rows:
            text = (
                f"{categories:,} values of {column.name} are spelt in several ways (such as {example}), "
                f"{rows:,} rows in the rarer ones. Write each in one way, or it counts as several groups."
            )
            code, severity = insights_pb2.QUALITY_CODE_INCONSISTENT_CATEGORY, insights_pb2.SEVERITY_WARNING
            found.append(finding(code, severity, table, columns=[column.name], rows=rows, text=text))
    return found


def _spellings(query: Query, table: DataTable, column: DataColumn) -> tuple[int, int, str]:
    name = quote(column.name)
    same = "lower(regexp_replace(trim(v), '\\s+', ' ', 'g'))"
    values = select([f"{name} as v", "count(*) as n"], quote(table.name), group="1")
    columns = ["sum(n) - max(n) as rarer", "list(v order by n desc, v)[1:2] as shown"]
    groups = select(columns, f"({values})", where="v is not null", group=same)
    total = select(
        ["sum(rarer)", "count(*)", "first(shown order by rarer desc, shown)"],
        f"({groups})",
        where="rarer > 0",
    )
    answer = query.one(total)
    if answer is None or not answer[0]:
        return 0, 0, ""
    return int(answer[0]), int(answer[1]), " and ".join(f'"{text}"' for text in answer[2])


def out_of_range(query: Query, table: DataTable, now: datetime) -> list[QualityFinding]:
    """Rare values a column's name forbids: negative amounts of things, impossible ages and percentages."""
    asked = [(column, *bounds) for column in table.columns if (bounds := _bounds(column)) is not None]
    if not asked:
        return []
    wanted = [f"count(*) filter ({_outside(column, low, high)})" for column, low, high in asked]
    counts = query.one(select(wanted, quote(table.name))) or ()
    found = []
    for (column, low, high), count in zip(asked, counts, strict=True):
        if not count or count > _RARE * table.rows:
            continue
        limit = f"from {low:g} to {high:g}" if high is not None else f"below {low:g}"
        outside = "outside the range " + limit if high is not None else limit
        text = f"{count:,} of {table.rows:,} values of {column.name} are {outside}. Check them at the source."
        code, severity = insights_pb2.QUALITY_CODE_OUT_OF_RANGE, insights_pb2.SEVERITY_WARNING
        found.append(finding(code, severity, table, columns=[column.name], rows=int(count), text=text))
    return found


def _bounds(column: DataColumn) -> tuple[float, float | None] | None:
    """What the name allows, asked only where the profile shows a value outside."""
    if column.type not in _NUMBERS or not column.HasField("min"):
        return None
    low, high, words = float(column.min), float(column.max), set(name_words(column.name))
    if words & _RELATIVE:
        return None
    if "age" in words and column.role == sources.COLUMN_ROLE_MEASURE and (low < 0 or high > _OLDEST_AGE):
        return 0.0, float(_OLDEST_AGE)
    if words & _PERCENTAGES and (low < 0 or high > 100):
        return 0.0, 100.0
    return (0.0, None) if words & _COUNTABLE and low < 0 else None


def _outside(column: DataColumn, low: float, high: float | None) -> str:
    name = quote(column.name)
    return f"{name} < {low}" + (f" or {name} > {high}" if high is not None else "")


def unit_jumps(query: Query, table: DataTable, now: datetime) -> list[QualityFinding]:
    """A stretch of months in which a measure is 10, 100 or 1000 times what it was, without any overlap."""
    time = next((column for column in table.columns if column.role == sources.COLUMN_ROLE_TIME), None)
    measures = [column for column in table.columns if column.role == sources.COLUMN_ROLE_MEASURE]
    if time is None or not measures or table.rows < 4 * _LEAST_PER_MONTH:
        return []
    quantiles = [f"quantile_cont({quote(column.name)}, [0.05, 0.5, 0.95])" for column in measures]
    month = f"date_trunc('month', {quote(time.name)})"
    columns = [month, "count(*)", *quantiles]
    rows = query.rows(
        select(columns, quote(table.name), where=f"{quote(time.name)} is not null", group="1", order="1")
    )
    found = []
    for position, column in enumerate(measures, start=2):
        months = [
            (row[0], row[1], row[position]) for row in rows if row[1] >= _LEAST_PER_MONTH and row[position]
        ]
        jump = _jump(months)
        if jump is not None:
            found.append(_jump_finding(table, column, month=jump[0], factor=jump[1], rows=jump[2]))
    return found


def _jump(months: list[tuple[datetime, int, list[float]]]) -> tuple[datetime, float, int] | None:
    """The month of the jump, its factor, and the rows on its shorter side; None unless the sides never meet."""
    for place, (before, after) in enumerate(pairwise(months), start=1):
        if before[2][1] <= 0 or after[2][1] <= 0:
            continue
        factor = _factor(after[2][1] / before[2][1])
        if factor is None:
            continue
        left, right = months[:place], months[place:]
        low, high = (left, right) if factor > 1 else (right, left)
        if max(month[2][2] for month in low) < min(month[2][0] for month in high):
            return after[0], factor, min(sum(month[1] for month in left), sum(month[1] for month in right))
    return None


def _factor(ratio: float) -> float | None:
    for factor in _FACTORS:
        for exact in (factor, 1 / factor):
            if abs(ratio / exact - 1) <= _FACTOR_TOLERANCE:
                return exact
    return None


def _jump_finding(
    table: DataTable, column: DataColumn, *, month: datetime, factor: float, rows: int
) -> QualityFinding:
    times = f"{factor:g} times" if factor > 1 else f"a {1 / factor:g}th of"
    text = (
        f"From {month:%Y-%m} on, {column.name} is about {times} what it was, in every row: "
        "perhaps another unit. Bring both stretches to one unit."
    )
    code, severity = insights_pb2.QUALITY_CODE_UNIT_JUMP, insights_pb2.SEVERITY_CRITICAL
    return finding(code, severity, table, columns=[column.name], rows=rows, text=text)
