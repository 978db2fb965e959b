"""A break of level is found where it is, and not in what only looks like one."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from claribi.v1 import insights_pb2, reports_pb2

from server.analysis.breaks import in_two_units, level_break
from tests.quality.noise import NULLS
from tests.unit.analysis.snapshots import report_on, source_of, write_table

FIRST_DAY = date(2024, 4, 1)


# The level of a walk under noise does shift, though not for good: see the limits printed by the quality figures.
@pytest.mark.parametrize("name", sorted(set(NULLS) - {"walk and noise"}))
@pytest.mark.parametrize("length", [24, 52, 104])
def test_noise_and_walks_do_not_break(name: str, length: int) -> None:
    random = np.random.default_rng(length)
    found = [level_break(NULLS[name](random, length)) for _ in range(250)]
    false = np.mean([step.p_value <= 0.01 for step in found if step])
    # Near a unit root the test may err up to three times as often as it says, no more.
    assert false <= 0.03 + 3.0 * (0.03 / 250) ** 0.5


def test_a_break_is_found_beside_noise() -> None:
    random = np.random.default_rng(2)
    values = random.normal(100.0, 5.0, 104)
    values[60:] += 20.0
    found = level_break(values)
    assert found is not None
    assert abs(found.place - 60) <= 1
    assert found.p_value < 1e-6
    assert found.low < 20.0 < found.high


def test_a_break_is_measured_beside_a_slope() -> None:
    random = np.random.default_rng(2)
    values = random.normal(0.0, 1.0, 104) + np.arange(104) * 0.5
    values[40:] -= 12.0
    found = level_break(values)
    assert found is not None
    assert found.tilted
    assert found.jump == pytest.approx(-12.0, abs=2.0)


def test_a_straight_rise_is_no_break() -> None:
    random = np.random.default_rng(4)
    rises = [level_break(random.normal(size=60) + np.arange(60) * 0.3) for _ in range(200)]
    assert np.mean([step.p_value <= 0.01 for step in rises if step]) <= 0.03


def test_a_single_odd_value_is_no_break() -> None:
    values = np.random.default_rng(5).normal(50.0, 2.0, 60)
    values[30] = 400.0
    found = level_break(values)
    assert found is not None
    assert found.p_value > 0.05


@pytest.mark.parametrize("values", [np.full(40, 3.0), np.arange(12.0)])
def test_constant_and_short_series_do_not_break(values: np.ndarray) -> None:
    assert level_break(values) is None


@pytest.mark.parametrize(
    ("factor", "expected"), [(1000.0, True), (0.01, True), (10.0, True), (2.0, False), (4.0, False)]
)
def test_a_power_of_ten_is_a_matter_of_units(factor: float, expected: bool) -> None:
    values = np.random.default_rng(6).normal(100.0, 5.0, 48)
    values[30:] *= factor
    assert in_two_units(values) is expected


def _breaks(directory: Path, factor: float) -> list[insights_pb2.Insight]:
    random = np.random.default_rng(7)
    days = random.integers(0, 730, 6000)
    amounts = random.gamma(4.0, 25.0, 6000) * np.where(days >= 400, factor, 1.0)
    columns = {
        "sold_on": ("DATE", [FIRST_DAY + timedelta(days=int(day)) for day in days]),
        "area": ("VARCHAR", list(random.choice(["Oslo", "Turin", "Graz"], 6000))),
        "amount": ("DOUBLE", np.round(amounts, 2)),
    }
    source = source_of(directory, [write_table(directory, "sales", columns)])
    report = report_on([source], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE)
    return [i for i in report.insights if i.type == insights_pb2.INSIGHT_TYPE_CHANGE_POINT]


def test_a_break_is_told_with_its_moment_and_size(tmp_path: Path) -> None:
    found = _breaks(tmp_path, 1.5)[0]
    moment = date.fromisoformat(getattr(found.subject.time, "from"))
    assert abs(moment - (FIRST_DAY + timedelta(days=400))) <= timedelta(days=28)
    assert found.direction == insights_pb2.DIRECTION_INCREASE
    assert found.magnitude.relative == pytest.approx(0.5, abs=0.1)


def test_sales_in_cents_from_a_day_on_are_no_break(tmp_path: Path) -> None:
    assert _breaks(tmp_path, 100.0) == []
