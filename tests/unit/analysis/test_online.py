"""False discoveries over the refreshes of one dashboard stay below what is promised."""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np
import pytest

from server.analysis.online import MOST_BATCHES, MOST_LEVELS, PROMISE, Batch, Budget, Wealth, most_passing
from tests.quality.online_refreshes import WORLDS, null_table, passing, refreshed, simulate
from tests.unit.analysis.snapshots import source_of, write_table


def spent(wealth: Wealth) -> float:
    return math.fsum(batch.level for batch in wealth.batches)


def test_without_discoveries_all_levels_together_stay_below_the_promise() -> None:
    wealth = Wealth()
    for number in range(300):
        level = wealth.budget().level(50)
        assert level > 0
        wealth.enter(str(number), Batch(level, 0, 1))
    assert spent(wealth) < PROMISE
    # A first refresh is worth having: it gets a fair share, and so do the next.
    assert wealth.batches[0].level > 0.4 * PROMISE
    assert wealth.batches[9].level > 0.01 * PROMISE


def test_discoveries_earn_level_for_later_refreshes() -> None:
    poor, rich = Wealth(), Wealth()
    for number in range(10):
        poor.enter(str(number), Batch(poor.budget().level(50), 0, 1))
        rich.enter(str(number), Batch(rich.budget().level(50), 8, 9))
    assert rich.budget().level(50) > 10 * poor.budget().level(50)
    assert rich.budget().level(50) <= PROMISE


@pytest.mark.parametrize("seed", range(5))
def test_the_estimate_of_false_discoveries_never_passes_the_promise(seed: int) -> None:
    rng, wealth = random.Random(seed), Wealth()
    for number in range(60):
        tests = rng.choice((1, 10, 80))
        level = wealth.budget().level(tests)
        passed = rng.choice((0, 0, 0, 1, min(5, tests)))
        wealth.enter(str(number), Batch(level, passed, min(passed + 1, tests)))
        total = sum(batch.passed for batch in wealth.batches)
        # Zrnic et al. 2020: sum of levels, each by the share its batch could have had of all discoveries.
        estimate = math.fsum(
            batch.level * batch.at_most / (batch.at_most + total - batch.passed) for batch in wealth.batches
        )
        assert estimate <= PROMISE * (1 + 1e-9)


def test_the_most_that_can_pass_is_what_passes_with_one_p_value_at_zero() -> None:
    rng = np.random.default_rng(2)
    for _ in range(50):
        p_values, level = rng.uniform(0, 0.3, 9) ** 2, float(rng.uniform(0.01, 0.3))
        tried = []
        for place in range(9):
            changed = p_values.copy()
            changed[place] = 0.0
            tried.append(int(passing(changed, level).sum()))
        assert most_passing(p_values.tolist(), level) == max(tried)
    assert most_passing([], 0.05) == 0


def test_nothing_to_test_or_nothing_left_tests_at_no_level() -> None:
    assert Budget().level(0) == 0.0
    assert Budget(0.0, 50).level(10) == 0.0
    assert Budget(1e9, 1).level(1) == PROMISE


def test_what_was_tested_survives_being_kept_and_stays_small() -> None:
    wealth = Wealth()
    assert Wealth.from_json(None) == wealth
    for number in range(MOST_BATCHES + 50):
        wealth.enter(f"{number:064x}", Batch(wealth.budget().level(40), number % 3, number % 3 + 1))
    wealth.last = "x"
    assert Wealth.from_json(wealth.to_json()) == wealth
    assert len(wealth.batches) == MOST_BATCHES
    assert len(wealth.levels) == MOST_LEVELS
    assert len(wealth.to_json()) < 64_000
    assert 0 < wealth.budget().level(40) <= PROMISE


def test_boards_on_which_nothing_is_true_keep_the_promise_over_fifty_refreshes() -> None:
    for world in WORLDS[:2]:
        together = simulate(world, 400, seed=5, online=True)
        alone = simulate(world, 100, seed=5, online=False)
        # Three standard errors of 400 boards above the promise.
        assert together.ever_false / together.boards <= PROMISE + 3 * (PROMISE * (1 - PROMISE) / 400) ** 0.5
        assert alone.ever_false / alone.boards > 2 * PROMISE


def test_what_is_true_is_still_found_after_fifty_refreshes() -> None:
    for world in WORLDS[2:]:
        together = simulate(world, 60, seed=6, online=True)
        assert together.found_share / together.boards > 0.5
        assert together.false_share / together.boards <= PROMISE + 0.02


def test_a_board_is_tested_at_the_level_that_is_left(tmp_path: Path) -> None:
    table = null_table(np.random.default_rng(4), 150)
    source = source_of(tmp_path, [write_table(tmp_path, "sales", table)])
    wealth = Wealth()
    first = refreshed(source, wealth, online=True)
    assert first.statistics.level == Wealth().budget().spendable
    assert first.statistics.hypotheses_tested > 0
    later = refreshed(source, wealth, online=True)
    assert later.statistics.level == wealth.batches[1].level < first.statistics.level
