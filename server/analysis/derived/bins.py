"""Numbers cut into ranges, so that other numbers can be compared along them."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from claribi.v1 import data_sources_pb2 as data_sources

from server.analysis import formats
from server.analysis.columns import Dimension, Plan
from server.analysis.scope import Scope
from server.query.sql import quote

BUDGET = 3
BINS = 5
LEAST_DISTINCT = 12  # fewer different numbers need no ranges
LEAST_ROWS = 200


def bins(
    scope: Scope, table: data_sources.DataTable, plan: Plan, asked: Callable[[str], bool]
) -> list[Dimension]:
    """Columns of numbers in ranges that hold about as many rows each; averaged ones and asked ones first."""
    distinct = {column.name: column.distinct for column in table.columns}
    measures = [
        measure
        for measure in plan.measures
        if measure.column is not None
        and not measure.is_share
        and distinct.get(measure.column, 0) >= LEAST_DISTINCT
    ]
    if scope.rows < LEAST_ROWS or not measures:
        return []
    measures.sort(key=lambda measure: (not asked(measure.column or ""), measure.additive))
    chosen = [measure for measure in measures if measure.column][:BUDGET]
    steps = ", ".join(f"{place / BINS:.2f}" for place in range(1, BINS))
    names = [quote(measure.column or "") for measure in chosen]
    cells = scope.look([f"quantile_disc({name}, [{steps}])" for name in names])
    found = []
    for measure, name, cell in zip(chosen, names, cells, strict=True):
        edges = _edges([float(value) for value in cell or ()])
        if len(edges) >= 2:
            column = measure.column or ""
            label = formats.label(column)
            found.append(
                Dimension(column, _ranges(name, edges), label, len(edges) + 1, made=f"bin({column})")
            )
    return found


def _edges(quantiles: Sequence[float]) -> list[float]:
    """The quantiles at two significant digits of their spread, each once."""
    if not quantiles or not all(map(math.isfinite, quantiles)) or quantiles[-1] <= quantiles[0]:
        return []
    step = 10.0 ** (math.floor(math.log10(quantiles[-1] - quantiles[0])) - 1)
    return sorted({round(quantile / step) * step for quantile in quantiles})


def _ranges(name: str, edges: Sequence[float]) -> str:
    """SQL of the range a number lies in; the name of a range sorts by its place."""
    told = [formats.plain(edge).replace("'", "") for edge in edges]
    names = [
        f"below {told[0]}",
        *(f"{a} to {b}" for a, b in pairwise(told)),
        f"{told[-1]} or more",
    ]
    cases = " ".join(
        f"when {name} < {edge!r} then '{called}'" for edge, called in zip(edges, names, strict=False)
    )
    return f"case {cases} when {name} >= {edges[-1]!r} then '{names[-1]}' end"
