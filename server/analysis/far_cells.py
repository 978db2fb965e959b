"""One thing in one period, far from its own past and future: the cells of a panel, all judged together."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from server.analysis import inference
from server.analysis.far_tails import far_end
from server.analysis.inference import Floats

LEAST_THINGS = 3
LEAST_PERIODS = 6
LEAST_CELLS = 100
SIDE = 5  # periods before, and as many after, whose median says what to expect
MOST_FAR = 5  # cells that may be far and hide one another
SPARED = 5  # cells of either end that do not count where a scale is chosen
ROUNDS = 2  # of taking out what all things have in common in a period
END, SHORTEST_END, LONGEST_END = 0.1, 40, 200  # part of the cells that says how thin their end runs out
USUAL_SHAPE = (
    0.15  # of the end: on a scale that is hardly skewed it is seldom heavier than that of t of 3 degrees
)
ALONE_OR_NOT = 2.0  # one far cell, or one of several: two ways to be far


@dataclass(frozen=True)
class FarCell:
    """The cell that lies furthest: its thing and period, what the periods around lead one to expect, and the test."""

    thing: int
    period: int
    expected: float
    distance: float  # in spreads, each cell measured by how its own thing scatters
    p_value: float


def far_cell(values: Floats) -> FarCell | None:
    """The cell furthest from the periods around it, shape (things, periods), NaN where nothing is known.

    What all things have in common in a period is taken out, on the scale on which the rest is hardly skewed; each cell
    stands against the nearer of the medians before and after it, so that a level that moves for good is no far cell,
    and is measured by how its own thing scatters. The p value is e times the geometric mean of two (Vovk and Wang
    2020, Biometrika 107): that of a t distribution as heavy as the others together, sharp but deceived where only the
    end is heavy, and that of the gap before the far cells, whatever the end of the others is like (see `far_end`).
    """
    known = np.isfinite(values)
    if values.shape[0] < LEAST_THINGS or values.shape[1] < LEAST_PERIODS or known.sum() < LEAST_CELLS:
        return None
    positive = bool((values[known] > 0.0).all())
    scales = [values, *((np.sqrt(values), np.log(values)) if positive else ())]
    scores = [_scores(_standing_out(_without_common(scaled))) for scaled in scales]
    seen = [score[np.isfinite(score)] for score in scores]
    if min(len(one) for one in seen) < LEAST_CELLS:
        return None
    chosen = inference.steadiest(seen, spared=SPARED)
    return next(_furthest(values, score) for score, one in zip(scores, seen, strict=True) if one is chosen)


def _without_common(values: Floats) -> Floats:
    """Values less the median of each thing and then of each period, again and again (Tukey's median polish)."""
    rest = values
    for _ in range(ROUNDS):
        rest = rest - _median(rest, 1)[:, None]
        rest = rest - _median(rest, 0)[None, :]
    return rest


def _median(values: Floats, axis: int) -> Floats:
    """The median of what is known, 0 where nothing is."""
    ordered = np.sort(values, axis=axis)  # what is not known comes last
    n = np.isfinite(values).sum(axis=axis)
    low, high = (np.expand_dims(np.maximum(place, 0), axis) for place in ((n - 1) // 2, n // 2))
    pair = [np.take_along_axis(ordered, np.minimum(p, values.shape[axis] - 1), axis) for p in (low, high)]
    middle = np.squeeze(sum(pair) / 2.0, axis=axis)
    found: Floats = np.where(n > 0, middle, 0.0)
    return found


def _standing_out(rest: Floats) -> Floats:
    """How far each cell lies beyond both its past and its future, at the ends beyond its neighbour too; else 0."""
    gap = np.full((rest.shape[0], SIDE), np.nan)
    padded = np.concatenate([gap, rest, gap], axis=1)
    around = np.lib.stride_tricks.sliding_window_view(padded, SIDE, axis=1)
    count = rest.shape[1]
    # Where there is no past or no future, the next cell alone says whether the level has moved for good.
    sides = (around[:, :count], around[:, SIDE + 1 : SIDE + 1 + count])
    nexts = (padded[:, SIDE + 1 : SIDE + 1 + count], padded[:, SIDE - 1 : SIDE - 1 + count])
    before, after = (
        rest - np.where(np.isfinite(side).any(axis=2), _median(side, 2), beside)
        for side, beside in zip(sides, nexts, strict=True)
    )
    nearer = np.where(np.abs(before) <= np.abs(after), before, after)
    away: Floats = np.where(np.isnan(before * after), np.nan, np.where(before * after > 0.0, nearer, 0.0))
    return away


def _scores(away: Floats) -> Floats:
    """Cells in the spread of their own thing, its furthest left out, drawn towards the others' as they are alike.

    Moderated variances: Smyth 2004, Stat. Appl. Genet. Mol. Biol. 3.
    """
    squares = np.where(np.isfinite(away), away, 0.0) ** 2
    degrees = np.maximum(np.isfinite(away).sum(axis=1) - 1.0, 1.0)
    total = squares.sum(axis=1) - squares.max(axis=1)
    typical = float(total.sum() / degrees.sum())
    own = np.maximum(total / degrees, 1e-6 * max(typical, 1e-300))
    logs = np.log(own)
    excess = float(
        ((logs - logs.mean()) ** 2).sum() / (len(logs) - 1) - special.polygamma(1, degrees / 2).mean()
    )
    prior = 1e6 if excess <= 0.0 else 2.0 * _inverse_trigamma(excess)
    common = np.exp(float(np.median(logs)))
    common = typical if prior >= 1e6 else common
    spread = np.sqrt((prior * common + degrees * own) / (prior + degrees))
    scores: Floats = away / spread[:, None]
    return scores


def _inverse_trigamma(value: float) -> float:
    """Newton's method on the reciprocal, which is convex (Smyth 2004, appendix)."""
    x = 0.5 + 1.0 / value
    for _ in range(20):
        trigamma = float(special.polygamma(1, x))
        x += trigamma * (1.0 - trigamma / value) / float(special.polygamma(2, x))
    return x


def _furthest(values: Floats, scores: Floats) -> FarCell | None:
    places = np.flatnonzero(np.isfinite(scores) & (scores != 0.0))
    found = inference.extremes(scores.flat[places], MOST_FAR) if len(places) >= LEAST_CELLS // 2 else []
    if not found:
        return None
    thing, period = divmod(int(places[found[0].index]), scores.shape[1])
    known = np.abs(scores[np.isfinite(scores)])
    length = int(min(LONGEST_END, max(SHORTEST_END, END * len(known))))
    _, gap = far_end(np.sort(known)[::-1][: length + 1], len(known), usual_shape=USUAL_SHAPE)
    shaped = len(found) * min(extreme.p_value for extreme in found)
    both = math.e * math.sqrt(min(1.0, shaped) * min(1.0, ALONE_OR_NOT * gap))
    around = values[thing, max(0, period - SIDE) : period + SIDE + 1].copy()
    around[min(period, SIDE)] = np.nan
    return FarCell(thing, period, float(np.nanmedian(around)), found[0].distance, min(1.0, both))
