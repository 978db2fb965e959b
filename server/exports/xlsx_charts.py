"""Native charts of a workbook, drawn from the rows of its sheet of chart data."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from claribi.v1 import insights_pb2 as ipb

from server.exports.charts import drawable, lines, palette, roles, waterfall
from server.exports.charts.ticks import NumberAxis, number_axis
from server.exports.escape import workbook_cell
from server.exports.xlsx_points import PointRow, crosses_zero, one_block, rows_of

DATA_SHEET = "Charts data"
TITLE_COLUMN, SERIES_COLUMN, X_COLUMN, VALUE_COLUMN, X_LABEL_COLUMN, Y_LABEL_COLUMN = 0, 1, 2, 3, 6, 7
PRINTED_COLUMN, LOW_COLUMN, HIGH_COLUMN, START_COLUMN, LENGTH_COLUMN = 8, 9, 10, 11, 12
WIDTH_PX, HEIGHT_PX, ROW_PX = 760, 340, 20
CHARTS_A_PAGE = 3
STEP_ROWS = HEIGHT_PX // ROW_PX + 2

_KINDS: dict[ipb.ChartType, dict[str, str]] = {
    # Standing bars: programs disagree about which axis of lying ones is reversed.
    ipb.CHART_TYPE_BAR: {"type": "column"},
    ipb.CHART_TYPE_AREA: {"type": "area"},
    ipb.CHART_TYPE_SCATTER: {"type": "scatter"},
    ipb.CHART_TYPE_WATERFALL: {"type": "column", "subtype": "stacked"},
}
GAP_PERCENT = 45
Block = Sequence[PointRow]


def add_charts(book: Any, sheet: Any, charts: Iterable[ipb.Chart], numbers: frozenset[str]) -> None:
    """Puts each chart that has points on the sheet, one under the other, so many to a page.

    `numbers` are the ids of the evidence that is printed; only those numbers are written on a chart.
    """
    row, place, breaks = 1, 0, []
    for chart in charts:
        blocks = rows_of(chart)
        if drawable(chart):
            drawn = _chart(book, chart, blocks, first=row, numbers=numbers)
            described = workbook_cell(chart.alt or chart.title)[:2000]
            sheet.insert_chart(place, 0, drawn, {"description": described})
            place += STEP_ROWS
            if place % (STEP_ROWS * CHARTS_A_PAGE) == 0:
                breaks.append(place)
        row += sum(map(len, blocks))
    sheet.set_h_pagebreaks(breaks)


def _chart(
    book: Any, chart: ipb.Chart, blocks: Sequence[Block], *, first: int, numbers: frozenset[str]
) -> Any:
    """The native chart of the rows from `first` on; its names are references to cells, never texts.

    xlsxwriter takes a text such as "x!A1" for a reference, with or without "=" before it.
    """
    steps = chart.type == ipb.CHART_TYPE_WATERFALL and not crosses_zero(chart)
    kind = _KINDS.get(chart.type, {"type": "line"})
    drawn = book.add_chart(kind if steps or "subtype" not in kind else {"type": "column"})
    top = first
    for index, block in enumerate(blocks):
        if steps:
            _add_steps(drawn, chart, block, first, numbers)
        elif one_block(chart):
            _add_in_colours(drawn, chart, block, first, numbers)
        elif block:
            _add(drawn, chart, index, first, count=len(block))
            _add_interval(drawn, chart, index, first, count=len(block))
        first += len(block)
    _title(drawn, chart, top)
    _axes(drawn, chart, top, blocks)
    several = len(chart.series) > 1 and not one_block(chart) and not steps
    drawn.set_legend({"position": "bottom"} if several else {"none": True})
    drawn.show_blanks_as("gap")
    drawn.set_size({"width": WIDTH_PX, "height": HEIGHT_PX})
    return drawn


def _cells(column: int, first: int, count: int) -> list[Any]:
    return [DATA_SHEET, first, column, first + max(count, 1) - 1, column]


def _add(drawn: Any, chart: ipb.Chart, index: int, first: int, *, count: int) -> None:
    series = chart.series[index]
    drawn.add_series(
        {
            "name": [DATA_SHEET, first, SERIES_COLUMN],
            "categories": _cells(X_COLUMN, first, count),
            "values": _cells(VALUE_COLUMN, first, count),
            **_look(chart.type, roles.colours(chart)[index], series.role),
        }
    )


def _add_interval(drawn: Any, chart: ipb.Chart, index: int, first: int, *, count: int) -> None:
    """The ends of the intervals of a line as two thin lines beside it."""
    banded = any(point.HasField("low") and point.HasField("high") for point in chart.series[index].points)
    if not banded or chart.type not in (ipb.CHART_TYPE_LINE, ipb.CHART_TYPE_AREA):
        return
    line = {"color": roles.colours(chart)[index], "width": 0.75, "dash_type": "round_dot"}
    for column in (LOW_COLUMN, HIGH_COLUMN):
        drawn.add_series(
            {
                "name": [DATA_SHEET, 0, column],
                "categories": _cells(X_COLUMN, first, count),
                "values": _cells(column, first, count),
                "line": line,
            }
        )


def _add_in_colours(drawn: Any, chart: ipb.Chart, block: Block, first: int, numbers: frozenset[str]) -> None:
    """All bars as one series, so that each stands over its own category; colours go point by point."""
    colours = roles.colours(chart)
    drawn.add_series(
        {
            "name": [DATA_SHEET, first, TITLE_COLUMN],
            "categories": _cells(X_COLUMN, first, len(block)),
            "values": _cells(VALUE_COLUMN, first, len(block)),
            "points": [{"fill": {"color": colours[row.series]}} for row in block],
            "gap": GAP_PERCENT,
            **_labels(block, first, numbers, "outside_end"),
        }
    )


def _add_steps(drawn: Any, chart: ipb.Chart, block: Block, first: int, numbers: frozenset[str]) -> None:
    """The bars of a waterfall on invisible feet; what is said of a bar stands in the middle of it."""
    colours = iter(step.colour for step in waterfall.steps(chart, {}))
    points = [{"fill": {"color": next(colours)}} if row.length is not None else None for row in block]
    shared = {"categories": _cells(X_COLUMN, first, len(block)), "gap": GAP_PERCENT}
    feet = {"fill": {"none": True}, "line": {"none": True}}
    drawn.add_series(
        {
            "name": [DATA_SHEET, 0, START_COLUMN],
            "values": _cells(START_COLUMN, first, len(block)),
            **shared,
            **feet,
        }
    )
    drawn.add_series(
        {
            "name": [DATA_SHEET, first, TITLE_COLUMN],
            "values": _cells(LENGTH_COLUMN, first, len(block)),
            "points": points,
            **shared,
            **_labels(block, first, numbers, "inside_end"),
        }
    )


def _labels(block: Block, first: int, numbers: frozenset[str], position: str) -> dict[str, Any]:
    """The printed numbers of bars, all or none, by reference to the cells they stand in."""
    if not block or not all(row.point.evidence_id in numbers for row in block):
        return {}
    column = chr(ord("A") + PRINTED_COLUMN)
    custom = [{"value": f"='{DATA_SHEET}'!${column}${first + index + 1}"} for index in range(len(block))]
    font = {"size": 9, "color": "#FFFFFF" if position == "inside_end" else palette.INK}
    return {"data_labels": {"value": True, "position": position, "custom": custom, "font": font}}


def _look(kind: ipb.ChartType, colour: str, role: ipb.SeriesRole) -> dict[str, Any]:
    if kind == ipb.CHART_TYPE_BAR:
        return {"fill": {"color": colour}, "gap": GAP_PERCENT}
    if kind == ipb.CHART_TYPE_AREA:
        return {"fill": {"color": colour, "transparency": 70}, "line": {"color": colour}}
    if role != ipb.SERIES_ROLE_UNSPECIFIED:
        dash = {"dash_type": "dash"} if role == ipb.SERIES_ROLE_FORECAST else {}
        return {"marker": {"type": "none"}, "line": {"color": colour, "width": 1.75, **dash}}
    if kind == ipb.CHART_TYPE_SCATTER:
        filled = {"fill": {"color": colour}, "border": {"color": colour}}
        return {"marker": {"type": "circle", "size": 5, **filled}}
    return {"line": {"color": colour, "width": 2.25}}


def _title(drawn: Any, chart: ipb.Chart, top: int) -> None:
    font = {"size": 12, "color": palette.INK}
    drawn.set_title(
        {"name": [DATA_SHEET, top, TITLE_COLUMN], "overlay": False, "name_font": font}
        if chart.title
        else {"none": True}
    )


def _axes(drawn: Any, chart: ipb.Chart, top: int, blocks: Sequence[Block]) -> None:
    quiet = {"line": {"color": palette.BASELINE}, "num_font": {"color": palette.MUTED}}
    gridlines = {"visible": True, "line": {"color": palette.GRID}}
    axis = _vertical(chart, blocks)
    # Bars begin at zero: a program left to itself may begin where the shortest one ends.
    span = {"min": axis.places[0], "max": axis.places[-1], "major_unit": axis.step}
    values = {**quiet, **span, "major_gridlines": gridlines, "num_format": axis.look.code}
    along: dict[str, Any] = {**quiet, "label_position": "low"}
    if chart.y.label:
        values |= _axis_name(top, Y_LABEL_COLUMN)
    if chart.x.label and chart.type not in (ipb.CHART_TYPE_BAR, ipb.CHART_TYPE_WATERFALL):
        along |= _axis_name(top, X_LABEL_COLUMN)
    if chart.type == ipb.CHART_TYPE_SCATTER:
        along |= _horizontal(chart)
    drawn.set_x_axis(along)
    drawn.set_y_axis(values)


def _vertical(chart: ipb.Chart, blocks: Sequence[Block]) -> NumberAxis:
    if chart.type == ipb.CHART_TYPE_WATERFALL and not crosses_zero(chart):
        steps = waterfall.steps(chart, {})
        floor, high = waterfall.base(steps), max((max(step.start, step.end) for step in steps), default=1.0)
        return number_axis(floor, high, unit=chart.y.unit)
    if chart.type in (ipb.CHART_TYPE_BAR, ipb.CHART_TYPE_WATERFALL):
        found = [row.point.y for block in blocks for row in block if row.point.HasField("y")]
        values = [0.0, *(value for value in found if math.isfinite(value))]
        return number_axis(min(values), max(values), unit=chart.y.unit)
    return lines.vertical_axis(chart)


def _horizontal(chart: ipb.Chart) -> dict[str, Any]:
    found = [lines.number(point.x) for series in chart.series for point in series.points]
    xs = [x for x in found if x is not None]
    if not xs:
        return {}
    axis = number_axis(min(xs), max(xs), 6, unit=chart.x.unit)
    span = {"min": axis.places[0], "max": axis.places[-1], "major_unit": axis.step}
    return {**span, "num_format": axis.look.code, "major_gridlines": {"visible": False}}


def _axis_name(top: int, column: int) -> dict[str, Any]:
    return {"name": [DATA_SHEET, top, column], "name_font": {"bold": False, "color": palette.MUTED}}
