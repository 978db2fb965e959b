"""The plane a chart is drawn on, and the layers common to all charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.exports.charts.palette import BASELINE, GRID, INK, MUTED
from server.exports.charts.text_size import FONT_PX, LINE_PX, shorten, width
from server.exports.charts.ticks import Tick
from server.exports.charts.units import affixes

USUAL_WIDTH = 640
UNSAID = frozenset({"", "rows"})  # a count needs no unit
Layer = dict[str, Any]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Plane:
    """The drawing area inside its margins (px), and the span of data it shows on each axis."""

    x: tuple[float, float]
    y: tuple[float, float]
    height: float
    total: float = USUAL_WIDTH
    left: float = 8
    right: float = 8
    top: float = 24
    bottom: float = 24

    @property
    def width(self) -> float:
        return self.total - self.left - self.right

    def x_px(self, value: float) -> float:
        """Pixels from the left edge of the drawing area."""
        low, high = self.x
        return (value - low) / (high - low) * self.width

    def y_px(self, value: float) -> float:
        """Pixels from the top edge of the drawing area."""
        low, high = self.y
        return (high - value) / (high - low) * self.height

    def x_at(self, px: float) -> float:
        low, high = self.x
        return low + px / self.width * (high - low)

    def y_at(self, px: float) -> float:
        low, high = self.y
        return high - px / self.height * (high - low)

    def specification(self, layers: Sequence[Layer]) -> dict[str, Any]:
        """The whole Vega-Lite specification: these layers on this plane, nothing to fetch, no axis of its own."""
        return {
            "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
            "width": self.width,
            "height": self.height,
            "padding": {"left": self.left, "right": self.right, "top": self.top, "bottom": self.bottom},
            "autosize": {"type": "none"},
            "background": None,
            "config": {
                "font": "Inter",
                "lineBreak": "\n",
                "view": {"stroke": None},
                "text": {"fontSize": FONT_PX, "lineHeight": LINE_PX, "fill": INK},
            },
            "encoding": {"x": self._channel("x", self.x), "y": self._channel("y", self.y)},
            "layer": list(layers),
        }

    @staticmethod
    def _channel(field: str, domain: tuple[float, float]) -> dict[str, Any]:
        scale = {"domain": list(domain), "nice": False, "zero": False}
        return {"field": field, "type": "quantitative", "axis": None, "scale": scale}


def layer(
    rows: Sequence[Row], mark: str, *, encoding: Mapping[str, Any] | None = None, **style: Any
) -> Layer:
    """A layer of marks over its own rows; `encoding` adds to the x and y every row has."""
    return {
        "data": {"values": list(rows)},
        "mark": {"type": mark, "aria": False, **style},
        "encoding": dict(encoding or {}),
    }


def texts(rows: Sequence[Row], **style: Any) -> Layer:
    """Texts of the rows' `text` at their x and y."""
    return layer(rows, "text", encoding={"text": {"field": "text", "type": "nominal"}}, **style)


def grid(plane: Plane, ticks: Sequence[Tick]) -> list[Layer]:
    """Quiet horizontal lines with their values at the left; zero is drawn firmer."""
    low, high = plane.x
    rows = [{"x": low, "x2": high, "y": tick.at} for tick in ticks]
    zero = [row for row in rows if row["y"] == 0]
    labels = [{"x": low, "y": tick.at, "text": tick.label} for tick in ticks]
    to_the_right = {"x2": {"field": "x2"}}
    return [
        layer(rows, "rule", encoding=to_the_right, color=GRID),
        layer(zero, "rule", encoding=to_the_right, color=BASELINE),
        texts(labels, align="right", baseline="middle", dx=-8, fill=MUTED),
    ]


def below(plane: Plane, ticks: Sequence[Tick], limit: float = 90) -> list[Layer]:
    """Tick labels under the plane; the outermost lean inwards so that none is cut."""
    low, high = plane.x
    rows: list[dict[str, Any]] = [{"x": tick.at, "y": plane.y[0], "text": tick.label} for tick in ticks]
    half = {id(row): width(row["text"]) / 2 for row in rows}
    over_right = [r for r in rows if plane.x_px(r["x"]) + half[id(r)] > plane.width + plane.right]
    over_left = [r for r in rows if plane.x_px(r["x"]) - half[id(r)] < -plane.left and r not in over_right]
    middle = [r for r in rows if r not in over_right and r not in over_left]
    style: dict[str, Any] = {"baseline": "top", "dy": 7, "fill": MUTED, "limit": limit}
    return [
        texts(middle, align="center", **style),
        texts([{**r, "x": high} for r in over_right], align="right", **style),
        texts([{**r, "x": low} for r in over_left], align="left", **style),
    ]


def named(label: str, unit: str) -> str:
    """What an axis measures, with its unit unless the label or each number says it."""
    if unit in UNSAID:
        return label
    said = unit.casefold() in label.casefold() or affixes(unit) is not None
    return label if said else ", ".join(filter(None, [label, unit]))


def axis_title(plane: Plane, label: str, unit: str) -> list[Layer]:
    """What the vertical axis measures, level at the top left, where reading begins."""
    text = named(label, unit)
    if not text:
        return []
    row = {
        "x": plane.x_at(-plane.left),
        "y": plane.y_at(12 - plane.top),
        "text": shorten(text, plane.total - 4),
    }
    return [texts([row], align="left", baseline="middle", fill=MUTED)]
