"""A finished report turned into the files people pass on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from claribi.v1 import reports_pb2 as pb

from server.exports import csv_file, html, json_file, pdf, pptx, xlsx


@dataclass(frozen=True)
class Format:
    """A kind of file: the word for it in the API, what the file is called and served as, and what makes it."""

    word: str
    content_type: str
    extension: str
    render: Callable[[pb.Report], bytes]


FORMATS: tuple[Format, ...] = (
    Format("pdf", "application/pdf", "pdf", pdf.render),
    Format("html", "text/html; charset=utf-8", "html", html.render),
    Format("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", xlsx.render),
    Format("csv", "text/csv; charset=utf-8; header=present", "csv", csv_file.render),
    Format("json", "application/json", "json", json_file.render),
    Format(
        "pptx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "pptx",
        pptx.render,
    ),
)


def format_of(word: str) -> Format:
    """The format of that word; raises ValueError naming the known ones."""
    for form in FORMATS:
        if form.word == word:
            return form
    known = ", ".join(form.word for form in FORMATS)
    raise ValueError(f"There is no format {word!r}; the formats are {known}.")


def render(report: pb.Report, word: str) -> bytes:
    """The file of a report in a format, the same bytes for the same report; raises ValueError for an unknown word.

    PDF and HTML draw charts: a second of CPU during which nothing else runs in the process.
    """
    return format_of(word).render(report)
