"""Goals: make, change, check in, and say how far they are."""

from typing import Any

from claribi.v1.goals_pb2 import (
    GOAL_STATUS_CANCELLED,
    GOAL_STATUS_NOT_STARTED,
    PRIORITY_MEDIUM,
    AddCheckInRequest,
    AddMilestoneRequest,
    CreateGoalRequest,
    DeleteGoalRequest,
    GetGoalProgressRequest,
    GetGoalRequest,
    Goal,
    GoalBinding,
    GoalChanges,
    GoalChild,
    GoalProgress,
    ListGoalsRequest,
    ListGoalsResponse,
    Milestone,
    MilestoneCount,
    MilestoneInput,
    UpdateGoalRequest,
    UpdateMilestoneRequest,
)
from claribi.v1.policy_pb2 import ROLE_ADMINISTRATOR
from google.protobuf.empty_pb2 import Empty
from sqlalchemy import Row

from server.call import Call
from server.clock import Clock, new_id, now, optional_timestamp, timestamp, today
from server.errors import ApiError, invalid, not_found
from server.services.masks import apply_mask
from server.services.paging import envelope
from server.stores import data_sources, goal_steps, goals
from server.work.boards import UNKNOWN_SOURCE
from server.work.bound_goals import BoundGoals
from server.work.goal_history import fetch_history
from server.work.goal_insights import forecast, insights
from server.work.goal_rules import REQUIRED, binding_problems, goal_problems
from server.work.goal_tree import Standing, day_of, keep_status, stand
from server.work.progress import expected_percent, milestone_status, pace, required_rate

# The latest recorded values that a progress answer carries.
MAX_HISTORY = 1000
ROLL_UP = "weighted"
# What the question to the source of a goal is made of.
MEASURED_BY = ("binding", "start_date", "target_date", "unit")
SHARED_FIELDS = tuple(
    name
    for name in GoalChanges.DESCRIPTOR.fields_by_name
    if name in CreateGoalRequest.DESCRIPTOR.fields_by_name
)


