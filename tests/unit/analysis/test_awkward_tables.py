"""Any table gives a report: small, empty, odd or hostile ones a calm one."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from claribi.v1 import reports_pb2

from tests.unit.analysis.snapshots import Column, report_on, source_of, write_table

Table = dict[str, Column]


def _days(count: int) -> list[date]:
    return [date(2025, 1, 1) + timedelta(days=day) for day in range(count)]


def _drawn(values: list[str], rows: int) -> Column:
    return ("VARCHAR", np.random.default_rng(4).choice(values, rows))


def _normal(rows: int, seed: int, centre: float = 0.0, spread: float = 1.0) -> Column:
    return ("DOUBLE", np.random.default_rng(seed).normal(centre, spread, rows))


def _sales(rows: int, **names: str) -> Table:
    random = np.random.default_rng(rows)
    days = [date(2025, 1, 1) + timedelta(days=int(day)) for day in random.integers(0, 400, rows)]
    return {
        names.get("day", "day"): ("DATE", days),
        names.get("area", "area"): ("VARCHAR", random.choice(["x", "y", "z"], rows)),
        names.get("amount", "amount"): ("DOUBLE", np.round(random.gamma(2, 30, rows), 2)),
    }


def _wild() -> Table:
    random = np.random.default_rng(1)
    values = [float(v) for v in random.normal(5, 1, 300)]
    values[3:6] = [float("nan"), float("inf"), 1e300]
    return {
        "day": ("DATE", _days(300)),
        "amount": ("DOUBLE", values),
        "huge": ("DOUBLE", random.normal(1e12, 1e10, 300)),
    }


def _hours() -> Table:
    random = np.random.default_rng(2)
    start = datetime(2025, 3, 1)
    moments = [start + timedelta(minutes=7 * step) for step in range(700)]
    return {"at": ("TIMESTAMP", moments), "load": ("DOUBLE", random.normal(50, 3, 700))}


TABLES: dict[str, Callable[[], Table]] = {
    "no rows": lambda: {"day": ("DATE", []), "amount": ("DOUBLE", [])},
    "one row": lambda: _sales(1),
    "two rows": lambda: _sales(2),
    "seven rows": lambda: _sales(7),
    "thirty rows": lambda: _sales(30),
    "all null": lambda: {"day": ("DATE", [None] * 40), "amount": ("DOUBLE", [None] * 40)},
    "text only": lambda: {"note": ("VARCHAR", [f"a long remark number {i} about things" for i in range(60)])},
    "no time": lambda: {name: column for name, column in _sales(200).items() if name != "day"},
    "no measures": lambda: {name: column for name, column in _sales(200).items() if name != "amount"},
    "constant": lambda: {"day": ("DATE", _days(90)), "amount": ("DOUBLE", [7.0] * 90)},
    "zeros": lambda: {"day": ("DATE", _days(90)), "amount": ("DOUBLE", [0.0] * 89 + [1.0])},
    "negative": lambda: {"day": ("DATE", _days(400)), "amount": _normal(400, 3, -5, 20)},
    "hostile names": lambda: _sales(300, day='d"a\ny', area="地区 🎯 7", amount="a'm%s{0}ount 2024"),
    "digits as members": lambda: {**_sales(300), "store": _drawn(["1", "2", "3.5"], 300)},
    "nan and infinity": _wild,
    "by the hour": _hours,
    "200 columns": lambda: {**_sales(80), **{f"m{i}": _normal(80, i) for i in range(200)}},
    "years only": lambda: {
        "year": ("BIGINT", range(1959, 2010)),
        "gdp": ("DOUBLE", np.arange(51) ** 1.5 + 100),
    },
    "old dates": lambda: {
        "day": ("DATE", [date(1, 1, 1), date(9999, 12, 31)] * 20),
        "amount": ("DOUBLE", range(40)),
    },
}


@pytest.mark.parametrize("name", TABLES)
def test_every_table_gives_a_report_with_all_sections(name: str, tmp_path: Path) -> None:
    source = source_of(tmp_path, [write_table(tmp_path, "things 2", TABLES[name]())])
    report = report_on([source], question="What about the amount in 2024?")
    assert len(report.sections) == len(reports_pb2.SectionKind.values()) - 1
    assert report.summary
    assert len(report.content_hash) == 64


def test_a_report_on_nothing_is_a_report() -> None:
    report = report_on([])
    assert "no rows" in report.summary
    assert not report.insights


def test_a_report_without_findings_says_so_and_what_is_needed(tmp_path: Path) -> None:
    table = {"area": ("VARCHAR", ["x", "y"] * 20)}
    report = report_on([source_of(tmp_path, [write_table(tmp_path, "t", table)])])
    findings = next(s for s in report.sections if s.kind == reports_pb2.SECTION_KIND_FINDINGS)
    assert "makes no claims" in findings.paragraphs[0]
    assert any("no column of dates" in line for line in findings.bullets)


def test_only_the_sections_asked_for_are_written_in_order(tmp_path: Path) -> None:
    source = source_of(tmp_path, [write_table(tmp_path, "t", _sales(200))])
    wanted = [reports_pb2.SECTION_KIND_METHODOLOGY, reports_pb2.SECTION_KIND_KEY_METRICS]
    kinds = [section.kind for section in report_on([source], sections=wanted).sections]
    assert kinds == sorted(wanted)


def test_the_period_cuts_every_number(tmp_path: Path) -> None:
    days = _days(400)
    table = {"day": ("DATE", days), "amount": ("DOUBLE", [1.0 if d.year == 2025 else 1000.0 for d in days])}
    source = source_of(tmp_path, [write_table(tmp_path, "t", table)])
    report = report_on([source], period=("2025-01-01", "2025-12-31"))
    # What the data lack is told of the whole table.
    whole = {evidence_id for finding in report.data_quality for evidence_id in finding.evidence_ids}
    values = [e.value for e in report.evidence if e.unit in {"", "rows"} and e.id not in whole]
    assert values
    assert max(values) <= 365


def test_an_unreadable_period_is_refused_by_name(tmp_path: Path) -> None:
    source = source_of(tmp_path, [write_table(tmp_path, "t", _sales(50))])
    with pytest.raises(ValueError, match=r"period\.from lies after period\.to"):
        report_on([source], period=("2025-02-01", "2025-01-01"))
