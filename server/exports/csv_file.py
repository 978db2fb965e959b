"""The evidence of a report as CSV: one row a number, safe to open in a spreadsheet.

Printed numbers come first. The values of drawn series follow, a row each under the id of their series with the place
they stand at; the query of a series stands in its first row.
"""

from __future__ import annotations

import csv
import io
import math

from claribi.v1 import insights_pb2 as ipb
from claribi.v1 import reports_pb2 as pb

from server.exports.escape import csv_cell
from server.exports.outline import parameters

COLUMNS = (
    "id",
    "label",
    "value",
    "unit",
    "display",
    "data_source",
    "table",
    "table_rows",
    "query",
    "parameters",
    "data_source_id",
    "snapshot_hash",
    "computed_at",
    "at",
    "low",
    "high",
)
# Without it Excel reads UTF-8 as a legacy code page; readers of data (DuckDB, pandas, R) skip it.
BYTE_ORDER_MARK = "\ufeff"


def render(report: pb.Report) -> bytes:
    """The evidence as CSV (RFC 4180, UTF-8 with a byte order mark); values are numbers in full precision."""
    names = {source.id: source.name for source in report.data_sources}
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for entry in sorted(report.evidence, key=lambda entry: bool(entry.rows)):
        source = names.get(entry.source.data_source_id, "")
        writer.writerows(_series(entry, source) if entry.rows else [_row(entry, source)])
    return (BYTE_ORDER_MARK + written.getvalue()).encode()


def _row(entry: ipb.Evidence, source: str) -> list[str | int]:
    value = number(entry.value) if entry.HasField("value") else ""
    return [*_said(entry, value), *_origin(entry, source), "", "", ""]


def _series(entry: ipb.Evidence, source: str) -> list[list[str | int]]:
    """A row for each value; where it comes from is said once."""
    written, origin = [], _origin(entry, source)
    for place, row in enumerate(entry.rows):
        value, low, high = (
            number(getattr(row, name)) if row.HasField(name) else "" for name in ("value", "low", "high")
        )
        asked = origin if place == 0 else [""] * len(origin)
        written.append([*_said(entry, value), *asked, csv_cell(row.x), low, high])
    return written


def _said(entry: ipb.Evidence, value: str) -> list[str | int]:
    return [csv_cell(entry.id), csv_cell(entry.label), value, csv_cell(entry.unit), csv_cell(entry.display)]


def _origin(entry: ipb.Evidence, source: str) -> list[str | int]:
    """Where a number comes from: source, table, query, snapshot, moment."""
    computed = ""
    if entry.HasField("computed_at"):
        computed = entry.computed_at.ToDatetime().isoformat(timespec="seconds") + "Z"
    where: list[str | int] = [csv_cell(source), csv_cell(entry.source.table), entry.source.rows]
    asked = [csv_cell(entry.query), csv_cell(parameters(entry.parameters))]
    made = [csv_cell(entry.source.data_source_id), csv_cell(entry.source.snapshot_hash), computed]
    return [*where, *asked, *made]


def number(value: float) -> str:
    """A number that reads back as the same double; nothing for what is not finite."""
    if not math.isfinite(value):
        return ""
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
