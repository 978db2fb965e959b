"""A measure moved unusually between the last two like periods."""

from dataclasses import dataclass, replace
from datetime import datetime

from claribi.v1 import insights_pb2 as insights

from server.analysis import charts, formats, periods
from server.analysis.courses import two_units
from server.analysis.evidence import Figure, Name, Text, join, period
from server.analysis.facts import Facts
from server.analysis.hypothesis import (
    Finding,
    Hypothesis,
    Magnitude,
    Tested,
    Told,
    Writer,
    certainty,
    member_of,
    required,
    saturating,
    subject_name,
    told_apart,
)
from server.analysis.last_moves import Move, last_moves
from server.analysis.means import both_ways
from server.analysis.moved_enough import moved_enough
from server.analysis.periods import Span, one_period
from server.analysis.scales import settled
from server.analysis.scope import (
    Scalar,
    difference,
    equals,
    measured,
    percent_change,
    percent_of,
    series_sql,
    within,
)
from server.analysis.series import Series, same_series
from server.analysis.slices import followed, sliced_measures
from server.query.sql import select

LARGEST_SHARE = 100.0  # in percent; a part can lose more than the whole when the rest gains


class Change:
    """The last complete period against the one before and the same one a year earlier."""

    kind = insights.INSIGHT_TYPE_CHANGE

    def propose(self, facts: Facts) -> list[Hypothesis]:
        """Each series' last move, tested against the moves it made before."""
        return both_ways(facts, _proposed)

    def tell(self, finding: Finding, writer: Writer) -> Told:
        """The move in words."""
        return _tell(finding, writer)


def _proposed(facts: Facts) -> list[Hypothesis]:
    if facts.report_grain is None:
        return []
    found = []
    for series in followed(facts, facts.report_grain, thin=True):
        if not two_units(facts, series):
            found += _of_series(facts, series)
    return found


def _of_series(facts: Facts, series: Series) -> list[Hypothesis]:
    """The last moves; where weeks are told and days are calm, of the last week and the last month the surer one."""
    moves = (
        [move for move in last_moves(facts, series) if move is not None] if _readable(facts, series) else []
    )
    found = [_hypothesis(facts, series, move) for move in moves]
    months = same_series(facts, series, "month") if series.grain == "week" else None
    if months is None or not _readable(facts, months):
        return found
    month = [
        _hypothesis(facts, months, move) for move in last_moves(facts, months, calm=True) if move is not None
    ]
    both = [*found, *month] if month else found
    surest = min(both, key=lambda hypothesis: hypothesis.tested.p_value, default=None)
    if surest is None or not month:
        return found
    p_value = min(1.0, len(both) * surest.tested.p_value)
    return [replace(surest, tested=replace(surest.tested, p_value=p_value))]


def _readable(facts: Facts, series: Series) -> bool:
    """Whether the last period's mean is one of rows enough for their skewness."""
    return series.measure.aggregation != "average" or settled(facts, series.measure, series.last_rows)


def _hypothesis(facts: Facts, series: Series, move: Move) -> Hypothesis:
    value = float(series.values[move.last] - series.values[move.base])
    base = float(series.values[move.base])
    # A percentage of something that can be below zero says nothing.
    relative = value / base if base > 0 and series.values.min() >= 0 else None
    points = series.measure.unit == "%"
    rising = value > 0
    # The direction told must be the direction tested: season or month length may explain the whole move.
    material = moved_enough(series, value, relative) and rising == (move.statistic > 0)
    where = (series.dimension, series.member) if series.dimension and series.member is not None else None
    return Hypothesis(
        kind=insights.INSIGHT_TYPE_CHANGE,
        facts=facts,
        measure=series.measure,
        tested=Tested(
            "rows of the last period against those before"
            if move.by_rows
            else "t test of the last value against its forecast",
            move.statistic,
            move.p_value,
            move.n,
            "standardised_surprise",
            move.statistic,
        ),
        magnitude=Magnitude(value, "points" if points else series.measure.unit, None if points else relative),
        direction=insights.DIRECTION_INCREASE if rising else insights.DIRECTION_DECREASE,
        material=material,
        size=saturating(value / 10.0 if points else relative or 0.0, 0.15),
        surprise=saturating(move.statistic, 4.0),
        where=where,
        span=one_period(series.starts[move.last], series.grain),
        base=one_period(series.starts[move.base], series.grain),
        series=series,
        profile=series.values,
        detail=move,
    )


@dataclass(frozen=True)
class _Words:
    """The parts a change is told with."""

    subject: Name
    now: Figure
    then: Figure
    moved: Figure
    last: Span
    base: Span


