"""Goals through validation, transaction and service."""

from __future__ import annotations

from typing import Any

import pytest
from claribi.v1 import goals_pb2 as pb
from claribi.v1 import insights_pb2 as ipb
from google.protobuf.field_mask_pb2 import FieldMask

from server.analysis import formats
from server.services.goals import GoalService
from server.work.bound_goals import BoundGoals
from tests.unit.sharing.stage import Stage


@pytest.fixture
def bound(stage: Stage) -> BoundGoals:
    worker = BoundGoals(
        stage.settings, stage.database, files=stage.files, sandbox=stage.sandbox, clock=stage.clock
    )
    stage.services["GoalService"] = GoalService(bound_goals=worker, clock=stage.clock)
    return worker


@pytest.fixture(autouse=True)
def _served(bound: BoundGoals) -> None:
    """Every test has the service."""


def revenue(**changes: Any) -> pb.CreateGoalRequest:
    given = {
        "name": "Revenue",
        "hierarchy_type": pb.HIERARCHY_TYPE_TOPIC,
        "goal_type": pb.GOAL_TYPE_INCREASE,
        "baseline_value": 100.0,
        "target_value": 200.0,
        "start_date": "2026-06-05",
        "target_date": "2026-06-25",
    }
    return pb.CreateGoalRequest(**{**given, **changes})


async def made(stage: Stage, person: str = "analyst", **changes: Any) -> pb.Goal:
    goal: pb.Goal = await stage.call("CreateGoal", revenue(**changes), person)
    return goal


async def checked_in(stage: Stage, goal_id: str, value: float, day: str = "") -> pb.Goal:
    check_in = pb.CheckIn(value=value, date=day)
    goal: pb.Goal = await stage.call("AddCheckIn", pb.AddCheckInRequest(id=goal_id, check_in=check_in))
    return goal


async def patched(stage: Stage, goal_id: str, *paths: str, **values: Any) -> pb.Goal:
    goal: pb.Goal = await stage.call("UpdateGoal", change(goal_id, *paths, **values))
    return goal


def change(goal_id: str, *paths: str, **values: Any) -> pb.UpdateGoalRequest:
    mask = FieldMask(paths=paths or list(values))
    return pb.UpdateGoalRequest(id=goal_id, goal=pb.GoalChanges(**values), update_mask=mask)


async def progress(stage: Stage, goal_id: str) -> pb.GoalProgress:
    answer: pb.GoalProgress = await stage.call(
        "GetGoalProgress", pb.GetGoalProgressRequest(id=goal_id), "viewer"
    )
    return answer


async def test_a_new_goal_has_no_progress_until_a_value_is_recorded(stage: Stage) -> None:
    goal = await made(stage)
    assert goal.status == pb.GOAL_STATUS_NOT_STARTED
    assert not goal.HasField("progress_percent")
    assert goal.owner.email == "analyst@home.example"
    assert (goal.priority, goal.weight) == (pb.PRIORITY_MEDIUM, 1)
    goal = await checked_in(stage, goal.id, 150)
    assert (goal.current_value, goal.progress_percent, goal.status) == (150, 50, pb.GOAL_STATUS_ON_TRACK)


async def test_time_alone_changes_the_status_that_lists_filter_by(stage: Stage, bound: BoundGoals) -> None:
    goal = await made(stage)
    await checked_in(stage, goal.id, 150)
    stage.clock.pass_days(4)
    shown = await stage.call("GetGoal", pb.GetGoalRequest(id=goal.id))
    assert shown.status == pb.GOAL_STATUS_AT_RISK
    await bound.judge_all()
    listed = await stage.call("ListGoals", pb.ListGoalsRequest(status=pb.GOAL_STATUS_AT_RISK))
    assert [(g.id, g.status) for g in listed.results] == [(goal.id, pb.GOAL_STATUS_AT_RISK)]
    assert (await stage.call("ListGoals", pb.ListGoalsRequest(status=pb.GOAL_STATUS_ON_TRACK))).count == 0


