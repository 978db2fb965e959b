"""Native charts of a workbook, drawn from the rows of its sheet of chart data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from claribi.v1 import insights_pb2 as ipb

from server.exports.charts import drawable, palette
from server.exports.escape import workbook_cell

DATA_SHEET = "Charts data"
X_COLUMN, VALUE_COLUMN = 2, 3
WIDTH_PX, HEIGHT_PX, ROW_PX = 760, 340, 20
TITLE_CHARACTERS = 110

_KINDS: dict[ipb.ChartType, dict[str, str]] = {
    ipb.CHART_TYPE_BAR: {"type": "bar"},
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


def _chart(book: Any, chart: ipb.Chart, first: int) -> Any:
    drawn = book.add_chart(_KINDS.get(chart.type, {"type": "line"}))
    colours = palette.colours([series.emphasis for series in chart.series])
    for series, colour in zip(chart.series, colours, strict=True):
        last = first + max(len(series.points), 1) - 1
        drawn.add_series(
            {
                "name": workbook_cell(series.name)[:250] or " ",
                "categories": [DATA_SHEET, first, X_COLUMN, last, X_COLUMN],
                "values": [DATA_SHEET, first, VALUE_COLUMN, last, VALUE_COLUMN],
                **_look(chart.type, colour),
            }
        )
        first += len(series.points)
    _axes(drawn, chart)
    drawn.set_size({"width": WIDTH_PX, "height": HEIGHT_PX})
    return drawn


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


def _axes(drawn: Any, chart: ipb.Chart) -> None:
    title = workbook_cell(chart.title)[:TITLE_CHARACTERS]
    drawn.set_title({"name": title or " ", "overlay": False, "name_font": {"size": 12, "color": palette.INK}})
    label = ", ".join(filter(None, [chart.y.label, chart.y.unit]))[:TITLE_CHARACTERS]
    quiet = {"line": {"color": palette.BASELINE}, "num_font": {"color": palette.MUTED}}
    values = {"major_gridlines": {"visible": True, "line": {"color": palette.GRID}}, "num_format": "#,##0.##"}
    values |= {"name": workbook_cell(label), "name_font": {"bold": False, "color": palette.MUTED}}
    words: dict[str, Any] = {**quiet, "label_position": "low"}
    if chart.type == ipb.CHART_TYPE_BAR:
        # The first category on top, as it is read.
        drawn.set_x_axis({**words, "reverse": True})
        drawn.set_y_axis({**quiet, **values, "crossing": "max", "label_position": "low"})
    else:
        drawn.set_x_axis({**words, "name": workbook_cell(chart.x.label)[:TITLE_CHARACTERS]})
        drawn.set_y_axis({**quiet, **values})
    drawn.set_legend({"position": "bottom"} if len(chart.series) > 1 else {"none": True})
    drawn.show_blanks_as("gap")
