"""What each member of a dimension added to a change between periods, and which of them moved out of the ordinary."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from server.analysis import inference, periods
from server.analysis.columns import Measure
from server.analysis.facts import Breakdown, Facts, complete_starts
from server.analysis.inference import Floats, Surprise
from server.analysis.periods import Span
from server.analysis.series import Series, season

Places = NDArray[np.int64]

LEAST_PERIODS = 8  # to know how a member moves from one period to the next
FEW_PERIODS = 4  # from which the first half is compared with the second
LEAST_ROWS = 20.0  # of a member in both periods together


@dataclass(frozen=True)
class Cells:
    """A measure by member and complete period: values as counted (n), summed, and summed squares; (members, periods).

    `whole_n` and `whole` are those of all rows, also of rows without a member, shape (periods,).
    """

    grain: str
    starts: tuple[datetime, ...]
    n: Floats
    total: Floats
    squares: Floats
    whole_n: Floats
    whole: Floats


@dataclass(frozen=True)
class Drive:
    """A change of a measure taken apart: contributions, shape (members,), of all members; they and the rest sum to it.

    `mix` is the part of each contribution that comes of the member's share of the rows; zeros for sums.
    """

    later: Span
    earlier: Span
    before: float
    after: float
    contribution: Floats
    mix: Floats
    member: int
    surprise: Surprise
    p_value: float
    p_values: Floats
    rows: int


def cells_of(facts: Facts, breakdown: Breakdown, measure: Measure) -> Cells | None:
    """The cells by complete period of the report's grain; None where the breakdown does not follow time so finely."""
    grain, timeline, order = facts.report_grain, facts.timeline, periods.GRAINS
    if grain is None or timeline is None or breakdown.grain is None:
        return None
    coarser = order.index(breakdown.grain) > order.index(grain)
    if coarser or (breakdown.grain == "week" and grain != "week"):
        return None
    starts = complete_starts(timeline, grain, facts.now)

    def summed(moments: tuple[datetime, ...], values: Floats) -> Floats:
        found: Floats = values @ _membership(moments, starts, grain)
        return found

    n, total = breakdown.n[measure], breakdown.total[measure]
    squares = np.where(n > 0, total**2 / np.maximum(n, 1e-300), 0.0)
    squares = squares + breakdown.variance[measure] * np.maximum(n - 1.0, 0.0)
    return Cells(
        grain,
        starts,
        *(summed(breakdown.starts, values) for values in (n, total, squares)),
        *(summed(timeline.starts, values[measure]) for values in (timeline.n, timeline.total)),
    )


@lru_cache(maxsize=32)
def _membership(moments: tuple[datetime, ...], starts: tuple[datetime, ...], grain: str) -> Floats:
    """Ones where a moment lies in a period, shape (moments, periods); moments outside have none."""
    place = {start: index for index, start in enumerate(starts)}
    found = np.zeros((len(moments), len(starts)))
    for row, moment in enumerate(moments):
        column = place.get(periods.floor(moment, grain))
        if column is not None:
            found[row, column] = 1.0
    return found


def drive_of(facts: Facts, breakdown: Breakdown, measure: Measure) -> Drive | None:
    """The change between the last complete period and the one before (a year earlier, where seasons are evident).

    Each member's share of the total (its distance to the others' mean, for averages) is forecast from its own past; the
    smallest p value is corrected for the members. Of few periods, the halves are compared.
    """
    cells = cells_of(facts, breakdown, measure)
    if cells is None or len(cells.starts) < FEW_PERIODS:
        return None
    followed, errors = _followed(cells, measure)
    keep = _thick(cells)
    if keep.sum() < 2 or followed is None:
        return None
    if len(cells.starts) < LEAST_PERIODS:
        later, earlier = _halves(len(cells.starts))
        surprises = [
            _between_halves(followed[i], later, earlier) if keep[i] else None for i in range(len(keep))
        ]
    else:
        last = len(cells.starts) - 1
        later, earlier = np.array([last]), np.array([last - _back(cells, measure)])
        surprises = [
            _unusual(cells, measure, followed[i], float(errors[i])) if keep[i] else None
            for i in range(len(keep))
        ]
    return _taken_apart(cells, measure, surprises, later=later, earlier=earlier)


def _thick(cells: Cells) -> NDArray[np.bool_]:
    """Members with rows enough to speak of; where each has one row a period, all that are always there."""
    single = cells.n.max(initial=0.0) <= 1.0
    rows = cells.n.mean(axis=1)
    found: NDArray[np.bool_] = (rows >= 0.9) if single else (2.0 * rows >= LEAST_ROWS)
    return found