async def test_the_current_value_is_that_of_the_latest_day(stage: Stage) -> None:
    goal = await made(stage)
    await checked_in(stage, goal.id, 150, "2026-06-10")
    later = await checked_in(stage, goal.id, 120, "2026-06-08")
    assert later.current_value == 150
    corrected = await checked_in(stage, goal.id, 155, "2026-06-10")
    assert corrected.current_value == 155
    history = (await progress(stage, goal.id)).history
    assert [(point.date, point.value) for point in history] == [
        ("2026-06-08", 120),
        ("2026-06-10", 150),
        ("2026-06-10", 155),
    ]


async def test_progress_tells_time_pace_and_rate(stage: Stage) -> None:
    goal = await made(stage)
    await checked_in(stage, goal.id, 130)
    answer = await progress(stage, goal.id)
    assert answer.as_of.ToMicroseconds() == stage.clock()
    assert (answer.progress_percent, answer.expected_percent) == (30, 50)
    assert answer.pace == pb.PACE_BEHIND
    assert answer.required_rate == 7
    assert not answer.HasField("forecast")
    assert not answer.HasField("roll_up")


async def test_a_forecast_needs_four_days_with_a_value(stage: Stage) -> None:
    goal = await made(stage)
    for day, value in (("2026-06-06", 104.0), ("2026-06-08", 111), ("2026-06-10", 113)):
        shown = await checked_in(stage, goal.id, value, day)
    assert not (await progress(stage, goal.id)).HasField("forecast")
    assert not shown.ai_insights
    shown = await checked_in(stage, goal.id, 122, "2026-06-12")
    forecast = (await progress(stage, goal.id)).forecast
    assert forecast.low < forecast.value_at_target_date < forecast.high
    assert 0 < forecast.probability < 0.25
    kinds = [insight.type for insight in shown.ai_insights]
    assert kinds == [ipb.INSIGHT_TYPE_FORECAST]
    heading = shown.ai_insights[0]
    assert heading.title == "At the present pace the target is unlikely to be met"
    assert heading.magnitude.value == forecast.value_at_target_date
    assert heading.statistics.n == 4
    assert "4 days" in heading.narrative
    assert "25\u00a0June\u00a02026" in heading.narrative


async def test_every_number_of_an_insight_stands_in_its_fields(stage: Stage) -> None:
    goal = await made(stage, unit="USD", target_value=2000.0)
    for number in range(9):
        shown = await checked_in(stage, goal.id, 100 + 13 * number + number % 2, f"2026-06-{6 + number:02d}")
    heading, trend = shown.ai_insights
    for value in (heading.magnitude.value, heading.statistics.interval.low, heading.statistics.interval.high):
        assert formats.display(value, "USD") in heading.narrative
    assert heading.statistics.effect.value == (await progress(stage, goal.id)).forecast.probability
    assert f"{formats.display(trend.magnitude.value, 'USD')} a day on average" in trend.narrative
    told = trend.statistics
    assert told.interval.low < trend.magnitude.value < told.interval.high
    assert (told.q_value, told.n) == (told.p_value, 9)
    assert told.statistic > 0


async def test_the_child_that_holds_a_goal_back_is_named(stage: Stage) -> None:
    epic = await made(stage, name="Epic", hierarchy_type=pb.HIERARCHY_TYPE_EPIC)
    await checked_in(stage, (await made(stage, parent_id=epic.id, name="Ahead")).id, 190)
    await checked_in(stage, (await made(stage, parent_id=epic.id, name="Behind", weight=3.0)).id, 120)
    told = (await stage.call("GetGoal", pb.GetGoalRequest(id=epic.id))).ai_insights
    assert [(insight.type, insight.title) for insight in told] == [
        (ipb.INSIGHT_TYPE_DRIVER, "Behind holds it back most")
    ]
    assert told[0].magnitude.value == pytest.approx(60.0)
    assert told[0].magnitude.relative == pytest.approx(60.0 / 62.5)
    assert "60\u00a0points" in told[0].narrative


