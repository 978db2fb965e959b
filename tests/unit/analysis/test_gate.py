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
        ("From 12 to 15, a range of 5–7 rows.", ["12", "15", "5", "7"]),
        ("It fell to −$12 (before: $15).", ["−$12", "$15"]),
        ("It may march on, and falls second.", []),
        ("Zone 7, zone 8: 3 rows", ["zone 7", "Zone 7", "zone 8", "3"]),
        ("Expect more in June 2026 than in June.", ["in June", "June 2026"]),
        ("May orders in 東京 stood out.", ["May", "東京"]),
        ("The first of them stands alone; one more, a quarter later, does not.", []),
    ],
)
def test_a_text_whose_numbers_are_bound_passes(text: str, bound: list[str]) -> None:
    gate.check(text, bound)


LOOSE = {
    "a number in digits": ("Revenue fell 12 %.", []),
    "part of a longer number": ("It was 112.", ["12"]),
    "the whole part of a decimal": ("It was 12.5.", ["12"]),
    "the end of a grouped number": ("It was 1,200.", ["200"]),
    "a number as a verb": ("Revenue doubled.", []),
    "a number as a noun": ("Millions were lost.", []),
    "a number in words": ("Revenue rose by twelve points.", []),
    "half of something": ("Half of the rows are late.", []),
    "a quarter of something": ("A quarter of the rows are late.", []),
    "Arabic-Indic digits": ("٣ of them", []),
    "full-width digits": ("It was １２.", ["12"]),
    "a superscript": ("It was 12².", ["12"]),
    "a fraction": ("It was ½ of that.", []),
    "a Roman numeral sign": ("In stage Ⅷ it fell.", []),
    "a Roman numeral": ("In stage VIII it fell.", []),
    "a numeral of another script": ("It fell 三.", []),
    "a multiple glued on": ("It was 12k.", ["12"]),
    "a multiple set apart": ("It was 12 million.", ["12"]),
    "a percent sign added": ("It was 12 %.", ["12"]),
    "a per mille sign": ("It was 12 ‰.", ["12"]),
    "another unit behind the bound one": ("It was 12 % points.", ["12 %"]),
    "a unit of time added": ("It took 12 hours.", ["12"]),
    "a currency sign": ("It was $12.", ["12"]),
    "another currency sign": ("It was €12.", ["$12"]),
    "a currency before the bound one": ("It was US$12.", ["$12"]),
    "a currency code": ("It was EUR 12.", ["12"]),
    "a currency in words": ("It fell in dollars.", []),
    "a minus sign": ("It moved by −12 %.", ["12 %"]),
    "a hyphen as a minus": ("It moved by -12.", ["12"]),
    "a dash as a minus": ("It moved by –12 %.", ["12 %"]),
    "a sign before a currency": ("It moved by −$12.", ["$12"]),
    "a sign doubled": ("It moved by −−12 %.", ["−12 %"]),
    "a sign in words": ("It moved by minus 12 %.", ["12 %"]),
    "an interval's sign": ("It was 12 ± 3.", ["12", "3"]),
    "a month": ("It fell in March.", []),
    "a month that is also a word": ("It fell in May.", []),
    "a weekday": ("Mondays are slower.", []),
    "a relative period": ("It fell last year.", []),
    "a relative day": ("It fell yesterday.", []),
    "a hidden character": ("It was 1\u200b2.", ["12"]),
    "a change of direction": ("It was \u202e12.", ["12"]),
}


@pytest.mark.parametrize(("text", "bound"), LOOSE.values(), ids=LOOSE)
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


def test_a_text_joined_of_said_ones_needs_only_their_evidence() -> None:
    ledger = Ledger(NOW)
    parts = (
        ledger.say("It was {0} then.", Figure("e1", 41.0, "41")),
        ledger.say("So said {0}.", Name("zone 7")),
    )
    report = reports_pb2.Report(summary=f"{parts[0].text} {parts[1].text}")
    report.evidence.add(id="e1", display="41")
    report.sections.add(title="Findings", evidence_ids=["e1"])
    gate.check_report(report, [], ledger.said)
    report.sections[0].evidence_ids[:] = []
    with pytest.raises(gate.UnboundNumber):
        gate.check_report(report, [], ledger.said)


def test_the_cells_of_a_section_table_pass_the_gate_too() -> None:
    report = reports_pb2.Report()
    report.evidence.add(id="e1", display="41")
    section = report.sections.add(title="Findings", evidence_ids=["e1"])
    section.table.rows.add(cells=["North", "41"])
    gate.check_report(report, [])
    section.table.rows.add(cells=["South", "42"])
    with pytest.raises(gate.UnboundNumber):
        gate.check_report(report, [])


def test_what_the_gate_refuses_in_a_whole_report_costs_its_own_place_only() -> None:
    report = reports_pb2.Report(summary="All is well.")
    report.evidence.add(id="e1", display="41")
    report.insights.add(id="i1", title="It was 41.", evidence_ids=["e1"], chart_id="c1")
    report.insights.add(id="i2", title="It was 42.", evidence_ids=["e1"], chart_id="c2")
    for number in ("1", "2"):
        chart = report.charts.add(id=f"c{number}", title="Bars", insight_id=f"i{number}")
        chart.series.add(name="zone 7")
    section = report.sections.add(title="Findings", paragraphs=["So it is.", "There were 3."])
    section.insight_ids.extend(["i1", "i2"])
    section.chart_ids.extend(["c1", "c2"])
    refusals = gate.without_unbound(report, ["zone 7"])
    assert sorted(refused.rest for refused in refusals) == ["3", "4"]
    assert [insight.id for insight in report.insights] == ["i1"]
    assert [chart.id for chart in report.charts] == ["c1"]
    assert list(section.insight_ids) == ["i1"]
    assert list(section.chart_ids) == ["c1"]
    assert list(section.paragraphs) == ["So it is."]
    assert report.summary == "All is well."
    gate.check_report(report, ["zone 7"])


def test_a_chart_that_is_refused_leaves_its_finding() -> None:
    report = reports_pb2.Report()
    report.insights.add(id="i1", title="So it is.", chart_id="c1")
    report.charts.add(id="c1", title="Bars").series.add(name="zone 7")
    assert len(gate.without_unbound(report, [])) == 1
    assert not report.charts
    assert not report.insights[0].HasField("chart_id")
