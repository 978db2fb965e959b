"""Excel workbooks: each visible sheet with data is a table, below whatever stands above its header."""

import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from server.connectors.base import MAX_COLUMNS, MAX_TABLES, Desk, RawTable, SourceFile, bad_file
from server.connectors.stage import stage_rows

MAX_UNPACKED_BYTES = 1 << 30
"""Most bytes the parts of a workbook may have together."""
MAX_RATIO = 400
"""Most times a part may grow when unpacked; real sheets stay below 50."""
MAX_CELLS = 30_000_000
"""Most cells of the rectangle a sheet spans."""
_SMALL_BYTES = 1 << 20
"""Parts below this size may have any ratio."""
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_MOST_REMARKS = 30
_HEADER_SHARE = 0.6
"""Share of the table's columns a row must fill to be its header."""
Row = list[Any]


class XlsxConnector:
    """Workbooks of the current Excel format."""

    engine = "xlsx"

    def detect(self, file: SourceFile, head: bytes) -> bool:
        """By ending, or as an archive whose media type says spreadsheet."""
        sheet = "spreadsheetml" in file.content_type
        return file.ending in {"xlsx", "xlsm"} or (head.startswith(_ZIP) and sheet)

    def tables(self, file: SourceFile, desk: Desk) -> Iterator[RawTable]:
        """One table a visible sheet that holds data."""
        import python_calamine

        _check_archive(file)
        try:
            workbook = python_calamine.load_workbook(str(file.path))
            names = [sheet.name for sheet in workbook.sheets_metadata if _is_visible(sheet)]
        except python_calamine.CalamineError as error:
            raise bad_file(f"{file.name} cannot be read as a workbook: {error}.") from None
        found = 0
        for name in names[: MAX_TABLES + 1]:
            rows = _rows(workbook, name, file.name)
            if rows:
                found += 1
                yield _table(desk, name, rows, file.name)
        if not found:
            raise bad_file(f"{file.name} has no sheet with a header and rows.")


def _is_visible(sheet: Any) -> bool:
    return str(sheet.visible).endswith("Visible") and str(sheet.typ).endswith("WorkSheet")


def _check_archive(file: SourceFile) -> None:
    with file.path.open("rb") as stream:
        head = stream.read(4)
    if head == _OLE:
        raise bad_file(
            f"{file.name} is protected by a password or is an old .xls file. Save it as .xlsx without a password."
        )
    try:
        with zipfile.ZipFile(file.path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError):
        raise bad_file(f"{file.name} is not a whole workbook; save it again as .xlsx.") from None
    total = sum(part.file_size for part in parts)
    worst = max(
        (part.file_size / max(1, part.compress_size) for part in parts if part.file_size > _SMALL_BYTES),
        default=0,
    )
    if total > MAX_UNPACKED_BYTES or worst > MAX_RATIO:
        raise bad_file(f"{file.name} unpacks to {total:,} bytes, which no real workbook of its size does.")


def _rows(workbook: Any, name: str, file_name: str) -> list[Row]:
    import python_calamine

    try:
        sheet = workbook.get_sheet_by_name(name)
        if sheet.total_height * max(1, sheet.total_width) > MAX_CELLS:
            raise bad_file(f"{file_name}, sheet {name}: spans more than {MAX_CELLS:,} cells. Save it as CSV.")
        rows: list[Row] = sheet.to_python(skip_empty_area=True)
    except python_calamine.CalamineError as error:
        raise bad_file(f"{file_name}, sheet {name} cannot be read: {error}.") from None
    return [row for row in rows if any(_filled(cell) for cell in row)]


def _filled(cell: Any) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


def _table(desk: Desk, name: str, rows: list[Row], file_name: str) -> RawTable:
    width = _usual_width(rows)
    top = _header_row(rows, width)
    header, body = rows[top], rows[top + 1 :]
    if _is_data(header, body):
        header, body = [""] * len(header), rows[top:]
    if not body:
        raise bad_file(f"{file_name}, sheet {name}: it has a header but no rows.")
    used = [
        place
        for place in range(len(header))
        if _filled(header[place]) or any(_filled(row[place]) for row in body)
    ]
    if len(used) > MAX_COLUMNS:
        raise bad_file(f"{file_name}, sheet {name}: {len(used)} columns; {MAX_COLUMNS} are allowed.")
    names = [_title(header[place]) for place in used]
    return stage_rows(desk, name, names, ([_cell(row[place]) for place in used] for row in body))


def _usual_width(rows: list[Row]) -> int:
    widths = Counter(sum(map(_filled, row)) for row in rows)
    return max(widths, key=lambda width: (widths[width], width))


def _header_row(rows: list[Row], width: int) -> int:
    for place, row in enumerate(rows[:_MOST_REMARKS]):
        if sum(map(_filled, row)) >= max(1, _HEADER_SHARE * width):
            return place
    return 0


def _is_data(header: Row, body: list[Row]) -> bool:
    """Numbers in the first row are values, unless they are years over a table with names."""
    numbers = [cell for cell in header if isinstance(cell, int | float) and not isinstance(cell, bool)]
    texts = [cell for cell in header if isinstance(cell, str) and cell.strip()]
    if not numbers:
        return False
    years = all(1900 <= number <= 2100 for number in numbers)
    return not (texts and years and len(set(numbers)) == len(numbers))


def _title(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return "" if cell is None else str(cell)


def _cell(cell: Any) -> Any:
    if isinstance(cell, datetime) and (cell.hour, cell.minute, cell.second, cell.microsecond) == (0, 0, 0, 0):
        return date(cell.year, cell.month, cell.day)
    return cell
