"""A measure's mean, or a rate, differs between the members of a dimension."""

from dataclasses import dataclass, replace

import numpy as np
from claribi.v1 import insights_pb2 as insights

from server.analysis import charts, formats, inference
from server.analysis.columns import Dimension, Measure
from server.analysis.evidence import Figure, Name, NoValue, Text, join
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
    saturating,
)
from server.analysis.inference import Difference, Floats, Groups
from server.analysis.scope import (
    Condition,
    aggregate,
    difference,
    differs,
    equals,
    percent_change,
)

# Below twenty observations a mean of skewed values is too far from normal for Welch's test.
LEAST_MEMBER_ROWS = 20
RANK_ROWS_LIMIT = 200_000  # above, means of skewed values are normal enough and ranking costs seconds
SKEWED = 2.0
MATERIAL_G = 0.2
MATERIAL_V = 0.1
MATERIAL_EPSILON = 0.01
MATERIAL_RELATIVE = 0.01
MATERIAL_POINTS = 2.0
LEAST_STRETCHES = 8  # of time, to see whether a member's values hang together
MOST_STRETCHES = 40
ENTITY_ROWS = 2.0  # rows an entity has on average within a member, above which entities are compared


@dataclass(frozen=True)
class _Compared:
    """The test over all members and the member it is told of, against the rest."""

    test: str
    statistic: float
    p_value: float
    effect_name: str
    effect: float
    member: int
    against_rest: Difference
    n: int
    typical: bool  # medians are told, because the values are skewed
    entities: bool = False


class GroupDifference:
    """Welch's analysis of variance, Kruskal-Wallis for skewed values, chi-square for rates."""

    kind = insights.INSIGHT_TYPE_GROUP_DIFFERENCE

    def propose(self, facts: Facts) -> list[Hypothesis]:
        """Each measure by each dimension."""
        found = []
        measures = [measure for measure in facts.measures if measure.column is not None]
        ranks = {measure: _rank_sums(facts, measure) for measure in measures if _ranked(facts, measure)}
        for breakdown in facts.breakdowns:
            entities = _entity_groups(facts, breakdown, measures)
            for measure in measures:
                if measure.column == breakdown.dimension.column:
                    continue
                compared = _compare(
                    breakdown,
                    measure,
                    ranks=ranks.get(measure),
                    entities=entities.get(measure) if entities else None,
                )
                if compared is not None:
                    found.append(_hypothesis(facts, breakdown, measure, compared))
        return found

    def tell(self, finding: Finding, writer: Writer) -> Told:
        """The difference in words."""
        return _tell(finding, writer)


def _ranked(facts: Facts, measure: Measure) -> bool:
    return (
        abs(facts.overview[measure].skew) > SKEWED and facts.rows <= RANK_ROWS_LIMIT and not measure.is_share
    )


def _rank_sums(facts: Facts, measure: Measure) -> dict[tuple[str, str], float]:
    """The sum of the ranks (mid-ranks for ties) of each member of each dimension, in one query."""
    dimensions = [found.dimension for found in facts.breakdowns]
    if not dimensions:
        return {}
    scope = facts.scope
    source = scope.source([Condition(f"{measure.value} IS NOT NULL")])
    names = [f"d{index}" for index in range(len(dimensions))]
    columns = ", ".join(f"{d.value} AS {name}" for d, name in zip(dimensions, names, strict=True))
    ranked = (
        f"SELECT {columns}, rank() OVER (ORDER BY {measure.value}) "
        f"+ (count(*) OVER (PARTITION BY {measure.value}) - 1) / 2.0 AS r {source.sql}"
    )
    sets = ", ".join(f"({name})" for name in names)
    marks = ", ".join(f"grouping({name})" for name in names)
    sql = f"SELECT {marks}, {', '.join(names)}, sum(r) FROM ({ranked}) GROUP BY GROUPING SETS ({sets})"
    found = {}
    for row in scope.fetch(sql, source.params):
        index = row[: len(names)].index(0)
        member = row[len(names) + index]
        if member is not None:
            found[dimensions[index].column, str(member)] = float(row[-1])
    return found


