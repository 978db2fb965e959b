"""Rows are witnesses of a course through time only where they do not hang together."""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from claribi.v1 import insights_pb2
from claribi.v1.insights_pb2 import Insight

from server.analysis.calm import calm_course, calm_last
from server.analysis.columns import plan_table
from server.analysis.facts import Facts, read_facts
from server.analysis.job import read_request
from server.analysis.scope import Scope
from server.analysis.series import overall_series
from tests.unit.analysis.snapshots import Column, payload_of, report_on, source_of, write_table

DAYS, ROWS = 500, 3000
Random = np.random.Generator


def _table(random: Random, mean: Callable[[Any], Any]) -> dict[str, Column]:
    day = np.sort(random.integers(0, DAYS, ROWS))
    moments = [
        datetime(2025, 1, 1, 8) + timedelta(days=int(d), minutes=int(m))
        for d, m in zip(day, random.integers(0, 600, ROWS), strict=True)
    ]
    return {
        "seen_at": ("TIMESTAMP", moments),
        "score": ("DOUBLE", np.round(mean(day) + random.normal(0, 20.0, ROWS), 3)),
        "site": ("VARCHAR", random.choice(["a", "b", "c"], ROWS)),
    }


def _types(folder: Path, table: dict[str, Column]) -> set[int]:
    report = report_on([source_of(folder, [write_table(folder, "visits", table)])])
    return {insight.type for insight in report.insights if insight.subject.measure.column == "score"}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_small_step_and_a_small_slope_of_independent_rows_are_told_apart(tmp_path: Path, seed: int) -> None:
    for name, mean in (
        ("step", lambda day: 50.0 + 6.0 * (day >= 300)),
        ("slope", lambda day: 50.0 + 10.0 * day / DAYS),
    ):
        (folder := tmp_path / name).mkdir()
        found = _types(folder, _table(np.random.default_rng(seed), mean))
        wanted = insights_pb2.INSIGHT_TYPE_CHANGE_POINT if name == "step" else insights_pb2.INSIGHT_TYPE_TREND
        assert wanted in found


def _facts(folder: Path, table: dict[str, Column], stack: ExitStack) -> Facts:
    """The table as the engine reads it."""
    source = source_of(folder, [write_table(folder, "visits", table)])
    request = read_request(payload_of([source]), stack)
    found = request.sources[0]
    schema = found.schema.tables[0]
    plan = plan_table(schema, lambda _: False)
    return read_facts(
        Scope(found.id, found.hash, found.query, schema.name, schema.rows, plan.time), plan, request.now
    )


