"""The sections of a report, in the order a reader needs them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from claribi.v1 import insights_pb2 as insights
from claribi.v1 import reports_pb2 as reports

from server.analysis import cautions, formats, periods
from server.analysis.evidence import Ledger, Name, Statistic, Text, join
from server.analysis.facts import REPORT_PERIODS, Facts, complete_starts, native_grain
from server.analysis.hypothesis import Finding, Findings
from server.analysis.question import Question
from server.analysis.ranking import FALSE_DISCOVERY_RATE, is_old
from server.analysis.reading import Answer, asked_about, understood, unread_words
from server.analysis.scope import aggregate

MATTERS = 3  # findings the executive summary lists
ADVICE = 5
TABLES = 4  # the summary names one by one
_ADVISED_ONCE = (insights.INSIGHT_TYPE_TREND,)  # for each table


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
    return join([_opening(material), *_further(material), _how_sure(material), _doubt(material)])


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
    paragraphs = [_opening(material), _asked(material), _how_sure(material), _basis(material)]
    bullets = [told.title for told in material.findings.told[:MATTERS]]
    return _section(reports.SECTION_KIND_EXECUTIVE_SUMMARY, "Executive summary", paragraphs, bullets)


def _opening(material: Material) -> Text:
    """The numbers behind the headline, which stands over the text and first among what matters."""
    told = material.findings.told
    return told[0].lead if told else _nothing(material)


def _nothing(material: Material) -> Text:
    """Why there is no finding."""
    say = material.ledger.say
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
    """How the question was read, whether it is answered, and what of it was not understood."""
    question, tables = material.question, material.tables
    if not question.text:
        return Text("")
    return join([understood(question, tables, material.ledger, answer=_answer(material)), _misread(material)])


def _answer(material: Material) -> Answer:
    question, kept = material.question, [finding.hypothesis for finding in material.findings.kept]
    if not asked_about(question, material.tables):
        return Answer.FULL if any(map(question.answered_by, kept)) else Answer.NONE
    close = [hypothesis for hypothesis in kept if question.matches(hypothesis)]
    if any(question.answered_by(hypothesis) or not question.intents for hypothesis in close):
        return Answer.FULL
    return Answer.PART if close else Answer.NONE


def _doubt(material: Material) -> Text:
    """What the summary must own up to: a question not understood, or not answered."""
    if not material.question.text:
        return Text("")
    named = asked_about(material.question, material.tables)
    return _misread(material) if named and _answer(material) is Answer.FULL else _asked(material)


def _misread(material: Material) -> Text:
    """What of the question was not understood."""
    question, ledger = material.question, material.ledger
    words = unread_words(question, material.tables) if asked_about(question, material.tables) else []
    if not words:
        return Text("")
    quoted = Name(", ".join(f"“{word}”" for word in words[:MATTERS]))
    return ledger.say("Of your question, {0} could not be matched to anything in the data.", quoted)


def _basis(material: Material) -> Text:
    """How many rows of which tables, over which time, in one sentence; tables with a time first."""
    tables = sorted((t for t in material.tables if t.rows), key=lambda t: (t.timeline is None, -t.rows))
    if not tables:
        return Text("")
    parts = [_rows_of(material, facts) for facts in tables[:TABLES]]
    more = " and further tables" if len(tables) > TABLES else ""
    listed = "{0}" if len(parts) == 1 else ", ".join(f"{{{i}}}" for i in range(len(parts) - 1))
    last = "" if len(parts) == 1 else f"{',' if more else ' and'} {{{len(parts) - 1}}}"
    return material.ledger.say(f"All of this rests on {listed}{last}{more}.", *parts)


def _rows_of(material: Material, facts: Facts) -> Text:
    ledger, table = material.ledger, Name(formats.label(facts.scope.table))
    rows = ledger.number(
        f"rows of {table.text}", aggregate(facts.scope, "count(*)"), unit="rows", display=formats.count
    )
    if facts.timeline is None:
        return ledger.say("{0} rows of {1}", rows, table)
    grain = native_grain(facts.timeline)
    first, last = (
        Name(
            periods.period_name(periods.floor(moment, grain), grain)
            if grain in {"month", "quarter", "year"}
            else periods.day_name(moment)
        )
        for moment in (facts.timeline.first, facts.timeline.last)
    )
    return ledger.say("{0} rows of {1} ({2} to {3})", rows, table, first, last)


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
        section = _section(reports.SECTION_KIND_FINDINGS, "Findings", [_nothing(material)], _needed(material))
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
    section = _section(reports.SECTION_KIND_CHARTS, "Charts", [text])
    section.chart_ids.extend(chart.id for chart in charts)
    return section


def _recommendations(material: Material) -> reports.Section:
    advice: dict[str, Text] = {}
    for finding, told in zip(material.findings.kept, material.findings.told, strict=True):
        if told.advice.text and not _is_stale(finding, material):
            scope = finding.hypothesis.facts.scope
            once = f"{finding.hypothesis.kind} {scope.source_id} {scope.table}"
            key = once if finding.hypothesis.kind in _ADVISED_ONCE else told.advice.text
            advice.setdefault(key, told.advice)
    if not advice:
        calm = material.ledger.say(
            "The data give no reason to act. Let the report run again when there is more to see."
        )
        return _section(reports.SECTION_KIND_RECOMMENDATIONS, "Recommendations", [calm])
    return _section(
        reports.SECTION_KIND_RECOMMENDATIONS, "Recommendations", [], list(advice.values())[:ADVICE]
    )


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
        and later.facts is earlier.facts
        and later.where == earlier.where
        and later.direction != earlier.direction
        and earlier.measure in (later.measure, *change.echoes)
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
    """Every file prints the report's evidence below this."""
    text = material.ledger.say("Every printed number, and the query that gives it.")
    section = _section(reports.SECTION_KIND_APPENDIX, "Appendix: evidence", [text])
    section.evidence_ids.extend(entry.id for entry in material.ledger.entries)
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
