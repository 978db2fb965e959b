"""Measures by the hour, for tables too long to be followed hour by hour otherwise."""

from dataclasses import replace
from datetime import timedelta

import numpy as np

from server.analysis import periods
from server.analysis.facts import Facts, Timeline, complete_starts, finite_table
from server.analysis.scope import Condition, aliased, between

HOURS_FOLLOWED = timedelta(days=5 * 366)  # the last years of a longer table say enough of its days
DISTINCT_HOURS = 6  # a table whose moments lie on fewer hours of the day holds days, or shifts
LEAST_DAYS = 10


def hourly(facts: Facts) -> Facts | None:
    """The same facts with a timeline by the hour over whole days; None where moments carry no time of day."""
    scope, timeline = facts.scope, facts.timeline
    if scope.time is None or timeline is None or timeline.grain == "month":
        return None
    if timeline.grain == "hour":
        return facts
    days = complete_starts(timeline, "day", facts.now)
    if len(days) < LEAST_DAYS:
        return None
    end = periods.shift(days[-1], "day", 1)
    recent = between(scope.time, max(days[0], end - HOURS_FOLLOWED), end)
    seen = scope.fetch(scope.select([f"count(distinct hour({scope.time.value}))"], [recent]))[0][0]
    if seen < DISTINCT_HOURS:
        return None
    return replace(facts, timeline=_by_hour(facts, recent))


def _by_hour(facts: Facts, recent: Condition) -> Timeline:
    scope, measures, time = facts.scope, facts.measures, facts.scope.time
    moment = f"date_trunc('hour', {time.value if time else 'null'})"
    cells = [cell for measure in measures for cell in measure.cells[:2]]
    columns = aliased([moment, "count(*)", *cells])
    moments, *numbers = scope.gather([scope.select(columns, [recent], group="1", order="1")])[0]
    starts = periods.Starts.of(np.asarray(moments))
    table = finite_table(numbers)
    n = {measure: table[:, 1 + 2 * place] for place, measure in enumerate(measures)}
    total = {measure: table[:, 2 + 2 * place] for place, measure in enumerate(measures)}
    for average in facts.averages:
        summed = replace(average, aggregation="sum")
        n[average], total[average] = n[summed], total[summed]
    return Timeline("hour", starts, table[:, 0], n, total, starts[0], starts[-1])
