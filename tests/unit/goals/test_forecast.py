"""Where values are heading: the line and its memory, against generalised least squares and by simulation."""

from __future__ import annotations

import random
from datetime import date, timedelta

import numpy as np
import pytest
from scipy import stats

from server.work.forecast import LEVEL, MEMORIES, fit_course
from server.work.student import student_cdf, student_quantile
from tests.quality.goal_forecasts import KINDS, count

DAY_ONE = date(2026, 1, 1)
FREEDOMS = (1, 2, 3, 5, 8, 15, 40, 200, 5000)


def test_students_distribution_is_scipys() -> None:
    for freedom in FREEDOMS:
        for t in (-50, -7, -2, -0.5, -1e-5, 0, 1e-3, 0.3, 1, 2, 3.3, 10, 100, 1e6):
            assert student_cdf(t, freedom) == pytest.approx(stats.t.cdf(t, freedom), abs=1e-11)


def test_students_quantiles_are_scipys() -> None:
    for freedom in FREEDOMS:
        for probability in (0.001, 0.1, 0.4, 0.5, 0.6, 0.9, 0.95, 0.9999):
            wanted = stats.t.ppf(probability, freedom)
            assert student_quantile(probability, freedom) == pytest.approx(wanted, rel=1e-9, abs=1e-9)


def days_of(values: list[float], gap: int = 1) -> list[tuple[date, float]]:
    return [(DAY_ONE + timedelta(gap * place), value) for place, value in enumerate(values)]


@pytest.mark.parametrize("n", [4, 7, 30])
def test_without_memory_the_line_is_the_least_squares_line(n: int) -> None:
    rng = random.Random(n)
    days = sorted(rng.sample(range(365), n))
    values = [100 + 2 * day + rng.gauss(0, 30) for day in days]
    course = fit_course([(DAY_ONE + timedelta(day), value) for day, value in zip(days, values, strict=True)])
    assert course is not None
    wanted = stats.linregress(days, values)
    path = next((path for path in course.paths if path.keep == 0), None)
    assert path is not None
    assert path.slope == pytest.approx(wanted.slope)
    assert path.slope_deviation() == pytest.approx(wanted.stderr)
    last = DAY_ONE.toordinal() + days[-1] + 10
    assert path.at(last) == pytest.approx(wanted.intercept + wanted.slope * (days[-1] + 10))


