"""Tables in which nothing is to be found: plain ones, and ones that look as if there were."""

from collections.abc import Callable

import numpy as np

from tests.quality.domains import DOMAINS, autocorrelated, distracted, members, moments, named
from tests.quality.planting import VARIANTS, made
from tests.quality.tables import TIME, Array, Cells, Random, World
from tests.quality.truths import SIZES

ROWS_IN_TIME = ("change_in_rows", "trend_in_rows", "season_week_in_rows", "forecast")
BY_MONTH = ("trend_by_month", "change_point_by_month", "outlier_by_month")
UNSHUFFLED = ("evenness", "second_table", "group_ratio", *ROWS_IN_TIME, *BY_MONTH)
TRADES = ("sales", "sessions", "subscriptions", "staff", "hospital", "campaigns")


def _evened(world: World, random: Random) -> World:
    """Members with the same chance, so that unequal groups are no finding either."""
    for name in world.dimensions:
        names = np.array(sorted(set(world.cells[name])), dtype=object)
        world.cells[name] = random.choice(names, world.rows)
    world.uneven = set()
    return world


def noise(random: Random) -> World:
    """Independent columns of one of the trades, evenly spread."""
    world = DOMAINS[str(random.choice(TRADES))](random, int(random.choice([300, 1_000, 4_000, 12_000])))
    return distracted(random, named(random, _evened(world, random)))


def uneven_noise(random: Random) -> World:
    """The same with members of unequal size: their counts and sums do differ, nothing else."""
    world = DOMAINS[str(random.choice(TRADES))](random, int(random.choice([300, 1_000, 4_000, 12_000])))
    return distracted(random, named(random, world))


def permuted(random: Random) -> World:
    """A planted table with every column shuffled on its own; that leaves when the rows come, where that is planted."""
    kinds = [kind for kind in VARIANTS if kind not in UNSHUFFLED]
    kind, size = str(random.choice(kinds)), SIZES[int(random.integers(0, 2))]
    case = made(
        kind,
        size,
        tuple(int(n) for n in random.integers(0, 2**31, 2)),
        rows=int(random.choice([1_000, 4_000])),
    )
    world = case.world
    if world.span[0]:
        start = world.cells[world.span[0]]
        order = random.permutation(world.rows)
        world.cells[world.span[1]] = start + (world.cells[world.span[1]] - start)[order]
    ends = set(world.span)
    world.cells = {n: v if n in ends else v[random.permutation(len(v))] for n, v in world.cells.items()}
    world.causes, world.beats = {}, []
    # Shares of members stay what they were.
    world.uneven = {name for name, values in world.cells.items() if values.dtype.kind in "Ob"}
    return world


def forty_columns(random: Random) -> World:
    """Forty columns of noise of many shapes."""
    rows = int(random.choice([400, 1_500, 6_000]))
    world = World("forty", "wide", {"recorded_on": moments(random, rows)}, time="recorded_on")
    shapes: tuple[Callable[[], Array], ...] = (
        lambda: random.normal(100, 15, rows),
        lambda: random.lognormal(3, 1, rows),
        lambda: random.gamma(2, 20, rows),
        lambda: random.poisson(4, rows),
        lambda: random.standard_t(3, rows) + 50,
        lambda: random.random(rows) * 10,
        lambda: random.exponential(30, rows),
    )
    for number in range(26):
        world.cells[f"m{number + 1}"] = np.round(shapes[int(random.integers(0, len(shapes)))](), 3)
    for number in range(13):
        names = [f"{'abcdefghijklm'[number].upper()}{k}" for k in range(int(random.integers(2, 14)))]
        world.cells[f"class_{number + 1}"] = members(random, names, rows, even=True)
        world.dimensions.append(f"class_{number + 1}")
    return world


def heavy_tails(random: Random) -> World:
    """Very skewed and heavy-tailed values, many zeros among them."""
    rows = int(random.choice([500, 2_000, 8_000]))
    cells: Cells = {"posted_on": moments(random, rows)}
    cells["amount"] = np.round((1 + random.pareto(1.6, rows)) * 20, 2)
    cells["claim"] = np.round(random.lognormal(4, 1.8, rows) * (random.random(rows) < 0.3), 2)
    cells["balance"] = np.round(random.standard_t(2, rows) * 100, 2)
    cells["visits"] = random.negative_binomial(1, 0.1, rows)
    cells["branch"] = members(random, [f"Branch {n}" for n in range(1, 9)], rows, even=True)
    cells["product"] = members(random, ["car", "home", "life"], rows, even=True)
    return World("tails", "claims", cells, time="posted_on", dimensions=["branch", "product"])


