"""A deck that is filled slide by slide, with texts that fit their boxes."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.oxml import parse_xml
from pptx.presentation import Presentation
from pptx.util import Pt

from server.exports.charts import palette
from server.exports.charts.text_size import width
from server.exports.charts.units import NO_BREAK
from server.exports.escape import isolated, unbroken, visible, visible_lines
from server.exports.slides import theme

LINE_FACTOR = 1.22  # height of a line in sizes of its letters
CUT = " …"
CELL_PT, MOST_CELL_LINES = 11, 4


@dataclass(frozen=True)
class Box:
    """A place on a slide, in points from its upper left corner."""

    left: float
    top: float
    width: float
    height: float

    def emu(self) -> tuple[int, int, int, int]:
        return Pt(self.left), Pt(self.top), Pt(self.width), Pt(self.height)


@dataclass(frozen=True)
class Look:
    """How a text is set: sizes (pt) to try from the largest on, colour, weight, place in its box, gap of paragraphs."""

    sizes: tuple[float, ...]
    colour: str = palette.INK
    bold: bool = False
    align: str = "left"
    middle: bool = False
    gap: float = 6.0


def lines(text: str, limit: float, size: float) -> int:
    """How many lines a text takes in `limit` points at a size, a little generously."""
    count, used = 1, 0.0
    space = width(" ", size)
    for word in text.split():
        wide = width(word, size)
        if used and used + space + wide > limit:
            count, used = count + 1, 0.0
        if wide > limit:
            extra = math.ceil(wide / limit) - 1
            count, used = count + extra, wide - extra * limit
        else:
            used += wide + (space if used else 0.0)
    return count


def height(texts: Sequence[str], limit: float, size: float, gap: float) -> float:
    """The height in points of paragraphs set at a size."""
    return sum(lines(text, limit, size) * size * LINE_FACTOR for text in texts) + gap * max(len(texts) - 1, 0)


def fitted(texts: Sequence[str], box: Box, look: Look) -> tuple[float, list[str]]:
    """The largest size at which the texts fit the box; at the smallest what does not fit is cut, with a mark."""
    for size in look.sizes:
        if height(texts, box.width, size, look.gap) <= box.height:
            return size, list(texts)
    size, kept = look.sizes[-1], list[str]()
    for text in texts:
        if height([*kept, text], box.width, size, look.gap) <= box.height:
            kept.append(text)
            continue
        cut = _cut(text, lambda shorter: height([*kept, shorter], box.width, size, look.gap) <= box.height)
        return size, [*kept, cut] if cut else kept
    return size, kept


def _cut(text: str, fits: Callable[[str], bool]) -> str:
    """The longest beginning of a text that fits with its mark, at a word where there is one; nothing if none does."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(text[:middle].rstrip() + CUT) else (low, middle - 1)
    kept = text[:low]
    at_word = kept.rpartition(" ")[0] or kept
    return at_word.rstrip() + CUT if kept else ""


TITLE = Box(theme.MARGIN_PT, theme.TITLE_TOP_PT, theme.WIDTH_PT - 2 * theme.MARGIN_PT, theme.TITLE_HEIGHT_PT)
HEADLINE = Look((24, 21, 18, 15, 12), theme.DEEP, bold=True, middle=True)
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_DECORATIVE = (
    f'<a:extLst xmlns:a="{_DRAWING}"><a:ext uri="{{C183D7F6-B498-43B3-948B-1728B52AA6E4}}">'
    '<adec:decorative xmlns:adec="http://schemas.microsoft.com/office/drawing/2017/decorative" val="1"/>'
    "</a:ext></a:extLst>"
)
_PRESENTATION = "http://schemas.openxmlformats.org/presentationml/2006/main"


def printable(text: str) -> str:
    """A text as it may stand in a file of slides."""
    return unbroken(isolated(visible(text)))


