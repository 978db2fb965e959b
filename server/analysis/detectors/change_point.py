"""The level of a measure broke at a moment: neither a trend, nor a season, nor a drift, nor a single odd value."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from claribi.v1 import insights_pb2 as insights

from server.analysis import breaks, charts, formats, periods
from server.analysis.breaks import Break
from server.analysis.calm import Moved, calm_course
from server.analysis.courses import step_of, two_units
from server.analysis.evidence import Figure, Name, Text, join
from server.analysis.facts import Facts
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
from server.analysis.inference import Floats
from server.analysis.means import both_ways
from server.analysis.moved_enough import moved_enough
from server.analysis.periods import Span
from server.analysis.scope import Scalar, difference, percent_of
from server.analysis.series import Series
from server.analysis.slices import followed
from server.analysis.testing_grain import testing_grain
from server.query.sql import select

LEAST_PERIODS = 4  # to tell a before and an after
HALF = 0.5  # of a period
MOST_UNSURE = 0.5  # share of the time in which a break may lie to be called one


@dataclass(frozen=True)
class _Step:
    """A break, and the size of the jump in the values as they are told (totals, not per day)."""

    found: Break
    jump: float
    before: float


class ChangePoint:
    """The largest step a series takes beside its line."""

    kind = insights.INSIGHT_TYPE_CHANGE_POINT

    def propose(self, facts: Facts) -> list[Hypothesis]:
        """Each series' likeliest break."""
        return both_ways(facts, _proposed)

    def tell(self, finding: Finding, writer: Writer) -> Told:
        """The break in words."""
        return _tell(finding, writer)


def _proposed(facts: Facts) -> list[Hypothesis]:
    grain = testing_grain(facts)
    if grain is None:
        return []
    found = (_examine(facts, series) for series in followed(facts, grain, thin=True))
    return [hypothesis for hypothesis in found if hypothesis is not None]


def _examine(facts: Facts, series: Series) -> Hypothesis | None:
    if len(series.values) < LEAST_PERIODS or two_units(facts, series):
        return None
    course = calm_course(facts, series)
    if course is not None:
        return _hypothesis(facts, series, _of_rows(series, course.moved)) if course.stepped else None
    if len(series.values) < breaks.LEAST_PERIODS or series.thin:
        return None
    found = step_of(facts, series)
    return None if found is None else _hypothesis(facts, series, found)


def _of_rows(series: Series, step: Moved) -> Break:
    """The break of the rows, where each is a witness."""
    values = series.values
    first, middle, last = (_place(series, day) for day in (step.earliest, step.moment, step.latest))
    # The week in whose second half a step lies is more like those before it.
    begun = (step.moment - series.starts[middle]) / (series.span.end - series.starts[-1])
    place = min(max(middle + (begun > HALF), 1), len(values) - 1)
    half = 1.96 * abs(step.jump / step.statistic)
    apart = float(values[place:].mean() - values[:place].mean())
    part = place / len(values)
    return Break(
        place=place,
        first=min(first, place),
        last=max(last, place),
        jump=step.jump,
        low=step.jump - half,
        high=step.jump + half,
        statistic=step.statistic,
        p_value=step.p_value,
        tilted=False,
        explained=part * (1.0 - part) * apart**2 / max(float(values.var()), 1e-300),
    )


def _place(series: Series, moment: datetime) -> int:
    """The period a moment lies in."""
    return max(bisect_right(series.starts, moment) - 1, 0)


def _step(series: Series, found: Break) -> _Step:
    values, place = series.values, found.place
    before = float(values[:place].mean())
    if not found.tilted:
        return _Step(found, float(values[place:].mean()) - before, before)
    slope = _common_slope(values, place)
    # Beside a slope the level before is what the line had reached at the break.
    reached = before + slope * (place - 0.5 - (place - 1) / 2)
    after = float(values[place:].mean()) - slope * ((len(values) + place - 1) / 2 - (place - 0.5))
    return _Step(found, after - reached, reached)


def _common_slope(values: Floats, place: int) -> float:
    time = np.arange(len(values), dtype=np.float64)
    parts = [(time[:place], values[:place]), (time[place:], values[place:])]
    along = sum(float((t - t.mean()) @ (v - v.mean())) for t, v in parts)
    return along / sum(float((t - t.mean()) @ (t - t.mean())) for t, _ in parts)


