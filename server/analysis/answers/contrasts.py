"""The test of one asked comparison: two means whose rows may hang together in time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from server.analysis.answers.intervals import Ends, of_clusters, of_days, of_rows, of_sums
from server.analysis.asking.reading import Reading
from server.analysis.columns import Measure
from server.analysis.facts import Facts
from server.analysis.inference import Floats, long_run_ratio, t_quantile, t_two_sided
from server.analysis.scope import Condition, Scalar, Scope, Statement
from server.query.sql import select

LEAST_ROWS = 20  # of each side
LEAST_CLUSTERS = 8
WEEKS_FROM_DAYS = 120  # spans at least so long are told apart by weeks, shorter ones by days


@dataclass(frozen=True)
class Contrast:
    """The difference of two means with its interval at 95 % and p value, and the queries of the interval's ends."""

    difference: float
    low: float
    high: float
    p_value: float
    reach: float  # of the interval to either side, in standard errors
    ends: tuple[Scalar, Scalar] | None = None


def contrast(reading: Reading, one: Condition, other: Condition) -> Contrast | None:
    """The mean over the rows of `one` against that of `other`; None when either has too few.

    Rows of one stretch of time are taken to hang together: the variance is that of the sums of their residuals
    (Liang and Zeger 1986, "Longitudinal data analysis using generalized linear models", Biometrika 73), and rows of
    one entity likewise; the larger of the variances counts.
    """
    measure = reading.quantity.measure
    statements = [_cells(reading, measure, cluster, one, other) for cluster in _clusters(reading.facts)]
    scope = reading.facts.scope
    if not statements:
        found = _welch(_rows(reading, measure, one, other))
        return found and _bounded(
            found,
            scope,
            of_rows(_by_side(reading, measure, one, other)),
        )
    tested = [(_robust(_table(scope.fetch(statement))), statement) for statement in statements]
    known = [(made, statement) for made, statement in tested if made is not None]
    if not known:
        return None
    surest, statement = max(known, key=lambda pair: pair[0].p_value)
    return _bounded(surest, scope, of_clusters(statement))


def contrast_of_totals(
    reading: Reading, one: Condition, other: Condition, *, paired: bool
) -> Contrast | None:
    """Totals per day or week of `one` against those of `other`, side by side where both have every one."""
    scope, quantity = reading.facts.scope, reading.quantity
    if scope.time is None:
        return None
    grain = _grain(reading.facts) if paired else "day"
    cells = [f"{quantity.sql} filter (where {side.sql})" for side in (one, other)]
    made = scope.select(
        [
            f"date_trunc('{grain}', {scope.time.value}) as moment",
            *(f"{cell} as s{place}" for place, cell in enumerate(cells)),
            *(f"count(*) filter (where {s.sql}) as n{place}" for place, s in enumerate((one, other))),
        ],
        _timed(reading),
        group="1",
        order="1",
    )
    twice = (*one.params, *other.params)
    rows = scope.fetch(Statement(made.sql, (*twice, *twice, *made.params)))
    table = np.array([[float(cell or 0.0) for cell in row[1:]] for row in rows if row[0] is not None])
    if len(table) < LEAST_CLUSTERS:
        return None
    if paired:
        summed = _mean_of(table[:, 0] - table[:, 1])
        return summed and _bounded(
            summed, scope, of_sums(Statement(made.sql, (*twice, *twice, *made.params)))
        )
    sides = [table[table[:, 2 + side] > 0, side] for side in (0, 1)]
    cells_of = [
        [float(len(side)), float(side.mean()), float(side.var(ddof=1))] for side in sides if len(side) > 1
    ]
    found = _welch(np.array(cells_of)) if len(cells_of) == 2 else None
    return found and _bounded(found, scope, of_days(Statement(made.sql, (*twice, *twice, *made.params))))


def _bounded(found: Contrast, scope: Scope, ends: Ends) -> Contrast:
    """The contrast with the queries of its interval: the difference, and so many standard errors to either side."""
    low, high = (
        Scalar(
            scope,
            ends.steps + select([f"{ends.difference} + {reach!r} * {ends.error}"], ends.source),
            ends.params,
        )
        for reach in (-found.reach, found.reach)
    )
    return replace(found, ends=(low, high))


def _timed(reading: Reading) -> list[Condition]:
    return replace(reading, filters=()).during(reading.period)


