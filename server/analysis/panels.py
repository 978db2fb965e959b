"""Tables that hold the same things in every period: their sums are whole, however few rows these are of."""

import numpy as np
from numpy.typing import NDArray

from server.analysis.inference import Floats

LEAST_PERIODS = 6
COME_AND_GO = 0.1  # share of the rows of a period, and at least one row, that may be missing at times


def always_there(rows: Floats) -> NDArray[np.bool_]:
    """Whether every period has the rows of the same things; `rows` has the periods last.

    Rows that arrive at random never come in so even numbers: where they do, how many there are is no chance, and the
    spread between things is none from period to period.
    """
    least, most = rows.min(axis=-1, initial=np.inf), rows.max(axis=-1, initial=0.0)
    even = (
        (least >= 1.0)
        & (most - least <= np.maximum(1.0, COME_AND_GO * least))
        & (rows.shape[-1] >= LEAST_PERIODS)
    )
    # Of one or two a period that is hardly a proof: all must be alike.
    found: NDArray[np.bool_] = even & ((least >= 3.0) | (most == least))
    return found
