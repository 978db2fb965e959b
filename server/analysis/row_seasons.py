"""Whether the rows of some parts of the calendar have another mean than the rest, tested over rows."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from server.analysis.inference import SMALLEST_P, Floats, t_two_sided

Places = NDArray[np.int64]
LEAST_ROWS = 20.0  # inside a window and outside it
LEAST_DEGREES = 5
EVIDENT_P = 0.05  # of blocks that spread wider than rows would
DRAWS = 4000  # of all windows' differences together
# Sums of the windows' chances (Bonferroni) between which drawing can make a difference: it costs milliseconds.
SURE_ANYWAY, HOPELESS = 1e-10, 0.1
WORTH = 30.0  # blocks that the rows' own spread counts as beside the blocks'


@dataclass(frozen=True)
class Phased:
    """Rows by unit of time, shape (units,): how many, their total, the phase, the block and the drift's columns.

    `windows` are the sets of phases that are compared with the rest; `drift`, shape (units, k), holds a constant.
    Blocks are stretches whose units may go together; `slow` says that neighbouring blocks would do so too. Where rows
    are `counted`, `n` are the rows expected and `total` those that came.
    """

    n: Floats
    total: Floats
    phase: Places
    block: Places
    drift: Floats
    windows: tuple[tuple[int, ...], ...]
    slow: bool = False
    counted: bool = False


@dataclass(frozen=True)
class Window:
    """The phases that differ most from the rest: by how much, its standard error, t, its p value for all windows."""

    phases: tuple[int, ...]
    difference: float
    error: float
    statistic: float
    p_value: float
    rows: int
    profile: Floats


@dataclass(frozen=True)
class _Fit:
    """Least squares on phases and drift: an orthonormal drift, phases with the drift taken out, what is left."""

    present: Places
    drift: Floats
    phases: Floats
    products: Floats
    moments: Floats
    profile: Floats
    residuals: Floats
    variance: float
    degrees: int


@dataclass(frozen=True)
class _Spread:
    variance: float
    degrees: float


def differing_window(phased: Phased) -> Window | None:
    """The window whose rows differ most from the others, drift taken out; None where that cannot be told.

    Weighted least squares on the means of the units. The error is that of the units around phases and drift or, where
    larger, that of this window's own contrasts from block to block (Liang and Zeger 1986, "Longitudinal data analysis
    using generalized linear models", Biometrika 73), so that neighbours which go together do not count as
    independent. With few blocks it is shrunk towards the units (Smyth 2004, Stat. Appl. Genet. Mol. Biol. 3). The p
    value is that of the largest of all windows.
    """
    fit = _fitted(phased)
    tried = list(_differences(phased, fit)) if fit is not None else []
    if fit is None or not tried:
        return None
    window, difference, information = max(tried, key=lambda one: abs(one[1]) * math.sqrt(one[2]))
    spread = _spread(phased, fit, np.isin(fit.present, window).astype(np.float64))
    if spread is None:
        return None
    error = math.sqrt(spread.variance / information)
    statistic = (
        _signed_root(difference, information / spread.variance) if phased.counted else difference / error
    )
    p_value = _of_all([one for one, _, _ in tried], fit, t_two_sided(statistic, spread.degrees))
    profile = fit.profile - fit.profile.mean()
    return Window(window, difference, error, statistic, p_value, int(phased.n.sum()), profile)


def _signed_root(difference: float, information: float) -> float:
    """Of the deviance of a number of rows that is `1 + difference` of the expected: nearly normal for few rows too."""
    ratio = max(1.0 + difference, 0.0)
    deviance = 2.0 * information * (float(special.xlogy(ratio, ratio)) - difference)
    return math.copysign(math.sqrt(max(deviance, 0.0)), difference)


def _of_all(windows: list[tuple[int, ...]], fit: _Fit, p_value: float) -> float:
    """The p value of the largest of all windows, which lean upon each other, where one alone would have `p_value`.

    The chance of any is the sum of the chances of each times the mean share one has of those beyond the bound with
    it, found by drawing from where one is beyond it (Naiman and Priebe 2001, "Computing scan statistic p values using
    importance sampling", J. Comput. Graph. Stat. 10). Where that cannot change a verdict, the sum of the chances.
    """
    bound_of_all = len(windows) * p_value
    if len(windows) == 1 or not SURE_ANYWAY < bound_of_all < HOPELESS:
        return min(1.0, max(bound_of_all, SMALLEST_P))
    bound = -float(special.ndtri(max(p_value, SMALLEST_P) / 2.0))
    inside = np.array([np.isin(fit.present, window) for window in windows], dtype=np.float64)
    factor = inside @ np.linalg.pinv(_root_of_inverse(fit.products)).T
    factor /= np.linalg.norm(factor, axis=1, keepdims=True)
    random = np.random.default_rng(0)
    scores = random.normal(size=(DRAWS, factor.shape[1])) @ factor.T
    drawn = np.arange(DRAWS) % len(windows)
    beyond = -special.ndtri(random.uniform(size=DRAWS) * float(special.ndtr(-bound)))
    lifted = beyond - scores[np.arange(DRAWS), drawn]
    scores += lifted[:, None] * (factor @ factor.T)[drawn]
    together = np.maximum((np.abs(scores) >= bound).sum(axis=1), 1)
    return max(min(1.0, len(windows) * p_value * float((1.0 / together).mean())), SMALLEST_P)


def _fitted(phased: Phased) -> _Fit | None:
    root = np.sqrt(phased.n)
    drift, _ = np.linalg.qr(phased.drift * root[:, None])
    present = np.unique(phased.phase)
    phases = (phased.phase[:, None] == present[None, :]) * root[:, None]
    phases = phases - drift @ (drift.T @ phases)
    values = phased.total / root
    values = values - drift @ (drift.T @ values)
    products, moments = phases.T @ phases, phases.T @ values
    profile = np.linalg.pinv(products, rcond=1e-9, hermitian=True) @ moments
    residuals = values - phases @ profile
    degrees = len(residuals) - drift.shape[1] - len(present) + 1
    if degrees < LEAST_DEGREES:
        return None
    variance = float((residuals**2).sum()) / degrees
    if variance <= 0.0:
        return None
    return _Fit(present, drift, phases, products, moments, profile, residuals, variance, degrees)


def _differences(phased: Phased, fit: _Fit) -> Iterator[tuple[tuple[int, ...], float, float]]:
    """Each window with rows enough: the difference of its mean to that of the rest, and its information."""
    rows = np.bincount(phased.phase, weights=phased.n, minlength=int(fit.present.max()) + 1)
    for window in phased.windows:
        inside = np.isin(fit.present, window).astype(np.float64)
        within = float(rows[fit.present] @ inside)
        information = float(inside @ fit.products @ inside)
        if min(within, float(rows.sum()) - within) >= LEAST_ROWS and information > 1.0:
            yield window, float(inside @ fit.moments) / information, information


def _spread(phased: Phased, fit: _Fit, inside: Floats) -> _Spread | None:
    """The variance of a row that holds for the difference of a window; `inside` says which phases it holds.

    Each block contributes a score to the difference. Their squares are compared with what they are expected to be
    were units independent, the fit of phases and drift allowed for. Slow blocks are too few for one window's scores:
    there their totals are compared.
    """
    _, block = np.unique(phased.block, return_inverse=True)
    share = np.sqrt(phased.n / np.bincount(block, weights=phased.n)[block])
    contrast = share if phased.slow else fit.phases @ inside
    scores = np.bincount(block, weights=contrast * fit.residuals)
    basis = np.column_stack([fit.drift, fit.phases @ _root_of_inverse(fit.products)])
    own = np.bincount(block, weights=contrast**2)
    taken = np.array([np.bincount(block, weights=contrast * column) for column in basis.T])
    expected = float(own.sum() - (taken**2).sum())
    if expected <= 1e-9 * float(own.sum()):
        return None
    # The trace of the square of the scores' covariance, which is diagonal but for the fit.
    squares = float((own**2).sum() - 2.0 * (own * taken**2).sum() + ((taken @ taken.T) ** 2).sum())
    coarse = expected**2 / squares
    if coarse < LEAST_DEGREES:
        return None
    ratio = float((scores**2).sum()) / expected / fit.variance
    if float(special.fdtrc(coarse, fit.degrees, ratio)) < EVIDENT_P:
        return None if phased.slow else _Spread(fit.variance * ratio, coarse)
    shrunk = (coarse * ratio + WORTH) / (coarse + WORTH)
    return _Spread(fit.variance * max(1.0, shrunk), float(fit.degrees))


def _root_of_inverse(products: Floats) -> Floats:
    """Columns that make an orthonormal basis of phases that lean upon each other."""
    values, vectors = np.linalg.eigh(products)
    held = values > 1e-9 * values.max()
    root: Floats = vectors[:, held] / np.sqrt(values[held])
    return root