def _followed(cells: Cells, measure: Measure) -> tuple[Floats | None, Floats]:
    """What of each member is followed through time, and how uncertain its last value is by the rows alone."""
    last = len(cells.starts) - 1
    if not measure.additive:
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = cells.total / cells.n
            others = (cells.total.sum(axis=0) - cells.total) / (cells.n.sum(axis=0) - cells.n)
            variance = cells.squares[:, last] / cells.n[:, last] - mean[:, last] ** 2
            error = np.sqrt(np.maximum(variance, 0.0) / cells.n[:, last]) * (measure.aggregation != "ratio")
        return _bridged(mean - others), np.nan_to_num(error)
    if cells.total.min(initial=0.0) < 0.0 or not (cells.whole > 0).all():
        if float(cells.whole.sum()) <= 0.0:
            return None, np.zeros(len(cells.n))
        usual = cells.total.sum(axis=1) / cells.whole.sum()
        return cells.total - usual[:, None] * cells.whole, np.sqrt(cells.squares[:, last])
    share = cells.total / cells.whole
    spread = cells.squares[:, last]
    rest = spread.sum() - spread
    error = np.sqrt(spread * (1.0 - share[:, last]) ** 2 + rest * share[:, last] ** 2) / cells.whole[last]
    return share, error


def _bridged(values: Floats) -> Floats:
    """Gaps in each row filled by straight lines."""
    filled, index = values.copy(), np.arange(values.shape[1])
    for row in filled:
        known = np.isfinite(row)
        row[~known] = np.interp(index[~known], index[known], row[known]) if known.any() else 0.0
    return filled


def _back(cells: Cells, measure: Measure) -> int:
    """How many periods back the change is measured from."""
    cycle = {"month": 12, "quarter": 4}.get(cells.grain, 0)
    if not cycle or len(cells.starts) < 2 * cycle + 1 or not measure.additive:
        return 1
    series = Series(measure, cells.grain, cells.starts, cells.whole)
    return cycle if season(series, series.daily().values).any() else 1


def _unusual(cells: Cells, measure: Measure, values: Floats, error: float) -> Surprise | None:
    """The last value against its forecast, the season of the member itself taken out where one is evident."""
    cycle = periods.CYCLES[cells.grain]
    if season(Series(measure, cells.grain, cells.starts, values), values).any():
        values = values[cycle:] - values[:-cycle]
    return inference.last_value_surprise(values, least_error=error) if len(values) >= LEAST_PERIODS else None


def _halves(count: int) -> tuple[Places, Places]:
    half = count // 2
    return np.arange(count - half, count), np.arange(half)


def _between_halves(values: Floats, later: Places, earlier: Places) -> Surprise | None:
    """Student's t of two halves of few values."""
    a, b = values[later], values[earlier]
    degrees = len(a) + len(b) - 2.0
    inside = float(((a - a.mean()) ** 2).sum() + ((b - b.mean()) ** 2).sum()) / degrees
    if inside <= 0.0:
        return None
    statistic = float(a.mean() - b.mean()) / float(np.sqrt(inside * (1.0 / len(a) + 1.0 / len(b))))
    return Surprise(statistic, inference.t_two_sided(statistic, degrees), len(values))


def _taken_apart(
    cells: Cells,
    measure: Measure,
    surprises: list[Surprise | None],
    *,
    later: Places,
    earlier: Places,
) -> Drive | None:
    p_values = np.array([1.0 if found is None else found.p_value for found in surprises])
    member = int(np.argmin(p_values))
    surprise = surprises[member]
    if surprise is None:
        return None
    n, total = ([part[:, cut].sum(axis=1) for cut in (later, earlier)] for part in (cells.n, cells.total))
    whole_n, whole = (
        [float(part[cut].sum()) for cut in (later, earlier)] for part in (cells.whole_n, cells.whole)
    )
    if min(whole_n) <= 0:
        return None
    if measure.additive:
        contribution, mix = total[0] - total[1], np.zeros(len(total[0]))
        before, after = whole[1], whole[0]
    else:
        before, after = whole[1] / whole_n[1], whole[0] / whole_n[0]
        rate, mix = rate_and_mix(
            (n[0], n[1]), (total[0], total[1]), middle=(before + after) / 2.0, whole=(whole_n[0], whole_n[1])
        )
        contribution = rate + mix
    tested = sum(found is not None for found in surprises)
    spans = [
        Span(cells.starts[cut[0]], periods.shift(cells.starts[cut[-1]], cells.grain, 1), cells.grain)
        for cut in (later, earlier)
    ]
    return Drive(
        spans[0],
        spans[1],
        before,
        after,
        contribution,
        mix,
        member,
        surprise,
        min(1.0, tested * surprise.p_value),
        p_values,
        int(whole_n[0] + whole_n[1]),
    )


def rate_and_mix(
    n: tuple[Floats, Floats], total: tuple[Floats, Floats], *, middle: float, whole: tuple[float, float]
) -> tuple[Floats, Floats]:
    """A change of a mean by member: through its own mean, and through its share of the rows; later first.

    Each with the other held at its midpoint, so that the interaction is shared equally and the parts sum exactly to the
    change (Kitagawa 1955, "Components of a difference between two rates", J. Am. Stat. Assoc. 50). A member without
    rows on one side has no mean there: all it adds is mix.
    """
    share = [count / all_rows for count, all_rows in zip(n, whole, strict=True)]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = [part / count for part, count in zip(total, n, strict=True)]
    mean = [np.where(np.isfinite(one), one, other) for one, other in (mean, mean[::-1])]
    mean = [np.where(np.isfinite(part), part, middle) for part in mean]
    rate: Floats = (share[0] + share[1]) / 2.0 * (mean[0] - mean[1])
    mix: Floats = ((mean[0] + mean[1]) / 2.0 - middle) * (share[0] - share[1])
    return rate, mix
