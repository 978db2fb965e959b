"""How wide a text is, near enough to lay out a chart before it is drawn."""

from __future__ import annotations

import unicodedata

FONT_PX = 11
LINE_PX = 14
ELLIPSIS = "…"

# Advance widths of Inter in em, by kind of letter; a little generous, so that an estimate never clips.
_NARROW = frozenset("iljtfrI.,:;'|!()[] ")
_WIDE = frozenset("mwMW@%—…")
_NARROW_EM, _WIDE_EM, _UPPER_EM, _PLAIN_EM, _FULL_EM = 0.33, 0.92, 0.70, 0.60, 1.02


def _em(letter: str) -> float:
    if letter in _NARROW:
        return _NARROW_EM
    if letter in _WIDE:
        return _WIDE_EM
    if unicodedata.east_asian_width(letter) in "WF":
        return _FULL_EM
    if unicodedata.combining(letter):
        return 0.0
    return _UPPER_EM if letter.isupper() else _PLAIN_EM


def width(text: str, size: float = FONT_PX) -> float:
    """Estimated width in px of the widest line of `text` at `size` px."""
    return max((sum(map(_em, line)) for line in text.split("\n")), default=0.0) * size


def shorten(text: str, limit: float) -> str:
    """`text`, or as much of it as fits `limit` px with an ellipsis at its end."""
    if width(text) <= limit:
        return text
    room = limit - width(ELLIPSIS)
    used, kept = 0.0, 0
    for letter in text:
        used += _em(letter) * FONT_PX
        if used > room:
            break
        kept += 1
    return text[:kept].rstrip() + ELLIPSIS


def wrap(text: str, limit: float, lines: int = 2) -> str:
    """`text` on at most `lines` lines of `limit` px, joined by newlines; what does not fit is cut with an ellipsis."""
    words = text.split()
    done: list[str] = []
    line = ""
    for position, word in enumerate(words):
        longer = f"{line} {word}".strip()
        if not line or width(longer) <= limit:
            line = longer
        elif len(done) == lines - 1:
            line = " ".join([line, *words[position:]])
            break
        else:
            done.append(line)
            line = word
    return "\n".join(shorten(each, limit) for each in [*done, line])
