"""A small part of the examination, with floors a little under what the engine reaches."""

from functools import cache

import numpy as np

from tests.quality import null_suite, planted_suite
from tests.quality.planted_suite import Outcome, recall
from tests.quality.tables import report_of

SEED = 20
STRONG_KINDS = ("change", "trend_in_rows", "group_mean", "group_rate", "concentration", "change_point")
FLOOR_STRONG_20 = 0.6
MOST_FALSE = 0.1
NULL_SHAPES = ["noise", "forty_columns", "walks", "autocorrelation"]
MOST_CLAIMED = 0.2


@cache
def _outcomes() -> tuple[Outcome, ...]:
    found = planted_suite.examine(report_of, SEED, 2, kinds=list(STRONG_KINDS), tall=False)
    return tuple(found)


def test_strong_planted_truths_are_told_among_the_first_twenty() -> None:
    hits, count = recall((o for o in _outcomes() if o.size == "strong"), 20)
    assert hits / count >= FLOOR_STRONG_20, f"{hits} of {count}"


def test_no_planted_truth_is_told_the_wrong_way_round() -> None:
    assert not [o.where for o in _outcomes() if o.wrong_way]


def test_few_claims_are_false() -> None:
    verdicts = [what for o in _outcomes() for _, what, _ in o.verdicts]
    assert verdicts.count("false") <= MOST_FALSE * len(verdicts) + 1


def test_sizes_are_right_to_one_percent() -> None:
    assert np.median([o.error for o in _outcomes() if o.error is not None]) <= 0.01


def test_little_is_claimed_where_nothing_is() -> None:
    silences = null_suite.examine(report_of, SEED, 4, NULL_SHAPES)
    claimed = [s for s in silences if s.claims]
    assert len(claimed) <= MOST_CLAIMED * len(silences), [s.seed for s in claimed]
