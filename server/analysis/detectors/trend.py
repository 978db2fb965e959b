"""A measure keeps rising or falling, more steadily than a random walk would."""

from dataclasses import replace

import numpy as np
from claribi.v1 import insights_pb2 as insights

from server.analysis import charts, formats, periods
from server.analysis.calm import calm_course
from server.analysis.courses import step_of, trend_of, two_units, unseasonal
from server.analysis.evidence import Figure, Name, Text, join
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
)
from server.analysis.means import both_ways
from server.analysis.periods import Span
from server.analysis.scope import (
    Scalar,
    Statement,
    difference,
    percent_change,
    scalar,
    series_sql,
    times,
    within,
)
from server.analysis.series import Series, same_series
from server.analysis.slices import followed
from server.analysis.testing_grain import testing_grain
from server.analysis.trends import LEAST_PERIODS, Trend, explained_by_line
from server.analysis.witnesses import shared_slope
from server.query.sql import select

STEP_P = 0.01
BY_THINGS = 0.25  # of the error allowed, what is spent on the things of a panel as witnesses of a slope
AS_THE_WHOLE = 0.6  # of a member's relative rise, from which the whole's is the same
MATERIAL_RISE = 0.10  # of the mean level, over the whole span
MATERIAL_POINTS = 2.0  # for measures in percent
MATERIAL_EXPLAINED = 0.12  # share of the variance the line must explain
# How far ahead advice looks: periods, and what they are called.
_AHEAD = {
    "hour": (24, "a day"),
    "day": (7, "a week"),
    "week": (52, "a year"),
    "month": (12, "a year"),
    "quarter": (4, "a year"),
    "year": (1, "a year"),
}


class SteadyTrend:
    """A slope that neither autocorrelated noise nor a random walk explains."""

    kind = insights.INSIGHT_TYPE_TREND

    def propose(self, facts: Facts) -> list[Hypothesis]:
        """Each series' slope."""
        return both_ways(facts, _proposed)

    def tell(self, finding: Finding, writer: Writer) -> Told:
        """The trend in words."""
        return _tell(finding, writer)


def _proposed(facts: Facts) -> list[Hypothesis]:
    grain = testing_grain(facts)
    if grain is None or facts.report_grain is None:
        return []
    found = []
    for series in followed(facts, grain, words=True, thin=True):
        values = series.daily().values
        if len(values) >= LEAST_PERIODS and np.ptp(values) > 0 and not two_units(facts, series):
            trend, told = _trend(facts, series), _told_series(facts, series)
            if trend is not None and told is not None:
                found.append(_hypothesis(facts, series, trend=trend, told=told))
    return _of_their_own(found) if facts.is_panel else found


def _of_their_own(found: list[Hypothesis]) -> list[Hypothesis]:
    """Without the members that only do what the whole does: of few things they seem to, now and then, more surely."""
    whole = {h.measure: h.magnitude.relative for h in found if h.where is None}

    def own(hypothesis: Hypothesis) -> bool:
        rise, shared = hypothesis.magnitude.relative, whole.get(hypothesis.measure)
        return rise is None or shared is None or shared * rise < AS_THE_WHOLE * rise**2

    return [hypothesis for hypothesis in found if hypothesis.where is None or own(hypothesis)]


def _trend(facts: Facts, series: Series) -> Trend | None:
    """The trend, tested over rows where each is a witness; None where one break of level tells the course."""
    course = calm_course(facts, series)
    if course is None:
        return _witnessed(facts, series) if not series.thin and not _is_a_step(facts, series) else None
    if course.stepped:
        return None
    trend, moved = trend_of(facts, series), course.moved
    agree = (moved.statistic > 0) == (trend.slope > 0)
    return replace(trend, statistic=moved.statistic, p_value=moved.p_value if agree else 1.0)


def _witnessed(facts: Facts, series: Series) -> Trend:
    """The trend by its own course or by the things of a panel, where these are surer though they count for less."""
    trend, shared = trend_of(facts, series), shared_slope(facts, series)
    if shared is None:
        return trend
    alone, together = trend.p_value / (1.0 - BY_THINGS), shared.p_value / BY_THINGS
    if together < alone and (shared.statistic > 0) == (trend.slope > 0):
        return replace(trend, statistic=shared.statistic, p_value=together)
    return replace(trend, p_value=min(1.0, alone))


