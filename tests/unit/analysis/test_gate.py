"""No text prints a number that no evidence stands behind."""

from datetime import datetime

import pytest
from claribi.v1 import reports_pb2

from server.analysis import gate
from server.analysis.evidence import Figure, Ledger, Name, Statistic

NOW = datetime(2026, 6, 30)


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("Revenue fell.", []),
        ("Revenue fell 12 % in March 2026.", ["12 %", "March 2026"]),
        ("It was 12, then 112.", ["12", "112"]),
        ("12.5 and 12", ["12", "12.5"]),
        ("A quarter of a second opinion", []),
    ],
)
def test_a_text_whose_numbers_are_bound_passes(text: str, bound: list[str]) -> None:
    gate.check(text, bound)


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("Revenue fell 12 %.", []),
        ("It was 112.", ["12"]),
        ("It was 12.5.", ["12"]),
        ("It was 1,200.", ["200"]),
        ("Revenue doubled.", []),
        ("Millions were lost.", []),
        ("٣ of them", []),
    ],
)
def test_a_text_with_a_loose_number_is_refused(text: str, bound: list[str]) -> None:
    with pytest.raises(gate.UnboundNumber):
        gate.check(text, bound)


def test_a_template_may_not_hold_a_number_of_its_own() -> None:
    with pytest.raises(gate.UnboundNumber):
        Ledger(NOW).say("At most 5 of {0}", Name("region"))


def test_a_figure_name_and_statistic_bind_what_they_print() -> None:
    said = Ledger(NOW).say("{0} of {1} held {2}", Figure("e1", 3.0, "3"), Name("zone 7"), Statistic("1,204"))
    assert said.text == "3 of zone 7 held 1,204"
    assert said.evidence_ids == ("e1",)


def test_braces_and_numbers_in_names_stay_text() -> None:
    said = Ledger(NOW).say("for {0} only", Name("{0} 99%s"))
    assert said.text == "for {0} 99%s only"


def test_a_report_is_refused_when_a_section_prints_what_it_has_no_evidence_for() -> None:
    report = reports_pb2.Report()
    report.evidence.add(id="e1", display="41")
    section = report.sections.add(title="Findings", paragraphs=["There were 41."], evidence_ids=["e1"])
    gate.check_report(report, [])
    del section.evidence_ids[:]
    with pytest.raises(gate.UnboundNumber):
        gate.check_report(report, [])


def test_the_cells_of_a_section_table_pass_the_gate_too() -> None:
    report = reports_pb2.Report()
    report.evidence.add(id="e1", display="41")
    section = report.sections.add(title="Findings", evidence_ids=["e1"])
    section.table.rows.add(cells=["North", "41"])
    gate.check_report(report, [])
    section.table.rows.add(cells=["South", "42"])
    with pytest.raises(gate.UnboundNumber):
        gate.check_report(report, [])
