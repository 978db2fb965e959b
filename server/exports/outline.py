"""A report as it is laid out: every text ready to print, so that all documents say the same."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from claribi.v1 import insights_pb2 as ipb
from claribi.v1 import reports_pb2 as pb
from google.protobuf.struct_pb2 import Value

from server.exports import charts, words

NOTICES = {
    pb.REPORT_STATUS_PENDING: "This report has not been made yet.",
    pb.REPORT_STATUS_GENERATING: "This report is still being made.",
    pb.REPORT_STATUS_FAILED: "This report could not be made.",
    pb.REPORT_STATUS_CANCELLED: "This report was cancelled before it was made.",
}


@dataclass(frozen=True)
class Figure:
    """A chart by its id, drawn (or not, where a document draws it in its own way)."""

    id: str
    title: str
    alt: str
    svg: str


@dataclass(frozen=True)
class Metric:
    """A number on a card; `tone` is up, down or level, `year` its move since a year earlier."""

    label: str
    display: str
    change: str
    tone: str
    year: str


@dataclass(frozen=True)
class Finding:
    """An insight as it is read."""

    id: str
    number: str
    kind: str
    title: str
    narrative: str
    certainty: str
    tone: str
    test: str
    caveats: tuple[str, ...]
    evidence: tuple[str, ...]
    figure: Figure | None


@dataclass(frozen=True)
class Table:
    """A table of texts; `numeric` says which columns hold numbers and are set to the right."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]


@dataclass(frozen=True)
class Quality:
    """A data-quality finding."""

    severity: str
    kind: str
    where: str
    description: str


@dataclass(frozen=True)
class Proof:
    """A printed number and where it comes from."""

    id: str
    label: str
    display: str
    table: str
    query: str
    parameters: str


@dataclass(frozen=True)
class Block:
    """A section: what it has is printed in this order."""

    kind: str
    title: str
    paragraphs: tuple[str, ...] = ()
    bullets: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()
    metrics: tuple[Metric, ...] = ()
    findings: tuple[Finding, ...] = ()
    figures: tuple[Figure, ...] = ()
    table: Table | None = None
    quality: tuple[Quality, ...] = ()
    proofs: tuple[Proof, ...] = ()

    @property
    def empty(self) -> bool:
        parts = (
            self.paragraphs,
            self.bullets,
            self.closing,
            self.metrics,
            self.findings,
            self.figures,
            self.quality,
            self.proofs,
        )
        return not any(parts) and self.table is None


@dataclass(frozen=True)
class Outline:
    """The whole report as it is laid out."""

    name: str
    question: str
    headline: str
    notice: str
    facts: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]
    colophon: tuple[tuple[str, str], ...] = field(default=())


def outline(report: pb.Report, *, drawn: bool = True) -> Outline:
    """The report as it is laid out; with charts drawn it needs a process in which that may take its time."""
    return Outline(
        name=report.name or "Report",
        question=report.question,
        headline=headline(report),
        notice=_notice(report),
        facts=tuple(outline_facts(report)),
        blocks=tuple(block for block in _Blocks(report, drawn=drawn).all() if not block.empty),
        colophon=tuple(_colophon(report)),
    )


def headline(report: pb.Report) -> str:
    """The one line a reader in a hurry takes away: the best finding, else the first sentence of the summary."""
    best = min(report.insights, key=lambda insight: insight.rank, default=None)
    if best is not None:
        return best.title
    first, stop, _ = report.summary.partition(". ")
    return first + stop.strip()


def displays(report: pb.Report) -> dict[str, str]:
    """Numbers as printed, by evidence id; a series is drawn, not printed."""
    return {entry.id: entry.display for entry in report.evidence if not entry.rows}


def printed_as(entry: ipb.Evidence) -> str:
    """The number as printed; of a series, how many values were drawn."""
    return entry.display or (f"{len(entry.rows):,} values, drawn" if entry.rows else "")


def parameters(values: Iterable[Value]) -> str:
    """Values of a query's parameters in one line: `"Berlin", 3`."""
    return ", ".join(_literal(value) for value in values)


def _literal(value: Value) -> str:
    if value.HasField("string_value"):
        return json.dumps(value.string_value, ensure_ascii=False)
    if value.HasField("number_value"):
        number = value.number_value
        return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)
    if value.HasField("bool_value"):
        return "true" if value.bool_value else "false"
    return "null"


