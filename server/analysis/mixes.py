"""A difference of two means as what differs within strata, and what differs between their mixes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from server.analysis import inference, periods
from server.analysis.cells import Cells, cells_of
from server.analysis.columns import Dimension, Measure
from server.analysis.contributions import rate_and_mix
from server.analysis.cubes import LOOKED_AT, Cube, pairs, read_cubes
from server.analysis.facts import Facts
from server.analysis.inference import TRUSTED_DEGREES, Floats, Groups
from server.analysis.moves import SAMPLING_DEGREES, SAMPLING_P
from server.analysis.periods import Span
from server.analysis.scope import Condition, Statement, aliased

LEAST_PERIODS = 4
LEAST_ROWS = 20.0  # on each side
# Last periods set against all before, beside the second half; each needs a longer past.
WINDOWS = {"month": (1, 3), "week": (1, 4), "day": (1, 7)}
MOST_WITHIN = 0.5  # of the difference, that may lie within strata for the mix to be what made it
ONE_SIDED = 1.645
CLEAR = 2.0  # standard errors of rows drawn independently, that a move of the mean must span to be spoken of
SCREEN = 0.01  # p value of the difference alone, beyond which nothing is told and no more is worked out


@dataclass(frozen=True)
class Sides:
    """Rows, totals and variances of two sides by stratum, shape (2, strata); the later or the told side first."""

    n: Floats
    total: Floats
    variance: Floats


@dataclass(frozen=True)
class Split:
    """The difference of two means: within plus mix, with the standard errors of rows drawn independently."""

    difference: float
    within: float
    mix: float
    base: float  # the second side's mean
    error: float
    within_error: float
    mix_error: float
    stratum: int  # whose share moved the mean most
    rows: int

    @property
    def misleads(self) -> bool:
        """Whether the strata go against the total, or hardly move at all."""
        along = self.within * math.copysign(1.0, self.difference)
        against = along + ONE_SIDED * self.within_error < 0.0
        return against or abs(along) + ONE_SIDED * self.within_error <= MOST_WITHIN * abs(self.difference)

    @property
    def reversed(self) -> bool:
        """Whether the strata go against the total."""
        return self.within * self.difference < 0.0 and abs(self.within) > ONE_SIDED * self.within_error


@dataclass(frozen=True)
class Mixture:
    """A split that was tested: over time (with spans), or of a member of another dimension against the rest."""

    measure: Measure
    strata: Dimension
    members: tuple[str, ...]
    split: Split
    p_value: float
    statistic: float
    spans: tuple[Span, Span] | None = None
    group: tuple[Dimension, str] | None = None


def split_of(sides: Sides, *, effect: float = 1.0) -> Split | None:
    """The split of two sides; None when one is too small. `effect` is how few rows a row is worth."""
    rows = sides.n.sum(axis=1)
    if rows.min() <= 0:
        return None
    share = sides.n / rows[:, None]
    means = sides.total.sum(axis=1) / rows
    within, mix = rate_and_mix(
        (sides.n[0], sides.n[1]),
        (sides.total[0], sides.total[1]),
        middle=float(means.mean()),
        whole=(float(rows[0]), float(rows[1])),
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sides.total / sides.n
        error = np.where(sides.n > 0, sides.variance / sides.n, np.nan)
    both = (sides.n > 0).all(axis=0)
    weight = share.mean(axis=0)
    centre = np.where(both, np.nan_to_num(mean).mean(axis=0), np.nan_to_num(mean).sum(axis=0))
    spread = [
        float((s * centre**2).sum() - (s * centre).sum() ** 2) / n for s, n in zip(share, rows, strict=True)
    ]
    inside = [float(np.nansum(s**2 * e)) for s, e in zip(share, error, strict=True)]
    return Split(
        float(means[0] - means[1]),
        float(within.sum()),
        float(mix.sum()),
        float(means[1]),
        math.sqrt(effect * (sum(spread) + sum(inside))),
        math.sqrt(effect * float((weight[both] ** 2 * error[:, both].sum(axis=0)).sum())),
        math.sqrt(effect * sum(spread)),
        int(np.argmax(np.abs(mix))),
        round(float(rows.sum())),
    )


@dataclass(frozen=True)
class Mixtures:
    """What could be told, and how many splits were looked at for it."""

    found: tuple[Mixture, ...]
    tests: int


def over_time(facts: Facts, measures: Sequence[Measure]) -> Mixtures:
    """Each measure by each dimension: the last periods against those before."""
    found: list[Mixture] = []
    tests = 0
    for breakdown in facts.breakdowns:
        for measure in measures:
            dimension = breakdown.dimension
            if dimension.column in measure.columns or facts.comes_with_age(measure, dimension):
                continue
            cells = cells_of(facts, breakdown, measure)
            if cells is None or len(cells.starts) < LEAST_PERIODS or cells.n.sum(axis=0).min() <= 0:
                continue
            if _alike_within(breakdown.groups(measure)):
                continue
            for width in _widths(len(cells.starts), cells.grain):
                tests += 1
                made = _windowed(cells, width)
                if made is not None:
                    found.append(Mixture(measure, breakdown.dimension, breakdown.members, *made[:3], made[3]))
    return Mixtures(tuple(found), tests)


def _alike_within(groups: Groups) -> bool:
    """Whether no mix of the members can move the mean much, since their means do not evidently differ.

    Nothing is told, or counted as a test, of such strata: when the members' values were drawn says nothing of how they
    differ, so that leaving these out is independent of the tests (Bourgon, Gentleman and Huber 2010, "Independent
    filtering", Proc. Natl. Acad. Sci. 107).
    """
    keep = (groups.n > 2) & (groups.variance > 0)
    return int(keep.sum()) < 2 or inference.welch_anova(groups.take(keep))[1] > SCREEN


def _widths(count: int, grain: str) -> list[int]:
    fitting = [width for width in WINDOWS.get(grain, (1,)) if count >= 3 * width + 2]
    return list(dict.fromkeys([*fitting, count // 2]))


def _windowed(cells: Cells, width: int) -> tuple[Split, float, float, tuple[Span, Span]] | None:
    edge, rows = len(cells.starts) - width, cells.n.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        usual = np.nan_to_num(cells.total.sum(axis=1) / cells.n.sum(axis=1))
    composed = (cells.n * usual[:, None]).sum(axis=0) / rows
    if _stepped(composed, edge, 0.0)[0] > SCREEN:
        return None
    sides = [slice(edge, None), slice(0, edge)]
    n, total, squares = (
        np.array([part[:, side].sum(axis=1) for side in sides])
        for part in (cells.n, cells.total, cells.squares)
    )
    if n.sum(axis=1).min() < LEAST_ROWS:
        return None
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = np.maximum(np.nan_to_num(squares / n - (total / n) ** 2), 0.0)
    split = split_of(Sides(n, total, variance))
    if split is None or abs(split.difference) < CLEAR * split.error:
        return None
    spread = float(
        (cells.n.sum(axis=1) * usual**2).sum() / rows.sum() - ((rows * composed).sum() / rows.sum()) ** 2
    )
    p_value, statistic = _stepped(composed, edge, split.mix_error, expected=spread / rows)
    starts, grain = cells.starts, cells.grain
    end = periods.shift(starts[-1], grain, 1)
    return split, p_value, statistic, (Span(starts[edge], end, grain), Span(starts[0], starts[edge], grain))


def _stepped(
    values: Floats, edge: int, error: float, *, expected: Floats | None = None
) -> tuple[float, float]:
    """p value and statistic of a step in a series, its memory and the rows' own error allowed for.

    Where the periods vary no more than `expected` of the number of their rows, that number tells the error better than
    few periods can.
    """
    later, earlier = values[edge:], values[:edge]
    rest = np.concatenate([earlier - earlier.mean(), later - later.mean()])
    memory = inference.long_run_ratio(rest)
    calm = expected is not None and _calm(rest, expected)
    if calm:
        memory = 1.0
    worth = len(values) / memory
    variance = float((rest**2).sum()) / max(len(values) - 2.0, 1.0)
    own = math.sqrt(variance * memory * (1.0 / len(later) + 1.0 / len(earlier)))
    whole = max(own, error)
    if whole <= 0.0:
        return 1.0, 0.0
    statistic = float(later.mean() - earlier.mean()) / whole
    degrees = max(1.0, TRUSTED_DEGREES * (worth - 2.0))
    degrees = max(degrees, SAMPLING_DEGREES) if calm else degrees
    return inference.t_two_sided(statistic, degrees), statistic


def _calm(rest: Floats, expected: Floats) -> bool:
    """Whether the periods show no memory, and no unrest beyond that of the number of their rows."""
    if float(expected.min()) <= 0.0 or inference.long_run_ratio(rest, evident=True) > 1.0:
        return False
    unrest = float((rest**2 / expected).sum())
    return float(special.chdtrc(len(rest) - 2.0, unrest)) > SAMPLING_P


def _sides(crossed: Floats, member: int) -> Sides:
    """A member against the rest of its dimension."""
    own = crossed[:, member]
    n, total, squares = np.stack([own, crossed.sum(axis=1) - own], axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        inside = np.maximum(np.nan_to_num(squares / n - (total / n) ** 2), 0.0)
    return Sides(np.where(n > 0, n, 0.0), total, np.where(n > 0, inside, 0.0))


def _strata(crossed: Floats) -> Groups:
    """The strata, of all members together."""
    n, total, squares = crossed.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nan_to_num(total / n)
        variance = np.nan_to_num((squares - n * mean**2) / (n - 1.0))
    return Groups(n, mean, variance)


def _screened(crossed: Floats) -> list[int]:
    """The members whose mean differs from the rest's by more than rows drawn at random would make it."""
    n, total, squares = crossed.sum(axis=2)
    sides = [(n, total, squares), (n.sum() - n, total.sum() - total, squares.sum() - squares)]
    with np.errstate(invalid="ignore", divide="ignore"):
        means = [part[1] / part[0] for part in sides]
        error = [
            np.maximum(part[2] / part[0] - mean**2, 0.0) / part[0]
            for part, mean in zip(sides, means, strict=True)
        ]
        distance = np.nan_to_num((means[0] - means[1]) / np.sqrt(error[0] + error[1]))
    thick = np.minimum(sides[0][0], sides[1][0]) >= LEAST_ROWS
    far = [inference.normal_two_sided(float(d)) <= SCREEN for d in distance]
    return [member for member in range(len(far)) if thick[member] and far[member]]


def across_groups(facts: Facts, measures: Sequence[Measure]) -> Mixtures:
    """Each member of a dimension against the rest, within the members of another dimension."""
    found: list[Mixture] = []
    tests = 0
    for cube, g, s in pairs(read_cubes(facts, measures)):
        group, strata = cube.dimensions[g], cube.dimensions[s]
        for measure in measures:
            if {group.column, strata.column} & set(measure.columns):
                continue
            crossed = cube.crossed(measure, g, s)
            crossed[:, [not member for member in cube.members[g]]] = 0.0
            crossed[:, :, [not member for member in cube.members[s]]] = 0.0
            if _alike_within(_strata(crossed)):
                continue
            members = sum(bool(member) for member in cube.members[g])
            tests += 1 if members == 2 else members
            for member in _screened(crossed)[: 1 if members == 2 else members]:
                split = split_of(_sides(crossed, member))
                if split is not None:
                    found.append(_grouped(measure, cube, split, places=(g, s, member)))
    return Mixtures(tuple(found), tests)


def _grouped(measure: Measure, cube: Cube, split: Split, *, places: tuple[int, int, int]) -> Mixture:
    g, s, member = places
    p_value, statistic = _both(split)
    return Mixture(
        measure,
        cube.dimensions[s],
        cube.members[s],
        split,
        p_value,
        statistic,
        group=(cube.dimensions[g], cube.members[g][member]),
    )


def _both(split: Split) -> tuple[float, float]:
    """The weaker of what must hold together: the total differs, and the mix differs (or the strata the other way)."""
    second = (split.within, split.within_error) if split.reversed else (split.mix, split.mix_error)
    tests = []
    for value, error in ((split.difference, split.error), second):
        statistic = value / error if error > 0 else 0.0
        tests.append((inference.normal_two_sided(statistic), statistic))
    return max(tests)


def of_all_rows(facts: Facts, found: Mixture) -> Mixture:
    """The mixture with the split of all rows, where it was found in a part of them."""
    if facts.rows <= LOOKED_AT or found.group is None:
        return found
    group, member = found.group
    own = f"case when {group.value} = ? then 1 else 0 end"
    known = [Condition(f"{dimension.value} is not null") for dimension in (group, found.strata)]
    statement = facts.scope.select(
        aliased([own, found.strata.value, *found.measure.cells]), known, group="1, 2", order="1, 2"
    )
    side, strata, *cells = facts.scope.gather([Statement(statement.sql, (member, *statement.params))])[0]
    names, place = np.unique(np.asarray(strata, dtype=object).astype(str), return_inverse=True)
    numbers = [np.nan_to_num(np.ma.filled(np.ma.asarray(c, dtype=np.float64), 0.0)) for c in cells]
    filled = np.zeros((3, 2, len(names)))
    filled[:, 1 - np.asarray(side).astype(np.int64), place] = numbers
    split = split_of(Sides(*filled))
    return found if split is None else replace(found, split=split, members=tuple(str(name) for name in names))


def counted_for_less(facts: Facts, found: Mixture) -> Mixture:
    """The mixture with its errors as wide as rows that hang together make them."""
    effects = [
        1.0 + max(facts.rows / max(cluster.distinct, 1) - 1.0, 0.0) * correlation
        for (cluster, measure), correlation in sorted(
            facts.clusters.correlation.items(), key=lambda item: item[0][0].column
        )
        if measure == found.measure
    ]
    widen = math.sqrt(max([1.0, *effects]))
    split = replace(
        found.split,
        error=found.split.error * widen,
        within_error=found.split.within_error * widen,
        mix_error=found.split.mix_error * widen,
    )
    p_value, statistic = _both(split)
    return replace(found, split=split, p_value=max(p_value, found.p_value), statistic=statistic)
