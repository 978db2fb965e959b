"""Totals, averages and rates of two runs: why they differ, by question, by time and by member."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from claribi.v1 import reports_pb2 as reports

from server.analysis.agreement import agree
from server.analysis.columns import Dimension, Measure
from server.analysis.compare.numbers import split_reason
from server.analysis.compare.parts import Cell, Contribution, largest, of_means, of_totals, offsetting
from server.analysis.compare.tables import Pair
from server.analysis.evidence import Figure, Ledger
from server.analysis.hypothesis import member_of
from server.analysis.scope import Condition, Scope, measured
from server.analysis.subject import measure_message
from server.query.sql import literal

DIMENSIONS = 3  # of a table by which they are split
PARTS = 6  # members named; the others are one part
OFFSET_SHARE = 0.1  # of the difference, from which a member that moved against it is named
UP_TO, LATER = "up to the last moment before", "later than that"
TIMELESS = "without a date"
NO_MEMBER = "(none)"  # rows without a value in the dimension


@dataclass(frozen=True)
class Total:
    """A measure over all rows of both sides, with its evidence."""

    pair: Pair
    measure: Measure
    before: Figure
    after: Figure
    reason: reports.DifferenceReason

    @property
    def difference(self) -> float:
        """After less before."""
        return self.after.value - self.before.value


@dataclass
class Split:
    """A difference with its parts; `figures` are the evidence of each part before and after."""

    total: Total
    kind: reports.SplitKind
    dimension: Dimension | None
    parts: list[Contribution]
    names: list[str]
    figures: list[tuple[Figure | None, Figure | None]]
    against: list[str] = field(default_factory=list)
    others: bool = False  # the last part holds all members not named


def totals(pair: Pair, ledger: Ledger) -> list[Total]:
    """The measures that differ, each asked on both sides, and with the period of the other side."""
    scopes = _four_scopes(pair)
    rows = [scope.fetch(scope.select([measure.total for measure in pair.measures]))[0] for scope in scopes]
    found = []
    for measure, cells in zip(pair.measures, zip(*rows, strict=True), strict=True):
        before, after, forwards, backwards = (_finite(cell) for cell in cells)
        if before is None or after is None or agree(before, after):
            continue
        reason = split_reason(before, after, forwards=forwards, backwards=backwards)
        if reason is None:
            continue
        figures = [
            ledger.known(f"{measure.name}, {word}", measured(scope, measure), value=value, unit=measure.unit)
            for word, scope, value in (("before", scopes[0], before), ("after", scopes[1], after))
        ]
        found.append(Total(pair, measure, figures[0], figures[1], reason))
    return found


def _finite(cell: Any) -> float | None:
    value = None if cell is None else float(cell)
    return value if value is not None and math.isfinite(value) else None


def _four_scopes(pair: Pair) -> tuple[Scope, Scope, Scope, Scope]:
    """Before, after, the period before in the data after, the period after in the data before."""
    return pair.before.own, pair.after.own, pair.after.other_period, pair.before.other_period


def splits(pair: Pair, changed: Sequence[Total], ledger: Ledger) -> Iterator[Split]:
    """Every difference of a table by time and by its main dimensions."""
    if not changed:
        return
    yield from _by_time(pair, changed, ledger)
    for dimension in pair.plan.dimensions[:DIMENSIONS]:
        cells = [_cells(scope, dimension, changed) for scope in (pair.before.own, pair.after.own)]
        for place, total in enumerate(changed):
            if dimension.column in total.measure.columns:
                continue  # a share of true rows, split by the very same flag, says nothing
            sides = [{member: found[place] for member, found in side.items()} for side in cells]
            yield _by_member(total, dimension, sides[0], sides[1], ledger=ledger)


def _cells(scope: Scope, dimension: Dimension, changed: Sequence[Total]) -> dict[str | None, list[Cell]]:
    """Observations and sum of each measure by member, in one scan."""
    columns = [dimension.value]
    for total in changed:
        columns += ["count(*)", "count(*)"] if total.measure.counts_rows else total.measure.cells[:2]
    found = {}
    for row in scope.fetch(scope.select(columns, group="1")):
        numbers = [float(cell or 0.0) for cell in row[1:]]
        found[row[0]] = [Cell(*numbers[2 * i : 2 * i + 2]) for i in range(len(changed))]
    return found


def _by_member(
    total: Total,
    dimension: Dimension,
    before: Mapping[str | None, Cell],
    after: Mapping[str | None, Cell],
    *,
    ledger: Ledger,
) -> Split:
    contributions = (of_totals if total.measure.additive else of_means)(before, after)
    shown, rest = largest(contributions, PARTS)
    conditions = [_is(dimension, part.members[0]) for part in shown]
    names = [_named(dimension, part.members[0]) for part in shown]
    against = offsetting(shown, total.difference, least=OFFSET_SHARE)
    if rest is not None:
        conditions.append(_other_than(dimension, [part.members[0] for part in shown]))
        names.append("all others")
    parts = [*shown, rest] if rest is not None else shown
    figures = [
        _figures(total, part, condition, name, ledger=ledger)
        for part, condition, name in zip(parts, conditions, names, strict=True)
    ]
    named = [_named(dimension, part.members[0]) for part in against]
    kind = reports.SPLIT_KIND_MEMBERS
    return Split(total, kind, dimension, parts, names, figures, named, others=rest is not None)


def _named(dimension: Dimension, member: str | None) -> str:
    return f"{dimension.label} {NO_MEMBER}" if member is None else member_of(dimension, member)


def _is(dimension: Dimension, member: str | None) -> Condition:
    if member is None:
        return Condition(f"{dimension.value} is null")
    return Condition(f"{dimension.value} = ?", (member,))


def _other_than(dimension: Dimension, members: Sequence[str | None]) -> Condition:
    known = tuple(member for member in members if member is not None)
    value = dimension.value
    inside = f"{value} not in ({', '.join('?' * len(known))})" if known else f"{value} is not null"
    return Condition(inside if None in members else f"({inside} or {value} is null)", known)


def _figures(
    total: Total, part: Contribution, condition: Condition, name: str, *, ledger: Ledger
) -> tuple[Figure | None, Figure | None]:
    """The measure of a part on both sides, with its queries."""
    measure, found = total.measure, []
    scopes = (total.pair.before.own, total.pair.after.own)
    for word, scope, cell in zip(("before", "after"), scopes, (part.before, part.after), strict=True):
        value = (cell.total if cell.n else None) if measure.additive else cell.mean
        scalar = measured(scope, measure, [condition])
        said = f"{measure.name} for {name}, {word}"
        figure = None if value is None else ledger.known(said, scalar, value=value, unit=measure.unit)
        found.append(figure)
    return found[0], found[1]


def _by_time(pair: Pair, changed: Sequence[Total], ledger: Ledger) -> Iterator[Split]:
    """What came after the last moment of the data before, and what was revised up to then; for sums of one period."""
    scope, time = pair.before.own, pair.before.own.time
    if time is None or pair.before.own.period != pair.after.own.period:
        return
    last = scope.fetch(scope.select([f"max({time.value})"]))[0][0]
    if last is None:
        return
    moment = last.replace(tzinfo=None).isoformat(sep=" ")
    bound = f"cast({literal(moment)} as timestamp)"
    marks = f"case when {time.value} <= {bound} then '{UP_TO}' when {time.value} > {bound} then '{LATER}' end"
    stretch = Dimension(time.column, marks, time.label, 3)
    cells = [_cells(side.own, stretch, changed) for side in (pair.before, pair.after)]
    conditions = {
        UP_TO: Condition(f"{time.value} <= cast(? as timestamp)", (moment,)),
        LATER: Condition(f"{time.value} > cast(? as timestamp)", (moment,)),
        None: Condition(f"{time.value} is null"),
    }
    for place, total in enumerate(changed):
        if not total.measure.additive:
            continue
        parts = of_totals(*({member: found[place] for member, found in side.items()} for side in cells))
        names = [part.members[0] or TIMELESS for part in parts]
        figures = [
            _figures(total, part, conditions[part.members[0]], name, ledger=ledger)
            for part, name in zip(parts, names, strict=True)
        ]
        if len(parts) > 1:
            yield Split(total, reports.SPLIT_KIND_TIME, None, parts, names, figures)


def message_of(split: Split) -> reports.DifferenceSplit:
    """The split without its words."""
    total, scope = split.total, split.total.pair.after.own
    told = reports.DifferenceSplit(
        kind=split.kind,
        data_source_id=scope.source_id,
        table=scope.table,
        measure=measure_message(total.measure),
        dimension=split.dimension.column if split.dimension else None,
        value_before=total.before.value,
        value_after=total.after.value,
        difference=total.difference,
        relative=total.difference / abs(total.before.value) if total.before.value else None,
        reason=total.reason,
        offsetting=split.against,
        evidence_ids=[total.before.evidence_id, total.after.evidence_id],
    )
    for place, part in enumerate(split.parts):
        told.parts.append(_part(split, place, part))
    if split.parts and split.parts[0].rate is not None:
        told.rate = sum(part.rate or 0.0 for part in split.parts)
        told.mix = sum(part.mix or 0.0 for part in split.parts)
    return told


def _part(split: Split, place: int, part: Contribution) -> reports.SplitPart:
    before, after = split.figures[place]
    return reports.SplitPart(
        member=split.names[place],
        value_before=None if before is None else before.value,
        value_after=None if after is None else after.value,
        contribution=part.value,
        rate=part.rate,
        mix=part.mix,
        before_evidence_id=None if before is None else before.evidence_id,
        after_evidence_id=None if after is None else after.evidence_id,
        others=split.others and place == len(split.parts) - 1,
    )
