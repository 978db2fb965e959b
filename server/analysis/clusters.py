"""Rows that hang together because they belong to one thing: how many independent observations they are worth."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from server.analysis.columns import Dimension, Measure
from server.analysis.inference import Floats
from server.analysis.scope import Condition, aliased

if TYPE_CHECKING:
    from server.analysis.facts import Breakdown, Facts

LEAST_CLUSTERS = 10
MOST_CANDIDATES = 4
NESTED = 1.1  # members an entity may lie in on average, to count as lying in one
EVIDENT = 0.01  # p value of the analysis of variance from which rows are taken to hang together


@dataclass(frozen=True)
class Clusters:
    """What makes rows hang together: by column, the intraclass correlation of each measure that has one.

    `pairs` counts, by clustering column and dimension, the different clusters within each member.
    """

    correlation: dict[tuple[Dimension, Measure], float] = field(default_factory=dict)
    pairs: dict[tuple[Dimension, Dimension], dict[str, float]] = field(default_factory=dict)

    def holds(self, breakdown: "Breakdown") -> bool:
        """Whether something with rows of its own lies in one member each, so that members are counted by things."""
        return any(
            dimension == breakdown.dimension and counts and sum(counts.values()) <= NESTED * cluster.distinct
            for (cluster, dimension), counts in self.pairs.items()
        )

    def within(self, entity: Dimension | None, breakdown: "Breakdown") -> list[Measure]:
        """The measures that hang together by an entity each of which belongs to one member of the breakdown."""
        if entity is None:
            return []
        pairs = self.pairs.get((entity, breakdown.dimension), {})
        nested = pairs and sum(pairs.values()) <= NESTED * entity.distinct
        return [measure for cluster, measure in self.correlation if cluster == entity] if nested else []

    def design_effect(self, breakdown: "Breakdown", measure: Measure) -> Floats:
        """How many times larger the variance of each member's mean is than for independent rows, shape (members,).

        Kish 1965, Survey Sampling, section 5.4, for the clustering column that costs most.
        """
        rows = breakdown.n[measure].sum(axis=1)
        effect = np.ones(len(breakdown.members))
        for (cluster, dimension), counts in self.pairs.items():
            correlation = self.correlation.get((cluster, measure), 0.0)
            if dimension != breakdown.dimension or correlation <= 0.0:
                continue
            clusters = np.array([counts.get(member, 1.0) for member in breakdown.members])
            size = np.maximum(rows / np.maximum(clusters, 1.0), 1.0)
            effect = np.maximum(effect, 1.0 + (size - 1.0) * correlation)
        return effect


def read_clusters(facts: "Facts") -> Clusters:
    """One query for each column that may cluster rows, and one for each dimension where one does."""
    candidates = _candidates(facts)
    measures = [measure for measure in facts.measures if not measure.counts_rows]
    if not candidates or not measures:
        return Clusters()
    scope = facts.scope
    cells = aliased([cell for measure in measures for cell in measure.cells])
    answers = scope.gather(
        [
            scope.select(cells, [Condition(f"{cluster.value} is not null")], group=cluster.value)
            for cluster in candidates
        ]
    )
    correlation = {
        (cluster, measure): found
        for cluster, columns in zip(candidates, answers, strict=True)
        for index, measure in enumerate(measures)
        if cluster.column not in measure.columns
        and (found := _intraclass(*_column(columns, 3 * index))) > 0.0
    }
    return Clusters(correlation, _pairs(facts, candidates))


def _candidates(facts: "Facts") -> list[Dimension]:
    """Columns whose values stand in several rows each, most different values first."""
    named = [*(() if facts.plan.entity is None else (facts.plan.entity,)), *facts.plan.ranked]
    named += [found for found in facts.plan.dimensions if found.distinct >= LEAST_CLUSTERS]
    several = {found.column: found for found in named if 2 * found.distinct <= facts.rows}
    return sorted(several.values(), key=lambda found: (-found.distinct, found.column))[:MOST_CANDIDATES]


def _column(columns: Sequence[NDArray[Any]], place: int) -> tuple[Floats, Floats, Floats]:
    """Observations, totals and variances of one measure by cluster, each of shape (clusters,)."""
    n, total, variance = (
        np.nan_to_num(np.ma.filled(cells, 0).astype(np.float64)) for cells in columns[place : place + 3]
    )
    known = n > 0
    return n[known], total[known], variance[known]


def _intraclass(n: Floats, total: Floats, variance: Floats) -> float:
    """The intraclass correlation by one-way analysis of variance; 0 unless clusters evidently differ.

    Donner 1986, "A review of inference procedures for the intraclass correlation coefficient", Int. Stat. Rev. 54.
    """
    k, rows = len(n), float(n.sum())
    if k < LEAST_CLUSTERS or rows <= k + 1:
        return 0.0
    mean = total / n
    grand = float(total.sum()) / rows
    between = float((n * (mean - grand) ** 2).sum()) / (k - 1)
    inside = float((variance * np.maximum(n - 1.0, 0.0)).sum()) / (rows - k)
    if inside <= 0.0:
        return 1.0 if between > 0.0 else 0.0
    if float(special.fdtrc(k - 1, rows - k, between / inside)) > EVIDENT:
        return 0.0
    size = (rows - float((n**2).sum()) / rows) / (k - 1)
    return float(max(0.0, (between - inside) / (between + (size - 1.0) * inside)))


def _pairs(
    facts: "Facts", clustering: Sequence[Dimension]
) -> dict[tuple[Dimension, Dimension], dict[str, float]]:
    dimensions = [found.dimension for found in (*facts.breakdowns, *facts.cuts)]
    scope = facts.scope
    cells = [f"approx_count_distinct({cluster.value})" for cluster in clustering]
    answers = scope.gather(
        [
            scope.select(
                aliased([dimension.value, *cells]), [Condition(f"{dimension.value} is not null")], group="1"
            )
            for dimension in dimensions
        ]
    )
    return {
        (cluster, dimension): dict(zip(map(str, columns[0]), map(float, columns[1 + index]), strict=True))
        for dimension, columns in zip(dimensions, answers, strict=True)
        for index, cluster in enumerate(clustering)
        if cluster.column != dimension.column or dimension.made
    }
