"""Whether the rows of some parts of the calendar have another mean than the rest, tested over rows."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from server.analysis.inference import SMALLEST_P, Floats, t_two_sided

Places = NDArray[np.int64]
Sparse = Any  # a scipy.sparse.csr_array, whose library is imported where it is used
LEAST_ROWS = 20.0  # inside a window and outside it
LEAST_DEGREES = 5
EVIDENT_P = 0.05  # of blocks that spread wider than rows would
DRAWS = 4000  # of all windows' differences together
# Sums of the windows' chances (Bonferroni) between which drawing can make a difference: it costs milliseconds.
SURE_ANYWAY, HOPELESS = 1e-10, 0.1
WORTH = 30.0  # blocks that the rows' own spread counts as beside the blocks'


@dataclass(frozen=True)
class Phased:
    """Rows by unit of time, shape (units,): how many, their total, the phase, the block and the drift.

    `windows` are the sets of phases that are compared with the rest. `drift` has columns, shape (units, k), one of them
    constant, or is the place of a level, shape (units,). Blocks are stretches whose units may go together; `slow` says
    that neighbouring blocks would do so too. Where rows are `counted`, `n` are the rows expected and `total` those that
    came.
    """

    n: Floats
    total: Floats
    phase: Places
    block: Places
    drift: Floats | Places
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
    """Least squares on phases and drift: an orthonormal drift, phases, what they share, and what is left of both.

    `drift` and `phases` are sparse, shape (units, columns): most units are in one month and one phase.
    """

    present: Places
    drift: Sparse
    phases: Sparse
    shared: Floats
    products: Floats
    moments: Floats
    profile: Floats
    residuals: Floats
    variance: float
    degrees: int

    def contrast(self, inside: Floats) -> Floats:
        """What each unit says of the phases that are `inside`, shape (units,), the drift taken out."""
        found: Floats = self.phases @ inside - self.drift @ (self.shared @ inside)
        return found


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
    drift = _orthonormal(phased.drift, root)
    present, place = np.unique(phased.phase, return_inverse=True)
    phases = _marked(place, root)
    shared = (drift.T @ phases).toarray()
    values = phased.total / root
    values = values - drift @ (drift.T @ values)
    products, moments = (phases.T @ phases).toarray() - shared.T @ shared, phases.T @ values
    profile = np.linalg.pinv(products, rcond=1e-9, hermitian=True) @ moments
    residuals = values - (phases @ profile - drift @ (shared @ profile))
    degrees = len(residuals) - drift.shape[1] - len(present) + 1
    if degrees < LEAST_DEGREES:
        return None
    variance = float((residuals**2).sum()) / degrees
    if variance <= 0.0:
        return None
    return _Fit(present, drift, phases, shared, products, moments, profile, residuals, variance, degrees)


def _orthonormal(drift: Floats | Places, root: Floats) -> Sparse:
    """Columns of the drift, weighted: levels have nothing in common, so that only their lengths must be made one."""
    if drift.ndim == 1:
        level = np.unique(drift, return_inverse=True)[1]
        return _marked(level, root / np.sqrt(np.bincount(level, weights=root**2))[level])
    from scipy import sparse

    return sparse.csr_array(np.linalg.qr(drift * root[:, None])[0])


def _marked(place: Places, weight: Floats) -> Sparse:
    """A column for each place, with the weights of the units that are in it."""
    from scipy import sparse

    return sparse.csr_array(
        (weight, place, np.arange(len(place) + 1)), shape=(len(place), int(place.max()) + 1)
    )


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
    contrast = share if phased.slow else fit.contrast(inside)
    scores = np.bincount(block, weights=contrast * fit.residuals)
    own = np.bincount(block, weights=contrast**2)
    by_block = _marked(block, contrast)
    drift = (fit.drift.T @ by_block).toarray()
    phases = (fit.phases.T @ by_block).toarray() - fit.shared.T @ drift
    taken = np.concatenate([drift, _root_of_inverse(fit.products).T @ phases])
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
