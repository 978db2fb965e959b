"""Answers about a move: whether it happened, whether it is beyond the usual, and which parts made it."""

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from server.analysis import inference, periods
from server.analysis.answers.contributions import (
    STANDS_OUT,
    Parts,
    best_parts,
    contribution,
    contribution_table,
)
from server.analysis.answers.tables import breakdown
from server.analysis.answers.values import (
    before,
    is_nothing,
    like_with_like,
    move_of,
    so_far,
    value_of,
    year_before,
)
from server.analysis.answers.wording import Answer, during, edges, place, subject
from server.analysis.asking.quantity import Quantity
from server.analysis.asking.reading import Goal, Reading
from server.analysis.evidence import Figure, Ledger, Name, Part, Text
from server.analysis.facts import complete_starts
from server.analysis.hypothesis import certainty, member_name
from server.analysis.inference import Floats
from server.analysis.periods import Span, one_period
from server.analysis.scope import Statement

LEAST_HISTORY = 8  # values a usual move is told from
UNUSUAL = 0.05  # p value
DEVELOPMENT_PERIODS = 13  # of a table, so that the last period stands beside the one a year before


@dataclass(frozen=True)
class _Move:
    """The two spans with their numbers, and how far it is from one to the other."""

    last: Span
    base: Span
    now: Figure
    was: Figure
    size: Figure

    @property
    def direction(self) -> int:
        """1 up, -1 down, 0 as printed the same."""
        if is_nothing(self.size) or self.now.display == self.was.display:
            return 0
        return 1 if self.size.value > 0 else -1


def change(reading: Reading, ledger: Ledger) -> Answer | None:
    """Whether the number moved as the question takes for granted, how unusual that is, and what made the move."""
    asked = _dated(reading)
    if asked.period is None:
        return None
    base = asked.against or before(asked, asked.period) or so_far(asked, asked.period)
    if base is None:
        return None
    move = _move(asked, *like_with_like(asked, asked.period, base), ledger)
    if move is None:
        return None
    notes = [_year_before(asked, move, ledger), _usual(asked, move, ledger)]
    found = best_parts(asked, move.last, move.base) if move.direction else None
    table = None
    if found is not None and (reading.goal is Goal.WHY or reading.by or reading.rising):
        notes.append(_explained(asked, found, move, ledger))
        table = contribution_table(asked, found, move.last, move.base, ledger)
    told = [note for note in (*notes, *edges(asked, ledger)) if note.text]
    return Answer(_premise(asked, move, ledger), tuple(told), table)


def development(reading: Reading, ledger: Ledger) -> Answer | None:
    """The last complete period beside the one before and the one a year before, and the periods that led there."""
    dated = _dated(reading)
    answer = change(replace(dated, rising=0, goal=Goal.DEVELOPMENT), ledger)
    grain = reading.facts.report_grain
    timeline = reading.facts.timeline
    if answer is None or grain is None or timeline is None:
        return answer
    starts = complete_starts(timeline, grain, reading.facts.now)[-DEVELOPMENT_PERIODS:]
    span = reading.period or Span(starts[0], periods.shift(starts[-1], grain, 1), grain)
    table = breakdown(replace(reading, by=(), grain=grain, period=span), ledger).table
    return Answer(answer.lead, answer.notes, table)


def _dated(reading: Reading) -> Reading:
    """With the last complete period, when the question names none."""
    timeline, grain = reading.facts.timeline, reading.facts.report_grain
    if reading.period is not None or timeline is None or grain is None:
        return reading
    starts = complete_starts(timeline, grain, reading.facts.now)
    return replace(reading, period=one_period(starts[-1], grain)) if starts else reading


def _move(reading: Reading, last: Span, base: Span, ledger: Ledger) -> _Move | None:
    quantity, scope = reading.quantity, reading.facts.scope
    now, was = (value_of(reading, quantity, span, ledger) for span in (last, base))
    if now is None or was is None:
        return None
    later, earlier = (quantity.of(scope, reading.during(span)) for span in (last, base))
    size = move_of(ledger, quantity, later, earlier)
    return None if size is None else _Move(last, base, now, was, size)


