"""A mean differs in total but not within the strata, or the other way there: their mix makes the difference."""

from dataclasses import dataclass, replace

from claribi.v1 import insights_pb2 as insights

from server.analysis import charts, formats
from server.analysis.columns import Dimension, Measure
from server.analysis.evidence import Figure, Name, Text, join, period
from server.analysis.facts import Facts
from server.analysis.hypothesis import (
    Finding,
    Hypothesis,
    Magnitude,
    Second,
    Tested,
    Told,
    Writer,
    certainty,
    member_name,
    member_of,
    required,
    saturating,
)
from server.analysis.mixes import Mixture, Mixtures, across_groups, counted_for_less, of_all_rows, over_time
from server.analysis.parts import MIX, RATE, strata_part
from server.analysis.scope import Condition, Scalar, aggregate, difference, differs, equals, within

MEASURES = 8
MOST_TOLD = 4  # of a table, over time and across groups each
MATERIAL = 0.02  # of the mean compared with
MATERIAL_POINTS = 1.0
PASSING = 0.5  # corrected p value beyond which only the surest is proposed


class MixShift:
    """Kitagawa's split of a difference of means; both the difference and the mix must be more than chance."""

    kind = insights.INSIGHT_TYPE_MIX_SHIFT

    def propose(self, facts: Facts) -> list[Hypothesis]:
        """The surest of what could mislead, p values corrected for all splits of the table."""
        measures = [m for m in facts.measures if not m.counts_rows and not m.level][:MEASURES]
        found: list[Hypothesis] = []
        for mixtures in (over_time(facts, measures), across_groups(facts, measures)):
            found.extend(_hypothesis(facts, mixture, mixtures.tests) for mixture in _surest(facts, mixtures))
        return found

    def tell(self, finding: Finding, writer: Writer) -> Told:
        """The difference and what makes it, in words."""
        return _tell(finding, writer)


def _surest(facts: Facts, mixtures: Mixtures) -> list[Mixture]:
    """The best of each measure and strata, corrected for all (Holm 1979), and at least the best of those tested."""
    ordered = sorted(mixtures.found, key=lambda m: (m.p_value, not m.split.misleads))
    kept: dict[tuple[Measure, Dimension], Mixture] = {}
    for place, mixture in enumerate(ordered):
        corrected = min(1.0, mixture.p_value * (mixtures.tests - place))
        key = (mixture.measure, mixture.strata)
        if mixture.split.misleads and corrected < PASSING and key not in kept and len(kept) < MOST_TOLD:
            kept[key] = replace(mixture, p_value=corrected)
    if not kept:
        return [replace(m, p_value=min(1.0, m.p_value * mixtures.tests)) for m in ordered[:1]]
    return [m if m.spans else _clustered(facts, m, mixtures.tests) for m in kept.values()]


def _clustered(facts: Facts, mixture: Mixture, tests: int) -> Mixture:
    """The mixture judged by rows that may hang together; the correction is applied anew to the wider errors."""
    wider = counted_for_less(facts, replace(of_all_rows(facts, mixture), p_value=0.0))
    return replace(wider, p_value=max(mixture.p_value, min(1.0, wider.p_value * tests)))


def _hypothesis(facts: Facts, mixture: Mixture, tests: int) -> Hypothesis:
    split, measure = mixture.split, mixture.measure
    points = measure.unit == "%"
    relative = split.difference / abs(split.base) if split.base else None
    large = abs(split.difference) >= (MATERIAL_POINTS if points else MATERIAL * abs(split.base))
    up = split.difference > 0
    ways = (
        (insights.DIRECTION_INCREASE, insights.DIRECTION_DECREASE)
        if mixture.spans
        else (insights.DIRECTION_HIGHER, insights.DIRECTION_LOWER)
    )
    half = 1.96 * split.error
    return Hypothesis(
        kind=insights.INSIGHT_TYPE_MIX_SHIFT,
        facts=facts,
        measure=measure,
        tested=Tested(
            "difference of means and effect of the mix, both by the delta method",
            mixture.statistic,
            mixture.p_value,
            split.rows,
            "mix_effect",
            split.mix,
            (split.difference - half, split.difference + half),
        ),
        magnitude=Magnitude(
            split.difference, "points" if points else measure.unit, None if points else relative
        ),
        direction=ways[0] if up else ways[1],
        material=large and split.misleads,
        size=saturating(split.difference / 10.0 if points else relative or 0.0, 0.1),
        surprise=0.9 if split.reversed else 0.6,
        dimension=mixture.strata,
        span=mixture.spans[0] if mixture.spans else None,
        base=mixture.spans[1] if mixture.spans else None,
        second=Second(mixture.group[0].column, mixture.group[1]) if mixture.group else None,
        choices=tests,
        detail=mixture,
    )


