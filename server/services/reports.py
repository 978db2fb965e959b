"""Reports: generate, read, download, verify."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from claribi.v1 import policy_pb2, reports_pb2
from claribi.v1.reports_pb2 import (
    CancelReportRequest,
    CompareReportsRequest,
    DeleteReportRequest,
    DownloadReportRequest,
    GenerateReportEvent,
    GenerateReportRequest,
    GetEvidenceRequest,
    GetReportRequest,
    ListReportsRequest,
    ListReportsResponse,
    Report,
    ReportComparison,
    Verification,
    VerifiedEvidence,
    VerifyReportRequest,
)
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.empty_pb2 import Empty
from sqlalchemy import Row

from server.call import Call
from server.errors import ApiError, not_found
from server.job import JobFailed
from server.services.download import disposition
from server.services.paging import envelope
from server.stores import links, reports
from server.stores.files import Files, read_chunks
from server.stores.session import Database
from server.work.checks import Checker
from server.work.generate import Generator, Running
from server.work.links import Linker
from server.work.request_terms import format_word
from server.work.sync import as_api_error

CONTENT_TYPES = {
    "pdf": "application/pdf",
    "html": "text/html; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
# A synchronous answer is given this long before the caller's deadline, as 202 when the work goes on.
ANSWER_MARGIN_SECONDS = 1.0


class ReportService:
    """Reports of the caller's organization."""

    def __init__(
        self, *, database: Database, files: Files, generator: Generator, checker: Checker, linker: Linker
    ) -> None:
        self._database = database
        self._files = files
        self._generator = generator
        self._checker = checker
        self._linker = linker

    async def list_reports(self, call: Call, request: ListReportsRequest) -> ListReportsResponse:
        """A page of reports, lean."""
        organization_id = call.caller.organization_id
        page = await reports.fetch_list(call.tx, organization_id, request)
        shared = await links.fetch_many(call.tx, organization_id, "report", [row.id for row in page.rows])
        results = []
        for row in page.rows:
            summary = reports.to_summary(row, base_url=call.base_url)
            if row.id in shared:
                summary.public_link.CopyFrom(self._linker.message(shared[row.id], call.base_url))
            results.append(summary)
        response: ListReportsResponse = envelope(call, request, page, results)
        return response

    async def get_report(self, call: Call, request: GetReportRequest) -> Report:
        """One report, whole."""
        organization_id = call.caller.organization_id
        row = await reports.fetch_one(call.tx, organization_id, request.id)
        if row is None:
            raise not_found()
        report = reports.to_report(row, base_url=call.base_url)
        shared = await links.fetch_many(call.tx, organization_id, "report", [row.id])
        if row.id in shared:
            report.public_link.CopyFrom(self._linker.message(shared[row.id], call.base_url))
        return report

    async def generate_report(self, call: Call, request: GenerateReportRequest) -> Report:
        """Make a report; whole when it is ready in time, pending otherwise."""
        if request.dry_run:
            return await self._generator.plan(call.caller, request)
        running = await self._generator.submit(call.caller, request)
        seconds = _patience(call)
        if await self._generator.wait(running, seconds):
            _raise_failure(running)
        return await self._fetch(call, running.report_id)

    async def generate_report_stream(
        self, call: Call, request: GenerateReportRequest
    ) -> AsyncIterator[GenerateReportEvent]:
        """Make a report and tell how it goes."""
        running = await self._generator.submit(call.caller, request)
        async for progress in self._generator.follow(running):
            yield GenerateReportEvent(progress=progress)
        yield GenerateReportEvent(report=await self._fetch(call, running.report_id))

    async def cancel_report(self, call: Call, request: CancelReportRequest) -> Report:
        """Stop a report."""
        await self._generator.cancel(call.caller.organization_id, request.id)
        return await self._fetch(call, request.id)

    async def download_report(self, call: Call, request: DownloadReportRequest) -> AsyncIterator[HttpBody]:
        """The file, in its own format or another."""
        organization_id = call.caller.organization_id
        row = await self._completed(call, request.id)
        report = reports.to_report(row, base_url=call.base_url)
        word = format_word(request.format or report.output_format)
        path = self._files.report(organization_id, report.id, word)
        if not path.is_file():
            try:
                await self._generator.render(report, organization_id=organization_id, word=word)
            except JobFailed as failure:
                raise as_api_error(failure) from failure
        name = f"{row.file_name.rpartition('.')[0]}.{word}"
        call.reply["content-disposition"] = disposition(name)
        async for data in read_chunks(path):
            yield HttpBody(content_type=CONTENT_TYPES[word], data=data)

    async def delete_report(self, call: Call, request: DeleteReportRequest) -> Empty:
        """Delete a report with its files and its link."""
        caller = call.caller
        async with self._database.write() as tx:
            row = await reports.fetch_one(tx, caller.organization_id, request.id)
            if row is None:
                raise not_found()
            if row.status in reports.UNDER_WAY:
                raise ApiError("conflict", "The report is being generated; cancel it first.")
            if caller.role < policy_pb2.ROLE_ADMINISTRATOR and row.created_by != caller.user_id:
                raise ApiError(
                    "insufficient_permissions", "Only its maker or an administrator may delete a report."
                )
            await links.remove(tx, caller.organization_id, "report", request.id)
            await reports.remove(tx, caller.organization_id, request.id)
        self._files.discard(*self._files.report_files(caller.organization_id, request.id))
        return Empty()

    async def get_evidence(self, call: Call, request: GetEvidenceRequest) -> VerifiedEvidence:
        """One number, its query, and what the query gives now."""
        report = reports.to_report(await self._completed(call, request.id), base_url=call.base_url)
        found = next((e for e in report.evidence if e.id == request.evidence_id), None)
        if found is None:
            raise not_found()
        verification = await self._checker.verify(call.caller.organization_id, report.id, [found])
        number = verification.numbers[0]
        answer = VerifiedEvidence(evidence=found, verdict=number.verdict)
        if number.HasField("value_now"):
            answer.value_now = number.value_now
        answer.rows.extend(number.rows)
        if number.HasField("message"):
            answer.message = number.message
        return answer

    async def verify_report(self, call: Call, request: VerifyReportRequest) -> Verification:
        """Every number of a report, run again."""
        report = reports.to_report(await self._completed(call, request.id), base_url=call.base_url)
        return await self._checker.verify(call.caller.organization_id, report.id, report.evidence)

    async def compare_reports(self, call: Call, request: CompareReportsRequest) -> ReportComparison:
        """What moved from one run to another, and why."""
        before, after = [
            reports.to_report(await self._completed(call, report_id), base_url=call.base_url)
            for report_id in (request.id, request.other)
        ]
        return await self._checker.compare(call.caller.organization_id, before, after)

    async def _completed(self, call: Call, report_id: str) -> Row[Any]:
        async with self._database.read() as tx:
            row = await reports.fetch_one(tx, call.caller.organization_id, report_id)
        if row is None:
            raise not_found()
        if row.status != reports_pb2.REPORT_STATUS_COMPLETED:
            raise ApiError("conflict", "The report is not completed.")
        return row

    async def _fetch(self, call: Call, report_id: str) -> Report:
        async with self._database.read() as tx:
            row = await reports.fetch_one(tx, call.caller.organization_id, report_id)
        if row is None:
            raise not_found()
        return reports.to_report(row, base_url=call.base_url)


def _patience(call: Call) -> float | None:
    """Seconds to wait before answering "pending": what Prefer says, and never past the deadline."""
    waits = []
    for preference in call.metadata.get("prefer", "").split(","):
        word, _, value = preference.strip().partition("=")
        if word.lower() == "respond-async":
            waits.append(0.0)
        elif word.lower() == "wait" and value.strip().isdecimal():
            waits.append(float(value))
    if waits:
        call.reply["preference-applied"] = call.metadata["prefer"]
    if call.deadline is not None:
        left = call.deadline - asyncio.get_running_loop().time() - ANSWER_MARGIN_SECONDS
        waits.append(max(left, 0.0))
    return min(waits, default=None)


def _raise_failure(running: Running) -> None:
    """A synchronous caller hears of a failure as an error; the report keeps it too."""
    failure = running.failure
    if failure is None:
        return
    # Typed details would hide the fields at fault, which the caller needs more than the failed report's id.
    details = {} if failure.fields else {**failure.details, "report_id": running.report_id}
    raise ApiError(failure.word, failure.message, details=details, fields=failure.fields)
