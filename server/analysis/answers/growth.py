"""Answers about which members moved most: each beside itself, from one stretch of time to a later one."""

from collections.abc import Sequence

from server.analysis import formats, periods
from server.analysis.answers.contributions import Part, Parts, is_decomposable, member_is, parts_of, value_in
from server.analysis.answers.values import before, like_with_like, move_of, so_far
from server.analysis.answers.wording import Answer, Cell, Table, cell, edges, place, plainly
from server.analysis.asking.reading import Reading
from server.analysis.evidence import Figure, Ledger, Name, Text
from server.analysis.facts import complete_starts
from server.analysis.hypothesis import member_name
from server.analysis.periods import Span, one_period

YEAR = 12  # months, of which two are set side by side where the data hold them
LEAST_MONTHS = 3  # of either side, where the data hold no two years


def growth(reading: Reading, ledger: Ledger) -> Answer | None:
    """Which members rose (or fell) most, by how much; None where there are no two stretches of time to compare."""
    if not is_decomposable(reading.quantity):
        return None
    spans = _spans(reading)
    if spans is None:
        short = ledger.say(
            "The data do not reach far enough back to say which {0} moved most.", Name(reading.by[0].label)
        )
        return Answer(short, tuple(edges(reading, ledger)))
    last, base = spans
    found = parts_of(reading, reading.by[0], last, base)
    known = [part for part in found.parts if reading.quantity.additive or min(part.base[0], part.last[0]) > 0]
    if not known:
        return None
    ordered = sorted(known, key=lambda part: (-reading.rising * _moved(reading, part), part.member or ""))
    went = [part for part in ordered if reading.rising * _moved(reading, part) > 0]
    kept = (went[::-1] if reading.lowest else went) or ordered
    lead = _lead(reading, found, kept[0], spans, ledger)
    table = _table(reading, found, kept[: reading.limit], spans, ledger)
    return Answer(lead, tuple(edges(reading, ledger)), table)


def _spans(reading: Reading) -> tuple[Span, Span] | None:
    """The times asked about; else the last months, a year of them or half of all, and as many before; of few, the last
    whole period and the one before.
    """
    facts = reading.facts
    if reading.period is not None:
        base = reading.against or before(reading, reading.period) or so_far(reading, reading.period)
        return None if base is None else like_with_like(reading, reading.period, base)
    if facts.timeline is None or facts.report_grain is None:
        return None
    months = complete_starts(facts.timeline, "month", facts.now)
    half = min(YEAR, len(months) // 2)
    if half >= LEAST_MONTHS:
        start = months[-half]
        end, first = periods.shift(start, "month", half), periods.shift(start, "month", -half)
        return Span(start, end, "month"), Span(first, start, "month")
    starts = complete_starts(facts.timeline, facts.report_grain, facts.now)
    if len(starts) < 2:
        return None
    return one_period(starts[-1], facts.report_grain), one_period(starts[-2], facts.report_grain)


def _moved(reading: Reading, part: Part) -> float:
    """How far a member moved by itself: its total, or its mean."""
    (n0, total0), (n1, total1) = part.base, part.last
    return total1 - total0 if reading.quantity.additive else total1 / n1 - total0 / n0


def _name(found: Parts, part: Part) -> str:
    return member_name(part.member) if part.member is not None else place(None, found.dimension.label)


def _lead(reading: Reading, found: Parts, part: Part, spans: tuple[Span, Span], ledger: Ledger) -> Text:
    """The first, with its numbers; where none went the way asked for, that."""
    moved = _moved(reading, part)
    was, now, size = _figures(reading, found, part, spans, ledger)
    parts = (
        Name(_name(found, part)),
        plainly(reading, reading.quantity),
        was,
        Name(spans[1].name),
        now,
        Name(spans[0].name),
    )
    went = "rose" if reading.rising > 0 else "fell"
    numbers = "from {2} ({3}) to {4} ({5})"
    if moved * reading.rising <= 0:
        template = f"No {{6}} {went}: {{1}} of {{0}}, nearest to it, went {numbers}."
        return ledger.say(template, *parts, Name(found.dimension.label))
    most = "least" if reading.lowest else "most"
    tail = ", by {6}" if size is not None else ""
    return ledger.say(
        f"{{0}} {went} {most}: {{1}} went {numbers}{tail}.", *parts, *([size] if size is not None else [])
    )


def _figures(
    reading: Reading, found: Parts, part: Part, spans: tuple[Span, Span], ledger: Ledger
) -> tuple[Figure | Text, Figure | Text, Figure | None]:
    """The member's number in the earlier and in the later span, and how far it is from one to the other."""
    scope, quantity, member = reading.facts.scope, reading.quantity, [member_is(found, part)]
    last, base = spans
    was, now = (
        value_in(
            reading, [*reading.during(span), *member], seen, f"{_name(found, part)}, {span.name}", ledger
        )
        for span, seen in ((base, part.base), (last, part.last))
    )
    later, earlier = (quantity.of(scope, [*reading.during(span), *member]) for span in (last, base))
    return was, now, move_of(ledger, quantity, later, earlier)


def _table(
    reading: Reading, found: Parts, kept: Sequence[Part], spans: tuple[Span, Span], ledger: Ledger
) -> Table:
    """Each member in both spans, and its move."""
    rows: list[tuple[Cell, ...]] = []
    for part in kept:
        was, now, size = _figures(reading, found, part, spans, ledger)
        way = "up " if _moved(reading, part) > 0 else "down " if _moved(reading, part) < 0 else ""
        move: Cell = Text("none") if size is None else ledger.say(f"{way}{{0}}", size)
        rows.append((cell(_name(found, part), ledger), was, now, move))
    head = formats.sentence_case(found.dimension.label)
    return Table((head, spans[1].name, spans[0].name, "Move"), tuple(rows))
