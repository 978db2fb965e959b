"""Text, size and evidence of a finding are the same quantity."""

import re

import pytest

from tests.quality.planting import made
from tests.quality.rederive import reported
from tests.quality.tables import report_of
from tests.quality.told_sizes import told


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("kind", "seed"),
    [
        ("group_mean", (21, 7)),  # medians are told where values are skewed
        ("group_mean", (22, 1)),
        ("outlier", (21, 5)),  # against what is usual around it
        ("trend", (21, 2)),  # told by the month, tested by the week
        ("season_hour", (77, 0)),  # the hours of the last year of a longer table
        ("forecast", (77, 1)),
        ("change_point", (21, 4)),
        ("second_table", (21, 20)),
    ],
)
def test_the_size_of_a_finding_is_what_its_evidence_tells(kind: str, seed: tuple[int, ...]) -> None:
    report = report_of(made(kind, "strong", (*seed, 0, 0), rows=6_000).world)
    numbers = {entry.id: entry.value for entry in report.evidence if entry.HasField("value")}
    assert report.insights
    for insight in report.insights:
        assert told(insight, numbers) == [], insight.title


@pytest.mark.timeout(120)
@pytest.mark.parametrize("turn", [7, 17, 27])
def test_groups_that_print_alike_are_not_told_apart(turn: int) -> None:
    report, _ = reported(turn, 3)
    sides = [re.search(r": (\S+) against (\S+) elsewhere", insight.title) for insight in report.insights]
    assert all(found[1] != found[2] for found in sides if found), [
        insight.title for insight in report.insights
    ]
