"""What is wrong with a widget's question, by field, with what would be right; needs the schema only."""

from collections import defaultdict
from collections.abc import Iterable

from claribi.v1 import dashboards_pb2, insights_pb2
from claribi.v1 import data_sources_pb2 as sources
from claribi.v1.dashboards_pb2 import Filter, Widget, WidgetQuery
from claribi.v1.data_sources_pb2 import DataColumn, DataSchema, DataTable

from server.query.values import parse
from server.query.widget import column_of

Problems = dict[str, list[str]]
_SINGLE = frozenset((dashboards_pb2.WIDGET_TYPE_METRIC, dashboards_pb2.WIDGET_TYPE_GAUGE))
_NUMBERS = frozenset((sources.COLUMN_TYPE_INTEGER, sources.COLUMN_TYPE_NUMBER))
_COUNTS = frozenset((insights_pb2.AGGREGATION_COUNT, insights_pb2.AGGREGATION_DISTINCT_COUNT))
_RANGES = frozenset((dashboards_pb2.FILTER_OPERATOR_GTE, dashboards_pb2.FILTER_OPERATOR_LTE))
_SHOWN_COLUMNS = 30
_TYPE_WORDS = {
    sources.COLUMN_TYPE_INTEGER: "whole numbers",
    sources.COLUMN_TYPE_NUMBER: "numbers",
    sources.COLUMN_TYPE_BOOLEAN: "true or false",
    sources.COLUMN_TYPE_DATE: "days",
    sources.COLUMN_TYPE_TIMESTAMP: "moments",
    sources.COLUMN_TYPE_TEXT: "text",
}


def table_of(schema: DataSchema, name: str) -> DataTable | None:
    """The table of that name, or the first when no name is given."""
    if not name:
        return schema.tables[0] if schema.tables else None
    return next((table for table in schema.tables if table.name == name), None)


def check_query(widget: Widget, schema: DataSchema) -> Problems:
    """Field path below the widget (such as `query.measure`) -> what is wrong with it; empty when all is well."""
    query = widget.query
    table = table_of(schema, query.table)
    if table is None:
        names = ", ".join(item.name for item in schema.tables)
        return {"query.table": [f"Unknown table '{query.table}'. Tables: {names}."]}
    problems: defaultdict[str, list[str]] = defaultdict(list)
    for name in ("measure", "x", "series"):
        given = getattr(query, name)
        if given and column_of(table, given) is None:
            problems[f"query.{name}"].append(_unknown(given, table))
    if problems:
        return dict(problems)
    for field, text in (*_measure_problems(widget, table), *_axis_problems(widget, table)):
        problems[f"query.{field}"].append(text)
    for field, text in filter_problems(query.filters, table):
        problems[f"query.{field}"].append(text)
    return dict(problems)


def _unknown(name: str, table: DataTable) -> str:
    names = [column.name for column in table.columns]
    more = ", ..." if len(names) > _SHOWN_COLUMNS else ""
    return f"Unknown column '{name}'. Columns: {', '.join(names[:_SHOWN_COLUMNS])}{more}."


def _measure_problems(widget: Widget, table: DataTable) -> Iterable[tuple[str, str]]:
    query = widget.query
    column = column_of(table, query.measure) if query.measure else None
    scatter = widget.type == dashboards_pb2.WIDGET_TYPE_SCATTER
    if column is None:
        if query.aggregation not in {0, insights_pb2.AGGREGATION_COUNT}:
            yield "measure", "This aggregation needs a column to aggregate; leave it out to count rows."
        if scatter:
            yield "measure", "A scatter widget needs a column of numbers."
    elif column.type not in _NUMBERS and (scatter or query.aggregation not in _COUNTS):
        kind = _TYPE_WORDS.get(column.type, "unknown")
        yield "measure", f"'{column.name}' holds {kind}; use a column of numbers, or count or distinct_count."


def _axis_problems(widget: Widget, table: DataTable) -> Iterable[tuple[str, str]]:
    query = widget.query
    x = column_of(table, query.x) if query.x else None
    if widget.type in _SINGLE:
        yield from ((name, "A single number has no axis; leave it out.") for name in _given(query))
    elif x is None:
        yield "x", "Name the column along the axis."
    elif widget.type == dashboards_pb2.WIDGET_TYPE_SCATTER and x.type not in _NUMBERS:
        yield "x", f"'{x.name}' holds {_TYPE_WORDS.get(x.type, 'unknown')}; a scatter widget needs numbers."
    if widget.type == dashboards_pb2.WIDGET_TYPE_HEATMAP and not query.series:
        yield "series", "A heatmap needs a second column."
    if query.series and query.series == query.x:
        yield "series", "This is the column along the axis already; name another, or leave it out."
    if x is not None and query.grain:
        yield from _grain_problems(query, x)


def _given(query: WidgetQuery) -> list[str]:
    return [name for name in ("x", "series") if getattr(query, name)]


def _grain_problems(query: WidgetQuery, x: DataColumn) -> Iterable[tuple[str, str]]:
    if x.role != sources.COLUMN_ROLE_TIME:
        yield "grain", f"'{x.name}' is no time column; leave the grain out."
    elif x.type == sources.COLUMN_TYPE_DATE and query.grain == insights_pb2.GRAIN_HOUR:
        yield "grain", f"'{x.name}' holds days; use day or a coarser grain."


def filter_problems(
    filters: Iterable[Filter], table: DataTable, *, lenient: bool = False
) -> Iterable[tuple[str, str]]:
    """Problems of filters by field; `lenient` lets columns pass that the table does not have."""
    for index, item in enumerate(filters):
        column = column_of(table, item.column)
        if column is None:
            if not lenient:
                yield f"filters.{index}.column", _unknown(item.column, table)
            continue
        if item.operator in _RANGES and len(item.values) != 1:
            yield f"filters.{index}.values", "gte and lte take exactly one value."
        if not item.values:
            yield f"filters.{index}.values", "Give at least one value."
        for text in item.values:
            try:
                parse(text, column.type)
            except ValueError as error:
                yield f"filters.{index}.values", f"{item.column}: {error}"
