"""The queries behind a change taken apart: what a member, and what the others, added to it."""

from collections.abc import Sequence

from server.analysis.columns import Dimension, Measure
from server.analysis.periods import Span
from server.analysis.scope import Condition, Parameter, Scalar, Scope, difference, equals, measured, within
from server.query.sql import select

RATE, MIX, WHOLE = "rate", "mix", "whole"
_FORMULAS = {
    RATE: "(n1 / a1 + n0 / a0) / 2 * (m1 - m0)",
    MIX: "((m1 + m0) / 2 - (s1 / a1 + s0 / a0) / 2) * (n1 / a1 - n0 / a0)",
}
_FORMULAS[WHOLE] = f"{_FORMULAS[RATE]} + {_FORMULAS[MIX]}"


def all_but(dimension: Dimension, members: Sequence[str]) -> Condition:
    """Rows of no member named, those without a member too."""
    marks = ", ".join("?" for _ in members)
    return Condition(f"({dimension.value} is null or {dimension.value} not in ({marks}))", tuple(members))


def change_of(
    scope: Scope, measure: Measure, spans: tuple[Span, Span], cut: Sequence[Condition] = ()
) -> Scalar:
    """The measure in the first span less that in the second; no rows count as zero where parts add up."""
    sides = [measured(scope, measure, (*cut, within(scope, span))) for span in spans]
    if measure.additive:
        sides = [
            Scalar(scope, select([f"coalesce(({side.sql}), 0)"], "(select 1)"), side.params) for side in sides
        ]
    return difference(*sides)


def added(
    scope: Scope, measure: Measure, spans: tuple[Span, Span], cut: Condition, *, part: str = WHOLE
) -> Scalar:
    """What the rows of a cut added to the change; of a mean, through its own mean (rate), its share (mix), or both."""
    if measure.additive:
        return change_of(scope, measure, spans, [cut])
    n, total = measure.cells[:2]
    columns: list[str] = []
    params: list[Parameter] = []
    for side, span in zip(("1", "0"), spans, strict=True):
        when = within(scope, span)
        for name, sql in (("n", n), ("t", total)):
            columns.append(f"{sql} filter (where {when.sql} and {cut.sql}) as {name}{side}")
            params += [*when.params, *cut.params]
        for name, sql in (("a", n), ("s", total)):
            columns.append(f"{sql} filter (where {when.sql}) as {name}{side}")
            params += when.params
    cells = scope.select(columns)
    means = [
        "*",
        "coalesce(t1 / nullif(n1, 0), t0 / n0) as m1",
        "coalesce(t0 / nullif(n0, 0), t1 / n1) as m0",
    ]
    counted = select([*means], cells.nested)
    return Scalar(scope, select([_FORMULAS[part]], f"({counted})"), (*params, *cells.params))


def member_added(
    scope: Scope, measure: Measure, spans: tuple[Span, Span], dimension: Dimension, member: str
) -> Scalar:
    """What one member added."""
    return added(scope, measure, spans, equals(dimension, member))


def others_added(
    scope: Scope, measure: Measure, spans: tuple[Span, Span], dimension: Dimension, members: Sequence[str]
) -> Scalar:
    """What is left of the change when the members named are taken off."""
    if measure.additive:
        return change_of(scope, measure, spans, [all_but(dimension, members)])
    left = change_of(scope, measure, spans)
    for member in members:
        left = difference(left, member_added(scope, measure, spans, dimension, member))
    return left


def strata_part(
    scope: Scope, measure: Measure, sides: tuple[Condition, Condition], strata: Dimension, *, part: str
) -> Scalar:
    """Of the difference of two sides' means: what lies within the strata (rate), or between their mixes (mix)."""
    n, total = measure.cells[:2]
    columns, params = [f"{strata.value} as s"], list[Parameter]()
    for side, cut in zip(("1", "0"), sides, strict=True):
        for name, sql in (("n", n), ("t", total)):
            columns.append(f"{sql} filter (where {cut.sql}) as {name}{side}")
            params += cut.params
    cells = scope.select(columns, [Condition(f"{strata.value} is not null")], group=strata.value)
    whole = [
        f"sum({name}{side}) over () as {to}{side}" for side in "10" for name, to in (("n", "a"), ("t", "s"))
    ]
    means = [
        "coalesce(t1 / nullif(n1, 0), t0 / nullif(n0, 0)) as m1",
        "coalesce(t0 / nullif(n0, 0), t1 / nullif(n1, 0)) as m0",
    ]
    known = [f"coalesce({name}{side}, 0) as {name}{side}" for side in "10" for name in "nt"]
    counted = select(["n1", "n0", *whole, *means], f"({select(['s', *known], cells.nested)})")
    return Scalar(scope, select([f"sum({_FORMULAS[part]})"], f"({counted})"), (*params, *cells.params))
