"""What is open is recent: states that come with age are no news of the last days."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from claribi.v1 import insights_pb2, reports_pb2

from server.analysis.columns import Dimension
from server.analysis.facts import Breakdown
from server.analysis.ripeness import is_new
from tests.unit.analysis.snapshots import Column, report_on, source_of, write_table

FIRST = datetime(2025, 1, 1)
DAYS = 400
CLOCK = {
    insights_pb2.INSIGHT_TYPE_CHANGE,
    insights_pb2.INSIGHT_TYPE_TREND,
    insights_pb2.INSIGHT_TYPE_CHANGE_POINT,
    insights_pb2.INSIGHT_TYPE_OUTLIER,
    insights_pb2.INSIGHT_TYPE_DRIVER,
    insights_pb2.INSIGHT_TYPE_MIX_SHIFT,
}


class Log(NamedTuple):
    """Jobs that begin at random and take a while."""

    rows: int = 3_000
    hours: float = 60.0  # that a job takes, in the middle
    has_end: bool = True
    is_stepwise: bool = False  # whether there is a state between waiting and done
    dropped: float = 0.0  # share of jobs that never end


def _jobs(log: Log, seed: int) -> dict[str, Column]:
    random = np.random.default_rng(seed)
    begun = np.sort(random.random(log.rows) * 24 * DAYS)
    ended = begun + log.hours * np.exp(random.normal(0.0, 1.0, log.rows))
    reached = np.where(begun + 0.3 * (ended - begun) < 24 * DAYS, "running", "waiting")
    state = np.where(ended < 24 * DAYS, "done", reached if log.is_stepwise else "waiting").astype(object)
    dropped = random.random(log.rows) < log.dropped
    state[dropped] = "dropped"
    known = (ended < 24 * DAYS) & ~dropped
    ends = [FIRST + timedelta(hours=end) if seen else None for end, seen in zip(ended, known, strict=True)]
    table: dict[str, Column] = {
        "begun": ("TIMESTAMP", [FIRST + timedelta(hours=hour) for hour in begun]),
        "ended": ("TIMESTAMP", ends),
        "phase": ("VARCHAR", list(state)),
        "crew": ("VARCHAR", random.choice(["red", "blue", "green"], log.rows)),
        "cost": ("DOUBLE", np.exp(random.normal(3.0, 0.5, log.rows)).round(2)),
    }
    return table if log.has_end else {name: column for name, column in table.items() if name != "ended"}


def _report(folder: Path, table: dict[str, Column]) -> reports_pb2.Report:
    source = source_of(folder, [write_table(folder, "jobs", table)])
    return report_on([source], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE)


def _by_clock(report: reports_pb2.Report) -> list[str]:
    """What is told of the state through time."""

    def names(i: insights_pb2.Insight) -> bool:
        cut = any(where.column == "phase" for where in i.subject.where)
        return cut or "phase" in i.subject.measure.expression or i.subject.dimension.column == "phase"

    return [i.title for i in report.insights if i.type in CLOCK and names(i)]


@pytest.mark.parametrize(
    "log",
    [
        Log(),
        Log(hours=400.0),
        Log(hours=400.0, is_stepwise=True),
        Log(hours=400.0, has_end=False),
        Log(is_stepwise=True, has_end=False),
        Log(dropped=0.1, is_stepwise=True),
        Log(rows=20_000, hours=8.0),
    ],
)
def test_that_open_ones_are_recent_is_not_told(tmp_path: Path, log: Log) -> None:
    assert not _by_clock(_report(tmp_path, _jobs(log, 1)))


def test_a_state_that_does_not_come_with_age_is_followed_beside_one_that_does(tmp_path: Path) -> None:
    table = _jobs(Log(), 2)
    begun, phase = table["begun"][1], list(table["phase"][1])
    random = np.random.default_rng(3)
    late = [moment > FIRST + timedelta(days=200) for moment in begun]
    kind = np.where(random.random(len(phase)) < np.where(late, 0.6, 0.2), "remote", "on site")
    told = _report(tmp_path, {**table, "place": ("VARCHAR", list(kind))})
    steps = [i for i in told.insights if i.type == insights_pb2.INSIGHT_TYPE_CHANGE_POINT]
    assert any(where.column == "place" for i in steps for where in i.subject.where)


def test_jobs_that_are_given_up_more_and_more_are_told_though_they_never_end(tmp_path: Path) -> None:
    table = _jobs(Log(hours=1.0), 4)
    begun, ended = table["begun"][1], list(table["ended"][1])
    random = np.random.default_rng(5)
    risk = [0.05 + 0.4 * (moment - FIRST) / timedelta(days=DAYS) for moment in begun]
    lost = random.random(len(ended)) < risk
    table["phase"] = ("VARCHAR", np.where(lost, "dropped", "done"))
    table["ended"] = ("TIMESTAMP", [None if gone else end for gone, end in zip(lost, ended, strict=True)])
    assert _by_clock(_report(tmp_path, table))


def test_durations_by_the_weekday_of_their_own_end_are_not_compared(tmp_path: Path) -> None:
    random = np.random.default_rng(6)
    days = random.choice([day for day in range(DAYS) if day % 7 not in (3, 4)], 4_000)
    begun = np.sort(24.0 * days + random.uniform(8.0, 17.0, 4_000))
    ended = begun + 30.0 * np.exp(random.normal(0.0, 0.8, 4_000))
    # The end comes first in the table, in words of no language that is known.
    table: dict[str, Column] = {
        "zuletzt": ("TIMESTAMP", [FIRST + timedelta(hours=hour) for hour in ended]),
        "zuerst": ("TIMESTAMP", [FIRST + timedelta(hours=hour) for hour in begun]),
        "crew": ("VARCHAR", random.choice(["red", "blue"], 4_000)),
    }
    told = _report(tmp_path, table).insights
    assert not [i.title for i in told if "duration" in i.subject.measure.expression]


def test_a_member_of_the_last_days_alone_is_new(breakdown: Breakdown) -> None:
    assert [is_new(breakdown, member) for member in range(3)] == [False, True, False]


@pytest.fixture
def breakdown() -> Breakdown:
    """300 days of an old member, one that came on the last day and one that left before."""
    rows = np.full((3, 300), 10.0)
    rows[1, :299] = 0.0
    rows[2, 200:] = 0.0
    starts = tuple(FIRST + timedelta(days=day) for day in range(300))
    dimension = Dimension("kind", "kind", "kind", 3)
    return Breakdown(dimension, ("old", "new", "gone"), "day", starts, rows, {}, {}, {})
