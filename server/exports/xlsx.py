"""The report as a workbook: typed cells to work on, native charts, and no formula at all."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Any

from claribi.v1 import insights_pb2 as ipb
from claribi.v1 import reports_pb2 as pb

from server.exports import words
from server.exports.charts.ticks import moment, quoted, time_label
from server.exports.charts.units import affixes
from server.exports.escape import workbook_cell
from server.exports.outline import displays, headline, outline_facts, parameters, printed_as
from server.exports.xlsx_charts import add_charts
from server.exports.xlsx_points import PointRow, rows_of


@dataclass(frozen=True)
class Amount:
    """A number with the unit it is shown in."""

    value: float
    unit: str


Cell = str | float | datetime | Amount | None
# A workbook says when it was made; where the report does not, this stands in, never the clock.
UNDATED = datetime(2000, 1, 1)


@dataclass(frozen=True)
class Column:
    """A column of a sheet: its heading, its width in characters and the look of its cells."""

    title: str
    width: float
    look: str = "text"


LOOKS: dict[str, dict[str, Any]] = {
    "text": {"text_wrap": True, "valign": "top"},
    "plain": {"valign": "top"},
    "number": {"valign": "top"},
    "count": {"valign": "top", "num_format": "#,##0"},
    "probability": {"valign": "top", "num_format": "0.0000"},
    "date": {"valign": "top", "num_format": "yyyy-mm-dd hh:mm"},
    "printed": {"valign": "top", "align": "right", "bold": True},
    "code": {"valign": "top", "font_name": "Consolas", "font_size": 9, "text_wrap": True},
    "head": {
        "bold": True,
        "font_color": "#FFFFFF",
        "bg_color": "#0C2B47",
        "valign": "vcenter",
        "text_wrap": True,
    },
    "title": {"bold": True, "font_size": 18, "font_color": "#0C2B47", "valign": "top", "text_wrap": True},
    "subtitle": {"bold": True, "font_size": 12, "font_color": "#0B5FA5", "valign": "top", "text_wrap": True},
    "label": {"font_color": "#55626E", "valign": "top"},
}


def number_code(value: float, unit: str) -> str:
    """The format code of a number: as many decimals as it has, four at most, its currency or percent sign with it."""
    before, after = affixes(unit) or ("", "")
    size = abs(value)
    if size and not 1e-4 <= size < 1e15:
        return f"{quoted(before)}0.00E+00{quoted(after)}"
    most = 2 if size >= 1000 or before else 4
    decimals = next((count for count in range(most) if round(size, count) == size), most)
    decimals = 2 if before and decimals == 1 else decimals
    digits = "#,##0" + ("." + "0" * decimals if decimals else "")
    return f"{quoted(before)}{digits}{quoted(after)}"


def render(report: pb.Report) -> bytes:
    """The report as the bytes of an xlsx workbook: summary, metrics, findings, charts, data quality, evidence."""
    import xlsxwriter

    written = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(written, options)
    try:
        _fill(_Book(book), report)
    finally:
        book.close()
    return written.getvalue()


class _Book:
    """A workbook with its looks, and the two ways a sheet is filled."""

    def __init__(self, book: Any) -> None:
        self.book = book
        face = {"font_name": "Calibri", "font_size": 11}
        self.looks = {name: book.add_format({**face, **look}) for name, look in LOOKS.items()}
        self.face = face
        self.codes: dict[str, Any] = {}

    def put(self, sheet: Any, row: int, column: int, *, value: Cell, look: str) -> None:
        """Writes a cell by its type; what has no value stays empty."""
        if value is None or value == "" or (isinstance(value, float) and not math.isfinite(value)):
            sheet.write_blank(row, column, None, self.looks[look])
        elif isinstance(value, str):
            sheet.write_string(row, column, workbook_cell(value), self.looks[look])
        elif isinstance(value, datetime):
            sheet.write_datetime(row, column, value.replace(tzinfo=None), self.looks[look])
        elif isinstance(value, Amount):
            self._amount(sheet, row, column, value)
        elif look == "number":
            self._amount(sheet, row, column, Amount(value, ""))
        else:
            sheet.write_number(row, column, value, self.looks[look])

    def _amount(self, sheet: Any, row: int, column: int, amount: Amount) -> None:
        """Writes a number in the look its size and unit ask for."""
        if not math.isfinite(amount.value):
            sheet.write_blank(row, column, None, self.looks["number"])
            return
        code = number_code(amount.value, amount.unit)
        if code not in self.codes:
            self.codes[code] = self.book.add_format({**self.face, **LOOKS["number"], "num_format": code})
        sheet.write_number(row, column, amount.value, self.codes[code])

    def table(self, name: str, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> Any:
        """A sheet of one table, with its heading frozen and a filter on it."""
        sheet = self.book.add_worksheet(name)
        for index, column in enumerate(columns):
            sheet.set_column(index, index, column.width)
            self.put(sheet, 0, index, value=column.title, look="head")
        for number, row in enumerate(rows, start=1):
            for index, (column, value) in enumerate(zip(columns, row, strict=True)):
                self.put(sheet, number, index, value=value, look=column.look)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(rows), 1), len(columns) - 1)
        _for_paper(sheet, landscape=True)
        sheet.repeat_rows(0)
        return sheet


def _for_paper(sheet: Any, *, landscape: bool) -> None:
    sheet.hide_gridlines(2)
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&C&P / &N")
    if landscape:
        sheet.set_landscape()


def _fill(book: _Book, report: pb.Report) -> None:
    made = report.completed_at.ToDatetime() if report.HasField("completed_at") else UNDATED
    book.book.set_properties(
        {"title": workbook_cell(report.name)[:255], "author": "claribi", "company": "", "created": made}
    )
    _summary(book, report)
    book.table(
        "Metrics", METRIC_COLUMNS, [_metric(m) for section in report.sections for m in section.metrics]
    )
    book.table(
        "Findings", FINDING_COLUMNS, [_finding(i) for i in sorted(report.insights, key=lambda i: i.rank)]
    )
    pictures = book.book.add_worksheet("Charts")
    points = _point_rows(report)
    book.table("Charts data", POINT_COLUMNS, points)
    add_charts(book.book, pictures, report.charts, frozenset(displays(report)))
    _for_paper(pictures, landscape=False)
    book.table("Data quality", QUALITY_COLUMNS, [_quality(finding) for finding in report.data_quality])
    book.table("Evidence", EVIDENCE_COLUMNS, _evidence_rows(report))


def _summary(book: _Book, report: pb.Report) -> None:
    sheet = book.book.add_worksheet("Summary")
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 100)
    lines: list[tuple[str, str, str]] = [("", report.name, "title"), ("", headline(report), "subtitle")]
    lines += [("Question", report.question, "text")] if report.question else []
    lines += [(key, value, "text") for key, value in outline_facts(report)]
    for section in report.sections:
        said = [*section.paragraphs, *section.bullets]
        lines += [("", "", "text"), ("", section.title, "subtitle")] if said else []
        lines += [("", text, "text") for text in said]
    if not report.sections and report.summary:
        lines.append(("", report.summary, "text"))
    for row, (key, value, look) in enumerate(lines):
        book.put(sheet, row, 0, value=key, look="label")
        book.put(sheet, row, 1, value=value, look=look)
        # Not every program makes room for wrapped text by itself.
        sheet.set_row(row, LINE_POINTS[look] * max(1, ceil(len(value) / LINE_CHARACTERS[look])))
    _for_paper(sheet, landscape=False)


# Height of a line, and characters that fit the summary's wide column, by look.
LINE_POINTS = {"title": 27.0, "subtitle": 19.0, "text": 15.5}
LINE_CHARACTERS = {"title": 60, "subtitle": 85, "text": 95}

METRIC_COLUMNS = (
    Column("Metric", 36),
    Column("Value", 18, "number"),
    Column("Unit", 12, "plain"),
    Column("Printed as", 18, "printed"),
    Column("Change", 26, "plain"),
    Column("Direction", 12, "plain"),
    Column("Since a year earlier", 26, "plain"),
    Column("Evidence", 16, "plain"),
)


def _metric(metric: pb.KeyMetric) -> list[Cell]:
    value = Amount(metric.value, metric.unit) if metric.HasField("value") else None
    moved = words.direction(metric.direction)
    proof = ", ".join(metric.evidence_ids)
    told = [metric.change_display, moved, metric.year_display]
    return [metric.label, value, metric.unit, metric.display, *told, proof]


FINDING_COLUMNS = (
    Column("Rank", 7, "count"),
    Column("Kind", 17, "plain"),
    Column("Title", 42),
    Column("What is true", 70),
    Column("Certainty", 22, "plain"),
    Column("Direction", 11, "plain"),
    Column("Size", 14, "number"),
    Column("Unit", 10, "plain"),
    Column("Test", 22),
    Column("Observations", 13, "count"),
    Column("p value", 10, "probability"),
    Column("Adjusted p (q)", 13, "probability"),
    Column("Effect", 14, "plain"),
    Column("Effect size", 11, "number"),
    Column("Interval low", 12, "number"),
    Column("Interval high", 12, "number"),
    Column("Caveats", 50),
    Column("Evidence", 16, "plain"),
)


def _finding(insight: ipb.Insight) -> list[Cell]:
    statistics, effect, interval = insight.statistics, insight.statistics.effect, insight.statistics.interval
    sized, bounded = statistics.HasField("effect"), statistics.HasField("interval")
    return [
        insight.rank,
        words.insight_type(insight.type),
        insight.title,
        insight.narrative,
        words.certainty(insight)[0],
        words.direction(insight.direction),
        Amount(insight.magnitude.value, insight.magnitude.unit) if insight.HasField("magnitude") else None,
        insight.magnitude.unit,
        statistics.test.replace("_", " "),
        statistics.n or None,
        statistics.p_value if statistics.HasField("p_value") else None,
        statistics.q_value if statistics.HasField("q_value") else None,
        effect.name.replace("_", " "),
        effect.value if sized else None,
        interval.low if bounded else None,
        interval.high if bounded else None,
        "\n".join(insight.caveats),
        ", ".join(insight.evidence_ids),
    ]


POINT_COLUMNS = (
    Column("Chart", 50, "plain"),
    Column("Series", 24, "plain"),
    Column("X", 26, "plain"),
    Column("Value", 18, "number"),
    Column("Unit", 12, "plain"),
    Column("Evidence", 12, "plain"),
    Column("X axis", 24, "plain"),
    Column("Value axis", 30, "plain"),
    Column("Printed as", 18, "printed"),
    Column("Low", 16, "number"),
    Column("High", 16, "number"),
    Column("Bar from", 16, "number"),
    Column("Bar length", 16, "number"),
)


def _point_rows(report: pb.Report) -> list[list[Cell]]:
    numbers = displays(report)
    return [
        _point(chart, row, numbers) for chart in report.charts for block in rows_of(chart) for row in block
    ]


def _point(chart: ipb.Chart, row: PointRow, numbers: Mapping[str, str]) -> list[Cell]:
    point, unit = row.point, chart.y.unit
    value = Amount(point.y, unit) if point.HasField("y") else None
    said: list[Cell] = [chart.title, chart.series[row.series].name, horizontal(chart, point), value, unit]
    axes: list[Cell] = [chart.x.label, ", ".join(filter(None, [chart.y.label, unit]))]
    low = Amount(point.low, unit) if point.HasField("low") else None
    high = Amount(point.high, unit) if point.HasField("high") else None
    printed = numbers.get(point.evidence_id, "")
    drawn = [None if end is None else Amount(end, unit) for end in (row.start, row.length)]
    return [*said, point.evidence_id, *axes, printed, low, high, *drawn]


def horizontal(chart: ipb.Chart, point: ipb.Point) -> Cell:
    """The x of a point: a number where the axis is one and the text reads as one, else the text."""
    if chart.x.kind != ipb.AXIS_KIND_NUMBER:
        found = moment(point.x) if chart.x.kind == ipb.AXIS_KIND_TIME else None
        return time_label(found, chart.x.grain) if found else point.x
    try:
        return float(point.x)
    except ValueError:
        return point.x


QUALITY_COLUMNS = (
    Column("Severity", 12, "plain"),
    Column("Kind", 24, "plain"),
    Column("Table", 20, "plain"),
    Column("Columns", 28),
    Column("Rows affected", 14, "count"),
    Column("What to know", 90),
    Column("Evidence", 16, "plain"),
)


def _quality(finding: ipb.QualityFinding) -> list[Cell]:
    return [
        words.severity(finding.severity),
        words.quality_code(finding.code),
        finding.table,
        ", ".join(finding.columns),
        finding.rows_affected,
        finding.description,
        ", ".join(finding.evidence_ids),
    ]


EVIDENCE_COLUMNS = (
    Column("No.", 8, "plain"),
    Column("What it is", 46),
    Column("Value", 20, "number"),
    Column("Unit", 12, "plain"),
    Column("Printed as", 18, "printed"),
    Column("Source", 26, "plain"),
    Column("Table", 18, "plain"),
    Column("Rows of table", 14, "count"),
    Column("Query", 80, "code"),
    Column("Parameters", 36, "code"),
    Column("Snapshot", 24, "plain"),
    Column("Computed", 17, "date"),
)


def _evidence_rows(report: pb.Report) -> list[list[Cell]]:
    names = {source.id: source.name for source in report.data_sources}
    return [_evidence(entry, names.get(entry.source.data_source_id, "")) for entry in report.evidence]


def _evidence(entry: ipb.Evidence, source: str) -> list[Cell]:
    return [
        entry.id,
        entry.label,
        Amount(entry.value, entry.unit) if entry.HasField("value") else None,
        entry.unit,
        printed_as(entry),
        source,
        entry.source.table,
        entry.source.rows,
        entry.query,
        parameters(entry.parameters),
        entry.source.snapshot_hash,
        entry.computed_at.ToDatetime(tzinfo=UTC) if entry.HasField("computed_at") else None,
    ]
