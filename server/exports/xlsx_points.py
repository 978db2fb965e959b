"""The points of all charts as rows of one sheet, so laid out that native charts can be drawn from them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from claribi.v1 import insights_pb2 as ipb

from server.exports.charts.bars import in_order, stand_apart
from server.exports.charts.places import aligned, places_of
from server.exports.charts.waterfall import Step, steps


@dataclass(frozen=True)
class PointRow:
    """A row of the sheet: a point of a series, and from where to where its bar of a waterfall is drawn."""

    series: int
    point: ipb.Point
    start: float | None = None
    length: float | None = None


def rows_of(chart: ipb.Chart) -> list[list[PointRow]]:
    """The rows of a chart in blocks; a native series is drawn from one block.

    Series of a line have the same places, blank where they have no value: a native line counts rows, not moments.
    Bars that only differ in colour are one block, in the order of their categories.
    """
    if chart.type == ipb.CHART_TYPE_WATERFALL:
        return [_steps(chart)]
    if one_block(chart):
        found = [PointRow(index, point) for index, one in enumerate(chart.series) for point in one.points]
        order = in_order([row.point.x for row in found])
        return [sorted(found, key=lambda row: order.index(row.point.x))]
    if chart.type in (ipb.CHART_TYPE_LINE, ipb.CHART_TYPE_AREA):
        places = places_of(chart)
        return [_at_places(index, one, places) for index, one in enumerate(chart.series)]
    return [[PointRow(index, point) for point in one.points] for index, one in enumerate(chart.series)]


def one_block(chart: ipb.Chart) -> bool:
    """Whether all series are drawn as one."""
    return chart.type == ipb.CHART_TYPE_BAR and stand_apart(chart)


def _at_places(index: int, series: ipb.Series, places: Sequence[str]) -> list[PointRow]:
    given: Mapping[str, ipb.Point] = {point.x: point for point in series.points}
    rows = []
    for x, value in zip(places, aligned(series, places), strict=True):
        point = ipb.Point(x=x)
        if x in given:
            point.CopyFrom(given[x])
        elif value is not None:
            point.y = value
        rows.append(PointRow(index, point))
    return rows


def _steps(chart: ipb.Chart) -> list[PointRow]:
    drawn = iter(steps(chart, {}))
    rows = []
    for index, series in enumerate(chart.series):
        for point in series.points:
            step = next(drawn) if point.HasField("y") and math.isfinite(point.y) else None
            rows.append(PointRow(index, point, *_extent(step)))
    return rows


def _extent(step: Step | None) -> tuple[float | None, float | None]:
    if step is None:
        return None, None
    low, high = min(step.start, step.end), max(step.start, step.end)
    return low, high - low


def crosses_zero(chart: ipb.Chart) -> bool:
    """Whether a waterfall reaches below zero, where stacked bars cannot follow it."""
    return any(min(step.start, step.end) < 0 for step in steps(chart, {}))
