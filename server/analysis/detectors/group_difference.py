"""A measure's mean, or a rate, differs between the members of a dimension."""

from claribi.v1 import insights_pb2 as insights

from server.analysis import charts, formats
from server.analysis.burdens import is_burden
from server.analysis.columns import Dimension, Measure
from server.analysis.comparison import Comparison, comparable, compare, entity_groups, rank_sums, ranked
from server.analysis.evidence import Figure, Name, Text, join
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
    told_apart,
)
from server.analysis.runs import furthest_run
from server.analysis.scope import (
    aggregate,
    differs,
    equals,
)
from server.analysis.sides import Side, told_sides

MATERIAL_G = 0.2
MATERIAL_DELTA = 0.1
MATERIAL_RELATIVE = 0.05  # of the others' mean
MATERIAL_RATE = 0.1  # of the others' rate
MATERIAL_POINTS = 1.0
LARGE_POINTS = 5.0  # matter whatever the rate


class GroupDifference:
    """Welch's analysis of variance, Kruskal-Wallis for skewed values, chi-square for rates."""

    kind = insights.INSIGHT_TYPE_GROUP_DIFFERENCE

    def propose(self, facts: Facts) -> list[Hypothesis]:
        """Each measure by each dimension."""
        found = []
        measures = [measure for measure in facts.measures if not measure.counts_rows]
        ranks = {measure: rank_sums(facts, measure) for measure in measures if ranked(facts, measure)}
        for breakdown in (*facts.breakdowns, *facts.cuts):
            entities = entity_groups(
                facts, breakdown, facts.clusters.within(facts.plan.entity, breakdown.dimension)
            )
            for measure in measures:
                if not comparable(facts, breakdown.dimension, measure):
                    continue
                if breakdown.dimension.edges:
                    run = furthest_run(facts, breakdown, measure, ranks.get(measure))
                    if run is not None:
                        found.append(_hypothesis(facts, run.ranges, measure, run.compared))
                    continue
                compared = compare(
                    breakdown,
                    measure,
                    ranks=ranks.get(measure),
                    entities=entities.get(measure) if entities else None,
                    clusters=facts.clusters,
                )
                if compared is not None:
                    found.append(_hypothesis(facts, breakdown, measure, compared))
        return found

    def tell(self, finding: Finding, writer: Writer) -> Told:
        """The difference in words."""
        return _tell(finding, writer)


def _hypothesis(facts: Facts, breakdown: Breakdown, measure: Measure, compared: Comparison) -> Hypothesis:
    rest = compared.against_rest
    value, base = _apart(breakdown, measure, compared.member)
    relative = value / abs(base) if base else None
    higher = value > 0
    return Hypothesis(
        kind=insights.INSIGHT_TYPE_GROUP_DIFFERENCE,
        facts=facts,
        measure=measure,
        tested=tested_of(compared),
        magnitude=Magnitude(
            value,
            "points" if measure.unit == "%" else measure.unit,
            None if measure.unit == "%" else relative,
        ),
        direction=insights.DIRECTION_HIGHER if higher else insights.DIRECTION_LOWER,
        material=_material(measure, compared, value, relative),
        size=saturating(rest.hedges_g, 0.6),
        surprise=saturating(relative if relative is not None else rest.hedges_g, 0.3),
        dimension=breakdown.dimension,
        members=(breakdown.members[compared.member],),
        profile=breakdown.groups(measure).mean,
        detail=compared,
    )


def tested_of(compared: Comparison) -> Tested:
    """The outcome of a comparison of groups, the interval that of the difference to the rest."""
    rest = compared.against_rest
    return Tested(
        compared.test,
        compared.statistic,
        compared.p_value,
        compared.n,
        compared.effect_name,
        compared.effect,
        (rest.low, rest.high),
    )


def _material(measure: Measure, compared: Comparison, value: float, relative: float | None) -> bool:
    """Whether the difference is large enough to matter, in spreads or in proportion."""
    if measure.is_share:
        return large_rate(value, relative)
    floor = MATERIAL_DELTA if compared.effect_name == "cliffs_delta" else MATERIAL_G
    return abs(compared.effect) >= floor or abs(relative or 0.0) >= MATERIAL_RELATIVE


def large_rate(points: float, relative: float | None) -> bool:
    """Whether a difference of rates matters: in points, or, above a least number of them, in proportion."""
    in_proportion = abs(points) >= MATERIAL_POINTS and abs(relative or 0.0) >= MATERIAL_RATE
    return abs(points) >= LARGE_POINTS or in_proportion


def _apart(breakdown: Breakdown, measure: Measure, member: int) -> tuple[float, float]:
    """How far the member's mean over its rows lies from that of all other rows, and the latter."""
    n, total = breakdown.n[measure].sum(axis=1), breakdown.total[measure].sum(axis=1)
    rest = float((total.sum() - total[member]) / (n.sum() - n[member]))
    return float(total[member] / n[member]) - rest, rest


