"""Periods far from what season, trend and neighbours lead one to expect."""

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from claribi.v1 import insights_pb2 as insights

from server.analysis import charts, formats, periods
from server.analysis.breaks import without_single_values
from server.analysis.columns import Measure
from server.analysis.courses import two_units
from server.analysis.evidence import Name, Text, join
from server.analysis.facts import SLICE_MEMBERS, Breakdown, Facts, Timeline, complete_starts, native_grain
from server.analysis.far_days import far_days, otherwise, pictured
from server.analysis.far_periods import furthest, rows_p, unexplained
from server.analysis.far_things import FarThing, far_things
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
from server.analysis.inference import Extreme, Floats
from server.analysis.means import both_ways
from server.analysis.outlier_words import Words, advice, caveats, sentence
from server.analysis.periods import Span, one_period
from server.analysis.row_days import HEAVY_SKEW
from server.analysis.scales import settled
from server.analysis.scope import (
    Scalar,
    aggregate,
    difference,
    percent_change,
    series_sql,
    within,
)
from server.analysis.series import Series, member_series, phases, season
from server.analysis.slices import sliced_measures, whole
from server.query.sql import select

LEAST_PERIODS = 24
MOST_PERIODS = 1500
THIN_ROWS = 5.0  # a day; with fewer, weeks are looked at
MATERIAL_DISTANCE = 4.0  # robust spreads
MATERIAL_SHARE = 0.20  # of what was expected
COMPARED_SPAN = 8  # like periods on either side whose median is called usual


@dataclass(frozen=True)
class _Found:
    """The extremes that pass on their own, most extreme first, and the series' cycle."""

    extremes: tuple[Extreme, ...]
    by_phase: bool
    is_run: bool = False  # of days, judged by its rows
    is_cell: bool = False  # of one thing among many, judged among the cells of all


@dataclass(frozen=True)
class _Away:
    """How far a period or a run lies from what is usual, and when."""

    value: float
    relative: float | None
    span: Span
    found: _Found


class Outlier:
    """Generalised extreme studentised deviate on what season and neighbours leave unexplained."""

    kind = insights.INSIGHT_TYPE_OUTLIER

    def propose(self, facts: Facts) -> list[Hypothesis]:
        """Each series' most extreme period; of the members of a dimension, or things of a panel, the most extreme."""
        return [*both_ways(facts, _proposed), *(_of_thing(facts, far) for far in far_things(facts))]

    def tell(self, finding: Finding, writer: Writer) -> Told:
        """The outlier in words."""
        return _tell(finding, writer)