def _hypothesis(facts: Facts, series: Series, found: Break) -> Hypothesis:
    step = _step(series, found)
    positive = step.before > 0 and series.values.min() >= 0
    relative = step.jump / step.before if positive else None
    points = series.measure.unit == "%"
    scale = step.jump / found.jump if found.jump and step.jump * found.jump > 0 else 0.0
    where = (series.dimension, series.member) if series.dimension and series.member is not None else None
    return Hypothesis(
        kind=insights.INSIGHT_TYPE_CHANGE_POINT,
        facts=facts,
        measure=series.measure,
        tested=Tested(
            "largest step beside a line, autocorrelation taken out",
            found.statistic,
            found.p_value,
            len(series.values),
            "share_of_variance_explained",
            found.explained,
            (found.low * scale, found.high * scale) if scale else None,
        ),
        magnitude=Magnitude(
            step.jump, "points" if points else series.measure.unit, None if points else relative
        ),
        direction=insights.DIRECTION_INCREASE if step.jump > 0 else insights.DIRECTION_DECREASE,
        material=scale > 0.0 and moved_enough(series, step.jump, relative) and _located(series, found),
        size=saturating(step.jump / 10.0 if points else relative or 0.0, 0.2),
        surprise=found.explained,
        where=where,
        span=_when(series, found),
        series=series,
        profile=series.values,
        detail=step,
    )


def _when(series: Series, found: Break) -> Span:
    """The periods in one of which the break lies."""
    return Span(
        series.starts[found.first], periods.shift(series.starts[found.last], series.grain, 1), series.grain
    )


def _located(series: Series, found: Break) -> bool:
    """Whether it is known when the break was: what may lie anywhere is no moment."""
    return found.last - found.first <= MOST_UNSURE * len(series.values)


@dataclass(frozen=True)
class _Words:
    """The parts a break is told with."""

    subject: Name
    moment: Name
    first: Name
    last: Name
    before: Figure
    after: Figure
    jump: Figure
    up: bool
    tilted: bool


def _tell(finding: Finding, writer: Writer) -> Told:
    hypothesis, ledger = finding.hypothesis, writer.ledger
    series, step = required(hypothesis.series, Series), required(hypothesis.detail, _Step)
    words = _words(hypothesis, series, step, writer)
    verbs = ("stepped up", "moved to a higher level", "shifted upwards") if words.up else (
        "stepped down", "moved to a lower level", "shifted downwards"
    )  # fmt: skip
    preposition = "on" if series.grain in {"day", "hour"} else "in"
    when = f"{preposition} {{2}}" if words.first == words.last else "between {3} and {4}"
    title = ledger.say(
        f"{{0}} {writer.pick(verbs)} by {{1}} {when}",
        words.subject, words.jump, words.moment, words.first, words.last,
    )  # fmt: skip
    lead = _levels(series, words, writer)
    body = [lead, _sureness(finding, words, writer)]
    alt = ledger.say(
        f"A line of {{0}} by {series.grain} that changes level at {{1}}, from about {{2}} to about {{3}}.",
        words.subject, words.moment, words.before, words.after,
    )  # fmt: skip
    mark = "Higher from here" if words.up else "Lower from here"
    chart = charts.line(
        ledger, hypothesis.facts.scope, series, texts=(title, alt), marks=[(step.found.place, mark)]
    )
    jump = None if hypothesis.magnitude.relative is None else words.jump
    size = told_apart(words.after, words.before, jump, series.measure.unit)
    return Told(title, lead, join(body), _advice(words, writer), _caveats(words, writer), chart, size)


