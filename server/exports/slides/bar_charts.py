"""Native charts of bars: rows, columns, and the steps of a waterfall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from claribi.v1 import insights_pb2 as ipb
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION

from server.exports.charts import bars, palette, waterfall
from server.exports.charts.text_size import shorten, width
from server.exports.charts.ticks import NumberAxis, number_axis
from server.exports.slides import axes
from server.exports.slides.books import Categories
from server.exports.slides.deck import Box, Slide

LABEL_SHARE = 0.36
LONGEST_NAME_PT = 300
GAP_PERCENT = 45
MOST_ROWS = 24


def add_bars(slide: Slide, chart: ipb.Chart, numbers: Mapping[str, str], box: Box) -> Any:
    """Bars by category: columns over moments and short words, rows otherwise."""
    categories, upright = bars.arranged(chart)
    categories = categories if upright else categories[:MOST_ROWS]
    found = bars.placed(chart, categories, numbers)
    data, order = _data(chart, categories, found, upright=upright)
    kind = XL_CHART_TYPE.COLUMN_CLUSTERED if upright else XL_CHART_TYPE.BAR_CLUSTERED
    frame: Any = slide.shapes.add_chart(kind, *box.emu(), data)
    drawn = frame.chart
    axes.plain(drawn)
    drawn.plots[0].gap_width = GAP_PERCENT
    values = [0.0, *(bar.value for bar in found)]
    axis = number_axis(min(values), max(values), unit=chart.y.unit)
    said = bool(found) and all(bar.label for bar in found)
    axes.value_axis(drawn, axis, shown=not said)
    if not upright:
        _make_room(drawn, axis, found, box.width * (1 - LABEL_SHARE))
    _arrange(drawn, box, [axes.words(chart, name) for name in order], axis, found, upright=upright)
    _paint(drawn, chart, found, order=order)
    return frame


def _make_room(drawn: Any, axis: NumberAxis, found: Sequence[bars.Bar], room: float) -> None:
    """Lengthens the axis to the left for the numbers at the ends of bars that point there."""
    before = max((width(bar.label, axes.FONT_PT) + 10 for bar in found if bar.value < 0), default=0.0)
    if before:
        span = axis.places[-1] - axis.places[0]
        low = min(bar.value for bar in found)
        drawn.value_axis.minimum_scale = min(axis.places[0], low - before * span / max(room - before, 60))


def _arrange(
    drawn: Any, box: Box, names: Sequence[str], axis: NumberAxis, found: Sequence[bars.Bar], *, upright: bool
) -> None:
    said = bool(found) and all(bar.label for bar in found)
    ends = max((width(bar.label, axes.FONT_PT) for bar in found), default=0.0) + 14
    top = 26 if drawn.has_legend else 8
    if upright:
        left = 8 if said else axes.ticks_width(axis)
        axes.lay_out(drawn, box, left=left, right=8, top=top + 16, bottom=28)
        axes.category_axis(drawn, names, box.width - left - 8)
        return
    longest = max((width(name, axes.FONT_PT) for name in names), default=0.0) + 14
    left = min(longest, box.width * LABEL_SHARE)
    axes.lay_out(drawn, box, left=left, right=ends, top=top, bottom=8 if said else 26)
    axes.category_axis(drawn, [""] * len(names), box.height, ink=palette.INK)


def _data(
    chart: ipb.Chart, categories: Sequence[str], found: Sequence[bars.Bar], *, upright: bool
) -> tuple[Any, list[str]]:
    """The values by category, and the categories in the order they are drawn.

    Rows are counted from the bottom, so they are given in reverse: programs disagree about a reversed axis.
    """
    order = list(categories) if upright else list(reversed(categories))
    data = Categories()
    data.categories = [shorten(axes.words(chart, name), LONGEST_NAME_PT) for name in order]
    values = {(bar.lane, categories[bar.category]): bar.value for bar in found}
    lanes = sorted({bar.lane for bar in found} or {0})
    for lane in lanes if upright else reversed(lanes):
        data.add_series(chart.series[lane].name, [values.get((lane, name)) for name in order])
    return data, order


def _paint(drawn: Any, chart: ipb.Chart, found: Sequence[bars.Bar], *, order: Sequence[str]) -> None:
    colours = palette.colours([one.emphasis for one in chart.series])
    categories, upright = bars.arranged(chart)
    lanes = sorted({bar.lane for bar in found} or {0}, reverse=not upright)
    place = {name: index for index, name in enumerate(order)}
    series = {lane: drawn.plots[0].series[index] for index, lane in enumerate(lanes)}
    for lane, one in series.items():
        one.invert_if_negative = False
        _colour(one, colours[lane])
    for bar in found:
        point = series[bar.lane].points[place[categories[bar.category]]]
        if colours[bar.series] != colours[bar.lane]:
            _colour(point, colours[bar.series])
        if bar.label:
            axes.label(point, bar.label, position=XL_LABEL_POSITION.OUTSIDE_END, colour=palette.INK)
    if len(lanes) > 1:
        axes.legend(drawn)


def _colour(part: Any, colour: str) -> None:
    part.format.fill.solid()
    part.format.fill.fore_color.rgb = axes.rgb(colour)


def add_waterfall(slide: Slide, chart: ipb.Chart, numbers: Mapping[str, str], box: Box) -> Any:
    """The steps of a waterfall as stacked rows on an invisible foot; their numbers ride on an invisible end."""
    steps = list(reversed(waterfall.steps(chart, numbers)))
    floor = waterfall.base(steps)
    high = max((max(step.start, step.end) for step in steps), default=floor + 1.0)
    names = max((width(step.name, axes.FONT_PT) for step in steps), default=0.0) + 14
    left = min(names, box.width * LABEL_SHARE)
    ends = max((width(step.label, axes.FONT_PT) for step in steps), default=0.0) + 12
    # The axis goes on behind the longest bar, so that its number has a place there.
    room = ends * (high - floor) / max(box.width - left - 8 - ends, 60)
    data = _steps_data(steps, room)
    frame: Any = slide.shapes.add_chart(XL_CHART_TYPE.BAR_STACKED, *box.emu(), data)
    drawn = frame.chart
    axes.plain(drawn)
    drawn.plots[0].gap_width, drawn.plots[0].overlap = GAP_PERCENT, 100
    axes.value_axis(drawn, number_axis(floor, high, unit=chart.y.unit), shown=False)
    drawn.value_axis.minimum_scale, drawn.value_axis.maximum_scale = floor, high + room
    _paint_steps(drawn, steps)
    axes.lay_out(drawn, box, left=left, right=8, top=8, bottom=8)
    axes.category_axis(drawn, [""] * len(steps), box.height, ink=palette.INK)
    return frame


def _steps_data(steps: Sequence[waterfall.Step], room: float) -> Categories:
    data = Categories()
    data.categories = [shorten(step.name, LONGEST_NAME_PT) for step in steps]
    data.add_series("Begins at", [0.0 if step.total else min(step.start, step.end) for step in steps])
    for name, colour in _KINDS:
        lengths = [abs(step.end - step.start) if step.colour == colour else None for step in steps]
        data.add_series(name, lengths)
    data.add_series("Label", [room] * len(steps))
    return data


def _paint_steps(drawn: Any, steps: Sequence[waterfall.Step]) -> None:
    foot, *kinds, label = drawn.plots[0].series
    for one, (_, colour) in zip(kinds, _KINDS, strict=True):
        _colour(one, colour)
    for hidden in (foot, label):
        hidden.format.fill.background()
    where = XL_LABEL_POSITION.INSIDE_BASE
    for index, step in enumerate(steps):
        if step.label:
            axes.label(label.points[index], step.label, position=where, colour=palette.INK)


_KINDS = (("Total", palette.SERIES[0]), ("Added", palette.RISE), ("Taken away", palette.FALL))
