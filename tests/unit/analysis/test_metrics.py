"""The cards say how the last complete period stands to the one before, and to the same one a year earlier."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from claribi.v1 import reports_pb2

from server.analysis.inference import Floats
from tests.unit.analysis.snapshots import report_on, source_of, write_table

FIRST = date(2024, 1, 1)


def _card(folder: Path, days: int) -> tuple[reports_pb2.Report, reports_pb2.KeyMetric, Floats]:
    """A report on so many days of sales, its first card, and the amounts."""
    amount = np.round(np.random.default_rng(1).gamma(4.0, 25.0, days), 2)
    table = {
        "sold_on": ("DATE", [FIRST + timedelta(days=day) for day in range(days)]),
        "amount_usd": ("DOUBLE", amount),
    }
    report = report_on([source_of(folder, [write_table(folder, "sales", table)])])
    cards = next(s for s in report.sections if s.kind == reports_pb2.SECTION_KIND_KEY_METRICS).metrics
    return report, cards[0], amount


def test_a_card_holds_the_move_since_the_period_before_and_since_a_year_earlier(tmp_path: Path) -> None:
    report, card, amount = _card(tmp_path, 500)  # to 14 May 2025, so that April is the last whole month
    days = [FIRST + timedelta(days=day) for day in range(500)]
    of = {
        (year, month): float(
            np.mean([a for a, d in zip(amount, days, strict=True) if (d.year, d.month) == (year, month)])
        )
        for year, month in ((2025, 4), (2025, 3), (2024, 4))
    }
    assert card.value == pytest.approx(of[2025, 4])
    moves = [100 * (of[2025, 4] / of[since] - 1) for since in ((2025, 3), (2024, 4))]
    values = {entry.id: entry.value for entry in report.evidence}
    told = [values[key] for key in card.evidence_ids]
    assert told[1:] == [pytest.approx(move) for move in moves]
    assert "March\u00a02025" in card.change_display
    assert "April\u00a02024" in card.year_display


def test_without_a_year_there_is_none_to_compare_with(tmp_path: Path) -> None:
    _, card, _ = _card(tmp_path, 300)
    assert card.change_display
    assert not card.HasField("year_display")
