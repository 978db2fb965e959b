"""A measure repeats with the calendar: by hour of the day, day of the week, month or quarter of the year."""

import calendar
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from claribi.v1 import insights_pb2 as insights

from server.analysis import charts, formats, inference, periods
from server.analysis.columns import Dimension
from server.analysis.detectors.calendar_counts import surer_of_counts
from server.analysis.detectors.calendar_means import PartOfCalendar, calendar_means, tell_part
from server.analysis.evidence import Figure, Name, Text, join
from server.analysis.facts import Facts, Timeline, native_grain
from server.analysis.filled import FilledSeries
from server.analysis.hours import hourly
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
from server.analysis.inference import Floats
from server.analysis.means import both_ways
from server.analysis.scope import Scalar, Statement, difference, percent_change
from server.analysis.seasons import Season, calendar_season, season_profile
from server.analysis.series import Series
from server.analysis.slices import whole
from server.query.sql import select

LEAST_DAYS = 28  # of daily values, before days of the week are compared
LEAST_YEARS = 2
MATERIAL_PEAK = 0.05  # above the mean
MATERIAL_POINTS = 1.0  # for measures in percent
MATERIAL_STRENGTH = 0.2  # for measures without a base
_YEARLY = ("month", "quarter")
_UNIT = {"hour": "hour", "day": "day", "month": "month", "quarter": "quarter"}
_PHASE_NAME = {
    "hour": "strftime({}, '%H:00')",
    "day": "dayname({})",
    "month": "monthname({})",
    "quarter": "'Q' || quarter({})",
}
_CALLED = {"hour": "hour of the day", "day": "day of the week", "month": "month", "quarter": "quarter"}


@dataclass(frozen=True)
class _Found:
    """A season with the names of its phases in calendar order, and the deviation of each from the mean."""

    season: Season
    names: tuple[str, ...]
    profile: Floats
    mean: float

    @property
    def peak(self) -> int:
        """Place of the highest phase in the calendar's order."""
        return int(np.argmax(self.profile))

    @property
    def trough(self) -> int:
        """Place of the lowest phase in the calendar's order."""
        return int(np.argmin(self.profile))


class Seasonality:
    """Lines in the spectrum at the calendar's frequencies."""

    kind = insights.INSIGHT_TYPE_SEASONALITY

    def propose(self, facts: Facts) -> list[Hypothesis]:
        """Each measure's day, week and year, where the table covers enough of them."""
        if facts.timeline is None or not facts.timeline.starts:
            return []
        by_hour = hourly(facts)
        hours = by_hour.timeline if by_hour is not None else None
        return both_ways(facts, lambda seen: _proposed(seen, hours), sure=0.0)

    def tell(self, finding: Finding, writer: Writer) -> Told:
        """The season in words."""
        if isinstance(finding.hypothesis.detail, PartOfCalendar):
            return tell_part(finding, writer)
        return _tell(finding, writer)


def _proposed(facts: Facts, hours: Timeline | None) -> list[Hypothesis]:
    """Means by their rows, where rows can tell; everything else by the series."""
    by_rows = calendar_means(facts, hours)
    told = {(h.measure, required(h.detail, PartOfCalendar).cycle.name) for h in by_rows}
    series = [s for s in _candidates(facts, hours) if (s.measure, s.grain) not in told]
    found = [surer_of_counts(facts, one, _examine(facts, one)) for one in series]
    return [*by_rows, *(hypothesis for hypothesis in found if hypothesis is not None)]


def _candidates(facts: Facts, hours: Timeline | None) -> Iterator[Series]:
    """Series cut to whole cycles."""
    if facts.timeline is None or not facts.timeline.starts:
        return
    native = periods.GRAINS.index(native_grain(facts.timeline))
    # Hours are asked once, with the totals; rows of a single hour are too few for their means.
    if hours is not None and any(m.counts_rows or m.level for m in facts.measures):
        yield from _whole_cycles(replace(facts, timeline=hours), "hour", 48)
    if native <= periods.GRAINS.index("day"):
        yield from _whole_cycles(facts, "day", LEAST_DAYS)
    elif facts.timeline.grain in ("hour", "day"):
        # Days without rows say how many there are, but nothing else.
        counts = tuple(measure for measure in facts.measures if measure.counts_rows)
        yield from _whole_cycles(replace(facts, measures=counts, averages=()), "day", LEAST_DAYS)
    yearly = "quarter" if native == periods.GRAINS.index("quarter") else "month"
    if native <= periods.GRAINS.index(yearly):
        yield from _whole_cycles(facts, yearly, LEAST_YEARS * periods.CYCLES[yearly])


