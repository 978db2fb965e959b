"""How often the tests of drivers, mix shifts, correlations and evenness pass where there is nothing to find.

Run: python -m tests.quality.cross_sizes [--tables N] [--seed N] [--only TYPE]
Prints, for each kind of table without any pattern and each type of insight, the share of tables with a material
hypothesis of p <= 0.05 and p <= 0.01.
"""

import argparse
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from claribi.v1 import insights_pb2

from server.analysis.clustering import read_clusters
from server.analysis.columns import plan_table
from server.analysis.detectors import DETECTORS
from server.analysis.facts import Facts, read_facts
from server.analysis.hypothesis import Hypothesis
from server.analysis.job import read_request
from server.analysis.scope import Scope
from tests.unit.analysis.snapshots import Column, payload_of, source_of, write_table

Table = dict[str, Column]
Random = np.random.Generator
FIRST_DAY = date(2024, 1, 1)
DAYS = 820
TYPES = ("correlation", "driver", "mix_shift", "evenness")


def _days(numbers: np.ndarray) -> Column:  # type: ignore[type-arg]
    return "DATE", [FIRST_DAY + timedelta(days=int(number)) for number in numbers]


def _real(values: np.ndarray) -> Column:  # type: ignore[type-arg]
    return "DOUBLE", np.round(values, 4)


def _words(random: Random, rows: int, *names: str) -> Column:
    return "VARCHAR", random.choice(names, rows)


def noise(random: Random) -> Table:
    """Independent rows: six measures, two categories, a flag."""
    rows = int(random.choice([400, 2000, 6000]))
    table: Table = {"day": _days(random.integers(0, DAYS, rows))}
    for name in ("height", "width", "depth", "load", "glow", "dust"):
        table[name] = _real(random.normal(50.0, 9.0, rows))
    table["area"] = _words(random, rows, "Graz", "Oslo", "Turin", "Ghent")
    table["kind"] = _words(random, rows, "web", "shop")
    table["flag"] = ("BOOLEAN", random.random(rows) < 0.3)
    return table


def heavy(random: Random) -> Table:
    """Independent rows of amounts with tails so heavy that a few rows hold much."""
    rows = int(random.choice([500, 3000]))
    table: Table = {"day": _days(random.integers(0, DAYS, rows))}
    for name, spread in (("cost", 1.5), ("price", 2.0), ("claim", 1.8)):
        table[name] = _real(random.lognormal(3.0, spread, rows))
    table["gap"] = _real(random.standard_t(2, rows))
    table["area"] = _words(random, rows, "Graz", "Oslo", "Turin", "Ghent", "Lyon")
    table["kind"] = _words(random, rows, "web", "shop")
    return table


def trending(random: Random) -> Table:
    """Rows whose measures all drift and swing with the seasons, each by itself."""
    rows = 4000
    day = random.integers(0, DAYS, rows)
    table: Table = {"day": _days(day)}
    for name in ("height", "width", "load", "glow", "dust"):
        drift = random.uniform(-1.0, 1.0) * day / DAYS * 40.0
        swing = random.uniform(0.0, 15.0) * np.sin(2 * np.pi * (day / 365.0 + random.random()))
        table[name] = _real(100.0 + drift + swing + random.normal(0.0, 9.0, rows))
    table["area"] = _words(random, rows, "Graz", "Oslo", "Turin")
    table["kind"] = _words(random, rows, "web", "shop")
    return table


def clustered(random: Random) -> Table:
    """Rows of clients, each client with its own level in every measure."""
    clients, each = int(random.choice([40, 150])), 25
    client = np.repeat(np.arange(clients), each)
    rows = clients * each
    table: Table = {
        "client_id": ("VARCHAR", [f"K{number:04d}" for number in client]),
        "day": _days(random.integers(0, DAYS, rows)),
    }
    for name in ("height", "width", "load", "glow"):
        table[name] = _real(100.0 + random.normal(0.0, 9.0, clients)[client] + random.normal(0.0, 9.0, rows))
    table["area"] = ("VARCHAR", random.choice(["Graz", "Oslo", "Turin"], clients)[client])
    table["kind"] = ("VARCHAR", random.choice(["web", "shop"], clients)[client])
    return table


