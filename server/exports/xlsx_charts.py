"""Native charts of a workbook, drawn from the rows of its sheet of chart data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from claribi.v1 import insights_pb2 as ipb

from server.exports.charts import drawable, palette
from server.exports.escape import workbook_cell

DATA_SHEET = "Charts data"
TITLE_COLUMN, SERIES_COLUMN, X_COLUMN, VALUE_COLUMN, X_LABEL_COLUMN, Y_LABEL_COLUMN = 0, 1, 2, 3, 6, 7
WIDTH_PX, HEIGHT_PX, ROW_PX = 760, 340, 20

_KINDS: dict[ipb.ChartType, dict[str, str]] = {
    # Standing bars: programs disagree about which axis of lying ones is reversed.
    ipb.CHART_TYPE_BAR: {"type": "column"},
    ipb.CHART_TYPE_AREA: {"type": "area"},
    ipb.CHART_TYPE_SCATTER: {"type": "scatter"},
}


def add_charts(book: Any, sheet: Any, charts: Iterable[ipb.Chart]) -> None:
    """Puts each chart that has points on the sheet, one under the other."""
    row, place = 1, 0
    for chart in charts:
        first = row
        row += sum(len(series.points) for series in chart.series)
        if drawable(chart):
            drawn = _chart(book, chart, first)
            sheet.insert_chart(
                place, 0, drawn, {"description": workbook_cell(chart.alt or chart.title)[:2000]}
            )
            place += HEIGHT_PX // ROW_PX + 2


def _chart(book: Any, chart: ipb.Chart, top: int) -> Any:
    """The native chart of the rows from `top` on; its names are references to cells, never texts.

    xlsxwriter takes a text such as "x!A1" for a reference, with or without "=" before it.
    """
    drawn = book.add_chart(_KINDS.get(chart.type, {"type": "line"}))
    colours = palette.colours([series.emphasis for series in chart.series])
    apart = _stand_apart(chart)
    if apart:
        drawn.add_series(_as_one(chart, top, colours))
    first = top
    for series, colour in () if apart else zip(chart.series, colours, strict=True):
        last = first + max(len(series.points), 1) - 1
        drawn.add_series(
            {
                "name": [DATA_SHEET, first, SERIES_COLUMN],
                "categories": [DATA_SHEET, first, X_COLUMN, last, X_COLUMN],
                "values": [DATA_SHEET, first, VALUE_COLUMN, last, VALUE_COLUMN],
                **_look(chart.type, colour),
            }
        )
        first += len(series.points)
    _title(drawn, chart, top)
    _axes(drawn, chart, top)
    several = len(chart.series) > 1 and not apart
    drawn.set_legend({"position": "bottom"} if several else {"none": True})
    drawn.show_blanks_as("gap")
    drawn.set_size({"width": WIDTH_PX, "height": HEIGHT_PX})
    return drawn


def _stand_apart(chart: ipb.Chart) -> bool:
    """Whether the series of a bar chart share no category: they only colour the bars of one row."""
    places = [point.x for series in chart.series for point in series.points]
    return chart.type == ipb.CHART_TYPE_BAR and len(set(places)) == len(places)


def _as_one(chart: ipb.Chart, top: int, colours: Sequence[str]) -> dict[str, Any]:
    """All bars as one series, so that each stands over its own category; colours go point by point."""
    coloured = [
        {"fill": {"color": colour}}
        for series, colour in zip(chart.series, colours, strict=True)
        for _ in series.points
    ]
    last = top + max(len(coloured), 1) - 1
    return {
        "name": [DATA_SHEET, top, TITLE_COLUMN],
        "categories": [DATA_SHEET, top, X_COLUMN, last, X_COLUMN],
        "values": [DATA_SHEET, top, VALUE_COLUMN, last, VALUE_COLUMN],
        "points": coloured,
        "gap": 45,
    }


def _look(kind: ipb.ChartType, colour: str) -> dict[str, Any]:
    if kind == ipb.CHART_TYPE_BAR:
        return {"fill": {"color": colour}, "gap": 45}
    if kind == ipb.CHART_TYPE_AREA:
        return {"fill": {"color": colour, "transparency": 70}, "line": {"color": colour}}
    if kind == ipb.CHART_TYPE_SCATTER:
        return {
            "marker": {"type": "circle", "size": 5, "fill": {"color": colour}, "border": {"color": colour}}
        }
    return {"line": {"color": colour, "width": 2.25}}


def _title(drawn: Any, chart: ipb.Chart, top: int) -> None:
    font = {"size": 12, "color": palette.INK}
    drawn.set_title(
        {"name": [DATA_SHEET, top, TITLE_COLUMN], "overlay": False, "name_font": font}
        if chart.title
        else {"none": True}
    )


def _axes(drawn: Any, chart: ipb.Chart, top: int) -> None:
    quiet = {"line": {"color": palette.BASELINE}, "num_font": {"color": palette.MUTED}}
    gridlines = {"visible": True, "line": {"color": palette.GRID}}
    values = {**quiet, "major_gridlines": gridlines, "num_format": "#,##0.##"}
    along: dict[str, Any] = {**quiet, "label_position": "low"}
    if chart.y.label:
        values |= _axis_name(top, Y_LABEL_COLUMN)
    if chart.x.label and chart.type != ipb.CHART_TYPE_BAR:
        along |= _axis_name(top, X_LABEL_COLUMN)
    drawn.set_x_axis(along)
    drawn.set_y_axis(values)


def _axis_name(top: int, column: int) -> dict[str, Any]:
    return {"name": [DATA_SHEET, top, column], "name_font": {"bold": False, "color": palette.MUTED}}
