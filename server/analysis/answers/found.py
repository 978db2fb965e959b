"""Answers that the findings of the report give: forecasts, what is unusual, the quality of the data."""

from collections.abc import Sequence
from dataclasses import replace

from claribi.v1 import insights_pb2 as insights

from server.analysis.answers.tables import ranking
from server.analysis.answers.wording import Answer, subject
from server.analysis.asking.reading import Reading
from server.analysis.columns import Dimension
from server.analysis.evidence import Ledger, Name, Text, join
from server.analysis.hypothesis import Findings, Told
from server.analysis.scope import Condition, Scalar, Statement
from server.query.sql import select

GRAVEST = 3


def forecast(reading: Reading, findings: Findings, ledger: Ledger) -> Answer:
    """The forecast among the findings, or why there is none."""
    told = _of_kind(reading, findings, (insights.INSIGHT_TYPE_FORECAST,))
    if told:
        return Answer(told[0].lead)
    name = subject(reading, reading.quantity)
    return Answer(
        ledger.say(
            "There is no forecast of {0} to rely on: either the history is too short, or a forecast tried on the "
            "periods already known did no better than repeating the past.",
            name,
        )
    )


def outliers(reading: Reading, findings: Findings, ledger: Ledger) -> Answer:
    """The unusual values among the findings."""
    kinds = (insights.INSIGHT_TYPE_OUTLIER, insights.INSIGHT_TYPE_CHANGE, insights.INSIGHT_TYPE_CHANGE_POINT)
    told = _of_kind(reading, findings, kinds)
    if told:
        return Answer(join([one.lead for one in told[:GRAVEST]]))
    name = subject(reading, reading.quantity)
    return Answer(
        ledger.say(
            "Nothing unusual stands out in {0}: its ups and downs are no larger than chance makes them.", name
        )
    )


def with_trend(reading: Reading, answer: Answer, findings: Findings, ledger: Ledger) -> Answer:
    """The answer to how something developed, begun with its trend or break, or with there being none if one asks."""
    told = _of_kind(reading, findings, (insights.INSIGHT_TYPE_TREND, insights.INSIGHT_TYPE_CHANGE_POINT))
    if told:
        return replace(answer, lead=told[0].lead, notes=(answer.lead, *answer.notes))
    if not reading.rising:
        return answer
    asked = "rise" if reading.rising > 0 else "fall"
    none = ledger.say(
        f"No lasting {asked} of {{0}} shows beyond its ups and downs.", subject(reading, reading.quantity)
    )
    return replace(answer, lead=join([none, answer.lead]))


def _of_kind(reading: Reading, findings: Findings, kinds: Sequence[int]) -> list[Told]:
    """Findings of the asked kinds about the asked measure, or about any where none is named."""
    asked = {quantity.measure.expression for quantity in reading.quantities}
    pairs = zip(findings.kept, findings.told, strict=True)
    found = [(finding.hypothesis, told) for finding, told in pairs if finding.hypothesis.kind in kinds]
    whole = [(h, told) for h, told in found if h.where is None or reading.filters]
    return [told for h, told in whole if reading.few or h.measure.expression in asked]


def concentration(reading: Reading, ledger: Ledger) -> Answer | None:
    """How many of the largest it takes to make up half of the whole (or the one that already does)."""
    dimensions = reading.by or reading.facts.plan.ranked[:1]
    if not dimensions or not reading.quantity.additive:
        return None
    asked = replace(reading, by=dimensions[:1], limit=reading.limit or 5, lowest=False)
    table = ranking(asked, ledger).table
    dimension, name = dimensions[0], subject(reading, reading.quantity, reading.period)
    largest = _largest(asked, dimension)
    cells = [
        ("number it takes", select(["min(k)"], largest.nested, where="held >= 0.5"), "rows"),
        ("their share", select(["100.0 * min(held)"], largest.nested, where="held >= 0.5"), "%"),
        ("number of all", select(["max(k)"], largest.nested), "rows"),
    ]
    figures = [
        ledger.number_or_none(
            f"{dimension.label}: {label}", Scalar(reading.facts.scope, sql, largest.params), unit=unit
        )
        for label, sql, unit in cells
    ]
    few, share, every = figures
    if few is None or share is None or every is None:
        return None
    label = Name(dimension.label)
    lead = ledger.say("Of {0}, {1} is held by {2} of the {3} values of {4}.", name, share, few, every, label)
    return Answer(lead, (), table)


def _largest(reading: Reading, dimension: Dimension) -> Statement:
    """Members by size: the place `k` of each and the share `held` by it and all larger ones."""
    sized = reading.facts.scope.select(
        [f"{dimension.value} as member", f"{reading.quantity.sql} as v"],
        [*reading.during(reading.period), Condition(f"{dimension.value} is not null")],
        group="1",
    )
    order = "order by v desc, member"
    cells = [
        f"row_number() over ({order}) as k",
        f"sum(v) over ({order} rows unbounded preceding) / sum(v) over () as held",
    ]
    return Statement(select(cells, sized.nested), sized.params)


def quality(findings: Sequence[insights.QualityFinding], ledger: Ledger) -> Answer:
    """The gravest problems of the data."""
    gravest = sorted(findings, key=lambda finding: -finding.severity)[:GRAVEST]
    if not gravest:
        return Answer(ledger.say("No problem was found in the data: they can be used as they are."))
    told = [Text(finding.description, tuple(finding.evidence_ids)) for finding in gravest]
    more = (
        "What matters most comes first; all of it stands under data quality."
        if len(findings) > GRAVEST
        else ""
    )
    return Answer(join(told), (ledger.say(more),) if more else ())
