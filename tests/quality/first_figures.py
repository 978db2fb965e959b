"""Figures of the analysis engine: what it finds of what was planted, and what it claims where there is nothing.

Run: python -m tests.quality.first_figures [--quick] [--seed N]
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from claribi.v1 import insights_pb2, reports_pb2

from tests.unit.analysis.snapshots import Column, report_on, source_of, write_table

Table = dict[str, Column]
Random = np.random.Generator
FIRST_DAY = date(2024, 4, 1)
SHAPES = ("change", "trend", "group_difference", "concentration", "outlier")


@dataclass(frozen=True)
class Planted:
    """A table and how to recognise what was planted in it."""

    table: Table
    recognise: Callable[[insights_pb2.Insight], bool]


def plain_sales(random: Random, *, rows: int, days: int) -> dict[str, Any]:
    """Rows without any pattern: a day, two categories, two amounts."""
    return {
        "day": random.integers(0, days, rows),
        "area": random.choice(["Lisbon", "Oslo", "Turin", "Graz", "Ghent"], rows),
        "kind": random.choice(["walk-in", "web", "phone", "partner", "fair", "mail", "agent", "other"], rows),
        "amount": random.gamma(4.0, 25.0, rows),
        "weight": random.normal(50.0, 8.0, rows),
    }


def as_table(cells: dict[str, Any]) -> Table:
    """The cells with their SQL types."""
    days = [FIRST_DAY + timedelta(days=int(day)) for day in cells["day"]]
    return {
        "sold_on": ("DATE", days),
        "area": ("VARCHAR", list(cells["area"])),
        "kind": ("VARCHAR", list(cells["kind"])),
        "amount": ("DOUBLE", np.round(cells["amount"], 2)),
        "weight": ("DOUBLE", np.round(cells["weight"], 3)),
    }


def change(random: Random, strong: bool) -> Planted:
    """The last month of two years sells less."""
    days = 730  # to 31 March 2026
    cells = plain_sales(random, rows=6000, days=days)
    last_month = cells["day"] >= days - 31
    cells["amount"] = np.where(last_month, cells["amount"] * (0.55 if strong else 0.7), cells["amount"])

    def recognise(insight: insights_pb2.Insight) -> bool:
        time_span = insight.subject.time
        return (
            insight.type == insights_pb2.INSIGHT_TYPE_CHANGE
            and insight.direction == insights_pb2.DIRECTION_DECREASE
            and insight.subject.measure.column == "amount"
            and time_span.to >= "2026-03-25"
        )

    return Planted(as_table(cells), recognise)


def trend(random: Random, strong: bool) -> Planted:
    """Amounts grow steadily over two years."""
    cells = plain_sales(random, rows=6000, days=730)
    cells["amount"] = cells["amount"] * (1.0 + (0.6 if strong else 0.35) * cells["day"] / 730)

    def recognise(insight: insights_pb2.Insight) -> bool:
        return (
            insight.type == insights_pb2.INSIGHT_TYPE_TREND
            and insight.direction == insights_pb2.DIRECTION_INCREASE
            and insight.subject.measure.column == "amount"
        )

    return Planted(as_table(cells), recognise)


def group_difference(random: Random, strong: bool) -> Planted:
    """One place weighs more."""
    cells = plain_sales(random, rows=2000, days=365)
    cells["weight"] = cells["weight"] + (cells["area"] == "Oslo") * (6.4 if strong else 3.2)

    def recognise(insight: insights_pb2.Insight) -> bool:
        return (
            insight.type == insights_pb2.INSIGHT_TYPE_GROUP_DIFFERENCE
            and insight.subject.measure.column == "weight"
            and insight.subject.dimension.member == "Oslo"
            and insight.direction == insights_pb2.DIRECTION_HIGHER
        )

    return Planted(as_table(cells), recognise)


def concentration(random: Random, strong: bool) -> Planted:
    """One way of selling brings most of the amount."""
    cells = plain_sales(random, rows=2000, days=365)
    cells["amount"] = cells["amount"] * np.where(cells["kind"] == "web", 16.0 if strong else 7.0, 1.0)

    def recognise(insight: insights_pb2.Insight) -> bool:
        return (
            insight.type == insights_pb2.INSIGHT_TYPE_CONCENTRATION
            and insight.subject.measure.column == "amount"
            and insight.subject.dimension.member == "web"
        )

    return Planted(as_table(cells), recognise)


def outlier(random: Random, strong: bool) -> Planted:
    """One day sells several times the usual."""
    cells = plain_sales(random, rows=7300, days=365)
    day = int(random.integers(20, 340))
    cells["amount"] = np.where(
        cells["day"] == day, cells["amount"] * (4.0 if strong else 2.8), cells["amount"]
    )
    when = (FIRST_DAY + timedelta(days=day)).isoformat()

    def recognise(insight: insights_pb2.Insight) -> bool:
        time_span = insight.subject.time
        return (
            insight.type == insights_pb2.INSIGHT_TYPE_OUTLIER
            and insight.subject.measure.column == "amount"
            and getattr(time_span, "from") <= when <= time_span.to
        )

    return Planted(as_table(cells), recognise)


def noise(random: Random) -> Table:
    """Nothing but chance, of one of several shapes."""
    rows, days = int(random.choice([300, 1500, 6000])), int(random.choice([90, 365, 760]))
    cells = plain_sales(random, rows=rows, days=days)
    cells["amount"] = random.choice([random.gamma(2.0, 30.0, rows), random.lognormal(3.0, 1.0, rows)])
    table = as_table(cells)
    table["flag"] = ("BOOLEAN", random.random(rows) < 0.3)
    table["client_id"] = ("VARCHAR", [f"K{number:04d}" for number in random.integers(0, rows // 5, rows)])
    return table


def walks(random: Random) -> Table:
    """One row a day, each measure a random walk, one category drawn at random."""
    days = int(random.choice([120, 400, 1100]))
    moments = [FIRST_DAY + timedelta(days=day) for day in range(days)]
    table: Table = {"day": ("DATE", moments), "shift": ("VARCHAR", random.choice(["early", "late"], days))}
    for name in ("pressure", "stock", "price", "queue"):
        table[name] = ("DOUBLE", np.round(1000.0 + random.normal(0.0, 4.0, days).cumsum(), 3))
    return table


PLANTERS = {
    "change": change,
    "trend": trend,
    "group_difference": group_difference,
    "concentration": concentration,
    "outlier": outlier,
}


def report_of(table: Table, seed: int) -> reports_pb2.Report:
    """The comprehensive report on one table."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        source = source_of(directory, [write_table(directory, "sales", table)])
        return report_on([source], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE, seed=seed)


