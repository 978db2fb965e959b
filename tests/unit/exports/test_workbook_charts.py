"""Native charts of the workbook, read from its parts: each bar stands over its own category."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import openpyxl
import pytest
from claribi.v1 import insights_pb2 as ipb
from claribi.v1.reports_pb2 import Report

from server.exports import render
from server.exports.xlsx import number_code
from tests.unit.exports.sample_report import sample


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


def _book(report: Report) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(render(report, "xlsx")))


def _charts_of(book: openpyxl.Workbook) -> list[Any]:
    return book["Charts"]._charts


def _values(book: openpyxl.Workbook, reference: str) -> list[Any]:
    first, last = (int(text) for text in re.findall(r"\$(\d+)", reference))
    column = re.findall(r"\$([A-Z]+)", reference)[0]
    return [book["Charts data"][f"{column}{row}"].value for row in range(first, last + 1)]


def test_lines_of_different_lengths_are_drawn_over_the_same_places() -> None:
    report = sample()
    book = _book(report)
    at = next(
        i
        for i, chart in enumerate(report.charts)
        if any(s.role for s in chart.series if s.name == "Forecast")
    )
    measured, ahead, low, high = _charts_of(book)[at].series
    months = _values(book, measured.cat.strRef.f)
    assert months == _values(book, ahead.cat.strRef.f)
    assert len(months) == 42
    values = _values(book, ahead.val.numRef.f)
    assert values[:35] == [None] * 35
    assert all(value is not None for value in values[35:])
    assert _values(book, low.val.numRef.f)[36] < values[36] < _values(book, high.val.numRef.f)[36]


def test_the_steps_of_a_waterfall_stand_on_invisible_feet_and_carry_their_printed_numbers() -> None:
    report = sample()
    book = _book(report)
    at = next(i for i, chart in enumerate(report.charts) if chart.type == ipb.CHART_TYPE_WATERFALL)
    drawn = _charts_of(book)[at]
    feet, steps = drawn.series
    assert _values(book, feet.val.numRef.f)[:2] == [0, 4_100_000]
    assert _values(book, steps.val.numRef.f) == [4_100_000, 182_400, 61_250, 95_300, 111_650, 4_360_000]
    assert drawn.y_axis.scaling.min == 3_900_000
    with zipfile.ZipFile(io.BytesIO(render(report, "xlsx"))) as parts:
        xml = parts.read(f"xl/charts/chart{at + 1}.xml").decode()
    labels = re.findall(r"<c:tx><c:strRef><c:f>'Charts data'!(\$I\$\d+)</c:f>", xml)
    assert [book["Charts data"][label.replace("$", "")].value for label in labels][:2] == [
        "$4.10 million",
        "+$182,400",
    ]


def test_bars_begin_at_zero_whatever_the_program_thinks() -> None:
    report = sample()
    at = next(i for i, chart in enumerate(report.charts) if chart.y.label == "Average time to close")
    assert _charts_of(_book(report))[at].y_axis.scaling.min == 0


def test_emphasised_hours_stand_in_their_place_among_the_others() -> None:
    report = sample()
    book = _book(report)
    at = next(i for i, chart in enumerate(report.charts) if chart.x.label == "Hour")
    (series,) = _charts_of(book)[at].series
    assert _values(book, (series.cat.strRef or series.cat.numRef).f) == [f"{hour:02}" for hour in range(24)]


@pytest.mark.parametrize(
    ("value", "unit", "code"),
    [
        (18_204, "rows", "#,##0"),
        (4.1, "%", '#,##0.0"\u00a0%"'),
        (4_297_485.5, "USD", '"$"#,##0.00'),
        (12, "EUR", '"€"#,##0'),
        (3.2, "days", "#,##0.0"),
        (1e-9, "USD", '"$"0.00E+00'),
        (1e12, "USD", '"$"#,##0'),
        (1 / 3, "", "#,##0.0000"),
        (0.0, "", "#,##0"),
    ],
)
def test_a_number_is_shown_with_its_sign_and_the_decimals_it_has(value: float, unit: str, code: str) -> None:
    assert number_code(value, unit) == code
