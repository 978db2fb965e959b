"""Every printed number asked again: it holds, its data changed, or it fails, and the answer says which."""

import base64
from pathlib import Path
from typing import Any

import pytest
from claribi.v1 import insights_pb2, reports_pb2

from server.analysis.agreement import agree
from server.analysis.verify import run
from tests.unit.analysis.snapshots import Column, source_of, write_table

MATCH, CHANGED, FAILED = (
    reports_pb2.VERDICT_MATCH,
    reports_pb2.VERDICT_DATA_CHANGED,
    reports_pb2.VERDICT_FAILED,
)
TOTAL = 'select sum("amount") from "sales"'
JOINED = 'select sum(s."amount") from "sales" as s join "shops" as h on s."shop" = h."id" where h."country" = ? limit ?'


def tables(amounts: list[float], *, amount: str = "amount") -> dict[str, dict[str, Column]]:
    shops = ["a", "b"] * (len(amounts) // 2)
    return {
        "sales": {"shop": ("VARCHAR", shops), amount: ("DOUBLE", amounts)},
        "shops": {"id": ("VARCHAR", ["a", "b"]), "country": ("VARCHAR", ["PT", "AT"])},
    }


def source(folder: Path, made: dict[str, dict[str, Column]]) -> dict[str, Any]:
    folder.mkdir()
    return source_of(folder, [write_table(folder, name, columns) for name, columns in made.items()])


def evidence(taken_from: dict[str, Any], query: str, value: float, *parameters: Any) -> insights_pb2.Evidence:
    entry = insights_pb2.Evidence(id="e1", label="a number", value=value, query=query)
    entry.source.data_source_id = taken_from["id"]
    entry.source.snapshot_hash = taken_from["hash"]
    for parameter in parameters:
        if isinstance(parameter, str):
            entry.parameters.add(string_value=parameter)
        else:
            entry.parameters.add(number_value=parameter)
    return entry


def verified(
    entry: insights_pb2.Evidence, now: dict[str, Any] | None, *originals: dict[str, Any]
) -> reports_pb2.VerifiedNumber:
    known = (
        {}
        if now is None
        else {now["id"]: {**now, "originals": {s["hash"]: s["directory"] for s in originals}}}
    )
    payload = {
        "report_id": "r",
        "evidence": [base64.b64encode(entry.SerializeToString()).decode()],
        "sources": known,
        "now": "2026-06-30T12:00:00",
    }
    answer = reports_pb2.Verification.FromString(run(payload, lambda phase, fraction: None))
    assert answer.total == 1
    counted = {MATCH: answer.matched, CHANGED: answer.data_changed, FAILED: answer.failed}
    assert counted[answer.numbers[0].verdict] == 1
    return answer.numbers[0]


@pytest.fixture
def before(tmp_path: Path) -> dict[str, Any]:
    return source(tmp_path / "before", tables([1.0, 2.0, 3.0, 4.0]))


@pytest.fixture
def after(tmp_path: Path) -> dict[str, Any]:
    return source(tmp_path / "after", tables([1.0, 2.0, 3.0, 40.0]))


def test_a_number_that_holds_matches(before: dict[str, Any]) -> None:
    number = verified(evidence(before, TOTAL, 10.0), before)
    assert (number.verdict, number.value, number.value_now) == (MATCH, 10.0, 10.0)


def test_changed_data_are_told_with_both_values(before: dict[str, Any], after: dict[str, Any]) -> None:
    for originals in ((before,), ()):
        number = verified(evidence(before, TOTAL, 10.0), after, *originals)
        assert (number.verdict, number.value, number.value_now) == (CHANGED, 10.0, 46.0)


def test_evidence_over_two_tables_is_asked_of_both(before: dict[str, Any], after: dict[str, Any]) -> None:
    number = verified(evidence(before, JOINED, 6.0, "AT", 1.0), after, before)
    assert (number.verdict, number.value_now) == (CHANGED, 42.0)
    number = verified(evidence(before, JOINED, 4.0, "PT", 1.0), after, before)
    assert (number.verdict, number.value_now) == (MATCH, 4.0)


def test_a_number_that_never_held_fails_even_when_the_data_changed(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    number = verified(evidence(before, TOTAL, 11.0), before)
    assert (number.verdict, number.value_now) == (FAILED, 10.0)
    number = verified(evidence(before, TOTAL, 11.0), after, before)
    assert number.verdict == FAILED
    assert "the very snapshot" in number.message


def test_a_source_that_is_gone_fails_with_its_reason(before: dict[str, Any], tmp_path: Path) -> None:
    entry = evidence(before, TOTAL, 10.0)
    for now in (None, {**before, "directory": str(tmp_path / "nowhere")}):
        number = verified(entry, now)
        assert (number.verdict, number.value) == (FAILED, 10.0)
        assert not number.HasField("value_now")
        assert "no longer there" in number.message


def test_a_column_that_went_fails_and_says_whether_the_number_held(
    before: dict[str, Any], tmp_path: Path
) -> None:
    renamed = source(tmp_path / "renamed", tables([1.0, 2.0, 3.0, 4.0], amount="sum_usd"))
    number = verified(evidence(before, TOTAL, 10.0), renamed, before)
    assert number.verdict == FAILED
    assert "holds on the data it was reported from" in number.message
    assert "columns may have changed" in verified(evidence(before, TOTAL, 10.0), renamed).message


@pytest.mark.parametrize(
    "query",
    [
        "drop view sales",
        "select 1; select 2",
        "select 'no number'",
        "not sql",
        "select * from read_csv('/etc/passwd')",
    ],
)
def test_a_query_that_is_no_question_fails(before: dict[str, Any], query: str) -> None:
    assert verified(evidence(before, query, 1.0), before).verdict == FAILED


def test_a_cell_that_is_empty_is_no_number(before: dict[str, Any], after: dict[str, Any]) -> None:
    empty = TOTAL + ' where "amount" > 100'
    assert verified(evidence(before, empty, 1.0), before).verdict == FAILED
    assert verified(evidence(before, empty, 1.0), after).verdict == CHANGED


def test_whole_numbers_agree_exactly_and_others_within_the_order_of_addition() -> None:
    assert agree(0.1 + 0.2, 0.3)
    assert agree(1e300, 1e300 * (1 + 1e-12))
    assert not agree(1_000_000_000_001.0, 1_000_000_000_002.0)
    assert not agree(0.30001, 0.3)