def _notice(report: pb.Report) -> str:
    notice = NOTICES.get(report.status, "")
    return f"{notice} {report.error.message}".strip() if notice and report.error.message else notice


def outline_facts(report: pb.Report) -> Iterable[tuple[str, str]]:
    """What the report stands on: its sources, the time it covers and when it was made."""
    names = [source.name for source in report.data_sources if source.name]
    if names:
        yield ("Sources" if len(names) > 1 else "Source", ", ".join(names))
    if report.HasField("period") and (span := words.period(report.period)):
        yield "Period", span
    if report.HasField("completed_at"):
        yield "Data as of", words.stamp(report.completed_at)


def _colophon(report: pb.Report) -> Iterable[tuple[str, str]]:
    if report.engine:
        yield "Engine", report.engine
    if report.content_hash:
        yield "Seed", str(report.seed)
        yield "Content hash", report.content_hash
    for source in report.data_sources:
        if source.snapshot_hash:
            yield f"Snapshot of {source.name}", source.snapshot_hash


class _Blocks:
    """Builds the blocks of one report; a chart that stands with its finding is not shown again."""

    def __init__(self, report: pb.Report, *, drawn: bool) -> None:
        self.report = report
        self.drawn = drawn
        self.displays = displays(report)
        self.insights = {insight.id: insight for insight in report.insights}
        self.charts = {chart.id: chart for chart in report.charts if charts.drawable(chart)}
        self.evidence = {entry.id for entry in report.evidence}
        self.shown: set[str] = set()

    def all(self) -> list[Block]:
        sections = list(self.report.sections) or self._default_sections()
        return [self.block(section) for section in sections if not self._told(section)]

    def _told(self, section: pb.Section) -> bool:
        """Whether it is a section of charts that all stand with their findings already; its text would mislead."""
        return (
            section.kind == pb.SECTION_KIND_CHARTS
            and bool(section.chart_ids)
            and self.shown.issuperset(key for key in section.chart_ids if key in self.charts)
        )

    def _default_sections(self) -> list[pb.Section]:
        """What a report without sections shows: its summary, and everything it has."""
        report = self.report
        summary = [report.summary] if report.summary else []
        return [
            pb.Section(kind=pb.SECTION_KIND_EXECUTIVE_SUMMARY, title="Summary", paragraphs=summary),
            pb.Section(kind=pb.SECTION_KIND_FINDINGS, title="Findings", insight_ids=list(self.insights)),
            pb.Section(kind=pb.SECTION_KIND_CHARTS, title="Charts", chart_ids=list(self.charts)),
            pb.Section(kind=pb.SECTION_KIND_DATA_QUALITY, title="Data quality"),
            pb.Section(kind=pb.SECTION_KIND_APPENDIX, title="Appendix: evidence"),
        ]

    def block(self, section: pb.Section) -> Block:
        kind = pb.SectionKind.Name(section.kind).removeprefix("SECTION_KIND_").lower()
        quality = section.kind == pb.SECTION_KIND_DATA_QUALITY
        appendix = section.kind == pb.SECTION_KIND_APPENDIX
        proofs = tuple(map(proof, self.report.evidence)) if appendix else ()
        said = tuple(filter(str.strip, section.paragraphs))
        bullets = self._bullets(section)
        # In a summary the answer comes first and what matters next; how the question was read can wait.
        first = 1 if kind == "executive_summary" and bullets else len(said)
        return Block(
            kind=kind,
            title=section.title or words.spoken(pb.SectionKind, section.kind, "SECTION_KIND_"),
            paragraphs=said[:first],
            bullets=bullets,
            closing=said[first:],
            metrics=tuple(map(_metric, section.metrics)),
            findings=tuple(self._finding(i) for i in self._ranked(section.insight_ids)),
            figures=self._figures(section.chart_ids),
            # The appendix lists the evidence itself, with more than its table holds.
            table=_table(section.table) if section.HasField("table") and not proofs else None,
            quality=tuple(map(_quality, self.report.data_quality)) if quality else (),
            proofs=proofs,
        )

    def _bullets(self, section: pb.Section) -> tuple[str, ...]:
        """The bullets that say more than the paragraphs over them or the table under them."""
        said = {_sentence(text) for text in section.paragraphs}
        if section.kind == pb.SECTION_KIND_DATA_QUALITY:
            said |= {_sentence(finding.description) for finding in self.report.data_quality}
        return tuple(text for text in section.bullets if text.strip() and _sentence(text) not in said)

    def _ranked(self, ids: Sequence[str]) -> list[ipb.Insight]:
        known = [self.insights[key] for key in ids if key in self.insights]
        return sorted(known, key=lambda insight: insight.rank)

    def _finding(self, insight: ipb.Insight) -> Finding:
        certainty, tone = words.certainty(insight)
        figures = self._figures([insight.chart_id])
        return Finding(
            id=insight.id,
            number=str(insight.rank),
            kind=words.insight_type(insight.type),
            title=insight.title,
            narrative=insight.narrative,
            certainty=certainty,
            tone=tone,
            test=insight.statistics.test.replace("_", " "),
            caveats=tuple(insight.caveats),
            evidence=tuple(key for key in self._cited(insight) if key in self.evidence),
            figure=_untitled_twin(figures[0], insight.title) if figures else None,
        )

    def _cited(self, insight: ipb.Insight) -> list[str]:
        """The evidence of a finding: of its sentences, and the series its chart draws."""
        chart = self.charts.get(insight.chart_id, ipb.Chart())
        points = [point for series in chart.series for point in series.points]
        drawn = [point.evidence_id for point in points if point.HasField("evidence_row")]
        return list(dict.fromkeys([*insight.evidence_ids, *drawn]))

    def _figures(self, ids: Iterable[str]) -> tuple[Figure, ...]:
        wanted = [key for key in dict.fromkeys(ids) if key in self.charts and key not in self.shown]
        self.shown.update(wanted)
        return tuple(figure(self.charts[key], self.displays, drawn=self.drawn) for key in wanted)


