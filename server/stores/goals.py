"""Goals as rows, with the tree they stand in."""

from collections.abc import Mapping, Sequence
from typing import Any

from claribi.v1.goals_pb2 import Goal, GoalBinding
from claribi.v1.reports_pb2 import UserReference
from google.protobuf.message import Message
from sqlalchemy import Row, Select, bindparam, delete, insert, select, update

from server.clock import timestamp
from server.stores.query import Listing, Page, fetch_page, folded, in_organization, one_row
from server.stores.session import Transaction
from server.stores.tables import goals, users

_c = goals.c
LISTING = Listing(
    goals,
    columns=tuple(_c),
    order={
        "created_at": _c.created_at,
        "updated_at": _c.updated_at,
        "name": _c.name_folded,
        "status": _c.status,
        "priority": _c.priority,
        "target_date": _c.target_date,
    },
    equal={"status": _c.status, "hierarchy_type": _c.hierarchy_type},
    name=_c.name_folded,
)


def _tree() -> Select[Any]:
    top = select(_c.id).where(in_organization(goals), _c.id.in_(bindparam("of_ids", expanding=True)))
    tree = top.cte("tree", recursive=True)
    # UNION, not UNION ALL: a row met twice ends the walk, whatever the tree looks like.
    tree = tree.union(select(_c.id).where(in_organization(goals), _c.parent_id == tree.c.id))
    return select(goals).where(in_organization(goals), _c.id.in_(select(tree.c.id)))


def _lineage() -> Select[Any]:
    line = select(_c.id, _c.parent_id).where(one_row(goals)).cte("line", recursive=True)
    line = line.union(select(_c.id, _c.parent_id).where(in_organization(goals), _c.id == line.c.parent_id))
    return select(line.c.id)


_ONE = select(goals).where(one_row(goals))
_ALL = select(goals).where(in_organization(goals))
_BOUND = _ALL.where(_c.binding.is_not(None))
_ORGANIZATIONS = select(_c.organization_id).distinct()
_TREE = _tree()
_LINEAGE = _lineage()
_ADD = insert(goals)
_CHANGE = update(goals).where(one_row(goals))
_REMOVE = delete(goals).where(one_row(goals))
_EMAIL = select(users.c.email).where(one_row(users))


async def fetch_list(tx: Transaction, organization_id: str, request: Message) -> Page:
    """A page of goals."""
    return await fetch_page(tx, LISTING, request, organization_id=organization_id)


async def fetch_one(tx: Transaction, organization_id: str, goal_id: str) -> Row[Any] | None:
    """One goal."""
    return await tx.first(_ONE, {"of_organization": organization_id, "of_id": goal_id})


async def fetch_all(tx: Transaction, organization_id: str) -> list[Row[Any]]:
    """Every goal of an organization."""
    return await tx.all(_ALL, {"of_organization": organization_id})


async def fetch_organizations(tx: Transaction) -> list[str]:
    """The organizations that have goals; only for the daily judgement of all of them."""
    rows = await tx.all(_ORGANIZATIONS)
    return [row[0] for row in rows]


async def fetch_bound(tx: Transaction, organization_id: str) -> list[Row[Any]]:
    """The goals that follow a measure."""
    return await tx.all(_BOUND, {"of_organization": organization_id})


async def fetch_tree(tx: Transaction, organization_id: str, goal_ids: Sequence[str]) -> list[Row[Any]]:
    """The goals named and every goal below them, in one statement; each goal once."""
    if not goal_ids:
        return []
    return await tx.all(_TREE, {"of_organization": organization_id, "of_ids": list(goal_ids)})


async def fetch_lineage(tx: Transaction, organization_id: str, goal_id: str) -> list[str]:
    """The ids of a goal and of every goal above it; empty when there is no such goal."""
    rows = await tx.all(_LINEAGE, {"of_organization": organization_id, "of_id": goal_id})
    return [row.id for row in rows]


async def add(tx: Transaction, organization_id: str, values: Mapping[str, Any], *, now: int) -> None:
    """A new goal."""
    row = {**values, "organization_id": organization_id, "created_at": now, "updated_at": now}
    await tx.run(_ADD, {**row, "name_folded": folded(values["name"])})


async def change(
    tx: Transaction, organization_id: str, goal_id: str, values: Mapping[str, Any], *, now: int
) -> None:
    """Set columns of a goal."""
    changed = {**values, "updated_at": now}
    if "name" in values:
        changed["name_folded"] = folded(values["name"])
    await tx.run(_CHANGE, {"of_organization": organization_id, "of_id": goal_id, **changed})


async def set_status(tx: Transaction, organization_id: str, goal_id: str, status: int) -> None:
    """Keep a judged status for filters; nobody changed the goal, so its time of change stays."""
    await tx.run(_CHANGE, {"of_organization": organization_id, "of_id": goal_id, "status": status})


async def remove(tx: Transaction, organization_id: str, goal_id: str) -> bool:
    """Delete a goal with its milestones and check-ins; its children lose their parent."""
    return await tx.run(_REMOVE, {"of_organization": organization_id, "of_id": goal_id}) > 0


async def fetch_email(tx: Transaction, organization_id: str, user_id: str) -> str | None:
    """The email address of a user of the organization."""
    email: str | None = await tx.scalar(_EMAIL, {"of_organization": organization_id, "of_id": user_id})
    return email


def binding_of(row: Row[Any]) -> GoalBinding | None:
    """The measure a goal follows."""
    return None if row.binding is None else GoalBinding.FromString(row.binding)


def to_message(row: Row[Any]) -> Goal:
    """The wire form of a row; progress, milestones and insights are not the row's."""
    return Goal(
        id=row.id,
        name=row.name,
        description=row.description,
        hierarchy_type=row.hierarchy_type,
        status=row.status,
        goal_type=row.goal_type,
        unit=row.unit,
        baseline_value=row.baseline_value,
        current_value=row.current_value,
        target_value=row.target_value,
        start_date=row.start_date,
        target_date=row.target_date,
        priority=row.priority,
        parent_id=row.parent_id,
        owner=UserReference(id=row.owner_id, email=row.owner_email),
        binding=binding_of(row),
        weight=row.weight,
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
    )
