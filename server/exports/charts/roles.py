"""What stands beside the measured values: fitted lines with their labels, forecasts with their bands."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from claribi.v1 import insights_pb2 as pb

from server.exports.charts import palette
from server.exports.charts.plane import Layer, Plane, layer, texts
from server.exports.charts.text_size import width

Runs = Sequence[Sequence[tuple[float, float]]]
FORECAST_DASH = [5, 4]
BAND_OPACITY = 0.16
HALO_PX = 4
# Above a line that leaves room there, else below it.
LABEL_GAP_PX = 9


def colours(chart: pb.Chart) -> list[str]:
    """A colour for each series: a fitted line is ink, a forecast has the colour of what it continues."""
    measured = [one for one in chart.series if one.role == pb.SERIES_ROLE_UNSPECIFIED]
    own = iter(palette.colours([one.emphasis for one in measured]))
    last = palette.SERIES[0]
    chosen = []
    for one in chart.series:
        if one.role == pb.SERIES_ROLE_FITTED:
            chosen.append(palette.INK)
        elif one.role == pb.SERIES_ROLE_FORECAST:
            chosen.append(last)
        else:
            last = next(own)
            chosen.append(last)
    return chosen


def several(chart: pb.Chart) -> bool:
    """Whether the measured series need names to be told apart."""
    return sum(one.role == pb.SERIES_ROLE_UNSPECIFIED for one in chart.series) > 1


def continued(chart: pb.Chart, index: int) -> bool:
    """Whether a forecast continues a series, so that its end is not the end of the line."""
    after = chart.series[index + 1] if index + 1 < len(chart.series) else None
    return after is not None and after.role == pb.SERIES_ROLE_FORECAST


def ends(chart: pb.Chart) -> list[float]:
    """The ends of all intervals that are drawn; the vertical scale has room for them."""
    found = [
        end
        for one in chart.series
        for point in one.points
        if point.HasField("low") and point.HasField("high")
        for end in (point.low, point.high)
    ]
    return [end for end in found if math.isfinite(end)]


def band(series: pb.Series, of: Mapping[str, float], colour: str) -> list[Layer]:
    """The band of a forecast, from the lower ends of its intervals to the upper ones; it opens at a measured point."""
    rows = []
    for point in sorted((p for p in series.points if p.x in of), key=lambda p: of[p.x]):
        low = point.low if point.HasField("low") else point.y
        high = point.high if point.HasField("high") else point.y
        known = point.HasField("y") or (point.HasField("low") and point.HasField("high"))
        if known and math.isfinite(low) and math.isfinite(high):
            rows.append({"x": of[point.x], "y": low, "y2": high})
    if len(rows) < 2 or all(row["y"] == row["y2"] for row in rows):
        return []
    return [layer(rows, "area", encoding={"y2": {"field": "y2"}}, color=colour, opacity=BAND_OPACITY)]


def line(series: pb.Series, runs: Runs, colour: str) -> list[Layer]:
    """A fitted or forecast line."""
    dash = FORECAST_DASH if series.role == pb.SERIES_ROLE_FORECAST else []
    thick = 2.25 if series.role == pb.SERIES_ROLE_FORECAST else 1.75
    style: dict[str, Any] = {"color": colour, "strokeWidth": thick, "strokeDash": dash}
    return [layer([{"x": x, "y": y} for x, y in run], "line", **style) for run in runs if len(run) > 1]


def fitted_label(series: pb.Series, runs: Runs, number: str, plane: Plane) -> list[Layer]:
    """The name and number of a fitted line, over its middle and on a halo of paper, so that it reads on any line."""
    points = [point for run in runs for point in run]
    text = ": ".join(filter(None, [series.name, number]))
    if not points or not text:
        return []
    (x1, y1), (x2, y2) = points[0], points[-1]
    half = width(text) / 2
    x = min(max((plane.x_px(x1) + plane.x_px(x2)) / 2, half), max(plane.width + plane.right - half, half))
    y = (plane.y_px(y1) + plane.y_px(y2)) / 2
    above = y > plane.height * 0.2
    row = {"x": plane.x_at(x), "y": plane.y_at(y - LABEL_GAP_PX if above else y + LABEL_GAP_PX), "text": text}
    style: dict[str, Any] = {"align": "center", "baseline": "middle", "fontWeight": 600}
    return [
        texts(
            [row], stroke=palette.PAPER, strokeWidth=HALO_PX, strokeJoin="round", fill=palette.PAPER, **style
        ),
        texts([row], fill=palette.INK, **style),
    ]