class Slide:
    """One slide: a title, and what is put under it."""

    def __init__(self, slide: Any, title: str, *, box: Box | None = None, look: Look | None = None) -> None:
        self._slide = slide
        shape = slide.shapes.title
        if box is not None:
            shape.left, shape.top, shape.width, shape.height = box.emu()
        self._write(shape.text_frame, [title], box or TITLE, look or HEADLINE)

    def text(self, box: Box, texts: Sequence[str], look: Look) -> float:
        """Puts paragraphs into a box and answers the height they take."""
        said = [text for text in texts if text.strip()]
        if not said:
            return 0.0
        frame = self._slide.shapes.add_textbox(*box.emu()).text_frame
        size, kept = self._write(frame, said, box, look)
        return height(kept, box.width, size, look.gap)

    def _write(self, frame: Any, texts: Sequence[str], box: Box, look: Look) -> tuple[float, list[str]]:
        size, kept = fitted([printable(text) for text in texts], box, look)
        frame.word_wrap, frame.auto_size = True, MSO_AUTO_SIZE.NONE
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        frame.vertical_anchor = MSO_ANCHOR.MIDDLE if look.middle else MSO_ANCHOR.TOP
        for index, text in enumerate(kept or [""]):
            paragraph = frame.paragraphs[0] if index == 0 else frame.add_paragraph()
            paragraph.alignment = {"left": PP_ALIGN.LEFT, "right": PP_ALIGN.RIGHT, "center": PP_ALIGN.CENTER}[
                look.align
            ]
            paragraph.space_before = Pt(look.gap if index else 0)
            run = paragraph.add_run()
            # An empty run takes the size of the deck's text, not its own.
            run.text = text or NO_BREAK
            run.font.size, run.font.bold = Pt(size), look.bold
            run.font.color.rgb = RGBColor.from_string(look.colour[1:])
        return size, kept

    def fill(self, box: Box, colour: str, *, rounded: bool = False) -> Any:
        """A filled shape without an outline; one without a text too is decoration, and is not read aloud."""
        kind = MSO_SHAPE.ROUNDED_RECTANGLE if rounded else MSO_SHAPE.RECTANGLE
        shape = self._slide.shapes.add_shape(kind, *box.emu())
        shape.fill.solid()
        shape.fill.fore_color.rgb = RGBColor.from_string(colour[1:])
        shape.line.fill.background()
        shape._element.remove(
            shape._element.find(f"{{{_PRESENTATION}}}style")
        )  # shadows and bevels of the blank deck
        if not rounded:
            shape._element.nvSpPr.cNvPr.append(parse_xml(_DECORATIVE))
        return shape

    def behind(self, box: Box, colour: str) -> None:
        """A filled shape under everything that is on the slide already."""
        shape = self.fill(box, colour)
        tree = self._slide.shapes._spTree
        tree.remove(shape._element)
        tree.insert(2, shape._element)

    def pill(self, left: float, top: float, text: str, tone: str) -> float:
        """A word on a coloured ground; answers where it ends."""
        ink, ground = theme.TONES.get(tone, theme.PLAIN_TONE)
        wide = width(text, 11) + 20
        shape = self.fill(Box(left, top, wide, 19), ground, rounded=True)
        shape.adjustments[0] = 0.5
        self._write(
            shape.text_frame,
            [text],
            Box(0, 0, 1000, 19),
            Look((11,), ink, bold=True, align="center", middle=True),
        )
        return left + wide

    def table(
        self,
        box: Box,
        rows: Sequence[Sequence[str]],
        widths: Sequence[float],
        *,
        numeric: Sequence[bool] = (),
    ) -> None:
        """A table, its first row the heading; columns share the width in these proportions, numbers at the right."""
        frame = self._slide.shapes.add_table(
            len(rows), len(widths), *Box(box.left, box.top, box.width, 1).emu()
        )
        table = frame.table
        frame._element.graphic.graphicData.tbl.tblPr.find(
            f"{{{_DRAWING}}}tableStyleId"
        ).text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # No style, no grid
        unit = box.width / sum(widths)
        columns = [share * unit for share in widths]
        for index, wide in enumerate(columns):
            table.columns[index].width = Pt(wide)
        for number, row in enumerate(rows):
            table.rows[number].height = Pt(row_height(row, columns))
            ground = theme.DEEP if number == 0 else theme.WASH if number % 2 else "#FFFFFF"
            for index, (text, old) in enumerate(zip(row, list(table.rows[number]._tr.tc_lst), strict=True)):
                right = index < len(numeric) and numeric[index]
                made = _cell(
                    _fitting(text, columns[index] - 10), head=number == 0, right=right, ground=ground
                )
                old.getparent().replace(old, made)

    @property
    def shapes(self) -> Any:
        return self._slide.shapes

    def footer(self, left: str, number: int) -> None:
        """The line at the foot: what belongs to the slide, and its number as a field."""
        self.text(Box(theme.MARGIN_PT, 508, 760, 14), [left], Look((9,), palette.MUTED))
        shape = self._slide.shapes.add_textbox(*Box(theme.WIDTH_PT - theme.MARGIN_PT - 60, 508, 60, 14).emu())
        self._write(
            shape.text_frame, [str(number)], Box(0, 0, 60, 14), Look((9,), palette.MUTED, align="right")
        )
        _as_field(shape.text_frame.paragraphs[0])

    def notes(self, texts: Sequence[str]) -> None:
        """What the speaker sees."""
        said = [visible_lines(text) for text in texts if text.strip()]
        if said:
            self._slide.notes_slide.notes_text_frame.text = "\n".join(said)


