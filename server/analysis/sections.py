"""The sections of a report, in the order a reader needs them."""

from collections.abc import Callable, Sequence

from claribi.v1 import reports_pb2 as reports

from server.analysis import cautions, formats
from server.analysis.advice import recommendations
from server.analysis.evidence import Name, Text
from server.analysis.executive import executive_summary, nothing
from server.analysis.facts import REPORT_PERIODS, Facts, complete_starts
from server.analysis.material import Material, section
from server.analysis.method import methodology


def write_sections(material: Material, kinds: Sequence[int]) -> list[reports.Section]:
    """The sections asked for (all when none are named), in order; the appendix comes last and lists all evidence."""
    wanted = set(kinds)
    return [write(material) for kind, write in _WRITERS if not wanted or kind in wanted]


def _key_metrics(material: Material) -> reports.Section:
    say = material.ledger.say
    compared = any(metric.change_display for metric in material.metrics)
    if not material.metrics:
        text = say("There is no number in the data to put on a card.")
    elif compared:
        text = say(
            "The latest complete period, next to the one before it and, where there is one, the same one a year "
            "earlier. A move shown here is not yet a finding."
        )
    else:
        text = say("Over all rows, as there is no earlier period to compare with.")
    written = section(reports.SECTION_KIND_KEY_METRICS, "Key metrics", [text])
    written.metrics.extend(material.metrics)
    return written


def _findings(material: Material) -> reports.Section:
    say, count = material.ledger.say, len(material.findings.insights)
    if count:
        shown = say("Most important first. Each says how large it is, how sure, and what to keep in mind.")
        written = section(reports.SECTION_KIND_FINDINGS, "Findings", [shown])
    else:
        written = section(reports.SECTION_KIND_FINDINGS, "Findings", [nothing(material)], _needed(material))
    written.insight_ids.extend(insight.id for insight in material.findings.insights)
    return written


def _needed(material: Material) -> list[Text]:
    """What would let an empty report say more."""
    say, found = material.ledger.say, []
    for facts in material.tables:
        table = Name(formats.label(facts.scope.table))
        if not facts.rows:
            found.append(
                say(
                    "{0} has no rows in the time asked for; choose a longer one or read the source again.",
                    table,
                )
            )
            continue
        if facts.timeline is None:
            found.append(
                say("{0} has no column of dates: with one, changes and trends could be looked for.", table)
            )
        elif facts.report_grain and _periods(facts) < REPORT_PERIODS:
            found.append(
                say("{0} covers few complete periods: a longer history tells a change from the usual.", table)
            )
        if not any(not measure.counts_rows for measure in facts.measures):
            found.append(say("{0} has no column of numbers to add up or average.", table))
        if not facts.breakdowns:
            found.append(say("{0} has no column of categories to compare by.", table))
    if not found:
        found.append(
            say(
                "More rows or a longer history would let smaller effects show; nothing here asks for action now."
            )
        )
    return found


def _periods(facts: Facts) -> int:
    if facts.timeline is None or facts.report_grain is None:
        return 0
    return len(complete_starts(facts.timeline, facts.report_grain, facts.now))


def _charts(material: Material) -> reports.Section:
    say, charts = material.ledger.say, material.findings.charts
    text = (
        say("One chart for each finding that has a shape to show.")
        if charts
        else say("No finding, so no chart.")
    )
    written = section(reports.SECTION_KIND_CHARTS, "Charts", [text])
    written.chart_ids.extend(chart.id for chart in charts)
    return written


def _data_quality(material: Material) -> reports.Section:
    say, findings = material.ledger.say, material.report.data_quality
    if not findings:
        return section(
            reports.SECTION_KIND_DATA_QUALITY,
            "Data quality",
            [say("No problem was found in the data this report stands on.")],
        )
    weight = cautions.weigh(findings)
    grave = (
        "Some of what was found will mislead if it is ignored."
        if weight.critical
        else (
            "Keep the following in mind when reading the numbers."
            if weight.warning
            else "Nothing grave, but good to know."
        )
    )
    written = section(reports.SECTION_KIND_DATA_QUALITY, "Data quality", [say(grave)])
    written.bullets.extend(finding.description for finding in findings)
    written.evidence_ids.extend(dict.fromkeys(e for finding in findings for e in finding.evidence_ids))
    return written


def _appendix(material: Material) -> reports.Section:
    """Every file prints the report's evidence below this."""
    text = material.ledger.say("Every printed number, and the query that gives it.")
    written = section(reports.SECTION_KIND_APPENDIX, "Appendix: evidence", [text])
    written.evidence_ids.extend(entry.id for entry in material.ledger.entries)
    return written


_WRITERS: tuple[tuple[reports.SectionKind, Callable[[Material], reports.Section]], ...] = (
    (reports.SECTION_KIND_EXECUTIVE_SUMMARY, executive_summary),
    (reports.SECTION_KIND_KEY_METRICS, _key_metrics),
    (reports.SECTION_KIND_FINDINGS, _findings),
    (reports.SECTION_KIND_CHARTS, _charts),
    (reports.SECTION_KIND_RECOMMENDATIONS, recommendations),
    (reports.SECTION_KIND_METHODOLOGY, methodology),
    (reports.SECTION_KIND_DATA_QUALITY, _data_quality),
    (reports.SECTION_KIND_APPENDIX, _appendix),
)
