"""Where a measure is heading, for measures with a direction or a rhythm that has proved itself on the past."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from claribi.v1 import insights_pb2 as insights

from server.analysis import charts, formats, periods
from server.analysis.breaks import in_two_units
from server.analysis.courses import steadiness_of
from server.analysis.drawn import moment
from server.analysis.evidence import Figure, Name, NoValue, Text, join
from server.analysis.facts import Facts, native_grain
from server.analysis.filled import FilledSeries
from server.analysis.forecasting import LEAST_PERIODS, Forecast, Method, forecast
from server.analysis.hypothesis import (
    Finding,
    Hypothesis,
    Magnitude,
    Tested,
    Told,
    Writer,
    required,
    saturating,
    subject_name,
)
from server.analysis.means import summed
from server.analysis.periods import Span
from server.analysis.scope import Scalar, Statement, difference, measured, percent_change, within
from server.analysis.seasons import Places, evident_phases, line_spectrum_test
from server.analysis.series import Series, overall_series
from server.analysis.testing_grain import testing_grain
from server.analysis.trends import LEAST_PERIODS as LEAST_TREND
from server.query.sql import select

MOST_PERIODS = 800  # of the past, to learn from
ESTABLISHED = 0.05
SURE = 0.3  # half width of the interval relative to the forecast at which it surprises half
WIDEST = 1.0  # half width of the interval, relative to the forecast, of what one can plan with
GUESSES = 2.0  # a direction or a rhythm may be behind a forecast


@dataclass(frozen=True)
class _Outlook:
    """A forecast with the phase of the first period ahead, and the period it is compared with."""

    found: Forecast
    phase: int
    base: int


class Outlook:
    """Forecasts that beat the naive one on the past, of series whose trend or season is established."""

    kind = insights.INSIGHT_TYPE_FORECAST

    def propose(self, facts: Facts) -> list[Hypothesis]:
        """Each measure's next periods, at the grain the report speaks in or else by the day."""
        if facts.timeline is None or facts.report_grain is None:
            return []
        grains = tuple(dict.fromkeys((facts.report_grain, native_grain(facts.timeline))))
        found = []
        for measure in facts.measures:
            tried = (_examine(facts, overall_series(facts, measure, grain), len(grains)) for grain in grains)
            hypothesis = next((one for one in tried if one is not None), None)
            if hypothesis is not None:
                found.append(hypothesis)
        return found

    def tell(self, finding: Finding, writer: Writer) -> Told:
        """The forecast in words."""
        return _tell(finding, writer)


def _examine(facts: Facts, series: Series | None, grains: int) -> Hypothesis | None:
    if series is None:
        return None
    series = Series(
        series.measure, series.grain, series.starts[-MOST_PERIODS:], series.values[-MOST_PERIODS:]
    )
    values = series.values
    if len(values) < LEAST_PERIODS or np.ptp(values) <= 0.0 or in_two_units(values):
        return None
    cycle = periods.CYCLES[series.grain]
    phases = evident_phases(values, series.grain) if series.grain != "week" else None
    p_value = min(1.0, GUESSES * grains * _established(facts, series, phases))
    if p_value > ESTABLISHED:
        return None
    found = forecast(values, phases, cycle)
    if found is None:
        return None
    back = cycle if phases is not None else 1
    phase = _phase_after(series) if phases is not None else 0
    return _hypothesis(facts, series, _Outlook(found, phase, len(values) - back), p_value)


def _established(facts: Facts, series: Series, phases: Places | None) -> float:
    """The smaller of the p values of a season and of a trend, which shows best at the grain trends are tested at."""
    grain, values, seen = testing_grain(facts), series.values, summed(facts)
    fine = overall_series(seen, series.measure, grain) if grain else None
    course = fine if fine is not None and series.grain == facts.report_grain else series
    trend = steadiness_of(seen, course).p_value if len(course.values) >= LEAST_TREND else 1.0
    if phases is None:
        return trend
    cycle = periods.CYCLES[series.grain]
    return min(line_spectrum_test(values[len(values) % cycle :], cycle)[1], trend)


