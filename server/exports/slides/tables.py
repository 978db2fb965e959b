"""Tables on slides: as many rows on each as fit, the heading on all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from claribi.v1 import reports_pb2 as pb

from server.exports.outline import Block, Proof, proof
from server.exports.slides import theme
from server.exports.slides.deck import Box, Deck, row_height

ROWS_A_SLIDE = 18
BODY = Box(theme.MARGIN_PT, 104, theme.WIDTH_PT - 2 * theme.MARGIN_PT, 392)
MOST_COLUMNS = 8
Rows = Sequence[Sequence[str]]


def proofs(report: pb.Report) -> list[Proof]:
    """The evidence of a report as it is printed."""
    return [proof(entry) for entry in report.evidence]


def add(deck: Deck, block: Block) -> None:
    """The tables of a section: its own, what to know about the data, the evidence."""
    if block.table is not None:
        wide = max(1, min(MOST_COLUMNS, len(block.table.columns)))
        rows = [list(row)[:wide] for row in block.table.rows]
        _paged(
            deck,
            block.title,
            [list(block.table.columns)[:wide], *rows],
            [1.0] * wide,
            numeric=block.table.numeric,
        )
    if block.quality:
        head = ["Severity", "Where", "What to know"]
        found = [[item.severity, item.where, f"{item.kind}. {item.description}"] for item in block.quality]
        _paged(deck, block.title, [head, *found], [1, 2.2, 6])
    if block.proofs:
        head = ["No.", "What it is", "Table", "Printed as"]
        listed = [[item.id, item.label, item.table, item.display] for item in block.proofs]
        _paged(
            deck,
            block.title,
            [head, *listed],
            [0.7, 5, 2, 2],
            queries=block.proofs,
            numeric=(False, False, False, True),
        )


def _paged(
    deck: Deck,
    title: str,
    rows: Rows,
    widths: Sequence[float],
    *,
    queries: Sequence[Proof] = (),
    numeric: Sequence[bool] = (),
) -> None:
    head, body = rows[0], rows[1:]
    for start, end in _pages(head, body, widths):
        slide = deck.add(title)
        slide.table(BODY, [head, *body[start:end]], widths, numeric=numeric)
        slide.notes([_asked(item) for item in queries[start:end]])


def _pages(head: Sequence[str], body: Rows, widths: Sequence[float]) -> Iterator[tuple[int, int]]:
    """First and last row (exclusive) of each slide."""
    unit = BODY.width / sum(widths)
    columns = [share * unit for share in widths]
    start, used = 0, row_height(head, columns)
    for index, row in enumerate(body):
        tall = row_height(row, columns)
        if index > start and (used + tall > BODY.height or index - start >= ROWS_A_SLIDE):
            yield start, index
            start, used = index, row_height(head, columns)
        used += tall
    if start < len(body):
        yield start, len(body)


def _asked(item: Proof) -> str:
    given = f" with {item.parameters}" if item.parameters else ""
    return f"{item.id}: {item.query}{given}" if item.query else ""
