"""What a rule of data quality gives: a finding with its exact rows, and the condition that picks them."""

from datetime import datetime

from claribi.v1 import data_sources_pb2 as sources
from claribi.v1 import insights_pb2 as insights
from claribi.v1.data_sources_pb2 import DataColumn, DataTable
from claribi.v1.insights_pb2 import QualityFinding

from server.query.sql import drawn, literal, quote

NUMBERS = (sources.COLUMN_TYPE_INTEGER, sources.COLUMN_TYPE_NUMBER)
MANY_MISSING = 0.2
"""Share of rows without a value from which it is a warning."""
COLUMN_BATCH = 60
"""Columns asked about in one statement."""
MANY_ROWS = 1_000_000
"""Rows that say where most values lie as well as all would."""
_INT32_MAX = 2**31 - 1
_LEFT_OUT = (insights.QUALITY_CODE_UNIT_JUMP, insights.QUALITY_CODE_NEGATIVE_DURATION)
"""What no number can be made of: such rows are left out of what is said about the columns."""
_SEVERITIES = {
    insights.QUALITY_CODE_NEGATIVE_DURATION: insights.SEVERITY_CRITICAL,
    insights.QUALITY_CODE_UNIT_JUMP: insights.SEVERITY_CRITICAL,
    insights.QUALITY_CODE_PARTIAL_PERIOD: insights.SEVERITY_INFO,
    insights.QUALITY_CODE_CONSTANT_COLUMN: insights.SEVERITY_INFO,
}


def many_rows(table: DataTable) -> str:
    """The source of a statement that asks for quantiles."""
    return drawn(quote(table.name), table.rows, MANY_ROWS)


def finding(
    code: insights.QualityCode,
    table: DataTable,
    *,
    columns: list[str],
    rows: int,
    text: str,
    condition: str = "",
) -> QualityFinding:
    """A finding as a message; `condition` is SQL that holds for exactly the rows counted."""
    return QualityFinding(
        code=code,
        severity=_severity(code, rows, table.rows),
        table=table.name,
        columns=columns,
        rows_affected=min(rows, _INT32_MAX),
        description=text,
        condition=condition,
        left_out=code in _LEFT_OUT,
    )


def _severity(code: insights.QualityCode, rows: int, all_rows: int) -> insights.Severity:
    if code == insights.QUALITY_CODE_NULLS and rows < MANY_MISSING * all_rows:
        return insights.SEVERITY_INFO
    return _SEVERITIES.get(code, insights.SEVERITY_WARNING)


def time_columns(table: DataTable) -> list[DataColumn]:
    """The columns of days and moments that hold any value."""
    return [
        column
        for column in table.columns
        if column.role == sources.COLUMN_ROLE_TIME and column.nulls < table.rows
    ]


def measures(table: DataTable) -> list[DataColumn]:
    """The columns of numbers that say how much."""
    return [
        column
        for column in table.columns
        if column.role == sources.COLUMN_ROLE_MEASURE and column.type in NUMBERS
    ]


def moment(when: datetime) -> str:
    """A moment as SQL."""
    return f"timestamp {literal(when.isoformat(sep=' '))}"


def within(time: str, start: datetime | None, end: datetime | None) -> str:
    """The rows of a stretch as SQL, `time` being SQL too; an open end has no bound."""
    parts = [f"{time} >= {moment(start)}"] if start else []
    parts += [f"{time} < {moment(end)}"] if end else []
    return " and ".join(parts) or "true"


def day(when: datetime) -> str:
    """A day as ISO 8601."""
    return when.date().isoformat()


def main_time_column(table: DataTable) -> DataColumn | None:
    """The column of days or moments a row belongs to."""
    from server.analysis.columns import plan_table

    time = plan_table(table, lambda name: False).time
    return next((column for column in time_columns(table) if time and column.name == time.column), None)
