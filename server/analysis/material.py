"""What the sections of a report are written from."""

from collections.abc import Sequence
from dataclasses import dataclass

from claribi.v1 import reports_pb2 as reports

from server.analysis import formats
from server.analysis.answers.wording import Answer
from server.analysis.asking.reading import Reading
from server.analysis.evidence import Ledger, Statistic, Text
from server.analysis.facts import Facts
from server.analysis.hypothesis import Findings
from server.analysis.question import Question
from server.analysis.ranking import FALSE_DISCOVERY_RATE


@dataclass(frozen=True)
class Asked:
    """The question, how it was read, and its answer."""

    question: Question
    reading: Reading | None = None
    answer: Answer | None = None


@dataclass(frozen=True)
class Material:
    """Everything sections are written from."""

    report: reports.Report  # insights, charts, data_quality and statistics are filled
    findings: Findings
    tables: Sequence[Facts]
    unread: Sequence[str]
    metrics: Sequence[reports.KeyMetric]
    asked: Asked
    ledger: Ledger


def statistic(value: int) -> Statistic:
    """A count of tests or findings."""
    return Statistic(f"{value:,}")


def rate() -> Statistic:
    """The rate of false discoveries allowed."""
    return Statistic(f"{100 * FALSE_DISCOVERY_RATE:.0f}{formats.NO_BREAK}%")


def section(
    kind: reports.SectionKind, title: str, paragraphs: Sequence[Text], bullets: Sequence[Text] = ()
) -> reports.Section:
    """A section with the evidence its text prints."""
    said = [*paragraphs, *bullets]
    return reports.Section(
        kind=kind,
        title=title,
        paragraphs=[text.text for text in paragraphs if text.text],
        bullets=[text.text for text in bullets],
        evidence_ids=list(dict.fromkeys(evidence_id for text in said for evidence_id in text.evidence_ids)),
    )


def shape(text: Text) -> str:
    """A sentence without what is bound in it (names, numbers, periods): those of one template have one shape."""
    bare = text.text
    for word in sorted(filter(None, text.bound), key=lambda word: (-len(word), word)):
        bare = bare.replace(word, "·")
    return bare
