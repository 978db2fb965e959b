"""Refuses text that prints a number nothing stands behind."""

import re
from collections.abc import Iterable

from claribi.v1 import reports_pb2

# Words that state a number without a digit; evidence cannot stand behind them either.
_NUMBER_WORDS = re.compile(
    r"\b(twice|thrice|double[sd]?|doubling|triple[sd]?|tripling|halved?|halving|dozens?|hundreds?|thousands?|"
    r"millions?|billions?|trillions?)\b",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")


class UnboundNumber(Exception):
    """A text prints a number that is not the display of any of its evidence."""

    def __init__(self, text: str, rest: str) -> None:
        super().__init__(f"Number without evidence in {text!r}: left over {rest!r}.")


def check(text: str, bound: Iterable[str]) -> None:
    """Raises UnboundNumber unless every number in `text` is one of the `bound` strings.

    Bound are displays of evidence, named report statistics, period names, and names taken from the data.
    """
    rest = text
    for word in sorted({word for word in bound if word}, key=lambda word: (-len(word), word)):
        rest = _without(rest, word)
    if _DIGIT.search(rest) or _NUMBER_WORDS.search(rest):
        raise UnboundNumber(text, rest)


def _without(text: str, word: str) -> str:
    """The text with the word taken out where it stands alone: 12 does not stand in 112 or 12.5."""
    if word not in text:
        return text
    before = r"(?<![\d])(?<!\d[.,])" if word[0].isdigit() else ""
    after = r"(?!\d)(?![.,]\d)" if word[-1].isdigit() else ""
    return re.sub(before + re.escape(word) + after, "\x00", text)


def statistics_displays(statistics: reports_pb2.ReportStatistics) -> tuple[str, ...]:
    """The report statistics that may be printed: counts of tests and the rate of false discoveries allowed."""
    return (
        f"{statistics.hypotheses_tested:,}",
        f"{statistics.discoveries:,}",
        f"{100 * statistics.false_discovery_rate:.0f}\u00a0%",
    )


def check_report(report: reports_pb2.Report, names: Iterable[str]) -> None:
    """Raises UnboundNumber when any text of the report prints a number that its own evidence does not hold."""
    displays = {evidence.id: evidence.display for evidence in report.evidence}
    free = [*names, report.question, report.name, *statistics_displays(report.statistics)]
    for texts, evidence_ids in _texts(report):
        bound = [*free, *(displays[evidence_id] for evidence_id in evidence_ids)]
        for text in texts:
            check(text, bound)


def _texts(report: reports_pb2.Report) -> Iterable[tuple[list[str], list[str]]]:
    """Every text of the report with the ids of the evidence it may print."""
    for insight in report.insights:
        yield [insight.title, insight.narrative, *insight.caveats], list(insight.evidence_ids)
    by_chart = {
        insight.chart_id: list(insight.evidence_ids) for insight in report.insights if insight.chart_id
    }
    for chart in report.charts:
        points = [
            point.evidence_id for series in chart.series for point in series.points if point.evidence_id
        ]
        texts = [chart.title, chart.alt, chart.x.label, chart.y.label]
        texts += [mark.text for mark in chart.annotations] + [series.name for series in chart.series]
        yield texts, by_chart.get(chart.id, []) + points
    for section in report.sections:
        yield [section.title, *section.paragraphs, *section.bullets], list(section.evidence_ids)
        for row in section.table.rows:
            yield list(row.cells), list(section.evidence_ids)
        for metric in section.metrics:
            yield [metric.label, metric.display, metric.change_display], list(metric.evidence_ids)
    for finding in report.data_quality:
        yield [finding.description], list(finding.evidence_ids)
    yield (
        [report.summary],
        [insight_id for insight in report.insights for insight_id in insight.evidence_ids]
        + [evidence_id for section in report.sections for evidence_id in section.evidence_ids],
    )
