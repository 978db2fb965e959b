"""Tests of a break in the level of a series that neither a trend nor a random walk passes."""

import math
from dataclasses import dataclass

import numpy as np

from server.analysis.inference import SMALLEST_P, Floats, t_quantile, t_two_sided
from server.analysis.likelihood import LONGEST, Gain, bent_gain, step_gain
from server.analysis.seasons import Places, phase_columns
from server.analysis.wandering import wandering_t

LEAST_PERIODS = 22
BESIDE_LINE = 0.1  # of the error allowed, what is spent on steps beside a line
LEAST_SIDE = 5  # periods before and after a break
TRIMMED = 0.12  # share of the periods at either end in which no break is looked for (Andrews 1993 takes 0.15)
WINDOW = 5  # periods on either side that say whether a single value is far out
FAR_OUT = 4.0  # robust spreads
POWERS = (10.0, 100.0, 1000.0, 1e4, 1e6)
POWER_TOLERANCE = 0.10  # of a power of ten, within which a ratio of levels is one of units
LEAST_OFF = 3  # periods in another unit
FAR_APART = 3.0  # ratio to the median from which a value may be in another unit

# How much wider than Student's t the largest step of a series without a break is spread, by the number of periods and
# by the autocorrelation estimated: 72,000 simulated series for each length, from white noise to random walks.
_KNOTS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.85, 0.95)
_WIDER = {
    22: (1.34, 1.39, 1.23, 1.03, 1.0, 1.02, 1.08),
    30: (1.25, 1.55, 1.48, 1.24, 1.07, 1.03, 1.1),
    40: (1.1, 1.4, 1.62, 1.46, 1.17, 1.07, 1.1),
    60: (1.08, 1.15, 1.36, 1.72, 1.42, 1.13, 1.12),
    100: (1.07, 1.1, 1.2, 1.4, 1.7, 1.27, 1.14),
    160: (1.06, 1.08, 1.15, 1.25, 1.55, 1.4, 1.2),
}
SLOW_PERIODS = 12  # what takes longer is slow
LEAST_SLOW = 3  # frequencies
SLOW_POWER = 2.0  # of that excess the variance is raised by: half of it is hidden by the step fitted
MOMENT = 7.35  # likelihood ratio up to which another moment is possible (Hansen 2000, Econometrica 68, 95 %)
TRIALS = 22.0  # independent steps that the search over all moments is worth, by the same simulation


@dataclass(frozen=True)
class Break:
    """The first period after the break, the jump with its interval at 95 %, and the test.

    `first` and `last` are the earliest and the latest period that may be the first after it.
    `tilted` says that the series also has a slope, which the jump is measured beside; `explained` is the share of what
    a line leaves unexplained that the jump explains.
    """

    place: int
    first: int
    last: int
    jump: float
    low: float
    high: float
    statistic: float
    p_value: float
    tilted: bool
    explained: float


def level_break(values: Floats, phases: Places | None = None) -> Break | None:
    """The likeliest break of level in a series, shape (n,) with n >= 22; None when it is too short or constant.

    Every admissible moment is tried (Andrews 1993, "Tests for parameter instability and structural change with unknown
    change point", Econometrica 61; Bai and Perron 1998, Econometrica 66). A step must make a series of up to LONGEST
    periods much likelier whatever memory its noise has: without a line, and surely likelier than a line does, or, at a
    tenth of the error allowed, beside one. In longer ones it is tested in a regression on a line and the phases of a
    season, first-order autocorrelation taken out by quasi-differences (Prais and Winsten 1954), so that for a random
    walk the step must stand out among its steps (the idea of Zivot and Andrews 1992, J. Bus. Econ. Stat. 10); what the
    estimate of the autocorrelation leaves is in the simulated critical values.
    """
    n = len(values)
    if n < LEAST_PERIODS or np.ptp(values) <= 0.0:
        return None
    clean = without_single_values(values)
    side = max(LEAST_SIDE, math.ceil(TRIMMED * n))
    places = np.arange(side, n - side + 1)
    steps = (np.arange(n)[None, :] >= places[:, None]).astype(np.float64)
    line = np.column_stack([np.ones(n), np.arange(n) - (n - 1) / 2])
    if phases is not None:
        line = np.column_stack([line, phase_columns(phases)])
    first = _regressions(clean, line, steps)
    if float(first.rest.min()) <= 0.0:
        return None
    likeliest = int(np.argmin(first.rest))
    rho = _autocorrelation(_residuals(clean, np.column_stack([line, steps[likeliest]])))
    whitened = _regressions(_whiten(clean, rho), _whiten(line.T, rho).T, _whiten(steps, rho))
    best = int(np.argmax(np.abs(whitened.statistic)))
    gains = (
        None
        if n > LONGEST
        else (step_gain(clean, line[:, 2:], places), bent_gain(clean, line[:, 1:], places))
    )
    return _described(clean, line, rho=rho, found=_Search(places, steps, whitened, best, gains))


