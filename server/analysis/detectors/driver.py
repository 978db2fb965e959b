"""What moved a total, or a mean, between two periods: the members that did not move as the rest."""

from dataclasses import dataclass

import numpy as np
from claribi.v1 import insights_pb2 as insights

from server.analysis import charts, formats
from server.analysis.columns import Dimension, Measure
from server.analysis.contributions import Drive, drive_of
from server.analysis.evidence import Figure, Name, Text, join, period
from server.analysis.facts import Breakdown, Facts
from server.analysis.hypothesis import (
    Finding,
    Hypothesis,
    Magnitude,
    Tested,
    Told,
    Writer,
    certainty,
    member_name,
    member_of,
    required,
    saturating,
)
from server.analysis.parts import MIX, RATE, added, change_of, member_added, others_added
from server.analysis.scope import Scalar, equals, measured, within

SUMS = 4  # measures that add up, taken apart
MEANS = 3
MATERIAL = 0.01  # of the earlier total, that a member must add or take
MATERIAL_POINTS = 0.5  # for measures in percent
STEADY = 0.25  # of the member's part, below which the whole hardly moved
SHOWN = 6  # members named on the chart


class Driver:
    """Exact contributions; each member's share (or distance to the rest) against the forecast from its own past."""

    kind = insights.INSIGHT_TYPE_DRIVER

    def propose(self, facts: Facts) -> list[Hypothesis]:
        """One hypothesis for each measure and dimension: that some member moved otherwise than the rest."""
        sums = [measure for measure in facts.measures if measure.aggregation == "sum"][:SUMS]
        counts = [measure for measure in facts.measures if measure.counts_rows]
        means = [m for m in facts.measures if m.aggregation in {"average", "ratio"} and not m.level][:MEANS]
        found = []
        for breakdown in facts.breakdowns:
            for measure in (*sums, *means, *counts):
                drive = drive_of(facts, breakdown, measure) if _fit(facts, breakdown, measure) else None
                if drive is not None:
                    found.append(_hypothesis(facts, breakdown, measure, drive))
        return found

    def tell(self, finding: Finding, writer: Writer) -> Told:
        """The change taken apart, in words."""
        return _tell(finding, writer)


def _fit(facts: Facts, breakdown: Breakdown, measure: Measure) -> bool:
    """Whether the members can move the measure: not its own, nor states that come with age, rare among the recent."""
    dimension = breakdown.dimension
    return dimension.column not in measure.columns and not facts.comes_with_age(measure, dimension)


def _hypothesis(facts: Facts, breakdown: Breakdown, measure: Measure, drive: Drive) -> Hypothesis:
    own = float(drive.contribution[drive.member])
    moved = drive.after - drive.before
    steady = abs(moved) <= STEADY * abs(own)
    points = measure.unit == "%"
    return Hypothesis(
        kind=insights.INSIGHT_TYPE_DRIVER,
        facts=facts,
        measure=measure,
        tested=Tested(
            "t test of a member's share against its forecast"
            if measure.additive
            else "t test of a member's distance to the rest against its forecast",
            drive.surprise.statistic,
            drive.p_value,
            drive.rows,
            "standardised_surprise",
            drive.surprise.statistic,
        ),
        magnitude=Magnitude(own, "points" if points else measure.unit, None if steady else own / moved),
        direction=insights.DIRECTION_INCREASE if own > 0 else insights.DIRECTION_DECREASE,
        material=_material(measure, drive),
        size=saturating(own / 10.0 if points else own / max(abs(drive.before), 1e-300), 0.08),
        surprise=saturating(drive.surprise.statistic, 4.0),
        dimension=breakdown.dimension,
        members=_members(breakdown, drive),
        span=drive.later,
        base=drive.earlier,
        profile=drive.contribution,
        choices=len(drive.p_values),
        detail=drive,
    )


def _material(measure: Measure, drive: Drive) -> bool:
    own = float(drive.contribution[drive.member])
    large = abs(own) >= (MATERIAL_POINTS if measure.unit == "%" else MATERIAL * abs(drive.before))
    return large and drive.leads


def _members(breakdown: Breakdown, drive: Drive) -> tuple[str, ...]:
    """The member told of, then those that added or took most."""
    order = [int(i) for i in np.argsort(-np.abs(drive.contribution), kind="stable") if i != drive.member]
    return tuple(breakdown.members[i] for i in [drive.member, *order][:SHOWN])


