"""Series without any pattern: the hard cases a test of patterns must not fall for."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Random = np.random.Generator
Maker = Callable[[Random, int], Floats]
SETTLING = 60  # values an autoregression needs to forget where it began


def autoregression(rho: float) -> Maker:
    """First-order autocorrelated noise."""

    def make(random: Random, n: int) -> Floats:
        values = random.normal(size=n + SETTLING)
        for place in range(1, len(values)):
            values[place] += rho * values[place - 1]
        return values[SETTLING:]

    return make


def drifting_noise(random: Random, n: int) -> Floats:
    """A random walk seen through noise, which no first-order autoregression describes."""
    return 0.3 * random.normal(size=n).cumsum() + random.normal(size=n)


NULLS: dict[str, Maker] = {
    "white": lambda random, n: random.normal(size=n),
    "ar 0.3": autoregression(0.3),
    "ar 0.6": autoregression(0.6),
    "ar 0.9": autoregression(0.9),
    "random walk": lambda random, n: random.normal(size=n).cumsum(),
    "walk and noise": drifting_noise,
    "lognormal": lambda random, n: random.lognormal(0.0, 1.0, n),
    "student t 3": lambda random, n: random.standard_t(3, n),
}
