"""What each member of a dimension added to a change between periods, and which of them moved out of the ordinary."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from server.analysis import inference, periods
from server.analysis.cells import Cells, cells_of
from server.analysis.columns import Measure
from server.analysis.facts import Breakdown, Facts
from server.analysis.inference import Floats, Surprise
from server.analysis.moves import LEAST_PERIODS, Places, followed, last_surprise, step_surprise
from server.analysis.panels import always_there
from server.analysis.periods import Span
from server.analysis.series import Series, season

FEW_PERIODS = 4  # from which the first half is compared with the second
LONGER = {"week": "month", "day": "week"}  # what is compared beside the last of such periods
LEAST_ROWS = 20.0  # of a member in both periods together
LEADING = 0.3  # of the largest part, for a member to be told as what moved the whole


@dataclass(frozen=True)
class Drive:
    """A change of a measure taken apart: contributions, shape (members,), of all members; they and the rest sum to it.

    `mix` is the part of each contribution that comes of the member's share of the rows; zeros for sums.
    `leads` says whether what the member added is large among the others and of the direction tested: a season may
    explain all of it.
    """

    later: Span
    earlier: Span
    before: float
    after: float
    contribution: Floats
    mix: Floats
    member: int
    leads: bool
    surprise: Surprise
    p_value: float
    p_values: Floats
    rows: int


def drive_of(facts: Facts, breakdown: Breakdown, measure: Measure) -> Drive | None:
    """The change between the last complete period and the one before (a year earlier, where seasons are evident).

    Each member's share of the total (its distance to the others' mean, for averages) is forecast from its own past; the
    smallest p value is corrected for the members. Of few periods, the halves are compared; where periods are short, the
    last month (or week) is compared too, and the surer of both is kept, corrected for both.
    """
    cells = cells_of(facts, breakdown, measure)
    if cells is None or len(cells.starts) < FEW_PERIODS:
        return None
    sides, keep = followed(cells, measure), _thick(cells)
    if keep.sum() < 2 or not sides:
        return None
    places = range(len(keep))
    if len(cells.starts) < LEAST_PERIODS:
        later, earlier = _halves(len(cells.starts))
        values = sides[0].values
        surprises = [_between_halves(values[i], later, earlier) if keep[i] else None for i in places]
        return _taken_apart(cells, measure, surprises, later=later, earlier=earlier)
    last = len(cells.starts) - 1
    later, earlier = np.array([last]), np.array([last - _back(cells, measure)])
    skew = facts.overview[measure].skew if measure in facts.overview else 0.0
    surprises = [last_surprise(cells, measure, sides, i, skew=skew) if keep[i] else None for i in places]
    drives = [_taken_apart(cells, measure, surprises, later=later, earlier=earlier)]
    longer = cells_of(facts, breakdown, measure, grain=LONGER.get(cells.grain, cells.grain))
    stretch = _stretch(cells, longer) if longer is not None and longer.grain != cells.grain else None
    if longer is not None and stretch is not None:
        surprises = [step_surprise(sides, i, stretch, skew=skew) if keep[i] else None for i in places]
        drives.append(_taken_apart(longer, measure, surprises, later=np.array([-1]), earlier=np.array([-2])))
    return _surer(drives)


def _surer(drives: list[Drive | None]) -> Drive | None:
    """The one with the smallest p value, corrected for their number."""
    known = [drive for drive in drives if drive is not None]
    if not known:
        return None
    best = min(known, key=lambda drive: drive.p_value)
    return replace(best, p_value=min(1.0, len(known) * best.p_value))


def _stretch(cells: Cells, longer: Cells) -> tuple[Places, Places] | None:
    """Which short periods lie wholly in the last long one, and which before it; None where either are too few."""
    if len(longer.starts) < 2:
        return None
    start, end = longer.starts[-1], periods.shift(longer.starts[-1], longer.grain, 1)
    spans = [(one, periods.shift(one, cells.grain, 1)) for one in cells.starts]
    later = np.array([i for i, (first, after) in enumerate(spans) if start <= first and after <= end])
    earlier = np.array([i for i, (_, after) in enumerate(spans) if after <= start])
    return (later, earlier) if len(later) > 1 and len(earlier) >= LEAST_PERIODS else None


def _thick(cells: Cells) -> NDArray[np.bool_]:
    """Members with rows enough to speak of; where each has one row a period, all that are always there."""
    single = cells.n.max(initial=0.0) <= 1.0
    rows = cells.n.mean(axis=1)
    thick = (rows >= 0.9) if single else (2.0 * rows >= LEAST_ROWS)
    found: NDArray[np.bool_] = thick | always_there(cells.n)
    return found


def _back(cells: Cells, measure: Measure) -> int:
    """How many periods back the change is measured from."""
    cycle = {"month": 12, "quarter": 4}.get(cells.grain, 0)
    if not cycle or len(cells.starts) < 2 * cycle + 1 or not measure.additive:
        return 1
    series = Series(measure, cells.grain, cells.starts, cells.whole)
    return cycle if season(series, series.daily().values).any() else 1


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
    leads = _leads(contribution, surprises)
    member = int(np.argmin(np.where(leads.any() & ~leads, 2.0, p_values)))
    surprise = surprises[member]
    if surprise is None:
        return None
    tested = sum(found is not None for found in surprises)
    counted = cells.rows if measure.aggregation == "ratio" else cells.whole_n
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
        bool(leads[member]),
        surprise,
        min(1.0, tested * surprise.p_value),
        p_values,
        int(sum(counted[cut].sum() for cut in (later, earlier))),
    )


def _leads(contribution: Floats, surprises: list[Surprise | None]) -> NDArray[np.bool_]:
    """The members whose parts are large among the others and of the direction tested, shape (members,)."""
    ways = np.array([0.0 if found is None else np.sign(found.statistic) for found in surprises])
    found: NDArray[np.bool_] = ways * contribution >= LEADING * np.abs(contribution).max()
    return found & (ways * contribution > 0.0)


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
