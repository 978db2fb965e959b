"""The widgets of a dashboard as parts of a page."""

from __future__ import annotations

from collections.abc import Sequence

from claribi.v1 import dashboards_pb2 as pb
from claribi.v1 import insights_pb2 as ipb

from server.exports import charts
from server.exports.charts.ticks import moment, time_label
from server.exports.escape import Safe, drawing, element
from server.exports.html import plain_table
from server.exports.numbers import printed
from server.exports.outline import Table

COLUMNS = 12
# What a widget that spans so many of the twelve columns has for its chart, in px, its frame taken off.
COLUMN_PX, FRAME_PX, NARROWEST_PX = 98, 52, 250
NOT_AVAILABLE = "These data are not available at the moment."
NO_DATA = "There are no data for this selection."
MOST_ROWS = 50

_FORMS = {
    pb.WIDGET_TYPE_LINE: ipb.CHART_TYPE_LINE,
    pb.WIDGET_TYPE_AREA: ipb.CHART_TYPE_AREA,
    pb.WIDGET_TYPE_SCATTER: ipb.CHART_TYPE_SCATTER,
    # Shares and steps are compared more surely by length than by angle or width.
    pb.WIDGET_TYPE_BAR: ipb.CHART_TYPE_BAR,
    pb.WIDGET_TYPE_PIE: ipb.CHART_TYPE_BAR,
    pb.WIDGET_TYPE_FUNNEL: ipb.CHART_TYPE_BAR,
}


def board(widgets: Sequence[pb.Widget]) -> Safe:
    """The widgets from top to bottom and left to right, each as wide as its place says."""
    ordered = sorted(widgets, key=lambda widget: (widget.position.y, widget.position.x))
    return element("div", *map(_widget, ordered), class_="board")


def _widget(widget: pb.Widget) -> Safe:
    span = min(widget.position.w or COLUMNS, COLUMNS)
    title = element("h2", widget.title) if widget.title else ""
    return element("section", title, _content(widget, span), class_=f"widget w{span}")


def _content(widget: pb.Widget, span: int) -> Safe:
    if widget.HasField("error") or not widget.HasField("data"):
        return element("p", NOT_AVAILABLE, class_="failure")
    if not any(point.HasField("value") for point in widget.data.points):
        return element("p", NO_DATA)
    if widget.type in (pb.WIDGET_TYPE_METRIC, pb.WIDGET_TYPE_GAUGE):
        return element("p", _number(widget.data.points[0], widget.data.unit), class_="value")
    if widget.type in _FORMS:
        return _drawn(widget, max(span * COLUMN_PX - FRAME_PX, NARROWEST_PX))
    return plain_table(_pivot(widget) if widget.type == pb.WIDGET_TYPE_HEATMAP else _listed(widget))


def _number(point: pb.WidgetPoint, unit: str) -> str:
    return printed(point.value, unit) if point.HasField("value") else ""


def _drawn(widget: pb.Widget, total: float) -> Safe:
    chart, numbers = chart_of(widget)
    return element("figure", drawing(charts.svg(chart, numbers, total), chart.alt))


def chart_of(widget: pb.Widget) -> tuple[ipb.Chart, dict[str, str]]:
    """The chart of a widget, and the numbers to write on it by the id its points carry."""
    data, query = widget.data, widget.query
    chart = ipb.Chart(type=_FORMS[widget.type], title=widget.title)
    chart.x.kind, chart.x.grain, chart.x.label = _axis_kind(widget), query.grain, query.x
    chart.y.kind, chart.y.label, chart.y.unit = ipb.AXIS_KIND_NUMBER, query.measure, data.unit
    series: dict[str, ipb.Series] = {}
    numbers = {}
    for index, point in enumerate(data.points):
        if point.series not in series:
            series[point.series] = chart.series.add(name=point.series or query.measure)
        drawn = series[point.series].points.add(x=point.x, evidence_id=str(index))
        if point.HasField("value"):
            drawn.y = point.value
            numbers[str(index)] = printed(point.value, data.unit)
    chart.alt = _in_words(chart)
    return chart, numbers


def _axis_kind(widget: pb.Widget) -> ipb.AxisKind:
    if widget.query.grain:
        return ipb.AXIS_KIND_TIME
    return ipb.AXIS_KIND_NUMBER if widget.type == pb.WIDGET_TYPE_SCATTER else ipb.AXIS_KIND_CATEGORY


def _in_words(chart: ipb.Chart) -> str:
    kind = ipb.ChartType.Name(chart.type).removeprefix("CHART_TYPE_").lower()
    names = ", ".join(series.name for series in chart.series if series.name)
    title = f"{chart.title}: " if chart.title else ""
    return f"{title}{kind} chart of {names or 'values'} by {chart.x.label or 'category'}."


def _where(widget: pb.Widget, x: str) -> str:
    at = moment(x) if widget.query.grain else None
    return time_label(at, widget.query.grain) if at else x


def _listed(widget: pb.Widget) -> Table:
    """The points one under the other, under the headings the data carry."""
    data = widget.data
    several = any(point.series for point in data.points)
    rows = [
        (_where(widget, p.x), *([p.series] if several else []), _number(p, data.unit))
        for p in data.points[:MOST_ROWS]
    ]
    names = [
        widget.query.x or "",
        *([widget.query.series] if several else []),
        widget.query.measure or "Value",
    ]
    given = list(data.columns) if len(data.columns) == len(names) else names
    return Table(tuple(given), tuple(rows), (*[False] * (len(names) - 1), True))


def _pivot(widget: pb.Widget) -> Table:
    """A row for each x and a column for each series."""
    data = widget.data
    across = list(dict.fromkeys(point.series for point in data.points))
    down = list(dict.fromkeys(point.x for point in data.points))[:MOST_ROWS]
    cells = {(point.x, point.series): _number(point, data.unit) for point in data.points}
    rows = tuple((_where(widget, x), *(cells.get((x, series), "") for series in across)) for x in down)
    return Table((widget.query.x, *across), rows, (False, *[True] * len(across)))
