"""A question as it was understood: what is asked of which rows and times, and what was not understood."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from server.analysis.asking.quantity import Quantity
from server.analysis.columns import Dimension
from server.analysis.facts import Facts
from server.analysis.periods import Span
from server.analysis.scope import Condition, within


class Goal(Enum):
    """What a question wants."""

    NUMBER = "a number"
    BREAKDOWN = "a breakdown"
    RANKING = "a ranking"
    CHANGE = "a change"
    WHY = "what made a change"
    DEVELOPMENT = "a development"
    COMPARISON = "a comparison"
    RELATION = "a relation"
    FORECAST = "a forecast"
    OUTLIERS = "what is unusual"
    CONCENTRATION = "a concentration"
    GROWTH = "what moved most"
    QUALITY = "the quality of the data"
    FINDINGS = "what was found"


_PLAIN = (Goal.NUMBER, Goal.FINDINGS)


@dataclass(frozen=True)
class Filter:
    """The rows of some members of a dimension, or of all others."""

    dimension: Dimension
    members: tuple[str, ...]
    negated: bool = False

    @property
    def condition(self) -> Condition:
        """The predicate."""
        marks = ", ".join("?" for _ in self.members)
        word = "not in" if self.negated else "in"
        return Condition(f"{self.dimension.value} {word} ({marks})", self.members)


@dataclass(frozen=True)
class Reading:
    """A question read against one table."""

    facts: Facts
    goal: Goal
    quantities: tuple[Quantity, ...] = ()
    by: tuple[Dimension, ...] = ()
    grain: str = ""
    filters: tuple[Filter, ...] = ()
    period: Span | None = None
    against: Span | None = None
    ahead: str = ""
    rising: int = 0  # the direction the question takes for granted: 1 up, -1 down
    limit: int = 0
    lowest: bool = False
    few: bool = False  # without a word for a measure, the rows stand in for one
    shared: bool = False  # the part of the whole is asked for
    named: tuple[str, ...] = ()  # what of the table is named, as the report calls it
    unread: tuple[str, ...] = ()
    undated: str = ""  # a time that cannot be applied, because the table has none
    ambiguous: tuple[tuple[str, tuple[str, ...]], ...] = ()
    slips: tuple[tuple[str, str], ...] = ()
    weight: float = 0.0  # how much of the question the table answers to

    @property
    def conditions(self) -> list[Condition]:
        """The rows asked about, whatever their time."""
        return [chosen.condition for chosen in self.filters]

    def during(self, span: Span | None) -> list[Condition]:
        """The rows asked about, of a span."""
        if span is None or self.facts.scope.time is None:
            return self.conditions
        return [*self.conditions, within(self.facts.scope, span)]

    @property
    def quantity(self) -> Quantity:
        """The first number asked for. Raises IndexError when there is none."""
        return self.quantities[0]

    @property
    def known(self) -> bool:
        """Whether anything of the table is named."""
        return bool(self.weight)


def best_reading(readings: Sequence[Reading]) -> Reading | None:
    """The reading of the table that answers to most of the question; of equals one that knows what is wanted."""
    return max(readings, key=lambda reading: (reading.weight, reading.goal not in _PLAIN), default=None)
