"""What each part contributed to the move of a total or a mean: exact parts that sum to the move."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from server.analysis import formats
from server.analysis.answers.values import value_of
from server.analysis.answers.wording import Cell, Table, cell, place
from server.analysis.asking.quantity import Quantity
from server.analysis.asking.reading import Reading
from server.analysis.columns import Dimension
from server.analysis.evidence import Figure, Ledger, Text
from server.analysis.hypothesis import member_name
from server.analysis.periods import Span
from server.analysis.scope import Condition, Parameter, Scalar, Statement, difference, within
from server.query.sql import select

SHOWN = 8
DIMENSIONS = 4
STANDS_OUT = 0.25  # of the move, beyond its share of the rows, that a part must make up to be named
LEAST_MOVE = 1e-3  # of the numbers a move is the difference of, below which it is asked of the data by itself


@dataclass(frozen=True)
class Part:
    """One member in both spans: observations and total of each, and what it contributed."""

    member: str | None
    base: tuple[float, float]
    last: tuple[float, float]
    contribution: float
    expected: float  # its share of the move, had all parts moved alike


@dataclass(frozen=True)
class Parts:
    """The parts of one dimension, largest in the direction of the move first."""

    dimension: Dimension
    parts: tuple[Part, ...]
    move: float
    level: float = 0.0  # of the whole, where a mean moved

    @property
    def excess(self) -> float:
        """By how much of the move the first part goes beyond its share."""
        if not self.parts or self.move == 0:
            return 0.0
        return self.parts[0].contribution / self.move - self.parts[0].expected


def is_decomposable(quantity: Quantity) -> bool:
    """Whether parts of the number make up the whole: totals and means, not medians or extremes."""
    return not quantity.sql.startswith(("median", "max", "min", "count(distinct"))


def best_parts(reading: Reading, last: Span, base: Span) -> Parts | None:
    """The asked dimension, or the one in which a single part explains most of the move beyond its share."""
    cut = {chosen.dimension for chosen in reading.filters}
    known = [found.dimension for found in reading.facts.breakdowns if found.dimension not in cut]
    measure = reading.quantity.measure
    known = [d for d in known if d.column not in measure.columns]
    asked = [d for d in reading.by if d not in cut]
    dimensions = (asked or known)[:DIMENSIONS]
    if not dimensions or not is_decomposable(reading.quantity):
        return None
    found = [parts_of(reading, dimension, last, base) for dimension in dimensions]
    return max((parts for parts in found if parts.parts), key=lambda parts: parts.excess, default=None)


def parts_of(reading: Reading, dimension: Dimension, last: Span, base: Span) -> Parts:
    """The members of one dimension in both spans: one query."""
    return _parts(reading, dimension, reading.facts.scope.fetch(_statement(reading, dimension, last, base)))


def _filtered(cell: str, condition: Condition) -> str:
    return f"{cell} filter (where {condition.sql})"


def _cells(quantity: Quantity) -> tuple[str, str]:
    """The SQL of observations and total."""
    if quantity.measure.counts_rows:
        return "count(*)", "count(*)"
    n, total, _ = quantity.measure.cells
    return n, total


def _statement(reading: Reading, dimension: Dimension, last: Span, base: Span) -> Statement:
    scope = reading.facts.scope
    spans = [within(scope, span) for span in (base, last)]
    cells = [_filtered(cell, span) for span in spans for cell in _cells(reading.quantity)]
    either = Condition(f"(({spans[0].sql}) or ({spans[1].sql}))", (*spans[0].params, *spans[1].params))
    made = scope.select([dimension.value, *cells], [*reading.conditions, either], group="1", order="1")
    inside = tuple(value for span in spans for _ in range(2) for value in span.params)
    return Statement(made.sql, (*inside, *made.params))


def _parts(reading: Reading, dimension: Dimension, rows: Sequence[tuple[Any, ...]]) -> Parts:
    cells = [[float(cell or 0.0) for cell in row[1:]] for row in rows]
    n0, s0, n1, s1 = (sum(column) for column in zip(*cells, strict=True)) if cells else (0.0,) * 4
    additive = reading.quantity.additive
    if not additive and (n0 <= 0 or n1 <= 0):
        return Parts(dimension, (), 0.0)
    parts = []
    for row, (a, t, b, u) in zip(rows, cells, strict=True):
        given = u - t if additive else _of_mean((a, t, b, u), (n0, s0, n1, s1))
        expected = (t / s0 if s0 else 0.0) if additive else a / n0
        parts.append(Part(None if row[0] is None else str(row[0]), (a, t), (b, u), given, expected))
    move = s1 - s0 if additive else s1 / n1 - s0 / n0
    sign = 1.0 if move >= 0 else -1.0
    parts.sort(key=lambda part: (-sign * part.contribution, part.member or ""))
    return Parts(dimension, tuple(parts), move, level=0.0 if additive else abs(s1 / n1) + abs(s0 / n0))


def _of_mean(part: tuple[float, float, float, float], whole: tuple[float, float, float, float]) -> float:
    """What a part gave to the move of a mean: by its own mean at its average weight, and by its weight.

    Midpoint weights leave no rest (Marshall 1890, Edgeworth 1887); the sum over all parts is the move.
    """
    (a, t, b, u), (n0, s0, n1, s1) = part, whole
    before = t / a if a else (u / b if b else 0.0)
    after = u / b if b else before
    weights = a / n0, b / n1
    level = (s0 / n0 + s1 / n1) / 2.0
    return sum(weights) / 2.0 * (after - before) + (weights[1] - weights[0]) * (
        (before + after) / 2.0 - level
    )


def contribution_table(reading: Reading, found: Parts, last: Span, base: Span, ledger: Ledger) -> Table:
    """Each part in both spans and what it contributed; the last line is the whole."""
    quantity = reading.quantity
    rows: list[tuple[Cell, ...]] = []
    for part in found.parts[:SHOWN]:
        name = member_name(part.member) if part.member is not None else place(None, found.dimension.label)
        member = [member_is(found, part)]
        values = [
            value_in(reading, [*reading.during(span), *member], seen, f"{name}, {span.name}", ledger)
            for span, seen in ((base, part.base), (last, part.last))
        ]
        rows.append((cell(name, ledger), *values, contribution(reading, found, part, last, base, ledger)))
    whole = [value_of(reading, quantity, span, ledger) or Text("none") for span in (base, last)]
    scope = reading.facts.scope
    moved = difference(*(quantity.of(scope, reading.during(span)) for span in (last, base)))
    change = ledger.number_or_none(
        f"change of {quantity.name}", moved, unit=_unit(quantity), display=_signed(quantity)
    )
    rows.append((Text("All"), *whole, change or Text("none")))
    head = formats.sentence_case(found.dimension.label)
    return Table((head, base.name, last.name, "Contribution"), tuple(rows))


def member_is(found: Parts, part: Part) -> Condition:
    """The rows of a part."""
    if part.member is None:
        return Condition(f"{found.dimension.value} is null")
    return Condition(f"{found.dimension.value} = ?", (part.member,))


def value_in(
    reading: Reading, conditions: list[Condition], seen: tuple[float, float], label: str, ledger: Ledger
) -> Cell:
    """The number of one part in one span, from its observations and total."""
    quantity, (n, total) = reading.quantity, seen
    if n <= 0:
        return Text("none")
    query = quantity.of(reading.facts.scope, conditions)
    return quantity.known(
        ledger, f"{quantity.name}, {label}", query, total if quantity.additive else total / n
    )


def _unit(quantity: Quantity) -> str:
    return "points" if quantity.unit == "%" else quantity.unit


def _signed(quantity: Quantity) -> formats.Display:
    return lambda value: formats.signed(value, _unit(quantity))


def contribution(
    reading: Reading, found: Parts, part: Part, last: Span, base: Span, ledger: Ledger
) -> Figure:
    """What the part contributed, with the query that gives it."""
    quantity, scope = reading.quantity, reading.facts.scope
    if quantity.additive:
        one = [member_is(found, part)]
        sums = [
            Scalar(scope, made.sql, made.params)
            for made in (
                scope.select([f"coalesce({quantity.sql}, 0)"], [*reading.during(span), *one])
                for span in (last, base)
            )
        ]
        query = difference(*sums)
    else:
        query = _mean_query(reading, found, part, last, base)
    label = f"contribution of {part.member} to the change of {quantity.name}"
    scale = max(abs(part.base[1]), abs(part.last[1])) if quantity.additive else found.level
    if abs(part.contribution) < LEAST_MOVE * scale:
        figure = ledger.number_or_none(label, query, unit=_unit(quantity), display=_signed(quantity))
        if figure is not None:
            return figure
    return ledger.known(
        label, query, value=part.contribution, unit=_unit(quantity), display=_signed(quantity)
    )


def _mean_query(reading: Reading, found: Parts, part: Part, last: Span, base: Span) -> Scalar:
    """The contribution to a mean, in one cell."""
    scope = reading.facts.scope
    member = member_is(found, part)
    cells: list[str] = []
    params: list[Parameter] = []
    for name, span in (("0", within(scope, base)), ("1", within(scope, last))):
        for whole, condition in (
            ("", span),
            ("p", Condition(f"{span.sql} and {member.sql}", (*span.params, *member.params))),
        ):
            for letter, made in zip("ns", _cells(reading.quantity), strict=True):
                cells.append(f"cast({_filtered(made, condition)} as double) as {whole}{letter}{name}")
                params += condition.params
    inner = scope.select(cells, reading.conditions)
    before, after = "coalesce(ps0 / nullif(pn0, 0), ps1 / pn1)", "coalesce(ps1 / nullif(pn1, 0), ps0 / pn0)"
    formula = (
        f"(pn0 / n0 + pn1 / n1) / 2.0 * ({after} - {before}) "
        f"+ (pn1 / n1 - pn0 / n0) * (({before} + {after}) / 2.0 - (s0 / n0 + s1 / n1) / 2.0)"
    )
    return Scalar(scope, select([formula], inner.nested), (*params, *inner.params))
