"""Rows that hang together because they belong to one thing: how many independent observations they are worth."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from server.analysis.columns import Dimension, Measure
from server.analysis.inference import Floats

NESTED = 1.1  # members an entity may lie in on average, to count as lying in one


@dataclass(frozen=True)
class Clusters:
    """What makes rows hang together: by column, the intraclass correlation of each measure that has one.

    `pairs` counts, by clustering column and dimension, the different clusters within each member.
    """

    correlation: dict[tuple[Dimension, Measure], float] = field(default_factory=dict)
    pairs: dict[tuple[Dimension, Dimension], dict[str, float]] = field(default_factory=dict)

    @property
    def columns(self) -> list[Dimension]:
        """The columns that may make rows hang together."""
        return list(dict.fromkeys(cluster for cluster, _ in self.pairs))

    def nested(self, cluster: Dimension, dimension: Dimension) -> bool:
        """Whether each thing of a clustering column lies in one member of the dimension."""
        counts = self.pairs.get((cluster, dimension), {})
        return bool(counts) and sum(counts.values()) <= NESTED * cluster.distinct

    def holds(self, dimension: Dimension) -> bool:
        """Whether something with rows of its own lies in one member each, so that members are counted by things."""
        return any(self.nested(cluster, dimension) for cluster in self.columns)

    def within(self, entity: Dimension | None, dimension: Dimension) -> list[Measure]:
        """The measures that hang together by an entity each of which belongs to one member of the dimension."""
        if entity is None or not self.nested(entity, dimension):
            return []
        return [measure for cluster, measure in self.correlation if cluster == entity]

    def design_effect(
        self, dimension: Dimension, members: Sequence[str], rows: Floats, measure: Measure
    ) -> Floats:
        """How many times larger the variance of each member's mean is than for independent rows, shape (members,).

        `rows` are those of each member. Kish 1965, Survey Sampling, section 5.4, for the clustering column that costs
        most.
        """
        effect = np.ones(len(members))
        for (cluster, split), counts in self.pairs.items():
            correlation = self.correlation.get((cluster, measure), 0.0)
            if split != dimension or correlation <= 0.0:
                continue
            clusters = np.array([counts.get(member, 1.0) for member in members])
            size = np.maximum(rows / np.maximum(clusters, 1.0), 1.0)
            effect = np.maximum(effect, 1.0 + (size - 1.0) * correlation)
        return effect
