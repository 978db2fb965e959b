"""Refuses text that prints a number, a unit, a sign or a period nothing stands behind."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from claribi.v1 import reports_pb2

from server.analysis.gate_places import Place
from server.analysis.gate_places import places as places_of_text
from server.analysis.gate_words import FIGURE, SLOT, loose, unit_after

_SLOT = re.compile(r"\{(\d+)\}")


class UnboundNumber(Exception):
    """A text states a number, a unit, a sign or a period that is not bound to it."""

    def __init__(self, text: str, rest: str) -> None:
        super().__init__(f"Without evidence in {text!r}: {rest!r}.")
        self.rest = rest


class Said(Protocol):
    """A text that passed the gate, with the evidence it prints."""

    @property
    def text(self) -> str:
        """What it says."""
        ...

    @property
    def evidence_ids(self) -> tuple[str, ...]:
        """The numbers it prints."""
        ...


def check_template(template: str, numbers: Iterable[int]) -> None:
    """Raises UnboundNumber when a template states something of its own; `numbers` are its slots for numbers."""
    figures = frozenset(numbers)
    bare = _SLOT.sub(lambda slot: FIGURE if int(slot.group(1)) in figures else SLOT, template)
    _refuse_loose(template, bare)


def check(text: str, bound: Iterable[str]) -> None:
    """Raises UnboundNumber unless every number, unit, sign and period in `text` is one of the `bound` strings.

    Bound are displays of evidence, named report statistics, period names, and names taken from the data.
    """
    rest, end = "", 0
    for start, stop in places(text, bound):
        rest += text[end:start] + _slot(text[start:stop])
        end = stop
    _refuse_loose(text, rest + text[end:])


def _slot(word: str) -> str:
    return FIGURE if any(character.isdigit() for character in word) else SLOT


def places(text: str, bound: Iterable[str]) -> list[tuple[int, int]]:
    """Where bound words stand alone in the text, in order; of words that overlap the longest."""
    taken: list[tuple[int, int]] = []
    for word in sorted({word for word in bound if word and word in text}, key=lambda w: (-len(w), w)):
        for found in re.finditer(standing(word), text):
            start, stop = found.span()
            if all(stop <= left or right <= start for left, right in taken):
                taken.append((start, stop))
    return sorted(taken)


def standing(word: str) -> str:
    """The pattern of a word where it stands alone: 12 does not stand in 112, 12.5, −12, 12k or 12 %."""
    before = after = ""
    if word[0].isdigit():
        before = r"(?<![\w$€£¥₹])(?<!\d[.,])(?<!(?<!\w)[-−–+±])"
    elif word[0].isalnum() or word[0] in "$€£¥₹":
        before = r"(?<![^\W\d_])"
    if word[-1].isdigit():
        after = r"(?!\w)(?![.,]\d)(?!\s?[%‰°€$£¥])"
    elif word[-1].isalnum():
        after = r"(?![^\W\d_])"
    return before + re.escape(word) + after


def _refuse_loose(text: str, rest: str) -> None:
    found = loose(rest)
    if found:
        raise UnboundNumber(text, found)
    for place, character in enumerate(rest, start=1):
        if character == FIGURE and (unit := unit_after(rest, place)):
            raise UnboundNumber(text, unit)


def statistics_displays(statistics: reports_pb2.ReportStatistics) -> tuple[str, ...]:
    """The report statistics that may be printed: counts of tests and the rate of false discoveries allowed."""
    return (
        f"{statistics.hypotheses_tested:,}",
        f"{statistics.discoveries:,}",
        f"{100 * statistics.false_discovery_rate:.0f}\u00a0%",
    )


def check_report(
    report: reports_pb2.Report, names: Iterable[str], said: Mapping[str, Said] | None = None
) -> None:
    """Raises UnboundNumber when any text of the report states what its own evidence does not hold.

    A text that passed the gate when it was `said` needs only its evidence to be that of its place.
    """
    for _, refused in _refused(report, names, said):
        raise refused


def without_unbound(
    report: reports_pb2.Report, names: Iterable[str], said: Mapping[str, Said] | None = None
) -> list[UnboundNumber]:
    """Takes out of the report what `check_report` refuses, place by place, and gives why.

    Every text was checked when it was said; what is refused here is a fault of ours, and costs its own place only.
    """
    refusals = list(_refused(report, names, said))
    for place, _ in refusals:
        place.drop()
    return [refused for _, refused in refusals]


def _refused(
    report: reports_pb2.Report, names: Iterable[str], said: Mapping[str, Said] | None
) -> Iterator[tuple[Place, UnboundNumber]]:
    displays = {evidence.id: evidence.display for evidence in report.evidence}
    free = [*names, report.question, report.name, *statistics_displays(report.statistics)]
    for place in places_of_text(report):
        held = frozenset(place.evidence_ids)
        bound = [*free, *(displays[evidence_id] for evidence_id in place.evidence_ids)]
        try:
            for text in place.texts:
                if not said or not _is_said(text, said, held):
                    check(text, bound)
        except UnboundNumber as refused:
            yield place, refused


def _is_said(text: str, said: Mapping[str, Said], held: frozenset[str]) -> bool:
    """Whether a text is a row of texts that were said, whose evidence is all held."""
    ends = [place for place, character in enumerate(text) if character == " "]
    start = 0
    while start < len(text):
        for end in (len(text), *(place for place in reversed(ends) if place > start)):
            known = said.get(text[start:end])
            if known is not None and held.issuperset(known.evidence_ids):
                start = end + 1
                break
        else:
            return False
    return True