def _entity_groups(
    facts: Facts, breakdown: Breakdown, measures: list[Measure]
) -> dict[Measure, tuple[tuple[str, ...], Groups]] | None:
    """Groups of entity means, where rows repeat entities that belong to one member each; else None."""
    entity, dimension, scope = facts.plan.entity, breakdown.dimension, facts.scope
    if entity is None or not measures:
        return None
    source = scope.source(
        [Condition(f"{dimension.value} IS NOT NULL"), Condition(f"{entity.value} IS NOT NULL")]
    )
    means = "".join(f", avg({m.value}) AS v{i}" for i, m in enumerate(measures))
    cells = "".join(f", count(v{i}), avg(v{i}), var_samp(v{i})" for i in range(len(measures)))
    sql = (
        f"SELECT member, count(DISTINCT entity), sum(rows){cells} FROM (SELECT {dimension.value} AS member, "
        f"{entity.value} AS entity, count(*) AS rows{means} {source.sql} GROUP BY 1, 2) GROUP BY 1 ORDER BY 1"
    )
    rows = scope.fetch(sql, source.params)
    pairs, lines = sum(int(row[1]) for row in rows), sum(int(row[2]) for row in rows)
    nested = pairs <= 1.1 * entity.distinct
    if not rows or not nested or lines < ENTITY_ROWS * pairs:
        return None
    members = tuple(str(row[0]) for row in rows)
    table = np.array([[0.0 if cell is None else float(cell) for cell in row[3:]] for row in rows])
    return {
        m: (members, Groups(*(table[:, 3 * i + part] for part in range(3)))) for i, m in enumerate(measures)
    }


def _compare(
    breakdown: Breakdown,
    measure: Measure,
    *,
    ranks: dict[tuple[str, str], float] | None,
    entities: tuple[tuple[str, ...], Groups] | None,
) -> _Compared | None:
    groups = _cautious(breakdown, measure) if entities is None else _aligned(breakdown, entities)
    keep = (groups.n >= LEAST_MEMBER_ROWS) & (groups.variance > 0)
    if keep.sum() < 2:
        return None
    kept = groups.take(keep)
    places = np.flatnonzero(keep)
    best, against_rest = _most_different(kept)
    member = int(places[best])
    if measure.is_share:
        statistic, p_value, effect = inference.chi_square(kept.n * kept.mean / 100.0, kept.n)
        test, name = "chi-square test of independence", "cramers_v"
    elif ranks and entities is None:
        statistic, p_value, effect = _by_ranks(breakdown, places, measure, ranks, kept)
        test, name = "Kruskal-Wallis test", "epsilon_squared"
    else:
        statistic, p_value = inference.welch_anova(kept)
        test, name, effect = "Welch's analysis of variance", "hedges_g", against_rest.hedges_g
    # The member is chosen after the fact: it must stand out by itself, corrected for the choice.
    p_value = max(p_value, min(1.0, against_rest.p_value * len(places)))
    rows = int(breakdown.n[measure][places].sum()) if entities is None else int(kept.n.sum())
    return _Compared(test, statistic, p_value, name, effect, member, against_rest, rows,
                     typical=name == "epsilon_squared", entities=entities is not None)  # fmt: skip


def _by_ranks(
    breakdown: Breakdown, places: Floats, measure: Measure, ranks: dict[tuple[str, str], float], kept: Groups
) -> tuple[float, float, float]:
    """Kruskal-Wallis over the members kept, its statistic cut to the effective number of observations."""
    column = breakdown.dimension.column
    rows = breakdown.n[measure].sum(axis=1)[places]
    sums = np.array([ranks.get((column, breakdown.members[place]), 0.0) for place in places])
    total = float(rows.sum())
    # Ranks were given over all rows; members too small to keep shift them by a little, so they are centred again.
    sums = sums - rows * (sums.sum() / total - (total + 1.0) / 2.0)
    statistic, _, effect = inference.kruskal_wallis(rows, sums)
    worth = float(kept.n.sum()) / total
    from scipy import special

    p_value = max(float(special.chdtrc(len(rows) - 1, statistic * worth)), inference.SMALLEST_P)
    return statistic * worth, p_value, effect


def _aligned(breakdown: Breakdown, entities: tuple[tuple[str, ...], Groups]) -> Groups:
    """Entity groups in the order of the breakdown's members."""
    members, groups = entities
    order = [members.index(member) for member in breakdown.members]
    return Groups(groups.n[order], groups.mean[order], groups.variance[order])


def _cautious(breakdown: Breakdown, measure: Measure) -> Groups:
    """Groups whose observations are cut to the independent ones they are worth."""
    groups = breakdown.groups(measure)
    if not breakdown.starts:
        return groups
    worth = [
        float(groups.n[member]) / _inflation(breakdown, measure, member, variance=float(groups.variance[member]))
        for member in range(len(groups.n))
    ]
    return replace(groups, n=np.array(worth))


