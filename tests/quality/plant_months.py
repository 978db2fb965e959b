"""Truths in figures by month: few rows, one series a column."""

import numpy as np

from tests.quality import right_tests
from tests.quality.tables import TIME, Array, Beat, Random, World
from tests.quality.truths import (
    UP,
    Case,
    Truth,
    either,
    factor_of,
    lifted,
    pick,
    plain,
    size_of,
    target_p,
    tuned,
)

BREAKS = 10  # a search over all months for a break is worth about ten independent looks
SLACK = 2  # months by which a break may be told too early or too late


def _window(world: World, first: int, last: int) -> tuple[str, str]:
    """The days of the months from `first` to `last`."""
    months = world.cells[world.time].astype("datetime64[M]")
    ends = np.clip([first, last], 0, len(months) - 1)
    return str(months[ends[0]].astype("datetime64[D]")), str(
        (months[ends[1]] + 1).astype("datetime64[D]") - 1
    )


def trend(random: Random, world: World, size: str) -> Case:
    """A figure rises or falls by the same amount every month."""
    measure, direction = pick(random, world.measures), either(random)
    before, at = world.cells[measure], np.arange(world.rows)
    part = at / at[-1] if direction == UP else 1 - at / at[-1]

    def made(strength: float) -> Array:
        return lifted(before, np.ones(world.rows, dtype=bool), 1 + strength * part)

    def p_of(values: Array) -> float:
        return right_tests.slope(values, at)

    values = world.cells[measure] = made(tuned(lambda s: p_of(made(s)), target_p(random, size), most=3.0))
    world.cause(measure, TIME)
    world.beats.append(Beat(measure, "slope"))
    p = p_of(values)
    line = f"{measure} goes {direction} over {world.rows} months, {values[:6].mean():.4g} to {values[-6:].mean():.4g}"
    return Case(
        world,
        Truth(
            "trend_by_month", ("trend",), (plain(world, measure),), direction, p=p, size=size_of(p), line=line
        ),
    )


def change_point(random: Random, world: World, size: str) -> Case:
    """A figure keeps one level, then another."""
    measure, direction = pick(random, world.measures), either(random)
    first = int(world.rows * random.uniform(0.3, 0.7))
    before, inside = world.cells[measure], np.arange(world.rows) >= first

    def made(strength: float) -> Array:
        return lifted(before, inside, factor_of(strength, direction))

    def p_of(values: Array) -> float:
        return min(1.0, BREAKS * right_tests.welch(values, inside))

    values = world.cells[measure] = made(tuned(lambda s: p_of(made(s)), target_p(random, size), most=2.5))
    window = _window(world, first - SLACK, first + SLACK)
    world.cause(measure, TIME)
    world.beats.append(Beat(measure, "shift", window))
    p = p_of(values)
    return Case(
        world,
        Truth(
            "change_point_by_month",
            ("change_point",),
            (plain(world, measure),),
            direction,
            window=window,
            p=p,
            size=size_of(p),
            line=f"{measure} is {values[:first].mean():.4g} for {first} of {world.rows} months,"
            f" then {values[first:].mean():.4g}",
        ),
    )


def outlier(random: Random, world: World, size: str) -> Case:
    """One month of a figure is far off."""
    measure, direction = pick(random, world.measures), either(random)
    place = int(random.integers(3, world.rows - 3))
    before, inside = world.cells[measure], np.arange(world.rows) == place

    def made(strength: float) -> Array:
        return lifted(before, inside, factor_of(strength, direction))

    def p_of(values: Array) -> float:
        return right_tests.dispersion_z(values, place, places=world.rows)

    values = world.cells[measure] = made(tuned(lambda s: p_of(made(s)), target_p(random, size), most=4.0))
    window = _window(world, place, place)
    world.cause(measure, TIME)
    world.beats.append(Beat(measure, "spike", window))
    p = p_of(values)
    return Case(
        world,
        Truth(
            "outlier_by_month",
            ("outlier",),
            (plain(world, measure),),
            direction,
            window=window,
            p=p,
            size=size_of(p),
            line=f"{measure} is {values[place]:.4g} in {window[0][:7]}, {np.delete(values, place).mean():.4g} else",
        ),
    )
