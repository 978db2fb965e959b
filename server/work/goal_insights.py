"""What the check-ins of a goal say, as forecast and as insights; nothing below four days with a value.

Every number in a text stands unrounded in a field of its insight: magnitude, interval, n.
"""

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

from claribi.v1.goals_pb2 import GOAL_TYPE_ACHIEVE, GOAL_TYPE_COMPLETE_TASKS, GOAL_TYPE_MAINTAIN, GoalForecast
from claribi.v1.insights_pb2 import (
    DIRECTION_DECREASE,
    DIRECTION_FLAT,
    DIRECTION_INCREASE,
    GRAIN_DAY,
    INSIGHT_TYPE_FORECAST,
    INSIGHT_TYPE_TREND,
    Direction,
    Insight,
    Interval,
    Magnitude,
    Measure,
    Statistics,
    Subject,
    TimeSpan,
)
from sqlalchemy import Row

from server.work.forecast import LEVEL, Line, fit_line, outlook, probability_below
from server.work.goal_tree import Standing
from server.work.progress import FULL, MAINTAIN_BAND, direction, required_rate, value_reached

TEST = "ordinary least squares"
# A slope this unlikely without any movement is told.
SIGNIFICANT = 0.05
SURE, UNSURE = 0.99, 0.01
LIKELY = 0.75
CAVEAT = "A straight line through what was checked in; it knows no seasons and no plans."

History = Sequence[tuple[date, float]]


def history_of(rows: Sequence[Row[Any]]) -> list[tuple[date, float]]:
    """Check-in rows as (day, value)."""
    return [(date.fromisoformat(row.date), row.value) for row in rows]


def forecast(standing: Standing, history: History, today: date) -> GoalForecast | None:
    """Where the goal is heading: value at the target date, 80 % prediction interval, probability of the target.

    None without a target date to come, for tasks, and with fewer than four days that have a value.
    """
    figures = standing.figures
    if figures.end is None or today > figures.end or figures.target is None:
        return None
    line = None if figures.goal_type == GOAL_TYPE_COMPLETE_TASKS else fit_line(history)
    if line is None:
        return None
    seen = outlook(line, figures.end)
    if not all(map(math.isfinite, (seen.value, seen.low, seen.high))):
        return None
    probability = _probability(standing, line, figures.end)
    return GoalForecast(
        value_at_target_date=seen.value, low=seen.low, high=seen.high, probability=probability
    )


def _probability(standing: Standing, line: Line, end: date) -> float:
    figures = standing.figures
    target = figures.target or 0.0
    if figures.goal_type == GOAL_TYPE_MAINTAIN:
        band = MAINTAIN_BAND * abs(target)
        return probability_below(line, end, target + band) - probability_below(line, end, target - band)
    sign = direction(figures)
    reached = value_reached(figures)
    if figures.goal_type == GOAL_TYPE_ACHIEVE and reached is not None and sign * (reached - target) >= 0:
        # Reached once is reached.
        return 1.0
    # A value exactly at the target counts as reached, which matters only where nothing is uncertain.
    below = probability_below(line, end, target)
    if line.deviation(end) == 0:
        return 1.0 if sign * (line.at(end) - target) >= 0 else 0.0
    return 1 - below if sign > 0 else below


def insights(standing: Standing, history: History, today: date) -> list[Insight]:
    """What the check-ins say: where the goal is heading, and how it moves when it clearly does."""
    line = fit_line(history)
    if line is None or standing.figures.cancelled:
        return []
    told = []
    seen = forecast(standing, history, today)
    if seen is not None and (standing.progress or 0.0) < FULL:
        told.append(_forecast_insight(standing, line, seen))
    if line.slope_p_value() <= SIGNIFICANT:
        told.append(_trend_insight(standing, line, today))
    for rank, insight in enumerate(told, 1):
        insight.id, insight.rank = f"i{rank}", rank
    return told


def _forecast_insight(standing: Standing, line: Line, seen: GoalForecast) -> Insight:
    row, end = standing.row, _written(standing.figures.end)
    value, low, high = (_number(v, row.unit) for v in (seen.value_at_target_date, seen.low, seen.high))
    return Insight(
        type=INSIGHT_TYPE_FORECAST,
        title=f"At the present pace the target is {_verdict(seen.probability)}",
        narrative=(
            f"At the present pace {row.name} would be at {value} on {end}, with {LEVEL * 100:.0f} % certainty between "
            f"{low} and {high}. The target of {_number(row.target_value, row.unit)} is met with a probability of "
            f"{_chance(seen.probability)}. This rests on {line.n} days with a value."
        ),
        score=max(seen.probability, 1 - seen.probability),
        subject=_subject(standing, line),
        direction=_direction(line),
        magnitude=Magnitude(value=seen.value_at_target_date, unit=row.unit),
        statistics=Statistics(
            test=TEST, n=line.n, interval=Interval(low=seen.low, high=seen.high, level=LEVEL)
        ),
        caveats=[CAVEAT],
    )


def _trend_insight(standing: Standing, line: Line, today: date) -> Insight:
    row = standing.row
    rising = line.slope > 0
    slope = _number(abs(line.slope), row.unit)
    text = (
        f"{row.name}: {'up' if rising else 'down'} {slope} a day on average, over {line.n} days with a value"
    )
    needed = required_rate(standing.figures, today)
    if needed:
        text += f"; {_number(abs(needed), row.unit)} a day would meet the target in time"
    p_value = line.slope_p_value()
    return Insight(
        type=INSIGHT_TYPE_TREND,
        title=f"{row.name}: {'rising' if rising else 'falling'}",
        narrative=f"{text}.",
        score=1 - p_value,
        subject=_subject(standing, line),
        direction=_direction(line),
        magnitude=Magnitude(value=line.slope, unit=f"{row.unit} per day".strip()),
        statistics=Statistics(test=TEST, p_value=p_value, n=line.n),
        caveats=[CAVEAT],
    )


def _subject(standing: Standing, line: Line) -> Subject:
    return Subject(
        measure=Measure(label=standing.row.name, unit=standing.row.unit),
        time=TimeSpan(grain=GRAIN_DAY, **{"from": line.first.isoformat(), "to": line.last.isoformat()}),
    )


def _direction(line: Line) -> Direction:
    if line.slope == 0:
        return DIRECTION_FLAT
    return DIRECTION_INCREASE if line.slope > 0 else DIRECTION_DECREASE


def _number(value: float, unit: str) -> str:
    """A number as people write it: whole above 1,000, three significant digits below."""
    if abs(value) >= 1000:
        text = f"{value:,.0f}"
    else:
        digits = 2 if value == 0 else max(2 - math.floor(math.log10(abs(value))), 0)
        text = f"{value:.{min(digits, 12)}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    if unit == "%":
        return f"{text} %"
    return f"{text} {unit}" if unit else text


def _verdict(probability: float) -> str:
    if probability >= LIKELY:
        return "likely to be met"
    return "unlikely to be met" if probability <= 1 - LIKELY else "open"


def _chance(probability: float) -> str:
    if probability > SURE:
        return "over 99 %"
    return "under 1 %" if probability < UNSURE else f"{probability:.0%}".replace("%", " %")


def _written(day: date | None) -> str:
    return "" if day is None else f"{day.day} {day:%B %Y}"
