"""Single values far beyond all others are told; the ends of clean columns, heavy or thin, are not."""

from collections.abc import Callable

import numpy as np
import pytest

from server.analysis.inference import Floats
from server.analysis.quality_far import how_many_far

Random = np.random.Generator
CLEAN: dict[str, Callable[[Random, int], Floats]] = {
    "normal": lambda random, rows: random.normal(50, 10, rows),
    "a few degrees of freedom": lambda random, rows: random.standard_t(3, rows),
    "lognormal": lambda random, rows: random.lognormal(3, 1.5, rows),
    "Pareto": lambda random, rows: random.pareto(1.2, rows),
    "exponential": lambda random, rows: random.exponential(1, rows),
    "small counts": lambda random, rows: random.poisson(0.3, rows).astype(float),
    "counts": lambda random, rows: random.poisson(5, rows).astype(float),
    "overdispersed counts": lambda random, rows: random.negative_binomial(0.5, 0.1, rows).astype(float),
    "uniform": lambda random, rows: random.random(rows),
    "mostly nothing": lambda random, rows: np.where(
        random.random(rows) < 0.8, 0, random.lognormal(3, 1, rows)
    ),
    "two kinds": lambda random, rows: np.where(
        random.random(rows) < 0.9, random.normal(10, 1, rows), random.normal(30, 3, rows)
    ),
    "rounded": lambda random, rows: 5 * np.round(random.lognormal(3, 0.8, rows) / 5),
}


def _far(values: Floats) -> int:
    tail = np.sort(values)[::-1]
    return how_many_far(tail[: min(401, max(51, len(tail) // 5 + 1))], len(tail))


@pytest.mark.parametrize("kind", CLEAN)
def test_the_end_of_a_clean_column_is_not_far(kind: str) -> None:
    random = np.random.default_rng(2)
    drawn = [CLEAN[kind](random, rows) for rows in (130, 500, 5_000) for _ in range(8)]
    assert [len(values) for values in drawn if _far(values)] == []


@pytest.mark.parametrize(("rows", "far"), [(130, 1e3), (500, 400.0), (2_000, 140.0), (20_000, 180.0)])
def test_one_value_beyond_a_thin_end_is_far(rows: int, far: float) -> None:
    values = np.random.default_rng(3).normal(50, 10, rows)
    assert _far(np.append(values, far)) == 1


def test_a_lost_decimal_point_is_found_among_skewed_amounts() -> None:
    values = np.random.default_rng(4).lognormal(5, 0.6, 5_000)
    values[7] *= 1_000
    assert _far(values) == 1


def test_a_heavy_end_forgives_what_a_thin_one_does_not() -> None:
    random = np.random.default_rng(5)
    heavy, thin = random.pareto(1.1, 2_000), random.normal(0, 1, 2_000)
    assert _far(np.append(heavy, 3 * heavy.max())) == 0
    assert _far(np.append(thin, 3 * thin.max())) == 1


def test_several_far_values_do_not_hide_one_another() -> None:
    values = np.random.default_rng(6).normal(50, 10, 1_000)
    assert _far(np.append(values, [1e4, 1.01e4, 1.02e4])) == 3


def test_a_group_of_its_own_is_not_far() -> None:
    values = np.random.default_rng(7).normal(50, 10, 1_000)
    assert _far(np.append(values, np.linspace(900, 1_000, 30))) == 0
