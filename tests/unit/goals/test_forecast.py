"""The straight line and its uncertainty, against scipy."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from scipy import stats

from server.work.forecast import fit_line, outlook, probability_below, student_cdf, student_quantile

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


@pytest.mark.parametrize("n", [4, 7, 30])
def test_the_line_is_the_least_squares_line(n: int) -> None:
    rng = random.Random(n)
    days = sorted(rng.sample(range(365), n))
    values = [100 + 2 * day + rng.gauss(0, 30) for day in days]
    line = fit_line([(DAY_ONE + timedelta(day), value) for day, value in zip(days, values, strict=True)])
    wanted = stats.linregress(days, values)
    assert line is not None
    assert line.slope == pytest.approx(wanted.slope)
    assert line.at(DAY_ONE) == pytest.approx(wanted.intercept)
    assert line.slope_p_value() == pytest.approx(wanted.pvalue, abs=1e-10)


def test_the_interval_holds_a_new_value_as_often_as_it_says() -> None:
    rng = random.Random(7)
    held = worlds = 0
    for _ in range(600):
        points = [(DAY_ONE + timedelta(day), 10 + 0.5 * day + rng.gauss(0, 4)) for day in range(0, 40, 5)]
        line = fit_line(points)
        assert line is not None
        seen = outlook(line, DAY_ONE + timedelta(60))
        worlds += 1
        held += seen.low <= 10 + 0.5 * 60 + rng.gauss(0, 4) <= seen.high
    # 0.8 within four standard errors of 600 draws.
    assert 0.735 <= held / worlds <= 0.865


def test_the_probability_and_the_interval_agree() -> None:
    points = [(DAY_ONE + timedelta(day), value) for day, value in enumerate((1.0, 4.0, 2.0, 6.0, 5.0))]
    line = fit_line(points)
    assert line is not None
    day = DAY_ONE + timedelta(9)
    seen = outlook(line, day)
    assert probability_below(line, day, seen.low) == pytest.approx(0.1)
    assert probability_below(line, day, seen.high) == pytest.approx(0.9)
    assert probability_below(line, day, seen.value) == pytest.approx(0.5)


def test_a_perfect_line_is_certain() -> None:
    line = fit_line([(DAY_ONE + timedelta(day), 0.1 * day + 3.3) for day in range(0, 100, 7)])
    assert line is not None
    day = DAY_ONE + timedelta(200)
    seen = outlook(line, day)
    assert seen.low == seen.value == seen.high == pytest.approx(23.3)
    assert probability_below(line, day, 24) == 1.0
    assert probability_below(line, day, 23) == 0.0


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
def test_too_little_or_too_large_gives_no_line(values: list[tuple[int, float]]) -> None:
    assert fit_line([(DAY_ONE + timedelta(day), value) for day, value in values]) is None


def test_of_several_values_on_a_day_the_last_counts() -> None:
    points = [(DAY_ONE + timedelta(day), float(day)) for day in range(5)]
    corrected = [(DAY_ONE, 99.0), *points]
    assert fit_line(corrected) == fit_line(points)
