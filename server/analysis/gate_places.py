"""The places of a report where text stands, each with the evidence it may print and the way to take it out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from claribi.v1 import insights_pb2, reports_pb2


@dataclass(frozen=True)
class Place:
    """Texts that stand or fall together."""

    texts: list[str]
    evidence_ids: list[str]
    drop: Callable[[], None]


def places(report: reports_pb2.Report) -> Iterator[Place]:
    """Every text of the report; dropping one place leaves the others as they are."""
    yield from [_insight(report, insight) for insight in report.insights]
    yield from [_chart(report, chart) for chart in report.charts]
    for section in report.sections:
        yield from _section(section)
    for finding in list(report.data_quality):
        drop = partial(report.data_quality.remove, finding)
        yield Place([finding.description], list(finding.evidence_ids), drop)
    held = [key for insight in report.insights for key in insight.evidence_ids]
    held += [key for section in report.sections for key in section.evidence_ids]
    yield Place([report.summary], held, partial(report.ClearField, "summary"))


def _insight(report: reports_pb2.Report, insight: insights_pb2.Insight) -> Place:
    def drop() -> None:
        report.insights.remove(insight)
        for section in report.sections:
            _without(section.insight_ids, insight.id)
        for chart in [chart for chart in report.charts if chart.id == insight.chart_id]:
            _drop_chart(report, chart)

    texts = [insight.title, insight.narrative, *insight.caveats]
    return Place(texts, list(insight.evidence_ids), drop)


def _chart(report: reports_pb2.Report, chart: insights_pb2.Chart) -> Place:
    held = [
        key for insight in report.insights if insight.chart_id == chart.id for key in insight.evidence_ids
    ]
    points = {point.evidence_id: None for series in chart.series for point in series.points}
    held += [key for key in points if key]
    texts = [chart.title, chart.alt, chart.x.label, chart.y.label]
    texts += [mark.text for mark in chart.annotations] + [series.name for series in chart.series]
    return Place(texts, held, partial(_drop_chart, report, chart))


def _drop_chart(report: reports_pb2.Report, chart: insights_pb2.Chart) -> None:
    for insight in report.insights:
        if insight.chart_id == chart.id:
            insight.ClearField("chart_id")
    for section in report.sections:
        _without(section.chart_ids, chart.id)
    if chart in report.charts:
        report.charts.remove(chart)


def _section(section: reports_pb2.Section) -> Iterator[Place]:
    held = list(section.evidence_ids)
    yield Place([section.title], held, partial(section.ClearField, "title"))
    for said in (section.paragraphs, section.bullets):
        yield from [Place([text], held, partial(_without, said, text)) for text in said]
    for row in list(section.table.rows):
        yield Place(list(row.cells), held, partial(section.table.rows.remove, row))
    for metric in list(section.metrics):
        texts = [metric.label, metric.display, metric.change_display, metric.year_display]
        yield Place(texts, list(metric.evidence_ids), partial(section.metrics.remove, metric))


def _without(texts: Any, text: str) -> None:
    """Takes a text out of a repeated field that may hold it more than once."""
    while text in texts:
        texts.remove(text)