def _premise(reading: Reading, move: _Move, ledger: Ledger) -> Text:
    """What happened, said as a correction where the question takes the opposite for granted."""
    name, when = subject(reading, reading.quantity), Name(during(move.last))
    parts = (name, when, move.was, Name(move.base.name), move.now, move.size)
    if move.base.preposition == "from":
        return _of_stretches(reading, move, parts, ledger)
    if move.direction == 0:
        start = (
            "{0} did not rise {1}: it"
            if reading.rising > 0
            else "{0} did not fall {1}: it"
            if reading.rising
            else "{0} {1}"
        )
        return ledger.say(
            f"{start} stayed at {{3}}, as in {{2}}.", name, when, Name(move.base.name), move.now
        )
    went = "rose" if move.direction > 0 else "fell"
    if reading.rising and reading.rising != move.direction:
        asked = "rise" if reading.rising > 0 else "fall"
        return ledger.say(
            f"{{0}} did not {asked} {{1}}: it {went} from {{2}} in {{3}} to {{4}}, by {{5}}.", *parts
        )
    word = "did rise" if reading.rising > 0 else "did fall" if reading.rising < 0 else went
    return ledger.say(f"{{0}} {word} {{1}}: from {{2}} in {{3}} to {{4}}, by {{5}}.", *parts)


def _of_stretches(reading: Reading, move: _Move, parts: tuple[Part, ...], ledger: Ledger) -> Text:
    """The same of spans of many days or months, which do not go between "from" and "to"."""
    came = "came to" if reading.quantity.additive else "was"
    if move.direction == 0:
        return ledger.say(f"{{0}} {{1}} {came} {{4}}, as much as from {{3}}.", *parts)
    side = "more" if move.direction > 0 else "less"
    told = f"{{0}} {{1}} {came} {{4}}, {{5}} {side} than the {{2}} from {{3}}."
    if reading.rising and reading.rising != move.direction:
        asked = "rise" if reading.rising > 0 else "fall"
        told = f"It did not {asked}: {told}"
    return ledger.say(told, *parts)


def _year_before(reading: Reading, move: _Move, ledger: Ledger) -> Text:
    """The same period a year earlier, unless that is what it is compared with already."""
    span = year_before(reading, move.last)
    if span is None or span == move.base:
        return Text("")
    was = value_of(reading, reading.quantity, span, ledger)
    return Text("") if was is None else ledger.say("A year before, {0}, it was {1}.", Name(during(span)), was)


def _usual(reading: Reading, move: _Move, ledger: Ledger) -> Text:
    """Whether a move like this is usual between neighbouring periods."""
    span = move.last
    if (
        move.direction == 0
        or periods.shift(span.start, span.grain, 1) != span.end
        or move.base.end != span.start
    ):
        return Text("")
    values = _history(reading, span)
    grain = Name(f"{span.grain}s")
    if len(values) < LEAST_HISTORY:
        return ledger.say("The data hold too few {0} before it to say whether such a move is unusual.", grain)
    surprise = inference.last_value_surprise(values)
    if surprise is None:
        return Text("")
    if surprise.p_value < UNUSUAL:
        sure = certainty(surprise.p_value)
        return ledger.say(
            f"Such a move is more than the usual to and fro of earlier {{0}} ({sure} evidence).", grain
        )
    return ledger.say(
        "Earlier {0} moved as much without any particular cause, so chance is enough to explain it.", grain
    )


def _history(reading: Reading, span: Span) -> Floats:
    """The complete periods up to the span, totals per day."""
    scope, timeline, quantity = reading.facts.scope, reading.facts.timeline, reading.quantity
    if scope.time is None or timeline is None:
        return np.array([])
    period = f"date_trunc('{span.grain}', {scope.time.value})"
    made = scope.select(
        [f"cast({period} as timestamp)", quantity.sql], reading.conditions, group="1", order="1"
    )
    found = {row[0]: row[1] for row in scope.fetch(Statement(made.sql, made.params)) if row[0] is not None}
    starts = [
        start for start in complete_starts(timeline, span.grain, reading.facts.now) if start <= span.start
    ]
    empty = 0.0 if quantity.additive else None
    values = [(start, found.get(start, empty)) for start in starts]
    kept = [float(value) / _days(quantity, start, span.grain) for start, value in values if value is not None]
    return np.array(kept)


def _days(quantity: Quantity, start: datetime, grain: str) -> float:
    return periods.days_in(start, grain) if quantity.additive else 1.0


def _explained(reading: Reading, found: Parts, move: _Move, ledger: Ledger) -> Text:
    """The part that made most of the move, where one stands out."""
    first = found.parts[0]
    name = member_name(first.member) if first.member is not None else place(None, found.dimension.label)
    if found.excess < STANDS_OUT:
        label = Name(found.dimension.label)
        return ledger.say("No single {0} stands behind it: they moved much alike, as the table shows.", label)
    given = contribution(reading, found, first, move.last, move.base, ledger)
    against = [part for part in found.parts if part.contribution * found.move < 0]
    tail = ", while others went the other way" if against else ""
    return ledger.say(f"Most of it comes from {{0}}, which contributed {{1}}{tail}.", Name(name), given)
