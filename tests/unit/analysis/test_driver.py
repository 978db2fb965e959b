"""What moved a total: exact parts that sum to the change, found above the ordinary to and fro, silent without it."""

from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest
from claribi.v1 import insights_pb2, reports_pb2

from server.analysis.cells import Cells
from server.analysis.columns import Measure
from server.analysis.contributions import _taken_apart, rate_and_mix
from server.analysis.inference import Surprise
from server.analysis.moves import followed, last_surprise
from tests.unit.analysis.snapshots import Column, report_on, source_of, write_table

Table = dict[str, Column]
Random = np.random.Generator
FIRST = date(2024, 1, 1)
DAYS = 821  # to 31 March 2026
MARCH = 790


def _table(random: Random, rows: int = 12_000) -> tuple[Table, dict[str, np.ndarray]]:  # type: ignore[type-arg]
    day = random.integers(0, DAYS, rows)
    cells = {
        "day": day,
        "region": random.choice(["North", "South", "East", 'West\'s "end"'], rows),
        "amount": random.gamma(4.0, 25.0, rows),
    }
    return {"sold_on": ("DATE", [FIRST + timedelta(days=int(d)) for d in day])}, cells


def _report(table: Table, folder: Path) -> reports_pb2.Report:
    folder.mkdir(exist_ok=True)
    source = source_of(folder, [write_table(folder, "orders", table)])
    return report_on([source], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE)


def _drivers(report: reports_pb2.Report) -> list[insights_pb2.Insight]:
    return [insight for insight in report.insights if insight.type == insights_pb2.INSIGHT_TYPE_DRIVER]


def _filled(table: Table, cells: dict[str, np.ndarray]) -> Table:  # type: ignore[type-arg]
    return table | {
        "region": ("VARCHAR", cells["region"]),
        "amount_usd": ("DOUBLE", np.round(cells["amount"], 2)),
    }


def test_the_member_that_moved_a_total_is_named_with_its_exact_part(tmp_path: Path) -> None:
    table, cells = _table(np.random.default_rng(1))
    inside = (cells["day"] >= MARCH) & (cells["region"] == "North")
    cells["amount"] = np.where(inside, cells["amount"] * 0.35, cells["amount"])
    report = _report(_filled(table, cells), tmp_path)
    insight = next(i for i in _drivers(report) if i.subject.measure.column == "amount_usd")
    assert insight.subject.dimension.member == "North"
    assert insight.direction == insights_pb2.DIRECTION_DECREASE
    assert getattr(insight.subject.time, "from") == "2026-03-01"
    amount, day = np.round(cells["amount"], 2), cells["day"]
    february, march = (day >= MARCH - 28) & (day < MARCH), day >= MARCH
    north = cells["region"] == "North"
    part = amount[north & march].sum() - amount[north & february].sum()
    assert insight.magnitude.value == pytest.approx(part)
    whole = amount[march].sum() - amount[february].sum()
    assert insight.magnitude.relative == pytest.approx(part / whole)


def test_the_parts_on_the_chart_are_evidence_and_sum_to_the_change(tmp_path: Path) -> None:
    table, cells = _table(np.random.default_rng(1))
    inside = (cells["day"] >= MARCH) & (cells["region"] == "North")
    cells["amount"] = np.where(inside, cells["amount"] * 0.35, cells["amount"])
    cells["region"] = np.where(np.arange(len(inside)) % 50 == 0, None, cells["region"])
    report = _report(_filled(table, cells), tmp_path)
    insight = next(i for i in _drivers(report) if i.subject.measure.column == "amount_usd")
    chart = next(chart for chart in report.charts if chart.id == insight.chart_id)
    first, *steps, last = chart.series[0].points
    assert sum(step.y for step in steps) == pytest.approx(last.y - first.y)
    assert steps[-1].x == "Others"
    evidence = {entry.id: entry for entry in report.evidence}
    connection = duckdb.connect()
    connection.execute(f"create view orders as select * from '{next(tmp_path.glob('*.parquet'))}'")
    for point in chart.series[0].points:
        entry = evidence[point.evidence_id]
        values = [v.string_value if v.HasField("string_value") else v.number_value for v in entry.parameters]
        found = connection.execute(entry.query, values).fetchone()
        assert found is not None
        assert found[0] == pytest.approx(point.y)


