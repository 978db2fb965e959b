"""Printed numbers of two runs: matched by what they say, and why each moved."""

import re
from calendar import month_name
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from claribi.v1 import insights_pb2 as insights
from claribi.v1 import reports_pb2 as reports

from server.analysis.agreement import agree
from server.analysis.compare.findings import FindingPair
from server.analysis.compare.runs import Runs

RERUN_BUDGET = 200  # queries run again for numbers that were asked differently
_PERIOD = re.compile(rf"\b(?:{'|'.join(month_name[1:])}|Q[1-4])\b|\d+")
_VERDICTS = (
    reports.COMPARED_VERDICT_MOVED,
    reports.COMPARED_VERDICT_ONLY_BEFORE,
    reports.COMPARED_VERDICT_ONLY_AFTER,
    reports.COMPARED_VERDICT_SAME,
)


@dataclass(frozen=True)
class NumberPair:
    """A number of both runs, or of one."""

    before: insights.Evidence | None
    after: insights.Evidence | None


@dataclass
class _Left:
    """What is not matched yet, in the order of the reports."""

    before: list[insights.Evidence]
    after: list[insights.Evidence]
    pairs: list[NumberPair] = field(default_factory=list)

    def take(self, old: insights.Evidence, new: insights.Evidence) -> None:
        self.pairs.append(NumberPair(old, new))
        self.before.remove(old)
        self.after.remove(new)


def match_numbers(runs: Runs, findings: Sequence[FindingPair]) -> list[NumberPair]:
    """Pairs by label, question and source, never by id.

    First the same question under the same label, then the same question, then the same label where it is the only
    one; at last, inside one finding and among the headline numbers, the same label of another period. Series that are
    only drawn are not compared: what is told of them are numbers of their own.
    """
    left = _Left(_printed(runs.before.report), _printed(runs.after.report))
    source = _source_key(runs)
    for key in (_labelled(source), _asked(source)):
        _match_in_order(left, key)
    _match_unique(left, left.before, left.after, key=_named(source))
    for old_ids, new_ids in _places(runs, findings):
        old = [entry for entry in left.before if entry.id in old_ids]
        new = [entry for entry in left.after if entry.id in new_ids]
        _match_unique(left, old, new, key=_role(source))
    left.pairs += [NumberPair(entry, None) for entry in left.before]
    left.pairs += [NumberPair(None, entry) for entry in left.after]
    return left.pairs


def _printed(report: reports.Report) -> list[insights.Evidence]:
    return [entry for entry in report.evidence if entry.HasField("value")]


Key = Callable[[insights.Evidence], Hashable]


def _source_key(runs: Runs) -> Key:
    """One name for a source in both runs."""

    def key(entry: insights.Evidence) -> Hashable:
        source_id = entry.source.data_source_id
        return runs.counterpart.get(source_id, source_id)

    return key


def _asked(source: Key) -> Key:
    def key(entry: insights.Evidence) -> Hashable:
        parameters = tuple(value.SerializeToString(deterministic=True) for value in entry.parameters)
        return source(entry), entry.source.table, entry.unit, entry.query, parameters

    return key


def _labelled(source: Key) -> Key:
    asked = _asked(source)
    return lambda entry: (asked(entry), entry.label)


def _named(source: Key) -> Key:
    return lambda entry: (source(entry), entry.source.table, entry.unit, entry.label)


def _role(source: Key) -> Key:
    """The label without its period."""
    return lambda entry: (source(entry), entry.source.table, entry.unit, _PERIOD.sub("", entry.label))


def _grouped(entries: Iterable[insights.Evidence], key: Key) -> dict[Hashable, list[insights.Evidence]]:
    groups: defaultdict[Hashable, list[insights.Evidence]] = defaultdict(list)
    for entry in entries:
        groups[key(entry)].append(entry)
    return groups


def _match_in_order(left: _Left, key: Key) -> None:
    """The first with the first, the second with the second: a number printed in two ways is two entries."""
    new = _grouped(left.after, key)
    for value, entries in _grouped(left.before, key).items():
        for pair in zip(entries, new.get(value, ()), strict=False):
            left.take(*pair)


def _match_unique(
    left: _Left, old: Sequence[insights.Evidence], new: Sequence[insights.Evidence], *, key: Key
) -> None:
    fresh = _grouped(new, key)
    for value, entries in _grouped(old, key).items():
        if len(entries) == len(fresh.get(value, ())) == 1:
            left.take(entries[0], fresh[value][0])


