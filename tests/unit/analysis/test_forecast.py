"""Forecasts are told where they have proved themselves, with intervals that hold what they promise."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from claribi.v1 import insights_pb2, reports_pb2

from server.analysis.forecasting import forecast
from server.analysis.seasons import evident_phases
from tests.quality.noise import NULLS
from tests.unit.analysis.snapshots import report_on, source_of, write_table

FIRST_DAY = date(2022, 4, 1)
YEAR = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 3.0, 2.0, 0.0, 0.0, 4.0, 8.0])
Random = np.random.Generator


def _values(random: Random, months: int, *, slope: float, season: bool) -> np.ndarray:
    time = np.arange(months)
    return 50.0 + slope * time + (YEAR[time % 12] if season else 0.0) + random.normal(size=months)


@pytest.mark.parametrize(("slope", "season"), [(0.3, False), (0.0, True), (0.3, True)])
def test_nineteen_in_twenty_next_values_lie_in_the_interval(slope: float, season: bool) -> None:
    random = np.random.default_rng(5)
    inside = []
    for _ in range(250):
        values = _values(random, 49, slope=slope, season=season)
        found = forecast(values[:48], evident_phases(values[:48], "month"), 12)
        if found is not None:
            inside.append(found.low[0] <= values[48] <= found.high[0])
    assert len(inside) >= 150
    assert 0.90 <= np.mean(inside) <= 0.995


def test_intervals_of_a_drifting_series_widen() -> None:
    values = 50.0 + np.arange(60) * 2.0 + np.random.default_rng(6).normal(size=60).cumsum()
    found = forecast(values, None, 12)
    assert found is not None
    widths = found.high - found.low
    assert (np.diff(widths) >= 0).all()
    assert found.values[-1] > values[-1]


@pytest.mark.parametrize("values", [np.full(40, 3.0), np.arange(9.0)])
def test_constant_and_short_series_have_no_forecast(values: np.ndarray) -> None:
    assert forecast(values, None, 12) is None


def test_negative_values_are_forecast() -> None:
    values = _values(np.random.default_rng(7), 48, slope=-3.0, season=False)
    found = forecast(values, None, 12)
    assert found is not None
    assert found.values[0] < -80.0


def _forecasts(directory: Path, amounts: np.ndarray, days: np.ndarray) -> reports_pb2.Report:
    columns = {
        "sold_on": ("DATE", [FIRST_DAY + timedelta(days=int(day)) for day in days]),
        "amount": ("DOUBLE", np.round(amounts, 2)),
    }
    source = source_of(directory, [write_table(directory, "sales", columns)])
    return report_on([source], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE)


def test_a_rising_measure_is_told_with_its_next_month(tmp_path: Path) -> None:
    random = np.random.default_rng(8)
    days = random.integers(0, 1461, 12_000)
    report = _forecasts(tmp_path, random.gamma(4.0, 25.0, 12_000) * (1.0 + days / 1000.0), days)
    found = next(i for i in report.insights if i.type == insights_pb2.INSIGHT_TYPE_FORECAST)
    assert getattr(found.subject.time, "from") == "2026-04-01"
    expected = 12_000 / 1461 * 30.4 * 100.0 * (1.0 + 1.475)
    assert found.magnitude.value == pytest.approx(expected, rel=0.1)
    assert found.statistics.interval.low < found.magnitude.value < found.statistics.interval.high
    evidence = {entry.id: entry.value for entry in report.evidence}
    printed = [evidence[evidence_id] for evidence_id in found.evidence_ids]
    interval = found.statistics.interval
    for value in (found.magnitude.value, interval.low, interval.high):
        assert min(abs(number - value) for number in printed) == pytest.approx(0.0, abs=1e-6 * abs(value))


def test_the_chart_continues_the_line_with_a_band(tmp_path: Path) -> None:
    random = np.random.default_rng(8)
    days = random.integers(0, 1461, 12_000)
    report = _forecasts(tmp_path, random.gamma(4.0, 25.0, 12_000) * (1.0 + days / 1000.0), days)
    found = next(i for i in report.insights if i.type == insights_pb2.INSIGHT_TYPE_FORECAST)
    chart = next(c for c in report.charts if c.id == found.chart_id)
    ahead = next(s for s in chart.series if s.role == insights_pb2.SERIES_ROLE_FORECAST)
    assert ahead.points[0].x == chart.series[0].points[-1].x
    assert all(point.low < point.y < point.high for point in ahead.points[1:])


def test_what_may_as_well_be_nothing_is_no_forecast(tmp_path: Path) -> None:
    random = np.random.default_rng(10)
    often = np.where(np.arange(1461) % 7 < 5, 1.0, 0.4)
    days = random.choice(1461, 1700, p=often / often.sum())
    report = _forecasts(tmp_path, random.gamma(4.0, 25.0, 1700), days)
    told = [i for i in report.insights if i.type == insights_pb2.INSIGHT_TYPE_FORECAST]
    assert all(i.statistics.interval.low > 0.0 for i in told)
    assert any(i.type == insights_pb2.INSIGHT_TYPE_SEASONALITY for i in report.insights)


@pytest.mark.parametrize("name", ["white", "ar 0.6", "random walk"])
def test_noise_and_walks_are_not_forecast(tmp_path: Path, name: str) -> None:
    random = np.random.default_rng(9)
    levels = 500.0 + NULLS[name](random, 900)
    report = _forecasts(tmp_path, levels, np.arange(900))
    assert not [i for i in report.insights if i.type == insights_pb2.INSIGHT_TYPE_FORECAST]
