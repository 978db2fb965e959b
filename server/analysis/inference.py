"""Tests of hypotheses: what the data would look like without an effect, and how far they are from it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]

SMALLEST_P = 1e-300
LEAST_SKEW = 1e-4  # of a sum, below which it is normal
# How light a tail a few values can vouch for: degrees of freedom that grow with their number. Found by simulation:
# sums of skewed amounts then stay below the nominal error from 25 values on.
LIGHTEST_TAIL = 3.0
TAIL_VALUES = 18.0


def t_two_sided(statistic: float, degrees: float) -> float:
    """P(|T| >= |statistic|) of Student's t."""
    return max(float(2.0 * special.stdtr(degrees, -abs(statistic))), SMALLEST_P)


def normal_two_sided(statistic: float) -> float:
    """P(|Z| >= |statistic|) of the standard normal."""
    return max(float(2.0 * special.ndtr(-abs(statistic))), SMALLEST_P)


def skewed_two_sided(statistic: float, skew: float) -> float:
    """P(|Z| >= |statistic|) of a sum of skewed amounts, standardised: at least that of the standard normal.

    Sums follow the gamma distribution of their own skewness closely (Pearson 1895, type III).
    """
    p_value = normal_two_sided(statistic)
    if abs(skew) < LEAST_SKEW or statistic * skew <= 0.0:
        return p_value
    shape = 4.0 / skew**2
    tail = float(special.gammaincc(shape, shape + abs(statistic) * math.sqrt(shape)))
    return max(p_value, min(1.0, 2.0 * tail))


def skewed_quantile(probability: float, skew: float) -> float:
    """The quantile of the standardised gamma distribution of a positive skewness; of the normal for a tiny one."""
    if skew < LEAST_SKEW:
        return float(special.ndtri(probability))
    shape = 4.0 / skew**2
    return float((special.gammaincinv(shape, probability) - shape) / math.sqrt(shape))


def chi_square_tail(statistic: float, degrees: float) -> float:
    """P(X >= statistic) of chi-square."""
    return float(special.chdtrc(degrees, statistic))


def t_quantile(probability: float, degrees: float) -> float:
    """The quantile of Student's t."""
    return float(special.stdtrit(degrees, probability))


def benjamini_hochberg(p_values: Floats) -> Floats:
    """q values of p values, shape (n,), in the order given.

    Benjamini and Hochberg 1995, "Controlling the false discovery rate", J. R. Statist. Soc. B 57.
    """
    count = len(p_values)
    order = np.argsort(p_values, kind="stable")
    scaled = p_values[order] * count / np.arange(1, count + 1)
    adjusted = np.minimum.accumulate(scaled[::-1])[::-1]
    q_values = np.empty(count)
    q_values[order] = np.minimum(adjusted, 1.0)
    return q_values


@dataclass(frozen=True)
class Groups:
    """Per group: observations (effective), mean and variance, each of shape (k,)."""

    n: Floats
    mean: Floats
    variance: Floats

    def take(self, keep: NDArray[np.bool_]) -> "Groups":
        """The groups marked."""
        return Groups(self.n[keep], self.mean[keep], self.variance[keep])


def welch_anova(groups: Groups) -> tuple[float, float]:
    """F and its p value for equal means under unequal variances.

    Welch 1951, "On the comparison of several mean values: an alternative approach", Biometrika 38.
    """
    k = len(groups.n)
    weight = groups.n / groups.variance
    total = weight.sum()
    grand = float((weight * groups.mean).sum() / total)
    between = float((weight * (groups.mean - grand) ** 2).sum() / (k - 1))
    spread = float(((1.0 - weight / total) ** 2 / (groups.n - 1.0)).sum())
    statistic = between / (1.0 + 2.0 * (k - 2) / (k * k - 1.0) * spread)
    degrees = (k * k - 1.0) / (3.0 * spread)
    return statistic, max(float(special.fdtrc(k - 1, degrees, statistic)), SMALLEST_P)


def pooled(groups: Groups) -> Groups:
    """All groups as one."""
    n = groups.n.sum()
    mean = (groups.n * groups.mean).sum() / n
    inside = ((groups.n - 1) * groups.variance + groups.n * (groups.mean - mean) ** 2).sum()
    return Groups(np.array([n]), np.array([mean]), np.array([inside / (n - 1)]))


@dataclass(frozen=True)
class Difference:
    """Two means compared: the difference, its interval at 95 %, Hedges' g and Welch's t with its p value."""

    value: float
    low: float
    high: float
    hedges_g: float
    statistic: float
    p_value: float


def welch_difference(groups: Groups) -> Difference:
    """The first group against the second.

    Welch 1947, Biometrika 34; Hedges 1981, "Distribution theory for Glass's estimator", J. Educ. Stat. 6.
    """
    (n_a, n_b), (mean_a, mean_b), (var_a, var_b) = groups.n, groups.mean, groups.variance
    part_a, part_b = var_a / n_a, var_b / n_b
    error = math.sqrt(part_a + part_b)
    degrees = (part_a + part_b) ** 2 / (part_a**2 / (n_a - 1) + part_b**2 / (n_b - 1))
    value = float(mean_a - mean_b)
    statistic = value / error
    half = t_quantile(0.975, degrees) * error
    common = math.sqrt(((n_a - 1) * var_a + (n_b - 1) * var_b) / (n_a + n_b - 2))
    small_sample = 1.0 - 3.0 / (4.0 * (n_a + n_b) - 9.0)
    g = value / common * small_sample
    return Difference(value, value - half, value + half, g, statistic, t_two_sided(statistic, degrees))


