"""Rows that hang together in time: how many times larger that makes the variance of a member's mean."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from server.analysis.columns import Measure
from server.analysis.facts import Breakdown
from server.analysis.inference import Floats, Groups, long_run_factor

LEAST_STRETCHES = 8  # of time, to see whether a member's values hang together
MOST_STRETCHES = 40
# Standard errors from which it is evident that rows hang together: of all members together, and of one alone, which is
# one of many and has few stretches to show it.
EVIDENT, EVIDENT_ALONE = 2.33, 3.5
NORMAL_SPREAD = math.sqrt(2.0)  # standard deviation of the square of a standard normal


@dataclass(frozen=True)
class _Course:
    """A member's excess over the others by stretch of time, in standard errors of independent rows."""

    z: Floats

    @property
    def degrees(self) -> int:
        return len(self.z) - 1


def time_effects(breakdown: Breakdown, measure: Measure, groups: Groups) -> Floats:
    """For each member, how many times larger the variance of its mean is than for independent rows, at least 1.

    The excess of a member over the others is followed through stretches of time: rows of one stretch may hang
    together, and so may stretches. What all members show together is believed of each, since chance alone makes one of
    many look as if its rows hung together; what one shows must be the more evident. Where no others lie beside a
    member, its own values are followed.
    """
    cells = _Cells(_stretches(breakdown.n[measure]), _stretches(breakdown.total[measure]), groups)
    found: list[float | _Course] = [_course(cells, member) for member in range(len(groups.n))]
    courses = [one for one in found if isinstance(one, _Course)]
    together = len(courses) > 1
    # Each member is compared with the others, so that one of them less is independent.
    share = (len(courses) - 1) / len(courses) if together else 1.0
    known = [(_clustering(courses, share, EVIDENT), _memory(courses, share, EVIDENT))] if courses else []
    return np.array([one if isinstance(one, float) else _effect(one, known[0]) for one in found])


def _effect(course: _Course, known: tuple[float, float]) -> float:
    clustering = max(known[0], _clustering([course], 1.0, EVIDENT_ALONE))
    return clustering * max(known[1], _memory([course], 1.0, EVIDENT_ALONE))


def _clustering(courses: Sequence[_Course], share: float, evident: float) -> float:
    """The mean square of the excesses where it evidently exceeds that of independent rows; else 1.

    Of few rows with long tails squares scatter more widely than a normal's, which their own scatter shows.
    """
    squares = np.concatenate([course.z**2 for course in courses])
    degrees = float(sum(course.degrees for course in courses))
    ratio = float(squares.sum()) / degrees
    if ratio <= 1.0:
        return 1.0
    scatter = max(NORMAL_SPREAD, float(squares.std()) / ratio)
    return ratio if ratio > 1.0 + evident * scatter / math.sqrt(degrees * share) else 1.0


def _memory(courses: Sequence[_Course], share: float, evident: float) -> float:
    """What the first autocorrelation of the excesses does to the variance of a mean, where it is evident; else 1."""
    together = sum(float(course.z[1:] @ course.z[:-1]) for course in courses)
    rho = together / max(sum(float(course.z @ course.z) for course in courses), 1e-300)
    count = sum(len(course.z) for course in courses)
    if rho <= evident / math.sqrt(count * share):
        return 1.0
    return long_run_factor(rho, count / len(courses))


@dataclass(frozen=True)
class _Cells:
    """Observations and totals by member and stretch, and those of all members by stretch; the members at all times."""

    n: Floats
    total: Floats
    groups: Groups

    @cached_property
    def whole_n(self) -> Floats:
        found: Floats = self.n.sum(axis=0)
        return found

    @cached_property
    def whole(self) -> Floats:
        found: Floats = self.total.sum(axis=0)
        return found

    @cached_property
    def _known(self) -> tuple[Floats, Floats]:
        return np.nan_to_num(self.groups.n), np.nan_to_num(self.groups.variance)

    def variance_of_others(self, member: int) -> float:
        """The variance of a row of the other members."""
        n, variance = (np.delete(values, member) for values in self._known)
        return float((n * variance).sum() / max(float(n.sum()), 1.0))


def _course(cells: _Cells, member: int) -> float | _Course:
    """The course of a member; a number, its variance inflation, where there are too few stretches to see one."""
    own_n, others_n = cells.n[member], cells.whole_n - cells.n[member]
    seen = own_n > 0
    if not seen.any():
        return 1.0
    beside = seen & (others_n > 0)
    seen = beside if beside.sum() >= 0.5 * seen.sum() else seen
    excess = cells.total[member][seen] / own_n[seen]
    expected = float(cells.groups.variance[member]) / own_n[seen]
    if seen is beside:
        excess = excess - (cells.whole - cells.total[member])[seen] / others_n[seen]
        expected = expected + cells.variance_of_others(member) / others_n[seen]
    if len(excess) < LEAST_STRETCHES:
        # Too few stretches to see how rows hang together: alone in its time, a member counts once a stretch.
        return 1.0 if seen is beside else float(own_n.sum()) / max(len(excess), 1)
    if float(expected.min()) <= 0.0:
        return 1.0
    centre = float((excess / expected).sum() / (1.0 / expected).sum())
    return _Course((excess - centre) / np.sqrt(expected))


def _stretches(cells: Floats) -> Floats:
    """Cells, shape (members, periods), summed into at most MOST_STRETCHES stretches of equal length."""
    length = -(-cells.shape[1] // MOST_STRETCHES)
    edges = np.arange(0, cells.shape[1], length)
    summed: Floats = np.add.reduceat(cells, edges, axis=1)
    return summed