class GoalService:
    """Goals of the caller's organization."""

    def __init__(self, *, bound_goals: BoundGoals, clock: Clock = now) -> None:
        self._bound_goals = bound_goals
        self._clock = clock

    async def list_goals(self, call: Call, request: ListGoalsRequest) -> ListGoalsResponse:
        """A page of goals without milestones and insights."""
        organization_id = call.caller.organization_id
        page = await goals.fetch_list(call.tx, organization_id, request)
        ids = [row.id for row in page.rows]
        standings = await stand(call.tx, organization_id, ids, today(self._clock()))
        response: ListGoalsResponse = envelope(
            call, request, page, [_message(standings[goal_id]) for goal_id in ids]
        )
        return response

    async def get_goal(self, call: Call, request: GetGoalRequest) -> Goal:
        """One goal with milestones and insights."""
        return await self._answer(call, request.id)

    async def get_goal_progress(self, call: Call, request: GetGoalProgressRequest) -> GoalProgress:
        """How far a goal is, against time, and where it is heading."""
        organization_id, moment = call.caller.organization_id, self._clock()
        standings = await stand(call.tx, organization_id, [request.id], today(moment))
        standing = standings.get(request.id)
        if standing is None:
            raise not_found()
        history = await fetch_history(call.tx, organization_id, request.id)
        answer = _progress(standing, moment)
        seen = forecast(standing, history.values, today(moment))
        if seen is not None:
            answer.forecast.CopyFrom(seen)
        answer.history.extend(history.points[-MAX_HISTORY:])
        answer.evidence.extend(history.evidence)
        answer.children.extend(_child(standings[child]) for child in standing.children)
        return answer

    async def create_goal(self, call: Call, request: CreateGoalRequest) -> Goal:
        """A new goal with its first milestones."""
        organization_id, goal_id = call.caller.organization_id, new_id()
        changes = GoalChanges(status=GOAL_STATUS_NOT_STARTED)
        apply_mask(changes, _as_changes(request), SHARED_FIELDS)
        if not changes.HasField("owner_id"):
            changes.owner_id = call.caller.user_id
        nameless = {
            f"milestones.{index}.name": [REQUIRED]
            for index, milestone in enumerate(request.milestones)
            if not milestone.name.strip()
        }
        values = await self._values(call, goal_id, changes, problems=nameless)
        values |= {"id": goal_id, "created_by": call.caller.user_id}
        await goals.add(call.tx, organization_id, values, now=self._clock())
        for milestone in request.milestones:
            await self._add_milestone(call, goal_id, milestone)
        return await self._changed(call, goal_id, measure=changes.HasField("binding"))

    async def update_goal(self, call: Call, request: UpdateGoalRequest) -> Goal:
        """Change what the mask names."""
        organization_id = call.caller.organization_id
        row = await self._row(call, request.id)
        changes = _changes_of(row)
        apply_mask(changes, request.goal, request.update_mask.paths)
        values = await self._values(call, request.id, changes, problems={})
        if any(values[name] != getattr(row, name) for name in MEASURED_BY):
            # What the source said answered another question.
            await goal_steps.replace_measured(call.tx, organization_id, request.id, None, now=self._clock())
        await goals.change(call.tx, organization_id, request.id, values, now=self._clock())
        if row.parent_id is not None and values["parent_id"] != row.parent_id:
            await keep_status(call.tx, organization_id, row.parent_id, self._clock())
        return await self._changed(call, request.id, measure=values["binding"] is not None)

    async def delete_goal(self, call: Call, request: DeleteGoalRequest) -> Empty:
        """Delete a goal; analysts only what they made."""
        caller = call.caller
        row = await self._row(call, request.id)
        if caller.role < ROLE_ADMINISTRATOR and row.created_by != caller.user_id:
            raise ApiError(
                "insufficient_permissions", "Only its maker or an administrator may delete a goal."
            )
        await goals.remove(call.tx, caller.organization_id, request.id)
        if row.parent_id is not None:
            await keep_status(call.tx, caller.organization_id, row.parent_id, self._clock())
        return Empty()

    async def add_milestone(self, call: Call, request: AddMilestoneRequest) -> Goal:
        """A new milestone."""
        await self._row(call, request.id)
        if not request.milestone.name.strip():
            raise invalid({"milestone.name": [REQUIRED]})
        await self._add_milestone(call, request.id, request.milestone)
        return await self._changed(call, request.id)

    async def update_milestone(self, call: Call, request: UpdateMilestoneRequest) -> Goal:
        """Change what the mask names of a milestone."""
        organization_id = call.caller.organization_id
        await self._row(call, request.id)
        rows = await goal_steps.fetch_milestones(call.tx, organization_id, request.id)
        row = next((row for row in rows if row.id == request.milestone_id), None)
        if row is None:
            raise not_found()
        changes = MilestoneInput(
            name=row.name, due_date=row.due_date or "", target_value=row.target_value, completed=row.completed
        )
        apply_mask(changes, request.milestone, request.update_mask.paths)
        if not changes.name.strip():
            raise invalid({"name": [REQUIRED]})
        values = self._milestone_values(changes)
        if values["completed"] == row.completed and values["target_value"] == row.target_value:
            values["completed_at"] = row.completed_at
        await goal_steps.change_milestone(call.tx, organization_id, row.id, values)
        return await self._changed(call, request.id)

    async def add_check_in(self, call: Call, request: AddCheckInRequest) -> Goal:
        """Record a value; the value of the latest day is the current one."""
        caller, moment = call.caller, self._clock()
        await self._row(call, request.id)
        given = request.check_in
        day = given.date or today(moment).isoformat()
        if day > today(moment).isoformat():
            raise invalid({"check_in.date": ["Must not lie in the future."]})
        values = {"date": day, "value": given.value, "note": given.note, "created_by": caller.user_id}
        await goal_steps.add_check_in(call.tx, caller.organization_id, request.id, values, now=moment)
        latest = await goal_steps.fetch_latest(call.tx, caller.organization_id, request.id)
        await goals.change(call.tx, caller.organization_id, request.id, {"current_value": latest}, now=moment)
        return await self._changed(call, request.id)

    async def _changed(self, call: Call, goal_id: str, *, measure: bool = False) -> Goal:
        """Judge the goal and those above it after a change, and answer with it."""
        organization_id = call.caller.organization_id
        await keep_status(call.tx, organization_id, goal_id, self._clock())
        if measure:
            self._bound_goals.enqueue(organization_id, goal_id)
        return await self._answer(call, goal_id)

    async def _answer(self, call: Call, goal_id: str) -> Goal:
        organization_id, day = call.caller.organization_id, today(self._clock())
        standings = await stand(call.tx, organization_id, [goal_id], day)
        standing = standings.get(goal_id)
        if standing is None:
            raise not_found()
        goal = _message(standing)
        for row in await goal_steps.fetch_milestones(call.tx, organization_id, goal_id):
            done = row.completed_at is not None
            goal.milestones.append(
                Milestone(
                    id=row.id,
                    name=row.name,
                    due_date=row.due_date,
                    target_value=row.target_value,
                    status=milestone_status(completed=done, due=day_of(row.due_date), today=day),
                    completed_at=optional_timestamp(row.completed_at),
                )
            )
        history = await fetch_history(call.tx, organization_id, goal_id)
        children = [standings[child] for child in standing.children]
        goal.ai_insights.extend(insights(standing, history, children, day))
        goal.evidence.extend(history.evidence)
        return goal

    async def _row(self, call: Call, goal_id: str) -> Row[Any]:
        row = await goals.fetch_one(call.tx, call.caller.organization_id, goal_id)
        if row is None:
            raise not_found()
        return row

    async def _values(
        self, call: Call, goal_id: str, goal: GoalChanges, *, problems: dict[str, list[str]]
    ) -> dict[str, Any]:
        """The columns of a goal; raises ApiError 400 naming every field that does not fit."""
        tx, organization_id = call.tx, call.caller.organization_id
        problems = problems | goal_problems(goal)
        email = await goals.fetch_email(tx, organization_id, goal.owner_id)
        if email is None:
            problems["owner_id"] = ["There is no such user in your organization."]
        problems |= await self._parent_problems(call, goal_id, goal.parent_id)
        if goal.HasField("binding"):
            source = await data_sources.fetch_one(tx, organization_id, goal.binding.data_source_id)
            if source is None:
                problems["binding.data_source_id"] = [UNKNOWN_SOURCE]
            else:
                problems |= binding_problems(goal.binding, data_sources.schema_of(source))
        if not goal.status:
            problems["status"] = ["Expected cancelled, or another status to take that back."]
        if problems:
            raise invalid(problems)
        return {**_columns(goal), "owner_email": email}

    async def _parent_problems(self, call: Call, goal_id: str, parent_id: str) -> dict[str, list[str]]:
        if not parent_id:
            return {}
        line = await goals.fetch_lineage(call.tx, call.caller.organization_id, parent_id)
        if not line:
            return {"parent_id": ["This goal does not exist."]}
        return {"parent_id": ["A goal cannot stand below itself."]} if goal_id in line else {}

    async def _add_milestone(self, call: Call, goal_id: str, milestone: MilestoneInput) -> None:
        organization_id = call.caller.organization_id
        values = self._milestone_values(milestone)
        await goal_steps.add_milestone(call.tx, organization_id, goal_id, values, now=self._clock())

    def _milestone_values(self, milestone: MilestoneInput) -> dict[str, Any]:
        completed = milestone.completed if milestone.HasField("completed") else None
        return {
            "name": milestone.name,
            "due_date": milestone.due_date or None,
            "target_value": milestone.target_value if milestone.HasField("target_value") else None,
            "completed": completed,
            "completed_at": self._clock() if completed else None,
        }


