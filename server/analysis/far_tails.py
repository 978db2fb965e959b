"""The end of a sample: how likely its furthest values lie as far beyond the others as they do."""

import math
from collections.abc import Sequence

import numpy as np

from server.analysis.inference import Floats

_SHARE = 0.2
_LEAST, _MOST = 50, 400
"""Values of an end that say how thin it runs out: about a fifth of all, within these bounds."""
_LEAST_EXCESSES = 20
_MOST_VALUES = 5
_MOST_SHARE = 0.01
"""At most so many values, and such a part of the sample, are single values; more of them are a group of their own."""
_TIED = 0.8
_TICKS = 2.0
"""Ticks a far value of a sample of ties must lie beyond what is tested; the tails of counts end in steps."""
_SHAPES = np.linspace(-0.1, 1.5, 33)[:, None, None]
"""Shapes of a generalized Pareto distribution: 0 is exponential, from 0.5 on variance is endless.

Below -0.1 it ends within sight, which no end of ours is sure to do: that of a normal distribution seems to at first."""
_EXPONENTIAL = np.abs(_SHAPES) < 1e-9
_BENT = np.where(_EXPONENTIAL, 1.0, _SHAPES)
_AT_MEDIAN = np.where(_EXPONENTIAL, 1 / math.log(2.0), _BENT / (2.0**_BENT - 1))
"""The scale of each shape whose median excess is 1."""
_SCALES = np.exp(np.linspace(-0.6, 0.6, 31))[None, :, None] * _AT_MEDIAN
"""Scales tried, about the one with which the median excess is as it is: shape (shapes, scales, 1)."""


def length_of_end(size: int) -> int:
    """How many of the largest values of a sample of `size` say what its end is like."""
    return int(min(_MOST, max(_LEAST, _SHARE * size), size // 2))


def far_end(tail: Sequence[float] | Floats, size: int, *, usual_shape: float = math.inf) -> tuple[int, float]:
    """How many of the largest values of a sample of `size` lie furthest from the others, and the chance of that.

    `tail` holds the largest values, descending; the last of them is where the end begins. The excesses over it follow
    about a generalized Pareto distribution (Pickands 1975), whose shape and scale are left open, so that heavy ends
    forgive much and thin ones little: the chance is that of the gap before the far values, averaged over the shapes
    and scales that the others leave likely (type II censored: the far values count only as such). Beforehand all
    shapes are as likely, or heavy ones less: about an exponential distribution with the mean `usual_shape`. Where
    nothing is far, chances as small come at most twice as often: of one far value, or of one of the other numbers.
    """
    values = np.asarray(tail, dtype=np.float64)
    if len(values) <= _LEAST_EXCESSES:
        return 0, 1.0
    steps = np.diff(np.unique(values))
    tick = float(steps.min()) if len(steps) and len(steps) + 1 < _TIED * len(values) else 0.0
    most = max(1, min(_MOST_VALUES, int(_MOST_SHARE * size)))
    shares = [1.0] + [1 / (_MOST_VALUES - 1)] * (most - 1)
    excesses = values[:-1] - float(values[-1])
    chances = [
        _chance(excesses, count, tick, usual_shape) / shares[count - 1] for count in range(1, most + 1)
    ]
    best = int(np.argmin(chances))
    return best + 1, min(1.0, chances[best])


def _chance(excesses: Floats, count: int, tick: float, usual_shape: float) -> float:
    """The chance that the `count` largest excesses all lie as far beyond the others as they do."""
    others = _spread(excesses[count:], tick)
    others = others[others > 0]
    nearest = float(excesses[count - 1]) - _TICKS * tick
    if len(others) < _LEAST_EXCESSES or nearest <= others[0]:
        return 1.0
    middle = float(np.median(others))
    scales = _SCALES * middle
    survival = _log_survival(others / scales)
    edge = survival[:, :, 0]
    prior = -np.maximum(_SHAPES[:, :, 0], 0.0) / usual_shape
    likely = (
        prior + ((1 + _SHAPES) * survival).sum(axis=2) - len(others) * np.log(scales[:, :, 0]) + count * edge
    )
    weights = np.exp(likely - likely.max())
    gap = _log_survival(nearest / scales)[:, :, 0]
    known = np.isfinite(edge)
    beyond = np.exp(count * (np.where(known, gap, -np.inf) - np.where(known, edge, 0.0)))
    return float((weights * beyond).sum() / weights.sum())


def _log_survival(excesses: Floats) -> Floats:
    """The logarithm of the chance of a larger excess, in scales: shape (shapes, scales, excesses)."""
    inside = 1 + _BENT * excesses
    with np.errstate(divide="ignore", invalid="ignore"):
        curved = np.where(inside > 0, -np.log(np.maximum(inside, 1e-300)) / _BENT, -np.inf)
    return np.where(_EXPONENTIAL, -excesses, curved)


def _spread(values: Floats, tick: float) -> Floats:
    """Values with their ties spread evenly over a tick, descending."""
    if not tick:
        return values
    _, first, times = np.unique(-values, return_index=True, return_counts=True)
    place = np.arange(len(values)) - np.repeat(first, times)
    spread: Floats = values + tick * (0.5 - (place + 0.5) / np.repeat(times, times))
    return spread
