"""Linear least squares to full accuracy, and the first autocorrelation."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from server.analysis.inference import Floats

_REFINEMENTS = 12
_STILL = 1e-24
"""A step of a coefficient that changes nothing that is told, as a share of it."""
_SPLIT = 2.0**27 + 1


@dataclass(frozen=True)
class Fit:
    """Coefficients and their standard errors, shape (p,); the standard deviation of the rest; R squared."""

    coefficients: Floats
    errors: Floats
    deviation: float
    r_squared: float


def least_squares(columns: Floats, target: Floats, *, constant: bool = True) -> Fit:
    """The linear fit of a target, shape (n,), on columns, shape (n, p) with n > p; the constant comes first.

    Columns are moved near zero (with a constant) and scaled by powers of two, which is exact; then Householder's QR
    (Golub 1965, Numer. Math. 7) with iterative refinement of coefficients and residuals together (Bjorck 1967, BIT 7),
    both held in twice the precision. Without a constant R squared is about zero, as is usual.
    Raises LinAlgError for dependent columns.
    """
    centre = columns.mean(axis=0) if constant else np.zeros(columns.shape[1])
    moved, lost = _sum(columns, -centre)
    size = np.abs(moved).max(axis=0)
    if not (size > 0).all():
        raise np.linalg.LinAlgError("A column is constant.")
    scale = np.exp2(np.round(np.log2(size)))
    design, fine = moved / scale, lost / scale
    if constant:
        design = np.column_stack([np.ones(len(target)), design])
        fine = np.column_stack([np.zeros(len(target)), fine])
    orthogonal, upper = np.linalg.qr(design)
    if np.abs(np.diag(upper)).min() < np.finfo(np.float64).eps:
        raise np.linalg.LinAlgError("The columns depend on one another.")
    told, rest = _refined(_matrix(design, fine), target, orthogonal, upper)
    back = np.diag(1.0 / scale)
    if constant:
        back = np.block([[np.ones((1, 1)), -(centre / scale)[None, :]], [np.zeros((len(scale), 1)), back]])
    spread = np.sqrt(((back @ np.linalg.inv(upper)) ** 2).sum(axis=1))
    left = float((rest**2).sum())
    total = float(((target - (target.mean() if constant else 0)) ** 2).sum())
    deviation = (left / (len(target) - design.shape[1])) ** 0.5
    coefficients = _times(_matrix(back, np.zeros_like(back)), told)[0]
    return Fit(coefficients, deviation * spread, deviation, 1.0 - left / total if total > 0 else 0.0)


Pair = tuple[Floats, Floats]
"""A number in twice the precision of a double: the number, and what rounding left of it."""


class _Matrix(NamedTuple):
    """Numbers in twice the precision, shape (n, p), with both halves of the digits of the larger parts."""

    value: Floats
    fine: Floats
    upper: Floats
    lower: Floats

    def turned(self) -> "_Matrix":
        """Columns as rows."""
        return _Matrix(*(part.T for part in self))


def _matrix(value: Floats, fine: Floats) -> _Matrix:
    return _Matrix(value, fine, *_halves(value))


def _refined(columns: _Matrix, target: Floats, orthogonal: Floats, upper: Floats) -> tuple[Pair, Floats]:
    """Coefficients and residuals of the augmented system, refined until nothing moves."""
    seen, across = orthogonal.T @ target, columns.turned()
    slopes: Pair = (np.linalg.solve(upper, seen).astype(np.float64, copy=False), np.zeros(len(upper)))
    rest: Pair = (target - orthogonal @ seen, np.zeros(len(target)))
    for _ in range(_REFINEMENTS):
        fitted = _times(columns, slopes)
        missed = _total(np.stack([target, -rest[0], -fitted[0]]), -rest[1] - fitted[1])[0]
        seen = orthogonal.T @ missed
        turned = np.linalg.solve(upper.T, -_times(across, rest)[0])
        step = np.linalg.solve(upper, seen - turned)
        slopes = _total(np.stack([slopes[0], step]), slopes[1])
        rest = _total(np.stack([rest[0], missed - orthogonal @ (seen - turned)]), rest[1])
        if (np.abs(step) <= _STILL * np.abs(slopes[0])).all():
            break
    return slopes, rest[0]


def _times(matrix: _Matrix, vector: Pair) -> Pair:
    """A matrix, shape (n, p), times a vector, shape (p,), in twice the precision.

    Products without loss are those of Dekker 1971, Numer. Math. 18.
    """
    value, fine, a, b = matrix
    c, d = _halves(vector[0])
    product = value * vector[0]
    error = ((a * c - product) + a * d + b * c) + b * d
    return _total(product.T, (error + value * vector[1] + fine * vector[0]).sum(axis=1))


def _total(terms: Floats, fine: Floats) -> Pair:
    """The sum of terms, shape (k, n), over k, and of what is known of them beyond a double, shape (n,).

    Halves are added to halves, and what each sum rounds away is kept (Ogita, Rump and Oishi 2005, SIAM J. Sci.
    Comput. 26).
    """
    while len(terms) > 1:
        half = len(terms) // 2
        total, error = _sum(terms[:half], terms[half : 2 * half])
        fine = fine + error.sum(axis=0)
        terms = np.concatenate([total, terms[2 * half :]])
    return _sum(terms[0], fine)


def _sum(left: Floats, right: Floats) -> Pair:
    """Two doubles added without loss (Knuth 1969)."""
    total = left + right
    seen = total - left
    return total, (left - (total - seen)) + (right - seen)


def _halves(values: Floats) -> Pair:
    """A double as the sum of two of half its digits (Veltkamp 1968)."""
    large = _SPLIT * values
    upper = large - (large - values)
    return upper, values - upper


def first_autocorrelation(values: Floats) -> float:
    """The correlation of a series, shape (n,), with itself one step later; 0 for constant values."""
    centred = values - values.mean()
    centred = centred - centred.mean()  # what rounding left of the mean
    spread = float(centred @ centred)
    return float(centred[1:] @ centred[:-1]) / spread if spread > 0 else 0.0
