"""Periods far from what season, trend and neighbours lead one to expect."""

from dataclasses import dataclass, replace

import numpy as np
from claribi.v1 import insights_pb2 as insights

from server.analysis import charts, formats, inference, periods
from server.analysis.breaks import in_two_units
from server.analysis.columns import Measure
from server.analysis.evidence import Figure, Name, Text, join
from server.analysis.facts import SLICE_MEMBERS, Breakdown, Facts, complete_starts, native_grain
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
)
from server.analysis.inference import Extreme, Floats
from server.analysis.means import both_ways
from server.analysis.periods import Span, one_period
from server.analysis.scales import settled
from server.analysis.scope import Scalar, difference, measured, percent_change, series_sql, within
from server.analysis.series import Series, member_series, phases, season
from server.analysis.slices import sliced_measures, whole
from server.query.sql import select

LEAST_PERIODS = 24
MOST_PERIODS = 1500
NEIGHBOURS = 5  # periods on either side that say what to expect
MOST_OUTLIERS = 5
THIN_ROWS = 5.0  # a day; with fewer, weeks are looked at
CALM = (0.5, 1.3)  # how much more than by the number of their rows means may scatter to be calm
CALM_ROWS = 5.0  # behind a usual mean
_MEDIAN_SQUARE = 0.4549  # of a standard normal variable
MATERIAL_DISTANCE = 4.0  # robust spreads
MATERIAL_SHARE = 0.20  # of what was expected
COMPARED_SPAN = 8  # like periods on either side whose median is called usual


@dataclass(frozen=True)
class _Found:
    """The extremes that pass on their own, most extreme first, and the series' cycle."""

    extremes: tuple[Extreme, ...]
    by_phase: bool


class Outlier:
    """Generalised extreme studentised deviate on what season and neighbours leave unexplained."""

    kind = insights.INSIGHT_TYPE_OUTLIER

    def propose(self, facts: Facts) -> list[Hypothesis]:
        """Each series' most extreme period; of the members of a dimension the one with the most extreme."""
        return both_ways(facts, _proposed)

    def tell(self, finding: Finding, writer: Writer) -> Told:
        """The outlier in words."""
        return _tell(finding, writer)


def _proposed(facts: Facts) -> list[Hypothesis]:
    if facts.timeline is None or facts.report_grain is None:
        return []
    native = native_grain(facts.timeline)
    thin = native == "day" and float(facts.timeline.rows.mean()) < THIN_ROWS
    fine = "week" if thin else native
    found = []
    for grain in dict.fromkeys((fine, *_weeks(facts), facts.report_grain)):
        examined = (
            _examine(facts, series)
            for series in whole(facts, grain)
            if series.measure.aggregation != "average"
            or settled(facts, series.measure, float(facts.timeline.rows.sum()) / len(series.values))
        )
        known = (hypothesis for hypothesis in examined if hypothesis is not None)
        # Totals are seen by weeks in thin tables only.
        found += [h for h in known if grain in (fine, facts.report_grain) or not h.measure.additive]
    for measure in sliced_measures(facts):
        for breakdown in facts.breakdowns:
            member = _oddest_member(facts, breakdown, measure, fine)
            if member is not None:
                found.append(member)
    return found


def _weeks(facts: Facts) -> tuple[str, ...]:
    """Weeks, in which a run of days that are only a little off shows; none where they are what is followed anyway."""
    fine = facts.timeline is not None and facts.timeline.grain in ("hour", "day")
    return ("week",) if fine and facts.report_grain == "month" else ()


