"""Of a wide table the columns that say something are found, and the search for them is paid for."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from claribi.v1 import insights_pb2, reports_pb2

from tests.unit.analysis.snapshots import Column, report_on, source_of, write_table

ROWS, NUMBERS, KINDS = 3000, 60, 40
GROUPS, TREND = insights_pb2.INSIGHT_TYPE_GROUP_DIFFERENCE, insights_pb2.INSIGHT_TYPE_TREND


def _wide(seed: int) -> dict[str, Column]:
    """Numbers and categories that have nothing to do with one another."""
    random = np.random.default_rng(seed)
    moments = [datetime(2024, 1, 1) + timedelta(hours=int(hour)) for hour in random.integers(0, 20_000, ROWS)]
    table: dict[str, Column] = {"seen_at": ("TIMESTAMP", sorted(moments))}
    table |= {f"number_{i}": ("DOUBLE", random.normal(50.0, 9.0, ROWS).round(2)) for i in range(NUMBERS)}
    table |= {f"kind_{i}": ("VARCHAR", random.choice([*"abcd"], ROWS)) for i in range(KINDS)}
    return table


def _report(folder: Path, table: dict[str, Column], **fields: object) -> reports_pb2.Report:
    return report_on([source_of(folder, [write_table(folder, "visits", table)])], **fields)


def test_what_the_last_of_many_columns_say_is_told(tmp_path: Path) -> None:
    table = _wide(1)
    kind = np.array(table["kind_39"][1])
    table["number_58"] = ("DOUBLE", np.array(table["number_58"][1]) + np.where(kind == "c", 4.0, 0.0))
    table["number_59"] = ("DOUBLE", np.array(table["number_59"][1]) + np.linspace(0.0, 12.0, ROWS))
    report = _report(tmp_path, table)
    told = {(found.type, found.subject.measure.column) for found in report.insights}
    assert {(GROUPS, "number_58"), (TREND, "number_59")} <= told
    methodology = next(s for s in report.sections if s.kind == reports_pb2.SECTION_KIND_METHODOLOGY)
    assert "is wide, and not every column was examined" in str(methodology)


def test_a_column_picked_among_many_pays_for_the_choice(tmp_path: Path) -> None:
    """The same fact in the same column, once among few and once among many: the p value differs by the choice."""
    table = _wide(2)
    kind = np.array(table["kind_39"][1])
    table["number_59"] = ("DOUBLE", np.array(table["number_59"][1]) + np.where(kind == "c", 4.0, 0.0))
    names = ("seen_at", "number_59", "kind_39")
    p_values = []
    for columns, name in ((table, "wide"), ({name: table[name] for name in names}, "narrow")):
        (folder := tmp_path / name).mkdir()
        found = _report(folder, columns)
        p_values += [i.statistics.p_value for i in found.insights if i.subject.measure.column == "number_59"][
            :1
        ]
    # 54 numbers for the 6 places that do not go by order, 35 kinds for 5.
    assert p_values[0] == pytest.approx(p_values[1] * 54 / 6 * 35 / 5, rel=0.05)


@pytest.mark.parametrize("seed", [11, 12, 13, 14])
def test_of_many_columns_that_say_nothing_nothing_is_told(tmp_path: Path, seed: int) -> None:
    told = [found.title for found in _report(tmp_path, _wide(seed)).insights]
    assert not told


def test_a_column_that_is_asked_for_is_looked_at_wherever_it_stands(tmp_path: Path) -> None:
    table = _wide(3)
    plant = np.array(table["kind_20"][1])
    asked = np.array(table["number_44"][1]) + np.where(plant == "c", 2.0, 0.0)
    table |= {"viscosity": ("DOUBLE", asked), "plant": ("VARCHAR", plant)}
    del table["number_44"], table["kind_20"]
    report = _report(tmp_path, table, question="viscosity by plant")
    assert any(
        (found.subject.measure.column, found.subject.dimension.column) == ("viscosity", "plant")
        for found in report.insights
    )
