"""Whether an insight tells a planted truth: the rules, the same for every engine.

Type: the truth's own or one of its equivalents: a weekday, month or hour effect is seasonality or a group
difference by that part of the time; one member with many rows is a group difference of counts or a concentration;
a break one month long at the end is a change or a change point; a lasting break is a change point, or a trend that
points the same way; bins of a number are a group difference or a correlation; the state of a team is a group
difference or a shift of its mix. A driver is told by a driver only: "this slice changed" does not say why the
total did.
Measure: the column, an exact copy of it, or the derived expression with the same columns and words, however quoted.
A rise in rows raises every sum: those are equivalents there, and nowhere else.
Dimension: among the truth's; `second` and `where` count too. Member: the one planted, in any place that names
members; of two members the other one, the other way round, is the same fact.
Direction: must be the planted one where the truth has one. Time: must touch the truth's window.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from claribi.v1 import insights_pb2
from claribi.v1.insights_pb2 import Insight

from tests.quality.tables import Wanted, World
from tests.quality.truths import DOWN, UP, Truth

RISING = {"increase", "higher", "positive"}
FALLING = {"decrease", "lower", "negative"}


def kind_of(insight: Insight) -> str:
    """The type as the REST interface writes it."""
    return insights_pb2.InsightType.Name(insight.type)[len("INSIGHT_TYPE_") :].lower()


def way(insight: Insight) -> str:
    """up, down or neither."""
    name = insights_pb2.Direction.Name(insight.direction)[len("DIRECTION_") :].lower()
    return UP if name in RISING else DOWN if name in FALLING else ""


def bare(column: str, world: World) -> str:
    """A column without the name of the main table before it."""
    return column.removeprefix(world.main + ".")


def _quoteless(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter not in "\"'` ")


def columns_in(expression: str, world: World) -> set[str]:
    """The columns an expression speaks of, longest names first so that `a` is not seen in `a b`."""
    left, found = expression, set()
    for column in sorted(world.cells, key=len, reverse=True):
        if column in left:
            found.add(column)
            left = left.replace(column, " ")
    return found


def function_of(measure: Any) -> str:
    """The function a derived measure is made by; count for rows; empty for a plain column."""
    text = measure.expression.lower()
    for function in ("duration", "share", "contains"):
        if f"{function}(" in text:
            return function
    if "/" in text and text.count("(") >= 2:
        return "ratio"
    if measure.HasField("column"):
        return ""
    return "count" if "count" in text else ""


def same_measure(measure: Any, wanted: Wanted, world: World) -> bool:
    """Whether the measure is the one wanted."""
    function = function_of(measure)
    if function != wanted.function:
        return False
    if function == "count":
        return True
    if not function:
        return bare(measure.column, world) in wanted.columns
    text = _quoteless(measure.expression)
    named = all(_quoteless(column) in text for column in wanted.columns)
    return named and all(_quoteless(word) in text for word in wanted.literals)


def dimensions_of(insight: Insight, world: World) -> dict[str, set[str]]:
    """Every dimension an insight names, with the members it names of it."""
    found: dict[str, set[str]] = {}
    subject = insight.subject

    def add(column: str, members: list[str]) -> None:
        if column:
            found.setdefault(bare(column, world), set()).update(members)

    if subject.HasField("dimension"):
        members = [subject.dimension.member] if subject.dimension.HasField("member") else []
        add(subject.dimension.column, [*members, *subject.dimension.other_members])
    if subject.HasField("second"):
        add(subject.second.column, [subject.second.member] if subject.second.HasField("member") else [])
    for condition in subject.where:
        add(condition.column, [condition.member])
    return found


def touches(insight: Insight, window: tuple[str, str]) -> bool:
    """Whether the insight's time and a window have a day in common."""
    if not window[0]:
        return True
    span = insight.subject.time
    first, last = getattr(span, "from")[:10], span.to[:10]
    return bool(first) and first <= window[1] and last >= window[0]


@dataclass(frozen=True)
class Match:
    """How an insight stands to a truth."""

    told: bool
    wrong_way: bool  # all but the direction


NONE = Match(False, False)


def match(insight: Insight, truth: Truth, world: World) -> Match:
    """Whether the insight tells the truth."""
    kind = kind_of(insight)
    if (
        kind not in truth.types
        or not _measures_fit(insight, truth, world)
        or not touches(insight, truth.window)
    ):
        return NONE
    named = dimensions_of(insight, world)
    if truth.dimensions and not (kind == "seasonality" and world.time in truth.dimensions):
        if not set(truth.dimensions) & set(named) and not _on_parts_of_time(insight, truth, world):
            return NONE
    elif not truth.dimensions and not truth.slices and insight.subject.where:
        return NONE
    turned = _of_the_opposite(insight, truth)
    if truth.members and not _members_fit(named, truth):
        if not (truth.flip and len(truth.members) >= 1 and any(named.get(d) for d in truth.dimensions)):
            return NONE
        turned = not turned
    seen = way(insight)
    if turned:
        seen = {UP: DOWN, DOWN: UP, "": ""}[seen]
    if truth.direction and seen and seen != truth.direction:
        return Match(False, True)
    return Match(True, False)


def _of_the_opposite(insight: Insight, truth: Truth) -> bool:
    """Whether the measure is the share of false where the truth is about the share of true."""
    flag = any(wanted.function == "share" and not wanted.literals for wanted in truth.measures)
    text = _quoteless(insight.subject.measure.expression)
    return flag and text.endswith(("=false)", "=0)", "=no)"))


def _measures_fit(insight: Insight, truth: Truth, world: World) -> bool:
    measure = insight.subject.measure
    if truth.type_is("correlation"):
        return _pair_fits(insight, truth, world)
    if any(wanted.function == "count" for wanted in truth.measures) and _sums(measure):
        return True
    return any(same_measure(measure, wanted, world) for wanted in truth.measures)


def _sums(measure: Any) -> bool:
    """More rows, higher sums: of whatever."""
    return bool(measure.expression.lower().startswith("sum(") and not function_of(measure))


def _pair_fits(insight: Insight, truth: Truth, world: World) -> bool:
    one, other = truth.measures[:2]
    first, second = bare(insight.subject.measure.column, world), bare(insight.subject.second.column, world)
    return (first in one.columns and second in other.columns) or (
        first in other.columns and second in one.columns
    )


def _members_fit(named: dict[str, set[str]], truth: Truth) -> bool:
    members = set().union(*(named.get(dimension, set()) for dimension in truth.dimensions))
    return bool(members & set(truth.members)) or not members


def _on_parts_of_time(insight: Insight, truth: Truth, world: World) -> bool:
    """A group difference by the weekday, month or hour of the main time column."""
    column = bare(insight.subject.dimension.column, world)
    return world.time in truth.dimensions and (column == world.time or world.time in column)


def magnitude_error(insight: Insight, truth: Truth) -> float | None:
    """The least relative error of the size or the relative size against any of its correct definitions."""
    said = [insight.magnitude.value]
    if insight.magnitude.HasField("relative"):
        said.append(insight.magnitude.relative)
    known = [value for value in truth.values if np.isfinite(value) and value != 0]
    if not known:
        return None
    return min(abs(abs(one) - abs(value)) / abs(value) for one in said for value in known)
