"""The rows of a series as reported and now."""

from collections.abc import Sequence
from itertools import zip_longest

from claribi.v1 import insights_pb2 as insights
from claribi.v1 import reports_pb2 as reports

from server.analysis.agreement import agree

_ENDS = ("value", "low", "high")


def differing(
    reported: Sequence[insights.EvidenceRow], now: Sequence[insights.EvidenceRow]
) -> list[reports.VerifiedRow]:
    """The rows that differ, in the order of the places they stand in.

    Rows are told apart by their places where these are all different, as periods are, and by their order elsewhere.
    """
    if _distinct(reported) and _distinct(now):
        before, after = ({row.x: row for row in rows} for rows in (reported, now))
        pairs = [(before.get(x), after.get(x)) for x in sorted(before.keys() | after.keys(), key=_place)]
    else:
        pairs = list(zip_longest(reported, now))
    return [_told(old, new) for old, new in pairs if not _same(old, new)]


def _distinct(rows: Sequence[insights.EvidenceRow]) -> bool:
    return len({row.x for row in rows}) == len(rows)


def _place(x: str) -> tuple[float, str]:
    """The order of moments, and of numbers."""
    try:
        return float(x), ""
    except ValueError:
        return 0.0, x


def _same(old: insights.EvidenceRow | None, new: insights.EvidenceRow | None) -> bool:
    if old is None or new is None:
        return False
    return old.x == new.x and all(_as_one(old, new, name) for name in _ENDS)


def _as_one(old: insights.EvidenceRow, new: insights.EvidenceRow, name: str) -> bool:
    if not (old.HasField(name) and new.HasField(name)):
        return old.HasField(name) == new.HasField(name)
    return agree(getattr(old, name), getattr(new, name))


def _told(old: insights.EvidenceRow | None, new: insights.EvidenceRow | None) -> reports.VerifiedRow:
    told = reports.VerifiedRow()
    for row, suffix in ((old, ""), (new, "_now")):
        if row is not None:
            told.x = told.x or row.x
            for name in _ENDS:
                if row.HasField(name):
                    setattr(told, name + suffix, getattr(row, name))
    return told
