"""Bar charts: rows by category, columns where the categories are short or moments."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from claribi.v1 import insights_pb2 as pb

from server.exports.charts import palette
from server.exports.charts.lines import legend
from server.exports.charts.plane import Layer, Plane, axis_title, below, grid, layer, texts
from server.exports.charts.text_size import LINE_PX, width, wrap
from server.exports.charts.ticks import Tick, moment, number_ticks, time_label, time_ticks

MOST_CATEGORIES, MOST_COLUMNS = 24, 60
MOST_BARS_PX = 560  # the height of rows that fits a page with the text they belong to
LABEL_LIMIT = 190
LABEL_SHARE = 0.4  # of a narrow chart
SHORT_LABEL = 4
COLUMN_HEIGHT = 180
ROW_PX, BAR_SHARE = 17, 0.72
LONGEST_RANGE = 60  # letters
_BOUND = r"\D?(?P<{name}>-?\d+(?:\.\d+)?)\D*"
_RANGE = re.compile(
    rf"(?P<below>below|under|up to) \D*\d.*|{_BOUND.format(name='low')} to .*\d.*|{_BOUND.format(name='least')} or more"
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip


@dataclass(frozen=True)
class Bar:
    """One bar: its category and series by index, its value, what is written at its end, and its interval.

    `lane` is its place beside the other bars of its category.
    """

    category: int
    series: int
    value: float
    label: str
    lane: int
    interval: tuple[float, float] | None

    @property
    def reach(self) -> float:
        """How far it reaches from zero, its interval included."""
        low, high = self.interval or (self.value, self.value)
        return max(self.value, high) if self.value >= 0 else min(self.value, low)


def specification(chart: pb.Chart, displays: Mapping[str, str], total: float) -> dict[str, Any]:
    """The Vega-Lite specification of a bar chart, `total` px wide, of as many categories as fit a page."""
    categories, upright = arranged(chart)
    if upright:
        return _columns(chart, categories, placed(chart, categories, displays), total)
    lines = 1 + any(width(name) > _label_limit(total) for name in categories)
    fitting = int(MOST_BARS_PX / _row_px(_lanes(chart), lines))
    categories = categories[: min(max(fitting, 1), MOST_CATEGORIES)]
    return _rows(chart, categories, placed(chart, categories, displays), total)


def arranged(chart: pb.Chart) -> tuple[list[str], bool]:
    """The categories in order, and whether they stand upright as columns: moments and short words do."""
    categories = in_order([point.x for one in chart.series for point in one.points])
    if chart.x.kind == pb.AXIS_KIND_TIME:
        return categories[-MOST_COLUMNS:], True
    short = len(categories) > 2 and all(len(name) <= SHORT_LABEL for name in categories)
    return (categories[:MOST_COLUMNS], True) if short else (categories, False)


def stand_apart(chart: pb.Chart) -> bool:
    """Whether the series share no category: they only colour the bars of one row."""
    places = [point.x for series in chart.series for point in series.points]
    return len(set(places)) == len(places)


def _lanes(chart: pb.Chart) -> int:
    """How many bars stand side by side in a category."""
    return 1 if stand_apart(chart) else max(len(chart.series), 1)


def in_order(names: Sequence[str]) -> list[str]:
    """The categories in their own order (weekdays, months, hours, ranges) where they have one, else as they come."""
    known = list(dict.fromkeys(names))
    for calendar in (_WEEKDAYS, _MONTHS):
        places = {name: _place_in(calendar, name) for name in known}
        if None not in places.values():
            return sorted(known, key=lambda name: places[name] or 0)
    bounds = {name: _lower_bound(name) for name in known}
    if None not in bounds.values():
        return sorted(known, key=lambda name: bounds[name] or 0.0)
    numbered = all(name.isascii() and name[:2].isdigit() and name[2:] in ("", ":00") for name in known)
    return sorted(known) if numbered else known


def _place_in(calendar: Sequence[str], name: str) -> int | None:
    """Where a word stands in a calendar, written out or by its first three letters."""
    word = name.casefold().rstrip(".")
    return next((i for i, full in enumerate(calendar) if word in (full, full[:3])), None)


def _lower_bound(name: str) -> float | None:
    """Where a range of numbers begins ("below 40", "40 to 80", "80 or more"); None for what is no range."""
    short = len(name) <= LONGEST_RANGE
    found = _RANGE.fullmatch(name.replace(",", "").replace("\u2212", "-")) if short else None
    if found is None:
        return None
    return float("-inf") if found["below"] else float(found["low"] or found["least"])


def _label_limit(total: float) -> float:
    return min(LABEL_LIMIT, total * LABEL_SHARE)


def _row_px(series: int, lines: int) -> float:
    """The height of a category: room for its bars and for its name on so many lines."""
    return max(ROW_PX * max(series, 1) / BAR_SHARE, LINE_PX * lines + 6)


def placed(chart: pb.Chart, categories: Sequence[str], displays: Mapping[str, str]) -> list[Bar]:
    """The bars of the categories."""
    index = {name: place for place, name in enumerate(categories)}
    one_lane = _lanes(chart) == 1
    return [
        Bar(
            index[point.x],
            place,
            point.y,
            displays.get(point.evidence_id, ""),
            lane=0 if one_lane else place,
            interval=_interval(point),
        )
        for place, one in enumerate(chart.series)
        for point in one.points
        if point.x in index and point.HasField("y") and math.isfinite(point.y)
    ]


def _interval(point: pb.Point) -> tuple[float, float] | None:
    if not (point.HasField("low") and point.HasField("high")):
        return None
    known = math.isfinite(point.low) and math.isfinite(point.high)
    return (point.low, point.high) if known else None


def _slot(bar: Bar, lanes: int) -> tuple[float, float]:
    """Start and end of a bar across its category, which is one wide."""
    thick = BAR_SHARE / lanes
    start = bar.category - BAR_SHARE / 2 + bar.lane * thick
    return start, start + thick * (1.0 if lanes == 1 else 0.92)


def _rows(chart: pb.Chart, categories: Sequence[str], bars: Sequence[Bar], total: float) -> dict[str, Any]:
    """Horizontal bars, the first category on top, each with its number at its end."""
    names = [wrap(name, _label_limit(total)) for name in categories]
    tall = max((name.count("\n") + 1 for name in names), default=1)
    left = max(map(width, names), default=0.0) + 10
    named = len(chart.series) > 1
    plane = Plane(
        x=(0, 1),
        y=(-len(names) + 0.5, 0.5),
        height=_row_px(_lanes(chart), tall) * max(len(names), 1),
        total=total,
        left=left,
        right=16,
        top=30 + (LINE_PX + 4) * named,
        bottom=8 if _all_labelled(bars) else 26,
    )
    plane, ticks = _horizontal_scale(plane, bars, chart.y.unit)
    layers = [] if _all_labelled(bars) else _upright_grid(plane, ticks)
    layers += axis_title(plane, chart.y.label, chart.y.unit)
    labels = [{"x": plane.x_at(0), "y": -index, "text": name} for index, name in enumerate(names)]
    for lines in range(1, tall + 1):
        # The baseline of a text on several lines is that of its first line.
        chosen = [text for text in labels if str(text["text"]).count("\n") + 1 == lines]
        layers.append(texts(chosen, align="right", baseline="middle", dx=-8, dy=-LINE_PX * (lines - 1) / 2))
    layers += _row_marks(chart, bars, plane)
    if named:
        layers += legend(plane, [one.name for one in chart.series], _colours(chart))
    return plane.specification(layers)


def _all_labelled(bars: Sequence[Bar]) -> bool:
    return bool(bars) and all(bar.label for bar in bars)


def _horizontal_scale(plane: Plane, bars: Sequence[Bar], unit: str) -> tuple[Plane, list[Tick]]:
    """The plane with its value scale, widened on both sides for the numbers written there."""
    low = min([0.0, *(bar.reach for bar in bars)])
    high = max([0.0, *(bar.reach for bar in bars)])
    if low == high:
        high = 1.0
    if not _all_labelled(bars):
        ticks = number_ticks(low, high, unit=unit)
        low, high = ticks[0].at, ticks[-1].at
    else:
        ticks = []
    after = max((width(bar.label) + 10 for bar in bars if bar.value >= 0), default=0.0)
    before = max((width(bar.label) + 10 for bar in bars if bar.value < 0), default=0.0)
    per_px = (high - low) / max(plane.width - after - before, 60)
    return replace(plane, x=(low - before * per_px, high + after * per_px)), ticks


def _upright_grid(plane: Plane, ticks: Sequence[Tick]) -> list[Layer]:
    low, high = plane.y
    rows = [{"x": tick.at, "y": low, "y2": high} for tick in ticks]
    lines = layer(rows, "rule", encoding={"y2": {"field": "y2"}}, color=palette.GRID)
    return [lines, *below(plane, ticks)]


def _colours(chart: pb.Chart) -> list[str]:
    return palette.colours([one.emphasis for one in chart.series])


def _row_marks(chart: pb.Chart, bars: Sequence[Bar], plane: Plane) -> list[Layer]:
    layers = []
    for index, colour in enumerate(_colours(chart)):
        mine = [(bar, *_slot(bar, _lanes(chart))) for bar in bars if bar.series == index]
        boxes = [{"x": 0, "x2": bar.value, "y": -start, "y2": -end} for bar, start, end in mine]
        both_ends = {"x2": {"field": "x2"}, "y2": {"field": "y2"}}
        layers.append(layer(boxes, "rect", encoding=both_ends, color=colour))
        ends = [(bar, -(start + end) / 2) for bar, start, end in mine]
        whiskers = [{"x": bar.interval[0], "x2": bar.interval[1], "y": y} for bar, y in ends if bar.interval]
        layers.append(layer(whiskers, "rule", encoding={"x2": {"field": "x2"}}, color=palette.INK))
        right = [{"x": bar.reach, "y": y, "text": bar.label} for bar, y in ends if bar.value >= 0]
        left = [{"x": bar.reach, "y": y, "text": bar.label} for bar, y in ends if bar.value < 0]
        layers.append(texts(right, align="left", baseline="middle", dx=6, fontWeight=600))
        layers.append(texts(left, align="right", baseline="middle", dx=-6, fontWeight=600))
    zero = {"x": 0, "y": plane.y[0], "y2": plane.y[1]}
    layers.append(layer([zero], "rule", encoding={"y2": {"field": "y2"}}, color=palette.BASELINE))
    return layers


def _columns(chart: pb.Chart, categories: Sequence[str], bars: Sequence[Bar], total: float) -> dict[str, Any]:
    """Upright bars in the order given, for moments and for short words such as weekdays."""
    values = [bar.reach for bar in bars]
    ticks = number_ticks(
        min([0.0, *values]),
        max([0.0, *values]) or (0.0 if values and min(values) < 0 else 1.0),
        unit=chart.y.unit,
    )
    named = len(chart.series) > 1
    plane = Plane(
        x=(-0.6, max(len(categories), 1) - 0.4),
        y=(ticks[0].at, ticks[-1].at),
        height=COLUMN_HEIGHT,
        total=total,
        left=max(width(tick.label) for tick in ticks) + 14,
        top=34 + (LINE_PX + 4) * named,
        bottom=26,
    )
    layers = [*grid(plane, ticks), *axis_title(plane, chart.y.label, chart.y.unit)]
    layers += below(plane, _category_ticks(chart, categories))
    for index, colour in enumerate(_colours(chart)):
        mine = [(bar, *_slot(bar, _lanes(chart))) for bar in bars if bar.series == index]
        boxes = [{"x": start, "x2": end, "y": 0, "y2": bar.value} for bar, start, end in mine]
        layers.append(
            layer(boxes, "rect", encoding={"x2": {"field": "x2"}, "y2": {"field": "y2"}}, color=colour)
        )
    layers += _column_whiskers(bars, _lanes(chart))
    layers += _column_numbers(bars, plane, _lanes(chart))
    if named:
        layers += legend(plane, [one.name for one in chart.series], _colours(chart))
    return plane.specification(layers)


def _category_ticks(chart: pb.Chart, categories: Sequence[str]) -> list[Tick]:
    moments = {name: moment(name) for name in categories}
    if chart.x.kind != pb.AXIS_KIND_TIME or None in moments.values():
        return [Tick(float(index), name) for index, name in enumerate(categories)]
    known = {at: index for index, at in enumerate(moments.values()) if at is not None}
    if len(known) <= 8:
        return [Tick(float(index), time_label(at, chart.x.grain)) for at, index in known.items()]
    return [Tick(float(known[at]), label) for at, label in time_ticks(list(known), chart.x.grain)]


def _column_whiskers(bars: Sequence[Bar], lanes: int) -> list[Layer]:
    rows = [
        {"x": sum(_slot(bar, lanes)) / 2, "y": bar.interval[0], "y2": bar.interval[1]}
        for bar in bars
        if bar.interval
    ]
    return [layer(rows, "rule", encoding={"y2": {"field": "y2"}}, color=palette.INK)]


def _column_numbers(bars: Sequence[Bar], plane: Plane, lanes: int) -> list[Layer]:
    """The numbers over the columns, all or none: a column too narrow for its number takes them all away."""
    slot = plane.width / (plane.x[1] - plane.x[0]) / lanes
    if any(width(bar.label) > slot for bar in bars):
        return []
    middles = [(bar, sum(_slot(bar, lanes)) / 2) for bar in bars if bar.label]
    over = [{"x": x, "y": bar.reach, "text": bar.label} for bar, x in middles if bar.value >= 0]
    under = [{"x": x, "y": bar.reach, "text": bar.label} for bar, x in middles if bar.value < 0]
    return [
        texts(over, align="center", baseline="bottom", dy=-3, fontWeight=600),
        texts(under, align="center", baseline="top", dy=4, fontWeight=600),
    ]
