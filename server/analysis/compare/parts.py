"""Exact parts of the difference of two totals or means."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """Observations and their sum, for one member on one side."""

    n: float = 0.0
    total: float = 0.0

    @property
    def mean(self) -> float | None:
        """The mean, when there is anything."""
        return self.total / self.n if self.n else None

    def __add__(self, other: "Cell") -> "Cell":
        return Cell(self.n + other.n, self.total + other.total)


@dataclass(frozen=True)
class Contribution:
    """What members add to the difference: for means inside (`rate`) and by weight (`mix`); None for totals."""

    members: tuple[str | None, ...]
    before: Cell
    after: Cell
    value: float
    rate: float | None = None
    mix: float | None = None


Cells = Mapping[str | None, Cell]
NOTHING = Cell()


def of_totals(before: Cells, after: Cells) -> list[Contribution]:
    """The difference of sums, member by member."""
    return [
        Contribution(
            (member,),
            before.get(member, NOTHING),
            after.get(member, NOTHING),
            after.get(member, NOTHING).total - before.get(member, NOTHING).total,
        )
        for member in _members(before, after)
    ]


def of_means(before: Cells, after: Cells) -> list[Contribution]:
    """The difference of two means as rates inside members and the mix of members; all parts add up to it.

    Kitagawa 1955, "Components of a difference between two rates", J. Am. Stat. Assoc. 50: a member's rate effect is
    its change at the mean of its two weights, its mix effect the change of its weight at the mean of its two rates,
    here against the overall mean, so that a heavier member counts up only when it lies above. A member that is on one
    side only has no change inside: all of it is mix.
    """
    rows = [math.fsum(cell.n for cell in side.values()) for side in (before, after)]
    if not all(rows):
        return []
    level = sum(
        math.fsum(cell.total for cell in side.values()) / n
        for side, n in zip((before, after), rows, strict=True)
    )
    found = []
    for member in _members(before, after):
        old, new = before.get(member, NOTHING), after.get(member, NOTHING)
        if not (old.n or new.n):
            continue
        weights = old.n / rows[0], new.n / rows[1]
        first = old.mean if old.mean is not None else new.mean or 0.0
        last = new.mean if new.mean is not None else first
        rate = (last - first) * (weights[0] + weights[1]) / 2
        mix = (weights[1] - weights[0]) * ((first + last) - level) / 2
        found.append(Contribution((member,), old, new, rate + mix, rate=rate, mix=mix))
    return found


def largest(
    contributions: Sequence[Contribution], most: int
) -> tuple[list[Contribution], Contribution | None]:
    """The largest, first, and all others as one; None when there are no others."""
    ordered = sorted(contributions, key=lambda part: (-abs(part.value), part.members[0] or ""))
    shown, rest = ordered[:most], ordered[most:]
    if len(rest) == 1:
        return ordered, None
    return shown, _together(rest) if rest else None


def offsetting(
    contributions: Sequence[Contribution], difference: float, *, least: float
) -> list[Contribution]:
    """What moved against the difference by at least that share of it, the largest first."""
    against = [part for part in contributions if part.value * difference < 0]
    return [part for part in against if abs(part.value) >= least * abs(difference)]


def _together(parts: Sequence[Contribution]) -> Contribution:
    before, after = NOTHING, NOTHING
    for part in parts:
        before, after = before + part.before, after + part.after
    return Contribution(
        tuple(member for part in parts for member in part.members),
        before,
        after,
        math.fsum(part.value for part in parts),
        rate=None if parts[0].rate is None else math.fsum(part.rate or 0.0 for part in parts),
        mix=None if parts[0].mix is None else math.fsum(part.mix or 0.0 for part in parts),
    )


def _members(before: Cells, after: Cells) -> list[str | None]:
    return sorted({*before, *after}, key=lambda member: (member is None, member or ""))
