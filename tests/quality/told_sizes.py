"""Whether the size of a finding is one its evidence tells: a number of it, or one step of arithmetic from two."""

import math
from collections.abc import Mapping
from itertools import permutations

from claribi.v1 import insights_pb2 as insights

CLOSE = 1e-9


def told(insight: insights.Insight, numbers: Mapping[str, float]) -> list[str]:
    """What of the finding's size, relative size and (for forecasts) interval no evidence of its own tells."""
    known = [numbers[key] for key in insight.evidence_ids if key in numbers]
    magnitude, interval = insight.magnitude, insight.statistics.interval
    missing = []
    if not _among(magnitude.value, [*known, *_apart(known)]):
        missing.append("value")
    if magnitude.HasField("relative") and not _among(100.0 * magnitude.relative, [*known, *_shares(known)]):
        missing.append("relative")
    if insight.type == insights.INSIGHT_TYPE_FORECAST and not all(
        _among(end, known) for end in (interval.low, interval.high)
    ):
        missing.append("interval")
    return missing


def _among(value: float, known: list[float]) -> bool:
    return any(math.isclose(abs(value), abs(one), rel_tol=CLOSE, abs_tol=1e-12) for one in known)


def _apart(known: list[float]) -> list[float]:
    """Differences, and a percentage of a number."""
    pairs = list(permutations(known, 2))
    return [a - b for a, b in pairs] + [a * b / 100.0 for a, b in pairs]


def _shares(known: list[float]) -> list[float]:
    """One number as a percentage of another; how far a share lies above an even one of so many."""
    pairs = list(permutations(known, 2))
    return [100.0 * a / b for a, b in pairs if b] + [a * b - 100.0 for a, b in pairs]