def _daily(random: Random, days: int) -> Array:
    return np.datetime64("2026-05-31") + 1 - np.arange(days, 0, -1)


def autocorrelation(random: Random) -> World:
    """One row a day, stationary readings that remember the day before (AR 0.6 to 0.9)."""
    days = int(random.choice([150, 400, 1_000]))
    cells: Cells = {
        "day": _daily(random, days),
        "crew": members(random, ["red", "blue", "green"], days, even=True),
    }
    for name, level in (("output", 500.0), ("scrap", 40.0), ("humidity", 55.0), ("load", 20.0)):
        cells[name] = np.round(level * (1 + 0.08 * autocorrelated(random, days, random.uniform(0.6, 0.9))), 3)
    return World("autocorrelated", "plant", cells, time="day", dimensions=["crew"], series=True)


def walks(random: Random) -> World:
    """One row a day, each measure a random walk."""
    days = int(random.choice([120, 400, 1_100]))
    cells: Cells = {"day": _daily(random, days), "desk": members(random, ["early", "late"], days, even=True)}
    for name in ("price", "stock", "backlog", "index")[: int(random.integers(2, 5))]:
        cells[name] = np.round(1000.0 + random.normal(0, 4, days).cumsum(), 3)
    return World("walks", "market", cells, time="day", dimensions=["desk"], series=True)


def panel_of_walks(random: Random) -> World:
    """One row a day and shop, each shop's measure its own random walk of the same law."""
    days, shops = int(random.choice([100, 300])), int(random.choice([4, 8]))
    day = np.repeat(_daily(random, days), shops)
    names = np.tile(np.array([f"Shop {n}" for n in range(1, shops + 1)], dtype=object), days)
    cells: Cells = {"day": day, "shop": names}
    for name in ("stock", "rating_points"):
        steps = random.normal(0, 3, (days, shops))
        cells[name] = np.round(1000.0 + steps.cumsum(axis=0), 2).ravel()
    world = World("panel", "shops", cells, time="day", dimensions=["shop"], series=True)
    return world


def clusters(random: Random) -> World:
    """Few entities with a level of their own and many rows each, groups dealt to entities at random."""
    entities, rows = int(random.choice([24, 60])), int(random.choice([1_500, 6_000]))
    who = random.integers(0, entities, rows)
    cells: Cells = {
        "seen_on": moments(random, rows),
        "patient_id": np.array([f"P{n:03d}" for n in range(entities)], dtype=object)[who],
    }
    for name, names in (
        ("treatment", ["A", "B"]),
        ("sex", ["f", "m"]),
        ("clinic", ["north", "south", "east"]),
    ):
        cells[name] = members(random, names, entities, even=True)[who]
    for name, level in (("pressure", 120.0), ("glucose", 95.0)):
        cells[name] = np.round(
            level + (level / 12 * random.normal(size=entities))[who] + random.normal(0, level / 20, rows), 1
        )
    world = World("clusters", "visits", cells, time="seen_on", dimensions=["treatment", "sex", "clinic"])
    world.uneven = set(world.dimensions)
    for name in world.dimensions:
        world.cause("patient_id", name)
    for name in ("pressure", "glucose"):
        world.cause(name, f"#{name} of an entity")
        world.cause("patient_id", f"#{name} of an entity")
    return world


def plain_counts(random: Random) -> World:
    """Events without measures: only when, where and what; no season in them."""
    rows = int(random.choice([600, 3_000, 15_000]))
    cells: Cells = {"called_at": moments(random, rows, fine=True)}
    for name, count in (("line", 5), ("agent", 9), ("reason", 6)):
        cells[name] = members(random, [f"{name} {n}" for n in range(1, count + 1)], rows, even=True)
    return World("counts", "calls", cells, time="called_at", dimensions=["line", "agent", "reason"])


PLAIN: dict[str, Callable[[Random], World]] = {
    "noise": noise,
    "permuted": permuted,
    "forty_columns": forty_columns,
    "plain_counts": plain_counts,
}
HARD: dict[str, Callable[[Random], World]] = {
    "heavy_tails": heavy_tails,
    "autocorrelation": autocorrelation,
    "walks": walks,
    "panel_of_walks": panel_of_walks,
    "clusters": clusters,
}
UNEVEN: dict[str, Callable[[Random], World]] = {"uneven_noise": uneven_noise}
__all__ = ["TIME"]