def _phase_after(series: Series) -> int:
    """The calendar's phase of the first period ahead, as the query counts it."""
    moment = series.span.end
    return {"hour": moment.hour, "day": moment.weekday(), "month": moment.month - 1}.get(
        series.grain, (moment.month - 1) // 3
    )


def _hypothesis(facts: Facts, series: Series, outlook: _Outlook, p_value: float) -> Hypothesis:
    found, measure = outlook.found, series.measure
    value, base = float(found.values[0]), float(series.values[outlook.base])
    relative = (value - base) / base if base > 0 and series.values.min() >= 0 else None
    points = measure.unit == "%"
    end = series.span.end
    ahead = Span(end, periods.shift(end, series.grain, len(found.values)), series.grain)
    width = float(found.high[0] - found.low[0]) / 2.0
    return Hypothesis(
        kind=insights.INSIGHT_TYPE_FORECAST,
        facts=facts,
        measure=measure,
        tested=Tested(
            "trend or season, then errors of past forecasts against the naive ones",
            found.error,
            p_value,
            len(series.values),
            "mean_absolute_scaled_error",
            found.error,
            (float(found.low[0]), float(found.high[0])),
        ),
        magnitude=Magnitude(value, measure.unit, None if points else relative),
        direction=insights.DIRECTION_INCREASE if value > base else insights.DIRECTION_DECREASE,
        material=series.values.min() < 0 or width <= WIDEST * value,
        size=saturating((value - base) / 10.0 if points else relative or 0.0, 0.3),
        surprise=1.0 - saturating(width / abs(value) if value else 1.0, SURE),
        span=ahead,
        series=series,
        profile=series.values,
        detail=outlook,
    )


def _tell(finding: Finding, writer: Writer) -> Told:
    hypothesis, ledger = finding.hypothesis, writer.ledger
    series, outlook = required(hypothesis.series, Series), required(hypothesis.detail, _Outlook)
    subject, unit = subject_name(hypothesis), series.measure.unit
    first = periods.period_name(series.span.end, series.grain)
    next_value, low, high = _figures(hypothesis, series, outlook, writer)
    when = Name(first)
    on = "on" if series.grain in {"day", "hour"} else "in"
    title = ledger.say(f"{{0}}: {{1}} expected {on} {{2}}", subject, next_value, when)
    base, moved = _moved(hypothesis, series, outlook, writer)
    lead = _expected((subject, when, next_value, low, high), (base, moved), series.grain, writer)
    alt = ledger.say(
        f"A line of {{0}} by {series.grain}, continued to {{1}} with a band of what is likely.",
        subject,
        Name(
            periods.period_name(
                periods.shift(required(hypothesis.span, Span).end, series.grain, -1), series.grain
            )
        ),
    )
    chart = _chart(hypothesis, series, outlook, (title, alt), writer)
    body = [lead, _proved(outlook, series, writer)]
    relative = None if moved is None or hypothesis.magnitude.relative is None else moved.value / 100.0
    return Told(
        title,
        lead,
        join(body),
        _advice(hypothesis, subject, (low, high), writer),
        _caveats(writer),
        chart,
        Magnitude(next_value.value, unit, relative),
        (low.value, high.value),
    )


def _moved(
    hypothesis: Hypothesis, series: Series, outlook: _Outlook, writer: Writer
) -> tuple[Name, Figure | None]:
    """The period the forecast is compared with, and how far it lies from it; None where that is not known."""
    start = series.starts[outlook.base]
    span = Span(start, periods.shift(start, series.grain, 1), series.grain)
    scope, relative = hypothesis.facts.scope, hypothesis.magnitude.relative is not None
    then = measured(scope, series.measure, (within(scope, span),))
    ahead = _scalar(hypothesis, series, outlook, 0.0)
    unit = "%" if relative else "points" if series.measure.unit == "%" else series.measure.unit
    moved = writer.ledger.number_or_none(
        f"forecast of {subject_name(hypothesis).text} against {span.name}",
        percent_change(ahead, then) if relative else difference(ahead, then),
        unit=unit,
        display=lambda value: formats.magnitude(value, unit),
    )
    return Name(span.name), moved


