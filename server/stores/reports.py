"""Reports as rows: the lean half for lists, the content once it is there."""

from typing import Any

from claribi.v1.reports_pb2 import (
    REPORT_STATUS_CANCELLED,
    REPORT_STATUS_COMPLETED,
    REPORT_STATUS_FAILED,
    REPORT_STATUS_GENERATING,
    REPORT_STATUS_PENDING,
    GenerateReportRequest,
    Report,
    ReportError,
    ReportProgress,
    ReportSummary,
)
from google.protobuf.message import Message
from sqlalchemy import Row, bindparam, delete, func, insert, select, update

from server.clock import optional_timestamp, timestamp
from server.stores.query import Listing, Page, fetch_page, folded, one_row
from server.stores.session import Transaction
from server.stores.tables import reports

_c = reports.c
UNDER_WAY = (REPORT_STATUS_PENDING, REPORT_STATUS_GENERATING)
_LEAN = tuple(column for column in _c if column.name not in ("content", "request"))
LISTING = Listing(
    reports,
    columns=_LEAN,
    order={
        "created_at": _c.created_at,
        "updated_at": _c.updated_at,
        "completed_at": _c.completed_at,
        "name": _c.name_folded,
        "status": _c.status,
    },
    equal={"status": _c.status},
    name=_c.name_folded,
)
_ONE = select(reports).where(one_row(reports))
_LEFT_BEHIND = select(_c.id, _c.organization_id, _c.credit_entry_id).where(
    _c.status.in_(UNDER_WAY), _c.heartbeat_at < bindparam("of_time")
)
_ADD = insert(reports)
_CHANGE = update(reports).where(one_row(reports))
_CHANGE_UNDER_WAY = _CHANGE.where(_c.status.in_(UNDER_WAY))
_SET_PROGRESS = _CHANGE_UNDER_WAY.values(started_at=func.coalesce(_c.started_at, bindparam("of_start")))
_REMOVE = delete(reports).where(one_row(reports))


async def fetch_list(tx: Transaction, organization_id: str, request: Message) -> Page:
    """A page of reports, lean."""
    return await fetch_page(tx, LISTING, request, organization_id=organization_id)


async def fetch_one(tx: Transaction, organization_id: str, report_id: str) -> Row[Any] | None:
    """One report, whole."""
    return await tx.first(_ONE, {"of_organization": organization_id, "of_id": report_id})


async def fetch_left_behind(tx: Transaction, *, before: int) -> list[Row[Any]]:
    """Reports under way whose work was last heard of before a time, in every organization."""
    return await tx.all(_LEFT_BEHIND, {"of_time": before})


async def add(
    tx: Transaction,
    organization_id: str,
    summary: ReportSummary,
    *,
    request: GenerateReportRequest,
    credit_entry_id: str,
    now: int,
) -> None:
    """A new report, pending."""
    row = {
        "id": summary.id,
        "organization_id": organization_id,
        "name": summary.name,
        "name_folded": folded(summary.name),
        "status": REPORT_STATUS_PENDING,
        "request": request.SerializeToString(deterministic=True),
        "summary": summary.SerializeToString(deterministic=True),
        "created_by": summary.created_by.id,
        "created_by_email": summary.created_by.email,
        "credit_entry_id": credit_entry_id,
        "heartbeat_at": now,
        "created_at": now,
        "updated_at": now,
    }
    await tx.run(_ADD, row)


async def set_progress(
    tx: Transaction, organization_id: str, report_id: str, *, progress: ReportProgress, now: int
) -> None:
    """Work goes on; only while the report is under way."""
    values = {
        "status": REPORT_STATUS_GENERATING,
        "phase": progress.phase,
        "fraction": progress.fraction,
        "heartbeat_at": now,
        "updated_at": now,
    }
    of = {"of_organization": organization_id, "of_id": report_id, "of_start": now}
    await tx.run(_SET_PROGRESS, {**of, **values})


async def complete(
    tx: Transaction, organization_id: str, report: Report, *, summary: ReportSummary, file_name: str, now: int
) -> bool:
    """The report is made; false when it is no longer under way (cancelled, or given up by a sweep)."""
    values = {
        "status": REPORT_STATUS_COMPLETED,
        "summary": summary.SerializeToString(deterministic=True),
        "content": report.SerializeToString(deterministic=True),
        "file_name": file_name,
        "phase": "",
        "fraction": 1.0,
        "completed_at": now,
        "updated_at": now,
    }
    of = {"of_organization": organization_id, "of_id": report.id}
    return await tx.run(_CHANGE_UNDER_WAY, {**of, **values}) > 0


async def end(
    tx: Transaction, organization_id: str, report_id: str, *, error: ReportError | None, now: int
) -> bool:
    """The report failed, or was cancelled (no error); false when it had ended before."""
    row = await fetch_one(tx, organization_id, report_id)
    if row is None or row.status not in UNDER_WAY:
        return False
    summary = ReportSummary.FromString(row.summary)
    # What was reserved is given back: nothing was used.
    summary.credits_used = 0
    if error is not None:
        summary.error.CopyFrom(error)
    values = {
        "status": REPORT_STATUS_CANCELLED if error is None else REPORT_STATUS_FAILED,
        "summary": summary.SerializeToString(deterministic=True),
        "phase": "",
        "completed_at": now,
        "updated_at": now,
    }
    await tx.run(_CHANGE, {"of_organization": organization_id, "of_id": report_id, **values})
    return True


async def remove(tx: Transaction, organization_id: str, report_id: str) -> bool:
    """Delete a report; whether it existed."""
    return await tx.run(_REMOVE, {"of_organization": organization_id, "of_id": report_id}) > 0


def to_summary(row: Row[Any], *, base_url: str) -> ReportSummary:
    """The lean wire form of a row."""
    summary = ReportSummary.FromString(row.summary)
    _fill(summary, row, base_url)
    return summary


def to_report(row: Row[Any], *, base_url: str) -> Report:
    """The whole wire form of a row; content once it is there, progress until then."""
    report = Report.FromString(row.content or b"")
    if row.content is None:
        summary = ReportSummary.FromString(row.summary)
        for field, value in summary.ListFields():
            copy_field(report, field.name, value)
    _fill(report, row, base_url)
    if row.status in UNDER_WAY:
        report.progress.CopyFrom(ReportProgress(phase=row.phase or "waiting", fraction=row.fraction))
    return report


def lean(report: Report) -> ReportSummary:
    """The half of a report that lists carry."""
    summary = ReportSummary()
    names = summary.DESCRIPTOR.fields_by_name
    for field, value in report.ListFields():
        if field.name in names:
            copy_field(summary, field.name, value)
    return summary


def _fill(message: Report | ReportSummary, row: Row[Any], base_url: str) -> None:
    message.status = row.status
    message.created_at.CopyFrom(timestamp(row.created_at))
    message.updated_at.CopyFrom(timestamp(row.updated_at))
    for name in ("started_at", "completed_at"):
        moment = optional_timestamp(getattr(row, name))
        if moment is not None:
            getattr(message, name).CopyFrom(moment)
    if row.status == REPORT_STATUS_COMPLETED:
        message.download_url = f"{base_url}/api/v1/reports/{row.id}/download/"


def copy_field(target: Message, name: str, value: Any) -> None:
    field = target.DESCRIPTOR.fields_by_name[name]
    if field.is_repeated:
        getattr(target, name).extend(value)
    elif field.message_type is not None:
        getattr(target, name).CopyFrom(value)
    else:
        setattr(target, name, value)
