"""What a public link shows of a report or dashboard: the fields named here, and no other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from claribi.v1 import dashboards_pb2, reports_pb2
from google.protobuf.message import Message

M = TypeVar("M", bound=Message)

EVERYTHING = ("*",)

# By message; a message without a line shows nothing, so a new field or message is private until it is put here.
# Left out with intent: who made it, ids of sources, queries and their parameters, filters, error texts, links, costs.
REPORT_FIELDS: Mapping[str, tuple[str, ...]] = {
    "Report": (
        "name", "status", "report_type", "question", "data_sources", "period", "sections", "insights", "evidence",
        "charts", "data_quality", "statistics", "summary", "completed_at",
    ),
    "ReportSource": ("name",),
    "Period": EVERYTHING,
    "Section": EVERYTHING,
    "KeyMetric": EVERYTHING,
    "SectionTable": EVERYTHING,
    "TableRow": EVERYTHING,
    "ReportStatistics": EVERYTHING,
    "Insight": (
        "id", "type", "title", "narrative", "rank", "score", "direction", "magnitude", "statistics", "evidence_ids",
        "chart_id", "caveats",
    ),
    "Magnitude": EVERYTHING,
    "Statistics": EVERYTHING,
    "Effect": EVERYTHING,
    "Interval": EVERYTHING,
    "Evidence": ("id", "label", "value", "unit", "display"),
    "Chart": EVERYTHING,
    "Axis": EVERYTHING,
    "Series": EVERYTHING,
    "Point": EVERYTHING,
    "Annotation": EVERYTHING,
    "QualityFinding": EVERYTHING,
    "Timestamp": EVERYTHING,
}  # fmt: skip
DASHBOARD_FIELDS: Mapping[str, tuple[str, ...]] = {
    **{name: fields for name, fields in REPORT_FIELDS.items() if name != "Report"},
    "Dashboard": (
        "name",
        "description",
        "widgets",
        "insights",
        "evidence",
        "last_refreshed_at",
        "data_as_of",
    ),
    "Widget": ("id", "type", "title", "position", "query", "data", "refreshed_at"),
    "WidgetPosition": EVERYTHING,
    "WidgetQuery": ("measure", "aggregation", "x", "grain", "series"),
    "WidgetData": ("columns", "points", "total_points", "unit"),
    "WidgetPoint": EVERYTHING,
}


def public_report(report: reports_pb2.Report) -> reports_pb2.Report:
    """A copy of the report with nothing in it that a public link does not show."""
    shown = _copy(report, REPORT_FIELDS)
    for section in shown.sections:
        if section.kind == reports_pb2.SECTION_KIND_APPENDIX:
            # Its table may list queries.
            section.ClearField("table")
    return shown


def public_dashboard(dashboard: dashboards_pb2.Dashboard) -> dashboards_pb2.Dashboard:
    """A copy of the dashboard with nothing in it that a public link does not show."""
    return _copy(dashboard, DASHBOARD_FIELDS)


def _copy(message: M, allowed: Mapping[str, tuple[str, ...]]) -> M:
    copy = type(message)()
    shown = allowed.get(message.DESCRIPTOR.name, ())
    for field, value in message.ListFields():
        if shown != EVERYTHING and field.name not in shown:
            continue
        if field.message_type is None:
            _set(copy, field.name, value, repeated=field.is_repeated)
        elif field.is_repeated:
            getattr(copy, field.name).extend(_copy(item, allowed) for item in value)
        else:
            getattr(copy, field.name).CopyFrom(_copy(value, allowed))
    return copy


def _set(message: Message, name: str, value: object, *, repeated: bool) -> None:
    if repeated:
        getattr(message, name).extend(value)
    else:
        setattr(message, name, value)
