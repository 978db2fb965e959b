"""How many rows come at an hour or on a day: the part of the calendar with more or fewer of them than the rest."""

from dataclasses import replace

import numpy as np
from claribi.v1 import insights_pb2 as insights

from server.analysis.calendar_rows import CYCLES, Cycle, dimension_of, names_of, phased_counts
from server.analysis.detectors.calendar_means import PartOfCalendar
from server.analysis.facts import Facts
from server.analysis.hypothesis import Hypothesis, Magnitude, Tested, saturating
from server.analysis.row_seasons import Window, differing_window
from server.analysis.series import Series

MATERIAL = 0.05  # of the number in the rest
LOOKS = 2.0  # all lines of a spectrum, and the one part that differs most
_TURNING = {cycle.grain: cycle for cycle in CYCLES if cycle.name in ("hour", "day")}


def surer_of_counts(facts: Facts, series: Series, season: Hypothesis | None) -> Hypothesis | None:
    """Of a season of numbers of rows and the part of the calendar that differs most the surer, at twice its p value.

    A spectrum has power where every phase differs a little, one part where it differs alone.
    """
    cycle = _TURNING.get(series.grain)
    if cycle is None or not series.measure.counts_rows:
        return season
    rows = phased_counts(series.starts, series.values, cycle)
    window = differing_window(rows) if rows is not None else None
    if window is None:
        return season
    part = _hypothesis(facts, series, cycle, window)
    by_part = part is not None and (season is None or part.tested.p_value < season.tested.p_value)
    surer = part if by_part else season
    if surer is None:
        return None
    p_value = min(1.0, LOOKS * surer.tested.p_value)
    return replace(surer, tested=replace(surer.tested, p_value=p_value))


def _hypothesis(facts: Facts, series: Series, cycle: Cycle, window: Window) -> Hypothesis | None:
    time, inside = facts.scope.time, np.isin(cycle.phases(series.starts), window.phases)
    rest = float(series.values[~inside].mean())
    if time is None or rest <= 0.0:
        return None
    value = float(series.values[inside].mean()) - rest
    half = 1.96 * window.error
    return Hypothesis(
        kind=insights.INSIGHT_TYPE_SEASONALITY,
        facts=facts,
        measure=series.measure,
        tested=Tested(
            "quasi-Poisson test of the part of the calendar that differs most",
            window.statistic,
            window.p_value,
            window.rows,
            "rate_ratio",
            1.0 + window.difference,
            (rest * (window.difference - half), rest * (window.difference + half)),
        ),
        magnitude=Magnitude(value, series.measure.unit, value / rest),
        direction=insights.DIRECTION_HIGHER if value > 0 else insights.DIRECTION_LOWER,
        material=abs(value) >= MATERIAL * rest and (value > 0) == (window.difference > 0),
        size=saturating(value / rest, 0.3),
        surprise=saturating(window.statistic, 4.0),
        dimension=dimension_of(time, window.phases, cycle),
        members=names_of(window.phases, cycle),
        span=series.span,
        profile=window.profile,
        detail=PartOfCalendar(window, cycle),
    )
