"""What a request for a report means: its type, its cost, its format, and the report as it begins."""

from datetime import datetime
from typing import Any

from claribi.v1 import reports_pb2
from claribi.v1.reports_pb2 import GenerateReportRequest, Report, ReportSource, ReportSummary, UserReference
from sqlalchemy import Row

from server.caller import Caller
from server.clock import bound, timestamp, to_micros
from server.errors import invalid
from server.methods import enum_word

VARYING = (
    "id", "file", "download_url", "public_link", "created_by", "created_at", "started_at", "completed_at",
    "updated_at", "progress", "error",
)  # fmt: skip
# A day in from both ends of the calendar: whatever the zone, the moment and the day after it still exist.
EARLIEST = to_micros(datetime(1, 1, 2))
LATEST = to_micros(datetime(9999, 12, 31))
CREDITS = {
    reports_pb2.REPORT_TYPE_SUMMARY: 2,
    reports_pb2.REPORT_TYPE_STANDARD: 3,
    reports_pb2.REPORT_TYPE_COMPREHENSIVE: 5,
}


def format_word(number: int) -> str:
    """The public word of an output format."""
    return enum_word(reports_pb2.OutputFormat.DESCRIPTOR.values_by_number[number])


def type_of(request: GenerateReportRequest) -> Any:
    """The depth asked for, standard unless said."""
    return request.report_type or reports_pb2.REPORT_TYPE_STANDARD


def format_of(request: GenerateReportRequest) -> Any:
    """The file format asked for, PDF unless said."""
    return request.output_format or reports_pb2.OUTPUT_FORMAT_PDF


def type_word(request: GenerateReportRequest) -> str:
    """The public word of the depth."""
    return enum_word(reports_pb2.ReportType.DESCRIPTOR.values_by_number[type_of(request)])


def check_period(request: GenerateReportRequest) -> None:
    """Refuse a period before anything is reserved for it; raises ApiError `validation_error`."""
    first, last = getattr(request.period, "from"), request.period.to
    for name, text in (("period.from", first), ("period.to", last)):
        if text and not EARLIEST <= _moment(text) < LATEST:
            raise invalid({name: ["Give a day from 0001-01-02 to 9999-12-30, or leave it out for no limit."]})
    if first and last and _moment(first) > _last_moment(last):
        raise invalid({"period.to": [f"Must not lie before period.from, {first}."]})


def _moment(text: str) -> int:
    return to_micros(datetime.fromisoformat(text))


def _last_moment(text: str) -> int:
    """The end of a day, or the moment itself."""
    return bound(text, end_of_day=True)


def cost_of(request: GenerateReportRequest) -> int:
    """Credits the report costs."""
    return CREDITS[type_of(request)]


def first_summary(
    report_id: str, caller: Caller, request: GenerateReportRequest, rows: list[Row[Any]]
) -> ReportSummary:
    """The report as it begins: everything known before the work."""
    summary = ReportSummary(
        id=report_id,
        name=request.name,
        report_type=type_of(request),
        output_format=format_of(request),
        question=request.question,
        data_sources=[
            ReportSource(
                id=row.id,
                name=row.name,
                snapshot_hash=row.snapshot_hash,
                snapshot_taken_at=timestamp(row.snapshot_taken_at),
            )
            for row in rows
        ],
        credits_used=cost_of(request),
        seed=request.seed,
        created_by=UserReference(id=caller.user_id, email=caller.email),
    )
    if request.HasField("period"):
        summary.period.CopyFrom(request.period)
    return summary


def as_printed(report: Report) -> Report:
    """What a file shows of a report: nothing that differs between two reports of the same content.

    The same snapshot, question and seed give the same bytes, whenever and by whomever they are asked for; the date
    is that of the newest snapshot.
    """
    printed = Report()
    printed.CopyFrom(report)
    for name in VARYING:
        printed.ClearField(name)
    printed.status = reports_pb2.REPORT_STATUS_COMPLETED
    for item in printed.evidence:
        item.ClearField("computed_at")
    taken = [
        source.snapshot_taken_at for source in report.data_sources if source.HasField("snapshot_taken_at")
    ]
    if taken:
        newest = max(taken, key=lambda moment: (moment.seconds, moment.nanos))
        printed.completed_at.CopyFrom(newest)
    return printed


def file_name(name: str, extension: str) -> str:
    """The name a report is downloaded under; characters that file systems dislike are replaced."""
    kept = "".join(c if c.isalnum() or c in " -_." else "-" for c in name).strip(" .") or "report"
    return f"{kept[:120]}.{extension}"