def _tell(finding: Finding, writer: Writer) -> Told:
    hypothesis, ledger = finding.hypothesis, writer.ledger
    dimension, compared = required(hypothesis.dimension, Dimension), required(hypothesis.detail, Comparison)
    measure = hypothesis.measure
    mean = measure.total if measure.aggregation == "ratio" else f"avg({measure.value})"
    expression = f"median({measure.value})" if compared.typical else mean
    called = Name(f"median {measure.label}" if compared.typical else measure.average_name)
    member = hypothesis.members[0]
    own, rest, apart = _figures(hypothesis, dimension, expression, called=called, writer=writer)
    who, dimension_name = Name(member_of(dimension, member)), Name(dimension.label)
    higher = own.value > rest.value
    word = writer.pick(("stands out with", "is set apart by", "differs from the rest by"))
    title = ledger.say(
        f"{{0}} {word} a {'higher' if higher else 'lower'} {{1}}: {{2}} against {{3}} elsewhere",
        who,
        called,
        own,
        rest,
    )
    lead = _sentence(writer, parts=(called, who, own, rest, dimension_name), apart=apart, higher=higher)
    body = [lead, _rows(finding, dimension, compared, writer)]
    drawn = charts.member_figures(
        ledger,
        hypothesis.facts,
        dimension,
        expression=expression,
        called=(called.text, measure.unit),
        first=member,
    )
    alt = ledger.say("Bars of {0} by {1}; {2} is marked at {3}.", called, dimension_name, who, own)
    chart = charts.bars(
        dimension, drawn, texts=(title, alt), axis=(called.text, measure.unit), emphasis=[member]
    )
    return Told(
        title,
        lead,
        join(body),
        _advice(measure, (who, called, dimension_name, rest), higher, writer),
        _caveats(hypothesis, compared, writer),
        chart,
        told_apart(own, rest, apart, measure.unit),
    )


def _figures(
    hypothesis: Hypothesis, dimension: Dimension, expression: str, *, called: Name, writer: Writer
) -> tuple[Figure, Figure, Figure | None]:
    """The member's number, the others', and how far apart they are."""
    ledger, measure, scope = writer.ledger, hypothesis.measure, hypothesis.facts.scope
    member = hypothesis.members[0]
    own, rest = (aggregate(scope, expression, [cut(dimension, member)]) for cut in (equals, differs))
    name = member_name(member)
    return told_sides(
        ledger,
        Side(f"{called.text}, {name}", own),
        Side(f"{called.text}, all but {name}", rest),
        apart=f"distance of {called.text}, {name} to the others",
        unit=measure.unit,
        higher=hypothesis.direction == insights.DIRECTION_HIGHER,
    )


def _sentence(
    writer: Writer, *, parts: tuple[Name, Name, Figure, Figure, Name], apart: Figure | None, higher: bool
) -> Text:
    side = "above" if higher else "below"
    if apart is None:
        return writer.ledger.say("{0} is {2} for {1} and {3} for the other values of {4} together.", *parts)
    template = writer.pick(
        (
            f"{{0}} is {{2}} for {{1}}, which is {{5}} {side} the {{3}} of the other values of {{4}} together.",
            f"Compared by {{4}}, {{1}} lies furthest out: {{0}} comes to {{2}} there and to {{3}} in the rest, "
            f"{{5}} {side}.",
            f"In {{0}}, the rest of {{4}} comes to {{3}}; {{1}}, at {{2}}, lies {{5}} {side}.",
        )
    )
    return writer.ledger.say(template, *parts, apart)


def _rows(finding: Finding, dimension: Dimension, compared: Comparison, writer: Writer) -> Text:
    hypothesis = finding.hypothesis
    counted = f"count({hypothesis.measure.value})"
    cut = [equals(dimension, hypothesis.members[0])]
    own = writer.ledger.number(
        f"rows of {member_name(hypothesis.members[0])}",
        aggregate(hypothesis.facts.scope, counted, cut),
        unit="rows",
        display=formats.count,
    )
    strength = certainty(finding.q_value)
    template = writer.pick(
        (
            f"With {{0}} rows behind it, the evidence that this is more than chance is {strength}.",
            f"It rests on {{0}} rows; the evidence for a real difference is {strength}.",
            f"Seen over {{0}} rows, that is no accident of the sample ({strength} evidence).",
        )
    )
    return writer.ledger.say(template, own)


def _caveats(hypothesis: Hypothesis, compared: Comparison, writer: Writer) -> tuple[Text, ...]:
    say = writer.ledger.say
    found = [say("Members may differ in more than one way; a difference between them is not yet a cause.")]
    if compared.typical:
        found.append(say("The values are skewed, so medians and ranks are compared rather than means."))
    entity = hypothesis.facts.plan.entity
    if compared.entities and entity is not None:
        found.append(say("Rows repeat {0}; each was counted once in the test.", Name(entity.label)))
    return tuple(found)


def _advice(measure: Measure, parts: tuple[Name, Name, Name, Figure], higher: bool, writer: Writer) -> Text:
    """What to do where less is known to be better; else how not to be misled."""
    burden = is_burden(measure)
    if burden and higher:
        return writer.ledger.say(
            "Follow a few cases of {0} from start to end to see what makes {1} higher there, and aim for the {3} of "
            "the others.",
            *parts,
        )
    if burden:
        return writer.ledger.say(
            "See what {0} does that the others in {2} do not: its {1} is the one to reach.", *parts
        )
    return writer.ledger.say(
        "Report {1} for {0} on a line of its own: an average over {2} hides both, and moves when the mix does.",
        *parts,
    )
