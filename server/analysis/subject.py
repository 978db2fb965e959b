"""A hypothesis as the messages of the contract."""

from claribi.v1 import insights_pb2 as insights

from server.analysis.columns import Measure
from server.analysis.hypothesis import Finding, Hypothesis, Magnitude
from server.analysis.periods import GRAIN_VALUES

_AGGREGATIONS = {
    "sum": insights.AGGREGATION_SUM,
    "average": insights.AGGREGATION_AVERAGE,
    "ratio": insights.AGGREGATION_AVERAGE,
    "count": insights.AGGREGATION_COUNT,
}
_BY_MEAN = (
    insights.INSIGHT_TYPE_GROUP_DIFFERENCE,
    insights.INSIGHT_TYPE_MIX_SHIFT,
    insights.INSIGHT_TYPE_EVENNESS,
)
OTHER_MEMBERS = 20
_INT32_MAX = 2**31 - 1


def subject_of(hypothesis: Hypothesis) -> insights.Subject:
    """Measure, dimension, second column, slice and time of a hypothesis."""
    subject = insights.Subject(measure=measure_message(hypothesis.measure, mean=hypothesis.kind in _BY_MEAN))
    if hypothesis.dimension is not None:
        subject.dimension.column = hypothesis.dimension.column
        subject.dimension.expression = hypothesis.dimension.made
        if hypothesis.members:
            subject.dimension.member = hypothesis.members[0]
            subject.dimension.other_members.extend(hypothesis.members[1:OTHER_MEMBERS])
    if hypothesis.where is not None:
        subject.where.add(column=hypothesis.where[0].column, member=hypothesis.where[1])
    if hypothesis.second is not None:
        subject.second.column = hypothesis.second.column
        if hypothesis.second.member is not None:
            subject.second.member = hypothesis.second.member
    time = hypothesis.facts.scope.time
    if hypothesis.span is not None and time is not None:
        span = insights.TimeSpan(column=time.column, grain=GRAIN_VALUES[hypothesis.span.grain])
        setattr(span, "from", hypothesis.span.first_moment)
        span.to = hypothesis.span.last_moment
        subject.time.CopyFrom(span)
    return subject


def measure_message(measure: Measure, *, mean: bool = False) -> insights.Measure:
    aggregation = "average" if mean and measure.aggregation == "sum" else measure.aggregation
    label = measure.average_name if aggregation == "average" else measure.label
    expression = (
        measure.expression if measure.made or measure.counts_rows else f"{aggregation}({measure.column})"
    )
    return insights.Measure(
        column=measure.column,
        expression=expression,
        aggregation=_AGGREGATIONS[aggregation],
        label=label,
        unit=measure.unit,
    )


def magnitude_of(magnitude: Magnitude) -> insights.Magnitude:
    """How large."""
    return insights.Magnitude(value=magnitude.value, unit=magnitude.unit, relative=magnitude.relative)


def statistics_of(finding: Finding, told: tuple[float, float] | None = None) -> insights.Statistics:
    """How sure; the interval is the one the sentences tell, where they do."""
    tested = finding.hypothesis.tested
    statistics = insights.Statistics(
        test=tested.test,
        statistic=tested.statistic,
        p_value=tested.p_value,
        q_value=finding.q_value,
        n=min(tested.n, _INT32_MAX),
        effect=insights.Effect(name=tested.effect_name, value=tested.effect),
    )
    interval = told or tested.interval
    if interval is not None:
        low, high = interval
        statistics.interval.CopyFrom(insights.Interval(low=low, high=high, level=0.95))
    return statistics
