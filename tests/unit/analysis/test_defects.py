"""Defects of the data are told as such, with numbers one can ask again, and never as insights."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from claribi.v1 import insights_pb2 as ipb
from claribi.v1 import reports_pb2

from server.analysis import cautions, verify
from server.analysis.detectors import data_quality
from server.analysis.evidence import Ledger, Name
from tests.unit.analysis.snapshots import NOW, report_on, source_of
from tests.unit.profile.made import write
from tests.unit.profile.test_quality_planted import PLANTED, SPAN, sales

ALONG_TIME = {
    ipb.INSIGHT_TYPE_CHANGE,
    ipb.INSIGHT_TYPE_TREND,
    ipb.INSIGHT_TYPE_CHANGE_POINT,
    ipb.INSIGHT_TYPE_OUTLIER,
    ipb.INSIGHT_TYPE_SEASONALITY,
    ipb.INSIGHT_TYPE_FORECAST,
    ipb.INSIGHT_TYPE_DRIVER,
}


def _report(folder: Path, kind: str, seed: int = 1) -> tuple[reports_pb2.Report, dict[str, object], int]:
    tables, (_, _, rows) = PLANTED[kind](np.random.default_rng(seed))
    source = source_of(folder, write(folder, tables))
    return report_on([source], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE), source, rows


@pytest.mark.parametrize("kind", PLANTED)
def test_every_defect_is_told_with_its_rows_and_the_rows_are_found_again(tmp_path: Path, kind: str) -> None:
    report, source, rows = _report(tmp_path, kind)
    (finding,) = report.data_quality
    told = [entry for entry in report.evidence if entry.id in finding.evidence_ids]
    assert rows in [entry.value for entry in told]
    assert f"{rows:,}" in finding.description
    payload = {
        "report_id": "r",
        "evidence": [base64.b64encode(entry.SerializeToString()).decode() for entry in told],
        "sources": {source["id"]: {"directory": source["directory"], "hash": source["hash"]}},
    }
    answer = reports_pb2.Verification.FromString(verify.run(payload, lambda phase, fraction: None))
    assert answer.matched == answer.total == len(told)


@pytest.mark.parametrize(
    "kind",
    [
        "another unit from a day on",
        "another unit for some weeks",
        "a burst without values",
        "a last month cut short",
        "a thin end",
        "not over yet",
        "days long ago",
        "days to come",
        "a stand-in",
    ],
)
def test_a_defect_is_no_change_trend_or_outlier(tmp_path: Path, kind: str) -> None:
    report, *_ = _report(tmp_path, kind)
    assert not [insight.title for insight in report.insights if insight.type in ALONG_TIME]


@pytest.mark.parametrize("kind", ["another unit from a day on", "ends before starts", "copies"])
def test_a_grave_defect_is_an_insight_with_its_exact_size(tmp_path: Path, kind: str) -> None:
    report, _, rows = _report(tmp_path, kind)
    (insight,) = [found for found in report.insights if found.type == ipb.INSIGHT_TYPE_DATA_QUALITY]
    assert insight.magnitude.value == rows
    assert insight.evidence_ids
    assert report.statistics.discoveries == len(report.insights) - 1


def test_a_measure_leaves_out_the_rows_in_another_unit(tmp_path: Path) -> None:
    cells, day = sales(np.random.default_rng(3))
    later = day >= SPAN - 190
    cells["amount"] *= np.where(cells["region"] == "North", 1.6, 1.0)  # something to tell of it
    cells["amount"] = np.where(later, cells["amount"] * 1000, cells["amount"])
    report = report_on([source_of(tmp_path, write(tmp_path, {"t": cells}))])
    asked = [
        e.query
        for e in report.evidence
        if '"amount"' in e.query and not e.query.startswith("select count(*)")
    ]
    assert asked
    assert all("not coalesce" in query for query in asked)
    assert max(entry.value for entry in report.evidence) <= cells["amount"][~later].sum() * (1 + 1e-9)


def _with_one_larger(times: float) -> dict[str, Any]:
    """Sales that keep rising, and differ by region; one amount is so many times the largest."""
    cells, day = sales(np.random.default_rng(4))
    cells["amount"] *= np.where(cells["region"] == "North", 1.6, 1.0) * (1 + day / SPAN)
    cells["amount"][500] = times * cells["amount"].max()
    return cells


def test_a_slip_is_left_out_and_told_once(tmp_path: Path) -> None:
    cells = _with_one_larger(1000.0)
    report = report_on([source_of(tmp_path, write(tmp_path, {"t": cells}))])
    told = [insight for insight in report.insights if insight.subject.measure.column == "amount"]
    assert [insight for insight in told if insight.type == ipb.INSIGHT_TYPE_GROUP_DIFFERENCE]
    assert [insight for insight in told if insight.type == ipb.INSIGHT_TYPE_TREND]
    assert not [insight.title for insight in told if insight.type == ipb.INSIGHT_TYPE_OUTLIER]
    (finding,) = [found for found in report.data_quality if found.code == ipb.QUALITY_CODE_OUT_OF_RANGE]
    assert finding.left_out
    (insight,) = [found for found in report.insights if found.type == ipb.INSIGHT_TYPE_DATA_QUALITY]
    assert "left out" in insight.narrative


def test_a_giant_is_no_slip(tmp_path: Path) -> None:
    cells = _with_one_larger(30.0)
    report = report_on([source_of(tmp_path, write(tmp_path, {"t": cells}))])
    (finding,) = [found for found in report.data_quality if found.code == ipb.QUALITY_CODE_OUT_OF_RANGE]
    assert not finding.left_out
    assert not [entry.query for entry in report.evidence if "not coalesce" in entry.query]


def test_every_sentence_about_defects_passes_the_gate(tmp_path: Path) -> None:
    ledger = Ledger(NOW)
    names = [Name(word) for word in ("x", "y", "z", "w")]
    for words in [
        *cautions._WORDS.values(),
        *cautions._COUNTED.values(),
        cautions._THIN_END,
        cautions._KEPT,
        cautions._LEFT_OUT,
    ]:
        assert ledger.say(words, *names).text
    for sentences in [*data_quality._WORDS.values(), data_quality._NO_VALUES]:
        assert all(ledger.say(words, *names).text for words in sentences)
