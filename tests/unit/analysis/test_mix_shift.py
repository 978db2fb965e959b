"""Differences that only the mix makes: told with both exact parts, and only where the total would mislead."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from claribi.v1 import insights_pb2, reports_pb2

from tests.unit.analysis.snapshots import Column, report_on, source_of, write_table

Table = dict[str, Column]
FIRST = date(2024, 1, 1)


def _days(numbers: "np.ndarray[Any, Any]") -> Column:
    return "DATE", [FIRST + timedelta(days=int(number)) for number in numbers]


def _found(table: Table, folder: Path) -> list[insights_pb2.Insight]:
    folder.mkdir(exist_ok=True)
    source = source_of(folder, [write_table(folder, "cases", table)])
    report = report_on([source], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE)
    return [i for i in report.insights if i.type == insights_pb2.INSIGHT_TYPE_MIX_SHIFT]


def _over_time(slope: float) -> Table:
    """Large orders become more of the rows in the second half; within each kind the price moves by the slope."""
    random = np.random.default_rng(1)
    day = random.integers(0, 821, 9000)
    late = day >= 731
    large = random.random(9000) < np.where(late, 0.6, 0.2)
    price = np.where(large, 90.0, 40.0) + slope * late + random.normal(0.0, 9.0, 9000)
    return {
        "sold_on": _days(day),
        "kind": ("VARCHAR", np.where(large, "Large %", "Small %")),
        "price": ("DOUBLE", price),
    }


def test_a_mean_that_only_the_mix_moves_is_told_with_its_parts(tmp_path: Path) -> None:
    insight = _found(_over_time(0.0), tmp_path)[0]
    assert insight.direction == insights_pb2.DIRECTION_INCREASE
    assert insight.subject.measure.column == "price"
    assert insight.subject.dimension.column == "kind"
    assert insight.magnitude.value == pytest.approx(20.0, abs=2.0)
    assert insight.statistics.effect.value == pytest.approx(insight.magnitude.value, abs=1.0)
    assert "mix of kind" in insight.title.lower()


def test_a_mean_that_rises_while_its_parts_fall_is_a_reversal(tmp_path: Path) -> None:
    insight = _found(_over_time(-4.0), tmp_path)[0]
    assert insight.direction == insights_pb2.DIRECTION_INCREASE
    assert "point the other way" in insight.narrative
    assert insight.statistics.effect.value > insight.magnitude.value


def test_a_mean_that_moves_in_all_parts_is_no_matter_of_the_mix(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    day = random.integers(0, 821, 9000)
    price = 40.0 + 12.0 * (day >= 731) + random.normal(0.0, 9.0, 9000)
    kind = random.choice(["Large", "Small"], 9000)
    assert (
        _found({"sold_on": _days(day), "kind": ("VARCHAR", kind), "price": ("DOUBLE", price)}, tmp_path) == []
    )


def _surgeons(gap: float) -> Table:
    """The team that takes the hard cases fails more often over all."""
    random = np.random.default_rng(3)
    hard = random.random(6000) < 0.5
    mine = random.random(6000) < np.where(hard, 0.8, 0.2)
    failed = random.random(6000) < np.where(hard, 0.5, 0.1) + gap * mine
    return {
        "team": ("VARCHAR", np.where(mine, "Blue", "Red")),
        "severity": ("VARCHAR", np.where(hard, "hard", "easy")),
        "failed": ("BOOLEAN", failed),
    }


def test_a_group_that_is_better_in_every_stratum_and_worse_in_all_is_told(tmp_path: Path) -> None:
    found = _found(_surgeons(-0.08), tmp_path)
    insight = next(i for i in found if i.subject.second.column == "team")
    assert insight.subject.dimension.column == "severity"
    assert insight.subject.second.member == "Blue"
    assert insight.direction == insights_pb2.DIRECTION_HIGHER
    assert "within the same severity" in insight.title


def test_a_reversal_is_seen_behind_eight_other_groupings_of_the_rows(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    others: Table = {
        f"label_{place}": ("VARCHAR", random.choice(["ash", "elm", "oak"], 6000)) for place in range(8)
    }
    found = _found(others | _surgeons(-0.08), tmp_path)
    assert [i.subject.second.column for i in found] == ["team"]


def test_a_difference_that_holds_within_the_strata_is_no_matter_of_the_mix(tmp_path: Path) -> None:
    assert [i for i in _found(_surgeons(0.2), tmp_path) if i.subject.second.column == "team"] == []
