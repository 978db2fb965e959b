"""The charts of the sample report, and the figures they share with its evidence."""

from __future__ import annotations

import math

from claribi.v1 import insights_pb2 as ipb
from claribi.v1 import reports_pb2 as pb

REGIONS = (
    (
        "Greater London and the South East of England, including the Channel Islands",
        1_284_300.0,
        "$1.28 million",
    ),
    ("Bayern", 942_110.0, "$942,110"),
    ("東京都・神奈川県", 801_455.5, "$801,456"),
    ("القاهرة الكبرى", 655_020.0, "$655,020"),
    ("São Paulo", 402_900.0, "$402,900"),
    ("Other regions", 211_700.0, "$211,700"),
)
DRIVERS = (
    ("Refurbished laptops", 182_400.0, "+$182,400"),
    ("Accessories", 61_250.0, "+$61,250"),
    ("Printers", -12_800.0, "−$12,800"),
    ("Desktop monitors", -95_300.0, "−$95,300"),
)


def _chart(report: pb.Report, kind: ipb.ChartType, title: str, *, x: ipb.Axis, y: ipb.Axis) -> ipb.Chart:
    return report.charts.add(
        id=f"c{len(report.charts) + 1}", type=kind, title=title, alt=f"{title} In words.", x=x, y=y
    )


def _quarters(count: int) -> list[str]:
    return [f"{1998 + index // 4}-{index % 4 * 3 + 1:02}-01" for index in range(count)]


def add_charts(report: pb.Report) -> None:
    """Five charts: two lines over time, two of bars, a scatter."""
    _growth_chart(report)
    _region_chart(report)
    _driver_chart(report)
    _rates_chart(report)
    _scatter_chart(report)


def _growth_chart(report: pb.Report) -> None:
    time = ipb.Axis(label="Quarter", kind=ipb.AXIS_KIND_TIME, grain=ipb.GRAIN_QUARTER)
    chart = _chart(
        report,
        ipb.CHART_TYPE_LINE,
        "Real GDP fell in 2008 and took three years to return to its old path.",
        x=time,
        y=ipb.Axis(label="Real GDP", kind=ipb.AXIS_KIND_NUMBER, unit="bn USD"),
    )
    series = chart.series.add(name="Real GDP", emphasis=True)
    for index, quarter in enumerate(_quarters(47)):
        point = series.points.add(x=quarter)
        if index != 20:
            point.y = 9000 + 92 * index - (900 if index > 42 else 0) + 60 * math.sin(index / 2)
    series.points[-1].evidence_id = "e7"
    chart.annotations.add(x="2008-10-01", text="Level broke")
    chart.annotations.add(x="2001-04-01", text="Dot-com downturn")


def _region_chart(report: pb.Report) -> None:
    chart = _chart(
        report,
        ipb.CHART_TYPE_BAR,
        "Half of revenue comes from two regions.",
        x=ipb.Axis(label="Region", kind=ipb.AXIS_KIND_CATEGORY),
        y=ipb.Axis(label="Revenue", kind=ipb.AXIS_KIND_NUMBER, unit="USD"),
    )
    series = chart.series.add(name="Revenue")
    for index, (region, value, _) in enumerate(REGIONS):
        series.points.add(x=region, y=value, evidence_id=f"e{8 + index}")


def _driver_chart(report: pb.Report) -> None:
    chart = _chart(
        report,
        ipb.CHART_TYPE_BAR,
        "Refurbished laptops brought the growth, monitors took a part of it.",
        x=ipb.Axis(label="Product group", kind=ipb.AXIS_KIND_CATEGORY),
        y=ipb.Axis(label="Change of revenue on Q1 2026", kind=ipb.AXIS_KIND_NUMBER, unit="USD"),
    )
    series = chart.series.add(name="Change")
    for index, (product, value, _) in enumerate(DRIVERS):
        series.points.add(x=product, y=value, evidence_id=f"e{14 + index}")


def _rates_chart(report: pb.Report) -> None:
    time = ipb.Axis(label="Quarter", kind=ipb.AXIS_KIND_TIME, grain=ipb.GRAIN_QUARTER)
    chart = _chart(
        report,
        ipb.CHART_TYPE_LINE,
        "Unemployment rises while inflation stays.",
        x=time,
        y=ipb.Axis(label="Rate", kind=ipb.AXIS_KIND_NUMBER, unit="%"),
    )
    for name, emphasis, last in (
        ("Unemployment", True, "e18"),
        ("Inflation", False, "e19"),
        ("Interest", False, ""),
    ):
        series = chart.series.add(name=name, emphasis=emphasis)
        for index, quarter in enumerate(_quarters(40)):
            level = {"Unemployment": 5.0 + index * 0.115, "Inflation": 3.1, "Interest": 2.9 - index * 0.01}[
                name
            ]
            series.points.add(x=quarter, y=level + 0.5 * math.sin(index))
        series.points[-1].evidence_id = last


def _scatter_chart(report: pb.Report) -> None:
    chart = _chart(
        report,
        ipb.CHART_TYPE_SCATTER,
        "Larger baskets come with later deliveries.",
        x=ipb.Axis(label="Items in the basket", kind=ipb.AXIS_KIND_NUMBER),
        y=ipb.Axis(label="Days to delivery", kind=ipb.AXIS_KIND_NUMBER, unit="days"),
    )
    series = chart.series.add(name="Orders")
    for index in range(120):
        items = 1 + index % 24
        series.points.add(x=str(items), y=2 + items * 0.18 + (index * 37 % 11) / 5)
