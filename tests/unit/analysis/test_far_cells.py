"""One shop in one month is told where it lies far from its own course, and only there."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from claribi.v1 import insights_pb2

from server.analysis.far_cells import far_cell
from server.analysis.inference import Floats
from tests.unit.analysis.snapshots import Column, report_on, source_of, write_table

Random = np.random.Generator
SHOPS, MONTHS, NOISE = 60, 24, 0.12


def _levels(random: Random) -> Floats:
    """The logarithms of what shops sell in a usual month, and of what months have in common."""
    return 6.0 + 0.5 * random.normal(size=(SHOPS, 1)) + 0.05 * random.normal(size=(1, MONTHS))


def _noise(random: Random) -> Floats:
    return NOISE * random.normal(size=(SHOPS, MONTHS))


CALM: dict[str, Callable[[Random], Floats]] = {
    "sales": lambda random: np.exp(_levels(random) + _noise(random)),
    "shops of their own scatter": lambda random: np.exp(
        _levels(random) + np.exp(0.7 * random.normal(size=(SHOPS, 1))) * _noise(random)
    ),
    "a few degrees of freedom": lambda random: np.exp(
        _levels(random) + NOISE * random.standard_t(4, (SHOPS, MONTHS))
    ),
    "levels that wander": lambda random: np.exp(_levels(random) + _noise(random).cumsum(axis=1)),
    "amounts as wild as can be": lambda random: random.lognormal(5.0, 1.2, (SHOPS, MONTHS)),
    "small counts": lambda random: random.poisson(
        3.0 * np.exp(0.7 * random.normal(size=(SHOPS, 1))), (SHOPS, MONTHS)
    ).astype(float),
    "shops that move to another level for good": lambda random: np.exp(
        _levels(random)
        + _noise(random)
        + 1.5
        * (random.random((SHOPS, 1)) < 0.3)
        * (np.arange(MONTHS) >= random.integers(2, MONTHS - 1, (SHOPS, 1)))
    ),
    "nothing but one value": lambda random: np.full((SHOPS, MONTHS), 7.0),
}


@pytest.mark.parametrize("kind", CALM)
def test_no_cell_of_a_calm_panel_is_far(kind: str) -> None:
    random = np.random.default_rng(1)
    cells = [far_cell(CALM[kind](random)) for _ in range(12)]
    assert [cell for cell in cells if cell is not None and cell.p_value < 5e-4] == []


@pytest.mark.parametrize("away", [15.0, -15.0])
@pytest.mark.parametrize("month", [0, 1, 11, MONTHS - 1])
def test_a_cell_far_from_its_own_course_is_found_wherever_it_lies(month: int, away: float) -> None:
    values = CALM["sales"](np.random.default_rng(2))
    usual = values[7, month]
    values[7, month] *= np.exp(away * NOISE)
    cell = far_cell(values)
    assert cell is not None
    assert (cell.thing, cell.period) == (7, month)
    assert cell.p_value < 1e-3
    assert abs(cell.expected / usual - 1.0) < 0.5


def test_what_all_shops_have_in_a_month_is_no_far_cell() -> None:
    values = CALM["sales"](np.random.default_rng(3))
    values[:, 11] *= 4.0
    cell = far_cell(values)
    assert cell is not None
    assert cell.p_value > 0.01


def test_two_far_cells_do_not_hide_one_another() -> None:
    values = CALM["sales"](np.random.default_rng(4))
    values[7, 11] *= 8.0
    values[40, 3] *= 7.0
    cell = far_cell(values)
    assert cell is not None
    assert (cell.thing, cell.period) == (7, 11)
    assert cell.p_value < 1e-3


def _table(values: Floats) -> dict[str, Column]:
    shops = np.repeat(np.arange(SHOPS), MONTHS)
    days = [date(2024 + month // 12, month % 12 + 1, 1) for month in range(MONTHS)] * SHOPS
    return {
        "shop": ("VARCHAR", [f"S{100 + shop}" for shop in shops]),
        "month": ("DATE", days),
        "region": ("VARCHAR", [["North", "South", "East"][shop % 3] for shop in shops]),
        "revenue": ("DOUBLE", list(values.ravel().round(2))),
    }


def _outliers(folder: Path, values: Floats) -> list[insights_pb2.Insight]:
    source = source_of(folder, [write_table(folder, "figures", _table(values))])
    told = report_on([source], report_type=3).insights
    return [i for i in told if i.type == insights_pb2.INSIGHT_TYPE_OUTLIER]


def test_the_shop_and_the_month_are_told(tmp_path: Path) -> None:
    values = CALM["sales"](np.random.default_rng(5))
    values[7, 11] *= 6.0
    (told,) = _outliers(tmp_path, values)
    assert [(where.column, where.member) for where in told.subject.where] == [("shop", "S107")]
    assert getattr(told.subject.time, "from")[:10] == "2024-12-01"
    assert told.direction == insights_pb2.DIRECTION_HIGHER
    assert "S107" in told.title
    assert "December\N{NO-BREAK SPACE}2024" in told.title
    assert told.chart_id


def test_a_calm_panel_tells_no_shop(tmp_path: Path) -> None:
    assert _outliers(tmp_path, CALM["sales"](np.random.default_rng(6))) == []
