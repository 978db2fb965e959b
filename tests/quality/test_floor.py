"""A small part of the examination, with floors a little under what the engine reaches.

The whole is `python -m tests.quality`; this part is here so that a change that makes the engine blind, loud or
wrong is seen at once.
"""

from functools import cache

import numpy as np
import pytest

from tests.quality import defect_suite, null_suite, planted_suite
from tests.quality.planted_suite import Outcome, outcome_of, recall
from tests.quality.planting import made
from tests.quality.tables import report_of

pytestmark = pytest.mark.timeout(600)  # many reports, on machines that may be busy

SEED = 20
KINDS = ("change", "trend_in_rows", "group_mean", "group_rate", "group_duration", "concentration", "change_point",
         "season_week", "correlation", "mix_shift")  # fmt: skip
ROWS = 3_000
FLOOR_STRONG = 0.9
MOST_FALSE = 0.05  # of the claims
NULL_SHAPES = ["noise", "forty_columns", "walks", "autocorrelation", "trap_trends"]
MOST_CLAIMED = 2  # of ten tables
DEFECTS = ["negative_duration", "duplicate_rows", "unit_jump", "inconsistent_category", "slip", "clean"]


@cache
def _outcomes() -> tuple[Outcome, ...]:
    cases = [(kind, made(kind, "strong", (SEED, number, 1), rows=ROWS)) for number, kind in enumerate(KINDS)]
    return tuple(outcome_of(kind, case, report_of(case.world)) for kind, case in cases)


def test_strong_planted_truths_are_told_among_the_first_twenty() -> None:
    hits, count = recall(_outcomes(), 20)
    assert hits / count >= FLOOR_STRONG, [o.where for o in _outcomes() if o.place >= 20]


def test_no_planted_truth_is_told_the_wrong_way_round() -> None:
    assert not [o.where for o in _outcomes() if o.wrong_way]


def test_few_claims_are_false() -> None:
    false = [planted_suite.shown(i) for o in _outcomes() for i, what, _ in o.verdicts if what == "false"]
    assert len(false) <= MOST_FALSE * sum(len(o.verdicts) for o in _outcomes()), false


def test_sizes_are_right_to_one_percent() -> None:
    assert np.median([o.error for o in _outcomes() if o.error is not None]) <= 0.01


def test_little_is_claimed_where_nothing_is() -> None:
    silences = null_suite.examine(report_of, SEED, 2, NULL_SHAPES)
    claimed = [s.seed for s in silences if s.claims]
    assert len(claimed) <= MOST_CLAIMED, claimed


def test_defects_are_found_with_their_rows_and_clean_tables_raise_no_alarm() -> None:
    checked = defect_suite.examine(report_of, SEED, 1, DEFECTS)
    assert all(c.counted for c in checked if c.name != "clean"), [c.wanted for c in checked if not c.counted]
    assert not [c.alarms for c in checked if c.alarms]
