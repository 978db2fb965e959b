"""Words of any kind in the data never cost a report or a finding."""

import pytest

from tests.quality.hostile_names import judged


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("seed", "turn"),
    [
        (3, 0),  # braces in the name of a measure whose level broke
        (2, 155),  # a member that is a number, marked in bars
        (2, 92),
        (1, 19),
        (1, 25),
    ],
)
def test_a_table_with_hostile_names_gets_its_whole_report(seed: int, turn: int) -> None:
    assert judged(seed, turn).wrong == []
