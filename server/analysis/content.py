"""The hash of what a report says."""

import hashlib
from typing import Any

from claribi.v1 import reports_pb2
from google.protobuf.message import Message

DIGITS = 9  # of a number that count: sums of the same values may differ beyond
_VARYING = frozenset({"claribi.v1.Evidence.computed_at", "claribi.v1.EvidenceSource.data_source_id"})
CONTENT = (
    "sections",
    "insights",
    "evidence",
    "charts",
    "data_quality",
    "statistics",
    "summary",
    "engine",
    "seed",
    "question",
    "report_type",
    "period",
)


def content_hash(report: reports_pb2.Report) -> str:
    """sha-256, in hexadecimal, over all that is said; ids of sources and moments of computing do not count."""
    digest = hashlib.sha256()
    for name in CONTENT:
        digest.update(repr((name, _plain(getattr(report, name)))).encode())
    return digest.hexdigest()


def _plain(value: Any) -> Any:
    """The value as nested tuples in which equal content is equal text."""
    if isinstance(value, Message):
        return tuple(
            (field.name, _plain(part))
            for field, part in value.ListFields()
            if field.full_name not in _VARYING
        )
    if isinstance(value, float):
        return f"{value:.{DIGITS - 1}e}"
    if isinstance(value, str | int | bytes):
        return value
    return tuple(_plain(part) for part in value)