def walks(random: Random) -> Table:
    """One row a day, each measure a random walk."""
    days = int(random.choice([60, 200, 800]))
    table: Table = {"day": _days(np.arange(days)), "shift": _words(random, days, "early", "late")}
    for name in ("stock", "queue", "price", "level", "load"):
        table[name] = _real(1000.0 + random.normal(0.0, 5.0, days).cumsum())
    return table


def memories(random: Random) -> Table:
    """One row a day, each measure an autoregression that swings with the weekday."""
    days = int(random.choice([120, 700]))
    table: Table = {"day": _days(np.arange(days)), "shift": _words(random, days, "early", "late")}
    for name in ("stock", "queue", "price", "level", "load"):
        values, rho = np.zeros(days), random.uniform(0.2, 0.95)
        for place in range(1, days):
            values[place] = rho * values[place - 1] + random.normal()
        week = random.normal(0.0, 2.0, 7)[np.arange(days) % 7]
        table[name] = _real(500.0 + 10.0 * (values + week))
    return table


def panel(random: Random) -> Table:
    """Shops followed by the day, each measure of each shop a random walk, so that shares wander too."""
    shops, days = int(random.choice([5, 16, 40])), 200
    shop, day = np.repeat(np.arange(shops), days), np.tile(np.arange(days), shops)
    table: Table = {"shop": ("VARCHAR", [f"Shop {number:02d}" for number in shop]), "day": _days(day)}
    for name in ("stock", "queue", "price"):
        steps = random.normal(0.0, 4.0, (shops, days)).cumsum(axis=1)
        table[name] = _real((1000.0 + steps).ravel())
    return table


NULLS: dict[str, Callable[[Random], Table]] = {
    maker.__name__: maker for maker in (noise, heavy, trending, clustered, walks, memories, panel)
}


def with_facts(table: Table, use: Callable[[Facts], list[Hypothesis]]) -> list[Hypothesis]:
    """What is proposed of a table."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        directory = Path(folder)
        source = source_of(directory, [write_table(directory, "things", table)])
        request = read_request(payload_of([source]), stack)
        made, (known, *_) = request.sources[0], request.sources[0].schema.tables
        plan = plan_table(known, lambda name: False)
        scope = Scope(made.id, made.hash, made.query, known.name, known.rows, plan.time)
        facts = read_facts(scope, plan, request.now)
        return use(replace(facts, clusters=read_clusters(facts)))


def proposals(table: Table, kind: str) -> list[Hypothesis]:
    """The hypotheses of one type of insight."""
    value = insights_pb2.InsightType.Value(f"INSIGHT_TYPE_{kind.upper()}")
    detector = next((found for found in DETECTORS if found.kind == value), None)
    return with_facts(table, detector.propose) if detector else []


def sizes(kind: str, name: str, *, tables: int, seed: int) -> tuple[float, float, float]:
    """Shares of null tables with a material hypothesis of p <= 0.05 and p <= 0.01; hypotheses a table."""
    smallest, count = [], 0
    for number in range(tables):
        random = np.random.default_rng([seed, number, list(NULLS).index(name)])
        found = [h for h in proposals(NULLS[name](random), kind) if not h.quiet]
        count += len(found)
        spoken = [h.tested.p_value * len(found) for h in found if h.material]
        smallest.append(min(spoken, default=1.0))
    p_values = np.array(smallest)
    return float((p_values <= 0.05).mean()), float((p_values <= 0.01).mean()), count / tables


def main() -> None:
    """Prints all sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=40)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", choices=TYPES)
    chosen = parser.parse_args()
    for kind in [chosen.only] if chosen.only else TYPES:
        for name in NULLS:
            five, one, count = sizes(kind, name, tables=chosen.tables, seed=chosen.seed)
            print(
                f"{kind:12} {name:10} p<=0.05 {five:.3f}  p<=0.01 {one:.3f}  hypotheses {count:.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
