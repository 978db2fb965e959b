"""The parts of a difference add up to it."""

import math
import random

import pytest

from server.analysis.compare.numbers import split_reason
from server.analysis.compare.parts import Cell, Cells, largest, of_means, of_totals, offsetting


def random_cells(rng: random.Random, members: int) -> dict[str | None, Cell]:
    found: dict[str | None, Cell] = {}
    for place in range(members):
        if rng.random() < 0.8:
            n = rng.randint(1, 500)
            found[f"m{place}" if place else None] = Cell(float(n), n * rng.gauss(10, 30))
    return found


def mean(cells: Cells) -> float:
    return math.fsum(cell.total for cell in cells.values()) / math.fsum(cell.n for cell in cells.values())


@pytest.mark.parametrize("seed", range(30))
def test_parts_of_totals_and_of_means_add_up(seed: int) -> None:
    rng = random.Random(seed)
    before, after = random_cells(rng, 12), random_cells(rng, 12)
    sums = of_totals(before, after)
    whole = math.fsum(c.total for c in after.values()) - math.fsum(c.total for c in before.values())
    assert math.fsum(part.value for part in sums) == pytest.approx(whole, rel=1e-12, abs=1e-9)
    means = of_means(before, after)
    assert math.fsum(part.value for part in means) == pytest.approx(mean(after) - mean(before), abs=1e-10)
    for part in means:
        assert part.rate is not None
        assert part.mix is not None
        assert part.value == part.rate + part.mix
    for parts in (sums, means):
        shown, rest = largest(parts, 3)
        together = [*shown, rest] if rest is not None else shown
        assert math.fsum(p.value for p in together) == pytest.approx(math.fsum(p.value for p in parts))
        assert sorted(m or "" for p in together for m in p.members) == sorted(
            p.members[0] or "" for p in parts
        )


def test_a_mean_that_moves_by_weights_alone_is_all_mix() -> None:
    before = {"low": Cell(90, 900), "high": Cell(10, 1000)}
    after = {"low": Cell(50, 500), "high": Cell(50, 5000)}
    parts = of_means(before, after)
    assert [part.rate for part in parts] == [0.0, 0.0]
    assert math.fsum(part.mix or 0.0 for part in parts) == pytest.approx(55 - 19)
    # The lighter member below the mean and the heavier one above it both lift it.
    assert all((part.mix or 0.0) > 0 for part in parts)


def test_a_mean_that_moves_inside_members_alone_is_all_rate() -> None:
    before = {"a": Cell(30, 300), "b": Cell(70, 1400)}
    after = {"a": Cell(60, 660), "b": Cell(140, 2800)}
    parts = of_means(before, after)
    assert [round(part.rate or 0.0, 12) for part in parts] == [0.0, 0.3] or parts[0].rate == pytest.approx(
        0.3
    )
    assert math.fsum(part.mix or 0.0 for part in parts) == pytest.approx(0.0, abs=1e-12)


def test_a_reversal_shows_as_mix_against_rate() -> None:
    # Both groups improve, the whole falls (Simpson 1951): the weights moved to the lower group.
    before = {"easy": Cell(90, 81), "hard": Cell(10, 1)}
    after = {"easy": Cell(10, 9.5), "hard": Cell(90, 18)}
    parts = of_means(before, after)
    assert math.fsum(part.rate or 0.0 for part in parts) > 0
    assert math.fsum(part.mix or 0.0 for part in parts) < 0
    assert math.fsum(part.value for part in parts) == pytest.approx(0.275 - 0.82)


def test_a_member_on_one_side_only_is_mix() -> None:
    parts = of_means({"old": Cell(10, 100)}, {"old": Cell(10, 100), "new": Cell(10, 300)})
    assert [(part.members[0], part.rate) for part in parts] == [("new", 0.0), ("old", 0.0)]
    assert math.fsum(part.value for part in parts) == pytest.approx(10.0)


def test_nothing_on_one_side_has_no_mean_to_split() -> None:
    assert of_means({}, {"a": Cell(1, 1)}) == []
    assert of_means({"a": Cell(0, 0)}, {"a": Cell(1, 1)}) == []
    assert [part.value for part in of_totals({}, {"a": Cell(1, 5)})] == [5]


def test_only_what_moved_against_the_difference_offsets_it() -> None:
    parts = of_totals(
        {"a": Cell(1, 0), "b": Cell(1, 100), "c": Cell(1, 50)}, {"a": Cell(1, 200), "b": Cell(1, 40)}
    )
    against = offsetting(parts, 90.0, least=0.6)
    assert [part.members[0] for part in against] == ["b"]
    assert offsetting(parts, 0.0, least=0.1) == []


def test_the_reasons_of_a_difference_add_up() -> None:
    whole = split_reason(10.0, 25.0, forwards=14.0, backwards=13.0)
    assert whole is not None
    assert (whole.data, whole.question, whole.together) == (4.0, 3.0, 8.0)
    gone = split_reason(10.0, 25.0, forwards=14.0, backwards=None)
    assert gone is not None
    assert (gone.data, gone.question, gone.HasField("together")) == (4.0, 11.0, False)
    assert split_reason(10.0, 25.0, forwards=None, backwards=13.0) is None
