"""Who holds much of what: told once, and only of what adds up."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from claribi.v1 import insights_pb2, reports_pb2

from tests.unit.analysis.snapshots import Column, report_on, source_of, write_table

HELD = insights_pb2.INSIGHT_TYPE_CONCENTRATION
ROWS = 3_000


def _sales(random: np.random.Generator, *, large: str = "") -> dict[str, Column]:
    """Sales of which Oslo makes half; `large` names the city whose sales are six times as large as others."""
    city = random.choice(["Oslo", "Graz", "Turin", "Ghent"], ROWS, p=[0.5, 0.2, 0.16, 0.14])
    amount = random.gamma(3.0, 20.0, ROWS) * np.where(city == large, 6.0, 1.0)
    return {
        "sold_on": (
            "DATE",
            [date(2025, 1, 1) + timedelta(days=int(day)) for day in random.integers(0, 400, ROWS)],
        ),
        "city": ("VARCHAR", city),
        "desk": ("VARCHAR", random.choice(["phone", "web", "shop"], ROWS, p=[0.5, 0.3, 0.2])),
        "amount": ("DOUBLE", np.round(amount, 2)),
        "weight": ("DOUBLE", np.round(random.gamma(5.0, 1.0, ROWS), 2)),
        "contentment": ("BIGINT", random.integers(1, 6, ROWS)),
        "certain": ("DOUBLE", np.round(random.beta(4.0, 2.0, ROWS), 3)),
    }


def _insights(folder: Path, table: dict[str, Column]) -> list[insights_pb2.Insight]:
    source = source_of(folder, [write_table(folder, "sales", table)])
    return list(report_on([source], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE).insights)


def _held(found: list[insights_pb2.Insight]) -> list[tuple[str, str, str]]:
    return sorted(
        (i.subject.measure.column, i.subject.dimension.column, i.subject.dimension.member)
        for i in found
        if i.type == HELD
    )


@pytest.mark.parametrize(("money", "told"), [("amount", "amount"), ("thickness", "")])
def test_where_totals_only_follow_the_rows_one_is_told_for_each_category(
    money: str, told: str, tmp_path: Path
) -> None:
    table = _sales(np.random.default_rng(5))
    table[money] = table.pop("amount")
    assert _held(_insights(tmp_path, table)) == [(told, "city", "Oslo"), (told, "desk", "phone")]


def test_a_total_held_by_few_rows_is_a_fact_of_its_own(tmp_path: Path) -> None:
    held = _held(_insights(tmp_path, _sales(np.random.default_rng(6), large="Ghent")))
    assert ("amount", "city", "Ghent") in held
    assert ("", "city", "Oslo") in held
    assert not [one for one in held if one[0] not in ("", "amount")]


def test_what_never_leaves_0_to_1_is_not_added_up(tmp_path: Path) -> None:
    random = np.random.default_rng(7)
    table = _sales(random)
    city = np.asarray(table["city"][1])
    table["certain"] = (
        "DOUBLE",
        np.round(random.beta(4.0, 2.0, ROWS) * np.where(city == "Graz", 1.0, 0.15), 3),
    )
    assert not [one for one in _held(_insights(tmp_path, table)) if one[0] == "certain"]


def test_how_rows_are_spread_over_a_second_category_stands_behind_what_was_measured(tmp_path: Path) -> None:
    table = _sales(np.random.default_rng(8))
    desk = np.asarray(table["desk"][1])
    table["weight"] = ("DOUBLE", np.asarray(table["weight"][1]) * np.where(desk == "web", 1.25, 1.0))
    found = [(i.type, i.subject.measure.column) for i in _insights(tmp_path, table)]
    spread = [place for place, one in enumerate(found) if one[0] == HELD]
    heavier = found.index((insights_pb2.INSIGHT_TYPE_GROUP_DIFFERENCE, "weight"))
    assert heavier < spread[1]
