"""Slides, opened again: one insight on each, charts people can edit, the queries in the notes."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import openpyxl
import pptx
import pytest
from claribi.v1 import insights_pb2 as ipb
from claribi.v1 import reports_pb2 as pb
from pptx.presentation import Presentation
from pptx.util import Pt

from server import exports
from server.exports.charts.ticks import number_axis
from server.exports.slides.deck import CUT, Box, Look, fitted, height, lines
from tests.unit.exports import sample_report

REPORT = sample_report.sample()
FILE = exports.render(REPORT, "pptx")


def opened(data: bytes = FILE) -> Presentation:
    return pptx.Presentation(io.BytesIO(data))


def titles(deck: Presentation) -> list[str]:
    return [slide.shapes.title.text_frame.text for slide in deck.slides]


def slide_of(title: str) -> Any:
    deck = opened()
    return deck.slides[titles(deck).index(title)]


def words(slide: Any) -> str:
    said = "\n".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)
    return said.replace("\u2060", "")  # between a sign and a currency


def chart_of(title: str) -> Any:
    return next(shape.chart for shape in slide_of(title).shapes if shape.has_chart)


def test_each_insight_has_one_slide_whose_title_is_the_insight() -> None:
    given = titles(opened())
    for insight in REPORT.insights:
        assert given.count(insight.title) == 1
    order = [given.index(insight.title) for insight in REPORT.insights]
    assert order == sorted(order)


def test_every_slide_has_a_title_and_stays_inside_its_page() -> None:
    deck = opened()
    assert all(title.strip() for title in titles(deck))
    for slide in deck.slides:
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.top >= 0
            assert shape.left + shape.width <= deck.slide_width + Pt(1)
            assert shape.top + shape.height <= deck.slide_height + Pt(1)


def test_the_first_slide_says_the_headline_and_the_three_things_that_matter() -> None:
    said = words(opened().slides[0])
    assert REPORT.name in said
    assert REPORT.question in said
    assert REPORT.insights[0].title in said
    for bullet in REPORT.sections[0].bullets:
        assert bullet in said


def test_an_insight_says_how_sure_it_is_and_what_to_keep_in_mind() -> None:
    said = words(slide_of("Order revenue grew by 12.4 % to $4.3 million"))
    assert "Very strong evidence" in said
    assert "The last week of June is not complete." in said
    assert "Evidence: e1, e2" in said


def test_the_notes_carry_the_evidence_with_its_queries() -> None:
    noted = slide_of(REPORT.insights[0].title).notes_slide.notes_text_frame.text
    entry = REPORT.evidence[0]
    assert f"{entry.id} {entry.label}: {entry.display}" in noted
    assert entry.query in noted
    assert '"2026-04-01T00:00:00"' in noted


def test_every_number_of_the_evidence_stands_on_a_slide() -> None:
    cells = [
        cell.text
        for slide in opened().slides
        for shape in slide.shapes
        if shape.has_table
        for row in shape.table.rows
        for cell in row.cells
    ]
    assert {entry.display for entry in REPORT.evidence} <= {cell.replace("\u2060", "") for cell in cells}


def test_charts_are_native_over_their_own_numbers() -> None:
    chart = chart_of("Half of revenue comes from two regions")
    values = list(chart.plots[0].series[0].values)
    assert sorted(values) == sorted(value for _, value, _ in sample_report.REGIONS)
    book = openpyxl.load_workbook(io.BytesIO(chart.part.chart_workbook.xlsx_part.blob))
    assert {row[1] for row in book.active.iter_rows(min_row=2, values_only=True)} == set(values)


def test_a_waterfall_is_native_and_its_parts_end_where_the_next_total_stands() -> None:
    chart = chart_of("Laptops and accessories outweighed the fall of monitors")
    series = {one.name: [value or 0.0 for value in one.values] for one in chart.plots[0].series}
    reached = [sum(pair) for pair in zip(series["Begins at"], series["Added"], strict=True)]
    assert series["Total"][0] == series["Total"][-1] + 182_400 + 61_250 - 95_300 + 111_650
    assert reached[1] == pytest.approx(series["Total"][0])


def test_a_break_shows_the_level_on_both_sides_and_what_happened() -> None:
    chart = chart_of("Subscription revenue moved to a higher level in September 2024")
    series = {one.name: one.values for one in chart.plots[0].series}
    assert series["Level before"][:20] == (1.21e6,) * 20
    assert set(series["Level before"][20:]) == {None}
    assert series["Level after"][20:] == (1.48e6,) * 16
    written = chart._chartSpace.xml
    assert "New price list" in written
    assert "Level after: $1.48 million" in written


def test_what_a_native_chart_cannot_show_is_a_picture_with_its_words() -> None:
    slide = slide_of("Subscription revenue is heading for $1.62 million in June 2026")
    picture = next(shape for shape in slide.shapes if shape.shape_type == 13)
    described = picture._element.nvPicPr.cNvPr.get("descr")
    assert described == "Subscription revenue is heading for $1.62 million in June 2026. In words."


def test_every_chart_is_said_in_words() -> None:
    for slide in opened().slides:
        for shape in slide.shapes:
            if shape.has_chart:
                assert shape._element.nvGraphicFramePr.cNvPr.get("descr", "").endswith("In words.")


@pytest.mark.parametrize(
    ("low", "high", "unit", "code"),
    [
        (0, 4_300_000, "USD", '"$"#,##0,,"M";"−""$"#,##0,,"M"'),
        (0, 9, "%", '#,##0"\u00a0%";"−"#,##0"\u00a0%"'),
        (0, 1, "", '#,##0.0;"−"#,##0.0'),
        (0, 20_000, "", '#,##0,"k";"−"#,##0,"k"'),
    ],
)
def test_an_axis_of_a_native_chart_is_written_as_in_the_other_documents(
    low: float, high: float, unit: str, code: str
) -> None:
    assert number_axis(low, high, unit=unit).look.code == code


def test_the_file_says_when_the_report_was_made_and_not_when_it_was_written() -> None:
    about = opened().core_properties
    assert about.title == REPORT.name
    assert about.author == "claribi"
    assert about.created == about.modified == REPORT.completed_at.ToDatetime()
    with zipfile.ZipFile(io.BytesIO(FILE)) as parts:
        assert {entry.date_time for entry in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert not [name for name in parts.namelist() if "thumbnail" in name or "printer" in name]


def test_a_text_is_set_smaller_before_it_is_cut_and_a_cut_is_marked() -> None:
    box = Box(0, 0, 200, 60)
    assert fitted(["Short"], box, Look((24, 12))) == (24, ["Short"])
    longer = "Some words that do not fit at the larger of the two sizes"
    assert fitted([longer], box, Look((24, 12))) == (12, [longer])
    size, kept = fitted([longer * 5], box, Look((24, 12)))
    assert size == 12
    assert kept[0].endswith(CUT)
    assert height(kept, box.width, size, 6) <= box.height


def test_a_word_longer_than_a_line_takes_the_lines_it_needs() -> None:
    assert lines("x" * 100, 60, 10) >= 9
    assert lines("東京都神奈川県大阪府京都府", 40, 10) >= 3
    assert lines("", 60, 10) == 1


@pytest.mark.parametrize("kind", [value for value in ipb.ChartType.values() if value])
@pytest.mark.parametrize("axis", [value for value in ipb.AxisKind.values() if value])
def test_any_chart_on_any_axis_is_a_slide(kind: ipb.ChartType, axis: ipb.AxisKind) -> None:
    report = pb.Report(name="Charts", status=pb.REPORT_STATUS_COMPLETED)
    for points in (
        [("2024-01-01", 1.0)],
        [("a", 0.0), ("", 0.0)],
        [("1", -1.0), ("x", -2.0), ("2", 1e300)],
        [("0001-01-01", 1e-9), ("9999-12-31", float("nan"))],
        [("2024-01-01", 1.0), ("2024-01-01", 2.0)],
    ):
        chart = report.charts.add(id=f"c{len(report.charts)}", type=kind, title="t", alt="a")
        chart.x.kind = axis
        chart.annotations.add(x="2", text="here")
        for name in ("one", "two"):
            series = chart.series.add(name=name)
            for x, y in points:
                series.points.add(x=x, y=y)
    assert len(opened(exports.render(report, "pptx")).slides) >= 5


def test_thirty_findings_with_long_names_are_thirty_slides() -> None:
    report = sample_report.large()
    deck = opened(exports.render(report, "pptx"))
    assert len(deck.slides) > 30
    assert sum(title.startswith(report.insights[20].title[:20]) for title in titles(deck)) >= 1


SHARED = [
    "axId", "scaling", "delete", "axPos", "majorGridlines", "minorGridlines", "title", "numFmt", "majorTickMark",
    "minorTickMark", "tickLblPos", "spPr", "txPr", "crossAx", "crosses", "crossesAt",
]  # fmt: skip
ORDER = {
    "catAx": [*SHARED, "auto", "lblAlgn", "lblOffset", "tickLblSkip", "tickMarkSkip", "noMultiLvlLbl"],
    "dateAx": [*SHARED, "auto", "lblOffset", "baseTimeUnit", "majorUnit", "majorTimeUnit"],
    "valAx": [*SHARED, "crossBetween", "majorUnit", "minorUnit"],
}


def test_the_parts_of_an_axis_stand_in_the_order_of_the_standard() -> None:
    """ECMA-376 part 1, 21.2: a program that checks the order refuses the whole file otherwise."""
    seen = set()
    for slide in opened().slides:
        for shape in slide.shapes:
            if shape.has_chart:
                area = shape.chart._chartSpace.chart.plotArea
                assert area[0].tag.endswith("}layout")
                for axis in area:
                    name = axis.tag.rpartition("}")[2]
                    if name in ORDER:
                        seen.add(name)
                        parts = [part.tag.rpartition("}")[2] for part in axis]
                        assert parts == sorted(parts, key=ORDER[name].index)
    assert seen == set(ORDER)


def test_a_section_of_a_few_words_shares_the_slide_of_the_one_before() -> None:
    report = sample_report.sample()
    del report.data_quality[:]
    report.sections[5].ClearField("table")
    deck = opened(exports.render(report, "pptx"))
    assert "Data quality" not in titles(deck)
    assert "Data quality: Three things to know." in words(deck.slides[titles(deck).index("Methodology")])


def test_shapes_without_words_are_decoration_for_those_who_listen() -> None:
    unread = 0
    for slide in opened().slides:
        for shape in slide.shapes:
            if shape.shape_type == 1 and not shape.text_frame.text:
                assert "decorative" in shape._element.xml
                unread += 1
    assert unread > 5


def test_an_empty_cell_is_as_small_as_the_others() -> None:
    report = sample_report.sample()
    report.evidence[0].label = ""
    shapes = [shape for slide in opened(exports.render(report, "pptx")).slides for shape in slide.shapes]
    tables = [shape.table for shape in shapes if shape.has_table]
    table = next(table for table in tables if table.cell(1, 0).text == "e1")
    sizes = {table.cell(1, index).text_frame.paragraphs[0].runs[0].font.size for index in (0, 1)}
    assert sizes == {Pt(11)}
