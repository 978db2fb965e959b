"""Single numbers of an answer, entered in the ledger with their queries."""

from collections.abc import Sequence
from datetime import datetime

from server.analysis import formats, periods
from server.analysis.answers.wording import subject
from server.analysis.asking.quantity import Quantity
from server.analysis.asking.reading import Reading
from server.analysis.asking.times import clock, just_before, months_back
from server.analysis.evidence import Figure, Ledger
from server.analysis.periods import Span
from server.analysis.scope import Condition, Scalar, difference, percent_change, percent_of, within


def value_of(reading: Reading, quantity: Quantity, span: Span | None, ledger: Ledger) -> Figure | None:
    """The quantity over the rows asked about, of a span; None when there is none."""
    scalar = quantity.of(reading.facts.scope, reading.during(span))
    label = subject(reading, quantity, span).text
    return ledger.number_or_none(label, scalar, unit=quantity.unit, display=quantity.display)


def over(reading: Reading, quantity: Quantity, conditions: Sequence[Condition]) -> Scalar:
    """The quantity over any rows of the period asked about."""
    scope = reading.facts.scope
    times = [within(scope, reading.period)] if reading.period is not None and scope.time is not None else []
    return quantity.of(scope, [*conditions, *times])


def move_of(ledger: Ledger, quantity: Quantity, later: Scalar, earlier: Scalar) -> Figure | None:
    """How far a number moved: in points for percentages, in its own unit for what may be negative, else in percent.

    The sentence carries the direction, so the size is printed without a sign.
    """
    if quantity.unit == "%":
        return _sized(ledger, quantity, difference(later, earlier), "points")
    base = earlier.run()
    if base is None or base <= 0:
        return _sized(ledger, quantity, difference(later, earlier), quantity.unit)
    return _sized(ledger, quantity, percent_change(later, earlier), "%")


def _sized(ledger: Ledger, quantity: Quantity, scalar: Scalar, unit: str) -> Figure | None:
    return ledger.number_or_none(
        f"change of {quantity.name}", scalar, unit=unit, display=lambda size: formats.magnitude(size, unit)
    )


def share_figure(ledger: Ledger, label: str, part: Scalar, whole: Scalar) -> Figure | None:
    """The part as a percentage of the whole."""
    return ledger.number_or_none(label, percent_of(part, whole), unit="%")


def before(reading: Reading, span: Span | None) -> Span | None:
    """The span of the same length just before; None when the data do not reach it or the span is not over."""
    timeline = reading.facts.timeline
    if span is None or timeline is None:
        return None
    told, earlier = clock(timeline, reading.facts.now), just_before(span)
    covered = periods.floor(told.first, "day") <= earlier.start and span.end <= told.anchor
    return earlier if covered else None


def so_far(reading: Reading, span: Span) -> Span | None:
    """The span before one that is not over yet; None of any other."""
    timeline = reading.facts.timeline
    if timeline is None:
        return None
    told, earlier = clock(timeline, reading.facts.now), just_before(span)
    open_end = span.start < told.anchor < span.end
    return earlier if open_end and earlier.start >= periods.floor(told.first, "day") else None


def like_with_like(reading: Reading, last: Span, base: Span) -> tuple[Span, Span]:
    """Both spans; where the data cover one of them only in part, that part, and the same part of the other."""
    timeline = reading.facts.timeline
    if timeline is None:
        return last, base
    told = clock(timeline, reading.facts.now)
    if last.start < told.anchor < last.end:
        end = min(_moved(told.anchor, last, base), base.end)
        last, base = Span(last.start, told.anchor, "day"), Span(base.start, end, "day")
    first = periods.floor(told.first, "day")
    if base.start < first < base.end:
        start = _moved(first, base, last)
        last, base = Span(start, last.end, "day"), Span(first, base.end, "day")
    return last, base


def _moved(moment: datetime, one: Span, other: Span) -> datetime:
    """The moment in the other span that stands where this one stands in the first: by months, or by days."""
    months = 12 * (one.start.year - other.start.year) + one.start.month - other.start.month
    if one.start.day == other.start.day == 1:
        return months_back(moment, months)
    return other.start + (moment - one.start)


def year_before(reading: Reading, span: Span) -> Span | None:
    """The same months or quarters of the year before; None when the data do not reach it."""
    timeline = reading.facts.timeline
    if timeline is None or span.grain not in {"month", "quarter"}:
        return None
    start, end = (periods.shift(moment, "year", -1) for moment in (span.start, span.end))
    return Span(start, end, span.grain) if start >= periods.floor(timeline.first, "day") else None


def is_nothing(figure: Figure) -> bool:
    """Whether a number is printed as zero."""
    return not any(digit in figure.display for digit in "123456789")
