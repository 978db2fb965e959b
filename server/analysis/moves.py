"""Whether a member's last value is one that its own past, and the number of its rows, lead one to expect."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from server.analysis import inference, periods
from server.analysis.cells import Cells
from server.analysis.columns import Measure
from server.analysis.inference import Floats, Surprise
from server.analysis.panels import always_there
from server.analysis.series import Series, season

Places = NDArray[np.int64]

LEAST_PERIODS = 8  # to know how a member moves from one period to the next
LARGEST_ERROR = 1e100  # beyond it squares leave the range of a double
SAMPLING_P = 0.1  # p value above which the past shows no more unrest than the number of rows makes
SAMPLING_SKEW = 3.0
SAMPLING_DEGREES = 30.0  # of freedom then; sums of skewed amounts have heavier tails than the normal
COUNTED_DEGREES = 100.0  # the same of shares of the rows, which are binomial


@dataclass(frozen=True)
class Followed:
    """What is followed of each member through time, and how uncertain the rows make it; both (members, periods)."""

    values: Floats
    errors: Floats
    calm: bool = True  # whether the errors may be trusted where the past agrees with them


def followed(cells: Cells, measure: Measure) -> list[Followed]:
    """Of totals: each member's share, and its mean against the rest's; of means: the distance to the rest."""
    by_chance = ~always_there(cells.n)[:, None]
    return [
        replace(side, errors=side.errors * by_chance) for side in map(_bounded, _followed(cells, measure))
    ]


def _bounded(side: Followed) -> Followed:
    """The same with errors that can be squared."""
    return replace(side, errors=np.minimum(side.errors, LARGEST_ERROR))


def _followed(cells: Cells, measure: Measure) -> list[Followed]:
    if not measure.additive:
        return [_distance(cells, exact=measure.aggregation != "ratio")]
    if cells.total.min(initial=0.0) < 0.0 or not (cells.whole > 0).all():
        if float(cells.whole.sum()) <= 0.0:
            return []
        usual = cells.total.sum(axis=1) / cells.whole.sum()
        return [Followed(cells.total - usual[:, None] * cells.whole, np.sqrt(cells.squares))]
    found = [_share(cells)]
    return (
        found if measure.counts_rows or (cells.total.sum(axis=1) <= 0).any() else [*found, _mean_ratio(cells)]
    )


def _share(cells: Cells) -> Followed:
    """Shares of the total; their error by linearisation (Cochran 1977, Sampling Techniques)."""
    share = cells.total / cells.whole
    rest = cells.squares.sum(axis=0) - cells.squares
    error = np.sqrt(cells.squares * (1.0 - share) ** 2 + rest * share**2) / cells.whole
    return Followed(share, error)


def _mean_ratio(cells: Cells) -> Followed:
    """The logarithm of each member's mean over that of the others; gaps bridged.

    Errors are relative to the usual means: those of a mean that falls would grow, and hide the fall.
    """
    mean, others, error, rest = _means(cells)
    total, n = cells.total.sum(axis=1, keepdims=True), cells.n.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.log(mean / others)
        usual, usual_others = total / n, (total.sum() - total) / (n.sum() - n)
        relative = np.sqrt((error / usual) ** 2 + (rest / usual_others) ** 2)
    return Followed(_bridged(ratio), np.nan_to_num(relative, posinf=0.0))


def _distance(cells: Cells, *, exact: bool) -> Followed:
    """Each member's mean less that of the others; gaps bridged."""
    mean, others, error, rest = _means(cells)
    return Followed(_bridged(mean - others), np.nan_to_num(np.sqrt(error**2 + rest**2)) * exact)


def _means(cells: Cells) -> tuple[Floats, Floats, Floats, Floats]:
    """Means of each member and of the others, and their errors by the spread of rows over all periods."""
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = cells.total / cells.n
        rest_n = cells.n.sum(axis=0) - cells.n
        others = (cells.total.sum(axis=0) - cells.total) / rest_n
        inside = np.maximum(cells.squares - cells.total**2 / np.maximum(cells.n, 1e-300), 0.0)
        own = inside.sum(axis=1) / np.maximum(cells.n.sum(axis=1) - 1.0, 1.0)
        rest = (inside.sum() - inside.sum(axis=1)) / np.maximum(
            cells.n.sum() - cells.n.sum(axis=1) - 1.0, 1.0
        )
        return mean, others, np.sqrt(own[:, None] / cells.n), np.sqrt(rest[:, None] / rest_n)


def _bridged(values: Floats) -> Floats:
    """Gaps in each row filled by straight lines."""
    filled, index = values.copy(), np.arange(values.shape[1])
    for row in filled:
        known = np.isfinite(row)
        row[~known] = np.interp(index[~known], index[known], row[known]) if known.any() else 0.0
    return filled