def _whole_cycles(facts: Facts, grain: str, least: int) -> Iterator[Series]:
    cycle = periods.CYCLES[grain]
    for series in whole(facts, grain):
        # Days begin at midnight; of weeks and years the last whole ones are taken.
        cut = -series.starts[0].hour % cycle if grain == "hour" else len(series.values) % cycle
        length = (len(series.values) - cut) // cycle * cycle
        if length >= least:
            stretch = slice(cut, cut + length)
            yield Series(series.measure, grain, series.starts[stretch], series.values[stretch])


def _tested_scale(values: Floats) -> Floats:
    """The values on the scale on which they are least skewed, of those that exist for them."""
    scales = [values]
    if (values > 0).all():
        scales.append(np.log(values))
    if (values >= 0).all():
        scales.append(np.sqrt(values))
    chosen = inference.steadiest(scales, spared=0)
    return chosen


def _examine(facts: Facts, series: Series) -> Hypothesis | None:
    cycle = periods.CYCLES[series.grain]
    season = calendar_season(series.values, _tested_scale(series.daily().values), cycle)
    if season is None:
        return None
    # Within a week or a day a trend is nothing; within a year it would lift the months at its end.
    table = series.values.reshape(-1, cycle)
    flat: Floats = table.mean(axis=0) - table.mean()
    profile = season_profile(series.values, cycle) if series.grain in _YEARLY else flat
    order = np.argsort([_phase_of(series, place) for place in range(cycle)], kind="stable")
    names = tuple(_phase_name(series, int(place)) for place in order)
    return _hypothesis(facts, series, _Found(season, names, profile[order], season.mean))


def _phase_of(series: Series, place: int) -> int:
    start = series.starts[place]
    return {"hour": start.hour, "day": start.weekday()}.get(series.grain, start.month)


def _phase_name(series: Series, place: int) -> str:
    start = series.starts[place]
    return {
        "hour": f"{start.hour:02d}:00",
        "day": calendar.day_name[start.weekday()],
        "month": calendar.month_name[start.month],
    }.get(series.grain, f"Q{(start.month + 2) // 3}")


def _hypothesis(facts: Facts, series: Series, found: _Found) -> Hypothesis | None:
    time = facts.scope.time
    if time is None:
        return None
    season, measure = found.season, series.measure
    value = float(found.profile[found.peak])
    relative = value / found.mean if found.mean > 0 and series.values.min() >= 0 else None
    points = measure.unit == "%"
    half = _half_width(series, found)
    size = _material(season, value, relative, points=points)
    return Hypothesis(
        kind=insights.INSIGHT_TYPE_SEASONALITY,
        facts=facts,
        measure=measure,
        tested=Tested(
            "harmonics of the calendar against the spectrum around them",
            season.statistic,
            season.p_value,
            len(series.values),
            "seasonal_strength",
            season.strength,
            (value - half, value + half),
        ),
        magnitude=Magnitude(value, "points" if points else measure.unit, None if points else relative),
        direction=insights.DIRECTION_HIGHER,
        material=size,
        size=saturating(value / 10.0 if points else relative or 0.0, 0.3),
        surprise=math.sqrt(season.strength),
        dimension=_dimension(facts, series.grain),
        members=(found.names[found.peak], found.names[found.trough]),
        span=series.span,
        series=series,
        profile=found.profile,
        detail=found,
    )


def _material(season: Season, value: float, relative: float | None, *, points: bool) -> bool:
    if points:
        return value >= MATERIAL_POINTS
    return season.strength >= MATERIAL_STRENGTH if relative is None else relative >= MATERIAL_PEAK


def _half_width(series: Series, found: _Found) -> float:
    """Half the width of the interval at 95 % of one phase's mean."""
    cycle, cycles = len(found.profile), found.season.cycles
    rest = series.values.reshape(-1, cycle)
    rest = rest - rest.mean(axis=1, keepdims=True)
    rest = rest - rest.mean(axis=0)
    degrees = (cycles - 1) * (cycle - 1)
    error = math.sqrt(float((rest**2).sum()) / degrees / cycles)
    return inference.t_quantile(0.975, degrees) * error


