"""Members of a dimension are alike: shown to be, not merely not shown to differ."""

from dataclasses import dataclass

import numpy as np
from claribi.v1 import insights_pb2 as insights

from server.analysis import charts, formats, inference
from server.analysis.columns import Dimension, Measure, row_count
from server.analysis.equivalence import Likeness, alike, counts_alike, dealt_out, more_even_than_chance
from server.analysis.evidence import Figure, Name, Text, join
from server.analysis.facts import Breakdown, Facts
from server.analysis.hypothesis import (
    Finding,
    Hypothesis,
    Magnitude,
    Tested,
    Told,
    Writer,
    certainty,
    member_of,
    required,
)
from server.analysis.inference import Floats
from server.analysis.scope import Condition, Scalar, aggregate, equals
from server.query.sql import select

MEASURES = 6
DIMENSIONS = 4
MOST_MEMBERS = 12  # more cannot be read off as alike
# Of being more even than chance, below which being alike is said by that: small enough to pass in any report.
OUTDONE_P = 1e-5
# Of the surest difference, corrected for the measures, up to which a dimension is not called even.
DIFFERS_P = 0.2
# The same, where the rows were evidently dealt out: that is so whatever the measures, unless they surely differ.
SURELY_DIFFERS_P = 0.02
DEALT_OUT = 0.01  # greatest distance from the whole, up to which being alike is itself remarkable
SAME_CELLS = (
    0.9  # of the periods, in which all members have as many rows, from which the table is a panel by design
)


@dataclass(frozen=True)
class _Even:
    """How alikeness was shown: by chance outdone, or by the margin."""

    outdone: bool
    breakdown: Breakdown


class Evenness:
    """Two one-sided tests against a margin; for counts also the lower tail of chi-square."""

    kind = insights.INSIGHT_TYPE_EVENNESS

    def propose(self, facts: Facts) -> list[Hypothesis]:
        """Counts more even than chance, and, quietly, members within the margin."""
        measures = [m for m in facts.measures if not m.counts_rows and not m.level][:MEASURES]
        counted = next((m for m in facts.measures if m.counts_rows), None)
        if counted is None and facts.timeline is None:
            counted = row_count(facts.scope.table)
        found: list[Hypothesis] = []
        for breakdown in _small(facts):
            rows, surest = breakdown.rows.sum(axis=1), _surest_difference(breakdown, measures)
            same = surest > DIFFERS_P
            if counted is not None and not _by_design(facts, breakdown):
                same_enough = surest > (SURELY_DIFFERS_P if dealt_out(rows) else DIFFERS_P)
                found += _of_counts(facts, breakdown, counted, rows, same=same_enough)
            for measure in measures:
                if breakdown.dimension.column not in measure.columns and facts.overview[measure].low >= 0.0:
                    within = alike(breakdown.groups(measure))
                    if within is not None:
                        found.append(_hypothesis(facts, breakdown, measure, within, material=same))
        return found

    def tell(self, finding: Finding, writer: Writer) -> Told:
        """The likeness in words."""
        return _tell(finding, writer)


def _of_counts(
    facts: Facts, breakdown: Breakdown, counted: Measure, rows: Floats, *, same: bool
) -> list[Hypothesis]:
    """That chance would fill the members less evenly; and, unless that is so, that they are filled alike."""
    outdone, near = more_even_than_chance(rows), counts_alike(rows)
    found = []
    if outdone is not None:
        found.append(_hypothesis(facts, breakdown, counted, outdone, outdone=True, material=same))
    if near is not None and (outdone is None or outdone.p_value > OUTDONE_P):
        found.append(_hypothesis(facts, breakdown, counted, near, material=same))
    return found


def _small(facts: Facts) -> list[Breakdown]:
    entity = facts.plan.entity.column if facts.plan.entity else ""
    small = [b for b in facts.breakdowns if len(b.members) <= MOST_MEMBERS and b.dimension.column != entity]
    return small[:DIMENSIONS]


def _by_design(facts: Facts, breakdown: Breakdown) -> bool:
    """Whether every period has as many rows of each member: whoever made the table made it so."""
    if facts.timeline is None or breakdown.rows.shape[1] < 2:
        return False
    same = (breakdown.rows == breakdown.rows[:1]).all(axis=0)
    return float(same.mean()) >= SAME_CELLS


def _surest_difference(breakdown: Breakdown, measures: list[Measure]) -> float:
    """The least p value of a measure's difference between the members, corrected for the measures."""
    smallest, tested = 1.0, 0
    for measure in measures:
        groups = breakdown.groups(measure)
        keep = (groups.n > 2) & (groups.variance > 0)
        if breakdown.dimension.column not in measure.columns and keep.sum() > 1:
            tested += 1
            smallest = min(smallest, inference.welch_anova(groups.take(keep))[1])
    return min(1.0, smallest * max(tested, 1))


def _hypothesis(
    facts: Facts,
    breakdown: Breakdown,
    measure: Measure,
    likeness: Likeness,
    *,
    outdone: bool = False,
    material: bool,
) -> Hypothesis:
    return Hypothesis(
        kind=insights.INSIGHT_TYPE_EVENNESS,
        facts=facts,
        measure=measure,
        tested=Tested(
            "chi-square test of even counts, lower tail"
            if outdone
            else "two one-sided tests against a margin",
            likeness.statistic,
            likeness.p_value,
            likeness.n,
            "greatest_distance",
            likeness.distance,
        ),
        magnitude=Magnitude(100.0 * likeness.distance, "%"),
        direction=insights.DIRECTION_FLAT,
        material=material,
        size=0.2,
        surprise=_surprise(breakdown, likeness, outdone=outdone),
        dimension=breakdown.dimension,
        quiet=not outdone,
        detail=_Even(outdone, breakdown),
    )


