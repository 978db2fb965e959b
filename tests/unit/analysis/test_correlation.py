"""Correlations: found where measures go together, silent where time, clients or arithmetic make them."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from claribi.v1 import insights_pb2, reports_pb2

from tests.unit.analysis.snapshots import Column, report_on, source_of, write_table

Table = dict[str, Column]
FIRST = date(2024, 1, 1)


def _days(numbers: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> Column:
    return "DATE", [FIRST + timedelta(days=int(number)) for number in numbers]


def _found(table: Table, folder: Path) -> list[insights_pb2.Insight]:
    folder.mkdir(exist_ok=True)
    source = source_of(folder, [write_table(folder, "orders", table)])
    report = report_on([source], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE)
    return [i for i in report.insights if i.type == insights_pb2.INSIGHT_TYPE_CORRELATION]


def _pairs(found: list[insights_pb2.Insight]) -> set[frozenset[str]]:
    return {frozenset((i.subject.measure.column, i.subject.second.column)) for i in found}


def _rows(random: np.random.Generator, rows: int = 3000) -> Table:
    return {
        "sold_on": _days(random.integers(0, 800, rows)),
        "area": ("VARCHAR", random.choice(["Oslo", "Graz", "Lyon"], rows)),
    }


@pytest.mark.parametrize(("slope", "direction"), [(1, "POSITIVE"), (-1, "NEGATIVE")])
def test_two_measures_of_the_same_rows_are_told_with_their_coefficient(
    slope: int, direction: str, tmp_path: Path
) -> None:
    random = np.random.default_rng(1)
    table = _rows(random)
    load = random.normal(40.0, 6.0, 3000)
    wear = 100.0 + slope * load + random.normal(0.0, 8.0, 3000)
    table |= {
        "Load (kg)": ("DOUBLE", load),
        'we"ar': ("DOUBLE", wear),
        "hue": ("DOUBLE", random.normal(9, 1, 3000)),
    }
    (insight,) = _found(table, tmp_path)
    assert _pairs([insight]) == {frozenset(("Load (kg)", 'we"ar'))}
    assert insight.direction == insights_pb2.Direction.Value(f"DIRECTION_{direction}")
    assert insight.magnitude.value == pytest.approx(np.corrcoef(load, wear)[0, 1], abs=1e-9)
    assert insight.statistics.interval.low < insight.magnitude.value < insight.statistics.interval.high


def test_skewed_amounts_are_compared_by_rank(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    table = _rows(random)
    common = random.normal(0.0, 1.0, 3000)
    table["claim"] = ("DOUBLE", np.exp(1.5 * common + random.normal(0.0, 1.5, 3000)))
    table["repair"] = ("DOUBLE", np.exp(1.5 * common + random.normal(0.0, 1.5, 3000)))
    (insight,) = _found(table, tmp_path)
    assert insight.statistics.effect.name == "spearman_rho"
    assert 0.4 < insight.magnitude.value < 0.55


def test_columns_made_of_one_another_are_no_news(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    table = _rows(random)
    quantity, each = random.integers(1, 20, 3000), np.round(random.gamma(9.0, 3.0, 3000), 2)
    cost, fee = random.gamma(8.0, 9.0, 3000), random.gamma(8.0, 4.0, 3000)
    table |= {
        "quantity": ("BIGINT", quantity),
        "unit_price": ("DOUBLE", each),
        "amount": ("DOUBLE", np.round(quantity * each, 2)),
        "cost": ("DOUBLE", cost),
        "fee": ("DOUBLE", fee),
        "outlay": ("DOUBLE", cost + fee),
        "cost_eur": ("DOUBLE", np.round(cost * 0.92, 2)),
        "band": ("DOUBLE", np.floor(each / 5.0) * 1.7),
    }
    assert _pairs(_found(table, tmp_path)) == set()


def test_a_ratio_that_the_report_makes_does_not_hide_how_its_columns_go_together(tmp_path: Path) -> None:
    random = np.random.default_rng(12)
    sessions = random.normal(10_000.0, 900.0, 500)
    table: Table = {
        "day": _days(np.arange(500)),
        "sessions": ("BIGINT", sessions.round().astype(int)),
        "revenue": ("DOUBLE", 900.0 - sessions / 25.0 + random.normal(0.0, 40.0, 500)),
    }
    assert frozenset(("sessions", "revenue")) in _pairs(_found(table, tmp_path))


def test_a_trend_that_two_measures_share_is_no_correlation(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    day = random.integers(0, 800, 4000)
    table: Table = {"sold_on": _days(day)}
    for name in ("height", "width", "glow"):
        table[name] = ("DOUBLE", 50.0 + day / 20.0 + random.normal(0.0, 6.0, 4000))
    assert _found(table, tmp_path) == []


def test_random_walks_side_by_side_are_no_correlation(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    table: Table = {"day": _days(np.arange(400))}
    for name in ("stock", "queue", "price", "load"):
        table[name] = ("DOUBLE", 900.0 + random.normal(0.0, 5.0, 400).cumsum())
    assert _found(table, tmp_path) == []


def test_changes_that_go_together_are_found_under_random_walks(tmp_path: Path) -> None:
    random = np.random.default_rng(6)
    steps = random.normal(0.0, 5.0, (400, 2))
    steps[:, 1] = 0.8 * steps[:, 0] + 0.6 * steps[:, 1]
    stock, queue = (900.0 + steps[:, i].cumsum() for i in (0, 1))
    (insight,) = _found(
        {"day": _days(np.arange(400)), "stock": ("DOUBLE", stock), "queue": ("DOUBLE", queue)}, tmp_path
    )
    assert 0.7 < insight.magnitude.value < 0.9
    assert "changes are compared" in insight.narrative.lower()


def test_clients_with_levels_of_their_own_make_no_correlation(tmp_path: Path) -> None:
    quiet = 0
    for seed in range(6):
        random = np.random.default_rng(seed)
        client = np.repeat(np.arange(30), 60)
        table: Table = {
            "client_id": ("VARCHAR", [f"K{number:03d}" for number in client]),
            "sold_on": _days(random.integers(0, 800, len(client))),
        }
        for name in ("height", "width", "glow"):
            table[name] = ("DOUBLE", 50 + random.normal(0, 9, 30)[client] + random.normal(0, 5, len(client)))
        quiet += not _found(table, tmp_path / str(seed))
    assert quiet >= 5


def test_a_running_total_does_not_go_with_anything(tmp_path: Path) -> None:
    random = np.random.default_rng(8)
    sold = random.gamma(9.0, 4.0, 500)
    found = _found(
        {"day": _days(np.arange(500)), "sold": ("DOUBLE", sold), "sold_so_far": ("DOUBLE", sold.cumsum())},
        tmp_path,
    )
    assert found == []


def test_too_few_rows_say_nothing(tmp_path: Path) -> None:
    pairs: Table = {"a": ("DOUBLE", range(9)), "b": ("DOUBLE", [1, 2, 3, 5, 4, 6, 7, 9, 8])}
    assert _found(pairs, tmp_path) == []


def test_a_link_on_top_of_a_shared_trend_is_measured_within_time(tmp_path: Path) -> None:
    random = np.random.default_rng(9)
    day = random.integers(0, 800, 4000)
    common = random.normal(0.0, 5.0, 4000)
    load = day / 20.0 + common + random.normal(0.0, 5.0, 4000)
    wear = day / 20.0 + common + random.normal(0.0, 5.0, 4000)
    (insight,) = _found({"sold_on": _days(day), "load": ("DOUBLE", load), "wear": ("DOUBLE", wear)}, tmp_path)
    assert insight.magnitude.value == pytest.approx(0.5, abs=0.05)
    assert "Within one period" in insight.narrative


def test_shops_followed_by_the_day_are_compared_by_their_changes(tmp_path: Path) -> None:
    random = np.random.default_rng(10)
    shop, day = np.repeat(np.arange(30), 300), np.tile(np.arange(300), 30)
    steps = random.normal(0.0, 4.0, (2, 30, 300))
    steps[1] = 0.6 * steps[0] + 0.8 * steps[1]
    stock, queue = 1000.0 + steps.cumsum(axis=2).reshape(2, -1)
    table: Table = {
        "shop": ("VARCHAR", [f"Shop {number:02d}" for number in shop]),
        "day": _days(day),
        "stock": ("DOUBLE", stock),
        "queue": ("DOUBLE", queue),
        "price": ("DOUBLE", 1000.0 + random.normal(0.0, 4.0, (30, 300)).cumsum(axis=1).ravel()),
    }
    (insight,) = _found(table, tmp_path)
    assert insight.magnitude.value == pytest.approx(0.6, abs=0.03)


def test_a_week_that_two_series_share_is_no_correlation(tmp_path: Path) -> None:
    random = np.random.default_rng(11)
    week = np.tile([0.0, 1.0, 2.0, 3.0, 9.0, 12.0, 4.0], 60)
    table: Table = {"day": _days(np.arange(420))}
    for name in ("stock", "queue"):
        table[name] = ("DOUBLE", 100.0 + week + random.normal(0.0, 2.0, 420))
    assert _found(table, tmp_path) == []


def test_a_link_beside_a_shared_week_is_told_without_the_week(tmp_path: Path) -> None:
    random = np.random.default_rng(12)
    week = np.tile([0.0, 1.0, 2.0, 3.0, 9.0, 12.0, 4.0], 60)
    common = random.normal(0.0, 2.0, 420)
    table: Table = {
        "day": _days(np.arange(420)),
        "shift": ("VARCHAR", random.choice(["early", "late"], 420)),
        "stock": ("DOUBLE", 100.0 + week + common + random.normal(0.0, 2.0, 420)),
        "queue": ("DOUBLE", 100.0 + week + common + random.normal(0.0, 2.0, 420)),
    }
    (insight,) = _found(table, tmp_path)
    assert insight.magnitude.value == pytest.approx(0.5, abs=0.1)
