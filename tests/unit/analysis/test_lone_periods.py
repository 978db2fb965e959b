"""Single months far from all others: told where anybody sees them, and seldom where there are none."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from claribi.v1 import insights_pb2 as insights

from server.analysis.lone_periods import lone_periods, lone_residuals
from tests.quality.noise import NULLS, Floats, autoregression
from tests.unit.analysis.snapshots import report_on, source_of, write_table

MONTHS = 48
MEMORIES: dict[str, Callable[[np.random.Generator, int], Floats]] = {
    "white": NULLS["white"],
    "ar 0.6": autoregression(0.6),
    "random walk": NULLS["random walk"],
}


def _line(n: int) -> Floats:
    return np.arange(n)[:, None] - (n - 1) / 2


def _p(values: Floats) -> float:
    found = lone_periods(values, _line(len(values)))
    return found[0].p_value if found else 1.0


@pytest.mark.parametrize("place", [0, 1, 20, MONTHS - 1])
@pytest.mark.parametrize("memory", MEMORIES)
def test_a_month_at_ten_times_the_noise_is_told(memory: str, place: int) -> None:
    random = np.random.default_rng(3)
    told = 0
    for _ in range(40):
        values = MEMORIES[memory](random, MONTHS)
        values[place] += 10.0
        found = lone_periods(values, _line(MONTHS))
        told += found[0].index == place and found[0].p_value < 2e-3
    assert told >= 32


@pytest.mark.parametrize("places", [(9, 30), (20, 21), (5, 17, 29)])
def test_two_or_three_far_months_do_not_hide_each_other(places: tuple[int, ...]) -> None:
    random = np.random.default_rng(4)
    told = []
    for _ in range(40):
        values = random.normal(size=MONTHS)
        values[list(places)] += 10.0
        found = lone_periods(values, _line(MONTHS))
        told.append(sorted(extreme.index for extreme in found) == list(places) and found[0].p_value < 2e-3)
    assert np.mean(told) >= 0.7


def test_a_far_month_is_seen_beside_a_slope_and_a_season() -> None:
    random = np.random.default_rng(5)
    at = np.arange(MONTHS)
    phases = (at[:, None] % 12 == np.arange(1, 12)).astype(float)
    known = np.column_stack([_line(MONTHS), phases - phases.mean(axis=0)])
    course = 0.3 * at + 6.0 * np.sin(at * np.pi / 6)
    found = []
    for _ in range(40):
        values = course + random.normal(size=MONTHS)
        values[14] -= 10.0
        found.append(lone_periods(values, known)[0])
    assert np.mean([extreme.index == 14 and extreme.p_value < 5e-3 for extreme in found]) >= 0.8


@pytest.mark.parametrize("months", [24, 36, 60])
@pytest.mark.parametrize("name", [name for name in NULLS if name not in ("lognormal", "student t 3")])
def test_no_month_of_ordinary_noise_is_far(name: str, months: int) -> None:
    random = np.random.default_rng(6)
    found = np.array([_p(NULLS[name](random, months)) for _ in range(150)])
    assert (found <= 0.01).mean() <= 0.02


@pytest.mark.parametrize("months", [24, 36, 60])
@pytest.mark.parametrize("name", ["exponential", "gamma", "poisson", "student t 3"])
def test_heavy_ends_are_seldom_far_months(name: str, months: int) -> None:
    random = np.random.default_rng(7)
    draw = {
        "exponential": lambda: random.exponential(size=months),
        "gamma": lambda: random.gamma(4.0, size=months),
        "poisson": lambda: random.poisson(1.0, months).astype(float),
        "student t 3": lambda: random.standard_t(3, months),
    }[name]
    found = np.array([_p(draw()) for _ in range(150)])
    assert (found <= 0.001).mean() <= (0.06 if name == "student t 3" else 0.03)


def test_steps_and_slopes_are_no_far_months() -> None:
    random = np.random.default_rng(8)
    after = np.arange(MONTHS) >= 20
    courses = [6.0 * after, np.linspace(0.0, 20.0, MONTHS), 12.0 * np.maximum(0.0, _line(MONTHS)[:, 0] / 24)]
    found = np.array([_p(random.normal(size=MONTHS) + course) for course in courses * 60])
    assert (found <= 0.01).mean() <= 0.03


def test_three_far_days_of_a_year_do_not_hide_each_other() -> None:
    """The furthest was seen beside the two others, and had a p value of 0.1."""
    random = np.random.default_rng(10)
    told = []
    for _ in range(40):
        residuals = random.normal(size=400)
        residuals[[30, 150, 310]] += 10.0
        found = lone_residuals(residuals)
        told.append({30, 150, 310} <= {one.index for one in found} and found[0].p_value < 1e-3)
    assert np.mean(told) >= 0.8


@pytest.mark.parametrize("degrees", [3, 5])
def test_heavy_tails_of_days_are_no_far_days(degrees: int) -> None:
    """One in ten series with heavy tails had a p value below 0.001."""
    random = np.random.default_rng(11)
    found = np.array([lone_residuals(random.standard_t(degrees, 400))[0].p_value for _ in range(150)])
    assert (found <= 0.001).mean() <= 0.03


@pytest.mark.parametrize("values", [np.ones(30), np.arange(30.0), np.where(np.arange(30) == 7, 2.0, 1.0)])
def test_where_nothing_scatters_nothing_is_far(values: Floats) -> None:
    assert _p(values) == 1.0


def test_a_month_far_off_is_told_with_its_value_and_what_is_usual(tmp_path: Path) -> None:
    """Headcount at twice its level in one of sixty months was not told: its p value was 0.003."""
    random = np.random.default_rng(9)
    months = np.arange(np.datetime64("2021-01"), np.datetime64("2026-01")).astype("datetime64[D]")
    headcount = np.round(70.0 * (1.0 + 0.08 * random.normal(size=60)), 1)
    headcount[42] = 140.5
    columns = {
        "month": ("date", months),
        "headcount": ("double", headcount),
        "visits": ("double", np.round(2400.0 * (1.0 + 0.05 * random.normal(size=60)))),
    }
    found = report_on([source_of(tmp_path, [write_table(tmp_path, "ledger", columns)])]).insights
    told = [one for one in found if one.type == insights.INSIGHT_TYPE_OUTLIER]
    assert len(told) == 1
    assert told[0].title.endswith("140 in July\u00a02024")
    assert "68.5" in told[0].narrative
    assert abs(float(np.median(np.delete(headcount[34:51], 8))) - 68.5) < 0.05
