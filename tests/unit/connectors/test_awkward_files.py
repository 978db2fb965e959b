"""Files as people really send them: each is read as its owner means it, or refused with the place of the fault."""

import io
import sqlite3
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from server.job import JobFailed

from .ingested import ingest

D, T = date, datetime
READ: dict[str, tuple[str, bytes | str, list[tuple[Any, ...]]]] = {
    "plain": ("a.csv", "a,b\n1,x\n2,y z\n", [(1, "x"), (2, "y z")]),
    "utf-8 with a mark": ("a.csv", "\ufeffa,b\n1,é\n", [(1, "é")]),
    "utf-16": ("a.csv", "a,b\n1,é\n2,漢\n".encode("utf-16"), [(1, "é"), (2, "漢")]),
    "utf-16 without a mark": ("a.csv", "name,b\nabc,1\nxyz,2\n".encode("utf-16-le"), [("abc", 1), ("xyz", 2)]),
    "windows-1252": ("a.csv", "a;b\n1;é€\n".encode("cp1252"), [(1, "é€")]),
    "carriage returns of old": ("a.csv", "a,b\r1,2\r3,4\r", [(1, 2), (3, 4)]),
    "mixed line ends": ("a.csv", "a,b\r\n1,2\n3,4\r\n", [(1, 2), (3, 4)]),
    "no last line end": ("a.csv", "a,b\n1,2\n3,4", [(1, 2), (3, 4)]),
    "blank lines": ("a.csv", "a,b\n1,2\n\n3,4\n\n", [(1, 2), (3, 4)]),
    "semicolons and decimal commas": ("a.csv", "a;b\n1,5;x\n1.234,25;y\n", [(1.5, "x"), (1234.25, "y")]),
    "tabs": ("a.tsv", "a\tb\n1\tx,y\n2\tz\n", [(1, "x,y"), (2, "z")]),
    "bars": ("a.txt", "a|b\n1|x\n2|y\n", [(1, "x"), (2, "y")]),
    "quoted newlines and quotes": ("a.csv", 'a,b\n"x\ny",1\n"say ""hi""",2\n', [("x\ny", 1), ('say "hi"', 2)]),
    "thousands": ("a.csv", 'a,b\n"1,234",1\n"12,345,678",2\n', [(1234, 1), (12345678, 2)]),
    "currency": ("a.csv", 'a,b\n$1.50,x\n"($2,000.25)",y\n-€3,z\n', [(1.5, "x"), (-2000.25, "y"), (-3, "z")]),
    "percent": ("a.csv", "a,b\n12.5%,1\n-3%,2\n", [(12.5, 1), (-3, 2)]),
    "leading zeros stay codes": ("a.csv", "zip,n\n01234,1\n99999,2\n", [("01234", 1), ("99999", 2)]),
    "card numbers stay text": ("a.csv", "card,n\n4111111111111111111,1\n5500000000000000004,2\n",
                               [("4111111111111111111", 1), ("5500000000000000004", 2)]),
    "infinities are words": ("a.csv", "a,b\ninf,1\nInfinity,2\n", [("inf", 1), ("Infinity", 2)]),
    "scientific": ("a.csv", "a,b\n1e3,1\n2.5E-2,2\n", [(1000, 1), (0.025, 2)]),
    "booleans": ("a.csv", "a,b\ntrue,1\nFALSE,2\n", [(True, 1), (False, 2)]),
    "yes and no": ("a.csv", "a,b\nYes,1\nno,2\n", [(True, 1), (False, 2)]),
    "missing words": ("a.csv", "a,b\n1,x\nN/A,y\n-,z\n,w\n", [(1, "x"), (None, "y"), (None, "z"), (None, "w")]),
    "Namibia is no missing text": ("a.csv", "c,n\nNA,1\nDE,2\n", [("NA", 1), ("DE", 2)]),
    "iso days": ("a.csv", "d,n\n2024-02-29,1\n2024-03-01,2\n", [(D(2024, 2, 29), 1), (D(2024, 3, 1), 2)]),
    "iso moments in zones": ("a.csv", "d,n\n2024-01-01T12:00:00Z,1\n2024-01-01T12:00:00+02:00,2\n",
                             [(T(2024, 1, 1, 12), 1), (T(2024, 1, 1, 10), 2)]),
    "day first, told by the whole column": ("a.csv", "d,n\n01/02/2024,1\n13/02/2024,2\n",
                                            [(D(2024, 2, 1), 1), (D(2024, 2, 13), 2)]),
    "month first, told by the whole column": ("a.csv", "d,n\n01/02/2024,1\n02/13/2024,2\n",
                                              [(D(2024, 1, 2), 1), (D(2024, 2, 13), 2)]),
    "day first, told by another column": ("a.csv", "d,e\n01/02/2024,13/01/2024\n03/04/2024,14/01/2024\n",
                                          [(D(2024, 2, 1), D(2024, 1, 13)), (D(2024, 4, 3), D(2024, 1, 14))]),
    "day first where commas are decimal": ("a.csv", "d;n\n01/02/2024;1,5\n03/04/2024;2,5\n",
                                           [(D(2024, 2, 1), 1.5), (D(2024, 4, 3), 2.5)]),
    "dotted days": ("a.csv", "d,n\n31.01.2024,1\n1.2.2024,2\n", [(D(2024, 1, 31), 1), (D(2024, 2, 1), 2)]),
    "month names": ("a.csv", 'd,n\n"Jan 5, 2024",1\n"Feb 6, 2024",2\n', [(D(2024, 1, 5), 1), (D(2024, 2, 6), 2)]),
    "short years": ("a.csv", "d,n\n5-Jan-24,1\n6-Feb-24,2\n", [(D(2024, 1, 5), 1), (D(2024, 2, 6), 2)]),
    "clocks of twelve hours": ("a.csv", "d,n\n1/13/2024 3:04 PM,1\n1/14/2024 12:00 AM,2\n",
                               [(T(2024, 1, 13, 15, 4), 1), (T(2024, 1, 14), 2)]),
    "the 30th of February is no day": ("a.csv", "d,n\n2024-02-30,1\n2024-02-31,2\n",
                                       [("2024-02-30", 1), ("2024-02-31", 2)]),
    "remarks above the header": ("a.csv", "Sales report,,\n,,\na,b,c\n1,2,x\n3,4,y\n", [(1, 2, "x"), (3, 4, "y")]),
    "no header": ("a.csv", "1,2\n3,4\n", [(1, 2), (3, 4)]),
    "years as headings": ("a.csv", "land,2023,2024\nDE,1,2\nFR,3,4\n", [("DE", 1, 2), ("FR", 3, 4)]),
    "one column": ("a.csv", "a\n1\n2\n", [(1,), (2,)]),
    "json array": ("a.json", '[{"a": 1, "b": "007"}, {"b": "008", "c": [1]}]',
                   [(1, "007", None), (None, "008", "[1]")]),
    "json in an object": ("a.json", '{"meta": {"n": 1}, "rows": [{"a": 1.5}, {"a": 2}]}', [(1.5,), (2.0,)]),
    "json dates": ("a.json", '[{"d": "2024-01-05"}, {"d": null}]', [(D(2024, 1, 5),), (None,)]),
    "json booleans": ("a.json", '[{"a": true}, {"a": false}]', [(True,), (False,)]),
    "ndjson with a blank line": ("a.jsonl", '{"a": 1}\n\n{"a": 2, "b": "x"}\n', [(1, None), (2, "x")]),
}  # fmt: skip
REFUSED: dict[str, tuple[str, bytes | str, str]] = {
    "empty": ("a.csv", "", "a.csv is empty"),
    "blank": ("a.csv", " \n\n ", "a.csv is empty"),
    "header only": ("a.csv", "a,b\n", "a.csv: it has a header but no rows"),
    "a field too many": ("a.csv", "a,b\n1,2\n3,4,5\n6,7\n", "line 3, column 2 (b): expected 2 fields, found 3"),
    "a field too few": ("a.csv", "a,b,c\n1,2,3\n4,5\n6,7,8\n", "line 3, column 2 (b): expected 3 fields, found 2"),
    "late in a long file": ("a.csv", "a,b\n" + "1,2\n" * 5000 + "1,2,3\n", "line 5002, column 2 (b)"),
    "an open quotation mark": ("a.csv", 'a,b\n1,2\n3,"x\n5,6\n', "line 3: a quotation mark is not closed"),
    "an image called csv": ("a.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 9, "not a text file"),
    "too many columns": ("a.csv", ",".join(f"c{i}" for i in range(501)) + "\n" + "1," * 500 + "1\n", "501 columns"),
    "no kind": ("a.docx", b"PK\x03\x04rest", "of no kind"),
    "broken json": ("a.json", '[{"a": 1},\n {"a": }]', "line 2, column 8: this is not JSON"),
    "json without a table": ("a.json", '{"a": 1}', "holds no table"),
    "json of numbers": ("a.json", "[1, 2]", "element 1: expected an object, found a number"),
    "an empty array": ("a.json", "[]", "empty array"),
    "a broken line of ndjson": ("a.ndjson", '{"a": 1}\n{"a": 2', "line 2, column"),
    "a line that is no object": ("a.ndjson", '{"a": 1}\n[2]\n', "line 2: expected an object, found an array"),
    "no parquet": ("a.parquet", b"PAR1" + b"x" * 100, "not a whole Parquet file"),
    "no database": ("a.sqlite", b"SQLite format 3\0" + b"x" * 500, "SQLite database"),
    "no workbook": ("a.xlsx", b"PK\x03\x04" + b"x" * 500, "not a whole workbook"),
    "a workbook with a password": ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "password"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "content", "rows"), READ.values(), ids=READ)
