"""Single periods of a series far from what all others lead one to expect, whatever memory and tails its noise has."""

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from server.analysis.inference import HARDLY_SKEWED, SMALLEST_P, Extreme, Floats, skewness
from server.analysis.likelihood import spikes

NOT_FAR = 3.0  # spreads of the others below which nothing is far
LEAST_DEGREES = 6
NOTHING = 1e-9  # of the values, below which a spread is one of rounding
# How heavy the tails of noise may be, in degrees of freedom of Student's t, and how likely that is beforehand: one
# series in fifty has heavier tails than the normal distribution, the more seldom the heavier.
_TAILS = np.array([1e6, 10.0, 6.0, 4.0, 3.0])[:, None]
_BEFOREHAND = np.log([0.98, 0.01, 0.004, 0.003, 0.003])[:, None]
_DENSITY = special.gammaln((_TAILS + 1.0) / 2.0) - special.gammaln(_TAILS / 2.0) - 0.5 * np.log(_TAILS)
_SCALES = np.exp(np.linspace(-0.6, 0.6, 25))  # tried, in spreads of the others
# Of the error allowed, what is spent on one, two, three far periods, and so on.
_SHARES = (0.7, 0.15, 0.15)
_SHARES_OF_MANY = (0.8, 0.05, 0.05, 0.05, 0.05)


@dataclass(frozen=True)
class _Left:
    """What is left of a series under each memory once some periods are taken out, which then say nothing of the others.

    `white`, shape (kinds, n - 1): independent values of the same spread; `tried`, shape (kinds, n - 1, n), what each
    period by itself does to them, of length 1.
    """

    white: Floats
    tried: Floats
    degrees: int
    taken: tuple[int, ...] = ()

    @property
    def scores(self) -> Floats:
        """How far each period lies from what the others say of it, shape (kinds, n), all of the same spread."""
        far: Floats = (self.white[:, None, :] @ self.tried)[:, 0]
        return far

    def under(self, kind: int) -> "_Left":
        """The same under one memory alone."""
        return replace(self, white=self.white[[kind]], tried=self.tried[[kind]])

    def apart(self, place: int, taken: tuple[int, ...]) -> float:
        """The score of one of the periods taken out, beside those that were not."""
        return float(self.without(*(at for at in taken if at != place)).scores[0, place])

    def without(self, *places: int) -> "_Left":
        """The same with more periods taken out."""
        left = self
        for place in places:
            unit = left.tried[:, :, place]
            along = (unit[:, None, :] @ left.tried)[:, 0]
            tried = left.tried - unit[:, :, None] * along[:, None, :]
            tried /= np.sqrt(np.maximum(1.0 - along**2, 1e-9))[:, None, :]
            white = left.white - unit * (unit * left.white).sum(axis=1, keepdims=True)
            left = _Left(white, tried, left.degrees - 1, (*left.taken, place))
        return left


def lone_periods(values: Floats, known: Floats) -> list[Extreme]:
    """One to three periods far from the others, furthest first, with one p value for all of them.

    Values of shape (n,), n <= LONGEST, whose course beside a level is known to lie in the columns of `known`, shape
    (n, k). Each period is interpolated from all others, under every kind of memory (the additive outlier of Fox 1972,
    "Outliers in time series", J. R. Statist. Soc. B 34); the memory and the period count that leave the others
    likeliest. The p value pays for the choice among all periods, and among one, two and three of them.
    """
    seen = spikes(known, len(values))
    whole = left = _Left(seen.whitening @ np.diff(values), seen.tried, seen.degrees)
    nothing = NOTHING * float(np.abs(values).max())
    found = list[Extreme]()
    for share in _SHARES:
        kind, place = _furthest(left, seen.adds)
        taken = (*left.taken, place)
        alone = whole.under(kind).without(*taken)
        others = np.delete(alone.scores[0], taken)
        if float(np.abs(others).max()) <= nothing or alone.degrees < LEAST_DEGREES:
            break
        far = [whole.under(kind).apart(at, taken) for at in taken]
        tried = _tried(taken, far, others, degrees=alone.degrees, share=share)
        found = min((found or tried), tried, key=_first_p)
        if tried[-1].distance < NOT_FAR:
            break
        left = left.without(place)
    return sorted(found, key=lambda extreme: -extreme.distance)


