"""Goal arithmetic: progress, what time alone would ask for, pace, required rate, status and roll-up.

Everything here is plain arithmetic over days and values; where a rule is a choice, the constant beside it says so.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from claribi.v1.goals_pb2 import (
    GOAL_STATUS_ACHIEVED,
    GOAL_STATUS_AT_RISK,
    GOAL_STATUS_CANCELLED,
    GOAL_STATUS_MISSED,
    GOAL_STATUS_NOT_STARTED,
    GOAL_STATUS_OFF_TRACK,
    GOAL_STATUS_ON_TRACK,
    GOAL_TYPE_ACHIEVE,
    GOAL_TYPE_COMPLETE_TASKS,
    GOAL_TYPE_DECREASE,
    GOAL_TYPE_INCREASE,
    GOAL_TYPE_MAINTAIN,
    MILESTONE_STATUS_COMPLETED,
    MILESTONE_STATUS_MISSED,
    MILESTONE_STATUS_PENDING,
    PACE_AHEAD,
    PACE_BEHIND,
    PACE_ON,
    PACE_UNSPECIFIED,
    GoalStatus,
    GoalType,
    MilestoneStatus,
    Pace,
)

FULL = 100.0
# Within this many points of what time asks for, a goal is with time.
PACE_BAND_POINTS = 5.0
# Behind by more than the band a goal is at risk, behind by more than this it is off track.
OFF_TRACK_POINTS = 25.0
# A value to be maintained is held within this share of the target; at twice the share nothing is left of it.
MAINTAIN_BAND = 0.05


@dataclass(frozen=True)
class Figures:
    """What a goal is judged by. `lowest` and `highest` are of all values ever recorded."""

    goal_type: GoalType
    baseline: float | None = None
    current: float | None = None
    target: float | None = None
    start: date | None = None
    end: date | None = None
    lowest: float | None = None
    highest: float | None = None
    milestones_completed: int = 0
    milestones_total: int = 0
    cancelled: bool = False


def direction(figures: Figures) -> int:
    """1 when values should rise, -1 when they should fall, 0 when they should stay or there are none.

    A goal to achieve a value points from its baseline (0 when there is none) to its target.
    """
    if figures.goal_type == GOAL_TYPE_INCREASE:
        return 1
    if figures.goal_type == GOAL_TYPE_DECREASE:
        return -1
    if figures.goal_type != GOAL_TYPE_ACHIEVE or figures.target is None:
        return 0
    return 1 if figures.target >= (figures.baseline or 0.0) else -1


def value_reached(figures: Figures) -> float | None:
    """The value that counts: the best one ever recorded for a goal to be achieved once, else the current one."""
    if figures.goal_type != GOAL_TYPE_ACHIEVE:
        return figures.current
    best = figures.highest if direction(figures) > 0 else figures.lowest
    known = [value for value in (best, figures.current) if value is not None]
    if not known:
        return None
    return max(known) if direction(figures) > 0 else min(known)


def own_progress(figures: Figures) -> float | None:
    """Progress in percent from the goal's own values: 0 at the baseline (or before it), 100 at the target, and beyond.

    None when a value it needs is unknown, and for tasks to complete when there are none. A goal that grows from an
    unknown baseline grows from 0; one that shrinks from an unknown baseline has no progress to tell until it is there.
    """
    if figures.goal_type == GOAL_TYPE_COMPLETE_TASKS:
        total = figures.milestones_total
        return FULL * figures.milestones_completed / total if total else None
    value, target = value_reached(figures), figures.target
    if value is None or target is None:
        return None
    if figures.goal_type == GOAL_TYPE_MAINTAIN:
        return _maintained(value, target)
    return _travelled(figures, value, target)


def _travelled(figures: Figures, value: float, target: float) -> float | None:
    sign = direction(figures)
    baseline = figures.baseline
    if baseline is None and sign < 0:
        return FULL if value <= target else None
    distance = sign * (target - (baseline or 0.0))
    if distance <= 0:
        # Nothing to travel: the goal is either reached or not.
        return FULL if sign * (value - target) >= 0 else 0.0
    percent = FULL * sign * (value - (baseline or 0.0)) / distance
    return max(percent, 0.0) if math.isfinite(percent) else None


def _maintained(value: float, target: float) -> float:
    band = MAINTAIN_BAND * abs(target)
    excess = abs(value - target) - band
    if excess <= 0:
        return FULL
    return max(FULL * (1 - excess / band), 0.0) if band else 0.0


def expected_percent(figures: Figures, today: date) -> float | None:
    """Progress that time alone would ask for: the share of days from start to target date that have passed.

    A value to be maintained is asked for in full from the first day. None without both dates, or for reversed ones.
    """
    start, end = figures.start, figures.end
    if start is None or end is None or end < start:
        return None
    if today < start:
        return 0.0
    if figures.goal_type == GOAL_TYPE_MAINTAIN or today >= end:
        return FULL
    return FULL * (today - start).days / (end - start).days


def pace(progress: float | None, expected: float | None) -> Pace:
    """Progress against time, within a band of PACE_BAND_POINTS; unspecified when either is unknown."""
    if progress is None or expected is None:
        return PACE_UNSPECIFIED
    lead = min(progress, FULL) - expected
    if lead > PACE_BAND_POINTS:
        return PACE_AHEAD
    return PACE_BEHIND if lead < -PACE_BAND_POINTS else PACE_ON


def required_rate(figures: Figures, today: date) -> float | None:
    """Change per day, in the goal's unit, that still reaches the target in time; 0 once it is reached.

    Days count from today or the start, whichever is later, and the target date itself is one. None when the date has
    passed, a value is unknown, or the value should stay where it is. For tasks it is milestones per day.
    """
    if figures.end is None or today > figures.end:
        return None
    days = max((figures.end - max(today, figures.start or today)).days, 1)
    if figures.goal_type == GOAL_TYPE_COMPLETE_TASKS:
        left = figures.milestones_total - figures.milestones_completed
        return left / days if figures.milestones_total else None
    value, sign = value_reached(figures), direction(figures)
    if value is None or figures.target is None or sign == 0:
        return None
    distance = sign * (figures.target - value)
    if distance <= 0:
        return 0.0
    return sign * distance / days if math.isfinite(distance) else None


def judge(figures: Figures, progress: float | None, today: date) -> GoalStatus:
    """The status of a goal; `progress` may come from its own values or from its children.

    Cancelled goals stay so. A full goal is achieved; one to be maintained only when its time is over. Before the start
    date, and while no value is known, a goal has not started; after the target date it is missed.
    """
    if figures.cancelled:
        return GOAL_STATUS_CANCELLED
    over = figures.end is not None and today > figures.end
    full = progress is not None and progress >= FULL
    if full and (over or figures.goal_type != GOAL_TYPE_MAINTAIN):
        return GOAL_STATUS_ACHIEVED
    if over:
        return GOAL_STATUS_MISSED
    if progress is None or (figures.start is not None and today < figures.start):
        return GOAL_STATUS_NOT_STARTED
    return _against_time(progress, expected_percent(figures, today))


def _against_time(progress: float, expected: float | None) -> GoalStatus:
    behind = 0.0 if expected is None else expected - progress
    if behind <= PACE_BAND_POINTS:
        return GOAL_STATUS_ON_TRACK
    return GOAL_STATUS_AT_RISK if behind <= OFF_TRACK_POINTS else GOAL_STATUS_OFF_TRACK


def milestone_reached(figures: Figures, target: float | None) -> bool:
    """Whether the goal's value has reached a milestone's value; never where values have no direction."""
    value = value_reached(figures)
    return value is not None and reaches(figures, value, target)


def reaches(figures: Figures, value: float, target: float | None) -> bool:
    """Whether a value is at a target or beyond it, in the direction of the goal; never where there is none."""
    sign = direction(figures)
    return target is not None and sign != 0 and sign * (value - target) >= 0


def milestone_status(*, completed: bool, due: date | None, today: date) -> MilestoneStatus:
    """A milestone is completed, missed once its due date has passed, else pending."""
    if completed:
        return MILESTONE_STATUS_COMPLETED
    return MILESTONE_STATUS_MISSED if due is not None and due < today else MILESTONE_STATUS_PENDING


@dataclass(frozen=True)
class Share:
    """A child in a roll-up: its progress in percent, its weight."""

    progress: float | None
    weight: float


def roll_up(children: Sequence[Share]) -> float | None:
    """The weighted mean of the children's progress.

    A child counts 100 at most, so that one ahead does not hide one behind; a child without progress counts 0, so that
    what was never measured is not taken for done. None when no child has progress, or no weight.
    """
    weight = sum(child.weight for child in children)
    if weight <= 0 or all(child.progress is None for child in children):
        return None
    return sum(child.weight * min(child.progress or 0.0, FULL) for child in children) / weight
