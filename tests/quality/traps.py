"""Tables that look as if there were a finding: what a careless reader would tell of them is an error of the data.

The claims counted are the false ones only: trends are true in a table of trends, their correlation is not.
"""

from collections.abc import Callable

import numpy as np

from tests.quality.domains import DOMAINS, autocorrelated, distracted, members, moments, named
from tests.quality.tables import TIME, Beat, Random, World


def _ending(world: World, first: np.datetime64) -> World:
    """Only what happened before a day."""
    keep = world.cells[world.time].astype("datetime64[D]") < first
    world.cells = {name: values[keep] for name, values in world.cells.items()}
    return world


def partial_period(random: Random) -> World:
    """Plain orders or visits that end some days into a month: its total is small, nothing fell."""
    trade = str(random.choice(["sales", "sessions", "subscriptions", "campaigns"]))
    world = distracted(random, named(random, DOMAINS[trade](random, int(random.choice([3_000, 12_000])))))
    last = world.cells[world.time].astype("datetime64[M]").max().astype("datetime64[D]")
    return _ending(world, last + int(random.integers(2, 12)))


def censored(random: Random) -> World:
    """Cases that take weeks: of the last ones only the short are over, so that durations seem to fall."""
    trade = str(random.choice(["tickets", "hospital"]))
    world = DOMAINS[trade](random, int(random.choice([3_000, 12_000])))
    start, end = world.span
    days = random.gamma(1.5, float(random.choice([12.0, 25.0])), world.rows)
    closed = world.cells[start] + (days * 86_400).astype(np.int64).astype("timedelta64[s]")
    late = closed > world.cells[start].max()
    closed[late] = np.datetime64("NaT")
    world.cells[end] = closed
    if world.state:
        states = world.cells[world.state]
        states[states == "Open"] = "Closed"
        states[late] = "Open"
    return distracted(random, named(random, world))


def unfinished(random: Random) -> World:
    """Jobs at one pace for all time: those begun last are still on their way, with the moment of the end or without."""
    rows = int(random.choice([1_500, 5_000, 20_000]))
    begun = moments(random, rows, fine=True)
    pace = float(random.choice([6.0, 40.0, 150.0])) * 3_600  # seconds, the mean
    ready, over = begun + np.cumsum(random.exponential(pace / 2, (2, rows)), axis=0).astype("timedelta64[s]")
    until = (begun.max().astype("datetime64[D]") + 1).astype("datetime64[s]")
    world = World("unfinished", "jobs", {"begun": begun}, time="begun", dimensions=["hall", "stage"])
    early = np.where(ready < until, "packed", "in work")
    world.cells["stage"] = np.where(over < until, "handed over", early).astype(object)
    world.cells["hall"] = members(random, ["A", "B", "C"], rows, even=True)
    world.cells["weight"] = np.round(random.gamma(4.0, 3.0, rows), 2)
    world.uneven = {"stage"}
    if random.random() < 0.5:
        world.cells["handed_over"] = np.where(over < until, over, np.datetime64("NaT"))
        world.cause("handed_over", "begun", "stage")
    return world


def unit_jump(random: Random) -> World:
    """From some month on one measure is written in another unit."""
    world = DOMAINS[str(random.choice(["sales", "subscriptions", "staff"]))](random, 6_000)
    months = world.cells[world.time].astype("datetime64[M]")
    each = np.unique(months)
    after = months >= each[int(len(each) * random.uniform(0.4, 0.9))]
    measure = next(name for name in world.measures if world.cells[name].dtype.kind == "f")
    base = np.abs(random.normal(80, 9, world.rows)) + 20
    world.cells[measure] = np.round(np.where(after, base * float(random.choice([100.0, 1000.0])), base), 2)
    world.traps.add("unit_jump")
    return distracted(random, named(random, world))


def shared_trends(random: Random) -> World:
    """One row a day or week, series that grow or fall, each for itself: no two have anything to do with each other."""
    rows = int(random.choice([150, 400, 800]))
    step = np.timedelta64(int(random.choice([1, 7])), "D")
    day = np.datetime64("2026-05-31") - step * np.arange(rows - 1, -1, -1)
    world = World("trends", "figures", {"day": day}, time="day", series=True)
    part = np.linspace(0, 1, rows)
    for name, level in (("members", 900.0), ("complaints", 60.0), ("power", 300.0), ("spending", 5_000.0)):
        slope = float(random.choice([-0.5, 0.6, 1.0]))
        memory = random.uniform(0.0, 0.6)
        world.cells[name] = np.round(
            level * (1 + slope * part + 0.07 * autocorrelated(random, rows, memory)), 2
        )
        world.cause(name, TIME)
        world.beats.append(Beat(name, "slope"))
    world.cells["office"] = members(random, ["Graz", "Ghent"], rows, even=True)
    world.dimensions = ["office"]
    return world


def shared_weeks(random: Random) -> World:
    """One row a day, series that all rest on weekends: the week ties them, nothing else."""
    rows = int(random.choice([180, 400, 800]))
    day = np.datetime64("2026-05-31") - np.arange(rows - 1, -1, -1)
    world = World("weeks", "figures", {"day": day}, time="day", series=True)
    weekend = (day.astype(int) + 3) % 7 >= 5
    for name, level in (("calls", 400.0), ("orders", 90.0), ("hours", 700.0)):
        world.cells[name] = np.round(
            level * (np.where(weekend, 0.5, 1.0) + 0.1 * random.normal(size=rows)), 2
        )
        world.cause(name, TIME)
        world.beats.append(Beat(name, "cycle", cycle="week"))
    return world


TRAPS: dict[str, Callable[[Random], World]] = {
    "trap_partial": partial_period,
    "trap_censored": censored,
    "trap_unit_jump": unit_jump,
    "trap_trends": shared_trends,
    "trap_weeks": shared_weeks,
    "trap_unfinished": unfinished,
}
