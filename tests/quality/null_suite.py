"""The suite of tables without a pattern: how often something is claimed."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from claribi.v1.insights_pb2 import Insight
from scipy import stats

from tests.quality.judging import FALSE, judge
from tests.quality.matching import kind_of
from tests.quality.nulls import HARD, PLAIN, UNEVEN
from tests.quality.planted_suite import Engine, claims_of, shown
from tests.quality.tables import Random, World
from tests.quality.traps import TRAPS

ASIDE = ("evenness", "forecast")
MADE: dict[str, Callable[[Random], World]] = {**PLAIN, **UNEVEN, **HARD, **TRAPS}


@dataclass
class Silence:
    """One table without a pattern and the claims that should not be there; `aside` are evenness and forecasts."""

    name: str
    seed: tuple[int, ...]
    world: World
    claims: list[Insight]
    aside: list[Insight]
    tested: int


def examine(engine: Engine, seed: int, tables: int, names: list[str]) -> list[Silence]:
    """The reports on so many tables of each shape. That members are unequal where they are is true and not counted."""
    found = []
    for name in names:
        for turn in range(tables):
            place = (seed, list(MADE).index(name), turn)
            world = MADE[name](np.random.default_rng(place))
            report = engine(world)
            said = [
                i for i in claims_of(report) if judge(i, None, world).what == FALSE or kind_of(i) in ASIDE
            ]
            claims = [i for i in said if kind_of(i) not in ASIDE]
            aside = [i for i in said if kind_of(i) in ASIDE]
            found.append(Silence(name, place, world, claims, aside, report.statistics.hypotheses_tested))
    return found


def exact(hits: int, n: int) -> str:
    """A share with its exact 95 % interval (Clopper and Pearson 1934)."""
    low = float(stats.beta.ppf(0.025, hits, n - hits + 1)) if hits else 0.0
    high = float(stats.beta.ppf(0.975, hits + 1, n - hits)) if hits < n else 1.0
    return f"{hits}/{n} = {hits / n:.3f} ({low:.3f} to {high:.3f})"


def print_null(silences: list[Silence], seed: int) -> None:
    """The share of tables with any claim, by shape and by kind of shape."""
    print(f"tables without a pattern, seed {seed}: share with any false claim (exact 95 % interval)")
    for name in dict.fromkeys(s.name for s in silences):
        mine = [s for s in silences if s.name == name]
        kinds = Counter(kind_of(i) for s in mine for i in s.claims)
        aside = Counter(kind_of(i) for s in mine for i in s.aside)
        tests = sum(s.tested for s in mine)
        print(
            f"  {name:16} {exact(sum(bool(s.claims) for s in mine), len(mine))}  tests {tests}"
            f"  {dict(kinds)}  aside {dict(aside)}"
        )
    for label, shapes in (("plain", {**PLAIN, **UNEVEN}), ("hard", HARD), ("traps", TRAPS)):
        mine = [s for s in silences if s.name in shapes]
        if mine:
            print(f"  all {label:12} {exact(sum(bool(s.claims) for s in mine), len(mine))}")


def print_false(silences: list[Silence]) -> None:
    """Each false claim."""
    for s in silences:
        for insight in s.claims:
            why = judge(insight, None, s.world).why
            print(f"FALSE ({why}) in {s.name} seed={s.seed} rows={s.world.rows}: {shown(insight)}")
