"""Whether the rows of some parts of the calendar have another mean than the rest, tested over rows."""

import math
from dataclasses import dataclass
from functools import lru_cache

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
    """Rows by unit of time, shape (units,): how many, their total, the phase, the block and the drift.

    `windows` are the sets of phases that are compared with the rest. `drift` has columns, shape (units, k), one of them
    constant, or is the place of a level, shape (units,). Blocks are stretches whose units may go together; `slow` says
    that neighbouring blocks would do so too. Where rows are `counted`, `n` are the rows expected and `total` those that
    came. Windows of fewer rows than `least`, inside or outside, are not looked at.
    """

    n: Floats
    total: Floats
    phase: Places
    block: Places
    drift: Floats | Places
    windows: tuple[tuple[int, ...], ...]
    slow: bool = False
    counted: bool = False
    least: float = LEAST_ROWS


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


def _summed(place: Places, weights: Floats, places: int) -> Floats:
    return np.bincount(place, weights=weights, minlength=places).astype(np.float64, copy=False)


@dataclass(frozen=True)
class _Marked:
    """A matrix, shape (units, width), with one number in each row: the unit's weight, in the column of its place."""

    place: Places
    weight: Floats
    width: int

    def sums(self, values: Floats) -> Floats:
        """The transpose times values, shape (units,)."""
        return _summed(self.place, self.weight * values, self.width)

    def spread(self, coefficients: Floats) -> Floats:
        """The matrix times coefficients, shape (width,)."""
        return self.weight * coefficients[self.place]

    def across(self, other: "_Marked") -> Floats:
        """The transpose times another matrix, shape (width, other width)."""
        cell, cells = self.place * other.width + other.place, self.width * other.width
        return _summed(cell, self.weight * other.weight, cells).reshape(self.width, other.width)


@dataclass(frozen=True)
class _Full:
    """A matrix of few columns, shape (units, width), with the same three products."""

    cells: Floats

    @property
    def width(self) -> int:
        return int(self.cells.shape[1])

    def sums(self, values: Floats) -> Floats:
        found: Floats = self.cells.T @ values
        return found

    def spread(self, coefficients: Floats) -> Floats:
        found: Floats = self.cells @ coefficients
        return found

    def across(self, other: _Marked) -> Floats:
        return np.array([other.sums(column) for column in self.cells.T])


_Columns = _Marked | _Full


@dataclass(frozen=True)
class _Fit:
    """Least squares on phases and drift: an orthonormal drift, phases, what they share, and what is left of both."""

    present: Places
    drift: _Columns
    phases: _Marked
    shared: Floats
    products: Floats
    moments: Floats
    profile: Floats
    residuals: Floats
    variance: float
    degrees: int

    def contrast(self, inside: Floats) -> Floats:
        """What each unit says of the phases that are `inside`, shape (units,), the drift taken out."""
        return self.phases.spread(inside) - self.drift.spread(self.shared @ inside)


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
    tried = None if fit is None else _tried(phased, fit)
    if fit is None or tried is None:
        return None
    best = int(np.argmax(np.abs(tried.difference) * np.sqrt(tried.information)))
    difference, information = float(tried.difference[best]), float(tried.information[best])
    spread = _spread(phased, fit, tried.inside[best])
    if spread is None:
        return None
    error = math.sqrt(spread.variance / information)
    statistic = (
        _signed_root(difference, information / spread.variance) if phased.counted else difference / error
    )
    p_value = _of_all(tried.inside, fit, t_two_sided(statistic, spread.degrees))
    profile, window = fit.profile - fit.profile.mean(), phased.windows[tried.places[best]]
    return Window(window, difference, error, statistic, p_value, int(phased.n.sum()), profile)


def _signed_root(difference: float, information: float) -> float:
    """Of the deviance of a number of rows that is `1 + difference` of the expected: nearly normal for few rows too."""
    ratio = max(1.0 + difference, 0.0)
    deviance = 2.0 * information * (float(special.xlogy(ratio, ratio)) - difference)
    return math.copysign(math.sqrt(max(deviance, 0.0)), difference)


