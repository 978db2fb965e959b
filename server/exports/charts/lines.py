"""Charts over a horizontal scale: lines, areas and scatters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from claribi.v1 import insights_pb2 as pb

from server.exports.charts import line_labels, palette, roles
from server.exports.charts.plane import Layer, Plane, axis_title, below, grid, layer, named, texts
from server.exports.charts.text_size import LINE_PX, shorten, width, wrap
from server.exports.charts.ticks import NumberAxis, Tick, moment, number_axis, number_ticks, time_ticks

HEIGHT = 180
ANNOTATION_GAP = 4
# Room before the first word of a slope for its numbers, next to none after the second.
SLOPE_SPAN = (-0.3, 1.02)
# A scale from zero costs nothing while the data fill at least this share of it.
ZERO_WHEN_LOWEST_BELOW = 0.35


@dataclass(frozen=True)
class Places:
    """Where each written x stands on the horizontal scale, and the ticks of that scale."""

    of: Mapping[str, float]
    ticks: Sequence[Tick]
    span: tuple[float, float]


def specification(chart: pb.Chart, displays: Mapping[str, str], total: float) -> dict[str, Any]:
    """The Vega-Lite specification of a line, area or scatter chart, `total` px wide."""
    places = horizontal(chart)
    series = [(one, _points(one, places)) for one in chart.series]
    ticks = vertical_axis(chart).ticks
    colours = roles.colours(chart)
    labels = {} if chart.type == pb.CHART_TYPE_SCATTER else line_labels.at_ends(chart, displays)
    plane = _plane(chart, places, ticks, labels=labels, total=total)
    layers = [*grid(plane, ticks), *below(plane, _thinned(places.ticks, plane)), *_title(chart, plane)]
    order = sorted(
        range(len(series)), key=lambda index: (chart.series[index].role, chart.series[index].emphasis)
    )
    for index in order:
        layers += _drawn(chart, index, series[index][1], places=places, colour=colours[index])
    layers += _annotations(chart, places, plane)
    layers += _dots(chart, places, colours)
    ends = {index: series[index][1][-1][-1] for index in labels if series[index][1]}
    layers += line_labels.layers(ends, labels, colours, plane)
    if is_slope(chart):
        starts = {index: runs[0][0] for index, (_, runs) in enumerate(series) if runs}
        layers += line_labels.starts(chart, starts, displays, plane)
    for one, runs in series:
        if one.role == pb.SERIES_ROLE_FITTED:
            layers += roles.fitted_label(one, runs, line_labels.last_number(one, displays), plane)
    if roles.several(chart) and not labels:
        named = [index for index, one in enumerate(chart.series) if one.role == pb.SERIES_ROLE_UNSPECIFIED]
        layers += legend(
            plane, [chart.series[index].name for index in named], [colours[index] for index in named]
        )
    return plane.specification(layers)


def _drawn(
    chart: pb.Chart, index: int, runs: Sequence[Sequence[tuple[float, float]]], *, places: Places, colour: str
) -> list[Layer]:
    series = chart.series[index]
    if series.role == pb.SERIES_ROLE_UNSPECIFIED:
        return _marks(chart.type, runs, colour, index)
    band = roles.band(series, places.of, colour) if series.role == pb.SERIES_ROLE_FORECAST else []
    return [*band, *roles.line(series, runs, colour)]


def _dots(chart: pb.Chart, places: Places, colours: Sequence[str]) -> list[Layer]:
    """A dot at the marked places of the line they are about: the emphasised one, or the first."""
    if chart.type == pb.CHART_TYPE_SCATTER or not chart.series or not chart.annotations:
        return []
    index = next((index for index, one in enumerate(chart.series) if one.emphasis), 0)
    marked = {mark.x for mark in chart.annotations}
    rows = [
        {"x": places.of[point.x], "y": point.y}
        for point in chart.series[index].points
        if point.x in marked and point.x in places.of and point.HasField("y") and math.isfinite(point.y)
    ]
    return [layer(rows, "point", filled=True, size=46, opacity=1, color=colours[index])]


def horizontal(chart: pb.Chart) -> Places:
    """The horizontal scale: time where every x is a moment, numbers where every x is one, else words in order."""
    written = list(dict.fromkeys(point.x for one in chart.series for point in one.points))
    written += [
        mark.x
        for mark in chart.annotations
        if mark.x not in written and chart.x.kind != pb.AXIS_KIND_CATEGORY
    ]
    if chart.x.kind == pb.AXIS_KIND_TIME:
        moments = {text: found for text in written if (found := moment(text))}
        if moments:
            return _over_time(moments, chart.x.grain)
    if chart.x.kind == pb.AXIS_KIND_NUMBER:
        numbers = {text: value for text in written if (value := number(text)) is not None}
        if numbers:
            ticks = number_ticks(min(numbers.values()), max(numbers.values()), 6, unit=chart.x.unit)
            return Places(numbers, ticks, (ticks[0].at, ticks[-1].at))
    ordered = {text: float(index) for index, text in enumerate(written)}
    ticks = [Tick(at, text) for text, at in ordered.items()]
    span = SLOPE_SPAN if is_slope(chart) else (-0.4, max(len(written), 1) - 0.6)
    return Places(ordered, ticks, span)


def is_slope(chart: pb.Chart) -> bool:
    """Whether it is lines between two words, such as two periods: read from number to number."""
    places = {point.x for one in chart.series for point in one.points}
    return chart.type == pb.CHART_TYPE_LINE and chart.x.kind == pb.AXIS_KIND_CATEGORY and len(places) == 2


def _over_time(moments: Mapping[str, Any], grain: pb.Grain) -> Places:
    of = {text: at.timestamp() for text, at in moments.items()}
    ticks = [Tick(at.timestamp(), label) for at, label in time_ticks(list(moments.values()), grain)]
    low, high = min(of.values()), max(of.values())
    margin = (high - low) * 0.01 or 1.0
    return Places(of, ticks, (low - margin, high + margin))


def number(text: str) -> float | None:
    """The number a text is, None where it is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _points(series: pb.Series, places: Places) -> list[list[tuple[float, float]]]:
    """The stretches of points without a gap, in the order of the horizontal scale."""
    runs: list[list[tuple[float, float]]] = [[]]
    for point in sorted((p for p in series.points if p.x in places.of), key=lambda p: places.of[p.x]):
        if point.HasField("y") and math.isfinite(point.y):
            runs[-1].append((places.of[point.x], point.y))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def vertical_axis(chart: pb.Chart) -> NumberAxis:
    """The vertical axis: from zero for areas, and where the data reach down that far anyway."""
    of = horizontal(chart).of
    drawn = [point for one in chart.series for point in one.points if point.HasField("y") and point.x in of]
    values = [point.y for point in drawn if math.isfinite(point.y)] + roles.ends(chart)
    low, high = min(values, default=0.0), max(values, default=1.0)
    from_zero = chart.type == pb.CHART_TYPE_AREA
    if from_zero or 0 <= low < high * ZERO_WHEN_LOWEST_BELOW:
        low = min(low, 0.0)
    if from_zero or high * ZERO_WHEN_LOWEST_BELOW < 0 < -high:
        high = max(high, 0.0)
    return number_axis(low, high, unit=chart.y.unit)


