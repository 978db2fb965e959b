"""Whether a move of a series matters, however sure it is."""

from server.analysis.series import Series

LEAST_SHARE = 0.05  # of what it moved from
LEAST_POINTS = 1.0  # for measures in percent
LEAST_SPREAD = 0.5  # of the standard deviation, for measures that can be below zero


def moved_enough(series: Series, value: float, relative: float | None) -> bool:
    """Whether a move is large: in points, relative to its base, or, without a base, to the usual spread."""
    if series.measure.unit == "%":
        return abs(value) >= LEAST_POINTS
    if relative is None:
        return abs(value) >= LEAST_SPREAD * float(series.values.std())
    return abs(relative) >= LEAST_SHARE