@dataclass(frozen=True)
class _Regressions:
    """One regression for each place, shape (places,): coefficient of the step, t statistic, residual squares."""

    jump: Floats
    statistic: Floats
    rest: Floats


def _regressions(values: Floats, base: Floats, steps: Floats) -> _Regressions:
    """The step's part in each regression on the base and one step (Frisch and Waugh 1933)."""
    orthogonal, _ = np.linalg.qr(base)
    left = values - orthogonal @ (orthogonal.T @ values)
    steps = steps - (steps @ orthogonal) @ orthogonal.T
    spread = np.maximum((steps**2).sum(axis=1), 1e-12)
    jump = (steps @ left) / spread
    rest = np.maximum(float(left @ left) - jump**2 * spread, 0.0)
    error = np.sqrt(np.maximum(rest, 1e-300) / (len(values) - base.shape[1] - 1) / spread)
    return _Regressions(jump, jump / error, rest)


def _residuals(values: Floats, design: Floats) -> Floats:
    rest: Floats = values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
    return rest


def _autocorrelation(rest: Floats) -> float:
    """The first autocorrelation of residuals, corrected for the line and the step fitted (Marriott and Pope 1954)."""
    n = len(rest)
    spread = float(rest[:-1] @ rest[:-1])
    rho = float(rest[1:] @ rest[:-1]) / spread if spread > 0.0 else 0.0
    return min(max((n * rho + 4.0) / (n - 6.0), 0.0), 0.98)


def _whiten(rows: Floats, rho: float) -> Floats:
    """Quasi-differences along the last axis."""
    white = rows.copy()
    white[..., 1:] = rows[..., 1:] - rho * rows[..., :-1]
    white[..., 0] = math.sqrt(1.0 - rho * rho) * rows[..., 0]
    return white


@dataclass(frozen=True)
class _Search:
    """The moments tried, shape (places,), their steps, shape (places, n), the regressions, and the best of them.

    `gains` are those by a step without a line, and beside one; None for a series too long for them.
    """

    places: Places
    steps: Floats
    regressions: _Regressions
    best: int
    gains: tuple[Gain, Gain] | None


def _described(values: Floats, base: Floats, *, rho: float, found: _Search) -> Break:
    n, best = len(values), found.best
    design = np.column_stack([base, found.steps[best]])
    white, white_design = _whiten(values, rho), _whiten(design.T, rho).T
    statistic, p_value, flat = _tested(values, design, white_design, rho=rho, found=found)
    tilted = not flat and abs(_slope_t(white, white_design)) >= t_quantile(0.975, n - 3)
    tested = jump = float(found.regressions.jump[best])
    level = base if tilted else np.delete(base, 1, axis=1)
    # Where a step is known to be, all values on either side say where; whitened, little but the one jump does.
    fits = _regressions(values, level, found.steps).rest
    place, first, last = (int(found.places[i]) for i in _moments(fits, n - level.shape[1] - 1, rho))
    if not tilted:
        jump = float(values[place:].mean() - values[:place].mean())
    error = abs((jump if flat else tested) / statistic) if statistic else 0.0
    half = t_quantile(0.975, n - base.shape[1] - 1) * error
    return Break(
        place,
        first,
        last,
        jump,
        jump - half,
        jump + half,
        statistic,
        p_value,
        tilted,
        _explained(values, base, design),
    )


def _tested(
    values: Floats, design: Floats, white_design: Floats, *, rho: float, found: _Search
) -> tuple[float, float, bool]:
    """The statistic of the step, its p value, and whether it is one without a line."""
    if found.gains is not None:
        alone, beside = found.gains
        p_values = alone.p_value / (1.0 - BESIDE_LINE), beside.p_value / BESIDE_LINE
        flat = p_values[0] <= p_values[1]
        return (alone if flat else beside).statistic, min(1.0, *p_values), flat
    rest = _residuals(_whiten(values, rho), white_design)
    statistic = float(found.regressions.statistic[found.best]) / math.sqrt(_slow_excess(rest))
    wandering = wandering_t(values, design[:, 1:], design.shape[1] - 2)
    # The step must stand out from a level that wanders too, the same way.
    statistic = math.copysign(min(abs(statistic), max(wandering * np.sign(statistic), 0.0)), statistic)
    return statistic, break_p(abs(statistic), len(values), rho), False