def _clusters(facts: Facts) -> list[str]:
    """SQL of what rows may hang together in: stretches of time, and the thing a row is about."""
    found = []
    if (
        facts.scope.time is not None
        and facts.timeline is not None
        and len(facts.timeline.starts) >= LEAST_CLUSTERS
    ):
        found.append(f"date_trunc('{_grain(facts)}', {facts.scope.time.value})")
    if facts.plan.entity is not None:
        found.append(facts.plan.entity.value)
    return found


def _grain(facts: Facts) -> str:
    days = (facts.timeline.last - facts.timeline.first).days if facts.timeline else 0
    return "week" if days >= WEEKS_FROM_DAYS else "day" if days >= LEAST_CLUSTERS else "hour"


def _cells(reading: Reading, measure: Measure, cluster: str, one: Condition, other: Condition) -> Statement:
    """Observations and totals of both sides by cluster, as a query of n0, s0, n1 and s1."""
    n, total, _ = measure.cells
    cells = [
        f"coalesce({cell} filter (where {side.sql}), 0) as {name}{place}"
        for place, side in enumerate((one, other))
        for name, cell in (("n", n), ("s", total))
    ]
    made = reading.facts.scope.select([f"{cluster} as moment", *cells], _timed(reading), group="1", order="1")
    inside = tuple(value for side in (one, other) for _ in range(2) for value in side.params)
    return Statement(made.sql, (*inside, *made.params))


def _by_side(reading: Reading, measure: Measure, one: Condition, other: Condition) -> list[Statement]:
    """Observations, total and variance of each side, as queries of n, s and v."""
    cells = [f"{cell} as {name}" for name, cell in zip("nsv", measure.cells, strict=True)]
    return [reading.facts.scope.select(cells, [*_timed(reading), side]) for side in (one, other)]


def _rows(reading: Reading, measure: Measure, one: Condition, other: Condition) -> Floats:
    """Observations, mean and variance of each side, shape (2, 3)."""
    found = []
    for statement in _by_side(reading, measure, one, other):
        row = reading.facts.scope.fetch(statement)[0]
        n, total, variance = (float(cell or 0.0) for cell in row)
        found.append([n, total / n if n else 0.0, variance])
    return np.array(found)


def _table(rows: Sequence[tuple[Any, ...]]) -> Floats:
    return np.array([[float(cell or 0.0) for cell in row[1:]] for row in rows], dtype=np.float64).reshape(
        len(rows), 4
    )


def _robust(table: Floats) -> Contrast | None:
    n, totals = table[:, (0, 2)], table[:, (1, 3)]
    every = n.sum(axis=0)
    clusters = len(table)
    if (every < LEAST_ROWS).any() or clusters < LEAST_CLUSTERS:
        return None
    means = totals.sum(axis=0) / every
    residuals = (totals - n * means) / every
    pulls = residuals[:, 0] - residuals[:, 1]
    variance = float((pulls**2).sum()) * clusters / (clusters - 1)
    # A side seen in few stretches knows its mean by as many observations only.
    degrees = float(min((n > 0).sum(axis=0)) - 1)
    return _judged(float(means[0] - means[1]), math.sqrt(variance), degrees)


def _welch(table: Floats) -> Contrast | None:
    """Welch's test from observations, mean and variance of each side."""
    n, mean, variance = table.T
    if (n < LEAST_CLUSTERS).any():
        return None
    parts = variance / n
    error = math.sqrt(float(parts.sum()))
    if error <= 0.0:
        return None
    degrees = float(parts.sum() ** 2 / (parts**2 / (n - 1)).sum())
    return _judged(float(mean[0] - mean[1]), error, degrees)


def _mean_of(values: Floats) -> Contrast | None:
    inflated = long_run_ratio(values)
    error = math.sqrt(float(values.var(ddof=1)) / len(values) * inflated)
    found = _judged(float(values.mean()), error, len(values) - 1.0)
    return found and replace(found, reach=found.reach * math.sqrt(inflated))


def _judged(difference: float, error: float, degrees: float) -> Contrast | None:
    if error <= 0.0 or degrees < 2:
        return None
    reach = t_quantile(0.975, degrees)
    half = reach * error
    p_value = t_two_sided(difference / error, degrees)
    return Contrast(difference, difference - half, difference + half, p_value, reach)
