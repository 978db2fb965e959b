"""The one place where text of people and data is made harmless for a document, a page or a cell."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from xml.etree import ElementTree

BREAK = "\u200b"
LONGEST_WORD = 32
CELL_CHARACTERS = 32_767  # what a cell of a workbook holds

_FORMULA_STARTS = frozenset("=+-@\t\r\n\0|%＝＋－＠")
_PLAIN_NUMBER = re.compile(r"[+-]?\d[\d,.  \u202f]*(?: ?%)?")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\ufeff\ufffe\uffff]")
_RIGHT_TO_LEFT = r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]"
_RIGHT_TO_LEFT_RUN = re.compile(rf"{_RIGHT_TO_LEFT}+(?:[\s\-–,.·/]+{_RIGHT_TO_LEFT}+)*")
_SIGNED_MONEY = re.compile(r"([+\u2212])(?=[$€£¥₹])")
_SIGNED_AMOUNT = re.compile(r"[+\u2212][$€£¥₹][\d.,]+")
_LONG_WORD = re.compile(rf"[^\s{BREAK}]{{{LONGEST_WORD + 1},}}")
_VOID = frozenset({"meta", "input", "br", "link"})

SVG = "{http://www.w3.org/2000/svg}"
_SVG_ELEMENTS = frozenset({"svg", "g", "path", "line", "rect", "text", "tspan"})
_SVG_ATTRIBUTES = frozenset({"d", "x", "y", "x1", "y1", "x2", "y2", "dx", "dy", "width", "height", "viewBox"})
_SVG_ATTRIBUTES |= {"transform", "opacity", "text-anchor", "font-size", "font-weight", "fill", "fill-opacity"}
_SVG_ATTRIBUTES |= {"stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linecap"}
_SVG_ATTRIBUTES |= {"stroke-linejoin", "stroke-miterlimit"}


class Safe(str):
    """Markup that is escaped already."""

    __slots__ = ()


def visible(text: str) -> str:
    """The text on one line, without control characters and without marks that turn the direction of what follows."""
    return " ".join(_CONTROLS.sub("", text).split())


def visible_lines(text: str) -> str:
    """As `visible`, with its line breaks kept."""
    return "\n".join(_CONTROLS.sub("", line.replace("\t", "    ")) for line in text.splitlines())


def isolated(text: str) -> str:
    """The text with each right-to-left stretch isolated, so that numbers beside it stay where they are."""
    return _RIGHT_TO_LEFT_RUN.sub(lambda run: f"\u2068{run.group()}\u2069", text)


def unbroken(text: str) -> str:
    """The text with no place to break between a sign and a currency, where the rules of line breaking have one."""
    return _SIGNED_MONEY.sub("\\1\u2060", text)


def breakable(text: str) -> str:
    """The text with places to break in words longer than a line of a narrow column."""
    return _LONG_WORD.sub(lambda word: BREAK.join(re.findall(rf".{{1,{LONGEST_WORD}}}", word.group())), text)


def words_only(value: str) -> Safe:
    """The value as text where no element may stand, as in the title of a page."""
    return Safe(html.escape(_CONTROLS.sub("", value), quote=True))


def text(value: str) -> Safe:
    """The value as text of a page, right-to-left stretches isolated."""
    if isinstance(value, Safe):
        return value
    escaped = html.escape(_CONTROLS.sub("", value), quote=True)
    escaped = _SIGNED_AMOUNT.sub(lambda amount: f'<span class="amount">{amount.group()}</span>', escaped)
    return Safe(_RIGHT_TO_LEFT_RUN.sub(lambda run: f"<bdi>{run.group()}</bdi>", escaped))


def join(parts: Iterable[str]) -> Safe:
    """The parts one after the other; those that are not Safe are escaped."""
    return Safe("".join(map(text, parts)))


def element(name: str, /, *children: str, **attributes: str | None) -> Safe:
    """An element of a page; children that are not Safe are escaped, attributes always.

    In attribute names a trailing underscore is dropped and the others are hyphens; None leaves one out.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(_CONTROLS.sub("", value), quote=True)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Safe(f"<{name}{given}>")
    return Safe(f"<{name}{given}>{join(children)}</{name}>")


def drawing(svg: str, label: str) -> Safe:
    """A drawing as part of a page: rebuilt from shapes and texts alone; `label` is read to those who do not see it."""
    root = ElementTree.fromstring(svg)  # noqa: S314 - drawn by this server, not taken from anyone
    inner = join(_shape(child) for child in root)
    return element("svg", inner, role="img", aria_label=label, viewBox=root.get("viewBox", ""))


def _shape(node: ElementTree.Element) -> Safe:
    name = node.tag.removeprefix(SVG)
    if name not in _SVG_ELEMENTS or node.get("display") == "none":
        return Safe("")
    inner = [Safe(html.escape(node.text or ""))]
    for child in node:
        inner += [_shape(child), Safe(html.escape(child.tail or ""))]
    kept = " ".join(
        f'{key}="{html.escape(value, quote=True)}"' for key, value in node.items() if _harmless(key, value)
    )
    opening = f"{name} {kept}" if kept else name
    return Safe(f"<{opening}>{''.join(inner)}</{name}>") if any(inner) else Safe(f"<{opening}/>")


def _harmless(attribute: str, value: str) -> bool:
    return attribute in _SVG_ATTRIBUTES and "url" not in value.lower() and ":" not in value


def csv_cell(value: str) -> str:
    """A text cell that no spreadsheet takes for a formula; a plain number stays as it is.

    Whether it looks like one is judged after everything a spreadsheet would skip: spaces, marks of no width.
    """
    start = next((letter for letter in value if not _skipped(letter)), "")
    first = value[:1]
    risky = start in _FORMULA_STARTS or first in _FORMULA_STARTS
    if not risky or not value or _PLAIN_NUMBER.fullmatch(value):
        return value.replace("\0", "")
    return "'" + value.replace("\0", "")


def _skipped(letter: str) -> bool:
    return letter not in _FORMULA_STARTS and (
        letter.isspace() or unicodedata.category(letter) in ("Cf", "Cc")
    )


def workbook_cell(value: str) -> str:
    """A text that fits a cell of a workbook; the cell is typed as a string, so nothing in it is run."""
    kept = _CONTROLS.sub("", value)
    return kept if len(kept) <= CELL_CHARACTERS else kept[: CELL_CHARACTERS - 1] + "…"