@pytest.mark.parametrize("seed", range(6))
def test_rows_that_share_a_wandering_level_are_no_witnesses(tmp_path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    level = 50.0 + random.normal(0, 1.0, DAYS).cumsum()
    with ExitStack() as stack:
        facts = _facts(tmp_path, _table(random, lambda day: level[day]), stack)
        series = overall_series(facts, next(m for m in facts.measures if m.column == "score"), "week")
        assert series is not None
        assert calm_course(facts, series) is None


def _arrivals(random: Random, rate: Any, days: int = DAYS) -> dict[str, Column]:
    """Rows that arrive at random, `rate(day)` of them expected."""
    counts = random.poisson([rate(day) for day in range(days)])
    moments = [
        datetime(2025, 1, 1) + timedelta(days=day, minutes=float(minute))
        for day, rows in enumerate(counts)
        for minute in np.sort(random.uniform(0, 1440, rows))
    ]
    return {"seen_at": ("TIMESTAMP", moments), "site": ("VARCHAR", random.choice(["a", "b"], len(moments)))}


def _told_of_rows(folder: Path, table: dict[str, Column]) -> dict[int, Insight]:
    report = report_on([source_of(folder, [write_table(folder, "visits", table)])])
    counted = [found for found in report.insights if found.subject.measure.expression == "count(*)"]
    return {found.type: found for found in counted}


@pytest.mark.parametrize("seed", range(4))
def test_a_number_of_rows_that_grows_is_told_of_a_thin_table(tmp_path: Path, seed: int) -> None:
    table = _arrivals(np.random.default_rng(seed), lambda day: 0.6 + 1.0 * day / DAYS)
    assert insights_pb2.INSIGHT_TYPE_TREND in _told_of_rows(tmp_path, table)


@pytest.mark.parametrize("seed", range(4))
def test_a_last_month_of_fewer_rows_is_told_against_the_month_before(tmp_path: Path, seed: int) -> None:
    weekly = [1.2, 1.2, 1.2, 1.2, 1.2, 0.5, 0.5]
    random, may = np.random.default_rng(seed), range(485, 516)
    rates = [8.0 * weekly[day % 7] * (0.65 if day in may else 1.0) for day in range(522)]
    table = _arrivals(random, rates.__getitem__, len(rates))
    told = _told_of_rows(tmp_path, table)[insights_pb2.INSIGHT_TYPE_CHANGE]
    months = Counter((moment.year, moment.month) for moment in table["seen_at"][1])
    assert told.magnitude.value == months[2026, 5] - months[2026, 4]


@pytest.mark.parametrize("seed", range(6))
def test_a_number_of_rows_that_wanders_is_no_witness(tmp_path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    level = 8.0 * np.exp(random.normal(0, 0.05, DAYS).cumsum())
    with ExitStack() as stack:
        facts = _facts(tmp_path, _arrivals(random, lambda day: level[day]), stack)
        series = overall_series(facts, next(m for m in facts.measures if m.counts_rows), "week")
        assert series is not None
        assert calm_course(facts, series) is None
        assert calm_last(facts, series) is None


@pytest.mark.parametrize("seed", range(5))
def test_a_break_is_told_with_the_weeks_in_one_of_which_it_lies(tmp_path: Path, seed: int) -> None:
    """The likeliest week alone was told, which is often not the one."""
    table = _table(np.random.default_rng(seed), lambda day: 50.0 + 8.0 * (day >= 320))
    report = report_on([source_of(tmp_path, [write_table(tmp_path, "visits", table)])])
    told = next(found for found in report.insights if found.type == insights_pb2.INSIGHT_TYPE_CHANGE_POINT)
    broke = (datetime(2025, 1, 1) + timedelta(days=320)).date().isoformat()
    assert getattr(told.subject.time, "from") <= broke <= told.subject.time.to


@pytest.mark.parametrize("seed", range(3))
def test_a_break_is_told_of_a_table_of_a_year_with_few_rows(tmp_path: Path, seed: int) -> None:
    """Fewer than the periods a series by itself needs to tell a break are enough where rows tell it."""
    random = np.random.default_rng(seed)
    days = np.sort(random.integers(0, 400, 700))
    moments = [datetime(2025, 1, 1, 8) + timedelta(days=int(day)) for day in days]
    score = np.round(50.0 + 9.0 * (days >= 230) + random.normal(0, 20.0, len(days)), 3)
    table: dict[str, Column] = {"seen_at": ("TIMESTAMP", moments), "score": ("DOUBLE", score)}
    assert insights_pb2.INSIGHT_TYPE_CHANGE_POINT in _types(tmp_path, table)


@pytest.mark.parametrize("seed", range(3))
def test_a_last_month_is_told_of_a_table_that_speaks_in_weeks(tmp_path: Path, seed: int) -> None:
    """Only the last week was compared, which alone is too little to show it."""
    random, may = np.random.default_rng(seed), range(485, 516)
    first, end = 336, 520  # December to the first days of June
    table = _arrivals(random, lambda day: 5.0 * (0.62 if day in may else 1.0) * (day >= first), end)
    told = _told_of_rows(tmp_path, table)
    time = told[insights_pb2.INSIGHT_TYPE_CHANGE].subject.time
    assert (getattr(time, "from"), time.to) == ("2026-05-01", "2026-05-31")
