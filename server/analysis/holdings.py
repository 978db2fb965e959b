"""What the members of a dimension hold of a total: how much the largest have, and how sure that is."""

import math
from dataclasses import dataclass, replace

import numpy as np

from server.analysis import formats
from server.analysis.columns import Dimension, Measure, row_count
from server.analysis.facts import Breakdown, Facts, Overview
from server.analysis.inference import Floats
from server.analysis.roles import word_set
from server.analysis.scope import Condition, aliased

LEAST_WITNESSES = 8.0  # rows of equal size that a holding must be worth
MOST_LED = 12  # members among which one may be said to lead
# One member alone is much when it holds this share, and this many times an even share.
ALONE_SHARE, ALONE_TIMES = 0.40, 2.5
# It leads when it holds so many times what the others hold on average, and so many times what the second holds.
LEADS_OTHERS, LEADS_SECOND = 1.3, 1.2
# Several are few when they are at most this share of the members and hold half of the total.
FEW_SHARE, FEW_HOLD = 0.10, 0.50
BEYOND_ROWS = 0.15  # of its rows' share, by which a share of a total must differ to be a fact of its own

ROWS = row_count("rows")
_WORTH = word_set("amount value revenue sales turnover spend spent cost costs profit income gmv umsatz")
_TIMES = ("ms", "s", "minutes", "hours", "days")


@dataclass(frozen=True)
class Holdings:
    """What each member holds, largest first: rows, total and sum of squares, each of shape (members,)."""

    members: tuple[str, ...]
    rows: Floats
    total: Floats
    squares: Floats


@dataclass(frozen=True)
class Held:
    """How many of the largest members are told, and the share they hold."""

    count: int
    share: float
    leads: bool = False  # ahead of the others, without holding much of the whole

    def material(self, members: int) -> bool:
        """Whether it is much, of so many members."""
        if self.leads:
            return True
        if self.count == 1:
            return self.share >= max(ALONE_SHARE, ALONE_TIMES / members)
        return self.count <= FEW_SHARE * members


def all_holdings(facts: Facts) -> list[tuple[Dimension, dict[Measure, Holdings]]]:
    """What the members of each dimension hold of the rows, and of each measure that adds up."""
    measures = [summed for m in facts.measures if (summed := _summed(m, facts.overview.get(m))) is not None]
    whole = facts.timeline is None or float(facts.timeline.rows.sum()) == facts.rows
    read = {found.dimension: found for found in facts.breakdowns} if whole else {}
    asked = [dimension for dimension in (*facts.plan.dimensions, *facts.plan.ranked) if dimension not in read]
    known = [(dimension, _from_breakdown(found, measures)) for dimension, found in read.items()]
    return [*known, *_asked_holdings(facts, asked, measures)]


def _summed(measure: Measure, seen: Overview | None) -> Measure | None:
    """The measure as a total that can be split: sums, and amounts of time, which are averaged elsewhere.

    Fractions that never leave 0 to 1 are shares or probabilities, whatever they are called: their sum means nothing.
    """
    if measure.counts_rows or measure.level or seen is None or seen.low < 0:
        return None
    if measure.aggregation == "sum":
        fractions = 0.0 < seen.mean < seen.high <= 1.0 and seen.deviation**2 < 0.9 * seen.mean * (
            1.0 - seen.mean
        )
        return None if fractions else measure
    amount = measure.column is not None and not measure.is_share and measure.unit in _TIMES
    return replace(measure, aggregation="sum") if amount else None


def _from_breakdown(breakdown: Breakdown, measures: list[Measure]) -> dict[Measure, Holdings]:
    names = list(breakdown.members)
    rows = breakdown.rows.sum(axis=1)
    found = {ROWS: _sorted(names, rows, rows, rows)}
    for measure in measures:
        read = measure if measure in breakdown.n else replace(measure, aggregation="average")
        groups = breakdown.groups(read)
        n, mean = groups.n, np.nan_to_num(groups.mean)
        squares = np.nan_to_num(groups.variance) * np.maximum(n - 1.0, 0.0) + n * mean**2
        found[measure] = _sorted(names, n, n * mean, squares)
    return found


