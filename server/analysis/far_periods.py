"""Periods of a series beside their neighbours: what these leave unexplained, on a scale that is hardly skewed."""

import numpy as np

from server.analysis import inference
from server.analysis.facts import Facts
from server.analysis.inference import Extreme, Floats
from server.analysis.likelihood import LONGEST
from server.analysis.lone_periods import lone_periods, lone_residuals
from server.analysis.seasons import Places, phase_columns
from server.analysis.series import Series

NEIGHBOURS = 5  # periods on either side that say what to expect
SPARED = 3  # of the furthest at either end, which do not say what scale is hardly skewed


def furthest(values: Floats, seasonal: Floats, phases: Places) -> list[Extreme]:
    """The periods furthest from the others, furthest first, of values of shape (n,), their season and its phases."""
    if len(values) > LONGEST:
        return lone_residuals(_steadied(values, values - seasonal)[1])
    known: Floats = np.arange(len(values), dtype=np.float64)[:, None] - (len(values) - 1) / 2
    if seasonal.any():
        known = np.column_stack([known, phase_columns(phases)])
    return lone_periods(_steadied(values, values)[0], known)


def _steadied(values: Floats, flat: Floats) -> tuple[Floats, Floats]:
    """The first scale on which what the neighbours leave unexplained is hardly skewed, and that."""
    positive = bool((flat > 0).all() and (values > 0).all())
    scales = [flat, *((np.sqrt(flat), np.log(flat)) if positive else ())]
    residuals = [unexplained(scaled) for scaled in scales]
    steadiest = inference.steadiest(residuals, spared=SPARED)
    return next(pair for pair in zip(scales, residuals, strict=True) if pair[1] is steadiest)


def unexplained(values: Floats) -> Floats:
    """What the median of the neighbours, the period itself left out, does not explain."""
    n = len(values)
    padded = np.pad(values, NEIGHBOURS, constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * NEIGHBOURS + 1).copy()
    around[:, NEIGHBOURS] = np.nan
    around.sort(axis=1)  # what is not there comes last
    known = np.count_nonzero(~np.isnan(around), axis=1)
    every = np.arange(n)
    residuals: Floats = values - (around[every, (known - 1) // 2] + around[every, known // 2]) / 2.0
    return residuals


def rows_p(facts: Facts, series: Series, place: int, away: float) -> float:
    """How often the rows of one of so many periods have a mean this far away by chance; 0 for totals, levels, panels.

    Few rows of skewed values have heavier tails than the normal: Student's t with as many degrees as two a row.
    """
    if series.rows is None or series.measure.level or series.rows[place] <= 0 or facts.is_panel:
        return 0.0
    rows = float(series.rows[place])
    error = facts.overview[series.measure].deviation / rows**0.5
    if error <= 0.0:
        return 0.0
    return min(1.0, len(series.values) * inference.t_two_sided(away / error, 2.0 * rows + 3.0))
