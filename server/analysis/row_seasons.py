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
MANY_BLOCKS = 60  # from here the blocks' own spread is known well enough to be used by itself
WORTH = 30.0  # blocks that the rows' own spread counts as beside fewer blocks


@dataclass(frozen=True)
class Phased:
    """Rows by unit of time, shape (units,): how many, their total, the phase, the block and the drift's columns.

    `windows` are the sets of phases that are compared with the rest; `drift`, shape (units, k), holds a constant.
    """

    n: Floats
    total: Floats
    phase: Places
    block: Places
    drift: Floats
    windows: tuple[tuple[int, ...], ...]


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
class _Spread:
    variance: float
    degrees: float


def differing_window(phased: Phased) -> Window | None:
    """The window whose rows differ most from the others, drift taken out; None where that cannot be told.

    Weighted least squares on the means of the units. The error is that of the units around phases and drift or, where
    larger, that of blocks of units, so that neighbours which go together do not count as independent: with few blocks
    shrunk towards the units (Smyth 2004, Stat. Appl. Genet. Mol. Biol. 3). Few blocks that clearly spread wider
    than rows would are a slow movement, of which nothing is said. The p value is Bonferroni-corrected for the windows.
    """
    root = np.sqrt(phased.n)
    basis, _ = np.linalg.qr(phased.drift * root[:, None])
    present = np.unique(phased.phase)
    phases = (phased.phase[:, None] == present[None, :]) * root[:, None]
    phases = phases - basis @ (basis.T @ phases)
    values = phased.total / root
    values = values - basis @ (basis.T @ values)
    products, moments = phases.T @ phases, phases.T @ values
    profile = np.linalg.pinv(products, rcond=1e-9, hermitian=True) @ moments
    spread = _spread(phased, (values - phases @ profile) * root, len(present))
    if spread is None or spread.variance <= 0.0:
        return None
    tried = list(_differences(phased, present, products, moments))
    if not tried:
        return None
    window, difference, information = max(tried, key=lambda one: abs(one[1]) * math.sqrt(one[2]))
    error = math.sqrt(spread.variance / information)
    p_value = max(min(1.0, len(tried) * t_two_sided(difference / error, spread.degrees)), SMALLEST_P)
    return Window(
        window, difference, error, difference / error, p_value, int(phased.n.sum()), profile - profile.mean()
    )


def _differences(
    phased: Phased, present: Places, products: Floats, moments: Floats
) -> Iterator[tuple[tuple[int, ...], float, float]]:
    """Each window with rows enough: the difference of its mean to that of the rest, and its information."""
    rows = np.bincount(phased.phase, weights=phased.n, minlength=int(present.max()) + 1)
    for window in phased.windows:
        inside = np.isin(present, window).astype(np.float64)
        within = float(rows[present] @ inside)
        information = float(inside @ products @ inside)
        if min(within, float(rows.sum()) - within) >= LEAST_ROWS and information > 1.0:
            yield window, float(inside @ moments) / information, information


def _spread(phased: Phased, residuals: Floats, phases: int) -> _Spread | None:
    """The variance of a row that holds for the means of phases; `residuals` are totals of what is unexplained."""
    fitted = phased.drift.shape[1] + phases - 1
    degrees = len(residuals) - fitted
    _, block = np.unique(phased.block, return_inverse=True)
    blocks = int(block.max()) + 1
    held = min(fitted, phased.drift.shape[1] + blocks // 3)
    coarse = blocks - held
    if degrees < LEAST_DEGREES or coarse < LEAST_DEGREES:
        return None
    fine = float((residuals**2 / phased.n).sum()) / degrees
    sums = np.bincount(block, weights=residuals)
    wide = float((sums**2 / np.bincount(block, weights=phased.n)).sum()) / coarse
    if fine <= 0.0 or coarse >= MANY_BLOCKS:
        return _Spread(max(fine, wide), float(min(degrees, coarse)))
    if float(special.fdtrc(coarse, degrees, wide / fine)) < EVIDENT_P:
        return None
    return _Spread(max(fine, (coarse * wide + WORTH * fine) / (coarse + WORTH)), float(degrees))
