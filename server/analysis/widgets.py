"""Widgets answered from snapshots, and a board one would have built by hand."""

import base64
import logging
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from claribi.v1.dashboards_pb2 import Dashboard, Filter, Widget, WidgetData, WidgetPoint
from claribi.v1.data_sources_pb2 import DataSchema

from server.analysis.board import suggest_widgets
from server.job import Progress
from server.query.check import check_query, filter_problems, table_of
from server.query.engine import Query, QueryError, open_snapshot
from server.query.snapshot import SnapshotError
from server.query.widget import Question, axis_text, widget_query

__all__ = ["check_query", "run", "suggest_widgets"]

_LOG = logging.getLogger(__name__)
_MEMORY_MB = 512
_THREADS = 2
_NO_SOURCE = "The data source is not there any more, or has not been read yet."
_NO_ANSWER = "The question could not be answered from this snapshot; sync the data source and try again."


def run(payload: dict[str, Any], progress: Progress) -> bytes:
    """Answers widgets: serialized Dashboard whose widgets, in their order, hold data or an error.

    Payload: `widgets` and `filters` (serialized Widget and Filter messages in base64), `sources` by id
    (`directory`, `hash`, `schema`), `now` (ISO 8601), `threads`.
    """
    widgets = [Widget.FromString(base64.b64decode(text)) for text in payload["widgets"]]
    filters = [Filter.FromString(base64.b64decode(text)) for text in payload.get("filters", ())]
    now = _moment(payload.get("now"))
    by_source: defaultdict[str, list[Widget]] = defaultdict(list)
    for widget in widgets:
        by_source[widget.data_source_id].append(widget)
    for place, (source_id, asked) in enumerate(by_source.items()):
        progress("widgets", place / len(by_source))
        source = payload["sources"].get(source_id)
        _answer_source(source, asked, filters, threads=int(payload.get("threads") or _THREADS))
    for widget in widgets:
        widget.refreshed_at.FromDatetime(now)
    return Dashboard(widgets=widgets).SerializeToString(deterministic=True)


def _moment(text: str | None) -> datetime:
    moment = datetime.fromisoformat(text) if text else datetime.now(UTC)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _schema(source: Mapping[str, Any]) -> DataSchema:
    return DataSchema.FromString(base64.b64decode(source["schema"]))


def _opened(source: Mapping[str, Any], threads: int) -> Any:
    return open_snapshot(Path(source["directory"]), memory_mb=_MEMORY_MB, threads=threads)


def _answer_source(
    source: Mapping[str, Any] | None, widgets: Sequence[Widget], filters: Sequence[Filter], *, threads: int
) -> None:
    for widget in widgets:
        widget.ClearField("data")
        widget.ClearField("error")
    if source is None:
        _fail(widgets, _NO_SOURCE)
        return
    schema = _schema(source)
    try:
        with _opened(source, threads) as query:
            for widget in widgets:
                _answer(widget, query, schema, filters=filters, snapshot_hash=source["hash"])
    except SnapshotError as error:
        _LOG.error("snapshot of source %s: %s", source.get("id"), error)
        _fail(widgets, _NO_ANSWER)


def _fail(widgets: Iterable[Widget], text: str) -> None:
    for widget in widgets:
        widget.error = text


def _answer(
    widget: Widget, query: Query, schema: DataSchema, *, filters: Sequence[Filter], snapshot_hash: str
) -> None:
    problem = next(_problems(widget, schema, filters), None)
    table = table_of(schema, widget.query.table)
    if problem is not None or table is None:
        widget.error = problem or _NO_ANSWER
        return
    question = widget_query(widget.query, table, filters, type_=widget.type)
    try:
        rows = query.rows(question.sql, question.params)
    except QueryError as error:
        _LOG.error("widget %s: %s", widget.id, error)
        widget.error = _NO_ANSWER
        return
    widget.data.CopyFrom(widget_data(widget, question, rows, snapshot_hash=snapshot_hash))


def _problems(widget: Widget, schema: DataSchema, filters: Sequence[Filter]) -> Iterator[str]:
    for texts in check_query(widget, schema).values():
        yield from texts
    table = table_of(schema, widget.query.table)
    if table is not None:
        for _, text in filter_problems(filters, table, lenient=True):
            yield f"Filter of the dashboard: {text}"


def widget_data(
    widget: Widget, question: Question, rows: Sequence[tuple[Any, ...]], *, snapshot_hash: str
) -> WidgetData:
    """The answer as a message; a value that is no finite number becomes null."""
    points = []
    for x, series, value, _ in rows:
        point = WidgetPoint(
            x=axis_text(x) if widget.query.x else "", series=axis_text(series) if widget.query.series else ""
        )
        number = _number(value)
        if number is not None:
            point.value = number
        points.append(point)
    return WidgetData(
        columns=question.columns,
        points=points,
        total_points=int(rows[0][3]) if rows else 0,
        unit=question.unit,
        query=question.text,
        snapshot_hash=snapshot_hash,
    )


def _number(value: Any) -> float | None:
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None
