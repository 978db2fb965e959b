"""A comparison in words; every number in them is one of its evidence, or the difference of two."""

from collections.abc import Sequence

from claribi.v1 import reports_pb2 as reports

from server.analysis import formats
from server.analysis.compare.parts import Contribution
from server.analysis.compare.runs import Run, Runs
from server.analysis.compare.splits import LATER, TIMELESS, UP_TO, Split, Total
from server.analysis.compare.tables import Tables
from server.analysis.evidence import Figure, Ledger, Name, Statistic, Text, join
from server.analysis.formats import sentence_case

MEMBERS_TOLD = 2  # in a sentence; the parts hold all
FINDINGS_TOLD = 2  # headlines of new and of gone findings in the summary
SPLITS_TOLD = 2  # in the summary
_MADE_IT = (
    "{0} makes {1} of it, from {2} to {3}.",
    "{0} accounts for {1}: from {2} to {3}.",
)


def narrative(split: Split, ledger: Ledger) -> Text:
    """The difference, where it comes from, and what moved against it."""
    total = split.total
    said = [_difference(total, ledger)]
    reason = _reason(total, ledger)
    if split.kind == reports.SPLIT_KIND_TIME:
        return join([*said, *reason, *_by_time(split, ledger)])
    if split.parts and split.parts[0].rate is not None:
        said += _rate_and_mix(split, ledger)
    with_it = [
        place for place, part in enumerate(split.parts[: len(split.parts) - split.others])
        if part.value * total.difference > 0
    ]  # fmt: skip
    for turn, place in enumerate(with_it[:MEMBERS_TOLD]):
        said.append(_made_it(split, place, turn, ledger))
    against = [place for place, name in enumerate(split.names) if name in split.against]
    said += [_against(split, place, ledger) for place in against[:MEMBERS_TOLD]]
    return join([*said, *reason])


def _difference(total: Total, ledger: Ledger) -> Text:
    moved = _moved(total.difference, total.measure.unit, [total.before, total.after])
    return ledger.say(
        "{0} went from {1} to {2}, {3}.", Name(sentence_case(total.measure.name)), total.before, total.after, moved
    )  # fmt: skip


def _moved(value: float, unit: str, figures: Sequence[Figure | None]) -> Text:
    """A difference with its sign, bound to the evidence it is made of."""
    text = formats.signed(value, "points" if unit == "%" else unit)
    return Text(text, tuple(figure.evidence_id for figure in figures if figure is not None), (text,))


def _made_it(split: Split, place: int, turn: int, ledger: Ledger) -> Text:
    part, (before, after) = split.parts[place], split.figures[place]
    name, moved = Name(split.names[place]), _part_moved(split, place, part.value)
    if before is not None and after is not None:
        if part.mix is not None and abs(part.mix) > abs(part.rate or 0.0):
            return ledger.say(
                "The weight of {0} makes {1} of it, at {2} before and {3} after.", name, moved, before, after
            )
        return ledger.say(_MADE_IT[turn % len(_MADE_IT)], name, moved, before, after)
    if after is not None:
        return ledger.say("{0} is new, at {1}, which makes {2}.", name, after, moved)
    if before is not None:
        return ledger.say("{0} is gone; it stood at {1}, which makes {2}.", name, before, moved)
    return ledger.say("{0} makes {1} of it.", name, moved)


def _against(split: Split, place: int, ledger: Ledger) -> Text:
    moved = _part_moved(split, place, split.parts[place].value)
    return ledger.say("{0} pulled the other way: {1}.", Name(split.names[place]), moved)


def _part_moved(split: Split, place: int, value: float) -> Text:
    return _moved(value, split.total.measure.unit, split.figures[place])


def _rate_and_mix(split: Split, ledger: Ledger) -> list[Text]:
    figures = [figure for pair in split.figures for figure in pair]
    unit, parts = split.total.measure.unit, split.parts
    rate, mix = (
        _moved(sum(value or 0.0 for value in values), unit, figures)
        for values in ([part.rate for part in parts], [part.mix for part in parts])
    )
    column = Name(split.dimension.label if split.dimension else "member")
    return [ledger.say("Changes within each {0} made {1}, their shifting weights {2}.", column, rate, mix)]


def _by_time(split: Split, ledger: Ledger) -> list[Text]:
    told = []
    templates = {
        LATER: "Rows later than all before brought {0}.",
        UP_TO: "What was there already was revised by {0}.",
        TIMELESS: "Rows without a date made {0}.",
    }
    for place, (name, part) in enumerate(zip(split.names, split.parts, strict=True)):
        if part.value:
            told.append(ledger.say(templates[name], _part_moved(split, place, part.value)))
    return told


def _reason(total: Total, ledger: Ledger) -> list[Text]:
    """What other data and what another period made, where both differ."""
    reason, unit = total.reason, total.measure.unit
    if not reason.question and not reason.together:
        return []
    ends = [total.before, total.after]
    if not reason.data and not reason.together:
        return [ledger.say("All of it comes from the other period, none from other data.")]
    told = ledger.say(
        "Over the same period other data made {0}, the other period alone {1}.",
        _moved(reason.data, unit, ends),
        _moved(reason.question, unit, ends),
    )
    if not reason.together:
        return [told]
    return [told, ledger.say("Both together made {0} more.", _moved(reason.together, unit, ends))]


