"""The widgets of a dashboard: checked against the sources they ask, and given the answers they had."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from claribi.v1.dashboards_pb2 import Widget
from claribi.v1.data_sources_pb2 import DataSchema
from sqlalchemy import Row

from server.clock import new_id
from server.errors import invalid
from server.stores.data_sources import schema_of

# A check says what is wrong with a widget's query: field path below the widget -> texts.
WidgetCheck = Callable[[Widget, DataSchema], Mapping[str, Sequence[str]]]
BoardMaker = Callable[[str, DataSchema], Sequence[Widget]]

UNKNOWN_SOURCE = "This data source does not exist."
UNREAD_SOURCE = "This data source has not been read yet; sync it first."
ANSWER_FIELDS = ("data", "error", "refreshed_at")
# As many as a request may give.
MAX_WIDGETS = 50


def checked_widgets(
    widgets: Sequence[Widget], sources: Mapping[str, Row[Any]], check: WidgetCheck
) -> list[Widget]:
    """The widgets as they are kept: with ids, without the answers a client sent.

    `sources` are rows of data sources by id. Raises ApiError 400 naming each wrong field, such as
    `widgets.0.data_source_id`.
    """
    problems: dict[str, list[str]] = {}
    kept: list[Widget] = []
    ids: set[str] = set()
    for index, given in enumerate(widgets):
        widget = Widget()
        widget.CopyFrom(given)
        for name in ANSWER_FIELDS:
            widget.ClearField(name)
        widget.id = widget.id or new_id()
        found = dict(_source_problems(widget, sources, check))
        if widget.id in ids:
            found["id"] = [f"Another widget has the id '{widget.id}'."]
        ids.add(widget.id)
        kept.append(widget)
        problems |= {f"widgets.{index}.{name}": list(texts) for name, texts in found.items()}
    if problems:
        raise invalid(problems)
    return kept


def suggested_widgets(
    source_ids: Sequence[str], sources: Mapping[str, Row[Any]], make: BoardMaker
) -> list[Widget]:
    """A board over several sources, one below the other.

    Raises ApiError 400 for a source that does not exist or was never read.
    """
    problems = {
        f"data_source_ids.{index}": [problem]
        for index, source_id in enumerate(source_ids)
        if (problem := _unreadable(sources.get(source_id))) is not None
    }
    if problems:
        raise invalid(problems)
    board: list[Widget] = []
    for source_id in source_ids:
        top = max((widget.position.y + widget.position.h for widget in board), default=0)
        for widget in make(source_id, schema_of(sources[source_id])):
            widget.id = new_id()
            widget.position.y += top
            board.append(widget)
    return board[:MAX_WIDGETS]


def carry_answers(widgets: Iterable[Widget], before: Iterable[Widget]) -> int:
    """Give each widget the answer its namesake had, unless it now asks something else; how many got data."""
    known = {widget.id: widget for widget in before}
    answered = 0
    for widget in widgets:
        old = known.get(widget.id)
        if old is None or not _asks_the_same(widget, old):
            continue
        for name in ANSWER_FIELDS:
            widget.ClearField(name)
        if old.HasField("data"):
            widget.data.CopyFrom(old.data)
            answered += 1
        if old.HasField("error"):
            widget.error = old.error
        if old.HasField("refreshed_at"):
            widget.refreshed_at.CopyFrom(old.refreshed_at)
    return answered


def source_ids(widgets: Iterable[Widget]) -> list[str]:
    """The sources the widgets ask, each once, in order."""
    return list(dict.fromkeys(widget.data_source_id for widget in widgets))


def _asks_the_same(widget: Widget, old: Widget) -> bool:
    return (
        widget.data_source_id == old.data_source_id and widget.type == old.type and widget.query == old.query
    )


def _source_problems(
    widget: Widget, sources: Mapping[str, Row[Any]], check: WidgetCheck
) -> Mapping[str, Sequence[str]]:
    row = sources.get(widget.data_source_id)
    problem = _unreadable(row)
    if problem is not None or row is None:
        return {"data_source_id": [problem or UNKNOWN_SOURCE]}
    return check(widget, schema_of(row))


def _unreadable(row: Row[Any] | None) -> str | None:
    if row is None:
        return UNKNOWN_SOURCE
    return UNREAD_SOURCE if row.schema is None else None
