"""Native charts of the workbook, read from its parts: each bar stands over its own category."""

from __future__ import annotations

import io
import re
import zipfile

from claribi.v1 import insights_pb2 as ipb
from claribi.v1.reports_pb2 import Report

from server.exports import render


def _bars() -> Report:
    chart = ipb.Chart(
        id="c1",
        type=ipb.CHART_TYPE_BAR,
        title="Furniture stands out",
        series=[
            ipb.Series(name="Furniture", emphasis=True, points=[ipb.Point(x="Furniture", y=3.0)]),
            ipb.Series(
                name="Others", points=[ipb.Point(x="Lighting", y=2.0), ipb.Point(x="Textiles", y=1.0)]
            ),
        ],
    )
    return Report(name="Bars", charts=[chart])


def _chart_xml(report: Report) -> str:
    with zipfile.ZipFile(io.BytesIO(render(report, "xlsx"))) as book:
        return book.read("xl/charts/chart1.xml").decode()


def test_bars_that_only_differ_in_colour_are_one_series_over_all_categories() -> None:
    xml = _chart_xml(_bars())
    assert xml.count("<c:ser>") == 1
    (categories,) = re.findall(r"<c:cat>.*?<c:f>(.*?)</c:f>", xml)
    assert categories.endswith("$C$2:$C$4")
    assert xml.count("<c:dPt>") == 3


def test_no_axis_of_bars_is_reversed() -> None:
    xml = _chart_xml(_bars())
    assert '<c:barDir val="col"/>' in xml
    assert "maxMin" not in xml


def test_a_summary_row_has_room_for_its_text() -> None:
    report = Report(name="Long", summary="word " * 100)
    with zipfile.ZipFile(io.BytesIO(render(report, "xlsx"))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    heights = [float(height) for height in re.findall(r'<row [^>]* ht="([0-9.]+)"', sheet)]
    assert max(heights) > 60
