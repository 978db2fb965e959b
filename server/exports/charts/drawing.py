"""From a Chart message to its specification, and from that to SVG."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from claribi.v1 import insights_pb2 as pb

from server.exports.charts import bars, lines, waterfall
from server.exports.charts.plane import USUAL_WIDTH
from server.exports.escape import visible

FONTS = Path(__file__).parents[1] / "fonts"
VEGA_LITE = "6.4"


def specification(chart: pb.Chart, displays: Mapping[str, str], total: float = USUAL_WIDTH) -> dict[str, Any]:
    """The Vega-Lite specification of a chart `total` px wide.

    `displays` maps evidence ids to numbers as printed: only those are written on the chart, beside the scale.
    """
    ready = clean(chart)
    numbers = {key: visible(display) for key, display in displays.items()}
    if ready.type == pb.CHART_TYPE_WATERFALL:
        return waterfall.specification(ready, numbers, total)
    if ready.type == pb.CHART_TYPE_BAR:
        return bars.specification(ready, numbers, total)
    return lines.specification(ready, numbers, total)


def clean(chart: pb.Chart) -> pb.Chart:
    """The chart with every text fit to draw: vl-convert aborts the process at a control character."""
    ready = pb.Chart()
    ready.CopyFrom(chart)
    for axis in (ready.x, ready.y):
        axis.label, axis.unit = visible(axis.label), visible(axis.unit)
    for mark in ready.annotations:
        mark.x, mark.text = visible(mark.x), visible(mark.text)
    for series in ready.series:
        series.name = visible(series.name)
        for point in series.points:
            point.x = visible(point.x)
    return ready


def drawable(chart: pb.Chart) -> bool:
    """Whether the chart has anything to draw."""
    return any(point.HasField("y") for series in chart.series for point in series.points)


@cache
def _fonts_registered() -> bool:
    import vl_convert

    vl_convert.register_font_directory(str(FONTS))
    return True


def svg(chart: pb.Chart, displays: Mapping[str, str], total: float = USUAL_WIDTH) -> str:
    """The chart as SVG text; takes 0.7 s the first time in a process, and holds the interpreter lock."""
    import vl_convert

    _fonts_registered()
    drawn: str = vl_convert.vegalite_to_svg(
        specification(chart, displays, total), vl_version=VEGA_LITE, allowed_base_urls=[], show_warnings=False
    )
    return drawn


def png(chart: pb.Chart, displays: Mapping[str, str], *, scale: float, total: float = USUAL_WIDTH) -> bytes:
    """The chart as the bytes of a PNG, `scale` pixels for one of its own."""
    import vl_convert

    drawn: bytes = vl_convert.svg_to_png(svg(chart, displays, total), scale=scale)
    return drawn