async def test_milestones_are_completed_by_value_or_by_hand(stage: Stage) -> None:
    goal = await made(
        stage,
        milestones=[
            pb.MilestoneInput(name="Half", target_value=150, due_date="2026-06-20"),
            pb.MilestoneInput(name="Early", target_value=190, due_date="2026-06-10"),
            pb.MilestoneInput(name="By hand"),
        ],
    )
    assert [(m.name, m.status) for m in goal.milestones] == [
        ("Early", pb.MILESTONE_STATUS_MISSED),
        ("Half", pb.MILESTONE_STATUS_PENDING),
        ("By hand", pb.MILESTONE_STATUS_PENDING),
    ]
    goal = await checked_in(stage, goal.id, 150)
    half, by_hand = goal.milestones[1], goal.milestones[2]
    assert half.status == pb.MILESTONE_STATUS_COMPLETED
    assert half.completed_at.ToMicroseconds() == stage.clock()
    goal = await checked_in(stage, goal.id, 120)
    assert goal.milestones[1].status == pb.MILESTONE_STATUS_COMPLETED
    goal = await marked(stage, goal.id, by_hand.id, True)
    assert goal.milestones[2].status == pb.MILESTONE_STATUS_COMPLETED
    assert (await progress(stage, goal.id)).milestones == pb.MilestoneCount(completed=2, total=3)
    goal = await marked(stage, goal.id, by_hand.id, False)
    assert goal.milestones[2].status == pb.MILESTONE_STATUS_PENDING


async def marked(stage: Stage, goal_id: str, milestone_id: str, completed: bool) -> pb.Goal:
    request = pb.UpdateMilestoneRequest(
        id=goal_id,
        milestone_id=milestone_id,
        milestone=pb.MilestoneInput(completed=completed),
        update_mask=FieldMask(paths=["completed"]),
    )
    goal: pb.Goal = await stage.call("UpdateMilestone", request)
    return goal


async def test_a_milestone_is_completed_on_the_day_its_value_was_reached(stage: Stage) -> None:
    goal = await made(
        stage, milestones=[pb.MilestoneInput(name="Half", target_value=150, due_date="2026-06-07")]
    )
    await checked_in(stage, goal.id, 155, "2026-06-08")
    goal = await checked_in(stage, goal.id, 120, "2026-06-12")
    assert goal.milestones[0].status == pb.MILESTONE_STATUS_COMPLETED
    assert goal.milestones[0].completed_at.ToDatetime().date().isoformat() == "2026-06-08"


async def test_tasks_make_progress_by_milestones(stage: Stage) -> None:
    request = pb.CreateGoalRequest(
        name="Launch", hierarchy_type=pb.HIERARCHY_TYPE_TASK, goal_type=pb.GOAL_TYPE_COMPLETE_TASKS
    )
    goal = await stage.call("CreateGoal", request)
    assert not goal.HasField("progress_percent")
    for name in ("one", "two"):
        added = pb.AddMilestoneRequest(id=goal.id, milestone=pb.MilestoneInput(name=name))
        goal = await stage.call("AddMilestone", added)
    assert goal.progress_percent == 0
    for milestone in list(goal.milestones):
        goal = await marked(stage, goal.id, milestone.id, True)
    assert (goal.progress_percent, goal.status) == (100, pb.GOAL_STATUS_ACHIEVED)


async def test_an_epic_without_values_takes_the_weighted_mean_of_its_children(stage: Stage) -> None:
    epic = await made(stage, name="Epic", hierarchy_type=pb.HIERARCHY_TYPE_EPIC)
    light = await made(stage, parent_id=epic.id)
    heavy = await made(stage, parent_id=epic.id, weight=3.0)
    await checked_in(stage, light.id, 150)
    await checked_in(stage, heavy.id, 200)
    answer = await progress(stage, epic.id)
    assert (answer.progress_percent, answer.roll_up) == (87.5, "weighted")
    assert [(c.id, c.progress_percent, c.weight) for c in answer.children] == [
        (light.id, 50, 1),
        (heavy.id, 100, 3),
    ]
    # A value of its own goes before its children.
    await checked_in(stage, epic.id, 110)
    answer = await progress(stage, epic.id)
    assert (answer.progress_percent, answer.HasField("roll_up"), len(answer.children)) == (10, False, 2)