def _plane(
    chart: pb.Chart, places: Places, ticks: Sequence[Tick], *, labels: Mapping[int, str], total: float
) -> Plane:
    left = max(width(tick.label) for tick in ticks) + 14
    right = max((width(label) for label in labels.values()), default=0.0) + 16
    rows = len(_annotation_rows(chart, places, total - left - right))
    legend_row = roles.several(chart) and not labels
    numeric = chart.x.kind == pb.AXIS_KIND_NUMBER
    return Plane(
        x=places.span,
        y=(ticks[0].at, ticks[-1].at),
        height=HEIGHT,
        total=total,
        left=left,
        right=max(right, 16),
        top=28 + LINE_PX * (rows + legend_row),
        bottom=44 if numeric else 26,
    )


def _title(chart: pb.Chart, plane: Plane) -> list[Layer]:
    layers = axis_title(plane, chart.y.label, chart.y.unit)
    if chart.x.kind != pb.AXIS_KIND_NUMBER or not chart.x.label:
        return layers
    text = named(chart.x.label, chart.x.unit)
    row = {"x": plane.x[1], "y": plane.y_at(plane.height + 34), "text": text}
    return [*layers, texts([row], align="right", baseline="middle", fill=palette.MUTED, limit=plane.width)]


def _thinned(ticks: Sequence[Tick], plane: Plane) -> list[Tick]:
    """Every tick, or every second, third …, so that no two labels touch."""
    if len(ticks) < 2:
        return list(ticks)
    gap = min(plane.x_px(after.at) - plane.x_px(before.at) for before, after in pairwise(ticks))
    widest = min(max(width(tick.label) for tick in ticks), 90) + 10
    return list(ticks[:: max(1, math.ceil(widest / gap))])


