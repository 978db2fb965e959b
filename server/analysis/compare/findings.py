"""Findings of two runs, matched by what they are about."""

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

from claribi.v1 import insights_pb2 as insights
from claribi.v1 import reports_pb2 as reports

SAME_SIZE = 1e-9  # relative difference of two magnitudes below which they are one
_MOVED, _SAME = reports.COMPARED_VERDICT_MOVED, reports.COMPARED_VERDICT_SAME
_ORDER = (_MOVED, reports.COMPARED_VERDICT_ONLY_AFTER, reports.COMPARED_VERDICT_ONLY_BEFORE, _SAME)


@dataclass(frozen=True)
class FindingPair:
    """A finding of both runs, or of one."""

    before: insights.Insight | None
    after: insights.Insight | None


def match_findings(
    before: Sequence[insights.Insight], after: Sequence[insights.Insight]
) -> list[FindingPair]:
    """Pairs by kind and subject: the very same, then the same of another period, then of another member."""
    left, right = list(before), list(after)
    pairs: list[FindingPair] = []
    for key in (_whole, _timeless, _loose):
        for old, new in list(_unique(left, right, key)):
            pairs.append(FindingPair(old, new))
            left.remove(old)
            right.remove(new)
    pairs += [FindingPair(old, None) for old in left] + [FindingPair(None, new) for new in right]
    return pairs


def compared_findings(pairs: Sequence[FindingPair]) -> list[reports.ComparedFinding]:
    """The messages: moved, new, gone, the same; each by rank."""
    told = [_message(pair) for pair in pairs]
    return sorted(
        told, key=lambda item: (_ORDER.index(item.verdict), item.rank_after or item.rank_before, item.title)
    )


def _unique(
    left: Sequence[insights.Insight],
    right: Sequence[insights.Insight],
    key: Callable[[insights.Insight], Hashable],
) -> Iterator[tuple[insights.Insight, insights.Insight]]:
    """What has the same key, and nothing else of its run has."""
    groups: defaultdict[Hashable, tuple[list[insights.Insight], list[insights.Insight]]] = defaultdict(
        lambda: ([], [])
    )
    for place, side in enumerate((left, right)):
        for insight in side:
            groups[key(insight)][place].append(insight)
    for old, new in groups.values():
        if len(old) == len(new) == 1:
            yield old[0], new[0]


def _whole(insight: insights.Insight) -> Hashable:
    return insight.type, insight.subject.SerializeToString(deterministic=True)


def _timeless(insight: insights.Insight) -> Hashable:
    subject = insights.Subject()
    subject.CopyFrom(insight.subject)
    for name in ("from", "to"):
        subject.time.ClearField(name)
    return insight.type, subject.SerializeToString(deterministic=True)


def _loose(insight: insights.Insight) -> Hashable:
    subject = insight.subject
    where = tuple((condition.column, condition.member) for condition in subject.where)
    return (insight.type, subject.measure.expression, subject.dimension.column, subject.second.column, where)


def _message(pair: FindingPair) -> reports.ComparedFinding:
    old, new = pair.before, pair.after
    known = new if new is not None else old
    if known is None:
        raise ValueError("A pair holds at least one finding.")
    told = reports.ComparedFinding(type=known.type, title=known.title, verdict=_verdict(pair))
    if old is not None:
        told.before_insight_id, told.rank_before = old.id, old.rank
        told.direction_before = old.direction
        told.magnitude_before.CopyFrom(old.magnitude)
    if new is not None:
        told.after_insight_id, told.rank_after = new.id, new.rank
        told.direction_after = new.direction
        told.magnitude_after.CopyFrom(new.magnitude)
    return told


def _verdict(pair: FindingPair) -> reports.ComparedVerdict:
    old, new = pair.before, pair.after
    if old is None:
        return reports.COMPARED_VERDICT_ONLY_AFTER
    if new is None:
        return reports.COMPARED_VERDICT_ONLY_BEFORE
    same = (
        old.rank == new.rank
        and old.direction == new.direction
        and _whole(old) == _whole(new)
        and math.isclose(old.magnitude.value, new.magnitude.value, rel_tol=SAME_SIZE, abs_tol=1e-12)
    )
    return _SAME if same else _MOVED