def _message(standing: Standing) -> Goal:
    goal = goals.to_message(standing.row)
    goal.status = standing.status
    if standing.progress is not None:
        goal.progress_percent = standing.progress
    return goal


def _progress(standing: Standing, moment: int) -> GoalProgress:
    figures, day = standing.figures, today(moment)
    expected = expected_percent(figures, day)
    return GoalProgress(
        goal_id=standing.row.id,
        as_of=timestamp(moment),
        current_value=figures.current,
        target_value=figures.target,
        progress_percent=standing.progress,
        expected_percent=expected,
        pace=pace(standing.progress, expected),
        required_rate=required_rate(figures, day),
        milestones=MilestoneCount(completed=figures.milestones_completed, total=figures.milestones_total),
        roll_up=ROLL_UP if standing.rolled_up else None,
    )


def _child(standing: Standing) -> GoalChild:
    row = standing.row
    return GoalChild(id=row.id, name=row.name, progress_percent=standing.progress, weight=row.weight)


def _as_changes(request: CreateGoalRequest) -> GoalChanges:
    changes = GoalChanges()
    for field, value in request.ListFields():
        if field.name not in SHARED_FIELDS:
            continue
        if field.message_type is not None:
            getattr(changes, field.name).CopyFrom(value)
        else:
            setattr(changes, field.name, value)
    return changes


def _changes_of(row: Row[Any]) -> GoalChanges:
    """A stored goal in the form it is changed in."""
    return GoalChanges(
        name=row.name,
        description=row.description,
        hierarchy_type=row.hierarchy_type,
        goal_type=row.goal_type,
        unit=row.unit,
        baseline_value=row.baseline_value,
        target_value=row.target_value,
        start_date=row.start_date or "",
        target_date=row.target_date or "",
        priority=row.priority,
        parent_id=row.parent_id,
        owner_id=row.owner_id,
        binding=goals.binding_of(row),
        weight=row.weight,
        status=row.status,
    )


def _columns(goal: GoalChanges) -> dict[str, Any]:
    cancelled = goal.status == GOAL_STATUS_CANCELLED
    return {
        "name": goal.name,
        "description": goal.description,
        "hierarchy_type": goal.hierarchy_type,
        "goal_type": goal.goal_type,
        "unit": goal.unit,
        "baseline_value": goal.baseline_value if goal.HasField("baseline_value") else None,
        "target_value": goal.target_value if goal.HasField("target_value") else None,
        "start_date": goal.start_date or None,
        "target_date": goal.target_date or None,
        "priority": goal.priority or PRIORITY_MEDIUM,
        "parent_id": goal.parent_id or None,
        "owner_id": goal.owner_id,
        "binding": _stored(goal.binding) if goal.HasField("binding") else None,
        "weight": goal.weight if goal.HasField("weight") else 1.0,
        # Judged anew right after; only the giving up is a person's word.
        "status": GOAL_STATUS_CANCELLED if cancelled else GOAL_STATUS_NOT_STARTED,
    }


def _stored(binding: GoalBinding) -> bytes:
    return binding.SerializeToString(deterministic=True)
