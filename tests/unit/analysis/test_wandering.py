"""A slope or a step must stand out from a level that wanders under noise."""

import numpy as np
import pytest

from server.analysis.breaks import level_break
from server.analysis.trends import steady_trend
from server.analysis.wandering import wandering_t
from tests.quality.noise import drifting_noise

WEEKS = 104


def test_a_wandering_level_is_seldom_a_trend_or_a_break() -> None:
    """More than half of such series had a trend, a quarter a break, at a level of one in a hundred."""
    random = np.random.default_rng(6)
    series = [drifting_noise(random, WEEKS) for _ in range(120)]
    assert np.mean([steady_trend(values).p_value < 0.01 for values in series]) <= 0.15
    found = [level_break(values) for values in series]
    assert np.mean([one is not None and one.p_value < 0.01 for one in found]) <= 0.2


def test_a_steady_slope_under_noise_is_still_a_trend() -> None:
    random = np.random.default_rng(7)
    slope = 7.0 * np.sqrt(12.0 / WEEKS**3)
    series = [random.normal(size=WEEKS) + slope * np.arange(WEEKS) for _ in range(60)]
    assert np.mean([steady_trend(values).p_value < 0.01 for values in series]) >= 0.8


def test_without_wandering_the_statistic_is_that_of_least_squares() -> None:
    values = (
        np.cos(np.arange(40) * 2.5) + np.arange(40) / 10.0
    )  # noise that turns back: the calmest level fits best
    line = np.column_stack([np.ones(40), np.arange(40) / 40.0])
    coefficients, rest, *_ = np.linalg.lstsq(line, values, rcond=None)
    error = np.sqrt(float(rest[0]) / 38 * np.linalg.inv(line.T @ line)[1, 1])
    assert wandering_t(values, line[:, 1:], 0) == pytest.approx(coefficients[1] / error)