def _expected(
    parts: tuple[Name, Name, Figure, Figure, Figure],
    against: tuple[Name, Figure | None],
    grain: str,
    writer: Writer,
) -> Text:
    base, moved = against
    on = "on" if grain in {"day", "hour"} else "in"
    likely = writer.pick(
        (
            f"If things go on as they have, {{0}} will be about {{2}} {on} {{1}}, most likely between {{3}} and {{4}}",
            f"The course so far points to {{2}} of {{0}} {on} {{1}}; a value outside {{3}} to {{4}} would surprise",
            f"Expect {{0}} of {{2}} {on} {{1}}, give or take: {{3}} to {{4}} is the range to plan with",
        )
    )
    if moved is None:
        return writer.ledger.say(likely + ".", *parts)
    side = "more" if moved.value > 0 else "less"
    return writer.ledger.say(likely + f". That is {{5}} {side} than {on} {{6}}.", *parts, moved, base)


def _figures(hypothesis: Hypothesis, series: Series, outlook: _Outlook, writer: Writer) -> list[Figure]:
    """The forecast of the first period ahead and both ends of its interval: asked at once, each entered by itself."""
    scope, sides = hypothesis.facts.scope, (0.0, -1.0, 1.0)
    rows = scope.fetch(_first_ahead(hypothesis, series, outlook, sides))
    label = (
        f"forecast of {subject_name(hypothesis).text}, {periods.period_name(series.span.end, series.grain)}"
    )
    figures = []
    for place, part in enumerate(("", ", lower end", ", upper end")):
        cell = rows[0][place] if rows else None
        if cell is None or not math.isfinite(cell):
            raise NoValue(label + part)
        asked = _scalar(hypothesis, series, outlook, sides[place])
        figures.append(writer.ledger.known(label + part, asked, value=cell, unit=series.measure.unit))
    return figures


def _scalar(hypothesis: Hypothesis, series: Series, outlook: _Outlook, side: float) -> Scalar:
    """The forecast of the first period ahead, or an end of its interval, as a query over the series."""
    asked = _first_ahead(hypothesis, series, outlook, (side,))
    return Scalar(hypothesis.facts.scope, asked.sql, asked.params)


def _first_ahead(
    hypothesis: Hypothesis, series: Series, outlook: _Outlook, sides: Sequence[float]
) -> Statement:
    """The first period ahead, so many reaches away, as a query of one row."""
    steps, params = _steps(hypothesis, series, outlook)
    reach = float(outlook.found.reach[0])
    values = [_ahead(outlook.found.method, f"{len(series.values)}", f"{side * reach!r}") for side in sides]
    answer = select(values, "season, line, latest", where=f"phase = {outlook.phase}")
    return Statement(f"{steps} {answer}", params)


def _course(hypothesis: Hypothesis, series: Series, outlook: _Outlook) -> Statement:
    """All periods ahead, each with its interval, as a query of place, value and both ends."""
    steps, params = _steps(hypothesis, series, outlook)
    found, n, rows = outlook.found, len(series.values), []
    cycle = periods.CYCLES[series.grain] if found.method.seasonal else 1
    for step, reach in enumerate(found.reach):
        place = moment(periods.shift(series.span.end, series.grain, step), series.grain)
        rows.append(f"('{place}', {n + step}, {(outlook.phase + step) % cycle}, {float(reach)!r})")
    later = f"(values {', '.join(rows)}) as ahead(place, later, phase, reach)"
    values = [_ahead(found.method, "later", reach) for reach in ("0", "-reach", "reach")]
    answer = select(["place", *values], f"season join {later} using (phase), line, latest", order="later")
    return Statement(f"{steps} {answer}", params)


