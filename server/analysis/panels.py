"""Tables that hold the same things in every period: their sums are whole, however few rows these are of."""

import numpy as np
from numpy.typing import NDArray
from scipy import special

from server.analysis.inference import Floats

LEAST_PERIODS = 6
NO_CHANCE_P = 1e-4  # of numbers of rows as even as they are
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
