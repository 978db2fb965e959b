"""The scale on which the noise of a series is steady."""

import numpy as np

from server.analysis import inference
from server.analysis.inference import Floats
from server.analysis.series import Series

LEAST_VALUES = 6


def steady_scale(series: Series) -> Floats:
    """The values per day and, for positive totals, on the scale on which their moves are hardly skewed.

    The noise of totals grows with their level; logarithms or square roots make it even. The last move does not count.
    """
    values = series.daily().values
    if not series.measure.additive or not (values > 0).all() or len(values) < LEAST_VALUES:
        return values
    scales = (np.log(values), np.sqrt(values), values)
    moves = inference.steadiest([np.diff(scaled[:-1]) for scaled in scales], spared=0)
    return next(scaled for scaled in scales if np.array_equal(np.diff(scaled[:-1]), moves))