def _tell(finding: Finding, writer: Writer) -> Told:
    hypothesis, ledger = finding.hypothesis, writer.ledger
    series, move = required(hypothesis.series, Series), required(hypothesis.detail, Move)
    words = _words(hypothesis, series, move, writer)
    rose = hypothesis.direction == insights.DIRECTION_INCREASE
    verb = writer.pick(
        ("rose", "climbed", "grew", "went up") if rose else ("fell", "dropped", "declined", "went down")
    )
    since = " from a year earlier" if move.last - move.base > 1 else ""
    mostly = ", mostly in {3}" if finding.mostly else ""
    parts = (words.subject, words.moved, period(words.last), _part_name(finding))
    title = ledger.say(f"{{0}} {verb} {{1}} in {{2}}{since}{mostly}", *parts)
    lead = join([_first_sentence(words, writer, rose=rose), _share_of_part(finding, words, writer)])
    body = [lead, _usual_move(finding, series, move, writer)]
    alt = ledger.say(
        "A line of {0} by " + series.grain + ", ending at {1} in {2} after {3} in {4}.",
        words.subject,
        words.now,
        period(words.last),
        words.then,
        period(words.base),
    )
    marks = [(move.last, words.moved.display + (" up" if rose else " down"))]
    chart = charts.line(ledger, hypothesis.facts.scope, series, texts=(title, alt), marks=marks)
    relative = None if hypothesis.magnitude.relative is None else words.moved
    size = told_apart(words.now, words.then, relative, series.measure.unit)
    advice, caveats = _advice(finding, words, writer), _caveats(hypothesis, series, writer)
    return Told(title, lead, join(body), advice, caveats, chart, size)


def _part_name(finding: Finding) -> Name:
    """The part told: the one that makes up most of the move, or the one the finding is cut to."""
    part = finding.mostly or finding.hypothesis
    return Name(member_of(*part.where) if part.where else "")


def _share_of_part(finding: Finding, words: _Words, writer: Writer) -> Text:
    """How much of the move the part makes up."""
    part, measure, scope = finding.mostly, finding.hypothesis.measure, finding.hypothesis.facts.scope
    if part is None or part.where is None:
        return Text("")
    own, whole = (
        difference(
            *(measured(scope, measure, (*cut, within(scope, span))) for span in (words.last, words.base))
        )
        for cut in ((equals(*part.where),), ())
    )
    name = _part_name(finding)
    share = writer.ledger.number(
        f"share of {name.text} in the change of {words.subject.text}", percent_of(own, whole), unit="%"
    )
    if share.value > LARGEST_SHARE:
        return writer.ledger.say("The rest, without {0}, moved the other way.", name)
    return writer.ledger.say("{0} alone accounts for {1} of that.", name, share)


def _words(hypothesis: Hypothesis, series: Series, move: Move, writer: Writer) -> _Words:
    ledger, measure, scope = writer.ledger, series.measure, hypothesis.facts.scope
    last, base = (one_period(series.starts[index], series.grain) for index in (move.last, move.base))
    subject = subject_name(hypothesis)
    later, earlier = (measured(scope, measure, (*series.where, within(scope, span))) for span in (last, base))
    now, then = (
        ledger.number(f"{subject.text}, {span.name}", scalar, unit=measure.unit)
        for span, scalar in ((last, later), (base, earlier))
    )
    label = f"change of {subject.text}, {base.name} to {last.name}"
    if hypothesis.magnitude.relative is None:
        unit = hypothesis.magnitude.unit
        moved = ledger.number(label, difference(later, earlier), unit=unit, display=_size_of(unit))
    else:
        moved = ledger.number(label, percent_change(later, earlier), unit="%", display=_size_of("%"))
    return _Words(subject, now, then, moved, last, base)


def _size_of(unit: str) -> formats.Display:
    return lambda value: formats.magnitude(value, unit)


def _first_sentence(words: _Words, writer: Writer, *, rose: bool) -> Text:
    side = "above" if rose else "below"
    more = "more" if rose else "less"
    template = writer.pick(
        (
            f"{{0}} stood at {{1}} in {{2}}, {{5}} {side} the {{3}} of {{4}}.",
            f"In {{4}}, {{0}} was still {{3}}; in {{2}} it was {{1}}, which is {{5}} {more}.",
            f"Between {{4}} and {{2}}, {{0}} moved from {{3}} to {{1}}: {{5}} {more}.",
        )
    )
    return writer.ledger.say(
        template, words.subject, words.now, period(words.last), words.then, period(words.base), words.moved
    )


