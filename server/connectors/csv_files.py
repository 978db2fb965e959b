"""Delimited text: csv and tsv, whatever their encoding, delimiter and dates."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from claribi.v1 import insights_pb2

from server.connectors.base import (
    MAX_CELL_BYTES,
    Desk,
    Note,
    RawTable,
    SourceFile,
    bad_file,
    check_width,
    unique_names,
)
from server.connectors.dialect import Dialect, NotATable, find_dialect
from server.connectors.encoding import as_utf8
from server.query.sql import literal, select

_SHOWN = 60


class CsvConnector:
    """Files of delimited text."""

    def __init__(self, engine: str, endings: frozenset[str], types: frozenset[str]) -> None:
        self.engine = engine
        self._endings = endings
        self._types = types

    def detect(self, file: SourceFile, head: bytes) -> bool:
        """By ending or media type: any text could be CSV."""
        return file.ending in self._endings or file.content_type.partition(";")[0] in self._types

    def tables(self, file: SourceFile, desk: Desk) -> Iterator[RawTable]:
        """The one table of the file."""
        text = as_utf8(file.path, desk.file("csv"), file.name)
        try:
            dialect = find_dialect(text.path, file.ending)
        except NotATable as problem:
            raise bad_file(f"{file.name}: {problem}") from None
        check_width(dialect.width, file.name)
        check_rows(text.path, dialect, file.name, desk)
        names = unique_names(dialect.header or [""] * dialect.width)
        table = RawTable(
            name=file.stem,
            columns=names,
            relation=relation(text.path, dialect),
            texts=frozenset(range(dialect.width)),
            day_first=dialect.delimiter == ";",  # written where the comma is a decimal sign
        )
        if text.guessed:
            table.notes.append(_encoding_note(file.name, text.encoding))
        yield table


def relation(path: Path, dialect: Dialect) -> str:
    """The file as DuckDB reads it: every field as text, columns c0, c1..."""
    columns = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(dialect.width))
    options = {
        "auto_detect": "false",
        "header": "true" if dialect.header is not None else "false",
        "skip": str(dialect.skip),
        "delim": literal(dialect.delimiter),
        "quote": "'\"'",
        "escape": "'\"'",
        "strict_mode": "true",
        "max_line_size": str(MAX_CELL_BYTES),
        "columns": "{" + columns + "}",
    }
    arguments = ", ".join(f"{name} = {value}" for name, value in options.items())
    return f"read_csv({literal(str(path))}, {arguments})"


def check_rows(path: Path, dialect: Dialect, name: str, desk: Desk) -> None:
    """Refuses a file with a row of the wrong number of fields, naming line and column."""
    import duckdb

    try:
        desk.connection.execute(select(["count(c0)"], relation(path, dialect))).fetchone()
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        raise bad_file(_first_problem(path, dialect, name) or _from_engine(str(error), name)) from None


def _first_problem(path: Path, dialect: Dialect, name: str) -> str:
    header: Sequence[str] = dialect.header or ()
    csv.field_size_limit(MAX_CELL_BYTES)
    with path.open(encoding="utf-8", newline="") as file:
        for _ in range(dialect.skip):
            file.readline()
        reader = csv.reader(file, delimiter=dialect.delimiter, strict=True)
        began = dialect.skip + 1
        try:
            for row in reader:
                if row and len(row) != dialect.width:
                    return _wrong_width(name, began, row, width=dialect.width, header=header)
                began = dialect.skip + reader.line_num + 1
        except csv.Error as error:
            return f"{name}, line {began}: {_quoting(str(error))}"
    return ""


def _wrong_width(name: str, line: int, row: list[str], *, width: int, header: Sequence[str]) -> str:
    column = min(len(row), width)
    title = f" ({header[column - 1].strip()[:_SHOWN]})" if column <= len(header) else ""
    hint = (
        " Quote fields that hold the delimiter." if len(row) > width else " Fill in or quote what is missing."
    )
    return f"{name}, line {line}, column {column}{title}: expected {width} fields, found {len(row)}.{hint}"


def _quoting(message: str) -> str:
    if "field larger" in message:
        return f"a field is longer than {MAX_CELL_BYTES:,} bytes."
    return 'a quotation mark is not closed or not doubled; write " inside a quoted field as "".'


def _from_engine(message: str, name: str) -> str:
    lines = [line.strip() for line in message.splitlines()]
    where = next((line for line in lines if "Line:" in line), "")
    number = "".join(character for character in where.rsplit("Line:", 1)[-1] if character.isdigit())
    place = f", line {number}" if number else ""
    return f"{name}{place}: the row cannot be read; check its quotation marks and delimiters."


def _encoding_note(name: str, encoding: str) -> Note:
    spoken = "Windows-1252" if encoding == "cp1252" else "Latin-1"
    text = f"{name} is not UTF-8 and was read as {spoken}. Check words with accents; save it as UTF-8 to be sure."
    return Note(insights_pb2.QUALITY_CODE_OUT_OF_RANGE, text)
