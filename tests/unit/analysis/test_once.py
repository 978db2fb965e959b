"""What is asked of the same facts again is not worked out again."""

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import Any

from server.analysis.once import once


@dataclass(frozen=True)
class _Numbers:
    values: tuple[int, ...]
    known: dict[Hashable, Any] = field(default_factory=dict, init=False, compare=False)


_ASKED: list[int] = []


@once
def _times(numbers: _Numbers, factor: int) -> list[int]:
    _ASKED.append(factor)
    return [factor * value for value in numbers.values]


def test_an_answer_is_kept_for_the_same_question_of_the_same_thing() -> None:
    _ASKED.clear()
    numbers = _Numbers((1, 2))
    assert _times(numbers, 2) == [2, 4]
    assert _times(numbers, 2) is _times(numbers, 2)
    assert _times(numbers, 3) == [3, 6]
    assert _ASKED == [2, 3]


def test_a_changed_copy_knows_nothing_yet() -> None:
    numbers = _Numbers((1, 2))
    assert _times(numbers, 2) == [2, 4]
    assert _times(replace(numbers, values=(5,)), 2) == [10]
