"""What a chart draws is one piece of evidence, and is checked value by value."""

import base64
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from claribi.v1 import insights_pb2, reports_pb2

from server.analysis.verify import run
from tests.unit.analysis.snapshots import Column, report_on, source_of, write_table

DAYS = 900
FIRST = date(2023, 11, 1)


def _tables(*, changed: bool = False, missing: bool = False) -> dict[str, Column]:
    """Sales by day that rise through the months and come with visits; `changed` by one sale on the fourth day."""
    random = np.random.default_rng(5)
    day = np.repeat(np.arange(DAYS), 5)
    visits = random.normal(50.0, 10.0, len(day))
    sales = 20.0 + day / 30.0 + visits / 2.0 + random.normal(0.0, 3.0, len(day))
    if changed:
        sales[20] += 7.0
    kept = [
        row for row in range(len(day)) if not (missing and 396 <= day[row] < 427)
    ]  # but for December 2024
    return {
        "day": ("DATE", [FIRST + timedelta(days=int(d)) for d in day[kept]]),
        "visits": ("DOUBLE", visits[kept]),
        "price": ("DOUBLE", sales[kept]),
    }


def _source(folder: Path, table: dict[str, Column]) -> dict[str, Any]:
    folder.mkdir()
    return source_of(folder, [write_table(folder, "sales", table)])


def _report(source: dict[str, Any]) -> reports_pb2.Report:
    return report_on([source], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE)


def _verified(report: reports_pb2.Report, now: dict[str, Any]) -> list[reports_pb2.VerifiedNumber]:
    payload = {
        "report_id": "r",
        "evidence": [base64.b64encode(entry.SerializeToString()).decode() for entry in report.evidence],
        "sources": {now["id"]: {**now, "originals": {}}},
        "now": "2026-06-30T12:00:00",
    }
    return list(reports_pb2.Verification.FromString(run(payload, lambda *_: None)).numbers)


@pytest.fixture(name="before", scope="module")
def before_fixture(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return _source(tmp_path_factory.mktemp("drawn") / "before", _tables())


def _drawn(report: reports_pb2.Report) -> dict[str, insights_pb2.Evidence]:
    return {entry.id: entry for entry in report.evidence if entry.rows}


def test_lines_forecasts_and_clouds_are_bound_to_one_entry_each(before: dict[str, Any]) -> None:
    report = _report(before)
    drawn, kinds = _drawn(report), set()
    for chart in report.charts:
        for series in chart.series:
            ids = {point.evidence_id for point in series.points}
            kinds.add((chart.type, series.role))
            if chart.type in (insights_pb2.CHART_TYPE_LINE, insights_pb2.CHART_TYPE_SCATTER):
                own = [point.evidence_id for point in series.points][1:]
                assert len(set(own)) == 1
                assert ids <= drawn.keys()
    assert (insights_pb2.CHART_TYPE_SCATTER, insights_pb2.SERIES_ROLE_UNSPECIFIED) in kinds
    assert (insights_pb2.CHART_TYPE_LINE, insights_pb2.SERIES_ROLE_UNSPECIFIED) in kinds
    assert (insights_pb2.CHART_TYPE_LINE, insights_pb2.SERIES_ROLE_FORECAST) in kinds
    queries = [(entry.query, str(entry.parameters)) for entry in drawn.values()]
    assert len(set(queries)) == len(queries)


def test_a_series_has_no_value_of_its_own_and_prints_none(before: dict[str, Any]) -> None:
    for entry in _drawn(_report(before)).values():
        assert not entry.HasField("value")
        assert not entry.display


def test_every_series_holds_on_the_same_data(before: dict[str, Any]) -> None:
    numbers = _verified(_report(before), before)
    assert {number.verdict for number in numbers} == {reports_pb2.VERDICT_MATCH}
    assert not any(number.rows for number in numbers)


def test_of_a_series_whose_data_changed_the_values_that_moved_are_told(
    before: dict[str, Any], tmp_path: Path
) -> None:
    report = _report(before)
    after = _source(tmp_path / "after", _tables(changed=True))
    moved = {number.evidence_id: number for number in _verified(report, after) if number.rows}
    lines = {
        point.evidence_id
        for chart in report.charts
        if chart.type == insights_pb2.CHART_TYPE_LINE and chart.x.grain == insights_pb2.GRAIN_MONTH
        for point in chart.series[0].points
        if "price" in chart.y.label.lower()
    }
    assert lines
    for number in (moved[evidence_id] for evidence_id in lines):
        assert number.verdict == reports_pb2.VERDICT_DATA_CHANGED
        assert not number.HasField("value")
        assert [row.x for row in number.rows] == ["2023-11-01"]
        assert number.rows[0].value_now - number.rows[0].value == pytest.approx(7.0 / 150)


def test_a_series_that_never_held_fails(before: dict[str, Any]) -> None:
    report = _report(before)
    entry = next(iter(_drawn(report).values()))
    entry.rows[1].value += 1.0
    del report.evidence[:]
    report.evidence.append(entry)
    (number,) = _verified(report, before)
    assert number.verdict == reports_pb2.VERDICT_FAILED
    assert [row.x for row in number.rows] == [entry.rows[1].x]
    assert number.message


def test_a_line_has_a_gap_where_nothing_is_known(tmp_path: Path) -> None:
    report = _report(_source(tmp_path / "missing", _tables(missing=True)))
    lines = {
        chart.y.label: chart.series[0].points
        for chart in report.charts
        if chart.type == insights_pb2.CHART_TYPE_LINE
    }
    empty = {
        label: {point.x for point in points if not point.HasField("y")} for label, points in lines.items()
    }
    assert empty["Average price"] == {"2024-12-01"}
    assert not empty["Visits"]  # a total knows that nothing came
