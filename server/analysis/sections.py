"""The sections of a report, in the order a reader needs them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from claribi.v1 import insights_pb2 as insights
from claribi.v1 import reports_pb2 as reports

from server.analysis import cautions, formats, periods
from server.analysis.evidence import Ledger, Name, Statistic, Text, join
from server.analysis.facts import REPORT_PERIODS, Facts
from server.analysis.hypothesis import Findings, member_name
from server.analysis.question import Question
from server.analysis.ranking import FALSE_DISCOVERY_RATE
from server.analysis.scope import aggregate

MATTERS = 3  # findings the executive summary lists
ADVICE = 6


@dataclass(frozen=True)
class Material:
    """Everything sections are written from."""

    report: reports.Report  # insights, charts, data_quality and statistics are filled
    findings: Findings
    tables: Sequence[Facts]
    unread: Sequence[str]
    metrics: Sequence[reports.KeyMetric]
    question: Question
    ledger: Ledger


def write_sections(material: Material, kinds: Sequence[int]) -> list[reports.Section]:
    """The sections asked for (all when none are named), in order; the appendix comes last and lists all evidence."""
    wanted = set(kinds)
    return [write(material) for kind, write in _WRITERS if not wanted or kind in wanted]


def write_summary(material: Material) -> Text:
    """What matters, in a few sentences."""
    return join([_headline(material), *_further(material), _how_sure(material)])


def _statistic(value: int) -> Statistic:
    return Statistic(f"{value:,}")


def _rate() -> Statistic:
    return Statistic(f"{100 * FALSE_DISCOVERY_RATE:.0f}{formats.NO_BREAK}%")


def _section(
    kind: reports.SectionKind, title: str, paragraphs: Sequence[Text], bullets: Sequence[Text] = ()
) -> reports.Section:
    said = [*paragraphs, *bullets]
    return reports.Section(
        kind=kind,
        title=title,
        paragraphs=[text.text for text in paragraphs if text.text],
        bullets=[text.text for text in bullets],
        evidence_ids=list(dict.fromkeys(evidence_id for text in said for evidence_id in text.evidence_ids)),
    )


def _executive_summary(material: Material) -> reports.Section:
    paragraphs = [
        _headline(material),
        _asked(material),
        *(_basis(material, facts) for facts in material.tables),
        _how_sure(material),
    ]
    bullets = [told.title for told in material.findings.told[:MATTERS]]
    return _section(reports.SECTION_KIND_EXECUTIVE_SUMMARY, "Executive summary", paragraphs, bullets)


def _headline(material: Material) -> Text:
    say, told = material.ledger.say, material.findings.told
    if told:
        return say("{0}.", told[0].title)
    if not any(facts.rows for facts in material.tables):
        return say("There are no rows to analyse in what was asked for.")
    if not material.findings.hypotheses_tested:
        return say(
            "The data are too few or too plain for anything to be tested, so this report makes no claims."
        )
    return say("Nothing in the data stands out from chance, so this report makes no claims.")


def _further(material: Material) -> list[Text]:
    return [material.ledger.say("{0}.", told.title) for told in material.findings.told[1:MATTERS]]


def _asked(material: Material) -> Text:
    question, say = material.question, material.ledger.say
    if not question.text:
        return Text("")
    named = [label for facts in material.tables for name, label in _nameable(facts) if question.names(name)]
    asked = Name(" ".join(question.text.split()))
    if not named:
        return say(
            "You asked: “{0}” None of its words name a column or a value in the data, so findings are ranked by how "
            "much they matter in general.",
            asked,
        )
    about = Name(", ".join(list(dict.fromkeys(named))[: MATTERS + 1]))
    matched = sum(question.matches(finding.hypothesis) > 0 for finding in material.findings.kept)
    if matched:
        return say("You asked: “{0}” What was found about {1} comes first.", asked, about)
    return say("You asked: “{0}” That is about {1}; nothing about it stands out from chance.", asked, about)


def _nameable(facts: Facts) -> list[tuple[str, str]]:
    """Names a question may use (measures, dimensions and their members), each with what to call it."""
    names = [(measure.column, measure.label) for measure in facts.measures if measure.column]
    for breakdown in facts.breakdowns:
        names.append((breakdown.dimension.column, breakdown.dimension.label))
        names += [(member, member_name(member)) for member in breakdown.members]
    return names


def _basis(material: Material, facts: Facts) -> Text:
    """How many rows, over which time."""
    ledger, table = material.ledger, Name(formats.label(facts.scope.table))
    rows = ledger.number(
        f"rows of {table.text}", aggregate(facts.scope, "count(*)"), unit="rows", display=formats.count
    )
    if facts.timeline is None:
        return ledger.say("The table {0} gives {1} rows, without a time to follow.", table, rows)
    first, last = (Name(periods.day_name(moment)) for moment in (facts.timeline.first, facts.timeline.last))
    return ledger.say("The table {0} gives {1} rows, from {2} to {3}.", table, rows, first, last)


def _how_sure(material: Material) -> Text:
    say, statistics = material.ledger.say, material.report.statistics
    tested, found = _statistic(statistics.hypotheses_tested), _statistic(statistics.discoveries)
    if not statistics.hypotheses_tested:
        return Text("")
    if not statistics.discoveries:
        return say(
            "{0} possible findings were tested; none is both large enough to matter and clear of chance.",
            tested,
        )
    return say(
        "{0} possible findings were tested and {1} held up; among findings that hold up like this, at most {2} are "
        "expected to be chance.",
        tested,
        found,
        _rate(),
    )


def _key_metrics(material: Material) -> reports.Section:
    say = material.ledger.say
    compared = any(metric.change_display for metric in material.metrics)
    if not material.metrics:
        text = say("There is no number in the data to put on a card.")
    elif compared:
        text = say(
            "The latest complete period, next to the one before it. A move shown here is not yet a finding."
        )
    else:
        text = say("Over all rows, as there is no earlier period to compare with.")
    section = _section(reports.SECTION_KIND_KEY_METRICS, "Key metrics", [text])
    section.metrics.extend(material.metrics)
    return section


def _findings(material: Material) -> reports.Section:
    say, count = material.ledger.say, len(material.findings.insights)
    if count:
        shown = say("Most important first. Each says how large it is, how sure, and what to keep in mind.")
        section = _section(reports.SECTION_KIND_FINDINGS, "Findings", [shown])
    else:
        section = _section(
            reports.SECTION_KIND_FINDINGS, "Findings", [_headline(material)], _needed(material)
        )
    section.insight_ids.extend(insight.id for insight in material.findings.insights)
    return section


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
        if not any(measure.column for measure in facts.measures):
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
    from server.analysis.facts import complete_starts

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
    section = _section(reports.SECTION_KIND_CHARTS, "Charts", [text])
    section.chart_ids.extend(chart.id for chart in charts)
    return section


def _recommendations(material: Material) -> reports.Section:
    advice: dict[str, Text] = {}
    for told in material.findings.told:
        advice.setdefault(told.advice.text, told.advice)
    if not advice:
        calm = material.ledger.say(
            "The data give no reason to act. Let the report run again when there is more to see."
        )
        return _section(reports.SECTION_KIND_RECOMMENDATIONS, "Recommendations", [calm])
    return _section(
        reports.SECTION_KIND_RECOMMENDATIONS, "Recommendations", [], list(advice.values())[:ADVICE]
    )


def _methodology(material: Material) -> reports.Section:
    say, statistics = material.ledger.say, material.report.statistics
    tested, found = _statistic(statistics.hypotheses_tested), _statistic(statistics.discoveries)
    paragraphs = [
        say(
            "Each measure was followed through time and compared across categories, and every comparison was put to a "
            "statistical test: unusual changes, lasting trends, outliers, differences between groups, and "
            "concentration. {0} tests were made; {1} results passed.",
            tested,
            found,
        ),
        say(
            "Whoever tests many things finds some by luck. The results were therefore corrected together (Benjamini "
            "and Hochberg), so that at most {0} of what passes is expected to be a false alarm. What passed but is too "
            "small to matter was dropped, and findings that say the same were told as one.",
            _rate(),
        ),
        say(
            "Evidence is called very strong, strong or moderate by that corrected measure. Every number in the text is "
            "the answer to a query on the stored snapshot; the appendix lists the queries, and they can be run again."
        ),
    ]
    return _section(reports.SECTION_KIND_METHODOLOGY, "Methodology", [*paragraphs, *_limits(material)])


def _limits(material: Material) -> list[Text]:
    """What was left out."""
    say, found = material.ledger.say, []
    for facts in material.tables:
        if facts.plan.left_out:
            table = Name(formats.label(facts.scope.table))
            found.append(
                say(
                    "Not every column of {0} was examined: those named in the question and the first ones were.",
                    table,
                )
            )
    unread = [Name(formats.label(table_name)) for table_name in material.unread]
    return [*found, *(say("The table {0} could not be read and is left out.", name) for name in unread)]


def _data_quality(material: Material) -> reports.Section:
    say, findings = material.ledger.say, material.report.data_quality
    if not findings:
        return _section(
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
    section = _section(reports.SECTION_KIND_DATA_QUALITY, "Data quality", [say(grave)])
    section.bullets.extend(finding.description for finding in findings)
    section.evidence_ids.extend(dict.fromkeys(e for finding in findings for e in finding.evidence_ids))
    return section


def _appendix(material: Material) -> reports.Section:
    entries: Sequence[insights.Evidence] = material.ledger.entries
    text = material.ledger.say("Every printed number, and the query that gives it.")
    section = _section(reports.SECTION_KIND_APPENDIX, "Appendix: evidence", [text])
    section.table.columns.extend(["Id", "Number", "Value", "Query"])
    for entry in entries:
        section.table.rows.add(cells=[entry.id, entry.label, entry.display, entry.query])
    section.evidence_ids.extend(entry.id for entry in entries)
    return section


_WRITERS: tuple[tuple[reports.SectionKind, Callable[[Material], reports.Section]], ...] = (
    (reports.SECTION_KIND_EXECUTIVE_SUMMARY, _executive_summary),
    (reports.SECTION_KIND_KEY_METRICS, _key_metrics),
    (reports.SECTION_KIND_FINDINGS, _findings),
    (reports.SECTION_KIND_CHARTS, _charts),
    (reports.SECTION_KIND_RECOMMENDATIONS, _recommendations),
    (reports.SECTION_KIND_METHODOLOGY, _methodology),
    (reports.SECTION_KIND_DATA_QUALITY, _data_quality),
    (reports.SECTION_KIND_APPENDIX, _appendix),
)
