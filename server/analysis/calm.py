"""What moves through calm data: where rows scatter as independent rows do, each row is a witness."""

import math
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from server.analysis import inference, periods
from server.analysis.breaks import MOMENT
from server.analysis.facts import Facts
from server.analysis.inference import Floats, normal_two_sided
from server.analysis.once import once
from server.analysis.row_days import Days, row_days
from server.analysis.series import Series

SCALES = (40, 20, 10)  # stretches of time in which the rest is checked for calm
LEAST_BLOCKS = 8
UNREST = 2.0  # standard deviations of the stretches' squares above which data are not calm
LEAST_LEVEL = 0.1  # part of the usual variance that a day of a total has at least
LENIENT = 3.0  # the same where only what is far from all others is looked for
TRUSTED_BLOCKS = 30.0  # stretches that the spread between days counts as, beside that between stretches
TRIMMED = 0.03  # share of all at either end within which no step is looked for
LEAST_SIDE = 20.0  # rows (of totals: days) there, at least
BETTER = 10.0  # by how much a step, whose moment was searched for, must be likelier than a line: squares of z
STRETCHED = 0.15  # relative excess of the spread between days that independent rows may show
SLOPING = 2.0  # standard errors of a slope from which what follows is compared with the line
YEAR = 365.25  # days
EVIDENT_P = 0.05  # of a step or a yearly wave in what is left, below which it is not calm


@dataclass(frozen=True)
class Moved:
    """What moved: the statistic (standard normal), its p value; of a step where, between when, and by how much."""

    statistic: float
    p_value: float
    moment: datetime
    jump: float
    earliest: datetime
    latest: datetime


@dataclass(frozen=True)
class Course:
    """How calm data move over the whole time: along a line, or by one step."""

    moved: Moved
    stepped: bool


@once
def calm_course(facts: Facts, series: Series) -> Course | None:
    """The line or the step a mean or a number of rows follows; None where rows hang together or wander otherwise.

    Never both: a step in a line is told as what fits better.
    """
    days = row_days(facts, series)
    if days is None:
        return None
    line, step = _line(days), _step(days)
    stepped = step.statistic**2 >= line.statistic**2 + BETTER
    if stepped and _yearly(days) > step.statistic**2:
        return None
    days = calmed(days, _along_step(days, step) if stepped else _along_line(days))
    return None if days is None else Course(_step(days) if stepped else _line(days), stepped)


def calm_last(facts: Facts, series: Series) -> Moved | None:
    """The last period against all days before it; None where these are not calm.

    Where they rise or fall, the line they make tells what to expect.
    """
    days = row_days(facts, series)
    if days is None:
        return None
    start = series.starts[-1]
    last = days.within(start, periods.shift(start, series.grain, 1))
    before = days.within(days.first, start)
    if not last.n.sum() > 0.0 or len(before.at) < 2 * len(last.at):
        return None
    along = _along_line(before) if sloping(before) else None
    rest = calmed(before, along)
    return None if rest is None else _after(rest, last, start, along=along is not None)


def sloping(days: Days, errors: float = SLOPING) -> bool:
    """Whether the days rise or fall by so many standard errors."""
    return abs(_line(days).statistic) >= errors


def _after(before: Days, last: Days, start: datetime, *, along: bool) -> Moved:
    """The mean of the last days against that of the others, or against where their line leads."""
    line, n, whole = _line(before), float(last.n.sum()), float(before.n.sum())
    jump, known = last.mean - before.mean, 1.0 / whole
    if along:
        ahead = float((last.n * last.at).sum()) / n - float((before.n * before.at).sum()) / whole
        jump -= line.jump * ahead
        known += (line.jump / line.statistic * ahead) ** 2 / before.variance
    statistic, p_value = before.against(jump, n, 1.0 / known)
    return Moved(statistic, p_value, start, jump, start, start)


