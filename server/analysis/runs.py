"""The range of one number in which another lies furthest from elsewhere: a run of fine ranges, found by a scan."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from server.analysis import inference
from server.analysis.clusters import Clusters
from server.analysis.columns import Dimension, Measure
from server.analysis.comparison import (
    LEAST_MEMBER_ROWS,
    Apart,
    Comparison,
    against_others,
    by_means,
    by_ranks,
    by_rates,
)
from server.analysis.derived.bins import told_range
from server.analysis.facts import Breakdown, Facts
from server.analysis.inference import Floats, Groups
from server.analysis.stretches import time_effects

# How many independent comparisons the furthest of all runs of twenty equal ranges is chosen from, by simulation: it
# grows with the distance in standard errors, for far ones go together less.
CHOICES_AT, CHOICES_NEAR, CHOICES_SLOPE = 2.5, 36.0, 44.0

Ranks = dict[tuple[Dimension, str], float]
_INSIDE = 1


@dataclass(frozen=True)
class Run:
    """The ranges below, within and above a run, and how the run compares with all outside."""

    ranges: Breakdown
    compared: Comparison


def furthest_run(facts: Facts, fine: Breakdown, measure: Measure, ranks: Ranks | None) -> Run | None:
    """The run of fine ranges furthest from all outside; None where too few rows stand in or out of every run.

    A scan over all intervals (Siegmund 1985, Sequential Analysis, chapter XI); its p value is corrected for the choice.
    """
    places = np.array([int(member) for member in fine.members])
    chosen = _scan(fine, places, measure, ranks)
    if chosen is None:
        return None
    first, end = chosen
    inside = (places >= first) & (places < end)
    dimension, names = told_range(fine.dimension, first, end)
    part = np.where(places < first, 0, np.where(places < end, int(first > 0), len(names) - 1))
    ranges = _joined(fine, measure, dimension, names=names, part=part)
    pair = _joined(fine, measure, dimension, names=("outside", "inside"), part=inside.astype(np.int64))
    summed = None
    if ranks is not None:
        sums = np.array([ranks.get((fine.dimension, member), 0.0) for member in fine.members])
        summed = {
            (dimension, name): float(sums[mask].sum())
            for name, mask in (("outside", ~inside), ("inside", inside))
        }
    compared = _compared(facts, pair, measure, summed, worth=_worth(facts.clusters, fine, measure, inside))
    if compared is None:
        return None
    p_value = min(1.0, compared.p_value * choices(compared.p_value, len(fine.dimension.edges) + 1))
    return Run(ranges, replace(compared, p_value=p_value, member=int(first > 0)))


def _scan(
    fine: Breakdown, places: NDArray[np.int64], measure: Measure, ranks: Ranks | None
) -> tuple[int, int] | None:
    """The first place of the run and the one after its last."""
    groups = fine.groups(measure)
    n = np.nan_to_num(groups.n)
    if ranks is None:
        score = n * np.nan_to_num(groups.mean)
    else:
        score = np.array([ranks.get((fine.dimension, member), 0.0) for member in fine.members])
    width = len(fine.dimension.edges) + 1
    count, total = (np.bincount(places, weights=values, minlength=width) for values in (n, score))
    rows = float(count.sum())
    if rows < 2 * LEAST_MEMBER_ROWS:
        return None
    excess = np.concatenate([[0.0], np.cumsum(total - count * total.sum() / rows)])
    before = np.concatenate([[0.0], np.cumsum(count)])
    ends, firsts = np.meshgrid(np.arange(width + 1), np.arange(width + 1))
    own = before[ends] - before[firsts]
    usable = (ends > firsts) & (own >= LEAST_MEMBER_ROWS) & (rows - own >= LEAST_MEMBER_ROWS)
    # What a run to the upper end leaves is a run from the lower one: each is looked at once.
    usable &= ends < width
    if not usable.any():
        return None
    spread = np.sqrt(np.where(usable, own * (rows - own), 1.0))
    distance = np.where(usable, np.abs(excess[ends] - excess[firsts]) / spread, -1.0)
    best = int(np.argmax(np.round(distance, 12)))
    first, end = int(firsts.flat[best]), int(ends.flat[best])
    upper = first == 0 and 2.0 * float(before[end]) > rows
    return (end, width) if upper else (first, end)


def _joined(
    fine: Breakdown,
    measure: Measure,
    dimension: Dimension,
    *,
    names: Sequence[str],
    part: NDArray[np.int64],
) -> Breakdown:
    """The breakdown of one measure with its members joined, `part` saying of each which of the names it belongs to."""
    gather = (part[None, :] == np.arange(len(names))[:, None]).astype(np.float64)
    n, total = fine.n[measure], fine.total[measure]
    squares = fine.variance[measure] * np.maximum(n - 1.0, 0.0)
    squares = squares + np.where(n > 0, total**2 / np.maximum(n, 1e-300), 0.0)
    n, total, squares = gather @ n, gather @ total, gather @ squares
    about = squares - np.where(n > 0, total**2 / np.maximum(n, 1e-300), 0.0)
    variance = np.where(n > 1, np.maximum(about, 0.0) / np.maximum(n - 1.0, 1e-300), 0.0)
    return replace(
        fine,
        dimension=dimension,
        members=tuple(names),
        rows=gather @ fine.rows,
        n={measure: n},
        total={measure: total},
        variance={measure: variance},
    )


def _worth(clusters: Clusters, fine: Breakdown, measure: Measure, inside: NDArray[np.bool_]) -> Floats:
    """How many times larger the variance of the mean outside and inside is than for independent rows."""
    rows = fine.n[measure].sum(axis=1)
    effects = []
    for mask in (~inside, inside):
        members = [member for member, own in zip(fine.members, mask, strict=True) if own]
        # At least the things of its richest fine range stand in a run.
        together = np.full(len(members), float(rows[mask].sum()))
        effects.append(float(clusters.design_effect(fine.dimension, members, together, measure).min()))
    return np.array(effects)


def _compared(
    facts: Facts, pair: Breakdown, measure: Measure, ranks: Ranks | None, *, worth: Floats
) -> Comparison | None:
    """The run against all outside, both cut to the independent observations they are worth; as if chosen beforehand."""
    raw = pair.groups(measure)
    effect = np.maximum(worth, time_effects(pair, measure, raw)) if pair.starts else worth
    groups = Groups(raw.n / effect, raw.mean, raw.variance)
    if (groups.n < LEAST_MEMBER_ROWS).any() or not (measure.is_share or (groups.variance > 0).all()):
        return None
    apart = _tested(pair, measure, ranks, groups)
    away = against_others(groups, _INSIDE)
    sign = 1.0 if apart.member == _INSIDE else -1.0
    if (away.value > 0) != (sign * apart.statistic > 0):
        return None
    p_value = apart.p_value
    if apart.effect_name == "hedges_g":
        p_value = max(p_value, _skewed_p(facts, measure, groups, apart.statistic * sign))
    counted = pair.rows if measure.aggregation == "ratio" else pair.n[measure]
    return Comparison(
        apart.test,
        sign * apart.statistic,
        p_value,
        apart.effect_name,
        apart.effect if apart.effect_name == "cramers_v" else sign * apart.effect,
        _INSIDE,
        away,
        int(counted.sum()),
        typical=apart.effect_name == "cliffs_delta",
    )


def _tested(pair: Breakdown, measure: Measure, ranks: Ranks | None, groups: Groups) -> Apart:
    if measure.is_share:
        return by_rates(groups)
    if ranks is not None:
        return by_ranks(pair, np.arange(2), measure, ranks, groups)
    return by_means(groups)


def _skewed_p(facts: Facts, measure: Measure, groups: Groups, statistic: float) -> float:
    """The p value of a difference of two means of skewed values: the furthest of many runs lies deep in the tail."""
    outside, inside = groups.n
    skew = facts.overview[measure].skew * (inside**-2 - outside**-2) / (1 / inside + 1 / outside) ** 1.5
    return inference.skewed_two_sided(statistic, float(skew))


def choices(p_value: float, ranges: int) -> float:
    """Of how many comparisons the furthest run is chosen: at most of all ways to cut a run out."""
    distance = float(-special.ndtri(min(p_value, 1.0) / 2.0))
    near = CHOICES_NEAR + CHOICES_SLOPE * max(distance - CHOICES_AT, 0.0)
    return min(near, ranges * (ranges - 1) / 2.0)
