"""Charts as data: a line through time, or bars by member."""

from collections.abc import Sequence

import numpy as np
from claribi.v1 import insights_pb2 as insights

from server.analysis import formats, periods
from server.analysis.columns import Dimension
from server.analysis.drawn import Drawn, course, moment
from server.analysis.evidence import Figure, Ledger, Text
from server.analysis.facts import Facts
from server.analysis.hypothesis import member_name
from server.analysis.scope import Condition, Scalar, Scope, Statement, aggregate, equals
from server.analysis.series import Series
from server.query.sql import select

BARS = 12


def line(
    ledger: Ledger,
    scope: Scope,
    series: Series,
    *,
    texts: tuple[Text, Text],
    marks: Sequence[tuple[int, str]] = (),
) -> insights.Chart:
    """The series under a title, alternative text with it, with marks at the indexes given.

    A long series shows its last points. Raises QueryError.
    """
    chart = insights.Chart(type=insights.CHART_TYPE_LINE, title=texts[0].text, alt=texts[1].text)
    grain = periods.GRAIN_VALUES[series.grain]
    chart.x.CopyFrom(
        insights.Axis(label=formats.sentence_case(series.grain), kind=insights.AXIS_KIND_TIME, grain=grain)
    )
    chart.y.CopyFrom(number_axis(series.measure.name, series.measure.unit))
    name = _series_name(series)
    drawn = ledger.series(
        f"{name} by {series.grain}, as drawn", scope, course(scope, series), unit=series.measure.unit
    )
    chart.series.add(name=name, points=drawn.points, emphasis=True)
    shown = {row.x for row in drawn.rows}
    for index, text in marks:
        if (place := moment(series.starts[index], series.grain)) in shown:
            chart.annotations.add(x=place, text=text)
    return chart


def bars(
    dimension: Dimension,
    rows: Sequence[tuple[str, Figure]],
    *,
    texts: tuple[Text, Text],
    axis: tuple[str, str],
    emphasis: Sequence[str],
) -> insights.Chart:
    """Bars in the order given, title and alternative text, name and unit of the vertical axis."""
    chart = insights.Chart(type=insights.CHART_TYPE_BAR, title=texts[0].text, alt=texts[1].text)
    label = formats.sentence_case(dimension.label)
    chart.x.CopyFrom(insights.Axis(label=label, kind=insights.AXIS_KIND_CATEGORY))
    chart.y.CopyFrom(number_axis(*axis))
    for emphatic in (True, False):
        chosen = [(member, figure) for member, figure in rows if (member in emphasis) == emphatic]
        if chosen:
            name = member_name(emphasis[0]) if emphatic and len(emphasis) == 1 else _group_name(emphatic)
            drawn = chart.series.add(name=name, emphasis=emphatic)
            for member, figure in chosen:
                drawn.points.add(x=member_name(member), y=figure.value, evidence_id=figure.evidence_id)
    return chart


def member_figures(
    ledger: Ledger,
    facts: Facts,
    dimension: Dimension,
    *,
    expression: str,
    called: tuple[str, str],
    first: str = "",
) -> list[tuple[str, Figure]]:
    """The largest members by an aggregate, largest first, asked in one query and entered one by one.

    `called` is the name and the unit of the number; the member `first` is among them whatever its size.
    """
    scope, (label, unit) = facts.scope, called
    grouped = scope.select(
        [f"{dimension.value} as member", f"{expression} as v"],
        [Condition(f"{dimension.value} is not null")],
        group="1",
    )
    # Ordered by the printed value, then by name, so that ties do not depend on the scan.
    order = "member = ? desc, v desc, member"
    sql = select(["member", "v"], grouped.nested, where="v is not null", order=order, limit=BARS)
    found = [(str(row[0]), float(row[1])) for row in scope.fetch(Statement(sql, (*grouped.params, first)))]
    found = sorted((pair for pair in found if np.isfinite(pair[1])), key=lambda pair: (-pair[1], pair[0]))
    return [
        (
            member,
            ledger.known(
                f"{label}, {member_name(member)}",
                _of_member(facts, dimension, expression, member),
                value=value,
                unit=unit,
            ),
        )
        for member, value in found
    ]


def _of_member(facts: Facts, dimension: Dimension, expression: str, member: str) -> Scalar:
    return aggregate(facts.scope, expression, [equals(dimension, member)])


def words(chart: insights.Chart | None) -> set[str]:
    """What a chart prints of the data's own names beside its sentences: its axes and its series."""
    if chart is None:
        return set()
    return {chart.x.label, chart.y.label, *(series.name for series in chart.series)}


def number_axis(label: str, unit: str) -> insights.Axis:
    """An axis of numbers."""
    return insights.Axis(label=formats.sentence_case(label), kind=insights.AXIS_KIND_NUMBER, unit=unit)


def _series_name(series: Series) -> str:
    return formats.sentence_case(series.measure.name) if series.member is None else member_name(series.member)


def _group_name(emphatic: bool) -> str:
    return "Highlighted" if emphatic else "Others"


def scatter(
    drawn: Drawn,
    *,
    texts: tuple[Text, Text],
    axes: tuple[tuple[str, str], tuple[str, str]],
    name: str,
) -> insights.Chart:
    """A cloud of points; title and alternative text, then name and unit of each axis."""
    chart = insights.Chart(type=insights.CHART_TYPE_SCATTER, title=texts[0].text, alt=texts[1].text)
    chart.x.CopyFrom(number_axis(*axes[0]))
    chart.y.CopyFrom(number_axis(*axes[1]))
    chart.series.add(name=formats.sentence_case(name), points=drawn.points, emphasis=True)
    return chart


def waterfall(
    dimension: Dimension,
    ends: tuple[tuple[str, Figure], tuple[str, Figure]],
    steps: Sequence[tuple[str, Figure]],
    *,
    texts: tuple[Text, Text],
    axis: tuple[str, str],
) -> insights.Chart:
    """From the first total to the second by what each step added or took."""
    chart = insights.Chart(type=insights.CHART_TYPE_WATERFALL, title=texts[0].text, alt=texts[1].text)
    label = formats.sentence_case(dimension.label)
    chart.x.CopyFrom(insights.Axis(label=label, kind=insights.AXIS_KIND_CATEGORY))
    chart.y.CopyFrom(number_axis(*axis))
    drawn = chart.series.add(name=formats.sentence_case(axis[0]), emphasis=True)
    for place, (name, figure) in enumerate([ends[0], *steps, ends[1]]):
        point = drawn.points.add(x=name, y=figure.value, evidence_id=figure.evidence_id)
        if place in (0, len(steps) + 1):
            point.total = True
    return chart
