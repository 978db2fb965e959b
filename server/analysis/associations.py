"""Which measures of a table go together, row by row or change by change, and how sure that is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from server.analysis import dependence, periods
from server.analysis.columns import MEMBER_LIMIT
from server.analysis.dependence import Codes, Strength
from server.analysis.facts import Facts, native_grain
from server.analysis.identities import combines, made_of_one_another
from server.analysis.inference import Floats
from server.analysis.rows import RowSample
from server.analysis.series import Series, phases

CLOSELY_JUDGED = 30  # pairs whose error is worked out in full; the rest are weaker
ROWS_A_STRETCH = 5.0  # of time, on average
ROWS_A_MEMBER = 10.0  # of a dimension, for its means to be taken out
CLOCK = 0.98  # rank correlation with time from which a column is a counter or a running total
COMBINED_P = 0.001  # weaker pairs are not told anyway
UNITS_BESIDE = 5  # units in a period, from which the period's mean tells what all share
SEASONS = 3  # cycles, from which the mean of each phase is taken out
SAME_AS_RAW = 0.05  # between the coefficient over all rows and the one within time, to print the former

ROWS, LEVELS, CHANGES = "rows", "levels", "changes"


Scale = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Association:
    """Two measures by place, their strength once time and groups are out, and how it is best shown."""

    first: int
    second: int
    strength: Strength
    ranked: bool
    basis: str
    within: bool  # shown with the means of time taken out, which differs from what stands there plainly
    shown: float
    adjusted: float  # p value corrected for all pairs tested
    pairs: int


@dataclass(frozen=True)
class _View:
    """Values to correlate, shape (n, k), with what was taken out and what may still hang together."""

    plain: Floats  # as they are shown
    timed: Floats  # less the means of time
    bare: Floats  # less those of groups too
    lost: float
    clusterings: tuple[Codes, ...]
    basis: str
    units: Codes | None = None  # set where the values stand in the order of time


def associations(facts: Facts, sample: RowSample) -> list[Association]:
    """All pairs worth telling about, surest first, and at least the surest of those tested."""
    usable = _usable(sample)
    if len(usable) < 2:
        return []
    made = _made(sample, usable)
    pairs = [
        (i, j)
        for place, i in enumerate(usable)
        for j in usable[place + 1 :]
        if (i, j) not in made and not _share_a_column(sample, i, j)
    ]
    judged = _judge(facts, sample, pairs)
    return _holm([found for found in judged if not _combined(sample, found)])


def _made(sample: RowSample, usable: Sequence[int]) -> set[tuple[int, int]]:
    """Pairs made of one another; what the report derives itself, a ratio say, makes no identity of its columns."""
    own = [place for place in usable if not sample.measures[place].made]
    found = _identities(sample, usable)
    if len(own) == len(usable):
        return found
    return {pair for pair in found if not set(pair) <= set(own)} | _identities(sample, own)


def _identities(sample: RowSample, places: Sequence[int]) -> set[tuple[int, int]]:
    found = made_of_one_another(sample.values[:, places]) if places else set()
    return {(places[i], places[j]) for i, j in found}


def _combined(sample: RowSample, found: Association) -> bool:
    """Whether a pair that would be told is made of one another in a way that no sum of columns or logarithms shows."""
    return found.strength.p_value < COMBINED_P and combines(sample.values, found.first, found.second)


def _share_a_column(sample: RowSample, i: int, j: int) -> bool:
    return bool(set(sample.measures[i].columns) & set(sample.measures[j].columns))


def _usable(sample: RowSample) -> list[int]:
    """Measures that vary and do not merely count the time."""
    found = []
    for place in range(len(sample.measures)):
        values = sample.values[:, place]
        known = np.isfinite(values)
        if known.sum() < dependence.LEAST_VALUES or np.ptp(values[known]) == 0:
            continue
        if sample.period is None or not _is_clock(values[known], sample.period[known]):
            found.append(place)
    return found


def _is_clock(values: Floats, period: Codes) -> bool:
    if len(np.unique(period)) < dependence.LEAST_VALUES:
        return False
    a, b = dependence.ranks(values), dependence.ranks(period.astype(np.float64))
    return abs(float(np.corrcoef(a, b)[0, 1])) >= CLOCK


def _holm(judged: Sequence[Association]) -> list[Association]:
    """p values corrected for all pairs (Holm 1979, Scand. J. Statist. 6), surest first."""
    ordered = sorted(judged, key=lambda found: (found.strength.p_value, found.first, found.second))
    corrected, largest = [], 0.0
    for place, found in enumerate(ordered):
        largest = max(largest, min(1.0, found.strength.p_value * (found.pairs - place)))
        corrected.append(replace(found, adjusted=largest))
    return corrected


def _views(facts: Facts, sample: RowSample, scaled: Scale) -> list[_View]:
    """One view of rows, or of changes along time; where each period has one row, of levels too."""
    if (
        facts.timeline is not None
        and facts.timeline.rows.max(initial=0.0) <= 1.0
        and sample.period is not None
    ):
        return _single_views(facts, sample, scaled)
    if sample.unit is not None and sample.period is not None:
        return [_panel_view(sample, sample.groups[sample.unit], sample.period, scaled)]
    return [_row_view(sample, scaled)]


def _row_view(sample: RowSample, scaled: Scale) -> _View:
    values = scaled(sample.values)
    groupings, clusterings = [], []
    if sample.period is not None:
        periods_seen = int(sample.period.max(initial=0)) + 1
        length = max(1, int(np.ceil(ROWS_A_STRETCH * periods_seen / max(len(values), 1))))
        groupings.append(sample.period // length)
        clusterings.append(sample.period // max(length, periods_seen // 40))
    timed = dependence.without_groups(values, groupings)
    measured = {measure.column for measure in sample.measures}
    for column, codes in sample.groups.items():
        members = int(codes.max(initial=0)) + 1
        clusterings.append(codes)
        if members <= min(MEMBER_LIMIT, len(values) / ROWS_A_MEMBER) and column not in measured:
            groupings.append(codes)
    bare = dependence.without_groups(values, groupings) if groupings else timed
    lost = float(sum(len(np.unique(codes)) - 1 for codes in groupings))
    return _View(values, timed, bare, lost, tuple(clusterings), ROWS)


def _single_views(facts: Facts, sample: RowSample, scaled: Scale) -> list[_View]:
    """A series of one row a period: as changes, and as levels for those that have no memory."""
    order = np.argsort(sample.period, kind="stable") if sample.period is not None else np.arange(0)
    values = sample.values[order]
    codes = _phase_codes(facts, values.shape[0])
    one = np.zeros(len(values), dtype=np.int64)
    found = []
    for basis, shown in ((LEVELS, scaled(values)), (CHANGES, scaled(np.diff(values, axis=0)))):
        phase = codes[-len(shown) :] if codes is not None else None
        bare = dependence.without_groups(shown, [phase] if phase is not None else [])
        lost = float(len(np.unique(phase)) - 1) if phase is not None else 0.0
        found.append(_View(shown, bare, bare, lost, (), basis, one[: len(shown)]))
    return found


def _phase_codes(facts: Facts, n: int) -> Codes | None:
    """The place of each period in its cycle; None where there are too few cycles."""
    timeline = facts.timeline
    if timeline is None or len(timeline.starts) != n:
        return None
    grain = native_grain(timeline)
    cycle = periods.CYCLES[grain]
    if cycle < 2 or n < SEASONS * cycle:
        return None
    starts = tuple(periods.floor(start, grain) for start in timeline.starts)
    return phases(Series(facts.measures[0], grain, starts, np.zeros(n)))


def _panel_view(sample: RowSample, unit: Codes, period: Codes, scaled: Scale) -> _View:
    """Changes from one period to the next within each unit, less what all units share."""
    order = np.lexsort((period, unit))
    values, unit, period = sample.values[order], unit[order], period[order]
    same = unit[1:] == unit[:-1]
    moved, unit, period = scaled(np.diff(values, axis=0)[same]), unit[1:][same], period[1:][same]
    several = len(unit) >= UNITS_BESIDE * len(np.unique(period))
    groupings = [period] if several else []
    bare = dependence.without_groups(moved, groupings)
    lost = float(len(np.unique(period)) - 1) if several else 0.0
    return _View(moved, bare, bare, lost, (period, unit), CHANGES, unit)


def _judge(facts: Facts, sample: RowSample, pairs: Sequence[tuple[int, int]]) -> list[Association]:
    """The strongest pairs with their errors."""
    views = _views(facts, sample, _as_they_are)
    wild = [dependence.wild(views[-1].plain[:, i]) for i in range(len(sample.measures))]
    steady = [
        len(views) > 1 and dependence.plain_noise(_filled(views[0].bare[:, i]))
        for i in range(len(sample.measures))
    ]
    ranked = _views(facts, sample, _ranked) if any(wild) else views
    tables = {(rank, place): dependence.correlations((ranked if rank else views)[place].bare)[0]
              for rank in (False, True) for place in range(len(views))}  # fmt: skip
    rough = []
    for i, j in pairs:
        place = 0 if len(views) == 1 or steady[i] or steady[j] else 1
        by_rank = wild[i] or wild[j]
        rough.append((abs(float(tables[by_rank, place][i, j])), i, j, place, by_rank))
    rough.sort(key=lambda entry: (-entry[0], *entry[1:3]))
    found = []
    for _, i, j, place, by_rank in rough[:CLOSELY_JUDGED]:
        view = (ranked if by_rank else views)[place]
        strength = _strength(view, i, j)
        if strength is not None:
            found.append(_association(view, (i, j), strength, ranked=by_rank, pairs=len(pairs)))
    return found


def _association(
    view: _View, pair: tuple[int, int], strength: Strength, *, ranked: bool, pairs: int
) -> Association:
    plain, timed = (
        float(dependence.correlations(v[:, list(pair)])[0][0, 1]) for v in (view.plain, view.timed)
    )
    within = abs(plain - timed) > SAME_AS_RAW
    shown = timed if within else plain
    return Association(*pair, strength, ranked, view.basis, within, shown, strength.p_value, pairs)


def _strength(view: _View, i: int, j: int) -> Strength | None:
    x, y = view.bare[:, i], view.bare[:, j]
    found = dependence.strength(x, y, clusterings=view.clusterings, lost=view.lost)
    if found is None or view.units is None:
        return found
    memory = dependence.shared_memory(x, y, view.units)
    worth = min(found.worth, (found.n - view.lost) / memory)
    return dependence.judged(found.r, n=found.n, worth=worth, degrees=worth - 2.0)


def _ranked(values: Floats) -> Floats:
    return np.column_stack([dependence.ranks(values[:, i]) for i in range(values.shape[1])])


def _as_they_are(values: Floats) -> Floats:
    return values


def _filled(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, 0.0)
