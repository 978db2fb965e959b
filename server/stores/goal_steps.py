"""Milestones and check-ins of goals as rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from claribi.v1.goals_pb2 import GoalProgress
from sqlalchemy import ColumnElement, Row, Table, and_, bindparam, delete, func, insert, select, update

from server.clock import new_id
from server.stores.query import in_organization, one_row
from server.stores.session import Transaction
from server.stores.tables import check_ins, goal_measurements, milestones

_m = milestones.c
_k = check_ins.c


def _of_goal(table: Table) -> ColumnElement[bool]:
    return and_(in_organization(table), table.c.goal_id == bindparam("of_goal"))


def _of_goals(table: Table) -> ColumnElement[bool]:
    return and_(in_organization(table), table.c.goal_id.in_(bindparam("of_goals", expanding=True)))


_MILESTONES = (
    select(milestones)
    .where(_of_goal(milestones))
    .order_by(_m.due_date.is_(None), _m.due_date, _m.created_at, _m.id)
)
_COUNTS = (
    select(_m.goal_id, func.count(_m.completed_at).label("completed"), func.count().label("total"))
    .where(_of_goals(milestones))
    .group_by(_m.goal_id)
)
_ADD_MILESTONE = insert(milestones)
_CHANGE_MILESTONE = update(milestones).where(one_row(milestones))
_HISTORY = select(_k.id, _k.date, _k.value).where(_of_goal(check_ins)).order_by(_k.date, _k.created_at, _k.id)
_EXTREMES = (
    select(_k.goal_id, func.min(_k.value).label("low"), func.max(_k.value).label("high"))
    .where(_of_goals(check_ins))
    .group_by(_k.goal_id)
)
_MEASURED = select(goal_measurements.c.content).where(_of_goal(goal_measurements))
_MEASURED_EXTREMES = select(
    goal_measurements.c.goal_id, goal_measurements.c.low, goal_measurements.c.high
).where(_of_goals(goal_measurements))
_ADD_MEASURED = insert(goal_measurements)
_REMOVE_MEASURED = delete(goal_measurements).where(_of_goal(goal_measurements))
_LATEST = (
    select(_k.value)
    .where(_of_goal(check_ins))
    .order_by(_k.date.desc(), _k.created_at.desc(), _k.id.desc())
    .limit(1)
)
_ADD_CHECK_IN = insert(check_ins)
_REPLACE_VALUE = update(check_ins).where(
    _of_goal(check_ins), _k.date == bindparam("of_day"), _k.note == bindparam("of_note")
)


async def fetch_milestones(tx: Transaction, organization_id: str, goal_id: str) -> list[Row[Any]]:
    """The milestones of a goal, by due date, those without one last."""
    return await tx.all(_MILESTONES, {"of_organization": organization_id, "of_goal": goal_id})


async def count_milestones(
    tx: Transaction, organization_id: str, goal_ids: Sequence[str]
) -> dict[str, tuple[int, int]]:
    """Goal id -> (completed, in all), for the goals that have milestones."""
    if not goal_ids:
        return {}
    rows = await tx.all(_COUNTS, {"of_organization": organization_id, "of_goals": list(goal_ids)})
    return {row.goal_id: (row.completed, row.total) for row in rows}


async def add_milestone(
    tx: Transaction, organization_id: str, goal_id: str, values: Mapping[str, Any], *, now: int
) -> None:
    """A new milestone."""
    of = {"id": new_id(), "organization_id": organization_id, "goal_id": goal_id, "created_at": now}
    await tx.run(_ADD_MILESTONE, {**of, **values})


async def change_milestone(
    tx: Transaction, organization_id: str, milestone_id: str, values: Mapping[str, Any]
) -> None:
    """Set columns of a milestone."""
    of = {"of_organization": organization_id, "of_id": milestone_id}
    await tx.run(_CHANGE_MILESTONE, {**of, **values})


async def fetch_history(tx: Transaction, organization_id: str, goal_id: str) -> list[Row[Any]]:
    """date and value of every check-in of a goal, the earliest first; of one day, in the order they were made."""
    return await tx.all(_HISTORY, {"of_organization": organization_id, "of_goal": goal_id})


async def fetch_extremes(
    tx: Transaction, organization_id: str, goal_ids: Sequence[str]
) -> dict[str, tuple[float, float]]:
    """Goal id -> the lowest and the highest value ever checked in or measured, for the goals that have any."""
    if not goal_ids:
        return {}
    of = {"of_organization": organization_id, "of_goals": list(goal_ids)}
    found = {row.goal_id: (row.low, row.high) for row in await tx.all(_EXTREMES, of)}
    for row in await tx.all(_MEASURED_EXTREMES, of):
        low, high = found.get(row.goal_id, (row.low, row.high))
        found[row.goal_id] = (min(low, row.low), max(high, row.high))
    return found


async def fetch_measured(tx: Transaction, organization_id: str, goal_id: str) -> GoalProgress | None:
    """Current value, history and evidence of the measure a goal follows, as last asked of its source."""
    content = await tx.scalar(_MEASURED, {"of_organization": organization_id, "of_goal": goal_id})
    return None if content is None else GoalProgress.FromString(content)


async def replace_measured(
    tx: Transaction, organization_id: str, goal_id: str, measured: GoalProgress | None, *, now: int
) -> None:
    """Keep what the source just said, in place of what it said before; None to forget it."""
    await tx.run(_REMOVE_MEASURED, {"of_organization": organization_id, "of_goal": goal_id})
    if measured is None:
        return
    values = [measured.current_value, *(point.value for point in measured.history)]
    row = {
        "goal_id": goal_id,
        "organization_id": organization_id,
        "content": measured.SerializeToString(deterministic=True),
        "low": min(values),
        "high": max(values),
        "measured_at": now,
    }
    await tx.run(_ADD_MEASURED, row)


async def fetch_latest(tx: Transaction, organization_id: str, goal_id: str) -> float | None:
    """The value of the latest day."""
    of = {"of_organization": organization_id, "of_goal": goal_id}
    value: float | None = await tx.scalar(_LATEST, of)
    return value


async def add_check_in(
    tx: Transaction, organization_id: str, goal_id: str, values: Mapping[str, Any], *, now: int
) -> None:
    """A recorded value."""
    of = {"id": new_id(), "organization_id": organization_id, "goal_id": goal_id, "created_at": now}
    await tx.run(_ADD_CHECK_IN, {**of, **values})


async def replace_value(
    tx: Transaction, organization_id: str, goal_id: str, *, day: str, note: str, value: float
) -> bool:
    """Set the value recorded on a day under a note; whether there was one."""
    of = {"of_organization": organization_id, "of_goal": goal_id, "of_day": day, "of_note": note}
    return await tx.run(_REPLACE_VALUE, {**of, "value": value}) > 0
