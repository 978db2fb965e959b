"""The last period of a series against those before: where rows are witnesses, against all of them."""

from dataclasses import dataclass

from server.analysis import inference, periods
from server.analysis.calm import calm_last
from server.analysis.facts import Facts
from server.analysis.inference import Floats
from server.analysis.scales import expected_error, steady_scale
from server.analysis.series import Series, season

LEAST_BEFORE = 3  # periods before the last one
LEAST_HISTORY = 6  # earlier changes to compare the last one with


@dataclass(frozen=True)
class Move:
    """The last period and the one it is compared with, as indexes into the series."""

    last: int
    base: int
    statistic: float
    p_value: float
    n: int
    by_rows: bool = False  # tested against the rows of all periods before


def last_moves(facts: Facts, series: Series, *, calm: bool = False) -> tuple[Move | None, ...]:
    """In calm data the last period against all before it; else against the one before and that of a year earlier.

    With `calm` nothing in the second case.
    """
    last = len(series.values) - 1
    if last < LEAST_BEFORE:
        return ()
    moved = calm_last(facts, series)
    if moved is not None:
        return (Move(last, last - 1, moved.statistic, moved.p_value, len(series.values), by_rows=True),)
    if calm or series.thin:
        return ()
    return _against_previous(facts, series), _against_last_year(series)


def _against_previous(facts: Facts, series: Series) -> Move | None:
    values = steady_scale(series)
    cycle = periods.CYCLES[series.grain]
    if season(series, values).any():
        # What the same period a year (a week, a day) earlier had is expected, so it is taken out.
        values = values[cycle:] - values[:-cycle]
    if len(values) < LEAST_HISTORY + 2:
        return None
    surprise = inference.last_value_surprise(
        values,
        least_error=_sampling_error(facts, series),
        expected_error=expected_error(facts, series, values),
    )
    last = len(series.values) - 1
    return (
        None if surprise is None else Move(last, last - 1, surprise.statistic, surprise.p_value, surprise.n)
    )


def _sampling_error(facts: Facts, series: Series) -> float:
    """How uncertain the mean of the last period's rows is by their number alone; 0 for totals and levels."""
    if series.measure.level or series.measure.additive or series.last_rows <= 0:
        return 0.0
    if facts.is_panel:
        return 0.0
    return facts.overview[series.measure].deviation / float(series.last_rows**0.5)


def _against_last_year(series: Series) -> Move | None:
    cycle = {"month": 12, "quarter": 4}.get(series.grain)
    values = steady_scale(series)
    if cycle is None or len(values) < 2 * cycle + 1:
        return None
    return _unusual(values[cycle:] - values[:-cycle], last=len(values) - 1, base=len(values) - 1 - cycle)


def _unusual(moves: Floats, *, last: int, base: int) -> Move | None:
    """The last move as a new draw from the distribution of the earlier ones.

    Overlapping moves repeat one another; their number is cut to the independent ones they are worth.
    """
    earlier = moves[:-1]
    if len(earlier) < LEAST_HISTORY:
        return None
    worth = max(2.0, len(earlier) / inference.long_run_ratio(earlier))
    deviation = float(earlier.std(ddof=1))
    if deviation <= 0.0:
        return None
    error = deviation * (1.0 + 1.0 / worth) ** 0.5
    statistic = float(moves[-1] - earlier.mean()) / error
    return Move(last, base, statistic, inference.t_two_sided(statistic, worth - 1.0), len(moves))