def fisher_p(hits: float, n: float, all_hits: float, total: float) -> float:
    """The two-sided p value of a group's number of hits among all, twice the smaller tail (Fisher 1934).

    Half of the probability of what was seen counts to either tail (Lancaster 1961, "Significance tests in discrete
    distributions", J. Am. Stat. Assoc. 56): the whole of it would make the test of few hits needlessly blunt. Counts
    need not be whole: they are rounded, as effective numbers of observations are.
    """
    from scipy import stats

    k, population, marked, drawn = (round(value) for value in (hits, total, all_hits, n))
    marked, drawn = min(marked, population), min(drawn, population)
    seen = float(stats.hypergeom.pmf(k, population, marked, drawn))
    few = k * population <= marked * drawn
    tail = (
        stats.hypergeom.cdf(k, population, marked, drawn)
        if few
        else stats.hypergeom.sf(k - 1, population, marked, drawn)
    )
    smaller = min(float(tail), 1.0 - float(tail) + seen)
    return min(1.0, max(2.0 * smaller - seen, SMALLEST_P))


def common_variance_p(groups: Groups, index: int) -> float:
    """The p value of one group's mean against all others together by Student's t with one variance for all."""
    n, total = groups.n, float(groups.n.sum())
    inside = float(((n - 1.0) * groups.variance).sum()) / (total - len(n))
    others = (float((n * groups.mean).sum()) - n[index] * groups.mean[index]) / (total - n[index])
    error = math.sqrt(inside * (1.0 / float(n[index]) + 1.0 / (total - float(n[index]))))
    return t_two_sided(float(groups.mean[index] - others) / error, total - len(n)) if error > 0.0 else 0.0


def chi_square(successes: Floats, n: Floats) -> tuple[float, float, float]:
    """Chi-square, p value and Cramer's V of k groups by two outcomes (Pearson 1900; Cramer 1946)."""
    rate = successes.sum() / n.sum()
    if rate in (0.0, 1.0):
        return 0.0, 1.0, 0.0
    statistic = float(((successes - n * rate) ** 2 / (n * rate * (1.0 - rate))).sum())
    p_value = max(float(special.chdtrc(len(n) - 1, statistic)), SMALLEST_P)
    return statistic, p_value, math.sqrt(statistic / float(n.sum()))


def long_run_ratio(series: Floats, *, evident: bool = False) -> float:
    """How many times larger the variance of a mean is than for independent values, at least 1.

    From the first autocorrelation, corrected for its small-sample bias (Marriott and Pope 1954); with `evident`,
    1 unless the autocorrelation lies beyond two standard errors.
    """
    n = len(series)
    centred = series - series.mean()
    spread = float((centred**2).sum())
    if n < 4 or spread <= 0.0:
        return 1.0
    rho = float((centred[1:] * centred[:-1]).sum()) / spread
    return 1.0 if evident and rho < 2.0 / math.sqrt(n) else long_run_factor(rho, n)


def long_run_factor(rho: float, n: float) -> float:
    """What a first autocorrelation found in n values does to the variance of their mean, at least 1."""
    rho = min(rho + (1.0 + 3.0 * max(rho, 0.0)) / n, 0.97)
    return max(1.0, (1.0 + rho) / (1.0 - rho))


HANGING_TOGETHER = 2.33  # standard errors from which values of a cluster evidently go together


def hang_together(sums: Floats, squares: Floats, fourths: Floats) -> bool:
    """Whether values of mean zero evidently go together within clusters: their sums, and those of powers, by cluster.

    Of independent values the square of a sum is the sum of squares but for chance, whose variance is twice the sum of
    the squared products of pairs.
    """
    excess = float((sums**2 - squares).sum())
    variance = 2.0 * float((squares**2 - fourths).sum())
    return excess > 0.0 and excess > HANGING_TOGETHER * math.sqrt(max(variance, 0.0))


@dataclass(frozen=True)
class Extreme:
    """A value the rest do not lead one to expect: where, how far in robust spreads, and its p value."""

    index: int
    distance: float
    p_value: float


NOT_FAR = 3.0  # robust spreads below which no residual is extreme


