"""The interval of an asked difference as SQL: the difference, its standard error, and what both are made from."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.analysis.scope import Parameter, Statement
from server.query.sql import select


@dataclass(frozen=True)
class Ends:
    """SQL of a difference and of its standard error over a source; `steps` stand before the SELECT."""

    difference: str
    error: str
    source: str
    params: tuple[Parameter, ...]
    steps: str = ""


def of_clusters(cells: Statement) -> Ends:
    """Of two means whose rows hang together in clusters, from n0, s0, n1 and s1 of each."""
    whole = "sum(s0) / sum(n0) as m0, sum(s1) / sum(n1) as m1, sum(n0) as a0, sum(n1) as a1, count(*) as k"
    pull = "(s0 - n0 * m0) / a0 - (s1 - n1 * m1) / a1"
    return Ends(
        "max(m0 - m1)",
        f"sqrt(sum(power({pull}, 2)) * max(k) / (max(k) - 1))",
        "clusters, whole",
        cells.params,
        f"with clusters as ({cells.sql}), whole as ({select([whole], 'clusters')}) ",
    )


def of_rows(sides: Sequence[Statement]) -> Ends:
    """Of two means of independent rows, from observations n, total s and variance v of each side (Welch)."""
    one, other = sides
    return Ends(
        "a.s / a.n - b.s / b.n",
        "sqrt(a.v / a.n + b.v / b.n)",
        f"{one.nested} as a, {other.nested} as b",
        (*one.params, *other.params),
    )


def of_sums(cells: Statement) -> Ends:
    """Of two totals, side by side by period, from s0 and s1 of each."""
    apart = "coalesce(s0, 0) - coalesce(s1, 0)"
    return Ends(f"sum({apart})", f"stddev_samp({apart}) * sqrt(count(*))", _timed(cells), cells.params)


def of_days(cells: Statement) -> Ends:
    """Of the totals of two kinds of days, each an average day, from n0, s0, n1 and s1 of each day."""
    means = [f"avg(s{side}) filter (where n{side} > 0)" for side in (0, 1)]
    parts = [
        f"(var_samp(s{side}) filter (where n{side} > 0)) / (count(*) filter (where n{side} > 0))"
        for side in (0, 1)
    ]
    return Ends(f"({means[0]}) - ({means[1]})", f"sqrt({parts[0]} + {parts[1]})", _timed(cells), cells.params)


def _timed(cells: Statement) -> str:
    """The cells of rows whose time is known."""
    return f"({select(['*'], cells.nested, where='moment is not null')})"
