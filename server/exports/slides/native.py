"""Charts of a deck: native ones people can edit, and a picture where a native one cannot show it."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from typing import Any

from claribi.v1 import insights_pb2 as ipb

from server.exports import charts
from server.exports.charts import palette, waterfall
from server.exports.charts.plane import named
from server.exports.escape import visible
from server.exports.slides.bar_charts import add_bars, add_waterfall
from server.exports.slides.deck import Box, Look, Slide
from server.exports.slides.line_charts import add_lines, add_scatter

# Narrower than on a page: enlarged to the width of a slide, its letters are as large as those of native charts.
PICTURE_SCALE, PICTURE_PX = 3.0, 500
TITLE_PT = 14
DESCRIPTION_CHARACTERS = 2000


def add_chart(slide: Slide, chart: ipb.Chart, displays: Mapping[str, str], box: Box) -> None:
    """Puts a chart into a box, what its axis measures over it, its words with it for those who do not see it."""
    clean = charts.clean(chart)
    numbers = {key: visible(display) for key, display in displays.items()}
    if needs_picture(clean):
        _add_picture(slide, clean, numbers, box)
        return
    said = title_of(clean)
    slide.text(Box(box.left, box.top, box.width, TITLE_PT), [said], Look((10.5, 9), palette.MUTED))
    under = TITLE_PT + 4 if said else 0
    place = Box(box.left, box.top + under, box.width, box.height - under)
    frame = _NATIVE[_form(clean)](slide, clean, numbers, place)
    _describe(frame._element.nvGraphicFramePr.cNvPr, clean)


def title_of(chart: ipb.Chart) -> str:
    """What the vertical axis measures; a waterfall says where it begins, when that is not zero."""
    label = waterfall.title(chart) if chart.type == ipb.CHART_TYPE_WATERFALL else chart.y.label
    return named(label, chart.y.unit)


def _form(chart: ipb.Chart) -> ipb.ChartType:
    return chart.type if chart.type in _NATIVE else ipb.CHART_TYPE_LINE


_NATIVE = {
    ipb.CHART_TYPE_LINE: add_lines,
    ipb.CHART_TYPE_AREA: add_lines,
    ipb.CHART_TYPE_BAR: add_bars,
    ipb.CHART_TYPE_SCATTER: add_scatter,
    ipb.CHART_TYPE_WATERFALL: add_waterfall,
}


def needs_picture(chart: ipb.Chart) -> bool:
    """Whether a native chart cannot show it: bands, bars across zero in a waterfall, numbers only we can write."""
    values = [point.y for series in chart.series for point in series.points if point.HasField("y")]
    finite = [abs(value) for value in values if math.isfinite(value)]
    if not finite or max(finite) >= 1e15 or 0 < max(finite) < 1e-4:
        return True
    if any(point.HasField("low") and point.HasField("high") for one in chart.series for point in one.points):
        return True
    if chart.type == ipb.CHART_TYPE_WATERFALL:
        return any(min(step.start, step.end) < 0 for step in waterfall.steps(chart, {}))
    return chart.type == ipb.CHART_TYPE_SCATTER and chart.x.kind != ipb.AXIS_KIND_NUMBER


def _add_picture(slide: Slide, chart: ipb.Chart, numbers: Mapping[str, str], box: Box) -> None:
    picture: Any = slide.shapes.add_picture(
        io.BytesIO(charts.png(chart, numbers, scale=PICTURE_SCALE, total=PICTURE_PX)), 0, 0
    )
    scale = min(box.width / picture.width, box.height / picture.height)
    wide, tall = picture.width * scale, picture.height * scale
    left, top, width, height = Box(box.left, box.top, wide, tall).emu()
    picture.left, picture.top, picture.width, picture.height = left, top, width, height
    picture.name = "Chart"
    _describe(picture._element.nvPicPr.cNvPr, chart)


def _describe(properties: Any, chart: ipb.Chart) -> None:
    properties.set("descr", visible(chart.alt or chart.title)[:DESCRIPTION_CHARACTERS])
