"""The scale on which the noise of a series is steady."""

import numpy as np

from server.analysis import inference
from server.analysis.columns import Measure
from server.analysis.facts import Facts
from server.analysis.inference import Floats
from server.analysis.series import Series

LEAST_VALUES = 6
ROWS_PER_SQUARED_SKEW = 2.0


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


def expected_error(facts: Facts, series: Series, scaled: Floats) -> float:
    """The standard error random rows would give a period, on the scale of the values; 0 where that is not known.

    A mean of n rows, or on a logarithmic scale a total of about n rows (compound Poisson).
    """
    measure, seen = series.measure, facts.overview.get(series.measure)
    if measure.level or series.member is not None or facts.timeline is None or facts.is_panel:
        return 0.0
    rows = float(facts.timeline.rows.sum()) / max(len(series.values), 1)
    differenced = 2.0 if len(scaled) < len(series.values) else 1.0
    if measure.aggregation == "average" and seen is not None:
        return float(seen.deviation * (differenced / rows) ** 0.5)
    logarithm = bool((series.values > 0).all()) and np.allclose(
        scaled[-1], _logarithm_of_last(series, len(scaled)), rtol=1e-9
    )
    if not logarithm or (measure.aggregation == "sum" and (seen is None or seen.mean <= 0.0)):
        return 0.0
    variation = (
        (seen.deviation / seen.mean) ** 2 if measure.aggregation == "sum" and seen is not None else 0.0
    )
    return float(((1.0 + variation) * differenced / rows) ** 0.5)


def _logarithm_of_last(series: Series, length: int) -> float:
    """The logarithm of the last value per day, or its move over a season where those are compared."""
    logs = np.log(series.daily().values)
    back = len(logs) - length
    return float(logs[-1] - logs[-1 - back]) if back else float(logs[-1])


def settled(facts: Facts, measure: Measure, rows: float) -> bool:
    """Whether a period has rows enough that no single one of them makes it stand out."""
    return rows >= rows_to_settle(facts, measure)


def rows_to_settle(facts: Facts, measure: Measure) -> float:
    """How many rows a period must have for that.

    The skewness of a sum of n rows is that of a row divided by the root of n; where the same things stand in every
    period their skewness is in every one.
    """
    seen = facts.overview.get(measure)
    if measure.level or facts.is_panel or seen is None:
        return 0.0
    return ROWS_PER_SQUARED_SKEW * seen.skew**2
