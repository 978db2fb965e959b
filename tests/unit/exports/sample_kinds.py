"""Insights of the types that need charts of their own, with those charts: one of each."""

from __future__ import annotations

import math
from collections.abc import Callable

from claribi.v1 import insights_pb2 as ipb
from claribi.v1 import reports_pb2 as pb

Prove = Callable[[str, str, float, str], str]
MONTHS = [f"{2023 + index // 12}-{index % 12 + 1:02}-01" for index in range(48)]
MEASURED = 36


def add_kinds(report: pb.Report, prove: Prove) -> None:
    """Adds the insights and charts; `prove` adds a piece of evidence (label, display, value, unit) and gives its id."""
    for kind, title, narrative, draw in KINDS:
        chart = report.charts.add(id=f"c{len(report.charts) + 1}", title=title, alt=f"{title}. In words.")
        draw(chart, prove)
        rank = len(report.insights) + 1
        insight = report.insights.add(
            id=f"i{rank}", type=kind, title=title, narrative=narrative, rank=rank, score=0.3
        )
        insight.chart_id, chart.insight_id = chart.id, insight.id
        insight.evidence_ids.extend(
            point.evidence_id for series in chart.series for point in series.points if point.evidence_id
        )
        insight.statistics.test, insight.statistics.q_value, insight.statistics.n = "F test", 0.002, 36


def _axes(chart: ipb.Chart, x: tuple[str, ipb.AxisKind], y: tuple[str, str]) -> None:
    chart.x.label, chart.x.kind = x
    chart.y.label, chart.y.unit = y
    chart.y.kind = ipb.AXIS_KIND_NUMBER
    if chart.x.kind == ipb.AXIS_KIND_TIME:
        chart.x.grain = ipb.GRAIN_MONTH


def _monthly(chart: ipb.Chart, values: Callable[[int], float]) -> None:
    chart.type = ipb.CHART_TYPE_LINE
    _axes(chart, ("Month", ipb.AXIS_KIND_TIME), ("Subscription revenue", "USD"))
    series = chart.series.add(name="Subscription revenue", emphasis=True)
    for index in range(MEASURED):
        series.points.add(x=MONTHS[index], y=values(index) + 6e4 * math.sin(index * 1.7))


def draw_level(chart: ipb.Chart, prove: Prove) -> None:
    _monthly(chart, lambda index: 1.21e6 + (0.27e6 if index >= 20 else 0))
    for name, first, last, value, display in (
        ("Level before", 0, 19, 1.21e6, "$1.21 million"),
        ("Level after", 20, MEASURED - 1, 1.48e6, "$1.48 million"),
    ):
        level = chart.series.add(name=name, role=ipb.SERIES_ROLE_FITTED)
        level.points.add(x=MONTHS[first], y=value)
        level.points.add(x=MONTHS[last], y=value, evidence_id=prove(name, display, value, "USD"))
    chart.annotations.add(x=MONTHS[20], text="New price list")


def draw_hours(chart: ipb.Chart, prove: Prove) -> None:
    chart.type = ipb.CHART_TYPE_BAR
    _axes(chart, ("Hour", ipb.AXIS_KIND_CATEGORY), ("Tickets an hour", ""))
    busiest, others = chart.series.add(name="Busiest", emphasis=True), chart.series.add(name="Others")
    for hour in range(24):
        high = hour in (9, 10)
        points = (busiest if high else others).points
        points.add(x=f"{hour:02}", y=100 + 60 * math.sin(hour / 4) + 120 * high)


def draw_drivers(chart: ipb.Chart, prove: Prove) -> None:
    chart.type = ipb.CHART_TYPE_WATERFALL
    _axes(chart, ("Product group", ipb.AXIS_KIND_CATEGORY), ("Revenue", "USD"))
    series = chart.series.add(name="Revenue")
    for name, value, display, total in (
        ("Q1 2026", 4_100_000, "$4.10 million", True),
        ("Refurbished laptops", 182_400, "+$182,400", False),
        (
            "Spare parts and accessories of all makers, including cables and adapters",
            61_250,
            "+$61,250",
            False,
        ),
        ("Desktop monitors", -95_300, "−$95,300", False),
        ("All others", 111_650, "+$111,650", False),
        ("Q2 2026", 4_360_000, "$4.36 million", True),
    ):
        point = series.points.add(x=name, y=value, evidence_id=prove(name, display, value, "USD"))
        if total:
            point.total = True


