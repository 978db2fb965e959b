"""Every format: the same bytes each time, the same numbers in each, and content that is missing or too much."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import re
import subprocess
import sys
from pathlib import Path

import openpyxl
import pypdf
import pytest
from claribi.v1 import insights_pb2 as ipb
from claribi.v1 import reports_pb2 as pb

from server import exports
from server.exports.escape import unbroken
from tests.unit.exports import sample_charts, sample_report

ROOT = Path(__file__).parents[3]
WORDS = [form.word for form in exports.FORMATS]
CHILD = """
import hashlib, json
from server import exports
from tests.unit.exports import sample_charts, sample_report
report = sample_report.sample()
print(json.dumps({f.word: hashlib.sha256(f.render(report)).hexdigest() for f in exports.FORMATS}))
"""


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    report = sample_report.sample()
    return {word: exports.render(report, word) for word in WORDS}


def pdf_pages(data: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages]


def squeezed(text: str) -> str:
    """Without white space, which a line break moves about, and without what keeps a line whole."""
    return re.sub(r"[\s\u2060]", "", text)


def page_text(data: bytes) -> str:
    without_style = re.sub(rb"<style>.*?</style>", b"", data, flags=re.S)
    return re.sub(r"<[^>]*>", " ", without_style.decode())


def sheet_column(data: bytes, sheet: str, title: str) -> list[object]:
    rows = list(openpyxl.load_workbook(io.BytesIO(data))[sheet].values)
    index = rows[0].index(title)
    return [row[index] for row in rows[1:]]


def test_two_processes_write_the_same_bytes(files: dict[str, bytes]) -> None:
    command = [sys.executable, "-c", CHILD]
    path = f"{ROOT}:{ROOT / 'generated' / 'python'}"
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, check=True, env={"PYTHONPATH": path, "PYTHONHASHSEED": "7"}
    )
    assert json.loads(done.stdout) == {word: hashlib.sha256(data).hexdigest() for word, data in files.items()}


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="the formats are pdf, html, xlsx, csv, json, pptx"):
        exports.render(sample_report.empty(), "docx")


def test_every_number_of_the_evidence_is_printed_alike_in_pdf_page_and_workbook(
    files: dict[str, bytes],
) -> None:
    in_pdf, in_page = squeezed("".join(pdf_pages(files["pdf"]))), squeezed(page_text(files["html"]))
    in_workbook = sheet_column(files["xlsx"], "Evidence", "Printed as")
    for entry in sample_report.sample().evidence:
        assert entry.display in in_workbook
        assert squeezed(entry.display) in in_pdf
        assert squeezed(entry.display) in in_page


def test_the_workbook_holds_the_unrounded_numbers_as_numbers(files: dict[str, bytes]) -> None:
    values = sheet_column(files["xlsx"], "Evidence", "Value")
    assert values == [entry.value for entry in sample_report.sample().evidence]
    assert 1e-9 in values
    assert 1e12 in values


def test_the_workbook_has_no_formula_and_its_tables_can_be_filtered(files: dict[str, bytes]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(files["xlsx"]))
    names = ["Summary", "Metrics", "Findings", "Charts", "Charts data", "Data quality", "Evidence"]
    assert book.sheetnames == names
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    for name in ("Metrics", "Findings", "Charts data", "Data quality", "Evidence"):
        assert book[name].freeze_panes == "A2"
        assert book[name].auto_filter.ref


def test_the_workbook_draws_each_chart_from_its_own_rows(files: dict[str, bytes]) -> None:
    book = openpyxl.load_workbook(io.BytesIO(files["xlsx"]))
    charts = book["Charts"]._charts
    assert len(charts) == len(sample_report.sample().charts)
    data = list(book["Charts data"].values)
    reference = charts[1].series[0].val.numRef.f
    first, last = map(int, re.findall(r"\$(\d+)", reference))
    assert [row[3] for row in data[first - 1 : last]] == [value for _, value, _ in sample_charts.REGIONS]


def test_the_csv_has_a_row_for_each_number_and_reads_back_exactly(files: dict[str, bytes]) -> None:
    import csv

    assert files["csv"].startswith(b"\xef\xbb\xbf")
    assert b"\n" not in files["csv"].replace(b"\r\n", b"")
    rows = list(csv.DictReader(io.StringIO(files["csv"].decode("utf-8-sig"), newline="")))
    wanted = sample_report.sample().evidence
    assert [float(row["value"]) for row in rows] == [entry.value for entry in wanted]
    assert [row["label"] for row in rows] == [entry.label for entry in wanted]


def _with_a_drawn_series() -> tuple[pb.Report, ipb.Evidence]:
    """The sample, the line of its first chart bound to one series with an interval in its last row."""
    report = sample_report.sample()
    key = sample_report.evidence(report, "Real GDP by quarter, as drawn", "", unit="bn USD")
    entry = next(one for one in report.evidence if one.id == key)
    points = report.charts[0].series[0].points
    for place, point in enumerate(points):
        row = entry.rows.add(x=point.x)
        if point.HasField("y"):
            row.value = point.y
        point.evidence_id, point.evidence_row = key, place
    entry.rows[-1].low, entry.rows[-1].high = 1.5, 2.5
    return report, entry


def test_a_drawn_series_is_one_line_of_each_appendix() -> None:
    report, entry = _with_a_drawn_series()
    told = squeezed(f"{len(entry.rows)} values, drawn")
    assert told in squeezed("".join(pdf_pages(exports.render(report, "pdf"))))
    assert told in squeezed(page_text(exports.render(report, "html")))
    workbook = exports.render(report, "xlsx")
    assert f"{len(entry.rows)} values, drawn" in sheet_column(workbook, "Evidence", "Printed as")
    assert sheet_column(workbook, "Charts data", "Evidence").count(entry.id) == len(entry.rows)
    # Its values are drawn and not printed: the end of a line has no number of its own.
    assert not [cell for cell in sheet_column(workbook, "Charts data", "Printed as") if "drawn" in str(cell)]


def test_the_finding_of_a_drawn_series_refers_to_it() -> None:
    report, entry = _with_a_drawn_series()
    insight = next(one for one in report.insights if one.chart_id == report.charts[0].id)
    assert entry.id not in insight.evidence_ids
    page = exports.render(report, "html").decode()
    article = page.split(insight.title)[-1].split("</article>")[0]
    assert f'href="#evidence-{entry.id}"' in article
    assert f'id="evidence-{entry.id}"' in page


def test_the_csv_lists_the_values_of_a_series_after_the_printed_numbers() -> None:
    import csv

    report, entry = _with_a_drawn_series()
    text = exports.render(report, "csv").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    printed, drawn = rows[: -len(entry.rows)], rows[-len(entry.rows) :]
    assert {row["id"] for row in drawn} == {entry.id}
    assert entry.id not in {row["id"] for row in printed}
    assert [row["at"] for row in drawn] == [row.x for row in entry.rows]
    values = [float(row["value"]) if row["value"] else None for row in drawn]
    assert values == [row.value if row.HasField("value") else None for row in entry.rows]
    assert (drawn[-1]["low"], drawn[-1]["high"]) == ("1.5", "2.5")
    assert [bool(row["query"]) for row in drawn] == [True] + [False] * (len(drawn) - 1)


def test_the_json_is_the_report_of_the_api_without_its_circumstances(files: dict[str, bytes]) -> None:
    read = json.loads(files["json"])
    assert read["status"] == "completed"
    assert read["insights"][3]["type"] == "change_point"
    assert [entry["display"] for entry in read["evidence"]] == [
        e.display for e in sample_report.sample().evidence
    ]
    assert read["created_by"] is None
    assert b"example.com" not in files["json"]
    assert b"secret-token" not in files["json"]


def test_the_pdf_names_itself_its_language_and_its_date(files: dict[str, bytes]) -> None:
    reader = pypdf.PdfReader(io.BytesIO(files["pdf"]))
    report = sample_report.sample()
    assert reader.metadata is not None
    assert reader.metadata.title == report.name
    assert reader.metadata.author == "claribi"
    assert reader.metadata.creation_date is not None
    assert reader.metadata.creation_date.replace(tzinfo=None) == sample_report.COMPLETED.replace(tzinfo=None)
    root = reader.root_object
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert b"pdfuaid" in reader.root_object["/Metadata"].get_data()


def test_the_pdf_numbers_its_pages(files: dict[str, bytes]) -> None:
    pages = pdf_pages(files["pdf"])
    assert 6 <= len(pages) <= 12
    for number, text in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in text


def test_the_pdf_says_its_charts_in_words(files: dict[str, bytes]) -> None:
    reader = pypdf.PdfReader(io.BytesIO(files["pdf"]))
    alternatives = {obj.get("/Alt") for obj in _objects(reader) if isinstance(obj, dict)}
    assert {chart.alt for chart in sample_report.sample().charts} <= alternatives


def _objects(reader: pypdf.PdfReader) -> list[object]:
    return [reader.get_object(number) for number in range(1, len(reader.xref_objStm) + len(reader.xref[0]))]


def test_the_page_asks_nothing_of_anyone_and_runs_nothing(files: dict[str, bytes]) -> None:
    page = files["html"].decode().lower()
    assert not re.findall(r"(?:src|href|action|data|poster|srcset)=\"(?!#)", page)
    assert "http://" not in page
    assert "https://" not in page
    assert "<script" not in page
    assert 'style="' not in page
    assert "@import" not in page
    assert "url(" not in page


def test_the_page_has_headings_in_order_and_charts_with_words(files: dict[str, bytes]) -> None:
    page = files["html"].decode()
    levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert page.count('role="img"') == len(sample_report.sample().charts)
    assert not re.findall(r'role="img" aria-label=""', page)
    assert '<html lang="en"' in page


def test_a_chart_that_stands_with_its_finding_is_not_shown_again(files: dict[str, bytes]) -> None:
    page = files["html"].decode()
    assert (
        page.count("Half of revenue comes from two regions") == 2
    )  # the heading, and the words of the chart
    assert ">Charts</h2>" not in page


@pytest.mark.parametrize("word", WORDS)
def test_a_report_in_which_nothing_passed_is_a_whole_file(word: str) -> None:
    data = exports.render(sample_report.empty(), word)
    if word == "pdf":
        assert len(pdf_pages(data)) == 1
        assert "No finding passed the tests." in pdf_pages(data)[0]
    elif word != "csv":
        assert data
    if word == "html":
        assert b"No finding passed the tests." in data
        assert b"<table" not in data


@pytest.mark.parametrize("word", WORDS)
def test_a_report_that_failed_says_so(word: str) -> None:
    data = exports.render(sample_report.failed(), word)
    text = {"pdf": lambda: pdf_pages(data)[0], "html": data.decode, "json": data.decode}.get(word)
    if text is not None:
        assert "The source did not answer." in text()


@pytest.mark.parametrize("word", WORDS)
def test_a_report_with_nothing_in_it_is_still_a_file(word: str) -> None:
    assert exports.render(pb.Report(), word)


def test_thirty_findings_with_long_names_are_all_there() -> None:
    report = sample_report.large(30)
    pages = pdf_pages(exports.render(report, "pdf"))
    text = squeezed("".join(pages))
    assert all(squeezed(insight.title) in text for insight in report.insights)
    assert len(pages) < 20


def test_references_to_what_is_not_there_are_left_out() -> None:
    report = sample_report.sample()
    del report.charts[:]
    del report.evidence[:]
    report.sections[2].insight_ids.append("nowhere")
    page = exports.render(report, "html").decode()
    assert "<figure" not in page
    assert "Evidence:" not in page
    assert exports.render(report, "pdf")


def test_sections_that_were_not_asked_for_are_not_written() -> None:
    report = sample_report.sample()
    del report.sections[1:]
    page = exports.render(report, "html").decode()
    assert "Executive summary" in page
    assert "<article" not in page
    assert "SELECT" not in page


def test_a_report_without_sections_shows_what_it_has() -> None:
    report = sample_report.sample()
    del report.sections[:]
    page = exports.render(report, "html").decode()
    assert all(insight.title in page for insight in report.insights)
    assert page.count('role="img"') == len(report.charts)


def test_values_that_are_not_finite_are_drawn_and_written_as_gaps() -> None:
    report = sample_report.sample()
    report.charts[0].series[0].points[3].y = float("nan")
    report.charts[1].series[0].points[0].y = float("inf")
    report.evidence[0].value = float("nan")
    files = {word: exports.render(report, word) for word in WORDS}
    assert sheet_column(files["xlsx"], "Evidence", "Value")[0] is None
    assert json.loads(files["json"])["evidence"][0]["value"] is None


def test_letters_no_font_has_cost_the_pdf_its_claim_and_not_itself() -> None:
    report = sample_report.empty()
    report.name = "Tangut \U00017000, Linear A \U00010600"
    assert pdf_pages(exports.render(report, "pdf"))


def test_certainty_is_said_in_words_everywhere(files: dict[str, bytes]) -> None:
    words = sheet_column(files["xlsx"], "Findings", "Certainty")
    assert words[:6] == [
        "Very strong evidence",
        "Strong evidence",
        "Measured, not tested",
        "Very strong evidence",
        "Moderate evidence",
        "Moderate evidence",
    ]
    in_pdf, in_page = "".join(pdf_pages(files["pdf"])), page_text(files["html"])
    assert all(word in in_pdf and word in in_page for word in words)


def test_a_direction_is_shown_by_sign_as_well_as_said() -> None:
    report = sample_report.sample()
    assert report.sections[1].metrics[0].direction == ipb.DIRECTION_INCREASE
    page = exports.render(report, "html").decode()
    assert '<span aria-hidden="true">▲ </span>+12.4 % vs Q1 2026' in page


def test_a_summary_gives_the_answer_then_what_matters_and_how_it_was_read_last() -> None:
    report = sample_report.sample()
    report.sections[0].paragraphs.append("Your question was read as one about revenue.")
    read = page_text(exports.render(report, "html"))
    places = [
        read.index(text)
        for text in (report.summary[:40], report.sections[0].bullets[2], "Your question was read")
    ]
    assert places == sorted(places)


def test_a_sign_never_stands_at_the_end_of_a_line_without_its_amount() -> None:
    report = sample_report.sample()
    report.sections[0].paragraphs.append("Of the change, one region made −$35,900 and another +€12.50.")
    page = exports.render(report, "html").decode()
    assert '<span class="amount">−$35,900</span>' in page
    assert '<span class="amount">+€12.50.</span>' in page
    assert unbroken("−$35,900 and 4 − 3") == "−\u2060$35,900 and 4 − 3"
