"""A rich report made by hand: quarterly macro data and shop orders, in several scripts and sizes of number."""

from __future__ import annotations

from datetime import UTC, datetime

from claribi.v1 import insights_pb2 as ipb
from claribi.v1 import reports_pb2 as pb

from tests.unit.exports.sample_charts import DRIVERS, REGIONS, add_charts
from tests.unit.exports.sample_kinds import add_kinds

COMPLETED = datetime(2026, 7, 14, 9, 30, 12, tzinfo=UTC)
MACRO, ORDERS = "0198c6a2-1111-7000-8000-000000000001", "0198c6a2-2222-7000-8000-000000000002"
HASHES = {MACRO: "9f2c41d07be8" + "a" * 52, ORDERS: "11d4e6ab90c3" + "b" * 52}


def sample() -> pb.Report:
    """The whole report, completed; a new message on each call."""
    report = _frame()
    _evidence(report)
    add_charts(report)
    _insights(report)
    add_kinds(
        report, lambda label, display, value, unit: evidence(report, label, display, value=value, unit=unit)
    )
    _quality(report)
    _sections(report)
    return report


def _frame() -> pb.Report:
    report = pb.Report(
        id="0198c6a2-9999-7000-8000-00000000000f",
        name="Quarterly review: economy and shop orders",
        status=pb.REPORT_STATUS_COMPLETED,
        report_type=pb.REPORT_TYPE_COMPREHENSIVE,
        output_format=pb.OUTPUT_FORMAT_PDF,
        question="How did revenue develop, what moved it, and what does the economy say about the next quarter?",
        summary="Order revenue grew by 12.4 % to $4.3 million. Refurbished laptops brought most of the growth; "
        "returns of desktop monitors took a third of it away.",
        credits_used=5,
        engine="statistics 1.0",
        seed=7,
        content_hash="c0ffee" + "4" * 58,
        period=pb.Period(**{"from": "2024-07-01", "to": "2026-06-30"}),
        statistics=pb.ReportStatistics(hypotheses_tested=412, discoveries=31, false_discovery_rate=0.05),
        created_by=pb.UserReference(id="u1", email="someone@example.com"),
        download_url="https://bi.example.com/api/v1/reports/x/download/",
    )
    report.data_sources.add(id=MACRO, name="US macro, quarterly", snapshot_hash=HASHES[MACRO])
    report.data_sources.add(id=ORDERS, name="Shop orders (PostgreSQL)", snapshot_hash=HASHES[ORDERS])
    report.public_link.token = "secret-token"
    report.public_link.url = "https://bi.example.com/public/report/secret-token/"
    report.created_at.FromDatetime(COMPLETED)
    report.started_at.FromDatetime(COMPLETED)
    report.completed_at.FromDatetime(COMPLETED)
    return report


def evidence(
    report: pb.Report,
    label: str,
    display: str,
    *,
    value: float | None = None,
    unit: str = "",
    source: str = ORDERS,
) -> str:
    """Adds a piece of evidence and returns its id."""
    number = len(report.evidence) + 1
    entry = report.evidence.add(id=f"e{number}", label=label, unit=unit, display=display)
    if value is not None:
        entry.value = value
    table = "orders" if source == ORDERS else "macro"
    entry.query = f'SELECT sum("revenue") FROM "{table}" WHERE "region" = ? AND "ordered_at" >= ?'
    entry.parameters.add(string_value=label)
    entry.parameters.add(string_value="2026-04-01T00:00:00")
    entry.source.data_source_id = source
    entry.source.snapshot_hash = HASHES[source]
    entry.source.table = table
    entry.source.rows = 48_210 if source == ORDERS else 203
    entry.computed_at.FromDatetime(COMPLETED)
    return entry.id


