"""The analysis as a job of a child process."""

from base64 import b64decode
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from claribi.v1 import data_sources_pb2 as data_sources
from claribi.v1 import reports_pb2 as reports

from server.analysis.engine import analyse
from server.analysis.focus import read_focus
from server.analysis.request import AnalysisRequest, Source, read_moment
from server.job import JobFailed
from server.query.engine import open_snapshot

MEMORY_MB = 512
# Sums of doubles depend on the order of addition; one thread keeps it, and with it the report, the same.
THREADS = 1
BESIDE = 2  # questions asked side by side, each on a thread of its own


def run(payload: dict[str, Any], progress: Callable[[str, float], None]) -> bytes:
    """Fills the report of the payload: {"report", "sections", "now", "sources"} -> serialized Report.

    Raises JobFailed when the period cannot be read.
    """
    with ExitStack() as stack:
        request = checked_request(payload, stack)
        return analyse(request, progress).SerializeToString(deterministic=True)


def checked_request(payload: dict[str, Any], stack: ExitStack) -> AnalysisRequest:
    """As `read_request`. Raises JobFailed when the period cannot be read."""
    request = read_request(payload, stack)
    try:
        request.period()
    except ValueError as error:
        raise JobFailed("validation_error", str(error), {"period": [str(error)]}) from error
    return request


def read_request(payload: dict[str, Any], stack: ExitStack) -> AnalysisRequest:
    """The request of a payload; the snapshots stay open as long as the stack."""
    return AnalysisRequest(
        report=reports.Report.FromString(b64decode(payload["report"])),
        sources=[_source(source, stack) for source in payload["sources"]],
        now=read_moment(payload["now"]),
        sections=[_kind(kind) for kind in payload.get("sections", ())],
        limit=payload.get("limit"),
        focus=read_focus(payload.get("focus", ())),
    )


def _source(source: dict[str, Any], stack: ExitStack) -> Source:
    query = stack.enter_context(
        open_snapshot(Path(source["directory"]), memory_mb=MEMORY_MB, threads=THREADS, beside=BESIDE)
    )
    return Source(
        id=source["id"],
        name=source["name"],
        hash=source["hash"],
        schema=data_sources.DataSchema.FromString(b64decode(source["schema"])),
        quality=data_sources.DataQuality.FromString(b64decode(source["quality"])),
        query=query,
    )


def _kind(kind: int | str) -> int:
    """A section kind by number, or by its word such as "key_metrics"."""
    if isinstance(kind, int):
        return kind
    word = kind.upper()
    return reports.SectionKind.Value(word if word.startswith("SECTION_KIND_") else f"SECTION_KIND_{word}")
