"""Rows that come one by one are staged as text in one known dialect, and then read like any other text."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any

from server.connectors.base import (
    MAX_CELL_BYTES,
    MAX_TABLE_ROWS,
    Desk,
    RawTable,
    bad_file,
    check_width,
    unique_names,
)
from server.connectors.csv_files import relation
from server.connectors.dialect import Dialect

_NUL = "\0"


def stage_rows(desk: Desk, name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> RawTable:
    """Writes the rows to a file of the desk and describes it as a table named `name`.

    Columns whose every value was text in the source stay text, whatever their digits look like.
    Raises JobFailed for rows or values beyond the caps.
    """
    check_width(len(header), name)
    path = desk.file("csv")
    others = [False] * len(header)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for count, row in enumerate(rows, start=1):
            if count > MAX_TABLE_ROWS:
                raise bad_file(f"{name} has more than {MAX_TABLE_ROWS:,} rows. Split or aggregate it.")
            writer.writerow(_cells(row, others, f"{name}, row {count}"))
    dialect = Dialect(",", None, len(header), 0)
    return RawTable(
        name=name,
        columns=unique_names(header),
        relation=relation(path, dialect),
        texts=frozenset(range(len(header))),
        words=frozenset(position for position, other in enumerate(others) if not other),
    )


def _cells(row: Sequence[Any], others: list[bool], where: str) -> list[str]:
    cells = []
    for position, value in enumerate(row):
        if isinstance(value, str):
            text = value.replace(_NUL, "")
        else:
            text = _text(value)
            others[position] = others[position] or value is not None
        if len(text) > MAX_CELL_BYTES // 8:
            raise bad_file(
                f"{where}, column {position + 1}: the value is longer than {MAX_CELL_BYTES // 8:,} characters."
            )
        cells.append(text)
    return cells


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return str(value)
