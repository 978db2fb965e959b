"""Axes, places and labels of native charts, as the other documents draw them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

from claribi.v1 import insights_pb2 as ipb
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION, XL_TICK_MARK
from pptx.util import Pt

from server.exports.charts import palette
from server.exports.charts.text_size import width
from server.exports.charts.ticks import NumberAxis, moment, time_label
from server.exports.slides.deck import Box

FONT_PT = 11
_NAMESPACE = "http://schemas.openxmlformats.org/drawingml/2006/chart"
FIRST_YEAR = 1900  # before which the calendar of spreadsheets does not reach
LABEL_ROOM_PT = 68
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200)


def rgb(colour: str) -> Any:
    return RGBColor.from_string(colour[1:])


def words(chart: ipb.Chart, x: str) -> str:
    """A category as it is written: a moment in the words of its grain, else as it is."""
    at = moment(x) if chart.x.kind == ipb.AXIS_KIND_TIME else None
    return time_label(at, chart.x.grain) if at else x


def value_axis(drawn: Any, axis: NumberAxis, *, shown: bool = True) -> None:
    """Round numbers on quiet lines; none of both when every bar says its number."""
    values = drawn.value_axis
    values.minimum_scale, values.maximum_scale = axis.places[0], axis.places[-1]
    values.major_unit = axis.step
    values.has_major_gridlines, values.visible = shown, shown
    labels = values.tick_labels
    labels.number_format, labels.number_format_is_linked = axis.look.code, False
    labels.font.size, labels.font.color.rgb = Pt(FONT_PT), rgb(palette.MUTED)
    if shown:
        values.major_gridlines.format.line.color.rgb = rgb(palette.GRID)
        values.format.line.fill.background()


def category_axis(drawn: Any, labels: Sequence[str], room: float, *, ink: str = palette.MUTED) -> None:
    """The categories, as many of their labels as have room in `room` points."""
    along = drawn.category_axis
    _quiet(along, ink)
    # Level, so that programs leave out labels rather than turn them.
    along.tick_labels._element.get_or_add_txPr().bodyPr.set("rot", "0")
    along.tick_labels._element.get_or_add_txPr().bodyPr.set("vert", "horz")
    widest = max((width(label, FONT_PT) for label in labels), default=0.0) + 14
    step = max(1, math.ceil(widest * len(labels) / max(room, 1)))
    if step > 1:
        for tag in ("tickLblSkip", "tickMarkSkip"):
            _before(along._element, tag, step, "noMultiLvlLbl")


def days(chart: ipb.Chart, places: Sequence[str]) -> list[date]:
    """The places as days, for an axis that knows the calendar; none where they are hours or words."""
    if chart.x.kind != ipb.AXIS_KIND_TIME or chart.x.grain == ipb.GRAIN_HOUR:
        return []
    moments = [moment(x) for x in places]
    known = [at.date() for at in moments if at is not None and at.year > FIRST_YEAR]
    return known if len(set(known)) == len(places) else []


def date_axis(drawn: Any, places: Sequence[date], grain: ipb.Grain, room: float) -> None:
    """An axis of days with labels on round months or years, as many as have room in `room` points."""
    along = drawn.category_axis
    _quiet(along)
    months = (places[-1].year - places[0].year) * 12 + places[-1].month - places[0].month
    most = max(1, int(room / LABEL_ROOM_PT))
    step = next((step for step in _MONTH_STEPS if months / step <= most), _MONTH_STEPS[-1])
    short = grain in (ipb.GRAIN_DAY, ipb.GRAIN_WEEK) and months < 3
    unit, count = ("days", max(1, (places[-1] - places[0]).days // most)) if short else ("months", step)
    if not short and step % 12 == 0:
        unit, count = "years", step // 12
    code = "yyyy" if unit == "years" else "d mmm" if short else "mmm yyyy"
    along.tick_labels.number_format, along.tick_labels.number_format_is_linked = code, False
    base = (
        "days"
        if grain in (ipb.GRAIN_DAY, ipb.GRAIN_WEEK)
        else "years"
        if grain == ipb.GRAIN_YEAR
        else "months"
    )
    axis = along._element
    for tag in ("baseTimeUnit", "majorUnit", "majorTimeUnit"):
        for old in axis.findall(f"{{{_NAMESPACE}}}{tag}"):
            axis.remove(old)
    for tag, value in (("baseTimeUnit", base), ("majorUnit", str(count)), ("majorTimeUnit", unit)):
        axis.append(axis.makeelement(f"{{{_NAMESPACE}}}{tag}", {"val": value}))


def _before(axis: Any, tag: str, value: int, follower: str) -> None:
    """Adds an element with a value to an axis, where the schema has it."""
    made = axis.makeelement(f"{{{_NAMESPACE}}}{tag}", {"val": str(value)})
    after = axis.find(f"{{{_NAMESPACE}}}{follower}")
    if after is None:
        axis.append(made)
    else:
        after.addprevious(made)


def _quiet(along: Any, ink: str = palette.MUTED) -> None:
    along.has_major_gridlines = False
    along.major_tick_mark = along.minor_tick_mark = XL_TICK_MARK.NONE
    along.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    along.tick_labels.font.size, along.tick_labels.font.color.rgb = Pt(FONT_PT), rgb(ink)
    along.format.line.color.rgb = rgb(palette.BASELINE)


def lay_out(drawn: Any, box: Box, *, left: float, right: float, top: float, bottom: float) -> None:
    """Places the drawing area inside its box, with margins in points for what is written around it."""
    area = drawn._chartSpace.chart.plotArea
    for old in area.findall(f"{{{_NAMESPACE}}}layout"):
        area.remove(old)
    layout = area.makeelement(f"{{{_NAMESPACE}}}layout", {})
    manual = layout.makeelement(f"{{{_NAMESPACE}}}manualLayout", {})
    layout.append(manual)
    parts = {
        "layoutTarget": "inner",
        "xMode": "edge",
        "yMode": "edge",
        "x": f"{left / box.width:.5f}",
        "y": f"{top / box.height:.5f}",
        "w": f"{max(box.width - left - right, 40) / box.width:.5f}",
        "h": f"{max(box.height - top - bottom, 40) / box.height:.5f}",
    }
    for tag, value in parts.items():
        manual.append(manual.makeelement(f"{{{_NAMESPACE}}}{tag}", {"val": value}))
    area.insert(0, layout)


def ticks_width(axis: NumberAxis) -> float:
    return max(width(tick.label, FONT_PT) for tick in axis.ticks) + 12


def label(point: Any, text: str, *, position: Any, colour: str, bold: bool = True) -> None:
    """Writes a text at a point of a chart."""
    frame = point.data_label.text_frame
    frame.text = text
    for paragraph in frame.paragraphs:
        for run in paragraph.runs:
            run.font.size, run.font.bold, run.font.color.rgb = Pt(FONT_PT), bold, rgb(colour)
    frame.word_wrap = False
    if position is not None:
        point.data_label.position = position


def plain(drawn: Any) -> None:
    """No title, no legend: both are said where they belong."""
    drawn.has_title = drawn.has_legend = False
    drawn.font.size = Pt(FONT_PT)


def legend(drawn: Any) -> None:
    drawn.has_legend = True
    drawn.legend.position = XL_LEGEND_POSITION.TOP
    drawn.legend.include_in_layout = False
    drawn.legend.font.size = Pt(FONT_PT)
