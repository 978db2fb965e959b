"""Native charts over a scale: lines, areas, scatters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from claribi.v1 import insights_pb2 as ipb
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_MARKER_STYLE
from pptx.enum.dml import MSO_LINE
from pptx.util import Pt

from server.exports.charts import line_labels, lines, palette, roles
from server.exports.charts.places import aligned, places_of
from server.exports.charts.plane import named
from server.exports.charts.text_size import width
from server.exports.charts.ticks import NumberAxis, number_axis
from server.exports.slides import axes
from server.exports.slides.books import Categories, Points
from server.exports.slides.deck import Box, Slide

AXIS_ROOM_PT, TOP_PT, LINE_PT = 26, 30, 14


def add_lines(slide: Slide, chart: ipb.Chart, numbers: Mapping[str, str], box: Box) -> Any:
    """Lines or areas over their categories; names and last numbers at their ends."""
    places = places_of(chart)
    data = Categories()
    days = axes.days(chart, places)
    data.categories = days or [axes.words(chart, x) for x in places]
    for series in chart.series:
        data.add_series(series.name, aligned(series, places))
    area = chart.type == ipb.CHART_TYPE_AREA and len(chart.series) == 1
    kind = XL_CHART_TYPE.AREA if area else XL_CHART_TYPE.LINE
    frame: Any = slide.shapes.add_chart(kind, *box.emu(), data)
    drawn = frame.chart
    axes.plain(drawn)
    axis = lines.vertical_axis(chart)
    axes.value_axis(drawn, axis)
    labels = {} if area else _apart(chart, line_labels.at_ends(chart, numbers), axis, box.height)
    room = max([width(text, axes.FONT_PT) for text in labels.values()], default=0.0) + 16
    left = axes.ticks_width(axis)
    axes.lay_out(drawn, box, left=left, right=room, top=TOP_PT, bottom=AXIS_ROOM_PT)
    if days:
        axes.date_axis(drawn, days, chart.x.grain, box.width - left - room)
    else:
        axes.category_axis(drawn, [axes.words(chart, x) for x in places], box.width - left - room)
    colours = roles.colours(chart)
    for index, series in enumerate(drawn.plots[0].series):
        _paint(series, chart.series[index], colours[index], area=area)
    _label_ends(drawn, chart, labels, colours, places)
    _label_marks(drawn, chart, colours, places)
    _label_fitted(drawn, chart, numbers, places)
    if lines.is_slope(chart):
        _label_starts(drawn, chart, numbers)
    return frame


def _apart(chart: ipb.Chart, labels: Mapping[int, str], axis: NumberAxis, tall: float) -> Mapping[int, str]:
    """The labels when none touches another where its line ends, else those of the emphasised lines."""
    per_value = (tall - TOP_PT - AXIS_ROOM_PT) / (axis.places[-1] - axis.places[0])
    ends = {index: _last(chart.series[index]) * per_value for index in labels}
    tall_of = {index: LINE_PT * (text.count("\n") + 1) for index, text in labels.items()}
    order = sorted(ends, key=lambda index: ends[index])
    if all(ends[b] - ends[a] >= (tall_of[a] + tall_of[b]) / 2 for a, b in pairwise(order)):
        return labels
    return {index: text for index, text in labels.items() if chart.series[index].emphasis}


def _last(series: ipb.Series) -> float:
    return next((p.y for p in reversed(series.points) if p.HasField("y") and math.isfinite(p.y)), 0.0)


def _label_starts(drawn: Any, chart: ipb.Chart, numbers: Mapping[str, str]) -> None:
    """The printed numbers a slope begins with."""
    for index, series in enumerate(chart.series):
        text = numbers.get(series.points[0].evidence_id, "") if series.points else ""
        if text:
            point = drawn.plots[0].series[index].points[0]
            axes.label(point, text, position=XL_LABEL_POSITION.LEFT, colour=palette.MUTED)


def _paint(series: Any, told: ipb.Series, colour: str, *, area: bool) -> None:
    if area:
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = axes.rgb(colour)
        return
    series.smooth = False
    series.format.line.color.rgb = axes.rgb(colour)
    series.format.line.width = Pt(1.5 if colour == palette.QUIET or told.role else 2.25)
    if told.role == ipb.SERIES_ROLE_FORECAST:
        series.format.line.dash_style = MSO_LINE.DASH
    series.marker.style = XL_MARKER_STYLE.NONE


def _dot(point: Any, colour: str) -> None:
    point.marker.style, point.marker.size = XL_MARKER_STYLE.CIRCLE, 7
    point.marker.format.fill.solid()
    point.marker.format.fill.fore_color.rgb = axes.rgb(colour)
    point.marker.format.line.color.rgb = axes.rgb(colour)


def _label_ends(
    drawn: Any, chart: ipb.Chart, labels: Mapping[int, str], colours: Sequence[str], places: Sequence[str]
) -> None:
    for index, text in labels.items():
        last = max(_known(chart.series[index], places))
        colour = palette.MUTED if colours[index] == palette.QUIET else colours[index]
        point = drawn.plots[0].series[index].points[last]
        _dot(point, colours[index])
        axes.label(point, text, position=XL_LABEL_POSITION.RIGHT, colour=colour)
    measured = sum(one.role == ipb.SERIES_ROLE_UNSPECIFIED for one in chart.series)
    if roles.several(chart) and len(labels) < measured:
        axes.legend(drawn)


def _known(series: ipb.Series, places: Sequence[str]) -> list[int]:
    """Where on the axis a series has values."""
    return [places.index(p.x) for p in series.points if p.HasField("y") and math.isfinite(p.y)] or [0]


def _label_marks(drawn: Any, chart: ipb.Chart, colours: Sequence[str], places: Sequence[str]) -> None:
    """What happened, written over the point where it did."""
    if not chart.series or chart.type == ipb.CHART_TYPE_AREA:
        return
    index = next((index for index, one in enumerate(chart.series) if one.emphasis), 0)
    known = {point.x for point in chart.series[index].points if point.HasField("y")}
    for mark in chart.annotations:
        if mark.x in known:
            at = places.index(mark.x)
            point = drawn.plots[0].series[index].points[at]
            _dot(point, colours[index])
            leans = XL_LABEL_POSITION.LEFT if at > 0.8 * len(places) else XL_LABEL_POSITION.ABOVE
            axes.label(point, mark.text, position=leans, colour=palette.INK)


def _label_fitted(drawn: Any, chart: ipb.Chart, numbers: Mapping[str, str], places: Sequence[str]) -> None:
    for index, series in enumerate(chart.series):
        text = ": ".join(filter(None, [series.name, line_labels.last_number(series, numbers)]))
        if series.role == ipb.SERIES_ROLE_FITTED and text and series.points:
            known = _known(series, places)
            point = drawn.plots[0].series[index].points[(min(known) + max(known)) // 2]
            axes.label(point, text, position=XL_LABEL_POSITION.ABOVE, colour=palette.INK)


def add_scatter(slide: Slide, chart: ipb.Chart, numbers: Mapping[str, str], box: Box) -> Any:
    """Points of two numbers, with the line through them."""
    data = Points()
    for one in chart.series:
        series = data.add_series(one.name)
        for x, y in _pairs(one):
            series.add_data_point(x, y)
    frame: Any = slide.shapes.add_chart(XL_CHART_TYPE.XY_SCATTER, *box.emu(), data)
    drawn = frame.chart
    axes.plain(drawn)
    vertical = lines.vertical_axis(chart)
    axes.value_axis(drawn, vertical)
    xs = [x for one in chart.series for x, _ in _pairs(one)]
    _across(drawn, chart, number_axis(min(xs, default=0.0), max(xs, default=1.0), 6, unit=chart.x.unit))
    named = roles.several(chart)
    axes.lay_out(
        drawn,
        box,
        left=axes.ticks_width(vertical),
        right=16,
        top=30 if named else 10,
        bottom=AXIS_ROOM_PT + 20,
    )
    colours = roles.colours(chart)
    for index, series in enumerate(drawn.plots[0].series):
        _paint_points(series, chart.series[index], colours[index])
    if named:
        axes.legend(drawn)
    return frame


def _pairs(series: ipb.Series) -> list[tuple[float, float]]:
    found = []
    for point in series.points:
        x = lines.number(point.x)
        if x is not None and point.HasField("y") and math.isfinite(point.y):
            found.append((x, point.y))
    return found


def _across(drawn: Any, chart: ipb.Chart, axis: NumberAxis) -> None:
    along = drawn.category_axis
    along.minimum_scale, along.maximum_scale, along.major_unit = axis.places[0], axis.places[-1], axis.step
    along.has_major_gridlines = False
    along.tick_labels.number_format = axis.look.code
    along.tick_labels.number_format_is_linked = False
    along.tick_labels.font.size = Pt(axes.FONT_PT)
    along.tick_labels.font.color.rgb = axes.rgb(palette.MUTED)
    along.format.line.color.rgb = axes.rgb(palette.BASELINE)
    if text := named(chart.x.label, chart.x.unit):
        along.has_title = True
        along.axis_title.text_frame.text = text
        run = along.axis_title.text_frame.paragraphs[0].runs[0]
        run.font.size, run.font.bold, run.font.color.rgb = Pt(axes.FONT_PT), False, axes.rgb(palette.MUTED)


def _paint_points(series: Any, told: ipb.Series, colour: str) -> None:
    if told.role != ipb.SERIES_ROLE_UNSPECIFIED:
        series.marker.style = XL_MARKER_STYLE.NONE
        series.format.line.color.rgb, series.format.line.width = axes.rgb(colour), Pt(1.75)
        return
    series.format.line.fill.background()
    series.marker.style, series.marker.size = XL_MARKER_STYLE.CIRCLE, 6
    series.marker.format.fill.solid()
    series.marker.format.fill.fore_color.rgb = axes.rgb(colour)
    series.marker.format.line.fill.background()
