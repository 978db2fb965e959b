"""How often the 80 % interval of a goal's forecast holds what comes, for histories of several kinds.

Run: python -m tests.quality.goal_forecasts [--quick] [--seed N]
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from server.work.forecast import LEVEL, fit_course
from server.work.student import student_quantile

FIRST_DAY = date(2026, 1, 1)
GAPS = (1, 7)  # days between values
LENGTHS = (5, 10, 20, 40)  # values
AHEAD = (0.5, 1.0, 2.0)  # horizon, in lengths of the history
SLOPE, NOISE = 2.0, 10.0  # change a step, standard deviation of an innovation
SIGNIFICANT = 0.05

Floats = np.ndarray


@dataclass(frozen=True)
class Kind:
    """A kind of history: the share of a deviation that is left after a step."""

    name: str
    memory: float


KINDS = (
    Kind("noise around a line", 0.0),
    Kind("autocorrelation 0.5", 0.5),
    Kind("autocorrelation 0.8", 0.8),
    Kind("autocorrelation 0.95", 0.95),
    Kind("random walk with drift", 1.0),
)


@dataclass
class Counts:
    """Of so many forecasts: how many intervals held, of ours and of least squares; trends told where there is none."""

    worlds: int = 0
    ours: int = 0
    line: int = 0
    widths: float = 0.0
    false_trends: int = 0
    false_line_trends: int = 0


def path(random: np.random.Generator, kind: Kind, steps: int, slope: float) -> Floats:
    """Values of one history and of what comes after it; deviations begin in their long-run state where there is one."""
    noise = random.normal(0, NOISE, steps)
    deviation = np.zeros(steps)
    memory = kind.memory
    deviation[0] = noise[0] / np.sqrt(1 - memory**2) if memory < 1 else 0.0
    for step in range(1, steps):
        deviation[step] = memory * deviation[step - 1] + noise[step]
    return 100 + slope * np.arange(steps) + deviation


def least_squares(values: Floats, step: int) -> tuple[float, float, float]:
    """Ends of the interval of a new value at a step by ordinary least squares, and the t statistic of the slope."""
    n = len(values)
    time = np.arange(n) - (n - 1) / 2
    slope = float(values @ time) / float(time @ time)
    rest = values - values.mean() - slope * time
    sigma = float(np.sqrt(rest @ rest / (n - 2)))
    at = step - (n - 1) / 2
    middle = float(values.mean()) + slope * at
    half = student_quantile((1 + LEVEL) / 2, n - 2) * sigma * np.sqrt(1 + 1 / n + at**2 / float(time @ time))
    return middle - half, middle + half, slope / (sigma / np.sqrt(float(time @ time)))


def count(random: np.random.Generator, kind: Kind, length: int, *, ahead: float, worlds: int) -> Counts:
    """Forecasts of so many histories against what came."""
    counts = Counts()
    steps = max(round(ahead * length), 1)
    for world in range(worlds):
        gap = GAPS[world % len(GAPS)]
        for slope in (SLOPE, 0.0):
            values = path(random, kind, length + steps, slope)
            days = [FIRST_DAY + timedelta(days=gap * step) for step in range(length + steps)]
            course = fit_course(list(zip(days[:length], values[:length].tolist(), strict=True)))
            assert course is not None
            low, high, statistic = least_squares(values[:length], length + steps - 1)
            if slope:
                seen = course.outlook(days[-1])
                counts.worlds += 1
                counts.ours += seen.low <= values[-1] <= seen.high
                counts.line += low <= values[-1] <= high
                counts.widths += seen.high - seen.low
            else:
                counts.false_trends += course.slope_p_value() <= SIGNIFICANT
                critical = student_quantile(1 - SIGNIFICANT / 2, length - 2)
                counts.false_line_trends += abs(statistic) >= critical
    return counts


def table(worlds: int, seed: int) -> Iterator[tuple[Kind, int, float, Counts]]:
    """Every kind, length and horizon."""
    random = np.random.default_rng(seed)
    for kind in KINDS:
        for length in LENGTHS:
            for ahead in AHEAD:
                yield kind, length, ahead, count(random, kind, length, ahead=ahead, worlds=worlds)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer worlds")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    worlds = 60 if asked.quick else 300
    print(
        f"{LEVEL:.0%} interval of what comes, {worlds} histories a line; trends told where there is none, at 5 %"
    )
    print(
        f"{'history':<24}{'values':>7}{'ahead':>7}{'holds':>8}{'least squares':>15}{'trends':>8}{'by l.s.':>9}"
    )
    whole: dict[str, list[Counts]] = {}
    for kind, length, ahead, found in table(worlds, asked.seed):
        whole.setdefault(kind.name, []).append(found)
        print(
            f"{kind.name:<24}{length:>7}{ahead:>6.1f}x{found.ours / found.worlds:>8.0%}"
            f"{found.line / found.worlds:>15.0%}{found.false_trends / found.worlds:>8.0%}"
            f"{found.false_line_trends / found.worlds:>9.0%}"
        )
    print()
    for name, rows in whole.items():
        total = sum(row.worlds for row in rows)
        ours, line, trends, by_line = (
            sum(getattr(row, field) for row in rows) / total
            for field in ("ours", "line", "false_trends", "false_line_trends")
        )
        print(f"{name:<24}{'all':>7}{'':>7}{ours:>8.0%}{line:>15.0%}{trends:>8.0%}{by_line:>9.0%}")


if __name__ == "__main__":
    main()
