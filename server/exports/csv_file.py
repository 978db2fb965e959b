"""The evidence of a report as CSV: one row a number, safe to open in a spreadsheet."""

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
)
# Without it Excel reads UTF-8 as a legacy code page; readers of data (DuckDB, pandas, R) skip it.
BYTE_ORDER_MARK = "\ufeff"


def render(report: pb.Report) -> bytes:
    """The evidence as CSV (RFC 4180, UTF-8 with a byte order mark); values are numbers in full precision."""
    names = {source.id: source.name for source in report.data_sources}
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for entry in report.evidence:
        writer.writerow(_row(entry, names.get(entry.source.data_source_id, "")))
    return (BYTE_ORDER_MARK + written.getvalue()).encode()


def _row(entry: ipb.Evidence, source: str) -> list[str | int]:
    value = number(entry.value) if entry.HasField("value") else ""
    computed = ""
    if entry.HasField("computed_at"):
        computed = entry.computed_at.ToDatetime().isoformat(timespec="seconds") + "Z"
    said: list[str | int] = [csv_cell(entry.id), csv_cell(entry.label), value]
    printed = [csv_cell(entry.unit), csv_cell(entry.display)]
    where: list[str | int] = [csv_cell(source), csv_cell(entry.source.table), entry.source.rows]
    asked = [csv_cell(entry.query), csv_cell(parameters(entry.parameters))]
    made = [csv_cell(entry.source.data_source_id), csv_cell(entry.source.snapshot_hash), computed]
    return [*said, *printed, *where, *asked, *made]


def number(value: float) -> str:
    """A number that reads back as the same double; nothing for what is not finite."""
    if not math.isfinite(value):
        return ""
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
