"""The course of a series that several detectors ask for: its trend and its largest step, each worked out once."""

from server.analysis.breaks import Break, in_two_units, level_break
from server.analysis.facts import Facts
from server.analysis.inference import Floats
from server.analysis.once import once
from server.analysis.scales import steady_scale
from server.analysis.seasons import evident_phases
from server.analysis.series import Series, season
from server.analysis.trends import Steadiness, Trend, steadiness, steady_trend


@once
def two_units(facts: Facts, series: Series) -> bool:
    """Whether some periods seem to be in another unit."""
    return in_two_units(series.daily().values)


@once
def unseasonal(facts: Facts, series: Series) -> Floats:
    """The values per day, shape (periods,), without what repeats with the calendar."""
    values = series.daily().values
    return values - season(series, values)


@once
def steadiness_of(facts: Facts, series: Series) -> Steadiness:
    """How steadily the series rises or falls, the season taken out."""
    return steadiness(unseasonal(facts, series))


@once
def trend_of(facts: Facts, series: Series) -> Trend:
    """The trend of the series, the season taken out."""
    return steady_trend(unseasonal(facts, series), steadiness_of(facts, series))


@once
def step_of(facts: Facts, series: Series) -> Break | None:
    """The likeliest break of level, on the scale on which the noise is steady."""
    values = steady_scale(series)
    return level_break(values, evident_phases(values, series.grain))
