"""The PDF of a report: set by typst from data, tagged for assistive technology, the same bytes each time."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from claribi.v1 import reports_pb2 as pb

from server.exports.escape import breakable, isolated, unbroken, visible, visible_lines
from server.exports.outline import Outline, outline

HERE = Path(__file__).parent
TEMPLATE = HERE / "templates" / "report.typ"
FONTS = HERE / "fonts"
FALLBACKS = ("Inter", "Noto Sans", "Noto Sans CJK JP", "Noto Sans Arabic", "DejaVu Sans", "Liberation Sans")

SHORT_NAME = 90
# Long names and numbers are set smaller rather than over the edge: (letters at most, points).
_NAME_SIZES = ((34, 25), (44, 21.5), (64, 20), (120, 17), (math.inf, 14))
_NUMBER_SIZES = ((11, 17), (16, 13), (22, 10.5), (math.inf, 8))
_KEPT_AS_IS = frozenset({"svg"})
_WITH_LINES = frozenset({"query", "parameters"})


@dataclass(frozen=True)
class Setting:
    """One way to set a report: in which fonts, and what the file claims to be."""

    fonts: tuple[str, ...]
    bundled_only: bool
    standards: tuple[Literal["ua-1"], ...]


# The bundled font alone is used while it has every letter; a report in other scripts takes the system's fonts,
# and where those lack a letter too, the claim to PDF/UA is dropped rather than the report.
BUNDLED = Setting(FALLBACKS[:1], bundled_only=True, standards=("ua-1",))
WITH_SYSTEM_FONTS = Setting(FALLBACKS, bundled_only=False, standards=("ua-1",))
AS_FAR_AS_POSSIBLE = Setting(FALLBACKS, bundled_only=False, standards=())


def render(report: pb.Report) -> bytes:
    """The report as PDF bytes, PDF/UA-1 where there is a font for every letter."""
    import typst

    data = json.dumps(_data(report), ensure_ascii=False)
    for setting in (BUNDLED, WITH_SYSTEM_FONTS):
        try:
            return _compile(data, setting)
        except typst.TypstError as error:
            if "could not be displayed" not in str(error):
                raise
    return _compile(data, AS_FAR_AS_POSSIBLE)


def _compile(data: str, setting: Setting) -> bytes:
    import typst

    return typst.compile(
        TEMPLATE,
        root=TEMPLATE.parent,
        font_paths=[FONTS],
        ignore_system_fonts=setting.bundled_only,
        sys_inputs={"report": data, "fonts": json.dumps(setting.fonts)},
        pdf_standards=list(setting.standards),
        format="pdf",
    )


def _data(report: pb.Report) -> dict[str, Any]:
    laid_out = outline(report)
    data: dict[str, Any] = _printable(asdict(laid_out))
    name = data["name"]
    data["name_size"] = _size(visible(laid_out.name), _NAME_SIZES)
    data["short_name"] = name if len(name) <= SHORT_NAME else name[: SHORT_NAME - 1].rstrip() + "…"
    data["date"], data["day"] = _date(report)
    data["footer"] = _footer(laid_out)
    for block in data["blocks"]:
        for metric in block["metrics"]:
            metric["size"] = _size(metric["display"], _NUMBER_SIZES)
    return data


def _printable(value: Any, key: str = "") -> Any:
    """The value with every text fit to print, drawings aside."""
    if isinstance(value, dict):
        return {name: _printable(item, name) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_printable(item, key) for item in value]
    if not isinstance(value, str) or key in _KEPT_AS_IS:
        return value
    if key in _WITH_LINES:
        return isolated(breakable(visible_lines(value)))
    return unbroken(isolated(breakable(visible(value))))


def _size(text: str, sizes: tuple[tuple[float, float], ...]) -> float:
    return next(points for letters, points in sizes if len(text) <= letters)


def _date(report: pb.Report) -> tuple[dict[str, int] | None, str]:
    """The date of the document, from the report and never from the clock, and how it is printed."""
    if not report.HasField("completed_at"):
        return None, ""
    at = report.completed_at.ToDatetime()
    parts = {name: getattr(at, name) for name in ("year", "month", "day", "hour", "minute", "second")}
    return parts, f"{at.day} {at:%B %Y}"


def _footer(laid_out: Outline) -> str:
    appendix = next((block.title for block in laid_out.blocks if block.proofs), "")
    return "The query behind each number stands in the appendix." if appendix else ""
