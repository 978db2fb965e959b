"""Waterfalls: how one total became the next, a row for each part."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from claribi.v1 import insights_pb2 as pb

from server.exports.charts import palette
from server.exports.charts.plane import Layer, Plane, axis_title, layer, texts
from server.exports.charts.text_size import LINE_PX, width, wrap
from server.exports.charts.ticks import number_axis

LABEL_LIMIT, LABEL_SHARE = 190, 0.4
ROW_PX, BAR_SHARE = 24, 0.7
# Parts that move less than this share of the totals are drawn on an axis that does not begin at zero.
CUT_WHEN_LOWEST_ABOVE = 0.6


@dataclass(frozen=True)
class Step:
    """One bar: from where to where, and what is written at its end."""

    name: str
    start: float
    end: float
    label: str
    total: bool

    @property
    def colour(self) -> str:
        if self.total:
            return palette.SERIES[0]
        return palette.RISE if self.end >= self.start else palette.FALL


def steps(chart: pb.Chart, displays: Mapping[str, str]) -> list[Step]:
    """The bars of a waterfall; each part begins where the one before ended, a total stands on zero."""
    made: list[Step] = []
    reached = 0.0
    for point in [point for series in chart.series for point in series.points]:
        if not point.HasField("y") or not math.isfinite(point.y):
            continue
        start = 0.0 if point.total else reached
        reached = start + point.y
        made.append(Step(point.x, start, reached, displays.get(point.evidence_id, ""), point.total))
    return made


def base(bars: Sequence[Step]) -> float:
    """Where the axis begins: zero, or a round number when the parts would be too small to see from there."""
    reached = [bar.end for bar in bars] + [bar.start for bar in bars if not bar.total]
    low, high = min(reached, default=0.0), max(reached, default=0.0)
    if low <= 0 or low < high * CUT_WHEN_LOWEST_ABOVE:
        return 0.0
    axis = number_axis(low - (high - low) * 0.5, high)
    return max(axis.places[0], 0.0)


def specification(chart: pb.Chart, displays: Mapping[str, str], total: float) -> dict[str, Any]:
    """The Vega-Lite specification of a waterfall, `total` px wide."""
    bars = steps(chart, displays)
    names = [wrap(bar.name, min(LABEL_LIMIT, total * LABEL_SHARE)) for bar in bars]
    tall = max((name.count("\n") + 1 for name in names), default=1)
    plane = Plane(
        x=(0, 1),
        y=(-max(len(bars), 1) + 0.5, 0.5),
        height=max(ROW_PX, LINE_PX * tall + 6) * max(len(bars), 1),
        total=total,
        left=max(map(width, names), default=0.0) + 10,
        right=16,
        top=30,
        bottom=8,
    )
    floor = base(bars)
    plane = _scaled(plane, bars, floor)
    return plane.specification(
        [
            *axis_title(plane, title(chart), chart.y.unit),
            *_names(plane, names),
            *_connectors(bars),
            *_boxes(bars, floor),
            *_numbers(bars),
            _zero(plane, floor),
        ]
    )


def title(chart: pb.Chart) -> str:
    """What is measured, and where the axis begins when that is not zero."""
    bars = steps(chart, {})
    floor = base(bars)
    if not floor:
        return chart.y.label
    high = max(max(bar.start, bar.end) for bar in bars)
    return (
        f"{chart.y.label} (the axis begins at {number_axis(floor, high, unit=chart.y.unit).look.text(floor)})"
    )


def _scaled(plane: Plane, bars: Sequence[Step], floor: float) -> Plane:
    """The plane from its floor on, widened on both sides for the numbers written there."""
    reached = [floor, *(bar.end for bar in bars), *(bar.start for bar in bars if not bar.total)]
    low, high = min(reached), max(reached)
    if low == high:
        high = low + 1.0
    after = max((width(bar.label) + 12 for bar in bars), default=0.0)
    before = after if low < 0 else 0.0
    per_px = (high - low) / max(plane.width - after - before, 60)
    return replace(plane, x=(low - before * per_px, high + after * per_px))


def _names(plane: Plane, names: Sequence[str]) -> list[Layer]:
    layers = []
    for lines in sorted({name.count("\n") + 1 for name in names}):
        rows = [
            {"x": plane.x_at(0), "y": -index, "text": name}
            for index, name in enumerate(names)
            if name.count("\n") + 1 == lines
        ]
        layers.append(texts(rows, align="right", baseline="middle", dx=-8, dy=-LINE_PX * (lines - 1) / 2))
    return layers


def _boxes(bars: Sequence[Step], floor: float) -> list[Layer]:
    layers = []
    for colour in dict.fromkeys(bar.colour for bar in bars):
        rows = [
            {
                "x": max(bar.start, floor) if bar.total else bar.start,
                "x2": bar.end,
                "y": -index - BAR_SHARE / 2,
                "y2": -index + BAR_SHARE / 2,
            }
            for index, bar in enumerate(bars)
            if bar.colour == colour
        ]
        both = {"x2": {"field": "x2"}, "y2": {"field": "y2"}}
        layers.append(layer(rows, "rect", encoding=both, color=colour))
    return layers


def _connectors(bars: Sequence[Step]) -> list[Layer]:
    rows = [
        {"x": bar.end, "y": -index - BAR_SHARE / 2, "y2": -index - 1 + BAR_SHARE / 2}
        for index, bar in enumerate(bars[:-1])
    ]
    return [layer(rows, "rule", encoding={"y2": {"field": "y2"}}, color=palette.BASELINE)]


def _numbers(bars: Sequence[Step]) -> list[Layer]:
    """The printed numbers at the right ends, where no other bar begins."""
    rows = [{"x": max(bar.start, bar.end), "y": -index, "text": bar.label} for index, bar in enumerate(bars)]
    return [texts(rows, align="left", baseline="middle", dx=6, fontWeight=600)]


def _zero(plane: Plane, floor: float) -> Layer:
    row = {"x": floor, "y": plane.y[0], "y2": plane.y[1]}
    dash = [2, 2] if floor else []
    return layer([row], "rule", encoding={"y2": {"field": "y2"}}, color=palette.BASELINE, strokeDash=dash)
