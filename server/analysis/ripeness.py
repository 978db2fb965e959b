"""States that come with age: what is recent has not come to them yet, which is no news of the last days."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from server.analysis.columns import Plan
from server.analysis.facts import Breakdown, Facts
from server.analysis.inference import Floats

TAILS = (1 / 10, 1 / 50, 1 / 250, 1 / 1000)  # parts of the rows that came last
EVIDENT_P = 1e-4  # of so many rows of a state among the last ones
STILL_OPEN = 0.1  # most rows of a state of what is not over that have an end all the same
MOST_EARLY = 0.1  # share of the first half of the rows in states that all rows leave with age
MOSTLY = 0.75  # share of the last rows in such states
MANY = 10.0  # times the share of the first half
NEW = 0.9  # share of a member's rows that lie in the tail, where it is not known from before


def ripened(facts: Facts) -> Plan:
    """The plan, with the columns whose state comes with age among the unripe.

    Durations that are not over make such columns (right censoring; Klein and Moeschberger 2003, Survival Analysis,
    section 3.2): a state whose rows have no end lies among the last rows, or the last rows lie in states that rows
    hardly ever keep.
    """
    found = [
        breakdown.dimension.column for breakdown in facts.breakdowns if _comes_with_age(facts, breakdown)
    ]
    return replace(facts.plan, unripe=tuple(dict.fromkeys((*facts.plan.unripe, *found))))


def is_new(breakdown: Breakdown, member: int) -> bool:
    """Whether hardly a row of the member is older than the last ones of all: nothing is known to compare it with."""
    rows, last = breakdown.rows[member], _last(breakdown.rows.sum(axis=0), TAILS[1])
    return bool(rows[last].sum() >= NEW * rows.sum())


def _comes_with_age(facts: Facts, breakdown: Breakdown) -> bool:
    if breakdown.grain is None or breakdown.dimension.made:
        return False
    return _is_state_of_open(facts, breakdown) or _is_left_with_age(breakdown.rows)


def _is_state_of_open(facts: Facts, breakdown: Breakdown) -> bool:
    """Whether a member whose rows have no end, while those of others have one, is that of the last rows."""
    rows = breakdown.rows.sum(axis=1)
    for measure in facts.measures:
        if not measure.is_duration:
            continue
        is_open = breakdown.n[measure].sum(axis=1) <= STILL_OPEN * rows
        if not is_open.all() and any(
            _runs_up(breakdown.rows, int(member)) for member in np.flatnonzero(is_open)
        ):
            return True
    return False


def _is_left_with_age(rows: Floats) -> bool:
    """Whether most of the last rows are in states in which hardly any of the first half are."""
    every = rows.sum(axis=0)
    early = rows[:, _first(every)].sum(axis=1)
    for tail in TAILS:
        late = rows[:, _last(every, tail)].sum(axis=1)
        gaining = late * early.sum() > early * late.sum()
        crowd = _crowd(rows[gaining].sum(axis=0), every, tail)
        if crowd.late >= MOSTLY and crowd.early <= MOST_EARLY and crowd.is_evident:
            return True
    return False


def _runs_up(rows: Floats, member: int) -> bool:
    """Whether the share of a member runs towards one at the end, or from hardly anything to many times as much."""
    crowds = [_crowd(rows[member], rows.sum(axis=0), tail) for tail in TAILS]
    return any(
        crowd.is_evident and (crowd.late >= MOSTLY or crowd.late >= MANY * crowd.early) for crowd in crowds
    )


@dataclass(frozen=True)
class _Crowd:
    """The share of some rows among the last ones and among the first half of all, and whether the former is larger."""

    late: float
    early: float
    is_evident: bool


def _crowd(part: Floats, every: Floats, tail: float) -> _Crowd:
    """Rows, by period, in the tail against those in the first half, by the exact binomial test."""
    first, last = _first(every), _last(every, tail)
    late, early, whole_late = float(part[last].sum()), float(part[first].sum()), float(every[last].sum())
    whole_early = max(float(every[first].sum()), 1.0)
    chance = special.betainc(late, early + 1.0, whole_late / (whole_late + whole_early)) if late else 1.0
    return _Crowd(late / whole_late, early / whole_early, bool(len(TAILS) * chance < EVIDENT_P))


def _first(every: Floats) -> NDArray[np.bool_]:
    """The periods of the first half of the rows."""
    half: NDArray[np.bool_] = np.cumsum(every) <= every.sum() / 2
    return half


def _last(every: Floats, tail: float) -> NDArray[np.bool_]:
    """The last periods, with so large a part of the rows or, where periods are coarse, the last alone."""
    last: NDArray[np.bool_] = np.cumsum(every[::-1])[::-1] <= tail * every.sum()
    last[-1] = True
    return last
