"""Columns and members that look like numbers, months or units do not stop a report."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
from claribi.v1 import reports_pb2

from tests.unit.analysis.snapshots import report_on, source_of, write_table

MEMBERS = ["May", "12 %", "two", "€5", "Monday", "XIV", "−3", "½", "last year", "third of many"]


def test_names_that_state_numbers_and_periods_are_printed_as_names(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    rows = 4000
    member = random.integers(0, len(MEMBERS), rows)
    day = random.integers(0, 900, rows)
    value = random.gamma(4, 25, rows) * (1 + 0.4 * (member == 0)) * np.where(day > 870, 0.4, 1.0)
    columns = {
        "2nd May date": ("DATE", [date(2024, 1, 1) + timedelta(days=int(d)) for d in day]),
        "Q3 two per cent": ("VARCHAR", [MEMBERS[m] for m in member]),
        "half of $12": ("DOUBLE", np.round(value, 2)),
        "−5 million EUR": ("DOUBLE", np.round(value * random.normal(1, 0.2, rows), 2)),
    }
    source = source_of(tmp_path, [write_table(tmp_path, "10 orders", columns)])
    report = report_on([source], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE)
    printed = " ".join([report.summary, *(insight.narrative for insight in report.insights)])
    assert "half of $12" in printed, printed
    assert "Q3 two per cent" in printed