@dataclass(frozen=True)
class _Words:
    """What the sentences are made of."""

    what: Name
    strata: Name
    after: Figure
    before: Figure
    apart: Figure
    within: Figure
    mix: Figure
    here: Name  # the later time, or the member
    there: Name  # the earlier time, or the others

    @property
    def parts(self) -> tuple[Name | Figure, ...]:
        """In the order of the templates' slots."""
        return (
            self.what,
            self.strata,
            self.after,
            self.before,
            self.apart,
            self.within,
            self.mix,
            self.here,
            self.there,
        )


def _tell(finding: Finding, writer: Writer) -> Told:
    hypothesis, ledger = finding.hypothesis, writer.ledger
    mixture = required(hypothesis.detail, Mixture)
    sides = _sides(hypothesis, mixture)
    words = _words(hypothesis, mixture, sides, writer)
    title = ledger.say(_title(mixture, writer), *words.parts)
    lead = ledger.say(_lead(mixture), *words.parts)
    parted = ledger.say(_parted(mixture), *words.parts)
    body = [lead, parted, _moved_most(hypothesis, mixture, sides, writer), _sure(finding, writer)]
    alt = ledger.say("From {3} to {2}: {5} within the same {1}, {6} by their mix.", *words.parts)
    chart = charts.waterfall(
        mixture.strata,
        (
            (formats.sentence_case(words.there.text), words.before),
            (formats.sentence_case(words.here.text), words.after),
        ),
        [(f"Within the same {words.strata.text}", words.within), (f"Mix of {words.strata.text}", words.mix)],
        texts=(title, alt),
        axis=(words.what.text, mixture.measure.unit),
    )
    return Told(title, lead, join(body), _advice(mixture, words, writer), _caveats(words, writer), chart)


def _sides(hypothesis: Hypothesis, mixture: Mixture) -> tuple[Condition, Condition]:
    """The rows of the later time, or of the member, and those they are compared with."""
    if mixture.spans is not None:
        later, earlier = (within(hypothesis.facts.scope, span) for span in mixture.spans)
        return later, earlier
    dimension, member = required(mixture.group, tuple)
    return equals(dimension, member), differs(dimension, member)


def _mean(mixture: Mixture, scope_of: Hypothesis, cut: Condition) -> Scalar:
    """The mean of the rows of a cut that have a stratum."""
    measure = mixture.measure
    expression = measure.total if measure.aggregation == "ratio" else f"avg({measure.value})"
    known = Condition(f"{mixture.strata.value} is not null")
    return aggregate(scope_of.facts.scope, expression, [cut, known])


def _words(
    hypothesis: Hypothesis, mixture: Mixture, sides: tuple[Condition, Condition], writer: Writer
) -> _Words:
    ledger, scope, measure = writer.ledger, hypothesis.facts.scope, mixture.measure
    here, there = _names(mixture)
    unit = hypothesis.magnitude.unit
    what = measure.average_name
    means = [_mean(mixture, hypothesis, cut) for cut in sides]
    after, before = (
        ledger.number(f"{what}, {name.text}", mean, unit=measure.unit)
        for name, mean in zip((here, there), means, strict=True)
    )
    within_part, mix_part = (
        strata_part(scope, measure, sides, mixture.strata, part=part) for part in (RATE, MIX)
    )
    apart, inside, mix = (
        ledger.number(
            f"{label}, {what}", scalar, unit=unit, display=lambda value: formats.signed(value, unit)
        )
        for label, scalar in (
            (f"difference of {here.text} and {there.text}", difference(*means)),
            (f"part within the same {mixture.strata.label}", within_part),
            (f"part of the mix of {mixture.strata.label}", mix_part),
        )
    )
    return _Words(Name(what), Name(mixture.strata.label), after, before, apart, inside, mix, here, there)


