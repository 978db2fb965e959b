"""The numbers of findings are asked side by side before they are told: what is told is not changed by it."""

import threading
from pathlib import Path
from typing import Any

import pytest
from claribi.v1 import reports_pb2

from server.analysis import engine
from server.analysis.evidence import Ledger
from tests.unit.analysis.asked_tables import orders
from tests.unit.analysis.snapshots import report_on, source_of, write_table


def _report(source: dict[str, Any]) -> bytes:
    report = report_on([source], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE)
    assert report.insights
    return report.SerializeToString(deterministic=True)


@pytest.fixture(name="source")
def source_fixture(tmp_path: Path) -> dict[str, Any]:
    return source_of(tmp_path, [write_table(tmp_path, "orders", orders())])


def test_a_report_is_the_same_whether_its_numbers_are_asked_ahead_or_not(
    source: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_ahead = _report(source)
    monkeypatch.setattr(engine, "_ask_ahead", lambda *_: None)
    assert _report(source) == asked_ahead


def test_what_fails_while_it_is_asked_ahead_is_told_all_the_same(
    source: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, here, refused = _report(source), threading.get_ident(), []

    def number(ledger: Ledger, *args: Any, **fields: Any) -> Any:
        if threading.get_ident() != here:
            refused.append(args)
            raise RuntimeError("no memory for two at a time")
        return known(ledger, *args, **fields)

    known = Ledger.number_or_none
    monkeypatch.setattr(Ledger, "number_or_none", number)
    assert _report(source) == whole
    assert refused
