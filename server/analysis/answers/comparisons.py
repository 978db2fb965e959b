"""Answers to "is it different": both numbers, the difference, and yes, no or cannot tell."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from server.analysis import formats
from server.analysis.answers.contrasts import Contrast, contrast, contrast_of_totals
from server.analysis.answers.tables import breakdown, read_rows
from server.analysis.answers.wording import Answer, edges, subject
from server.analysis.asking.quantity import Quantity
from server.analysis.asking.reading import Filter, Reading
from server.analysis.evidence import Figure, Ledger, Name, Text
from server.analysis.hypothesis import certainty, member_of
from server.analysis.scope import Condition, Scalar, Statement, difference
from server.query.sql import select

SURE = 0.05  # p value
MATERIAL = 0.05  # of the mean; a difference surely below is no difference that matters
COMPARED = 12  # members of a dimension compared each with the rest


@dataclass(frozen=True)
class _Side:
    """Rows that are compared, what they are called, and the number over them."""

    condition: Condition
    name: str
    value: Scalar


def comparison(reading: Reading, ledger: Ledger) -> Answer | None:
    """Two members with one another, one with the rest, or all members of a dimension."""
    chosen = next((f for f in reading.filters if not f.negated), None)
    if chosen is None:
        return _all_members(reading, ledger) if reading.by else None
    others = tuple(other for other in reading.filters if other is not chosen)
    asked = replace(reading, filters=others)
    calendar = chosen.dimension.is_calendar
    if len(chosen.members) == 2 and not calendar:
        pair = [_side(asked, Filter(chosen.dimension, (member,))) for member in chosen.members]
        return _pair(asked, pair[0], pair[1], ledger, paired=True)
    if reading.quantity.additive and not calendar:
        table = breakdown(replace(asked, by=(chosen.dimension,)), ledger)
        return Answer(table.lead, table.notes, table.table)
    rest = replace(chosen, negated=True)
    return _pair(asked, _side(asked, chosen), _side(asked, rest, called="the others"), ledger, paired=False)


def _side(reading: Reading, chosen: Filter, called: str = "") -> _Side:
    condition = chosen.condition
    if called and chosen.dimension.is_calendar:
        called = "the other days"
    names = [
        f"{m}s" if chosen.dimension.is_calendar else member_of(chosen.dimension, m) for m in chosen.members
    ]
    return _Side(
        condition,
        called or " and ".join(names),
        _value(reading, condition, daily=chosen.dimension.is_calendar),
    )


def _value(reading: Reading, condition: Condition, *, daily: bool) -> Scalar:
    """The number over the rows; of totals on days of the week, that of an average day."""
    scope, quantity = reading.facts.scope, reading.quantity
    if not (daily and quantity.additive and scope.time is not None):
        return quantity.of(scope, [*reading.during(reading.period), condition])
    day = f"date_trunc('day', {scope.time.value})"
    made = scope.select([f"{quantity.sql} as v"], [*reading.during(reading.period), condition], group=day)
    statement = Statement(select(["avg(v)"], made.nested), made.params)
    return Scalar(scope, statement.sql, statement.params)


def _pair(reading: Reading, one: _Side, other: _Side, ledger: Ledger, *, paired: bool) -> Answer | None:
    quantity = reading.quantity
    figures = [_figure(ledger, quantity, side) for side in (one, other)]
    if figures[0] is None or figures[1] is None:
        missing = one if figures[0] is None else other
        return Answer(
            ledger.say("There are no rows of {0} to compare.", Name(missing.name)),
            tuple(edges(reading, ledger)),
        )
    tested = (
        contrast_of_totals(reading, one.condition, other.condition, paired=paired)
        if quantity.additive
        else contrast(reading, one.condition, other.condition)
    )
    apart = ledger.number_or_none(
        f"difference of {quantity.name}, {one.name} to {other.name}",
        difference(one.value, other.value),
        unit="points" if quantity.unit == "%" else quantity.unit,
        display=lambda size: formats.magnitude(size, "points" if quantity.unit == "%" else quantity.unit),
    )
    if apart is None:
        return None
    lead = _verdict(reading, tested, (one, figures[0]), (other, figures[1]), apart, ledger)
    called = f"{quantity.name}, {one.name} to {other.name}"
    notes = (_interval(tested, called, quantity, ledger), _how_sure(tested, ledger))
    return Answer(lead, (*(note for note in notes if note.text), *edges(reading, ledger)))


def _figure(ledger: Ledger, quantity: Quantity, side: _Side) -> Figure | None:
    if quantity.counts:
        return ledger.number_or_none(
            f"{quantity.name}, {side.name}", side.value, unit="rows", display=formats.plain
        )
    return ledger.number_or_none(
        f"{quantity.name}, {side.name}", side.value, unit=quantity.unit, display=quantity.display
    )


def _verdict(
    reading: Reading,
    tested: Contrast | None,
    one: tuple[_Side, Figure],
    other: tuple[_Side, Figure],
    apart: Figure,
    ledger: Ledger,
) -> Text:
    """Yes, no, or cannot tell, with both numbers."""
    name = subject(reading, reading.quantity, reading.period)
    parts = (name, one[1], Name(one[0].name), other[1], Name(other[0].name), apart)
    numbers = "{0} is {1} for {2} and {3} for {4}"
    if tested is None:
        return ledger.say(f"{numbers}; with so few rows it cannot be told whether they differ.", *parts)
    if tested.p_value >= SURE:
        return ledger.say(_unsure(tested, one[1].value, other[1].value, numbers), *parts)
    wanted = reading.rising
    word = "more" if tested.difference > 0 else "less"
    if not wanted or wanted * tested.difference > 0:
        return ledger.say(f"Yes: {numbers}, {{5}} {word}.", *parts)
    return ledger.say(f"No, the other way round: {numbers}, {{5}} {word}.", *parts)


def _unsure(tested: Contrast, one: float, other: float, numbers: str) -> str:
    small = MATERIAL * max(abs(one), abs(other))
    if max(abs(tested.low), abs(tested.high)) < small:
        return f"No, not to a degree that matters: {numbers}."
    return f"The data cannot tell: {numbers}, and a gap of {{5}} may well be chance."


def _interval(tested: Contrast | None, called: str, quantity: Quantity, ledger: Ledger) -> Text:
    """Between which sizes the difference lies, as far as the rows can tell."""
    if tested is None or tested.ends is None:
        return Text("")
    unit = "points" if quantity.unit == "%" else quantity.unit
    low, high = (
        ledger.number_or_none(
            f"{end} end of the difference of {called}",
            scalar,
            unit=unit,
            display=lambda size: formats.magnitude(size, unit),
        )
        for end, scalar in zip(("lower", "upper"), tested.ends, strict=True)
    )
    if low is None or high is None:
        return Text("")
    if low.value * high.value > 0:
        nearest, farthest = sorted((low, high), key=lambda figure: abs(figure.value))
        return ledger.say("Most likely the gap is between {0} and {1}.", nearest, farthest)
    return ledger.say("Anything from {0} less to {1} more is in keeping with the rows there are.", low, high)


def _how_sure(tested: Contrast | None, ledger: Ledger) -> Text:
    if tested is None:
        return Text("")
    if tested.p_value < SURE:
        sure = certainty(tested.p_value)
        return ledger.say(f"The evidence is {sure}, even allowing for rows of the same time being alike.")
    return ledger.say("Rows of the same time were allowed to be alike, which makes the test a careful one.")


def _all_members(reading: Reading, ledger: Ledger) -> Answer:
    """Whether a dimension's members differ: the one furthest from the rest, corrected for having been picked."""
    table = breakdown(replace(reading, by=reading.by[:1]), ledger)
    dimension = reading.by[0]
    rows = [row for row in read_rows(replace(reading, by=reading.by[:1])) if row.conditions[0].params]
    rows = sorted(rows, key=lambda row: -row.rows)[:COMPARED]
    if reading.quantity.additive or len(rows) < 2:
        return table
    tested = _furthest(reading, [row.conditions[0] for row in rows], dimension.value)
    if tested is None:
        return table
    label = Name(dimension.label)
    p_value = min(1.0, tested.p_value * len(rows))
    if p_value < SURE:
        verdict = ledger.say(f"Yes, it differs by {{0}} ({certainty(p_value)} evidence).", label)
    else:
        verdict = ledger.say(
            "Whether it differs by {0} the data cannot tell: gaps like these may well be chance.", label
        )
    return Answer(verdict, (table.lead, *table.notes), table.table)


def _furthest(reading: Reading, members: Sequence[Condition], value: str) -> Contrast | None:
    """The member with the clearest difference from the rest."""
    found = [
        made
        for member in members
        if (made := contrast(reading, member, Condition(f"{value} <> ?", member.params))) is not None
    ]
    return min(found, key=lambda made: made.p_value, default=None)