def _words(hypothesis: Hypothesis, series: Series, step: _Step, writer: Writer) -> _Words:
    place, unit = step.found.place, series.measure.unit
    filled = FilledSeries(hypothesis.facts.scope, series.measure, series.span, series.where)
    before, after = _levels_of(filled, place, tilted=step.found.tilted)
    subject = subject_name(hypothesis)
    moment = periods.period_name(series.starts[place], series.grain)
    relative = hypothesis.magnitude.relative is not None
    jump_unit = "%" if relative else hypothesis.magnitude.unit
    apart = difference(after, before)
    then = f"{moment}, by {series.grain}"
    return _Words(
        subject=subject,
        moment=Name(moment),
        first=Name(periods.period_name(series.starts[step.found.first], series.grain)),
        last=Name(periods.period_name(series.starts[step.found.last], series.grain)),
        before=writer.ledger.number(f"{subject.text}, level before {then}", before, unit=unit),
        after=writer.ledger.number(f"{subject.text}, level from {then}", after, unit=unit),
        jump=writer.ledger.number(
            f"step of {subject.text} at {moment}",
            percent_of(apart, before) if relative else apart,
            unit=jump_unit,
            display=lambda value: formats.magnitude(value, jump_unit),
        ),
        up=step.jump > 0,
        tilted=step.found.tilted,
    )


def _levels_of(filled: FilledSeries, place: int, *, tilted: bool) -> tuple[Scalar, Scalar]:
    """The levels on both sides: the means, or where the common line would be at the break."""
    sides = (f"i < {place}", f"i >= {place}")
    if not tilted:
        before, after = (filled.cell("avg(v)", side) for side in sides)
        return before, after
    sided = select(["v", "i", f"i >= {place} as later"], "filled")
    away = [f"{name} - avg({name}) over (partition by later) as d{name}" for name in ("v", "i")]
    centred = select(["v", "i", "later", *away], "sided")
    line = select(["sum(dv * di) / sum(di * di) as slope"], "centred")
    steps = f"sided as ({sided}), centred as ({centred}), line as ({line})"
    level = f"avg(c.v) - any_value(l.slope) * (avg(c.i) - {place - 0.5:g})"
    before, after = (
        filled.from_steps(steps, select([level], "centred as c, line as l", where=f"c.{side}"))
        for side in sides
    )
    return before, after


def _levels(series: Series, words: _Words, writer: Writer) -> Text:
    per = f" a {series.grain}" if series.measure.additive else ""
    way = "more" if words.up else "less"
    if words.tilted:
        template = writer.pick(
            (
                f"Its steady course had brought {{0}} to {{2}}{per}; from {{1}} on it runs at {{3}}, {{4}} {way}.",
                f"At {{1}} the line of {{0}} breaks: {{2}}{per} just before, {{3}} right after, which is {{4}} {way}.",
            )
        )
    else:
        template = writer.pick(
            (
                f"Until then {{0}} ran at {{2}}{per} on average; since {{1}} it has run at {{3}}, {{4}} {way}.",
                f"{{1}} parts {{0}} into a before and an after: {{2}}{per} up to then, {{3}} since, {{4}} {way}.",
                f"{{0}} averaged {{2}}{per} up to {{1}} and {{3}} from there on: {{4}} {way}.",
            )
        )
    return writer.ledger.say(template, words.subject, words.moment, words.before, words.after, words.jump)


def _sureness(finding: Finding, words: _Words, writer: Writer) -> Text:
    strength = certainty(finding.q_value)
    return writer.ledger.say(
        writer.pick(
            (
                f"The shift came at once and has lasted; the evidence for it is {strength}.",
                f"A slow drift or a few odd values would look different: there is {strength} evidence of a break.",
                f"Season and trend aside, the break stands on {strength} evidence.",
            )
        )
    )


def _caveats(words: _Words, writer: Writer) -> tuple[Text, ...]:
    if words.first == words.last:
        return (writer.ledger.say("The cause is not in these data."),)
    template = "{0} is the likeliest moment, any from {1} to {2} is possible; the cause is not in these data."
    return (writer.ledger.say(template, words.moment, words.first, words.last),)


def _advice(words: _Words, writer: Writer) -> Text:
    templates = (
        (
            "Find out what began around {1}: a new customer, price or way of counting would each lift {0} like this.",
            "Set plans for {0} from the level since {1}; averages that reach further back are too low by now.",
        )
        if words.up
        else (
            "Find out what ended around {1}: a lost customer, a changed price or a source that stopped reporting.",
            "Judge {0} against its level since {1}; older averages set a mark it no longer reaches.",
        )
    )
    return writer.ledger.say(writer.pick(templates), words.subject, words.moment)
