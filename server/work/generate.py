"""Generating a report: reserve, analyse, render, settle - or refund.

Each phase is its own transaction; the report's row and the credit entry change together, so that at no moment a
credit is spent without a report or a report made without its credit.
"""

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import structlog
from claribi.v1 import reports_pb2
from claribi.v1.data_sources_pb2 import DATA_SOURCE_STATUS_PAUSED
from claribi.v1.reports_pb2 import (
    GenerateReportRequest,
    Report,
    ReportError,
    ReportFile,
    ReportPlan,
    ReportProgress,
    ReportSummary,
)
from sqlalchemy import Row

from server.caller import Caller
from server.clock import SECOND, Clock, new_id, now, to_datetime
from server.errors import ApiError, invalid, not_found
from server.job import JobFailed
from server.settings import Settings
from server.stores import data_sources, reports
from server.stores.files import Files
from server.stores.session import Database, Transaction
from server.work import credits
from server.work.language_model import LanguageModel
from server.work.request_terms import (
    as_printed,
    check_period,
    cost_of,
    file_name,
    first_summary,
    format_of,
    format_word,
    type_of,
    type_word,
)
from server.work.sandbox import Sandbox
from server.work.sync import as_api_error, job_limits
from server.work.voice import Voice

log = structlog.get_logger(__name__)

STEPS = ("profile", "analyse", "write", "render")
# Analysis is most of the work; rendering ends it.
ANALYSIS_SHARE = 0.85
HEARTBEATS_PER_LEASE = 6
# A restart within the lease still finds the work of the process before it.
SWEEP_SECONDS = 15.0


@dataclass
class Running:
    """A report under way in this process."""

    report_id: str
    organization_id: str
    entry_id: str
    progress: ReportProgress = field(default_factory=lambda: ReportProgress(phase="waiting"))
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[None] | None" = None
    failure: ApiError | None = None

    def advance(self, phase: str, fraction: float) -> None:
        """Work goes on; whoever follows is woken."""
        self.progress = ReportProgress(phase=phase, fraction=round(min(max(fraction, 0.0), 1.0), 3))
        moved, self.moved = self.moved, asyncio.Event()
        moved.set()


