"""The look of a deck: the library's blank one turned into 16:9 with the colours of the other documents."""

from __future__ import annotations

import re
from typing import Any

import pptx
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.presentation import Presentation
from pptx.util import Pt

from server.exports.charts import palette

WIDTH_PT, HEIGHT_PT = 960, 540
MARGIN_PT = 48
TITLE_TOP_PT, TITLE_HEIGHT_PT = 26, 64
# The typeface that is on every machine slides are shown on; the look of Inter, which is not.
TYPEFACE = "Arial"
DEEP, BAND, WASH, FAINT = "#0C2B47", "#B9CFE4", "#F4F7F9", "#E2E7EB"
AMBER = "#D9A35B"
TONES = {
    "strong": ("#0A6B5A", "#E6F4F0"),
    "good": ("#0B5FA5", "#E8F1F9"),
    "weak": ("#8A4B08", "#FBF1E4"),
    "warning": ("#8A4B08", "#FBF1E4"),
    "critical": ("#A11D2A", "#FBEAEC"),
}
PLAIN_TONE = (palette.MUTED, "#EEF1F4")

_LAYOUT = "Title Only"
_SCHEME = {
    "dk1": palette.INK,
    "lt1": "#FFFFFF",
    "dk2": DEEP,
    "lt2": WASH,
    **{f"accent{number}": palette.SERIES[number - 1] for number in range(1, 7)},
    "hlink": palette.SERIES[0],
    "folHlink": palette.SERIES[4],
}
_NOT_OURS = ("thumbnail", "printerSettings")


def blank() -> Presentation:
    """A deck without slides, in our look."""
    deck = pptx.Presentation()
    deck.slide_width, deck.slide_height = Pt(WIDTH_PT), Pt(HEIGHT_PT)
    for layout in list(deck.slide_layouts):
        if layout.name != _LAYOUT:
            deck.slide_layouts.remove(layout)
    _colour(deck)
    _set_title(deck)
    for owner in (deck.part, deck.part.package):
        _drop_leftovers(owner)
    return deck


def _drop_leftovers(owner: Any) -> None:
    """What the blank deck brings along that says nothing about ours: a picture of itself, settings of a printer."""
    rels = owner._rels
    for key in [key for key, rel in rels.items() if rel.reltype.rpartition("/")[2] in _NOT_OURS]:
        rels.pop(key)


def _colour(deck: Presentation) -> None:
    part: Any = deck.slide_master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    text = part.blob.decode()
    for name, colour in _SCHEME.items():
        new = f'<a:{name}><a:srgbClr val="{colour[1:]}"/></a:{name}>'
        text = re.sub(rf"<a:{name}>.*?</a:{name}>", new, text, count=1)
    text = text.replace('<a:latin typeface="Calibri"/>', f'<a:latin typeface="{TYPEFACE}"/>')
    part._blob = text.replace('name="Office Theme"', 'name="claribi"').encode()


def _set_title(deck: Presentation) -> None:
    """The title on top at the left, and the other places of the master moved to where a wide page has them."""
    places = {
        1: (MARGIN_PT, TITLE_TOP_PT, WIDTH_PT - 2 * MARGIN_PT, TITLE_HEIGHT_PT),
        2: (MARGIN_PT, 110, WIDTH_PT - 2 * MARGIN_PT, 370),
        16: (MARGIN_PT, 504, 200, 20),
        15: (WIDTH_PT / 2 - 160, 504, 320, 20),
        13: (WIDTH_PT - MARGIN_PT - 200, 504, 200, 20),
    }
    for shape in deck.slide_master.placeholders:
        left, top, width, height = places[int(shape.placeholder_format.type)]
        shape.left, shape.top, shape.width, shape.height = Pt(left), Pt(top), Pt(width), Pt(height)
    title = next(iter(deck.slide_master.placeholders))
    title.text_frame.margin_left = title.text_frame.margin_right = 0
    styles: Any = deck.slide_master.element
    namespace = {"a": "http://schemas.openxmlformats.org/drawingml/2006/main"}
    level = styles.xpath(".//p:titleStyle/a:lvl1pPr")[0]
    level.set("algn", "l")
    run = level.find("a:defRPr", namespace)
    run.set("sz", "2400")
    run.set("b", "1")
    run.find("a:solidFill/a:schemeClr", namespace).set("val", "tx2")
