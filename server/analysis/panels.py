"""Tables that hold the same things in every period: their sums are whole, however few rows these are of."""

import numpy as np
from numpy.typing import NDArray
from scipy import special

from server.analysis.columns import Dimension, Plan
from server.analysis.inference import Floats

LEAST_PERIODS = 6
NO_CHANCE_P = 1e-4  # of numbers of rows as even as they are
LEAST_THINGS = 15  # fewer are too few to be each other's measure
MOST_CELLS = 100_000  # things x periods that are read
COME_AND_GO = 0.1  # share of the rows of a period, and at least one row, that may be missing at times


def always_there(rows: Floats) -> NDArray[np.bool_]:
    """Whether every period has the rows of the same things; `rows` has the periods last.

    Rows that arrive at random do not come in so even numbers: there are as many by no chance where they scatter less
    than a Poisson variable would (Fisher's index of dispersion, 1925), which is not to be seen of large numbers alone.
    """
    periods = rows.shape[-1]
    if periods < LEAST_PERIODS:
        return np.zeros(rows.shape[:-1], dtype=np.bool_)
    least, most, mean = rows.min(axis=-1), rows.max(axis=-1), rows.mean(axis=-1)
    dispersion = ((rows - mean[..., None]) ** 2).sum(axis=-1) / np.maximum(mean, 1e-300)
    by_chance = special.chdtr(periods - 1.0, dispersion)
    even = (least >= 1.0) & (most - least <= np.maximum(1.0, COME_AND_GO * least)) & (by_chance < NO_CHANCE_P)
    # Of one or two a period that is hardly a proof: all must be alike.
    found: NDArray[np.bool_] = even & ((least >= 3.0) | (most == least))
    return found


def followed_things(plan: Plan, rows: Floats) -> tuple[Dimension, ...]:
    """The column that names the things of a panel, as many as there are rows in a period, shape (periods,); if any."""
    each = float(np.median(rows))
    if not LEAST_THINGS <= each <= MOST_CELLS / len(rows) or not always_there(rows):
        return ()
    named = [*(() if plan.entity is None else (plan.entity,)), *plan.ranked, *plan.dimensions]
    near = [found for found in named if abs(found.distinct - each) <= max(1.0, COME_AND_GO * each)]
    return tuple(sorted(near, key=lambda found: (abs(found.distinct - each), found.column))[:1])