@dataclass(frozen=True)
class _Words:
    """What the sentences are made of."""

    member: Name
    what: Name
    own: Figure
    moved: Figure
    after: Figure
    before: Figure
    later: Name
    earlier: Name
    against: tuple[Name, Figure] | None  # the largest part that went the other way

    @property
    def parts(self) -> tuple[Name | Figure, ...]:
        """In the order of the templates' slots."""
        known = (
            self.member,
            self.what,
            self.own,
            self.moved,
            self.after,
            self.before,
            self.later,
            self.earlier,
        )
        return (*known, *(self.against or ()))


def _tell(finding: Finding, writer: Writer) -> Told:
    hypothesis, ledger = finding.hypothesis, writer.ledger
    dimension, drive = required(hypothesis.dimension, Dimension), required(hypothesis.detail, Drive)
    rows = _contributions(hypothesis, dimension, drive, writer)
    words = _words(hypothesis, dimension, drive, rows, writer)
    title = _title(hypothesis, words, writer)
    lead = _lead(hypothesis, words, writer)
    body = [
        lead,
        _split(hypothesis, dimension, drive, writer),
        _rest(words, rows, dimension, writer),
        _sure(finding, writer),
    ]
    alt = ledger.say(
        "From {5} in {7} to {4} in {6}: what each value of {8} added or took, {0} first.",
        *words.parts[:8],
        Name(dimension.label),
    )
    chart = charts.waterfall(
        dimension,
        ((words.earlier.text, words.before), (words.later.text, words.after)),
        [(member_name(name) if name else "Others", figure) for name, figure in rows],
        texts=(title, alt),
        axis=(hypothesis.measure.name, hypothesis.measure.unit),
    )
    return Told(
        title, lead, join(body), _advice(words, writer), _caveats(hypothesis, dimension, writer), chart
    )


def _contributions(
    hypothesis: Hypothesis, dimension: Dimension, drive: Drive, writer: Writer
) -> list[tuple[str, Figure]]:
    """What each member named added, and what is left under an empty name: they sum to the change."""
    scope, measure, spans = hypothesis.facts.scope, hypothesis.measure, (drive.later, drive.earlier)
    unit = hypothesis.magnitude.unit
    found = []
    for member in hypothesis.members:
        label = f"part of {member_name(member)} in the change of {measure.name}"
        scalar = member_added(scope, measure, spans, dimension, member)
        found.append((member, _signed(writer, label, scalar, unit)))
    rest = others_added(scope, measure, spans, dimension, hypothesis.members)
    left = writer.ledger.number_or_none(
        f"part of the others in the change of {measure.name}",
        rest,
        unit=unit,
        display=lambda v: formats.signed(v, unit),
    )
    named = len(drive.contribution) <= len(hypothesis.members)
    negligible = left is None or abs(left.value) <= 1e-9 * max(abs(drive.before), abs(drive.after))
    return found if left is None or (named and negligible) else [*found, ("", left)]


def _signed(writer: Writer, label: str, scalar: Scalar, unit: str) -> Figure:
    return writer.ledger.number(label, scalar, unit=unit, display=lambda value: formats.signed(value, unit))


def _words(
    hypothesis: Hypothesis, dimension: Dimension, drive: Drive, rows: list[tuple[str, Figure]], writer: Writer
) -> _Words:
    ledger, measure, scope = writer.ledger, hypothesis.measure, hypothesis.facts.scope
    after, before = (
        ledger.number(
            f"{measure.name}, {span.name}", measured(scope, measure, [within(scope, span)]), unit=measure.unit
        )
        for span in (drive.later, drive.earlier)
    )
    label = f"change of {measure.name}, {drive.earlier.name} to {drive.later.name}"
    moved = _signed(
        writer, label, change_of(scope, measure, (drive.later, drive.earlier)), hypothesis.magnitude.unit
    )
    own = rows[0][1]
    other = [(name, figure) for name, figure in rows[1:] if name and figure.value * own.value < 0]
    against = max(other, key=lambda row: abs(row[1].value), default=None)
    return _Words(
        Name(member_of(dimension, hypothesis.members[0])),
        Name(measure.name),
        own,
        moved,
        after,
        before,
        period(drive.later),
        period(drive.earlier),
        (Name(member_of(dimension, against[0])), against[1]) if against else None,
    )


