"""Alikeness is shown, not concluded from silence: more even than chance, or within a margin, said quietly."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from claribi.v1 import insights_pb2, reports_pb2
from scipy import stats

from server.analysis.equivalence import alike, counts_alike, more_even_than_chance
from server.analysis.inference import Groups
from tests.unit.analysis.snapshots import Column, report_on, source_of, write_table

Table = dict[str, Column]
FIRST = date(2024, 1, 1)
AREAS = ["Oslo", "Graz", "Lyon", "Ghent", "Turin"]


def _found(table: Table, folder: Path, **fields: Any) -> list[insights_pb2.Insight]:
    folder.mkdir(exist_ok=True)
    source = source_of(folder, [write_table(folder, "orders", table)])
    report = report_on([source], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE, **fields)
    return [i for i in report.insights if i.type == insights_pb2.INSIGHT_TYPE_EVENNESS]


def _table(random: np.random.Generator, area: "np.ndarray[Any, Any]", rows: int) -> Table:
    return {
        "sold_on": ("DATE", [FIRST + timedelta(days=int(d)) for d in random.integers(0, 800, rows)]),
        "area": ("VARCHAR", area),
        "amount_usd": ("DOUBLE", random.normal(80.0, 12.0, rows)),
    }


def test_rows_dealt_out_evenly_are_more_even_than_chance(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    area = np.array(AREAS)[random.permutation(np.arange(4000) % 5)]
    (insight,) = _found(_table(random, area, 4000), tmp_path)
    assert insight.subject.dimension.column == "area"
    assert insight.subject.measure.aggregation == insights_pb2.AGGREGATION_COUNT
    assert insight.direction == insights_pb2.DIRECTION_FLAT


def test_noise_says_nothing_of_evenness(tmp_path: Path) -> None:
    for seed in range(4):
        random = np.random.default_rng(seed)
        assert _found(_table(random, random.choice(AREAS, 4000), 4000), tmp_path / str(seed)) == []


def test_a_likeness_that_is_asked_for_is_told(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    found = _found(
        _table(random, random.choice(AREAS, 4000), 4000), tmp_path, question="How does amount differ by area?"
    )
    assert [i.subject.measure.column for i in found] == ["amount_usd"]
    assert found[0].magnitude.value < 5.0


def test_shops_followed_by_the_day_are_even_by_design(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    shop, day = np.repeat(np.arange(5), 200), np.tile(np.arange(200), 5)
    table = _table(random, np.array(AREAS)[shop], 1000)
    table["sold_on"] = ("DATE", [FIRST + timedelta(days=int(d)) for d in day])
    assert _found(table, tmp_path) == []


@pytest.mark.parametrize("members", [3, 5, 9])
def test_counts_drawn_at_random_are_seldom_called_more_even_than_chance(members: int) -> None:
    random = np.random.default_rng(4)
    p_values = [
        found.p_value
        for _ in range(2000)
        if (
            found := more_even_than_chance(
                random.multinomial(members * 300, [1 / members] * members).astype(float)
            )
        )
    ]
    assert float(np.mean(np.array(p_values) <= 0.05)) <= 0.07


def test_the_probability_of_the_most_even_counts_is_exact() -> None:
    found = more_even_than_chance(np.array([21.0, 20.0, 20.0]))
    assert found is not None
    even = 3 * stats.multinomial(61, [1 / 3] * 3).pmf([21, 20, 20])
    assert found.p_value == pytest.approx(float(even))


def test_two_members_are_never_more_even_than_chance() -> None:
    assert more_even_than_chance(np.array([500.0, 500.0])) is None


def test_members_just_beyond_the_margin_pass_the_likeness_test_one_time_in_twenty_at_most() -> None:
    random = np.random.default_rng(5)
    passed = 0
    for _ in range(1000):
        # The first lies exactly a tenth above the mean of all three.
        samples = [random.normal(mean, 20.0, 400) for mean in (115.789, 100.0, 100.0)]
        parts = ([400.0] * 3, [s.mean() for s in samples], [s.var(ddof=1) for s in samples])
        found = alike(Groups(*(np.array(part) for part in parts)))
        passed += found is not None and found.p_value <= 0.05
    assert passed <= 70


def test_counts_within_the_margin_are_alike() -> None:
    near = counts_alike(np.array([10_100.0, 9_950.0, 9_950.0]))
    far = counts_alike(np.array([13_000.0, 9_000.0, 8_000.0]))
    assert near is not None
    assert far is not None
    assert near.p_value < 1e-6 < far.p_value


def test_where_rows_were_dealt_out_the_likeness_told_is_that_of_what_they_were_dealt_to(
    tmp_path: Path,
) -> None:
    random = np.random.default_rng(5)
    table = _table(random, random.choice(AREAS, 4000), 4000)
    table["arm"] = ("VARCHAR", np.array(["treated", "control"])[random.permutation(np.arange(4000) % 2)])
    table["weight"] = ("DOUBLE", random.normal(50.0, 1.0, 4000))
    # What is alike by chance is the surer, the narrower its values; and something else must be told beside it.
    table["channel"] = ("VARCHAR", random.choice(["web", "shop"], 4000, p=[0.85, 0.15]))
    (insight,) = _found(table, tmp_path)
    assert insight.subject.dimension.column == "arm"
