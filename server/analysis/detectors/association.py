"""Members of two dimensions that come together more or less often than chance would bring them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from claribi.v1 import insights_pb2 as insights
from numpy.typing import NDArray

from server.analysis import inference
from server.analysis.columns import Dimension, Measure
from server.analysis.comparison import Comparison, chosen_from
from server.analysis.derived.shares import state_measure
from server.analysis.detectors.group_difference import GroupDifference, large_rate, tested_of
from server.analysis.facts import Facts
from server.analysis.hypothesis import Finding, Hypothesis, Magnitude, Told, Writer, saturating
from server.analysis.inference import Difference, Floats
from server.analysis.scope import Condition, Scope, Statement, aliased, equals

MOST_MEMBERS = 20
LEAST_MEMBER_ROWS = 20
LEAST_EXPECTED = 5.0  # rows in a cell under independence, for it to be told
SUSPECT = 0.01  # p value from which rows that hang together are looked into
LEAST_CLUSTERS = 10
SAME = 0.95  # Cramer's V from which one column is a function of the other, or a copy


@dataclass(frozen=True)
class _Table:
    """Counts of two dimensions, shape (members of the outcome, members of the group)."""

    outcome: Dimension
    group: Dimension
    outcomes: tuple[str, ...]
    groups: tuple[str, ...]
    counts: Floats


@dataclass(frozen=True)
class _Cell:
    """The cell furthest from independence, in adjusted standardised residuals."""

    row: int
    column: int
    residual: float


class Association:
    """Pearson's chi-square of two dimensions, told as the share of one member within another.

    The cell told is the one with the largest adjusted residual (Haberman 1973, Biometrics 29), corrected for the
    choice; where rows evidently hang together in entities or in time, its difference must stand out from clusters too.
    """

    kind = insights.INSIGHT_TYPE_GROUP_DIFFERENCE

    def propose(self, facts: Facts) -> list[Hypothesis]:
        """Each pair of small dimensions that no share of a state covers."""
        return [h for table in _tables(facts) if (h := _hypothesis(facts, table)) is not None]

    def tell(self, finding: Finding, writer: Writer) -> Told:
        """The difference in words."""
        return GroupDifference().tell(finding, writer)


def _tables(facts: Facts) -> Iterator[_Table]:
    states = {column for measure in facts.measures if measure.is_share for column in measure.columns}
    dimensions = [
        found.dimension
        for found in facts.breakdowns
        if len(found.members) <= MOST_MEMBERS and found.dimension.column not in states
    ]
    pairs = [tuple(sorted(pair, key=lambda d: d.distinct)) for pair in combinations(dimensions, 2)]
    statements = [_counts(facts.scope, outcome, group) for outcome, group in pairs]
    for (outcome, group), columns in zip(pairs, facts.scope.gather(statements), strict=True):
        table = _pivot(outcome, group, columns)
        if min(table.counts.shape) >= 2:
            yield table


def _counts(scope: Scope, outcome: Dimension, group: Dimension) -> Statement:
    known = [Condition(f"{dimension.value} is not null") for dimension in (outcome, group)]
    columns = aliased([outcome.value, group.value, "count(*)"])
    return scope.select(columns, known, group="1, 2", order="1, 2")


def _pivot(outcome: Dimension, group: Dimension, columns: list[NDArray[Any]]) -> _Table:
    """The table of the members with rows enough."""
    rows, row = np.unique(np.asarray(columns[0], dtype=object).astype(str), return_inverse=True)
    cols, col = np.unique(np.asarray(columns[1], dtype=object).astype(str), return_inverse=True)
    counts = np.zeros((len(rows), len(cols)))
    counts[row, col] = columns[2]
    keep_rows, keep_cols = (counts.sum(axis=axis) >= LEAST_MEMBER_ROWS for axis in (1, 0))
    return _Table(
        outcome,
        group,
        tuple(rows[keep_rows].tolist()),
        tuple(cols[keep_cols].tolist()),
        counts[keep_rows][:, keep_cols],
    )


def _hypothesis(facts: Facts, table: _Table) -> Hypothesis | None:
    n, expected = float(table.counts.sum()), _expected(table.counts)
    if (expected <= 0).any():
        return None
    statistic = float(((table.counts - expected) ** 2 / expected).sum())
    k, m = table.counts.shape
    v = math.sqrt(statistic / n / (min(k, m) - 1))
    cell = _furthest(table.counts, expected)
    if cell is None or v >= SAME:
        return None
    test = "adjusted residual of a chi-square test"
    cells = chosen_from(k) * chosen_from(m)
    p_value = min(1.0, inference.normal_two_sided(cell.residual) * cells)
    if p_value < SUSPECT:
        p_value = max(p_value, min(1.0, cells * _clustered_p(facts, table, cell)))
    compared = Comparison(
        test,
        statistic,
        p_value,
        "cramers_v",
        v,
        cell.column,
        _difference(table, cell),
        int(n),
        typical=False,
    )
    return _described(facts, table, cell, compared)


def _expected(counts: Floats) -> Floats:
    expected: Floats = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    return expected


def _furthest(counts: Floats, expected: Floats) -> _Cell | None:
    n = counts.sum()
    rows, columns = counts.sum(axis=1) / n, counts.sum(axis=0) / n
    spread = np.sqrt(expected * np.outer(1.0 - rows, 1.0 - columns))
    with np.errstate(divide="ignore", invalid="ignore"):
        residuals = np.where((expected >= LEAST_EXPECTED) & (spread > 0), (counts - expected) / spread, 0.0)
    row, column = np.unravel_index(int(np.argmax(np.abs(residuals))), residuals.shape)
    residual = float(residuals[row, column])
    return _Cell(int(row), int(column), residual) if residual else None


def _difference(table: _Table, cell: _Cell) -> Difference:
    """The outcome's share in the group against elsewhere, in points."""
    inside = table.counts[:, cell.column]
    outside = table.counts.sum(axis=1) - inside
    n = np.array([inside.sum(), outside.sum()])
    share = np.array([inside[cell.row], outside[cell.row]]) / n
    groups = inference.Groups(n, 100.0 * share, np.maximum(1e4 * share * (1.0 - share), 1e-9))
    return inference.welch_difference(groups)


