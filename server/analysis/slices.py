"""The series a detector follows: each measure overall, and cut to the main members of small dimensions."""

from collections.abc import Iterator
from dataclasses import replace

from server.analysis.columns import Measure
from server.analysis.facts import SLICE_MEMBERS, Breakdown, Facts, complete_starts
from server.analysis.panels import always_there
from server.analysis.series import Series, member_series, overall_series

SLICED_DIMENSIONS = 3
SLICED_MEASURES = 3
SLICED_MEMBERS = 6
LEAST_ROWS = 20.0  # a period; sums of fewer rows jump about too wildly to be read
SINGLE_FILLED = 0.9
SLICE_SHARE = 0.05  # of the rows, below which a member's series is not followed


def whole(facts: Facts, grain: str, *, words: bool = False) -> Iterator[Series]:
    """Each measure overall, and the mean a row of summed ones; how often words are used only where asked for."""
    for measure in (*facts.measures, *facts.averages):
        if measure.is_word and not words:
            continue
        series = overall_series(facts, measure, grain)
        if series is not None:
            yield series


def followed(facts: Facts, grain: str, *, words: bool = False, thin: bool = False) -> Iterator[Series]:
    """All series of the table at a grain: overall, and of the main members; thin ones overall where asked for."""
    timeline = facts.timeline
    if timeline is None:
        return
    periods = len(complete_starts(timeline, grain, facts.now))
    single = timeline.rows.max(initial=0.0) <= 1.0 or facts.is_panel
    if single or float(timeline.rows.sum()) >= LEAST_ROWS * periods:
        yield from whole(facts, grain, words=words)
    elif thin:
        yield from (replace(series, thin=True) for series in whole(facts, grain))
    for measure in sliced_measures(facts):
        yield from _member_series(facts, measure, grain)


def sliced_measures(facts: Facts) -> list[Measure]:
    """The first measures of the table: real ones before the count of rows."""
    return sorted(facts.measures, key=lambda measure: measure.counts_rows)[:SLICED_MEASURES]


def _member_series(facts: Facts, measure: Measure, grain: str) -> Iterator[Series]:
    if facts.timeline is None:
        return
    periods = len(complete_starts(facts.timeline, grain, facts.now))
    small = [found for found in facts.breakdowns if len(found.members) <= SLICE_MEMBERS]
    for breakdown in small[:SLICED_DIMENSIONS]:
        rows = breakdown.rows.sum(axis=1)
        main = sorted(range(len(rows)), key=lambda member: (-rows[member], member))[:SLICED_MEMBERS]
        for member in main:
            if rows[member] >= SLICE_SHARE * rows.sum() and _thick(breakdown, member, periods):
                series = member_series(facts, breakdown, measure, member=member, grain=grain)
                if series is not None:
                    yield series


def _thick(breakdown: Breakdown, member: int, periods: int) -> bool:
    """Whether a member has enough rows a period; a single row in nearly every period is a series of its own."""
    rows = breakdown.rows[member]
    single = rows.max(initial=0.0) <= 1.0 and rows.mean() >= SINGLE_FILLED
    return single or bool(always_there(rows)) or float(rows.sum()) >= LEAST_ROWS * periods
