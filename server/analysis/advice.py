"""What a reader could do about the findings."""

from claribi.v1 import insights_pb2 as insights
from claribi.v1 import reports_pb2 as reports

from server.analysis.evidence import Text
from server.analysis.hypothesis import Finding
from server.analysis.material import Material, section, shape
from server.analysis.merging import same_table
from server.analysis.ranking import is_old

ADVICE = 5
_ADVISED_ONCE = (insights.INSIGHT_TYPE_TREND,)  # for each table


def recommendations(material: Material) -> reports.Section:
    """The section."""
    say, advice = material.ledger.say, advice_of(material)
    grave = any(finding.severity == insights.SEVERITY_CRITICAL for finding in material.report.data_quality)
    if grave:
        mend = say("Mend what is called critical under data quality first: it can turn any number here.")
        advice = [mend, *advice][:ADVICE]
    if not advice:
        tested = material.report.statistics.hypotheses_tested
        calm = (
            say("The data give no reason to act. Let the report run again when there is more to see.")
            if tested
            else say("It is too early to act on these data. Gather more rows, then let the report run again.")
        )
        return section(reports.SECTION_KIND_RECOMMENDATIONS, "Recommendations", [calm])
    return section(reports.SECTION_KIND_RECOMMENDATIONS, "Recommendations", [], advice)


def advice_of(material: Material) -> list[Text]:
    """What to do about the findings, most important first; advice of one shape once."""
    advice: dict[str, Text] = {}
    for finding, told in zip(material.findings.kept, material.findings.told, strict=True):
        if told.advice.text and not _is_stale(finding, material):
            scope = finding.hypothesis.facts.scope
            once = f"{finding.hypothesis.kind} {scope.source_id} {scope.table}"
            key = once if finding.hypothesis.kind in _ADVISED_ONCE else shape(told.advice)
            advice.setdefault(key, told.advice)
    return list(advice.values())[:ADVICE]


def _is_stale(finding: Finding, material: Material) -> bool:
    """Whether nobody should act on it: its table ends long before another one, or its trend has just been broken."""
    newest = max((facts.timeline.last for facts in material.tables if facts.timeline), default=None)
    return is_old(finding.hypothesis, newest) or any(
        _breaks(other, finding) for other in material.findings.kept
    )


def _breaks(change: Finding, trend: Finding) -> bool:
    """Whether the last period of the trend's measure went the other way."""
    later, earlier = change.hypothesis, trend.hypothesis
    return (
        later.kind == insights.INSIGHT_TYPE_CHANGE
        and earlier.kind == insights.INSIGHT_TYPE_TREND
        and same_table(later, earlier)
        and later.where == earlier.where
        and later.direction != earlier.direction
        and earlier.measure in (later.measure, *change.echoes)
    )