def _surprise(breakdown: Breakdown, likeness: Likeness, *, outdone: bool) -> float:
    """Most where the rows were evidently dealt out: there, of all places, one looks for differences."""
    if dealt_out(breakdown.rows.sum(axis=1)):
        return 1.0
    return 0.5 if outdone or likeness.distance <= DEALT_OUT else 0.0


def _tell(finding: Finding, writer: Writer) -> Told:
    hypothesis, ledger = finding.hypothesis, writer.ledger
    even, dimension = required(hypothesis.detail, _Even), required(hypothesis.dimension, Dimension)
    measure = hypothesis.measure
    what, by = Name(measure.label if measure.counts_rows else measure.average_name), Name(dimension.label)
    low, high = _ends(hypothesis, even.breakdown, what, writer)
    furthest = _furthest(hypothesis, dimension, what, writer)
    parts = (what, by, *low, *high, furthest)
    title = ledger.say(_title(even, measure, writer), *parts)
    lead = ledger.say(
        "From {2} with {3} to {4} with {5}, {0} hardly differs by {1}: no value lies further than {6} from the "
        "whole.",
        *parts,
    )
    drawn = charts.member_figures(
        ledger, hypothesis.facts, dimension, expression=_expression(measure), called=(what.text, measure.unit)
    )
    alt = ledger.say("Bars of {0} by {1}, all of nearly the same height.", what, by)
    chart = charts.bars(dimension, drawn, texts=(title, alt), axis=(what.text, measure.unit), emphasis=[])
    return Told(
        title,
        lead,
        join([lead, _sure(finding, even, writer)]),
        _advice(writer, what, by),
        _caveats(writer),
        chart,
        Magnitude(furthest.value, "%"),
    )


def _expression(measure: Measure) -> str:
    return measure.total if measure.counts_rows or measure.aggregation == "ratio" else f"avg({measure.value})"


def _ends(
    hypothesis: Hypothesis, breakdown: Breakdown, what: Name, writer: Writer
) -> tuple[tuple[Name, Figure], tuple[Name, Figure]]:
    """The members with the lowest and the highest value."""
    measure, dimension = hypothesis.measure, breakdown.dimension
    values = breakdown.rows.sum(axis=1) if measure.counts_rows else breakdown.groups(measure).mean
    ends = []
    for place in (int(np.argmin(values)), int(np.argmax(values))):
        member = breakdown.members[place]
        scalar = aggregate(hypothesis.facts.scope, _expression(measure), [equals(dimension, member)])
        name = Name(member_of(dimension, member))
        display = formats.count if measure.counts_rows else None
        ends.append(
            (
                name,
                writer.ledger.number(f"{what.text}, {name.text}", scalar, unit=measure.unit, display=display),
            )
        )
    return ends[0], ends[1]


def _furthest(hypothesis: Hypothesis, dimension: Dimension, what: Name, writer: Writer) -> Figure:
    """The greatest distance of a member from the overall mean (of counts: from an even share), in percent."""
    scope, measure = hypothesis.facts.scope, hypothesis.measure
    known = Condition(f"{dimension.value} is not null")
    counted = "count(*)" if measure.counts_rows else f"count({measure.value})"
    grouped = scope.select(
        [f"{_expression(measure)} as v", f"{counted} as n"], [known], group=dimension.value
    )
    middle = "avg(v) over ()" if measure.counts_rows else "sum(n * v) over () / sum(n) over ()"
    apart = select([f"100.0 * abs(v / ({middle}) - 1) as d"], grouped.nested)
    scalar = Scalar(scope, select(["max(d)"], f"({apart})"), grouped.params)
    return writer.ledger.number(f"greatest distance of a {dimension.label} in {what.text}", scalar, unit="%")


def _title(even: _Even, measure: Measure, writer: Writer) -> str:
    if even.outdone:
        return "{1} is filled more evenly than chance would fill it"
    if measure.counts_rows:
        return writer.pick(("Each {1} has about as many rows", "Rows are spread evenly over {1}"))
    if even.breakdown.dimension.distinct <= 2:  # "every" of two, or of yes and no, is no English
        return "{1} makes next to no difference to {0}"
    return writer.pick(("{0} is much the same for every {1}", "{1} makes next to no difference to {0}"))


def _sure(finding: Finding, even: _Even, writer: Writer) -> Text:
    strength = certainty(finding.q_value)
    if even.outdone:
        template = f"Rows that fell where they may would differ by more; the evidence that they did not is {strength}."
    else:
        template = f"This is shown by a test of likeness, not by the lack of a difference; the evidence is {strength}."
    return writer.ledger.say(template)


def _caveats(writer: Writer) -> tuple[Text, ...]:
    return (writer.ledger.say("Alike on the whole does not mean alike in every part or at every time."),)


def _advice(writer: Writer, what: Name, by: Name) -> Text:
    return writer.ledger.say("To move {0}, look elsewhere than at {1}: it is alike there.", what, by)
