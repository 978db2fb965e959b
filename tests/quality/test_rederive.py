"""A second engine gives the same numbers: every one of the evidence, every value of a line, every size and every n."""

import pytest

from tests.quality.rederive import examine

ALL = 1.0
MOST_SIZES_BY_EVIDENCE = 0.35  # whose structure does not say against what they are measured
LEAST_COUNTS = 0.9  # what is not counted: durations of which some are not over, ranges of a number


@pytest.mark.timeout(300)
def test_pandas_gives_the_numbers_of_reports() -> None:
    found = examine(12, seed=4)
    told = found.told
    assert not found.wrong
    assert told["evidence"] >= 200
    assert told["evidence, re-derived"] / told["evidence"] == ALL, found.missing()
    assert told["values of series"] >= 500
    assert told["sizes, told by evidence"] <= MOST_SIZES_BY_EVIDENCE * told["sizes"]
    assert told["n, worked out of the tables"] >= LEAST_COUNTS * told["n"]