def _clustered_p(facts: Facts, table: _Table, cell: _Cell) -> float:
    """The p value of the cell's difference when only clusters of rows are independent: things, stretches of time.

    Where a thing is of one group and has one outcome, however many rows it has, things are counted (Fisher's test);
    elsewhere the sandwich variance of a difference of two proportions (Liang and Zeger 1986, Biometrika 73).
    """
    scope, worst = facts.scope, 0.0
    apart = [known for known in facts.clusters.columns if known not in (table.outcome, table.group)]
    for thing in apart:
        counts = _by_cluster(scope, table, cell, thing.value)
        if all(facts.clusters.nested(thing, dimension) for dimension in (table.outcome, table.group)):
            inside, both, outcome = (float((cells > 0).sum()) for cells in counts[1:])
            worst = max(worst, inference.fisher_p(both, inside, outcome, float(len(counts[0]))))
        elif len(counts[0]) >= LEAST_CLUSTERS:
            worst = max(worst, _sandwich(*counts))
    if scope.time is not None and facts.report_grain is not None:
        counts = _by_cluster(scope, table, cell, f"date_trunc('{facts.report_grain}', {scope.time.value})")
        if len(counts[0]) >= LEAST_CLUSTERS:
            worst = max(worst, _sandwich(*counts))
    return worst


def _by_cluster(scope: Scope, table: _Table, cell: _Cell, cluster: str) -> list[Floats]:
    """Rows, rows inside the group, of these with the outcome, and rows with the outcome, each of shape (clusters,)."""
    inside = equals(table.group, table.groups[cell.column])
    outcome = equals(table.outcome, table.outcomes[cell.row])
    known = [Condition(f"{dimension.value} is not null") for dimension in (table.outcome, table.group)]
    pieces = (inside.sql, f"{inside.sql} and {outcome.sql}", outcome.sql)
    cells = aliased(["count(*)", *(f"count_if({piece})" for piece in pieces)])
    asked = scope.select(cells, [*known, Condition(f"{cluster} is not null")], group=cluster)
    params = (*inside.params, *inside.params, *outcome.params, *outcome.params, *asked.params)
    return [np.asarray(c, dtype=np.float64) for c in scope.gather([Statement(asked.sql, params)])[0]]


def _sandwich(rows: Floats, inside: Floats, both: Floats, outcome: Floats) -> float:
    """The two-sided p value, from counts by cluster, each of shape (clusters,); 0 where rows do not go together."""
    outside, other = rows - inside, outcome - both
    n_in, n_out = inside.sum(), outside.sum()
    if n_in <= 0 or n_out <= 0:
        return 1.0
    p_in, p_out = both.sum() / n_in, other.sum() / n_out
    # What a row of each of the four kinds adds to the difference, and how many there are of it in each cluster.
    influence = np.array([1.0 - p_in, -p_in, p_out - 1.0, p_out]) / np.array([n_in, n_in, n_out, n_out])
    counts = np.stack([both, inside - both, other, outside - other])
    sums, squares, fourths = (influence**power @ counts for power in (1, 2, 4))
    if not inference.hang_together(sums, squares, fourths):
        return 0.0
    clusters = len(rows)
    variance = float((sums**2).sum()) * clusters / (clusters - 1)
    return inference.t_two_sided(float(p_in - p_out) / math.sqrt(variance), clusters - 1)


def _described(facts: Facts, table: _Table, cell: _Cell, compared: Comparison) -> Hypothesis:
    measure: Measure = state_measure(table.outcome, table.outcomes[cell.row])
    difference = compared.against_rest
    inside = table.counts[:, cell.column]
    outside = table.counts.sum(axis=1) - inside
    elsewhere = 100.0 * float(outside[cell.row] / outside.sum())
    return Hypothesis(
        kind=insights.INSIGHT_TYPE_GROUP_DIFFERENCE,
        facts=facts,
        measure=measure,
        tested=tested_of(compared),
        magnitude=Magnitude(difference.value, "points"),
        direction=insights.DIRECTION_HIGHER if difference.value > 0 else insights.DIRECTION_LOWER,
        material=large_rate(difference.value, difference.value / elsewhere if elsewhere else None),
        size=saturating(difference.hedges_g, 0.6),
        surprise=saturating(difference.hedges_g, 0.3),
        dimension=table.group,
        members=(table.groups[cell.column],),
        detail=compared,
    )
