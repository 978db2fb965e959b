"""Findings count exactly what is wrong, and say nothing about clean tables."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from claribi.v1 import insights_pb2
from claribi.v1.insights_pb2 import QualityFinding

from server.analysis.profile import profile_table
from server.analysis.quality import find_quality, quality_score

from .tables import opened

NOW = datetime(2026, 1, 15, tzinfo=UTC)
MONTHS = "date '2024-01-01' + (range % 366)::int"  # every day of 2024
CLEAN = f"select range as order_id, {MONTHS} as day, " + (
    "['N', 'S'][1 + (range % 2)::int] as region, 5 + range % 90 as quantity"
)

DIRTY: dict[str, tuple[str, str, int]] = {
    "missing values": ("nulls", "select range as id, case when range % 10 > 0 then 'x' || range % 3 end as c", 100),
    "a constant": ("constant_column", "select range as id, 'EUR' as currency", 1000),
    "rows that repeat": (
        "duplicate_rows",
        "select range % 990 as id, hash(range % 990)::double as x, hash(range % 990 + 1)::double as y",
        10,
    ),
    "two spellings": (
        "inconsistent_category",
        "select range as id, case when range < 30 then 'north ' else ['North', 'South'][1 + (range % 2)::int] end as c",
        30,
    ),
    "negative quantities": ("out_of_range",
        "select range as id, case when range < 7 then -1 else range % 9 end as quantity", 7),
    "ages of a thousand": ("out_of_range",
        "select range as id, case when range < 3 then 999 else range % 90 end as age", 3),
    "a point lost": ("out_of_range",
        "select range as id, case when range = 7 then 51200 else 50 + 10 * sin(range * 1.7) end as score", 1),
    "three slips of the keyboard": ("out_of_range",
        "select range as id, case when range < 3 then -900 - range else 50 + 10 * sin(range * 1.7) end as score", 3),
    "too many percent": ("out_of_range",
        "select range as id, case when range < 5 then 150.5 else range % 100 end as load_pct", 5),
    "days to come": ("future_dates",
        f"select range as id, case when range < 4 then date '2031-01-01' else {MONTHS} end as day", 4),
    "ends before starts": (
        "negative_duration",
        f"select range as id, {MONTHS} as opened_at, {MONTHS} "
        "+ case when range < 6 then -3 else 2 end::int as closed_at",
        6,
    ),
    "a month that is not over": (
        "partial_period",
        "select range as id, date '2024-01-01' + (range % 320)::int as day",
        # 320 days from 1 January 2024 end on 15 November; 1000 rows over them, three rounds and a rest of 40
        45,
    ),
    "another unit": (
        "unit_jump",
        f"select range as id, {MONTHS} as day, (50 + range % 20) "
        f"* case when month({MONTHS}) > 10 then 1000 else 1 end as cost",
        122,
    ),
}  # fmt: skip


def found(folder: Path, select: str) -> list[QualityFinding]:
    with opened(folder, f"{select} from range(1000)") as query:
        return find_quality(query, profile_table(query, "t"), now=NOW)


def word(finding: QualityFinding) -> str:
    return insights_pb2.QualityCode.Name(finding.code).removeprefix("QUALITY_CODE_").lower()


@pytest.mark.parametrize(("code", "select", "rows"), DIRTY.values(), ids=DIRTY)
def test_a_fault_is_found_once_with_its_rows_counted(
    tmp_path: Path, code: str, select: str, rows: int
) -> None:
    findings = found(tmp_path, select)
    assert [(word(finding), finding.rows_affected) for finding in findings] == [(code, rows)]
    assert findings[0].table == "t"
    assert findings[0].description.endswith(".")
    assert findings[0].severity


@pytest.mark.parametrize(
    "select",
    [
        CLEAN,
        # few columns with few values repeat by nature
        "select ['yes', 'no'][1 + (range % 2)::int] as answer, ['m', 'f', 'd'][1 + (range % 3)::int] as sex",
        # refunds are negative by nature
        "select range as id, case when range % 3 = 0 then -5.0 else 5.0 + range end as amount",
        # growth goes beyond 100 %
        "select range as id, range - 300 as growth_pct",
        # prices may fall: a few quarters of inflation below zero are no mistake
        "select range as id, (range - 3) / 10.0 as inflation_percent",
        # plans lie ahead
        "select range as id, date '2026-06-01' + (range % 100)::int as due_date",
        # one day a month: nothing is missing from a month
        "select range as id, (date '2023-01-01' + to_months((range % 30)::int))::date as month_start",
        # a trend that grows a hundredfold, without a jump
        f"select range as id, {MONTHS} as day, exp((range % 366) / 80.0) * (1 + range % 7) as revenue",
        # the two are no start and end: most would be negative
        f"select range as id, {MONTHS} as order_date, {MONTHS} - 20 as paid_date",
        # different names that only look alike
        "select range as id, ['Rene', 'René', 'A-1', 'A1'][1 + (range % 4)::int] as c",
    ],
)
def test_a_clean_table_raises_no_alarm(tmp_path: Path, select: str) -> None:
    assert [(word(finding), finding.description) for finding in found(tmp_path, select)] == []


@pytest.mark.parametrize("rows", [0, 1, 2, 5])
def test_tiny_tables_raise_no_alarm(tmp_path: Path, rows: int) -> None:
    select = f"{CLEAN} from range({rows})"
    with opened(tmp_path, select) as query:
        assert find_quality(query, profile_table(query, "t"), now=NOW) == []


def test_the_score_falls_with_gravity_and_share_and_is_1_without_findings(tmp_path: Path) -> None:
    with opened(tmp_path, f"{CLEAN} from range(1000)") as query:
        table = profile_table(query, "t")

    def score(severity: insights_pb2.Severity, rows: int, times: int = 1) -> float:
        finding = QualityFinding(severity=severity, table="t", rows_affected=rows)
        return quality_score([finding] * times, [table])

    assert quality_score([], [table]) == 1.0
    info, warning = insights_pb2.SEVERITY_INFO, insights_pb2.SEVERITY_WARNING
    assert score(info, 10) == 0.998
    assert score(warning, 1000) == 0.85
    assert score(insights_pb2.SEVERITY_CRITICAL, 1000) == 0.6
    assert score(warning, 500) > score(warning, 1000) > score(warning, 1000, 2) > 0
