"""Dashboards: create, change, refresh."""

from collections.abc import Sequence
from typing import Any

from claribi.v1.dashboards_pb2 import (
    DASHBOARD_STATUS_ACTIVE,
    CreateDashboardRequest,
    Dashboard,
    DashboardChanges,
    DeleteDashboardRequest,
    GetDashboardRequest,
    ListDashboardsRequest,
    ListDashboardsResponse,
    RefreshDashboardRequest,
    UpdateDashboardRequest,
    Widget,
)
from claribi.v1.policy_pb2 import ROLE_ADMINISTRATOR
from claribi.v1.reports_pb2 import UserReference
from google.protobuf.empty_pb2 import Empty
from sqlalchemy import Row

from server.call import Call
from server.clock import Clock, new_id, now
from server.errors import ApiError, invalid, not_found
from server.services.masks import apply_mask
from server.services.paging import envelope
from server.stores import dashboards, data_sources, links
from server.stores.session import Database, Transaction
from server.work.boards import (
    BoardMaker,
    WidgetCheck,
    carry_answers,
    checked_widgets,
    source_ids,
    suggested_widgets,
)
from server.work.links import DASHBOARD, Linker
from server.work.refresh import Refresher


class DashboardService:
    """Dashboards of the caller's organization."""

    def __init__(
        self,
        *,
        database: Database,
        linker: Linker,
        refresher: Refresher,
        check_widget: WidgetCheck,
        suggest_widgets: BoardMaker,
        clock: Clock = now,
    ) -> None:
        self._database = database
        self._linker = linker
        self._refresher = refresher
        self._check_widget = check_widget
        self._suggest_widgets = suggest_widgets
        self._clock = clock

    async def list_dashboards(self, call: Call, request: ListDashboardsRequest) -> ListDashboardsResponse:
        """A page of dashboards, lean."""
        organization_id = call.caller.organization_id
        page = await dashboards.fetch_list(call.tx, organization_id, request)
        ids = [row.id for row in page.rows]
        shared = await links.fetch_many(call.tx, organization_id, DASHBOARD, ids, now=self._clock())
        results = []
        for row in page.rows:
            summary = dashboards.to_summary(row)
            if row.id in shared:
                summary.public_link.CopyFrom(self._linker.message(shared[row.id], call.base_url))
            results.append(summary)
        response: ListDashboardsResponse = envelope(call, request, page, results)
        return response

    async def create_dashboard(self, call: Call, request: CreateDashboardRequest) -> Dashboard:
        """A new dashboard with the widgets given, or a board made from the sources named."""
        caller = call.caller
        dashboard = Dashboard(
            id=new_id(),
            name=request.name,
            description=request.description,
            status=DASHBOARD_STATUS_ACTIVE,
            config=request.config,
            widgets=await self._first_widgets(call, request),
            created_by=UserReference(id=caller.user_id, email=caller.email),
        )
        await dashboards.add(call.tx, caller.organization_id, dashboard, now=self._clock())
        return await self._answer(call, call.tx, dashboard.id)

    async def get_dashboard(self, call: Call, request: GetDashboardRequest) -> Dashboard:
        """One dashboard, whole."""
        return await self._answer(call, call.tx, request.id)

    async def update_dashboard(self, call: Call, request: UpdateDashboardRequest) -> Dashboard:
        """Change what the mask names; answers stay with the widgets that still ask the same."""
        organization_id = call.caller.organization_id
        dashboard = dashboards.to_message(await self._row(call, call.tx, request.id))
        changes = DashboardChanges(
            name=dashboard.name,
            description=dashboard.description,
            config=dashboard.config,
            widgets=dashboard.widgets,
            status=dashboard.status,
        )
        apply_mask(changes, request.dashboard, request.update_mask.paths)
        await self._apply(call, dashboard, changes)
        await dashboards.save(call.tx, organization_id, dashboard, now=self._clock())
        return await self._answer(call, call.tx, request.id)

    async def delete_dashboard(self, call: Call, request: DeleteDashboardRequest) -> Empty:
        """Delete a dashboard and its link; analysts only what they made."""
        caller = call.caller
        row = await self._row(call, call.tx, request.id)
        if caller.role < ROLE_ADMINISTRATOR and row.created_by != caller.user_id:
            raise ApiError(
                "insufficient_permissions", "Only its maker or an administrator may delete a dashboard."
            )
        await links.remove(call.tx, caller.organization_id, DASHBOARD, request.id)
        await dashboards.remove(call.tx, caller.organization_id, request.id)
        return Empty()

    async def refresh_dashboard(self, call: Call, request: RefreshDashboardRequest) -> Dashboard:
        """Ask every widget and the analysis again."""
        await self._refresher.refresh(call.caller.organization_id, request.id)
        async with self._database.read() as tx:
            return await self._answer(call, tx, request.id)

    async def _first_widgets(self, call: Call, request: CreateDashboardRequest) -> list[Widget]:
        if request.widgets or not request.data_source_ids:
            return await self._checked(call, request.widgets)
        ids = list(request.data_source_ids)
        sources = await data_sources.fetch_many(call.tx, call.caller.organization_id, ids)
        return suggested_widgets(ids, sources, self._suggest_widgets)

    async def _checked(self, call: Call, widgets: Sequence[Widget]) -> list[Widget]:
        ids = source_ids(widgets)
        sources = await data_sources.fetch_many(call.tx, call.caller.organization_id, ids)
        return checked_widgets(widgets, sources, self._check_widget)

    async def _apply(self, call: Call, dashboard: Dashboard, changes: DashboardChanges) -> None:
        if not changes.status:
            raise invalid({"status": ["Expected active or archived."]})
        if not changes.name.strip():
            raise invalid({"name": ["This field may not be blank."]})
        if changes.widgets != dashboard.widgets:
            widgets = await self._checked(call, list(changes.widgets))
            carry_answers(widgets, dashboard.widgets)
            dashboard.ClearField("widgets")
            dashboard.widgets.extend(widgets)
        if changes.config.filters != dashboard.config.filters:
            # Shown beside other filters than they were asked with, the answers would be wrong.
            for widget in dashboard.widgets:
                widget.ClearField("data")
        dashboard.name = changes.name
        dashboard.description = changes.description
        dashboard.status = changes.status
        dashboard.config.CopyFrom(changes.config)

    async def _row(self, call: Call, tx: Transaction, dashboard_id: str) -> Row[Any]:
        row = await dashboards.fetch_one(tx, call.caller.organization_id, dashboard_id)
        if row is None:
            raise not_found()
        return row

    async def _answer(self, call: Call, tx: Transaction, dashboard_id: str) -> Dashboard:
        organization_id = call.caller.organization_id
        dashboard = dashboards.to_message(await self._row(call, tx, dashboard_id))
        shared = await links.fetch_one(tx, organization_id, DASHBOARD, dashboard_id, now=self._clock())
        if shared is not None:
            dashboard.public_link.CopyFrom(self._linker.message(shared, call.base_url))
        return dashboard
