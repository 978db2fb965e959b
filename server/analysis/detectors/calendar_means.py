"""The mean of rows differs in a part of the calendar: proposed over rows, told against the rest."""

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from claribi.v1 import insights_pb2 as insights

from server.analysis import charts, formats, periods
from server.analysis.calendar_rows import CYCLES, Cycle, dimension_of, names_of, phased, when
from server.analysis.columns import Measure
from server.analysis.evidence import Figure, Name, Statistic, Text, join
from server.analysis.facts import Facts, Timeline
from server.analysis.filled import FilledSeries
from server.analysis.hypothesis import (
    Finding,
    Hypothesis,
    Magnitude,
    Tested,
    Told,
    Writer,
    certainty,
    required,
    saturating,
    subject_name,
    told_apart,
)
from server.analysis.periods import Span
from server.analysis.row_seasons import Window, differing_window
from server.analysis.scope import Condition, Scalar, measured
from server.analysis.sides import Side, told_sides

MATERIAL = 0.03  # of the mean of the rest
MATERIAL_POINTS = 1.0  # for measures in percent
_EACH = {"hour": "an hour", "day": "a day"}
_PLAIN_ONLY = ("edge",)  # asked of columns as they are: what is derived of them is asked enough


@dataclass(frozen=True)
class PartOfCalendar:
    """The window of the calendar that differs."""

    window: Window
    cycle: Cycle


def calendar_means(facts: Facts, hours: Timeline | None) -> list[Hypothesis]:
    """For each mean of rows and each cycle of the calendar the part that differs most from the rest."""
    found = []
    for measure in facts.measures:
        if measure.is_word:
            continue
        if measure.aggregation != "average" or measure.level or facts.comes_with_age(measure):
            continue
        for cycle in CYCLES:
            if measure.made and cycle.name in _PLAIN_ONLY:
                continue
            timeline = hours if cycle.name == "hour" else facts.timeline
            if timeline is None or measure not in timeline.n or timeline.grain == "month":
                continue
            hypothesis = _examined(facts, timeline, measure, cycle)
            if hypothesis is not None:
                found.append(hypothesis)
    return found


def _examined(facts: Facts, timeline: Timeline, measure: Measure, cycle: Cycle) -> Hypothesis | None:
    rows = phased(facts, timeline, measure, cycle)
    window = differing_window(rows) if rows is not None else None
    if rows is None or window is None or facts.scope.time is None:
        return None
    inside = np.isin(rows.phase, window.phases)
    own = float(rows.total[inside].sum() / rows.n[inside].sum())
    rest = float(rows.total[~inside].sum() / rows.n[~inside].sum())
    return _hypothesis(facts, measure, (window, cycle), (own, rest), _span(timeline, cycle))


def _span(timeline: Timeline, cycle: Cycle) -> Span:
    first = periods.floor(timeline.starts[0], cycle.grain)
    last = periods.floor(timeline.starts[-1], cycle.grain)
    return Span(first, periods.shift(last, cycle.grain, 1), cycle.grain)


def _hypothesis(
    facts: Facts, measure: Measure, found: tuple[Window, Cycle], means: tuple[float, float], span: Span
) -> Hypothesis | None:
    (window, cycle), (own, rest), time = found, means, facts.scope.time
    if time is None:
        return None
    points = measure.unit == "%"
    value = own - rest
    relative = value / rest if rest > 0.0 else None
    deviation = facts.overview[measure].deviation or 1.0
    effect = value / deviation
    large = abs(value) >= MATERIAL_POINTS if points else relative is None or abs(relative) >= MATERIAL
    half = 1.96 * window.error
    return Hypothesis(
        kind=insights.INSIGHT_TYPE_SEASONALITY,
        facts=facts,
        measure=measure,
        tested=Tested(
            "t test over rows with the spread of days or blocks, for the part of the calendar that differs most",
            window.statistic,
            window.p_value,
            window.rows,
            "standardised_difference",
            effect,
            (window.difference - half, window.difference + half),
        ),
        magnitude=Magnitude(value, "points" if points else measure.unit, None if points else relative),
        direction=insights.DIRECTION_HIGHER if value > 0 else insights.DIRECTION_LOWER,
        material=large and (value > 0) == (window.difference > 0),
        size=saturating(value / 10.0 if points else relative or 0.0, 0.3),
        surprise=saturating(window.statistic, 4.0),
        dimension=dimension_of(time, window.phases, cycle),
        members=names_of(window.phases, cycle),
        span=span,
        profile=window.profile,
        detail=PartOfCalendar(window, cycle),
    )


def tell_part(finding: Finding, writer: Writer) -> Told:
    """The part of the calendar in words, against the rest of it."""
    part, ledger = required(finding.hypothesis.detail, PartOfCalendar), writer.ledger
    hypothesis = _seen(finding.hypothesis, part)
    subject, at = _subject(hypothesis, part), Name(when(part.window.phases, part.cycle))
    own, rest, apart = _figures(hypothesis, at, writer)
    high = own.value > rest.value
    title = ledger.say(
        f"{{0}} is {'higher' if high else 'lower'} {{1}}: {{2}} against {{3}} otherwise",
        subject,
        at,
        own,
        rest,
    )
    lead = _lead((subject, at, own, rest), apart, high=high, writer=writer)
    sure = ledger.say(
        f"It is the part of the calendar that differs most; the evidence for it is {certainty(finding.q_value)}."
    )
    body = [lead, *_counted(part, writer), sure]
    chart = _chart(hypothesis, title, (subject, at, own, rest), writer)
    advice = ledger.say(
        writer.pick(
            (
                "Ask what is done differently {1}; if {0} is planned or judged, give that time a target of its own.",
                "Compare {0} {1} with {0} {1} of the cycle before; beside the rest it says little about how things go.",
            )
        ),
        subject,
        at,
    )
    size = told_apart(own, rest, apart, hypothesis.measure.unit)
    return Told(title, lead, join(body), advice, _caveats(hypothesis, part, writer), chart, size)


