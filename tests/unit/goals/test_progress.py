"""Goal arithmetic, as tables."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from claribi.v1 import goals_pb2 as pb

from server.work.progress import (
    Figures,
    Share,
    expected_percent,
    judge,
    milestone_reached,
    milestone_status,
    own_progress,
    pace,
    required_rate,
    roll_up,
)

UP, DOWN, STAY, ONCE, TASKS = (
    pb.GOAL_TYPE_INCREASE,
    pb.GOAL_TYPE_DECREASE,
    pb.GOAL_TYPE_MAINTAIN,
    pb.GOAL_TYPE_ACHIEVE,
    pb.GOAL_TYPE_COMPLETE_TASKS,
)
START, MIDDLE, END = date(2026, 1, 1), date(2026, 1, 6), date(2026, 1, 11)
BEFORE, AFTER = date(2025, 12, 31), date(2026, 1, 12)

PROGRESS: list[tuple[str, int, dict[str, Any], float | None]] = [
    ("half way up", UP, {"baseline": 100, "current": 150, "target": 200}, 50),
    ("at the baseline", UP, {"baseline": 100, "current": 100, "target": 200}, 0),
    ("at the target", UP, {"baseline": 100, "current": 200, "target": 200}, 100),
    ("beyond the target", UP, {"baseline": 100, "current": 250, "target": 200}, 150),
    ("gone the wrong way counts nothing", UP, {"baseline": 100, "current": 60, "target": 200}, 0),
    ("grown from below zero", UP, {"baseline": -50, "current": 0, "target": 50}, 50),
    ("without a baseline growth starts at 0", UP, {"current": 30, "target": 120}, 25),
    ("zero range, reached", UP, {"baseline": 10, "current": 10, "target": 10}, 100),
    ("zero range, not reached", UP, {"baseline": 10, "current": 9, "target": 10}, 0),
    ("a target below the baseline is reached at once", UP, {"baseline": 10, "current": 8, "target": 5}, 100),
    ("no value yet", UP, {"baseline": 10, "target": 20}, None),
    ("no target", UP, {"baseline": 10, "current": 15}, None),
    ("numbers too large to subtract", UP, {"baseline": -1e308, "current": 1e308, "target": 1.5e308}, None),
    ("sixty percent down", DOWN, {"baseline": 10, "current": 7, "target": 5}, 60),
    ("down to the target", DOWN, {"baseline": 10, "current": 5, "target": 5}, 100),
    ("further down than asked", DOWN, {"baseline": 10, "current": 0, "target": 5}, 200),
    ("risen instead of fallen", DOWN, {"baseline": 10, "current": 12, "target": 5}, 0),
    ("down from an unknown place", DOWN, {"current": 7, "target": 5}, None),
    ("down from an unknown place, but there", DOWN, {"current": 5, "target": 5}, 100),
    ("down through zero", DOWN, {"baseline": 10, "current": -5, "target": -10}, 75),
    ("kept exactly", STAY, {"current": 100, "target": 100}, 100),
    ("kept at the edge of the band", STAY, {"current": 105, "target": 100}, 100),
    ("half a band outside", STAY, {"current": 107.5, "target": 100}, 50),
    ("half a band outside below", STAY, {"current": 92.5, "target": 100}, 50),
    ("twice the band away nothing is left", STAY, {"current": 110, "target": 100}, 0),
    ("far away stays nothing", STAY, {"current": 500, "target": 100}, 0),
    ("kept at zero", STAY, {"current": 0, "target": 0}, 100),
    ("off zero, which has no band", STAY, {"current": 0.1, "target": 0}, 0),
    ("kept below zero", STAY, {"current": -98, "target": -100}, 100),
    (
        "achieved before, fallen since",
        ONCE,
        {"baseline": 0, "current": 40, "target": 100, "highest": 101},
        101,
    ),
    ("on the way to be achieved", ONCE, {"baseline": 0, "current": 40, "target": 100, "highest": 60}, 60),
    ("achieved downwards", ONCE, {"baseline": 50, "current": 30, "target": 20, "lowest": 18}, 320 / 3),
    ("three of four tasks", TASKS, {"milestones_completed": 3, "milestones_total": 4}, 75),
    ("all tasks", TASKS, {"milestones_completed": 4, "milestones_total": 4}, 100),
    ("no tasks", TASKS, {}, None),
    ("tasks do not look at values", TASKS, {"current": 5, "target": 10, "baseline": 0}, None),
]


@pytest.mark.parametrize(
    ("kind", "given", "wanted"), [row[1:] for row in PROGRESS], ids=[r[0] for r in PROGRESS]
)
def test_progress_is_measured_in_the_goals_direction(
    kind: Any, given: dict[str, Any], wanted: float | None
) -> None:
    got = own_progress(Figures(kind, **given))
    assert got == (None if wanted is None else pytest.approx(wanted))


EXPECTED: list[tuple[str, date | None, date | None, date, float | None]] = [
    ("before the start", START, END, BEFORE, 0),
    ("on the first day", START, END, START, 0),
    ("half the days", START, END, MIDDLE, 50),
    ("on the target date", START, END, END, 100),
    ("past the target date", START, END, AFTER, 100),
    ("reversed dates ask nothing", END, START, MIDDLE, None),
    ("no target date", START, None, MIDDLE, None),
    ("no start date", None, END, MIDDLE, None),
    ("one day only, on it", START, START, START, 100),
    ("one day only, before it", START, START, BEFORE, 0),
    ("both dates past", date(2020, 1, 1), date(2020, 2, 1), START, 100),
]


@pytest.mark.parametrize(
    ("start", "end", "day", "wanted"), [r[1:] for r in EXPECTED], ids=[r[0] for r in EXPECTED]
)
def test_time_asks_for_its_share(start: date, end: date, day: date, wanted: float | None) -> None:
    assert expected_percent(Figures(UP, start=start, end=end), day) == wanted


def test_what_is_maintained_is_asked_for_in_full_from_the_first_day() -> None:
    figures = Figures(STAY, start=START, end=END)
    assert [expected_percent(figures, day) for day in (BEFORE, START, MIDDLE)] == [0, 100, 100]


@pytest.mark.parametrize(
    ("progress", "expected", "wanted"),
    [
        (None, 50.0, pb.PACE_UNSPECIFIED),
        (50.0, None, pb.PACE_UNSPECIFIED),
        (50.0, 50.0, pb.PACE_ON),
        (55.0, 50.0, pb.PACE_ON),
        (55.1, 50.0, pb.PACE_AHEAD),
        (45.0, 50.0, pb.PACE_ON),
        (44.9, 50.0, pb.PACE_BEHIND),
        (150.0, 100.0, pb.PACE_ON),
    ],
)
def test_pace_compares_with_time_within_a_band(progress: float, expected: float, wanted: int) -> None:
    assert pace(progress, expected) == wanted


STATUS: list[tuple[str, dict[str, Any], float | None, date, int]] = [
    ("with time", {}, 50, MIDDLE, pb.GOAL_STATUS_ON_TRACK),
    ("just within the band", {}, 45, MIDDLE, pb.GOAL_STATUS_ON_TRACK),
    ("somewhat behind", {}, 40, MIDDLE, pb.GOAL_STATUS_AT_RISK),
    ("at the edge of at risk", {}, 25, MIDDLE, pb.GOAL_STATUS_AT_RISK),
    ("far behind", {}, 24, MIDDLE, pb.GOAL_STATUS_OFF_TRACK),
    ("before its time", {}, 0, BEFORE, pb.GOAL_STATUS_NOT_STARTED),
    ("reached before its time", {}, 100, BEFORE, pb.GOAL_STATUS_ACHIEVED),
    ("nothing recorded", {}, None, MIDDLE, pb.GOAL_STATUS_NOT_STARTED),
    ("nothing recorded and over", {}, None, AFTER, pb.GOAL_STATUS_MISSED),
    ("reached", {}, 100, MIDDLE, pb.GOAL_STATUS_ACHIEVED),
    ("over and short", {}, 99.9, AFTER, pb.GOAL_STATUS_MISSED),
    ("over and reached", {}, 100, AFTER, pb.GOAL_STATUS_ACHIEVED),
    ("the target date itself is not over", {}, 99, END, pb.GOAL_STATUS_ON_TRACK),
    ("no dates, so never behind", {"start": None, "end": None}, 1, MIDDLE, pb.GOAL_STATUS_ON_TRACK),
    ("cancelled, whatever it reached", {"cancelled": True}, 100, AFTER, pb.GOAL_STATUS_CANCELLED),
    ("maintained so far", {"goal_type": STAY}, 100, MIDDLE, pb.GOAL_STATUS_ON_TRACK),
    ("maintained to the end", {"goal_type": STAY}, 100, AFTER, pb.GOAL_STATUS_ACHIEVED),
    ("slipping", {"goal_type": STAY}, 80, MIDDLE, pb.GOAL_STATUS_AT_RISK),
    ("slipped", {"goal_type": STAY}, 10, MIDDLE, pb.GOAL_STATUS_OFF_TRACK),
]


@pytest.mark.parametrize(
    ("changes", "progress", "day", "wanted"), [r[1:] for r in STATUS], ids=[r[0] for r in STATUS]
)
def test_a_status_is_judged(changes: dict[str, Any], progress: float | None, day: date, wanted: int) -> None:
    figures = Figures(**{"goal_type": UP, "start": START, "end": END, **changes})
    assert judge(figures, progress, day) == wanted


RATES: list[tuple[str, int, dict[str, Any], date, float | None]] = [
    ("five days to go up 50", UP, {"current": 150, "target": 200}, MIDDLE, 10),
    ("five days to go down 50", DOWN, {"current": 250, "target": 200}, MIDDLE, -10),
    ("reached needs nothing", UP, {"current": 200, "target": 200}, MIDDLE, 0),
    ("the last day is a day", UP, {"current": 190, "target": 200}, END, 10),
    ("over", UP, {"current": 190, "target": 200}, AFTER, None),
    ("days before the start do not count", UP, {"current": 100, "target": 200}, date(2025, 1, 1), 10),
    ("no value", UP, {"target": 200}, MIDDLE, None),
    ("what should stay has no rate", STAY, {"current": 190, "target": 200}, MIDDLE, None),
    ("tasks a day", TASKS, {"milestones_completed": 1, "milestones_total": 6}, MIDDLE, 1),
    ("no tasks", TASKS, {}, MIDDLE, None),
]


@pytest.mark.parametrize(
    ("kind", "given", "day", "wanted"), [r[1:] for r in RATES], ids=[r[0] for r in RATES]
)
def test_the_required_rate_reaches_the_target_in_time(
    kind: Any, given: dict[str, Any], day: date, wanted: float | None
) -> None:
    assert required_rate(Figures(kind, start=START, end=END, **given), day) == wanted


@pytest.mark.parametrize(
    ("children", "wanted"),
    [
        ([(50, 1), (100, 3)], 87.5),
        ([(50, 1)], 50),
        ([(150, 1), (50, 1)], 75),
        ([(None, 1), (100, 1)], 50),
        ([(None, 1), (None, 1)], None),
        ([(80, 0), (20, 1)], 20),
        ([(80, 0)], None),
        ([], None),
    ],
)
def test_roll_up_is_the_weighted_mean(
    children: list[tuple[float | None, float]], wanted: float | None
) -> None:
    assert roll_up([Share(*child) for child in children]) == wanted


@pytest.mark.parametrize(
    ("figures", "target", "wanted"),
    [
        (Figures(UP, current=150), 150, True),
        (Figures(UP, current=149), 150, False),
        (Figures(DOWN, current=5), 5, True),
        (Figures(DOWN, current=6), 5, False),
        (Figures(ONCE, target=10, current=1, highest=6), 5, True),
        (Figures(STAY, current=5, target=5), 5, False),
        (Figures(UP, current=5), None, False),
        (Figures(UP), 5, False),
    ],
)
def test_a_milestone_is_reached_in_the_goals_direction(
    figures: Figures, target: float | None, wanted: bool
) -> None:
    assert milestone_reached(figures, target) is wanted


@pytest.mark.parametrize(
    ("completed", "due", "wanted"),
    [
        (True, BEFORE, pb.MILESTONE_STATUS_COMPLETED),
        (False, BEFORE, pb.MILESTONE_STATUS_MISSED),
        (False, START, pb.MILESTONE_STATUS_PENDING),
        (False, None, pb.MILESTONE_STATUS_PENDING),
    ],
)
def test_a_milestone_is_judged_by_its_due_date(completed: bool, due: date | None, wanted: int) -> None:
    assert milestone_status(completed=completed, due=due, today=START) == wanted