def _asked_holdings(
    facts: Facts, dimensions: list[Dimension], measures: list[Measure]
) -> list[tuple[Dimension, dict[Measure, Holdings]]]:
    """The same of dimensions with many members, one query each."""
    values = [measure.value for measure in measures]
    cells = [c for v in values for c in (f"count({v})", f"sum({v})", f"sum(cast({v} as double) * {v})")]
    statements = [
        facts.scope.select(
            aliased([dimension.value, "count(*)", *cells]),
            [Condition(f"{dimension.value} is not null")],
            group="1",
            order="1",
        )
        for dimension in dimensions
    ]
    found = []
    for dimension, (members, *columns) in zip(dimensions, facts.scope.gather(statements), strict=True):
        names = [str(member) for member in members]
        rows, *table = [np.nan_to_num(np.ma.filled(column, 0).astype(np.float64)) for column in columns]
        held = {ROWS: _sorted(names, rows, rows, rows)}
        for index, measure in enumerate(measures):
            held[measure] = _sorted(names, *table[3 * index : 3 * index + 3])
        found.append((dimension, held))
    return found


def _sorted(names: list[str], rows: Floats, total: Floats, squares: Floats) -> Holdings:
    order = np.argsort(-total, kind="stable")
    return Holdings(tuple(names[i] for i in order), rows[order], total[order], squares[order])


def largest(holdings: Holdings, *, led: bool) -> Held:
    """The largest member when it holds much alone or (with `led`) leads the others, else as many as hold half."""
    shares = np.cumsum(holdings.total) / holdings.total.sum()
    if shares[0] >= max(ALONE_SHARE, ALONE_TIMES / len(shares)):
        return Held(1, float(shares[0]))
    if led and len(shares) <= MOST_LED and _leads(holdings.total):
        return Held(1, float(shares[0]), leads=True)
    count = int(np.searchsorted(shares, FEW_HOLD) + 1)
    return Held(count, float(shares[min(count, len(shares)) - 1]))


def _leads(total: Floats) -> bool:
    first, others = float(total[0]), total[1:]
    return first >= LEADS_OTHERS * float(others.mean()) and first >= LEADS_SECOND * float(others[0])


def effective_rows(holdings: Holdings, held: Held) -> float:
    """How many equal rows what the largest hold is worth: a total that rests on a few giants is no habit."""
    inside = float(holdings.total[: held.count].sum())
    return inside**2 / max(float(holdings.squares[: held.count].sum()), 1e-300)


def share_error(holdings: Holdings, held: Held) -> float:
    """The standard error of a share of a sum over rows, by linearisation (Cochran 1977, Sampling Techniques).

    A share that rests on a single row has an error of its own size.
    """
    inside = float(holdings.squares[: held.count].sum())
    outside = float(holdings.squares[held.count :].sum())
    spread = inside * (1.0 - held.share) ** 2 + outside * held.share**2
    return math.sqrt(spread) / float(holdings.total.sum())


def is_worth(measure: Measure) -> bool:
    """Whether a measure is money, by its unit or its name: what one asks about before one counts rows."""
    return formats.is_money(measure.unit) or bool(_WORTH & set(formats.words(measure.column or "")))


def follows_rows(holdings: Holdings, held: Held) -> bool:
    """Whether the largest hold about the share of a total that the rows behind it lead one to expect."""
    share = _share_of_rows(holdings, held)
    return abs(held.share - share) <= BEYOND_ROWS * share


def _share_of_rows(holdings: Holdings, held: Held) -> float:
    """Of several members the rows are those of as many members with the most rows."""
    rows = holdings.rows
    counted = rows[: held.count] if held.count == 1 else np.sort(rows)[::-1][: held.count]
    return float(counted.sum()) / float(rows.sum())


def beyond_rows(holdings: Holdings, held: Held) -> float:
    """How far a share of a total lies from that of the rows behind it, in standard errors; 0 where about the same.

    Of several members the rows are those of as many members with the most rows: who has many orders has much revenue.
    """
    if follows_rows(holdings, held):
        return 0.0
    rows, total, n = holdings.rows, holdings.total, float(holdings.rows.sum())
    share = _share_of_rows(holdings, held)
    own = slice(None, held.count)
    mean, inside, outside = float(total.sum()) / n, 1.0 - held.share, held.share
    among, beside = 1.0 - share, share
    parts = (
        inside**2 * holdings.squares[own].sum()
        - 2.0 * inside * among * mean * total[own].sum()
        + (among * mean) ** 2 * rows[own].sum()
        + outside**2 * holdings.squares[held.count :].sum()
        - 2.0 * outside * beside * mean * total[held.count :].sum()
        + (beside * mean) ** 2 * rows[held.count :].sum()
    )
    error = math.sqrt(max(float(parts), 1e-300)) / float(total.sum())
    return abs(held.share - share) / error