def _is_a_step(facts: Facts, series: Series) -> bool:
    """Whether one break of level, without any slope, tells the course of the series."""
    found = step_of(facts, series)
    return found is not None and found.p_value < STEP_P and not found.tilted


def _told_series(facts: Facts, series: Series) -> Series | None:
    """The same series at the grain the report speaks in."""
    return same_series(facts, series, facts.report_grain or series.grain)


def _hypothesis(facts: Facts, series: Series, *, trend: Trend, told: Series) -> Hypothesis:
    rise = trend.slope * (len(series.values) - 1)
    explained = explained_by_line(unseasonal(facts, told))
    level = abs(float(series.daily().values.mean()))
    relative = rise / level if level else None
    points = series.measure.unit == "%"
    large = (
        abs(rise) >= MATERIAL_POINTS if points else relative is not None and abs(relative) >= MATERIAL_RISE
    )
    where = (series.dimension, series.member) if series.dimension and series.member is not None else None
    return Hypothesis(
        kind=insights.INSIGHT_TYPE_TREND,
        facts=facts,
        measure=series.measure,
        tested=Tested(
            "slope against autocorrelated noise and a random walk",
            trend.statistic,
            trend.p_value,
            len(series.values),
            "share_of_variance_explained",
            explained,
            (trend.low, trend.high),
        ),
        magnitude=Magnitude(trend.slope, series.measure.unit, relative),
        direction=insights.DIRECTION_INCREASE if trend.slope > 0 else insights.DIRECTION_DECREASE,
        material=large and explained >= MATERIAL_EXPLAINED,
        size=saturating(rise / 20.0 if points else relative or 0.0, 0.3),
        surprise=explained,
        where=where,
        span=told.span,
        series=told,
        profile=series.values,
    )


def _tell(finding: Finding, writer: Writer) -> Told:
    hypothesis, ledger = finding.hypothesis, writer.ledger
    series = required(hypothesis.series, Series)
    subject, rising = subject_name(hypothesis), hypothesis.direction == insights.DIRECTION_INCREASE
    early, late = _ends(series)
    scalars = [_level(hypothesis, series, span) for span in (early, late)]
    unit = series.measure.unit
    first, last = (
        ledger.number(f"{subject.text}, mean by {series.grain}, {span.name}", scalar, unit=unit)
        for span, scalar in zip((early, late), scalars, strict=True)
    )
    moved = _moved(subject, scalars, unit, writer) if unit == "%" or series.values.min() > 0 else None
    pace = _pace(hypothesis, series, subject, writer)
    verb = (
        writer.pick(("has been rising", "keeps climbing", "is on the way up"))
        if rising
        else writer.pick(("has been falling", "keeps slipping", "is on the way down"))
    )
    title = ledger.say(f"{{0}} {verb}, by about {{1}} a {series.grain}", subject, pace)
    lead = _levels(series, (early, late), (first, last), moved, writer)
    body = [lead, _sureness(finding, writer)]
    alt = ledger.say(
        f"A line of {{0}} by {series.grain}, {'rising' if rising else 'falling'} from about {{1}} to about {{2}}.",
        subject,
        first,
        last,
    )
    chart = charts.line(ledger, hypothesis.facts.scope, series, texts=(title, alt))
    advice = _advice(hypothesis, series, subject, writer)
    size = Magnitude(pace.value, unit, None if moved is None or unit == "%" else moved.value / 100.0)
    return Told(title, lead, join(body), advice, _caveats(series, writer), chart, size)


