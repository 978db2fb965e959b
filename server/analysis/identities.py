"""Which columns are made of one another, so that their going together is no news."""

from collections.abc import Sequence

import numpy as np

from server.analysis.dependence import ranks
from server.analysis.inference import Floats

EXACT = (
    1e-4  # share of variance left unexplained, below which a column is made of others; rounding leaves less
)
COPIED = 0.9995  # correlation of ranks from which one column is a function of the other
PART = 0.01  # of the spread, below which a column takes no part in a sum
CHECKED_ROWS = 1000
LEAST_ROWS_A_COLUMN = 3
REPEATED = 3.0  # rows a value has on average, for a column to be seen to depend on it


def made_of_one_another(values: Floats) -> set[tuple[int, int]]:
    """Pairs (i < j) of columns, shape (rows, k), in sums, products, ratios, copies or functions of one another."""
    step = max(1, len(values) // CHECKED_ROWS)
    some = values[::step]
    functions = _functions(some)
    pairs = functions | _sums(some)
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.where(some > 0, np.log(np.where(some > 0, some, 1.0)), np.nan)
    logs[:, np.isfinite(logs).sum(axis=0) < 0.9 * np.isfinite(some).sum(axis=0)] = np.nan
    return _passed_on(pairs | _sums(logs), functions)


def _passed_on(pairs: set[tuple[int, int]], functions: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """What goes with a column by nature goes with the functions of that column too."""
    found = set(pairs)
    for one, other in sorted(functions):
        for this, that in ((one, other), (other, one)):
            partners = {j if i == this else i for i, j in sorted(pairs) if this in (i, j)} - {that}
            found |= {(min(that, k), max(that, k)) for k in sorted(partners)}
    return found


def combines(values: Floats, first: int, second: int) -> bool:
    """Whether the product of two columns is a sum of columns: `margin * revenue = revenue - cost`."""
    step = max(1, len(values) // CHECKED_ROWS)
    some = values[::step]
    known = np.isfinite(some[:, first]) & np.isfinite(some[:, second])
    product = some[known, first] * some[known, second]
    for one in (first, second):
        others = [column for column in range(some.shape[1]) if column != one]
        if _left(product, some[known][:, others]) < EXACT:
            return _left(some[known, one], some[known][:, [first + second - one]]) > 100 * EXACT
    return False


def _functions(values: Floats) -> set[tuple[int, int]]:
    """Copies, monotone functions, and columns with one value for each value of another."""
    found = set()
    count = values.shape[1]
    ranked = np.column_stack([ranks(values[:, i]) for i in range(count)])
    for i in range(count):
        for j in range(i + 1, count):
            known = np.isfinite(ranked[:, i]) & np.isfinite(ranked[:, j])
            if known.sum() > 2 and _function(ranked[known, i], ranked[known, j]):
                found.add((i, j))
    return found


def _function(a: Floats, b: Floats) -> bool:
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return True
    if abs(float(np.corrcoef(a, b)[0, 1])) >= COPIED or any(_steps(*pair) for pair in ((a, b), (b, a))):
        return True
    pairs, sides = len(np.unique(a + 1j * b)), [len(np.unique(side)) for side in (a, b)]
    return pairs in sides and min(sides) > 2 and len(a) >= REPEATED * pairs


def _steps(a: Floats, b: Floats) -> bool:
    """Whether b only climbs, or only falls, as a grows: a band of a, or a as it was rounded."""
    for sign in (1.0, -1.0):
        climbing = sign * b[np.lexsort((sign * b, a))]
        if len(np.unique(b)) > 2 and bool((np.diff(climbing) >= 0).all()):
            return True
    return False


def _sums(values: Floats) -> set[tuple[int, int]]:
    """Pairs that stand in one linear identity; later columns are taken to be made of earlier ones."""
    found: set[tuple[int, int]] = set()
    made: set[int] = set()
    for column in range(1, values.shape[1]):
        base = [i for i in range(column) if i not in made and np.isfinite(values[:, i]).any()]
        parts = _parts(values, column, base)
        if not parts:
            continue
        made.add(column)
        found |= {(part, column) for part, _ in parts}
        whole = [part for part, sign in parts if sign > 0]
        if len(parts) > 1 and len(whole) == 1:
            # `tax = total - net` is as much `total = net + tax`: the total goes with its parts by nature too.
            found |= {(min(whole[0], part), max(whole[0], part)) for part, _ in parts if part != whole[0]}
    return found


def _parts(values: Floats, column: int, base: Sequence[int]) -> list[tuple[int, float]]:
    """The columns a column is a sum of, with the signs they enter with; empty when it is none."""
    if not base:
        return []
    known = np.isfinite(values[:, [*base, column]]).all(axis=1)
    if known.sum() < max(10, LEAST_ROWS_A_COLUMN * (len(base) + 1)):
        return []
    target, sources = values[known, column], values[known][:, base]
    if np.ptp(target) == 0 or _left(target, sources) >= EXACT:
        return []
    weight = _weights(target, sources) * sources.std(axis=0) / target.std()
    return [(base[i], float(w)) for i, w in enumerate(weight) if abs(w) > PART]


def _weights(target: Floats, sources: Floats) -> Floats:
    scale = sources.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    centred = (sources - sources.mean(axis=0)) / scale
    weights: Floats = np.linalg.lstsq(centred, target - target.mean(), rcond=1e-10)[0] / scale
    return weights


def _left(target: Floats, sources: Floats) -> float:
    """The share of the target's variance that a linear fit leaves."""
    whole = float(((target - target.mean()) ** 2).sum())
    known = np.isfinite(sources).all(axis=1)
    if whole <= 0.0 or known.sum() < max(10, LEAST_ROWS_A_COLUMN * (sources.shape[1] + 1)):
        return 1.0
    target, sources = target[known], sources[known]
    rest = target - target.mean() - (sources - sources.mean(axis=0)) @ _weights(target, sources)
    return float((rest**2).sum()) / whole
