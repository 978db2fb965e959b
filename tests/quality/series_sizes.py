"""How often the tests along time err on series without any pattern, at the level they promise.

Run: python -m tests.quality.series_sizes [--series N] [--seed N]
"""

import argparse
from collections.abc import Callable
from datetime import datetime

import numpy as np

from server.analysis import periods
from server.analysis.breaks import level_break, without_single_values
from server.analysis.columns import Measure
from server.analysis.far_periods import furthest
from server.analysis.inference import last_value_surprise
from server.analysis.seasons import line_spectrum_test
from server.analysis.series import Series, phases, season
from server.analysis.trends import steady_trend
from tests.quality.noise import NULLS, Floats

BEGIN = datetime(2021, 1, 1)
LEVELS = (0.05, 0.01, 0.001)


def _break(values: Floats) -> float:
    found = level_break(values)
    return found.p_value if found else 1.0


def _change(values: Floats) -> float:
    found = last_value_surprise(values)
    return found.p_value if found else 1.0


def _far(values: Floats, grain: str = "month") -> float:
    """With whatever season they seem to have."""
    starts = tuple(periods.shift(BEGIN, grain, place) for place in range(len(values)))
    series = Series(Measure(None, "", "average", ""), grain, starts, values)
    found = furthest(values, season(series, without_single_values(values)), phases(series))
    return found[0].p_value if found else 1.0


def _far_along(values: Floats) -> float:
    """The same on a slope and a season of the year."""
    at = np.arange(len(values))
    return _far(values + values.std() * (6.0 * at / len(at) + 2.0 * np.sin(at * np.pi / 6.0)))


# Name, periods of a series, and the p value of its test.
TESTS: tuple[tuple[str, int, Callable[[Floats], float]], ...] = (
    ("change, months", 24, _change),
    ("trend, months", 36, lambda values: steady_trend(values).p_value),
    ("trend, weeks", 104, lambda values: steady_trend(values).p_value),
    ("change point, months", 36, _break),
    ("change point, weeks", 104, _break),
    ("season, months", 36, lambda values: line_spectrum_test(values, 12)[1]),
    ("season, weekdays", 210, lambda values: line_spectrum_test(values, 7)[1]),
    *((f"outlier, {months} months", months, _far) for months in (24, 36, 48, 60)),
    *((f"outlier, {months} months, course", months, _far_along) for months in (24, 36, 48, 60)),
    ("outlier, weeks", 104, lambda values: _far(values, "week")),
    ("outlier, days", 400, lambda values: _far(values, "day")),
)


def sizes(p_of: Callable[[Floats], float], name: str, length: int, *, series: int, seed: int) -> list[float]:
    """The share of series called significant at each level."""
    random = np.random.default_rng([seed, length])
    p_values = np.array([p_of(NULLS[name](random, length)) for _ in range(series)])
    return [float((p_values <= level).mean()) for level in LEVELS]


def main() -> None:
    """Prints all sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=500)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--test", default="", help="those whose name begins so")
    chosen = parser.parse_args()
    print(f"share of {chosen.series} patternless series called significant at {LEVELS}")
    for test, length, p_of in (one for one in TESTS if one[0].startswith(chosen.test)):
        for name in NULLS:
            found = sizes(p_of, name, length, series=chosen.series, seed=chosen.seed)
            print(f"  {test:26} {name:16} " + "  ".join(f"{share:.3f}" for share in found), flush=True)


if __name__ == "__main__":
    main()
