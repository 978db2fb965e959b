"""A goal's measure asked of its source: value, history by period, and the query of each."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from claribi.v1.goals_pb2 import GoalProgress
from claribi.v1.insights_pb2 import (
    AGGREGATION_AVERAGE,
    AGGREGATION_COUNT,
    AGGREGATION_DISTINCT_COUNT,
    AGGREGATION_MEDIAN,
    AGGREGATION_SUM,
)

from server.analysis.goal_series import MOST_POINTS, run
from server.analysis.verify import ask
from server.job import JobFailed
from server.query.engine import open_snapshot
from tests.unit.analysis.snapshots import Column, source_of, write_table

# A name that is SQL to whoever pastes it.
AMOUNT = 'amount" where 1=1 as value from "x'


def sales(days: int, kind: str = "DATE") -> dict[str, Column]:
    moments = [date(2026, 1, 1) + timedelta(days=place // 2) for place in range(2 * days)]
    return {
        "day": (kind, moments),
        "who": ("VARCHAR", [f"w{place % 7}" for place in range(2 * days)]),
        AMOUNT: ("DOUBLE", [float(place % 5 + 1) for place in range(2 * days)]),
    }


def asked(folder: Path, columns: dict[str, Column], **changes: Any) -> tuple[GoalProgress, dict[str, Any]]:
    folder.mkdir()
    source = source_of(folder, [write_table(folder, "sales", columns)])
    given = {
        "table": "",
        "measure": AMOUNT,
        "aggregation": AGGREGATION_SUM,
        "time_column": "day",
        "from": None,
        "to": None,
        "label": "Amount",
        "unit": "",
        "now": "2026-06-30T12:00:00",
    }
    payload = {**source, **given, **changes}
    return GoalProgress.FromString(run(payload, lambda phase, fraction: None)), source


def check_evidence(told: GoalProgress, source: dict[str, Any]) -> None:
    """Each value is what its query gives on the snapshot."""
    by_id = {entry.id: entry for entry in told.evidence}
    assert len(by_id) == len(told.evidence)
    with open_snapshot(Path(source["directory"]), threads=1) as query:
        for entry in told.evidence:
            assert entry.source.snapshot_hash == source["hash"]
            assert ask(query, entry) == pytest.approx(entry.value)
    for point in told.history:
        assert by_id[point.evidence_id].value == point.value
    assert told.evidence[0].value == told.current_value


@pytest.mark.parametrize("kind", ["DATE", "TIMESTAMP"])
@pytest.mark.parametrize(
    "aggregation",
    [AGGREGATION_SUM, AGGREGATION_AVERAGE, AGGREGATION_MEDIAN, AGGREGATION_DISTINCT_COUNT, AGGREGATION_COUNT],
)
def test_the_history_is_the_measure_up_to_the_end_of_each_day(
    tmp_path: Path, aggregation: int, kind: str
) -> None:
    told, source = asked(tmp_path / "s", sales(20, kind), aggregation=aggregation)
    assert [point.date for point in told.history] == [
        (date(2026, 1, 1) + timedelta(days=day)).isoformat() for day in range(20)
    ]
    assert told.history[-1].value == told.current_value
    check_evidence(told, source)


def test_only_rows_between_the_goals_dates_count(tmp_path: Path) -> None:
    told, source = asked(tmp_path / "s", sales(40), **{"from": "2026-01-11", "to": "2026-01-20"})
    assert (told.history[0].date, told.history[-1].date) == ("2026-01-11", "2026-01-20")
    counted, _ = asked(
        tmp_path / "t",
        sales(40),
        measure="",
        aggregation=AGGREGATION_COUNT,
        **{"from": "2026-01-11", "to": "2026-01-20"},
    )
    assert [point.value for point in counted.history] == [2.0 * day for day in range(1, 11)]
    check_evidence(told, source)


@pytest.mark.parametrize(("days", "first_dates"), [
    (61, ["2026-01-01", "2026-01-02"]),
    (200, ["2026-01-04", "2026-01-11"]),
    (900, ["2026-01-31", "2026-02-28"]),
    (2400, ["2026-03-31", "2026-06-30"]),
])  # fmt: skip
def test_longer_histories_have_longer_periods(tmp_path: Path, days: int, first_dates: list[str]) -> None:
    told, source = asked(tmp_path / "s", sales(days), now="2036-01-01T00:00:00")
    assert len(told.history) <= MOST_POINTS + 2
    assert [point.date for point in told.history[:2]] == first_dates
    assert told.history[-1].date == (date(2026, 1, 1) + timedelta(days=days - 1)).isoformat()
    check_evidence(told, source)


def test_days_to_come_are_not_history(tmp_path: Path) -> None:
    told, _ = asked(tmp_path / "s", sales(40), now="2026-01-15T12:00:00")
    assert told.history[-1].date == "2026-01-15"


def test_without_dates_there_is_a_value_and_no_history(tmp_path: Path) -> None:
    told, source = asked(tmp_path / "s", sales(20), time_column="")
    assert told.current_value == 2 * 20 * 3.0
    assert list(told.history) == []
    check_evidence(told, source)


def test_dates_that_are_missing_and_rows_that_are_none_make_no_trouble(tmp_path: Path) -> None:
    holes = sales(20)
    days = list(holes["day"][1])
    days[3] = days[30] = None
    told, source = asked(tmp_path / "s", {**holes, "day": ("DATE", days)})
    check_evidence(told, source)
    empty: dict[str, Column] = {name: (kind, []) for name, (kind, _) in sales(2).items()}
    nothing, _ = asked(tmp_path / "t", empty)
    assert not nothing.HasField("current_value")
    assert list(nothing.history) == []
    alone, _ = asked(
        tmp_path / "u", {name: (kind, list(values)[:1]) for name, (kind, values) in sales(2).items()}
    )
    assert alone.current_value == 1.0
    assert list(alone.history) == []


@pytest.mark.parametrize("wrong", [{"table": "gone"}, {"measure": "gone"}, {"time_column": "gone"}])
def test_a_measure_that_went_is_said(tmp_path: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(JobFailed) as failure:
        asked(tmp_path / "s", sales(5), **wrong)
    assert failure.value.code == "data_source_unavailable"
