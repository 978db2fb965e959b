"""How strongly two measures go together once time and groups are taken out, and how sure that is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.analysis import inference
from server.analysis.inference import Floats

Codes = NDArray[np.int64]

LEAST_VALUES = 16
LEAST_CLUSTERS = 15  # fewer clusters cannot tell how their values hang together
SWEEPS = 3  # of taking group means out in turn
RANK_SKEW = 1.0
RANK_KURTOSIS = 6.0  # beyond it a few values make the product moment
MOST_LAGS = 20
WHITE_P = 0.05


@dataclass(frozen=True)
class Strength:
    """A correlation: coefficient, two-sided p value, pairs, independent pairs they are worth, interval at 95 %."""

    r: float
    p_value: float
    n: int
    worth: float
    interval: tuple[float, float]


def ranks(values: Floats) -> Floats:
    """Mid-ranks of the values, shape (n,), NaN where missing (Spearman 1904)."""
    ranked = np.full(len(values), np.nan)
    known = np.isfinite(values)
    _, inverse, counts = np.unique(values[known], return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranked[known] = (last - (counts - 1) / 2.0)[inverse]
    return ranked


def wild(values: Floats) -> bool:
    """Whether values are too skewed or heavy-tailed for the product moment."""
    known = values[np.isfinite(values)]
    if len(known) < 3:
        return False
    centred = known - known.mean()
    variance = float((centred**2).mean())
    if variance <= 0.0:
        return False
    kurtosis = float(((centred**2) ** 2).mean()) / variance**2
    return abs(inference.skewness(known)) > RANK_SKEW or kurtosis > RANK_KURTOSIS


def centred(values: Floats) -> Floats:
    """The columns, shape (n, k), less their means; NaN stays."""
    known = np.isfinite(values)
    sums = np.where(known, values, 0.0).sum(axis=0)
    rest: Floats = values - sums / np.maximum(known.sum(axis=0), 1)
    return rest


def without_groups(values: Floats, groupings: Sequence[Codes]) -> Floats:
    """The values, shape (n, k), less the means of each grouping, taken out in turn; NaN stays."""
    rest = centred(values)
    known = np.isfinite(rest)
    weights = known.astype(np.float64)
    for _ in range(SWEEPS if len(groupings) > 1 else 1):
        for codes in groupings:
            filled = np.where(known, rest, 0.0)
            for column in range(rest.shape[1]):
                sums = np.bincount(codes, weights=filled[:, column])
                counts = np.bincount(codes, weights=weights[:, column])
                rest[:, column] -= (sums / np.maximum(counts, 1.0))[codes]
    return rest


def correlations(values: Floats) -> tuple[Floats, Floats]:
    """Coefficients of all pairs of columns over rows that have both, and their numbers; shapes (k, k)."""
    known = np.isfinite(values).astype(np.float64)
    filled = np.where(known > 0, values, 0.0)
    scale = np.sqrt((filled**2).sum(axis=0) / np.maximum(known.sum(axis=0), 1.0))
    filled = filled / np.where(scale > 0, scale, 1.0)
    n = known.T @ known
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (filled.T @ known) / n  # of the row's column where the other is known
        product = (filled.T @ filled) / n - mean * mean.T
        square = ((filled**2).T @ known) / n - mean**2
        r = product / np.sqrt(square * square.T)
    return np.where(np.isfinite(r), np.clip(r, -1.0, 1.0), 0.0), n


def strength(
    x: Floats, y: Floats, *, clusterings: Sequence[Codes] = (), lost: float = 0.0
) -> Strength | None:
    """The correlation of x and y, shape (n,), NaN where missing; `lost` degrees of freedom went into means.

    Its error is the largest of the normal theory's, the one that holds for any spread of the values, and those that
    hold when values of a cluster evidently go together: sums of the influence function over clusters (Liang and Zeger
    1986, "Longitudinal data analysis using generalized linear models", Biometrika 73; Huber 1981, "Robust Statistics").
    """
    both = np.isfinite(x) & np.isfinite(y)
    n = int(both.sum())
    if n - lost < LEAST_VALUES:
        return None
    a, b = _standardised(x[both]), _standardised(y[both])
    if a is None or b is None:
        return None
    r = float(np.clip((a * b).mean(), -1.0, 1.0))
    influence = a * b - r * (a**2 + b**2) / 2.0
    squared = influence**2
    powers = (influence, squared, squared**2)
    usual = n * max((1.0 - r * r) ** 2, 1e-12)
    inflation, degrees = max(1.0, float(squared.sum()) / usual), n - lost - 2.0
    for codes in clusterings:
        held = codes if n == len(codes) else codes[both]
        sums, squares, fourths = (np.bincount(held, weights=power).astype(np.float64) for power in powers)
        clusters = int((np.bincount(held) > 0).sum())
        if clusters < LEAST_CLUSTERS or not inference.hang_together(sums, squares, fourths):
            continue
        found = float((sums**2).sum()) / usual * clusters / (clusters - 1.0)
        if found > inflation:
            inflation, degrees = found, min(n - lost - 2.0, clusters - 1.0)
    return judged(r, n=n, worth=(n - lost) / inflation, degrees=degrees)


def judged(r: float, *, n: int, worth: float, degrees: float) -> Strength:
    """A coefficient with its test and interval (Fisher 1921), as of so many independent pairs."""
    worth = max(worth, 4.0)
    statistic = r * math.sqrt((worth - 2.0) / max(1.0 - r * r, 1e-12))
    p_value = inference.t_two_sided(statistic, max(1.0, min(degrees, worth - 2.0)))
    centre, half = math.atanh(max(-0.999999, min(0.999999, r))), 1.96 / math.sqrt(max(worth - 3.0, 1.0))
    return Strength(r, p_value, n, worth, (math.tanh(centre - half), math.tanh(centre + half)))


def _standardised(values: Floats) -> Floats | None:
    centred = values - values.mean()
    spread = float((centred**2).mean())
    return centred / math.sqrt(spread) if spread > 0.0 else None


def autocorrelations(values: Floats, units: Codes | None = None) -> Floats:
    """Autocorrelations at lags 1, 2, ... of values in the order of time, within units where there are several."""
    n = len(values)
    rest = np.where(np.isfinite(values), values - np.nanmean(values), 0.0)
    spread = float((rest**2).sum())
    lags = min(n // 4, MOST_LAGS)
    if spread <= 0.0:
        return np.zeros(lags)
    found = []
    for lag in range(1, lags + 1):
        product = rest[lag:] * rest[:-lag]
        if units is not None:
            product = product[units[lag:] == units[:-lag]]
        found.append(float(product.sum()) / spread)
    return np.array(found)


def shared_memory(x: Floats, y: Floats, units: Codes | None = None) -> float:
    """How many times larger the variance of a correlation is than for independent values, at least 1.

    Bartlett 1935, "Some aspects of the time-correlation problem in regard to tests of significance", J. R. Statist.
    Soc. 98.
    """
    products = autocorrelations(x, units) * autocorrelations(y, units)
    weights = 1.0 - np.arange(1, len(products) + 1) / len(x)
    return max(1.0, 1.0 + 2.0 * float((weights * products).sum()))


def plain_noise(values: Floats) -> bool:
    """Whether a series, shape (n,), shows neither memory nor drift, so that its level may be compared as it is.

    Ljung and Box 1978, "On a measure of lack of fit in time series models", Biometrika 65; and the correlation with
    time.
    """
    from scipy import special

    n = len(values)
    rho = autocorrelations(values)[:10]
    lags = np.arange(1, len(rho) + 1)
    statistic = n * (n + 2.0) * float((rho**2 / (n - lags)).sum())
    drift = strength(values, np.arange(n, dtype=np.float64))
    quiet = float(special.chdtrc(len(rho), statistic)) > WHITE_P
    return quiet and (drift is None or drift.p_value > WHITE_P)
