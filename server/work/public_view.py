"""What a public link shows, as message and as JSON: the allowlist of `server.exports.public`, nothing beside it."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from claribi.v1.dashboards_pb2 import Dashboard
from claribi.v1.reports_pb2 import SECTION_KIND_APPENDIX, Report
from google.protobuf.message import Message

from server.exports import public

Allowed = Mapping[str, tuple[str, ...]]


def public_report(report: Report) -> Report:
    """The report as strangers see it; without the appendix, whose table prints the queries."""
    shown = public.public_report(report)
    for index in reversed(range(len(shown.sections))):
        if shown.sections[index].kind == SECTION_KIND_APPENDIX:
            del shown.sections[index]
    return shown


def public_json(resource: Report | Dashboard, to_json: Callable[[Message], bytes]) -> bytes:
    """The JSON of what strangers see; fields that are not shown are not there, rather than null."""
    if isinstance(resource, Report):
        shown: Report | Dashboard = public_report(resource)
        allowed: Allowed = public.REPORT_FIELDS
    else:
        shown, allowed = public.public_dashboard(resource), public.DASHBOARD_FIELDS
    return orjson.dumps(_pruned(orjson.loads(to_json(shown)), shown.DESCRIPTOR, allowed))


def _pruned(value: Any, descriptor: Any, allowed: Allowed) -> Any:
    if isinstance(value, list):
        return [_pruned(item, descriptor, allowed) for item in value]
    if not isinstance(value, dict):
        return value
    names = allowed.get(descriptor.name, ())
    return {
        field.name: value[field.name]
        if field.message_type is None
        else _pruned(value[field.name], field.message_type, allowed)
        for field in descriptor.fields
        if field.name in value and (names == public.EVERYTHING or field.name in names)
    }