def _proposed(facts: Facts) -> list[Hypothesis]:
    if facts.timeline is None or facts.report_grain is None:
        return []
    totals, fine = list(whole(facts, facts.report_grain)), _fine(facts, facts.timeline)
    facts.scope.query.side_by_side(partial(far_days, facts), [*totals, *_members(facts, fine)])
    calm = {series.measure: _calm(facts, series) for series in totals}
    found = [hypothesis for hypothesis in calm.values() if hypothesis is not None]
    for grain in dict.fromkeys((fine, *_weeks(facts), facts.report_grain)):
        examined = (
            _examine(facts, series)
            for series in whole(facts, grain)
            if calm.get(series.measure) is None
            and _settled(facts, series, float(facts.timeline.rows.sum()) / len(series.values))
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


def _settled(facts: Facts, series: Series, rows: float) -> bool:
    """Whether no single row makes a period stand out: of totals only where rows have heavy tails."""
    seen, summed = facts.overview.get(series.measure), series.measure.aggregation == "sum"
    if seen is None or (summed and abs(seen.skew) <= HEAVY_SKEW):
        return True
    return series.measure.aggregation not in ("average", "sum") or settled(facts, series.measure, rows)


def _fine(facts: Facts, timeline: Timeline) -> str:
    """The finest grain whose periods are looked at one by one."""
    native = native_grain(timeline)
    thin = float(timeline.rows.mean()) < THIN_ROWS and not facts.is_panel
    return "week" if native == "day" and thin else native


def _weeks(facts: Facts) -> tuple[str, ...]:
    """Weeks, in which a run of days that are only a little off shows; none where they are what is followed anyway."""
    fine = facts.timeline is not None and facts.timeline.grain in ("hour", "day")
    return ("week",) if fine and facts.report_grain == "month" else ()


def _members(facts: Facts, grain: str) -> Iterator[Series]:
    """The coarsest series of each member that is looked at."""
    for measure in sliced_measures(facts):
        for breakdown in facts.breakdowns:
            for by_grain in _by_grain(facts, breakdown, measure, grain):
                yield from list(by_grain.values())[-1:]


def _by_grain(
    facts: Facts, breakdown: Breakdown, measure: Measure, grain: str
) -> Iterator[dict[str, Series]]:
    """The series of each member of a small dimension, by the grains it is seen at, finest first."""
    weeks = () if measure.additive else _weeks(facts)
    grains = tuple(dict.fromkeys((grain, *weeks, facts.report_grain or grain)))
    for place in range(len(breakdown.members) if len(breakdown.members) <= SLICE_MEMBERS else 0):
        found = (
            (seen, member_series(facts, breakdown, measure, member=place, grain=seen)) for seen in grains
        )
        yield {seen: series for seen, series in found if series is not None}


def _oddest_member(facts: Facts, breakdown: Breakdown, measure: Measure, grain: str) -> Hypothesis | None:
    """The member with the most extreme period, its p value corrected for the members looked at."""
    examined: list[Hypothesis | None] = []
    weeks = () if measure.additive else _weeks(facts)
    for place, by_grain in enumerate(_by_grain(facts, breakdown, measure, grain)):
        calm = _calm(facts, list(by_grain.values())[-1]) if by_grain else None
        if calm is not None:
            examined.append(calm)
            continue
        for seen in dict.fromkeys((grain, *weeks)):
            series = by_grain.get(seen)
            if series is not None and settled(facts, measure, _rows_a_period(facts, breakdown, place, seen)):
                examined.append(_examine(facts, series))
    return _oddest([hypothesis for hypothesis in examined if hypothesis is not None])


def _oddest(examined: list[Hypothesis]) -> Hypothesis | None:
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
    if not LEAST_PERIODS <= len(values) <= MOST_PERIODS or np.ptp(values) <= 0 or two_units(facts, series):
        return None
    seasonal = season(series, without_single_values(values))
    extremes = furthest(values, seasonal, phases(series))
    if not extremes:
        return None
    expected = values - unexplained(values - seasonal)
    return _hypothesis(facts, series, expected, tuple(extremes), bool(seasonal.any()))


def _calm(facts: Facts, series: Series) -> Hypothesis | None:
    """The run of days furthest from the rest; None unless days scatter as their rows make them."""
    far = far_days(facts, series)
    if far is None:
        return None
    value, measure = far.value - far.usual, series.measure
    positive = far.usual > 0 and (measure.counts_rows or facts.overview[measure].low >= 0.0)
    relative = value / far.usual if positive else None
    tested = Tested(
        "run of days against the rows of all others",
        far.statistic,
        far.p_value,
        (far.span.end - far.span.start).days,
        "standardised_distance",
        abs(far.statistic),
    )
    away = _Away(value, relative, far.span, _Found((), False, is_run=True))
    return _proposal(facts, pictured(facts, series, far.span), tested, away)


def _hypothesis(
    facts: Facts, series: Series, expected: Floats, extremes: tuple[Extreme, ...], by_phase: bool
) -> Hypothesis:
    worst = extremes[0]
    days = periods.days_in(series.starts[worst.index], series.grain) if series.daily() is not series else 1.0
    usual = float(expected[worst.index]) * days
    value = float(series.values[worst.index]) - usual
    relative = value / usual if usual > 0 and series.values.min() >= 0 else None
    tested = Tested(
        "generalised extreme studentised deviate",
        worst.distance,
        max(worst.p_value, rows_p(facts, series, worst.index, value)),
        len(series.values),
        "robust_spreads",
        worst.distance,
    )
    found = _Found(tuple(extreme for extreme in extremes if extreme.p_value < 0.01), by_phase)
    away = _Away(value, relative, one_period(series.starts[worst.index], series.grain), found)
    proposed = _proposal(facts, series, tested, away)
    return replace(proposed, material=proposed.material and not _of_one_row(facts, series.measure, value))


def _of_thing(facts: Facts, far: FarThing) -> Hypothesis:
    cell, series = far.cell, far.series
    value = far.value - cell.expected
    relative = value / cell.expected if cell.expected > 0 and series.values.min() >= 0 else None
    tested = Tested(
        "furthest cell against the end of all others",
        math.copysign(cell.distance, value),
        cell.p_value,
        far.cells,
        "robust_spreads",
        cell.distance,
    )
    span = one_period(far.start, series.grain)
    return _proposal(facts, series, tested, _Away(value, relative, span, _Found((), False, is_cell=True)))


def _of_one_row(facts: Facts, measure: Measure, value: float) -> bool:
    """Whether a single row may be all that a total has too much."""
    return measure.aggregation == "sum" and 0.0 < value <= facts.overview[measure].high


def _proposal(facts: Facts, series: Series, tested: Tested, away: _Away) -> Hypothesis:
    value, relative = away.value, away.relative
    where = (series.dimension, series.member) if series.dimension and series.member is not None else None
    large = relative is None or abs(relative) >= MATERIAL_SHARE
    return Hypothesis(
        kind=insights.INSIGHT_TYPE_OUTLIER,
        facts=facts,
        measure=series.measure,
        tested=tested,
        magnitude=Magnitude(value, "points" if series.measure.unit == "%" else series.measure.unit, relative),
        direction=insights.DIRECTION_HIGHER if value > 0 else insights.DIRECTION_LOWER,
        material=large and tested.effect >= MATERIAL_DISTANCE,
        size=saturating(relative if relative is not None else 1.0, 0.8),
        surprise=saturating(tested.effect - 3.0, 5.0),
        where=where,
        span=away.span,
        series=series,
        profile=series.values,
        detail=away.found,
    )


def _tell(finding: Finding, writer: Writer) -> Told:
    hypothesis, ledger = finding.hypothesis, writer.ledger
    series, found = required(hypothesis.series, Series), required(hypothesis.detail, _Found)
    words = _words(hypothesis, series, found, writer)
    verbs = ("jumped to", "shot up to", "spiked at") if words.high else ("sank to", "plunged to", "dipped to")
    span = required(hypothesis.span, Span)
    title = ledger.say(
        f"{{0}} {writer.pick(verbs)} {{1}} {span.preposition} {{2}}", words.subject, words.value, words.when
    )
    lead = sentence(words, _like(series, found), span.preposition, writer)
    body = [lead, _others(finding, series, found, writer)]
    side = "above" if words.high else "below"
    alt = ledger.say(
        f"A line of {{0}} by {series.grain}, in one place far {side} the rest: {{1}} against a usual {{2}}.",
        words.subject,
        words.value,
        words.usual,
    )
    marks = [(extreme.index, _name(series, extreme)) for extreme in found.extremes]
    if not marks:
        middle = span.start + (span.end - span.start) / 2
        marks = [(bisect_right(series.starts, middle) - 1, span.name)]
    ledger.names.update(text for _, text in marks)
    chart = charts.line(ledger, finding.hypothesis.facts.scope, series, texts=(title, alt), marks=marks)
    size = told_apart(words.value, words.usual, words.apart, series.measure.unit)
    step = advice(words, span.preposition, writer)
    return Told(title, lead, join(body), step, caveats(writer), chart, size)


def _name(series: Series, extreme: Extreme) -> str:
    return periods.period_name(series.starts[extreme.index], series.grain)


def _words(hypothesis: Hypothesis, series: Series, found: _Found, writer: Writer) -> Words:
    ledger, span, unit = writer.ledger, required(hypothesis.span, Span), series.measure.unit
    subject = subject_name(hypothesis)
    scope, total = hypothesis.facts.scope, series.measure.total
    # A day without a single row has a total of nothing.
    asked = f"coalesce({total}, 0)" if series.measure.additive else total
    then = aggregate(scope, asked, (*series.where, within(scope, span)))
    usual = _usual(hypothesis, series, found)
    apart_unit = "points" if unit == "%" else "%"
    return Words(
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
    if found.is_run:
        return "the rest of the time"
    if found.by_phase and series.grain == "day":
        return "the same weekday around that time"
    if found.by_phase and series.grain in {"month", "quarter", "week"}:
        return "the same time of other years"
    if found.by_phase and series.grain == "hour":
        return "the same hour of other days"
    return f"the {series.grain}s around it"


def _usual(hypothesis: Hypothesis, series: Series, found: _Found) -> Scalar:
    """The median of like periods nearby, the outlier itself left out; of a run of days what others come to."""
    scope, span = hypothesis.facts.scope, required(hypothesis.span, Span)
    if found.is_run:
        return otherwise(hypothesis.facts, series, span)
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


def _others(finding: Finding, series: Series, found: _Found, writer: Writer) -> Text:
    strength = certainty(finding.q_value)
    if found.is_cell:
        told = f"Of all that was compared, by {{0}} and {series.grain}, this lies furthest; the evidence is {strength}."
        return writer.ledger.say(told, Name(series.dimension.label if series.dimension else ""))
    rest = [Name(_name(series, extreme)) for extreme in found.extremes[1:]]
    if not rest:
        other = f"No other {series.grain}" if not found.is_run else "Nothing else"
        return writer.ledger.say(f"{other} stands out like this; the evidence is {strength}.")
    listed = ", ".join(f"{{{i}}}" for i in range(len(rest)))
    return writer.ledger.say(
        f"The evidence is {strength}. Also far from usual, though less: " + listed + ".", *rest
    )