def _evidence(report: pb.Report) -> None:
    evidence(report, "Revenue, Q2 2026", "$4.3 million", value=4_297_485.5, unit="USD")
    evidence(report, "Change of revenue on Q1 2026", "+12.4 %", value=12.4, unit="%")
    evidence(report, "Orders, Q2 2026", "18,204", value=18_204, unit="rows")
    evidence(report, "Share of orders returned", "4.1 %", value=4.1, unit="%")
    evidence(report, "Smallest unit cost", "1×10⁻⁹", value=1e-9, unit="USD")
    evidence(report, "Nominal output, all years", "1 trillion", value=1e12, unit="USD", source=MACRO)
    evidence(report, "Real GDP, latest quarter", "12,991", value=12_990.9, unit="bn USD", source=MACRO)
    for region, value, display in REGIONS:
        evidence(report, f"Revenue of {region}", display, value=value, unit="USD")
    for product, value, display in DRIVERS:
        evidence(report, f"Change of revenue from {product}", display, value=value, unit="USD")
    evidence(report, "Unemployment rate, latest quarter", "9.6 %", value=9.6, unit="%", source=MACRO)
    evidence(report, "Inflation, latest quarter", "3.6 %", value=3.56, unit="%", source=MACRO)
    evidence(report, "Orders without a region", "41", value=41, unit="rows")
    evidence(report, "Orders", "48,210", value=48_210, unit="rows")
    while len(report.evidence) < 40:
        month = len(report.evidence) - 20
        evidence(
            report, f"Revenue, month {month} of the period", f"${170 + month},{month:03}", value=170e3 + month
        )


FINDINGS = (
    (
        ipb.INSIGHT_TYPE_CHANGE,
        "Order revenue grew by 12.4 % to $4.3 million",
        None,
        0.0004,
        "Revenue of all orders was $4.3 million in Q2 2026, 12.4 % more than in Q1 2026. The quarter before had one "
        "working day less, which explains a small part of it.",
        ("The last week of June is not complete.",),
    ),
    (
        ipb.INSIGHT_TYPE_DRIVER,
        "Refurbished laptops brought $182,400 of the growth",
        "c3",
        0.003,
        "Refurbished laptops added +$182,400 and accessories +$61,250; desktop monitors took −$95,300 away.",
        (),
    ),
    (
        ipb.INSIGHT_TYPE_CONCENTRATION,
        "Half of revenue comes from two regions",
        "c2",
        None,
        "Greater London and the South East of England brought $1.28 million and Bayern $942,110; "
        "東京都・神奈川県 follows with $801,456 and القاهرة الكبرى with $655,020.",
        ("Orders without a region are left out.",),
    ),
    (
        ipb.INSIGHT_TYPE_CHANGE_POINT,
        "Real GDP broke its path in Q4 2008",
        "c1",
        0.00001,
        "The level of real GDP fell in Q4 2008 and stands at 12,991 in the latest quarter.",
        (),
    ),
    (
        ipb.INSIGHT_TYPE_TREND,
        "Unemployment keeps rising, to 9.6 %",
        "c4",
        0.02,
        "The rate rose in most quarters and reached 9.6 %, while inflation was 3.6 %.",
        ("Neighbouring quarters depend on each other; the test allows for it.", "Revisions are common."),
    ),
    (
        ipb.INSIGHT_TYPE_CORRELATION,
        "Larger baskets are delivered later",
        "c5",
        0.08,
        "Days to delivery rise with the number of items in the basket.",
        ("That they move together is not a cause.",),
    ),
)


def _insights(report: pb.Report) -> None:
    for rank, (kind, title, chart, q_value, narrative, caveats) in enumerate(FINDINGS, start=1):
        insight = report.insights.add(
            id=f"i{rank}", type=kind, title=title, narrative=narrative, rank=rank, score=1 - rank / 10
        )
        insight.caveats.extend(caveats)
        insight.evidence_ids.extend(["e1", "e2"])
        insight.subject.measure.label = "revenue"
        insight.subject.measure.unit = "USD"
        insight.subject.measure.expression = "sum(revenue)"
        insight.magnitude.value, insight.magnitude.unit = 12.4, "%"
        if chart:
            insight.chart_id = chart
            next(c for c in report.charts if c.id == chart).insight_id = insight.id
        if q_value is not None:
            insight.statistics.test = "permutation test"
            insight.statistics.p_value = q_value / 3
            insight.statistics.q_value = q_value
            insight.statistics.n = 48_210
            insight.statistics.effect.name, insight.statistics.effect.value = "hedges_g", 0.41
            interval = insight.statistics.interval
            interval.low, interval.high, interval.level = 8.1, 16.9, 0.95