def _ends(series: Series) -> tuple[Span, Span]:
    """The first and the last quarter of the span, at most a year each, at least two periods."""
    length = len(series.starts)
    width = max(2, min(length // 4, periods.CYCLES[series.grain] if series.grain != "year" else 3))
    first = Span(series.starts[0], periods.shift(series.starts[0], series.grain, width), series.grain)
    return first, Span(series.starts[-width], series.span.end, series.grain)


def _level(hypothesis: Hypothesis, series: Series, span: Span) -> Scalar:
    """The mean by period over a stretch of the series."""
    scope = hypothesis.facts.scope
    inner = series_sql(scope, series.measure, series.grain, (*series.where, within(scope, span)))
    return scalar(scope, Statement(select(["avg(v)"], inner.nested), inner.params))


def _moved(subject: Name, scalars: list[Scalar], unit: str, writer: Writer) -> Figure | None:
    early, late = scalars
    label = f"change of {subject.text} from the first to the last stretch"
    if unit == "%":
        return writer.ledger.number(
            label,
            difference(late, early),
            unit="points",
            display=lambda value: formats.magnitude(value, "points"),
        )
    return writer.ledger.number_or_none(
        label, percent_change(late, early), unit="%", display=lambda value: formats.magnitude(value, "%")
    )


def _pace(hypothesis: Hypothesis, series: Series, subject: Name, writer: Writer) -> Figure:
    """The slope as it is told."""
    unit = "points" if series.measure.unit == "%" else series.measure.unit
    return writer.ledger.number(
        f"median slope of {subject.text} by {series.grain}",
        _slope(hypothesis, series),
        unit=unit,
        display=lambda value: formats.magnitude(value, unit),
    )


def _slope(hypothesis: Hypothesis, series: Series) -> Scalar:
    """The median of the slopes between all pairs of periods, in SQL."""
    scope = hypothesis.facts.scope
    inner = series_sql(scope, series.measure, series.grain, (*series.where, within(scope, series.span)))
    numbered = select(["row_number() over (order by period) as i", "v"], inner.nested)
    pairs = f"({numbered}) as a join ({numbered}) as b on b.i > a.i"
    sql = select(["median((b.v - a.v) / (b.i - a.i))"], pairs)
    return Scalar(scope, sql, (*inner.params, *inner.params))


def _levels(
    series: Series,
    spans: tuple[Span, Span],
    levels: tuple[Figure, Figure],
    moved: Figure | None,
    writer: Writer,
) -> Text:
    early, late = (Name(span.name) for span in spans)
    where = f" for {member_of(series.dimension, series.member)}" if series.dimension and series.member else ""
    subject = Name(series.measure.name + where)
    a_period = f" a {series.grain}" if series.measure.additive else ""
    template = writer.pick(
        (
            f"From {{1}}, {{0}} averaged {{2}}{a_period}; from {{3}}, {{4}}",
            f"In the stretch from {{1}}, {{0}} came to {{2}}{a_period} on average, in the one from {{3}} to {{4}}",
            f"{{0}} averaged {{2}}{a_period} from {{1}} and {{4}} from {{3}}",
        )
    )
    parts = (subject, early, levels[0], late, levels[1])
    if moved is None:
        return writer.ledger.say(template + ".", *parts)
    side = "more" if levels[1].value > levels[0].value else "less"
    return writer.ledger.say(template + f", {{5}} {side}.", *parts, moved)


def _sureness(finding: Finding, writer: Writer) -> Text:
    strength = certainty(finding.q_value)
    return writer.ledger.say(
        writer.pick(
            (
                f"The movement is steadier than a series that merely drifts would show; the evidence is {strength}.",
                f"There is {strength} evidence for a lasting direction rather than a drift that could turn any day.",
                f"Chance ups and downs rarely line up like this: the evidence is {strength}.",
            )
        )
    )


def _caveats(series: Series, writer: Writer) -> tuple[Text, ...]:
    say = writer.ledger.say
    found = [say("A trend in the past is no promise that it goes on.")]
    if series.grain in {"month", "quarter"} and len(series.starts) < 2 * periods.CYCLES[series.grain]:
        found.append(
            say("The data do not cover the seasons often enough; part of the slope may be the season.")
        )
    return tuple(found)


def _advice(hypothesis: Hypothesis, series: Series, subject: Name, writer: Writer) -> Text:
    """What the pace leads to; nothing for levels, which one row a period reports and nobody here may steer."""
    ahead, called = _AHEAD[series.grain]
    if series.measure.level:
        return Text("")
    rising = hypothesis.direction == insights.DIRECTION_INCREASE
    if 2 * ahead > len(series.starts):
        return writer.ledger.say(
            "Set a level at which {0} counts as off its course, so that a turn is noticed when it comes.",
            subject,
        )
    unit = "points" if series.measure.unit == "%" else series.measure.unit
    reached = writer.ledger.number(
        f"slope of {subject.text} over {called}",
        times(_slope(hypothesis, series), ahead),
        unit=unit,
        display=lambda value: formats.magnitude(value, unit),
    )
    per = f" a {series.grain}" if series.measure.additive else ""
    end = (
        "check that stock, staff and budget allow for it"
        if rising
        else "decide before then which level is too low"
    )
    return writer.ledger.say(
        f"At its present pace, {{0}} would be {{1}}{per} {'higher' if rising else 'lower'} {called} from now; {end}.",
        subject,
        reached,
    )