@pytest.mark.parametrize("place", range(1, len(MEMORIES)))
def test_with_memory_the_line_is_the_generalised_least_squares_line(place: int) -> None:
    rng = random.Random(place)
    days = np.array(sorted(rng.sample(range(30), 7)), dtype=float)
    level, values = 0.0, []
    for day in days:
        level += rng.gauss(0, 3)
        values.append(50 + 0.7 * float(day) + level)
    points = [(DAY_ONE + timedelta(int(day)), value) for day, value in zip(days, values, strict=True)]
    course = fit_course(points)
    assert course is not None
    typical = sorted(np.diff(days))[len(days) // 2]
    keep = MEMORIES[place] ** (1 / typical)
    path = next(path for path in course.paths if path.keep == pytest.approx(keep))
    y, line = np.array(values), np.column_stack([np.ones(len(days)), days - days[-1]])
    if keep == 1.0:
        step, way = np.diff(y) / np.sqrt(np.diff(days)), np.sqrt(np.diff(days))
        slope = float(way @ step) / float(way @ way)
        ahead = float(y[-1]) + 10 * slope
        scale = float(np.sqrt(((step - way * slope) ** 2).sum() / (len(days) - 2)))
        spread = scale * float(np.sqrt(10 + 100 / (days[-1] - days[0])))
    else:
        cov = keep ** np.abs(days[:, None] - days[None, :])
        weights = np.linalg.inv(cov)
        inverse = np.linalg.inv(line.T @ weights @ line)
        fitted = inverse @ line.T @ weights @ y
        rest = y - line @ fitted
        scale = float(np.sqrt(rest @ weights @ rest / (len(days) - 2)))
        near = keep ** np.abs(days - (days[-1] + 10))
        to, slope = np.array([1.0, 10.0]), float(fitted[1])
        ahead = float(to @ fitted + near @ weights @ rest)
        over = to - line.T @ weights @ near
        spread = scale * float(np.sqrt(1 - near @ weights @ near + over @ inverse @ over))
    assert path.slope == pytest.approx(slope)
    last = DAY_ONE.toordinal() + days[-1] + 10
    assert path.at(last) == pytest.approx(ahead)
    assert path.deviation(last) == pytest.approx(spread)


@pytest.mark.parametrize("kind", [KINDS[0], KINDS[2], KINDS[4]], ids=lambda kind: kind.name)
def test_the_interval_holds_what_comes_about_as_often_as_it_says(kind: object) -> None:
    rng = np.random.default_rng(11)
    found = count(rng, kind, 20, ahead=1.0, worlds=60)  # type: ignore[arg-type]
    # Four standard errors of 60 draws below what it says; memory that cannot be told makes it wider, never narrower.
    assert found.ours / found.worlds >= LEVEL - 4 * (LEVEL * (1 - LEVEL) / found.worlds) ** 0.5
    assert found.false_trends / found.worlds <= 0.15


def test_a_random_walk_is_known_for_one() -> None:
    rng = random.Random(3)
    values, level = [], 0.0
    for _ in range(40):
        level += rng.gauss(1, 5)
        values.append(level)
    course = fit_course(days_of(values))
    assert course is not None
    assert max(course.paths, key=lambda path: path.weight).keep == 1.0
    near, far = course.outlook(DAY_ONE + timedelta(45)), course.outlook(DAY_ONE + timedelta(120))
    assert far.high - far.low > 2 * (near.high - near.low)
    assert abs(near.value - values[-1]) < near.high - near.low


def test_the_probability_and_the_interval_agree() -> None:
    course = fit_course(days_of([1.0, 4.0, 2.0, 6.0, 5.0]))
    assert course is not None
    day = DAY_ONE + timedelta(9)
    seen = course.outlook(day)
    assert course.probability_below(day, seen.low) == pytest.approx(0.1, abs=1e-6)
    assert course.probability_below(day, seen.high) == pytest.approx(0.9, abs=1e-6)
    assert seen.low < seen.value < seen.high


def test_a_perfect_line_is_certain() -> None:
    course = fit_course([(DAY_ONE + timedelta(day), 0.1 * day + 3.3) for day in range(0, 100, 7)])
    assert course is not None
    assert course.certain
    day = DAY_ONE + timedelta(200)
    seen = course.outlook(day)
    assert seen.low == seen.value == seen.high == pytest.approx(23.3)
    assert course.probability_below(day, 24) == 1.0
    assert course.probability_below(day, 23) == 0.0
    assert course.slope_p_value() == 0.0


def test_values_that_never_move_are_certain_and_no_trend() -> None:
    course = fit_course(days_of([7.0] * 6))
    assert course is not None
    assert course.outlook(DAY_ONE + timedelta(30)).value == 7.0
    assert course.slope_p_value() == 1.0


def test_a_day_on_or_before_the_last_value_is_no_step_ahead() -> None:
    course = fit_course(days_of([1.0, 4.0, 2.0, 6.0, 5.0]))
    assert course is not None
    seen = course.outlook(DAY_ONE + timedelta(4))
    assert seen.low <= 5.0 + 1e-9
    assert seen.high >= 5.0 - 1e-9
    assert course.outlook(DAY_ONE).low <= course.outlook(DAY_ONE).high


@pytest.mark.parametrize(
    "values",
    [
        [],
        [(0, 1.0), (1, 2.0), (2, 3.0)],
        [(0, 1.0), (0, 2.0), (0, 3.0), (0, 4.0), (0, 5.0)],
        [(0, 1.0), (1, 2.0), (1, 7.0), (2, 3.0)],
        [(0, 1e200), (1, -1e200), (2, 1e200), (3, -1e200)],
        [(0, 1e308), (1, -1e308), (2, 1e308), (3, -1e308)],
    ],
    ids=["nothing", "three", "one day", "three days", "too large to square", "too large to subtract"],
)
def test_too_little_or_too_large_gives_no_course(values: list[tuple[int, float]]) -> None:
    assert fit_course([(DAY_ONE + timedelta(day), value) for day, value in values]) is None


def test_of_several_values_on_a_day_the_last_counts() -> None:
    points = days_of([0.0, 1.0, 3.0, 2.0, 4.0])
    assert fit_course([(DAY_ONE, 99.0), *points]) == fit_course(points)


def test_the_order_of_days_does_not_matter() -> None:
    points = days_of([0.0, 1.0, 3.0, 2.0, 4.0, 9.0])
    assert fit_course(points[::-1]) == fit_course(points)