def _moments(rest: Floats, degrees: int, rho: float) -> tuple[int, int, int]:
    """The likeliest moment, and the first and the last that fit nearly as well, by the squares each leaves."""
    best = int(np.argmin(rest))
    variance = max(float(rest[best]), 1e-300) / degrees * (1.0 + rho) / (1.0 - rho)
    near = np.flatnonzero((rest - rest[best]) / variance <= MOMENT)
    return best, int(near[0]), int(near[-1])


def _explained(values: Floats, base: Floats, design: Floats) -> float:
    """The share of what the base leaves that the design explains."""
    line, rest = _residuals(values, base), _residuals(values, design)
    return 1.0 - float(rest @ rest) / max(float(line @ line), 1e-300)


def break_p(statistic: float, n: int, rho: float) -> float:
    """How often a series of n periods without a break shows a step with so large a t statistic somewhere."""
    lengths = sorted(_WIDER)
    at_length = [float(np.interp(n, lengths, [_WIDER[m][k] for m in lengths])) for k in range(len(_KNOTS))]
    wider = float(np.interp(rho, _KNOTS, at_length))
    return min(1.0, max(TRIALS * t_two_sided(statistic / wider, n - 4), SMALLEST_P))


def _slow_excess(white: Floats) -> float:
    """How much stronger the slow part of the residuals is than the rest, at least 1.

    A level that wanders under noise keeps slow movements that no first-order autoregression takes out, and a step is
    slow too, so that they are what it must stand out from.
    """
    power = np.abs(np.fft.rfft(white)) ** 2
    slow = max(LEAST_SLOW, len(white) // SLOW_PERIODS)
    rest = float(power[slow + 1 :].mean())
    return max(1.0, float(power[1 : slow + 1].mean()) / rest) ** SLOW_POWER if rest > 0.0 else 1.0


def _slope_t(values: Floats, design: Floats) -> float:
    """The t statistic of the second column."""
    inverse = np.linalg.inv(design.T @ design)
    coefficients = inverse @ (design.T @ values)
    rest = values - design @ coefficients
    variance = float(rest @ rest) / (len(values) - design.shape[1])
    return float(coefficients[1]) / math.sqrt(max(variance * float(inverse[1, 1]), 1e-300))


def without_single_values(values: Floats) -> Floats:
    """The values with single ones that lie far out replaced by the median of their neighbours.

    Far from those before and from those after, the same way: at a break a value is at home on one of the sides.
    """
    padded = np.pad(values, WINDOW, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * WINDOW + 1)
    level = np.median(np.delete(windows, WINDOW, axis=1), axis=1)
    spread = 1.4826 * float(np.median(np.abs(values - level)))
    if spread <= 0.0:
        return values
    apart = values - np.median([windows[:, :WINDOW], windows[:, WINDOW + 1 :]], axis=2)
    far = (np.abs(apart).min(axis=0) > FAR_OUT * spread) & (apart[0] * apart[1] > 0.0)
    # A value beside another far one is part of a level, not a single value.
    alone = far & ~np.concatenate([[False], far[:-1]]) & ~np.concatenate([far[1:], [False]])
    clean: Floats = np.where(alone, level, values)
    return clean


def in_two_units(values: Floats) -> bool:
    """Whether some periods, in a row or not, seem to be in another unit: a power of ten from the rest."""
    if len(values) < 2 * LEAST_OFF or not (values > 0).all():
        return False
    ratio = values / float(np.median(values))
    for off in (ratio[ratio > FAR_APART], 1.0 / ratio[ratio < 1.0 / FAR_APART]):
        if len(off) >= LEAST_OFF:
            typical = float(np.median(off))
            rest = float(np.median(ratio[(ratio <= FAR_APART) & (ratio >= 1.0 / FAR_APART)]))
            near = [abs(typical / power * rest - 1.0) for power in POWERS]
            near += [abs(typical / power / rest - 1.0) for power in POWERS]
            if min(near) <= POWER_TOLERANCE and float(np.std(np.log(off))) < 1.0:
                return True
    return False
