"""A number that is higher along some range of another one is found wherever the range lies."""

import re
from pathlib import Path

import numpy as np
import pytest
from claribi.v1 import insights_pb2, reports_pb2
from scipy import special

from server.analysis.runs import choices
from tests.unit.analysis.snapshots import Column, report_on, source_of, write_table

ROWS = 2_000


def _told(folder: Path, table: dict[str, Column]) -> list[insights_pb2.Insight]:
    source = source_of(folder, [write_table(folder, "pages", table)])
    report = report_on([source], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE)
    return [i for i in report.insights if i.type == insights_pb2.INSIGHT_TYPE_GROUP_DIFFERENCE]


@pytest.mark.parametrize(("low", "high"), [(35.0, 65.0), (12.0, 29.0), (71.0, 86.0)])
def test_a_range_that_straddles_even_cuts_is_told_with_its_own_ends(
    tmp_path: Path, low: float, high: float
) -> None:
    random = np.random.default_rng(3)
    depth = random.uniform(0.0, 100.0, ROWS).round(1)
    inside = (depth >= low) & (depth < high)
    time = random.normal(50.0, 10.0, ROWS) + np.where(inside, 3.0, 0.0)
    told = _told(tmp_path, {"depth": ("DOUBLE", depth), "score": ("DOUBLE", time.round(2))})
    assert [i.subject.dimension.column for i in told] == ["depth"]
    ends = [float(end) for end in re.findall(r"[\d.]+", told[0].subject.dimension.member)]
    assert np.allclose(ends, [low, high], atol=8.0)
    assert told[0].direction == insights_pb2.DIRECTION_HIGHER


def test_numbers_that_have_nothing_to_do_with_each_other_give_no_range(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    numbers: dict[str, Column] = {
        f"n{k}": ("DOUBLE", random.lognormal(3.0, 0.2 * k, ROWS).round(2)) for k in range(1, 7)
    }
    assert _told(tmp_path, numbers) == []


@pytest.mark.parametrize("ranges", [8, 20])
def test_the_price_of_choosing_the_furthest_run_is_what_chance_asks(ranges: int) -> None:
    noise = np.random.default_rng(5).normal(size=(60_000, ranges))
    sums = np.cumsum(noise - noise.mean(axis=1, keepdims=True), axis=1)
    starts = np.concatenate([np.zeros((len(sums), 1)), sums], axis=1)
    furthest = np.zeros(len(sums))
    for first in range(ranges):
        for end in range(first + 1, ranges):
            width = end - first
            distance = np.abs(starts[:, end] - starts[:, first]) / np.sqrt(width * (1 - width / ranges))
            np.maximum(furthest, distance, out=furthest)
    for distance in (2.8, 3.2, 3.6):
        p_value = float(2.0 * special.ndtr(-distance))
        assert (furthest > distance).mean() <= 1.1 * p_value * choices(p_value, ranges)
