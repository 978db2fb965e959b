"""How answers name what they speak of, and the form every answer has."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from server.analysis import periods
from server.analysis.asking.quantity import Quantity
from server.analysis.asking.reading import Filter, Reading
from server.analysis.asking.times import clock
from server.analysis.evidence import Figure, Ledger, Name, Text
from server.analysis.hypothesis import member_of
from server.analysis.periods import Span

Cell = Text | Figure


@dataclass(frozen=True)
class Table:
    """A table of an answer: headings, and rows of texts and numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Answer:
    """The answer in a sentence or two, what there is to say beside it, and its table."""

    lead: Text
    notes: tuple[Text, ...] = field(default=())
    table: Table | None = None


def subject(reading: Reading, quantity: Quantity, span: Span | None = None) -> Name:
    """What is measured of which rows and when: `revenue for North in March 2026`."""
    when = f" {during(span)}" if span is not None and reading.facts.scope.time is not None else ""
    return Name(f"{_article(quantity.name)}{_which(reading.filters)}{when}")


def plainly(reading: Reading, quantity: Quantity, span: Span | None = None) -> Name:
    """The same without an article, to stand after one."""
    named = subject(reading, quantity, span).text
    return Name(named.removeprefix("the "))


def during(span: Span) -> str:
    """A span with its preposition: `in March 2026`, `on 4 May 2026`, `from January 2026 to March 2026`."""
    if periods.shift(span.end, span.grain, -1) > span.start:
        return f"from {span.name}"
    return f"on {span.name}" if span.grain == "day" else f"in {span.name}"


def _article(name: str) -> str:
    return (
        f"the {name}"
        if name.startswith(("number ", "share ", "median ", "highest ", "lowest ", "average "))
        else name
    )


def _which(filters: Sequence[Filter]) -> str:
    return "".join(f" {_one(chosen)}" for chosen in filters)


def _one(chosen: Filter) -> str:
    dimension = chosen.dimension
    if dimension.is_calendar:
        return f"on {_listed([f'{day}s' for day in chosen.members])}"
    if dimension.made.startswith("contains("):
        return ("without " if chosen.negated else "with ") + dimension.label
    named = _listed([member_of(dimension, member) for member in chosen.members])
    return f"without {named}" if chosen.negated else f"for {named}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def cell(name: str, ledger: Ledger) -> Text:
    """A name in a table, as the data spell it."""
    ledger.names.add(name)
    return Text(name, (), (name,))


def place(member: str | None, label: str) -> str:
    """A row's name in a table."""
    return member if member is not None else f"(no {label})"


def edges(reading: Reading, ledger: Ledger) -> list[Text]:
    """What to know of a period that the data cover in part only."""
    span, timeline = reading.period, reading.facts.timeline
    if span is None or timeline is None:
        return []
    told = clock(timeline, reading.facts.now)
    asked = Name(span.name)
    if span.start >= told.anchor or span.end <= told.first:
        first, last = Name(periods.day_name(told.first)), Name(periods.day_name(told.last))
        return [ledger.say("The data run from {0} to {1}.", first, last)]
    if span.end > told.anchor:
        return [
            ledger.say(
                "Of {0} the data hold only the days up to {1}.", asked, Name(periods.day_name(told.last))
            )
        ]
    if span.start < periods.floor(told.first, "day"):
        return [
            ledger.say(
                "The data begin on {0}, so part of {1} is missing.", Name(periods.day_name(told.first)), asked
            )
        ]
    return []