def _dimension(facts: Facts, grain: str) -> Dimension:
    time = facts.scope.time
    if time is None:
        raise ValueError("A season needs a time column.")
    return Dimension(
        time.column, _PHASE_NAME[grain].format(time.value), _CALLED[grain], periods.CYCLES[grain]
    )


def _tell(finding: Finding, writer: Writer) -> Told:
    hypothesis, ledger = finding.hypothesis, writer.ledger
    series, found = required(hypothesis.series, Series), required(hypothesis.detail, _Found)
    subject = subject_name(hypothesis)
    figures = _phase_figures(hypothesis, series, found, writer)
    peak, trough = (Name(_when(found.names[place], series.grain)) for place in (found.peak, found.trough))
    above = _above(hypothesis, series, found, writer)
    verb = writer.pick(("peaks", "is highest", "comes to a head"))
    title = ledger.say(f"{{0}} {verb} {{1}}", subject, peak)
    typical = ledger.number(
        f"{subject.text}, mean by {series.grain}",
        _filled(hypothesis, series).cell("avg(v)"),
        unit=series.measure.unit,
    )
    low, high = figures[found.trough], figures[found.peak]
    lead = _levels(series, (subject, peak, trough), (high, low, typical), above, writer)
    alt = ledger.say(
        f"Bars of {{0}} by {_CALLED[series.grain]}, highest {{1}} with {{2}}, lowest {{3}} with {{4}}.",
        subject, peak, high, trough, low,
    )  # fmt: skip
    body = [lead, _sureness(finding, series, writer)]
    chart = _chart(hypothesis, found, figures, (title, alt))
    advice = _advice(series, subject, (peak, trough), writer)
    size = _size(above, typical, series.measure.unit, relative=hypothesis.magnitude.relative is not None)
    return Told(title, lead, join(body), advice, _caveats(series, found, writer), chart, size)


def _size(above: Figure, typical: Figure, unit: str, *, relative: bool) -> Magnitude:
    """How far the peak lies above the mean, as it is told."""
    if not relative:
        return Magnitude(above.value, "points" if unit == "%" else unit)
    share = above.value / 100.0
    return Magnitude(share * abs(typical.value), unit, share)


def _when(name: str, grain: str) -> str:
    return {"hour": f"at {name}", "day": f"on {name}s"}.get(grain, f"in {name}")


def _filled(hypothesis: Hypothesis, series: Series) -> FilledSeries:
    return FilledSeries(hypothesis.facts.scope, series.measure, series.span, series.where)


def _phase_figures(hypothesis: Hypothesis, series: Series, found: _Found, writer: Writer) -> list[Figure]:
    """The mean of each phase, asked in one query and entered one by one, in calendar order."""
    filled = _filled(hypothesis, series)
    inner = filled.statement
    grouped = Statement(select(["phase", "avg(v)"], inner.nested, group="phase", order="phase"), inner.params)
    rows = [(int(row[0]), float(row[1])) for row in filled.scope.fetch(grouped) if row[1] is not None]
    label = f"{subject_name(hypothesis).text}, mean by {series.grain}"
    return [
        writer.ledger.known(
            f"{label}, {found.names[place]}",
            filled.cell("avg(v)", f"phase = {phase}"),
            value=value,
            unit=series.measure.unit,
        )
        for place, (phase, value) in enumerate(rows)
    ]


def _above(hypothesis: Hypothesis, series: Series, found: _Found, writer: Writer) -> Figure:
    """How far the peak lies above the mean: in points, in percent, or in the unit where there is no base."""
    peak, mean = _peak_scalar(hypothesis, series, found), _filled(hypothesis, series).cell("avg(v)")
    relative = hypothesis.magnitude.relative is not None
    unit = "%" if relative else hypothesis.magnitude.unit
    return writer.ledger.number(
        f"{found.names[found.peak]} against the mean of {subject_name(hypothesis).text}",
        percent_change(peak, mean) if relative else difference(peak, mean),
        unit=unit,
        display=lambda value: formats.magnitude(value, unit),
    )


