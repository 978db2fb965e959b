"""A report in other words: sentences exchanged for checked ones wherever they stand, and whose words they are."""

import re
from collections.abc import Mapping

from claribi.v1 import reports_pb2 as reports

from server.analysis import gate
from server.analysis.content import content_hash


def exchange(report: reports.Report, changes: Mapping[str, str]) -> None:
    """Puts each new sentence in the place of the old one, so that titles, charts, sections and summary agree."""
    if not changes:
        return
    pattern = _pattern(changes)

    def told(text: str) -> str:
        return pattern.sub(lambda found: changes[found.group()], text)

    for insight in report.insights:
        insight.title, insight.narrative = told(insight.title), told(insight.narrative)
    for chart in report.charts:
        chart.title = told(chart.title)
    for section in report.sections:
        section.paragraphs[:] = [told(text) for text in section.paragraphs]
        section.bullets[:] = [told(text) for text in section.bullets]
    report.summary = told(report.summary)


def _pattern(changes: Mapping[str, str]) -> "re.Pattern[str]":
    """Old sentences as a whole: from the start of a text or after a space, to its end or the next sentence."""
    longest = sorted(changes, key=lambda old: (-len(old), old))
    ends = (re.escape(old) + (r"(?=\s|$)" if old.endswith(".") else r"(?=\.?$|\.\s)") for old in longest)
    return re.compile(rf"(?:(?<=^)|(?<=\s))(?:{'|'.join(ends)})")


def note(report: reports.Report, text: str, *, model: str, used: bool) -> None:
    """Says in the methodology (or the first section there is) what a language model did, names it in `engine` when it
    did something, and takes the hash anew. Raises gate.UnboundNumber."""
    gate.check(text, [model])
    methodology = [s for s in report.sections if s.kind == reports.SECTION_KIND_METHODOLOGY]
    for section in (methodology or list(report.sections))[:1]:
        section.paragraphs.append(text)
    if used:
        report.engine = f"{report.engine} + {model}"
    report.content_hash = content_hash(report)
