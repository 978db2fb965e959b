"""How often the tests over rows by day err on tables whose rows only wander, at the level they promise.

Run: python -m tests.quality.row_sizes [--tables N] [--seed N]
"""

import argparse
from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np

from server.analysis.calm import Moved, calm_course, calm_last
from server.analysis.columns import Measure, Plan, row_count
from server.analysis.facts import Facts, Overview, Timeline
from server.analysis.inference import Floats, skewness
from server.analysis.scope import Scope
from server.analysis.series import Series, overall_series

Random = np.random.Generator
LEVELS = (0.05, 0.01, 0.001)
FIRST = datetime(2024, 1, 1)
SCORE = Measure("score", "score", "average", "score")


def _rates(random: Random, days: int, rate: float) -> dict[str, Callable[[], Floats]]:
    """The rows expected a day, by name of the way they wander."""
    day = np.arange(days)
    weekly = np.where(day % 7 >= 5, 0.5, 1.2)

    def walk(step: float) -> Floats:
        return rate * np.exp(random.normal(0, step, days).cumsum())

    def remembering(rho: float, spread: float) -> Floats:
        level = random.normal(0, spread, days)
        for place in range(1, days):
            level[place] += rho * level[place - 1]
        return rate * np.exp(level)

    return {
        "steady": lambda: np.full(days, rate),
        "weekly": lambda: rate * weekly,
        "yearly": lambda: rate * (1 + 0.4 * np.sin(2 * np.pi * (day / 365.25 + random.random()))),
        "gamma days": lambda: rate * random.gamma(2.0, 0.5, days),
        "gamma weeks": lambda: rate * np.repeat(random.gamma(4.0, 0.25, days // 7 + 1), 7)[:days],
        "ar 0.5": lambda: remembering(0.5, 0.3),
        "ar 0.9": lambda: remembering(0.9, 0.2),
        "ar 0.97": lambda: remembering(0.97, 0.1),
        "walk, small": lambda: walk(0.01),
        "walk, large": lambda: walk(0.04),
    }


def _facts(days: int, n: Floats, total: Floats, spread: float, skew: float) -> Facts:
    starts = tuple(FIRST + timedelta(days=int(day)) for day in np.flatnonzero(n > 0))
    held, counted = n > 0, row_count("table")
    timeline = Timeline(
        "day",
        starts,
        n[held],
        {counted: n[held], SCORE: n[held]},
        {counted: n[held], SCORE: total[held]},
        FIRST,
        FIRST + timedelta(days=days, seconds=-1),
    )
    overview = {SCORE: Overview(int(n.sum()), float(total.sum() / n.sum()), spread, 0.0, 0.0, skew)}
    scope, plan = Scope("s", "h", None, "table", int(n.sum()), None), Plan(None, (), (), (), None, 0)  # type: ignore[arg-type]
    return Facts(scope, plan, int(n.sum()), (SCORE, counted), overview, timeline, report_grain="month")


def _table(random: Random, name: str, days: int, rate: float) -> Facts:
    """Rows that arrive at a wandering rate; their scores are exponential around a level that wanders alike."""
    wander = _rates(random, days, rate)
    n = random.poisson(wander[name]()).astype(float)
    level = np.ones(days) if name in ("steady", "weekly") else wander[name]() / rate
    scores = [level[day] * random.exponential(1.0, int(rows)) for day, rows in enumerate(n)]
    every = np.concatenate(scores)
    total = np.array([float(part.sum()) for part in scores])
    return _facts(days, n, total, float(every.std(ddof=1)), skewness(every))


def _slope(facts: Facts, series: Series) -> Moved | None:
    course = calm_course(facts, series)
    return course.moved if course and not course.stepped else None


def _step(facts: Facts, series: Series) -> Moved | None:
    course = calm_course(facts, series)
    return course.moved if course and course.stepped else None


TESTS: tuple[tuple[str, Callable[[Facts, Series], Moved | None]], ...] = (
    ("slope", _slope),
    ("step", _step),
    ("last", calm_last),
)


def main() -> None:
    """Prints all sizes: of counts and of means, with the share of tables found calm."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=300)
    parser.add_argument("--seed", type=int, default=20)
    chosen = parser.parse_args()
    print(
        f"share of {chosen.tables} tables without any pattern called significant at {LEVELS}, and found calm"
    )
    for days, rate in ((420, 1.2), (700, 8.0), (900, 60.0)):
        for name in _rates(np.random.default_rng(0), days, rate):
            random = np.random.default_rng([chosen.seed, days])
            tables = [_table(random, name, days, rate) for _ in range(chosen.tables)]
            for place in (1, 0):
                print(_line(tables, place, f"{days} days, {rate:g} a day, {name:12}"), flush=True)


def _line(tables: list[Facts], place: int, head: str) -> str:
    parts = []
    for name, test in TESTS:
        found = []
        for facts in tables:
            series = overall_series(facts, facts.measures[place], "month")
            found.append(test(facts, series) if series is not None else None)
        p_values = np.array([1.0 if one is None else one.p_value for one in found])
        calm = sum(one is not None for one in found) / len(found)
        parts.append(
            f"{name} " + " ".join(f"{(p_values <= level).mean():.3f}" for level in LEVELS) + f" ({calm:.2f})"
        )
    return f"  {head} {('mean', 'count')[place]:6}" + "  ".join(parts)


if __name__ == "__main__":
    main()
