"""Whether members are alike: within a margin that matters, or more evenly filled than chance would fill them."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from server.analysis import inference
from server.analysis.inference import Floats, Groups

MARGIN = 0.10  # of the overall mean, within which members count as alike
LEAST_ROWS = 20.0  # a member
LEAST_MEMBERS = 3  # to be more even than chance: of two, even the most equal are not


@dataclass(frozen=True)
class Likeness:
    """A test of alikeness: the greatest distance of a member from the whole (0.05 for 5 %), statistic and p value."""

    distance: float
    statistic: float
    p_value: float
    n: int


def alike(groups: Groups) -> Likeness | None:
    """Whether every member's mean lies within the margin of the overall mean; None where there is no such margin.

    Two one-sided tests for each member (Schuirmann 1987, J. Pharmacokinet. Biopharm. 15); all must pass, so that the
    largest p value stands for all (Berger 1982, "Multiparameter hypothesis testing", Technometrics 24).
    """
    if len(groups.n) < 2 or groups.n.min() < LEAST_ROWS or not np.isfinite(groups.variance).all():
        return None
    mean = float((groups.n * groups.mean).sum() / groups.n.sum())
    if mean <= 0.0:
        return None
    share = groups.n / groups.n.sum()
    apart = np.abs(groups.mean - mean)
    # A member is part of the whole it is compared with, so that the error of the rest counts with its weight.
    own = groups.variance / groups.n
    error = np.sqrt(own * (1.0 - share) ** 2 + float((share**2 * own).sum()) - share**2 * own)
    if float(error.min()) <= 0.0:
        return None
    statistics = (MARGIN * mean - apart) / error
    worst = int(np.argmin(statistics))
    p_value = float(special.stdtr(groups.n[worst] - 1.0, -statistics[worst]))
    p_value = max(p_value, inference.SMALLEST_P)
    return Likeness(float(apart.max()) / mean, float(statistics[worst]), p_value, int(groups.n.sum()))


def counts_alike(rows: Floats) -> Likeness | None:
    """As `alike`, for how many rows the members have."""
    total, k = float(rows.sum()), len(rows)
    if k < 2 or rows.min() < LEAST_ROWS:
        return None
    share = rows / total
    error = np.sqrt(share * (1.0 - share) / total)
    statistics = (MARGIN / k - np.abs(share - 1.0 / k)) / error
    worst = float(statistics.min())
    p_value = max(float(special.ndtr(-worst)), inference.SMALLEST_P)
    return Likeness(float(np.abs(share * k - 1.0).max()), worst, p_value, int(total))


def more_even_than_chance(rows: Floats) -> Likeness | None:
    """The lower tail of Pearson's chi-square for even counts, shape (k,); None for fewer than three members.

    Counts are whole numbers, so that even the most equal ones are no less likely than one cell of their lattice: the
    statistic is widened by the radius of a ball as large as that cell (a correction for continuity). Of the most even
    counts there are the probability is exact.
    """
    total, k = float(rows.sum()), len(rows)
    if k < LEAST_MEMBERS or rows.min() < LEAST_ROWS:
        return None
    even = total / k
    statistic = float(((rows - even) ** 2 / even).sum())
    dimensions = k - 1.0
    log_cell = 0.5 * k * math.log(k) - 0.5 * dimensions * math.log(total)
    log_ball = 0.5 * dimensions * math.log(math.pi) - math.lgamma(0.5 * dimensions + 1.0)
    radius = math.exp((log_cell - log_ball) / dimensions)
    p_value = float(special.chdtr(dimensions, (math.sqrt(statistic) + radius) ** 2))
    p_value = _probability(rows) if dealt_out(rows) else p_value
    distance = float(np.abs(rows / even - 1.0).max())
    return Likeness(distance, statistic, max(p_value, inference.SMALLEST_P), int(total))


def dealt_out(rows: Floats) -> bool:
    """Whether no counts could be more even: none differ by more than one."""
    return float(np.ptp(rows)) <= 1.0


def _probability(rows: Floats) -> float:
    """Of counts as even as can be, in whatever order, when each row falls to each member alike (multinomial)."""
    total, k = float(rows.sum()), len(rows)
    one = special.gammaln(total + 1.0) - total * math.log(k) - special.gammaln(rows + 1.0).sum()
    left_over = total % k  # members with a row more than the others
    orders = (
        special.gammaln(k + 1.0) - special.gammaln(left_over + 1.0) - special.gammaln(k - left_over + 1.0)
    )
    return float(np.exp(one + orders))
