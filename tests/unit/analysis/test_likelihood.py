"""Slopes and steps of short series: as honest as before, and the surer the larger they are."""

from collections.abc import Callable

import numpy as np
import pytest

from server.analysis.breaks import level_break, without_single_values
from server.analysis.likelihood import line_gain, step_gain
from server.analysis.trends import steady_trend
from tests.quality.noise import NULLS, Floats, autoregression

MONTHS = 36
PATTERNLESS = [name for name in NULLS if name != "lognormal"]


def _line_p(values: Floats) -> float:
    return line_gain(values).p_value


def _step_p(values: Floats) -> float:
    return step_gain(values, np.zeros((len(values), 0)), np.arange(5, len(values) - 4)).p_value


@pytest.mark.parametrize("p_of", [_line_p, _step_p])
@pytest.mark.parametrize("name", PATTERNLESS)
def test_series_without_a_course_seldom_gain_by_one(p_of: Callable[[Floats], float], name: str) -> None:
    random = np.random.default_rng(3)
    found = np.array([p_of(NULLS[name](random, MONTHS)) for _ in range(400)])
    assert (found <= 0.05).mean() <= 0.07
    assert (found <= 0.01).mean() <= 0.02


def test_the_steeper_the_slope_the_surer_it_is() -> None:
    """Rises by a fifth and to the threefold had the same p value: that of ruling out a random walk."""
    random = np.random.default_rng(4)
    noise, part = random.normal(size=(40, MONTHS)), np.linspace(0.0, 1.0, MONTHS)
    middle = [
        float(np.median([steady_trend(one + rise * part).p_value for one in noise])) for rise in (6, 40)
    ]
    assert middle[0] < 1e-2
    assert middle[1] < 1e-5


def test_hardly_any_clear_step_of_three_years_goes_unseen() -> None:
    """Of steps of eight times the noise, in noise with a little memory, one in ten had a p value above 0.07."""
    random = np.random.default_rng(5)
    after = np.arange(MONTHS) >= 18
    noise = [autoregression(0.3)(random, MONTHS) for _ in range(60)]
    found = [level_break(one / one.std() + 8.0 * after) for one in noise]
    p_values = [one.p_value for one in found if one is not None]
    assert float(np.quantile(p_values, 0.9)) < 0.01


def test_levels_that_wander_far_under_noise_seldom_seem_to_step() -> None:
    """Of 104 values of a level that wanders by 24 times the noise one in fifteen had a p value below 0.001."""
    random = np.random.default_rng(9)
    wandering = [random.normal(size=104) + 24 / 104 * random.normal(size=104).cumsum() for _ in range(200)]
    found = np.array([one.p_value for one in map(level_break, wandering) if one is not None])
    assert (found <= 0.001).mean() <= 0.02


def test_a_step_of_three_times_the_noise_in_four_years_is_sure() -> None:
    """Its p value was 0.005, twice that by the one test that saw it."""
    random = np.random.default_rng(10)
    after = np.arange(48) >= 25
    found = [level_break(random.normal(size=48) + 3.0 * after) for _ in range(60)]
    assert float(np.median([one.p_value for one in found if one is not None])) < 1.5e-3


def test_a_step_beside_a_slope_is_seen() -> None:
    random = np.random.default_rng(11)
    slope = 0.25 * np.arange(60)
    found = [level_break(random.normal(size=60) + slope - 9.0 * (np.arange(60) >= 30)) for _ in range(40)]
    known = [one for one in found if one is not None]
    assert float(np.median([one.p_value for one in known])) < 1e-4
    assert np.mean([one.tilted and one.place == 30 and one.jump < -7.0 for one in known]) > 0.8


def test_a_step_told_by_its_gain_has_an_interval_that_holds_it() -> None:
    random = np.random.default_rng(6)
    found = level_break(random.normal(size=MONTHS) + 8.0 * (np.arange(MONTHS) >= 20))
    assert found is not None
    assert found.low < 8.0 < found.high
    assert found.low > 2.0


def test_the_first_value_after_a_break_is_no_single_value() -> None:
    """It lay far from the middle of both sides, was drawn there, and with it went most of the break."""
    random = np.random.default_rng(7)
    values = random.normal(size=MONTHS) + 8.0 * (np.arange(MONTHS) >= 18)
    assert np.array_equal(without_single_values(values), values)
    values[7] += 9.0
    assert np.flatnonzero(without_single_values(values) != values).tolist() == [7]


def test_a_slope_is_no_step() -> None:
    random = np.random.default_rng(8)
    slopes = [random.normal(size=MONTHS) + np.linspace(0.0, rise, MONTHS) for rise in (2, 4, 8, 20) * 50]
    assert np.mean([_step_p(values) < 0.01 for values in slopes]) <= 0.02
