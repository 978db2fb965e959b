"""Which columns make rows hang together, read of a table."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from server.analysis.clusters import Clusters
from server.analysis.columns import Dimension, Measure
from server.analysis.comparison import ranked
from server.analysis.facts import Facts
from server.analysis.inference import Floats
from server.analysis.scope import Condition, aliased

LEAST_CLUSTERS = 10
MOST_CANDIDATES = 4
EVIDENT = 0.01  # p value of the analysis of variance from which rows are taken to hang together


def read_clusters(facts: Facts) -> Clusters:
    """One query for each column that may cluster rows, and one for each dimension where one does."""
    candidates = _candidates(facts)
    measures = [measure for measure in facts.measures if not measure.counts_rows]
    if not candidates or not measures:
        return Clusters()
    scope = facts.scope
    cells = aliased([cell for measure in measures for cell in _cells(facts, measure)])
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


def _cells(facts: Facts, measure: Measure) -> tuple[str, str, str]:
    """SQL of observations, total and variance, of the logarithm where values are so skewed that ranks are compared.

    A value a thousand times the others would hide how these hang together.
    """
    if not ranked(facts, measure):
        return measure.cells
    size = f"abs(cast({measure.value} as double))"
    value = f"sign({measure.value}) * ln(1 + {size} / {max(abs(facts.overview[measure].mean), 1e-300)!r})"
    return f"count({value})", f"sum({value})", f"var_samp({value})"


def _candidates(facts: Facts) -> list[Dimension]:
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
    facts: Facts, clustering: Sequence[Dimension]
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
