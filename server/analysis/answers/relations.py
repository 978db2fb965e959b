"""Answers to "does this affect that": whether two measures go together, row by row."""

import math
from dataclasses import dataclass

import numpy as np

from server.analysis.answers.wording import Answer, edges
from server.analysis.asking.quantity import Quantity
from server.analysis.asking.reading import Reading
from server.analysis.evidence import Ledger, Name
from server.analysis.hypothesis import certainty
from server.analysis.inference import t_two_sided
from server.analysis.scope import Condition, Scalar, Statement
from server.query.sql import select

LEAST_ROWS = 20
SURE = 0.05  # p value
FAINT = 0.1  # correlation below which knowing one says next to nothing of the other
RANKED_ROWS = 200_000  # above, values are correlated instead of ranks: ranking costs seconds
LEAST_CLUSTERS = 8


@dataclass(frozen=True)
class _Pair:
    """Both numbers of a row as columns x and y of a query; their changes where each period has one row."""

    query: Statement
    changes: bool


def relation(reading: Reading, ledger: Ledger) -> Answer | None:
    """The correlation of two measures with its verdict, and the second where the first is high and where it is low."""
    one, other = reading.quantities[:2]
    if any(q.measure.counts_rows or q.measure.aggregation == "ratio" for q in (one, other)):
        return None
    pair = _pair(reading, one, other)
    scope = reading.facts.scope
    sums = np.array(
        [[float(cell or 0.0) for cell in row] for row in scope.fetch(_sums(pair))], dtype=np.float64
    ).reshape(-1, 2)
    rows = float(sums[:, 0].sum())
    scalar = Scalar(scope, select(["corr(x, y)"], pair.query.nested), pair.query.params)
    value = ledger.number_or_none(f"correlation of {one.measure.label} and {other.measure.label}", scalar)
    names = Name(one.measure.label), Name(other.measure.label)
    if value is None or rows < LEAST_ROWS:
        return Answer(ledger.say("There are too few rows to tell whether {0} and {1} go together.", *names))
    p_value = _p_value(sums, value.value, rows)
    return Answer(
        ledger.say(_verdict(value.value, p_value, pair), *names, value), tuple(edges(reading, ledger))
    )


def _verdict(value: float, p_value: float, pair: _Pair) -> str:
    what = "changes" if pair.changes else "rows"
    if p_value >= SURE:
        return f"No connection between {{0}} and {{1}} shows: their {what} hardly go together (correlation {{2}})."
    if abs(value) < FAINT:
        return "{0} and {1} go together so faintly (correlation {2}) that it makes no difference in practice."
    way = "is higher" if value > 0 else "is lower"
    sure = certainty(p_value)
    return (
        f"Yes, they go together: where {{0}} is higher, {{1}} {way} (correlation {{2}}, {sure} evidence). "
        "Whether one makes the other, a table of observations cannot say."
    )


def _pair(reading: Reading, one: Quantity, other: Quantity) -> _Pair:
    """Ranks (Spearman 1904) of both; where a period has one row, changes, so that a shared trend is no connection."""
    scope, facts = reading.facts.scope, reading.facts
    values = [f"cast({q.measure.value} as double)" for q in (one, other)]
    known = [Condition(f"{value} is not null") for value in values]
    single = facts.timeline is not None and facts.timeline.rows.max(initial=0.0) <= 1.0
    time = scope.time.value if scope.time is not None else "null"
    stretch = f"date_trunc('week', {time})" if scope.time is not None else "null"
    if single and scope.time is not None:
        steps = [
            f"{value} - lag({value}) over (order by {time}) as {name}"
            for value, name in zip(values, "xy", strict=True)
        ]
        inner = scope.select(
            [*steps, f"row_number() over (order by {time}) as c"], [*reading.during(reading.period), *known]
        )
        outer = select(["x", "y", "c"], inner.nested, where="x is not null and y is not null")
        return _Pair(Statement(outer, inner.params), changes=True)
    if facts.rows <= RANKED_ROWS:
        values = [
            f"rank() over (order by {v}) + (count(*) over (partition by {v}) - 1) / 2.0" for v in values
        ]
    cells = [f"{value} as {name}" for value, name in zip(values, "xy", strict=True)]
    return _Pair(
        scope.select([*cells, f"{stretch} as c"], [*reading.during(reading.period), *known]), changes=False
    )


def _sums(pair: _Pair) -> Statement:
    """Rows and sums of the products of standard scores by stretch of time."""
    scores = select(
        ["c", *(f"({n} - avg({n}) over ()) / nullif(stddev_pop({n}) over (), 0) as z{n}" for n in "xy")],
        pair.query.nested,
    )
    return Statement(
        select(["count(*)", "sum(zx * zy)"], f"({scores})", group="c", order="c"), pair.query.params
    )


def _p_value(sums: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]", value: float, rows: float) -> float:
    """Of no correlation, rows of one stretch of time allowed to hang together where there are enough stretches."""
    plain = math.sqrt(max(1.0 - value * value, 1e-12) / (rows - 2.0))
    clusters = len(sums)
    if clusters < LEAST_CLUSTERS:
        return t_two_sided(value / plain, rows - 2.0)
    pulls = sums[:, 1] - value * sums[:, 0]
    error = math.sqrt(float((pulls**2).sum()) * clusters / (clusters - 1)) / rows
    return t_two_sided(value / max(error, plain), clusters - 1.0)