def _title(hypothesis: Hypothesis, words: _Words, writer: Writer) -> Text:
    up = hypothesis.direction == insights.DIRECTION_INCREASE
    relative = hypothesis.magnitude.relative
    if relative is None and words.against is not None:
        template = "{1} stands nearly still in {6}, yet {0} moved by {2} and {8} by {9}"
    elif relative is None:
        template = "{1} stands nearly still in {6}, yet {0} moved by {2}"
    elif relative < 0:
        template = "{0} went against the rest of {1} in {6}, by {2}"
    elif relative > 1:
        word = "rise" if up else "fall"
        template = f"{{0}} is behind the {word} of {{1}} in {{6}}: {{2}}, softened by the rest to {{3}}"
    else:
        word = "rise" if up else "fall"
        template = writer.pick(
            (
                f"{{0}} is behind the {word} of {{1}} in {{6}}: {{2}} of {{3}}",
                f"The {word} of {{1}} in {{6}} comes from {{0}}, {{2}} of {{3}}",
                f"{{0}} {'lifts' if up else 'pulls down'} {{1}} in {{6}}: {{2}} of {{3}}",
            )
        )
    return writer.ledger.say(template, *words.parts)


def _lead(hypothesis: Hypothesis, words: _Words, writer: Writer) -> Text:
    if hypothesis.magnitude.relative is None:
        template = "{1} went from {5} in {7} to {4} in {6}, {3} in all; {0} alone made a difference of {2}."
    else:
        template = writer.pick(
            (
                "{1} went from {5} in {7} to {4} in {6}. Of the change of {3}, {0} made {2}.",
                "Between {7} and {6}, {1} moved by {3}, from {5} to {4}; {0} contributed {2}.",
            )
        )
    return writer.ledger.say(template, *words.parts)


def _split(hypothesis: Hypothesis, dimension: Dimension, drive: Drive, writer: Writer) -> Text:
    """Of a mean: how much of the member's part came of its own mean, and how much of its share of the rows."""
    if hypothesis.measure.additive:
        return Text("")
    cut, spans = equals(dimension, hypothesis.members[0]), (drive.later, drive.earlier)
    rate, mix = (
        _signed(
            writer,
            f"part of {member_name(hypothesis.members[0])} in the change, {label}",
            added(hypothesis.facts.scope, hypothesis.measure, spans, cut, part=part),
            hypothesis.magnitude.unit,
        )
        for part, label in ((RATE, "by its own level"), (MIX, "by its share of the rows"))
    )
    return writer.ledger.say(
        "Its own level accounts for {0} of that, its weight in the whole for {1}.", rate, mix
    )


def _rest(words: _Words, rows: list[tuple[str, Figure]], dimension: Dimension, writer: Writer) -> Text:
    """The next parts by size."""
    named = [(Name(member_of(dimension, name)), figure) for name, figure in rows[1:3] if name]
    if not named:
        return Text("")
    listed = " and ".join(f"{{{2 * i}}} with {{{2 * i + 1}}}" for i in range(len(named)))
    return writer.ledger.say(f"Next by size: {listed}.", *(part for pair in named for part in pair))


def _sure(finding: Finding, writer: Writer) -> Text:
    strength = certainty(finding.q_value)
    return writer.ledger.say(
        writer.pick(
            (
                f"Given how it moved before, the evidence that this is out of the ordinary is {strength}.",
                f"Measured against its own past, this is no usual move; the evidence is {strength}.",
            )
        )
    )


def _caveats(hypothesis: Hypothesis, dimension: Dimension, writer: Writer) -> tuple[Text, ...]:
    say = writer.ledger.say
    return (
        say(
            "A contribution says where {0} moved, by {1}; it does not say why.",
            Name(hypothesis.measure.name),
            Name(dimension.label),
        ),
    )


def _advice(words: _Words, writer: Writer) -> Text:
    return writer.ledger.say(
        writer.pick(
            (
                "Ask those who know {0} what was different in {6}; the rest of {1} moved as usual.",
                "Start with {0}: find what was done there between {7} and {6} that was done nowhere else.",
            )
        ),
        *words.parts,
    )
