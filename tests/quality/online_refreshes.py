"""How often boards claim something false over many refreshes: level by level, and on whole tables.

Run: python -m tests.quality.online_refreshes [--quick] [--seed N] [--tables N]
"""

import argparse
import base64
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from claribi.v1 import dashboards_pb2

from server.analysis.board_insights import run
from server.analysis.online import PROMISE, Batch, Wealth, most_passing
from tests.unit.analysis.snapshots import Column, payload_of, source_of, write_table

REFRESHES = 50
TESTS = 60  # hypotheses of a refresh
TRUE = 6  # of them that hold, where any do
EFFECT = 4.0  # standard errors by which those that hold stand out
OVERLAP = 0.95  # correlation of a p value's score from refresh to refresh, where data grow only

Floats = np.ndarray


@dataclass(frozen=True)
class World:
    """How the refreshes of a board hang together, and how many of its hypotheses hold."""

    name: str
    overlap: float
    true: int


WORLDS = (
    World("nothing holds, fresh data", 0.0, 0),
    World("nothing holds, growing data", OVERLAP, 0),
    World("some hold, fresh data", 0.0, TRUE),
    World("some hold, growing data", OVERLAP, TRUE),
)


@dataclass
class Tally:
    """Boards, those that ever claimed something false, and sums over boards of shares."""

    boards: int = 0
    ever_false: int = 0
    false_share: float = 0.0
    found_share: float = 0.0


def scores(random: np.random.Generator, world: World) -> Floats:
    """Scores of the hypotheses over the refreshes, shape (refreshes, hypotheses)."""
    noise = random.normal(size=(REFRESHES, TESTS))
    for step in range(1, REFRESHES):
        noise[step] = world.overlap * noise[step - 1] + (1 - world.overlap**2) ** 0.5 * noise[step]
    noise[:, : world.true] += EFFECT
    return noise


def passing(p_values: Floats, level: float) -> Floats:
    """Which pass Benjamini and Hochberg's procedure."""
    order = np.argsort(p_values)
    good = np.flatnonzero(p_values[order] <= level * np.arange(1, len(order) + 1) / len(order))
    found = np.zeros(len(order), dtype=bool)
    if len(good):
        found[order[: good[-1] + 1]] = True
    return found


def board(p_values: Floats, true: int, *, online: bool, tally: Tally) -> None:
    """One board over all refreshes."""
    wealth, false, found, all_found = Wealth(), 0, 0, 0
    for number, row in enumerate(p_values):
        level = wealth.budget().level(len(row)) if online else PROMISE
        passed = passing(row, level)
        if online:
            wealth.enter(str(number), Batch(level, int(passed.sum()), most_passing(row.tolist(), level)))
        false += int(passed[true:].sum())
        found += int(passed[:true].sum())
        all_found += int(passed.sum())
    tally.boards += 1
    tally.ever_false += false > 0
    tally.false_share += false / max(all_found, 1)
    tally.found_share += found / max(true * len(p_values), 1)


def simulate(world: World, boards: int, seed: int, *, online: bool) -> Tally:
    """So many boards of one world."""
    from scipy import special

    random, tally = np.random.default_rng(seed), Tally()
    for _ in range(boards):
        p_values = 2 * special.ndtr(-np.abs(scores(random, world)))
        board(p_values, world.true, online=online, tally=tally)
    return tally


def null_table(random: np.random.Generator, days: int) -> dict[str, Column]:
    """Sales without any pattern, the same first rows whatever the number of days."""
    rows = 12 * days
    return {
        "sold_on": ("DATE", [date(2025, 1, 1) + timedelta(days=place // 12) for place in range(rows)]),
        "area": ("VARCHAR", random.choice(["Lisbon", "Oslo", "Turin", "Graz"], rows).tolist()),
        "kind": ("VARCHAR", random.choice(["web", "phone", "fair"], rows).tolist()),
        "amount": ("DOUBLE", np.round(random.gamma(4.0, 25.0, rows), 2).tolist()),
        "weight": ("DOUBLE", np.round(random.normal(50.0, 8.0, rows), 3).tolist()),
    }


def refreshed(source: dict[str, Any], wealth: Wealth, *, online: bool) -> dashboards_pb2.Dashboard:
    """A refresh as the server has it done."""
    budget = wealth.budget()
    asked = {"limit": 5, "spendable": budget.spendable, "discoveries": budget.discoveries}
    answer = json.loads(run({**payload_of([source]), **asked, "level": None if online else PROMISE}, _silent))
    wealth.enter(source["hash"], Batch(answer["level"], answer["passed"], answer["at_most"]))
    return dashboards_pb2.Dashboard.FromString(base64.b64decode(answer["dashboard"]))


_silent: Callable[[str, float], None] = lambda phase, fraction: None  # noqa: E731


def on_tables(tables: int, refreshes: int, seed: int, *, online: bool) -> int:
    """Of so many boards on growing tables without any pattern, how many ever claimed something."""
    claimed = 0
    for number in range(tables):
        wealth, ever = Wealth(), False
        for step in range(refreshes):
            with tempfile.TemporaryDirectory() as folder:
                table = null_table(np.random.default_rng(seed + number), 200 + 7 * step)
                source = source_of(Path(folder), [write_table(Path(folder), "sales", table)])
                ever |= bool(refreshed(source, wealth, online=online).insights)
        claimed += ever
    return claimed


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer boards")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--tables", type=int, default=0, help="also whole boards on so many tables; takes long"
    )
    asked = parser.parse_args()
    boards = 200 if asked.quick else 2000
    print(f"{REFRESHES} refreshes of {TESTS} hypotheses, {boards} boards a line; promised {PROMISE:.0%}")
    print(f"{'':<30}{'boards with any false claim':>29}{'false share':>13}{'found':>8}")
    for world in WORLDS:
        for name, online in (("together", True), ("each for itself", False)):
            tally = simulate(world, boards, asked.seed, online=online)
            found = f"{tally.found_share / tally.boards:.0%}" if world.true else ""
            print(
                f"{world.name:<30}{name:>16}{tally.ever_false / tally.boards:>13.1%}"
                f"{tally.false_share / tally.boards:>13.1%}{found:>8}"
            )
    if asked.tables:
        for name, online in (("together", True), ("each for itself", False)):
            claimed = on_tables(asked.tables, 12, asked.seed, online=online)
            print(
                f"growing tables of noise, 12 refreshes, {name}: {claimed} of {asked.tables} boards claim something"
            )


if __name__ == "__main__":
    main()