def summary(comparison: reports.ReportComparison, chosen: Sequence[Text], ledger: Ledger) -> Text:
    """How many numbers moved, the differences that matter, and which findings came and went."""
    said = [_counts(comparison, ledger), *chosen[:SPLITS_TOLD]]
    for verdict, template in (
        (reports.COMPARED_VERDICT_ONLY_AFTER, "New among the findings: {0}."),
        (reports.COMPARED_VERDICT_ONLY_BEFORE, "No longer among the findings: {0}."),
    ):
        titles = [finding.title for finding in comparison.findings if finding.verdict == verdict]
        if titles:
            said.append(ledger.say(template, Name("; ".join(titles[:FINDINGS_TOLD]))))
    return join(said)


def _counts(comparison: reports.ReportComparison, ledger: Ledger) -> Text:
    c = comparison
    if not (c.moved or c.only_before or c.only_after):
        if not c.same:
            return ledger.say("Neither run prints a number.")
        return ledger.say("Both runs say the same: {0} in all.", _numbers(c.same))
    said: list[Text] = []
    for count, template in (
        (c.moved, "{0} moved"),
        (c.same, "{0} stayed the same"),
        (c.only_before, "{0} stood in the first run only"),
        (c.only_after, "{0} stand in the second run only" if c.only_after > 1 else "{0} stands in the second run only"),
    ):  # fmt: skip
        if count:
            said.append(ledger.say(template, _numbers(count) if not said else Statistic(f"{count:,}")))
    return ledger.say("{0}.", join(said, ", "))


def _numbers(count: int) -> Statistic:
    return Statistic(f"{count:,} number{'s' if count != 1 else ''}")


def telling(found: Sequence[Split], asked: Sequence[str]) -> list[Split]:
    """The splits worth a sentence, one for each measure: asked measures, then the largest relative differences.

    Of the ways to split a measure, the one whose largest part stands out most.
    """
    best: dict[tuple[str, str], Split] = {}
    for split in found:
        if split.kind != reports.SPLIT_KIND_MEMBERS or not split.parts:
            continue
        key = (split.total.pair.after.own.table, split.total.measure.expression)
        if key not in best or _dominance(split.parts) > _dominance(best[key].parts):
            best[key] = split
    return sorted(
        best.values(),
        key=lambda split: (
            split.total.measure.column not in asked,
            split.total.measure.aggregation == "count",
            -_reach(split),
        ),
    )


def _reach(split: Split) -> float:
    """The difference, or the part that others offset, relative to the value before."""
    base = abs(split.total.before.value)
    largest = max(abs(split.total.difference), *(abs(part.value) for part in split.parts))
    return largest / base if base else 0.0


def _dominance(parts: Sequence[Contribution]) -> float:
    gross = sum(abs(part.value) for part in parts)
    return max(abs(part.value) for part in parts) / gross if gross else 0.0


def notes(runs: Runs, tables: Tables, ledger: Ledger) -> list[str]:
    """What to know about the comparison."""
    said = [*_about_sources(runs, ledger), *_about_questions(runs.before.report, runs.after.report, ledger)]
    if tables.unlike:
        names = Name(", ".join(tables.unlike))
        said.append(ledger.say("Columns changed between the runs, so there is no split of {0}.", names))
    return [text.text for text in said]


def unasked(count: int, ledger: Ledger) -> Text:
    """That not every question of one run was asked of the data of the other."""
    questions = Statistic(f"{count:,} question{'s' if count != 1 else ''}")
    return ledger.say(
        "{0} of one run could not be asked of the other's data, there being so many.", questions
    )


def _about_sources(runs: Runs, ledger: Ledger) -> list[Text]:
    said = []
    if not runs.same_sources:
        names = [Name(_names(run)) for run in (runs.before, runs.after)]
        said.append(
            ledger.say(
                "The runs stand on different sources: {0} before, {1} after. Their numbers are matched by table, "
                "column and label.",
                *names,
            )
        )
    said += [
        ledger.say(
            "The data of {0} as the {1} run saw them are no longer there. What that run printed is compared as it "
            "stands; its totals cannot be split.",
            Name(source.name),
            Name(word),
        )
        for word, run in (("first", runs.before), ("second", runs.after))
        for source in run.snapshots.values()
        if source.query is None
    ]
    said += [
        ledger.say("Between the runs {0} was read again, and its data changed.", Name(source.name))
        for source_id, source in runs.before.snapshots.items()
        if source_id in runs.after.snapshots and not runs.same_data(source_id)
    ]
    if runs.counterpart and all(runs.same_data(source_id) for source_id in runs.counterpart):
        said.append(ledger.say("Both runs stand on the very same data."))
    return said


def _names(run: Run) -> str:
    return ", ".join(source.name for source in run.snapshots.values()) or "none"


def _about_questions(before: reports.Report, after: reports.Report, ledger: Ledger) -> list[Text]:
    said = []
    if before.question != after.question:
        asked = [
            Name(f"“{report.question}”" if report.question else "no question") for report in (before, after)
        ]
        said.append(ledger.say("The question changed, from {0} to {1}.", *asked))
    if before.period != after.period:
        said.append(
            ledger.say("The period changed, from {0} to {1}.", Name(_span(before)), Name(_span(after)))
        )
    if before.report_type != after.report_type:
        said.append(
            ledger.say(
                "The runs differ in depth, so the deeper one may tell more without anything having moved."
            )
        )
    if before.engine != after.engine:
        engines = Name(before.engine), Name(after.engine)
        said.append(ledger.say("The engine changed, from {0} to {1}.", *engines))
    return said


def _span(report: reports.Report) -> str:
    first, last = getattr(report.period, "from"), report.period.to
    if not first and not last:
        return "all of the data"
    return f"{first or 'the beginning'} to {last or 'the end'}"
