"""The queries behind a correlation: each one cell, and each repeatable by hand."""

from dataclasses import dataclass

from server.analysis.columns import Dimension, Measure
from server.analysis.scope import Condition, Scalar, Scope, Statement
from server.query.sql import select


@dataclass(frozen=True)
class Pairing:
    """Two measures and how they are laid side by side: rows or changes, within time, by rank."""

    scope: Scope
    first: Measure
    second: Measure
    changes: bool = False
    unit: Dimension | None = None  # changes are taken within its members
    within: str | None = None  # SQL of a time t: means over rows where it is the same are taken out
    ranked: bool = False
    condition: Condition | None = None


def correlation(pairing: Pairing) -> Scalar:
    """The coefficient of the pairs."""
    inner, params = _pairs(pairing)
    if pairing.within is not None:
        parted = [
            f"{name} - avg({name}) over (partition by {pairing.within}) as {name}" for name in ("x", "y")
        ]
        inner = f"({select(parted, inner)})"
    if pairing.ranked:
        inner = f"({select([f'{_rank(name)} as {name}' for name in ('x', 'y')], inner)})"
    return Scalar(pairing.scope, select(["corr(x, y)"], inner), params)


def side_mean(pairing: Pairing, *, upper: bool) -> Scalar:
    """The second measure's mean (median, where ranks are compared) where the first is in its upper or lower quarter.

    Of changes: after a rise, or after a fall.
    """
    inner, params = _pairs(pairing)
    middle = "median(y)" if pairing.ranked else "avg(y)"
    if pairing.changes:
        return Scalar(pairing.scope, select([middle], inner, where="x > 0" if upper else "x < 0"), params)
    quarter = select([f"quantile_cont(x, {0.75 if upper else 0.25})"], inner)
    where = f"x {'>=' if upper else '<='} ({quarter})"
    return Scalar(pairing.scope, select([middle], inner, where=where), (*params, *params))


def cloud(pairing: Pairing, most: int) -> Statement:
    """Pairs evenly spread over their order, at most so many, as a query of x and y."""
    inner, params = _pairs(pairing)
    placed = select(
        ["x", "y", "row_number() over (order by x, y) - 1 as place", "count(*) over () as pairs"],
        inner,
        where="x is not null and y is not null",
    )
    every = f"cast(ceil(pairs / {most:d}.0) as bigint)"
    return Statement(select(["x", "y"], f"({placed})", where=f"place % {every} = 0", order="place"), params)


def _pairs(pairing: Pairing) -> tuple[str, tuple[str | float | int, ...]]:
    """A subquery of the columns x, y and t: rows that have both measures."""
    first, second, scope = pairing.first.value, pairing.second.value, pairing.scope
    conditions = [Condition(f"{first} is not null"), Condition(f"{second} is not null")]
    if pairing.condition is not None:
        conditions.append(pairing.condition)
    time = scope.time.value if scope.time is not None else "null"
    unit = pairing.unit.value if pairing.unit else "null"
    columns = [
        f"cast({first} as double) as x",
        f"cast({second} as double) as y",
        f"{time} as t",
        f"{unit} as u",
    ]
    statement = scope.select(columns, conditions)
    inner = statement.nested
    if pairing.changes:
        moves = [f"{name} - lag({name}) over (partition by u order by t) as {name}" for name in ("x", "y")]
        inner = f"({select(['t', *moves], inner)})"
        inner = f"({select(['t', 'x', 'y'], inner, where='x is not null')})"
    return inner, statement.params


def _rank(name: str) -> str:
    return f"rank() over (order by {name}) + (count(*) over (partition by {name}) - 1) / 2.0"