def _oddest_member(facts: Facts, breakdown: Breakdown, measure: Measure, grain: str) -> Hypothesis | None:
    """The member with the most extreme period, its p value corrected for the members looked at."""
    if len(breakdown.members) > SLICE_MEMBERS:
        return None
    examined = []
    weeks = () if measure.additive else _weeks(facts)
    for seen in dict.fromkeys((grain, *weeks)):
        for place in range(len(breakdown.members)):
            if not settled(facts, measure, _rows_a_period(facts, breakdown, place, seen)):
                continue
            series = member_series(facts, breakdown, measure, member=place, grain=seen)
            hypothesis = _examine(facts, series) if series is not None else None
            if hypothesis is not None:
                examined.append(hypothesis)
    if not examined:
        return None
    oddest = min(examined, key=lambda hypothesis: hypothesis.tested.p_value)
    p_value = min(1.0, len(examined) * oddest.tested.p_value)
    return replace(oddest, tested=replace(oddest.tested, p_value=p_value))


def _rows_a_period(facts: Facts, breakdown: Breakdown, member: int, grain: str) -> float:
    if facts.timeline is None:
        return 0.0
    return float(breakdown.rows[member].sum()) / max(
        len(complete_starts(facts.timeline, grain, facts.now)), 1
    )


def _examine(facts: Facts, series: Series) -> Hypothesis | None:
    values = series.daily().values
    if not LEAST_PERIODS <= len(values) <= MOST_PERIODS or np.ptp(values) <= 0 or in_two_units(values):
        return None
    calm = _calm_extreme(facts, series)
    if calm is not None:
        # Where means scatter as their rows make them, nothing else is needed to say what is far.
        return _hypothesis(facts, series, values - _unexplained(values), (calm,), False)
    seasonal = season(series, values)
    residuals = _steadied(values, values - seasonal)
    extremes = inference.extremes(residuals, MOST_OUTLIERS)
    if not extremes:
        return None
    expected = values - _unexplained(values - seasonal)
    return _hypothesis(facts, series, expected, tuple(extremes), bool(seasonal.any()))


def _calm_extreme(facts: Facts, series: Series) -> Extreme | None:
    """The mean furthest from that of all rows; None unless means scatter as the numbers of their rows make them."""
    measure = series.measure
    if series.rows is None or measure.level or measure.is_share or float(series.rows.min()) <= 0:
        return None
    error = facts.overview[measure].deviation / np.sqrt(series.rows)
    if float(error.min()) <= 0.0 or float(np.median(series.rows)) < CALM_ROWS:
        return None
    mean = float((series.values * series.rows).sum() / series.rows.sum())
    distance = (series.values - mean) / error
    scatter = float(np.median(distance**2)) / _MEDIAN_SQUARE
    if not CALM[0] <= scatter <= CALM[1]:
        return None
    place = int(np.argmax(np.abs(distance)))
    p_value = _rows_p(facts, series, place, float(series.values[place]) - mean)
    return Extreme(place, float(abs(distance[place])), p_value)