def _inflation(breakdown: Breakdown, measure: Measure, member: int, *, variance: float) -> float:
    """How many times larger the variance of a member's mean is than for independent rows, at least 1.

    The excess of the member over the others is followed through stretches of time: rows of one stretch may hang
    together, and so may stretches. Where no others lie beside the member, its own values are followed.
    """
    n, total = _stretches(breakdown.n[measure]), _stretches(breakdown.total[measure])
    own_n, others_n = n[member], n.sum(axis=0) - n[member]
    seen = own_n > 0
    beside = seen & (others_n > 0)
    if beside.sum() >= 0.5 * seen.sum():
        seen = beside
        excess = total[member][seen] / own_n[seen] - (total.sum(axis=0) - total[member])[seen] / others_n[seen]
        expected = variance * float((1.0 / own_n[seen] + 1.0 / others_n[seen]).mean())
    else:
        excess = total[member][seen] / own_n[seen]
        expected = variance * float((1.0 / own_n[seen]).mean())
    stretches = len(excess)
    if stretches < LEAST_STRETCHES:
        # Too few stretches to see how rows hang together: alone in its time, a member counts once a stretch.
        return 1.0 if beside.sum() >= 0.5 * max(seen.sum(), 1) else float(own_n.sum()) / max(stretches, 1)
    if expected <= 0.0:
        return 1.0
    clustering = float(excess.var(ddof=1)) / expected
    # Chance alone moves the ratio by its standard error; only what lies beyond counts.
    clustering = clustering if clustering > 1.0 + 2.0 * (2.0 / (stretches - 1)) ** 0.5 else 1.0
    return clustering * inference.long_run_ratio(excess, evident=True)


def _stretches(cells: Floats) -> Floats:
    """Cells, shape (members, periods), summed into at most MOST_STRETCHES stretches of equal length."""
    length = -(-cells.shape[1] // MOST_STRETCHES)
    edges = np.arange(0, cells.shape[1], length)
    summed: Floats = np.add.reduceat(cells, edges, axis=1)
    return summed


def _most_different(groups: Groups) -> tuple[int, Difference]:
    """The member whose mean lies furthest from the rest, in standard errors."""
    found = []
    for index in range(len(groups.n)):
        chosen = np.arange(len(groups.n)) == index
        rest = inference.pooled(groups.take(~chosen))
        pair = Groups(*(np.concatenate([getattr(part, name) for part in (groups.take(chosen), rest)])
                        for name in ("n", "mean", "variance")))  # fmt: skip
        found.append(inference.welch_difference(pair))
    best = max(range(len(found)), key=lambda index: abs(found[index].statistic))
    return best, found[best]


def _hypothesis(facts: Facts, breakdown: Breakdown, measure: Measure, compared: _Compared) -> Hypothesis:
    rest = compared.against_rest
    base = abs(float(breakdown.groups(measure).mean[compared.member]) - rest.value)
    relative = rest.value / base if base > 0 else None
    floors = {"cramers_v": MATERIAL_V, "epsilon_squared": MATERIAL_EPSILON, "hedges_g": MATERIAL_G}
    if measure.is_share:
        large = abs(rest.value) >= MATERIAL_POINTS
    else:
        large = relative is None or abs(relative) >= MATERIAL_RELATIVE
    higher = rest.value > 0
    return Hypothesis(
        kind=insights.INSIGHT_TYPE_GROUP_DIFFERENCE,
        facts=facts,
        measure=measure,
        tested=Tested(
            compared.test,
            compared.statistic,
            compared.p_value,
            compared.n,
            compared.effect_name,
            compared.effect,
            (rest.low, rest.high),
        ),  # fmt: skip
        magnitude=Magnitude(
            rest.value,
            "points" if measure.unit == "%" else measure.unit,
            None if measure.unit == "%" else relative,
        ),  # fmt: skip
        direction=insights.DIRECTION_HIGHER if higher else insights.DIRECTION_LOWER,
        material=large and abs(compared.effect) >= floors[compared.effect_name],
        size=saturating(rest.hedges_g, 0.6),
        surprise=saturating(relative if relative is not None else rest.hedges_g, 0.3),
        dimension=breakdown.dimension,
        members=(breakdown.members[compared.member],),
        profile=breakdown.groups(measure).mean,
        detail=compared,
    )


def _tell(finding: Finding, writer: Writer) -> Told:
    hypothesis, ledger = finding.hypothesis, writer.ledger
    dimension, compared, measure = hypothesis.dimension, hypothesis.detail, hypothesis.measure
    assert dimension is not None
    assert isinstance(compared, _Compared)
    expression = f"median({measure.value})" if compared.typical else f"avg({measure.value})"
    called = Name(f"median {measure.label}" if compared.typical else measure.average_name)
    member = hypothesis.members[0]
    own, rest, apart = _figures(hypothesis, dimension, expression, called=called, writer=writer)
    who, dimension_name = Name(member_name(member)), Name(dimension.label)
    higher = own.value > rest.value
    word = writer.pick(("stands out with", "is set apart by", "differs from the rest by"))
    title = ledger.say(
        f"{{0}} {word} a {'higher' if higher else 'lower'} {{1}}: {{2}} against {{3}} elsewhere",
        who,
        called,
        own,
        rest,
    )
    body = [_sentence(writer, parts=(called, who, own, rest, dimension_name), apart=apart, higher=higher),
            _rows(finding, dimension, compared, writer)]  # fmt: skip
    drawn = charts.member_figures(ledger, hypothesis.facts, dimension, expression=expression, label=called.text,
                                  unit=measure.unit, first=member)  # fmt: skip
    alt = ledger.say("Bars of {0} by {1}; {2} is marked at {3}.", called, dimension_name, who, own)
    chart = charts.bars(
        dimension, drawn, texts=(title, alt), axis=(called.text, measure.unit), emphasis=[member]
    )
    return Told(title, join(body), _advice(who, called, dimension_name, higher, writer),
                _caveats(hypothesis, compared, writer), chart)  # fmt: skip


def _figures(
    hypothesis: Hypothesis, dimension: Dimension, expression: str, *, called: Name, writer: Writer
) -> tuple[Figure, Figure, Figure | None]:
    """The member's number, the others', and how far apart they are."""
    ledger, measure, scope = writer.ledger, hypothesis.measure, hypothesis.facts.scope
    member = hypothesis.members[0]
    own, rest = (aggregate(scope, expression, [cut(dimension, member)]) for cut in (equals, differs))
    name = member_name(member)
    printed = (
        ledger.number(f"{called.text}, {name}", own, unit=measure.unit),
        ledger.number(f"{called.text}, all but {name}", rest, unit=measure.unit),
    )
    unit = "points" if measure.unit == "%" else "%"
    apart = difference(own, rest) if measure.unit == "%" else percent_change(own, rest)
    if printed[0].value == printed[1].value:
        raise NoValue(f"{called.text} of {name} and of the others are the same")
    return *printed, ledger.number_or_none(
        f"distance of {called.text}, {name} to the others", apart, unit=unit,
        display=lambda value: formats.magnitude(value, unit),
    )  # fmt: skip


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
            f"The rest of {{4}} comes to {{3}}; {{1}}, at {{2}}, lies {{5}} {side}.",
        )
    )
    return writer.ledger.say(template, *parts, apart)


