"""A title never says the contrary of its insight's direction."""

from contextlib import ExitStack
from pathlib import Path

import pytest
from claribi.v1 import insights_pb2, reports_pb2

from server.analysis.engine import write_report
from server.analysis.job import read_request
from tests.quality.planting import VARIANTS, made
from tests.quality.tables import stored
from tests.unit.analysis.snapshots import payload_of, source_of

UP = {insights_pb2.DIRECTION_INCREASE, insights_pb2.DIRECTION_HIGHER}
DOWN = {insights_pb2.DIRECTION_DECREASE, insights_pb2.DIRECTION_LOWER}
RISING = {"rose", "climbed", "grew", "rising", "climbing", "higher", "above", "more", "up"}
FALLING = {"fell", "dropped", "declined", "falling", "slipping", "lower", "below", "less", "down"}


@pytest.mark.parametrize("kind", ["change", "trend", "group_mean", "group_rate"])
def test_titles_agree_with_the_direction(kind: str, tmp_path: Path) -> None:
    world = made(kind, "strong", (41, list(VARIANTS).index(kind), 0, 0), rows=2_000).world
    tables = {world.main: world.cells, **world.others}
    source = source_of(tmp_path, [stored(tmp_path, name, cells) for name, cells in tables.items()])
    payload = payload_of([source], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE)
    with ExitStack() as stack:
        written = write_report(read_request(payload, stack), lambda *_: None)
    assert written.report.insights
    for insight, told in zip(written.report.insights, written.findings.told, strict=True):
        spoken = insight.title.lower()
        for name in sorted(
            (leaf.text.lower() for leaf in told.title.leaves if hasattr(leaf, "text")), key=len
        ):
            spoken = spoken.replace(name, "")
        words = set(spoken.replace(",", " ").replace(":", " ").split())
        if words & RISING and not words & FALLING:
            assert insight.direction not in DOWN, insight.title
        if words & FALLING and not words & RISING:
            assert insight.direction not in UP, insight.title