def _peak_scalar(hypothesis: Hypothesis, series: Series, found: _Found) -> Scalar:
    """The mean of the peak's periods, in a year with the trend taken out."""
    filled = _filled(hypothesis, series)
    phase = f"phase = {found.peak}"
    if series.grain not in _YEARLY:
        return filled.cell("avg(v)", phase)
    centred = (
        "centred as (select v, i, phase, v - avg(v) over (partition by phase) as dv, "
        "i - avg(i) over (partition by phase) as di from filled), "
        "line as (select sum(dv * di) / sum(di * di) as slope, avg(i) as middle from centred)"
    )
    straightened = select(
        ["avg(c.v - l.slope * (c.i - l.middle))"], "centred as c, line as l", where=f"c.{phase}"
    )
    return filled.from_steps(centred, straightened)


def _levels(
    series: Series,
    names: tuple[Name, Name, Name],
    levels: tuple[Figure, Figure, Figure],
    above: Figure,
    writer: Writer,
) -> Text:
    each = _UNIT[series.grain]
    taken = ", growth taken out" if series.grain in _YEARLY else ""
    per = f" a {each}" if series.measure.additive else ""
    template = writer.pick(
        (
            f"A typical {each} has {{0}} of {{5}}; {{1}} it is {{3}}, which is {{6}} above that{taken}, and {{2}} "
            "{4}.",
            f"{{1}}, {{0}} reaches {{3}} on average: {{6}} over the usual {{5}}{per}{taken}. The low is {{2}}, with "
            "{4}.",
            f"From {{4}} {{2}}, {{0}} goes up to {{3}} {{1}}; the mean over every {each} is {{5}}, so the peak stands "
            f"{{6}} above it{taken}.",
        )
    )
    parts = (names[0], names[1], names[2], levels[0], levels[1], levels[2], above)
    text = writer.ledger.say(template, *parts)
    return replace(text, text=formats.sentence_case(text.text))


def _sureness(finding: Finding, series: Series, writer: Writer) -> Text:
    strength = certainty(finding.q_value)
    cycle = {"hour": "day after day", "day": "week after week"}.get(series.grain, "year after year")
    return writer.ledger.say(
        writer.pick(
            (
                f"The pattern comes back {cycle}, and the evidence for it is {strength}.",
                f"It repeats {cycle}: {strength} evidence that the calendar is behind it and not chance.",
                f"With {strength} evidence, this rhythm returns {cycle}.",
            )
        )
    )


def _chart(
    hypothesis: Hypothesis, found: _Found, figures: list[Figure], texts: tuple[Text, Text]
) -> insights.Chart:
    measure = hypothesis.measure
    chart = insights.Chart(type=insights.CHART_TYPE_BAR, title=texts[0].text, alt=texts[1].text)
    label = formats.sentence_case(_CALLED[required(hypothesis.series, Series).grain])
    chart.x.CopyFrom(insights.Axis(label=label, kind=insights.AXIS_KIND_CATEGORY))
    chart.y.CopyFrom(charts.number_axis(measure.name, measure.unit))
    drawn = chart.series.add(name=formats.sentence_case(measure.name), emphasis=True)
    for name, figure in zip(found.names, figures, strict=True):
        drawn.points.add(x=name, y=figure.value, evidence_id=figure.evidence_id)
    return chart


def _caveats(series: Series, found: _Found, writer: Writer) -> tuple[Text, ...]:
    say = writer.ledger.say
    if found.season.cycles <= LEAST_YEARS + 1:
        return (say("Few full cycles are in the data; the next ones will show how firm the pattern is."),)
    if series.grain == "hour":
        return (say("The mean by hour covers {0}.", Name(series.span.name)),)
    return ()


def _advice(series: Series, subject: Name, names: tuple[Name, Name], writer: Writer) -> Text:
    each = _UNIT[series.grain]
    template = writer.pick(
        (
            f"Compare a {each} only with its like: {{0}} {{1}} against {{0}} {{2}} says nothing about how things go.",
            "Plan people and stock for the peak {1}, and put maintenance {2}, when {0} is lowest.",
            f"Take the rhythm out before judging a single {each} of {{0}}; targets {{1}} should be higher than {{2}}.",
        )
    )
    return writer.ledger.say(template, subject, *names)