async def test_a_change_below_is_judged_all_the_way_up(stage: Stage) -> None:
    epic = await made(stage, hierarchy_type=pb.HIERARCHY_TYPE_EPIC)
    topic = await made(stage, parent_id=epic.id)
    task = await made(stage, parent_id=topic.id, hierarchy_type=pb.HIERARCHY_TYPE_TASK)
    await checked_in(stage, task.id, 200)
    done = await stage.call("ListGoals", pb.ListGoalsRequest(status=pb.GOAL_STATUS_ACHIEVED))
    assert {goal.id for goal in done.results} == {epic.id, topic.id, task.id}
    await patched(stage, task.id, "parent_id")
    done = await stage.call("ListGoals", pb.ListGoalsRequest(status=pb.GOAL_STATUS_ACHIEVED))
    assert {goal.id for goal in done.results} == {task.id}


async def test_cancelled_children_do_not_count(stage: Stage) -> None:
    epic = await made(stage)
    kept, dropped = await made(stage, parent_id=epic.id), await made(stage, parent_id=epic.id)
    await checked_in(stage, kept.id, 160)
    await patched(stage, dropped.id, status=pb.GOAL_STATUS_CANCELLED)
    assert (await progress(stage, epic.id)).progress_percent == 60


async def test_a_goal_cannot_stand_below_itself(stage: Stage) -> None:
    top = await made(stage)
    middle = await made(stage, parent_id=top.id)
    bottom = await made(stage, parent_id=middle.id)
    for goal_id in (top.id, middle.id):
        assert await stage.fields("UpdateGoal", change(goal_id, parent_id=bottom.id)) == {
            "parent_id": ["A goal cannot stand below itself."]
        }
    assert "parent_id" in await stage.fields("UpdateGoal", change(top.id, parent_id=top.id))


async def test_a_long_chain_of_goals_is_rolled_up(stage: Stage) -> None:
    parent = ""
    chain = []
    for _ in range(60):
        goal = await made(stage, **({"parent_id": parent} if parent else {}))
        parent = goal.id
        chain.append(goal.id)
    await checked_in(stage, chain[-1], 150)
    assert (await progress(stage, chain[0])).progress_percent == 50


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("no target", {"target_value": None}, "target_value"),
    ("dates the wrong way round", {"start_date": "2026-06-26"}, "target_date"),
    ("to increase downwards", {"target_value": 50.0}, "target_value"),
    ("to decrease upwards", {"goal_type": pb.GOAL_TYPE_DECREASE}, "target_value"),
    ("a parent that is not there", {"parent_id": "nothing"}, "parent_id"),
    ("an owner who is not there", {"owner_id": "nobody"}, "owner_id"),
    ("a milestone without a name", {"milestones": [pb.MilestoneInput(target_value=1)]}, "milestones.0.name"),
    ("no level", {"hierarchy_type": pb.HIERARCHY_TYPE_UNSPECIFIED}, "hierarchy_type"),
    ("a date that is none", {"start_date": "2026-02-30"}, "start_date"),
    ("a weight below nothing", {"weight": -1.0}, "weight"),
    ("a number that is not finite", {"baseline_value": float("nan")}, "baseline_value"),
]


