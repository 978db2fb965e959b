"""Answers that are one number: how much, how many, on average."""

from dataclasses import replace

from server.analysis.answers.values import before, is_nothing, move_of, share_figure, value_of
from server.analysis.answers.wording import Answer, edges, subject
from server.analysis.asking.quantity import Quantity
from server.analysis.asking.reading import Reading
from server.analysis.evidence import Figure, Ledger, Name, Text, join
from server.analysis.periods import Span


def number(reading: Reading, ledger: Ledger) -> Answer:
    """The number itself, next to the period before, or as a share of all where only some rows are asked about."""
    values = [value_of(reading, quantity, reading.period, ledger) for quantity in reading.quantities]
    lead = join(
        [_told(reading, q, value, ledger) for q, value in zip(reading.quantities, values, strict=True)]
    )
    beside = _beside(reading, values[0], ledger)
    if reading.shared:
        lead, beside = join([lead, *beside]), []
    return Answer(lead, (*edges(reading, ledger), *beside))


def _told(reading: Reading, quantity: Quantity, value: Figure | None, ledger: Ledger) -> Text:
    name = subject(reading, quantity, reading.period)
    if value is None:
        return ledger.say("There are no rows to take {0} from.", name)
    if quantity.counts and value.value == 0:
        return ledger.say("{0} was {1}: no row fits.", name, value)
    return ledger.say(
        "{0} came to {1}." if quantity.additive and not quantity.counts else "{0} was {1}.", name, value
    )


def _beside(reading: Reading, value: Figure | None, ledger: Ledger) -> list[Text]:
    if value is None:
        return []
    earlier = None if reading.shared else before(reading, reading.period)
    if reading.period is not None and earlier is not None:
        return _compared(reading, reading.period, earlier, ledger)
    if reading.filters and reading.quantity.additive:
        scope, quantity = reading.facts.scope, reading.quantity
        whole = replace(reading, filters=())
        parts = (quantity.of(scope, asked.during(reading.period)) for asked in (reading, whole))
        share = share_figure(ledger, f"share of {quantity.name}", *parts)
        return [] if share is None else [ledger.say("That is {0} of the whole.", share)]
    return []


def _compared(reading: Reading, period: Span, earlier: Span, ledger: Ledger) -> list[Text]:
    quantity, scope = reading.quantity, reading.facts.scope
    was = value_of(reading, quantity, earlier, ledger)
    if was is None:
        return []
    later, base = (quantity.of(scope, reading.during(span)) for span in (period, earlier))
    move, name = move_of(ledger, quantity, later, base), Name(earlier.name)
    if move is None or is_nothing(move):
        return [ledger.say("It was {0} in {1}, too.", was, name)]
    word = "up" if move.value > 0 else "down"
    return [ledger.say(f"That is {word} {{0}} on the {{1}} of {{2}}.", move, was, name)]
