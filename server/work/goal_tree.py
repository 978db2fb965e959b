"""Where goals stand: figures from rows, progress rolled up from below, statuses kept for filters."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from claribi.v1.goals_pb2 import GOAL_STATUS_CANCELLED, GOAL_TYPE_ACHIEVE, GoalStatus
from sqlalchemy import Row

from server import clock
from server.stores import goal_steps, goals
from server.stores.session import Transaction
from server.work.goal_history import History, fetch_history
from server.work.progress import (
    Figures,
    Share,
    judge,
    milestone_reached,
    own_progress,
    reaches,
    roll_up,
)


@dataclass(frozen=True)
class Standing:
    """Where a goal stands: its row and figures, its progress in percent, and whether that came from its children."""

    row: Row[Any]
    figures: Figures
    progress: float | None
    rolled_up: bool
    status: GoalStatus
    children: tuple[str, ...]


async def stand(
    tx: Transaction, organization_id: str, goal_ids: Sequence[str], today: date
) -> dict[str, Standing]:
    """Where the goals named, and all below them, stand today."""
    return await _stand(tx, organization_id, await goals.fetch_tree(tx, organization_id, goal_ids), today)


async def keep_status(tx: Transaction, organization_id: str, goal_id: str, now: int) -> None:
    """Judge a goal and those above it again after a change; milestones its value has reached are completed."""
    lineage = await goals.fetch_lineage(tx, organization_id, goal_id)
    rows = await goals.fetch_tree(tx, organization_id, lineage)
    changed = [row for row in rows if row.id == goal_id]
    if changed:
        await _complete_milestones(tx, organization_id, changed[0], now)
    await _keep(tx, organization_id, await _stand(tx, organization_id, rows, clock.today(now)))


async def keep_all_statuses(tx: Transaction, organization_id: str, now: int) -> None:
    """Judge every goal of an organization again: a new day may change a status that nobody touched."""
    rows = await goals.fetch_all(tx, organization_id)
    await _keep(tx, organization_id, await _stand(tx, organization_id, rows, clock.today(now)))


def figures_of(
    row: Row[Any],
    milestones: tuple[int, int] = (0, 0),
    extremes: tuple[float | None, float | None] = (None, None),
) -> Figures:
    """The figures of a row; a goal without a start date started on the day it was made."""
    return Figures(
        goal_type=row.goal_type,
        baseline=row.baseline_value,
        current=row.current_value,
        target=row.target_value,
        start=day_of(row.start_date) or clock.today(row.created_at),
        end=day_of(row.target_date),
        lowest=extremes[0],
        highest=extremes[1],
        milestones_completed=milestones[0],
        milestones_total=milestones[1],
        cancelled=row.status == GOAL_STATUS_CANCELLED,
    )


def day_of(text: str | None) -> date | None:
    """A stored date."""
    return date.fromisoformat(text) if text else None


async def _stand(
    tx: Transaction, organization_id: str, rows: Sequence[Row[Any]], today: date
) -> dict[str, Standing]:
    ids = [row.id for row in rows]
    counts = await goal_steps.count_milestones(tx, organization_id, ids)
    once = [row.id for row in rows if row.goal_type == GOAL_TYPE_ACHIEVE]
    extremes = await goal_steps.fetch_extremes(tx, organization_id, once) if once else {}
    children: dict[str, list[str]] = {}
    for row in sorted(rows, key=lambda row: (row.created_at, row.id)):
        if row.parent_id is not None:
            children.setdefault(row.parent_id, []).append(row.id)
    by_id = {row.id: row for row in rows}
    standings: dict[str, Standing] = {}
    for goal_id in _children_first(ids, children):
        row = by_id[goal_id]
        figures = figures_of(row, counts.get(goal_id, (0, 0)), extremes.get(goal_id, (None, None)))
        below = [standings[child] for child in children.get(goal_id, ()) if child in standings]
        standings[goal_id] = _standing(row, figures, below, today)
    return standings


def _standing(row: Row[Any], figures: Figures, children: Sequence[Standing], today: date) -> Standing:
    progress = own_progress(figures)
    shares = [Share(child.progress, child.row.weight) for child in children if not child.figures.cancelled]
    rolled_up = progress is None and bool(shares)
    if rolled_up:
        progress = roll_up(shares)
    status = judge(figures, progress, today)
    return Standing(row, figures, progress, rolled_up, status, tuple(child.row.id for child in children))


def _children_first(ids: Sequence[str], children: dict[str, list[str]]) -> list[str]:
    """Every id once, after all ids below it; without recursion, since a chain of goals may be long."""
    order: list[str] = []
    seen: set[str] = set()
    for top in ids:
        stack = [] if top in seen else [top]
        seen.add(top)
        while stack:
            waiting = [child for child in children.get(stack[-1], ()) if child not in seen]
            if waiting:
                seen.update(waiting)
                stack.extend(waiting)
            else:
                order.append(stack.pop())
    return order


async def _complete_milestones(tx: Transaction, organization_id: str, row: Row[Any], now: int) -> None:
    """Open milestones whose value was reached, on the day on which it first was."""
    milestones = await goal_steps.fetch_milestones(tx, organization_id, row.id)
    waiting = [m for m in milestones if m.completed is None and m.completed_at is None]
    if not waiting:
        return
    extremes = await goal_steps.fetch_extremes(tx, organization_id, [row.id])
    figures = figures_of(row, extremes=extremes.get(row.id, (None, None)))
    history = await fetch_history(tx, organization_id, row.id)
    for milestone in waiting:
        moment = _reached(figures, history, milestone.target_value, now)
        if moment is not None:
            await goal_steps.change_milestone(tx, organization_id, milestone.id, {"completed_at": moment})


def _reached(figures: Figures, history: History, target: float | None, now: int) -> int | None:
    """When a value was reached: the first day the history tells, else now if the goal stands there."""
    for day, value in history.values:
        if reaches(figures, value, target):
            return now if day >= clock.today(now) else clock.bound(day.isoformat(), end_of_day=False)
    return now if milestone_reached(figures, target) else None


async def _keep(tx: Transaction, organization_id: str, standings: dict[str, Standing]) -> None:
    for goal_id, standing in standings.items():
        if standing.status != standing.row.status:
            await goals.set_status(tx, organization_id, goal_id, standing.status)
