"""Dashboards as rows: the lean half for lists, widgets and insights as one message."""

from typing import Any

from claribi.v1.dashboards_pb2 import Dashboard, DashboardConfig, DashboardSummary
from claribi.v1.reports_pb2 import UserReference
from google.protobuf.message import Message
from sqlalchemy import Row, bindparam, delete, insert, select, update

from server.clock import optional_timestamp, timestamp
from server.stores.query import Listing, Page, fetch_page, folded, one_row
from server.stores.session import Transaction
from server.stores.tables import credit_entries, dashboards

_c = dashboards.c
_LEAN = tuple(column for column in _c if column.name not in ("config", "content", "tested"))
LISTING = Listing(
    dashboards,
    columns=_LEAN,
    order={
        "created_at": _c.created_at,
        "updated_at": _c.updated_at,
        "last_refreshed_at": _c.last_refreshed_at,
        "name": _c.name_folded,
        "status": _c.status,
    },
    equal={"status": _c.status},
    name=_c.name_folded,
)
_ONE = select(dashboards).where(one_row(dashboards))
_ADD = insert(dashboards)
_CHANGE = update(dashboards).where(one_row(dashboards))
_REMOVE = delete(dashboards).where(one_row(dashboards))
_LEFT_BEHIND = select(credit_entries.c.id).where(
    credit_entries.c.operation == bindparam("of_operation"), credit_entries.c.state == bindparam("of_state")
)


async def fetch_list(tx: Transaction, organization_id: str, request: Message) -> Page:
    """A page of dashboards, lean."""
    return await fetch_page(tx, LISTING, request, organization_id=organization_id)


async def fetch_one(tx: Transaction, organization_id: str, dashboard_id: str) -> Row[Any] | None:
    """One dashboard, whole."""
    return await tx.first(_ONE, {"of_organization": organization_id, "of_id": dashboard_id})


async def add(tx: Transaction, organization_id: str, dashboard: Dashboard, *, now: int) -> None:
    """A new dashboard; its id, name, config, widgets and maker are the message's."""
    row = {
        "id": dashboard.id,
        "organization_id": organization_id,
        "created_by": dashboard.created_by.id,
        "created_by_email": dashboard.created_by.email,
        "created_at": now,
        "updated_at": now,
        **_columns(dashboard),
    }
    await tx.run(_ADD, row)


async def save(tx: Transaction, organization_id: str, dashboard: Dashboard, *, now: int) -> None:
    """The dashboard as it now is."""
    of = {"of_organization": organization_id, "of_id": dashboard.id}
    await tx.run(_CHANGE, {**of, "updated_at": now, **_columns(dashboard)})


async def set_refreshed(
    tx: Transaction, organization_id: str, dashboard_id: str, *, data_as_of: int | None, now: int
) -> None:
    """The dashboard was just refreshed; the oldest snapshot it shows was taken at `data_as_of`."""
    of = {"of_organization": organization_id, "of_id": dashboard_id}
    await tx.run(_CHANGE, {**of, "last_refreshed_at": now, "data_as_of": data_as_of})


async def set_tested(tx: Transaction, organization_id: str, dashboard_id: str, tested: bytes) -> None:
    """What the refreshes of a dashboard have tested so far, as `server.analysis.online` writes it."""
    of = {"of_organization": organization_id, "of_id": dashboard_id}
    await tx.run(_CHANGE, {**of, "tested": tested})


async def remove(tx: Transaction, organization_id: str, dashboard_id: str) -> bool:
    """Delete a dashboard; whether it existed."""
    return await tx.run(_REMOVE, {"of_organization": organization_id, "of_id": dashboard_id}) > 0


async def fetch_left_behind(tx: Transaction, *, operation: str, state: str) -> list[str]:
    """Ledger entries of refreshes that a stopped server never ended, in every organization; only at start."""
    rows = await tx.all(_LEFT_BEHIND, {"of_operation": operation, "of_state": state})
    return [row.id for row in rows]


def to_message(row: Row[Any]) -> Dashboard:
    """The wire form of a whole row."""
    dashboard = Dashboard.FromString(row.content)
    dashboard.id = row.id
    dashboard.name = row.name
    dashboard.description = row.description
    dashboard.status = row.status
    dashboard.config.CopyFrom(DashboardConfig.FromString(row.config))
    dashboard.created_by.CopyFrom(_maker(row))
    dashboard.created_at.CopyFrom(timestamp(row.created_at))
    dashboard.updated_at.CopyFrom(timestamp(row.updated_at))
    if row.last_refreshed_at is not None:
        dashboard.last_refreshed_at.CopyFrom(timestamp(row.last_refreshed_at))
    if row.data_as_of is not None:
        dashboard.data_as_of.CopyFrom(timestamp(row.data_as_of))
    return dashboard


def to_summary(row: Row[Any]) -> DashboardSummary:
    """The lean wire form of a row."""
    return DashboardSummary(
        id=row.id,
        name=row.name,
        description=row.description,
        status=row.status,
        refresh_frequency=row.refresh_frequency,
        widget_count=row.widget_count,
        last_refreshed_at=optional_timestamp(row.last_refreshed_at),
        data_as_of=optional_timestamp(row.data_as_of),
        created_by=_maker(row),
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
    )


def _maker(row: Row[Any]) -> UserReference:
    return UserReference(id=row.created_by, email=row.created_by_email)


def _columns(dashboard: Dashboard) -> dict[str, Any]:
    content = Dashboard(widgets=dashboard.widgets, insights=dashboard.insights, evidence=dashboard.evidence)
    if dashboard.HasField("statistics"):
        content.statistics.CopyFrom(dashboard.statistics)
    return {
        "name": dashboard.name,
        "name_folded": folded(dashboard.name),
        "description": dashboard.description,
        "status": dashboard.status,
        "config": dashboard.config.SerializeToString(deterministic=True),
        "content": content.SerializeToString(deterministic=True),
        "widget_count": len(dashboard.widgets),
        "refresh_frequency": dashboard.config.refresh_frequency,
    }