def _of_all(inside: Floats, fit: _Fit, p_value: float) -> float:
    """The p value of the largest of all windows, which lean upon each other, where one alone would have `p_value`.

    The chance of any is the sum of the chances of each times the mean share one has of those beyond the bound with
    it, found by drawing from where one is beyond it (Naiman and Priebe 2001, "Computing scan statistic p values using
    importance sampling", J. Comput. Graph. Stat. 10). Where that cannot change a verdict, the sum of the chances.
    """
    bound_of_all = len(inside) * p_value
    if len(inside) == 1 or not SURE_ANYWAY < bound_of_all < HOPELESS:
        return min(1.0, max(bound_of_all, SMALLEST_P))
    bound = -float(special.ndtri(max(p_value, SMALLEST_P) / 2.0))
    factor = inside @ np.linalg.pinv(_root_of_inverse(fit.products)).T
    factor /= np.linalg.norm(factor, axis=1, keepdims=True)
    random = np.random.default_rng(0)
    scores = random.normal(size=(DRAWS, factor.shape[1])) @ factor.T
    drawn = np.arange(DRAWS) % len(inside)
    beyond = -special.ndtri(random.uniform(size=DRAWS) * float(special.ndtr(-bound)))
    lifted = beyond - scores[np.arange(DRAWS), drawn]
    scores += lifted[:, None] * (factor @ factor.T)[drawn]
    together = np.maximum((np.abs(scores) >= bound).sum(axis=1), 1)
    return max(min(1.0, len(inside) * p_value * float((1.0 / together).mean())), SMALLEST_P)


def _fitted(phased: Phased) -> _Fit | None:
    root = np.sqrt(phased.n)
    drift = _orthonormal(phased.drift, root)
    present, place = _numbered(phased.phase)
    phases = _Marked(place, root, len(present))
    shared = drift.across(phases)
    values = phased.total / root
    values = values - drift.spread(drift.sums(values))
    products, moments = phases.across(phases) - shared.T @ shared, phases.sums(values)
    profile = np.linalg.pinv(products, rcond=1e-9, hermitian=True) @ moments
    residuals = values - (phases.spread(profile) - drift.spread(shared @ profile))
    degrees = len(residuals) - drift.width - len(present) + 1
    if degrees < LEAST_DEGREES:
        return None
    variance = float((residuals**2).sum()) / degrees
    if variance <= 0.0:
        return None
    return _Fit(present, drift, phases, shared, products, moments, profile, residuals, variance, degrees)


def _orthonormal(drift: Floats | Places, root: Floats) -> _Columns:
    """Columns of the drift, weighted: levels have nothing in common, so that only their lengths must be made one."""
    if drift.ndim == 1:
        present, level = _numbered(drift.astype(np.int64))
        return _Marked(level, root / np.sqrt(np.bincount(level, weights=root**2))[level], len(present))
    return _Full(np.linalg.qr(drift * root[:, None])[0])


def _numbered(codes: Places) -> tuple[Places, Places]:
    """The codes there are, in order, and the place of each unit's among them; codes lie near one another."""
    first = int(codes.min())
    known = np.bincount(codes - first) > 0
    return np.flatnonzero(known) + first, (np.cumsum(known) - 1)[codes - first]


@dataclass(frozen=True)
class _Tried:
    """Windows with rows enough: their places among all, the phases in them, shape (windows, phases), the difference of
    the mean to that of the rest, and its information.
    """

    places: Places
    inside: Floats
    difference: Floats
    information: Floats


def _tried(phased: Phased, fit: _Fit) -> _Tried | None:
    inside = _membership(phased.windows, int(fit.present.max()) + 1)[:, fit.present]
    rows = np.bincount(fit.phases.place, weights=phased.n)
    within, whole = inside @ rows, float(rows.sum())
    information = ((inside @ fit.products) * inside).sum(axis=1)
    places = np.flatnonzero((np.minimum(within, whole - within) >= phased.least) & (information > 1.0))
    if not len(places):
        return None
    inside, information = inside[places], information[places]
    return _Tried(places, inside, (inside @ fit.moments) / information, information)


@lru_cache(maxsize=32)
def _membership(windows: tuple[tuple[int, ...], ...], phases: int) -> Floats:
    """Ones where a window holds a phase, shape (windows, phases)."""
    return np.array([np.isin(np.arange(phases), window) for window in windows], dtype=np.float64)


def _spread(phased: Phased, fit: _Fit, inside: Floats) -> _Spread | None:
    """The variance of a row that holds for the difference of a window; `inside` says which phases it holds.

    Each block contributes a score to the difference. Their squares are compared with what they are expected to be
    were units independent, the fit of phases and drift allowed for. Slow blocks are too few for one window's scores:
    there their totals are compared.
    """
    present, block = _numbered(phased.block)
    share = np.sqrt(phased.n / np.bincount(block, weights=phased.n)[block])
    contrast = share if phased.slow else fit.contrast(inside)
    scores = np.bincount(block, weights=contrast * fit.residuals)
    own = np.bincount(block, weights=contrast**2)
    by_block = _Marked(block, contrast, len(present))
    drift = fit.drift.across(by_block)
    phases = fit.phases.across(by_block) - fit.shared.T @ drift
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
