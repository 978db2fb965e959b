"""The labels of lines: their names and numbers, at the ends and never one over another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from claribi.v1 import insights_pb2 as pb

from server.exports.charts import palette, roles
from server.exports.charts.plane import Layer, Plane, layer, texts
from server.exports.charts.text_size import LINE_PX, wrap

LABEL_LIMIT = 128
MOST_LABELLED = 8


def at_ends(chart: pb.Chart, displays: Mapping[str, str]) -> dict[int, str]:
    """The label at the end of each line: its name where there are several, its last number where that is evidence."""
    several = roles.several(chart)
    labels = {}
    for index, series in enumerate(chart.series):
        if series.role == pb.SERIES_ROLE_FITTED or roles.continued(chart, index):
            continue
        forecast = series.role == pb.SERIES_ROLE_FORECAST
        name = wrap(series.name, LABEL_LIMIT) if several or forecast else ""
        if label := "\n".join(filter(None, [name, last_number(series, displays)])):
            labels[index] = label
    return labels if len(labels) <= MOST_LABELLED else {}


def last_number(series: pb.Series, displays: Mapping[str, str]) -> str:
    """The printed number of the last point with a value, where that is evidence."""
    last = next((point for point in reversed(series.points) if point.HasField("y")), None)
    return displays.get(last.evidence_id, "") if last is not None else ""


def layers(
    ends: Mapping[int, tuple[float, float]],
    labels: Mapping[int, str],
    colours: Sequence[str],
    plane: Plane,
) -> list[Layer]:
    """The labels beside the ends of their lines, moved apart, each with a dot on its end."""
    middles = spread(
        {index: plane.y_px(y) for index, (_, y) in ends.items()},
        {index: LINE_PX * (labels[index].count("\n") + 1) for index in ends},
        plane.height,
    )
    made = []
    for index, (x, y) in ends.items():
        colour = palette.MUTED if colours[index] == palette.QUIET else colours[index]
        top = middles[index] - LINE_PX * labels[index].count("\n") / 2
        row = {"x": plane.x[1], "y": plane.y_at(top), "text": labels[index]}
        made.append(layer([{"x": x, "y": y}], "point", filled=True, size=34, opacity=1, color=colours[index]))
        made.append(texts([row], align="left", baseline="middle", dx=6, fill=colour, fontWeight=600))
    return made


def starts(
    chart: pb.Chart, points: Mapping[int, tuple[float, float]], displays: Mapping[str, str], plane: Plane
) -> list[Layer]:
    """The printed numbers of first points, before the lines that begin there."""
    numbers = {
        index: displays.get(chart.series[index].points[0].evidence_id, "")
        for index in points
        if chart.series[index].points
    }
    middles = spread(
        {index: plane.y_px(points[index][1]) for index in numbers},
        dict.fromkeys(numbers, LINE_PX),
        plane.height,
    )
    rows = [
        {"x": points[index][0], "y": plane.y_at(middles[index]), "text": number}
        for index, number in numbers.items()
    ]
    return [texts(rows, align="right", baseline="middle", dx=-8, fill=palette.MUTED, fontWeight=600)]


def spread(middles: Mapping[int, float], heights: Mapping[int, float], room: float) -> dict[int, float]:
    """The wanted middles of labels (px from the top), moved down and then up until none touches another."""
    order = sorted(middles, key=lambda key: middles[key])
    placed: dict[int, float] = {}
    floor = -LINE_PX / 2
    for key in order:
        placed[key] = max(middles[key], floor + heights[key] / 2)
        floor = placed[key] + heights[key] / 2
    ceiling = room + LINE_PX
    for key in reversed(order):
        placed[key] = min(placed[key], ceiling - heights[key] / 2)
        ceiling = placed[key] - heights[key] / 2
    return placed
