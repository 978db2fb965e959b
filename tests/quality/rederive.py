"""Numbers of random reports, asked again of pandas instead of DuckDB.

Run: python -m tests.quality.rederive [--reports N] [--seed N]

Each evidence value and each value of a drawn series is evaluated from its query by a second engine over data frames
(`frames`). Each size, relative size and number of rows of a finding is worked out of the raw tables from its
structured part (`rederive_findings`); a size whose structure does not say enough (what is usual around an outlier, say)
must be a re-derived number of its own evidence, or one step of arithmetic from two. What neither gives is counted as
not expressed, never as equal.
"""

import argparse
import math
import re
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from claribi.v1 import insights_pb2, reports_pb2
from sqlglot import parse_one

from tests.quality import rederive_findings, told_sizes
from tests.quality.frame_values import NotExpressed
from tests.quality.frames import Tables, cell, relation
from tests.quality.planting import VARIANTS
from tests.quality.planting import made as planted
from tests.quality.rederive_subject import NotDescribed
from tests.quality.tables import report_of
from tests.unit.analysis.snapshots import report_on, source_of
from tests.unit.profile.made import write
from tests.unit.profile.test_quality_planted import PLANTED

TOLERANCE = 1e-9
ROWS = (500, 2_000, 6_000)
_PIECES = re.compile(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'|\?|[^"\'?]+')


@dataclass
class Compared:
    """How many numbers of each kind were there, re-derived and not, and each that differs."""

    told: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def missing(self) -> list[str]:
        """What was not expressed."""
        return [what for what in self.told if what.startswith("not expressed")]


def bound(evidence: insights_pb2.Evidence) -> str:
    """The query with its parameters in their places; names may hold question marks."""
    values = iter(evidence.parameters)
    pieces = []
    for piece in _PIECES.findall(evidence.query):
        if piece != "?":
            pieces.append(piece)
            continue
        value = next(values)
        if value.HasField("string_value"):
            pieces.append("'" + value.string_value.replace("'", "''") + "'")
        else:
            pieces.append(repr(value.number_value))
    return "".join(pieces)


def same(one: float | None, other: float | None) -> bool:
    """Whether two numbers are one, or both unknown."""
    if one is None or other is None:
        return one is None and other is None
    return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=1e-9)


def compare(report: reports_pb2.Report, tables: Tables, found: Compared) -> None:
    """Asks everything in a report again."""
    numbers = {}
    for evidence in report.evidence:
        found.told["evidence"] += 1
        try:
            query = parse_one(bound(evidence), read="duckdb")
            numbers |= (
                _series(evidence, query, tables, found)
                if evidence.rows
                else _number(evidence, query, tables, found)
            )
        except NotExpressed as beyond:
            found.told[f"not expressed: {beyond}"] += 1
            continue
        found.told["evidence, re-derived"] += 1
    known = {entry.id: entry.source.table for entry in report.evidence}
    for insight in report.insights:
        name = known[insight.evidence_ids[0]]
        _size(insight, tables, name, numbers=numbers, found=found)
        _count(insight, tables, name, wrong=_wrong_rows(report, name), found=found)


def _wrong_rows(report: reports_pb2.Report, name: str) -> set[int]:
    """How many rows of a table the report says cannot be right, by each of its findings."""
    return {0, *(one.rows_affected for one in report.data_quality if one.table == name)}


def _number(evidence: Any, query: Any, tables: Tables, found: Compared) -> dict[str, float]:
    value = cell(query, tables)
    if not same(value, evidence.value):
        found.wrong.append(f"{evidence.label}: {evidence.value!r}, pandas {value!r}: {evidence.query}")
    return {} if value is None else {evidence.id: value}


def _series(evidence: Any, query: Any, tables: Tables, found: Compared) -> dict[str, float]:
    rows = relation(query, tables)
    found.told["values of series"] += len(evidence.rows)
    names = ["value", "low", "high"][: rows.shape[1] - 1]
    said = [tuple(getattr(row, one) if row.HasField(one) else None for one in names) for row in evidence.rows]
    worked = [
        tuple(None if pd.isna(value) else float(value) for value in row[1:])
        for row in rows.itertuples(index=False)
    ]
    alike = (all(map(same, one, other)) for one, other in zip(said, worked, strict=False))
    if len(said) != len(worked) or not all(alike):
        found.wrong.append(
            f"{evidence.label}: a series of {len(said)} rows, pandas has others: {evidence.query}"
        )
    return {}


def _size(
    insight: insights_pb2.Insight, tables: Tables, name: str, *, numbers: dict[str, float], found: Compared
) -> None:
    magnitude = insight.magnitude
    relative = magnitude.relative if magnitude.HasField("relative") else None
    found.told["sizes"] += 1
    try:
        worked = rederive_findings.sizes(insight, tables, name)
    except NotDescribed:
        found.told["sizes, told by evidence"] += 1
        if missing := told_sizes.told(insight, numbers):
            found.wrong.append(f"{insight.title}: no evidence tells its {', '.join(missing)}")
        return
    found.told["sizes, worked out of the tables"] += 1
    if not any(same(value, magnitude.value) and same(share, relative) for value, share in worked):
        found.wrong.append(f"{insight.title}: {magnitude.value!r}, {relative!r}, pandas {worked}")


def _count(
    insight: insights_pb2.Insight, tables: Tables, name: str, *, wrong: set[int], found: Compared
) -> None:
    """Rows that cannot be right are not tested."""
    found.told["n"] += 1
    try:
        worked = rederive_findings.counts(insight, tables, name)
    except NotDescribed as beyond:
        found.told[f"not expressed: n, {beyond}"] += 1
        return
    found.told["n, worked out of the tables"] += 1
    if not {insight.statistics.n + left_out for left_out in wrong} & worked:
        found.wrong.append(f"{insight.title}: n {insight.statistics.n}, pandas {sorted(worked)[:20]}")


def frames_of(made: dict[str, Any]) -> dict[str, pd.DataFrame]:
    """Tables as data frames."""
    return {
        name: pd.DataFrame({key: pd.Series(values) for key, values in cells.items()})
        for name, cells in made.items()
    }


def reported(turn: int, seed: int) -> tuple[reports_pb2.Report, dict[str, pd.DataFrame]]:
    """A report on a random table, or several that belong together: with a truth or a defect planted."""
    if turn % 2 == 0:
        kind = list(VARIANTS)[(seed + turn // 2) % len(VARIANTS)]
        rows = int(np.random.default_rng((seed, turn)).choice(ROWS))
        world = planted(kind, "strong", (seed, turn, 0, 0), rows=rows).world
        return report_of(world), frames_of({world.main: world.cells, **world.others})
    kinds = list(PLANTED)
    made, _ = PLANTED[kinds[(seed + 5 * turn) % len(kinds)]](np.random.default_rng((seed, turn)))
    with tempfile.TemporaryDirectory() as folder:
        stored = write(Path(folder), made)
        source = source_of(Path(folder), stored)
        return report_on([source], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE), frames_of(dict(made))


def examine(reports: int, seed: int) -> Compared:
    """So many reports on tables of all kinds."""
    found = Compared()
    for turn in range(reports):
        compare(*reported(turn, seed), found)
    return found


def main() -> None:
    """Prints how many numbers were re-derived, and each that differs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--reports", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    found = examine(chosen.reports, chosen.seed)
    for what, count in sorted(found.told.items()):
        print(f"{count:6,} {what}")
    print(f"{len(found.wrong):6,} differ")
    for line in found.wrong[:20]:
        print("  ", line)


if __name__ == "__main__":
    main()