def test_two_members_that_cancel_each_other_are_both_named(tmp_path: Path) -> None:
    table, cells = _table(np.random.default_rng(2), rows=20_000)
    march = cells["day"] >= MARCH
    cells["amount"] = np.where(march & (cells["region"] == "North"), cells["amount"] * 1.7, cells["amount"])
    cells["amount"] = np.where(march & (cells["region"] == "South"), cells["amount"] * 0.3, cells["amount"])
    insight = next(
        i
        for i in _drivers(_report(_filled(table, cells), tmp_path))
        if i.subject.measure.column == "amount_usd"
    )
    assert {insight.subject.dimension.member, insight.subject.dimension.other_members[0]} == {
        "North",
        "South",
    }


def test_in_half_a_year_of_weeks_a_month_that_moved_is_compared_with_the_month_before(tmp_path: Path) -> None:
    random, june = np.random.default_rng(7), 152
    day = random.integers(0, 182, 6_000)  # to 30 June 2024
    region = random.choice(["North", "South", "East", "West"], 6_000)
    amount = np.round(random.gamma(4.0, 25.0, 6_000), 2)
    amount[(day >= june) & (region == "North")] *= 1.4
    table = {
        "sold_on": ("DATE", [FIRST + timedelta(days=int(d)) for d in day]),
        "region": ("VARCHAR", region),
        "amount_usd": ("DOUBLE", amount),
    }
    insight = next(i for i in _drivers(_report(table, tmp_path)) if i.subject.measure.column == "amount_usd")
    assert insight.subject.dimension.member == "North"
    assert getattr(insight.subject.time, "from") == "2024-06-01"
    north = region == "North"
    part = amount[north & (day >= june)].sum() - amount[north & (day >= june - 31) & (day < june)].sum()
    assert insight.magnitude.value == pytest.approx(part)


def test_a_state_that_comes_with_age_drives_nothing(tmp_path: Path) -> None:
    random = np.random.default_rng(8)
    opened = random.integers(0, DAYS, 9_000)
    closed = opened + random.gamma(1.5, 20.0, 9_000)
    over = closed <= DAYS
    moments = [FIRST + timedelta(days=int(d)) for d in closed]
    table = {
        "opened_on": ("DATE", [FIRST + timedelta(days=int(d)) for d in opened]),
        "closed_on": ("DATE", [moment if done else None for moment, done in zip(moments, over, strict=True)]),
        "state": ("VARCHAR", np.where(over, "Closed", "Open")),
        "amount_usd": ("DOUBLE", random.gamma(4.0, 25.0, 9_000)),
    }
    found = _drivers(_report(table, tmp_path))
    assert [i for i in found if "state" in (i.subject.dimension.column, i.subject.measure.column)] == []


def test_a_rate_is_taken_apart_into_level_and_weight(tmp_path: Path) -> None:
    table, cells = _table(np.random.default_rng(3), rows=20_000)
    random = np.random.default_rng(4)
    late = (cells["day"] >= MARCH) & (cells["region"] == "East")
    table["is_returned"] = ("BOOLEAN", random.random(20_000) < np.where(late, 0.55, 0.1))
    report = _report(_filled(table, cells), tmp_path)
    insight = next(i for i in _drivers(report) if i.subject.measure.unit == "%")
    assert insight.subject.dimension.member == "East"
    assert insight.magnitude.unit == "points"
    assert "Its own level accounts for" in insight.narrative


def test_a_total_that_moves_in_all_its_parts_alike_has_no_driver(tmp_path: Path) -> None:
    table, cells = _table(np.random.default_rng(5))
    cells["amount"] = np.where(cells["day"] >= MARCH, cells["amount"] * 0.5, cells["amount"])
    assert _drivers(_report(_filled(table, cells), tmp_path)) == []


def test_shares_that_wander_have_no_driver(tmp_path: Path) -> None:
    quiet = 0
    for seed in range(5):
        random = np.random.default_rng(seed)
        shop, day = np.repeat(np.arange(4), 400), np.tile(np.arange(400), 4)
        stock = 1000.0 + random.normal(0.0, 10.0, (4, 400)).cumsum(axis=1).ravel()
        table: Table = {
            "day": ("DATE", [FIRST + timedelta(days=int(d)) for d in day]),
            "shop": ("VARCHAR", [f"Shop {s}" for s in shop]),
            "stock": ("DOUBLE", stock),
        }
        quiet += not _drivers(_report(table, tmp_path / str(seed)))
    assert quiet >= 4