def _quality(report: pb.Report) -> None:
    for code, severity, columns, rows, text in (
        (
            ipb.QUALITY_CODE_UNIT_JUMP,
            ipb.SEVERITY_CRITICAL,
            ["unit_cost"],
            310,
            "Values of March are a thousand times those before; they look like cents. Divide them, or leave them out.",
        ),
        (ipb.QUALITY_CODE_NULLS, ipb.SEVERITY_WARNING, ["region"], 41, "41 of 48,210 orders have no region."),
        (ipb.QUALITY_CODE_PARTIAL_PERIOD, ipb.SEVERITY_INFO, ["ordered_at"], 0, "The last week is not over."),
    ):
        report.data_quality.add(
            code=code,
            severity=severity,
            table="orders",
            columns=columns,
            rows_affected=rows,
            description=text,
            evidence_ids=["e20", "e21"],
        )


def _sections(report: pb.Report) -> None:
    report.sections.add(
        kind=pb.SECTION_KIND_EXECUTIVE_SUMMARY,
        title="Executive summary",
        paragraphs=[report.summary],
        bullets=[
            "Order revenue grew by 12.4 % to $4.3 million.",
            "Refurbished laptops brought +$182,400 of it; desktop monitors took −$95,300 away.",
            "Unemployment keeps rising and reached 9.6 %; plan the next quarter with care.",
        ],
    )
    _metrics(report)
    report.sections.add(
        kind=pb.SECTION_KIND_FINDINGS,
        title="Findings",
        insight_ids=[insight.id for insight in report.insights],
        paragraphs=["The findings that passed the tests, the most important first."],
    )
    report.sections.add(
        kind=pb.SECTION_KIND_CHARTS, title="Charts", chart_ids=[chart.id for chart in report.charts]
    )
    report.sections.add(
        kind=pb.SECTION_KIND_RECOMMENDATIONS,
        title="Recommendations",
        bullets=[
            "Look at why desktop monitors come back.",
            "Complete the missing regions before the next report.",
        ],
    )
    method = report.sections.add(
        kind=pb.SECTION_KIND_METHODOLOGY,
        title="Methodology",
        paragraphs=[
            "Each finding was tested against chance, and the tests were corrected together, so that at most one in "
            "twenty of the findings is expected to be false. Nothing was searched for twice.",
            "All numbers come from queries on fixed snapshots of the data; the appendix lists each of them.",
        ],
    )
    method.table.columns.extend(["Source", "Table", "Rows"])
    for cells in (["Shop orders", "orders", "48,210"], ["US macro", "macro", "203"]):
        method.table.rows.add(cells=cells)
    report.sections.add(
        kind=pb.SECTION_KIND_DATA_QUALITY, title="Data quality", paragraphs=["Three things to know."]
    )
    report.sections.add(kind=pb.SECTION_KIND_APPENDIX, title="Appendix: evidence")


def _metrics(report: pb.Report) -> None:
    metrics = report.sections.add(kind=pb.SECTION_KIND_KEY_METRICS, title="Key metrics")
    for label, ref, change, direction in (
        ("Revenue", 0, "+12.4 % vs Q1 2026", ipb.DIRECTION_INCREASE),
        ("Orders", 2, "−3.0 % vs Q1 2026", ipb.DIRECTION_DECREASE),
        ("Orders returned", 3, "", ipb.DIRECTION_FLAT),
        ("Nominal output, all years", 5, "", ipb.DIRECTION_NONE),
    ):
        entry = report.evidence[ref]
        metric = metrics.metrics.add(
            label=label,
            value=entry.value,
            unit=entry.unit,
            display=entry.display,
            direction=direction,
            evidence_ids=[entry.id],
        )
        if change:
            metric.change_display = change
            metric.year_display = "+3.1 % vs Q2 2025"