def lone_residuals(residuals: Floats) -> list[Extreme]:
    """One to five periods far from the others, of what the neighbours of each leave unexplained, shape (n,)."""
    order = np.argsort(-np.abs(residuals - np.median(residuals)), kind="stable")
    found = list[Extreme]()
    for count, share in enumerate(_SHARES_OF_MANY, 1):
        taken = tuple(int(place) for place in order[:count])
        rest = np.delete(residuals, taken)
        others, far = rest - np.median(rest), residuals[list(taken)] - np.median(rest)
        if not others.any():
            break
        tried = _tried(taken, far.tolist(), others, degrees=len(others), share=share)
        found = min((found or tried), tried, key=_first_p)
        if tried[-1].distance < NOT_FAR:
            break
    return sorted(found, key=lambda extreme: -extreme.distance)


def _first_p(found: list[Extreme]) -> float:
    return found[0].p_value


def _tried(
    taken: tuple[int, ...], far: list[float], others: Floats, *, degrees: int, share: float
) -> list[Extreme]:
    """The periods taken out, how far each lies, and the chance of all of them at its share of the error allowed."""
    spread = math.sqrt(float((others**2).mean()))
    nearest, periods = min(map(abs, far)), (len(others) + len(taken), len(taken))
    # What normal noise makes of one of its periods is not far in noise of any other kind.
    usual = periods[0] * 2.0 * float(special.ndtr(-nearest / spread)) >= 1.0
    chance = 1.0 if usual else _chance(nearest, _like(others, degrees, far[-1]), periods=periods)
    p_value = min(1.0, max(chance / share, SMALLEST_P))
    return [Extreme(at, abs(away) / spread, p_value) for at, away in zip(taken, far, strict=True)]


def _furthest(left: _Left, adds: Floats) -> tuple[int, int]:
    """The memory and the period that, taken out, leave the others likeliest."""
    whole = (left.white**2).sum(axis=1)[:, None]
    rest = np.maximum(whole - left.scores**2, 1e-12 * whole + SMALLEST_P)
    likely = adds[:, None] - (left.degrees - 1) * np.log(rest)
    likely[:, list(left.taken)] = -np.inf
    kind, place = divmod(int(np.argmax(likely)), likely.shape[1])
    return kind, place


@dataclass(frozen=True)
class _Others:
    """How far those lie that were not taken out, shape (k,), and for how many independent values they count."""

    far: Floats
    degrees: float


def _like(others: Floats, degrees: int, score: float) -> _Others:
    """What a far period is to be seen beside: its own side only, where noise is skewed that way."""
    toward = others * math.copysign(1.0, score)
    side = toward[toward > 0.0]
    if skewness(toward) <= HARDLY_SKEWED or len(side) < LEAST_DEGREES:
        return _Others(others, float(degrees))
    return _Others(side, degrees * len(side) / len(others))


def _chance(far: float, others: _Others, *, periods: tuple[int, int]) -> float:
    """The chance that so many of so many periods lie so far out, averaged over what the others say of the noise.

    `periods`: all of them, and those that were taken out. The others say which spreads and tails are likely, as a
    sample from which the furthest were taken (type II censored).
    """
    many, count = periods
    scales, furthest = _SCALES * math.sqrt(float((others.far**2).mean())), float(np.abs(others.far).max())
    inner = np.log1p((others.far / scales[:, None]) ** 2 / _TAILS[:, :, None]).mean(axis=2)
    likely = others.degrees * (_DENSITY - np.log(scales) - (_TAILS + 1.0) / 2.0 * inner)
    edge, beyond = (2.0 * special.stdtr(_TAILS, -at / scales) for at in (furthest, max(far, furthest)))
    likely += count * np.log(np.maximum(edge, SMALLEST_P)) + _BEFOREHAND
    weights = np.exp(likely - likely.max())
    chances = np.minimum(1.0, many * beyond) ** count / math.factorial(count)
    return float((weights * chances).sum() / weights.sum())