def test_rate_and_mix_sum_to_the_change_of_the_mean() -> None:
    random = np.random.default_rng(6)
    n = (random.integers(1, 50, 5).astype(float), random.integers(1, 50, 5).astype(float))
    total = (n[0] * random.normal(10, 3, 5), n[1] * random.normal(9, 3, 5))
    means = [float(t.sum() / count.sum()) for t, count in zip(total, n, strict=True)]
    rate, mix = rate_and_mix(n, total, middle=sum(means) / 2, whole=(float(n[0].sum()), float(n[1].sum())))
    assert rate.sum() + mix.sum() == pytest.approx(means[0] - means[1])


def test_a_member_that_appears_adds_through_its_weight_alone() -> None:
    n, total = (
        (np.array([10.0, 5.0]), np.array([10.0, 0.0])),
        (np.array([100.0, 75.0]), np.array([100.0, 0.0])),
    )
    rate, mix = rate_and_mix(n, total, middle=(175 / 15 + 10) / 2, whole=(15.0, 10.0))
    assert rate[1] == 0.0
    assert rate.sum() + mix.sum() == pytest.approx(175 / 15 - 10)


def test_a_mean_that_falls_far_is_no_less_sure_for_being_small() -> None:
    random = np.random.default_rng(3)
    n = random.poisson(40.0, (2, 24)).astype(float)
    mean = 100.0 + random.normal(scale=8.0, size=n.shape)
    mean[0, -1] = 25.0
    total = n * mean
    squares = (n - 1.0) * 50.0**2 + n * mean**2
    starts = tuple(datetime(2024 + place // 12, 1 + place % 12, 1) for place in range(24))
    whole_n = n.sum(axis=0)
    cells = Cells("month", starts, n, total, squares, whole_n, total.sum(axis=0), whole_n)
    measure = Measure("fee", "fee", "sum", "fee")
    shares, ratios = followed(cells, measure)
    assert float(ratios.errors[0, -1]) < 1.5 * float(ratios.errors[0, :-1].mean())
    found = last_surprise(cells, measure, (shares, ratios), 0, skew=1.0)
    assert found is not None
    assert found.p_value < 1e-6


def test_a_small_part_that_is_surer_does_not_hide_the_large_one() -> None:
    months = tuple(datetime(2025, month, 1) for month in range(1, 5))
    n = np.full((3, 4), 100.0)
    total = np.array([[900.0, 900.0, 900.0, 400.0], [50.0, 50.0, 50.0, 60.0], [500.0, 500.0, 500.0, 490.0]])
    cells = Cells("month", months, n, total, total, n.sum(axis=0), total.sum(axis=0), n.sum(axis=0))
    surprises: list[Surprise | None] = [
        Surprise(-4.0, 1e-4, 4),
        Surprise(6.0, 1e-8, 4),
        Surprise(-0.5, 0.6, 4),
    ]
    amount = Measure("amount_usd", '"amount_usd"', "sum", "amount", "USD")
    drive = _taken_apart(cells, amount, surprises, later=np.array([3]), earlier=np.array([2]))
    assert drive is not None
    assert (drive.member, drive.leads) == (0, True)
    assert drive.p_value == pytest.approx(3e-4)


def test_the_summary_says_what_is_behind_a_change_it_begins_with(tmp_path: Path) -> None:
    table, cells = _table(np.random.default_rng(9))
    march, north = cells["day"] >= MARCH, cells["region"] == "North"
    cells["amount"] = np.where(march, cells["amount"] * np.where(north, 0.3, 0.55), cells["amount"])
    report = _report(_filled(table, cells), tmp_path)
    kinds = [insight.type for insight in report.insights]
    assert insights_pb2.INSIGHT_TYPE_DRIVER in kinds
    driver = report.insights[kinds.index(insights_pb2.INSIGHT_TYPE_DRIVER)]
    told = report.sections[0].paragraphs
    assert kinds[0] != insights_pb2.INSIGHT_TYPE_DRIVER, "the case is one that begins with the change"
    assert any(driver.narrative.startswith(paragraph) for paragraph in told[1:])
