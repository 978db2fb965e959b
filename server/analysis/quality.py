"""What a reader must know about the data before believing them: findings with exact counts, and a score.

The rules are conservative: a clean table gives no finding. Each says itself what it asks; all but the references
between tables look at one table.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from math import prod

from claribi.v1 import insights_pb2
from claribi.v1.data_sources_pb2 import DataTable
from claribi.v1.insights_pb2 import QualityFinding

from server.analysis.quality_dates import future_dates, negative_durations, partial_period
from server.analysis.quality_lags import late_data, right_censored
from server.analysis.quality_missing import constant_columns, missing_values
from server.analysis.quality_ranges import out_of_range
from server.analysis.quality_references import broken_references
from server.analysis.quality_rows import duplicate_rows
from server.analysis.quality_spellings import inconsistent_categories
from server.analysis.quality_tail import thin_end
from server.analysis.quality_types import mixed_types
from server.analysis.quality_units import unit_jumps
from server.query.engine import Query

Rule = Callable[[Query, DataTable, datetime], list[QualityFinding]]
RULES: tuple[Rule, ...] = (
    missing_values,
    constant_columns,
    duplicate_rows,
    inconsistent_categories,
    mixed_types,
    out_of_range,
    unit_jumps,
    negative_durations,
    right_censored,
    future_dates,
    partial_period,
    late_data,
    thin_end,
)
_WEIGHTS = {
    insights_pb2.SEVERITY_INFO: 0.02,
    insights_pb2.SEVERITY_WARNING: 0.15,
    insights_pb2.SEVERITY_CRITICAL: 0.4,
}
_LEAST_SHARE = 0.1
"""Share of rows a finding counts for at least: one impossible value casts doubt on its column."""


def find_quality(
    query: Query, table: DataTable, *, now: datetime, noted: Sequence[QualityFinding] = ()
) -> list[QualityFinding]:
    """Everything the rules find in one table; `now` is the moment of reading, in UTC.

    `noted` is what reading the file said of the table: it comes first, and is not said again.
    """
    moment = now.astimezone(UTC).replace(tzinfo=None) if now.tzinfo else now
    found = [finding for rule in RULES for finding in rule(query, table, moment)] if table.rows else []
    own = [finding for finding in noted if finding.table == table.name]
    for note in own:
        _condition_from(note, found)
    return own + [finding for finding in found if not _repeats(finding, [*own, *found])]


def find_all_quality(
    query: Query, tables: Sequence[DataTable], *, now: datetime, noted: Sequence[QualityFinding] = ()
) -> list[QualityFinding]:
    """Everything the rules find in the tables of one source, and between them."""
    found = [finding for table in tables for finding in find_quality(query, table, now=now, noted=noted)]
    return found + broken_references(query, tables)


def _condition_from(note: QualityFinding, found: Sequence[QualityFinding]) -> None:
    """A note on the same rows as a finding can say which they are."""
    for finding in found:
        same = finding.code == note.code and finding.columns == note.columns
        if same and finding.rows_affected == note.rows_affected:
            note.condition = finding.condition


def _repeats(finding: QualityFinding, others: Sequence[QualityFinding]) -> bool:
    """Whether missing or mixed values are already told for what they are: not over yet, or unreadable."""
    if finding.code == insights_pb2.QUALITY_CODE_MIXED_TYPES:
        return any(
            o is not finding and o.code == finding.code and o.columns == finding.columns for o in others
        )
    if finding.code != insights_pb2.QUALITY_CODE_NULLS:
        return False
    causes = (insights_pb2.QUALITY_CODE_RIGHT_CENSORED, insights_pb2.QUALITY_CODE_MIXED_TYPES)
    return any(
        other.code in causes
        and finding.columns[0] == other.columns[-1]
        and other.rows_affected >= finding.rows_affected
        for other in others
        if other.columns
    )


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
