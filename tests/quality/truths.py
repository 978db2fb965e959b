"""What was planted: a truth with the effect's size by the power of its right test, and the tuning that reaches it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from tests.quality.tables import Array, Random, Wanted, World

UP, DOWN, ANY = "up", "down", ""
DETECTABLE = 1e-3
"""A truth with a p below this by its one right test can be found in the table."""
LEAST = 0.1
"""Smallest relative difference that is planted."""
SIZES = ("strong", "medium", "weak")


@dataclass(frozen=True)
class Truth:
    """One planted fact and what an insight must say to have told it.

    `types` are the types that tell it, the proper one first; `dimensions` the columns that may carry it (none:
    the whole), `members` those it may name (none: any), `second` columns of the other measure; `window` the ISO
    days its time must touch; `cycle` the period of a season; `values` every correct size of it, by name.
    """

    kind: str
    types: tuple[str, ...]
    measures: tuple[Wanted, ...]
    direction: str = ANY
    dimensions: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    second: tuple[str, ...] = ()
    window: tuple[str, str] = ("", "")
    p: float = 1.0
    size: str = "strong"
    values: tuple[float, ...] = ()
    line: str = ""
    flip: bool = False  # the other member of two, the other way round, is the same fact
    slices: bool = False  # holds in a slice too: naming one is no mistake

    @property
    def detectable(self) -> bool:
        """Whether the one right test finds it."""
        return self.p < DETECTABLE

    def type_is(self, name: str) -> bool:
        """Whether this is the truth's proper type."""
        return self.types[0] == name


@dataclass
class Case:
    """A table with its truth."""

    world: World
    truth: Truth
    seed: tuple[int, ...] = ()
    notes: list[str] = field(default_factory=list)


def target_p(random: Random, size: str) -> float:
    """The p the right test should give: below 1e-8, around 1e-5, around 1e-3."""
    low, high = {"strong": (-16.0, -9.0), "medium": (-5.7, -4.3), "weak": (-3.4, -2.7)}[size]
    return float(10 ** random.uniform(low, high))


def size_of(p: float) -> str:
    """The class of an effect by the p of its right test."""
    return "strong" if p < 1e-8 else "medium" if p < 1e-4 else "weak"


def tuned(p_at: Callable[[float], float], target: float, *, most: float, least: float = LEAST) -> float:
    """The strength in `least` to `most` at which the right test gives about `target`; the noise stays what it is.

    What is smaller than `least` may be true but is not worth telling: in a tall table a weak effect is not planted,
    and the effect counts as what its p makes it.
    """
    low, high, steps = least, most, 18
    if p_at(low) < target:
        return low
    if p_at(high) > target:
        return high
    for _ in range(steps):
        middle = (low + high) / 2
        low, high = (middle, high) if p_at(middle) > target else (low, middle)
    return high


def lifted(values: Array, mask: Array, factor: float | Array) -> Array:
    """The values times a factor where the mask is; whole numbers stay whole, on average."""
    raised = np.where(mask, values * factor, values)
    if values.dtype.kind in "iu":
        dither = np.random.default_rng(len(values)).random(len(values))
        return np.floor(raised + np.where(mask, dither, 0)).astype(np.int64)
    return np.round(raised, 3)


def factor_of(strength: float, direction: str) -> float:
    """A rise by a strength, or the fall that a rise by it makes good."""
    return 1 + strength if direction == UP else 1 / (1 + strength)


def pick(random: Random, names: Sequence[str]) -> str:
    """One of them."""
    return str(names[int(random.integers(0, len(names)))])


def either(random: Random) -> str:
    """Up or down."""
    return UP if random.random() < 0.5 else DOWN


def plain(world: World, column: str) -> Wanted:
    """A column as a measure, or an exact copy of it."""
    return Wanted((column, *world.copies.get(column, ())))


def thinned(random: Random, world: World, dimension: str, member: str, rows: int) -> None:
    """Leaves at most `rows` rows to a member, the others fall to its fellows: so that a small p is a large effect."""
    labels = world.cells[dimension]
    mine = np.flatnonzero(labels == member)
    if len(mine) > rows:
        fellows = np.array(sorted(set(labels) - {member}), dtype=object)
        labels[random.permutation(mine)[rows:]] = random.choice(fellows, len(mine) - rows)
        world.uneven.add(dimension)
