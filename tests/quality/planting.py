"""Which truths go into which tables: a plan of cases, each made from a seed of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from tests.quality import plant_groups, plant_mixes, plant_months, plant_times
from tests.quality.domains import DOMAINS, distracted, named
from tests.quality.tables import Random, World
from tests.quality.truths import SIZES, Case

Planter = Callable[[Random, World, str], Case]
MEASURED = ("sales", "sessions", "subscriptions", "staff", "hospital", "campaigns")
FLAGGED = ("sales", "sessions", "subscriptions", "staff", "hospital")
TRADES = (*MEASURED, "tickets")
PAIRED = ("sales", "sessions", "subscriptions", "staff", "hospital")


@dataclass(frozen=True)
class Variant:
    """A kind of truth: the type it belongs to, who plants it, and in which trades' tables."""

    type: str
    plant: Planter
    trades: tuple[str, ...] = TRADES
    least: int = 500  # rows
    days: int = 0  # the least length of time


VARIANTS: dict[str, Variant] = {
    "change": Variant("change", plant_times.change, least=2_000),
    "change_in_rows": Variant("change", plant_times.change_in_rows, least=2_000),
    "trend": Variant("trend", plant_times.trend, (*TRADES, "sensors")),
    "trend_in_rows": Variant("trend", plant_times.trend_in_rows),
    "change_point": Variant("change_point", plant_times.change_point, (*TRADES, "sensors")),
    "outlier": Variant("outlier", plant_times.outlier, (*TRADES, "sensors"), 2_000),
    "outlier_in_group": Variant("outlier", plant_times.outlier_in_group, least=6_000),
    "season_week": Variant("seasonality", plant_times.season_week),
    "season_year": Variant(
        "seasonality",
        plant_times.season_year,
        ("sales", "subscriptions", "staff", "hospital", "tickets"),
        2_000,
        729,
    ),
    "season_month": Variant("seasonality", plant_times.season_month, least=2_000),
    "season_hour": Variant("seasonality", plant_times.season_hour, ("sessions", "tickets", "hospital")),
    "season_week_in_rows": Variant("seasonality", plant_times.season_week_in_rows),
    "group_mean": Variant("group_difference", plant_groups.mean_by_group),
    "group_rate": Variant("group_difference", plant_groups.rate_by_group, FLAGGED),
    "group_share_of_state": Variant("group_difference", plant_groups.state_by_group, ("tickets",)),
    "group_duration": Variant("group_difference", plant_groups.duration_by_group, ("tickets", "hospital")),
    "group_words": Variant("group_difference", plant_groups.words_by_group, ("tickets",)),
    "group_ratio": Variant("group_difference", plant_groups.ratio_by_group, ("campaigns",)),
    "group_bins": Variant(
        "group_difference", plant_groups.bins_of_a_number, ("sessions", "subscriptions", "staff", "hospital")
    ),
    "group_rows": Variant("group_difference", plant_groups.rows_by_group),
    "second_table": Variant("group_difference", plant_groups.second_table, MEASURED),
    "association": Variant("group_difference", plant_mixes.association),
    "concentration": Variant("concentration", plant_groups.concentration),
    "evenness": Variant("evenness", plant_groups.evenness, least=2_000),
    "driver": Variant("driver", plant_mixes.driver, least=6_000),
    "driver_offsetting": Variant("driver", plant_mixes.offsetting, least=6_000),
    "mix_shift": Variant("mix_shift", plant_mixes.mix_shift, MEASURED, 6_000),
    "reversal": Variant("mix_shift", plant_mixes.reversal, least=2_000),
    "correlation": Variant("correlation", plant_mixes.correlation, (*PAIRED, "sensors")),
    "forecast": Variant("forecast", plant_times.forecast, least=6_000),
    "trend_by_month": Variant("trend", plant_months.trend, ("ledger",)),
    "change_point_by_month": Variant("change_point", plant_months.change_point, ("ledger",)),
    "outlier_by_month": Variant("outlier", plant_months.outlier, ("ledger",)),
}
LADDER = (500, 1_000, 2_000, 4_000, 6_000, 10_000, 20_000)
TALL = (100_000, 1_000_000)


def _grown(random: Random, variant: Variant, rows: int) -> World:
    """A table of one of the trades, long enough."""
    while True:
        world = DOMAINS[str(random.choice(variant.trades))](random, max(rows, variant.least))
        if np.ptp(world.days()) >= variant.days:
            return world


def made(kind: str, size: str, seed: tuple[int, ...], *, rows: int) -> Case:
    """One planted table."""
    random = np.random.default_rng(seed)
    variant = VARIANTS[kind]
    world = distracted(random, named(random, _grown(random, variant, rows)))
    case = variant.plant(random, world, size)
    case.seed = seed
    return case


def plan(
    seed: int, tables: int, *, kinds: list[str], tall: bool
) -> Iterator[tuple[str, str, tuple[int, ...], int]]:
    """Kind, size, seed and rows of every case; with `tall` strong cases of each kind in tall tables too."""
    for kind in kinds:
        number = list(VARIANTS).index(kind)
        for place, size in enumerate(SIZES):
            for turn in range(tables):
                rows = LADDER[
                    int(np.random.default_rng([seed, number, place, turn]).integers(0, len(LADDER)))
                ]
                yield kind, size, (seed, number, place, turn), rows
        for turn, rows in enumerate(TALL if tall else ()):
            yield kind, "strong", (seed, number, 0, 10_000 + turn), rows
