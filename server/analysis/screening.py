"""Wide tables: which of many columns are worth asking about, and what the choice among them costs."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from server.analysis.columns import DIMENSION_BUDGET, MEASURE_BUDGET, Dimension, Measure, Plan
from server.analysis.hypothesis import Hypothesis
from server.analysis.inference import Floats
from server.analysis.scope import Scope, aliased

LOOKED_AT = 10_000  # rows that are enough to see which columns go together
# One in so many places of a budget goes to the first columns: whoever made the table put them first.
BY_ORDER = 2
SAME = 0.95  # correlation from which two measures are one
STRETCHES = 24  # of time
DAY, HOUR = 86_400.0, 3_600.0  # seconds

Places = NDArray[np.int64]


@dataclass(frozen=True)
class _Seen:
    """A part of the rows: measures as standard ranks, 0 where unknown, shape (rows, measures); labels by column."""

    ranks: Floats
    labels: tuple[Places, ...]
    calendar: tuple[Places, ...]


@dataclass(frozen=True)
class _Pair:
    """A measure with a dimension, with another measure, or (both None) with the time: indexes into the plan."""

    measure: int
    dimension: int | None = None
    second: int | None = None


def within_budget(scope: Scope, plan: Plan, asked: Callable[[str], bool]) -> Plan:
    """The plan cut to what can be looked at: what is asked for, the first columns, and of the others the clearest.

    The others are those that go most clearly with another column or with the time in an evenly drawn part of the rows.
    They are picked by the data, so `price` says how many columns each was picked among.
    """
    if len(plan.measures) <= MEASURE_BUDGET and len(plan.dimensions) <= DIMENSION_BUDGET:
        return plan
    measures, dimensions = (
        _first(columns, budget, asked)
        for columns, budget in ((plan.measures, MEASURE_BUDGET), (plan.dimensions, DIMENSION_BUDGET))
    )
    picked = _picked(scope, plan, set(measures), set(dimensions))
    prices = _price(plan.measures, measures, picked[0]), _price(plan.dimensions, dimensions, picked[1])
    # A flag is both a number and a category: what costs more counts.
    price = {name: max(found.get(name, 1.0) for found in prices) for found in prices for name in found}
    return replace(
        plan,
        measures=tuple(plan.measures[index] for index in sorted(picked[0])),
        dimensions=tuple(plan.dimensions[index] for index in sorted(picked[1])),
        left_out=len(plan.measures) - len(picked[0]) + len(plan.dimensions) - len(picked[1]),
        price=price,
    )


def paid(hypothesis: Hypothesis, plan: Plan) -> Hypothesis:
    """The hypothesis, its p value corrected for the columns that its own were picked among (Bonferroni)."""
    if not plan.price:
        return hypothesis
    columns = {*hypothesis.measure.columns}
    columns |= {hypothesis.second.column} if hypothesis.second else set()
    columns |= {hypothesis.dimension.column} if hypothesis.dimension else set()
    columns |= {hypothesis.where[0].column} if hypothesis.where else set()
    among = math.prod(plan.price.get(column, 1.0) for column in sorted(columns))
    p_value = min(1.0, hypothesis.tested.p_value * among)
    tested = replace(hypothesis.tested, p_value=p_value)
    return replace(hypothesis, tested=tested, choices=round(hypothesis.choices * among))


def _first(
    columns: Sequence[Measure] | Sequence[Dimension], budget: int, asked: Callable[[str], bool]
) -> range:
    """The columns kept for their place: all when they fit, else the first ones and whatever is asked for."""
    if len(columns) <= budget:
        return range(len(columns))
    named = sum(asked(column.column or "") for column in columns)
    return range(min(budget, max(budget // BY_ORDER, named)))


def _price(
    columns: Sequence[Measure] | Sequence[Dimension], kept: range, picked: set[int]
) -> dict[str, float]:
    """How many columns each picked one stands for, by name."""
    chosen = sorted(picked - set(kept))
    among = (len(columns) - len(kept)) / max(len(chosen), 1)
    return {columns[index].column or "": among for index in chosen}


def _picked(scope: Scope, plan: Plan, measures: set[int], dimensions: set[int]) -> tuple[set[int], set[int]]:
    """Indexes of measures and dimensions, filled up to the budgets with the columns of the clearest pairs."""
    room = min(MEASURE_BUDGET, len(plan.measures)), min(DIMENSION_BUDGET, len(plan.dimensions))
    for pair in _clearest(plan, _look(scope, plan)):
        wanted = measures | {pair.measure} | ({pair.second} if pair.second is not None else set())
        beside = dimensions | ({pair.dimension} if pair.dimension is not None else set())
        if len(wanted) <= room[0] and len(beside) <= room[1]:
            measures, dimensions = wanted, beside
        if (len(measures), len(dimensions)) == room:
            break
    return _filled(measures, room[0]), _filled(dimensions, room[1])


def _filled(chosen: set[int], room: int) -> set[int]:
    """The chosen indexes and the lowest others, as many as there is room for."""
    others = (index for index in range(len(chosen) + room) if index not in chosen)
    return chosen | {next(others) for _ in range(room - len(chosen))}


def _look(scope: Scope, plan: Plan) -> _Seen:
    """One query of a part of the rows."""
    cells = [f"cast({measure.value} as double)" for measure in plan.measures]
    cells += [f"hash({dimension.value})" for dimension in plan.dimensions]
    cells += [f"epoch({plan.time.value})"] if plan.time else []
    columns = scope.gather([scope.select(aliased(cells), source=scope.drawn(cells, LOOKED_AT))])[0]
    m, d = len(plan.measures), len(plan.dimensions)
    labels = tuple(np.unique(column, return_inverse=True)[1] for column in columns[m : m + d])
    ranks = [_standard_ranks(column) for column in columns[:m]]
    return _Seen(
        np.column_stack(ranks) if ranks else np.zeros((len(columns[0]), 0)),
        labels,
        _calendar(columns[m + d]) if plan.time else (),
    )


def _standard_ranks(column: NDArray[Any]) -> Floats:
    """Ranks of mean 0 and variance 1, 0 where nothing is known."""
    from scipy import stats

    values = np.ma.filled(column, np.nan).astype(np.float64)
    known = np.isfinite(values)
    found = np.zeros(len(values))
    ranks = stats.rankdata(values[known])
    if len(ranks) and float(ranks.std()) > 0.0:
        found[known] = (ranks - ranks.mean()) / ranks.std()
    return found


def _calendar(column: NDArray[Any]) -> tuple[Places, ...]:
    """Stretches of time, days of the week and hours of the day of each row."""
    moments = np.nan_to_num(np.ma.filled(column, np.nan).astype(np.float64))
    edges = np.quantile(moments, np.linspace(0.0, 1.0, STRETCHES + 1)[1:-1])
    return (
        np.searchsorted(edges, moments, side="right"),
        (moments // DAY).astype(np.int64) % 7,
        (moments % DAY // HOUR).astype(np.int64),
    )


def _clearest(plan: Plan, seen: _Seen) -> Iterator[_Pair]:
    """All pairs, clearest first."""
    found: list[tuple[Floats, list[_Pair]]] = []
    count = len(plan.measures)
    for index, labels in enumerate(seen.labels):
        # What a column says of itself is nothing.
        others = [i for i in range(count) if plan.measures[i].column != plan.dimensions[index].column]
        found.append((_by_label(seen.ranks, labels)[others], [_Pair(i, index) for i in others]))
    alone = [_Pair(index) for index in range(count)]
    found += [(_by_label(seen.ranks, labels), alone) for labels in seen.calendar]
    found.append(_by_measure(seen.ranks))
    clearness = np.concatenate([scores for scores, _ in found])
    pairs = [pair for _, some in found for pair in some]
    return (pairs[index] for index in np.argsort(-clearness, kind="stable"))


def _by_label(ranks: Floats, labels: Places) -> Floats:
    """How clearly each measure differs between labels, shape (measures,): Kruskal and Wallis 1952 as a normal score."""
    from scipy import sparse

    size = np.bincount(labels).astype(np.float64)
    rows = np.arange(len(labels))
    members = sparse.csr_array((np.ones(len(labels)), (labels, rows)), shape=(len(size), len(labels)))
    between = ((members @ ranks) ** 2 / np.maximum(size, 1.0)[:, None]).sum(axis=0)
    return _score(between, len(size) - 1)


def _by_measure(ranks: Floats) -> tuple[Floats, list[_Pair]]:
    """How clearly each two measures go together; those that are one and the same do not count."""
    rows, count = ranks.shape
    first, second = np.triu_indices(count, 1)
    together = (ranks.T @ ranks / max(rows, 1))[first, second]
    clear = np.where(np.abs(together) < SAME, _score(rows * together**2, 1), -np.inf)
    return clear, [_Pair(int(a), second=int(b)) for a, b in zip(first, second, strict=True)]


def _score(statistic: Floats, degrees: int) -> Floats:
    """A chi-square statistic as a standard normal one (Wilson and Hilferty 1931), which no tail runs out of."""
    spread = 2.0 / (9.0 * max(degrees, 1))
    score: Floats = (np.cbrt(statistic / max(degrees, 1)) - (1.0 - spread)) / np.sqrt(spread)
    return score
