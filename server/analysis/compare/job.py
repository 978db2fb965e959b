"""The comparison as a job of a child process."""

from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from claribi.v1 import data_sources_pb2 as data_sources
from claribi.v1 import reports_pb2 as reports

from server.analysis.compare import words
from server.analysis.compare.findings import compared_findings, match_findings
from server.analysis.compare.numbers import compared_numbers, match_numbers
from server.analysis.compare.runs import Run, Runs, open_run
from server.analysis.compare.splits import Split, message_of, splits, totals
from server.analysis.compare.tables import Tables, read_tables
from server.analysis.evidence import Ledger
from server.analysis.question import read_question
from server.analysis.request import read_moment
from server.job import JobFailed

_COUNTED = {
    reports.COMPARED_VERDICT_SAME: "same",
    reports.COMPARED_VERDICT_MOVED: "moved",
    reports.COMPARED_VERDICT_ONLY_BEFORE: "only_before",
    reports.COMPARED_VERDICT_ONLY_AFTER: "only_after",
}


def run(payload: dict[str, Any], progress: Callable[[str, float], None]) -> bytes:
    """Compares two completed reports, gives a serialized ReportComparison.

    Payload: `before` and `after`, each {"report": base64, "sources": {id: {"directory", "schema": base64}}} with the
    folder of the snapshot that run stands on, and `now` (ISO 8601). Raises JobFailed when a period cannot be read.
    """
    with ExitStack() as stack:
        before, after = (_read(payload[side], stack) for side in ("before", "after"))
        try:
            comparison = compare(Runs(before, after), Ledger(read_moment(payload["now"])), progress)
        except ValueError as error:
            raise JobFailed("conflict", "The period of one of the reports cannot be read.") from error
        return comparison.SerializeToString(deterministic=True)


def _read(side: Mapping[str, Any], stack: ExitStack) -> Run:
    sources = {
        source_id: {
            "directory": source["directory"],
            "schema": data_sources.DataSchema.FromString(b64decode(source["schema"])),
        }
        for source_id, source in side["sources"].items()
    }
    return open_run(sources, reports.Report.FromString(b64decode(side["report"])), stack)


def compare(runs: Runs, ledger: Ledger, progress: Callable[[str, float], None]) -> reports.ReportComparison:
    """Which numbers moved, which findings came and went, and the exact parts of every total's difference.

    Raises ValueError for an unreadable period, gate.UnboundNumber should a text print a number without evidence.
    """
    comparison = reports.ReportComparison(before=_run(runs.before), after=_run(runs.after))
    pairs = match_findings(runs.before.report.insights, runs.after.report.insights)
    comparison.findings.extend(compared_findings(pairs))
    numbers, unasked = compared_numbers(runs, match_numbers(runs, pairs))
    comparison.numbers.extend(numbers)
    for number in comparison.numbers:
        name = _COUNTED[number.verdict]
        setattr(comparison, name, getattr(comparison, name) + 1)
    progress("compare", 0.5)
    question = read_question(runs.after.report.question)
    tables = read_tables(runs, question.names, ledger.now)
    found = [split for pair in tables.pairs for split in splits(pair, totals(pair, ledger), ledger)]
    _tell(comparison, runs, tables, found=found, ledger=ledger)
    if unasked:
        comparison.notes.append(words.unasked(unasked, ledger).text)
    comparison.evidence.extend(ledger.entries)
    comparison.compared_at.FromDatetime(ledger.now)
    progress("compare", 1.0)
    return comparison


def _tell(
    comparison: reports.ReportComparison,
    runs: Runs,
    tables: Tables,
    *,
    found: Sequence[Split],
    ledger: Ledger,
) -> None:
    question = read_question(runs.after.report.question)
    asked = [s.total.measure.column or "" for s in found if question.names(s.total.measure.column or "")]
    told = {id(split): words.narrative(split, ledger) for split in found}
    for split in found:
        message = message_of(split)
        text = told[id(split)]
        message.narrative = text.text
        message.evidence_ids[:] = dict.fromkeys([*message.evidence_ids, *text.evidence_ids])
        comparison.splits.append(message)
    chosen = [told[id(split)] for split in words.telling(found, asked)]
    comparison.summary = words.summary(comparison, chosen, ledger).text
    comparison.notes.extend(words.notes(runs, tables, ledger))


def _run(side: Run) -> reports.ComparedRun:
    report = side.report
    told = reports.ComparedRun(
        id=report.id, name=report.name, question=report.question, content_hash=report.content_hash
    )
    if report.HasField("period"):
        told.period.CopyFrom(report.period)
    if report.HasField("completed_at"):
        told.completed_at.CopyFrom(report.completed_at)
    for source in side.snapshots.values():
        told.data_sources.add(
            id=source.source_id,
            name=source.name,
            snapshot_hash=source.hash,
            available=source.query is not None,
        )
    return told