def _steadied(values: Floats, flat: Floats) -> Floats:
    """Residuals on the first scale on which they are hardly skewed."""
    positive = bool((flat > 0).all() and (values > 0).all())
    scales = [flat, *((np.sqrt(flat), np.log(flat)) if positive else ())]
    return inference.steadiest([_unexplained(scaled) for scaled in scales], spared=MOST_OUTLIERS // 2 + 1)


def _unexplained(values: Floats) -> Floats:
    """What the median of the neighbours, the period itself left out, does not explain."""
    n = len(values)
    padded = np.pad(values, NEIGHBOURS, constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * NEIGHBOURS + 1).copy()
    around[:, NEIGHBOURS] = np.nan
    around.sort(axis=1)  # what is not there comes last
    known = np.count_nonzero(~np.isnan(around), axis=1)
    every = np.arange(n)
    residuals: Floats = values - (around[every, (known - 1) // 2] + around[every, known // 2]) / 2.0
    return residuals


def _hypothesis(
    facts: Facts, series: Series, expected: Floats, extremes: tuple[Extreme, ...], by_phase: bool
) -> Hypothesis:
    worst = extremes[0]
    days = periods.days_in(series.starts[worst.index], series.grain) if series.daily() is not series else 1.0
    usual = float(expected[worst.index]) * days
    value = float(series.values[worst.index]) - usual
    relative = value / usual if usual > 0 and series.values.min() >= 0 else None
    where = (series.dimension, series.member) if series.dimension and series.member is not None else None
    large = relative is None or abs(relative) >= MATERIAL_SHARE
    return Hypothesis(
        kind=insights.INSIGHT_TYPE_OUTLIER,
        facts=facts,
        measure=series.measure,
        tested=Tested(
            "generalised extreme studentised deviate",
            worst.distance,
            max(worst.p_value, _rows_p(facts, series, worst.index, value)),
            len(series.values),
            "robust_spreads",
            worst.distance,
        ),
        magnitude=Magnitude(value, "points" if series.measure.unit == "%" else series.measure.unit, relative),
        direction=insights.DIRECTION_HIGHER if value > 0 else insights.DIRECTION_LOWER,
        material=large and worst.distance >= MATERIAL_DISTANCE,
        size=saturating(relative if relative is not None else 1.0, 0.8),
        surprise=saturating(worst.distance - 3.0, 5.0),
        where=where,
        span=one_period(series.starts[worst.index], series.grain),
        series=series,
        profile=series.values,
        detail=_Found(tuple(extreme for extreme in extremes if extreme.p_value < 0.01), by_phase),
    )


def _rows_p(facts: Facts, series: Series, place: int, away: float) -> float:
    """How often the rows of one of so many periods have a mean this far away by chance; 0 for totals and levels.

    Few rows of skewed values have heavier tails than the normal: Student's t with as many degrees as two a row.
    """
    if series.rows is None or series.measure.level or series.rows[place] <= 0:
        return 0.0
    rows = float(series.rows[place])
    error = facts.overview[series.measure].deviation / rows**0.5
    if error <= 0.0:
        return 0.0
    return min(1.0, len(series.values) * inference.t_two_sided(away / error, 2.0 * rows + 3.0))


@dataclass(frozen=True)
class _Words:
    """The parts an outlier is told with."""

    subject: Name
    when: Name
    value: Figure
    usual: Figure
    apart: Figure | None
    high: bool


def _tell(finding: Finding, writer: Writer) -> Told:
    hypothesis, ledger = finding.hypothesis, writer.ledger
    series, found = required(hypothesis.series, Series), required(hypothesis.detail, _Found)
    words = _words(hypothesis, series, found, writer)
    verbs = ("jumped to", "shot up to", "spiked at") if words.high else ("sank to", "plunged to", "dipped to")
    preposition = "on" if series.grain in {"day", "hour"} else "in"
    title = ledger.say(
        f"{{0}} {writer.pick(verbs)} {{1}} {preposition} {{2}}", words.subject, words.value, words.when
    )
    lead = _sentence(words, _like(series, found), preposition, writer)
    body = [lead, _others(finding, series, found, writer)]
    side = "above" if words.high else "below"
    alt = ledger.say(
        f"A line of {{0}} by {series.grain}, with a single point far {side} the rest: {{1}} against a usual {{2}}.",
        words.subject,
        words.value,
        words.usual,
    )
    marks = [(extreme.index, _name(series, extreme)) for extreme in found.extremes]
    ledger.names.update(text for _, text in marks)
    chart = charts.line(ledger, finding.hypothesis.facts.scope, series, texts=(title, alt), marks=marks)
    return Told(title, lead, join(body), _advice(words, series, writer), _caveats(writer), chart)


def _name(series: Series, extreme: Extreme) -> str:
    return periods.period_name(series.starts[extreme.index], series.grain)


def _words(hypothesis: Hypothesis, series: Series, found: _Found, writer: Writer) -> _Words:
    ledger, span, unit = writer.ledger, required(hypothesis.span, Span), series.measure.unit
    subject = subject_name(hypothesis)
    then = measured(
        hypothesis.facts.scope, series.measure, (*series.where, within(hypothesis.facts.scope, span))
    )
    usual = _usual(hypothesis, series, found)
    apart_unit = "points" if unit == "%" else "%"
    return _Words(
        subject=subject,
        when=Name(span.name),
        value=ledger.number(f"{subject.text}, {span.name}", then, unit=unit),
        usual=ledger.number(f"usual {subject.text} around {span.name}", usual, unit=unit),
        apart=None
        if unit != "%" and series.values.min() < 0
        else ledger.number_or_none(
            f"distance of {subject.text} from usual, {span.name}",
            difference(then, usual) if unit == "%" else percent_change(then, usual),
            unit=apart_unit,
            display=lambda value: formats.magnitude(value, apart_unit),
        ),
        high=hypothesis.direction == insights.DIRECTION_HIGHER,
    )


def _like(series: Series, found: _Found) -> str:
    if found.by_phase and series.grain == "day":
        return "the same weekday around that time"
    if found.by_phase and series.grain in {"month", "quarter", "week"}:
        return "the same time of other years"
    if found.by_phase and series.grain == "hour":
        return "the same hour of other days"
    return f"the {series.grain}s around it"


def _usual(hypothesis: Hypothesis, series: Series, found: _Found) -> Scalar:
    """The median of like periods nearby, the outlier itself left out."""
    scope, span = hypothesis.facts.scope, required(hypothesis.span, Span)
    position = series.starts.index(span.start)
    phase = phases(series)
    like = [
        i for i in range(len(phase)) if i != position and (not found.by_phase or phase[i] == phase[position])
    ]
    like = sorted(sorted(like, key=lambda i: (abs(i - position), i))[: 2 * COMPARED_SPAN])
    inner = series_sql(scope, series.measure, series.grain, series.where)
    marks = ", ".join("cast(? as timestamp)" for _ in like)
    starts = tuple(series.starts[i].isoformat(sep=" ") for i in like)
    sql = select(["median(v)"], inner.nested, where=f"period in ({marks})")
    return Scalar(scope, sql, (*inner.params, *starts))


def _sentence(words: _Words, like: str, on: str, writer: Writer) -> Text:
    side = "above" if words.high else "below"
    parts = (words.subject, words.when, words.value, words.usual)
    if words.apart is None:
        return writer.ledger.say(f"For {like}, {{0}} is usually {{3}}; {on} {{1}} it was {{2}}.", *parts)
    template = writer.pick(
        (
            f"For {like}, {{0}} is usually {{3}}; {on} {{1}} it was {{2}}, {{4}} {side}.",
            f"Going by {like}, about {{3}} was to be expected of {{0}} {on} {{1}}; it was {{2}}, {{4}} {side}.",
            f"{{0}} {on} {{1}} was {{2}}, which is {{4}} {side} the {{3}} that {like} would lead one to expect.",
        )
    )
    return writer.ledger.say(template, *parts, words.apart)


def _others(finding: Finding, series: Series, found: _Found, writer: Writer) -> Text:
    strength = certainty(finding.q_value)
    rest = [Name(_name(series, extreme)) for extreme in found.extremes[1:]]
    if not rest:
        return writer.ledger.say(f"No other {series.grain} stands out like this; the evidence is {strength}.")
    listed = ", ".join(f"{{{i}}}" for i in range(len(rest)))
    return writer.ledger.say(
        f"The evidence is {strength}. Also far from usual, though less: " + listed + ".", *rest
    )


def _caveats(writer: Writer) -> tuple[Text, ...]:
    return (
        writer.ledger.say("The test says that the value is unusual, not whether it is an event or an error."),
    )


def _advice(words: _Words, series: Series, writer: Writer) -> Text:
    on = "on" if series.grain in {"day", "hour"} else "in"
    templates = (
        (
            "Open the rows of {1} first: a bulk booking, a duplicate load or a one-off would each look like this.",
            "Ask who remembers {1}. If {0} was real, keep it out of averages and plans; if not, correct it.",
        )
        if words.high
        else (
            "Check whether the data of {1} are all there; a late or broken load is the commonest cause of such a gap.",
            f"Ask what stopped {on} {{1}}: an outage or a closure would explain {{0}} of {{2}}, so would missing rows.",
        )
    )
    return writer.ledger.say(writer.pick(templates), words.subject, words.when, words.value)
