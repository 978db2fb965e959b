"""A report on data with planted facts: it finds them, prints nothing without evidence, and can be checked."""

import base64
import copy
import functools
import itertools
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from claribi.v1 import insights_pb2, reports_pb2

from server.analysis import agreement, job, verify
from tests.unit.analysis.snapshots import Column, payload_of, report_on, source_of, write_table

Source = dict[str, Any]
FIRST = date(2024, 1, 1)


def _orders(scale: float = 1.0) -> dict[str, Column]:
    random = np.random.default_rng(11)
    rows, days = 6000, 821  # to 31 March 2026
    day = random.integers(0, days, rows)
    region = random.choice(["North", "South", "East", "West"], rows)
    product = random.choice(["Laptop", "Phone", "Cable", "Desk", "Lamp"], rows, p=[0.6, 0.15, 0.1, 0.1, 0.05])
    revenue = scale * random.gamma(4, 25, rows) * np.where(day >= 790, 0.45, 1.0)
    revenue = np.where(region == "West", revenue * 1.5, revenue)
    return {
        "order_id": ("BIGINT", range(rows)),
        "order_date": ("DATE", [FIRST + timedelta(days=int(d)) for d in day]),
        "region": ("VARCHAR", region),
        "product": ("VARCHAR", product),
        "revenue_usd": ("DOUBLE", np.round(revenue, 2)),
        "is_returned": ("BOOLEAN", random.random(rows) < np.where(product == "Phone", 0.3, 0.08)),
    }


@pytest.fixture(name="orders")
def orders_fixture(tmp_path: Path) -> Source:
    return source_of(tmp_path, [write_table(tmp_path, "orders", _orders())])


def _kinds(report: reports_pb2.Report) -> set[int]:
    return {insight.type for insight in report.insights}


def test_what_was_planted_is_found(orders: Source) -> None:
    report = report_on([orders], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE)
    change = next(
        i for i in report.insights if i.type == insights_pb2.INSIGHT_TYPE_CHANGE and not i.subject.where
    )
    assert change.direction == insights_pb2.DIRECTION_DECREASE
    assert getattr(change.subject.time, "from") == "2026-03-01"
    differences = {
        (i.subject.measure.column, i.subject.dimension.member)
        for i in report.insights
        if i.type == insights_pb2.INSIGHT_TYPE_GROUP_DIFFERENCE
    }
    assert ("revenue_usd", "West") in differences
    assert ("is_returned", "Phone") in differences
    assert insights_pb2.INSIGHT_TYPE_CONCENTRATION in _kinds(report)


def test_of_two_members_one_may_hold_most_but_a_flag_that_is_mostly_one_way_is_no_holding(
    tmp_path: Path,
) -> None:
    random = np.random.default_rng(4)
    table = _orders() | {"desk": ("VARCHAR", random.choice(["early", "late"], 6000, p=[0.64, 0.36]))}
    source = source_of(tmp_path, [write_table(tmp_path, "orders", table)])
    report = report_on([source], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE)
    held = [
        (i.subject.dimension.column, i.subject.dimension.member)
        for i in report.insights
        if i.type == insights_pb2.INSIGHT_TYPE_CONCENTRATION
    ]
    assert ("desk", "early") in held
    assert all(column != "is_returned" for column, _ in held)


def test_insights_are_ranked_scored_and_sure(orders: Source) -> None:
    report = report_on([orders])
    assert [insight.rank for insight in report.insights] == list(range(1, len(report.insights) + 1))
    assert all(0 <= insight.score <= 1 for insight in report.insights)
    assert all(insight.statistics.q_value <= 0.05 for insight in report.insights)
    assert report.statistics.hypotheses_tested >= report.statistics.discoveries >= len(report.insights)


def test_the_depth_bounds_the_findings(orders: Source) -> None:
    assert len(report_on([orders], report_type=reports_pb2.REPORT_TYPE_SUMMARY).insights) <= 3


def test_the_same_asked_again_is_the_same_report(orders: Source) -> None:
    first, second = (
        job.run(payload_of([orders], question="revenue?", seed=3), lambda *_: None) for _ in range(2)
    )
    assert first == second


def test_the_hash_does_not_know_ids_or_moments(orders: Source) -> None:
    renamed = {**orders, "id": "another"}
    later = report_on([renamed], now="2026-07-02T00:00:00")
    assert later.content_hash == report_on([orders]).content_hash


def test_the_hash_knows_the_question(orders: Source) -> None:
    assert report_on([orders], question="Returned?").content_hash != report_on([orders]).content_hash


