"""Dependence between rows, and what the data cannot bear, keep the engine quiet."""

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from claribi.v1 import insights_pb2

from server.analysis.detectors import DETECTORS
from server.analysis.detectors.association import Association
from server.analysis.facts import Timeline, complete_starts
from tests.unit.analysis.snapshots import Column, report_on, source_of, write_table


def _types(table: dict[str, Column], folder: Path) -> list[int]:
    report = report_on([source_of(folder, [write_table(folder, "things", table)])])
    return [insight.type for insight in report.insights]


def _clients(effect: float, seed: int) -> dict[str, Column]:
    """A few clients with many rows each; what differs belongs to the client, not to its plan."""
    random = np.random.default_rng(seed)
    client = random.integers(0, 40, 4000)
    own = random.normal(100, 30, 40)
    plan = np.where(np.arange(40) % 2 == 0, "basic", "gold")
    spend = own[client] + effect * (plan[client] == "gold") + random.normal(0, 5, 4000)
    return {
        "client_id": ("VARCHAR", [f"K{number:03d}" for number in client]),
        "plan": ("VARCHAR", plan[client]),
        "spend": ("DOUBLE", np.round(spend, 2)),
    }


def test_rows_of_one_client_are_not_many_witnesses(tmp_path: Path) -> None:
    quiet = 0
    for seed in range(8):
        (folder := tmp_path / str(seed)).mkdir()
        quiet += insights_pb2.INSIGHT_TYPE_GROUP_DIFFERENCE not in _types(_clients(0.0, seed), folder)
    assert quiet >= 7


def test_a_difference_between_clients_is_still_found(tmp_path: Path) -> None:
    assert insights_pb2.INSIGHT_TYPE_GROUP_DIFFERENCE in _types(_clients(80.0, 1), tmp_path)


def test_two_stations_that_wander_do_not_differ(tmp_path: Path) -> None:
    quiet = 0
    for seed in range(8):
        random = np.random.default_rng(seed)
        (folder := tmp_path / str(seed)).mkdir()
        days = [date(2024, 1, 1) + timedelta(days=day) for day in range(400)] * 2
        level = np.concatenate([random.normal(size=400).cumsum() for _ in range(2)]) + 500
        table: dict[str, Column] = {
            "day": ("DATE", days),
            "station": ("VARCHAR", ["a"] * 400 + ["b"] * 400),
            "water_level": ("DOUBLE", np.round(level, 3)),
        }
        quiet += insights_pb2.INSIGHT_TYPE_GROUP_DIFFERENCE not in _types(table, folder)
    assert quiet >= 7


def test_a_last_period_that_is_not_over_is_no_fall(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    days = [
        date(2024, 1, 1) + timedelta(days=day) for day in range(735) for _ in range(8)
    ]  # five days into 2026
    table: dict[str, Column] = {"day": ("DATE", days), "amount": ("DOUBLE", random.gamma(4, 25, len(days)))}
    assert insights_pb2.INSIGHT_TYPE_CHANGE not in _types(table, tmp_path)


@pytest.mark.parametrize(
    ("last", "count"),
    [(datetime(2025, 3, 31), 3), (datetime(2025, 3, 30), 2), (datetime(2025, 4, 2), 3)],
    ids=["the month is over", "a day is missing", "the next has begun"],
)
def test_a_month_counts_when_the_data_reach_its_end(last: datetime, count: int) -> None:
    days = (last - datetime(2025, 1, 1)).days + 1
    starts = tuple(datetime(2025, 1, 1) + timedelta(days=day) for day in range(days))
    timeline = Timeline("day", starts, np.ones(days), {}, {}, starts[0], starts[-1])
    assert len(complete_starts(timeline, "month", datetime(2026, 1, 1))) == count


def test_a_first_week_without_its_first_day_is_not_whole() -> None:
    monday = datetime(2025, 8, 4)
    for missing, whole in ((0, monday), (1, monday + timedelta(days=7))):
        starts = tuple(monday + timedelta(days=day) for day in range(missing, 28))
        timeline = Timeline("day", starts, np.ones(len(starts)), {}, {}, starts[0], starts[-1])
        assert complete_starts(timeline, "week", datetime(2026, 1, 1))[0] == whole


def test_a_seasonal_fall_is_no_finding_when_the_season_is_known(tmp_path: Path) -> None:
    random = np.random.default_rng(9)
    days = np.arange(4 * 365 + 31)
    season = 1.0 + 0.5 * np.cos(2 * np.pi * days / 365.25)
    table: dict[str, Column] = {
        "day": ("DATE", [date(2021, 8, 1) + timedelta(days=int(day)) for day in days]),
        "visits": ("DOUBLE", np.round(1000 * season + random.normal(0, 20, len(days)), 1)),
        "note": ("VARCHAR", ["x", "y"] * (len(days) // 2) + ["x"] * (len(days) % 2)),
    }
    assert insights_pb2.INSIGHT_TYPE_CHANGE not in _types(table, tmp_path)


def test_each_type_of_insight_has_one_detector() -> None:
    # Two dimensions that go together are told as a difference between groups too.
    kinds = [detector.kind for detector in DETECTORS if not isinstance(detector, Association)]
    assert len(kinds) == len(set(kinds)) >= 5
