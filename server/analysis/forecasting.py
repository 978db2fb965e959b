"""Forecasts of a series, chosen by how they would have done in the past."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from server.analysis.inference import Floats, t_quantile
from server.analysis.seasons import Places

LEAST_PERIODS = 12
LEAST_TRAINED = 8  # periods a forecast of the past may look back on
LEAST_ORIGINS = 4
MOST_ORIGINS = 24
WEIGHTS = (0.0, 0.2, 0.5, 1.0)  # of the latest deviation from the line: none, some, all
BETTER = 0.95  # of the error of the naive forecast, above which nothing is gained
WITHOUT_SEASON = 6  # periods ahead
COVERED = 0.95


@dataclass(frozen=True)
class Method:
    """A line or a level with the phases of a season, and how much of the latest deviation from them goes on.

    Weight 0 is the regression itself, weight 1 the last value with drift, in between simple exponential smoothing of
    the deviations (Gardner 1985, "Exponential smoothing: the state of the art", J. Forecast. 4).
    """

    sloped: bool
    weight: float
    logarithm: bool
    seasonal: bool


@dataclass(frozen=True)
class Forecast:
    """Values expected, with their intervals, each of shape (periods ahead,).

    `error` is the mean absolute error of the method's forecasts of the past relative to that of the naive ones
    (Hyndman and Koehler 2006, "Another look at measures of forecast accuracy", Int. J. Forecast. 22); `spread` is the
    standard deviation of what the method leaves unexplained, and `reach` how many of those each interval extends to
    either side, on the method's scale.
    """

    method: Method
    values: Floats
    low: Floats
    high: Floats
    error: float
    spread: float
    reach: Floats
    origins: int


def forecast(values: Floats, phases: Places | None, cycle: int) -> Forecast | None:
    """The best method's forecast of a series, shape (n,); None when it is short or no method beats the naive one.

    Each method forecasts the periods after each of the last third of the moments from what came before (rolling
    origin: Tashman 2000, Int. J. Forecast. 16). The naive forecast is the value a cycle earlier, without a season the
    last one.
    """
    n = len(values)
    ahead = _ahead(n, cycle if phases is not None else 0)
    least = LEAST_TRAINED if phases is None else 2 * cycle
    origins = range(max(least, n - n // 3, n - MOST_ORIGINS - ahead + 1), n)
    if n < LEAST_PERIODS or len(origins) < LEAST_ORIGINS or np.ptp(values) <= 0.0:
        return None
    places = _extended(phases, n, ahead, cycle)
    naive = np.array(
        [_naive(values[:origin], ahead, cycle if phases is not None else 1) for origin in origins]
    )
    truth = np.array(
        [np.pad(values[o : o + ahead], (0, max(0, o + ahead - n)), constant_values=np.nan) for o in origins]
    )
    usual = float(np.nanmean(np.abs(truth - naive)))
    tried = []
    for method in _methods(values, phases):
        fits = [
            _fitted(_scaled(values[:o], method), places[: o + ahead], sloped=method.sloped) for o in origins
        ]
        for weight in WEIGHTS:
            weighted = replace(method, weight=weight)
            past = np.array([_beyond(fit, o, weighted) for fit, o in zip(fits, origins, strict=True)])
            tried.append((float(np.nanmean(np.abs(truth - past))), weighted, past))
    best, method, past = min(tried, key=lambda item: item[0])
    if usual <= 0.0 or best > BETTER * usual:
        return None
    return _with_intervals(
        values, places, method, missed=_scaled(truth, method) - _scaled(past, method), error=best / usual
    )


def _ahead(n: int, cycle: int) -> int:
    """About a season, or a few periods; never more than a quarter of what is known."""
    return max(1, min(cycle or WITHOUT_SEASON, n // 4))


def _methods(values: Floats, phases: Places | None) -> Iterator[Method]:
    """Every scale, with a slope and without, before the weights of the latest deviation."""
    scales = (False, True) if (values > 0).all() else (False,)
    for logarithm in scales:
        for sloped in (False, True):
            yield Method(sloped, 0.0, logarithm, phases is not None)


def _naive(values: Floats, ahead: int, cycle: int) -> Floats:
    repeated: Floats = np.resize(values[-cycle:], ahead)
    return repeated


def _extended(phases: Places | None, n: int, ahead: int, cycle: int) -> Places:
    if phases is None:
        return np.zeros(n + ahead, dtype=np.int64)
    # The place a cycle earlier, whatever the width of a phase.
    later = [
        phases[(n + step) % cycle + (n // cycle - 1) * cycle] if cycle <= n else 0 for step in range(ahead)
    ]
    return np.concatenate([phases, np.array(later, dtype=np.int64)])


def _scaled(values: Floats, method: Method) -> Floats:
    return np.log(np.maximum(values, 1e-300)) if method.logarithm else values


@dataclass(frozen=True)
class _Fit:
    """Line and season at every period, known and ahead, and how far the known values deviate, oldest first."""

    line: Floats
    deviation: Floats


def _beyond(fit: _Fit, n: int, method: Method) -> Floats:
    """The forecast after n known values."""
    beyond: Floats = fit.line[n:] + _level(fit, method.weight)
    return np.exp(np.minimum(beyond, 700.0)) if method.logarithm else beyond


def _level(fit: _Fit, weight: float) -> float:
    """The level the deviations have reached."""
    return float(_kept(weight, len(fit.deviation)) @ fit.deviation)


@lru_cache(maxsize=1024)
def _kept(weight: float, n: int) -> Floats:
    """What the level keeps of each of n deviations, oldest first."""
    kept: Floats = weight * (1.0 - weight) ** np.arange(n - 1, -1, -1.0)
    return kept


def _fitted(values: Floats, places: Places, *, sloped: bool) -> _Fit:
    n, time = len(values), np.arange(len(places), dtype=np.float64)
    known = places[:n]
    counts = np.maximum(np.bincount(known, minlength=int(places.max()) + 1), 1)

    def without_mean(column: Floats) -> Floats:
        centred: Floats = column - (np.bincount(known, weights=column, minlength=len(counts)) / counts)[known]
        return centred

    slope = 0.0
    if sloped:
        away = without_mean(time[:n])
        slope = float(away @ without_mean(values)) / max(float(away @ away), 1e-300)
    flat = values - slope * time[:n]
    season = np.bincount(known, weights=flat, minlength=len(counts)) / counts
    return _Fit(season[places] + slope * time, flat - season[known])


def _with_intervals(
    values: Floats, places: Places, method: Method, *, missed: Floats, error: float
) -> Forecast:
    n = len(values)
    fit = _fitted(_scaled(values, method), places, sloped=method.sloped)
    spread = float(fit.deviation.std(ddof=1))
    middle = fit.line[n:] + _level(fit, method.weight)
    half = _half_widths(missed, spread if method.weight == 0.0 else 0.0)
    # What the weight carries on adds up from period to period.
    half = np.maximum(half, half[0] * np.sqrt(1.0 + np.arange(len(half)) * method.weight**2))
    low, high = middle - half, middle + half
    if method.logarithm:
        middle, low, high = (np.exp(np.minimum(column, 700.0)) for column in (middle, low, high))
    reach = half / spread if spread > 0.0 else np.zeros(len(half))
    return Forecast(method, middle, low, high, error, spread, reach, len(missed))


def _half_widths(missed: Floats, least: float) -> Floats:
    """Half the width of the interval for each period ahead: of the errors of the past, never narrower further on."""
    widths: list[float] = []
    for column in missed.T:
        known = column[np.isfinite(column)]
        if len(known) >= LEAST_ORIGINS:
            spread = max(math.sqrt(float((known**2).mean())), least)
            width = t_quantile(0.5 + COVERED / 2.0, len(known)) * spread * math.sqrt(1.0 + 1.0 / len(known))
        else:
            width = 0.0
        widths.append(max([width, *widths[-1:]]))
    return np.array(widths)
