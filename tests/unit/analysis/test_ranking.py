"""What is told, of all that was tested."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from claribi.v1 import insights_pb2

from server.analysis import engine, ranking
from server.analysis.hypothesis import Hypothesis
from server.analysis.job import read_request
from server.analysis.question import read_question
from tests.unit.analysis.snapshots import Column, payload_of, report_on, source_of, write_table

Random = np.random.Generator


def _cases(random: Random, rows: int = 2000) -> dict[str, Column]:
    """Cases over 500 days; hardly any of one category is cancelled, a tenth of the others."""
    day = np.sort(random.integers(0, 500, rows))
    category = random.choice(["Access", "Hardware", "Network", "Software"], rows)
    cancelled = random.random(rows) < np.where(category == "Access", 0.003, 0.1)
    return {
        "opened_on": ("DATE", [datetime(2025, 1, 1).date() + timedelta(days=int(d)) for d in day]),
        "category": ("VARCHAR", list(category)),
        "state": ("VARCHAR", list(np.where(cancelled, "Cancelled", "Closed"))),
        "cost": ("DOUBLE", np.round(random.gamma(4.0, 5.0, rows), 2)),
    }


def _hypotheses(folder: Path) -> list[Hypothesis]:
    source = source_of(folder, [write_table(folder, "cases", _cases(np.random.default_rng(3)))])
    with ExitStack() as stack:
        request = read_request(payload_of([source]), stack)
        return engine._read(request, lambda phase, fraction: None).hypotheses


def test_a_member_with_hardly_any_spread_of_its_own_is_not_taken_for_rows_that_hang_together(
    tmp_path: Path,
) -> None:
    source = source_of(tmp_path, [write_table(tmp_path, "cases", _cases(np.random.default_rng(5)))])
    found = [
        insight.subject.dimension.member
        for insight in report_on([source]).insights
        if insight.type == insights_pb2.INSIGHT_TYPE_GROUP_DIFFERENCE
        and insight.subject.measure.expression.startswith("share(state")
    ]
    assert found == ["Access"]


def test_trivial_truths_make_no_room_for_what_chance_brings(tmp_path: Path) -> None:
    tested = [h for h in _hypotheses(tmp_path) if h.choices and not h.quiet]
    doubtful = replace(tested[0], material=True, tested=replace(tested[0].tested, p_value=0.01))
    trivial = [replace(h, material=False, tested=replace(h.tested, p_value=1e-30)) for h in tested[1:]]
    assert not ranking.rank([doubtful, *trivial], read_question("")).findings
    sure = replace(doubtful, tested=replace(doubtful.tested, p_value=1e-9))
    assert len(ranking.rank([sure, *trivial], read_question("")).findings) == 1


def test_a_column_that_rises_is_told_itself_not_as_its_ratio_to_one_that_does_not(tmp_path: Path) -> None:
    random, rows = np.random.default_rng(2), 2000
    day = np.repeat(np.arange(500), 4)
    table: dict[str, Column] = {
        "sold_on": ("DATE", [datetime(2025, 1, 1).date() + timedelta(days=int(d)) for d in day]),
        "revenue": ("DOUBLE", np.round(random.gamma(9.0, 10.0, rows) * (1.0 + day / 500), 2)),
        "quantity": ("BIGINT", random.integers(1, 4, rows)),
    }
    report = report_on([source_of(tmp_path, [write_table(tmp_path, "sales", table)])])
    told = [
        insight.subject.measure
        for insight in report.insights
        if insight.type == insights_pb2.INSIGHT_TYPE_TREND
    ]
    assert [measure.column for measure in told] == ["revenue"]