def _ahead(method: Method, at: str, reach: str) -> str:
    """SQL of the expected value of a period, so many spreads away."""
    value = f"level + slope * {at} + carried + {reach} * spread"
    return f"exp({value})" if method.logarithm else value


def _steps(
    hypothesis: Hypothesis, series: Series, outlook: _Outlook
) -> tuple[str, tuple[str | float | int, ...]]:
    """What a forecast is made of, as tables of SQL: the levels of the phases, the slope, and what goes on.

    A line and the means of the phases by least squares, then the weighted mean of the latest deviations.
    """
    method, n = outlook.found.method, len(series.values)
    value, phase = "ln(v)" if method.logarithm else "v", "phase" if method.seasonal else "0"
    filled = FilledSeries(hypothesis.facts.scope, series.measure, series.span)
    scaled = select([f"{value} as y", "i", f"{phase} as phase"], "filled")
    centred = [f"{name} - avg({name}) over (partition by phase) as d{name}" for name in ("y", "i")]
    away = select(["y", "i", "phase", *centred], "scaled")
    slope = "sum(dy * di) / sum(di * di)" if method.sloped else "max(0.0)"
    line = select([f"{slope} as slope"], "away")
    season = select(["phase", "avg(y - slope * i) as level"], "scaled, line", group="phase")
    rest = select(["i", "y - slope * i - level as e"], "scaled join season using (phase), line")
    carried = f"{method.weight:g} * sum(e * power({1.0 - method.weight:g}, {n - 1} - i))"
    latest = select([f"{carried} as carried", "stddev_samp(e) as spread"], "rest")
    steps = (
        f"scaled as ({scaled}), away as ({away}), line as ({line}), season as ({season}), rest as ({rest}), "
        f"latest as ({latest})"
    )
    return f"with filled as ({filled.statement.sql}), {steps}", filled.statement.params


def _chart(
    hypothesis: Hypothesis, series: Series, outlook: _Outlook, texts: tuple[Text, Text], writer: Writer
) -> insights.Chart:
    """The past as a line, the periods ahead as a second one with its interval."""
    ledger, scope, unit = writer.ledger, hypothesis.facts.scope, series.measure.unit
    chart = charts.line(ledger, scope, series, texts=texts)
    name = f"forecast of {subject_name(hypothesis).text} by {series.grain}, as drawn"
    ahead = ledger.series(name, scope, _course(hypothesis, series, outlook), unit=unit)
    drawn = chart.series.add(name="Forecast", role=insights.SERIES_ROLE_FORECAST)
    drawn.points.extend([chart.series[0].points[-1], *ahead.points])
    return chart


def _proved(outlook: _Outlook, series: Series, writer: Writer) -> Text:
    against = (
        f"the {series.grain} a cycle earlier"
        if outlook.found.method.seasonal
        else f"the {series.grain} before"
    )
    return writer.ledger.say(
        writer.pick(
            (
                f"Tried on the past, the method came closer than repeating {against} would have.",
                f"The same method, given only what was known then, beat the guess that {against} comes again.",
                f"It has earned some trust: over earlier {series.grain}s it missed by less than {against} did.",
            )
        )
    )


def _caveats(writer: Writer) -> tuple[Text, ...]:
    return (
        writer.ledger.say(
            "A forecast knows only the past of this one measure; news, prices and plans are not in it."
        ),
    )


def _advice(hypothesis: Hypothesis, subject: Name, ends: tuple[Figure, Figure], writer: Writer) -> Text:
    """How to plan with the range; nothing for levels, which nobody here may steer."""
    if hypothesis.measure.level:
        return Text("")
    return writer.ledger.say(
        writer.pick(
            (
                "Plan {0} for the whole range: what would you do at {1}, and what at {2}?",
                "If {0} falls outside {1} to {2}, look for a reason at once rather than at the end of the year.",
            )
        ),
        subject,
        *ends,
    )