def empty() -> pb.Report:
    """A report in which nothing passed the tests."""
    report = pb.Report(
        id="r",
        name="Nothing to see",
        status=pb.REPORT_STATUS_COMPLETED,
        summary="Nothing in these data stands out from chance.",
    )
    report.completed_at.FromDatetime(COMPLETED)
    report.statistics.hypotheses_tested = 64
    report.sections.add(
        kind=pb.SECTION_KIND_EXECUTIVE_SUMMARY, title="Executive summary", paragraphs=[report.summary]
    )
    report.sections.add(
        kind=pb.SECTION_KIND_FINDINGS, title="Findings", paragraphs=["No finding passed the tests."]
    )
    report.sections.add(kind=pb.SECTION_KIND_APPENDIX, title="Appendix: evidence")
    return report


def failed() -> pb.Report:
    """A report that could not be made."""
    report = pb.Report(name="Broken", status=pb.REPORT_STATUS_FAILED)
    report.error.code = "data_source_unavailable"
    report.error.message = "The source did not answer."
    return report


def large(findings: int = 30) -> pb.Report:
    """A report of many findings with long names."""
    report = sample()
    report.name = "A very long name for a report that somebody typed without stopping " * 3
    source = list(report.insights)
    for number in range(len(source) + 1, findings + 1):
        insight = report.insights.add()
        insight.CopyFrom(source[number % len(source)])
        insight.id, insight.rank = f"i{number}", number
        insight.title = f"{insight.title}, and a title that goes on for longer than anyone would like it to"
        report.sections[2].insight_ids.append(insight.id)
    return report


def with_text(text: str) -> pb.Report:
    """A shorter report with `text` in every place a person or the data can write."""
    report = sample()
    del report.charts[2:]
    del report.evidence[8:]
    report.name = report.question = report.summary = text
    report.data_sources[0].name = text
    for section in report.sections:
        section.title = text
        section.paragraphs.append(text)
        section.bullets.append(text)
        for metric in section.metrics:
            metric.label = metric.change_display = text
    method = report.sections[5]
    method.table.columns[0] = method.table.rows[0].cells[0] = text
    for insight in report.insights:
        insight.title = insight.narrative = text
        insight.caveats.append(text)
    for entry in report.evidence:
        entry.label = entry.unit = entry.query = text
        entry.source.table = text
        entry.parameters[0].string_value = text
    for chart in report.charts:
        chart.title = chart.alt = chart.y.label = chart.y.unit = text
        chart.series[0].name = text
        if chart.x.kind == ipb.AXIS_KIND_CATEGORY:
            chart.series[0].points[0].x = text
        if chart.annotations:
            chart.annotations[0].text = text
    for finding in report.data_quality:
        finding.table = finding.columns[0] = finding.description = text
    return report


def with_text_in_charts(text: str) -> pb.Report:
    """A short report with `text` where people and data can write: charts of bars, points, lines and steps."""
    report = sample()
    report.name = report.question = report.summary = report.insights[0].title = text
    del report.evidence[10:]
    del report.insights[1:]
    native = [chart for chart in report.charts if chart.id in ("c2", "c5", "c6", "c8")]
    del report.charts[:]
    report.charts.extend(native)
    for chart in report.charts:
        chart.title = chart.alt = chart.x.label = chart.y.label = chart.y.unit = text
        for series in chart.series:
            series.name = text
        if chart.x.kind == ipb.AXIS_KIND_CATEGORY:
            chart.series[0].points[0].x = text
        for mark in chart.annotations:
            mark.text = text
    for entry in report.evidence:
        entry.label = entry.display = entry.query = text
    return report
