"""A sensible board from a profile: what a careful analyst would put on the first screen."""

from collections.abc import Iterator, Sequence

from claribi.v1 import dashboards_pb2 as boards
from claribi.v1 import data_sources_pb2 as sources
from claribi.v1 import insights_pb2
from claribi.v1.dashboards_pb2 import Widget, WidgetPosition, WidgetQuery
from claribi.v1.data_sources_pb2 import DataColumn, DataSchema, DataTable

from server.analysis.roles import name_words, word_set
from server.query.widget import default_grain

_COLUMNS = 12
_METRICS = 4
_METRIC_HEIGHT, _CHART_HEIGHT = 2, 5
_BAR_LIMIT, _TABLE_LIMIT = 12, 20
_FEW, _MANY = 2, 200
"""A dimension worth a bar chart has between so many different values."""
_FEW_SERIES = 6
_AVERAGED = word_set(
    "price rate ratio percent pct percentage score rating age temperature share average avg mean margin discount "
    "duration weight height length width satisfaction speed"
)
"""Words of measures that are averaged: their sum means nothing."""
_UNITS = frozenset({"usd", "eur", "gbp", "chf", "jpy", "percent", "pct"})
_MONEY = word_set("revenue sales turnover amount income profit")


def suggest_widgets(source_id: str, schema: DataSchema) -> list[Widget]:
    """Metrics, a line over time, two bars and a table over the largest table; positions fill a grid of 12.

    Works for any schema: without measures rows are counted, without time or dimensions those charts are left
    out. An empty schema gives no widgets.
    """
    if not schema.tables:
        return []
    table = max(schema.tables, key=lambda item: (len(_measures(item)) > 0, item.rows))
    widgets = [*_metrics(table), *_charts(table)]
    for widget in widgets:
        widget.data_source_id = source_id
        widget.query.table = table.name
    return widgets


def _measures(table: DataTable) -> list[DataColumn]:
    """Money first, since that is what most boards are opened for; then in the order of the table."""
    measures = [c for c in table.columns if c.role == sources.COLUMN_ROLE_MEASURE and c.distinct > 1]
    return sorted(measures, key=lambda column: not _MONEY & set(name_words(column.name)))


def _dimensions(table: DataTable) -> list[DataColumn]:
    fitting = [
        column
        for column in table.columns
        if column.role == sources.COLUMN_ROLE_DIMENSION and _FEW <= column.distinct <= _MANY
    ]
    # Some dozen members show best; ties keep the order of the table.
    return sorted(fitting, key=lambda column: (column.distinct > _BAR_LIMIT, column.distinct < 3))


def _aggregation(column: DataColumn) -> insights_pb2.Aggregation:
    averaged = _AVERAGED & set(name_words(column.name))
    return insights_pb2.AGGREGATION_AVERAGE if averaged else insights_pb2.AGGREGATION_SUM


def _spoken(name: str) -> str:
    """A column's name as people say it; the unit stands with the number."""
    words = name.replace("_", " ").split()
    if len(words) > 1 and words[-1].lower() in _UNITS:
        words.pop()
    return " ".join(words)


def _title(column: DataColumn) -> str:
    word = "Average" if _aggregation(column) == insights_pb2.AGGREGATION_AVERAGE else "Total"
    return f"{word} {_spoken(column.name)}"


def _asked(column: DataColumn | None) -> WidgetQuery:
    if column is None:
        return WidgetQuery(aggregation=insights_pb2.AGGREGATION_COUNT)
    return WidgetQuery(measure=column.name, aggregation=_aggregation(column))


def _metrics(table: DataTable) -> Iterator[Widget]:
    asked: list[tuple[str, WidgetQuery]] = [("Rows", _asked(None))]
    asked += [(_title(column), _asked(column)) for column in _measures(table)[: _METRICS - 1]]
    width = _COLUMNS // len(asked)
    for place, (title, query) in enumerate(asked):
        position = WidgetPosition(x=place * width, y=0, w=width, h=_METRIC_HEIGHT)
        yield Widget(type=boards.WIDGET_TYPE_METRIC, title=title, position=position, query=query)


def _charts(table: DataTable) -> Iterator[Widget]:
    measures, dimensions = _measures(table), _dimensions(table)
    main = next((m for m in measures if _aggregation(m) == insights_pb2.AGGREGATION_SUM), None) or _first(
        measures
    )
    name = _title(main) if main is not None else "Rows"
    y = _METRIC_HEIGHT
    time = next((column for column in table.columns if column.role == sources.COLUMN_ROLE_TIME), None)
    if time is not None and time.distinct > 1:
        query = _asked(main)
        query.x, query.limit = time.name, 200
        # Told, so that whoever draws the axis knows months from days.
        query.grain = default_grain(time)
        yield _placed(boards.WIDGET_TYPE_LINE, f"{name} over time", query, (0, y, _COLUMNS))
        y += _CHART_HEIGHT
    for place, dimension in enumerate(dimensions[:2]):
        query = _asked(main)
        query.x, query.limit = dimension.name, _BAR_LIMIT
        title = f"{name} by {_spoken(dimension.name)}"
        yield _placed(boards.WIDGET_TYPE_BAR, title, query, (6 * place, y, 6))
    if dimensions:
        y += _CHART_HEIGHT
        yield _table(main, name, dimensions, y)


def _table(main: DataColumn | None, name: str, dimensions: Sequence[DataColumn], y: int) -> Widget:
    detailed = max(dimensions, key=lambda column: column.distinct)
    query = _asked(main)
    query.x, query.limit = detailed.name, _TABLE_LIMIT
    split = next((c for c in dimensions if c.name != detailed.name and c.distinct <= _FEW_SERIES), None)
    title = f"{name} by {_spoken(detailed.name)}"
    if split is not None:
        query.series = split.name
        title += f" and {_spoken(split.name)}"
    return _placed(boards.WIDGET_TYPE_TABLE, title, query, (0, y, _COLUMNS))


def _placed(type_: boards.WidgetType, title: str, query: WidgetQuery, place: tuple[int, int, int]) -> Widget:
    x, y, width = place
    position = WidgetPosition(x=x, y=y, w=width, h=_CHART_HEIGHT)
    return Widget(type=type_, title=title[:200], position=position, query=query)


def _first(columns: Sequence[DataColumn]) -> DataColumn | None:
    return columns[0] if columns else None