@pytest.mark.parametrize(("changes", "field"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
async def test_a_goal_that_makes_no_sense_is_refused_by_field(
    stage: Stage, changes: dict[str, Any], field: str
) -> None:
    assert list(await stage.fields("CreateGoal", revenue(**changes))) == [field]


async def test_goals_and_people_of_another_organization_do_not_exist(stage: Stage) -> None:
    theirs = await made(stage, "other.owner")
    assert "parent_id" in await stage.fields("CreateGoal", revenue(parent_id=theirs.id))
    stranger = stage.people["other.owner"].user_id
    assert "owner_id" in await stage.fields("CreateGoal", revenue(owner_id=stranger))
    for rpc, request in (
        ("GetGoal", pb.GetGoalRequest(id=theirs.id)),
        ("GetGoalProgress", pb.GetGoalProgressRequest(id=theirs.id)),
        ("UpdateGoal", change(theirs.id, name="x")),
        ("DeleteGoal", pb.DeleteGoalRequest(id=theirs.id)),
        ("AddMilestone", pb.AddMilestoneRequest(id=theirs.id, milestone=pb.MilestoneInput(name="x"))),
        ("AddCheckIn", pb.AddCheckInRequest(id=theirs.id, check_in=pb.CheckIn(value=1))),
    ):
        assert (await stage.refused(rpc, request, "owner")).word == "not_found", rpc
    assert (await stage.call("ListGoals", pb.ListGoalsRequest())).count == 0


async def test_a_change_touches_only_what_the_mask_names(stage: Stage) -> None:
    goal = await made(stage, description="Why", unit="USD")
    changed = await patched(stage, goal.id, "name", name="Renamed", description="ignored")
    assert (changed.name, changed.description, changed.unit) == ("Renamed", "Why", "USD")
    cleared = await patched(stage, goal.id, "target_date", "baseline_value")
    assert not cleared.HasField("target_date")
    assert not cleared.HasField("baseline_value")
    assert list(await stage.fields("UpdateGoal", change(goal.id, "target_value"))) == ["target_value"]
    assert list(await stage.fields("UpdateGoal", change(goal.id, "status"))) == ["status"]
    assert list(await stage.fields("UpdateGoal", change(goal.id, "current_value"))) == ["current_value"]
    nothing = pb.UpdateGoalRequest(id=goal.id, goal=pb.GoalChanges(name="x"))
    assert (await stage.fields("UpdateGoal", nothing))["body"] == ["Give at least one field to change."]


async def test_giving_up_can_be_taken_back(stage: Stage) -> None:
    goal = await made(stage)
    await checked_in(stage, goal.id, 150)
    assert (await patched(stage, goal.id, status=pb.GOAL_STATUS_CANCELLED)).status == pb.GOAL_STATUS_CANCELLED
    assert (await patched(stage, goal.id, name="Still")).status == pb.GOAL_STATUS_CANCELLED
    back = await patched(stage, goal.id, status=pb.GOAL_STATUS_ACHIEVED)
    assert back.status == pb.GOAL_STATUS_ON_TRACK


async def test_analysts_delete_only_what_they_made(stage: Stage) -> None:
    goal = await made(stage, "owner")
    child = await made(stage, parent_id=goal.id)
    refused = await stage.refused("DeleteGoal", pb.DeleteGoalRequest(id=goal.id))
    assert refused.word == "insufficient_permissions"
    await stage.call("DeleteGoal", pb.DeleteGoalRequest(id=goal.id), "administrator")
    orphan = await stage.call("GetGoal", pb.GetGoalRequest(id=child.id))
    assert not orphan.HasField("parent_id")
    await stage.call("DeleteGoal", pb.DeleteGoalRequest(id=child.id))
    assert (await stage.refused("GetGoal", pb.GetGoalRequest(id=child.id))).word == "not_found"


async def test_a_check_in_from_the_future_is_refused(stage: Stage) -> None:
    goal = await made(stage)
    request = pb.AddCheckInRequest(id=goal.id, check_in=pb.CheckIn(value=1, date="2026-06-16"))
    assert list(await stage.fields("AddCheckIn", request)) == ["check_in.date"]


BINDINGS: list[tuple[str, dict[str, Any], str]] = [
    ("no such table", {"table": "nothing"}, "binding.table"),
    ("no such column", {"measure": "colour"}, "binding.measure"),
    ("text cannot be summed", {"measure": "region"}, "binding.measure"),
    ("nothing to average", {"aggregation": ipb.AGGREGATION_AVERAGE}, "binding.measure"),
    ("no such time column", {"time_column": "hour"}, "binding.time_column"),
    ("a number is no time", {"time_column": "amount"}, "binding.time_column"),
]


@pytest.mark.parametrize(("wrong", "field"), [row[1:] for row in BINDINGS], ids=[row[0] for row in BINDINGS])
async def test_a_binding_must_fit_the_source(stage: Stage, wrong: dict[str, Any], field: str) -> None:
    binding = pb.GoalBinding(data_source_id=stage.sources["home"], **wrong)
    assert list(await stage.fields("CreateGoal", revenue(binding=binding))) == [field]


async def test_a_source_of_another_organization_cannot_be_followed(stage: Stage) -> None:
    binding = pb.GoalBinding(data_source_id=stage.sources["other"])
    assert list(await stage.fields("CreateGoal", revenue(binding=binding))) == ["binding.data_source_id"]


def measured(value: float, *days: tuple[str, float]) -> bytes:
    """What the source says: a value now, and values by day."""
    answer = pb.GoalProgress(current_value=value)
    answer.evidence.add(id="e1", value=value, display=f"{value:g}")
    for place, (day, seen) in enumerate(days, start=2):
        answer.evidence.add(id=f"e{place}", value=seen)
        answer.history.add(date=day, value=seen, evidence_id=f"e{place}")
    return answer.SerializeToString()


async def test_a_bound_goal_is_measured_after_it_is_made_and_after_each_sync(
    stage: Stage, bound: BoundGoals
) -> None:
    values = iter((140.0, 150.0, 160.0))
    stage.sandbox.answers["measure"] = lambda _payload: measured(next(values))
    await bound.start()
    try:
        source = stage.sources["home"]
        binding = pb.GoalBinding(data_source_id=source, measure="amount", time_column="day")
        goal = await made(stage, binding=binding)
        await bound.drained()
        await bound.refresh_bound_goals(stage.home_id, source)
        await bound.drained()
        stage.clock.pass_days(1)
        await bound.refresh_bound_goals(stage.home_id, source)
        await bound.drained()
    finally:
        await bound.close()
    _, payload = stage.sandbox.asked[0]
    assert payload["directory"].endswith(f"snapshots/{stage.home_id}/{source}/{'ab' * 32}")
    assert (payload["table"], payload["measure"]) == ("orders", "amount")
    assert (payload["from"], payload["to"]) == ("2026-06-05", "2026-06-25")
    answer = await progress(stage, goal.id)
    assert (answer.current_value, answer.progress_percent) == (160, 60)
    # One measured value a day is kept, the last one.
    assert [(p.date, p.value) for p in answer.history] == [("2026-06-15", 150), ("2026-06-16", 160)]


async def test_a_bound_goal_has_the_history_its_source_tells_with_the_query_of_each_value(
    stage: Stage, bound: BoundGoals
) -> None:
    days = [(f"2026-06-{6 + place:02d}", 100.0 + 6 * place + place % 2) for place in range(9)]
    stage.sandbox.answers["measure"] = lambda _payload: measured(149.0, *days)
    binding = pb.GoalBinding(data_source_id=stage.sources["home"], measure="amount", time_column="day")
    milestones = [pb.MilestoneInput(name="First", target_value=113)]
    await bound.start()
    try:
        goal = await made(stage, binding=binding, milestones=milestones, unit="EUR")
        await bound.drained()
    finally:
        await bound.close()
    answer = await progress(stage, goal.id)
    assert [(point.date, point.value) for point in answer.history] == days
    assert {point.evidence_id for point in answer.history} < {entry.id for entry in answer.evidence}
    assert answer.forecast.low < answer.forecast.value_at_target_date < answer.forecast.high
    shown = await stage.call("GetGoal", pb.GetGoalRequest(id=goal.id))
    assert shown.milestones[0].completed_at.ToDatetime().date().isoformat() == "2026-06-09"
    for insight in shown.ai_insights:
        assert list(insight.evidence_ids) == [entry.id for entry in shown.evidence]
    assert shown.ai_insights[0].narrative.startswith("The source says 149 now.")
    # Another question to the source: what it said is no answer to it.
    changed = await patched(stage, goal.id, start_date="2026-06-08")
    assert list(changed.evidence) == []
    assert [point.value for point in (await progress(stage, goal.id)).history] == [149.0]
    listed = await stage.call("ListGoals", pb.ListGoalsRequest())
    assert list(listed.results[0].evidence) == []


async def test_a_measure_that_fails_leaves_the_goal_as_it_was(stage: Stage, bound: BoundGoals) -> None:
    from server.job import JobFailed

    def fail(_payload: dict[str, Any]) -> bytes:
        raise JobFailed("data_source_unavailable", "gone")

    stage.sandbox.answers["measure"] = fail
    await bound.start()
    try:
        goal = await made(stage, binding=pb.GoalBinding(data_source_id=stage.sources["home"]))
        await bound.drained()
    finally:
        await bound.close()
    assert len(stage.sandbox.asked) >= 1
    assert not (await stage.call("GetGoal", pb.GetGoalRequest(id=goal.id))).HasField("current_value")
