"""Refreshing a dashboard: reserve a credit, ask every widget and the analysis again, store, settle - or refund."""

import asyncio
import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from claribi.v1.dashboards_pb2 import Dashboard, Widget
from claribi.v1.reports_pb2 import REPORT_TYPE_STANDARD, Report
from sqlalchemy import Row

from server.analysis.online import Batch, Wealth
from server.clock import Clock, now, timestamp, to_datetime
from server.errors import ApiError, not_found
from server.job import JobFailed
from server.settings import Settings
from server.stores import dashboards, data_sources
from server.stores.credits import RESERVED
from server.stores.files import Files
from server.stores.session import Database
from server.work import credits
from server.work.boards import UNKNOWN_SOURCE, UNREAD_SOURCE, carry_answers, source_ids
from server.work.sandbox import Sandbox
from server.work.sync import as_api_error, job_limits

OPERATION = "dashboard_refresh"
CREDITS = 1
# A dashboard shows what stands out beside its widgets; a report is the place for everything.
MAX_INSIGHTS = 5
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Refresh:
    """A refresh under way: the dashboard as it was, its sources, the credit set aside, what was tested of it so far."""

    organization_id: str
    dashboard: Dashboard
    sources: Mapping[str, Row[Any]]
    entry_id: str
    wealth: Wealth

    @property
    def key(self) -> str:
        """The data it stands on: sources and hashes of their snapshots."""
        shown = sorted((row.id, row.snapshot_hash) for row in self.sources.values() if row.snapshot_hash)
        return hashlib.sha256(repr(shown).encode()).hexdigest()

    @property
    def known(self) -> bool:
        """Whether these very data were tested last, so that the answer stands."""
        return self.dashboard.HasField("statistics") and self.wealth.last == self.key


class Refresher:
    """Refreshes dashboards in child processes; one dashboard once at a time."""

    def __init__(
        self, settings: Settings, database: Database, *, files: Files, sandbox: Sandbox, clock: Clock = now
    ) -> None:
        self._settings = settings
        self._database = database
        self._files = files
        self._sandbox = sandbox
        self._clock = clock
        self._under_way: set[tuple[str, str]] = set()

    async def start(self) -> None:
        """Give back the credits of refreshes that the last stop of the server cut short."""
        async with self._database.write() as tx:
            for entry_id in await dashboards.fetch_left_behind(tx, operation=OPERATION, state=RESERVED):
                await credits.refund(tx, entry_id, now=self._clock())

    async def refresh(self, organization_id: str, dashboard_id: str) -> None:
        """Refresh a dashboard and store the answers.

        A widget that fails carries its error, the rest lives. The credit comes back when no widget has an answer or
        the analysis failed. Raises ApiError: not_found, conflict (under way, or nothing to refresh),
        insufficient_credits.
        """
        key = (organization_id, dashboard_id)
        if key in self._under_way:
            raise ApiError("conflict", "This dashboard is being refreshed already.", retry_after=1)
        self._under_way.add(key)
        try:
            await self._run(await self._reserve(organization_id, dashboard_id))
        finally:
            self._under_way.discard(key)

    async def _reserve(self, organization_id: str, dashboard_id: str) -> Refresh:
        """Begin; a caller who leaves while the reservation is committed leaves none behind."""
        beginning = asyncio.ensure_future(self._begin(organization_id, dashboard_id))
        try:
            return await asyncio.shield(beginning)
        except asyncio.CancelledError:
            await asyncio.wait({beginning})
            if beginning.exception() is None:
                await self._refund(beginning.result().entry_id)
            raise

    async def _begin(self, organization_id: str, dashboard_id: str) -> Refresh:
        async with self._database.write() as tx:
            row = await dashboards.fetch_one(tx, organization_id, dashboard_id)
            if row is None:
                raise not_found()
            dashboard = dashboards.to_message(row)
            if not dashboard.widgets:
                raise ApiError("conflict", "This dashboard has no widgets to refresh.")
            sources = await data_sources.fetch_many(tx, organization_id, source_ids(dashboard.widgets))
            entry_id = await credits.reserve(
                tx,
                organization_id,
                operation=OPERATION,
                resource_id=dashboard_id,
                credits=CREDITS,
                now=self._clock(),
            )
        return Refresh(organization_id, dashboard, sources, entry_id, Wealth.from_json(row.tested))

    async def _run(self, refresh: Refresh) -> None:
        try:
            widgets = await self._ask(refresh)
            found = await self._analyse(refresh)
            await self._store(refresh, widgets, found)
        except BaseException as failure:
            # Also when the caller left: what was not delivered is not charged.
            await asyncio.shield(self._refund(refresh.entry_id))
            if isinstance(failure, JobFailed):
                raise as_api_error(failure) from failure
            raise

    async def _refund(self, entry_id: str) -> None:
        async with self._database.write() as tx:
            await credits.refund(tx, entry_id, now=self._clock())

    async def _ask(self, refresh: Refresh) -> list[Widget]:
        """Every widget with its answer or its error."""
        readable = [w for w in refresh.dashboard.widgets if _problem(refresh, w) is None]
        answered = await self._run_widgets(refresh, readable) if readable else []
        moment = timestamp(self._clock())
        for widget in refresh.dashboard.widgets:
            problem = _problem(refresh, widget)
            if problem is not None:
                failed = Widget()
                failed.CopyFrom(widget)
                failed.ClearField("data")
                failed.error = problem
                failed.refreshed_at.CopyFrom(moment)
                answered.append(failed)
        return answered

    async def _run_widgets(self, refresh: Refresh, widgets: list[Widget]) -> list[Widget]:
        payload = {
            "widgets": [_b64(widget) for widget in widgets],
            "filters": [_b64(item) for item in refresh.dashboard.config.filters],
            "sources": {source["id"]: source for source in self._readable_sources(refresh)},
            "now": to_datetime(self._clock()).isoformat(),
            "threads": self._settings.job_threads,
        }
        data = await self._sandbox.run("widgets", payload, limits=job_limits(self._settings))
        return list(Dashboard.FromString(data).widgets)

    async def _analyse(self, refresh: Refresh) -> Dashboard | None:
        """Insights, evidence and statistics of the sources shown; None when that failed, which spares the widgets.

        Data that were tested last keep their answer; data that were tested before are tested at the same level again,
        and only others spend what the refreshes so far have left.
        """
        sources = self._readable_sources(refresh)
        if refresh.known or not sources:
            return refresh.dashboard if refresh.known else None
        skeleton = Report(
            id=refresh.dashboard.id, name=refresh.dashboard.name, report_type=REPORT_TYPE_STANDARD
        )
        budget, level = refresh.wealth.budget(), refresh.wealth.levels.get(refresh.key)
        payload = {
            "report": _b64(skeleton),
            "sections": [],
            "limit": MAX_INSIGHTS,
            "now": to_datetime(self._clock()).isoformat(),
            "threads": self._settings.job_threads,
            "sources": sources,
            "level": level,
            "spendable": budget.spendable,
            "discoveries": budget.discoveries,
        }
        try:
            answer = orjson.loads(
                await self._sandbox.run("insights", payload, limits=job_limits(self._settings))
            )
        except JobFailed as failure:
            log.warning("no insights", dashboard_id=refresh.dashboard.id, error=failure.message)
            return None
        found = Dashboard.FromString(base64.b64decode(answer["dashboard"]))
        if level is None:
            refresh.wealth.enter(refresh.key, Batch(answer["level"], answer["passed"], answer["at_most"]))
        refresh.wealth.last = refresh.key
        found.statistics.refreshes_tested = refresh.wealth.tested
        return found

    async def _store(self, refresh: Refresh, widgets: list[Widget], found: Dashboard | None) -> None:
        moment = self._clock()
        async with self._database.write() as tx:
            row = await dashboards.fetch_one(tx, refresh.organization_id, refresh.dashboard.id)
            if row is None:
                raise not_found()
            dashboard = dashboards.to_message(row)
            answered = carry_answers(dashboard.widgets, widgets)
            _tell(dashboard, found or Dashboard())
            await dashboards.save(tx, refresh.organization_id, dashboard, now=moment)
            await dashboards.set_tested(tx, refresh.organization_id, dashboard.id, refresh.wealth.to_json())
            await dashboards.set_refreshed(
                tx, refresh.organization_id, dashboard.id, data_as_of=_oldest(dashboard, refresh), now=moment
            )
            if answered and found is not None:
                await credits.settle(tx, refresh.entry_id, now=moment)
            else:
                await credits.refund(tx, refresh.entry_id, now=moment)

    def _readable_sources(self, refresh: Refresh) -> list[dict[str, Any]]:
        return [
            source_payload(self._files, refresh.organization_id, row)
            for row in refresh.sources.values()
            if row.snapshot_hash is not None
        ]


