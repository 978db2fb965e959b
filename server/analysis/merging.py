"""Findings that say the same, told as one."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from claribi.v1 import insights_pb2 as insights

from server.analysis.hypothesis import Finding, Hypothesis

LIKENESS = 0.9  # correlation from which two measures are told as one
LEAST_PROFILE = 5  # points of a profile: fewer are alike by chance
STANDS_OUT_ONCE = 1.3  # the same for a single period: who carried it is what one wants to know
STANDS_OUT = 2.0  # how many times larger a part's effect must be to be told beside the whole's
ABOUT = 0.15  # relative difference up to which two shares are about the same

NEARLY = 0.35  # the same of two moves through time

_THROUGH_TIME = (
    insights.INSIGHT_TYPE_CHANGE,
    insights.INSIGHT_TYPE_TREND,
    insights.INSIGHT_TYPE_CHANGE_POINT,
    insights.INSIGHT_TYPE_OUTLIER,
    insights.INSIGHT_TYPE_SEASONALITY,
    insights.INSIGHT_TYPE_FORECAST,
)
_BY_ROWS = (insights.INSIGHT_TYPE_DRIVER, insights.INSIGHT_TYPE_CONCENTRATION)
_ALONG_TIME = (insights.INSIGHT_TYPE_CHANGE, insights.INSIGHT_TYPE_OUTLIER)
_LASTING = (insights.INSIGHT_TYPE_TREND, insights.INSIGHT_TYPE_CHANGE_POINT)
_CALENDAR = (insights.INSIGHT_TYPE_SEASONALITY, insights.INSIGHT_TYPE_GROUP_DIFFERENCE)
_TOGETHER = (insights.INSIGHT_TYPE_CORRELATION, insights.INSIGHT_TYPE_GROUP_DIFFERENCE)


def merge(findings: Sequence[Finding]) -> list[Finding]:
    """Findings in the order given, without those an earlier one already says; echoes name the other measures."""
    kept: list[Finding] = []
    counts = [finding.hypothesis for finding in findings if finding.hypothesis.measure.counts_rows]
    rows, courses = set(map(_push, counts)), set(map(_course, counts))
    for finding in findings:
        for place, earlier in enumerate(kept):
            pair = earlier.hypothesis, finding.hypothesis
            by_rows = _push(finding.hypothesis) in rows and _moved_alike(*pair)
            if by_rows or _follow_rows(*pair, courses) or _echoes(earlier.hypothesis, finding.hypothesis):
                kept[place] = replace(earlier, echoes=(*earlier.echoes, finding.hypothesis.measure))
                break
            if _repeats(earlier, finding.hypothesis):
                break
        else:
            kept.append(finding)
    return kept


def same_table(a: Hypothesis, b: Hypothesis) -> bool:
    return a.facts.scope.source_id == b.facts.scope.source_id and a.facts.scope.table == b.facts.scope.table


def _echoes(earlier: Hypothesis, later: Hypothesis) -> bool:
    """Whether another measure says the same of the same thing."""
    return (
        same_table(earlier, later)
        and earlier.kind == later.kind
        and earlier.measure != later.measure
        and earlier.direction == later.direction
        and earlier.dimension == later.dimension
        # Of two alike seasons chance alone may say which of two high days is the highest.
        and (earlier.members == later.members or earlier.kind == insights.INSIGHT_TYPE_SEASONALITY)
        and earlier.where == later.where
        and earlier.span == later.span
        and _alike(earlier, later)
    )


def _follow_rows(a: Hypothesis, b: Hypothesis, rows: set[tuple[object, ...]]) -> bool:
    """Whether two totals go through time alike because the number of rows goes that way."""
    alike = a.measure.additive and b.measure.additive and _course(a) == _course(b) and _course(a) in rows
    if not alike or not _overlap(a, b):
        return False
    one, other = relative_size(a), relative_size(b)
    return abs(one - other) <= NEARLY * max(one, other)


def _course(hypothesis: Hypothesis) -> tuple[object, ...]:
    """The kind of move through time, of what, which way."""
    return (
        hypothesis.kind if hypothesis.kind in _THROUGH_TIME else None,
        hypothesis.facts.scope.table,
        hypothesis.where,
        hypothesis.direction,
        hypothesis.span.grain if hypothesis.span else "",
    )


def _push(hypothesis: Hypothesis) -> tuple[object, ...]:
    """Which member drove or holds what when; where the number of rows of a member does, every total of it does."""
    return (
        hypothesis.kind if hypothesis.kind in _BY_ROWS else None,
        hypothesis.facts.scope.table,
        hypothesis.dimension,
        hypothesis.members[:1],
        hypothesis.span,
        hypothesis.direction,
    )


def _moved_alike(a: Hypothesis, b: Hypothesis) -> bool:
    """Whether two totals follow the same rows; of holdings the shares must be about the same too."""
    if a.kind not in _BY_ROWS or _push(a) != _push(b):
        return False
    one, other = abs(a.magnitude.value), abs(b.magnitude.value)
    return a.kind == insights.INSIGHT_TYPE_DRIVER or abs(one - other) <= ABOUT * max(one, other)


def _alike(a: Hypothesis, b: Hypothesis) -> bool:
    if a.profile is None or b.profile is None or len(a.profile) != len(b.profile):
        return False
    known = np.isfinite(a.profile) & np.isfinite(b.profile)
    x, y = a.profile[known], b.profile[known]
    if len(x) < LEAST_PROFILE or np.ptp(x) == 0 or np.ptp(y) == 0:
        return False
    return float(np.corrcoef(x, y)[0, 1]) >= LIKENESS


def _repeats(kept: Finding, later: Hypothesis) -> bool:
    """Whether the later hypothesis adds nothing to the earlier finding, told for its measure and its echoes."""
    earlier = kept.hypothesis
    if not same_table(earlier, later):
        return False
    if earlier.kind == later.kind == insights.INSIGHT_TYPE_GROUP_DIFFERENCE and _mirrored(earlier, later):
        return True
    if _same_states(earlier, later):
        return True
    if _same_calendar(earlier, later) or _same_pair(earlier, later) or _same_column(earlier, later):
        return True
    if _made_of_the_same(earlier, later):
        return True
    if _same_part(earlier, later, {measure.columns for measure in (earlier.measure, *kept.echoes)}):
        return True
    if later.measure not in (earlier.measure, *kept.echoes) or earlier.dimension != later.dimension:
        return False
    if earlier.where == later.where and earlier.dimension is None:
        return _same_moment(earlier, later)
    return earlier.dimension is None and _part_of_the_same(earlier, later)


def _mirrored(a: Hypothesis, b: Hypothesis) -> bool:
    """A by B after B by A."""
    return bool(
        a.dimension
        and b.dimension
        and b.dimension.column in a.measure.columns
        and a.dimension.column in b.measure.columns
    )


def _same_states(a: Hypothesis, b: Hypothesis) -> bool:
    """Shares of two states (or words) of one column in one member: where one is more, another is less."""
    shares = a.measure.is_share and b.measure.is_share and a.measure.columns == b.measure.columns
    return shares and a.kind == b.kind and a.dimension == b.dimension and a.members == b.members


def _same_calendar(a: Hypothesis, b: Hypothesis) -> bool:
    """A season and the difference between its phases."""
    both = {a.kind, b.kind} == set(_CALENDAR) and a.dimension is not None and b.dimension is not None
    same = (a.measure.column, a.measure.made) == (b.measure.column, b.measure.made)
    return both and same and bool({*a.members} & {*b.members})


def _same_part(a: Hypothesis, b: Hypothesis, told: set[tuple[str, ...]]) -> bool:
    """A member that drives a change, and the change of that member, in a measure the first is told of."""
    if {a.kind, b.kind} != {insights.INSIGHT_TYPE_DRIVER, insights.INSIGHT_TYPE_CHANGE}:
        return False
    driver, change = (a, b) if a.kind == insights.INSIGHT_TYPE_DRIVER else (b, a)
    if change.where is None or b.measure.columns not in told:
        return False
    dimension, member = change.where
    return dimension == driver.dimension and member in driver.members and _overlap(a, b)


def _overlap(a: Hypothesis, b: Hypothesis) -> bool:
    return bool(a.span and b.span and a.span.start < b.span.end and b.span.start < a.span.end)


def _same_column(a: Hypothesis, b: Hypothesis) -> bool:
    """The total of a column and its mean a row, which move the same way at the same time."""
    return (
        a.measure.column is not None
        and a.measure.column == b.measure.column
        and (a.kind, a.direction, a.where, a.members) == (b.kind, b.direction, b.where, b.members)
        and _same_moment(a, b)
    )


def _same_pair(a: Hypothesis, b: Hypothesis) -> bool:
    """Two measures that go together, and one of them along ranges of the other."""
    if {a.kind, b.kind} != set(_TOGETHER):
        return False
    pair, cut = (a, b) if a.kind == insights.INSIGHT_TYPE_CORRELATION else (b, a)
    if pair.second is None or cut.dimension is None or not cut.dimension.made:
        return False
    return {*pair.measure.columns, pair.second.column} == {*cut.measure.columns, cut.dimension.column}


def _made_of_the_same(earlier: Hypothesis, later: Hypothesis) -> bool:
    """Two columns that go together, and a ratio of one of them that goes with the other."""
    if not earlier.kind == later.kind == insights.INSIGHT_TYPE_CORRELATION:
        return False
    return _of_both(earlier) < _of_both(later)


def _of_both(pair: Hypothesis) -> set[str]:
    """The columns that two measures which go together stand on."""
    other = pair.second.column if pair.second else ""
    made = next((measure.columns for measure in pair.facts.measures if measure.made == other), (other,))
    return {*pair.measure.columns, *made}


def _same_moment(a: Hypothesis, b: Hypothesis) -> bool:
    """The same series at the same time: a change told twice, or an outlier inside a change."""
    overlap = _overlap(a, b)
    both = a.kind in _ALONG_TIME and b.kind in _ALONG_TIME
    lasting = a.kind in _LASTING and b.kind in _LASTING and a.direction == b.direction
    return overlap and (both or lasting or a.kind == b.kind)


def _part_of_the_same(earlier: Hypothesis, later: Hypothesis) -> bool:
    """A part that moves as the whole does, a whole told by its part, or the same move seen by another dimension."""
    same_kind = earlier.kind == later.kind or (earlier.kind in _ALONG_TIME and later.kind in _ALONG_TIME)
    if not same_kind or not _overlap(earlier, later):
        return False
    if earlier.where is not None and later.where is not None and earlier.where[0] == later.where[0]:
        return False  # two members of one dimension are two facts
    enough = STANDS_OUT_ONCE if later.kind == insights.INSIGHT_TYPE_OUTLIER else STANDS_OUT
    return relative_size(later) < enough * relative_size(earlier)


def relative_size(hypothesis: Hypothesis) -> float:
    relative = hypothesis.magnitude.relative
    return abs(relative if relative is not None else hypothesis.magnitude.value)