def _fitting(text: str, wide: float) -> str:
    """As much of a text as a cell holds."""
    room = Box(0, 0, wide, MOST_CELL_LINES * CELL_PT * LINE_FACTOR)
    return "".join(fitted([printable(text)], room, Look((CELL_PT,)))[1])


def _cell(text: str, *, head: bool, right: bool, ground: str) -> Any:
    """A cell of a table; made in one piece, because a table of evidence has thousands."""
    made = copy.deepcopy(_blank_cell(head, right, ground))
    # An empty run takes the size of the deck's text, not its own.
    made.find(f".//{{{_DRAWING}}}t").text = text or NO_BREAK
    return made


@cache
def _blank_cell(head: bool, right: bool, ground: str) -> Any:
    ink = "FFFFFF" if head else palette.INK[1:]
    return parse_xml(
        f'<a:tc xmlns:a="{_DRAWING}"><a:txBody><a:bodyPr wrap="square"/><a:lstStyle/>'
        f'<a:p><a:pPr algn="{"r" if right else "l"}"/><a:r><a:rPr sz="{CELL_PT * 100}" b="{int(head)}">'
        f'<a:solidFill><a:srgbClr val="{ink}"/></a:solidFill></a:rPr><a:t/></a:r></a:p></a:txBody>'
        f'<a:tcPr marL="63500" marR="63500" marT="38100" marB="38100">'
        f'<a:solidFill><a:srgbClr val="{ground[1:]}"/></a:solidFill></a:tcPr></a:tc>'
    )


def row_height(row: Sequence[str], widths: Sequence[float]) -> float:
    """The height of a row of a table, in points."""
    most = max(
        min(lines(text, wide - 10, CELL_PT), MOST_CELL_LINES) for text, wide in zip(row, widths, strict=True)
    )
    return most * CELL_PT * LINE_FACTOR + 6


def _as_field(paragraph: Any) -> None:
    """Turns the run of a paragraph into the field of the slide number."""
    run = paragraph.runs[0]._r
    field = run.makeelement(
        run.tag.replace("}r", "}fld"), {"id": "{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}", "type": "slidenum"}
    )
    run.addprevious(field)
    for child in list(run):
        field.append(child)
    run.getparent().remove(run)


class Deck:
    """Slides in order."""

    def __init__(self, foot: str) -> None:
        self._deck: Presentation = theme.blank()
        self._foot = foot

    def add(self, title: str, *, box: Box | None = None, look: Look | None = None, foot: str = "") -> Slide:
        """A new slide at the end; one with the usual title has a footer."""
        slide = Slide(self._deck.slides.add_slide(self._deck.slide_layouts[0]), title, box=box, look=look)
        if box is None:
            slide.footer(" · ".join(filter(None, [self._foot, foot])), len(self._deck.slides))
        return slide

    @property
    def presentation(self) -> Presentation:
        return self._deck
