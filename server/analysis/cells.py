"""A measure by member and complete period."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np

from server.analysis import periods
from server.analysis.columns import Measure
from server.analysis.facts import Breakdown, Facts, complete_starts
from server.analysis.inference import Floats
from server.analysis.series import period_of_each


@dataclass(frozen=True)
class Cells:
    """A measure by member and complete period: values as counted (n), summed, and summed squares; (members, periods).

    `whole_n` and `whole` are those of all rows, also of rows without a member, shape (periods,), and `rows` counts
    them: the n of a ratio are shares of its denominator.
    """

    grain: str
    starts: tuple[datetime, ...]
    n: Floats
    total: Floats
    squares: Floats
    whole_n: Floats
    whole: Floats
    rows: Floats


def cells_of(
    facts: Facts, breakdown: Breakdown, measure: Measure, *, grain: str | None = None
) -> Cells | None:
    """The cells by complete period of a grain, the report's unless another is given.

    None where the breakdown does not follow time so finely.
    """
    grain, timeline, order = grain or facts.report_grain, facts.timeline, periods.GRAINS
    if grain is None or timeline is None or breakdown.grain is None:
        return None
    coarser = order.index(breakdown.grain) > order.index(grain)
    if coarser or (breakdown.grain == "week" and grain != "week"):
        return None
    starts = complete_starts(timeline, grain, facts.now)

    def summed(moments: tuple[datetime, ...], values: Floats) -> Floats:
        found: Floats = values @ _membership(moments, starts, grain)
        return found

    n, total = breakdown.n[measure], breakdown.total[measure]
    squares = np.where(n > 0, total**2 / np.maximum(n, 1e-300), 0.0)
    squares = squares + breakdown.variance[measure] * np.maximum(n - 1.0, 0.0)
    by_member = (summed(breakdown.starts, values) for values in (n, total, squares))
    whole = (timeline.n[measure], timeline.total[measure], timeline.rows)
    return Cells(grain, starts, *by_member, *(summed(timeline.starts, values) for values in whole))


@lru_cache(maxsize=32)
def _membership(moments: tuple[datetime, ...], starts: tuple[datetime, ...], grain: str) -> Floats:
    """Ones where a moment lies in a period, shape (moments, periods); moments outside have none."""
    found = np.zeros((len(moments), len(starts)))
    periods_of = period_of_each(moments, starts, grain)
    rows = np.flatnonzero(periods_of >= 0)
    found[rows, periods_of[rows]] = 1.0
    return found
