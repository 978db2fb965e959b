"""What a detector proposes, and what it says of a proposal that passed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from claribi.v1 import insights_pb2

from server.analysis.columns import Dimension, Measure
from server.analysis.evidence import Figure, Ledger, Name, Text
from server.analysis.facts import Facts
from server.analysis.inference import Floats
from server.analysis.online import PROMISE, Batch
from server.analysis.periods import Span
from server.analysis.series import Series

Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Tested:
    """The outcome of one statistical test; the effect has a name, the interval a level of 95 %."""

    test: str
    statistic: float
    p_value: float
    n: int
    effect_name: str
    effect: float
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Magnitude:
    """The size in its unit, and relative to its base (0.1 for 10 %) when there is one."""

    value: float
    unit: str
    relative: float | None = None


@dataclass(frozen=True)
class Second:
    """The other column of a hypothesis about two: a measure, or a dimension with its member."""

    column: str
    member: str | None = None


@dataclass(frozen=True)
class Hypothesis:
    """One thing that was tested, whether or not it holds; `size` and `surprise` lie in 0 to 1.

    `choices` is how many tests the p value was chosen from and is corrected for. A `quiet` hypothesis is true of
    most tables and tells a reader little by itself: it is told last, and only beside another finding of its table
    or where the question names its measure and its dimension. One `of_rows` says how the rows are spread, whatever
    its measure.
    """

    kind: insights_pb2.InsightType
    facts: Facts
    measure: Measure
    tested: Tested
    magnitude: Magnitude
    direction: insights_pb2.Direction
    material: bool
    size: float
    surprise: float
    dimension: Dimension | None = None
    members: tuple[str, ...] = ()
    where: tuple[Dimension, str] | None = None
    span: Span | None = None
    base: Span | None = None  # what a change is measured from
    series: Series | None = None
    profile: Floats | None = None  # what near-duplicates look alike in: a series, or the members' means
    detail: object = None
    second: Second | None = None
    choices: int = 1
    quiet: bool = False
    of_rows: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        """A stable order for hypotheses that rank alike."""
        dimension = self.dimension.column if self.dimension else ""
        where = (self.where[0].column, self.where[1]) if self.where else ("", "")
        return (
            self.facts.scope.source_id,
            self.facts.scope.table,
            str(self.kind),
            self.measure.expression,
            dimension,
            *where,
            *self.members,
            *((self.second.column, self.second.member or "") if self.second else ()),
        )


@dataclass(frozen=True)
class Finding:
    """A hypothesis that passed: q value, score, the measures that say the same, the part that explains most of it."""

    hypothesis: Hypothesis
    q_value: float
    score: float
    echoes: tuple[Measure, ...] = ()
    mostly: Hypothesis | None = None


@dataclass(frozen=True)
class Told:
    """A finding in words; the chart has no id yet.

    `magnitude` and `interval` are those the sentences tell, where the test measured in another way: over other rows,
    by another grain, with unknown periods filled in, or as means where medians are told.
    """

    title: Text
    lead: Text  # the sentence with the numbers, which the narrative begins with
    narrative: Text
    advice: Text
    caveats: tuple[Text, ...] = ()
    chart: insights_pb2.Chart | None = None
    magnitude: Magnitude | None = None
    interval: tuple[float, float] | None = None


@dataclass
class Writer:
    """The ledger with the turn of phrase: findings of one kind take turns, so neighbours differ."""

    ledger: Ledger
    turn: int = 0

    def pick(self, templates: Sequence[str]) -> str:
        """The template whose turn it is."""
        return templates[self.turn % len(templates)]


class Detector(Protocol):
    """One type of insight."""

    kind: insights_pb2.InsightType

    def propose(self, facts: Facts) -> list[Hypothesis]:
        """Everything this detector tested in the table, passing or not."""
        ...

    def tell(self, finding: Finding, writer: Writer) -> Told:
        """The finding in words, its numbers in the ledger. Raises NoValue when a number cannot be had."""
        ...


@dataclass
class Findings:
    """What a report or a board is made from."""

    insights: list[insights_pb2.Insight] = field(default_factory=list)
    charts: list[insights_pb2.Chart] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    kept: list[Finding] = field(default_factory=list)
    hypotheses_tested: int = 0
    discoveries: int = 0
    batch: Batch = field(default_factory=lambda: Batch(PROMISE, 0, 0))


def required(value: object, kind: type[Kind]) -> Kind:
    """What a detector put into its own hypothesis. Raises TypeError when it is something else."""
    if not isinstance(value, kind):
        raise TypeError(f"Expected {kind.__name__}, found {type(value).__name__}.")
    return value


def told_apart(own: Figure, base: Figure, apart: Figure | None, unit: str) -> Magnitude:
    """How far a number lies from its base, as the evidence has both; `apart` in percent, of percentages in points."""
    points = unit == "%"
    relative = None if points or apart is None else apart.value / 100.0
    return Magnitude(own.value - base.value, "points" if points else unit, relative)


def saturating(value: float, half: float) -> float:
    """0 at 0, one half at `half`, towards 1 beyond."""
    return abs(value) / (abs(value) + half)


def subject_name(hypothesis: Hypothesis) -> Name:
    """The measure, and the member it is cut to: `revenue for North`."""
    name = hypothesis.measure.name
    if hypothesis.where:
        name = f"{name} for {member_of(*hypothesis.where)}"
    return Name(name)


def member_name(member: str) -> str:
    """A member on one short line."""
    text = " ".join(member.split())
    return (text if len(text) <= 60 else text[:59].rstrip() + "…") or "(empty)"


def member_of(dimension: Dimension, member: str) -> str:
    """A member as a sentence names it: alone when it is a word, with its dimension when it is a number or a flag."""
    name = member_name(member)
    if dimension.is_word:
        return f"rows {'with' if name == 'yes' else 'without'} {dimension.label}"
    if dimension.is_range:
        return f"{dimension.label} {name}"
    if name in {"true", "false"}:
        return f"{dimension.label} = {name}"
    return name if any(letter.isalpha() for letter in name) else f"{dimension.label} {name}"


def certainty(q_value: float) -> str:
    """How sure, in words that stand for bounds on the q value: one in a thousand, one in a hundred, one in twenty."""
    if q_value < 0.001:
        return "very strong"
    return "strong" if q_value < 0.01 else "moderate"
