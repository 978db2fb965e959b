"""Measures by every combination of two dimensions' members, read a few dimensions at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from server.analysis.columns import Dimension, Measure
from server.analysis.facts import Facts
from server.analysis.inference import Floats
from server.analysis.rows import drawn
from server.analysis.scope import aliased

CROSSED_MEMBERS = 12
CROSSED_DIMENSIONS = 10
TOGETHER = 2  # dimensions of a bundle; two bundles are read at once, so that every pair is
LOOKED_AT = 1_000_000  # rows, above which an even part of them is looked at


@dataclass(frozen=True)
class Cube:
    """Rows, totals and variances of measures by every combination of some dimensions' members."""

    dimensions: tuple[Dimension, ...]
    members: tuple[tuple[str, ...], ...]
    places: tuple["np.ndarray[tuple[int], np.dtype[np.int64]]", ...]
    n: dict[Measure, Floats]
    total: dict[Measure, Floats]
    variance: dict[Measure, Floats]

    def crossed(self, measure: Measure, group: int, strata: int) -> Floats:
        """Rows, totals and sums of squares by the members of two dimensions, shape (3, members, strata)."""
        n, total, variance = self.n[measure], self.total[measure], self.variance[measure]
        squares = variance * np.maximum(n - 1.0, 0.0) + np.where(n > 0, total**2 / np.maximum(n, 1e-300), 0.0)
        width = len(self.members[strata])
        shape = len(self.members[group]), width
        place = self.places[group] * width + self.places[strata]
        parts = [np.bincount(place, weights=part, minlength=shape[0] * width) for part in (n, total, squares)]
        crossed: Floats = np.array(parts, dtype=np.float64).reshape(3, *shape)
        return crossed


def read_cubes(facts: Facts, measures: Sequence[Measure]) -> list[Cube]:
    """Cubes of four dimensions at most, so that every two small dimensions stand in one; one query each."""
    small = [b.dimension for b in facts.breakdowns if b.dimension.distinct <= CROSSED_MEMBERS][
        :CROSSED_DIMENSIONS
    ]
    if len(small) < 2 or not measures:
        return []
    bundles = [tuple(small[place : place + TOGETHER]) for place in range(0, len(small), TOGETHER)]
    chosen = [(*a, *b) for a, b in combinations(bundles, 2)] or [bundles[0]]
    part = drawn(facts, measures, LOOKED_AT)
    cells = [cell for measure in measures for cell in measure.cells]
    statements = []
    for dimensions in chosen:
        # Rows without a member stand under an empty one, so that no pair loses them for the sake of a third dimension.
        names = [f"coalesce({dimension.value}, '')" for dimension in dimensions]
        group = ", ".join(str(place + 1) for place in range(len(names)))
        statements.append(facts.scope.select(aliased([*names, *cells]), part, group=group, order=group))
    answers = facts.scope.gather(statements)
    return [_cube(dimensions, measures, columns) for dimensions, columns in zip(chosen, answers, strict=True)]


def _cube(
    dimensions: Sequence[Dimension], measures: Sequence[Measure], columns: Sequence[NDArray[np.generic]]
) -> Cube:
    width = len(dimensions)
    names = [np.unique(np.asarray(c, dtype=object).astype(str), return_inverse=True) for c in columns[:width]]
    numbers = [np.nan_to_num(np.ma.filled(np.ma.asarray(c, dtype=np.float64), 0.0)) for c in columns[width:]]
    return Cube(
        tuple(dimensions),
        tuple(tuple(str(name) for name in members) for members, _ in names),
        tuple(place.astype(np.int64) for _, place in names),
        *({measure: numbers[3 * i + part] for i, measure in enumerate(measures)} for part in range(3)),
    )


def pairs(cubes: Sequence[Cube]) -> Iterator[tuple[Cube, int, int]]:
    """Every ordered pair of dimensions once, with the cube it stands in and its places there."""
    seen: set[tuple[str, str]] = set()
    for cube in cubes:
        for g, first in enumerate(cube.dimensions):
            for s, second in enumerate(cube.dimensions):
                if g != s and (first.column, second.column) not in seen:
                    seen.add((first.column, second.column))
                    yield cube, g, s
