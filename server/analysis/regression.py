"""Linear least squares to full accuracy, and the first autocorrelation."""

from dataclasses import dataclass

import numpy as np

from server.analysis.inference import Floats

_REFINEMENTS = 6


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
    (Golub 1965, Numer. Math. 7) with iterative refinement of coefficients and residuals together, residuals in
    extended precision (Bjorck 1967, BIT 7). Without a constant R squared is about zero, as is usual.
    Raises LinAlgError for dependent columns.
    """
    wide, goal = columns.astype(np.longdouble), target.astype(np.longdouble)
    centre = columns.mean(axis=0) if constant else np.zeros(columns.shape[1])
    moved = wide - centre
    size = np.abs(moved).max(axis=0).astype(np.float64)
    if not (size > 0).all():
        raise np.linalg.LinAlgError("A column is constant.")
    scale = np.exp2(np.round(np.log2(size)))
    design = moved / scale
    if constant:
        design = np.column_stack([np.ones(len(target), dtype=np.longdouble), design])
    orthogonal, upper = np.linalg.qr(design.astype(np.float64))
    if np.abs(np.diag(upper)).min() < np.finfo(np.float64).eps:
        raise np.linalg.LinAlgError("The columns depend on one another.")
    told, rest = _refined(design, goal, orthogonal, upper)
    back = np.diag(1.0 / scale)
    if constant:
        back = np.block([[np.ones((1, 1)), -(centre / scale)[None, :]], [np.zeros((len(scale), 1)), back]])
    spread = np.sqrt(((back @ np.linalg.inv(upper)) ** 2).sum(axis=1))
    left = float((rest**2).sum())
    total = float(((goal - (goal.mean() if constant else 0)) ** 2).sum())
    deviation = (left / (len(target) - design.shape[1])) ** 0.5
    coefficients = (back.astype(np.longdouble) @ told).astype(np.float64)
    return Fit(coefficients, deviation * spread, deviation, 1.0 - left / total if total > 0 else 0.0)


def _refined(
    columns: "np.ndarray", target: "np.ndarray", orthogonal: Floats, upper: Floats
) -> "tuple[np.ndarray, np.ndarray]":
    """Coefficients and residuals of the augmented system, refined."""
    slopes = np.zeros(columns.shape[1], dtype=np.longdouble)
    rest = np.zeros(len(target), dtype=np.longdouble)
    for _ in range(1 + _REFINEMENTS):
        missed = (target - rest - columns @ slopes).astype(np.float64)
        tilted = (-(columns.T @ rest)).astype(np.float64)
        turned = np.linalg.solve(upper.T, tilted)
        seen = orthogonal.T @ missed
        slopes = slopes + np.linalg.solve(upper, seen - turned)
        rest = rest + (missed - orthogonal @ (seen - turned))
    return slopes, rest


def first_autocorrelation(values: Floats) -> float:
    """The correlation of a series, shape (n,), with itself one step later; 0 for constant values."""
    centred = values - values.mean()
    centred = centred - centred.mean()  # what rounding left of the mean
    spread = float(centred @ centred)
    return float(centred[1:] @ centred[:-1]) / spread if spread > 0 else 0.0
