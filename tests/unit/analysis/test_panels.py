"""Where the same things stand in every period, few rows are enough: days of figures, shops by month."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from claribi.v1 import insights_pb2, reports_pb2

from server.analysis.panels import always_there
from tests.unit.analysis.snapshots import Column, report_on, source_of, write_table

Random = np.random.Generator
MONTHS = [date(2024 + (5 + month) // 12, (5 + month) % 12 + 1, 1) for month in range(24)]
REGIONS = ("North", "South", "East", "West")


def _report(folder: Path, table: dict[str, Column]) -> reports_pb2.Report:
    source = source_of(folder, [write_table(folder, "figures", table)])
    return report_on([source], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE)


def _days(random: Random, factor: float) -> dict[str, Column]:
    """One row a day; the hundredth day before the last one is a factor off."""
    days = [date(2024, 6, 1) + timedelta(days=place) for place in range(730)]
    week = np.array([1.0 if day.weekday() < 5 else 0.7 for day in days])
    visits = 1000.0 * week * np.exp(random.normal(0.0, 0.06, len(days)))
    visits[-100] *= factor
    latency = 200.0 + random.normal(0.0, 20.0, len(days))
    return {
        "day": ("DATE", days),
        "visits": ("BIGINT", visits.round().astype(int)),
        "latency_ms": ("DOUBLE", latency.round(1)),
    }


def _shops(random: Random, shops: int, last: float, wide: float = 0.1) -> dict[str, Column]:
    """Sales of shops by month; in the last month those of the East are a factor off."""
    level = np.exp(random.normal(11.0, 0.4, shops))
    rows = [
        (month, f"Shop {shop:02d}", REGIONS[shop % 4], level[shop] * np.exp(random.normal(0.0, wide)))
        for month in MONTHS
        for shop in range(shops)
    ]
    sales = [
        value * (last if (month, region) == (MONTHS[-1], "East") else 1.0) for month, _, region, value in rows
    ]
    return {
        "month": ("DATE", [row[0] for row in rows]),
        "shop": ("VARCHAR", [row[1] for row in rows]),
        "region": ("VARCHAR", [row[2] for row in rows]),
        "sales": ("DOUBLE", np.round(sales)),
    }


@pytest.mark.parametrize("factor", [1.8, 0.4])
def test_a_single_day_far_off_is_told_of_daily_figures(tmp_path: Path, factor: float) -> None:
    table = _days(np.random.default_rng(1), factor)
    outliers = [i for i in _report(tmp_path, table).insights if i.type == insights_pb2.INSIGHT_TYPE_OUTLIER]
    days = table["day"][1]
    assert [(i.subject.measure.column, getattr(i.subject.time, "from")[:10]) for i in outliers] == [
        ("visits", str(days[-100]))
    ]


def test_what_moved_in_a_panel_of_shops_is_told_by_region(tmp_path: Path) -> None:
    report = _report(tmp_path, _shops(np.random.default_rng(2), 28, 0.6))
    drivers = [i for i in report.insights if i.type == insights_pb2.INSIGHT_TYPE_DRIVER]
    assert [(i.subject.dimension.column, i.subject.dimension.member) for i in drivers] == [("region", "East")]


def test_the_total_of_five_shops_is_followed(tmp_path: Path) -> None:
    table = _shops(np.random.default_rng(3), 5, 1.0)
    sales = np.array(table["sales"][1]) * np.array(
        [1.0 if month < MONTHS[15] else 1.4 for month in table["month"][1]]
    )
    table["sales"] = ("DOUBLE", sales.round())
    kinds = {i.type for i in _report(tmp_path, table).insights if not i.subject.HasField("dimension")}
    assert insights_pb2.INSIGHT_TYPE_CHANGE_POINT in kinds


def test_shops_that_only_differ_have_no_course(tmp_path: Path) -> None:
    through_time = {
        insights_pb2.INSIGHT_TYPE_CHANGE,
        insights_pb2.INSIGHT_TYPE_TREND,
        insights_pb2.INSIGHT_TYPE_CHANGE_POINT,
        insights_pb2.INSIGHT_TYPE_OUTLIER,
        insights_pb2.INSIGHT_TYPE_DRIVER,
    }
    told = []
    for seed in range(6):
        (folder := tmp_path / str(seed)).mkdir()
        report = _report(folder, _shops(np.random.default_rng([4, seed]), 20, 1.0))
        told += [i.title for i in report.insights if i.type in through_time]
    assert not told


def test_rows_that_come_at_random_are_no_panel() -> None:
    random = np.random.default_rng(5)
    assert not any(
        always_there(random.poisson(mean, (200, 24)).astype(float)).sum() > 2 for mean in (0.5, 3.0, 20.0)
    )
    assert always_there(np.full(24, 7.0))
    assert always_there(np.array([7.0] * 12 + [8.0] * 12))
    assert not always_there(np.array([1.0, 2.0] * 12))


def test_a_day_on_which_a_few_shops_sell_more_is_told_though_shops_differ_more(tmp_path: Path) -> None:
    random = np.random.default_rng(6)
    days = [date(2025, 1, 1) + timedelta(days=place) for place in range(300)]
    level = np.exp(random.normal(7.0, 0.8, 6))
    rows = [
        (day, f"Shop {shop}", level[shop] * np.exp(random.normal(0.0, 0.03)) * (1.4 if place == 200 else 1.0))
        for place, day in enumerate(days)
        for shop in range(6)
    ]
    table: dict[str, Column] = {
        "day": ("DATE", [row[0] for row in rows]),
        "shop": ("VARCHAR", [row[1] for row in rows]),
        "sales": ("DOUBLE", [round(row[2], 2) for row in rows]),
    }
    outliers = [i for i in _report(tmp_path, table).insights if i.type == insights_pb2.INSIGHT_TYPE_OUTLIER]
    assert {getattr(i.subject.time, "from")[:10] for i in outliers} == {str(days[200])}


@pytest.mark.parametrize("a_day", [40.0, 1_000.0, 9_000.0, 100_000.0])
def test_many_rows_that_come_at_random_are_no_panel_however_even_they_look(a_day: float) -> None:
    rows = np.random.default_rng(7).poisson(a_day, (20, 1_096)).astype(float)
    assert not always_there(rows).any()