def _rows(finding: Finding, dimension: Dimension, compared: _Compared, writer: Writer) -> Text:
    hypothesis = finding.hypothesis
    counted = f"count({hypothesis.measure.value})"
    cut = [equals(dimension, hypothesis.members[0])]
    own = writer.ledger.number(
        f"rows of {member_name(hypothesis.members[0])}", aggregate(hypothesis.facts.scope, counted, cut),
        unit="rows", display=formats.count,
    )  # fmt: skip
    strength = certainty(finding.q_value)
    template = writer.pick(
        (
            f"With {{0}} rows behind it, the evidence that this is more than chance is {strength}.",
            f"It rests on {{0}} rows; the evidence for a real difference is {strength}.",
        )
    )
    return writer.ledger.say(template, own)


def _caveats(hypothesis: Hypothesis, compared: _Compared, writer: Writer) -> tuple[Text, ...]:
    say = writer.ledger.say
    found = [say("Members may differ in more than one way; a difference between them is not yet a cause.")]
    if compared.typical:
        found.append(say("The values are skewed, so medians and ranks are compared rather than means."))
    entity = hypothesis.facts.plan.entity
    if compared.entities and entity is not None:
        found.append(say("Rows repeat {0}; each was counted once in the test.", Name(entity.label)))
    return tuple(found)


def _advice(who: Name, called: Name, dimension: Name, higher: bool, writer: Writer) -> Text:
    templates = (
        (
            "Compare how {0} works with the rest of {2}: find what makes its {1} higher before treating all alike.",
            "Look into {0} first when {1} is to change anywhere in {2}; its lead is where the reason will show.",
        )
        if higher
        else (
            "Ask what holds {1} down for {0}, and whether other values of {2} have the remedy already.",
            "Set a separate expectation of {1} for {0}; measuring it by the average of {2} hides the gap.",
        )
    )
    return writer.ledger.say(writer.pick(templates), who, called, dimension)
