"""Numbers cut into ranges, so that other numbers can be compared along them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from claribi.v1 import data_sources_pb2 as data_sources

from server.analysis import formats
from server.analysis.columns import RANGE, Dimension, Plan
from server.analysis.scope import Scope
from server.query.sql import quote

BUDGET = 5
MANY_ROWS, BUDGET_OF_MANY = 50_000, 3  # a scan of many rows costs time, and finds what it finds anyway
BINS = 20
ROWS_A_BIN = 20
LEAST_DISTINCT = 12  # fewer different numbers need no ranges
LEAST_ROWS = 200


def bins(
    scope: Scope, table: data_sources.DataTable, plan: Plan, asked: Callable[[str], bool]
) -> list[Dimension]:
    """Columns of numbers in fine ranges that hold about as many rows each; averaged ones and asked ones first.

    A run of such ranges is what is told (`told_range`).
    """
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
    chosen = [measure for measure in measures if measure.column]
    chosen = chosen[: BUDGET if scope.rows <= MANY_ROWS else BUDGET_OF_MANY]
    count = min(BINS, scope.rows // ROWS_A_BIN)
    steps = ", ".join(f"{place / count:.4f}" for place in range(1, count))
    columns = [quote(measure.column or "") for measure in chosen]
    cells = scope.look([f"quantile_disc({name}, [{steps}])" for name in columns])
    found = []
    for measure, name, cell in zip(chosen, columns, cells, strict=True):
        edges = tuple(_edges([float(value) for value in cell or ()]))
        if len(edges) >= 2:
            column = measure.column or ""
            names = [f"{place:02d}" for place in range(len(edges) + 1)]
            found.append(
                Dimension(
                    column,
                    _ranges(name, edges, names),
                    formats.label(column),
                    len(names),
                    made=f"{RANGE}{column})",
                    edges=edges,
                )
            )
    return found


def told_range(fine: Dimension, first: int, end: int) -> tuple[Dimension, tuple[str, ...]]:
    """The ranges below, within and above the fine ranges from `first` up to `end`, and their names in that order."""
    edges = [edge for place, edge in enumerate(fine.edges, start=1) if place in (first, end)]
    told = [formats.plain(edge).replace("'", "") for edge in edges]
    names = (f"below {told[0]}", *(f"{a} to {b}" for a, b in pairwise(told)), f"{told[-1]} or more")
    return replace(
        fine, value=_ranges(quote(fine.column), edges, names), distinct=len(names), edges=()
    ), names


def _edges(quantiles: Sequence[float]) -> list[float]:
    """The quantiles at three significant digits of their spread, each once."""
    if not quantiles or not all(map(math.isfinite, quantiles)) or quantiles[-1] <= quantiles[0]:
        return []
    step = 10.0 ** (math.floor(math.log10(quantiles[-1] - quantiles[0])) - 2)
    return sorted({round(quantile / step) * step for quantile in quantiles})


def _ranges(name: str, edges: Sequence[float], names: Sequence[str]) -> str:
    """SQL of the name of the range a number lies in."""
    return f"case when {name} is not null then {_halved(name, edges, names)} end"


def _halved(name: str, edges: Sequence[float], names: Sequence[str]) -> str:
    """The same of numbers that are known, by halves: a few comparisons for each row, however many ranges there are."""
    if not edges:
        return f"'{names[0]}'"
    middle = len(edges) // 2
    below = _halved(name, edges[:middle], names[: middle + 1])
    above = _halved(name, edges[middle + 1 :], names[middle + 1 :])
    return f"case when {name} < {edges[middle]!r} then {below} else {above} end"
