"""The things of a panel are witnesses of what the whole does, but for what reaches all of them."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from claribi.v1 import insights_pb2, reports_pb2

from server.analysis.inference import Floats
from server.analysis.witnesses import witnessed
from tests.unit.analysis.snapshots import Column, report_on, source_of, write_table

Random = np.random.Generator
MONTHS = [date(2023 + (5 + month) // 12, (5 + month) % 12 + 1, 1) for month in range(18)]
REGIONS = ("North", "South", "East", "West")


def _things(random: Random, shared: Floats, own: Floats) -> Floats:
    """Things of different size that share a course and have one of their own, shape (things, periods)."""
    return np.exp(random.normal(0.0, 0.5, len(own)))[:, None] * (10.0 + shared + own)


def _alone(random: Random) -> Floats:
    return _things(random, np.zeros(18), 0.3 * random.normal(size=(40, 18)).cumsum(axis=1))


def _all_wander(random: Random) -> Floats:
    return _things(random, 0.5 * random.normal(size=18).cumsum(), random.normal(size=(40, 18)))


def _all_shaken(random: Random) -> Floats:
    return _things(random, random.standard_t(3, size=18), random.normal(size=(40, 18)))


@pytest.mark.parametrize("course", [_alone, _all_wander, _all_shaken])
def test_things_that_wander_alone_or_together_seldom_have_a_slope(course: Callable[[Random], Floats]) -> None:
    random = np.random.default_rng(8)
    p_values = [found.p_value for _ in range(400) if (found := witnessed(course(random))) is not None]
    assert len(p_values) == 400
    assert np.mean(np.array(p_values) <= 0.01) <= 0.03


def test_the_slope_of_many_things_is_the_surer_the_steeper_it_is() -> None:
    random = np.random.default_rng(9)
    noise = random.normal(size=(40, 18))
    found = [witnessed(_things(random, np.linspace(0.0, rise, 18), noise)) for rise in (3.0, 6.0, 20.0)]
    p_values = [one.p_value for one in found if one is not None]
    assert p_values[0] < 1e-3
    assert p_values[0] > p_values[1] > p_values[2]


def _risen(random: Random, shops: int) -> dict[str, Column]:
    """Scores of shops by month, which rise by three fifths and are shaken a little for all; and figures of noise."""
    level, region = np.exp(random.normal(8.0, 0.4, shops)), random.choice(REGIONS, shops)
    rows = [(place, shop) for place in range(len(MONTHS)) for shop in range(shops)]
    rise = 1.0 + 0.6 * np.arange(len(MONTHS)) / (len(MONTHS) - 1)
    course = rise * np.exp(random.normal(0.0, 0.015, len(MONTHS)))

    def values(shared: Floats) -> Column:
        drawn = [level[shop] * shared[place] * np.exp(random.normal(0.0, 0.1)) for place, shop in rows]
        return "DOUBLE", np.round(drawn, 1)

    return {
        "month": ("DATE", [MONTHS[place] for place, _ in rows]),
        "shop": ("VARCHAR", [f"Shop {shop:03d}" for _, shop in rows]),
        "region": ("VARCHAR", [region[shop] for _, shop in rows]),
        "score": values(course),
        **{name: values(np.ones(len(MONTHS))) for name in ("index", "degree", "grade")},
        "kind": ("VARCHAR", random.choice(["SMB", "Big", "Public"], shops)[[shop for _, shop in rows]]),
    }


@pytest.mark.parametrize("seed", [5, 12, 13])
def test_a_rise_of_all_shops_is_told_of_the_whole_and_of_no_region(tmp_path: Path, seed: int) -> None:
    table = write_table(tmp_path, "figures", _risen(np.random.default_rng(seed), 60))
    report = report_on([source_of(tmp_path, [table])], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE)
    trends = [found for found in report.insights if found.type == insights_pb2.INSIGHT_TYPE_TREND]
    assert [found.direction for found in trends] == [insights_pb2.DIRECTION_INCREASE]
    assert not any(name in trends[0].title for name in REGIONS)