def last_surprise(
    cells: Cells, measure: Measure, sides: Sequence[Followed], member: int, *, skew: float
) -> Surprise | None:
    """The surer of what is followed of a member, its p value corrected for their number.

    `skew` is that of the rows: of heavy tails, the number of rows tells the error of a sum too well.
    """
    degrees = COUNTED_DEGREES if measure.counts_rows else _of_rows(float(cells.n[member, -1]), skew)
    return surest(
        [_surprise(cells, measure, side, member, degrees=degrees) for side in _trusted(sides, skew)]
    )


def _of_rows(rows: float, skew: float) -> float:
    """Degrees of freedom of a t distribution with the kurtosis of a sum of so many rows.

    That of a compound Poisson sum is the fourth moment of a row over the square of its second and the number of rows;
    the kurtosis of a row is taken for that of a gamma distribution with its skewness.
    """
    return max(SAMPLING_DEGREES, 4.0 + 6.0 * rows / (3.0 + 1.5 * skew**2))


def step_surprise(
    sides: Sequence[Followed], member: int, places: tuple[Places, Places], *, skew: float
) -> Surprise | None:
    """As `last_surprise`, of some periods against those before them; later places first."""
    return surest([_step(side, member, *places) for side in _trusted(sides, skew)])


def surest(found: Sequence[Surprise | None]) -> Surprise | None:
    """The one with the smallest p value, corrected for their number."""
    known = [surprise for surprise in found if surprise is not None]
    if not known:
        return None
    best = min(known, key=lambda surprise: surprise.p_value)
    return replace(best, p_value=min(1.0, len(known) * best.p_value))


def _trusted(sides: Sequence[Followed], skew: float) -> Sequence[Followed]:
    """Of rows with heavy tails, the totals' shares alone, and these by their own past."""
    return [replace(side, calm=False) for side in sides[:1]] if abs(skew) > SAMPLING_SKEW else sides


def _step(side: Followed, member: int, later: Places, earlier: Places) -> Surprise | None:
    """Student's t of the periods' means; where they are as calm as their rows, those tell the error."""
    after, before = side.values[member][later], side.values[member][earlier]
    rest = np.concatenate([before - before.mean(), after - after.mean()])
    known = float((side.errors[member][np.concatenate([earlier, later])] ** 2).mean())
    degrees, memory = len(rest) - 2.0, inference.long_run_ratio(rest)
    spread = float((rest**2).sum()) / degrees
    calm = side.calm and known > 0.0 and inference.long_run_ratio(rest, evident=True) == 1.0
    if calm and float(special.chdtrc(degrees, spread / known * degrees)) >= SAMPLING_P:
        variance, degrees = max(spread, known), max(SAMPLING_DEGREES, degrees)
    else:
        variance = max(spread * memory, known)
        degrees = max(1.0, inference.TRUSTED_DEGREES * (len(rest) / memory - 2.0))
    if variance <= 0.0:
        return None
    error = float(np.sqrt(variance * (1.0 / len(later) + 1.0 / len(earlier))))
    statistic = float(after.mean() - before.mean()) / error
    return Surprise(statistic, inference.t_two_sided(statistic, degrees), len(rest))


def _surprise(
    cells: Cells, measure: Measure, side: Followed, member: int, *, degrees: float
) -> Surprise | None:
    """The last value against its forecast, the season of the member itself taken out where one is evident."""
    values, errors = side.values[member], side.errors[member]
    cycle = periods.CYCLES[cells.grain]
    if season(Series(measure, cells.grain, cells.starts, values), values).any():
        values = values[cycle:] - values[:-cycle]
        errors = np.sqrt(errors[cycle:] ** 2 + errors[:-cycle] ** 2)
    if len(values) < LEAST_PERIODS:
        return None
    calm = _as_calm_as_sampling(values, errors, degrees) if side.calm else None
    return calm or inference.last_value_surprise(values, least_error=float(errors[-1]))


def _as_calm_as_sampling(values: Floats, errors: Floats, degrees: float) -> Surprise | None:
    """The last value against the mean of those before, where these show no memory and no unrest beyond their rows'.

    The number of rows then tells the error better than few periods can; the larger of both is taken.
    """
    before = values[:-1]
    known = float((errors[:-1] ** 2).mean())
    spread = float(before.var(ddof=1))
    if known <= 0.0 or inference.long_run_ratio(before, evident=True) > 1.0:
        return None
    if float(special.chdtrc(len(before) - 1.0, spread / known * (len(before) - 1.0))) < SAMPLING_P:
        return None
    error = float(np.sqrt(max(spread, known, float(errors[-1]) ** 2) * (1.0 + 1.0 / len(before))))
    statistic = float(values[-1] - before.mean()) / error
    return Surprise(statistic, inference.t_two_sided(statistic, degrees), len(values))
