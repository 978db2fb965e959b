"""Rows are witnesses of a course through time only where they do not hang together."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from claribi.v1 import insights_pb2

from server.analysis.calm import calm_slope, calm_step
from server.analysis.columns import plan_table
from server.analysis.facts import Facts, read_facts
from server.analysis.job import read_request
from server.analysis.scope import Scope
from server.analysis.series import overall_series
from tests.unit.analysis.snapshots import Column, payload_of, report_on, source_of, write_table

DAYS, ROWS = 500, 3000
Random = np.random.Generator


def _table(random: Random, mean: Callable[[Any], Any]) -> dict[str, Column]:
    day = np.sort(random.integers(0, DAYS, ROWS))
    moments = [
        datetime(2025, 1, 1, 8) + timedelta(days=int(d), minutes=int(m))
        for d, m in zip(day, random.integers(0, 600, ROWS), strict=True)
    ]
    return {
        "seen_at": ("TIMESTAMP", moments),
        "score": ("DOUBLE", np.round(mean(day) + random.normal(0, 20.0, ROWS), 3)),
        "site": ("VARCHAR", random.choice(["a", "b", "c"], ROWS)),
    }


def _types(folder: Path, table: dict[str, Column]) -> set[int]:
    report = report_on([source_of(folder, [write_table(folder, "visits", table)])])
    return {insight.type for insight in report.insights if insight.subject.measure.column == "score"}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_small_step_and_a_small_slope_of_independent_rows_are_told_apart(tmp_path: Path, seed: int) -> None:
    for name, mean in (
        ("step", lambda day: 50.0 + 6.0 * (day >= 300)),
        ("slope", lambda day: 50.0 + 10.0 * day / DAYS),
    ):
        (folder := tmp_path / name).mkdir()
        found = _types(folder, _table(np.random.default_rng(seed), mean))
        wanted = insights_pb2.INSIGHT_TYPE_CHANGE_POINT if name == "step" else insights_pb2.INSIGHT_TYPE_TREND
        assert wanted in found


def _facts(folder: Path, table: dict[str, Column], stack: ExitStack) -> Facts:
    """The table as the engine reads it."""
    source = source_of(folder, [write_table(folder, "visits", table)])
    request = read_request(payload_of([source]), stack)
    found = request.sources[0]
    schema = found.schema.tables[0]
    plan = plan_table(schema, lambda _: False)
    return read_facts(
        Scope(found.id, found.hash, found.query, schema.name, schema.rows, plan.time), plan, request.now
    )


@pytest.mark.parametrize("seed", range(6))
def test_rows_that_share_a_wandering_level_are_no_witnesses(tmp_path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    level = 50.0 + random.normal(0, 1.0, DAYS).cumsum()
    with ExitStack() as stack:
        facts = _facts(tmp_path, _table(random, lambda day: level[day]), stack)
        series = overall_series(facts, next(m for m in facts.measures if m.column == "score"), "week")
        assert series is not None
        assert calm_slope(facts, series) is None
        assert calm_step(facts, series) is None
