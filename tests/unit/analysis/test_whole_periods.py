"""Which periods count as whole: a last day is only begun where rows that should have come are missing."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from server.analysis.facts import Timeline, complete_starts
from server.analysis.periods import floor

END = datetime(2025, 12, 31)


def _timeline(rows_a_day: int, last_hour: int) -> Timeline:
    """Rows at every hour alike, to an hour of the last day of a year."""
    random = np.random.default_rng(1)
    hours = np.sort(random.integers(0, 364 * 24, 364 * rows_a_day))
    moments = [END - timedelta(days=364) + timedelta(hours=int(hour)) for hour in hours]
    moments += [END + timedelta(hours=hour) for hour in range(0, last_hour, max(1, 24 // rows_a_day))]
    moments.append(END + timedelta(hours=last_hour, minutes=40))
    days = [floor(moment, "day") for moment in moments]
    starts = tuple(dict.fromkeys(days))
    rows = np.array([days.count(start) for start in starts], dtype=float)
    return Timeline("day", starts, rows, {}, {}, moments[0], moments[-1])


@pytest.mark.parametrize(
    ("rows_a_day", "last_hour", "whole"), [(8, 17, True), (8, 12, True), (2, 5, True), (96, 12, False)]
)
def test_a_last_day_that_ends_early_is_whole_where_few_rows_can_be_missing(
    rows_a_day: int, last_hour: int, whole: bool
) -> None:
    timeline = _timeline(rows_a_day, last_hour)
    months = complete_starts(timeline, "month", datetime(2026, 6, 30))
    assert (months[-1] == datetime(2025, 12, 1)) is whole