def calmed(days: Days, expected: Floats | None, *, course: bool = True) -> Days | None:
    """The days with the variance they show; None where they do not scatter as independent rows do.

    About what is expected, their mean where nothing is given: between days, between stretches of days, without memory,
    and, where their course is asked for, a further step or a wave of a year. Stretches that spread a little wider are
    paid for: their variance is shrunk towards that of the days (Smyth 2004, Stat. Appl. Genet. Mol. Biol. 3).
    """
    excess, d = days.total - days.n * (days.mean if expected is None else expected), len(days.n)
    spreads = days.variance * days.n * _level(days, expected)
    by_day = float((excess**2 / spreads).sum())
    if d < 2 * LEAST_BLOCKS or by_day > d * (1.0 + STRETCHED) + 3.0 * math.sqrt(2.0 * d):
        return None
    wider, unrest = 1.0, UNREST if course else LENIENT
    for blocks in dict.fromkeys(min(scale, d // 2) for scale in SCALES):
        edges = np.linspace(0, d, blocks + 1).astype(int)[:-1]
        z = np.add.reduceat(excess, edges) / np.sqrt(np.add.reduceat(spreads, edges))
        spread, memory = float((z**2).sum()), float(z[1:] @ z[:-1])
        if spread > blocks + unrest * math.sqrt(2.0 * blocks) or memory > 2.0 / math.sqrt(blocks) * spread:
            return None
        wider = max(wider, (spread + TRUSTED_BLOCKS) / (blocks + TRUSTED_BLOCKS))
    left = replace(days, total=excess)
    if course and (
        _step(left).p_value < EVIDENT_P or inference.chi_square_tail(_yearly(left), 2.0) < EVIDENT_P
    ):
        return None
    return replace(days, variance=days.variance * wider)


def _level(days: Days, expected: Floats | None) -> Floats:
    """What the variance of a unit is multiplied by: that of a total goes with what is expected of it."""
    if expected is None or days.by_row:
        return np.ones(len(days.n))
    return np.maximum(expected / days.mean, LEAST_LEVEL)


def _line(days: Days) -> Moved:
    centre = float((days.n * days.at).sum() / days.n.sum())
    spread = float((days.n * (days.at - centre) ** 2).sum())
    slope = float(((days.at - centre) * days.total).sum()) / spread if spread > 0 else 0.0
    statistic = slope / math.sqrt(days.variance / spread) if spread > 0 else 0.0
    return Moved(statistic, normal_two_sided(statistic), days.first, slope, days.first, days.first)


def _step(days: Days) -> Moved:
    """The largest difference between the rows after and before a day (the likelihood ratio of Quandt 1960).

    Its p value is that of the largest of a standardised Brownian bridge (Miller and Siegmund 1982, "Maximally selected
    chi square statistics", Biometrics 38). The days on which the step may lie are those that are nearly as likely
    (Hansen 2000, "Sample splitting and threshold estimation", Econometrica 68).
    """
    before, total = np.cumsum(days.n)[:-1], np.cumsum(days.total)[:-1]
    n, whole = float(days.n.sum()), float(days.total.sum())
    least = max(TRIMMED * n, LEAST_SIDE)
    inside = (before >= least) & (before <= n - least)
    if not inside.any():
        return Moved(0.0, 1.0, days.first, 0.0, days.first, days.first)
    after = np.maximum(n - before, 1e-9)
    jump = (whole - total) / after - total / before
    error = np.sqrt(days.variance * (1.0 / before + 1.0 / after))
    statistic = np.where(inside, jump / error, 0.0)
    best = int(np.argmax(np.abs(statistic)))
    likely = np.flatnonzero(inside & (statistic**2 >= statistic[best] ** 2 - MOMENT))
    moments = [periods.shift(days.first, "day", int(days.at[i + 1])) for i in (best, likely[0], likely[-1])]
    z, tail = days.against(float(jump[best]), float(after[best]), float(before[best]))
    p_value = _largest_p(abs(z), tail, least / n)
    return Moved(z, p_value, moments[0], float(jump[best]), moments[1], moments[2])


def _largest_p(z: float, tail: float, trimmed: float) -> float:
    """The p value of the largest |z| over all moments, from that of one."""
    if z <= 1.0:
        return 1.0
    moments = 2.0 * math.log((1.0 - trimmed) / trimmed)
    # Miller and Siegmund's density is that of the normal, whose tail is density over z but for small terms.
    return min(1.0, tail / 2.0 * (4.0 + (z * z - 1.0) * moments))


def _yearly(days: Days) -> float:
    """How much of the scatter a wave of one year explains, as the square of z; 0 for less than a year."""
    if float(days.at[-1] - days.at[0]) < YEAR:
        return 0.0
    turn = 2.0 * math.pi * days.at / YEAR
    waves = np.column_stack([np.ones(len(turn)), np.cos(turn), np.sin(turn)]) * np.sqrt(days.n)[:, None]
    values = (days.total - days.n * days.mean) / np.sqrt(days.n)
    explained = values @ waves @ np.linalg.lstsq(waves.T @ waves, waves.T @ values, rcond=None)[0]
    return float(explained) / days.variance


def _along_line(days: Days) -> Floats:
    centre = float((days.n * days.at).sum()) / float(days.n.sum())
    expected: Floats = days.mean + _line(days).jump * (days.at - centre)
    return expected


def _along_step(days: Days, step: Moved) -> Floats:
    later = days.at >= (step.moment - days.first).days
    means = [float(days.total[side].sum() / days.n[side].sum()) for side in (~later, later)]
    return np.where(later, means[1], means[0])
