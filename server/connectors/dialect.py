"""The dialect of a delimited file: delimiter, rows of remarks on top, and whether the first row is a header."""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

_SAMPLE_CHARACTERS = 1 << 18
_SAMPLE_ROWS = 500
_DELIMITERS = (",", ";", "\t", "|")
_MOST_REMARKS = 20
"""Rows above the header that may be remarks."""
_CONSISTENT = 0.8
"""Share of rows that must have the usual number of fields for a delimiter to be believed."""
_VALUE = re.compile(r"[-+(]?\s*[$€£¥]?\s*[\d.,' ]*\d[\d.,' ]*%?\)?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*")
_YEAR = re.compile(r"(19|20)\d\d")


@dataclass(frozen=True)
class Dialect:
    """How a file is written. `skip` are physical lines above the header or the first row."""

    delimiter: str
    header: tuple[str, ...] | None
    width: int
    skip: int


class NotATable(Exception):
    """The text has no rows of fields; the message says what it has."""


def find_dialect(path: Path, ending: str) -> Dialect:
    """The dialect of a UTF-8 file, judged from its beginning. Raises NotATable."""
    with path.open(encoding="utf-8", newline="") as file:
        text = file.read(_SAMPLE_CHARACTERS)
        whole = not file.read(1)
    delimiter = _delimiter(text, whole, ending)
    rows = _parse(text, delimiter, whole)
    width = _usual_width(rows)
    first = _first_row(rows, width)
    skip = rows[first - 1][0] if first else 0
    body = [row for _, row in rows[first:] if any(cell.strip() for cell in row)]
    if not body:
        raise NotATable("it has no rows.")
    header = tuple(body[0]) if _is_header(body) else None
    if header is not None and whole and len(body) == 1:
        raise NotATable("it has a header but no rows.")
    return Dialect(delimiter, header, len(body[0]), skip)


def _parse(text: str, delimiter: str, whole: bool) -> list[tuple[int, list[str]]]:
    """Rows with the physical line they end on; a cut last row is left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = []
    try:
        for row in reader:
            rows.append((reader.line_num, row))
            if len(rows) > _SAMPLE_ROWS:
                return rows
    except csv.Error:
        return rows
    return rows if whole else rows[:-1]


def _delimiter(text: str, whole: bool, ending: str) -> str:
    candidates = ("\t", ",", ";", "|") if ending == "tsv" else _DELIMITERS
    scored = []
    for order, delimiter in enumerate(candidates):
        rows = _parse(text, delimiter, whole)
        width = _usual_width(rows)
        filled = [row for _, row in rows if row]
        share = sum(len(row) == width for row in filled) / max(1, len(filled))
        if width >= 2 and share >= _CONSISTENT:
            scored.append((share, width, -order, delimiter))
    if scored:
        return max(scored)[3]
    # Nothing consistent: what stands in the first line most often, so that errors name the right fields.
    first = text.split("\n", 1)[0]
    return max(candidates, key=first.count)


def _usual_width(rows: list[tuple[int, list[str]]]) -> int:
    widths = Counter(len(row) for _, row in rows if row)
    return max(widths, key=lambda width: (widths[width], width)) if widths else 0


def _first_row(rows: list[tuple[int, list[str]]], width: int) -> int:
    """Remarks on top have one filled cell where the table has three or more."""
    for position, (_, row) in enumerate(rows[: _MOST_REMARKS + 1]):
        filled = sum(bool(cell.strip()) for cell in row)
        if filled and not (filled == 1 and width >= 3):
            return position
    return 0


def _is_header(body: list[list[str]]) -> bool:
    first, rest = body[0], body[1:]
    cells = [cell.strip() for cell in first]
    filled = [cell for cell in cells if cell]
    if not filled:
        return False
    values = [cell for cell in filled if _VALUE.fullmatch(cell)]
    if not values:
        # Words over words: a header unless it repeats below like a value.
        return len(filled) > 1 or not any(row[:1] == first[:1] for row in rest)
    words = len(filled) - len(values)
    years = all(_YEAR.fullmatch(cell) for cell in values)
    return bool(words) and years and len(set(values)) == len(values) > 1
