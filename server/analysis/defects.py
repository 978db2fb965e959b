"""What the quality of the data forbids to say: rows and stretches that no insight may stand on."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from claribi.v1 import insights_pb2 as insights
from claribi.v1.insights_pb2 import QualityFinding

from server.analysis.columns import Measure, Plan
from server.analysis.scope import Condition, Scope
from server.query.engine import QueryError
from server.query.sql import quote

_WRONG_TIMES = (insights.QUALITY_CODE_FUTURE_DATES, insights.QUALITY_CODE_OUT_OF_RANGE)


def without_defects(scope: Scope, plan: Plan, findings: Sequence[QualityFinding]) -> tuple[Scope, Plan]:
    """The table read around its defects.

    Rows in another unit, ends before their starts, slips and stand-ins are left out of the measures they spoil; a
    measure with another unit or without values for a while is not followed through time; moments that cannot be are
    no moments.
    """
    spoilt = [finding for finding in findings if finding.left_out and finding.condition]
    measures = tuple(_guarded(measure, spoilt) for measure in plan.measures)
    broken = [column for finding in findings if _breaks_time(finding) for column in finding.columns]
    plan = replace(plan, measures=measures, unripe=tuple(dict.fromkeys((*plan.unripe, *broken))))
    time = plan.time
    for finding in findings:
        if time and finding.code in _WRONG_TIMES and list(finding.columns) == [time.column]:
            time = replace(time, value=f"case when not ({finding.condition}) then {time.value} end")
    return replace(scope, time=time), replace(plan, time=time)


def _guarded(measure: Measure, findings: Sequence[QualityFinding]) -> Measure:
    """The measure without the rows in which one of the findings spoils it."""
    spoiling = [finding for finding in findings if set(finding.columns) <= set(measure.columns)]
    if not spoiling:
        return measure
    sound = " and ".join(f"not coalesce(({finding.condition}), false)" for finding in spoiling)
    value = f"case when {sound} then {measure.value} end"
    over, under = (f"case when {sound} then {part} end" if part else "" for part in measure.parts)
    return replace(measure, value=value, parts=(over, under))


def _breaks_time(finding: QualityFinding) -> bool:
    """Whether the column's course through time shows the defect rather than the matter."""
    return is_burst(finding) or finding.code == insights.QUALITY_CODE_UNIT_JUMP


def is_burst(finding: QualityFinding) -> bool:
    """Whether a finding tells of a stretch of missing values, not of missing values at large."""
    if finding.code != insights.QUALITY_CODE_NULLS or not finding.condition:
        return False
    return finding.condition != f"{quote(finding.columns[0])} is null"


def settled(scope: Scope, findings: Sequence[QualityFinding], now: datetime) -> datetime:
    """The moment up to which rows have all come: the start of a thin end, else `now`."""
    if scope.time is None:
        return now
    for finding in findings:
        thin = finding.code == insights.QUALITY_CODE_LATE_DATA and list(finding.columns) == [
            scope.time.column
        ]
        if thin and finding.condition:
            first = _first(scope, finding.condition)
            now = min(now, first) if first is not None else now
    return now


def _first(scope: Scope, condition: str) -> datetime | None:
    """The first moment of the rows; None when the condition is of a table that has changed."""
    time = scope.time
    if time is None:
        return None
    try:
        moment = scope.fetch(scope.select([f"min({time.value})"], [Condition(f"({condition})")]))[0][0]
    except QueryError:
        return None
    return moment.replace(tzinfo=None) if isinstance(moment, datetime) else None
