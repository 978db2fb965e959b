"""Printed numbers, asked again."""

import math
from base64 import b64decode
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from claribi.v1 import insights_pb2 as insights
from claribi.v1 import reports_pb2 as reports

from server.analysis.scope import Queries
from server.query.engine import QueryError, open_snapshot
from server.query.snapshot import SnapshotError

TOLERANCE = 1e-9  # relative; sums of doubles differ by the order of addition
EXACT_BELOW = 2.0**53  # whole numbers up to here are exact in a double and must be the same
MEMORY_MB = 512
THREADS = 1
_GONE = "The data source of this number is no longer there, so its query cannot be run."
_REFUSED = "The query cannot be run on the snapshot at hand; its columns may have changed."
_EMPTY = "The query gives no number on the snapshot at hand."
_DIFFERS = "The query gives another number on the same snapshot."


def run(payload: dict[str, Any], progress: Callable[[str, float], None]) -> bytes:
    """Runs each query again: {"report_id", "evidence": [base64], "sources": {id: {"directory", "hash"}}}.

    Gives a serialized Verification. "now" (ISO 8601) in the payload is when it counts as checked.
    """
    evidence = [insights.Evidence.FromString(b64decode(entry)) for entry in payload["evidence"]]
    verification = reports.Verification(report_id=payload["report_id"])
    with ExitStack() as stack:
        snapshots = _open(payload["sources"], stack)
        for index, entry in enumerate(evidence):
            verification.numbers.append(_verified(entry, snapshots))
            progress("verify", (index + 1) / len(evidence))
    _count(verification)
    moment = datetime.fromisoformat(payload["now"]) if payload.get("now") else datetime.now(UTC)
    verification.verified_at.FromDatetime(moment)
    return verification.SerializeToString(deterministic=True)


def _open(sources: Mapping[str, Any], stack: ExitStack) -> dict[str, tuple[Queries, str]]:
    """The snapshots that are still there, with their hashes."""
    opened: dict[str, tuple[Queries, str]] = {}
    for source_id, source in sources.items():
        try:
            query = stack.enter_context(
                open_snapshot(Path(source["directory"]), memory_mb=MEMORY_MB, threads=THREADS)
            )
        except (SnapshotError, FileNotFoundError):
            continue  # told number by number: the source of each is gone
        opened[source_id] = (query, source["hash"])
    return opened


def _verified(
    entry: insights.Evidence, snapshots: Mapping[str, tuple[Queries, str]]
) -> reports.VerifiedNumber:
    number = reports.VerifiedNumber(evidence_id=entry.id, verdict=reports.VERDICT_FAILED)
    if entry.HasField("value"):
        number.value = entry.value
    found = snapshots.get(entry.source.data_source_id)
    if found is None:
        number.message = _GONE
        return number
    query, snapshot_hash = found
    changed = snapshot_hash != entry.source.snapshot_hash
    try:
        value = _ask(query, entry)
    except QueryError:
        number.message = _REFUSED
        return number
    if value is None:
        number.verdict = reports.VERDICT_DATA_CHANGED if changed else reports.VERDICT_FAILED
        number.message = _EMPTY
        return number
    number.value_now = value
    _judge(number, entry.value, value, changed=changed)
    return number


def _ask(query: Queries, entry: insights.Evidence) -> float | None:
    """The one cell of the query as a number; None when it is empty. Raises QueryError."""
    parameters = [getattr(value, value.WhichOneof("kind") or "null_value") for value in entry.parameters]
    rows = query.rows(entry.query, [_whole(value) for value in parameters])
    cell = rows[0][0] if rows and rows[0] else None
    try:
        value = None if cell is None else float(cell)
    except (TypeError, ValueError) as error:
        raise QueryError("The query does not give a number.") from error
    return value if value is not None and math.isfinite(value) else None


def _whole(value: Any) -> Any:
    """Whole numbers travel as doubles in a protobuf Value; LIMIT and the like want them whole again."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _judge(number: reports.VerifiedNumber, reported: float, now: float, *, changed: bool) -> None:
    if agree(reported, now):
        number.verdict = reports.VERDICT_MATCH
    elif changed:
        number.verdict = reports.VERDICT_DATA_CHANGED
    else:
        number.message = _DIFFERS


def agree(reported: float, now: float) -> bool:
    """Whether two numbers are the same: whole ones exactly, others within the tolerance."""
    whole = reported.is_integer() and now.is_integer() and max(abs(reported), abs(now)) < EXACT_BELOW
    return reported == now if whole else math.isclose(reported, now, rel_tol=TOLERANCE, abs_tol=1e-12)


def _count(verification: reports.Verification) -> None:
    verdicts = [number.verdict for number in verification.numbers]
    verification.total = len(verdicts)
    verification.matched = verdicts.count(reports.VERDICT_MATCH)
    verification.data_changed = verdicts.count(reports.VERDICT_DATA_CHANGED)
    verification.failed = verdicts.count(reports.VERDICT_FAILED)