def extremes(residuals: Floats, limit: int) -> list[Extreme]:
    """The `limit` most extreme residuals by the generalised extreme studentised deviate, most extreme first.

    Rosner 1983, "Percentage points for a generalized ESD many-outlier procedure", Technometrics 25; the tail is
    that of a t distribution as heavy as the rest of the residuals shows, so that skewed or heavy-tailed noise is
    not taken for outliers; p values are Bonferroni-corrected for the number of residuals.
    """
    n = len(residuals)
    order = np.argsort(-np.abs(residuals - np.median(residuals)), kind="stable")
    found = []
    for taken in range(min(limit, n // 4)):
        rest = np.sort(np.delete(residuals, order[: taken + 1]))
        index = int(order[taken])
        deviation = float(residuals[index] - np.median(rest))
        side = _one_side(rest, deviation)
        scale, degrees = _tail(side)
        distance = abs(deviation) / scale if scale > 0.0 else 0.0
        p_value = min(1.0, n * t_two_sided(distance, min(degrees, LIGHTEST_TAIL + n / TAIL_VALUES)))
        found.append(Extreme(index, distance, p_value))
        if distance < NOT_FAR:
            break  # what follows lies nearer still
    return found


def _one_side(rest: Floats, deviation: float) -> Floats:
    """The rest on the side of the deviation, mirrored: a skewed noise has its own tail there."""
    centred = rest - np.median(rest)
    side = centred[centred >= 0.0] if deviation >= 0.0 else -centred[centred <= 0.0]
    return np.concatenate([side, -side])


def _tail(side: Floats) -> tuple[float, float]:
    """Scale and degrees of freedom of a t distribution with the spread and kurtosis of the values."""
    variance = float((side**2).mean())
    if variance <= 0.0:
        return 0.0, 1.0
    excess = float(((side**2) ** 2).mean()) / variance**2 - 3.0
    # Kurtosis is underestimated in small samples; its standard error is added to stay on the safe side.
    excess += math.sqrt(24.0 / len(side))
    degrees = 4.0 + 6.0 / excess if excess > 0.06 else 100.0
    return math.sqrt(variance * (degrees - 2.0) / degrees), degrees


HARDLY_SKEWED = 0.3
# Share of the degrees of freedom counted in a forecast's t test: found by simulation with sums of 12 gamma amounts.
TRUSTED_DEGREES = 0.6


def steadiest(scales: Sequence[Floats], *, spared: int) -> Floats:
    """The first of some residuals that is hardly skewed, else the least skewed; `spared` extremes do not count."""
    skews: list[float] = []
    for residuals in scales:
        skews.append(abs(skewness(np.sort(residuals)[spared : len(residuals) - spared])))
        if skews[-1] < HARDLY_SKEWED:
            return residuals
    return scales[int(np.argmin(skews))]


def skewness(values: Floats) -> float:
    """The third standardised moment; 0 for constant values."""
    centred = values - values.mean()
    squares = centred**2
    spread = float(squares.mean()) ** 1.5
    return float((squares * centred).mean()) / spread if spread > 0 else 0.0


@dataclass(frozen=True)
class Surprise:
    """The last value against its forecast from the values before: t statistic, p value, values compared."""

    statistic: float
    p_value: float
    n: int


# What rows themselves say of the noise of a period counts as so many periods, where the periods do not contradict it.
ROWS_WORTH = 30.0
CONTRADICTED = 0.2  # p value of the periods' own spread, below which they contradict it


def _vouched(variance: float, degrees: float, expected: float) -> tuple[float, float]:
    """Variance and degrees of freedom, with those of the rows where the values spread no wider than rows would.

    The prior of empirical Bayes variances (Smyth 2004, Stat. Appl. Genet. Mol. Biol. 3), not used where the values
    are overdispersed: autocorrelation, clusters and drifts show themselves there.
    """
    if expected <= 0.0 or special.chdtrc(degrees, degrees * variance / expected) < CONTRADICTED:
        return variance, TRUSTED_DEGREES * degrees
    together = degrees + ROWS_WORTH
    return (degrees * variance + ROWS_WORTH * max(expected, variance)) / together, together * TRUSTED_DEGREES


def last_value_surprise(
    values: Floats, *, least_error: float = 0.0, expected_error: float = 0.0
) -> Surprise | None:
    """Whether the last value is a surprise, shape (n,) with n >= 8; None for constant values.

    The forecast is a first-order autoregression fitted to the earlier values, so that it is their mean for noise and
    the value before for a random walk; its error includes that of the fit (Box and Jenkins 1970). Sums of skewed
    amounts have heavier tails than the normal, so only a part of the degrees of freedom is counted.
    `least_error` is what the last value is known to be uncertain by, such as the error of a mean of few rows;
    `expected_error` the standard error that rows drawn at random would give a period.
    """
    before, after = values[:-2], values[1:-1]
    centre = float(before.mean())
    spread = float(((before - centre) ** 2).sum())
    if spread <= 0.0:
        return None
    slope = min(float(((before - centre) * (after - after.mean())).sum()) / spread, 1.0)
    rest = after - after.mean() - slope * (before - centre)
    degrees = len(before) - 2
    variance, trusted = _vouched(float((rest**2).sum()) / degrees, degrees, expected_error**2)
    if variance <= 0.0:
        return None
    away = float(values[-2]) - centre
    error = math.sqrt(variance * (1.0 + 1.0 / len(before) + away**2 / spread))
    statistic = (float(values[-1]) - float(after.mean()) - slope * away) / max(error, least_error)
    return Surprise(statistic, t_two_sided(statistic, trusted), len(values))
