"""Seasons are found where the calendar is behind them, and not in noise."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from claribi.v1 import insights_pb2, reports_pb2

from server.analysis.inference import Floats
from server.analysis.row_seasons import Phased, differing_window
from server.analysis.seasons import calendar_season, line_spectrum_test
from tests.quality.noise import NULLS
from tests.unit.analysis.snapshots import Column, report_on, source_of, write_table

MONDAY = datetime(2024, 4, 1)
Random = np.random.Generator


@pytest.mark.parametrize("name", sorted(NULLS))
@pytest.mark.parametrize(("cycle", "cycles"), [(12, 3), (7, 30), (24, 12)])
def test_noise_has_no_season(name: str, cycle: int, cycles: int) -> None:
    random = np.random.default_rng(cycle)
    p_values = np.array(
        [line_spectrum_test(NULLS[name](random, cycle * cycles), cycle)[1] for _ in range(300)]
    )
    assert (p_values <= 0.01).mean() <= 0.01 + 3.5 * (0.01 / 300) ** 0.5


def test_a_season_is_found_in_a_random_walk() -> None:
    random = np.random.default_rng(3)
    walk = random.normal(size=7 * 40).cumsum()
    week = np.tile([0.0, 0.0, 0.0, 0.0, 3.0, 3.0, 0.0], 40)
    assert line_spectrum_test(walk + week, 7)[1] < 1e-6


def test_a_trend_does_not_lift_the_last_months_of_a_year() -> None:
    year = np.zeros(12)
    year[4] = 6.0
    values = np.arange(36) * 2.0 + np.tile(year, 3) + 50.0
    found = calendar_season(values, values, 12)
    assert found is not None
    assert found.peak == 4
    assert found.profile[4] == pytest.approx(6.0 - 6.0 / 12)
    assert found.strength > 0.95


@pytest.mark.parametrize("values", [np.full(36, 5.0), np.arange(20.0)])
def test_constant_and_short_series_have_no_season(values: np.ndarray) -> None:
    assert calendar_season(values, values, 12) is None


def _sales(random: Random, keep: Callable[[datetime], float], *, days: int, rows: int) -> dict[str, Column]:
    drawn = [MONDAY + timedelta(hours=float(hour)) for hour in random.uniform(0.0, 24.0 * days, rows)]
    moments = [moment for moment in drawn if random.random() < keep(moment)]
    return {
        "sold_at": ("TIMESTAMP", moments),
        "area": ("VARCHAR", list(random.choice(["Oslo", "Turin"], len(moments)))),
        "amount": ("DOUBLE", np.round(random.gamma(4.0, 25.0, len(moments)), 2)),
    }


def _seasons(directory: Path, columns: dict[str, Column]) -> list[insights_pb2.Insight]:
    source = source_of(directory, [write_table(directory, "sales", columns)])
    report = report_on([source], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE)
    return [i for i in report.insights if i.type == insights_pb2.INSIGHT_TYPE_SEASONALITY]


def test_a_busy_weekday_is_named_with_how_far_it_stands_out(tmp_path: Path) -> None:
    found = _seasons(
        tmp_path,
        _sales(np.random.default_rng(1), lambda at: 1.0 if at.weekday() == 4 else 0.5, days=364, rows=40_000),
    )
    week = next(i for i in found if i.subject.time.grain == insights_pb2.GRAIN_DAY)
    assert week.subject.dimension.member == "Friday"
    assert week.subject.dimension.column == "sold_at"
    assert week.magnitude.relative == pytest.approx(1.0 / (4.0 / 7.0) - 1.0, rel=0.05)
    assert week.direction == insights_pb2.DIRECTION_HIGHER


def test_a_busy_hour_is_named_in_a_table_of_a_year(tmp_path: Path) -> None:
    found = _seasons(
        tmp_path,
        _sales(np.random.default_rng(2), lambda at: 1.0 if at.hour == 14 else 0.4, days=300, rows=30_000),
    )
    day = next(i for i in found if i.subject.time.grain == insights_pb2.GRAIN_HOUR)
    assert day.subject.dimension.member == "14:00"


def test_a_strong_month_is_named(tmp_path: Path) -> None:
    found = _seasons(
        tmp_path,
        _sales(np.random.default_rng(3), lambda at: 1.0 if at.month == 12 else 0.5, days=1461, rows=30_000),
    )
    year = next(i for i in found if i.subject.time.grain == insights_pb2.GRAIN_MONTH)
    assert year.subject.dimension.member == "December"


def test_even_sales_have_no_season(tmp_path: Path) -> None:
    assert _seasons(tmp_path, _sales(np.random.default_rng(4), lambda at: 1.0, days=800, rows=8000)) == []


def test_a_mean_a_row_is_followed_by_the_hour_too(tmp_path: Path) -> None:
    random = np.random.default_rng(12)
    table = _sales(random, lambda _: 1.0, days=60, rows=9000)
    kind, amounts = table["amount"]
    hours = np.array([moment.hour for moment in table["sold_at"][1]])
    table["amount"] = (kind, np.where(hours // 4 == 3, 1.5, 1.0) * np.asarray(amounts))
    report = report_on([source_of(tmp_path, [write_table(tmp_path, "sales", table)])])
    assert insights_pb2.INSIGHT_TYPE_SEASONALITY in [insight.type for insight in report.insights]


def _rows_of_days(random: Random, days: int, a_day: float, daily: Floats | None = None) -> Phased:
    n = np.maximum(random.poisson(a_day, days), 1).astype(np.float64)
    level = np.zeros(days) if daily is None else daily
    total = n * level + random.normal(size=days) * np.sqrt(n)
    day = np.datetime64("2024-01-01") + np.arange(days)
    month = day.astype("datetime64[M]").astype(int)
    drift = np.column_stack([np.ones(days), np.linspace(-0.5, 0.5, days)])
    windows = tuple((first, (first + 1) % 12) for first in range(12))
    return Phased(n, total, month % 12, month, drift, windows, slow=True)


def test_rows_of_two_months_that_differ_are_found() -> None:
    random = np.random.default_rng(5)
    rows = _rows_of_days(random, 730, 8.0)
    lifted = replace(rows, total=rows.total + rows.n * 0.4 * np.isin(rows.phase, [3, 4]))
    found = differing_window(lifted)
    assert found is not None
    assert found.phases == (3, 4)
    assert found.difference == pytest.approx(0.4, abs=0.1)
    assert found.p_value < 1e-8


def test_independent_rows_differ_by_chance_as_often_as_the_p_value_says() -> None:
    random = np.random.default_rng(6)
    found = [differing_window(_rows_of_days(random, 730, 3.0)) for _ in range(300)]
    p_values = np.array([1.0 if one is None else one.p_value for one in found])
    assert (p_values <= 0.05).mean() <= 0.05 + 3.5 * (0.05 / 300) ** 0.5


def test_a_walk_under_the_rows_is_no_season_of_months() -> None:
    random = np.random.default_rng(7)
    found = [
        differing_window(_rows_of_days(random, 730, 8.0, 0.1 * random.normal(size=730).cumsum()))
        for _ in range(200)
    ]
    assert sum(one is not None and one.p_value < 1e-4 for one in found) <= 4


def test_the_last_days_of_a_month_are_named_with_their_mean(tmp_path: Path) -> None:
    random = np.random.default_rng(8)
    columns = _sales(random, lambda _: 1.0, days=364, rows=12_000)
    moments = columns["sold_at"][1]
    last = np.array([(moment + timedelta(days=4)).month != moment.month for moment in moments])
    amounts = np.asarray(columns["amount"][1], dtype=float) * np.where(last, 1.3, 1.0)
    columns["amount"] = ("DOUBLE", list(np.round(amounts, 2)))
    found = _seasons(tmp_path, columns)
    edge = next(i for i in found if i.subject.dimension.member == "last days")
    assert edge.magnitude.relative == pytest.approx(
        amounts[last].mean() / amounts[~last].mean() - 1.0, abs=0.002
    )
    assert "last days of the month" in edge.title


def _with_amounts(
    columns: dict[str, Column], inside: Callable[[datetime], bool], factor: float
) -> dict[str, Column]:
    moments, amounts = columns["sold_at"][1], np.asarray(columns["amount"][1], dtype=float)
    lifted = amounts * np.where([inside(moment) for moment in moments], factor, 1.0)
    return {**columns, "amount": ("DOUBLE", list(np.round(lifted, 2)))}


def test_a_year_of_month_ends_is_enough_in_calm_rows(tmp_path: Path) -> None:
    columns = _sales(np.random.default_rng(9), lambda _: 1.0, days=400, rows=4000)
    columns = _with_amounts(columns, lambda at: (at + timedelta(days=4)).month != at.month, 1.15)
    members = [insight.subject.dimension.member for insight in _seasons(tmp_path, columns)]
    assert members == ["last days"]


def test_hours_are_told_of_all_years_of_a_table_with_few_rows(tmp_path: Path) -> None:
    columns = _sales(np.random.default_rng(10), lambda _: 1.0, days=780, rows=4000)
    columns = _with_amounts(columns, lambda at: 9 <= at.hour < 13, 1.15)
    hours = np.array([moment.hour for moment in columns["sold_at"][1]])
    amounts = np.asarray(columns["amount"][1], dtype=float)
    (found,) = (i for i in _seasons(tmp_path, columns) if i.subject.time.grain == insights_pb2.GRAIN_HOUR)
    named = re.search(r"from (\d\d):00 to (\d\d):00", found.title)
    assert named is not None
    inside = (hours >= int(named[1])) & (hours < int(named[2]))
    told = amounts[inside].mean() / amounts[~inside].mean() - 1.0
    assert found.magnitude.relative == pytest.approx(told, rel=0.01)


def test_hours_in_which_hardly_anything_happens_do_not_silence_the_others(tmp_path: Path) -> None:
    random, rows = np.random.default_rng(12), 1500
    at_work = random.random(rows) < 0.95
    hour = np.where(at_work, random.integers(8, 18, rows), random.integers(0, 24, rows))
    day = random.integers(0, 500, rows)
    taken = random.exponential(1800.0, rows) * np.where(hour < 12, 0.6, 1.0)
    opened = [MONDAY + timedelta(days=int(d), hours=int(h)) for d, h in zip(day, hour, strict=True)]
    columns: dict[str, Column] = {
        "opened_at": ("TIMESTAMP", opened),
        "closed_at": (
            "TIMESTAMP",
            [at + timedelta(minutes=int(m)) for at, m in zip(opened, taken, strict=True)],
        ),
    }
    told = [
        insight.title
        for insight in _seasons(tmp_path, columns)
        if insight.subject.time.grain == insights_pb2.GRAIN_HOUR
        and insight.subject.measure.aggregation != insights_pb2.AGGREGATION_COUNT
    ]
    assert len(told) == 1
    assert "12:00" in told[0]


def test_days_that_go_together_are_no_season_of_the_week() -> None:
    random = np.random.default_rng(11)
    p_values = []
    for _ in range(200):
        shock = np.repeat(random.normal(size=183), 2)[:364]
        rows = _rows_of_days(random, 364, 5.0, shock)
        day = np.arange(364)
        windows = tuple((first, (first + 1) % 7) for first in range(7))
        found = differing_window(replace(rows, phase=day % 7, block=day // 7, windows=windows))
        p_values.append(1.0 if found is None else found.p_value)
    assert (np.array(p_values) <= 0.01).mean() <= 0.01 + 3.5 * (0.01 / 200) ** 0.5


def test_quiet_weekends_are_told_of_a_table_with_a_row_every_other_day(tmp_path: Path) -> None:
    columns = _sales(
        np.random.default_rng(13), lambda at: 1.0 if at.weekday() < 5 else 0.3, days=780, rows=520
    )
    (found,) = (i for i in _seasons(tmp_path, columns) if i.subject.measure.expression == "count(*)")
    assert (found.subject.dimension.member, *found.subject.dimension.other_members) == ("Saturday", "Sunday")
    weekend = [at.weekday() >= 5 for at in columns["sold_at"][1] if at < datetime(2026, 5, 1)]
    told = sum(weekend) / 2 / ((len(weekend) - sum(weekend)) / 5) - 1.0
    assert found.magnitude.relative == pytest.approx(told, abs=0.05)
    assert "number of sales a day" in found.title.lower()


def _counts_of_days(counts: Floats) -> Phased:
    day = np.arange(len(counts))
    expected = np.full(len(counts), counts.mean())
    windows = tuple((first,) for first in range(7)) + tuple((first, (first + 1) % 7) for first in range(7))
    return Phased(expected, counts, day % 7, day // 7, np.ones((len(day), 1)), windows, counted=True)


@pytest.mark.parametrize("together", [1, 6])
def test_rows_that_come_by_chance_or_in_batches_have_no_weekday(together: int) -> None:
    random = np.random.default_rng(14)
    found = [
        differing_window(_counts_of_days(together * random.poisson(4.0 / together, 364).astype(float)))
        for _ in range(400)
    ]
    p_values = np.array([1.0 if one is None else one.p_value for one in found])
    assert (p_values <= 0.05).mean() <= 0.05 + 3.5 * (0.05 / 400) ** 0.5


def test_windows_that_lean_upon_each_other_are_not_paid_for_one_by_one() -> None:
    random = np.random.default_rng(15)
    windows = tuple(
        tuple((first + step) % 12 for step in range(width)) for width in (1, 2, 3, 4) for first in range(12)
    )
    p_values = []
    for _ in range(400):
        rows = replace(_rows_of_days(random, 730, 3.0), slow=False, windows=windows)
        found = differing_window(replace(rows, phase=np.arange(730) % 12, block=np.arange(730) // 12))
        p_values.append(1.0 if found is None else found.p_value)
    assert 0.025 <= (np.array(p_values) <= 0.05).mean() <= 0.05 + 3.5 * (0.05 / 400) ** 0.5
