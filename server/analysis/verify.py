"""Printed numbers, asked again."""

import math
from base64 import b64decode
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from claribi.v1 import insights_pb2 as insights
from claribi.v1 import reports_pb2 as reports

from server.analysis.agreement import agree
from server.analysis.drawn import read_rows
from server.analysis.scope import Queries
from server.analysis.verify_rows import differing
from server.query.engine import QueryError, open_snapshot
from server.query.snapshot import SnapshotError

MEMORY_MB = 512
THREADS = 1
_GONE = "The data source of this number is no longer there, so its query cannot be run."
_REFUSED = "The query cannot be run on the snapshot at hand; its columns may have changed."
_EMPTY = "The query gives no number on the snapshot at hand."
_DIFFERS = "The query gives another number on the same snapshot."
_NEVER = "The query gives another number on the very snapshot this one was reported from."
_OUTDATED = "The number holds on the data it was reported from; the query cannot be run on the data now."


@dataclass(frozen=True)
class _Source:
    """A source as it is now (`query` is None when its snapshot cannot be opened) and as reports saw it, by hash."""

    hash: str
    query: Queries | None
    originals: Mapping[str, Queries]


def run(payload: dict[str, Any], progress: Callable[[str, float], None]) -> bytes:
    """Runs each query again, gives a serialized Verification.

    Payload: {"report_id", "evidence": [base64], "sources": {id: {"directory", "hash", "originals": {hash: folder}}}};
    `originals` are the snapshots the numbers were reported from, as far as they are there. "now" (ISO 8601) is when it
    counts as checked.
    """
    evidence = [insights.Evidence.FromString(b64decode(entry)) for entry in payload["evidence"]]
    verification = reports.Verification(report_id=payload["report_id"])
    with ExitStack() as stack:
        sources = {source_id: _opened(source, stack) for source_id, source in payload["sources"].items()}
        for index, entry in enumerate(evidence):
            verification.numbers.append(_verified(entry, sources.get(entry.source.data_source_id)))
            progress("verify", (index + 1) / len(evidence))
    _count(verification)
    moment = datetime.fromisoformat(payload["now"]) if payload.get("now") else datetime.now(UTC)
    verification.verified_at.FromDatetime(moment)
    return verification.SerializeToString(deterministic=True)


def _opened(source: Mapping[str, Any], stack: ExitStack) -> _Source:
    folders = {source["hash"]: source["directory"], **source.get("originals", {})}
    opened = {
        snapshot_hash: query
        for snapshot_hash, directory in folders.items()
        if (query := _open(Path(directory), stack)) is not None
    }
    return _Source(source["hash"], opened.get(source["hash"]), opened)


def _open(directory: Path, stack: ExitStack) -> Queries | None:
    """The snapshot, None when it is no longer there: told number by number."""
    try:
        return stack.enter_context(open_snapshot(directory, memory_mb=MEMORY_MB, threads=THREADS))
    except (SnapshotError, FileNotFoundError):
        return None


def _verified(entry: insights.Evidence, source: _Source | None) -> reports.VerifiedNumber:
    number = reports.VerifiedNumber(evidence_id=entry.id, verdict=reports.VERDICT_FAILED)
    if entry.HasField("value"):
        number.value = entry.value
    if source is None or source.query is None:
        number.message = _GONE
        return number
    changed = source.hash != entry.source.snapshot_hash
    original = source.originals.get(entry.source.snapshot_hash)
    if changed and original is not None and not _holds(original, entry):
        number.message = _NEVER
        return number
    _judge(number, entry, source.query, changed=changed, known=original is not None)
    return number


def _holds(original: Queries, entry: insights.Evidence) -> bool:
    """Whether the number is what its query gives on the data it was reported from."""
    try:
        return _gives_the_same(reports.VerifiedNumber(), entry, original)
    except QueryError:
        return False


def _judge(
    number: reports.VerifiedNumber, entry: insights.Evidence, query: Queries, *, changed: bool, known: bool
) -> None:
    """The verdict on the data now; `known` when the number holds on the data it was reported from."""
    try:
        same = _gives_the_same(number, entry, query)
    except QueryError:
        number.message = _OUTDATED if changed and known else _REFUSED
        return
    if same:
        number.verdict = reports.VERDICT_MATCH
    elif changed:
        number.verdict = reports.VERDICT_DATA_CHANGED
    else:
        number.message = number.message or _DIFFERS


def _gives_the_same(number: reports.VerifiedNumber, entry: insights.Evidence, query: Queries) -> bool:
    """Whether the query gives what was reported; what it gives now is put down. Raises QueryError."""
    if not entry.HasField("value"):
        number.rows.extend(differing(entry.rows, ask_rows(query, entry)))
        return not number.rows
    value = ask(query, entry)
    if value is None:
        number.message = _EMPTY
        return False
    number.value_now = value
    return agree(entry.value, value)


def ask(query: Queries, entry: insights.Evidence) -> float | None:
    """The one cell of the query as a number; None when it is empty. Raises QueryError."""
    rows = _answered(query, entry)
    cell = rows[0][0] if rows and rows[0] else None
    try:
        value = None if cell is None else float(cell)
    except (TypeError, ValueError) as error:
        raise QueryError("The query does not give a number.") from error
    return value if value is not None and math.isfinite(value) else None


def ask_rows(query: Queries, entry: insights.Evidence) -> tuple[insights.EvidenceRow, ...]:
    """The rows of the query of a series. Raises QueryError."""
    try:
        return read_rows(_answered(query, entry))
    except (TypeError, ValueError, IndexError) as error:
        raise QueryError("The query does not give the rows of a series.") from error


def _answered(query: Queries, entry: insights.Evidence) -> list[tuple[Any, ...]]:
    parameters = [getattr(value, value.WhichOneof("kind") or "null_value") for value in entry.parameters]
    return query.rows(entry.query, [_whole(value) for value in parameters])


def _whole(value: Any) -> Any:
    """Whole numbers travel as doubles in a protobuf Value; LIMIT and the like want them whole again."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _count(verification: reports.Verification) -> None:
    verdicts = [number.verdict for number in verification.numbers]
    verification.total = len(verdicts)
    verification.matched = verdicts.count(reports.VERDICT_MATCH)
    verification.data_changed = verdicts.count(reports.VERDICT_DATA_CHANGED)
    verification.failed = verdicts.count(reports.VERDICT_FAILED)