def test_an_awkward_file_is_read_as_it_is_meant(
    tmp_path: Path, name: str, content: bytes | str, rows: list[tuple[Any, ...]]
) -> None:
    assert ingest(tmp_path, (name, content)).rows() == rows


@pytest.mark.parametrize(("name", "content", "problem"), REFUSED.values(), ids=REFUSED)
def test_a_broken_file_is_refused_with_its_place_and_leaves_nothing(
    tmp_path: Path, name: str, content: bytes | str, problem: str
) -> None:
    with pytest.raises(JobFailed) as caught:
        ingest(tmp_path, (name, content))
    failed = caught.value
    assert failed.code in {"validation_error", "unsupported_media_type"}
    assert problem in failed.message
    assert failed.details["file"] == [failed.message]
    assert not list((tmp_path / "snapshot-0").iterdir())


def test_a_second_broken_file_takes_the_first_along(tmp_path: Path) -> None:
    with pytest.raises(JobFailed):
        ingest(tmp_path, ("good.csv", "a\n1\n"), ("bad.csv", "a,b\n1,2,3\n4,5\n"))
    assert not list((tmp_path / "snapshot-0").iterdir())


def workbook(**sheets: list[list[Any]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return buffer.getvalue()


def test_each_sheet_with_data_is_a_table_below_its_remarks(tmp_path: Path) -> None:
    book = workbook(
        Sales=[
            ["Sales report"],
            [],
            ["Region", "When", "Amount"],
            ["N", datetime(2024, 1, 5), 1.5],
            ["S", None, 2],
        ],
        Empty=[],
        Years=[["Land", 2023, 2024], ["DE", 1, 2]],
    )
    got = ingest(tmp_path, ("book.xlsx", book))
    assert [(table.name, table.rows) for table in got.source.schema.tables] == [("Sales", 2), ("Years", 1)]
    assert got.rows(1) == [("N", date(2024, 1, 5), 1.5), ("S", None, 2.0)]
    assert [column.name for column in got.source.schema.tables[1].columns] == ["Land", "2023", "2024"]


def test_digits_written_as_text_in_a_workbook_stay_text(tmp_path: Path) -> None:
    got = ingest(tmp_path, ("b.xlsx", workbook(S=[["code", "n"], ["12", 1], ["34", 2]])))
    assert got.rows() == [("12", 1), ("34", 2)]


def test_a_workbook_that_unpacks_to_gigabytes_is_refused_before_it_does(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (64 << 20))
    with pytest.raises(JobFailed, match="unpacks to"):
        ingest(tmp_path, ("bomb.xlsx", buffer.getvalue()))


def database(folder: Path, *statements: str) -> bytes:
    path = folder / "made.db"
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path.read_bytes()


def test_tables_and_views_of_a_database_are_read(tmp_path: Path) -> None:
    content = database(
        tmp_path,
        "create table t (a integer, b text, c blob)",
        "insert into t values (1, '01', x'ff'), (2, '02', null)",
        "create view doubled as select a * 2 as z from t",
        "create table empty (a)",
    )
    got = ingest(tmp_path, ("q.db", content))
    assert [table.name for table in got.source.schema.tables] == ["doubled", "t"]
    assert got.rows(2) == [(1, "01", "1 bytes"), (2, "02", None)]


@pytest.mark.parametrize(
    "view",
    [
        "select load_extension('/tmp/x')",
        "select readfile('/etc/passwd')",
        "select writefile('/tmp/x', 'y')",
        "select * from pragma_database_list",
        "select randomblob(1000000000)",
        "select zeroblob(1000000000)",
        "select fts3_tokenizer('x')",
    ],
)
def test_a_hostile_view_is_refused(tmp_path: Path, view: str) -> None:
    content = database(tmp_path, "create table t (a)", "insert into t values (1)", f"create view v as {view}")
    with pytest.raises(JobFailed, match="cannot be read as an SQLite database"):
        ingest(tmp_path, ("q.db", content))


@pytest.mark.parametrize("ending", ["csv", "json", "ndjson"])
def test_a_formula_or_markup_is_only_text(tmp_path: Path, ending: str) -> None:
    hostile = "=cmd|'/c calc'!A1 <script> ' \"; drop table x; --"
    quoted = '"' + hostile.replace('"', '""') + '"'
    escaped = hostile.replace('"', '\\"')
    content = {
        "csv": f"a,b\n{quoted},1\n",
        "json": f'[{{"a": "{escaped}", "b": 1}}]',
        "ndjson": f'{{"a": "{escaped}", "b": 1}}\n',
    }[ending]
    assert ingest(tmp_path, (f"x.{ending}", content)).rows() == [(hostile, 1)]
