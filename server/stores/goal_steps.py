"""Milestones and check-ins of goals as rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from server.clock import new_id
from server.stores.session import Transaction
from server.stores.tables import check_ins, milestones

_m = milestones.c
_k = check_ins.c


async def fetch_milestones(tx: Transaction, organization_id: str, goal_id: str) -> list[Row[Any]]:
    """The milestones of a goal, by due date, those without one last."""
    return await tx.all(
        select(milestones)
        .where(_m.organization_id == organization_id, _m.goal_id == goal_id)
        .order_by(_m.due_date.is_(None), _m.due_date, _m.created_at, _m.id)
    )


async def count_milestones(
    tx: Transaction, organization_id: str, goal_ids: Sequence[str]
) -> dict[str, tuple[int, int]]:
    """Goal id -> (completed, in all), for the goals that have milestones."""
    rows = await tx.all(
        select(_m.goal_id, func.count(_m.completed_at).label("completed"), func.count().label("total"))
        .where(_m.organization_id == organization_id, _m.goal_id.in_(list(goal_ids)))
        .group_by(_m.goal_id)
    )
    return {row.goal_id: (row.completed, row.total) for row in rows}


async def add_milestone(
    tx: Transaction, organization_id: str, goal_id: str, values: Mapping[str, Any], *, now: int
) -> None:
    """A new milestone."""
    await tx.run(
        insert(milestones).values(
            id=new_id(), organization_id=organization_id, goal_id=goal_id, created_at=now, **values
        )
    )


async def change_milestone(
    tx: Transaction, organization_id: str, milestone_id: str, values: Mapping[str, Any]
) -> None:
    """Set columns of a milestone."""
    await tx.run(
        update(milestones)
        .where(_m.organization_id == organization_id, _m.id == milestone_id)
        .values(**values)
    )


async def fetch_history(tx: Transaction, organization_id: str, goal_id: str) -> list[Row[Any]]:
    """date and value of every check-in of a goal, the earliest first; of one day, in the order they were made."""
    return await tx.all(
        select(_k.id, _k.date, _k.value)
        .where(_k.organization_id == organization_id, _k.goal_id == goal_id)
        .order_by(_k.date, _k.created_at, _k.id)
    )


async def fetch_extremes(
    tx: Transaction, organization_id: str, goal_ids: Sequence[str]
) -> dict[str, tuple[float, float]]:
    """Goal id -> the lowest and the highest value ever recorded, for the goals that have check-ins."""
    rows = await tx.all(
        select(_k.goal_id, func.min(_k.value).label("low"), func.max(_k.value).label("high"))
        .where(_k.organization_id == organization_id, _k.goal_id.in_(list(goal_ids)))
        .group_by(_k.goal_id)
    )
    return {row.goal_id: (row.low, row.high) for row in rows}


async def fetch_latest(tx: Transaction, organization_id: str, goal_id: str) -> float | None:
    """The value of the latest day."""
    value: float | None = await tx.scalar(
        select(_k.value)
        .where(_k.organization_id == organization_id, _k.goal_id == goal_id)
        .order_by(_k.date.desc(), _k.created_at.desc(), _k.id.desc())
        .limit(1)
    )
    return value


async def add_check_in(
    tx: Transaction, organization_id: str, goal_id: str, values: Mapping[str, Any], *, now: int
) -> None:
    """A recorded value."""
    await tx.run(
        insert(check_ins).values(
            id=new_id(), organization_id=organization_id, goal_id=goal_id, created_at=now, **values
        )
    )


async def replace_value(
    tx: Transaction, organization_id: str, goal_id: str, *, day: str, note: str, value: float
) -> bool:
    """Set the value recorded on a day under a note; whether there was one."""
    touched = await tx.run(
        update(check_ins)
        .where(_k.organization_id == organization_id, _k.goal_id == goal_id, _k.date == day, _k.note == note)
        .values(value=value)
    )
    return touched > 0