def print_recall(seed: int, tables: int) -> None:
    """Prints, for each shape and strength, how often the planted fact is among the first 5 and 20 insights."""
    print(f"recall of what was planted, {tables} tables each")
    for shape in SHAPES:
        for strong in (True, False):
            places = []
            for number in range(tables):
                planted = PLANTERS[shape](np.random.default_rng([seed, number, SHAPES.index(shape)]), strong)
                report = report_of(planted.table, seed)
                places.append(next((i.rank for i in report.insights if planted.recognise(i)), 999))
            at5, at20 = (np.mean([place <= limit for place in places]) for limit in (5, 20))
            others = "strong" if strong else "medium"
            print(f"  {shape:17} {others}  recall@5 {at5:.2f}  recall@20 {at20:.2f}  n={tables}", flush=True)


def print_null(name: str, make: Callable[[Random], Table], seed: int, tables: int) -> None:
    """Prints the share of tables without any pattern on which something is claimed."""
    claims: list[str] = []
    claimed = tested = 0
    for number in range(tables):
        report = report_of(make(np.random.default_rng([seed, number, 99])), seed)
        claimed += bool(report.insights)
        tested += report.statistics.hypotheses_tested
        claims += [insights_pb2.InsightType.Name(i.type)[13:].lower() for i in report.insights]
    kinds = {kind: claims.count(kind) for kind in sorted(set(claims))}
    print(
        f"{name}: {claimed}/{tables} tables with a claim ({claimed / tables:.3f}); tests {tested}; claims {kinds}"
    )


def print_speed(seed: int, rows: int) -> None:
    """Prints the CPU seconds of one analysis of a table of 12 columns."""
    random = np.random.default_rng([seed, rows])
    cells = as_table(plain_sales(random, rows=rows, days=730))
    for number in range(4):
        cells[f"amount_{number}"] = ("DOUBLE", np.round(random.gamma(2.0, 10.0, rows), 2))
    for number in range(3):
        cells[f"class_{number}"] = ("VARCHAR", random.choice([f"c{k}" for k in range(4 + 6 * number)], rows))
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        source = source_of(directory, [write_table(directory, "sales", cells)])
        cpu, wall = time.process_time(), time.perf_counter()
        report = report_on([source], seed=seed)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(f"{rows:,} rows x {len(cells)} columns: {cpu:.2f} CPU s, {wall:.2f} s, "
          f"{report.statistics.hypotheses_tested} tests, {len(report.evidence)} evidence")  # fmt: skip


def main() -> None:
    """Prints all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer tables, under a minute")
    parser.add_argument("--seed", type=int, default=20)
    chosen = parser.parse_args()
    print_recall(chosen.seed, 4 if chosen.quick else 20)
    print_null("noise", noise, chosen.seed, 15 if chosen.quick else 200)
    print_null("random walks", walks, chosen.seed, 15 if chosen.quick else 200)
    print_speed(chosen.seed, 100_000)


if __name__ == "__main__":
    main()
