"""A run of days that lies far from the rest is told as the run it is, of whom it is."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from claribi.v1 import insights_pb2
from claribi.v1.insights_pb2 import Insight

from tests.unit.analysis.snapshots import Column, report_on, source_of, write_table

DAYS, ROWS = 400, 2400
FIRST = datetime(2025, 4, 1)
Random = np.random.Generator
Floats = np.ndarray


def _table(random: Random, score: Callable[[Floats, Floats], Floats]) -> dict[str, Column]:
    """Rows of a year; `score(day, site)` gives their values."""
    day = np.sort(random.integers(0, DAYS, ROWS))
    site = random.choice(["Graz", "Ghent", "Porto"], ROWS)
    moments = [
        FIRST + timedelta(days=int(d), minutes=float(m))
        for d, m in zip(day, random.uniform(0, 1440, ROWS), strict=True)
    ]
    return {
        "seen_at": ("TIMESTAMP", moments),
        "score": ("DOUBLE", np.round(score(day, site), 3)),
        "site": ("VARCHAR", site),
    }


def _told(folder: Path, table: dict[str, Column]) -> list[Insight]:
    report = report_on([source_of(folder, [write_table(folder, "visits", table)])])
    return [found for found in report.insights if found.type == insights_pb2.INSIGHT_TYPE_OUTLIER]


def _day(moment: int) -> str:
    return (FIRST + timedelta(days=moment)).date().isoformat()


@pytest.mark.parametrize("seed", range(3))
def test_a_run_across_the_end_of_a_week_is_told_with_its_days(tmp_path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    run = range(201, 208)  # Sunday to Saturday
    table = _table(
        random, lambda day, _: random.normal(50.0, 10.0, len(day)) + 16.0 * np.isin(day, list(run))
    )
    (told,) = _told(tmp_path, table)
    time = told.subject.time
    assert time.grain == insights_pb2.GRAIN_DAY
    assert abs((datetime.fromisoformat(getattr(time, "from")) - FIRST).days - run[0]) <= 2
    assert abs((datetime.fromisoformat(time.to) - FIRST).days - run[-1]) <= 2


@pytest.mark.parametrize("seed", range(3))
def test_a_run_of_one_member_is_told_of_the_member(tmp_path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)

    def score(day: Floats, site: Floats) -> Floats:
        far = (site == "Porto") & (day >= 201) & (day < 208)
        return random.normal(50.0, 10.0, len(day)) + 40.0 * far

    told = _told(tmp_path, _table(random, score))
    assert "Porto" in {condition.member for found in told for condition in found.subject.where}
    assert not {"Graz", "Ghent"} & {condition.member for found in told for condition in found.subject.where}


@pytest.mark.parametrize("seed", range(4))
def test_two_wild_rows_that_meet_are_no_run(tmp_path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)

    def score(day: Floats, _: Floats) -> Floats:
        values = 20.0 * (1.0 + random.pareto(1.6, len(day)))
        values[np.flatnonzero(day == 201)[:2]] = 5_000.0
        return values

    assert not _told(tmp_path, _table(random, score))


def test_days_without_a_single_row_are_told_as_nothing(tmp_path: Path) -> None:
    """Their total is empty, and was not told at all."""
    random = np.random.default_rng(3)
    table = _table(random, lambda day, _: random.normal(50.0, 5.0, len(day)))
    kept = [row for row, moment in enumerate(table["seen_at"][1]) if not 200 <= (moment - FIRST).days < 214]
    table = {name: (kind, [values[row] for row in kept]) for name, (kind, values) in table.items()}
    told = next(found for found in _told(tmp_path, table) if not found.subject.where)
    assert told.direction == insights_pb2.DIRECTION_LOWER
    assert getattr(told.subject.time, "from") >= _day(198)
    assert told.subject.time.to <= _day(216)