def _sentence(text: str) -> str:
    """What a sentence says, whether or not it ends with a full stop."""
    return text.strip().rstrip(".").casefold()


def _untitled_twin(drawn: Figure, title: str) -> Figure:
    """The figure, without its own headline when that says what stands above it already."""
    return replace(drawn, title="") if _sentence(drawn.title) == _sentence(title) else drawn


def figure(chart: ipb.Chart, numbers: Mapping[str, str], *, drawn: bool = True) -> Figure:
    """The chart, drawn; the numbers written on it are those of its evidence."""
    svg = charts.svg(chart, numbers) if drawn else ""
    return Figure(chart.id, chart.title, chart.alt or chart.title or "Chart", svg)


def _metric(metric: pb.KeyMetric) -> Metric:
    tone = words.tone(metric.direction)
    return Metric(metric.label, metric.display, metric.change_display, tone, metric.year_display)


def _table(table: pb.SectionTable) -> Table:
    wide = max([len(table.columns), *(len(row.cells) for row in table.rows)])
    rows = tuple(_padded(row.cells, wide) for row in table.rows)
    numeric = tuple(all(_is_number(row[index]) for row in rows) and bool(rows) for index in range(wide))
    return Table(_padded(table.columns, wide), rows, numeric)


def _padded(cells: Sequence[str], wide: int) -> tuple[str, ...]:
    return (*cells, *[""] * (wide - len(cells)))


def _is_number(cell: str) -> bool:
    """Whether a printed cell is a number, its sign, currency and unit aside, or empty."""
    text = cell.strip().lstrip("+−-$€£¥~<≈ ")
    return not text or (text[0].isdigit() and not text[:5].endswith("-"))


def _quality(finding: ipb.QualityFinding) -> Quality:
    columns = ", ".join(finding.columns)
    where = f"{finding.table}: {columns}" if finding.table and columns else finding.table or columns
    return Quality(
        words.severity(finding.severity) or "Info",
        words.quality_code(finding.code),
        where,
        finding.description,
    )


def proof(entry: ipb.Evidence) -> Proof:
    """A piece of evidence as it is printed."""
    return Proof(
        id=entry.id,
        label=entry.label,
        display=printed_as(entry),
        table=entry.source.table,
        query=entry.query,
        parameters=parameters(entry.parameters),
    )