def source_payload(files: Files, organization_id: str, row: Row[Any]) -> dict[str, Any]:
    """A source with a snapshot as the child processes take it."""
    return {
        "id": row.id,
        "name": row.name,
        "hash": row.snapshot_hash,
        "directory": str(files.snapshot(organization_id, row.id, row.snapshot_hash)),
        "schema": base64.b64encode(row.schema).decode(),
        "quality": base64.b64encode(row.quality).decode(),
    }


def _problem(refresh: Refresh, widget: Widget) -> str | None:
    """Why a widget cannot even be asked."""
    row = refresh.sources.get(widget.data_source_id)
    if row is None:
        return UNKNOWN_SOURCE
    return UNREAD_SOURCE if row.snapshot_hash is None else None


def _tell(dashboard: Dashboard, found: Dashboard) -> None:
    """Replace the insights; of the evidence only what they print, and no charts, since a dashboard has its widgets."""
    cited = {evidence_id for insight in found.insights for evidence_id in insight.evidence_ids}
    insights = list(found.insights)
    evidence = [item for item in found.evidence if item.id in cited]
    for name in ("insights", "evidence", "statistics"):
        dashboard.ClearField(name)
    dashboard.insights.extend(insights)
    dashboard.evidence.extend(evidence)
    if found.HasField("statistics"):
        dashboard.statistics.CopyFrom(found.statistics)
    for insight in dashboard.insights:
        insight.ClearField("chart_id")


def _oldest(dashboard: Dashboard, refresh: Refresh) -> int | None:
    """When the oldest snapshot was taken that the dashboard shows."""
    shown = {widget.data_source_id for widget in dashboard.widgets if widget.HasField("data")}
    taken = [row.snapshot_taken_at for row in refresh.sources.values() if row.id in shown]
    return min((moment for moment in taken if moment is not None), default=None)


def _b64(message: Any) -> str:
    return base64.b64encode(message.SerializeToString(deterministic=True)).decode()