def draw_mix(chart: ipb.Chart, prove: Prove) -> None:
    chart.type = ipb.CHART_TYPE_LINE
    _axes(chart, ("Period", ipb.AXIS_KIND_CATEGORY), ("Conversion rate", "%"))
    for name, before, after in (("Desktop", 41, 43), ("Mobile", 52, 54), ("All visits", 48, 45.5)):
        series = chart.series.add(name=name, emphasis=name == "All visits")
        for period, value in (("Q1 2026", before), ("Q2 2026", after)):
            proven = prove(f"Conversion of {name}, {period}", f"{value:g} %", value, "%")
            series.points.add(x=period, y=value, evidence_id=proven)


def draw_pairs(chart: ipb.Chart, prove: Prove) -> None:
    chart.type = ipb.CHART_TYPE_SCATTER
    _axes(chart, ("Time to first answer", ipb.AXIS_KIND_NUMBER), ("Satisfaction", ""))
    chart.x.unit = "minutes"
    series = chart.series.add(name="Tickets")
    for index in range(150):
        minutes = 5 + index % 75
        series.points.add(x=str(minutes), y=9 - minutes * 0.06 + (index * 37 % 11) / 6)
    fitted = chart.series.add(name="Fitted line", role=ipb.SERIES_ROLE_FITTED)
    for minutes in (5, 79):
        fitted.points.add(x=str(minutes), y=9.8 - minutes * 0.06)


def draw_even(chart: ipb.Chart, prove: Prove) -> None:
    chart.type = ipb.CHART_TYPE_BAR
    _axes(chart, ("Region", ipb.AXIS_KIND_CATEGORY), ("Average time to close", "days"))
    series = chart.series.add(name="Average time to close")
    for name, value in (("North", 3.2), ("South", 3.3), ("East", 3.1), ("West", 3.2)):
        proven = prove(f"Average time to close, {name}", f"{value} days", value, "days")
        series.points.add(x=name, y=value, low=value - 0.2, high=value + 0.2, evidence_id=proven)


def draw_forecast(chart: ipb.Chart, prove: Prove) -> None:
    _monthly(chart, lambda index: 1e6 + 15e3 * index)
    last = chart.series[0].points[-1]
    ahead = chart.series.add(name="Forecast", role=ipb.SERIES_ROLE_FORECAST)
    ahead.points.add(x=last.x, y=last.y)
    for step in range(1, 7):
        value, half = 1e6 + 15e3 * (MEASURED - 1 + step), 8e4 * math.sqrt(step)
        ahead.points.add(x=MONTHS[MEASURED - 1 + step], y=value, low=value - half, high=value + half)
    ahead.points[-1].evidence_id = prove("Revenue expected in June 2026", "$1.62 million", 1.615e6, "USD")


def draw_outlier(chart: ipb.Chart, prove: Prove) -> None:
    _monthly(chart, lambda index: 1.2e6 + (0.5e6 if index == 27 else 0))
    others = chart.series.add(name="Median of the other regions")
    for index in range(MEASURED):
        others.points.add(x=MONTHS[index], y=1.1e6 + 2e4 * math.cos(index))
    chart.annotations.add(x=MONTHS[27], text="Far above the other regions")


KINDS = (
    (
        ipb.INSIGHT_TYPE_CHANGE_POINT,
        "Subscription revenue moved to a higher level in September 2024",
        "It averaged $1.21 million a month before and $1.48 million since.",
        draw_level,
    ),
    (
        ipb.INSIGHT_TYPE_SEASONALITY,
        "Most tickets come in between nine and eleven",
        "The same two hours lead on every weekday.",
        draw_hours,
    ),
    (
        ipb.INSIGHT_TYPE_DRIVER,
        "Laptops and accessories outweighed the fall of monitors",
        "Refurbished laptops added $182,400; desktop monitors took $95,300 away.",
        draw_drivers,
    ),
    (
        ipb.INSIGHT_TYPE_MIX_SHIFT,
        "Conversion fell overall although both devices improved",
        "More visits came from desktops, which convert less: the mix moved, not the parts.",
        draw_mix,
    ),
    (
        ipb.INSIGHT_TYPE_CORRELATION,
        "Customers who wait longer are less satisfied",
        "Satisfaction falls as the first answer takes longer.",
        draw_pairs,
    ),
    (
        ipb.INSIGHT_TYPE_EVENNESS,
        "No region closes tickets faster than another",
        "All four regions need about the same time; a difference of half a day could not have hidden here.",
        draw_even,
    ),
    (
        ipb.INSIGHT_TYPE_FORECAST,
        "Subscription revenue is heading for $1.62 million in June 2026",
        "The forecast beat the same month of the year before in each of its rehearsals.",
        draw_forecast,
    ),
    (
        ipb.INSIGHT_TYPE_OUTLIER,
        "One month stands far above what its region and the others lead to expect",
        "April 2025 is alone; the months beside it are as usual.",
        draw_outlier,
    ),
)
