"""How the members of a dimension differ in a measure: which test fits, and what it says."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from server.analysis import inference
from server.analysis.clusters import Clusters
from server.analysis.columns import Dimension, Measure
from server.analysis.facts import Breakdown, Facts
from server.analysis.inference import Difference, Groups
from server.analysis.scope import Condition, Statement
from server.analysis.stretches import time_effects
from server.query.sql import select

# Below twenty observations a mean of skewed values is too far from normal for Welch's test.
LEAST_MEMBER_ROWS = 20
LEAST_MEMBER_ENTITIES = 4  # each stands for several rows, and Welch's test knows how few they are
RANK_ROWS_LIMIT = 200_000  # above, means of skewed values are normal enough and ranking costs seconds
SKEWED = 2.0
LEAST_PERIODS = 8  # to see whether a measure wanders
# First autocorrelation from which a measure wanders: never below the first, always from the second on.
WANDERING, LONG_MEMORY = 0.25, 0.6
ENTITY_ROWS = 2.0  # rows an entity has on average within a member, above which entities are compared


@dataclass(frozen=True)
class Comparison:
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


def comparable(facts: Facts, dimension: Dimension, measure: Measure) -> bool:
    """Whether a measure may say something new along a dimension.

    A column along itself does not, nor does a duration along its own end, where what runs over a weekend is long;
    ranges of a column that wanders through time only tell the times apart. Where rows are periods, parts of the
    calendar are seasons, and ranges are what goes together through time. How often a word is used is not asked along
    hours and ranges, nor a share along words: there are too many pairs.
    """
    if dimension.column in measure.columns and not dimension.is_calendar:
        return False
    if measure.is_duration and dimension.column == measure.uses[1]:
        return False
    if dimension.made and any(known.level for known in facts.measures):
        return False
    if dimension.made and (measure.is_word or (measure.is_share and dimension.is_word)):
        return False
    cut = next((m for m in facts.measures if dimension.made and m.column == dimension.column), None)
    return cut is None or not wanders(facts, cut)


def wanders(facts: Facts, measure: Measure) -> bool:
    """Whether the mean by period is like the one before: beyond four standard errors of no autocorrelation."""
    timeline = facts.timeline
    if timeline is None or measure not in timeline.n:
        return False
    n, total = timeline.n[measure], timeline.total[measure]
    means = total[n > 0] / n[n > 0]
    centred = means - means.mean() if len(means) else means
    spread = float(centred @ centred)
    if len(means) < LEAST_PERIODS or spread <= 0.0:
        return False
    evident = min(max(WANDERING, 4.0 / len(means) ** 0.5), LONG_MEMORY)
    return bool(float(centred[1:] @ centred[:-1]) / spread > evident)


def ranked(facts: Facts, measure: Measure) -> bool:
    return (
        abs(facts.overview[measure].skew) > SKEWED
        and facts.rows <= RANK_ROWS_LIMIT
        and not measure.is_share
        and measure.aggregation != "ratio"
    )


def rank_sums(facts: Facts, measure: Measure) -> dict[tuple[Dimension, str], float]:
    """The sum of the ranks (mid-ranks for ties) of each member of each dimension, in one query."""
    dimensions = [found.dimension for found in (*facts.breakdowns, *facts.cuts)]
    if not dimensions:
        return {}
    names = [f"d{index}" for index in range(len(dimensions))]
    columns = [f"{d.value} as {name}" for d, name in zip(dimensions, names, strict=True)]
    value = measure.value
    ties = f"(count(*) over (partition by {value}) - 1) / 2.0"
    inner = facts.scope.select(
        [*columns, f"rank() over (order by {value}) + {ties} as r"], [Condition(f"{value} is not null")]
    )
    sets = ", ".join(f"({name})" for name in names)
    marks = [f"grouping({name})" for name in names]
    sql = select([*marks, *names, "sum(r)"], inner.nested, group=f"grouping sets ({sets})")
    return _by_member(facts.scope.fetch(Statement(sql, inner.params)), dimensions)


def _by_member(
    rows: list[tuple[Any, ...]], dimensions: list[Dimension]
) -> dict[tuple[Dimension, str], float]:
    """Rank sums by column and member; each row says by zeros among its first cells whose set it is of."""
    found = {}
    for row in rows:
        index = row[: len(dimensions)].index(0)
        member = row[len(dimensions) + index]
        if member is not None:
            found[dimensions[index], str(member)] = float(row[-1])
    return found


def entity_groups(
    facts: Facts, breakdown: Breakdown, measures: list[Measure]
) -> dict[Measure, tuple[tuple[str, ...], Groups]] | None:
    """Groups of entity means, where rows repeat entities that belong to one member each; else None."""
    entity, dimension, scope = facts.plan.entity, breakdown.dimension, facts.scope
    if entity is None or not measures:
        return None
    known = [Condition(f"{column.value} is not null") for column in (dimension, entity)]
    means = [f"avg({measure.value}) as v{index}" for index, measure in enumerate(measures)]
    inner = scope.select(
        [f"{dimension.value} as member", f"{entity.value} as entity", "count(*) as n", *means],
        known,
        group="1, 2",
    )
    cells = [f"{name}(v{index})" for index in range(len(measures)) for name in ("count", "avg", "var_samp")]
    sql = select(["member", "count(distinct entity)", "sum(n)", *cells], inner.nested, group="1", order="1")
    rows = scope.fetch(Statement(sql, inner.params))
    pairs, lines = sum(int(row[1]) for row in rows), sum(int(row[2]) for row in rows)
    if not rows or lines < ENTITY_ROWS * pairs:
        return None
    members = tuple(str(row[0]) for row in rows)
    table = np.array([[0.0 if cell is None else float(cell) for cell in row[3:]] for row in rows])
    return {
        m: (members, Groups(*(table[:, 3 * i + part] for part in range(3)))) for i, m in enumerate(measures)
    }


def compare(
    breakdown: Breakdown,
    measure: Measure,
    *,
    ranks: dict[tuple[Dimension, str], float] | None,
    entities: tuple[tuple[str, ...], Groups] | None,
    clusters: Clusters,
) -> Comparison | None:
    """The member that lies furthest from all others together; None when too few members have rows enough.

    The member is chosen after the fact: its p value is corrected for the choice among all (Bonferroni); of two, either
    is as far from the other.
    """
    groups = _cautious(breakdown, measure, clusters) if entities is None else _aligned(breakdown, entities)
    rates = measure.is_share and entities is None
    least = LEAST_MEMBER_ROWS if entities is None else LEAST_MEMBER_ENTITIES
    keep = (groups.n >= least) & (rates | (groups.variance > 0))
    if keep.sum() < 2:
        return None
    kept, places = groups.take(keep), np.flatnonzero(keep)
    if rates:
        apart = by_rates(kept)
    elif ranks and entities is None:
        apart = by_ranks(breakdown, places, measure, ranks, kept)
    else:
        apart = by_means(kept)
    against_rest = against_others(kept, apart.member)
    if (against_rest.value > 0) != (apart.statistic > 0):
        return None  # means and ranks disagree: there is no plain way to say who is higher
    counted = breakdown.rows if measure.aggregation == "ratio" else breakdown.n[measure]
    rows = int(counted[places].sum()) if entities is None else int(kept.n.sum())
    return Comparison(
        apart.test,
        apart.statistic,
        min(1.0, apart.p_value * chosen_from(len(places))),
        apart.effect_name,
        apart.effect,
        int(places[apart.member]),
        against_rest,
        rows,
        typical=apart.effect_name == "cliffs_delta",
        entities=entities is not None,
    )


def chosen_from(members: int) -> int:
    """Of how many different comparisons the furthest member is chosen: two members make one."""
    return members if members > 2 else 1


@dataclass(frozen=True)
class Apart:
    """The member that lies furthest from the rest (its index among the members kept), and how far."""

    member: int
    test: str
    statistic: float
    p_value: float
    effect_name: str
    effect: float


def by_means(kept: Groups) -> Apart:
    """Welch's t test.

    Where values are skewed a member with a low mean has a low variance too; the common variance must do as well.
    """
    best, difference = _most_different(kept)
    p_value = max(difference.p_value, inference.common_variance_p(kept, best))
    return Apart(
        best,
        "Welch's t test against the rest",
        difference.statistic,
        p_value,
        "hedges_g",
        difference.hedges_g,
    )


def by_rates(kept: Groups) -> Apart:
    """Fisher's exact test of two rates, at the number of rows the members are worth; Cramer's V over all members."""
    hits = kept.n * kept.mean / 100.0
    n, total = float(kept.n.sum()), float(hits.sum())
    rate = total / n
    spread = np.sqrt(np.maximum(kept.n * rate * (1.0 - rate) * (1.0 - kept.n / n), 1e-12))
    distance = (hits - kept.n * rate) / spread
    best = int(np.argmax(np.abs(distance)))
    p_value = inference.fisher_p(float(hits[best]), float(kept.n[best]), total, n)
    _, _, effect = inference.chi_square(hits, kept.n)
    return Apart(
        best, "Fisher's exact test against the rest", float(distance[best]), p_value, "cramers_v", effect
    )


def by_ranks(
    breakdown: Breakdown,
    places: NDArray[np.int64],
    measure: Measure,
    ranks: dict[tuple[Dimension, str], float],
    kept: Groups,
) -> Apart:
    """Mann and Whitney's test, cut to the effective number of observations.

    Mann and Whitney 1947, Ann. Math. Stat. 18; the effect: Cliff 1993, Psychological Bulletin 114.
    """
    rows = breakdown.n[measure].sum(axis=1)[places]
    sums = np.array([ranks.get((breakdown.dimension, breakdown.members[place]), 0.0) for place in places])
    total = float(rows.sum())
    # Ranks were given over all rows; members too small to keep shift them by a little, so they are centred again.
    sums = sums - rows * (sums.sum() / total - (total + 1.0) / 2.0)
    excess = sums - rows * (total + 1.0) / 2.0
    rest = np.maximum(total - rows, 1.0)
    distance = excess / np.sqrt(rows * rest * (total + 1.0) / 12.0) * np.sqrt(kept.n / rows)
    best = int(np.argmax(np.abs(distance)))
    statistic = float(distance[best])
    return Apart(
        best,
        "Mann-Whitney test against the rest",
        statistic,
        inference.normal_two_sided(statistic),
        "cliffs_delta",
        float(2.0 * excess[best] / (rows[best] * rest[best])),
    )


def _aligned(breakdown: Breakdown, entities: tuple[tuple[str, ...], Groups]) -> Groups:
    """Entity groups in the order of the breakdown's members."""
    members, groups = entities
    order = [members.index(member) for member in breakdown.members]
    return Groups(groups.n[order], groups.mean[order], groups.variance[order])


def _cautious(breakdown: Breakdown, measure: Measure, clusters: Clusters) -> Groups:
    """Groups whose observations are cut to the independent ones they are worth."""
    groups = breakdown.groups(measure)
    worth = groups.n / clusters.design_effect(
        breakdown.dimension, breakdown.members, breakdown.n[measure].sum(axis=1), measure
    )
    if breakdown.starts:
        worth = np.minimum(worth, groups.n / time_effects(breakdown, measure, groups))
    return replace(groups, n=worth)


def against_others(groups: Groups, index: int) -> Difference:
    """One member against all others together."""
    own = (groups.n[index], groups.mean[index], groups.variance[index])
    rest = inference.pooled(groups.take(np.arange(len(groups.n)) != index))
    others = (rest.n[0], rest.mean[0], rest.variance[0])
    return inference.welch_difference(Groups(*(np.array(pair) for pair in zip(own, others, strict=True))))


def _most_different(groups: Groups) -> tuple[int, Difference]:
    """The member whose mean lies furthest from the rest, in standard errors."""
    found = [against_others(groups, index) for index in range(len(groups.n))]
    best = max(range(len(found)), key=lambda index: abs(found[index].statistic))
    return best, found[best]
