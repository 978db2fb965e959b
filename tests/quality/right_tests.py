"""The one right test for each kind of planted truth, by the textbook, on the table that was made."""

import numpy as np
from scipy import stats

from tests.quality.tables import Array

SMALLEST = 1e-300  # below it a double's logarithm is of no use


def welch(values: Array, inside: Array) -> float:
    """Two-sided p of a difference in means (Welch); of ranks (Mann-Whitney) when the values are very skewed.

    Where values are skewed a group with a low mean has a low spread too, and Welch's error is then too small: of 75
    exponential durations among 500, a third shorter, it promises 2e-5 where shuffling the labels gives 3e-4 and
    Student's t, whose spread is that of all, 1.6e-3. The middle of both, in logarithms, comes near to the shuffling.
    """
    one, other = values[inside].astype(float), values[~inside].astype(float)
    one, other = one[~np.isnan(one)], other[~np.isnan(other)]
    if len(one) < 3 or len(other) < 3:
        return 1.0
    if abs(float(stats.skew(other))) > 2:
        return max(SMALLEST, float(stats.mannwhitneyu(one, other, method="asymptotic").pvalue))
    own, common = (float(stats.ttest_ind(one, other, equal_var=same).pvalue) for same in (False, True))
    return max(SMALLEST, own, float(np.sqrt(own * common)))


def rates(hits: Array, inside: Array) -> float:
    """Two-sided p of a difference in two shares (chi-square; Fisher where an expected count is below 100).

    The usual bound of 5 is for levels about 0.05. In the tails asked for here chi-square promises too much of few hits:
    16 where 6 are expected, of 75 rows, gets 7e-6 where Fisher's exact test gives 1e-4.
    """
    table = np.array(
        [[np.sum(hits & inside), np.sum(~hits & inside)], [np.sum(hits & ~inside), np.sum(~hits & ~inside)]]
    )
    if 0 in table.sum(axis=0) or 0 in table.sum(axis=1):
        return 1.0
    if stats.contingency.expected_freq(table).min() < 100:
        return max(SMALLEST, float(stats.fisher_exact(table).pvalue))
    return max(SMALLEST, float(stats.chi2_contingency(table, correction=False).pvalue))


def ratio(top: Array, bottom: Array, inside: Array) -> float:
    """Two-sided p that sum(top) / sum(bottom) differs inside (delta method: Welch on top - R x bottom)."""
    return welch(top - top.sum() / bottom.sum() * bottom, inside)


def share_of_rows(inside: Array, expected: float) -> float:
    """Two-sided p that so many rows are inside when a share `expected` of them is usual."""
    return max(SMALLEST, float(stats.binomtest(int(inside.sum()), len(inside), expected).pvalue))


def slope(values: Array, at: Array) -> float:
    """Two-sided p of the slope of rows over time (least squares; the rows are independent)."""
    return max(SMALLEST, float(stats.linregress(at, values).pvalue))


def rows_slope(at: Array) -> float:
    """Two-sided p that rows become more or fewer: the mean moment of a steady flow lies in the middle."""
    low, high = at.min(), at.max() + 1e-9
    z = (at.mean() - (low + high) / 2) / ((high - low) / np.sqrt(12 * len(at)))
    return max(SMALLEST, float(2 * stats.norm.sf(abs(z))))


def groups(values: Array, labels: Array) -> float:
    """p that the means of several groups are not all equal (one-way ANOVA; Kruskal when very skewed)."""
    parts = [values[labels == label] for label in np.unique(labels)]
    parts = [part for part in parts if len(part) > 2]
    if len(parts) < 2:
        return 1.0
    skewed = abs(float(stats.skew(np.concatenate([part - np.median(part) for part in parts])))) > 2
    test = stats.kruskal if skewed else stats.f_oneway
    return max(SMALLEST, float(test(*parts).pvalue))


def dispersion_z(totals: Array, place: int, *, places: int) -> float:
    """p that one of `places` totals lies so far from the others (t of a new value, for the largest of many)."""
    others = np.delete(totals, place)
    z = (totals[place] - others.mean()) / (others.std(ddof=1) * np.sqrt(1 + 1 / len(others)))
    return max(SMALLEST, min(1.0, places * float(2 * stats.t.sf(abs(z), len(others) - 1))))


def rank_correlation(one: Array, other: Array) -> float:
    """Two-sided p of Spearman's correlation."""
    return max(SMALLEST, float(stats.spearmanr(one, other).pvalue))


def linear_correlation(one: Array, other: Array) -> float:
    """Two-sided p of Pearson's correlation."""
    return max(SMALLEST, float(stats.pearsonr(one, other).pvalue))


def association(one: Array, other: Array) -> float:
    """p that two categories are independent (chi-square)."""
    _, first = np.unique(one, return_inverse=True)
    _, second = np.unique(other, return_inverse=True)
    table = np.zeros((first.max() + 1, second.max() + 1))
    np.add.at(table, (first, second), 1)
    return max(SMALLEST, float(stats.chi2_contingency(table).pvalue))