def _places(runs: Runs, findings: Sequence[FindingPair]) -> list[tuple[set[str], set[str]]]:
    """Evidence ids that stand in the same place of both runs: in one finding, or among the headline numbers."""
    places = [
        (set(pair.before.evidence_ids), set(pair.after.evidence_ids))
        for pair in findings
        if pair.before is not None and pair.after is not None
    ]
    headline = [
        {
            evidence_id
            for section in run.report.sections
            for metric in section.metrics
            for evidence_id in metric.evidence_ids
        }
        for run in (runs.before, runs.after)
    ]
    return [*places, (headline[0], headline[1])]


def compared_numbers(runs: Runs, pairs: Sequence[NumberPair]) -> tuple[list[reports.ComparedNumber], int]:
    """The messages: what moved most first, then what is in one run only, then what is the same.

    Also how many questions were left unasked because the budget was spent.
    """
    asker = _Asker(runs)
    told = [asker.message(pair) for pair in pairs]
    return sorted(told, key=_place), max(asker.asked - RERUN_BUDGET, 0)


def _place(number: reports.ComparedNumber) -> tuple[int, float]:
    moved = number.verdict == reports.COMPARED_VERDICT_MOVED
    size = abs(number.relative) if number.HasField("relative") else float("inf")
    return _VERDICTS.index(number.verdict), -size if moved else 0.0


@dataclass
class _Asker:
    """Asks the questions of one run of the other's data, within a budget."""

    runs: Runs
    asked: int = 0

    def message(self, pair: NumberPair) -> reports.ComparedNumber:
        known = pair.after if pair.after is not None else pair.before
        if known is None:
            raise ValueError("A pair holds at least one number.")
        told = reports.ComparedNumber(label=known.label, unit=known.unit)
        if pair.before is not None:
            told.before_evidence_id, told.value_before = pair.before.id, pair.before.value
        if pair.after is not None:
            told.after_evidence_id, told.value_after = pair.after.id, pair.after.value
        if pair.before is not None and pair.after is not None:
            self._compare(told, pair.before, pair.after)
        else:
            self._lonely(told, pair)
        return told

    def _lonely(self, told: reports.ComparedNumber, pair: NumberPair) -> None:
        """A number of one run: what its question gives on the data of the other."""
        if pair.before is not None:
            told.verdict = reports.COMPARED_VERDICT_ONLY_BEFORE
            _set(told, "before_query_after_data", self._forwards(pair.before))
        elif pair.after is not None:
            told.verdict = reports.COMPARED_VERDICT_ONLY_AFTER
            _set(told, "after_query_before_data", self._backwards(pair.after))

    def _compare(
        self, told: reports.ComparedNumber, before: insights.Evidence, after: insights.Evidence
    ) -> None:
        told.difference = after.value - before.value
        if before.label != after.label:
            told.label_before = before.label
        if before.value:
            told.relative = told.difference / abs(before.value)
        if agree(before.value, after.value):
            told.verdict = reports.COMPARED_VERDICT_SAME
            return
        told.verdict = reports.COMPARED_VERDICT_MOVED
        forwards: float | None
        backwards: float | None
        if self.runs.same_data(before.source.data_source_id):
            forwards, backwards = before.value, after.value
        elif before.query == after.query and list(before.parameters) == list(after.parameters):
            forwards, backwards = after.value, before.value
        else:
            forwards, backwards = self._forwards(before), self._backwards(after)
        _set(told, "before_query_after_data", forwards)
        _set(told, "after_query_before_data", backwards)
        reason = split_reason(before.value, after.value, forwards=forwards, backwards=backwards)
        if reason is not None:
            told.reason.CopyFrom(reason)

    def _forwards(self, entry: insights.Evidence) -> float | None:
        return self.runs.before_on_after(entry) if self._may_ask() else None

    def _backwards(self, entry: insights.Evidence) -> float | None:
        return self.runs.after_on_before(entry) if self._may_ask() else None

    def _may_ask(self) -> bool:
        self.asked += 1
        return self.asked <= RERUN_BUDGET


def split_reason(
    before: float, after: float, *, forwards: float | None, backwards: float | None
) -> reports.DifferenceReason | None:
    """The difference as other data, another question, and what only both make; the parts add up to it.

    `forwards` is the old question on the new data, `backwards` the new question on the old data. Without `backwards`
    what both make counts as the question's; without `forwards` nothing can be told apart.
    """
    if forwards is None:
        return None
    difference = after - before
    reason = reports.DifferenceReason(data=forwards - before)
    if backwards is None:
        reason.question = difference - reason.data
        return reason
    reason.question = backwards - before
    reason.together = difference - reason.data - reason.question
    return reason


def _set(told: reports.ComparedNumber, name: str, value: float | None) -> None:
    if value is not None:
        setattr(told, name, value)