def _names(mixture: Mixture) -> tuple[Name, Name]:
    if mixture.spans is not None:
        return period(mixture.spans[0]), period(mixture.spans[1])
    dimension, member = required(mixture.group, tuple)
    return Name(member_of(dimension, member)), Name("the others")


def _title(mixture: Mixture, writer: Writer) -> str:
    up, reverse = mixture.split.difference > 0, mixture.split.reversed
    if mixture.spans is not None:
        rose, fell = ("rose", "fell") if up else ("fell", "rose")
        if reverse:
            return writer.pick(
                (
                    f"{{0}} {rose} in {{7}}, though within the same {{1}} it {fell}",
                    f"Within the same {{1}}, {{0}} {fell}; only the mix makes it look as if it {rose}",
                )
            )
        return writer.pick(
            (
                f"{{0}} {rose} in {{7}} mainly because the mix of {{1}} moved",
                f"The mix of {{1}}, more than anything within it, is why {{0}} {rose} in {{7}}",
            )
        )
    high, low = ("higher", "lower") if up else ("lower", "higher")
    if reverse:
        return f"{{7}} has the {high} {{0}} over all, and the {low} one within the same {{1}}"
    return f"The {high} {{0}} of {{7}} comes mainly from its mix of {{1}}"


def _lead(mixture: Mixture) -> str:
    if mixture.spans is not None:
        return "{0} went from {3} ({8}) to {2} ({7}), a move of {4}."
    return "Over all, {0} is {2} for {7} and {3} for {8}, a difference of {4}."


def _parted(mixture: Mixture) -> str:
    same = "Of that, {5} arose within the same {1} and {6} from the shift between them"
    if mixture.spans is None:
        same = "Compared within the same {1} the difference is {5}; the remaining {6} is a matter of which {1} each has"
    return same + (": the parts point the other way than the whole." if mixture.split.reversed else ".")


def _moved_most(
    hypothesis: Hypothesis, mixture: Mixture, sides: tuple[Condition, Condition], writer: Writer
) -> Text:
    """The stratum whose share of the rows made most of the mix: its mean, and its shares on both sides."""
    scope, member, strata = hypothesis.facts.scope, mixture.members[mixture.split.stratum], mixture.strata
    measure = mixture.measure
    known = Condition(f"{strata.value} is not null")
    counted = f"100.0 * count({measure.value}) filter (where {strata.value} = ?) / nullif(count({measure.value}), 0)"
    shares = []
    for cut, side in zip(sides, _names(mixture), strict=True):
        statement = scope.select([counted], [cut, known])
        scalar = Scalar(scope, statement.sql, (member, *statement.params))
        shares.append(
            writer.ledger.number(f"share of {member_name(member)} in the rows, {side.text}", scalar, unit="%")
        )
    mean = writer.ledger.number(
        f"{measure.average_name}, {member_name(member)}",
        _mean(mixture, hypothesis, equals(strata, member)),
        unit=measure.unit,
    )
    template = (
        "{0}, where it is {1}, went from {3} of the rows to {2}."
        if mixture.spans is not None
        else "{0}, where it is {1}, makes up {2} of the rows there, and {3} of those of the others."
    )
    return writer.ledger.say(template, Name(member_of(strata, member)), mean, *shares)


def _sure(finding: Finding, writer: Writer) -> Text:
    return writer.ledger.say(
        f"The evidence that neither the difference nor the mix is chance is {certainty(finding.q_value)}."
    )


def _caveats(words: _Words, writer: Writer) -> tuple[Text, ...]:
    return (writer.ledger.say("Another column than {0} could turn the comparison once more.", words.strata),)


def _advice(mixture: Mixture, words: _Words, writer: Writer) -> Text:
    template = (
        "Judge {0} within the same {1}, or weigh {1} alike in both times; the plain average follows the mix."
        if mixture.spans is not None
        else "Compare {7} with others only within the same {1} before praising or blaming anyone for {0}."
    )
    return writer.ledger.say(template, *words.parts)
