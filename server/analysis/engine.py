"""From snapshots to a report: read, test, correct, rank, tell."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from claribi.v1 import insights_pb2 as insights
from claribi.v1 import reports_pb2 as reports

from server.analysis import charts, gate, ranking
from server.analysis.answers.answer import answer_to
from server.analysis.asking.reader import read_against
from server.analysis.asking.reading import Reading
from server.analysis.cautions import cautions
from server.analysis.clustering import read_clusters
from server.analysis.columns import whole_plan
from server.analysis.content import content_hash
from server.analysis.defects import settled, without_defects
from server.analysis.derived.plan import derive
from server.analysis.detectors import DETECTORS
from server.analysis.evidence import Ledger, Name, NoValue, join
from server.analysis.executive import write_summary
from server.analysis.facts import Facts, read_facts
from server.analysis.focus import ahead
from server.analysis.hypothesis import Detector, Finding, Findings, Hypothesis, Told, Writer
from server.analysis.joins import Wider, widened
from server.analysis.material import Asked, Material
from server.analysis.metrics import key_metrics
from server.analysis.question import Question, read_question
from server.analysis.request import AnalysisRequest, Source
from server.analysis.ripeness import ripened
from server.analysis.scope import QueryCount, Scope
from server.analysis.screening import paid, within_budget
from server.analysis.sections import write_sections
from server.analysis.subject import magnitude_of, statistics_of, subject_of
from server.analysis.vocabulary import vocabulary
from server.query.engine import QueryError

log = logging.getLogger(__name__)

ENGINE = "claribi-analyst 2.0"
QUERY_BUDGET = 400  # reading and testing stop at the next table when so many queries were run
LIMITS = {
    reports.REPORT_TYPE_SUMMARY: 3,
    reports.REPORT_TYPE_STANDARD: 10,
    reports.REPORT_TYPE_UNSPECIFIED: 10,
    reports.REPORT_TYPE_COMPREHENSIVE: 30,
}

Progress = Callable[[str, float], None]


@dataclass
class _Work:
    """What one analysis has read and found so far."""

    ledger: Ledger
    question: Question
    tables: list[Facts] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    hypotheses: list[Hypothesis] = field(default_factory=list)
    tellers: dict[int, Detector] = field(default_factory=dict)  # who proposed a hypothesis, by its identity
    queries: QueryCount = field(default_factory=QueryCount)
    reading: Reading | None = None


@dataclass(frozen=True)
class Written:
    """A report with what it was written from."""

    report: reports.Report
    findings: Findings
    ledger: Ledger


def analyse(request: AnalysisRequest, progress: Progress) -> reports.Report:
    """The report alone."""
    return write_report(request, progress).report


def write_report(request: AnalysisRequest, progress: Progress) -> Written:
    """The content of the report: sections, insights, evidence, charts, data quality, statistics, summary, hash.

    The same snapshots, question and seed give the same content_hash. A text that prints a number without evidence is
    left out and logged. Raises ValueError for an unreadable period.
    """
    work = _read(request, progress)
    findings = _find(request, work)
    progress("write", 0.0)
    report = _filled(request, work, findings)
    answer = answer_to(work.reading, findings, report.data_quality, work.ledger)
    called = {source.id: source.name for source in request.sources}
    metrics = key_metrics(work.tables, work.question, work.ledger, called)
    progress("write", 0.5)
    asked = Asked(work.question, work.reading, answer)
    material = Material(report, findings, work.tables, work.unread, metrics, asked, work.ledger)
    report.summary = write_summary(material, request.sections).text
    report.sections.extend(write_sections(material, request.sections))
    report.evidence.extend(work.ledger.entries)
    names = vocabulary(work.tables) | work.ledger.names
    for refused in gate.without_unbound(report, names, work.ledger.said):
        log.error("text left out of the report: %s", refused)
    report.content_hash = content_hash(report)
    progress("write", 1.0)
    return Written(report, findings, work.ledger)


@dataclass(frozen=True)
class Board:
    """Findings with their evidence, for those who print no sections."""

    findings: Findings
    evidence: list[insights.Evidence]


def find_insights(request: AnalysisRequest, progress: Progress) -> Board:
    """Insights, charts and evidence without sections; `request.limit` bounds them."""
    work = _read(request, progress)
    return Board(_find(request, work), work.ledger.entries)


def _read(request: AnalysisRequest, progress: Progress) -> _Work:
    """Reads every table and tests everything in it."""
    work = _Work(Ledger(request.now), read_question(request.report.question))
    tables = [(source, wider) for source in request.sources for wider in _wider(source)]
    for index, (source, wider) in enumerate(tables):
        progress("analyse", index / len(tables))
        if work.queries.run >= QUERY_BUDGET:
            work.unread.append(wider.table.name)
            continue
        try:
            _read_table(request, source, wider, work)
        except QueryError:
            work.unread.append(wider.table.name)
    progress("analyse", 1.0)
    work.reading = read_against(request.report.question, work.tables)
    work.question = work.question.focused(work.reading)
    return work


def _wider(source: Source) -> list[Wider]:
    """The tables of a source, each with the categories of those it points to, where they can be told."""
    try:
        return widened(source.query, source.schema.tables)
    except QueryError:
        return [Wider(table) for table in source.schema.tables]


def _read_table(request: AnalysisRequest, source: Source, wider: Wider, work: _Work) -> None:
    table = wider.table

    def asked(column: str) -> bool:
        proposed = any(focus.names(source.id, table.name, column) for focus in request.focus)
        return proposed or work.question.names(column)

    plan = whole_plan(table, asked)
    scope = Scope(
        source.id,
        source.hash,
        source.query,
        table.name,
        table.rows,
        plan.time,
        request.period(),
        work.queries,
        wider.joins,
    )
    findings = tuple(finding for finding in source.quality.findings if finding.table == table.name)
    plan = within_budget(scope, plan, asked)
    scope, plan = without_defects(scope, derive(scope, table, plan, asked), findings)
    facts = read_facts(scope, plan, settled(scope, findings, request.now))
    facts = replace(facts, findings=findings, clusters=read_clusters(facts), plan=ripened(facts))
    work.tables.append(facts)
    for detector in DETECTORS:
        for hypothesis in (paid(proposed, plan) for proposed in detector.propose(facts)):
            work.hypotheses.append(hypothesis)
            work.tellers[id(hypothesis)] = detector


def _find(request: AnalysisRequest, work: _Work) -> Findings:
    """Ranks all hypotheses of the report together and tells the best."""
    ranked = ranking.rank(work.hypotheses, work.question, request.level)
    limit = request.limit if request.limit is not None else LIMITS[request.report.report_type]
    findings = Findings(
        hypotheses_tested=ranked.hypotheses_tested, discoveries=ranked.discoveries, batch=ranked.batch
    )
    turns: Counter[int] = Counter()
    telling = list(ahead(ranked.findings, request.focus, work.question))
    _ask_ahead(request, work, telling[:limit])
    for finding in telling:
        if len(findings.kept) == limit:
            break
        kind = finding.hypothesis.kind
        try:
            told = work.tellers[id(finding.hypothesis)].tell(
                finding, Writer(work.ledger, turns[kind] + request.report.seed)
            )
        except NoValue:
            continue  # without its numbers a finding cannot be told
        except (gate.UnboundNumber, QueryError) as refused:
            log.error("finding not told: %s", refused)
            continue  # better one finding less than a text that nothing stands behind
        turns[kind] += 1
        work.ledger.names |= charts.words(told.chart)
        _keep(findings, finding, _with_echoes(told, finding, work.ledger))
    return findings


def _ask_ahead(request: AnalysisRequest, work: _Work, findings: Sequence[Finding]) -> None:
    """Tells findings to nobody, side by side, so that the answers are known when they are told one after another."""

    def tell(finding: Finding) -> None:
        # What goes wrong here is judged when it is told: two questions at a time need more memory than one.
        with suppress(Exception):
            work.tellers[id(finding.hypothesis)].tell(finding, Writer(Ledger(request.now)))

    if request.sources:
        request.sources[0].query.side_by_side(tell, findings)


def _with_echoes(told: Told, finding: Finding, ledger: Ledger) -> Told:
    """The finding with a word on the measures that say the same."""
    own = finding.hypothesis.measure.columns
    others = [measure.label for measure in finding.echoes if measure.counts_rows or measure.columns != own]
    if not others:
        return told
    names = Name(", ".join(dict.fromkeys(others)))
    echo = ledger.say("The same shows in {0}.", names)
    return replace(told, narrative=join([told.narrative, echo]))


def _keep(findings: Findings, finding: Finding, told: Told) -> None:
    rank = len(findings.kept) + 1
    insight = insights.Insight(
        id=f"i{rank}",
        type=finding.hypothesis.kind,
        title=told.title.text,
        narrative=told.narrative.text,
        rank=rank,
        score=round(finding.score, 4),
        direction=finding.hypothesis.direction,
        caveats=[caveat.text for caveat in told.caveats],
    )
    _describe(insight, finding, told)
    ids = [e for text in (told.title, told.narrative, *told.caveats, told.advice) for e in text.evidence_ids]
    insight.evidence_ids.extend(dict.fromkeys(ids))
    if told.chart is not None:
        told.chart.id, told.chart.insight_id = f"c{len(findings.charts) + 1}", insight.id
        insight.chart_id = told.chart.id
        findings.charts.append(told.chart)
    findings.insights.append(insight)
    findings.told.append(told)
    findings.kept.append(finding)


def _describe(insight: insights.Insight, finding: Finding, told: Told) -> None:
    """Subject, magnitude and statistics."""
    insight.subject.CopyFrom(subject_of(finding.hypothesis))
    insight.magnitude.CopyFrom(magnitude_of(told.magnitude or finding.hypothesis.magnitude))
    insight.statistics.CopyFrom(statistics_of(finding, told.interval))


def _filled(request: AnalysisRequest, work: _Work, findings: Findings) -> reports.Report:
    """The report with all but its text."""
    report = reports.Report()
    report.CopyFrom(request.report)
    report.engine = ENGINE
    report.insights.extend(findings.insights)
    report.charts.extend(findings.charts)
    report.statistics.CopyFrom(
        reports.ReportStatistics(
            hypotheses_tested=findings.hypotheses_tested,
            discoveries=findings.discoveries,
            false_discovery_rate=ranking.FALSE_DISCOVERY_RATE,
        )
    )
    report.data_quality.extend(_quality(request, work))
    return report


def _quality(request: AnalysisRequest, work: _Work) -> list[insights.QualityFinding]:
    known = {
        (source.id, table.name): [
            finding for finding in source.quality.findings if finding.table == table.name
        ]
        for source in request.sources
        for table in source.schema.tables
    }
    # The quality of a table is that of all its rows, whatever the period asked for.
    scopes = [
        Scope(
            facts.scope.source_id,
            facts.scope.snapshot_hash,
            facts.scope.query,
            facts.scope.table,
            facts.scope.rows,
            count=work.queries,
        )
        for facts in work.tables
    ]
    return cautions(scopes, lambda scope: known[scope.source_id, scope.table], work.ledger)