def _marks(
    kind: pb.ChartType, runs: Sequence[Sequence[tuple[float, float]]], colour: str, index: int
) -> list[Layer]:
    quiet = colour == palette.QUIET
    if kind == pb.CHART_TYPE_SCATTER:
        rows = [{"x": x, "y": y} for run in runs for x, y in run]
        return [layer(rows, "point", filled=True, size=34, opacity=0.45 if quiet else 0.6, color=colour)]
    stroke: dict[str, Any] = {
        "color": colour,
        "strokeWidth": 1.5 if quiet else 2.25,
        "strokeJoin": "round",
        "strokeCap": "round",
    }
    dash = [] if quiet else palette.DASHES[index % len(palette.DASHES)]
    layers = []
    for run in runs:
        rows = [{"x": x, "y": y, "y2": 0} for x, y in run]
        if kind == pb.CHART_TYPE_AREA:
            layers.append(layer(rows, "area", encoding={"y2": {"field": "y2"}}, color=colour, opacity=0.16))
        if len(run) == 1:
            layers.append(layer(rows, "point", filled=True, size=30, opacity=1, color=colour))
        else:
            layers.append(layer(rows, "line", strokeDash=dash, **stroke))
    return layers


def _annotation_rows(chart: pb.Chart, places: Places, room: float) -> list[list[pb.Annotation]]:
    """The annotations in rows above the plane, such that within a row no two texts touch."""
    low, high = places.span
    rows: list[tuple[float, list[pb.Annotation]]] = []
    for mark in sorted((m for m in chart.annotations if m.x in places.of), key=lambda m: places.of[m.x]):
        at = (places.of[mark.x] - low) / (high - low) * room
        start, end = _extent(mark.text, at, room)
        free = next((i for i, (used, _) in enumerate(rows) if used + 12 <= start), None)
        if free is None:
            rows.append((end, [mark]))
        else:
            rows[free] = (end, [*rows[free][1], mark])
    return [marks for _, marks in rows]


def _fitted(text: str, at: float, room: float) -> str:
    """As much of a text as fits between its place and the edge it leans towards."""
    return shorten(text, (at if at > room / 2 else room - at) - ANNOTATION_GAP)


def _extent(text: str, at: float, room: float) -> tuple[float, float]:
    wide = width(_fitted(text, at, room)) + ANNOTATION_GAP
    return (at - wide, at) if at > room / 2 else (at, at + wide)


def _annotations(chart: pb.Chart, places: Places, plane: Plane) -> list[Layer]:
    return [
        made
        for level, marks in enumerate(_annotation_rows(chart, places, plane.width))
        for mark in marks
        for made in _annotation(mark.text, places.of[mark.x], plane, level=level)
    ]


def _annotation(text: str, at: float, plane: Plane, *, level: int) -> list[Layer]:
    """A dotted line at a place, with its text beside its top, leaning towards the middle."""
    px = plane.x_px(at)
    leans_left = px > plane.width / 2
    rule = {"x": at, "y": plane.y[0], "y2": plane.y_at(-2 - LINE_PX * level)}
    row = {"x": at, "y": plane.y_at(-8 - LINE_PX * level), "text": _fitted(text, px, plane.width)}
    align, dx = ("right", -ANNOTATION_GAP) if leans_left else ("left", ANNOTATION_GAP)
    return [
        layer([rule], "rule", encoding={"y2": {"field": "y2"}}, color=palette.INK, strokeDash=[2, 2]),
        texts([row], align=align, baseline="middle", dx=dx),
    ]


def legend(plane: Plane, names: Sequence[str], colours: Sequence[str]) -> list[Layer]:
    """Names beside a dot of their colour, in a row under the title of the axis; what finds no room is left out."""
    layers: list[Layer] = []
    at, y = 5 - plane.left, plane.y_at(28 - plane.top)
    for name, colour in zip(names, colours, strict=True):
        text = wrap(name, 150, lines=1)
        if at + width(text) + 24 > plane.width + plane.right:
            break
        layers.append(
            layer([{"x": plane.x_at(at), "y": y}], "point", filled=True, size=44, opacity=1, color=colour)
        )
        layers.append(
            texts(
                [{"x": plane.x_at(at + 8), "y": y, "text": text}],
                align="left",
                baseline="middle",
                fill=palette.INK,
            )
        )
        at += width(text) + 28
    return layers
