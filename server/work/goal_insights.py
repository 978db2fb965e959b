"""What the values of a goal say, as forecast and as insights; nothing of its course below four days with a value.

Every number in a text stands unrounded in a field of its insight (magnitude, effect, interval, n) or is evidence, and
every text passes the gate.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import date, datetime

import structlog
from claribi.v1.goals_pb2 import GOAL_TYPE_ACHIEVE, GOAL_TYPE_COMPLETE_TASKS, GOAL_TYPE_MAINTAIN, GoalForecast
from claribi.v1.insights_pb2 import (
    DIRECTION_DECREASE,
    DIRECTION_FLAT,
    DIRECTION_INCREASE,
    DIRECTION_LOWER,
    GRAIN_DAY,
    INSIGHT_TYPE_DRIVER,
    INSIGHT_TYPE_FORECAST,
    INSIGHT_TYPE_TREND,
    Direction,
    Effect,
    Insight,
    Interval,
    Magnitude,
    Measure,
    Statistics,
    Subject,
    TimeSpan,
)

from server.analysis import formats, gate, periods
from server.work.forecast import LEVEL, Course, fit_course
from server.work.goal_history import History
from server.work.goal_tree import Standing
from server.work.progress import FULL, MAINTAIN_BAND, direction, required_rate, value_reached

TEST = "line with autocorrelated deviations, averaged over their memory"
# A slope this unlikely without any movement is told.
SIGNIFICANT = 0.05
SURE, UNSURE = 0.99, 0.01
LIKELY = 0.75
CAVEAT = "A straight line and what strays from it; seasons and plans are not in it."
# Of the points missing, from which a child is said to hold its parent back.
HOLDS_BACK = 0.25

log = structlog.get_logger(__name__)

Values = Sequence[tuple[date, float]]


def forecast(standing: Standing, values: Values, today: date) -> GoalForecast | None:
    """Where the goal is heading: value at the target date, 80 % prediction interval, probability of the target.

    None without a target date to come, for tasks, and with fewer than four days that have a value.
    """
    course = None if standing.figures.goal_type == GOAL_TYPE_COMPLETE_TASKS else fit_course(values)
    return None if course is None else _seen(standing, course, today)


def _seen(standing: Standing, course: Course, today: date) -> GoalForecast | None:
    figures = standing.figures
    if figures.end is None or today > figures.end or figures.target is None:
        return None
    seen = course.outlook(figures.end)
    if not all(map(math.isfinite, (seen.value, seen.low, seen.high))):
        return None
    probability = _probability(standing, course, figures.end)
    return GoalForecast(
        value_at_target_date=seen.value, low=seen.low, high=seen.high, probability=probability
    )


def _probability(standing: Standing, course: Course, end: date) -> float:
    figures = standing.figures
    target = figures.target or 0.0
    if figures.goal_type == GOAL_TYPE_MAINTAIN:
        band = MAINTAIN_BAND * abs(target)
        return course.probability_below(end, target + band) - course.probability_below(end, target - band)
    sign = direction(figures)
    reached = value_reached(figures)
    if figures.goal_type == GOAL_TYPE_ACHIEVE and reached is not None and sign * (reached - target) >= 0:
        # Reached once is reached.
        return 1.0
    if course.certain:
        # A value exactly at the target counts as reached, which matters only where nothing is uncertain.
        return 1.0 if sign * (course.outlook(end).value - target) >= 0 else 0.0
    below = course.probability_below(end, target)
    return 1 - below if sign > 0 else below


def insights(
    standing: Standing, history: History, children: Sequence[Standing], today: date
) -> list[Insight]:
    """Where the goal is heading, how it moves when it clearly does, and which child holds it back."""
    if standing.figures.cancelled:
        return []
    try:
        told = [*_of_course(standing, history, today), *_held_back(standing, children)]
    except gate.UnboundNumber as refused:
        log.error("insights of a goal not told", goal_id=standing.row.id, error=str(refused))
        return []
    for rank, insight in enumerate(told, 1):
        insight.id, insight.rank = f"i{rank}", rank
    return told


def _of_course(standing: Standing, history: History, today: date) -> Iterator[Insight]:
    """What the course of the values says."""
    course = fit_course(history.values)
    if course is None:
        return
    tasks = standing.figures.goal_type == GOAL_TYPE_COMPLETE_TASKS
    seen = None if tasks else _seen(standing, course, today)
    if seen is not None and (standing.progress or 0.0) < FULL:
        yield _forecast_insight(standing, history, course, seen)
    if course.slope_p_value() <= SIGNIFICANT:
        yield _trend_insight(standing, history, course, today)


def _say(template: str, *words: str) -> str:
    """The template with its words. Raises gate.UnboundNumber should it print any number of its own."""
    text = template.format(*words)
    gate.check(text, words)
    return text


def _forecast_insight(standing: Standing, history: History, course: Course, seen: GoalForecast) -> Insight:
    row, end = standing.row, _written(standing.figures.end)
    value, low, high, target = (
        formats.display(number, row.unit)
        for number in (seen.value_at_target_date, seen.low, seen.high, row.target_value)
    )
    narrative = _say(
        "At the present pace {0} would be at {1} on {2}, with {3} certainty between {4} and {5}. The target of {6} is "
        "met with a probability of {7}. This rests on {8} with a value.",
        row.name, value, end, formats.display(100 * LEVEL, "%"), low, high, target, _chance(seen.probability),
        f"{course.n} days",
    )  # fmt: skip
    return Insight(
        type=INSIGHT_TYPE_FORECAST,
        title=f"At the present pace the target is {_verdict(seen.probability)}",
        narrative=_now(history) + narrative,
        score=max(seen.probability, 1 - seen.probability),
        subject=_subject(standing, course),
        direction=_direction(course),
        magnitude=Magnitude(value=seen.value_at_target_date, unit=row.unit),
        statistics=Statistics(
            test=TEST,
            n=course.n,
            effect=Effect(name="probability_of_target", value=seen.probability),
            interval=Interval(low=seen.low, high=seen.high, level=LEVEL),
        ),
        evidence_ids=[entry.id for entry in history.evidence],
        caveats=[CAVEAT],
    )


def _now(history: History) -> str:
    """The value the source gives now, for a goal that follows a measure."""
    if not history.evidence:
        return ""
    return _say("The source says {0} now. ", history.evidence[0].display)


def _trend_insight(standing: Standing, history: History, course: Course, today: date) -> Insight:
    row = standing.row
    rising = course.slope > 0
    words = [row.name, formats.magnitude(course.slope, row.unit), f"{course.n} days"]
    template = "{0}: " + ("up" if rising else "down") + " {1} a day on average, over {2} with a value"
    needed = required_rate(standing.figures, today)
    if needed:
        template += "; {3} a day would meet the target in time"
        words.append(formats.magnitude(needed, row.unit))
    p_value = course.slope_p_value()
    low, high = course.slope_interval()
    return Insight(
        type=INSIGHT_TYPE_TREND,
        title=f"{row.name}: {'rising' if rising else 'falling'}",
        narrative=_say(template + ".", *words),
        score=1 - p_value,
        subject=_subject(standing, course),
        direction=_direction(course),
        magnitude=Magnitude(value=course.slope, unit=f"{row.unit} per day".strip()),
        statistics=Statistics(
            test=TEST,
            statistic=course.slope_statistic(),
            p_value=p_value,
            # The one thing that was tested of this goal.
            q_value=p_value,
            n=course.n,
            effect=Effect(name="change_per_day", value=course.slope),
            interval=Interval(low=low, high=high, level=LEVEL),
        ),
        evidence_ids=[entry.id for entry in history.evidence],
        caveats=[CAVEAT],
    )


def _held_back(standing: Standing, children: Sequence[Standing]) -> list[Insight]:
    """The child most of the missing progress of a rolled-up goal lies with; what all children miss adds up to it."""
    counted = [child for child in children if not child.figures.cancelled]
    weight = math.fsum(child.row.weight for child in counted)
    if not standing.rolled_up or len(counted) < 2 or not weight:
        return []
    short = [child.row.weight * (FULL - min(child.progress or 0.0, FULL)) / weight for child in counted]
    missing = math.fsum(short)
    most = max(range(len(counted)), key=lambda place: short[place])
    if not missing or short[most] < HOLDS_BACK * missing:
        return []
    child, row = counted[most].row, standing.row
    return [
        Insight(
            type=INSIGHT_TYPE_DRIVER,
            title=_say("{0} holds it back most", child.name),
            narrative=_say(
                "{0} is {1} short of done, by the weighted mean of what stands below it. {2} makes {3} of that.",
                row.name, formats.display(missing, "points"), child.name, formats.display(short[most], "points"),
            ),
            score=short[most] / missing,
            subject=Subject(measure=Measure(label=f"progress of {row.name}", unit="%")),
            direction=DIRECTION_LOWER,
            magnitude=Magnitude(value=short[most], unit="points", relative=short[most] / missing),
        )
    ]  # fmt: skip


def _subject(standing: Standing, course: Course) -> Subject:
    return Subject(
        measure=Measure(label=standing.row.name, unit=standing.row.unit),
        time=TimeSpan(grain=GRAIN_DAY, **{"from": course.first.isoformat(), "to": course.last.isoformat()}),
    )


def _direction(course: Course) -> Direction:
    if course.slope == 0:
        return DIRECTION_FLAT
    return DIRECTION_INCREASE if course.slope > 0 else DIRECTION_DECREASE


def _verdict(probability: float) -> str:
    if probability >= LIKELY:
        return "likely to be met"
    return "unlikely to be met" if probability <= 1 - LIKELY else "open"


def _chance(probability: float) -> str:
    if probability > SURE:
        return "over 99 %"
    return "under 1 %" if probability < UNSURE else f"{probability:.0%}".replace("%", " %")


def _written(day: date | None) -> str:
    return periods.day_name(datetime(day.year, day.month, day.day)) if day is not None else ""