def test_a_question_brings_its_subject_to_the_front(orders: Source) -> None:
    report = report_on([orders], question="Which products are returned most?")
    assert report.insights[0].subject.measure.column == "is_returned"
    assert "comes first" in report.sections[0].paragraphs[1]


def test_a_question_about_nothing_in_the_data_is_told_so(orders: Source) -> None:
    report = report_on([orders], question="How is the weather?")
    assert "None of the words of your question name a column" in report.sections[0].paragraphs[1]


def test_every_point_of_a_chart_is_what_its_evidence_holds(orders: Source) -> None:
    report = report_on([orders])
    known = {entry.id: entry for entry in report.evidence}
    for chart in report.charts:
        points = [point for series in chart.series for point in series.points]
        limit = 200 if chart.type == insights_pb2.CHART_TYPE_LINE else 12
        assert 0 < len(points) <= limit
        for point in points:
            entry = known[point.evidence_id]
            row = entry.rows[point.evidence_row] if point.HasField("evidence_row") else entry
            assert point.y == row.value
            assert entry.HasField("value") or point.x == row.x


def test_neighbouring_findings_of_a_kind_are_told_differently(orders: Source) -> None:
    report = report_on([orders], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE)
    sentences = [i.title.split(":")[0].split(" ")[1:4] for i in report.insights
                 if i.type == insights_pb2.INSIGHT_TYPE_GROUP_DIFFERENCE]  # fmt: skip
    assert all(first != second for first, second in itertools.pairwise(sentences))


def test_two_sources_are_corrected_together(orders: Source, tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    second = source_of(
        tmp_path / "second", [write_table(tmp_path / "second", "orders", _orders(2.0))], "source-2"
    )
    alone, both = report_on([orders]), report_on([orders, second])
    assert both.statistics.hypotheses_tested == 2 * alone.statistics.hypotheses_tested
    assert {entry.source.data_source_id for entry in both.evidence} == {"source-1", "source-2"}


def _verification(report: reports_pb2.Report, sources: dict[str, Any]) -> reports_pb2.Verification:
    evidence = [base64.b64encode(entry.SerializeToString()).decode() for entry in report.evidence]
    payload = {"report_id": report.id, "evidence": evidence, "sources": sources}
    return reports_pb2.Verification.FromString(verify.run(payload, lambda *_: None))


def test_every_number_holds_on_its_snapshot(orders: Source) -> None:
    report = report_on([orders], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE)
    found = _verification(report, {"source-1": orders})
    assert found.total == len(report.evidence) > 20
    assert found.matched == found.total


def test_numbers_of_changed_data_are_told_from_those_that_hold(orders: Source, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    changed = source_of(tmp_path / "new", [write_table(tmp_path / "new", "orders", _orders(1.1))])
    found = _verification(report_on([orders]), {"source-1": changed})
    assert found.failed == 0
    assert found.matched > 0
    assert found.data_changed > 0


def _drop_source(report: reports_pb2.Report, sources: dict[str, Any]) -> None:
    sources.clear()


def _break_query(report: reports_pb2.Report, sources: dict[str, Any]) -> None:
    report.evidence[0].query = "select nothing from nowhere"


def _forge_value(report: reports_pb2.Report, sources: dict[str, Any]) -> None:
    report.evidence[0].value *= 1.001


@pytest.mark.parametrize(
    ("harm", "word"),
    [(_drop_source, "no longer there"), (_break_query, "cannot be run"), (_forge_value, "another number")],
    ids=["source gone", "query broken", "value forged"],
)
def test_a_number_that_does_not_hold_says_why(
    orders: Source, harm: Callable[[reports_pb2.Report, dict[str, Any]], None], word: str
) -> None:
    report, sources = copy.deepcopy(_report(orders)), {"source-1": orders}
    harm(report, sources)
    first = _verification(report, sources).numbers[0]
    assert first.verdict == reports_pb2.VERDICT_FAILED
    assert word in first.message


def _report(source: Source) -> reports_pb2.Report:
    return functools.partial(report_on, [source])()


@pytest.mark.parametrize(
    ("reported", "now", "same"),
    [
        (5.0, 5.0, True),
        (5.0, 6.0, False),
        (1e9 + 0.5, 1e9 + 0.5000001, True),
        (1e6, 1e6 + 1, False),
        (0.1, 0.1001, False),
    ],
)
def test_whole_numbers_agree_exactly_and_others_within_the_tolerance(
    reported: float, now: float, same: bool
) -> None:
    assert agreement.agree(reported, now) is same
