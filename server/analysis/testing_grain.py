"""The grain at which courses through time are tested: finer than the one the report speaks in, where that helps."""

import numpy as np

from server.analysis import periods
from server.analysis.facts import Facts, complete_starts
from server.analysis.once import once

WEEKS_LIMIT = 160  # up to here weeks are tested rather than months: more periods tell a line from a walk
WEEKS_FILLED = 0.9
LEAST_ROWS = 20.0  # a week; with fewer, months are tested


@once
def testing_grain(facts: Facts) -> str | None:
    """Weeks instead of months where rows fall into nearly every week; None for a table without time."""
    if facts.timeline is None or facts.report_grain != "month":
        return facts.report_grain
    order = periods.GRAINS
    fine = order.index(facts.timeline.grain) < order.index("week")
    weeks = len(complete_starts(facts.timeline, "week", facts.now)) if fine else WEEKS_LIMIT + 1
    rows = facts.timeline.rows
    if float(rows.sum()) < LEAST_ROWS * weeks and rows.max(initial=0.0) > 1.0 and not facts.is_panel:
        return "month"
    held = len(np.unique(periods.numbered(periods.as_array(facts.timeline.starts), "week")))
    return "week" if weeks <= WEEKS_LIMIT and held >= WEEKS_FILLED * weeks else "month"
