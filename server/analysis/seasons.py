"""Whether a series repeats with the calendar, told apart from noise of any smooth spectrum."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.analysis.inference import SMALLEST_P, Floats
from server.analysis.periods import CYCLES
from server.analysis.trends import detrended

Places = NDArray[np.int64]
LEAST_CYCLES = 2
EVIDENT_P = 0.01
NEIGHBOURS = 12  # frequencies on either side of a harmonic that tell how strong the noise is there
FITTED = 2.0  # degrees of freedom the flattening of the spectrum costs
POOLED_BELOW = 6  # cycles; with fewer the neighbours of one harmonic are too few, so all are taken together


@dataclass(frozen=True)
class Season:
    """The profile of a cycle, shape (phases,), as deviations from the mean; the strength; the test."""

    profile: Floats
    mean: float
    strength: float
    statistic: float
    p_value: float
    cycles: int

    @property
    def peak(self) -> int:
        """The phase that lies highest."""
        return int(np.argmax(self.profile))

    @property
    def trough(self) -> int:
        """The phase that lies lowest."""
        return int(np.argmin(self.profile))


def calendar_season(values: Floats, tested: Floats, cycle: int) -> Season | None:
    """The season of whole cycles, shape (cycles * cycle,), tested on a scale of steady spread, `tested`.

    None with fewer than two cycles or no spread. The first value is phase 0. The strength is that of Wang, Smith and
    Hyndman 2006, "Characteristic-based clustering for time series data", Data Min. Knowl. Disc. 13.
    """
    cycles = len(values) // cycle
    if cycle < 2 or cycles < LEAST_CYCLES or np.ptp(tested) <= 0.0:
        return None
    statistic, p_value = line_spectrum_test(tested, cycle)
    profile = season_profile(values, cycle)
    return Season(profile, float(values.mean()), _strength(values, profile), statistic, p_value, cycles)


def evident_phases(values: Floats, grain: str) -> Places | None:
    """The place of each value in the calendar's cycle, shape (n,), where a season is evident; None where not.

    Weeks are told apart by the thirteenth of a year they lie in.
    """
    width = 4 if grain == "week" else 1
    cycle = CYCLES[grain] // width
    kept = len(values) // (cycle * width) * cycle * width
    if cycle < 2 or kept < LEAST_CYCLES * cycle * width:
        return None
    binned = values[len(values) - kept :].reshape(-1, width).mean(axis=1)
    if np.ptp(binned) <= 0.0 or line_spectrum_test(binned, cycle)[1] >= EVIDENT_P:
        return None
    from_end = np.arange(len(values)) - len(values) % (cycle * width)
    return (from_end // width) % cycle


def phase_columns(phases: Places | None) -> Floats:
    """The phases as regressors, shape (n, phases - 1), each with mean zero; no columns for None."""
    if phases is None:
        return np.zeros((0, 0))
    columns = (phases[:, None] == np.unique(phases)[None, 1:]).astype(np.float64)
    centred: Floats = columns - columns.mean(axis=0)
    return centred


def season_profile(values: Floats, cycle: int) -> Floats:
    """Deviations of the phases from the mean, the trend taken out: least squares on phases and a line together."""
    table = values.reshape(-1, cycle)
    turn = np.arange(len(table)) - (len(table) - 1) / 2
    slope = float(turn @ table.mean(axis=1)) / float(turn @ turn) / cycle
    place = np.arange(cycle) - (cycle - 1) / 2
    profile: Floats = table.mean(axis=0) - slope * place - table.mean()
    return profile


def _strength(values: Floats, profile: Floats) -> float:
    """1 less the share of what neither trend nor season explains in what the trend does not."""
    cycle = len(profile)
    seasonal = np.tile(profile, len(values) // cycle)
    straight = detrended(values - seasonal)
    rest = straight - _moving_level(straight, cycle)
    spread = float((rest + seasonal).var())
    return max(0.0, 1.0 - float(rest.var()) / spread) if spread > 0.0 else 0.0


def _moving_level(values: Floats, cycle: int) -> Floats:
    width = min(cycle + 1 - cycle % 2, len(values))
    padded = np.pad(values, width // 2, mode="edge")
    level: Floats = np.convolve(padded, np.ones(width) / width, mode="valid")[: len(values)]
    return level


def line_spectrum_test(values: Floats, cycle: int) -> tuple[float, float]:
    """Whether the harmonics of the cycle rise out of the spectrum around them: a statistic and its p value.

    Noise, autocorrelated noise and random walks have a smooth spectrum, in which a season stands as lines at the
    cycle's harmonics. Each harmonic of the periodogram is compared with its neighbours by an F test, the harmonics are
    combined by Fisher's method (Fisher 1929, "Tests of significance in harmonic analysis", Proc. R. Soc. A 125;
    Percival and Walden 1993, section 10). With few cycles the spectrum is first flattened by a fitted first-order
    autoregression (Whittle 1953), and all harmonics are compared with all other frequencies.
    """
    power = np.abs(np.fft.rfft(detrended(values))) ** 2
    cycles, n = len(values) // cycle, len(values)
    harmonics = np.arange(1, cycle // 2 + 1) * cycles
    degrees = np.where(2 * np.arange(len(power)) == n, 1.0, 2.0)
    others = np.setdiff1d(np.arange(1 + (cycles > LEAST_CYCLES), len(power)), harmonics)
    if degrees[others].sum() <= FITTED or float(power[others].sum()) <= 0.0:
        return 0.0, 1.0
    if cycles < POOLED_BELOW:
        return _pooled_test(power, harmonics, others, degrees)
    return _local_test(power, harmonics, others, degrees)


def _local_test(power: Floats, harmonics: Places, others: Places, degrees: Floats) -> tuple[float, float]:
    from scipy import special

    total = 0.0
    for harmonic in harmonics:
        near = others[np.argsort(np.abs(others - harmonic), kind="stable")[: 2 * NEIGHBOURS]]
        near = near[np.abs(near - harmonic) <= max(int(harmonics[0]) - 1, 1)]
        weight = degrees[near]
        noise = float((power[near] * weight).sum()) / float(weight.sum())
        ratio = float(power[harmonic]) / max(noise, 1e-300)
        total -= 2.0 * math.log(max(float(special.fdtrc(degrees[harmonic], weight.sum(), ratio)), SMALLEST_P))
    return total, max(float(special.chdtrc(2 * len(harmonics), total)), SMALLEST_P)


def _pooled_test(power: Floats, harmonics: Places, others: Places, degrees: Floats) -> tuple[float, float]:
    from scipy import special

    power = power / _autoregressive_spectrum(power, others, len(power))
    inside, outside = float(degrees[harmonics].sum()), float(degrees[others].sum()) - FITTED
    signal = float((power[harmonics] * degrees[harmonics]).sum()) / inside
    noise = float((power[others] * degrees[others]).sum()) / outside
    statistic = signal / noise
    return statistic, max(float(special.fdtrc(inside, outside, statistic)), SMALLEST_P)


def _autoregressive_spectrum(power: Floats, others: Places, length: int) -> Floats:
    """The shape of the first-order autoregression that fits the ordinates outside the season best."""
    angle = np.pi * np.arange(length) / (length - 1)
    rhos = np.linspace(-0.6, 0.98, 80)
    shapes = 1.0 / (1.0 + rhos[:, None] ** 2 - 2.0 * rhos[:, None] * np.cos(angle))
    scaled = power[others] / shapes[:, others]
    likelihood = len(others) * np.log(scaled.mean(axis=1)) + np.log(shapes[:, others]).sum(axis=1)
    best: Floats = shapes[int(np.argmin(likelihood))]
    return best
