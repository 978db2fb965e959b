"""False discoveries kept down over all refreshes of one dashboard.

A board that is tested anew with each refresh would claim something false sooner or later, however carefully each
refresh is corrected. Here the refreshes share one promise: each is a batch whose level is set so that, over all
batches so far, the expected share of false claims stays below it (Zrnic, Jiang, Ramdas and Jordan 2020, "The power
of batching in multiple hypothesis testing", AISTATS, algorithm BatchBH). A refresh that finds something earns level
for later ones; before the first finding the levels add up to the promise at most, so a board on which nothing is true
claims anything at all, ever, with a probability below it, however alike its refreshes are.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

PROMISE = 0.05
"""The share of false claims allowed over all refreshes of one dashboard."""
DECAY = 1.6
"""How fast the spending slows: batch t gets a share of t to the power of minus this (Ramdas et al. 2018, SAFFRON)."""
MOST_BATCHES = 400
"""Batches remembered one by one; of older ones the sum of what they have cost, which can only be too high."""
MOST_LEVELS = 50
"""Snapshots of which the level is remembered, so that the same data get the same answer."""
_ZETA = 2.2857656562  # sum of t ** -1.6 over all t


@dataclass(frozen=True)
class Budget:
    """What a refresh may spend: `spendable` level for one hypothesis in a world without discoveries so far."""

    spendable: float = PROMISE
    discoveries: int = 0

    def level(self, tests: int) -> float:
        """The level at which a batch of so many hypotheses is tested, at most the promise."""
        if tests <= 0 or self.spendable <= 0.0:
            return 0.0
        return min(PROMISE, self.spendable * (tests + self.discoveries) / tests)


@dataclass(frozen=True)
class Batch:
    """A refresh that was tested: its level, what passed, and the most that would have with one p value set to 0."""

    level: float
    passed: int
    at_most: int


@dataclass
class Wealth:
    """Every refresh of one dashboard that was tested; `levels` by what it was tested on, the newest last."""

    batches: list[Batch] = field(default_factory=list)
    tested: int = 0  # batches in all, folded ones too
    folded_passed: int = 0
    folded_cost: float = 0.0
    levels: dict[str, float] = field(default_factory=dict)
    last: str = ""  # what was tested last

    def budget(self) -> Budget:
        """What the next batch may spend."""
        passed = self.folded_passed + sum(batch.passed for batch in self.batches)
        given = PROMISE * math.fsum(_share(place) for place in range(1, self.tested + 2))
        spent = self.folded_cost + math.fsum(_cost(batch, passed) for batch in self.batches)
        return Budget(max(given - spent, 0.0), passed)

    def enter(self, key: str, batch: Batch) -> None:
        """A batch was tested on the data the key stands for."""
        self.batches.append(batch)
        self.tested += 1
        self.levels.pop(key, None)
        self.levels[key] = batch.level
        while len(self.levels) > MOST_LEVELS:
            self.levels.pop(next(iter(self.levels)))
        if len(self.batches) > MOST_BATCHES:
            passed = self.folded_passed + sum(item.passed for item in self.batches)
            oldest = self.batches.pop(0)
            self.folded_cost += _cost(oldest, passed)
            self.folded_passed += oldest.passed

    def to_json(self) -> bytes:
        """The state as it is kept with the dashboard."""
        document = {
            "batches": [[batch.level, batch.passed, batch.at_most] for batch in self.batches],
            "tested": self.tested,
            "folded_passed": self.folded_passed,
            "folded_cost": self.folded_cost,
            "levels": self.levels,
            "last": self.last,
        }
        return json.dumps(document, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, data: bytes | None) -> "Wealth":
        """The state that was kept; a fresh one when there is none."""
        if not data:
            return cls()
        document = json.loads(data)
        batches = [Batch(level, passed, at_most) for level, passed, at_most in document.pop("batches")]
        return cls(batches=batches, **document)


def most_passing(p_values: Sequence[float], level: float) -> int:
    """How many would pass Benjamini and Hochberg's procedure at most, were any one p value 0."""
    ordered = sorted(p_values)
    if not ordered:
        return 0
    with_zero = [0.0, *ordered[:-1]]
    count = len(ordered)
    return max(place for place, p in enumerate(with_zero, start=1) if p <= level * place / count)


def _share(place: int) -> float:
    """The share of the promise that is given out with the batch of that number, 1 first; all of them make 1."""
    return float(place**-DECAY) / _ZETA


def _cost(batch: Batch, passed: int) -> float:
    """What a batch has cost: less the more the others found."""
    others = passed - batch.passed
    return batch.level * batch.at_most / (batch.at_most + others) if batch.at_most else 0.0