def _usual_move(finding: Finding, series: Series, move: Move, writer: Writer) -> Text:
    strength = certainty(finding.q_value)
    step = move.last - move.base
    scalar = _usual_scalar(finding.hypothesis, series, step)
    usual = writer.ledger.number_or_none(
        f"median absolute change of {subject_name(finding.hypothesis).text} before",
        scalar,
        unit=_moved_unit(finding.hypothesis),
    )
    against = "the same period a year earlier" if step > 1 else f"one {series.grain} to the next"
    if usual is None:
        return writer.ledger.say(f"The evidence that this is more than the usual to and fro is {strength}.")
    link = "against" if step > 1 else "from"
    template = writer.pick(
        (
            f"The usual move {link} {against} was {{0}}, so there is {strength} evidence that this one is out of "
            "the ordinary.",
            f"Before that, a typical move {link} {against} was {{0}}; the evidence for something new is {strength}.",
        )
    )
    return writer.ledger.say(template, usual)


def _moved_unit(hypothesis: Hypothesis) -> str:
    return hypothesis.magnitude.unit if hypothesis.magnitude.relative is None else "%"


def _usual_scalar(hypothesis: Hypothesis, series: Series, step: int) -> Scalar:
    """The median size of the moves before the last one."""
    scope = hypothesis.facts.scope
    before = within(scope, Span(series.starts[0], series.starts[-1], series.grain))
    inner = series_sql(scope, series.measure, series.grain, (*series.where, before))
    size = "abs(v - b)" if hypothesis.magnitude.relative is None else "100.0 * abs(v - b) / nullif(abs(b), 0)"
    lagged = select(["v", f"lag(v, {step}) over (order by period) as b"], inner.nested)
    sql = select([f"median({size})"], f"({lagged})", where="b is not null")
    return Scalar(scope, sql, inner.params)


def _caveats(hypothesis: Hypothesis, series: Series, writer: Writer) -> tuple[Text, ...]:
    say = writer.ledger.say
    found = []
    if series.grain in {"month", "quarter"} and len(series.starts) < 2 * periods.CYCLES[series.grain]:
        found.append(
            say("The data do not cover the seasons often enough, so a seasonal swing cannot be ruled out.")
        )
    timeline = hypothesis.facts.timeline
    end: datetime = series.span.end
    if timeline is not None and timeline.last >= end:
        unfinished = Name(periods.period_name(end, series.grain))
        found.append(say("{0} is not complete yet and is left out.", unfinished))
    return tuple(found)


def _advice(finding: Finding, words: _Words, writer: Writer) -> Text:
    hypothesis = finding.hypothesis
    fell = hypothesis.direction == insights.DIRECTION_DECREASE
    part = finding.mostly or (hypothesis if hypothesis.where else None)
    entity = hypothesis.facts.plan.entity
    if hypothesis.measure.level:
        template = (
            f"Later figures of {{0}} will look {'better' if fell else 'worse'} next to {{1}} than they are; compare "
            "them with {2} too."
        )
        return writer.ledger.say(template, words.subject, period(words.last), period(words.base))
    if part is not None and entity is not None and hypothesis.measure.additive:
        return _name_the_missing(_part_name(finding), entity.label, words, writer, fell=fell)
    if (
        part is None
        and hypothesis.facts.breakdowns
        and hypothesis.measure in sliced_measures(hypothesis.facts)
    ):
        return writer.ledger.say(
            "No single part stands out behind {0} in {1}: check first that all rows of that time have arrived, then "
            "look for a cause that reached every part.",
            words.subject,
            period(words.last),
        )
    return _split(hypothesis, words, writer, fell=fell)


def _name_the_missing(part: Name, entity: str, words: _Words, writer: Writer, *, fell: bool) -> Text:
    """What to list to see whether few or many are behind the move of a part."""
    one = Name(entity.removesuffix(" id").removesuffix(" key").removesuffix(" code"))
    template = (
        "List each {0} of {1} that was there in {2} and not in {3}. Few large ones missing call for a visit, many "
        "small ones for a look at what changed for all of them."
        if fell
        else "List each {0} of {1} that is new in {3} since {2}, and see whether what brought them can be repeated."
    )
    return writer.ledger.say(template, one, part, period(words.base), period(words.last))


def _split(hypothesis: Hypothesis, words: _Words, writer: Writer, *, fell: bool) -> Text:
    other = [d for d in hypothesis.facts.plan.dimensions if not hypothesis.where or d != hypothesis.where[0]]
    say = writer.ledger.say
    if other:
        template = (
            "Split {0} in {1} by {2}; if one part carries the fall, start there."
            if fell
            else "Split {0} in {1} by {2}; if one part carries the gain, find out whether it can be repeated."
        )
        return say(template, words.subject, period(words.last), Name(other[0].label))
    template = (
        "Look for what was different in {1}: an event, a price, or rows that have not arrived."
        if fell
        else "Write down what was different in {1} while it is fresh, and whether it will come again."
    )
    return say(template, words.subject, period(words.last))
