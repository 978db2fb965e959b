"""Totals seen per row as well: what moved may be how large rows are, which the number of rows hides in a total."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from server.analysis.columns import Measure
from server.analysis.facts import Breakdown, Facts
from server.analysis.hypothesis import Hypothesis
from server.analysis.once import once

Cell = TypeVar("Cell")
WAYS = 2.0  # a total and a mean are two looks at one measure
SURE = 1e-4  # p value from which the total is told, whatever the mean shows


def both_ways(
    facts: Facts, propose: Callable[[Facts], list[Hypothesis]], *, sure: float = SURE
) -> list[Hypothesis]:
    """What is proposed of the totals and of the means per row, of each pair the surer one at twice its p value.

    A total with a p value of at most `sure` is told whatever its mean shows.
    """
    totals = propose(summed(facts))
    per_row = _per_row(facts)
    means = {_place(hypothesis): hypothesis for hypothesis in propose(per_row)} if per_row else {}
    found = [_surer(total, means.pop(_place(total), None), sure) for total in totals]
    return [*found, *(_dearer(mean) for mean in means.values())]


def _surer(total: Hypothesis, mean: Hypothesis | None, sure: float) -> Hypothesis:
    if mean is None:
        return total
    p_value = total.tested.p_value
    by_total = WAYS * p_value <= sure or p_value <= mean.tested.p_value
    return _dearer(total if by_total and (total.material or not mean.material) else mean)


def _dearer(hypothesis: Hypothesis) -> Hypothesis:
    tested = hypothesis.tested
    return replace(hypothesis, tested=replace(tested, p_value=min(1.0, WAYS * tested.p_value)))


def _place(hypothesis: Hypothesis) -> tuple[object, ...]:
    """What tells the hypotheses of one detector apart, the way a measure is seen aside."""
    where = (hypothesis.where[0].column, hypothesis.where[1]) if hypothesis.where else ()
    series = (
        hypothesis.series.grain if hypothesis.series else hypothesis.span.grain if hypothesis.span else ""
    )
    cut = hypothesis.dimension.value if hypothesis.dimension else ""
    gap = hypothesis.base if hypothesis.base is not None else None
    return (hypothesis.measure.column, hypothesis.measure.made, where, series, cut, gap)


@once
def summed(facts: Facts) -> Facts:
    """The facts without the means per row of sums."""
    return replace(facts, averages=())


@once
def _per_row(facts: Facts) -> Facts | None:
    """The facts with each sum as a mean per row, and no other measure; None without sums or without time."""
    if facts.timeline is None:
        return None
    means = {m: replace(m, aggregation="average") for m in facts.measures if m.aggregation == "sum"}
    if not means:
        return None

    def renamed(cells: dict[Measure, Cell]) -> dict[Measure, Cell]:
        return {mean: cells[measure] for measure, mean in means.items() if measure in cells}

    timeline = replace(facts.timeline, n=renamed(facts.timeline.n), total=renamed(facts.timeline.total))

    def per_row(found: Breakdown) -> Breakdown:
        return replace(
            found, n=renamed(found.n), total=renamed(found.total), variance=renamed(found.variance)
        )

    return replace(
        facts,
        measures=tuple(means.values()),
        averages=(),
        overview=renamed(facts.overview),
        timeline=timeline,
        breakdowns=tuple(map(per_row, facts.breakdowns)),
        things=None if facts.things is None else per_row(facts.things),
    )
