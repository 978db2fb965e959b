"""The data behind a native chart: texts are never formulas, and the workbook is the same each time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import xlsxwriter
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.chart.xlsx import CategoryWorkbookWriter, XyWorkbookWriter

from server.exports.slides.packing import UNDATED

OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


@contextmanager
def _workbook(file: Any) -> Iterator[tuple[Any, Any]]:
    book = xlsxwriter.Workbook(file, OPTIONS)
    book.set_properties({"author": "claribi", "created": UNDATED})
    yield book, book.add_worksheet()
    book.close()


class _CategoryBook(CategoryWorkbookWriter):
    def _open_worksheet(self, xlsx_file: Any) -> Any:
        return _workbook(xlsx_file)


class _PlaneBook(XyWorkbookWriter):
    def _open_worksheet(self, xlsx_file: Any) -> Any:
        return _workbook(xlsx_file)


class Categories(CategoryChartData):
    """Values by category."""

    @property
    def _workbook_writer(self) -> CategoryWorkbookWriter:
        return _CategoryBook(self)


class Points(XyChartData):
    """Points of two numbers."""

    @property
    def _workbook_writer(self) -> XyWorkbookWriter:
        return _PlaneBook(self)
