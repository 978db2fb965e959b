"""Text of people and data stays text, in every format and every place."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import zipfile
from html.parser import HTMLParser

import openpyxl
import pptx
import pypdf
import pytest

from server import exports
from server.exports.escape import csv_cell, visible
from tests.unit.exports import sample_report

HOSTILE = {
    "formula": "=cmd|' /C calc'!A0",
    "plus formula": "+1+cmd",
    "minus formula": "-1+cmd",
    "at formula": "@SUM(A1:A2)",
    "link formula": '=HYPERLINK("http://x.example","y")',
    "full-width formula": "＝1+1",
    "formula after a space": " =1+1",
    "formula after a tab": "\t=1+1",
    "script": "<script>alert(1)</script>",
    "image": '"><img src=x onerror=alert(1)>',
    "style end": "</style><script>alert(1)</script>",
    "svg": "<svg/onload=alert(1)>",
    "entity": "&lt;b&gt; &amp; &#60;",
    "typst code": '#panic("x") #sys.inputs #import "a.typ"',
    "typst markup": "*bold* _it_ $x^2$ `raw` = heading [x] \\",
    "quotes": '"double" \'single\' \\"',
    "new lines": "one\ntwo\r\nthree",
    "controls": "a\x00b\x07c\x1bd\x7f",
    "right to left": "القاهرة 1234 شمال",
    "direction override": "abc\u202edef\u2066ghi",
    "vega expression": "datum.x'); alert('1",
    "url": "https://evil.example/a.png",
    "template": "{{7*7}} ${7*7} %s {0}",
    "long word": "x" * 400,
    "emoji": "ok 👍🏽 ok",
}


def cleaned(text: str) -> str:
    """As it should read: without controls, white space aside."""
    return re.sub(r"[\s\u200b\u2060\u2068\u2069\ufffd]", "", visible(text))


class Markup(HTMLParser):
    """The elements and attributes a browser would see."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {(name, value or "") for name, value in attrs}

    def handle_data(self, data: str) -> None:
        self.words.append(data)


PLAIN = Markup(exports.render(sample_report.with_text("plain"), "html").decode())


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_text_stays_text_on_the_page(text: str) -> None:
    seen = Markup(exports.render(sample_report.with_text(text), "html").decode())
    assert seen.elements <= PLAIN.elements | {"tspan", "bdi"}
    assert {name for name, _ in seen.attributes} <= {name for name, _ in PLAIN.attributes} | {
        "x",
        "dy",
    }  # of a second line of a label
    assert {value for name, value in seen.attributes if name == "href" and value[:1] != "#"} == set()
    assert cleaned(text) in cleaned("".join(seen.words))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_text_stays_text_in_the_pdf(text: str) -> None:
    reader = pypdf.PdfReader(io.BytesIO(exports.render(sample_report.with_text(text), "pdf")))
    shown = re.sub(
        r"[\s\u200b\u2060\u2068\u2069\ufffd]", "", "".join(page.extract_text() for page in reader.pages)
    )
    if "right to left" not in text and not re.search(r"[\u0600-\u06ff👍]", text):
        assert cleaned(text)[:60] in shown
    assert not [a for page in reader.pages for a in page.get("/Annots", []) if "/URI" in str(a.get_object())]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_text_stays_text_in_the_workbook(text: str) -> None:
    data = exports.render(sample_report.with_text(text), "xlsx")
    book = openpyxl.load_workbook(io.BytesIO(data))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        sheets = [parts.read(name) for name in parts.namelist() if "worksheets/sheet" in name]
        charts = b"".join(parts.read(name) for name in parts.namelist() if "charts/chart" in name)
        names = parts.namelist()
    assert not [sheet for sheet in sheets if b"<f>" in sheet or b"<f " in sheet]
    assert not [name for name in names if "externalLink" in name]
    references = re.findall(rb"<c:f>(.*?)</c:f>", charts)
    assert references
    assert all(reference.startswith(b"'Charts data'!$") for reference in references)


def slide_texts(data: bytes) -> list[str]:
    """Every text of a deck: of shapes, cells and notes."""
    found = []
    for slide in pptx.Presentation(io.BytesIO(data)).slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                found.append(shape.text_frame.text)
            elif shape.has_table:
                found += [cell.text for row in shape.table.rows for cell in row.cells]
        if slide.has_notes_slide:
            found.append(slide.notes_slide.notes_text_frame.text)
    return found


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_text_stays_text_in_the_slides(text: str) -> None:
    data = exports.render(sample_report.with_text_in_charts(text), "pptx")
    shown = re.sub(r"[\s\u200b\u2060\u2068\u2069\ufffd]", "", "".join(slide_texts(data)))
    assert cleaned(text)[:60] in shown
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        links = b"".join(parts.read(name) for name in parts.namelist() if name.endswith(".rels"))
        books = [parts.read(name) for name in parts.namelist() if name.endswith(".xlsx")]
    assert b"TargetMode" not in links
    assert len(books) == 4
    for book in books:
        with zipfile.ZipFile(io.BytesIO(book)) as sheets:
            cells = sheets.read("xl/worksheets/sheet1.xml")
        assert b"<f>" not in cells
        assert b"hyperlink" not in cells


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_text_stays_text_in_the_csv(text: str) -> None:
    data = exports.render(sample_report.with_text(text), "csv").decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(data, newline="")))
    assert len(rows) == 9
    assert {len(row) for row in rows} == {16}
    starts = {row[1].lstrip()[:1] for row in rows[1:]}
    assert not starts & set("=+-@＝＋－＠")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_text_comes_back_from_the_json_as_it_was(text: str) -> None:
    read = json.loads(exports.render(sample_report.with_text(text), "json"))
    assert read["name"] == text
    assert read["insights"][0]["narrative"] == text


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("=1+1", "'=1+1"),
        ("-2+3", "'-2+3"),
        ("@x", "'@x"),
        ("\r=1", "'\r=1"),
        ("＝1", "'＝1"),
        ("\u200b=1", "'\u200b=1"),
        ("\ufeff=1", "'\ufeff=1"),
        ("-12.4", "-12.4"),
        ("+12.4 %", "+12.4 %"),
        ("-1,234.50", "-1,234.50"),
        ("−12.4 %", "−12.4 %"),
        ("-5 USD", "'-5 USD"),
        ("a=1", "a=1"),
        ("'quoted'", "'quoted'"),
        ("", ""),
        ("3 %", "3 %"),
    ],
)
def test_a_cell_that_could_be_a_formula_is_marked_as_text(given: str, wanted: str) -> None:
    assert csv_cell(given) == wanted


def test_of_ten_thousand_cells_none_begins_a_formula_and_no_number_is_harmed() -> None:
    dice = random.Random(7)
    alphabet = "=+-@\t\r\n\0 ＝＋－＠|%'\"a1.,\u200b\ufeff\u00a0"
    for _ in range(10_000):
        text = "".join(dice.choices(alphabet, k=dice.randint(1, 8)))
        first = csv_cell(text).lstrip(" \u00a0\u200b\ufeff")[:1]
        assert first not in set("=+-@\t\r\n\0＝＋－＠") or re.fullmatch(
            r"[+-]?\d[\d,.  ]* ?%?", csv_cell(text)
        )
        number = f"{dice.uniform(-1e9, 1e9):.4f}"
        assert csv_cell(number) == number
