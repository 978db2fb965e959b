"""What a reader must know about the data before believing them: findings with exact counts, and a score.

The rules are conservative: a clean table gives no finding. What each rule asks is in `quality_rules`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from math import prod

from claribi.v1 import insights_pb2
from claribi.v1.data_sources_pb2 import DataTable
from claribi.v1.insights_pb2 import QualityFinding

from server.analysis.quality_dates import future_dates, negative_durations, partial_period
from server.analysis.quality_values import (
    constant_columns,
    duplicate_rows,
    inconsistent_categories,
    missing_values,
    out_of_range,
    unit_jumps,
)
from server.query.engine import Query

Rule = Callable[..., list[QualityFinding]]
RULES: tuple[Rule, ...] = (
    missing_values,
    constant_columns,
    duplicate_rows,
    inconsistent_categories,
    out_of_range,
    unit_jumps,
    negative_durations,
    future_dates,
    partial_period,
)
_WEIGHTS = {
    insights_pb2.SEVERITY_INFO: 0.02,
    insights_pb2.SEVERITY_WARNING: 0.15,
    insights_pb2.SEVERITY_CRITICAL: 0.4,
}
_LEAST_SHARE = 0.1
"""Share of rows a finding counts for at least: one impossible value casts doubt on its column."""


def find_quality(query: Query, table: DataTable, *, now: datetime) -> list[QualityFinding]:
    """Everything the rules find in one table; `now` is the moment of reading, in UTC."""
    moment = now.replace(tzinfo=None)
    return [finding for rule in RULES for finding in rule(query, table, moment)]


def quality_score(findings: Sequence[QualityFinding], tables: Sequence[DataTable]) -> float:
    """How far the data can be trusted, from 0 to 1 (no finding).

    Each finding takes away `weight * max(share, 0.1)`: weight 0.02 for info, 0.15 for a warning, 0.4 for a
    critical one; share is the part of the cells of its table (rows and columns) that it touches, or of the
    rows for findings on whole rows. The remainders are multiplied, so the order does not matter.
    """
    by_name = {table.name: table for table in tables}
    parts = (1 - _penalty(finding, by_name.get(finding.table)) for finding in findings)
    return round(prod(parts), 4)


def _penalty(finding: QualityFinding, table: DataTable | None) -> float:
    weight = _WEIGHTS.get(finding.severity, 0.0)
    if table is None or not table.rows:
        return weight * _LEAST_SHARE
    rows = min(1.0, finding.rows_affected / table.rows)
    columns = min(1.0, len(finding.columns) / len(table.columns)) if finding.columns else 1.0
    return weight * max(rows * columns, _LEAST_SHARE)