class Generator:
    """Makes reports in child processes, as many at once as the sandbox allows."""

    def __init__(
        self, settings: Settings, database: Database, *, files: Files, sandbox: Sandbox, clock: Clock = now
    ) -> None:
        self._settings = settings
        self._database = database
        self._files = files
        self._sandbox = sandbox
        self._clock = clock
        self._model = LanguageModel(settings) if settings.language_model_url else None
        self._running: dict[str, Running] = {}
        self._beginning: set[asyncio.Future[Running]] = set()
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Give back what an earlier process left behind, and keep looking."""
        self._sweeper = asyncio.create_task(self._sweep_forever())

    async def close(self, grace_seconds: float) -> None:
        """Let reports under way end; those that do not in time are failed and refunded."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        tasks = [running.task for running in self._running.values() if running.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=grace_seconds)
        for running in list(self._running.values()):
            await self._end(running, ReportError(code="service_unavailable", message="The server stopped."))

    async def plan(self, caller: Caller, request: GenerateReportRequest) -> Report:
        """What a generation would do and cost; nothing is charged."""
        check_period(request)
        async with self._database.read() as tx:
            rows = await self._sources(tx, caller.organization_id, request)
        tables = [table for row in rows for table in data_sources.schema_of(row).tables]
        plan = ReportPlan(
            credits=cost_of(request),
            rows=sum(table.rows for table in tables),
            steps=list(STEPS),
            tables=[table.name for table in tables],
        )
        return Report(
            name=request.name, report_type=type_of(request), output_format=format_of(request), plan=plan
        )

    async def submit(self, caller: Caller, request: GenerateReportRequest) -> Running:
        """Reserve the credits, write the report down as pending and begin.

        A caller who leaves meanwhile does not stop it half-way: either all of it happens or none.
        Raises ApiError: validation_error, data_source_unavailable, insufficient_credits.
        """
        check_period(request)
        beginning = asyncio.ensure_future(self._begin(caller, request))
        self._beginning.add(beginning)
        beginning.add_done_callback(self._beginning.discard)
        return await asyncio.shield(beginning)

    async def _begin(self, caller: Caller, request: GenerateReportRequest) -> Running:
        report_id = new_id()
        async with self._database.write() as tx:
            rows = await self._sources(tx, caller.organization_id, request)
            entry_id = await credits.reserve(
                tx,
                caller.organization_id,
                operation=f"report_{type_word(request)}",
                resource_id=report_id,
                credits=cost_of(request),
                now=self._clock(),
            )
            summary = first_summary(report_id, caller, request, rows)
            await reports.add(
                tx,
                caller.organization_id,
                summary,
                request=request,
                credit_entry_id=entry_id,
                now=self._clock(),
            )
        running = Running(report_id, caller.organization_id, entry_id)
        self._running[report_id] = running
        running.task = asyncio.create_task(self._run(running, summary, request, rows))
        return running

    async def wait(self, running: Running, seconds: float | None) -> bool:
        """Wait for the end of a report; whether it came in time. Giving up waiting does not stop the work."""
        if running.task is None:
            return True
        done, _ = await asyncio.wait({running.task}, timeout=seconds)
        return bool(done)

    async def follow(self, running: Running) -> AsyncIterator[ReportProgress]:
        """The progress of a report until it ends."""
        while running.task is not None and not running.task.done():
            moved = running.moved
            yield running.progress
            waiter = asyncio.create_task(moved.wait())
            await asyncio.wait({waiter, running.task}, return_when=asyncio.FIRST_COMPLETED)
            waiter.cancel()

    async def cancel(self, organization_id: str, report_id: str) -> None:
        """Stop a report and refund it; a report that has ended is a conflict, except a cancelled one."""
        async with self._database.read() as tx:
            row = await reports.fetch_one(tx, organization_id, report_id)
        if row is None:
            raise not_found()
        if row.status == reports_pb2.REPORT_STATUS_CANCELLED:
            return
        if not await self._end_row(organization_id, report_id, row.credit_entry_id, None):
            raise ApiError("conflict", "The report has ended; only one under way can be cancelled.")
        running = self._running.get(report_id)
        if running is not None and running.task is not None:
            running.task.cancel()
            await asyncio.wait({running.task})

    async def render(self, report: Report, *, organization_id: str, word: str) -> ReportFile:
        """The file of a report in a format; made in a child process."""
        output = self._files.report(organization_id, report.id, word)
        output.parent.mkdir(parents=True, exist_ok=True)
        payload = {"report": _b64(as_printed(report)), "format": word, "output": str(output)}
        answer = orjson.loads(await self._sandbox.run("render", payload, limits=job_limits(self._settings)))
        return ReportFile(content_type=answer["content_type"], size=answer["size"], sha256=answer["sha256"])

    async def sweep(self) -> int:
        """Fail and refund reports whose work was not heard of for a lease; how many there were."""
        before = self._clock() - int(self._settings.lease_seconds * SECOND)
        async with self._database.read() as tx:
            rows = await reports.fetch_left_behind(tx, before=before)
        error = ReportError(
            code="internal_error", message="The work on this report was lost; generate it again."
        )
        for row in rows:
            if row.id not in self._running:
                await self._end_row(row.organization_id, row.id, row.credit_entry_id, error)
        return len(rows)

    async def _sweep_forever(self) -> None:
        while True:
            try:
                await self.sweep()
            except ApiError as error:
                log.warning("sweep put off", error=error.message)
            await asyncio.sleep(SWEEP_SECONDS)

    async def _sources(
        self, tx: Transaction, organization_id: str, request: GenerateReportRequest
    ) -> list[Row[Any]]:
        found = await data_sources.fetch_many(tx, organization_id, list(request.data_source_ids))
        missing = [i for i in request.data_source_ids if i not in found]
        if missing:
            raise invalid({"data_source_ids": [f"Data source {i} does not exist." for i in missing]})
        for row in found.values():
            if row.snapshot_hash is None or row.status == DATA_SOURCE_STATUS_PAUSED:
                why = "is paused" if row.snapshot_hash else row.sync_error or "has not been read yet"
                raise ApiError(
                    "data_source_unavailable",
                    f"Data source '{row.name}' cannot be read: {why}.",
                    details={"data_source_id": row.id},
                )
        return [found[i] for i in request.data_source_ids]

    async def _run(
        self,
        running: Running,
        summary: ReportSummary,
        request: GenerateReportRequest,
        rows: list[Row[Any]],
    ) -> None:
        beat = asyncio.create_task(self._beat(running))
        try:
            report = await self._analyse(running, summary, request, rows)
            await self._finish(running, report)
        except asyncio.CancelledError:
            await self._end(running, None)
        except (JobFailed, ApiError) as failure:
            error = as_api_error(failure) if isinstance(failure, JobFailed) else failure
            await self._fail(running, error)
        except Exception as failure:
            log.error("report failed", report_id=running.report_id, exc_info=failure)
            await self._fail(running, ApiError("internal_error"))
        finally:
            beat.cancel()
            self._running.pop(running.report_id, None)

    async def _beat(self, running: Running) -> None:
        """Write progress down a few times a lease, so that no sweep takes the work for lost."""
        pause = self._settings.lease_seconds / HEARTBEATS_PER_LEASE
        while True:
            try:
                async with self._database.write() as tx:
                    await reports.set_progress(
                        tx,
                        running.organization_id,
                        running.report_id,
                        progress=running.progress,
                        now=self._clock(),
                    )
            except ApiError as error:
                log.warning("heartbeat put off", report_id=running.report_id, error=error.message)
            await asyncio.sleep(min(pause, 2.0))

    async def _analyse(
        self,
        running: Running,
        summary: ReportSummary,
        request: GenerateReportRequest,
        rows: list[Row[Any]],
    ) -> Report:
        running.advance("analyse", 0.0)
        skeleton = Report(
            id=summary.id,
            name=summary.name,
            question=summary.question,
            report_type=summary.report_type,
            output_format=summary.output_format,
            seed=summary.seed,
            data_sources=summary.data_sources,
            created_by=summary.created_by,
            credits_used=summary.credits_used,
        )
        if summary.HasField("period"):
            skeleton.period.CopyFrom(summary.period)
        payload = {
            "report": _b64(skeleton),
            "sections": list(request.sections),
            "now": to_datetime(self._clock()).isoformat(),
            "threads": self._settings.job_threads,
            "sources": [self.source_payload(running.organization_id, row) for row in rows],
        }
        report = Report()
        report.CopyFrom(skeleton)
        report.MergeFrom(_content_only(await self._told(running, payload, summary)))
        return report

    async def _told(self, running: Running, payload: dict[str, Any], summary: ReportSummary) -> Report:
        """The analysis of a payload, in the words of a language model where one is set and passes the gate."""

        async def analysed(job: str) -> bytes:
            return await self._sandbox.run(
                job,
                payload,
                limits=job_limits(self._settings),
                progress=lambda phase, fraction: running.advance(phase, fraction * ANALYSIS_SHARE),
            )

        if self._model is None:
            return Report.FromString(await analysed("analyse"))
        voice = Voice(self._model, self._model.budget(), seed=summary.seed)
        payload["focus"] = await voice.propose(summary.question, payload["sources"])
        return await voice.retell(await analysed("tell"))

    def source_payload(self, organization_id: str, row: Row[Any]) -> dict[str, Any]:
        """A source as the child processes take it."""
        return {
            "id": row.id,
            "name": row.name,
            "hash": row.snapshot_hash,
            "directory": str(self._files.snapshot(organization_id, row.id, row.snapshot_hash)),
            "schema": base64.b64encode(row.schema).decode(),
            "quality": base64.b64encode(row.quality).decode(),
        }

    async def _finish(self, running: Running, report: Report) -> None:
        running.advance("render", ANALYSIS_SHARE)
        word = format_word(report.output_format)
        report.file.CopyFrom(await self.render(report, organization_id=running.organization_id, word=word))
        moment = self._clock()
        async with self._database.write() as tx:
            kept = await reports.complete(
                tx,
                running.organization_id,
                report,
                summary=reports.lean(report),
                file_name=file_name(report.name, word),
                now=moment,
            )
            if kept:
                await credits.settle(tx, running.entry_id, now=moment)
        if not kept:
            self._files.discard(*self._files.report_files(running.organization_id, running.report_id))
        running.advance("done", 1.0)

    async def _fail(self, running: Running, error: ApiError) -> None:
        running.failure = error
        await self._end(running, ReportError(code=error.word, message=error.message))

    async def _end(self, running: Running, error: ReportError | None) -> None:
        await self._end_row(running.organization_id, running.report_id, running.entry_id, error)
        self._files.discard(*self._files.report_files(running.organization_id, running.report_id))

    async def _end_row(
        self, organization_id: str, report_id: str, entry_id: str, error: ReportError | None
    ) -> bool:
        async with self._database.write() as tx:
            ended = await reports.end(tx, organization_id, report_id, error=error, now=self._clock())
            if ended:
                await credits.refund(tx, entry_id, now=self._clock())
        return ended


CONTENT_FIELDS = (
    "sections", "insights", "evidence", "charts", "data_quality", "statistics", "summary", "engine", "content_hash"
)  # fmt: skip


def _content_only(report: Report) -> Report:
    """What the analysis may say; the rest of the report is not its business."""
    content = Report()
    for name in CONTENT_FIELDS:
        reports.copy_field(content, name, getattr(report, name))
    return content


def _b64(message: Any) -> str:
    return base64.b64encode(message.SerializeToString(deterministic=True)).decode()