def _subject(hypothesis: Hypothesis, part: PartOfCalendar) -> Name:
    """The measure; of numbers of rows with the unit of time they are counted by."""
    subject = subject_name(hypothesis)
    return Name(f"{subject.text} {_EACH[part.cycle.grain]}") if hypothesis.measure.counts_rows else subject


def _seen(hypothesis: Hypothesis, part: PartOfCalendar) -> Hypothesis:
    """The hypothesis over the time it was tested in: hours are followed through the last of a long table only."""
    if part.cycle.name != "hour":
        return hypothesis
    span, facts = required(hypothesis.span, Span), hypothesis.facts
    scope = replace(facts.scope, period=(span.start, span.end))
    return replace(hypothesis, facts=replace(facts, scope=scope))


def _caveats(hypothesis: Hypothesis, part: PartOfCalendar, writer: Writer) -> tuple[Text, ...]:
    timeline, span = hypothesis.facts.timeline, required(hypothesis.span, Span)
    if part.cycle.name != "hour" or timeline is None or span.start - timeline.first < timedelta(days=1):
        return ()
    last = periods.floor(span.end - timedelta(hours=1), "day")
    covered = Name(Span(periods.floor(span.start, "day"), periods.shift(last, "day", 1), "day").name)
    return (writer.ledger.say("The means by hour cover {0}.", covered),)


def _counted(part: PartOfCalendar, writer: Writer) -> list[Text]:
    """How many days of a month count as its first or last."""
    days = len(part.window.phases)
    if part.cycle.name != "edge" or days == 1:
        return []
    return [
        writer.ledger.say(
            "Counted as such are {0} of each month.", Statistic(f"{days}{formats.NO_BREAK}days")
        )
    ]


def _within(hypothesis: Hypothesis, *, inside: bool) -> Condition:
    dimension, marks = hypothesis.dimension, ", ".join("?" for _ in hypothesis.members)
    value = dimension.value if dimension is not None else "null"
    return Condition(f"{value} {'in' if inside else 'not in'} ({marks})", hypothesis.members)


def _counts(hypothesis: Hypothesis, part: PartOfCalendar) -> tuple[Scalar, Scalar]:
    """The mean number of rows by hour or day inside the part and outside, those without any row counted."""
    filled = FilledSeries(hypothesis.facts.scope, hypothesis.measure, required(hypothesis.span, Span))
    phases = ", ".join(str(phase) for phase in part.window.phases)
    return filled.cell("avg(v)", f"phase in ({phases})"), filled.cell("avg(v)", f"phase not in ({phases})")


def _figures(hypothesis: Hypothesis, at: Name, writer: Writer) -> tuple[Figure, Figure, Figure | None]:
    scope, measure, ledger = hypothesis.facts.scope, hypothesis.measure, writer.ledger
    part = required(hypothesis.detail, PartOfCalendar)
    if measure.counts_rows:
        own, rest = _counts(hypothesis, part)
    else:
        own, rest = (
            measured(scope, measure, [_within(hypothesis, inside=inside)]) for inside in (True, False)
        )
    weekdays = part.cycle.name == "day"
    listed = " and ".join(f"{name}s" if weekdays else name for name in hypothesis.members)
    return told_sides(
        ledger,
        Side(f"{measure.name}, {listed}", own),
        Side(f"{measure.name}, all but {listed}", rest),
        apart=f"distance of {measure.name} {at.text} from the rest",
        unit=measure.unit,
        higher=hypothesis.direction == insights.DIRECTION_HIGHER,
    )


def _lead(
    parts: tuple[Name, Name, Figure, Figure], apart: Figure | None, *, high: bool, writer: Writer
) -> Text:
    side = "above" if high else "below"
    if apart is None:
        return writer.ledger.say("{0} is {2} {1} and {3} at all other times together.", *parts)
    template = writer.pick(
        (
            f"{{0}} is {{2}} {{1}}, which is {{4}} {side} the {{3}} of all other times together.",
            f"Taken together, all other times have {{0}} of {{3}}; {{1}} it is {{2}}, {{4}} {side} that.",
        )
    )
    return writer.ledger.say(template, *parts, apart)


def _chart(
    hypothesis: Hypothesis, title: Text, parts: tuple[Name, Name, Figure, Figure], writer: Writer
) -> insights.Chart:
    dimension, measure = hypothesis.dimension, hypothesis.measure
    if dimension is None:
        raise ValueError("A part of the calendar needs its dimension.")
    called = measure.name
    drawn = charts.member_figures(
        writer.ledger,
        hypothesis.facts,
        dimension,
        expression=measure.total,
        called=(called, measure.unit),
        first=hypothesis.members[0],
    )
    writer.ledger.names.update(member for member, _ in drawn)
    alt = writer.ledger.say("Bars of {0} along the calendar; {1} it is {2}, otherwise {3}.", *parts)
    return charts.bars(
        dimension, drawn, texts=(title, alt), axis=(called, measure.unit), emphasis=list(hypothesis.members)
    )
