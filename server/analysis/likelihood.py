"""How much likelier a line or a step makes a series, whatever memory its noise has."""

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from server.analysis.inference import SMALLEST_P, Floats

LONGEST = 160  # periods; of longer series each kind of memory is well known anyway
# Kinds of memory: the coefficient of an autoregression; how far a level wanders over the whole series, in standard
# deviations of the noise through which it is seen; an autoregression seen through noise, with the noise's variance in
# shares of its own.
_AUTOREGRESSIONS = (0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.85, 0.93, 0.98, 1.0)
_WANDERS = (2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
_SEEN_THROUGH_NOISE = ((0.9, 0.5), (0.9, 2.0), (0.7, 1.0))
HALF_WANDERED = 4.0  # how far a level wanders that counts as half of all memory
MEMORY_COSTS = 3.0  # twice the logarithm of how much less likely full memory is beforehand than none
# How gains are distributed where there is no course: their tail falls by a factor of e in so much, for white noise,
# autoregressions, random walks, and levels that wander under noise; 40,000 simulated series of each, 8 to 160 periods.
FALLS = 2.3
LINES = 4.0  # what the worst of them makes of one line, and of the steps a period
STEPS = 0.5
# Of steps, for all but levels that wander by 20 times the noise or more, which gain as much two or three times as
# often.
STEP_FALLS = 2.0
SURELY = 6.0  # twice the logarithm of twenty to one: by how much a step must be likelier than a line


@dataclass(frozen=True)
class Gain:
    """The signed root of twice the log likelihood ratio, and its p value."""

    statistic: float
    p_value: float


@dataclass(frozen=True)
class _Courses:
    """Kinds of memory, shape (kinds,), in the order of the tables above.

    What makes differences independent, shape (kinds, n - 1, n - 1), what is known of the course taken out; the courses
    tried, the same way and of length 1, shape (kinds, n - 1, courses); what a kind adds to twice the log likelihood.
    """

    whitening: Floats
    tried: Floats
    adds: Floats
    degrees: int


def line_gain(values: Floats) -> Gain:
    """The gain by a straight line, of values of shape (n,), n <= LONGEST."""
    n = len(values)
    return _gain(values, _line((n, 0), b""), LINES)


def step_gain(values: Floats, known: Floats, places: NDArray[np.int64]) -> Gain:
    """The gain by a step before one of the places, beside what is known of the course, shape (n, k), such as a season.

    The p value is 1 where a straight line makes the series nearly as likely.
    """
    line, step = (
        _gain(values, _line(known.shape, known.tobytes()), LINES),
        bent_gain(values, known, places),
    )
    return step if step.statistic**2 >= line.statistic**2 + SURELY else replace(step, p_value=1.0)


def bent_gain(values: Floats, known: Floats, places: NDArray[np.int64]) -> Gain:
    """The gain by a step beside what is known of the course, shape (n, k), such as a line."""
    courses = _steps(known.shape, known.tobytes(), places.tobytes())
    return _gain(values, courses, STEPS * len(values), falls=STEP_FALLS)


@dataclass(frozen=True)
class Spikes:
    """What one period by itself does to a series under each kind of memory, beside what is known of the course.

    `whitening`, `adds` and `degrees` as of courses; `tried`, shape (kinds, n - 1, n): what each period does.
    """

    whitening: Floats
    tried: Floats
    adds: Floats
    degrees: int


def spikes(known: Floats, n: int) -> Spikes:
    """One period by itself, of n, beside what is known of the course, shape (n, k)."""
    return _spikes((n, known.shape[1]), known.tobytes())


@lru_cache(maxsize=8)
def _spikes(shape: tuple[int, int], known: bytes) -> Spikes:
    courses = _courses(shape, known, np.arange(0))  # no course is tried
    # A period by itself is a step up to it and one back.
    along = -np.diff(np.pad(courses.whitening, ((0, 0), (0, 0), (1, 1))), axis=2)
    along /= np.maximum(np.sqrt((along**2).sum(axis=1, keepdims=True)), 1e-12)
    return Spikes(courses.whitening, along, courses.adds, courses.degrees)


def _gain(values: Floats, courses: _Courses, trials: float, *, falls: float = FALLS) -> Gain:
    """The likelihood of the differences, maximised over all kinds of memory, with the best course and without any.

    Full memory takes any steady course for its own, so that kinds of memory are the less likely beforehand the more of
    it they have. The likelihood is that of what is free of the known course (Harville 1974, Biometrika 61).
    """
    white = courses.whitening @ np.diff(values)
    without = (white**2).sum(axis=1)
    if float(without.min()) <= 0.0:
        return Gain(0.0, 1.0)
    along = np.einsum("mic,mi->mc", courses.tried, white)
    told = along[np.arange(len(along)), np.argmax(np.abs(along), axis=1)]
    left = np.maximum(without - told**2, 1e-12 * without)
    flat, moved = (courses.adds - courses.degrees * np.log(rest) for rest in (without, left))
    gain = max(float(moved.max() - flat.max()), 0.0)
    p_value = min(1.0, max(trials * math.exp(-gain / falls), SMALLEST_P))
    return Gain(math.copysign(math.sqrt(gain), float(told[np.argmax(moved)])), p_value)


@lru_cache(maxsize=8)
def _line(shape: tuple[int, int], known: bytes) -> _Courses:
    return _courses(shape, known, None)


@lru_cache(maxsize=16)
def _steps(shape: tuple[int, int], known: bytes, places: bytes) -> _Courses:
    return _courses(shape, known, np.frombuffer(places, dtype=np.int64))


def _courses(shape: tuple[int, int], known: bytes, places: NDArray[np.int64] | None) -> _Courses:
    """Steps before the places, or one line: a step is one difference of 1, a line the same in all of them."""
    n, columns = shape
    whitening, adds = _memories(n)
    beside = np.frombuffer(known, dtype=np.float64).reshape(shape)
    free = whitening
    if columns:
        taken, triangle = np.linalg.qr(whitening @ np.diff(beside, axis=0))
        adds = adds - 2.0 * np.log(np.abs(np.diagonal(triangle, axis1=1, axis2=2))).sum(axis=1)
        free = whitening - taken @ (taken.transpose(0, 2, 1) @ whitening)
    along = free.sum(axis=2, keepdims=True) if places is None else free[:, :, places - 1]
    along = along / np.maximum(np.sqrt((along**2).sum(axis=1, keepdims=True)), 1e-12)
    return _Courses(free, along, adds, n - 1 - columns)


@lru_cache(maxsize=8)
def _memories(n: int) -> tuple[Floats, Floats]:
    """What makes the differences independent under each kind of memory, and what it adds to the likelihood."""
    from scipy.linalg import cholesky, solve_triangular

    apart, each = np.abs(np.subtract.outer(np.arange(n), np.arange(n))), np.eye(n)
    noise, steps = _of_differences(each), np.eye(n - 1)
    kinds = [
        (_of_differences(rho**apart) if rho < 1.0 else steps, 2.0 * rho / (1.0 + rho))
        for rho in _AUTOREGRESSIONS
    ]
    kinds += [(noise + (wander / n) ** 2 * steps, wander / (wander + HALF_WANDERED)) for wander in _WANDERS]
    kinds += [(_of_differences(rho**apart + share * each), 1.0) for rho, share in _SEEN_THROUGH_NOISE]
    whitening, adds = [], []
    for covariance, memory in kinds:
        root = cholesky(covariance, lower=True)
        whitening.append(solve_triangular(root, steps, lower=True))
        adds.append(-2.0 * float(np.log(np.diag(root)).sum()) - MEMORY_COSTS * memory)
    return np.array(whitening), np.array(adds)


def _of_differences(covariance: Floats) -> Floats:
    """The covariance of the differences of values with a covariance."""
    moved: Floats = np.diff(np.diff(covariance, axis=0), axis=1)
    return moved
